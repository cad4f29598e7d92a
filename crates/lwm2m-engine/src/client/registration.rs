//! Register, Update, De-register: how a Client gets to its server, stays there, and leaves.
//!
//! ```text
//! Idle ─Start─► Connecting ─► Registering ─2.01─► Registered ─Stop, reboot, disable─► Leaving ─► Idle or Away ─┐
//!   (WebSocket)     ▲             ▲   └─failed─► Waiting ─┘  │ │ └ Update before the lifetime ends             │
//!                   └─ Closed ────┴── Update refused ────────┘ └───────────────────────────────────────────────┘
//! ```
//!
//! Source: OMA LwM2M Core, "Client Registration Interface"; lwm2m-facts (b).

use core::time::Duration;

use coap_exchange::{CoapOption, ExchangeError, Mono, Now, Reliability, Request, RequestId, RequestType, Response};
use lwm2m::{ContentFormat, Models, ObjectList, Path, RegisteredObject, Value, Version};
use rand_chacha::rand_core::RngCore;

use super::Client;
use super::io::{ClientEvent, Left, RegistrationError};
use super::objects::server;

/// `MAX_TRANSMIT_WAIT` (RFC 7252 §4.8.2): an Update is sent that long before the lifetime ends, or half of it if that is less.
const UPDATE_MARGIN: Duration = Duration::from_secs(93);

/// Where a Client stands with its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientState {
    /// Not started, or stopped.
    Idle,
    /// Waiting for the WebSocket.
    Connecting,
    /// A Register is on its way.
    Registering,
    /// A Register failed; the next one comes later.
    Waiting,
    /// Registered.
    Registered,
    /// A De-register is on its way.
    Leaving,
    /// Rebooting or disabled: nothing is heard, nothing is said.
    Away,
}

#[derive(Debug)]
pub(super) enum State {
    Idle,
    Connecting,
    Registering,
    Waiting { until: Mono },
    Registered { location: Vec<Vec<u8>>, update_at: Mono, updating: bool, wanted: Option<Update> },
    Leaving { why: Left, until: Mono },
    Away { why: Left, until: Mono },
}

/// What a request of ours is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flight {
    Register,
    Update,
    Deregister,
}

/// What an operation brings about, after its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Update(Update),
    Reboot,
    FactoryReset,
    Disable,
}

/// What an Update has to tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Update {
    pub(super) lifetime: bool,
    pub(super) binding: bool,
    pub(super) objects: bool,
}

impl Update {
    const ALL: Self = Self { lifetime: true, binding: true, objects: true };

    const fn and(self, other: Self) -> Self {
        Self {
            lifetime: self.lifetime || other.lifetime,
            binding: self.binding || other.binding,
            objects: self.objects || other.objects,
        }
    }
}

impl Effect {
    /// Two Updates in one. Anything else wins over them.
    pub(super) const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Update(this), Self::Update(other)) => Self::Update(this.and(other)),
            (Self::Update(_), other) => other,
            (this, _) => this,
        }
    }
}

impl Client {
    /// Where the Client stands with its server.
    pub fn state(&self) -> ClientState {
        match self.state {
            State::Idle => ClientState::Idle,
            State::Connecting => ClientState::Connecting,
            State::Registering => ClientState::Registering,
            State::Waiting { .. } => ClientState::Waiting,
            State::Registered { .. } => ClientState::Registered,
            State::Leaving { .. } => ClientState::Leaving,
            State::Away { .. } => ClientState::Away,
        }
    }

    pub(super) fn start(&mut self, now: Now) {
        match self.state {
            State::Idle => {
                self.failures = 0;
                self.register(now);
            }
            State::Leaving { why: Left::Stopped, .. } => self.again = true,
            _ => {}
        }
    }

    pub(super) fn stop(&mut self, now: Now) {
        self.again = false;
        match self.state {
            State::Registered { .. } => self.leave(now, Left::Stopped),
            State::Leaving { until, .. } => self.state = State::Leaving { why: Left::Stopped, until },
            _ => {
                self.cancel_flight(now);
                self.state = State::Idle;
                self.refuse_early(now);
            }
        }
    }

    /// Registers, as soon as there is something to register over.
    pub(super) fn register(&mut self, now: Now) {
        if !self.is_datagram() && !self.connected {
            self.state = State::Connecting;
            return;
        }
        self.state = State::Registering;
        let text = |name: &str, value: &str| format!("{name}={value}");
        let mut request = Request::new(RequestType::Post)
            .with_path("rd")
            .with_query(text("ep", self.endpoint.as_str()))
            .with_query(text("lt", &self.lifetime().to_string()))
            .with_query(text("lwm2m", &self.lwm2m.to_string()))
            .with_query(text("b", &self.binding()));
        // In 1.0 the mode is one of the letters of `b`.
        if self.queue_mode && self.lwm2m > Version::V1_0 {
            request = request.with_query("Q");
        }
        let request = request.with_content_format(ContentFormat::LINK_FORMAT.0).with_payload(self.object_list());
        self.send(now, Flight::Register, request);
    }

    /// Does what an operation brings about.
    pub(super) fn take_effect(&mut self, now: Now, effect: Effect) {
        match effect {
            Effect::Update(update) => {
                if let State::Registered { wanted, .. } = &mut self.state {
                    *wanted = Some(wanted.unwrap_or_default().and(update));
                    self.update_if_wanted(now);
                }
            }
            Effect::Reboot | Effect::FactoryReset => {
                self.tell(ClientEvent::Rebooting { away: self.reboot_time });
                let why = if effect == Effect::Reboot { Left::Reboot } else { Left::FactoryReset };
                self.leave(now, why);
            }
            Effect::Disable => self.leave(now, Left::Disabled),
        }
    }

    /// De-registers.
    fn leave(&mut self, now: Now, why: Left) {
        let State::Registered { location, .. } = &self.state else { return };
        let request = at(RequestType::Delete, location);
        self.cancel_flight(now);
        self.state = State::Leaving { why, until: now.mono + self.deregister_wait };
        self.send(now, Flight::Deregister, request);
    }

    fn update_if_wanted(&mut self, now: Now) {
        let State::Registered { location, updating, wanted, .. } = &mut self.state else { return };
        if *updating {
            return;
        }
        let Some(Update { lifetime, binding, objects }) = wanted.take() else { return };
        *updating = true;
        let mut request = at(RequestType::Post, location);
        if lifetime {
            request = request.with_query(format!("lt={}", self.lifetime()));
        }
        if binding {
            request = request.with_query(format!("b={}", self.binding()));
        }
        if objects {
            request = request.with_content_format(ContentFormat::LINK_FORMAT.0).with_payload(self.object_list());
        }
        self.send(now, Flight::Update, request);
    }

    fn send(&mut self, now: Now, flight: Flight, request: Request) {
        self.last_request += 1;
        let id = RequestId(self.last_request);
        self.flight = Some((id, flight));
        let reliability = Reliability::Confirmable;
        let input = coap_exchange::Input::Request { id, peer: self.peer(), request, reliability, slot: 0 };
        self.exchange(now, input);
    }

    fn cancel_flight(&mut self, now: Now) {
        if let Some((id, _)) = self.flight.take() {
            self.exchange(now, coap_exchange::Input::Cancel { id });
        }
    }

    /// The server answered a request of ours, or nobody did.
    pub(super) fn flight_ended(&mut self, now: Now, id: RequestId, result: Result<Response, ExchangeError>) {
        let Some((_, flight)) = self.flight.take_if(|(flying, _)| *flying == id) else { return };
        let refused = |response: &Response| RegistrationError::Refused(response.code);
        match (flight, result) {
            (Flight::Register, Ok(response)) if response.is_success() => self.registered(now, &response),
            (Flight::Register, result) => {
                let wait = result.as_ref().ok().and_then(max_age);
                let why = result.map_or_else(RegistrationError::NoAnswer, |response| refused(&response));
                self.registration_failed(now, why, wait);
            }
            (Flight::Update, Ok(response)) if response.is_success() => {
                self.stats.updated += 1;
                self.prolong(now);
                self.tell(ClientEvent::Updated);
                self.update_if_wanted(now);
            }
            // Busy: it knows us, and says when to come again.
            (Flight::Update, Ok(response)) if max_age(&response).is_some() => {
                if let State::Registered { update_at, updating, wanted, .. } = &mut self.state {
                    *updating = false;
                    *wanted = Some(Update::ALL);
                    *update_at = now.mono + max_age(&response).unwrap_or_default();
                }
            }
            (Flight::Update, result) => {
                self.stats.updates_failed += 1;
                let why = result.map_or_else(RegistrationError::NoAnswer, |response| refused(&response));
                self.tell(ClientEvent::RegistrationFailed { why, retry_in: Duration::ZERO });
                self.forget_session(now);
                self.register(now);
            }
            (Flight::Deregister, _) => self.left(now),
        }
    }

    fn registered(&mut self, now: Now, response: &Response) {
        let location: Vec<_> = response.options.iter(CoapOption::LocationPath).map(<[u8]>::to_vec).collect();
        if location.is_empty() {
            return self.registration_failed(now, RegistrationError::NoLocation, None);
        }
        let text: Vec<_> = location.iter().map(|segment| String::from_utf8_lossy(segment)).collect();
        let text = text.join("/");
        self.stats.registered += 1;
        self.failures = 0;
        self.state = State::Registered { location, update_at: Mono::NEVER, updating: false, wanted: None };
        self.prolong(now);
        self.tell(ClientEvent::Registered { location: text });
        // What the server asked before its own answer came through.
        for (exchange, request) in core::mem::take(&mut self.early) {
            self.on_request(now, exchange, request);
        }
    }

    fn registration_failed(&mut self, now: Now, why: RegistrationError, wait: Option<Duration>) {
        self.stats.registrations_failed += 1;
        let doubled = self.retry_first.saturating_mul(1 << self.failures.min(16)).min(self.retry_longest);
        self.failures += 1;
        // Devices that lost the same server must not all come back at the same moment.
        let spread = doubled.as_micros() as u64 / 4;
        let chance = Duration::from_micros(self.random.next_u64() % (spread + 1));
        let retry_in = wait.map_or(doubled, |wait| wait.max(doubled)) + chance;
        self.state = State::Waiting { until: now.mono + retry_in };
        self.tell(ClientEvent::RegistrationFailed { why, retry_in });
        self.refuse_early(now);
    }

    /// Counts the lifetime from now.
    fn prolong(&mut self, now: Now) {
        let lifetime = Duration::from_secs(self.lifetime().into());
        let margin = UPDATE_MARGIN.min(lifetime / 2);
        let at = if lifetime.is_zero() { Mono::NEVER } else { now.mono + (lifetime - margin) };
        if let State::Registered { update_at, updating, .. } = &mut self.state {
            *update_at = at;
            *updating = false;
        }
    }

    /// The De-register is answered, or was waited for long enough.
    fn left(&mut self, now: Now) {
        let State::Leaving { why, .. } = self.state else { return };
        self.cancel_flight(now);
        self.stats.deregistered += 1;
        self.tell(ClientEvent::Deregistered { why });
        self.forget_session(now);
        let away = match why {
            Left::Reboot | Left::FactoryReset => self.reboot_time,
            Left::Disabled => {
                let seconds = self.server_seconds(server::DISABLE_TIMEOUT);
                Duration::from_secs(seconds.unwrap_or(server::DEFAULT_DISABLE_TIMEOUT).into())
            }
            Left::Stopped | Left::Closed => {
                self.state = State::Idle;
                if core::mem::take(&mut self.again) {
                    self.start(now);
                }
                return;
            }
        };
        self.state = State::Away { why, until: now.mono + away };
    }

    /// What the server knew of us is gone: so are its observations.
    pub(super) fn forget_session(&mut self, now: Now) {
        self.drop_observations(now);
        self.early.clear();
        if self.is_datagram() {
            self.exchange(now, coap_exchange::Input::Closed { peer: self.peer() });
        }
    }

    /// The WebSocket closed.
    pub(super) fn connection_closed(&mut self, now: Now) {
        self.flight = None;
        self.early.clear();
        self.drop_observations(now);
        match self.state {
            State::Idle | State::Away { .. } => {}
            State::Leaving { .. } => self.left(now),
            State::Registered { .. } => {
                self.tell(ClientEvent::Deregistered { why: Left::Closed });
                self.state = State::Connecting;
            }
            _ => self.state = State::Connecting,
        }
    }

    /// Does what the time has come for.
    pub(super) fn run_timers(&mut self, now: Now) {
        match &mut self.state {
            State::Waiting { until } if *until <= now.mono => self.register(now),
            State::Registered { update_at, updating: false, wanted, .. } if *update_at <= now.mono => {
                wanted.get_or_insert_default();
                *update_at = Mono::NEVER;
                self.update_if_wanted(now);
            }
            State::Leaving { until, .. } if *until <= now.mono => self.left(now),
            State::Away { why, until } if *until <= now.mono => {
                let why = *why;
                if why == Left::FactoryReset {
                    self.reset_values();
                }
                if why != Left::Disabled {
                    self.start_clocks(now);
                }
                self.failures = 0;
                self.register(now);
            }
            _ => {}
        }
    }

    /// When the next of these is.
    pub(super) fn next_step(&self) -> Mono {
        match &self.state {
            State::Waiting { until } | State::Leaving { until, .. } | State::Away { until, .. } => *until,
            State::Registered { update_at, updating: false, .. } => *update_at,
            _ => Mono::NEVER,
        }
    }

    /// Seconds until the registration ends without an Update; 0 is for ever.
    pub fn lifetime(&self) -> u32 {
        self.server_seconds(server::LIFETIME).unwrap_or(0)
    }

    /// `b`: in 1.0 with the mode among its letters.
    fn binding(&self) -> String {
        let mut letters = match self.server_value(server::BINDING) {
            Some(Value::String(letters)) => letters.to_string(),
            _ => "U".to_owned(),
        };
        if self.queue_mode && self.lwm2m == Version::V1_0 && !letters.contains('Q') {
            letters.insert(1.min(letters.len()), 'Q');
        }
        letters
    }

    /// A resource of the Server object.
    pub(super) fn server_value(&self, resource: u16) -> Option<&Value<'static>> {
        let instance = self.tree.objects.get(&server::ID)?.instances.keys().next()?;
        self.tree.value(Path::resource(server::ID, *instance, resource))
    }

    /// The same as a number of seconds.
    pub(super) fn server_seconds(&self, resource: u16) -> Option<u32> {
        match self.server_value(resource)? {
            Value::Integer(seconds) => u32::try_from(*seconds).ok(),
            _ => None,
        }
    }

    /// The body of a Register: objects with the versions that are not the usual ones, and instances.
    fn object_list(&self) -> String {
        let mut list = ObjectList::default();
        // Every device has these.
        let basic = [ContentFormat::TEXT, ContentFormat::OPAQUE];
        list.formats = self.formats.iter().copied().filter(|format| !basic.contains(format)).collect();
        let objects = self.tree.objects.iter().filter(|(id, _)| **id != 0);
        list.objects = objects
            .map(|(id, object)| RegisteredObject {
                id: *id,
                version: self.version_to_tell(*id),
                instances: object.instances.keys().copied().collect(),
            })
            .collect();
        list.to_link_format()
    }

    /// The version of an object if it is not the one that goes without saying.
    pub(super) fn version_to_tell(&self, object: u16) -> Option<Version> {
        let usual = Models::for_registration(self.lwm2m, &[(object, None)]).version(object);
        self.tree.models.version(object).filter(|version| Some(*version) != usual)
    }
}

/// A request to the place of the registration.
fn at(method: RequestType, location: &[Vec<u8>]) -> Request {
    location.iter().fold(Request::new(method), |request, segment| request.with_path(segment))
}

/// The Max-Age of a 5.03.
fn max_age(response: &Response) -> Option<Duration> {
    let is_busy = response.code_text() == "5.03";
    let seconds = is_busy.then(|| response.options.first_uint(CoapOption::MaxAge))??;
    Some(Duration::from_secs(u64::from(seconds).clamp(1, 3600)))
}
