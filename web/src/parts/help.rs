//! The dialog that lists the keys, and the switch for those of one letter.

use wasm_bindgen::JsCast;
use yew::prelude::*;

use super::icon::icon;
use crate::browser;

/// What [`Help`] needs.
#[derive(Properties, PartialEq)]
pub struct HelpProps {
    /// Asks to be closed.
    pub onclose: Callback<()>,
}

const KEYS: &[(&[&str], &str)] = &[
    (&["/"], "Filter the list or the tree"),
    (&["↑", "↓"], "Row before, row after"),
    (&["←", "→"], "Fold, unfold in the tree"),
    (&["Enter"], "Open the row"),
    (&["R"], "Read the row, or the instance that is shown"),
    (&["?"], "This help"),
    (&["Esc"], "Close, clear the filter"),
];

/// The list of keys, as a modal dialog.
#[component]
pub fn Help(props: &HelpProps) -> Html {
    let on = use_state(browser::shortcuts_are_on);
    let (close, other) = (use_node_ref(), use_node_ref());
    {
        let close = close.clone();
        use_effect_with((), move |()| {
            let document = browser::window().document();
            let opener = document.and_then(|document| document.active_element());
            browser::focus(&close);
            // Closing a layer returns the focus to its opener.
            move || {
                if let Some(opener) = opener.and_then(|opener| opener.dyn_into::<web_sys::HtmlElement>().ok()) {
                    let _ = opener.focus();
                }
            }
        });
    }
    let onclick = props.onclose.reform(|_: MouseEvent| ());
    let onkeydown = {
        let (onclose, close, other) = (props.onclose.clone(), close.clone(), other.clone());
        Callback::from(move |event: KeyboardEvent| match event.key().as_str() {
            "Escape" => onclose.emit(()),
            // Two controls, the button first: Tab goes from one to the other and never out.
            "Tab" => {
                let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
                let is_on_close = target.is_some_and(|element| element.tag_name() == "BUTTON");
                if is_on_close == event.shift_key() {
                    event.prevent_default();
                    browser::focus(if is_on_close { &other } else { &close });
                }
            }
            _ => {}
        })
    };
    let toggle = {
        let on = on.clone();
        Callback::from(move |_: Event| {
            browser::set_shortcuts(!*on);
            on.set(!*on);
        })
    };
    let stop = |event: MouseEvent| event.stop_propagation();
    html! {
        <div class="scrim" onclick={onclick.clone()} {onkeydown}>
            <div class="dialog dialog-s" role="dialog" aria-modal="true" aria-labelledby="help-title" data-test="help" onclick={stop}>
                <div class="pane-head"><h2 id="help-title">{ "Keys" }</h2>
                    <button ref={close} class="btn btn-s btn-icon btn-quiet end" type="button" aria-label="Close" {onclick}>{ icon("x") }</button></div>
                <dl class="pane-body pairs keys">
                { for KEYS.iter().map(|(keys, what)| html! {<>
                    <dt>{ for keys.iter().map(|key| html! { <kbd>{ *key }</kbd> }) }</dt><dd>{ *what }</dd>
                </>}) }
                </dl>
                <label class="dialog-foot"><input ref={other} type="checkbox" checked={*on} onchange={toggle} />{ "Keys of one letter are on" }</label>
            </div>
        </div>
    }
}
