//! The answer beside the button: what became of a request, in words.

use lwm2m::Path;
use yew::prelude::*;

use super::icon::small_icon;
use crate::exchange::Outcome;
use crate::moment::{Moment, took};

/// The result of the last request for a path; nothing when there was none.
pub fn result(path: Path, outcome: Option<&Outcome>, now: Moment) -> Html {
    let path = path.to_string();
    match outcome {
        None => Html::default(),
        Some(Outcome::Asked { since }) => {
            let ms = now.since(*since);
            let waited = if ms < 1_000 { format!("0.{} s", ms / 100) } else { took(ms) };
            html! {
                <span class="result is-asked" data-test="result" data-path={path} data-state="asked"><i class="spin" aria-hidden="true"></i>{ format!("asked, waiting {waited}") }</span>
            }
        }
        Some(Outcome::Done { words, .. }) => html! {
            <span class="result is-ok" data-test="result" data-path={path} data-state="done">{ small_icon("check") }<span class="clip">{ words.clone() }</span></span>
        },
        Some(Outcome::Failed { words, detail }) => {
            let title = if detail.is_empty() { words.clone() } else { format!("{words}\n{detail}") };
            html! {
                <span class="result is-failed" data-test="result" data-path={path} data-state="failed" {title}>{ small_icon("error") }<span class="clip">{ words.clone() }</span></span>
            }
        }
    }
}
