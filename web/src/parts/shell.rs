//! The frame of every screen: bar, rail, main, status line. Owns the state and the link.

use std::rc::Rc;

use yew::prelude::*;
use yew_router::BrowserRouter;

use super::clock::{Clock, use_now};
use super::device::DeviceScreen;
use super::devices::DevicesScreen;
use super::go::{Go, use_route};
use super::help::Help;
use super::icon::{icon, mark, small_icon};
use super::sign_in::SignIn;
use crate::browser;
use crate::connection::{Connection, round_trip_text};
use crate::link::Link;
use crate::moment::Moment;
use crate::route::Route;
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
    html! { <BrowserRouter><Shell /></BrowserRouter> }
}

#[component]
fn Shell() -> Html {
    let store = use_reducer(Store::default);
    let dispatch = store.dispatcher();
    let link = use_memo((), move |()| Link::new(move |action| dispatch.dispatch(action)));
    use_effect_with(Rc::clone(&link), |link| link.start());
    let state = &store.0;
    let route = use_route();

    let endpoint = route.as_ref().and_then(Route::endpoint).map(str::to_owned);
    use_effect_with((endpoint.clone(), Rc::clone(&link)), |(endpoint, link)| link.watch(endpoint.as_deref()));
    use_effect_with(endpoint.clone(), |endpoint| {
        browser::title(&match endpoint {
            Some(endpoint) => format!("{} · Footbridge", safe(endpoint)),
            None => "Devices · Footbridge".to_owned(),
        });
    });

    let dispatch = store.dispatcher();
    let ontick = use_callback((), move |now: Moment, ()| dispatch.dispatch(Action::Tick(now)));
    let try_now = use_callback(Rc::clone(&link), |_: (), link| link.try_now());

    let main = match (&state.session, &route) {
        (Session::Closed(why), _) => {
            let link = Rc::clone(&link);
            html! { <SignIn why={*why} onsign={Callback::from(move |token| link.sign_in(token))} /> }
        }
        (_, None) => no_such_screen(),
        (_, Some(Route::Devices)) => {
            let coap: Vec<String> = match &state.session {
                Session::Open(session) => session.coap.clone(),
                _ => Vec::new(),
            };
            html! { <DevicesScreen devices={Rc::clone(&state.devices)} {coap} /> }
        }
        (_, Some(Route::Device { endpoint, path })) => {
            let link = Rc::clone(&link);
            let device = state.device(endpoint).cloned();
            let onread = device.as_ref().map(|device| {
                let client = Rc::clone(&device.client);
                Callback::from(move |path| link.read(Rc::clone(&client), path))
            });
            html! {
                <DeviceScreen key={endpoint.clone()} endpoint={endpoint.clone()} path={*path} {device} is_loaded={state.devices.is_loaded}
                    page={state.pages.get(endpoint).cloned().unwrap_or_default()} clock={state.clock}
                    onread={onread.unwrap_or_default()} is_live={state.connection.is_live()} />
            }
        }
    };
    html! {
        <Clock offset={state.clock} {ontick}>
            <Frame session={state.session.clone()} connection={state.connection.clone()} clock={state.clock} registered={state.devices.registered()}
                {route} try_now={try_now}>{ main }</Frame>
        </Clock>
    }
}

#[derive(Properties, PartialEq)]
struct FrameProps {
    session: Session,
    connection: Connection,
    clock: i64,
    registered: usize,
    route: Option<Route>,
    try_now: Callback<()>,
    children: Html,
}

#[component]
fn Frame(props: &FrameProps) -> Html {
    let theme = use_state(Theme::remembered);
    let help = use_state(|| false);
    let toggle_theme = {
        let theme = theme.clone();
        Callback::from(move |_: MouseEvent| {
            let next = theme.next();
            next.apply();
            theme.set(next);
        })
    };
    let set_help = |open: bool| {
        let help = help.setter();
        Callback::from(move |_: MouseEvent| help.set(open))
    };
    {
        let help = help.setter();
        use_effect_with((), move |()| {
            let listener = browser::on_window("keydown", move |event| {
                let Some(event) = wasm_bindgen::JsCast::dyn_ref::<KeyboardEvent>(event) else { return };
                let is_plain = !(event.ctrl_key() || event.meta_key() || event.alt_key());
                if event.key() == "?" && is_plain && !browser::is_typing(event) && super::help::shortcuts_are_on() {
                    event.prevent_default();
                    help.set(true);
                }
            });
            move || drop(listener)
        });
    }
    let is_closed = matches!(props.session, Session::Closed(_));
    let theme_label = format!("Theme: {}. Change to {}", theme.words(), theme.next().words());
    html! {
        <div class={classes!("app", is_closed.then_some("app-solo"))}>
            <a class="skip" href="#main">{ "Skip to content" }</a>
            <header class="bar">
                <Go to={Route::Devices} class="brand" label="Footbridge, devices">{ mark("26") }<span class="desk">{ "Footbridge" }</span></Go>
                if !is_closed { { crumbs(props.route.as_ref()) } }
                <span class="grow"></span>
                <Status connection={props.connection.clone()} clock={props.clock} try_now={props.try_now.clone()} />
                <button class="btn btn-quiet btn-icon" type="button" aria-label={theme_label.clone()} title={theme_label} data-test="theme" onclick={toggle_theme}>{ icon("theme") }</button>
                <button class="btn btn-quiet btn-icon desk" type="button" aria-label="Keyboard help" title="Keyboard help (?)" onclick={set_help(true)}>{ icon("help") }</button>
            </header>
            if !is_closed {
                <nav class="rail" aria-label="Screens">
                    <Go to={Route::Devices} current={props.route.is_some()}>{ icon("devices") }<span>{ "Devices" }</span></Go>
                </nav>
            }
            <main class="main" id="main" tabindex="-1">
                <Lost connection={props.connection.clone()} clock={props.clock} try_now={props.try_now.clone()} />
                { props.children.clone() }
            </main>
            if !is_closed { { status_line(props) } }
            if *help { <Help onclose={set_help(false).reform(|()| MouseEvent::new("click").expect("a browser makes events"))} /> }
        </div>
    }
}

fn crumbs(route: Option<&Route>) -> Html {
    html! {
        <nav class="crumbs" aria-label="You are here">
        {
            match route {
                Some(Route::Device { endpoint, .. }) => html! {<>
                    <Go to={Route::Devices}>{ "Devices" }</Go>
                    { small_icon("right") }
                    <span aria-current="page" title={safe(endpoint).into_owned()}><bdi>{ safe(endpoint).into_owned() }</bdi></span>
                </>},
                Some(Route::Devices) => html! { <span aria-current="page">{ "Devices" }</span> },
                None => html! { <span aria-current="page">{ "Not found" }</span> },
            }
        }
        </nav>
    }
}

#[derive(Properties, PartialEq)]
struct StatusProps {
    connection: Connection,
    clock: i64,
    try_now: Callback<()>,
}

/// The connection, in the bar: a shape and a word.
#[component]
fn Status(props: &StatusProps) -> Html {
    let now = use_now();
    let (class, text) = match &props.connection {
        Connection::Live { .. } => ("live small", "Live".to_owned()),
        Connection::Opening => ("live small is-opening", "Connecting".to_owned()),
        Connection::Retrying => ("live small is-lost", "Lost, trying now".to_owned()),
        Connection::Lost { again_at, .. } => {
            ("live small is-lost", format!("Lost, again in {} s", seconds_left(now, *again_at, props.clock)))
        }
        Connection::Ended => {
            return html! { <span class="sr" data-test="connection" data-state="ended">{ "Signed out" }</span> };
        }
    };
    html! {
        <span {class} data-test="connection" data-state={props.connection.word()} title="The page and the bridge exchange a heartbeat every 5 s">
            <span class="live-text">{ text }</span>
        </span>
    }
}

fn seconds_left(now: Moment, again_at: Moment, clock: i64) -> i64 {
    (Moment(again_at.0 + clock).since(now) + 999) / 1_000
}

/// While the connection is lost: why, and that everything shown is from before.
#[component]
fn Lost(props: &StatusProps) -> Html {
    let now = use_now();
    let since = use_mut_ref(|| None::<Moment>);
    let why = match &props.connection {
        Connection::Lost { why, .. } => *why,
        Connection::Retrying => "Trying to reach the bridge.",
        _ => {
            *since.borrow_mut() = None;
            return Html::default();
        }
    };
    let since = *since.borrow_mut().get_or_insert(now);
    let onclick = props.try_now.reform(|_: MouseEvent| ());
    html! {
        <div class="note is-error lost" role="status" data-test="lost">
            { icon("error") }
            <span class="grow"><b>{ why }</b>{ format!(" What you see is from {}.", browser::local_clock(since).split('.').next().unwrap_or_default()) }</span>
            <button class="btn btn-s" type="button" {onclick}>{ "Try now" }</button>
        </div>
    }
}

fn status_line(props: &FrameProps) -> Html {
    let (version, coap) = match &props.session {
        Session::Open(session) => {
            (format!("Footbridge {}", session.version), session.coap.first().cloned().unwrap_or_default())
        }
        _ => (String::new(), String::new()),
    };
    let connection = match &props.connection {
        Connection::Live { round_trip } => html! {
            <span class="live"><b>{ "Connected" }</b>{ round_trip.map(|us| format!(" {}", round_trip_text(us))) }</span>
        },
        Connection::Opening => html! { <span class="live is-opening"><b>{ "Connecting" }</b></span> },
        _ => html! { <span class="live is-lost"><b>{ "Not connected" }</b></span> },
    };
    let devices = count(props.registered, "device");
    let noun = devices.trim_start_matches(|char: char| char.is_ascii_digit() || char == ',');
    html! {
        <footer class="status">
            { connection }
            <span><b>{ grouped(props.registered) }</b>{ noun.to_owned() }</span>
            <span class="end mid">{ coap }</span>
            <span class="desk">{ version }</span>
        </footer>
    }
}

fn no_such_screen() -> Html {
    html! {
        <div class="empty stack">
            <h1>{ "There is no such screen" }</h1>
            <p class="muted">{ "The address does not name one. Nothing is lost: " }<Go to={Route::Devices}>{ "go to the devices" }</Go>{ "." }</p>
        </div>
    }
}
