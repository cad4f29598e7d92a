//! A value as people read it.

use lwm2m::{ObjectLink, Path, Value};
use yew::prelude::*;

use crate::browser;
use crate::device::Reading;
use crate::model::Client;
use crate::moment::{Moment, ago};
use crate::nav::link;
use crate::route::Route;
use crate::rows::Row;
use crate::words::{count, hex, number, safe, unit};

/// Bytes of an opaque value that are shown; all of them, up to a bound, are in the tooltip.
const BYTES_SHOWN: usize = 16;
const BYTES_IN_TOOLTIP: usize = 1_024;
const TEXT_SHOWN: usize = 2_048;

/// Value, unit, type and age. `now` lets a value light up that has just changed.
pub fn value(client: &Client, path: Path, reading: &Reading, row: &Row, now: Moment) -> Html {
    let (shown, title) = shown(client, &reading.value);
    let is_number = matches!(reading.value, Value::Integer(_) | Value::Unsigned(_) | Value::Float(_));
    let unit = match &reading.value {
        Value::Opaque(bytes) if !bytes.is_empty() => count(bytes.len(), "byte"),
        _ if is_number => unit(&row.units).to_owned(),
        _ => String::new(),
    };
    let is_changed = reading.changes > 0 && now.since(reading.at) < 2_000;
    let is_stale = now.since(reading.at) > 3_600_000;
    let note = (reading.source != "read").then_some(reading.source);
    let path = path.to_string();
    let age = if reading.is_unconfirmed() {
        let clock: String = browser::local_clock(reading.at).chars().take(8).collect();
        let why = if row.operations.can_read() { "not read back" } else { "cannot be read back" };
        let words = format!("written {clock}, {why}");
        html! { <small class="age" title={words.clone()} data-test="unconfirmed" data-path={path.clone()}>{ words }</small> }
    } else {
        age(reading.at, now, note)
    };
    let state = match () {
        () if reading.is_unconfirmed() => Some("is-unconfirmed"),
        () if is_changed => Some("is-changed"),
        () => is_stale.then_some("is-stale"),
    };
    html! {
        <span class={classes!("value", state)}>
            <b key={reading.changes} {title} data-test="value" data-path={path}>{ shown }</b>
            if !unit.is_empty() { <i>{ unit }</i> }
            { age }
        </span>
    }
}

fn shown(client: &Client, value: &Value<'_>) -> (Html, String) {
    match value {
        Value::String(text) | Value::CoreLink(text) => {
            let text: String = text.chars().take(TEXT_SHOWN).collect();
            let text = safe(&text).into_owned();
            if text.is_empty() {
                (html! { <span class="faint">{ "empty text" }</span> }, String::new())
            } else {
                (html! { <bdi>{ text.clone() }</bdi> }, text)
            }
        }
        Value::Integer(_) | Value::Unsigned(_) | Value::Float(_) => {
            let exact = value.to_batch_text();
            let short = exact.strip_suffix(".0").unwrap_or(&exact);
            (html! { number(short).into_owned() }, exact)
        }
        Value::Boolean(truth) => (Html::from(if *truth { "true" } else { "false" }), String::new()),
        Value::Opaque(bytes) if bytes.is_empty() => {
            (html! { <span class="faint">{ "no bytes" }</span> }, String::new())
        }
        Value::Opaque(bytes) => {
            (html! { <span class="mono">{ hex(bytes, BYTES_SHOWN) }</span> }, hex(bytes, BYTES_IN_TOOLTIP))
        }
        Value::Time(seconds) => {
            let at = Moment(seconds.saturating_mul(1_000));
            let is_date = (-62_135_596_800..253_402_300_800).contains(seconds);
            let text = if is_date { browser::local_date(at) } else { number(&seconds.to_string()).into_owned() };
            let utc = if is_date {
                format!("{} UTC, {seconds} s since 1970", at.date_and_clock(0))
            } else {
                format!("{seconds} s since 1970")
            };
            (html! { text }, utc)
        }
        Value::ObjectLink(ObjectLink::NULL) => {
            (html! { <span class="faint">{ "linked to nothing" }</span> }, ObjectLink::NULL.to_string())
        }
        Value::ObjectLink(target) => {
            let path = Path::instance(target.object, target.instance);
            let text = path.to_string();
            if client.object(target.object).is_some() {
                (link(Route::device(&client.endpoint, path), "mono", Html::from(text)), format!("Object link {target}"))
            } else {
                (
                    html! { <span class="mono">{ text.clone() }</span> },
                    format!("Object link {target}: the device has not registered it"),
                )
            }
        }
    }
}

/// `2 s ago`; the exact time is in the tooltip.
pub fn age(at: Moment, now: Moment, note: Option<&str>) -> Html {
    let note = note.map(|note| format!(", {note}")).unwrap_or_default();
    html! { <small class="age" title={browser::local_date(at)}>{ ago(now.since(at)) }{ note }</small> }
}

/// A type in one word, as people say it.
pub fn type_name(kind: lwm2m::ValueType) -> &'static str {
    match kind {
        lwm2m::ValueType::String => "text",
        lwm2m::ValueType::Integer => "integer",
        lwm2m::ValueType::Unsigned => "unsigned",
        lwm2m::ValueType::Float => "float",
        lwm2m::ValueType::Boolean => "boolean",
        lwm2m::ValueType::Opaque => "opaque",
        lwm2m::ValueType::Time => "time",
        lwm2m::ValueType::ObjectLink => "link",
        lwm2m::ValueType::CoreLink => "core link",
    }
}
