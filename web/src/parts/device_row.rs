//! One row of the list of devices.

use lwm2m::Models;
use yew::prelude::*;

use super::icon::{icon, small_icon};
use crate::list::object_name;
use crate::model::Client;
use crate::moment::{Moment, ago, remaining, span};
use crate::nav::on_click;
use crate::route::Route;
use crate::state::Device;
use crate::words::safe;

/// A row: state, name, lifetime, transport, version, objects, when it was last seen. `index` is its place in the list, from 0.
pub fn device_row(device: &Device, index: usize, is_cursor: bool, now: Moment) -> Html {
    let client = &device.client;
    let (state, word) = state_of(device, now);
    let route = Route::device(&client.endpoint, lwm2m::Path::ROOT);
    let onclick = on_click(route.clone());
    let name = safe(&client.endpoint).into_owned();
    let life = match device.gone {
        Some(gone) => {
            let text = format!("Left {} ago: {}", span(now.since(gone.at).max(1_000)), gone.why.words());
            html! { <span class="small gone clip" title={text.clone()} data-test="gone">{ text }</span> }
        }
        None => lifetime(client, now),
    };
    html! {
        <div class={classes!("tr", "dev", is_cursor.then_some("is-cursor"), device.gone.is_some().then_some("is-gone"))} role="row" key={client.endpoint.clone()}
            id={format!("row-{}", index)} aria-rowindex={(index + 2).to_string()} aria-selected={is_cursor.to_string()}
            data-test="device-row" data-endpoint={client.endpoint.clone()} data-state={word.to_lowercase()} {onclick}>
            <span role="gridcell"><span class={classes!("state", state)}>{ icon(state.trim_start_matches("is-")) }<span>{ word }</span></span></span>
            <span role="gridcell"><a href={route.address()} class="strong clip plain" title={name.clone()} tabindex="-1"><bdi>{ name }</bdi></a></span>
            <span role="gridcell" class="life">{ life }</span>
            if device.gone.is_none() {
            <span role="gridcell" class="flex small desk">{ small_icon(if client.secure { "lock" } else { "unlock" }) }<span class="clip">{ safe(&client.transport).into_owned() }{ " " }<span class="faint">{ if client.secure { "encrypted" } else { "no security" } }</span></span></span>
            }
            <span role="gridcell" class="desk small muted">{ safe(&client.lwm2m).into_owned() }</span>
            <span role="gridcell" class="desk small clip" title={objects(client)}><span class="count">{ client.objects.len() }</span><span class="faint">{ objects(client) }</span></span>
            <span role="gridcell" class="wide path">{ safe(&client.address).into_owned() }</span>
            <span role="gridcell" class="num small muted">{ ago(now.since(client.seen)) }</span>
        </div>
    }
}

/// Class and word of the state of a device.
pub fn state_of(device: &Device, now: Moment) -> (&'static str, &'static str) {
    match (device.gone, device.client.expires) {
        (Some(_), _) => ("is-expired", "Gone"),
        (None, Some(expires)) if expires <= now => ("is-expired", "Expired"),
        _ => ("is-online", "Online"),
    }
}

/// How much of the lifetime is left: a bar, and in words.
pub fn lifetime(client: &Client, now: Moment) -> Html {
    let Some(expires) = client.expires else {
        return html! { <span class="age">{ "without end" }</span> };
    };
    let left = expires.since(now);
    let share = (left * 100 / (client.lifetime.clamp(1, 1 << 40) as i64 * 1_000)).clamp(0, 100);
    let class = match share {
        0 => "meter is-out",
        1..20 => "meter is-low",
        _ => "meter",
    };
    html! {<>
        <svg {class} role="img" aria-label={format!("{share} % of the lifetime left")}><rect width={format!("{share}%")} height="100%" rx="2" /></svg>
        <span class="age">{ if left > 0 { format!("{} left", remaining(left)) } else { "ended".to_owned() } }</span>
    </>}
}

/// The objects of a device by name, the interesting ones first.
fn objects(client: &Client) -> String {
    // Every device has 0, 1 and 3: they say nothing about this one.
    let (common, own): (Vec<u16>, Vec<u16>) =
        client.objects.iter().map(|object| object.id).partition(|id| matches!(id, 0 | 1 | 3));
    let names: Vec<String> = own.into_iter().chain(common).map(|id| object_name(Models::oma(), id)).collect();
    names.join(", ")
}
