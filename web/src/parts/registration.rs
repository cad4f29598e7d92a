//! What the device said when it registered.

use lwm2m::ContentFormat;
use yew::prelude::*;

use super::icon::icon;
use super::value::age;
use crate::browser::local_date;
use crate::model::Client;
use crate::moment::{Moment, remaining};
use crate::words::{count, safe};

/// The registration as a list of facts.
pub fn registration(client: &Client, now: Moment) -> Html {
    let formats: Vec<String> = client.formats.iter().map(|format| ContentFormat(*format).to_string()).collect();
    let instances: usize = client.objects.iter().map(|object| object.instances.len()).sum();
    let lifetime = match client.lifetime {
        0 => "does not end by itself".to_owned(),
        1 => "1 s".to_owned(),
        seconds if seconds < 120 => format!("{seconds} s"),
        seconds => format!("{} s, that is {}", seconds, remaining(seconds.min(i64::MAX as u64 / 1_000) as i64 * 1_000)),
    };
    let time = |at: Moment| html! { <>{ local_date(at) }{ " " }{ age(at, now, None) }</> };
    let text = |text: &str| html! { <bdi>{ safe(text).into_owned() }</bdi> };
    html! {
        <section aria-label="Registration">
            <div class="pane-head"><h2>{ "Registration" }</h2><span class="path">{ text(&client.location) }</span></div>
            <div class="pane-body stack">
                <dl class="pairs roomy">
                    <dt>{ "Endpoint" }</dt><dd class="strong">{ text(&client.endpoint) }</dd>
                    <dt>{ "LwM2M version" }</dt><dd>{ text(&client.lwm2m) }</dd>
                    <dt>{ "Registered" }</dt><dd>{ time(client.registered) }</dd>
                    <dt>{ "Last update" }</dt><dd>{ if client.updated > client.registered { time(client.updated) } else { html! { "none yet" } } }</dd>
                    <dt>{ "Lifetime" }</dt><dd>{ lifetime }</dd>
                    <dt>{ "Address" }</dt><dd class="mono">{ text(&client.address) }</dd>
                    <dt>{ "Transport" }</dt><dd>{ transport(client) }</dd>
                    <dt>{ "Binding" }</dt><dd>{ text(&client.binding) }if client.queue_mode { { ", queue mode: sleeps between updates" } }</dd>
                    <dt>{ "Formats" }</dt><dd>{ if formats.is_empty() { "none named".to_owned() } else { formats.join(", ") } }</dd>
                    if client.root != "/" && !client.root.is_empty() { <dt>{ "Root of its paths" }</dt><dd class="mono">{ text(&client.root) }</dd> }
                    <dt>{ "Has" }</dt><dd>{ format!("{}, {}", count(client.objects.len(), "object"), count(instances, "instance")) }</dd>
                </dl>
                { for client.warnings.iter().map(|warning| html! {
                    <div class="note is-pending">{ icon("warning") }<span>{ text(warning) }</span></div>
                }) }
                <p class="small muted">{ "Choose an object to read it." }</p>
            </div>
        </section>
    }
}

/// `udp, no security`.
pub fn transport(client: &Client) -> String {
    format!("{}, {}", safe(&client.transport), if client.secure { "encrypted" } else { "no security" })
}
