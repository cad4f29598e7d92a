//! The Server: input in, output out. This file moves things; the rules are in the files beside it.
//!
//! A change of a registration goes in three steps: it is decided (`registering`), written down (`Output::Store`), and, when
//! [`Input::Settled`] says that it is stored, done and answered (`settle`). What else comes from the same device meanwhile
//! waits.

mod discovery;
mod door;
mod observing;
mod registering;
mod registrations;
mod relay;
mod requesting;
mod wish;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use coap_exchange::{CoapOption, ExchangeId, Exchanges, Mono, Now, PeerId, Request, RequestId, Response, ResponseType};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use self::door::Door;
use self::observing::Observations;
use self::registering::{Job, Unsettled};
use self::registrations::Registrations;
use self::wish::Refusal;
use crate::{EndpointName, Event, Input, Limits, Output, Registration, Stats};

/// What is told a client that should come again: Max-Age of a 5.03, in seconds.
const RETRY_SECONDS: u32 = 5;

/// The largest message to a WebSocket client that is no page, in bytes: what RFC 8323 takes for granted ("Capabilities and
/// Settings Messages", Max-Message-Size). libcoap announces 8 MiB and breaks above 1,472 bytes.
const TOOL_MESSAGE: usize = 1_152;

/// What a [`Server`] is made from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Where all chance comes from: locations, tokens, message ids, retransmission times.
    pub seed: [u8; 32],
    /// Its bounds.
    pub limits: Limits,
    /// The bounds of the exchanges below it.
    pub exchange_limits: coap_exchange::Limits,
}

impl Config {
    /// A configuration with default limits.
    pub fn new(seed: [u8; 32]) -> Self {
        Self { seed, limits: Limits::default(), exchange_limits: coap_exchange::Limits::default() }
    }
}

/// An LwM2M Server: registrations, and one door to every registered device. See the [crate] page for how it is driven.
pub struct Server {
    limits: Limits,
    exchanges: Exchanges,
    random: ChaCha8Rng,
    registrations: Registrations,
    unsettled: BTreeMap<EndpointName, Unsettled>,
    door: Door,
    observations: Observations,
    connections: BTreeSet<PeerId>,
    /// Requests whose client went away, to be given up once all that went with it is known.
    orphans: Vec<RequestId>,
    outputs: VecDeque<Output>,
    exchange_timeout: Mono,
    stats: Stats,
}

impl Server {
    /// A Server with no registrations.
    pub fn new(config: Config) -> Self {
        let mut random = ChaCha8Rng::from_seed(config.seed);
        let mut exchange_config = coap_exchange::Config::new(random.next_u64());
        exchange_config.limits = config.exchange_limits;
        let exchanges = Exchanges::new(exchange_config);
        Self {
            limits: config.limits,
            exchanges,
            random,
            registrations: Registrations::default(),
            unsettled: BTreeMap::new(),
            door: Door::default(),
            observations: Observations::default(),
            connections: BTreeSet::new(),
            orphans: Vec::new(),
            outputs: VecDeque::new(),
            exchange_timeout: Mono::NEVER,
            stats: Stats::default(),
        }
    }

    /// Takes what happened. Nothing is returned: what follows from it comes out of [`poll_output`](Self::poll_output).
    pub fn handle_input(&mut self, now: Now, input: Input<'_>) {
        match input {
            Input::Opened { peer, page } => {
                self.connections.insert(peer);
                self.exchange(now, coap_exchange::Input::Opened { peer, role: coap_exchange::Role::Acceptor });
                if !page {
                    self.exchange(now, coap_exchange::Input::SetMaxMessage { peer, bytes: TOOL_MESSAGE });
                }
            }
            Input::Datagram { peer, bytes } => self.exchange(now, coap_exchange::Input::Datagram { peer, bytes }),
            Input::Frame { peer, bytes } => self.exchange(now, coap_exchange::Input::Frame { peer, bytes }),
            Input::TextFrame { peer } => self.exchange(now, coap_exchange::Input::TextFrame { peer }),
            Input::Closed { peer } => {
                self.connections.remove(&peer);
                self.exchange(now, coap_exchange::Input::Closed { peer });
                self.connection_gone(now, peer);
            }
            Input::Request { id, endpoint, operation, time_left } => {
                self.operate(now, id, endpoint, operation, time_left);
            }
            Input::Cancel { id } => self.cancel(now, id),
            Input::Settled { group, stored } => self.settle(now, group, stored),
            Input::Timeout => self.exchange(now, coap_exchange::Input::Timeout),
        }
        self.run_timers(now);
    }

    /// What to do next: everything that waits, and then always [`Output::Timeout`].
    pub fn poll_output(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or_else(|| {
            let own = [self.registrations.next_deadline(), self.door.next_deadline()].into_iter().flatten();
            Output::Timeout(own.fold(self.exchange_timeout, Mono::min))
        })
    }

    /// All registrations, in the order of their names.
    pub fn registrations(&self) -> impl Iterator<Item = &Registration> {
        self.registrations.iter()
    }

    /// How many registrations there are.
    pub fn registration_count(&self) -> usize {
        self.registrations.len()
    }

    /// The registration of one device.
    pub fn registration(&self, endpoint: &EndpointName) -> Option<&Registration> {
        self.registrations.get(endpoint)
    }

    /// Whether a registration stands at this peer. A driver must not forget how to reach it; it may forget any other that
    /// was silent for longer than an exchange lasts.
    pub fn is_in_use(&self, peer: PeerId) -> bool {
        self.registrations.at_peer(peer).next().is_some()
    }

    /// What was counted.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// What the exchanges below counted.
    pub fn exchange_stats(&self) -> &coap_exchange::Stats {
        self.exchanges.stats()
    }

    /// Hands something to the exchange layer, and does what follows from it.
    fn exchange(&mut self, now: Now, input: coap_exchange::Input<'_>) {
        self.exchanges.handle_input(now, input);
        loop {
            match self.exchanges.poll_output() {
                coap_exchange::Output::Transmit { peer, bytes } => {
                    self.outputs.push_back(Output::Transmit { peer, bytes })
                }
                coap_exchange::Output::Close { peer, code, reason } => {
                    self.outputs.push_back(Output::Close { peer, code, reason });
                }
                coap_exchange::Output::Event(event) => self.on_exchange(now, event),
                coap_exchange::Output::Timeout(at) => {
                    self.exchange_timeout = at;
                    break;
                }
            }
        }
        self.give_up_orphans(now);
    }

    /// The newest first: one that ends must not make room for one that ends with it.
    fn give_up_orphans(&mut self, now: Now) {
        if let Some(id) = self.orphans.pop() {
            self.exchange(now, coap_exchange::Input::Cancel { id });
        }
    }

    fn on_exchange(&mut self, now: Now, event: coap_exchange::Event) {
        match event {
            coap_exchange::Event::Request { exchange, peer, request } => self.on_request(now, exchange, peer, request),
            coap_exchange::Event::Response { id, response, .. } => self.answered(now, id, response),
            coap_exchange::Event::Failed { id, error } => self.failed(now, id, relay::request_error(error)),
            coap_exchange::Event::Notification { id, response, .. } => self.notified(now, id, response),
            coap_exchange::Event::ObservationEnded { id, result, .. } => self.observation_ended(now, id, result),
            coap_exchange::Event::ObserverGone { exchange, .. } => self.watcher_gone(now, exchange),
            coap_exchange::Event::Abandoned { exchange } => self.abandoned(now, exchange),
            _ => {}
        }
    }

    /// A request from a device or from a WebSocket client: to the part that knows its path.
    fn on_request(&mut self, now: Now, exchange: ExchangeId, peer: PeerId, request: Request) {
        if request.options.contains(CoapOption::ProxyUri) || request.options.contains(CoapOption::ProxyScheme) {
            self.stats.proxy_refused += 1;
            let text = "this bridge forwards to registered devices only, under /ep/<endpoint>/";
            return self.refuse(now, exchange, Refusal::new(ResponseType::ProxyingNotSupported, text));
        }
        let path: Vec<&[u8]> = request.uri_path().take(3).collect();
        let over_connection = self.connections.contains(&peer);
        match path[..] {
            [b"rd"] | [b"rd", _] => self.enqueue(now, Job::Request { exchange, peer, request }),
            [b".well-known", b"core"] if request.method == coap_exchange::RequestType::Get => {
                let devices = over_connection.then(|| self.registrations.iter());
                let response = discovery::well_known_core(&request, devices);
                self.respond(now, exchange, response);
            }
            [b".well-known", b"core"] => {
                self.refuse(now, exchange, Refusal::new(ResponseType::MethodNotAllowed, "only GET"))
            }
            [b"ep", _, ..] if over_connection => self.relay(now, exchange, request),
            _ => {
                self.stats.unknown_path += 1;
                let text = if over_connection {
                    "nothing here: /ep/<endpoint>/<path>, /rd or /.well-known/core"
                } else {
                    "nothing here: register at /rd"
                };
                self.refuse(now, exchange, Refusal::new(ResponseType::NotFound, text));
            }
        }
    }

    fn run_timers(&mut self, now: Now) {
        while let Some(endpoint) = self.registrations.pop_overdue(now.mono) {
            self.enqueue(now, Job::Gone { endpoint, why: crate::Gone::Expired });
        }
        while let Some(id) = self.door.overdue(now.mono) {
            self.out_of_time(now, id);
        }
    }

    fn respond(&mut self, now: Now, exchange: ExchangeId, response: Response) {
        self.exchange(now, coap_exchange::Input::Respond { exchange, response });
    }

    fn refuse(&mut self, now: Now, exchange: ExchangeId, refusal: Refusal) {
        self.respond(now, exchange, Response::new(refusal.code).with_diagnostic(&refusal.text));
    }

    /// 5.03: come again in a while.
    fn busy(&mut self, now: Now, exchange: ExchangeId, text: &str) {
        let response =
            Response::new(ResponseType::ServiceUnavailable).with_diagnostic(text).with_max_age(RETRY_SECONDS);
        self.respond(now, exchange, response);
    }

    fn tell(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }
}
