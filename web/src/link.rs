//! Holds the page and the bridge together: session, both WebSockets, heartbeats, and what to do when one of them is lost.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use coap_exchange::{CoapOption, ExchangeError, Request, RequestId, Response};
use gloo_events::EventListener;
use gloo_timers::callback::{Interval, Timeout};
use lwm2m::Path;
use wasm_bindgen_futures::spawn_local;

use crate::answer::{self, Asked};
use crate::api::{self, ApiError};
use crate::browser;
use crate::command::{Act, Command};
use crate::connection::{Connection, HEARTBEAT, delay};
use crate::events::{self, EventSocket};
use crate::model;
use crate::model::{Client, Event};
use crate::moment::Moment;
use crate::route::encode;
use crate::socket::{self, CoapSocket, Told};
use crate::state::{Action, Closed};
use crate::words;

const UNREACHABLE: &str = "The bridge cannot be reached. Is it still running?";
const CLOSED: &str = "The bridge closed the connection.";
const SILENT: &str = "The bridge does not answer.";
const BROKEN: &str = "The bridge gave an answer that this page does not understand.";

/// The handle that parts command the bridge with. Cheap to clone; all clones are one link.
#[derive(Clone)]
pub struct Link(Rc<Inner>);

impl PartialEq for Link {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

struct Inner {
    dispatch: Box<dyn Fn(Action)>,
    /// Counts attempts: what an earlier attempt still tells is not heard.
    generation: Cell<u32>,
    /// Failed attempts in a row.
    failures: Cell<u32>,
    was_signed_in: Cell<bool>,
    open: RefCell<Open>,
    /// The device whose values are followed.
    watched: RefCell<Option<String>>,
    /// What somebody wants to be told of, until they do not.
    wanted: RefCell<Vec<Wanted>>,
    listeners: RefCell<Vec<EventListener>>,
}

/// What belongs to one attempt and goes with it.
#[derive(Default)]
struct Open {
    coap: Option<Rc<CoapSocket>>,
    events: Option<EventSocket>,
    values: Option<EventSocket>,
    is_ready: bool,
    says_hello: bool,
    is_live: bool,
    /// Whether a heartbeat is not answered yet.
    waits: bool,
    heartbeat: Option<Interval>,
    again: Option<Timeout>,
}

/// An observation that somebody asked for. It is asked for again when it ended because the bridge or the device was away.
struct Wanted {
    endpoint: String,
    path: Path,
    /// Its request; `None` while it waits for the device or the bridge.
    id: Option<RequestId>,
}

impl Link {
    /// A link that is not started yet. What happens goes to `dispatch`.
    pub fn new(dispatch: impl Fn(Action) + 'static) -> Self {
        Self(Rc::new(Inner {
            dispatch: Box::new(dispatch),
            generation: Cell::new(0),
            failures: Cell::new(0),
            was_signed_in: Cell::new(false),
            open: RefCell::default(),
            watched: RefCell::default(),
            wanted: RefCell::default(),
            listeners: RefCell::default(),
        }))
    }

    /// Signs in with the token of the address, if there is one, and connects.
    pub fn start(&self) {
        let inner = Rc::downgrade(&self.0);
        let look = move |_: &web_sys::Event| {
            if let Some(inner) = Weak::upgrade(&inner).filter(|_| browser::is_visible()) {
                Self(inner).look();
            }
        };
        let inner = Rc::downgrade(&self.0);
        // A new address pasted into the same tab changes the fragment only, and loads nothing.
        let on_hash = move |_: &web_sys::Event| {
            if let (Some(inner), Some(token)) = (Weak::upgrade(&inner), browser::take_token()) {
                Self(inner).sign_in(token);
            }
        };
        *self.0.listeners.borrow_mut() = vec![
            browser::on_window("online", look.clone()),
            browser::on_window("focus", look.clone()),
            browser::on_window("pageshow", look),
            browser::on_window("hashchange", on_hash),
        ];
        match browser::take_token() {
            Some(token) => self.sign_in(token),
            None => self.connect(),
        }
    }

    /// Exchanges a token for the cookie and connects.
    pub fn sign_in(&self, token: String) {
        let link = self.clone();
        spawn_local(async move {
            match api::sign_in(&token).await {
                Err(ApiError::NotSignedIn) => (link.0.dispatch)(Action::SignedOut(Closed::WrongToken)),
                Ok(()) | Err(_) => link.connect(),
            }
        });
    }

    /// Tries again at once if the connection is lost.
    pub fn try_now(&self) {
        if self.0.open.borrow().again.is_some() {
            self.connect();
        }
    }

    /// Follows the values of one device, or of none.
    pub fn watch(&self, endpoint: Option<&str>) {
        if self.0.watched.borrow().as_deref() != endpoint {
            *self.0.watched.borrow_mut() = endpoint.map(str::to_owned);
            self.open_values();
        }
    }

    /// Asks something of a device. Values that cannot be written are not sent; the editor has said so.
    pub fn run(&self, client: &Rc<Client>, command: Command) {
        let Ok(request) = command.request(client, &client.models()) else { return };
        let (endpoint, path) = (client.endpoint.clone(), command.path);
        let since = browser::now();
        if command.act == Act::StopObserving {
            let stopped = {
                let mut wanted = self.0.wanted.borrow_mut();
                let at = wanted.iter().position(|one| one.endpoint == endpoint && one.path == path);
                at.and_then(|at| wanted.swap_remove(at).id)
            };
            let coap = self.0.open.borrow().coap.clone();
            if let (Some(id), Some(coap)) = (stopped, coap) {
                (self.0.dispatch)(Action::Asked { endpoint, command, since });
                coap.stop_observing(id);
            }
            return;
        }
        if command.act == Act::Observe {
            let mut wanted = self.0.wanted.borrow_mut();
            match wanted.iter().find(|one| one.endpoint == endpoint && one.path == path) {
                Some(one) if one.id.is_some() => return,
                Some(_) => {}
                None => wanted.push(Wanted { endpoint: endpoint.clone(), path, id: None }),
            }
        }
        (self.0.dispatch)(Action::Asked { endpoint, command: command.clone(), since });
        self.send(client, command, request);
    }

    fn send(&self, client: &Rc<Client>, command: Command, request: Request) {
        let observed = (command.act == Act::Observe).then_some(command.path);
        let (sent, start) = (browser::now(), browser::micros());
        let asked = Asked { command, request: request.clone(), sent };
        let (inner, client) = (Rc::downgrade(&self.0), Rc::clone(client));
        let endpoint = client.endpoint.clone();
        let tell = Rc::new(move |told| {
            if let Some(inner) = Weak::upgrade(&inner) {
                let took = (browser::micros().saturating_sub(start) / 1_000) as i64;
                Self(inner).told(&client, asked.clone(), took, told);
            }
        });
        // What is called below may come back here at once, so nothing stays borrowed.
        let coap = self.0.open.borrow().coap.clone();
        let Some(coap) = coap else { return tell(Told::Answer(Err(ExchangeError::Closed))) };
        let id = coap.request(request, tell);
        if let Some(path) = observed
            && let Some(wanted) =
                self.0.wanted.borrow_mut().iter_mut().find(|one| one.endpoint == endpoint && one.path == path)
        {
            wanted.id = Some(id);
        }
    }

    /// Something became of a request.
    fn told(&self, client: &Rc<Client>, mut asked: Asked, took: i64, told: Told) {
        let (endpoint, path) = (client.endpoint.clone(), asked.command.path);
        match told {
            Told::Answer(result) => {
                // Somebody observes it already, in another format: take that.
                let is_other_format = matches!(&result, Ok(response) if response.code_text() == "4.06");
                if is_other_format && asked.command.act == Act::Observe && asked.request.accept().is_some() {
                    asked.request.options.remove(CoapOption::Accept);
                    return self.send(client, asked.command, asked.request);
                }
                let exchange = Box::new(answer::exchange(client, asked, took, result));
                if exchange.command.act == Act::Observe && !exchange.observes {
                    self.0.wanted.borrow_mut().retain(|one| one.endpoint != endpoint || one.path != path);
                }
                let object = exchange.command.target().truncate(1);
                let is_other = exchange.is_success() && matches!(exchange.command.act, Act::Create(_) | Act::Delete);
                (self.0.dispatch)(Action::Answered { endpoint, exchange });
                if is_other {
                    self.run(client, Command::new(object, Act::Discover { quiet: true }));
                }
            }
            Told::Notification(response) => {
                asked.sent = browser::now();
                let exchange = Box::new(answer::exchange(client, asked, 0, Ok(response)));
                (self.0.dispatch)(Action::Notified { endpoint, exchange });
            }
            Told::Ended(result) => self.ended(client, asked, result),
        }
    }

    fn ended(&self, client: &Rc<Client>, mut asked: Asked, result: Result<Response, ExchangeError>) {
        let (endpoint, path, at) = (client.endpoint.clone(), asked.command.path, browser::now());
        let mut wanted = self.0.wanted.borrow_mut();
        let Some(place) = wanted.iter().position(|one| one.endpoint == endpoint && one.path == path) else {
            drop(wanted);
            // It was ended here.
            asked.command.act = Act::StopObserving;
            asked.sent = at;
            let exchange = Box::new(answer::exchange(client, asked, 0, result));
            return (self.0.dispatch)(Action::Answered { endpoint, exchange });
        };
        let code = result.as_ref().map(Response::code_text);
        let words = match code.as_deref() {
            Err(_) => "Interrupted: the connection to the bridge was lost. Observed again when it is back".to_owned(),
            Ok("4.04") => "Interrupted: the device left. Observed again when it is back".to_owned(),
            Ok(code) => match words::code(code) {
                Some(words) => format!("Not observed any more, {code}: {words}"),
                None => "Not observed any more: the device ended it".to_owned(),
            },
        };
        match code.as_deref() {
            Err(_) | Ok("4.04") => wanted[place].id = None,
            Ok(_) => drop(wanted.swap_remove(place)),
        }
        drop(wanted);
        (self.0.dispatch)(Action::ObservationEnded { endpoint, path, words, at });
    }

    /// Those of these devices, which are there, that something was observed of and is not any more.
    fn due<'c>(&self, clients: impl Iterator<Item = &'c Client>) -> Vec<(Rc<Client>, Path)> {
        let wanted = self.0.wanted.borrow();
        if wanted.iter().all(|one| one.id.is_some()) {
            return Vec::new();
        }
        let of = |client: &'c Client| {
            let due = wanted.iter().filter(|one| one.id.is_none() && one.endpoint == client.endpoint);
            due.map(|one| (Rc::new(client.clone()), one.path)).collect::<Vec<_>>()
        };
        clients.flat_map(of).collect()
    }

    /// Asks again for what is [due](Self::due).
    fn resume(&self, due: Vec<(Rc<Client>, Path)>) {
        for (client, path) in due {
            self.run(&client, Command::new(path, Act::Observe));
        }
    }

    /// The page is looked at, or the network is back: try at once, or make sure that the connection still stands.
    fn look(&self) {
        self.try_now();
        self.ping();
    }

    fn connect(&self) {
        let generation = self.0.generation.get() + 1;
        self.0.generation.set(generation);
        self.close();
        let first = !self.0.was_signed_in.get();
        self.tell(if first { Connection::Opening } else { Connection::Retrying });
        let link = self.clone();
        spawn_local(async move {
            let session = api::session().await;
            if link.0.generation.get() != generation {
                return;
            }
            match session {
                Ok(session) => link.signed_in(session, generation),
                Err(ApiError::NotSignedIn) => {
                    let why = if link.0.was_signed_in.replace(false) { Closed::Ended } else { Closed::NoToken };
                    (link.0.dispatch)(Action::SignedOut(why));
                }
                Err(ApiError::Unreachable) => link.lost(UNREACHABLE),
                Err(ApiError::Unexpected) => link.lost(BROKEN),
            }
        });
    }

    fn signed_in(&self, session: model::Session, generation: u32) {
        self.0.was_signed_in.set(true);
        (self.0.dispatch)(Action::SignedIn(session, browser::now()));
        let guard = move |link: &Weak<Inner>| {
            Weak::upgrade(link).filter(|inner| inner.generation.get() == generation).map(Self)
        };
        let weak = Rc::downgrade(&self.0);
        let events = EventSocket::open("", move |notice| {
            if let Some(link) = guard(&weak) {
                link.events(notice);
            }
        });
        let weak = Rc::downgrade(&self.0);
        let coap = CoapSocket::open(move |notice| {
            if let Some(link) = guard(&weak) {
                link.coap(notice);
            }
        });
        if events.is_none() || coap.is_none() {
            return self.lost(UNREACHABLE);
        }
        let weak = Rc::downgrade(&self.0);
        let heartbeat = Interval::new(HEARTBEAT, move || {
            if let Some(link) = guard(&weak) {
                link.beat();
            }
        });
        let mut open = self.0.open.borrow_mut();
        open.events = events;
        open.coap = coap.map(Rc::new);
        open.heartbeat = Some(heartbeat);
    }

    fn events(&self, notice: events::Notice) {
        match notice {
            events::Notice::Closed => self.lost(CLOSED),
            events::Notice::Events(events) => {
                let is_hello = events.iter().any(|event| matches!(event, Event::Hello(_)));
                let is_reset = events.contains(&Event::Reset);
                let due = self.due(events.iter().filter_map(present));
                (self.0.dispatch)(Action::Events(events, browser::now()));
                self.resume(due);
                if is_hello {
                    self.0.open.borrow_mut().says_hello = true;
                    self.check_live();
                }
                if is_reset {
                    self.load();
                }
            }
        }
    }

    fn coap(&self, notice: socket::Notice) {
        match notice {
            socket::Notice::Ready => {
                self.0.open.borrow_mut().is_ready = true;
                self.check_live();
            }
            socket::Notice::Pong(Some(round_trip)) => {
                self.0.open.borrow_mut().waits = false;
                let round_trip = Some(round_trip.as_micros().min(u128::from(u32::MAX)) as u32);
                self.tell(Connection::Live { round_trip });
            }
            socket::Notice::Pong(None) => self.lost(SILENT),
            socket::Notice::Closed => self.lost(CLOSED),
        }
    }

    /// Both sockets stand: the list is loaded anew, and values are followed again.
    fn check_live(&self) {
        {
            let mut open = self.0.open.borrow_mut();
            if !(open.is_ready && open.says_hello) || open.is_live {
                return;
            }
            open.is_live = true;
            open.waits = false;
        }
        self.0.failures.set(0);
        self.tell(Connection::Live { round_trip: None });
        self.load();
        self.open_values();
        self.ping();
    }

    fn load(&self) {
        (self.0.dispatch)(Action::Listing);
        let (link, generation) = (self.clone(), self.0.generation.get());
        spawn_local(async move {
            let list = api::devices().await;
            if link.0.generation.get() != generation {
                return;
            }
            match list {
                Ok(list) => {
                    let due = link.due(list.clients.iter());
                    (link.0.dispatch)(Action::Listed(list, browser::now()));
                    link.resume(due);
                }
                Err(ApiError::Unexpected) => link.lost(BROKEN),
                // 401 as well: the next attempt finds out and says so.
                Err(_) => link.lost(UNREACHABLE),
            }
        });
    }

    fn open_values(&self) {
        let mut open = self.0.open.borrow_mut();
        let watched = self.0.watched.borrow();
        open.values = watched.as_deref().filter(|_| open.is_live).and_then(|endpoint| {
            let dispatch = Rc::downgrade(&self.0);
            EventSocket::open(&format!("?kinds=value,observation&ep={}", encode(endpoint)), move |notice| {
                if let (Some(inner), events::Notice::Events(mut events)) = (Weak::upgrade(&dispatch), notice) {
                    events.retain(|event| matches!(event, Event::Values { .. } | Event::Observation { .. }));
                    if !events.is_empty() {
                        (inner.dispatch)(Action::Events(events, browser::now()));
                    }
                }
            })
        });
    }

    /// Every [`HEARTBEAT`]: what was asked at the beat before must be answered by now. Sockets that do not open are silent too.
    fn beat(&self) {
        let is_silent = self.0.open.borrow().waits;
        if is_silent {
            return self.lost(SILENT);
        }
        self.0.open.borrow_mut().waits = true;
        self.ping();
    }

    fn ping(&self) {
        let coap = {
            let open = self.0.open.borrow();
            open.coap.clone().filter(|_| open.is_live)
        };
        if let Some(coap) = coap {
            coap.ping();
        }
    }

    fn lost(&self, why: &'static str) {
        self.0.generation.set(self.0.generation.get() + 1);
        self.close();
        let wait = delay(self.0.failures.get());
        self.0.failures.set(self.0.failures.get() + 1);
        let link = Rc::downgrade(&self.0);
        self.0.open.borrow_mut().again = Some(Timeout::new(wait, move || {
            if let Some(inner) = Weak::upgrade(&link) {
                Self(inner).connect();
            }
        }));
        self.tell(Connection::Lost { again_at: Moment(browser::now().0 + i64::from(wait)), why });
    }

    /// Closes whatever is open. Requests that are not answered end here, so nothing may be borrowed.
    fn close(&self) {
        let open = self.0.open.take();
        drop(open);
    }

    fn tell(&self, connection: Connection) {
        (self.0.dispatch)(Action::Connection(connection, browser::now()));
    }
}

fn present(event: &Event) -> Option<&Client> {
    match event {
        Event::Present(client) => Some(client),
        _ => None,
    }
}
