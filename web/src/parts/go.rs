//! Links between the screens, and the screen that the address names.

use wasm_bindgen::JsCast;
use yew::prelude::*;
use yew_router::AnyRoute;
use yew_router::hooks::{use_location, use_navigator};

use crate::route::Route;

/// The screen that the address names; `None` when there is no such screen.
#[hook]
pub fn use_route() -> Option<Route> {
    let location = use_location();
    location.as_ref().and_then(|location| Route::parse(location.path()))
}

/// A way to go to a screen without a link.
#[hook]
pub fn use_go() -> Callback<Route> {
    let navigator = use_navigator();
    Callback::from(move |route: Route| {
        if let Some(navigator) = &navigator {
            navigator.push(&AnyRoute::new(route.address()));
        }
    })
}

/// What [`Go`] needs.
#[derive(Properties, PartialEq)]
pub struct GoProps {
    /// Where it leads.
    pub to: Route,
    /// Classes of the link.
    #[prop_or_default]
    pub class: Classes,
    /// Its tooltip.
    #[prop_or_default]
    pub title: Option<AttrValue>,
    /// Its name, where the content is no text.
    #[prop_or_default]
    pub label: Option<AttrValue>,
    /// Whether it names the page we are on.
    #[prop_or_default]
    pub current: bool,
    /// `-1` takes it out of the tab order.
    #[prop_or_default]
    pub tabindex: Option<AttrValue>,
    /// What it shows.
    pub children: Html,
}

/// A link to another screen. Opens a new tab where the user asks the browser for one.
#[component]
pub fn Go(props: &GoProps) -> Html {
    let go = use_go();
    let to = props.to.clone();
    let onclick = Callback::from(move |event: MouseEvent| {
        if is_plain_click(&event) {
            event.prevent_default();
            go.emit(to.clone());
        }
    });
    html! {
        <a href={props.to.address()} class={props.class.clone()} title={props.title.clone()} aria-label={props.label.clone()}
            aria-current={props.current.then_some("page")} tabindex={props.tabindex.clone()} {onclick}>{ props.children.clone() }</a>
    }
}

/// Whether a click is meant for us and not for the browser (new tab, new window, download).
pub fn is_plain_click(event: &MouseEvent) -> bool {
    event.button() == 0
        && !(event.meta_key() || event.ctrl_key() || event.shift_key() || event.alt_key() || event.default_prevented())
}

/// The nearest element around the target of an event that has an attribute, and its value.
pub fn closest(event: &Event, attribute: &str) -> Option<String> {
    let target = event.target()?.dyn_into::<web_sys::Element>().ok()?;
    target.closest(&format!("[{attribute}]")).ok()??.get_attribute(attribute)
}
