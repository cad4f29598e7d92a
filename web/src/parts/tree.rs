//! The tree of a device: objects by name, instances below them.

use std::rc::Rc;

use lwm2m::{Level, Path};
use wasm_bindgen::JsCast;
use yew::prelude::*;

use super::icon::{icon, small_icon};
use crate::browser;
use crate::moment::Moment;
use crate::nav::is_plain;
use crate::route::Route;
use crate::rows::{Branch, is_match};
use crate::words::count;

/// What [`Tree`] needs.
#[derive(Properties, PartialEq)]
pub struct TreeProps {
    /// The device.
    pub endpoint: AttrValue,
    /// What it has.
    pub branches: Rc<Vec<Branch>>,
    /// What is shown in the middle.
    pub path: Path,
    /// What of it is observed.
    pub observed: Vec<Path>,
    /// When it said what it has.
    pub told: Moment,
    /// When it last said what it has in what is shown, if it was asked.
    pub found: Option<Moment>,
    /// Asks it.
    pub ondiscover: Callback<()>,
    /// Whether it can be asked.
    pub is_live: bool,
    /// Opens something.
    pub onopen: Callback<Path>,
}

/// One visible line.
struct Line {
    path: Path,
    name: String,
    icon: Option<&'static str>,
    /// Whether it is unfolded; `None` when there is nothing to unfold.
    open: Option<bool>,
}

/// The tree, with a field to filter it. Arrows move, fold and unfold; Enter opens.
#[component]
pub fn Tree(props: &TreeProps) -> Html {
    let filter = use_state(String::new);
    let field = use_node_ref();
    let open = use_state(Vec::<u16>::new);
    {
        // What is shown is unfolded.
        let open = open.clone();
        use_effect_with(props.path, move |path| {
            if let Some(id) = path.object_id().filter(|id| !open.contains(id)) {
                open.set(open.iter().copied().chain([id]).collect());
            }
        });
    }
    browser::use_slash(&field);
    let lines = lines(props, &filter, &open);
    let current = lines.iter().find(|line| line.path == props.path).or_else(|| lines.first()).map(|line| line.path);

    let fold = {
        let open = open;
        Callback::from(move |(id, unfold): (u16, bool)| {
            let mut set = (*open).clone();
            set.retain(|other| *other != id);
            if unfold {
                set.push(id);
            }
            open.set(set);
        })
    };
    let onkeydown = {
        let (fold, paths) = (fold.clone(), lines.iter().map(|line| (line.path, line.open)).collect::<Vec<_>>());
        let onopen = props.onopen.clone();
        Callback::from(move |event: KeyboardEvent| {
            let Some(path) = browser::closest(&event, "data-tree").and_then(|path| path.parse::<Path>().ok()) else {
                return;
            };
            let Some(at) = paths.iter().position(|(other, _)| *other == path) else { return };
            let id = path.object_id().unwrap_or_default();
            let focus_on = |at: Option<usize>| {
                if let Some((path, _)) = at.and_then(|at| paths.get(at)) {
                    focus(*path);
                }
            };
            match (event.key().as_str(), paths.get(at).and_then(|(_, open)| *open)) {
                ("ArrowDown", _) => focus_on(Some(at + 1)),
                ("ArrowUp", _) => focus_on(at.checked_sub(1)),
                ("Home", _) => focus_on(Some(0)),
                ("End", _) => focus_on(paths.len().checked_sub(1)),
                ("ArrowRight", Some(false)) => fold.emit((id, true)),
                ("ArrowRight", Some(true)) => focus_on(Some(at + 1)),
                ("ArrowLeft", Some(true)) => fold.emit((id, false)),
                ("ArrowLeft", None) if path.level() == Level::ObjectInstance => focus(Path::object(id)),
                ("Enter" | " ", _) => onopen.emit(path),
                _ => return,
            }
            event.prevent_default();
        })
    };
    let oninput = {
        let filter = filter.clone();
        Callback::from(move |event: InputEvent| filter.set(browser::input_value(&event)))
    };
    let onescape = {
        let (filter, field) = (filter.clone(), field.clone());
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                filter.set(String::new());
                browser::leave_field(&field);
            }
        })
    };
    html! {<>
        <div class="pane-head"><label class="search grow">{ icon("search") }
            <input ref={field} placeholder="Object, name or id" aria-label="Search the tree" {oninput} onkeydown={onescape} /><kbd class="desk">{ "/" }</kbd></label></div>
        <ul class="tree" role="tree" aria-label="Objects" {onkeydown}>
        { for lines.iter().map(|line| item(props, line, current == Some(line.path), &fold)) }
        </ul>
        if lines.len() <= 1 && !filter.is_empty() {
            <p class="small muted pane-body">{ "No object of this name or id." }</p>
        }
        <p class="section small muted">{ "Shows what the device has: its registration of " }<span class="nowrap">{ browser::local_date(props.told) }</span>
            if let Some(at) = props.found {
                { " and Discover at " }<span class="nowrap">{ browser::local_clock(at).chars().take(8).collect::<String>() }</span>
            }
            { ". " }
            <button class="as-link" type="button" disabled={!props.is_live} data-test="discover-again" onclick={props.ondiscover.reform(|_: MouseEvent| ())}>
                { if props.found.is_some() { "Discover again" } else { "Discover" } }</button></p>
    </>}
}

fn lines(props: &TreeProps, filter: &str, open: &[u16]) -> Vec<Line> {
    let mut lines = vec![Line { path: Path::ROOT, name: "Registration".to_owned(), icon: Some("tag"), open: None }];
    for branch in props.branches.iter().filter(|branch| is_match(branch, filter)) {
        let id = branch.path.object_id().unwrap_or_default();
        let is_open = open.contains(&id);
        lines.push(Line {
            path: branch.path,
            name: branch.name.clone(),
            icon: Some(if branch.known { "object" } else { "unknown" }),
            open: (!branch.instances.is_empty()).then_some(is_open),
        });
        if is_open {
            lines.extend(branch.instances.iter().map(|leaf| Line {
                path: leaf.path,
                name: leaf.name.clone(),
                icon: None,
                open: None,
            }));
        }
    }
    lines
}

fn item(props: &TreeProps, line: &Line, in_tab_order: bool, fold: &Callback<(u16, bool)>) -> Html {
    let path = line.path;
    let (test, level) = match (path.object_id(), path.instance_id()) {
        (None, _) => ("registration".to_owned(), "1"),
        (Some(object), None) => (format!("object-{object}"), "1"),
        (Some(object), Some(instance)) => (format!("instance-{object}-{instance}"), "2"),
    };
    let onclick = {
        let onopen = props.onopen.clone();
        Callback::from(move |event: MouseEvent| {
            if is_plain(&event) {
                event.prevent_default();
                onopen.emit(path);
            }
        })
    };
    let chevron = line.open.map(|is_open| {
        let (fold, id) = (fold.clone(), path.object_id().unwrap_or_default());
        let onclick = Callback::from(move |event: MouseEvent| {
            event.prevent_default();
            event.stop_propagation();
            fold.emit((id, !is_open));
        });
        html! { <span class="fold" {onclick}>{ small_icon(if is_open { "down" } else { "right" }) }</span> }
    });
    let short = match (path.object_id(), path.instance_id()) {
        (_, Some(instance)) => format!("/{instance}"),
        (Some(object), None) => format!("/{object}"),
        _ => String::new(),
    };
    let is_current = props.path == path;
    let eyes = match path.level() {
        Level::Root => 0,
        _ => props.observed.iter().filter(|observed| path.contains(**observed)).count(),
    };
    html! {
        <li role="none" key={test.clone()}>
            <a role="treeitem" id={format!("tree-{test}")} href={Route::device(&props.endpoint, path).address()} aria-level={level} aria-current={is_current.then_some("true")}
                aria-selected={is_current.to_string()} aria-expanded={line.open.map(|open| open.to_string())} tabindex={if in_tab_order { "0" } else { "-1" }}
                data-tree={path.to_string()} data-test={test} title={line.name.clone()} {onclick}>
                if level == "1" { { chevron.unwrap_or_else(|| html! { <span class="fold"></span> }) } }
                if let Some(name) = line.icon { { icon(name) } }
                <span class="clip"><bdi>{ line.name.clone() }</bdi></span>
                if eyes > 0 && line.open != Some(true) {
                    <span class="eyes" data-test="observed" data-path={path.to_string()} title={format!("{} observed", count(eyes, "path"))}>{ eyes }{ small_icon("observe") }</span>
                }
                <span class="path">{ short }</span>
            </a>
        </li>
    }
}

fn focus(path: Path) {
    let selector = format!("[data-tree=\"{path}\"]");
    let element = browser::window().document().and_then(|document| document.query_selector(&selector).ok().flatten());
    if let Some(element) = element.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = element.focus();
    }
}
