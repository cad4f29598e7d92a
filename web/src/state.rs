//! Everything the console knows, and the one function that changes it: [`State::reduce`].
//!
//! Pure: no browser, no clock, no network. Sockets and parts send an [`Action`]; parts draw the new state.

use std::rc::Rc;

use lwm2m::Path;

use crate::command::Command;
use crate::connection::Connection;
use crate::device::{NOTIFIED, Page, WRITTEN};
use crate::exchange::Exchange;
use crate::model::{self, Client, Event, Why};
use crate::moment::Moment;
use crate::simulated::Simulated;
use crate::sorted::Sorted;

/// How long a device that has left stays in the list, in ms.
pub const GONE_SHOWN: i64 = 60_000;
/// Devices whose values are remembered while others are looked at.
pub const PAGES_KEPT: usize = 16;
/// Devices that this page loads at most; the rest is found by its name in the address.
pub const DEVICES_LOADED: usize = 50_000;

/// Everything the console knows. Cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Who we are to the bridge.
    pub session: Session,
    /// The WebSockets.
    pub connection: Connection,
    /// The clock of the bridge minus the clock of this computer, in ms.
    pub clock: i64,
    /// The devices.
    pub devices: Rc<Devices>,
    /// Values and exchanges by device.
    pub pages: Rc<Sorted<String, Rc<Page>>>,
    /// The device of this page.
    pub simulated: Rc<Simulated>,
}

/// Who we are to the bridge.
#[derive(Clone, Debug, PartialEq)]
pub enum Session {
    /// Not asked yet.
    Unknown,
    /// Signed in.
    Open(Rc<model::Session>),
    /// Not signed in.
    Closed(Closed),
}

/// Why we are not signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// The page was opened without the token.
    NoToken,
    /// The token is not the one of this bridge.
    WrongToken,
    /// It worked before: the bridge was started anew, or the session has ended.
    Ended,
}

/// The devices, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Devices {
    /// All that are known, and those that have just left.
    pub by_name: Sorted<Rc<str>, Device>,
    /// Whether the list has been loaded once.
    pub is_loaded: bool,
    /// How many there are at the bridge that are not loaded here, see [`DEVICES_LOADED`].
    pub beyond: usize,
    /// Events that arrived while the list was being loaded: they are newer than it.
    held: Option<Vec<Event>>,
}

/// A row of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    /// What the bridge says about it.
    pub client: Rc<Client>,
    /// Why and when it left, if it has.
    pub gone: Option<Gone>,
}

/// That a device left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone {
    /// Why.
    pub why: Why,
    /// When.
    pub at: Moment,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Action {
    /// The bridge knows us. With the clock of this computer.
    SignedIn(model::Session, Moment),
    /// The bridge does not know us.
    SignedOut(Closed),
    /// The connection changed.
    Connection(Connection, Moment),
    /// The list is about to be loaded: events are held until [`Action::Listed`].
    Listing,
    /// The list, whole. With the clock of this computer.
    Listed(model::Page, Moment),
    /// Events, in their order. With the clock of this computer.
    Events(Vec<Event>, Moment),
    /// A second has passed: rows of devices that left long ago go.
    Tick(Moment),
    /// A request to a device was sent.
    Asked {
        /// The device.
        endpoint: String,
        /// What is asked.
        command: Command,
        /// When, by the clock of this computer.
        since: Moment,
    },
    /// A request to a device has ended.
    Answered {
        /// The device.
        endpoint: String,
        /// What became of it, with the clock of this computer.
        exchange: Box<Exchange>,
    },
    /// Something observed has a new state.
    Notified {
        /// The device.
        endpoint: String,
        /// The state, with the clock of this computer.
        exchange: Box<Exchange>,
    },
    /// An observation is over that nobody here has ended.
    ObservationEnded {
        /// The device.
        endpoint: String,
        /// What was observed.
        path: Path,
        /// Why, in words.
        words: String,
        /// When, by the clock of this computer.
        at: Moment,
    },
    /// Something about the device of this page is different.
    Simulated(Rc<Simulated>),
}

impl Default for State {
    fn default() -> Self {
        Self {
            session: Session::Unknown,
            connection: Connection::Opening,
            clock: 0,
            devices: Rc::default(),
            pages: Rc::default(),
            simulated: Rc::default(),
        }
    }
}

impl State {
    /// The state after something happened.
    pub fn reduce(&self, action: Action) -> Self {
        let mut next = self.clone();
        match action {
            Action::SignedIn(session, local) => {
                next.set_clock(session.now, local);
                next.session = Session::Open(Rc::new(session));
            }
            Action::SignedOut(why) => {
                next.session = Session::Closed(why);
                next.connection = Connection::Ended;
                next.devices = Rc::default();
                next.pages = Rc::default();
            }
            Action::Connection(connection, local) => {
                if self.connection.is_live() && !connection.is_live() {
                    let now = next.bridge_time(local);
                    for page in Rc::make_mut(&mut next.pages).values_mut() {
                        Rc::make_mut(page).connection_lost(now);
                    }
                }
                next.connection = connection;
            }
            Action::Listing => Rc::make_mut(&mut next.devices).held = Some(Vec::new()),
            Action::Listed(page, local) => {
                next.set_clock(Some(page.now), local);
                let now = page.now;
                let devices = Rc::make_mut(&mut next.devices);
                devices.listed(page);
                for event in devices.held.take().unwrap_or_default() {
                    next.event(event, now);
                }
            }
            Action::Events(events, local) => {
                for event in events {
                    if let Event::Hello(Some(now)) = event {
                        next.set_clock(Some(now), local);
                    }
                    let now = next.bridge_time(local);
                    match &mut Rc::make_mut(&mut next.devices).held {
                        Some(held) if !matches!(event, Event::Values { .. } | Event::Observation { .. }) => {
                            held.push(event)
                        }
                        _ => next.event(event, now),
                    }
                }
            }
            Action::Tick(local) => {
                let now = next.bridge_time(local);
                let is_over = |device: &Device| device.gone.is_some_and(|gone| now.since(gone.at) >= GONE_SHOWN);
                if self.devices.by_name.iter().any(|(_, device)| is_over(device)) {
                    Rc::make_mut(&mut next.devices).by_name.retain(|_, device| !is_over(device));
                }
            }
            Action::Asked { endpoint, command, since } => {
                let since = next.bridge_time(since);
                next.page(&endpoint).asked(&command, since);
            }
            Action::Answered { endpoint, mut exchange } => {
                exchange.sent = next.bridge_time(exchange.sent);
                next.page(&endpoint).answered(*exchange);
            }
            Action::Notified { endpoint, mut exchange } => {
                exchange.sent = next.bridge_time(exchange.sent);
                next.page(&endpoint).notified(*exchange);
            }
            Action::ObservationEnded { endpoint, path, words, at } => {
                let at = next.bridge_time(at);
                next.page(&endpoint).observation_ended(path, words, at);
            }
            Action::Simulated(simulated) => next.simulated = simulated,
        }
        next
    }

    /// The clock of the bridge, from the clock of this computer.
    pub fn bridge_time(&self, local: Moment) -> Moment {
        Moment(local.0 + self.clock)
    }

    /// A device by name.
    pub fn device(&self, endpoint: &str) -> Option<&Device> {
        self.devices.by_name.get(endpoint)
    }

    fn set_clock(&mut self, bridge: Option<Moment>, local: Moment) {
        if let Some(bridge) = bridge {
            self.clock = bridge.0 - local.0;
        }
    }

    fn event(&mut self, event: Event, now: Moment) {
        match event {
            Event::Hello(_) | Event::Reset => {}
            Event::Present(client) => {
                if self.pages.get(client.endpoint.as_str()).is_some() {
                    self.page(&client.endpoint).registered(client.registered);
                }
                let devices = Rc::make_mut(&mut self.devices);
                devices
                    .by_name
                    .insert(client.endpoint.as_str().into(), Device { client: Rc::new(*client), gone: None });
            }
            Event::Gone { endpoint, why, at } => {
                if let Some(device) = Rc::make_mut(&mut self.devices).by_name.get_mut(endpoint.as_str()) {
                    device.gone = Some(Gone { why, at: at.min(now) });
                }
            }
            Event::Values { endpoint, at, source, entries, .. } => {
                let source = match source.as_str() {
                    "notify" => NOTIFIED,
                    "send" => "sent by the device",
                    "write" => WRITTEN,
                    _ => "read",
                };
                self.page(&endpoint).told(&entries, at, source);
            }
            Event::Observation { endpoint, path, runs } => self.page(&endpoint).observation_told(path, runs),
        }
    }

    /// What is remembered of a device, to be changed.
    fn page(&mut self, endpoint: &str) -> &mut Page {
        let pages = Rc::make_mut(&mut self.pages);
        if pages.get(endpoint).is_none() {
            if pages.len() >= PAGES_KEPT {
                let newest = |page: &Page| page.exchanges.front().map(|exchange| exchange.sent);
                let oldest = pages.iter().min_by_key(|(_, page)| newest(page)).map(|(name, _)| name.clone());
                pages.retain(|name, _| Some(name) != oldest.as_ref());
            }
            pages.insert(endpoint.to_owned(), Rc::default());
        }
        Rc::make_mut(pages.get_mut(endpoint).expect("inserted above"))
    }
}

impl Devices {
    /// How many are registered, as far as is known here.
    pub fn registered(&self) -> usize {
        self.by_name.iter().filter(|(_, device)| device.gone.is_none()).count() + self.beyond
    }

    fn listed(&mut self, page: model::Page) {
        let now = page.now;
        self.beyond = page.total.saturating_sub(page.clients.len());
        let mut by_name = Sorted::default();
        for client in page.clients {
            by_name.insert(client.endpoint.as_str().into(), Device { client: Rc::new(client), gone: None });
        }
        if self.beyond == 0 {
            for (name, device) in
                self.by_name.iter().filter(|(name, _)| by_name.get(name).is_none()).cloned().collect::<Vec<_>>()
            {
                let gone = device.gone.or(Some(Gone { why: Why::Unseen, at: now }));
                by_name.insert(name, Device { gone, ..device });
            }
        }
        self.by_name = by_name;
        self.is_loaded = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Act;
    use lwm2m::{Entry, Value};

    fn client(endpoint: &str) -> Client {
        Client { endpoint: endpoint.to_owned(), ..Default::default() }
    }

    fn listed(names: &[&str], now: i64) -> Action {
        let clients: Vec<Client> = names.iter().map(|name| client(name)).collect();
        Action::Listed(model::Page { total: clients.len(), now: Moment(now), clients }, Moment(now))
    }

    fn read() -> Command {
        Command::new(Path::object(3), Act::Read)
    }

    fn present(name: &str) -> Event {
        Event::Present(Box::new(client(name)))
    }

    fn gone(name: &str, at: i64) -> Event {
        Event::Gone { endpoint: name.to_owned(), why: Why::Asked, at: Moment(at) }
    }

    fn rows(state: &State) -> Vec<(&str, bool)> {
        state.devices.by_name.iter().map(|(name, device)| (&**name, device.gone.is_none())).collect()
    }

    #[test]
    fn devices_come_and_go() {
        let state = State::default().reduce(Action::Listing).reduce(listed(&["a", "b"], 0));
        let state =
            state.reduce(Action::Events(vec![present("c"), gone("a", 1_000), gone("never", 1_000)], Moment(1_000)));
        assert_eq!(rows(&state), [("a", false), ("b", true), ("c", true)]);
        assert_eq!(state.devices.registered(), 2);
        let kept = state.reduce(Action::Tick(Moment(60_999)));
        assert_eq!(rows(&kept).len(), 3);
        assert!(Rc::ptr_eq(&kept.devices, &state.devices), "a tick that changes nothing copies nothing");
        assert_eq!(rows(&kept.reduce(Action::Tick(Moment(61_000)))), [("b", true), ("c", true)]);
        assert_eq!(
            rows(&kept.reduce(Action::Events(vec![present("a")], Moment(61_000)))),
            [("a", true), ("b", true), ("c", true)]
        );
    }

    #[test]
    fn events_during_loading_win_over_the_list() {
        let state = State::default().reduce(Action::Listing);
        let state = state.reduce(Action::Events(vec![present("new"), gone("left", 5)], Moment(5)));
        assert_eq!(rows(&state), [], "nothing is shown before the list is there");
        let state = state.reduce(listed(&["left", "stays"], 3));
        assert_eq!(rows(&state), [("left", false), ("new", true), ("stays", true)]);
    }

    #[test]
    fn a_new_list_tells_who_left_meanwhile() {
        let state = State::default().reduce(Action::Listing).reduce(listed(&["a", "b"], 0));
        let state = state.reduce(Action::Listing).reduce(listed(&["b"], 9_000));
        assert_eq!(state.device("a").unwrap().gone, Some(Gone { why: Why::Unseen, at: Moment(9_000) }));
        assert_eq!(state.devices.registered(), 1);
    }

    #[test]
    fn more_devices_than_are_loaded() {
        let page = model::Page { total: 100, now: Moment(0), clients: vec![client("a")] };
        let state = State::default().reduce(Action::Listing).reduce(Action::Listed(page, Moment(0)));
        assert_eq!((state.devices.beyond, state.devices.registered()), (99, 100));
    }

    #[test]
    fn the_clock_is_that_of_the_bridge() {
        let state = State::default()
            .reduce(listed(&[], 50_000))
            .reduce(Action::Events(vec![Event::Hello(Some(Moment(52_000)))], Moment(1_000)));
        assert_eq!(state.bridge_time(Moment(2_000)), Moment(53_000));
    }

    #[test]
    fn signing_out_forgets_everything() {
        let state = State::default().reduce(listed(&["a"], 0)).reduce(Action::SignedOut(Closed::Ended));
        assert_eq!(state.session, Session::Closed(Closed::Ended));
        assert_eq!((rows(&state).len(), state.connection), (0, Connection::Ended));
    }

    #[test]
    fn losing_the_connection_ends_requests() {
        let live = Connection::Live { round_trip: None };
        let lost = Connection::Lost { again_at: Moment(1), why: "" };
        let state = State::default().reduce(Action::Connection(live, Moment(0)));
        let state = state.reduce(Action::Asked { endpoint: "a".to_owned(), command: read(), since: Moment(0) });
        assert!(state.pages.get("a").unwrap().is_waiting(Path::object(3)));
        assert!(
            !state.reduce(Action::Connection(lost, Moment(900))).pages.get("a").unwrap().is_waiting(Path::object(3))
        );
    }

    #[test]
    fn values_by_other_doors_are_shown_too() {
        let path = Path::resource(3, 0, 9);
        let entries = vec![Entry::new(path, Value::Integer(7))];
        let event =
            Event::Values { endpoint: "a".to_owned(), path, source: "notify".to_owned(), at: Moment(4), entries };
        let state = State::default().reduce(Action::Events(vec![event], Moment(5)));
        assert_eq!(state.pages.get("a").unwrap().readings.get(&path).unwrap().source, "notified");
    }

    #[test]
    fn remembers_a_bounded_number_of_devices() {
        let mut state = State::default();
        for number in 0..20 {
            state = state.reduce(Action::Asked {
                endpoint: format!("d{number:02}"),
                command: read(),
                since: Moment(number),
            });
        }
        assert_eq!(state.pages.len(), PAGES_KEPT);
        assert!(state.pages.get("d19").is_some());
    }
}
