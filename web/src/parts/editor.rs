//! The editor of one resource, under its row: what is typed, and what will be sent.

use std::rc::Rc;

use lwm2m::{Models, Path, Range, Value, ValueType};
use web_sys::HtmlElement;
use yew::prelude::*;

use super::form::{on_escape, on_submit, use_sent};
use super::icon::icon;
use super::preview::preview;
use super::value::type_name;
use crate::browser::{self, utc_offset};
use crate::command::{Act, Command};
use crate::edit::{Draft, LINES, hint, labels};
use crate::exchange::Outcome;
use crate::model::Client;
use crate::rows::Row;
use crate::words::unit;

/// What [`Editor`] needs.
#[derive(Properties, PartialEq)]
pub struct EditorProps {
    /// The device.
    pub client: Rc<Client>,
    /// Its definitions.
    pub models: Rc<Models>,
    /// The resource.
    pub row: Row,
    /// Its values, as far as they are known.
    pub known: Vec<(Path, Value<'static>)>,
    /// How the last request for it stands.
    pub outcome: Option<Outcome>,
    /// Why nothing can be sent now, if so.
    pub blocked: Option<&'static str>,
    /// Sends.
    pub onrun: Callback<Command>,
    /// Closes the editor.
    pub onclose: Callback<()>,
}

const KINDS: [ValueType; 9] = [
    ValueType::String,
    ValueType::Integer,
    ValueType::Unsigned,
    ValueType::Float,
    ValueType::Boolean,
    ValueType::Time,
    ValueType::Opaque,
    ValueType::ObjectLink,
    ValueType::CoreLink,
];

/// The editor. Enter writes, Esc closes; it closes by itself when the device has taken the value, and stays with the text when not.
#[component]
pub fn Editor(props: &EditorProps) -> Html {
    let row = &props.row;
    let draft = use_state(|| {
        let known = props.known.first().map(|(_, value)| value.value_type());
        let kind = row.value_type.or(known).unwrap_or(ValueType::String);
        Draft::new(row.path, kind, row.multiple, props.known.iter().map(|(path, value)| (*path, value)), utc_offset)
    });
    let was_sent = use_sent(props.outcome.as_ref(), &props.onclose);
    let first = use_node_ref();
    browser::use_layer(&first);

    let entries = draft.entries(utc_offset);
    let values = || entries.iter().flatten().filter_map(|entry| entry.value());
    let range = Range::parse(&row.range, draft.kind);
    let doubt = range.as_ref().and_then(|range| values().find_map(|value| range.check(value)));
    let command = entries.clone().ok().map(|entries| Command::new(row.path, Act::Replace(entries)));
    let request = command.as_ref().map(|command| command.request(&props.client, &props.models));
    let label = labels(values(), &row.units, utc_offset);
    let old =
        (!props.known.is_empty()).then(|| labels(props.known.iter().map(|(_, value)| value), &row.units, utc_offset));
    let is_waiting = matches!(props.outcome, Some(Outcome::Asked { .. }));
    let is_ready = matches!(request, Some(Ok(_))) && props.blocked.is_none() && !is_waiting;
    let fault = match (&entries, &request) {
        (Err(fault), _) => Some((fault.line, fault.words.clone())),
        (_, Some(Err(error))) => Some((0, error.to_string())),
        _ => None,
    };

    let change = {
        let draft = draft.clone();
        Callback::from(move |edit: Change| {
            let mut next = (*draft).clone();
            edit(&mut next);
            draft.set(next);
        })
    };
    let onsubmit = on_submit(command.clone().filter(|_| is_ready), was_sent, &props.onrun);
    let onkeydown = on_escape(&props.onclose);
    let path = row.path.to_string();
    let hint_id = "editor-hint";
    let shown = match (&fault, &doubt) {
        (Some((_, words)), _) => {
            html! { <span class="hint is-error" data-test="editor-error">{ words.clone() }</span> }
        }
        (None, Some(doubt)) => {
            html! { <span class="hint is-doubt" data-test="editor-doubt">{ doubt.clone() }{ ". It can be written all the same." }</span> }
        }
        (None, None) => html! { <span class="hint">{ hint(draft.kind, range.as_ref()) }</span> },
    };
    let lines = draft.lines.iter().enumerate().map(|(at, line)| {
        let is_wrong = fault.as_ref().is_some_and(|(wrong, _)| *wrong == at);
        let name = if draft.several { format!("New value of {}, instance {}", row.name, line.index) } else { format!("New value of {}", row.name) };
        let onindex = change.reform(move |event: InputEvent| -> Change {
            let index = browser::input_value(&event).parse().unwrap_or(u16::MAX);
            Box::new(move |draft| draft.lines[at].index = index)
        });
        let onremove = change.reform(move |_: MouseEvent| -> Change {
            Box::new(move |draft| drop(draft.lines.remove(at)))
        });
        let ontext = change.reform(move |text: String| -> Change {
            Box::new(move |draft| draft.lines[at].text = text)
        });
        let node = if at == 0 { first.clone() } else { NodeRef::default() };
        html! {
            <div class="flex wrap line" key={at}>
                if draft.several {
                    <input class="input w-id" type="number" min="0" max="65534" aria-label="Resource instance" value={line.index.to_string()} oninput={onindex} />
                }
                { field(&Field { kind: draft.kind, text: &line.text, name, is_wrong, path: &path, hint: hint_id }, node, ontext) }
                if !row.units.is_empty() { <span class="muted">{ unit(&row.units).to_owned() }</span> }
                if draft.several {
                    <button class="btn btn-s btn-icon btn-quiet" type="button" aria-label={format!("Remove instance {}", line.index)} data-test="line-remove" onclick={onremove}>{ icon("x") }</button>
                } else { { shown.clone() } }
            </div>
        }
    });
    html! {
        <form class="editor" data-test="editor" data-path={path.clone()} aria-label={format!("Write {} {path}", row.name)} {onsubmit} {onkeydown}>
            if row.value_type.is_none() { { kinds(draft.kind, &change) } }
            { lines.collect::<Html>() }
            if draft.several {
                <div class="flex wrap line">
                    <button class="btn btn-s" type="button" disabled={draft.lines.len() >= LINES} data-test="line-add"
                        onclick={change.reform(|_: MouseEvent| -> Change { Box::new(Draft::add) })}>{ icon("plus") }{ "Add an instance" }</button>
                    { shown }
                </div>
            }
            <span id={hint_id} class="sr" role="status">{ fault.map(|(_, words)| words).or(doubt).unwrap_or_default() }</span>
            if let (Some(command), Some(Ok(request))) = (&command, &request) { { preview(Some((old, label.clone())), command, request) } }
            <div class="flex editor-foot">
                if let Some(why) = props.blocked { <span class="hint is-error">{ why }</span> }
                <button class="btn btn-s btn-quiet end" type="button" data-test="write-cancel" onclick={props.onclose.reform(|_: MouseEvent| ())}>{ "Cancel" }</button>
                <button class="btn btn-s btn-primary" type="submit" disabled={!is_ready} data-test="write-submit" data-path={path}>
                    <span class="clip">{ if is_ready { format!("Write {label}") } else if is_waiting { "Writing".to_owned() } else { "Write".to_owned() } }</span></button>
            </div>
        </form>
    }
}

/// What a control does to a draft.
type Change = Box<dyn FnOnce(&mut Draft)>;

/// A choice of types, for a resource that no definition has.
fn kinds(kind: ValueType, change: &Callback<Change>) -> Html {
    let onchange = change.reform(|event: Event| -> Change {
        let kind = KINDS.into_iter().find(|kind| kind.name() == browser::input_value(&event));
        Box::new(move |draft| draft.kind = kind.unwrap_or(draft.kind))
    });
    html! {
        <label class="flex line"><span class="muted">{ "No definition has it. Write it as" }</span>
            <select class="input w-kind" data-test="editor-kind" {onchange}>
            { for KINDS.into_iter().map(|other| html! { <option value={other.name()} selected={other == kind}>{ type_name(other) }</option> }) }
            </select></label>
    }
}

/// A field for one value.
#[derive(Clone)]
pub struct Field<'f> {
    /// Its type.
    pub kind: ValueType,
    /// What is typed.
    pub text: &'f str,
    /// What it is called.
    pub name: String,
    /// Whether it is not of its type.
    pub is_wrong: bool,
    /// The path of the resource.
    pub path: &'f str,
    /// The element that says what is expected.
    pub hint: &'static str,
}

/// The field, as its type wants it: a switch, a date, two ids, text.
pub fn field(field: &Field<'_>, node: NodeRef, ontext: Callback<String>) -> Html {
    let Field { kind, text, name, is_wrong, path, hint } = field.clone();
    let path = path.to_owned();
    let typed = ontext.reform(|event: InputEvent| browser::input_value(&event));
    let invalid = is_wrong.then_some("true");
    match kind {
        ValueType::Boolean => {
            let is_on = text == "true";
            let onchange = ontext.reform(move |_: Event| (!is_on).to_string());
            html! {
                <label class="flex switch"><input ref={node} type="checkbox" role="switch" checked={is_on} aria-label={name} data-test="editor-input" data-path={path} {onchange} />
                    <b>{ if is_on { "true" } else { "false" } }</b></label>
            }
        }
        ValueType::ObjectLink => {
            let (object, instance) = text.split_once(':').unwrap_or((text, ""));
            let (object, instance) = (object.to_owned(), instance.to_owned());
            let onobject = ontext.reform({
                let instance = instance.clone();
                move |event: InputEvent| format!("{}:{instance}", browser::input_value(&event))
            });
            let oninstance = ontext.reform({
                let object = object.clone();
                move |event: InputEvent| format!("{object}:{}", browser::input_value(&event))
            });
            html! {<>
                <input ref={node} class="input w-id" type="number" min="0" max="65535" value={object} aria-label={format!("{name}: object")} aria-invalid={invalid} aria-describedby={hint}
                    data-test="editor-input" data-path={path} oninput={onobject} />
                <span class="muted">{ "/" }</span>
                <input class="input w-id" type="number" min="0" max="65535" value={instance} aria-label={format!("{name}: instance")} aria-invalid={invalid} aria-describedby={hint}
                    data-test="editor-input-2" oninput={oninstance} />
            </>}
        }
        ValueType::Time => {
            let is_date = text.is_empty() || text.get(4..5) == Some("-");
            let other = match is_date {
                true => crate::edit::parse(kind, text, utc_offset)
                    .map_or_else(|_| "0".to_owned(), |value| value.to_batch_text()),
                false => crate::edit::as_date(text, utc_offset).unwrap_or_default(),
            };
            let toggle = ontext.reform(move |_: MouseEvent| other.clone());
            html! {<>
                <input ref={node} class="input w-date" type={if is_date { "datetime-local" } else { "text" }} step="1" value={text.to_owned()} aria-label={name} aria-invalid={invalid}
                    aria-describedby={hint} data-test="editor-input" data-path={path} oninput={typed} />
                <button class="btn btn-s" type="button" data-test="editor-seconds" onclick={toggle}>{ if is_date { "As seconds" } else { "As a date" } }</button>
            </>}
        }
        _ => {
            let (class, mode) = match kind {
                ValueType::Integer | ValueType::Unsigned => ("input w-number", "numeric"),
                ValueType::Float => ("input w-number", "decimal"),
                ValueType::Opaque => ("input mono", "text"),
                _ => ("input", "text"),
            };
            html! {
                <input ref={node} class={classes!(class, "grow-field")} inputmode={mode} autocomplete="off" spellcheck="false" value={text.to_owned()} aria-label={name} aria-invalid={invalid}
                    aria-describedby={hint} data-test="editor-input" data-path={path} oninput={typed} />
            }
        }
    }
}

/// Presses the button of a key in the row that has the focus, or in the head of what is shown.
pub fn press(key: &str, row: &web_sys::Element) -> bool {
    let button = row.query_selector(&format!("[data-key={key}]")).ok().flatten();
    let Some(button) = button.and_then(|button| wasm_bindgen::JsCast::dyn_into::<HtmlElement>(button).ok()) else {
        return false;
    };
    button.click();
    true
}
