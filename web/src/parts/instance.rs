//! What is in the middle: an object with all its instances, or one instance with its resources.

use std::rc::Rc;

use lwm2m::{Level, Path, Value};
use yew::prelude::*;

use super::action;
use super::chart::chart;
use super::outcome::result;
use super::resource::{attribute_badges, resource};
use super::several::Several;
use super::{Layer, View};
use crate::device::Page;
use crate::exchange::Outcome;
use crate::list::object_name;
use crate::nav::link;
use crate::route::Route;
use crate::rows::{Branch, Row, attributes, rows};
use crate::words::count;

/// The object or the instance that a path names.
pub fn shown(view: &View<'_>, path: Path, branches: &[Branch]) -> Html {
    if path.level() == Level::Object { object(view, path, branches) } else { instance(view, path, false) }
}

/// An object: its own read button, and below it every instance.
fn object(view: &View<'_>, path: Path, branches: &[Branch]) -> Html {
    let id = path.object_id().unwrap_or_default();
    let name = object_name(view.models, id);
    let branch = branches.iter().find(|branch| branch.path == path);
    let instances: Vec<Path> = branch.iter().flat_map(|branch| &branch.instances).map(|leaf| leaf.path).collect();
    let remark = match (branch, view.models.object(id)) {
        (None, _) => "The device has not registered this object. It may still answer a read.",
        (Some(_), None) => {
            "No definition of this object is known, so its resources have no names, and some values no type. They can be read all the same."
        }
        (Some(_), Some(_)) if instances.is_empty() => {
            "The device has registered no instance of it. A read shows whether there are any."
        }
        _ => "",
    };
    html! {
        <section aria-label={format!("{name} {path}")}>
            { head(view, path, html! { <h2>{ name.clone() }</h2> }, &name, Some(count(instances.len(), "instance"))) }
            if view.layer == Some(&Layer::Create(path)) { { form(view, path, &instances) } }
            if !remark.is_empty() { <p class="small muted lead">{ remark }</p> }
            { instances.into_iter().map(|path| instance(view, path, true)).collect::<Html>() }
        </section>
    }
}

/// An instance: its read button, and a row for each resource.
fn instance(view: &View<'_>, path: Path, inner: bool) -> Html {
    let id = path.object_id().unwrap_or_default();
    let number = path.instance_id().unwrap_or_default();
    let object = object_name(view.models, id);
    let name = format!("{object}, instance {number}");
    let rows = rows(view.models, view.page, path);
    let missing = rows.iter().filter(|row| row.missing).count();
    let shown: Vec<&Row> = rows.iter().filter(|row| view.all || !row.missing).collect();
    let heading = if inner {
        html! { <h3>{ link(Route::device(&view.client.endpoint, path), "plain", Html::from(format!("Instance {number}"))) }</h3> }
    } else {
        html! { <h2>{ object }</h2> }
    };
    html! {
        <section class={inner.then_some("inner")} aria-label={name.clone()} key={number}>
            { head(view, path, heading, &name, None) }
            if view.layer == Some(&Layer::Several(path)) { { form(view, path, &[]) } }
            { chart(view, path, &rows) }
            <div role="table" aria-label={format!("Resources of {name}")}>
            { for shown.iter().enumerate().map(|(at, row)| resource(view, row, at == 0)) }
            </div>
            if rows.is_empty() { <p class="small muted lead">{ "Nothing is known of what is in here. A read shows what the device has." }</p> }
            if missing > 0 {
                <p class="small faint lead">
                    { format!("{} of the definition {} not on this device. ", count(missing, "resource"), if missing == 1 { "is" } else { "are" }) }
                    <button class="as-link" type="button" aria-expanded={view.all.to_string()} data-test="missing" onclick={view.ontoggle.clone()}>
                        { if view.all { "Hide them" } else { "Show them" } }</button>
                </p>
            }
        </section>
    }
}

/// The form for several resources: of an instance, or of a new one of an object.
fn form(view: &View<'_>, path: Path, taken: &[Path]) -> Html {
    let is_new = path.level() == Level::Object;
    let base = if is_new { Path::instance(path.object_id().unwrap_or_default(), 0) } else { path };
    // Of a new instance nothing is known, nor what the device would not have.
    let blank = Page::default();
    let page = if is_new { &blank } else { view.page };
    let fields: Vec<(Row, Option<Value<'static>>)> = rows(view.models, page, base)
        .into_iter()
        .filter(|row| {
            row.operations.can_write() && !row.multiple && row.value_type.is_some() && (view.all || !row.missing)
        })
        .map(|row| {
            let known = page.readings.get(&row.path).map(|reading| reading.value.clone());
            (row, known)
        })
        .collect();
    let taken: Vec<u16> = taken.iter().filter_map(|path| path.instance_id()).collect();
    html! {
        <Several key={format!("form-{path}")} client={Rc::clone(view.client)} models={Rc::clone(view.models)} {path} {fields} {taken}
            outcome={view.page.outcomes.get(&path).cloned()} blocked={view.blocked} onrun={view.onrun.clone()} onclose={view.onlayer.reform(|()| None)} />
    }
}

/// Name, path, version, the last result and the button that reads all of it.
fn head(view: &View<'_>, path: Path, heading: Html, name: &str, note: Option<String>) -> Html {
    let registered = path.object_id().and_then(|id| view.client.object(id));
    let is_inner = note.is_none();
    let version = registered.and_then(|object| object.version.clone()).filter(|_| !is_inner);
    let outcome = view.page.outcomes.get(&path);
    let is_object = path.level() == Level::Object;
    let facts = path.object_id().and_then(|id| view.models.object(id));
    // Objects with one instance have it for good.
    let can_create = facts.is_none_or(|facts| facts.multiple);
    let can_write = facts.is_none_or(|facts| facts.resources().any(|resource| resource.operations.can_write()));
    let named = view.page.found_at(path).and_then(|found| found.what.get(path)).map(attributes).unwrap_or_default();
    let detail = match outcome {
        Some(Outcome::Failed { detail, .. }) => detail.as_str(),
        _ => "",
    };
    html! {<>
        <div class="pane-head" data-row={path.to_string()}>
            { heading }<span class="path">{ path.to_string() }</span>
            if let Some(version) = version { <span class="badge" title="Version of the object, as registered">{ version }</span> }
            if let Some(note) = note { <span class="small faint desk clip">{ note }</span> }
            { attribute_badges(&named) }
            <span class="end flex">{ result(path, outcome, view.now) }{ action::read(view, path, name, true) }{ action::observe(view, path, name, true) }
                if is_object {
                    if can_create { { action::form(view, path, name, true) } }
                    { action::discover(view, path, name) }
                } else {
                    if can_write { { action::form(view, path, name, false) } }
                    { action::discover(view, path, name) }
                    if can_create { { action::delete(view, path, name) } }
                }</span>
        </div>
        if !detail.is_empty() { <p class="small muted lead detail"><bdi>{ detail.to_owned() }</bdi></p> }
    </>}
}
