//! What forms that ask a device for something have in common: they close when it is done, and by Escape.

use yew::prelude::*;

use crate::command::Command;
use crate::exchange::Outcome;

/// Whether the form was sent and has no answer yet. Closes it when the device has done what was asked; when not, it stays
/// and can be sent again.
#[hook]
pub fn use_sent(outcome: Option<&Outcome>, onclose: &Callback<()>) -> UseStateHandle<bool> {
    let was_sent = use_state(|| false);
    let (sent, onclose) = (was_sent.clone(), onclose.clone());
    // The whole outcome: a quick answer may come in one step with the question, and then one `Done` follows another.
    use_effect_with(outcome.cloned(), move |outcome| match outcome {
        Some(Outcome::Done { .. }) if *sent => onclose.emit(()),
        Some(Outcome::Failed { .. }) if *sent => sent.set(false),
        _ => {}
    });
    was_sent
}

/// Sends the command, if there is one that can be sent.
pub fn on_submit(
    command: Option<Command>,
    was_sent: UseStateHandle<bool>,
    onrun: &Callback<Command>,
) -> Callback<SubmitEvent> {
    let onrun = onrun.clone();
    Callback::from(move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(command) = command.clone() {
            was_sent.set(true);
            onrun.emit(command);
        }
    })
}

/// Closes the form by Escape.
pub fn on_escape(onclose: &Callback<()>) -> Callback<KeyboardEvent> {
    let onclose = onclose.clone();
    Callback::from(move |event: KeyboardEvent| {
        if event.key() == "Escape" {
            event.stop_propagation();
            onclose.emit(());
        }
    })
}
