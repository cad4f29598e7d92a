//! One resource: name and id, value, what can be done, and how the last attempt ended.

use lwm2m::Path;
use yew::prelude::*;

use super::clock::use_now;
use super::outcome::{read_button, result};
use super::value::{type_name, value};
use crate::device::{Outcome, Reading};
use crate::model::Client;
use crate::rows::Row;
use crate::words::{count, unit};

use std::rc::Rc;

/// What [`Resource`] needs.
#[derive(Properties, PartialEq)]
pub struct ResourceProps {
    /// The device.
    pub client: Rc<Client>,
    /// What is known of the resource.
    pub row: Row,
    /// Its value, or its values.
    pub readings: Vec<(Path, Reading)>,
    /// How the last request for it ended.
    pub outcome: Option<Outcome>,
    /// Reads it.
    pub onread: Callback<Path>,
    /// Why nothing can be read now, if so.
    pub blocked: Option<&'static str>,
    /// Whether Tab reaches this row: one of a table does, arrows do the rest.
    pub is_first: bool,
}

/// A row, and below it one for each resource instance.
#[component]
pub fn Resource(props: &ResourceProps) -> Html {
    let now = use_now();
    let ResourceProps { client, row, readings, outcome, onread, blocked, is_first } = props;
    let id = row.path.resource_id().unwrap_or_default();
    let single = readings.iter().find(|(path, _)| *path == row.path);
    let instances: Vec<_> = readings.iter().filter(|(path, _)| *path != row.path).collect();
    let is_waiting = matches!(outcome, Some(Outcome::Asked { .. }));
    let shown = match (single, instances.len()) {
        (Some((path, reading)), _) => value(client, *path, reading, &row.units, now),
        (None, 0) => unread(row),
        (None, many) => html! { <span class="value"><i>{ count(many, "value") }</i></span> },
    };
    let can_read = row.operations.can_read() || !readings.is_empty();
    let name = row.name.clone();
    html! {<>
        <div class={classes!("res", is_waiting.then_some("is-asked"))} role="row" tabindex={if *is_first { "0" } else { "-1" }}
            data-row={can_read.then(|| row.path.to_string())} data-test="resource" data-path={row.path.to_string()}>
            <span class="name" role="rowheader"><span class="clip" title={about(row)}>{ name }</span></span>
            <span class="path" role="cell">{ id }<span class="ops" title={row.operations.to_string()}>{ row.operations.letters() }</span></span>
            <span class="cell" role="cell">{ shown }{ result(row.path, outcome.as_ref()) }</span>
            <span class="res-do" role="cell">if can_read { { read_button(row.path, &row.name, false, onread, *blocked) } }</span>
        </div>
        { for instances.iter().map(|(path, reading)| html! {
            <div class="res res-sub" role="row" tabindex="-1" key={path.to_string()} data-row={row.path.to_string()}>
                <span class="name faint" role="rowheader">{ format!("{} {}", row.name, path.resource_instance_id().unwrap_or_default()) }</span>
                <span class="path" role="cell">{ format!("{id}/{}", path.resource_instance_id().unwrap_or_default()) }</span>
                <span class="cell" role="cell">{ value(client, *path, reading, &row.units, now) }</span>
                <span class="res-do" role="cell"></span>
            </div>
        }) }
    </>}
}

/// What stands where no value is known.
fn unread(row: &Row) -> Html {
    if row.missing {
        return html! { <span class="unread">{ "not on this device" }</span> };
    }
    let what = match row.operations.letters() {
        "E" => "to be executed, has no value",
        "W" => "can be written, not read",
        "" => "for bootstrap servers only",
        _ => "not read yet",
    };
    let mut kind = row.value_type.map(type_name).unwrap_or_default().to_owned();
    if !row.units.is_empty() {
        kind.push_str(&format!(", {}", unit(&row.units)));
    }
    if row.multiple {
        kind.push_str(", several");
    }
    html! { <span class="unread">{ what }if !kind.is_empty() { <small class="type">{ kind }</small> }</span> }
}

fn about(row: &Row) -> String {
    let mut text = row.name.clone();
    if !row.known {
        text.push_str("\nNo definition has it.");
        return text;
    }
    text.push_str(&format!("\n{}", row.operations));
    if let Some(kind) = row.value_type {
        text.push_str(&format!(". Type {}", type_name(kind)));
    }
    if !row.range.is_empty() {
        text.push_str(&format!(". Range {}", row.range));
    }
    if !row.units.is_empty() {
        text.push_str(&format!(". Unit {}", row.units));
    }
    text.push_str(if row.mandatory { ". Mandatory." } else { ". Optional." });
    text
}
