//! The dialog before something is done that cannot be taken back.

use std::rc::Rc;

use lwm2m::{Mode, Models, arguments};
use yew::prelude::*;

use super::icon::icon;
use super::preview::preview;
use crate::browser;
use crate::command::{Act, Command};
use crate::model::Client;
use crate::question::Question;

/// What [`Confirm`] needs.
#[derive(Properties, PartialEq)]
pub struct ConfirmProps {
    /// What is asked.
    pub question: Rc<Question>,
    /// The device.
    pub client: Rc<Client>,
    /// Its definitions.
    pub models: Rc<Models>,
    /// Why it cannot be done now, if so.
    pub blocked: Option<&'static str>,
    /// Yes.
    pub onrun: Callback<Command>,
    /// Closes the dialog, after a yes too.
    pub onclose: Callback<()>,
}

/// A question with its consequence, as a modal dialog. The focus starts on what changes nothing.
#[component]
pub fn Confirm(props: &ConfirmProps) -> Html {
    let question = &props.question;
    let typed = use_state(String::new);
    let (dialog, no) = (use_node_ref(), use_node_ref());
    browser::use_layer(&no);
    let takes_arguments = matches!(question.command.act, Act::Execute(_));
    let wrong = arguments::parse(typed.as_bytes(), Mode::Strict).err().filter(|_| takes_arguments);
    let command = match &question.command.act {
        Act::Execute(_) => Command::new(question.command.path, Act::Execute((*typed).clone())),
        _ => question.command.clone(),
    };
    let is_ready = wrong.is_none() && props.blocked.is_none();
    let request = command.request(&props.client, &props.models);
    let onsubmit = {
        let (onrun, onclose) = (props.onrun.clone(), props.onclose.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if is_ready {
                onclose.emit(());
                onrun.emit(command.clone());
            }
        })
    };
    let onkeydown = {
        let (onclose, dialog) = (props.onclose.clone(), dialog.clone());
        Callback::from(move |event: KeyboardEvent| match event.key().as_str() {
            "Escape" => onclose.emit(()),
            "Tab" => browser::keep_inside(&event, &dialog),
            _ => {}
        })
    };
    let oninput = {
        let typed = typed.clone();
        Callback::from(move |event: InputEvent| typed.set(browser::input_value(&event)))
    };
    let stop = |event: MouseEvent| event.stop_propagation();
    let onclose = props.onclose.reform(|_: MouseEvent| ());
    html! {
        <div class="scrim" onclick={onclose.clone()} {onkeydown}>
            <form ref={dialog} class="dialog dialog-m" role="alertdialog" aria-modal="true" aria-labelledby="confirm-title" aria-describedby="confirm-text"
                data-test="confirm" data-path={question.command.path.to_string()} onclick={stop} {onsubmit}>
                <div class="pane-body stack roomy">
                    <h2 id="confirm-title"><bdi>{ question.title.clone() }</bdi></h2>
                    <p id="confirm-text">{ question.text.clone() }</p>
                    if let Some(warning) = &question.warning { <div class="note is-pending">{ icon("warning") }<span>{ warning.clone() }</span></div> }
                    if takes_arguments {
                        <label class="field"><span>{ "Arguments" }</span>
                            <input class="input mono" autocomplete="off" spellcheck="false" placeholder="none, for example 0='reason'" value={(*typed).clone()}
                                aria-invalid={wrong.is_some().then_some("true")} aria-describedby="confirm-hint" data-test="arguments" {oninput} />
                            <span id="confirm-hint" class={classes!("hint", wrong.is_some().then_some("is-error"))} role="status">
                                { wrong.map_or_else(|| "Digits with values in quotes, with commas between: 0='x',1".to_owned(), |wrong| wrong.to_string()) }</span></label>
                    }
                    if let Ok(request) = &request { { preview(None, &props.question.command, request) } }
                    if let Some(why) = props.blocked { <p class="hint is-error" role="status">{ why }</p> }
                </div>
                <div class="dialog-foot">
                    <button ref={no} class="btn" type="button" data-test="confirm-no" onclick={onclose}>{ question.no }</button>
                    <button class="btn btn-primary" type="submit" disabled={!is_ready} data-test="confirm-yes">{ icon(question.icon) }<span class="clip">{ question.yes.clone() }</span></button>
                </div>
            </form>
        </div>
    }
}
