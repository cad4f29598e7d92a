//! One device: its head, its tree, what is in it, and the last exchange.

use std::rc::Rc;

use lwm2m::{Level, Path};
use wasm_bindgen::JsCast;
use yew::prelude::*;

use super::confirm::Confirm;
use super::device_row::{lifetime, state_of};
use super::editor::press;
use super::icon::{icon, small_icon};
use super::inspector::inspector;
use super::instance;
use super::registration::{registration, transport};
use super::tree::Tree;
use super::value::age;
use super::{Layer, View};
use crate::browser;
use crate::command::{Act, Command};
use crate::device::Page;
use crate::exchange::Outcome;
use crate::moment::{Moment, span};
use crate::nav::{go, link};
use crate::route::Route;
use crate::rows::tree;
use crate::state::Device;
use crate::words::safe;

/// What [`DeviceScreen`] needs.
#[derive(Properties, PartialEq)]
pub struct DeviceScreenProps {
    /// The name in the address.
    pub endpoint: String,
    /// What of it is shown.
    pub path: Path,
    /// The device, if it is there.
    pub device: Option<Device>,
    /// Whether the list of devices has been loaded, so that a missing one is known to be missing.
    pub is_loaded: bool,
    /// What is known of it.
    pub page: Rc<Page>,
    /// The clock of the bridge.
    pub now: Moment,
    /// Whether requests can be sent.
    pub is_live: bool,
    /// Asks something of it.
    pub onrun: Callback<Command>,
}

/// The panes; on narrow screens one at a time, in the middle ones the exchange lies over the values.
#[derive(Clone, Copy, PartialEq)]
enum Pane {
    Objects,
    Values,
    Exchange,
}

/// The page of one device.
#[component]
pub fn DeviceScreen(props: &DeviceScreenProps) -> Html {
    let pane = use_state(|| if props.path.level() == Level::Root { Pane::Objects } else { Pane::Values });
    let chosen = use_state(|| None::<u32>);
    let all = use_state(|| false);
    let layer = use_state(|| None::<Layer>);
    let values = use_node_ref();
    {
        // What was open belongs to what was shown.
        let (layer, values) = (layer.setter(), values.clone());
        use_effect_with(props.path, move |_| {
            layer.set(None);
            if let Some(values) = values.cast::<web_sys::Element>() {
                values.set_scroll_top(0);
            }
        });
    }
    {
        // An object that is opened is asked once what it has.
        let object = props.path.object_id().map(Path::object);
        let is_there = props.is_live && props.device.as_ref().is_some_and(|device| device.gone.is_none());
        let is_known = object.is_none_or(|object| props.page.found.get(&object).is_some());
        let onrun = props.onrun.clone();
        use_effect_with((object, is_there), move |(object, is_there)| {
            if let Some(object) = object.filter(|_| *is_there && !is_known) {
                onrun.emit(Command::new(object, Act::Discover { quiet: true }));
            }
        });
    }
    let models = use_memo(props.device.as_ref().map(|device| Rc::clone(&device.client)), |client| {
        client.as_ref().map(|client| Rc::new(client.models()))
    });
    let Some((device, models)) = props.device.as_ref().zip((*models).clone()) else { return absent(props) };
    let client = &device.client;
    let branches = Rc::new(tree(client, &models, &props.page));
    let blocked = match (device.gone, props.is_live) {
        (Some(_), _) => Some("The device is gone"),
        (None, false) => Some("Not connected to the bridge"),
        (None, true) => None,
    };
    let onopen = {
        let (pane, endpoint) = (pane.clone(), props.endpoint.clone());
        Callback::from(move |path: Path| {
            pane.set(Pane::Values);
            go(&Route::device(&endpoint, path));
        })
    };
    let tab = |which: Pane, name: &'static str| {
        let pane = pane.clone();
        html! { <button type="button" role="tab" aria-selected={(*pane == which).to_string()} onclick={Callback::from(move |_: MouseEvent| pane.set(which))}>{ name }</button> }
    };
    let toggle_exchange = {
        let pane = pane.clone();
        Callback::from(move |_: MouseEvent| {
            pane.set(if *pane == Pane::Exchange { Pane::Values } else { Pane::Exchange })
        })
    };
    let onkeydown = Callback::from(|event: KeyboardEvent| keys(&event));
    let hidden = |which: Pane| (*pane != which).then_some("alt");
    let ontoggle = {
        let all = all.clone();
        Callback::from(move |_: MouseEvent| all.set(!*all))
    };
    let onchoose = {
        let chosen = chosen.setter();
        Callback::from(move |number| chosen.set(Some(number)))
    };
    let found = match props.path.level() {
        Level::Root => props.page.found.iter().map(|(_, found)| found.at).max(),
        _ => props.page.found_at(props.path).map(|found| found.at),
    };
    let ondiscover = {
        let (onrun, path) = (props.onrun.clone(), props.path);
        let objects: Vec<Path> = client.objects.iter().map(|object| Path::object(object.id)).collect();
        Callback::from(move |()| {
            let shown = path.object_id().map(Path::object);
            for object in objects.iter().copied().filter(|object| shown.is_none_or(|shown| shown == *object)) {
                onrun.emit(Command::new(object, Act::Discover { quiet: false }));
            }
        })
    };
    let onlayer = {
        let layer = layer.setter();
        Callback::from(move |next| layer.set(next))
    };
    let now = props.now;
    let view = View {
        client,
        models: &models,
        page: &props.page,
        now,
        onrun: &props.onrun,
        layer: (*layer).as_ref(),
        onlayer: &onlayer,
        blocked,
        all: *all,
        ontoggle: &ontoggle,
    };
    let middle = if props.path.level() == Level::Root {
        registration(client, now)
    } else {
        instance::shown(&view, props.path, &branches)
    };
    html! {<>
        <div class="head">
            <h1 title={safe(&client.endpoint).into_owned()}><bdi>{ safe(&client.endpoint).into_owned() }</bdi></h1>
            { head(device, props.page.heard, now) }
            { unconfirmed(&props.page) }
            <button class="btn btn-s end medium" type="button" aria-pressed={(*pane == Pane::Exchange).to_string()} onclick={toggle_exchange}>{ icon("trace") }{ "Exchange" }</button>
        </div>
        { departure(device, now) }
        <div class="tabs tabs-pane narrow" role="tablist">{ tab(Pane::Objects, "Objects") }{ tab(Pane::Values, "Values") }{ tab(Pane::Exchange, "Exchange") }</div>
        <div class="split dv" {onkeydown} tabindex="-1">
            <aside class={classes!("pane", "pane-tree", hidden(Pane::Objects))} aria-label="Objects">
                <Tree endpoint={props.endpoint.clone()} {branches} path={props.path} observed={props.page.observed()} told={client.updated.max(client.registered)}
                    {found} {ondiscover} is_live={blocked.is_none()} {onopen} /></aside>
            <div ref={values} class={classes!("pane", "pane-values", hidden(Pane::Values))}>{ middle }</div>
            <aside class={classes!("pane", "pane-exchange", hidden(Pane::Exchange))} aria-label="Exchange">{ inspector(&props.page, *chosen, &onchoose) }</aside>
        </div>
        if let Some(Layer::Confirm(question)) = &*layer {
            <Confirm question={Rc::clone(question)} client={Rc::clone(client)} models={Rc::clone(&models)} {blocked} onrun={props.onrun.clone()} onclose={onlayer.reform(|()| None)} />
        }
        <p class="sr" role="status" aria-live="polite">{ last_answer(&props.page) }</p>
    </>}
}

/// State, transport, version and lifetime, beside the name.
fn head(device: &Device, heard: Moment, now: Moment) -> Html {
    let client = &device.client;
    let (state, word) = state_of(device, now);
    html! {<>
        <span class={classes!("badge", state)} data-test="device-state" data-state={word.to_lowercase()}>{ small_icon(state.trim_start_matches("is-")) }{ word }</span>
        <span class="flex small muted mid desk">{ small_icon(if client.secure { "lock" } else { "unlock" }) }{ format!("{} · LwM2M {}", transport(client), safe(&client.lwm2m)) }</span>
        if device.gone.is_none() { <span class="flex desk head-life" title={format!("Lifetime {} s", client.lifetime)}>{ lifetime(client, now) }</span> }
        <span class="age desk">{ "seen " }{ age(client.seen.max(heard), now, None) }</span>
        <span class="path wide">{ safe(&client.address).into_owned() }</span>
    </>}
}

/// How many values are written and not confirmed.
fn unconfirmed(page: &Page) -> Html {
    match page.unconfirmed().count() {
        0 => Html::default(),
        many => {
            html! { <span class="badge is-pending" data-test="unconfirmed-count">{ format!("{many} not confirmed") }</span> }
        }
    }
}

/// That the device is gone, since when and why.
fn departure(device: &Device, now: Moment) -> Html {
    let Some(gone) = device.gone else { return Html::default() };
    html! {
        <div class="note lost" role="status" data-test="gone">{ icon("expired") }
            <span><b>{ format!("Left {} ago: {}.", span(now.since(gone.at).max(1_000)), gone.why.words()) }</b>{ " The values are the last that were read." }</span></div>
    }
}

fn absent(props: &DeviceScreenProps) -> Html {
    let name = safe(&props.endpoint).into_owned();
    if !props.is_loaded {
        return html! { <div class="empty"><p class="muted" role="status">{ "Asking the bridge for its devices." }</p></div> };
    }
    html! {
        <div class="empty stack" data-test="absent">
            <h1><bdi>{ name }</bdi></h1>
            <p class="muted">{ "No device of this name is registered now. This page fills the moment it registers." }</p>
            <p>{ link(Route::Devices, "", Html::from("See the devices that are")) }</p>
        </div>
    }
}

/// Keys of one letter press the button that carries them, in the row with the focus or in the head of what is shown; arrows go from row
/// to row.
fn keys(event: &KeyboardEvent) {
    if event.ctrl_key() || event.meta_key() || event.alt_key() || browser::is_typing(event) {
        return;
    }
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let Some(target) = target else { return };
    match event.key().as_str() {
        key @ ("r" | "R" | "w" | "W" | "o" | "O" | "e" | "E") if browser::shortcuts_are_on() => {
            let row = target.closest("[data-row]").ok().flatten();
            let head = || {
                let document = target.owner_document()?;
                document.query_selector(".pane-values .pane-head[data-row]").ok().flatten()
            };
            if let Some(row) = row.or_else(head)
                && press(&key.to_ascii_uppercase(), &row)
            {
                event.prevent_default();
            }
        }
        key @ ("ArrowDown" | "ArrowUp") if !event.default_prevented() => {
            let Some(row) = target.closest(".res").ok().flatten() else { return };
            let Some(document) = row.owner_document() else { return };
            let Ok(all) = document.query_selector_all(".pane-values .res") else { return };
            let at = (0..all.length()).find(|at| all.get(*at).is_some_and(|other| other.is_same_node(Some(&row))));
            let next = at.and_then(|at| if key == "ArrowDown" { at.checked_add(1) } else { at.checked_sub(1) });
            if let Some(next) =
                next.and_then(|next| all.get(next)).and_then(|next| next.dyn_into::<web_sys::HtmlElement>().ok())
            {
                event.prevent_default();
                let _ = next.focus();
            }
        }
        _ => {}
    }
}

/// For those who listen: what the last request came to.
fn last_answer(page: &Page) -> String {
    let Some(last) = page.exchanges.front() else { return String::new() };
    match last.outcome() {
        _ if last.command.is_quiet() || last.notification > 0 => String::new(),
        Outcome::Done { words, .. } | Outcome::Failed { words, .. } => format!("{}: {words}", last.command.path),
        Outcome::Asked { .. } => String::new(),
    }
}
