//! Icons and the mark. The shapes stand in `index.html`, so that no second request is needed.

use yew::prelude::*;

/// An icon of 16 px. Without a name of its own: what it stands beside, or the control it stands in, has one.
pub fn icon(name: &'static str) -> Html {
    shape("icon", name)
}

/// An icon of 12 px.
pub fn small_icon(name: &'static str) -> Html {
    shape("icon icon-s", name)
}

fn shape(class: &'static str, name: &'static str) -> Html {
    html! { <svg {class} aria-hidden="true"><use href={format!("#i-{name}")} /></svg> }
}

/// The mark of Footbridge.
pub fn mark(size: &'static str) -> Html {
    html! { <svg class="mark" width={size} height={size} aria-hidden="true"><use href="#i-mark" /></svg> }
}
