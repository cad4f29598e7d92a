//! The state machine: inputs in, outputs out.
//!
//! The file holds what both directions share. `incoming` has the requests that we receive, with `serving` for large answers
//! and `observers` for notifications; `outgoing` has those that we send, with `upload` and `collect` for large bodies and
//! `observing` for what we observe. `udp` and `ws` are the message layers below them.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use hashbrown::HashMap;

use crate::dedup::Memory;
use crate::mid::Line;
use crate::observers::Observer;
use crate::observing::Observations;
use crate::peer::{Link, Open, Owner, Peer, Sent, Udp};
use crate::rng::Rng;
use crate::timer::{Timer, Timers};
use crate::{
    Config, Event, ExchangeError, ExchangeId, Input, Mono, Now, ObserverEnd, Output, PeerId, RequestId, Stats, Stop,
};

/// All CoAP exchanges with all peers.
///
/// One value serves every socket and WebSocket of a server, or the one connection of a client. The caller tells what happened
/// with [`handle_input`](Self::handle_input) and does what [`poll_output`](Self::poll_output) says. See the crate page for
/// the loop.
#[derive(Debug)]
pub struct Exchanges {
    pub(crate) config: Config,
    pub(crate) stats: Stats,
    pub(crate) outputs: VecDeque<Output>,
    pub(crate) timers: Timers,
    pub(crate) rng: Rng,
    pub(crate) now: Mono,
    /// Set by the first input.
    pub(crate) line: Option<Line>,
    pub(crate) last_exchange: u64,
    pub(crate) peers: HashMap<PeerId, Peer>,
    pub(crate) memory: Memory,
    pub(crate) open: HashMap<ExchangeId, Open>,
    pub(crate) sent: HashMap<RequestId, Sent>,
    pub(crate) tokens: HashMap<u64, RequestId>,
    /// What we observe.
    pub(crate) observations: Observations,
    /// Who observes us.
    pub(crate) observers: HashMap<ExchangeId, Observer>,
    /// WebSockets that were closed from here, until the driver knows: nothing may be sent to them as if they were UDP.
    pub(crate) gone: HashMap<PeerId, Mono>,
    /// Bytes in bodies that are not complete, and in answers kept for their further blocks.
    pub(crate) bodies: usize,
}

impl Exchanges {
    /// Starts with no peers.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            rng: Rng::new(config.seed),
            config,
            stats: Stats::default(),
            outputs: VecDeque::new(),
            timers: Timers::default(),
            now: Mono::ZERO,
            line: None,
            last_exchange: 0,
            peers: HashMap::new(),
            memory: Memory::new(),
            open: HashMap::new(),
            sent: HashMap::new(),
            tokens: HashMap::new(),
            observations: Observations::default(),
            observers: HashMap::new(),
            gone: HashMap::new(),
            bodies: 0,
        }
    }

    /// Takes in what happened. Bad bytes are not an error of the caller: they are answered, or dropped, and counted in
    /// [`Stats`].
    ///
    /// Timers that are due by `now` fire after the input, so an acknowledgement that was read late still counts.
    pub fn handle_input(&mut self, now: Now, input: Input<'_>) {
        self.now = self.now.max(now.mono);
        if self.line.is_none() {
            self.line = Some(Line::new(self.now, now.utc, self.config.message_id_offset));
        }
        match input {
            Input::Opened { peer, role } => self.ws_opened(peer, role),
            Input::Datagram { peer, bytes } => self.udp_datagram(peer, bytes),
            Input::Frame { peer, bytes } => self.ws_frame(peer, bytes),
            Input::TextFrame { peer } => self.ws_text(peer),
            Input::Request { id, peer, request, reliability, slot } => {
                self.request(id, peer, request, reliability, slot);
            }
            Input::Respond { exchange, response } => self.respond(exchange, response),
            Input::Notify { exchange, response, reliability } => self.notify(exchange, response, reliability),
            Input::StopObserving { id, how } => self.stop_observing(id, how),
            Input::Cancel { id } => self.stop_observing(id, Stop::Reset),
            Input::Moved { from, to } => self.moved(from, to),
            Input::SetMaxMessage { peer, bytes } => self.set_max_message(peer, bytes),
            Input::Ping { peer } => self.ping(peer),
            Input::Release { peer } => self.ws_release(peer),
            Input::Closed { peer } => {
                self.forget(peer);
                self.forget_gone(peer);
            }
            Input::Timeout => {}
        }
        while let Some(timer) = self.timers.pop(self.now) {
            self.fire(timer);
        }
        self.memory.expire(self.now);
    }

    /// Gives the next thing to do; [`Output::Timeout`] is always the last.
    ///
    /// Inputs may come before everything is drained: late draining costs delay, never correctness.
    pub fn poll_output(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or_else(|| Output::Timeout(self.next_timeout()))
    }

    /// The counters.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }

    /// The parameters given at the start.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Remembered ids expire in groups: nobody needs to be woken for each of them.
    fn next_timeout(&self) -> Mono {
        let expiry = self.memory.next_expiry();
        let expiry = if expiry == Mono::NEVER { expiry } else { expiry + MEMORY_GRAIN };
        self.timers.next().min(expiry)
    }

    fn fire(&mut self, timer: Timer) {
        match timer {
            Timer::Retransmit(peer, id) => self.udp_retransmit(peer, id),
            Timer::Exchange(exchange) => self.exchange_due(exchange),
            Timer::Response(id) => {
                self.stats.timeouts += 1;
                self.fail(id, ExchangeError::Timeout);
            }
            Timer::Slot(id) => self.release_slot(id),
            Timer::Queue(peer) => {
                if let Some(udp) = self.peers.get_mut(&peer).and_then(Peer::udp) {
                    udp.queue_due = None;
                }
                self.start_queued(peer);
            }
            Timer::Idle(peer) => {
                if let Some(udp) = self.peers.get_mut(&peer).and_then(Peer::udp) {
                    udp.idle_due = None;
                }
                self.forget_if_idle(peer);
            }
            Timer::Assembly(peer) => self.expire_assemblies(peer),
            Timer::Kept(peer) => self.expire_kept(peer),
            Timer::Csm(peer) => self.ws_csm_missing(peer),
            Timer::Close(peer) => self.ws_close(peer, 1000, "released"),
            Timer::Custody(peer) => self.ws_custody_due(peer),
            Timer::KeepAlive(peer) => self.ws_keep_alive(peer),
            Timer::Pong(peer) => self.ws_no_pong(peer),
            Timer::Gone(peer) => self.forget_gone(peer),
        }
    }

    fn ping(&mut self, peer: PeerId) {
        match self.peers.get(&peer).map(|peer| &peer.link) {
            Some(Link::Ws(_)) => self.ws_ping(peer, true),
            _ if self.gone.contains_key(&peer) => self.event(Event::Pong { peer, round_trip: None }),
            _ => self.udp_ping(peer),
        }
    }

    /// The peer's record; one that is not there becomes a UDP peer.
    pub(crate) fn peer(&mut self, peer: PeerId) -> &mut Peer {
        self.peers.entry(peer).or_insert_with(|| Peer::new(Link::Udp(Udp::default())))
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    /// A timer that fires after `delay`.
    pub(crate) fn after(&mut self, delay: Duration, timer: Timer) -> Mono {
        self.timers.set(self.now + delay, timer)
    }

    /// Removes a peer with everything that hangs on it, and tells the owners.
    pub(crate) fn forget(&mut self, peer: PeerId) {
        self.memory.forget(peer);
        let Some(mut gone) = self.peers.remove(&peer) else {
            // Observations are kept although nothing goes on.
            self.end_observations(peer);
            return;
        };
        match &mut gone.link {
            Link::Udp(udp) => {
                for transmission in &udp.transmissions {
                    self.timers.cancel(transmission.due, Timer::Retransmit(peer, transmission.id));
                    if transmission.owner == Owner::Ping {
                        self.outputs.push_back(Output::Event(Event::Pong { peer, round_trip: None }));
                    }
                }
                self.timers.cancel(udp.queue_due.unwrap_or(Mono::NEVER), Timer::Queue(peer));
                self.timers.cancel(udp.idle_due.unwrap_or(Mono::NEVER), Timer::Idle(peer));
                // Even so no message id may be used twice: the address may come back.
                let kept = Udp { ids: udp.ids, ..Udp::default() };
                self.peers.insert(peer, Peer::new(Link::Udp(kept)));
            }
            Link::Ws(ws) => {
                let pending = [
                    (ws.csm_due, Timer::Csm(peer)),
                    (ws.close_due, Timer::Close(peer)),
                    (ws.keep_alive_due, Timer::KeepAlive(peer)),
                    (ws.ping.as_ref().map(|ping| ping.due), Timer::Pong(peer)),
                ];
                for (due, timer) in pending {
                    self.timers.cancel(due.unwrap_or(Mono::NEVER), timer);
                }
                for custody in &ws.custody {
                    self.timers.cancel(custody.due, Timer::Custody(peer));
                }
                if ws.ping.as_ref().is_some_and(|ping| ping.asked) {
                    self.event(Event::Pong { peer, round_trip: None });
                }
            }
        }
        for assembly in &gone.assemblies {
            self.timers.cancel(assembly.expires, Timer::Assembly(peer));
            self.bodies -= assembly.cost();
        }
        for kept in &gone.kept {
            self.bodies -= kept.cost();
        }
        self.timers.cancel(gone.kept_due.unwrap_or(Mono::NEVER), Timer::Kept(peer));
        for exchange in core::mem::take(&mut gone.observers) {
            if self.observers.remove(&exchange).is_some() {
                self.event(Event::ObserverGone { exchange, why: ObserverEnd::Closed });
            }
        }
        for exchange in core::mem::take(&mut gone.open) {
            if let Some(open) = self.open.remove(&exchange) {
                self.timers.cancel(open.due, Timer::Exchange(exchange));
                self.event(Event::Abandoned { exchange });
            }
        }
        for id in core::mem::take(&mut gone.sent) {
            self.give_up(id, ExchangeError::Closed);
        }
        self.end_observations(peer);
        self.forget_if_idle(peer);
    }

    pub(crate) fn forget_gone(&mut self, peer: PeerId) {
        if let Some(due) = self.gone.remove(&peer) {
            self.timers.cancel(due, Timer::Gone(peer));
        }
    }

    /// Drops the record of a UDP peer with which nothing is going on, as soon as its message ids are safe.
    pub(crate) fn forget_if_idle(&mut self, peer: PeerId) {
        let Some(record) = self.peers.get_mut(&peer) else { return };
        let holds = !record.assemblies.is_empty() || !record.kept.is_empty() || !record.observers.is_empty();
        if !record.is_idle() || holds {
            return;
        }
        let (Some(udp), Some(line)) = (record.udp(), &self.line) else { return };
        if !udp.transmissions.is_empty() {
            return;
        }
        let safe = udp.ids.idle_at(line);
        if safe <= self.now {
            if let Some(due) = udp.idle_due {
                self.timers.cancel(due, Timer::Idle(peer));
            }
            self.peers.remove(&peer);
        } else if udp.idle_due.is_none() {
            udp.idle_due = Some(safe);
            self.timers.set(safe, Timer::Idle(peer));
        }
    }

    /// Queues a message for sending.
    pub(crate) fn transmit(&mut self, peer: PeerId, bytes: Vec<u8>) {
        match self.peers.get(&peer).map(|peer| &peer.link) {
            Some(Link::Ws(_)) => self.stats.frames_out += 1,
            _ => self.stats.datagrams_out += 1,
        }
        self.outputs.push_back(Output::Transmit { peer, bytes });
    }
}

/// How late remembered ids may be cleared.
const MEMORY_GRAIN: Duration = Duration::from_secs(1);
