//! One resource: name and id, value, what can be done, and how the last attempt ended.

use std::rc::Rc;

use lwm2m::Path;
use yew::prelude::*;

use super::action;
use super::editor::Editor;
use super::outcome::result;
use super::value::{type_name, value};
use super::{Layer, View};
use crate::device::Reading;
use crate::exchange::Outcome;
use crate::rows::Row;
use crate::words::{count, unit};

/// How long a success is told beside a value, in ms; then its age stands there again.
const RESULT_SHOWN: i64 = 8_000;

/// A row, and below it one for each resource instance. Tab reaches one row of a table; arrows do the rest.
pub fn resource(view: &View<'_>, row: &Row, is_first: bool) -> Html {
    let readings: Vec<(Path, &Reading)> = view.page.resource(row.path).collect();
    let outcome = view.page.outcomes.get(&row.path);
    let id = row.path.resource_id().unwrap_or_default();
    let path = row.path.to_string();
    let can_read = row.operations.can_read() || !readings.is_empty();
    let is_open = view.layer == Some(&Layer::Write(row.path));
    let is_waiting = matches!(outcome, Some(Outcome::Asked { .. }));
    let kind =
        row.value_type.or_else(|| readings.first().map(|(_, reading)| reading.value.value_type())).map(type_name);
    let shown = match readings.as_slice() {
        // A failure says more than that there is no value.
        [] if matches!(outcome, Some(Outcome::Failed { .. })) => Html::default(),
        [] => unread(row),
        [(at, reading)] if *at == row.path => value(view.client, *at, reading, row, view.now),
        many => html! { <span class="value"><i>{ count(many.len(), "value") }</i></span> },
    };
    // In a narrow place the result stands where the age does, for a while; beside what is not confirmed it is only heard.
    let aside = match (outcome, readings.as_slice()) {
        (None, _) | (_, []) => None,
        (Some(Outcome::Done { .. }), [(_, reading)]) if reading.is_unconfirmed() => Some("result-heard"),
        (Some(Outcome::Done { at, .. }), _) if view.now.since(*at) > RESULT_SHOWN => Some("result-gone"),
        _ => Some("no-age"),
    };
    // Keyed as a whole, so that an open editor stays what it is while rows around it come and go.
    html! {<key={id}>
        <div class={classes!("res", is_waiting.then_some("is-asked"), is_open.then_some("is-open"))} role="row" tabindex={if is_first { "0" } else { "-1" }}
            data-row={path.clone()} data-test="resource" data-path={path}>
            <span class="name" role="rowheader"><span class="clip" title={about(row)}>{ row.name.clone() }</span>
                { attribute_badges(&row.attributes) }</span>
            <span class="path" role="cell">{ id }</span>
            <span class="kind" role="cell" title={row.operations.to_string()}><span>{ kind.unwrap_or_default() }</span><span>{ row.operations.letters() }</span></span>
            <span class={classes!("cell", aside)} role="cell">{ shown }{ result(row.path, outcome, view.now) }</span>
            <span class="res-do" role="cell">
                if row.operations.can_execute() { { action::execute(view, row.path, &row.name) } }
                if can_read { { action::observe(view, row.path, &row.name, false) } }
                if can_read { { action::read(view, row.path, &row.name, false) } }
                if row.operations.can_write() || !row.known { { action::write(view, row.path, &row.name) } }
            </span>
        </div>
        if is_open { { editor(view, row, &readings, outcome) } }
        { readings.iter().filter(|(at, _)| *at != row.path).map(|(at, reading)| instance(view, row, id, *at, reading)).collect::<Html>() }
    </>}
}

/// Notification attributes.
pub fn attribute_badges(attributes: &[String]) -> Html {
    let badge = |attribute: &String| html! { <span class="badge attribute" title="Notification attribute, as the device named it" data-test="attribute">{ attribute.clone() }</span> };
    attributes.iter().map(badge).collect()
}

fn editor(view: &View<'_>, row: &Row, readings: &[(Path, &Reading)], outcome: Option<&Outcome>) -> Html {
    let known: Vec<_> = readings.iter().map(|(path, reading)| (*path, reading.value.clone())).collect();
    html! {
        <Editor key={format!("editor-{}", row.path)} client={Rc::clone(view.client)} models={Rc::clone(view.models)} row={row.clone()} {known}
            outcome={outcome.cloned()} blocked={view.blocked} onrun={view.onrun.clone()} onclose={view.onlayer.reform(|()| None)} />
    }
}

fn instance(view: &View<'_>, row: &Row, id: u16, at: Path, reading: &Reading) -> Html {
    let index = at.resource_instance_id().unwrap_or_default();
    html! {
        <div class="res res-sub" role="row" tabindex="-1" key={format!("{id}/{index}")} data-row={row.path.to_string()}>
            <span class="name faint" role="rowheader">{ format!("Instance {index}") }</span>
            <span class="path" role="cell">{ format!("{id}/{index}") }</span>
            <span class="kind" role="cell"></span>
            <span class="cell" role="cell">{ value(view.client, at, reading, row, view.now) }</span>
            <span class="res-do" role="cell"></span>
        </div>
    }
}

/// What stands where no value is known.
fn unread(row: &Row) -> Html {
    let what = match row.operations.letters() {
        _ if row.missing => "not on this device",
        "E" => "to be executed, has no value",
        "W" => "can be written, not read",
        "" => "for bootstrap servers only",
        _ if row.silent => "no value returned",
        _ => "not read yet",
    };
    let units = if row.units.is_empty() { String::new() } else { format!(", in {}", unit(&row.units)) };
    let several = if row.multiple { ", can be several" } else { "" };
    html! { <span class="unread">{ what }<span class="tiny">{ units }{ several }</span></span> }
}

fn about(row: &Row) -> String {
    if !row.known {
        return format!("{}\nNo definition has it.", row.name);
    }
    let mut text = format!("{}\n{}", row.name, row.operations);
    for (word, what) in
        [("Type", row.value_type.map(type_name).unwrap_or_default()), ("Range", &row.range), ("Unit", &row.units)]
    {
        if !what.is_empty() {
            text.push_str(&format!(". {word} {what}"));
        }
    }
    text.push_str(if row.mandatory { ". Mandatory." } else { ". Optional." });
    text
}
