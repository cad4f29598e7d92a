//! The form for several resources at once: of an instance that is there, or the first values of a new one.

use std::rc::Rc;

use lwm2m::{ContentFormat, Level, Models, Path, Range, Value, ValueType, Version};
use yew::prelude::*;

use super::editor::{Field, field};
use super::form::{on_escape, on_submit, use_sent};
use super::preview::preview;
use crate::browser::{self, utc_offset};
use crate::command::{Act, Command};
use crate::edit::{Draft, Form, hint, label};
use crate::exchange::Outcome;
use crate::model::Client;
use crate::rows::Row;
use crate::words::{count, unit};

/// What [`Several`] needs.
#[derive(Properties, PartialEq)]
pub struct SeveralProps {
    /// The device.
    pub client: Rc<Client>,
    /// Its definitions.
    pub models: Rc<Models>,
    /// The instance, or the object of a new one.
    pub path: Path,
    /// What can be written, with what is known of it.
    pub fields: Vec<(Row, Option<Value<'static>>)>,
    /// Ids that are taken.
    pub taken: Vec<u16>,
    /// How the last request for the path stands.
    pub outcome: Option<Outcome>,
    /// Why nothing can be sent now, if so.
    pub blocked: Option<&'static str>,
    /// Sends.
    pub onrun: Callback<Command>,
    /// Closes the form.
    pub onclose: Callback<()>,
}

/// The form. Only what is changed is sent; it closes when the device has taken it.
#[component]
pub fn Several(props: &SeveralProps) -> Html {
    let is_new = props.path.level() == Level::Object;
    let object = props.path.object_id().unwrap_or_default();
    let form = use_state(|| {
        Form::new(props.fields.iter().map(|(row, known)| {
            let kind = row.value_type.unwrap_or(ValueType::String);
            Draft::new(row.path, kind, false, known.iter().map(|value| (row.path, value)), utc_offset)
        }))
    });
    // Only TLV leaves the id to the device.
    let id = use_state(|| {
        let formats = &props.client.formats;
        let has_tlv =
            props.client.version() < Version::V1_1 || formats.is_empty() || formats.contains(&ContentFormat::TLV.0);
        let free = (0..u16::MAX).find(|id| !props.taken.contains(id)).unwrap_or_default();
        if has_tlv { String::new() } else { free.to_string() }
    });
    let was_sent = use_sent(props.outcome.as_ref(), &props.onclose);
    let first = use_node_ref();
    browser::use_layer(&first);
    let wrong_id = match id.trim().parse::<u16>() {
        _ if !is_new || id.trim().is_empty() => None,
        Ok(id) if props.taken.contains(&id) => Some(format!("there is an instance {id} already")),
        Ok(u16::MAX) | Err(_) => Some("an id is from 0 to 65534; leave it empty and the device chooses".to_owned()),
        Ok(_) => None,
    };
    let base = match id.trim().parse::<u16>() {
        _ if !is_new => props.path,
        Ok(id) if wrong_id.is_none() => Path::instance(object, id),
        _ => Path::new_instance(object),
    };
    let entries = form.changed(base, utc_offset);
    let command = entries.clone().ok().filter(|_| wrong_id.is_none()).and_then(|entries| match is_new {
        true => Some(Command::new(base, Act::Create(entries))),
        false => (!entries.is_empty()).then(|| Command::new(base, Act::Update(entries))),
    });
    let request = command.as_ref().map(|command| command.request(&props.client, &props.models));
    let is_waiting = matches!(props.outcome, Some(Outcome::Asked { .. }));
    let is_ready = matches!(request, Some(Ok(_))) && props.blocked.is_none() && !is_waiting;
    let changes = entries.as_ref().map_or(0, Vec::len);
    let word = match (is_new, changes) {
        (true, many) => {
            let what = if base.is_new_instance() { "an instance".to_owned() } else { base.to_string() };
            if many == 0 { format!("Create {what}") } else { format!("Create {what} with {}", count(many, "value")) }
        }
        (false, 0) => "Nothing is changed".to_owned(),
        (false, many) => format!("Write {}", count(many, "value")),
    };
    let onsubmit = on_submit(command.clone().filter(|_| is_ready), was_sent, &props.onrun);
    let onkeydown = on_escape(&props.onclose);
    let onid = {
        let id = id.clone();
        Callback::from(move |event: InputEvent| id.set(browser::input_value(&event)))
    };
    let ontext = |at: usize| {
        let form = form.clone();
        Callback::from(move |text: String| {
            let mut next = (*form).clone();
            if let Some(line) = next.fields.get_mut(at).and_then(|field| field.draft.lines.first_mut()) {
                line.text = text;
            }
            form.set(next);
        })
    };
    let line = |at: usize, row: &Row| {
        let Some(one) = form.fields.get(at) else { return Html::default() };
        let text = one.draft.lines.first().map(|line| line.text.as_str()).unwrap_or_default();
        let fault = entries.as_ref().err().filter(|fault| fault.line == at);
        let range = Range::parse(&row.range, one.draft.kind);
        let value = entries
            .iter()
            .flatten()
            .find(|entry| entry.path.resource_id() == row.path.resource_id())
            .and_then(|entry| entry.value());
        let doubt = value.and_then(|value| range.as_ref()?.check(value));
        let path = row.path.to_string();
        let node = if at == 0 && !is_new { first.clone() } else { NodeRef::default() };
        let note = match (fault, doubt, value) {
            (Some(fault), ..) => html! { <span class="hint is-error" role="status">{ fault.words.clone() }</span> },
            (_, Some(doubt), _) => html! { <span class="hint is-doubt" role="status">{ doubt }</span> },
            (_, _, Some(value)) => {
                html! { <span class="hint"><ins>{ label(value, &row.units, utc_offset) }</ins></span> }
            }
            _ => {
                html! { <span class="hint">{ hint(one.draft.kind, range.as_ref()) }if is_new { { if row.mandatory { ", mandatory" } else { ", optional" } } }</span> }
            }
        };
        html! {
            <div class={classes!("form-line", one.is_changed().then_some("is-changed"))} key={path.clone()}>
                <span class="clip" title={row.name.clone()}>{ row.name.clone() }<span class="path">{ format!(" {}", row.path.resource_id().unwrap_or_default()) }</span></span>
                <span class="flex wrap">{ field(&Field { kind: one.draft.kind, text, name: row.name.clone(), is_wrong: fault.is_some(), path: &path, hint: "form-hint" }, node, ontext(at)) }
                    if !row.units.is_empty() { <span class="muted">{ unit(&row.units).to_owned() }</span> }{ note }</span>
            </div>
        }
    };
    let (test, submit) = if is_new { ("create-form", "create-submit") } else { ("several", "several-submit") };
    html! {
        <form class="editor" data-test={test} data-path={props.path.to_string()} aria-label={if is_new { "New instance" } else { "Write several" }} {onsubmit} {onkeydown}>
            if is_new {
                <div class="form-line"><label for="new-id">{ "Instance id" }</label>
                    <span class="flex wrap"><input id="new-id" ref={first.clone()} class="input w-id" inputmode="numeric" autocomplete="off" placeholder="any" value={(*id).clone()} aria-invalid={wrong_id.is_some().then_some("true")}
                        data-test="create-id" oninput={onid} />
                        <span class={classes!("hint", wrong_id.is_some().then_some("is-error"))} role="status">{ wrong_id.unwrap_or_else(|| "Empty: the device chooses it".to_owned()) }</span></span></div>
            }
            { props.fields.iter().enumerate().map(|(at, (row, _))| line(at, row)).collect::<Html>() }
            if props.fields.is_empty() && !is_new { <p class="hint">{ "No resource of one value can be written here." }</p> }
            if let (Some(command), Some(Ok(request))) = (&command, &request) { { preview(None, command, request) } }
            if let Some(Err(error)) = &request { <p class="hint is-error" role="status">{ error.to_string() }</p> }
            <div class="flex editor-foot">
                if let Some(why) = props.blocked { <span class="hint is-error">{ why }</span> }
                <button class="btn btn-s btn-quiet end" type="button" data-test="write-cancel" onclick={props.onclose.reform(|_: MouseEvent| ())}>{ "Cancel" }</button>
                <button class="btn btn-s btn-primary" type="submit" disabled={!is_ready} data-test={submit}>{ if is_waiting { "Asked".to_owned() } else { word } }</button>
            </div>
        </form>
    }
}
