//! The answer beside the button: what became of a request, in words.

use lwm2m::Path;
use yew::prelude::*;

use super::View;
use super::icon::{icon, small_icon};
use crate::device::Outcome;
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
        Some(Outcome::Done { words }) => html! {
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

/// The button that reads a path: with its word, or as an icon where it stands in a row.
pub fn read_button(view: &View<'_>, path: Path, name: &str, with_word: bool) -> Html {
    let blocked = view.blocked;
    let onclick = view.onread.reform(move |event: MouseEvent| {
        event.stop_propagation();
        path
    });
    let label = format!("Read {name} {path}");
    let title = blocked.map_or_else(|| label.clone(), str::to_owned);
    let class = if with_word { "btn btn-s" } else { "btn btn-s btn-icon btn-quiet" };
    html! {
        <button {class} type="button" aria-label={label} {title} disabled={blocked.is_some()} data-test="read" data-path={path.to_string()} {onclick}>
            { icon("read") }if with_word { { "Read" } }
        </button>
    }
}
