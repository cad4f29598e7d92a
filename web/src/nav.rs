//! The address of the page: which screen it names, and how to go to another without loading anything.

use wasm_bindgen::JsValue;
use yew::prelude::*;

use crate::browser;
use crate::route::Route;

/// Told to the window when [`go`] has changed the address. The browser itself tells `popstate` for back and forward.
const MOVED: &str = "footbridge.moved";

/// The screen that the address names; `None` when there is no such screen.
#[hook]
pub fn use_route() -> Option<Route> {
    let route = use_state(current);
    {
        let route = route.setter();
        use_effect_with((), move |()| {
            let listeners = ["popstate", MOVED].map(|event| {
                let route = route.clone();
                browser::on_window(event, move |_| route.set(current()))
            });
            move || drop(listeners)
        });
    }
    (*route).clone()
}

/// Goes to a screen.
pub fn go(to: &Route) {
    let window = browser::window();
    if let (Ok(history), Ok(moved)) = (window.history(), Event::new(MOVED)) {
        let _ = history.push_state_with_url(&JsValue::NULL, "", Some(&to.address()));
        let _ = window.dispatch_event(&moved);
    }
}

/// What a click on a link to a screen does; a click that asks the browser for a new tab or window is left to it.
pub fn on_click(to: Route) -> Callback<MouseEvent> {
    Callback::from(move |event: MouseEvent| {
        if is_plain(&event) {
            event.prevent_default();
            go(&to);
        }
    })
}

/// Whether a click is meant for us and not for the browser (new tab, new window, download).
pub fn is_plain(event: &MouseEvent) -> bool {
    let has_modifier = event.meta_key() || event.ctrl_key() || event.shift_key() || event.alt_key();
    event.button() == 0 && !has_modifier && !event.default_prevented()
}

/// A link to a screen.
pub fn link(to: Route, class: &'static str, content: Html) -> Html {
    html! { <a href={to.address()} {class} onclick={on_click(to)}>{ content }</a> }
}

fn current() -> Option<Route> {
    Route::parse(&browser::window().location().pathname().ok()?)
}
