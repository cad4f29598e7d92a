//! The few things this page asks of the browser, in our own words.

use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, HtmlElement, Window};
use yew::NodeRef;

use crate::moment::Moment;

/// The window. There is always one: this code runs nowhere else.
///
/// # Panics
///
/// Outside a browser window.
pub fn window() -> Window {
    web_sys::window().expect("the console runs in a window")
}

/// The clock of this computer.
pub fn now() -> Moment {
    Moment(js_sys::Date::now() as i64)
}

/// Microseconds since the page was opened; never goes back.
pub fn micros() -> u64 {
    window().performance().map_or(0, |performance| (performance.now() * 1_000.0) as u64)
}

/// How many minutes the clock on the wall is ahead of UTC at a moment.
pub fn utc_offset(at: Moment) -> i64 {
    -(js_sys::Date::new(&JsValue::from_f64(at.0 as f64)).get_timezone_offset() as i64)
}

/// `2026-11-22 14:32:08` on the wall.
pub fn local_date(at: Moment) -> String {
    at.date_and_clock(utc_offset(at))
}

/// `14:32:08.352` on the wall.
pub fn local_clock(at: Moment) -> String {
    at.clock(utc_offset(at))
}

/// A number nobody can foresee well enough to matter on a connection of our own.
pub fn seed() -> u64 {
    let half = || (js_sys::Math::random() * 4_294_967_296.0) as u64;
    (half() << 32) | half()
}

/// Bytes that nobody can foresee.
pub fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    if let Ok(crypto) = window().crypto() {
        let _ = crypto.get_random_values_with_u8_array(&mut bytes);
    }
    bytes
}

/// `ws://host:port` or `wss://host:port` of this page.
pub fn socket_origin() -> String {
    let location = window().location();
    let scheme = if location.protocol().as_deref() == Ok("https:") { "wss" } else { "ws" };
    format!("{scheme}://{}", location.host().unwrap_or_default())
}

/// The token in the fragment of the address, if there is one. It is taken out of the address and the history at once.
pub fn take_token() -> Option<String> {
    let location = window().location();
    let fragment = location.hash().ok()?;
    let token = fragment.strip_prefix("#token=")?.to_owned();
    let address = location.pathname().ok()? + &location.search().ok()?;
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
    }
    crate::route::decode(&token)
}

/// Something remembered in this browser.
pub fn remembered(key: &str) -> Option<String> {
    window().local_storage().ok()??.get_item(key).ok()?
}

/// Remembers something in this browser, or forgets it. A browser that does not want to is left alone.
pub fn remember(key: &str, value: Option<&str>) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = match value {
            Some(value) => storage.set_item(key, value),
            None => storage.remove_item(key),
        };
    }
}

/// Sets or removes an attribute of the root element: the theme.
pub fn root_attribute(name: &str, value: Option<&str>) {
    if let Some(root) = window().document().and_then(|document| document.document_element()) {
        let _ = match value {
            Some(value) => root.set_attribute(name, value),
            None => root.remove_attribute(name),
        };
    }
}

/// Sets the title of the page.
pub fn title(text: &str) {
    if let Some(document) = window().document() {
        document.set_title(text);
    }
}

/// Puts text on the clipboard; `false` when the browser has none for us (it gives one to secure and loopback pages) or refuses.
pub async fn copy(text: &str) -> bool {
    let clipboard = window().navigator().clipboard();
    !clipboard.is_undefined() && JsFuture::from(clipboard.write_text(text)).await.is_ok()
}

/// Selects the text of an element, for a person to copy.
pub fn select(node: &NodeRef) {
    if let (Some(element), Ok(Some(selection))) = (node.get(), window().get_selection()) {
        let _ = selection.select_all_children(&element);
    }
}

/// Whether a key press is meant for a field that somebody types into.
pub fn is_typing(event: &web_sys::KeyboardEvent) -> bool {
    event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok()).is_some_and(|element| {
        matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT") || element.is_content_editable()
    })
}

/// Gives the focus to an element.
pub fn focus(node: &NodeRef) {
    if let Some(element) = node.cast::<HtmlElement>() {
        let _ = element.focus();
    }
}

/// Gives the focus to an element that was found.
pub fn focus_element(element: &Element) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        let _ = element.focus();
    }
}

/// Listens on the window until the listener is dropped.
pub fn on_window(event: &'static str, callback: impl FnMut(&web_sys::Event) + 'static) -> EventListener {
    // Listeners are passive unless they say otherwise, and a shortcut wants the key for itself.
    EventListener::new_with_options(&window(), event, EventListenerOptions::enable_prevent_default(), callback)
}

/// Whether the page can be seen.
pub fn is_visible() -> bool {
    window().document().is_none_or(|document| document.visibility_state() == web_sys::VisibilityState::Visible)
}

/// The nearest element around the target of an event that has an attribute: the value of the attribute.
pub fn closest(event: &web_sys::Event, attribute: &str) -> Option<String> {
    let target = event.target()?.dyn_into::<Element>().ok()?;
    target.closest(&format!("[{attribute}]")).ok()??.get_attribute(attribute)
}

/// What is in the field that an event is about.
pub fn input_value(event: &web_sys::Event) -> String {
    let Some(target) = event.target() else { return String::new() };
    match target.dyn_into::<web_sys::HtmlInputElement>() {
        Ok(field) => field.value(),
        Err(target) => target.dyn_into::<web_sys::HtmlSelectElement>().map(|choice| choice.value()).unwrap_or_default(),
    }
}

/// Empties a field and leaves it.
pub fn leave_field(field: &NodeRef) {
    if let Some(field) = field.cast::<web_sys::HtmlInputElement>() {
        field.set_value("");
        let _ = field.blur();
    }
}

/// The key of a `keydown` that is a command of one letter: no modifier held, not typed into a field, not switched off.
pub fn command(event: &web_sys::Event) -> Option<String> {
    let event = event.dyn_ref::<web_sys::KeyboardEvent>()?;
    let has_modifier = event.ctrl_key() || event.meta_key() || event.alt_key();
    (!has_modifier && !is_typing(event) && shortcuts_are_on()).then(|| event.key())
}

const SHORTCUTS: &str = "footbridge.shortcuts";

/// Whether keys of one letter do something. They can be switched off for those who speak to their computer.
pub fn shortcuts_are_on() -> bool {
    remembered(SHORTCUTS).as_deref() != Some("off")
}

/// Switches keys of one letter on or off.
pub fn set_shortcuts(on: bool) {
    remember(SHORTCUTS, (!on).then_some("off"));
}

/// Calls back every so many milliseconds until the effect ends.
#[yew::hook]
pub fn use_interval(ms: u32, callback: impl Fn() + 'static) {
    yew::use_effect_with(ms, move |ms| {
        let interval = gloo_timers::callback::Interval::new(*ms, callback);
        move || drop(interval)
    });
}

/// A layer: puts the focus into it when it opens, and gives it back to what had it when it closes.
#[yew::hook]
pub fn use_layer(first: &NodeRef) {
    let first = first.clone();
    yew::use_effect_with((), move |()| {
        let opener = window().document().and_then(|document| document.active_element());
        focus(&first);
        move || {
            if let Some(opener) = opener.and_then(|opener| opener.dyn_into::<HtmlElement>().ok()) {
                let _ = opener.focus();
            }
        }
    });
}

/// Tab goes from the last control of a dialog to its first, and back.
pub fn keep_inside(event: &web_sys::KeyboardEvent, dialog: &NodeRef) {
    const CONTROLS: &str = "button:not(:disabled), input, select, textarea, a[href]";
    let Some(all) = dialog.cast::<Element>().and_then(|dialog| dialog.query_selector_all(CONTROLS).ok()) else {
        return;
    };
    let (from, to) =
        if event.shift_key() { (0, all.length().saturating_sub(1)) } else { (all.length().saturating_sub(1), 0) };
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
    if all.get(from).is_some_and(|end| end.is_same_node(target.as_ref())) {
        event.prevent_default();
        if let Some(other) = all.get(to).and_then(|other| other.dyn_into::<HtmlElement>().ok()) {
            let _ = other.focus();
        }
    }
}

/// Puts the focus into a field when `/` is pressed.
#[yew::hook]
pub fn use_slash(field: &NodeRef) {
    let field = field.clone();
    yew::use_effect_with((), move |()| {
        let listener = on_window("keydown", move |event| {
            if command(event).as_deref() == Some("/") {
                event.prevent_default();
                focus(&field);
            }
        });
        move || drop(listener)
    });
}
