//! The Client: input in, output out. This file moves things; the rules are in the files beside it.
//!
//! | file | what |
//! |---|---|
//! | `registration` | how it gets to its server, stays there and leaves |
//! | `operation` | which operation a request is; `read`, `write`, `execute`, `create`, `discover`, `attributes` do them |
//! | `observe` | when a notification is due |
//! | `tree`, `objects` | what the device has, and what its resources do |
//! | `simulation` | values that move by themselves |

mod attributes;
mod config;
mod create;
mod discover;
mod execute;
mod io;
mod limits;
mod objects;
mod observe;
mod operation;
mod read;
mod registration;
mod simulation;
mod tree;
mod write;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use core::time::Duration;

use coap_exchange::{
    EXCHANGE_LIFETIME, ExchangeId, Exchanges, Mono, Now, PeerId, Request, RequestId, Response, ResponseType,
};
use lwm2m::{Attributes, ContentFormat, Entry, Models, Path, Value, Version};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

pub use self::config::{ClientConfig, ClientLink, ConfigError, Crossing};
pub use self::io::{Argument, ClientEvent, ClientInput, ClientOutput, Left, RegistrationError};
pub use self::limits::{ClientLimits, ClientStats};
pub use self::objects::demo_objects;
pub use self::registration::ClientState;
pub use self::simulation::Simulation;
pub use self::tree::Object as DeviceObject;

use self::objects::Clocks;
use self::observe::Observation;
use self::registration::{Effect, Flight, State};
use self::tree::Tree;
use crate::EndpointName;

/// What is told a server that asks too early, in seconds.
const RETRY_SECONDS: u32 = 5;

/// An LwM2M Client: a device with its objects, which registers at one server and does what that asks.
///
/// It is driven like the [`Server`](crate::Server): [`handle_input`](Self::handle_input) takes what happened,
/// [`poll_output`](Self::poll_output) gives what is to be done, [`ClientOutput::Timeout`] always last. It knows neither
/// sockets nor clocks, and the same seed and the same inputs give the same run.
///
/// ```
/// use lwm2m::{Path, Value};
/// use lwm2m_engine::{Client, ClientConfig, ClientInput, ClientOutput, ClientState, Mono, Now, Utc};
///
/// let config = ClientConfig::new([7; 32], "demo-1".parse().unwrap());
/// let mut client = Client::new(config)?;
/// let now = Now::new(Mono::ZERO, Utc::from_micros(1_700_000_000_000_000));
/// client.handle_input(now, ClientInput::Start);
/// let ClientOutput::Transmit { bytes } = client.poll_output() else { panic!() };
/// assert_eq!(bytes[1], 0x02); // POST /rd?ep=demo-1&lt=300&lwm2m=1.1&b=U
/// assert_eq!(client.state(), ClientState::Registering);
///
/// // A sensor measured something.
/// let sensor = Path::resource(3303, 0, 5700);
/// client.handle_input(now, ClientInput::Set { values: &[(sensor, Value::Float(22.5))] });
/// assert_eq!(client.value(now, sensor), Some(Value::Float(22.5)));
/// # Ok::<(), lwm2m_engine::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct Client {
    endpoint: EndpointName,
    lwm2m: Version,
    link: ClientLink,
    queue_mode: bool,
    confirmable_notifications: bool,
    crossing: Crossing,
    retry_first: Duration,
    retry_longest: Duration,
    reboot_time: Duration,
    deregister_wait: Duration,
    limits: ClientLimits,
    /// What it can speak.
    formats: Vec<ContentFormat>,
    /// As it came from the factory.
    original: Tree,
    tree: Tree,
    clocks: Clocks,
    /// Whether the clocks were set to the time of the first input.
    running: bool,
    attributes: BTreeMap<Path, Attributes>,
    observations: BTreeMap<ExchangeId, Observation>,
    /// What changed since observations were looked at.
    changed: BTreeSet<Path>,
    state: State,
    flight: Option<(RequestId, Flight)>,
    last_request: u64,
    /// Register requests that failed in a row.
    failures: u32,
    /// What the last operation brings about.
    effects: VecDeque<Effect>,
    /// Requests that came before the answer to our Register.
    early: Vec<(ExchangeId, Request)>,
    /// Started again while it was leaving.
    again: bool,
    /// Whether the WebSocket stands. It gets a new number each time.
    connected: bool,
    connections: u64,
    /// The datagram that made the device leave: when it comes again, it must not do so twice.
    farewell: Option<(Mono, Vec<u8>)>,
    exchanges: Exchanges,
    exchange_timeout: Mono,
    random: ChaCha8Rng,
    outputs: VecDeque<ClientOutput>,
    stats: ClientStats,
}

impl Client {
    /// A device that is not started yet.
    ///
    /// # Errors
    /// [`ConfigError`] if its objects do not fit their definitions.
    pub fn new(config: ClientConfig) -> Result<Self, ConfigError> {
        let lwm2m = config.lwm2m;
        if ![Version::V1_0, Version::V1_1, Version::V1_2].contains(&lwm2m) {
            return Err(ConfigError::Version(lwm2m));
        }
        let mut objects = config.objects;
        if objects.iter().all(|object| object.id() != objects::server::ID) {
            objects.push(objects::server::object(config.lifetime, &config.binding));
        }
        let tree = Tree::new(lwm2m, objects, &config.limits)?;
        let mut random = ChaCha8Rng::from_seed(config.seed);
        let mut exchange = config.exchange;
        exchange.seed = random.next_u64();
        Ok(Self {
            endpoint: config.endpoint,
            lwm2m,
            link: config.link,
            queue_mode: config.queue_mode,
            confirmable_notifications: config.confirmable_notifications,
            crossing: config.crossing,
            retry_first: config.retry_first,
            retry_longest: config.retry_longest,
            reboot_time: config.reboot_time,
            deregister_wait: config.deregister_wait,
            limits: config.limits,
            formats: operation::formats(lwm2m),
            original: tree.clone(),
            tree,
            clocks: Clocks::default(),
            running: false,
            attributes: BTreeMap::new(),
            observations: BTreeMap::new(),
            changed: BTreeSet::new(),
            state: State::Idle,
            flight: None,
            last_request: 0,
            failures: 0,
            effects: VecDeque::new(),
            early: Vec::new(),
            again: false,
            connected: false,
            connections: 0,
            farewell: None,
            exchanges: Exchanges::new(exchange),
            exchange_timeout: Mono::NEVER,
            random,
            outputs: VecDeque::new(),
            stats: ClientStats::default(),
        })
    }

    /// Takes what happened. Nothing is returned: what follows from it comes out of [`poll_output`](Self::poll_output).
    pub fn handle_input(&mut self, now: Now, input: ClientInput<'_>) {
        if !self.running {
            self.running = true;
            self.start_clocks(now);
        }
        match input {
            ClientInput::Start => self.start(now),
            ClientInput::Datagram { bytes } => self.datagram(now, bytes),
            ClientInput::Opened => {
                self.connected = true;
                self.connections += 1;
                let (peer, role) = (self.peer(), coap_exchange::Role::Connector);
                self.exchange(now, coap_exchange::Input::Opened { peer, role });
                if matches!(self.state, State::Connecting) {
                    self.register(now);
                }
            }
            ClientInput::Frame { bytes } => {
                let peer = self.peer();
                self.exchange(now, coap_exchange::Input::Frame { peer, bytes });
            }
            ClientInput::TextFrame => {
                let peer = self.peer();
                self.exchange(now, coap_exchange::Input::TextFrame { peer });
            }
            ClientInput::Closed => self.closed(now),
            ClientInput::Set { values } => self.set(now, values),
            ClientInput::Stop => self.stop(now),
            ClientInput::Timeout => self.exchange(now, coap_exchange::Input::Timeout),
        }
        self.run_timers(now);
        self.notify(now);
    }

    /// What to do next: everything that waits, and then always [`ClientOutput::Timeout`].
    pub fn poll_output(&mut self) -> ClientOutput {
        self.outputs.pop_front().unwrap_or_else(|| {
            let times = [self.next_step(), self.next_notification()];
            ClientOutput::Timeout(times.into_iter().fold(self.exchange_timeout, Mono::min))
        })
    }

    /// The value of a single resource or of a resource instance, as it is at that time; none if there is none.
    pub fn value(&self, now: Now, path: Path) -> Option<Value<'static>> {
        self.value_now(now, path)
    }

    /// All values at or below a path, in order, whether a server may read them or not.
    pub fn values(&self, now: Now, path: Path) -> Vec<Entry<'static>> {
        let entries = self.tree.entries(path).into_iter().filter(|entry| entry.value().is_some());
        entries.filter_map(|entry| Some(Entry::new(entry.path, self.value_now(now, entry.path)?))).collect()
    }

    /// The definitions of its objects, in its versions of them.
    pub fn models(&self) -> &Models {
        &self.tree.models
    }

    /// The name it registers under.
    pub fn endpoint(&self) -> &EndpointName {
        &self.endpoint
    }

    /// How many observations the server has.
    pub fn observation_count(&self) -> usize {
        self.observations.len()
    }

    /// What was counted.
    pub fn stats(&self) -> &ClientStats {
        &self.stats
    }

    /// What the exchanges below counted.
    pub fn exchange_stats(&self) -> &coap_exchange::Stats {
        self.exchanges.stats()
    }

    fn datagram(&mut self, now: Now, bytes: &[u8]) {
        if matches!(self.state, State::Away { .. } | State::Idle) {
            self.stats.dropped_away += 1;
            return;
        }
        // The server did not hear our answer to "reboot" and says it again, to a device that has forgotten it.
        if self.farewell.as_ref().is_some_and(|(until, last)| now.mono < *until && last == bytes)
            && !matches!(self.state, State::Leaving { .. })
        {
            self.stats.dropped_away += 1;
            return;
        }
        let was_registered = matches!(self.state, State::Registered { .. });
        let peer = self.peer();
        self.exchange(now, coap_exchange::Input::Datagram { peer, bytes });
        if was_registered && matches!(self.state, State::Leaving { .. }) {
            self.farewell = Some((now.mono + EXCHANGE_LIFETIME, bytes.to_vec()));
        }
    }

    fn closed(&mut self, now: Now) {
        if self.connected {
            self.connected = false;
            let peer = self.peer();
            self.exchange(now, coap_exchange::Input::Closed { peer });
            self.connection_closed(now);
        }
    }

    fn set(&mut self, now: Now, values: &[(Path, Value<'static>)]) {
        for (path, value) in values {
            let fitted = self.settable(*path).and_then(|kind| tree::fit(value.clone(), kind));
            match fitted {
                Some(value) => {
                    self.put(now, *path, value);
                    if let Some(effect) = self.after_write(*path) {
                        self.take_effect(now, effect);
                    }
                }
                None => self.stats.sets_refused += 1,
            }
        }
    }

    /// The type of a value that the device itself may set.
    fn settable(&self, path: Path) -> Option<lwm2m::ValueType> {
        let object = self.tree.objects.get(&path.object_id()?)?;
        self.tree.instance(path)?;
        let facts = self.tree.facts(path).filter(|facts| object.supported.contains(&facts.id))?;
        if facts.multiple != path.resource_instance_id().is_some() {
            return None;
        }
        if let Some(tree::Resource::Values(values)) = self.tree.resource(path.truncate(3))
            && values.len() >= self.limits.resource_instances
            && self.tree.value(path).is_none()
        {
            return None;
        }
        facts.value_type
    }

    /// As it came from the factory.
    fn reset_values(&mut self) {
        self.tree = self.original.clone();
        self.attributes.clear();
    }

    fn is_datagram(&self) -> bool {
        self.link == ClientLink::Datagrams
    }

    /// The server, for the exchanges. A WebSocket has a new number each time.
    fn peer(&self) -> PeerId {
        PeerId(self.connections)
    }

    /// Hands something to the exchange layer, and does what follows from it.
    fn exchange(&mut self, now: Now, input: coap_exchange::Input<'_>) {
        self.exchanges.handle_input(now, input);
        loop {
            match self.exchanges.poll_output() {
                coap_exchange::Output::Transmit { bytes, .. } => {
                    self.outputs.push_back(ClientOutput::Transmit { bytes });
                }
                coap_exchange::Output::Close { code, reason, .. } => {
                    self.outputs.push_back(ClientOutput::Close { code, reason });
                    self.connected = false;
                    self.connection_closed(now);
                }
                coap_exchange::Output::Event(event) => self.on_exchange(now, event),
                coap_exchange::Output::Timeout(at) => {
                    self.exchange_timeout = at;
                    break;
                }
            }
        }
    }

    fn on_exchange(&mut self, now: Now, event: coap_exchange::Event) {
        match event {
            coap_exchange::Event::Request { exchange, request, .. } => self.on_request(now, exchange, request),
            coap_exchange::Event::Response { id, response, .. } => self.flight_ended(now, id, Ok(response)),
            coap_exchange::Event::Failed { id, error } => self.flight_ended(now, id, Err(error)),
            coap_exchange::Event::ObserverGone { exchange, why } => self.observer_gone(exchange, why),
            coap_exchange::Event::Abandoned { exchange } => {
                self.early.retain(|(early, _)| *early != exchange);
                self.observer_gone(exchange, coap_exchange::ObserverEnd::Closed);
            }
            _ => {}
        }
    }

    /// A request of the server. What comes before the answer to our Register waits for it: the server may have sent both.
    fn on_request(&mut self, now: Now, exchange: ExchangeId, request: Request) {
        match self.state {
            State::Registered { .. } => self.operate(now, exchange, request),
            State::Registering if self.early.len() < self.limits.early_requests => self.early.push((exchange, request)),
            State::Registering => {
                self.stats.early_requests_full += 1;
                self.unavailable(now, exchange);
            }
            _ => self.unavailable(now, exchange),
        }
    }

    /// Answers what waited for a registration that did not come.
    fn refuse_early(&mut self, now: Now) {
        for (exchange, _) in core::mem::take(&mut self.early) {
            self.unavailable(now, exchange);
        }
    }

    fn unavailable(&mut self, now: Now, exchange: ExchangeId) {
        self.stats.unregistered_requests += 1;
        let response = Response::new(ResponseType::ServiceUnavailable).with_diagnostic("not registered");
        self.respond(now, exchange, response.with_max_age(RETRY_SECONDS));
    }

    fn respond(&mut self, now: Now, exchange: ExchangeId, response: Response) {
        self.exchange(now, coap_exchange::Input::Respond { exchange, response });
    }

    fn tell(&mut self, event: ClientEvent) {
        self.outputs.push_back(ClientOutput::Event(event));
    }
}
