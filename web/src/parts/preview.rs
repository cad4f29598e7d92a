//! What will be sent, before it is.

use coap_exchange::Request;
use lwm2m::ContentFormat;
use yew::prelude::*;

use crate::command::{Command, method};
use crate::words::{count, push_hex};

/// Bytes shown at most.
const BYTES: usize = 24;

/// The change, the request, the format and the bytes. `change` is old and new in words.
pub fn preview(change: Option<(Option<String>, String)>, command: &Command, request: &Request) -> Html {
    let size = request.payload.len();
    html! {
        <dl class="preview" data-test="preview">
            if let Some((old, new)) = change {
                <div><dt>{ "Change" }</dt><dd>
                    if old.as_ref() == Some(&new) { { "none, it is " }<ins><bdi>{ new }</bdi></ins>{ " already" } }
                    else { { old.map_or_else(|| html! { "not known" }, |old| html! { <del><bdi>{ old }</bdi></del> }) }{ " → " }<ins><bdi>{ new }</bdi></ins> }
                </dd></div>
            }
            <div><dt>{ "Request" }</dt><dd>{ format!("{} {}", method(request), command.target()) }</dd></div>
            if let Some(format) = request.content_format() { <div><dt>{ "Format" }</dt><dd>{ ContentFormat(format).to_string() }</dd></div> }
            if size == 0 { <div><dt>{ "Payload" }</dt><dd>{ "empty" }</dd></div> }
            else { <div><dt>{ count(size, "byte") }</dt><dd class="bytes">{ hex(&request.payload) }</dd></div> }
        </dl>
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut out = String::new();
    for (at, byte) in bytes.iter().take(BYTES).enumerate() {
        if at > 0 {
            out.push(' ');
        }
        push_hex(&mut out, *byte);
    }
    if bytes.len() > BYTES {
        out.push_str(" …");
    }
    out
}
