//! The buttons of a row or a head: read, write, execute, observe.

use std::rc::Rc;

use lwm2m::Path;
use yew::prelude::*;

use super::icon::icon;
use super::{Layer, View};
use crate::command::{Act, Command};
use crate::question;

/// How a button looks and what it is called.
#[derive(Clone, Copy)]
pub struct Look {
    /// Its hook for tests.
    pub test: &'static str,
    /// The key that presses it while the focus is in its row.
    pub key: &'static str,
    /// Its icon.
    pub icon: &'static str,
    /// Its word, where it is shown; else it is an icon alone.
    pub word: &'static str,
    /// Whether it is on, for one that stays.
    pub pressed: Option<bool>,
    /// Whether it is on by something above.
    pub covered: bool,
}

impl Look {
    const fn new(test: &'static str, key: &'static str, word: &'static str) -> Self {
        Self { test, key, icon: test, word, pressed: None, covered: false }
    }

    /// Without its word.
    const fn small(self) -> Self {
        Self { word: "", ..self }
    }
}

/// A button about a path. `label` is its whole name.
pub fn button(view: &View<'_>, path: Path, look: Look, label: String, onclick: Callback<MouseEvent>) -> Html {
    let blocked = view.blocked;
    let title = match blocked {
        Some(why) => why.to_owned(),
        None if look.key.is_empty() => label.clone(),
        None => format!("{label} ({})", look.key),
    };
    let class = if look.word.is_empty() { "btn btn-s btn-icon btn-quiet" } else { "btn btn-s" };
    html! {
        <button class={classes!(class, look.covered.then_some("is-covered"))} type="button" aria-label={label} {title} disabled={blocked.is_some()} aria-pressed={look.pressed.map(|on| on.to_string())}
            data-test={look.test} data-key={look.key} data-path={path.to_string()} {onclick}>
            { icon(look.icon) }if !look.word.is_empty() { { look.word } }
        </button>
    }
}

/// Reads a path.
pub fn read(view: &View<'_>, path: Path, name: &str, with_word: bool) -> Html {
    let look = Look::new("read", "R", "Read");
    let is_unconfirmed = view.page.resource(path).any(|(_, reading)| reading.is_unconfirmed());
    match (with_word, is_unconfirmed) {
        (true, _) => button(view, path, look, format!("Read {name} {path}"), run(view, path, Act::Read)),
        (false, false) => button(view, path, look.small(), format!("Read {name} {path}"), run(view, path, Act::Read)),
        (false, true) => {
            let look = Look { icon: "check", ..look.small() };
            button(view, path, look, format!("Read {name} {path} back to confirm"), run(view, path, Act::Read))
        }
    }
}

/// Opens the editor of a resource.
pub fn write(view: &View<'_>, path: Path, name: &str) -> Html {
    let is_open = view.layer == Some(&Layer::Write(path));
    let look = Look { icon: "write", pressed: Some(is_open), ..Look::new("edit", "W", "") };
    let to = (!is_open).then_some(Layer::Write(path));
    button(view, path, look, format!("Write {name} {path}"), view.onlayer.reform(move |_| to.clone()))
}

/// Observes a path, or stops.
pub fn observe(view: &View<'_>, path: Path, name: &str, with_word: bool) -> Html {
    let watch = view.page.watches.get(&path);
    let is_on = watch.is_some();
    let runs = watch.is_some_and(|watch| watch.runs);
    let word = if runs { "Observing" } else { "Observe" };
    let covered = !is_on && view.page.is_watched(path);
    let look = Look { pressed: Some(runs), covered, ..Look::new("observe", "O", if with_word { word } else { "" }) };
    let label = match (is_on, covered) {
        (true, _) => format!("Stop observing {name} {path}"),
        (false, true) => format!("Observe {name} {path} by itself; it is observed with what is above it"),
        (false, false) => format!("Observe {name} {path}"),
    };
    button(view, path, look, label, run(view, path, if is_on { Act::StopObserving } else { Act::Observe }))
}

/// Asks what there is.
pub fn discover(view: &View<'_>, path: Path, name: &str) -> Html {
    let look = Look { icon: "search", ..Look::new("discover", "", "") };
    button(
        view,
        path,
        look,
        format!("Discover what {name} {path} has"),
        run(view, path, Act::Discover { quiet: false }),
    )
}

/// Opens the form that writes several resources of an instance, or creates one.
pub fn form(view: &View<'_>, path: Path, name: &str, creates: bool) -> Html {
    let layer = if creates { Layer::Create(path) } else { Layer::Several(path) };
    let is_open = view.layer == Some(&layer);
    let (look, label) = match creates {
        true => (Look { icon: "plus", ..Look::new("create", "", "Add") }, format!("Add an instance of {name}")),
        false => (
            Look { icon: "write", ..Look::new("edit-several", "W", "Write") },
            format!("Write several resources of {name}"),
        ),
    };
    let to = (!is_open).then_some(layer);
    button(view, path, Look { pressed: Some(is_open), ..look }, label, view.onlayer.reform(move |_| to.clone()))
}

/// Asks whether an instance is to be deleted.
pub fn delete(view: &View<'_>, path: Path, name: &str) -> Html {
    let look = Look { icon: "trash", ..Look::new("delete", "", "") };
    let question = Rc::new(question::delete(view.facts(), path));
    let onclick = view.onlayer.reform(move |_| Some(Layer::Confirm(Rc::clone(&question))));
    button(view, path, look, format!("Delete {name} {path}"), onclick)
}

/// Asks whether a resource is to be executed.
pub fn execute(view: &View<'_>, path: Path, name: &str) -> Html {
    let look = Look::new("execute", "E", verb(name));
    let question = Rc::new(question::execute(view.facts(), path, name));
    let onclick = view.onlayer.reform(move |_| Some(Layer::Confirm(Rc::clone(&question))));
    button(view, path, look, format!("Execute {name} {path}"), onclick)
}

/// What a click that asks something does.
fn run(view: &View<'_>, path: Path, act: Act) -> Callback<MouseEvent> {
    view.onrun.reform(move |event: MouseEvent| {
        event.stop_propagation();
        Command::new(path, act.clone())
    })
}

/// The word on a button that executes: a verb that the name has, if there is one.
fn verb(name: &str) -> &'static str {
    const VERBS: [&str; 8] = ["Reboot", "Reset", "Disable", "Update", "Cancel", "Start", "Stop", "Clear"];
    VERBS.into_iter().find(|verb| name.split(' ').any(|word| word == *verb)).unwrap_or("Execute")
}
