//! The dialog that lists the keys, and the switch for those of one letter.

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
    (&["R"], "Read the row, or what is shown"),
    (&["W"], "Write the row"),
    (&["O"], "Observe the row or what is shown, or stop"),
    (&["E"], "Execute the row"),
    (&["?"], "This help"),
    (&["Esc"], "Close, cancel, clear the filter"),
];

/// The list of keys, as a modal dialog.
#[component]
pub fn Help(props: &HelpProps) -> Html {
    let on = use_state(browser::shortcuts_are_on);
    let (dialog, close) = (use_node_ref(), use_node_ref());
    browser::use_layer(&close);
    let onclick = props.onclose.reform(|_: MouseEvent| ());
    let onkeydown = {
        let (onclose, dialog) = (props.onclose.clone(), dialog.clone());
        Callback::from(move |event: KeyboardEvent| match event.key().as_str() {
            "Escape" => onclose.emit(()),
            "Tab" => browser::keep_inside(&event, &dialog),
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
            <div ref={dialog} class="dialog dialog-s" role="dialog" aria-modal="true" aria-labelledby="help-title" data-test="help" onclick={stop}>
                <div class="pane-head"><h2 id="help-title">{ "Keys" }</h2>
                    <button ref={close} class="btn btn-s btn-icon btn-quiet end" type="button" aria-label="Close" {onclick}>{ icon("x") }</button></div>
                <dl class="pane-body pairs keys">
                { for KEYS.iter().map(|(keys, what)| html! {<>
                    <dt>{ for keys.iter().map(|key| html! { <kbd>{ *key }</kbd> }) }</dt><dd>{ *what }</dd>
                </>}) }
                </dl>
                <label class="dialog-foot"><input type="checkbox" checked={*on} onchange={toggle} />{ "Keys of one letter are on" }</label>
            </div>
        </div>
    }
}
