//! The screen of the device that lives in this page: start and stop it, move its values, see what the server asked.

use std::rc::Rc;

use lwm2m::{Level, Models, Path, Value};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement};
use yew::prelude::*;

use super::icon::{icon, small_icon};
use crate::browser;
use crate::list::object_name;
use crate::moment::{Moment, remaining};
use crate::nav::link;
use crate::route::Route;
use crate::simulated::{Command, Control, Knob, Phase, Request, Simulated};
use crate::words::{code_name, count, number, safe, unit};

/// What [`SimulatorScreen`] needs.
#[derive(Properties, PartialEq)]
pub struct SimulatorScreenProps {
    /// The device of this page.
    pub simulated: Rc<Simulated>,
    /// Whether a device of its name is registered that is not this one.
    pub is_taken: bool,
    /// The clock of this computer.
    pub now: Moment,
    /// Commands it.
    pub oncommand: Callback<Command>,
}

/// The screen of the simulated device.
#[component]
pub fn SimulatorScreen(props: &SimulatorScreenProps) -> Html {
    let screen = use_node_ref();
    {
        let screen = screen.clone();
        use_effect(move || fill_tracks(&screen));
    }
    let simulated = &*props.simulated;
    let commands = |command: Command| {
        let oncommand = props.oncommand.clone();
        Callback::from(move |_: MouseEvent| oncommand.emit(command.clone()))
    };
    let is_off = simulated.phase == Phase::Off;
    let problem = name_problem(&simulated.name);
    let onsubmit = {
        let oncommand = props.oncommand.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            oncommand.emit(Command::Start);
        })
    };
    let oninput = props.oncommand.reform(|event: InputEvent| Command::Name(browser::input_value(&event)));
    let onautomatic = {
        let on = !simulated.is_automatic;
        props.oncommand.reform(move |_: Event| Command::Automatic(on))
    };
    let is_registered = matches!(simulated.phase, Phase::Registered { .. });
    html! {<>
        <div class="head"><h1>{ "Simulator" }</h1>{ badge(&simulated.phase) }
            if is_registered { <span class="end">{ link(Route::device(&simulated.name, Path::ROOT), "btn", Html::from("Open it as a device")) }</span> }
        </div>
        <div class="split sim" ref={screen} data-test="simulator">
            <section class="pane" aria-label="Device">
                <div class="pane-body stack">
                    <p class="measure">{ "A device that lives in this tab. It speaks CoAP over a WebSocket of its own, as any device would, and leaves when the tab closes." }</p>
                    <form class="sim-name" {onsubmit}>
                        <label class="field grow"><span>{ "Endpoint name" }</span>
                            <input class="input mono" value={simulated.name.clone()} disabled={!is_off} maxlength="252" spellcheck="false" autocomplete="off" aria-invalid={problem.map(|_| "true")}
                                aria-describedby="sim-hint" data-test="sim-name" {oninput} /></label>
                        if is_off {
                            <button class="btn btn-primary" disabled={problem.is_some()} data-test="sim-start">{ icon("execute") }{ "Start" }</button>
                        } else {
                            <button class="btn" type="button" disabled={simulated.phase == Phase::Leaving} data-test="sim-stop" onclick={commands(Command::Stop)}>{ icon("x") }{ "Stop" }</button>
                        }
                    </form>
                    { hint(simulated, problem, props.is_taken) }
                    <p class="sim-state" data-test="sim-state" data-state={simulated.phase.word()}>{ state(simulated, props.now) }</p>
                </div>
                <div class="pane-head"><h2>{ "Values" }</h2>
                    <label class="end flex"><input type="checkbox" role="switch" checked={simulated.is_automatic} data-test="sim-auto" onchange={onautomatic} />{ "Move by themselves" }</label></div>
                if simulated.knobs.is_empty() {
                    <p class="pane-body muted">{ "Thermometers, a hygrometer, a battery, a signal and a light. Start the device to move them." }</p>
                }
                { for simulated.knobs.iter().map(|knob| row(knob, simulated.is_automatic, &props.oncommand)) }
            </section>
            <section class="pane" aria-label="What the server asked">
                <div class="pane-head"><h2>{ "What the server asked" }</h2><span class="end small faint">{ count(simulated.observations, "observation") }</span></div>
                if simulated.log.is_empty() { <p class="pane-body muted">{ "Nothing yet. Open it as a device and read it: every request appears here, the newest first." }</p> }
                <ol class="asked" data-test="sim-log">{ for simulated.log.iter().map(asked) }</ol>
            </section>
        </div>
    </>}
}

/// Why a text is no name for a device, in words.
fn name_problem(name: &str) -> Option<&'static str> {
    use lwm2m_engine::{EndpointError, EndpointName};
    Some(match name.parse::<EndpointName>() {
        Ok(_) => return None,
        Err(EndpointError::Empty) => "A device needs a name.",
        Err(EndpointError::TooLong { .. }) => "The name is too long: 252 bytes are allowed.",
        Err(EndpointError::Reserved) => "A name cannot be . or .. alone.",
        Err(_) => "A name has no control characters.",
    })
}

fn hint(simulated: &Simulated, problem: Option<&'static str>, is_taken: bool) -> Html {
    let (class, text) = match problem {
        Some(problem) => ("hint is-error", problem),
        None if is_taken && simulated.phase == Phase::Off => (
            "hint",
            "A device of this name is registered. If it is in another tab, this one takes its place; else the bridge refuses this one.",
        ),
        None => ("hint", "Another tab makes another device, with another name."),
    };
    html! { <p {class} id="sim-hint">{ text }</p> }
}

/// The phase as a shape and a word.
fn badge(phase: &Phase) -> Html {
    let (class, shape, word) = match phase {
        Phase::Off => ("state", "expired", "Off"),
        Phase::Connecting | Phase::Registering => ("state is-pending", "expired", "Registering"),
        Phase::Registered { .. } => ("state is-online", "online", "Online"),
        Phase::Refused { .. } => ("state is-error", "error", "Refused"),
        Phase::Lost { .. } => ("state is-error", "error", "Lost"),
        Phase::Away { .. } => ("state is-pending", "expired", "Away"),
        Phase::Leaving => ("state is-pending", "expired", "Leaving"),
    };
    // Told aloud: the sentence below counts seconds, this word does not.
    html! { <span {class} role="status">{ icon(shape) }<span>{ word }</span></span> }
}

/// The phase as a sentence.
fn state(simulated: &Simulated, now: Moment) -> Html {
    let again = |at: Moment| match (at.since(now) + 999) / 1_000 {
        0 => "Trying again now.".to_owned(),
        seconds => format!("Again in {}.", remaining(seconds * 1_000)),
    };
    let name = html! { <b class="nowrap"><bdi>{ safe(&simulated.name).into_owned() }</bdi></b> };
    match &simulated.phase {
        Phase::Off => html! { "It is off." },
        Phase::Connecting => html! { "Connecting to the bridge." },
        Phase::Registering => html! { <>{ "Registering as " }{ name }{ "." }</> },
        Phase::Registered { location } => html! {<>
            { "Registered as " }{ name }{ " at " }<span class="mono">{ safe(location).into_owned() }</span>{ "." }
        </>},
        Phase::Refused { why, again_at } => html! { format!("Not registered. {why}. {}", again(*again_at)) },
        Phase::Lost { again_at: Some(at) } => html! { format!("The connection is lost. {}", again(*at)) },
        Phase::Lost { again_at: None } => {
            html! { "The connection is lost. It connects again when this page is signed in." }
        }
        Phase::Away { back_at } => {
            let back = back_at.map(|at| (at.since(now) + 999) / 1_000);
            html! { match back {
                Some(seconds @ 1..) => format!("The server sent it away. Back in {}.", remaining(seconds * 1_000)),
                _ => "The server sent it away. It comes back.".to_owned(),
            } }
        }
        Phase::Leaving => html! { "De-registering." },
    }
}

/// One value: its name, what moves it, and what it is.
fn row(knob: &Knob, is_automatic: bool, oncommand: &Callback<Command>) -> Html {
    let path = knob.kind.path;
    let id = format!("knob{}", path.to_string().replace('/', "-"));
    let shown = shown(&knob.value);
    let text = shown.trim_start_matches('\u{2212}');
    let plain = if text.len() == shown.len() { text.to_owned() } else { format!("-{text}") };
    let set = |event_value: fn(&Event) -> String| {
        let kind = knob.kind;
        let oncommand = oncommand.clone();
        move |event: &Event| {
            if let Some(value) = kind.value(&event_value(event)) {
                oncommand.emit(Command::Set(kind.path, value));
            }
        }
    };
    let control = match knob.kind.control {
        Control::Switch => {
            let set = set(|event| is_checked(event).to_string());
            let onchange = Callback::from(move |event: Event| set(&event));
            html! { <span><input type="checkbox" role="switch" {id} checked={knob.value == Value::Boolean(true)} data-test="sim-switch" data-path={path.to_string()} {onchange} /></span> }
        }
        Control::Decimal { min, max } | Control::Whole { min, max } => {
            let set = set(browser::input_value);
            let oninput = Callback::from(move |event: InputEvent| set(&event));
            let step = if matches!(knob.kind.control, Control::Whole { .. }) { "1" } else { "0.1" };
            html! {
                <input type="range" {id} min={min.to_string()} max={max.to_string()} {step} value={plain} aria-valuetext={format!("{shown} {}", knob.kind.unit)}
                    data-share={format!("{:.1}", knob.kind.share(&knob.value))} data-test="sim-slider" data-path={path.to_string()} {oninput} />
            }
        }
    };
    let who = if knob.is_held && knob.kind.moves && is_automatic {
        let onclick = oncommand.reform(move |_: MouseEvent| Command::Release(path));
        html! { <button class="btn btn-s" type="button" data-test="sim-release" data-path={path.to_string()} {onclick}>{ "Let it move" }</button> }
    } else {
        html! { <span class="faint tiny">{ if knob.kind.moves && is_automatic { "moves by itself" } else if knob.kind.moves { "stands still" } else { "moved by hand" } }</span> }
    };
    html! {
        <div class="knob" key={path.to_string()} data-test="sim-value" data-path={path.to_string()}>
            <label for={format!("knob{}", path.to_string().replace('/', "-"))}>{ knob.kind.name }{ " " }<span class="path">{ path.to_string() }</span></label>
            { control }
            <span class="value num"><b>{ shown }</b>if !knob.kind.unit.is_empty() { <i>{ unit(knob.kind.unit).to_owned() }</i> }</span>
            <span class="who">{ who }</span>
        </div>
    }
}

/// A value as people read it.
fn shown(value: &Value<'_>) -> String {
    match value {
        Value::Float(value) => number(&format!("{value:.1}")).into_owned(),
        Value::Boolean(on) => if *on { "on" } else { "off" }.to_owned(),
        value => number(&value.to_batch_text()).into_owned(),
    }
}

fn is_checked(event: &Event) -> bool {
    let field = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
    field.is_some_and(|field| field.checked())
}

/// One request of the server and its answer.
fn asked(request: &Request) -> Html {
    let code = request.code.clone().unwrap_or_default();
    let is_ok = code.starts_with('2');
    let class = if code.is_empty() {
        "result is-asked"
    } else if is_ok {
        "result is-ok"
    } else {
        "result is-failed"
    };
    let title = format!("{} {code} {}", browser::local_clock(request.at), code_name(&code));
    html! {
        <li key={request.number} {title} data-test="sim-asked" data-verb={request.verb.word()} data-path={request.path.to_string()} data-code={code.clone()}>
            <time class="mono faint">{ browser::local_clock(request.at) }</time>
            <span class="clip"><b>{ request.verb.words() }</b>{ " " }{ name(request.path) }{ " " }<span class="path">{ request.path.to_string() }</span>
                if !request.with.is_empty() { { " " }<bdi class="mono muted">{ safe(&request.with).into_owned() }</bdi> }
                if request.notified > 0 { <span class="muted">{ format!(", {} sent", count(request.notified as usize, "notification")) }</span> }</span>
            <span {class}>if is_ok { { small_icon("check") } } else if !code.is_empty() { { small_icon("error") } }{ if code.is_empty() { "no answer yet".to_owned() } else { code } }</span>
        </li>
    }
}

/// What a path names: `Reboot`, `Device`.
fn name(path: Path) -> String {
    let models = Models::oma();
    match path.level() {
        Level::Root => "everything".to_owned(),
        Level::Object | Level::ObjectInstance => object_name(models, path.object_id().unwrap_or_default()),
        _ => models.resource(path.truncate(3)).map_or_else(String::new, |resource| resource.name.to_owned()),
    }
}

/// The part of a slider's track before its thumb: a property, since the page allows no style attributes.
fn fill_tracks(screen: &NodeRef) {
    let Some(sliders) = screen.cast::<Element>().and_then(|screen| screen.query_selector_all("input[data-share]").ok())
    else {
        return;
    };
    for at in 0..sliders.length() {
        if let Some(slider) = sliders.item(at).and_then(|slider| slider.dyn_into::<HtmlElement>().ok())
            && let Some(share) = slider.get_attribute("data-share")
        {
            let _ = slider.style().set_property("--v", &format!("{share}%"));
        }
    }
}
