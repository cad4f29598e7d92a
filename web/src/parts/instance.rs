//! What is in the middle: an object with all its instances, or one instance with its resources.

use lwm2m::{Level, Path};
use yew::prelude::*;

use super::View;
use super::action;
use super::chart::chart;
use super::outcome::result;
use super::resource::resource;
use crate::device::Outcome;
use crate::list::object_name;
use crate::nav::link;
use crate::route::Route;
use crate::rows::{Branch, Row, rows};
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
            if !remark.is_empty() { <p class="small muted lead">{ remark }</p> }
            { for instances.into_iter().map(|path| instance(view, path, true)) }
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

/// Name, path, version, the last result and the button that reads all of it.
fn head(view: &View<'_>, path: Path, heading: Html, name: &str, note: Option<String>) -> Html {
    let registered = path.object_id().and_then(|id| view.client.object(id));
    let is_inner = note.is_none();
    let version = registered.and_then(|object| object.version.clone()).filter(|_| !is_inner);
    let outcome = view.page.outcomes.get(&path);
    let detail = match outcome {
        Some(Outcome::Failed { detail, .. }) => detail.as_str(),
        _ => "",
    };
    html! {<>
        <div class="pane-head" data-row={path.to_string()}>
            { heading }<span class="path">{ path.to_string() }</span>
            if let Some(version) = version { <span class="badge" title="Version of the object, as registered">{ version }</span> }
            if let Some(note) = note { <span class="small faint desk">{ note }</span> }
            <span class="end flex">{ result(path, outcome, view.now) }{ action::read(view, path, name, true) }{ action::observe(view, path, name, true) }</span>
        </div>
        if !detail.is_empty() { <p class="small muted lead detail"><bdi>{ detail.to_owned() }</bdi></p> }
    </>}
}
