//! What is in the middle: an object with all its instances, or one instance with its resources.

use std::rc::Rc;

use lwm2m::{Level, Models, Path};
use yew::prelude::*;

use super::go::Go;
use super::outcome::{read_button, result};
use super::resource::Resource;
use crate::device::Page;
use crate::list::object_name;
use crate::model::Client;
use crate::route::Route;
use crate::rows::{Row, rows, tree};
use crate::words::count;

/// What [`ObjectView`] and [`InstanceView`] need.
#[derive(Properties, PartialEq)]
pub struct ViewProps {
    /// The device.
    pub client: Rc<Client>,
    /// Its definitions.
    pub models: Rc<Models>,
    /// What is known of it.
    pub page: Rc<Page>,
    /// The object or the instance.
    pub path: Path,
    /// Reads a path.
    pub onread: Callback<Path>,
    /// Why nothing can be read now, if so.
    pub blocked: Option<&'static str>,
    /// Whether this is inside the view of its object.
    #[prop_or_default]
    pub inner: bool,
}

/// An object: its own read button, and below it every instance.
#[component]
pub fn ObjectView(props: &ViewProps) -> Html {
    let ViewProps { client, models, page, path, onread, blocked, .. } = props;
    let id = path.object_id().unwrap_or_default();
    let name = object_name(models, id);
    let branch = tree(client, models, page).into_iter().find(|branch| branch.path == *path);
    let version = branch.as_ref().and_then(|branch| branch.version.clone());
    let instances: Vec<Path> = branch.into_iter().flat_map(|branch| branch.instances).map(|leaf| leaf.path).collect();
    let is_known = client.object(id).is_some();
    html! {
        <section aria-label={format!("{name} {path}")}>
            <div class="pane-head" data-row={path.to_string()}>
                <h2>{ name.clone() }</h2><span class="path">{ path.to_string() }</span>
                if let Some(version) = version { <span class="badge" title="Version of the object, as registered">{ version }</span> }
                <span class="small faint desk">{ count(instances.len(), "instance") }</span>
                <span class="end flex">{ result(*path, page.outcomes.get(path)) }{ read_button(*path, &name, true, onread, *blocked) }</span>
            </div>
            if models.object(id).is_none() {
                <p class="small muted lead">{ "No definition of this object is known, so its resources have no names, and values of it may have no type. They can be read all the same." }</p>
            }
            if !is_known {
                <p class="small muted lead">{ "The device has not registered this object. It may still answer a read." }</p>
            } else if instances.is_empty() {
                <p class="small muted lead">{ "The device has registered no instance of it. A read shows whether there are any." }</p>
            }
            { for instances.into_iter().map(|instance| html! {
                <InstanceView key={instance.to_string()} client={Rc::clone(client)} models={Rc::clone(models)} page={Rc::clone(page)} path={instance}
                    onread={onread.clone()} blocked={*blocked} inner=true />
            }) }
        </section>
    }
}

/// An instance: its read button, and a row for each resource.
#[component]
pub fn InstanceView(props: &ViewProps) -> Html {
    let ViewProps { client, models, page, path, onread, blocked, inner } = props;
    let all = use_state(|| false);
    let id = path.object_id().unwrap_or_default();
    let instance = path.instance_id().unwrap_or_default();
    let object = object_name(models, id);
    let rows = rows(models, page, *path);
    let missing = rows.iter().filter(|row| row.missing).count();
    let shown: Vec<Row> = rows.into_iter().filter(|row| *all || !row.missing).collect();
    let is_empty = shown.is_empty();
    let toggle = {
        let all = all.clone();
        Callback::from(move |_: MouseEvent| all.set(!*all))
    };
    let version = client.object(id).and_then(|object| object.version.clone());
    let heading = if *inner {
        html! { <h3><Go to={Route::device(&client.endpoint, *path)} class="plain">{ format!("Instance {instance}") }</Go></h3> }
    } else {
        html! { <h2>{ object.clone() }</h2> }
    };
    let name = format!("{object}, instance {instance}");
    html! {
        <section class={classes!(inner.then_some("inner"))} aria-label={name.clone()}>
            <div class="pane-head" data-row={path.to_string()}>
                { heading }<span class="path">{ path.to_string() }</span>
                if let Some(version) = version.filter(|_| !inner) { <span class="badge" title="Version of the object, as registered">{ version }</span> }
                <span class="end flex">{ result(*path, page.outcomes.get(path)) }{ read_button(*path, &name, true, onread, *blocked) }</span>
            </div>
            <div role="table" aria-label={format!("Resources of {name}")}>
            { for shown.into_iter().enumerate().map(|(at, row)| {
                let readings = page.resource(row.path).map(|(path, reading)| (path, reading.clone())).collect::<Vec<_>>();
                let outcome = page.outcomes.get(&row.path).cloned();
                let key = row.path.to_string();
                html! { <Resource {key} client={Rc::clone(client)} {readings} {outcome} onread={onread.clone()}
                    blocked={*blocked} is_first={at == 0} {row} /> }
            }) }
            </div>
            if is_empty && missing == 0 {
                <p class="small muted lead">{ "Nothing is known of what is in here. A read shows what the device has." }</p>
            }
            if missing > 0 {
                <p class="small faint lead">
                    { format!("{} of the definition {} not on this device. ", count(missing, "resource"), if missing == 1 { "is" } else { "are" }) }
                    <button class="as-link" type="button" aria-expanded={all.to_string()} data-test="missing" onclick={toggle}>{ if *all { "Hide them" } else { "Show them" } }</button>
                </p>
            }
        </section>
    }
}

/// The object or the instance that a path names.
pub fn view(props: ViewProps) -> Html {
    if props.path.level() == Level::Object {
        html! { <ObjectView ..props /> }
    } else {
        html! { <InstanceView ..props /> }
    }
}
