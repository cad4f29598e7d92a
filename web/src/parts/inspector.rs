//! The wire, one glance away: a request, its answer, what it means and its bytes.

use lwm2m::{ContentFormat, EntryValue};
use yew::prelude::*;

use crate::browser::local_clock;
use crate::command::{Act, method};
use crate::device::Page;
use crate::exchange::{Answer, Exchange, diagnostic};
use crate::moment::took;
use crate::words::{code_name, count, number, push_hex, safe};

/// Bytes shown at most; the rest is counted.
const BYTES_SHOWN: usize = 1_024;
const ENTRIES_SHOWN: usize = 100;

/// The last exchange, or an earlier one that was chosen below.
pub fn inspector(page: &Page, chosen: Option<u32>, onchoose: &Callback<u32>) -> Html {
    let exchanges = &page.exchanges;
    let shown = exchanges
        .iter()
        .find(|exchange| Some(exchange.number) == chosen)
        .or_else(|| exchanges.iter().find(|exchange| !exchange.command.is_quiet()));
    let Some(shown) = shown else {
        return html! {
            <div class="pane-body stack"><h3>{ "Exchange" }</h3>
                <p class="small muted">{ "Nothing has been asked yet. Read something: the request, the answer and its bytes stand here." }</p></div>
        };
    };
    let choose = |number: u32| onchoose.reform(move |_: MouseEvent| number);
    html! {<>
        <div class="pane-head"><h3>{ "Exchange" }</h3><span class="end small faint">{ local_clock(shown.sent) }</span></div>
        { exchange(shown) }
        if exchanges.len() > 1 {
            <div class="section"><h3>{ "Last exchanges" }</h3><ul class="log">
            { for exchanges.iter().map(|other| html! {
                <li key={other.number}><button type="button" aria-pressed={(other.number == shown.number).to_string()} onclick={choose(other.number)}>
                    <span class="faint verb">{ method(&other.request) }</span><span class="mono clip">{ other.command.path.to_string() }</span><span class={classes!("badge", tone(other))}>{ code(other) }</span>
                    <span class="end faint">{ local_clock(other.sent).split('.').next().unwrap_or_default().to_owned() }</span></button></li>
            }) }
            </ul></div>
        }
    </>}
}

fn exchange(exchange: &Exchange) -> Html {
    let sent = &exchange.request;
    let mut how = Vec::new();
    match &exchange.command.act {
        Act::Observe => how.push("Observe".to_owned()),
        Act::StopObserving => how.push("Stop observing".to_owned()),
        _ => {}
    }
    how.extend(sent.accept().map(|format| format!("Accept {}", ContentFormat(format))));
    how.extend(
        sent.content_format().map(|format| format!("{}, {}", ContentFormat(format), count(sent.payload.len(), "byte"))),
    );
    let request = html! {
        <div><div class="flex"><span class="badge is-accent">{ method(sent) }</span><span class="mono clip" data-test="exchange-path">{ exchange.command.target().to_string() }</span></div>
            <p class="small muted">{ if how.is_empty() { "without a payload".to_owned() } else { how.join(", ") } }</p>
            if !sent.payload.is_empty() { { raw(&sent.payload, None, "sent") } }</div>
    };
    match &exchange.answer {
        Answer::Nothing(error) => html! {
            <div class="pane-body stack">{ request }
                <div class="note is-error"><span>{ format!("No answer: {error}.") }</span></div></div>
        },
        Answer::Response { code, format, payload, entries, error, .. } => {
            let at = error.as_ref().and_then(|(_, at)| *at);
            let is_success = code.starts_with("2.");
            let text = diagnostic(payload);
            html! {<>
                <div class="pane-body stack">
                    { request }
                    <div><div class="flex"><span class={classes!("badge", tone(exchange))}>{ format!("{code} {}", code_name(code)) }</span>if exchange.notification > 0 { <span class="small clip">{ format!("notification {}", exchange.notification) }</span> }
                            else { <span class="end small faint">{ took(exchange.took) }</span> }</div>
                        <p class="small muted">{ format.map_or("no format named".to_owned(), |format| format.to_string()) }{ ", " }{ count(payload.len(), "byte") }</p></div>
                    if let Some((words, _)) = error { <div class="note is-error" data-test="decode-error"><span>{ "Cannot be read: " }{ words.clone() }</span></div> }
                    if !is_success && !payload.is_empty() { <p class="small"><bdi>{ format!("“{text}”") }</bdi></p> }
                </div>
                if !entries.is_empty() {
                    <div class="section"><h3 class="flex">{ "Decoded" }<span class="faint small">{ count(entries.len(), "value") }</span></h3>
                        <dl class="pairs decoded">{ for entries.iter().take(ENTRIES_SHOWN).map(|entry| html! {<>
                            <dt class="mono">{ entry.path.to_string() }</dt><dd class="clip"><bdi>{ entry_text(&entry.value) }</bdi></dd>
                        </>}) }</dl></div>
                }
                if !payload.is_empty() {
                    <div class="section"><h3 class="flex">{ "Raw" }<span class="faint small">{ count(payload.len(), "byte") }</span>
                        if let Some(href) = explained(exchange, *format, payload) { <a class="end small" {href} target="_blank" rel="noopener" title="Opens the payload in the playground" data-test="explain">{ "What each byte means" }</a> }</h3>{ raw(payload, at, "raw") }</div>
                }
            </>}
        }
    }
}

fn entry_text(value: &EntryValue<'_>) -> String {
    match value {
        EntryValue::Absent => "no value".to_owned(),
        EntryValue::Delete => "deleted".to_owned(),
        EntryValue::Value(value) => {
            let text: String = value.to_batch_text().chars().take(256).collect();
            let is_text = matches!(value, lwm2m::Value::String(_) | lwm2m::Value::CoreLink(_));
            if is_text { safe(&text).into_owned() } else { number(&text).into_owned() }
        }
    }
}

/// The playground with these bytes, if an address can hold them.
fn explained(exchange: &Exchange, format: Option<ContentFormat>, payload: &[u8]) -> Option<String> {
    let format = format.filter(|_| payload.len() <= EXPLAINED)?.0;
    let mut address = format!("/playground/#f={format}&p={}&k=hex&x=", exchange.command.target());
    for byte in payload {
        push_hex(&mut address, *byte);
    }
    Some(address)
}

/// Eight bytes a line with their text; the byte where decoding went wrong is marked.
fn raw(payload: &[u8], bad: Option<usize>, test: &'static str) -> Html {
    let lines = payload.get(..payload.len().min(BYTES_SHOWN)).unwrap_or_default().chunks(8).enumerate();
    html! {<>
        <div class="hex" data-test={test}>
        { for lines.map(|(line, bytes)| html! {
            <div class="hex-row">
                <span>{ format!("{:04x}", line * 8) }</span>
                { for (0..8).map(|at| {
                    let mut text = String::new();
                    if let Some(byte) = bytes.get(at) {
                        push_hex(&mut text, *byte);
                    }
                    let is_bad = bad == Some(line * 8 + at);
                    html! { <span class={is_bad.then_some("b is-bad")}>{ if is_bad && text.is_empty() { "··".to_owned() } else { text } }</span> }
                }) }
                <span aria-hidden="true">{ bytes.iter().map(|byte| if (0x20..0x7f).contains(byte) { char::from(*byte) } else { '·' }).collect::<String>() }</span>
            </div>
        }) }
        </div>
        if payload.len() > BYTES_SHOWN { <p class="hint">{ format!("and {} more", count(payload.len() - BYTES_SHOWN, "byte")) }</p> }
    </>}
}

/// As many bytes as an address can hold everywhere.
const EXPLAINED: usize = 4_096;

fn code(exchange: &Exchange) -> String {
    match &exchange.answer {
        Answer::Response { code, .. } => code.clone(),
        Answer::Nothing(_) => "no answer".to_owned(),
    }
}

fn tone(exchange: &Exchange) -> &'static str {
    if exchange.is_success() { "is-ok" } else { "is-error" }
}
