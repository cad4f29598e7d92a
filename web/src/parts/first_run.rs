//! How to get a device here: a device of this page, or lines to copy for well-known clients.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::icon::{icon, mark, small_icon};
use crate::browser;
use crate::moment::{Moment, ago};
use crate::nav::{link, on_click};
use crate::recipe::{Address, RECIPES};
use crate::route::Route;
use crate::simulated::Phase;
use crate::state::Devices;
use crate::words::{count, safe};

/// What [`ConnectScreen`] needs.
#[derive(Properties)]
pub struct ConnectScreenProps {
    /// The devices.
    pub devices: Rc<Devices>,
    /// Where devices reach the bridge, the most useful address first.
    pub coap: Vec<String>,
    /// The clock of the bridge.
    pub now: Moment,
    /// Where the device of this page stands.
    pub phase: Phase,
    /// Starts the device of this page.
    pub onsimulate: Callback<MouseEvent>,
}

impl PartialEq for ConnectScreenProps {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.devices, &other.devices)
            && (&self.coap, self.now, &self.phase) == (&other.coap, other.now, &other.phase)
    }
}

/// The page that teaches: shown while no device is there, and at an address of its own.
#[component]
pub fn ConnectScreen(props: &ConnectScreenProps) -> Html {
    let opened = *use_state(|| props.now);
    let chosen = use_state(|| 0_usize);
    let address = Address::new(&props.coap);
    let here = browser::window().location().hostname().unwrap_or_default();
    let is_elsewhere = address.is_loopback() && matches!(here.as_str(), "127.0.0.1" | "localhost" | "[::1]");
    let is_first = props.devices.by_name.is_empty();
    let (title, lead) = if is_first {
        (
            "No devices yet",
            "A device appears here the moment it registers. Point one at this bridge, or start a simulated one to look around.",
        )
    } else {
        (
            "Connect a device",
            "Point one at this bridge: it appears in the list the moment it registers. Nothing has to be set up here first.",
        )
    };
    let recipe = RECIPES.get(*chosen).unwrap_or(&RECIPES[0]);
    let lines = (recipe.lines)(&address);
    html! {
        <div class="empty" data-test={if is_first { "first-run" } else { "connect-page" }}>
            <div class="accent">{ mark("40") }</div>
            <h1 class="big">{ title }</h1>
            <p class="muted measure">{ lead }</p>
            <div class="fr">
                <div class="stack">
                    { look_around(props, &address) }
                    <section class="card">
                        <div class="fr-head"><h2>{ "Connect your own" }</h2>{ tabs(&chosen) }</div>
                        <div class="in stack" role="tabpanel" id="recipe" aria-labelledby={format!("tab-{}", recipe.word)} data-test="recipe" data-client={recipe.word}>
                            { for lines.into_iter().enumerate().map(|(at, (what, text))| html! {
                                <Copyable key={format!("{} {at}", recipe.word)} {what} {text} name={format!("{}-{at}", recipe.word)} />
                            }) }
                            if !recipe.note.is_empty() { <p class="hint">{ recipe.note }</p> }
                            if is_elsewhere { <p class="hint">{ format!("A device elsewhere in the network uses the address of this computer in place of {}.", address.host) }</p> }
                        </div>
                    </section>
                </div>
                <div class="stack">
                    <section class="card"><div class="in">
                        <h2>{ "Addresses, in a device’s words" }</h2>
                        <dl class="pairs roomy">
                            { for props.coap.iter().map(|uri| html! { <><dt>{ "/0/0/0 Server URI" }</dt><dd class="mono">{ uri.clone() }</dd></> }) }
                            <dt>{ "/0/0/2 Security mode" }</dt><dd><span class="mono">{ "3" }</span><span class="faint">{ " none" }</span></dd>
                            <dt>{ "/0/0/10 Short server id" }</dt><dd><span class="mono">{ "1" }</span><span class="faint">{ " any will do" }</span></dd>
                            <dt>{ "/1/0/1 Lifetime" }</dt><dd><span class="mono">{ "300" }</span><span class="faint">{ " s, suggested" }</span></dd>
                        </dl>
                    </div></section>
                    <section class="card"><div class="in">{ waiting(&props.devices, opened, props.now) }
                        <ul class="small open">
                        { for props.coap.iter().map(|uri| html! { <li class="flex">{ small_icon("check") }<span class="mono clip">{ uri.clone() }</span><span class="faint end">{ "UDP" }</span></li> }) }
                        </ul>
                        <p class="small muted">{ "LwM2M 1.0, 1.1 and 1.2 devices can register." }</p>
                    </div></section>
                    <section class="card"><div class="in"><h2>{ "What you will see" }</h2>
                        <ol class="small steps">
                            <li>{ icon("devices") }<span><b>{ "It registers. " }</b><span class="muted">{ "Its row appears within a second, with its objects by name." }</span></span></li>
                            <li>{ icon("read") }<span><b>{ "You read. " }</b><span class="muted">{ "Values carry their type, unit and age." }</span></span></li>
                            <li>{ icon("trace") }<span><b>{ "You look closer. " }</b><span class="muted">{ "Every answer leads to its bytes." }</span></span></li>
                        </ol></div></section>
                </div>
            </div>
        </div>
    }
}

/// A device without hardware: in this page, or from a command line.
fn look_around(props: &ConnectScreenProps, address: &Address) -> Html {
    let is_off = props.phase == Phase::Off;
    html! {
        <section class="card"><div class="in stack">
            <div class="flex wrap"><div class="grow look"><h2>{ "No hardware at hand?" }</h2>
                <p class="small muted">{ "A device that lives in this page: thermometers, a hygrometer, a battery and a light, moved by sliders. It leaves when the tab closes." }</p></div>
                if is_off {
                    <button class="btn btn-primary" type="button" data-test="start-simulated" onclick={props.onsimulate.clone()}>{ icon("execute") }{ "Start a device in this page" }</button>
                } else {
                    <a class="btn" href={Route::Simulator.address()} data-test="open-simulator" onclick={on_click(Route::Simulator)}>{ "It runs: open the simulator" }</a>
                }
            </div>
            <Copyable what="Or on a command line: three devices that register here over UDP" name="simulate" text={format!("footbridge simulate --server {} --endpoint demo --count 3", address.uri)} />
            <Copyable what="Or the bridge with one of its own, from the start" name="demo" text="footbridge serve --demo" />
        </div></section>
    }
}

/// The clients, as tabs: arrows go from one to the next.
fn tabs(chosen: &UseStateHandle<usize>) -> Html {
    let onkeydown = {
        let chosen = chosen.clone();
        Callback::from(move |event: KeyboardEvent| {
            let last = RECIPES.len() - 1;
            let to = match event.key().as_str() {
                "ArrowRight" => {
                    if *chosen == last {
                        0
                    } else {
                        *chosen + 1
                    }
                }
                "ArrowLeft" => chosen.checked_sub(1).unwrap_or(last),
                "Home" => 0,
                "End" => last,
                _ => return,
            };
            event.prevent_default();
            chosen.set(to);
            let document = browser::window().document();
            if let Some(tab) =
                RECIPES.get(to).and_then(|recipe| document?.get_element_by_id(&format!("tab-{}", recipe.word)))
            {
                browser::focus_element(&tab);
            }
        })
    };
    let tab = |(at, recipe): (usize, &crate::recipe::Recipe)| {
        let setter = chosen.setter();
        let is_chosen = **chosen == at;
        html! {
            <button type="button" role="tab" id={format!("tab-{}", recipe.word)} aria-selected={is_chosen.to_string()} aria-controls="recipe" tabindex={if is_chosen { "0" } else { "-1" }}
                data-test="recipe-tab" data-client={recipe.word} onclick={Callback::from(move |_: MouseEvent| setter.set(at))}>{ recipe.name }</button>
        }
    };
    html! { <div class="tabs" role="tablist" aria-label="Clients" {onkeydown}>{ for RECIPES.iter().enumerate().map(tab) }</div> }
}

/// Waits for the first device that registers after this page was opened, and says when it has.
fn waiting(devices: &Devices, opened: Moment, now: Moment) -> Html {
    let here = devices.by_name.iter().filter(|(_, device)| device.gone.is_none());
    let came = here.filter(|(_, device)| device.client.registered > opened);
    let first = came.min_by_key(|(_, device)| device.client.registered);
    match first {
        None => html! {
            <div data-test="waiting" data-state="waiting"><h2 class="flex" role="status"><i class="spin accent" aria-hidden="true"></i>{ "Waiting for a device" }</h2>
                <p class="small muted">{ match devices.registered() { 0 => "None is registered.".to_owned(), some => format!("{} registered so far.", count(some, "device")) } }</p></div>
        },
        Some((name, device)) => html! {
            <div data-test="waiting" data-state="appeared"><h2 class="flex ok" role="status">{ icon("check") }{ "A device has appeared" }</h2>
                <p class="small"><b><bdi>{ safe(name).into_owned() }</bdi></b>{ format!(" registered {}. ", ago(now.since(device.client.registered))) }{ link(Route::device(name, lwm2m::Path::ROOT), "", Html::from("Open it")) }</p></div>
        },
    }
}

#[derive(Properties, PartialEq)]
struct CopyableProps {
    /// What the text is, above it.
    what: AttrValue,
    text: AttrValue,
    /// For tests.
    name: AttrValue,
}

/// Text to be copied, with a button that says what became of it.
#[component]
fn Copyable(props: &CopyableProps) -> Html {
    let copied = use_state(|| None::<bool>);
    let code = use_node_ref();
    let onclick = {
        let (copied, text, code) = (copied.setter(), props.text.clone(), code.clone());
        Callback::from(move |_: MouseEvent| {
            let (copied, text, code) = (copied.clone(), text.clone(), code.clone());
            spawn_local(async move {
                let done = browser::copy(&text).await;
                if !done {
                    browser::select(&code);
                }
                copied.set(Some(done));
            });
        })
    };
    let (word, outcome) = match *copied {
        None => ("Copy", ""),
        Some(true) => ("Copied", "copied"),
        Some(false) => ("Selected: Ctrl C", "failed"),
    };
    html! {
        <div><p class="small strong">{ props.what.clone() }</p>
            <div class="copy"><code class="code" ref={code} data-test="line" data-name={props.name.clone()}>{ for props.text.split_inclusive([' ', '\n']).map(word_of_a_line) }</code>
                <button class="btn" type="button" aria-label={format!("{word}. {}", props.what)} data-test="copy" data-name={props.name.clone()} data-state={outcome} {onclick}>
                    { icon(if *copied == Some(true) { "check" } else { "copy" }) }<span aria-live="polite">{ word }</span></button></div></div>
    }
}

/// A word, and the space after it: lines break between words only, never after the hyphens of an option.
fn word_of_a_line(word: &str) -> Html {
    let bare = word.trim_end();
    html! { <><span>{ bare.to_owned() }</span>{ word.get(bare.len()..).unwrap_or_default().to_owned() }</> }
}
