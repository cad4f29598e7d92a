//! The frame of every screen: bar, rail, main, status line. Owns the state and the link.

use std::rc::Rc;

use yew::prelude::*;

use super::device::DeviceScreen;
use super::devices::DevicesScreen;
use super::first_run::ConnectScreen;
use super::help::Help;
use super::icon::{icon, mark, small_icon};
use super::sign_in::SignIn;
use super::simulator::SimulatorScreen;
use crate::browser;
use crate::connection::{Connection, round_trip_text};
use crate::exchange::Outcome;
use crate::link::Link;
use crate::moment::Moment;
use crate::nav::{go, link, on_click, use_route};
use crate::route::Route;
use crate::simulated::{Command, Phase, Simulator};
use crate::state::{Action, Session, State};
use crate::theme::Theme;
use crate::words::{count, grouped, safe};

/// The state as Yew reduces it: what changes nothing is not drawn.
#[derive(Default)]
struct Store(State);

impl Reducible for Store {
    type Action = Action;

    fn reduce(self: Rc<Self>, action: Action) -> Rc<Self> {
        let is_tick = matches!(action, Action::Tick(_));
        let next = self.0.reduce(action);
        if is_tick && Rc::ptr_eq(&next.devices, &self.0.devices) { self } else { Rc::new(Self(next)) }
    }
}

/// The whole console.
#[component]
pub fn App() -> Html {
    let store = use_reducer(Store::default);
    let state = &store.0;
    let route = use_route();
    let dispatch = store.dispatcher();
    let bridge = use_memo((), move |()| Link::new(move |action| dispatch.dispatch(action)));
    use_effect_with((), {
        let bridge = Rc::clone(&bridge);
        move |()| bridge.start()
    });
    let dispatch = store.dispatcher();
    let simulator =
        use_memo((), move |()| Simulator::new(move |simulated| dispatch.dispatch(Action::Simulated(simulated))));
    use_effect_with((state.connection.is_live(), !matches!(state.session, Session::Closed(_))), {
        let simulator = Rc::clone(&simulator);
        move |(is_live, is_signed_in)| simulator.console_is(*is_live, *is_signed_in)
    });
    let endpoint = route.as_ref().and_then(Route::endpoint).map(str::to_owned);
    use_effect_with((endpoint, route.clone()), {
        let bridge = Rc::clone(&bridge);
        move |(endpoint, route)| {
            bridge.watch(endpoint.as_deref());
            let title = endpoint.as_ref().map_or_else(|| screen_name(route.as_ref()).into(), |endpoint| safe(endpoint));
            browser::title(&format!("{title} · Footbridge"));
        }
    });

    // Ages tick every second; the time that somebody waits for an answer, faster.
    let local = use_state(browser::now);
    let (set_local, dispatch) = (local.setter(), store.dispatcher());
    browser::use_interval(if is_waiting(state, route.as_ref()) { 100 } else { 1_000 }, move || {
        let now = browser::now();
        set_local.set(now);
        dispatch.dispatch(Action::Tick(now));
    });
    // A clock read now and not at the last tick: what was told since then would lie in the future.
    let now = state.bridge_time(browser::now());

    let theme = use_state(Theme::remembered);
    let toggle_theme = {
        let theme = theme.clone();
        Callback::from(move |_: MouseEvent| {
            theme.next().apply();
            theme.set(theme.next());
        })
    };
    let help = use_state(|| false);
    let set_help = |open: bool| {
        let help = help.setter();
        Callback::from(move |()| help.set(open))
    };
    {
        let help = help.setter();
        use_effect_with((), move |()| {
            let listener = browser::on_window("keydown", move |event| {
                if browser::command(event).as_deref() == Some("?") {
                    event.prevent_default();
                    help.set(true);
                }
            });
            move || drop(listener)
        });
    }

    let is_closed = matches!(state.session, Session::Closed(_));
    let theme_label = format!("Theme: {}. Change to {}", theme.words(), theme.next().words());
    let main = main(state, route.as_ref(), &bridge, &simulator, now);
    let try_now = {
        let bridge = Rc::clone(&bridge);
        Callback::from(move |_: MouseEvent| bridge.try_now())
    };
    html! {
        <div class={classes!("app", is_closed.then_some("app-solo"))}>
            <a class="skip" href="#main">{ "Skip to content" }</a>
            <header class="bar">
                <a class="brand" href="/" aria-label="Footbridge, devices" onclick={on_click(Route::Devices)}>{ mark("26") }<span class="desk">{ "Footbridge" }</span></a>
                if !is_closed { { crumbs(route.as_ref()) } }
                <span class="grow"></span>
                { connection(&state.connection) }
                <button class="btn btn-quiet btn-icon" type="button" aria-label={theme_label.clone()} title={theme_label} data-test="theme" onclick={toggle_theme}>{ icon("theme") }</button>
                <button class="btn btn-quiet btn-icon desk" type="button" aria-label="Keyboard help" title="Keyboard help (?)" onclick={set_help(true).reform(|_| ())}>{ icon("help") }</button>
            </header>
            if !is_closed {
                <nav class="rail" aria-label="Screens">
                    { rail_link(Route::Devices, "devices", route.as_ref().is_some_and(|route| *route != Route::Simulator)) }
                    { rail_link(Route::Simulator, "sliders", route == Some(Route::Simulator)) }
                    // A page of its own, and a new one: what the console shows is kept.
                    <a href="/playground/" target="_blank" rel="noopener" data-test="playground">{ icon("playground") }<span>{ "Playground" }</span></a>
                </nav>
            }
            <main class="main" id="main" tabindex="-1">
                { lost(&state.connection, try_now) }
                { main }
            </main>
            if !is_closed { { status_line(state) } }
            if *help { <Help onclose={set_help(false)} /> }
        </div>
    }
}

/// The screen that the address names, or the way in.
fn main(state: &State, route: Option<&Route>, bridge: &Rc<Link>, simulator: &Rc<Simulator>, now: Moment) -> Html {
    let bridge = Rc::clone(bridge);
    let (simulator, simulated) = (Rc::clone(simulator), &state.simulated);
    match (&state.session, route) {
        (Session::Closed(why), _) => {
            html! { <SignIn why={*why} onsign={Callback::from(move |token| bridge.sign_in(token))} /> }
        }
        (_, None) => no_such_screen(),
        (_, Some(Route::Simulator)) => {
            let is_registered = state.device(&simulated.name).is_some_and(|device| device.gone.is_none());
            let is_taken = is_registered && simulated.phase == Phase::Off;
            let oncommand = Callback::from(move |command| simulator.command(command));
            html! { <SimulatorScreen simulated={Rc::clone(simulated)} {is_taken} now={browser::now()} {oncommand} /> }
        }
        (session, Some(screen @ (Route::Devices | Route::Connect))) => {
            let coap = match session {
                Session::Open(session) => session.coap.clone(),
                _ => Vec::new(),
            };
            let (devices, phase) = (Rc::clone(&state.devices), simulated.phase.clone());
            let onsimulate = Callback::from(move |_: MouseEvent| {
                simulator.command(Command::Start);
                go(&Route::Simulator);
            });
            if *screen == Route::Connect && state.devices.is_loaded {
                html! { <ConnectScreen {devices} {coap} {now} {phase} {onsimulate} /> }
            } else {
                html! { <DevicesScreen {devices} {coap} {now} {phase} {onsimulate} /> }
            }
        }
        (_, Some(Route::Device { endpoint, path })) => {
            let device = state.device(endpoint).cloned();
            let client = device.as_ref().map(|device| Rc::clone(&device.client));
            let onrun = Callback::from(move |command| {
                if let Some(client) = &client {
                    bridge.run(client, command);
                }
            });
            let page = state.pages.get(endpoint).cloned().unwrap_or_default();
            html! {
                <DeviceScreen key={endpoint.clone()} endpoint={endpoint.clone()} path={*path} {device} is_loaded={state.devices.is_loaded}
                    {page} {now} {onrun} is_live={state.connection.is_live()} />
            }
        }
    }
}

/// Whether an answer is waited for on the screen that is shown.
fn is_waiting(state: &State, route: Option<&Route>) -> bool {
    let page = route.and_then(Route::endpoint).and_then(|endpoint| state.pages.get(endpoint));
    page.is_some_and(|page| page.outcomes.iter().any(|(_, outcome)| matches!(outcome, Outcome::Asked { .. })))
}

fn crumbs(route: Option<&Route>) -> Html {
    html! {
        <nav class="crumbs" aria-label="You are here">
        {
            match route {
                Some(Route::Device { endpoint, .. }) => html! {<>
                    { link(Route::Devices, "", Html::from("Devices")) }
                    { small_icon("right") }
                    <span aria-current="page" title={safe(endpoint).into_owned()}><bdi>{ safe(endpoint).into_owned() }</bdi></span>
                </>},
                Some(Route::Connect) => html! {<>
                    { link(Route::Devices, "", Html::from("Devices")) }
                    { small_icon("right") }
                    <span aria-current="page">{ screen_name(route) }</span>
                </>},
                _ => html! { <span aria-current="page">{ screen_name(route) }</span> },
            }
        }
        </nav>
    }
}

/// What a screen that shows no device is called.
fn screen_name(route: Option<&Route>) -> &'static str {
    match route {
        Some(Route::Devices | Route::Device { .. }) => "Devices",
        Some(Route::Connect) => "Connect a device",
        Some(Route::Simulator) => "Simulator",
        None => "Not found",
    }
}

/// A screen in the rail.
fn rail_link(to: Route, shape: &'static str, is_here: bool) -> Html {
    html! {
        <a href={to.address()} aria-current={is_here.then_some("page")} data-test="rail" data-screen={to.address()} onclick={on_click(to.clone())}>{ icon(shape) }<span>{ screen_name(Some(&to)) }</span></a>
    }
}

/// The connection, in the bar: a shape and a word.
fn connection(connection: &Connection) -> Html {
    let (class, text) = match connection {
        Connection::Live { .. } => ("live small", "Live".to_owned()),
        Connection::Opening => ("live small is-opening", "Connecting".to_owned()),
        Connection::Retrying => ("live small is-lost", "Lost, trying now".to_owned()),
        Connection::Lost { again_at, .. } => {
            let seconds = (again_at.since(browser::now()) + 999) / 1_000;
            ("live small is-lost", format!("Lost, again in {seconds} s"))
        }
        Connection::Ended => ("sr", "Signed out".to_owned()),
    };
    html! {
        <span {class} data-test="connection" data-state={connection.word()} title="The page and the bridge exchange a heartbeat every 5 s">
            <span class="live-text">{ text }</span>
        </span>
    }
}

/// While the connection is lost: why, and that everything shown is from before.
fn lost(connection: &Connection, try_now: Callback<MouseEvent>) -> Html {
    let why = match connection {
        Connection::Lost { why, .. } => *why,
        Connection::Retrying => "Trying to reach the bridge.",
        _ => return Html::default(),
    };
    html! {
        <div class="note is-error lost" role="status" data-test="lost">
            { icon("error") }<span class="grow"><b>{ why }</b>{ " What you see is the last that was known." }</span>
            <button class="btn btn-s" type="button" onclick={try_now}>{ "Try now" }</button>
        </div>
    }
}

fn status_line(state: &State) -> Html {
    let (version, coap) = match &state.session {
        Session::Open(session) => {
            (format!("Footbridge {}", session.version), session.coap.first().cloned().unwrap_or_default())
        }
        _ => (String::new(), String::new()),
    };
    let (class, word, note) = match &state.connection {
        Connection::Live { round_trip } => ("live", "Connected", round_trip.map(round_trip_text)),
        Connection::Opening => ("live is-opening", "Connecting", None),
        _ => ("live is-lost", "Not connected", None),
    };
    let registered = state.devices.registered();
    html! {
        <footer class="status">
            <span {class}><b>{ word }</b>{ note.unwrap_or_default() }</span>
            <span><b>{ grouped(registered) }</b>{ count(registered, " device").trim_start_matches(|char: char| char.is_ascii_digit() || char == ',').to_owned() }</span>
            <span class="end mid">{ coap }</span>
            <span>{ version }</span>
        </footer>
    }
}

fn no_such_screen() -> Html {
    html! {
        <div class="empty stack">
            <h1>{ "There is no such screen" }</h1>
            <p class="muted">{ "The address does not name one. Nothing is lost: " }{ link(Route::Devices, "", Html::from("go to the devices")) }{ "." }</p>
        </div>
    }
}
