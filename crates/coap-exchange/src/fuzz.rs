//! Random inputs of every kind: nothing panics, every request ends once, and nothing is left behind.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;

use crate::message::{Head, Message};
use crate::rng::Rng;
use crate::{
    Config, Event, ExchangeId, Exchanges, Input, MessageClass, MessageType, Mono, Now, Output, PeerId, Reliability,
    Request, RequestId, RequestType, Response, ResponseType, Role, Stop, Utc,
};

struct Run {
    rng: Rng,
    exchanges: Exchanges,
    now: Mono,
    /// What was sent last: its ids and tokens make answers that fit.
    sent: BTreeMap<PeerId, Vec<u8>>,
    /// The token of what was last asked with Observe, and the message id of the last notification of ours.
    watched: BTreeMap<PeerId, Vec<u8>>,
    notified: BTreeMap<PeerId, u16>,
    open: Vec<ExchangeId>,
    /// Exchanges that may have an observer; kept in step with what is told.
    observers: Vec<ExchangeId>,
    /// Requests that are observations now.
    observing: Vec<RequestId>,
    /// How often each request ended.
    ended: BTreeMap<RequestId, u32>,
    asked: u64,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut config = Config::new(seed);
        let limits = &mut config.limits;
        (limits.body, limits.bodies, limits.remembered_bytes, limits.remembered_ids) = (3_000, 6_000, 2_500, 8);
        (limits.open, limits.open_per_peer, limits.requests_waiting, limits.in_flight) = (40, 10, 5, 3);
        (limits.observations_per_peer, limits.observers, limits.observers_per_peer, limits.kept) = (6, 20, 6, 3);
        limits.nstart = 1 + seed as usize % 3;
        config.block_size = [16, 64, 1024][seed as usize % 3];
        Self {
            rng: Rng::new(seed),
            exchanges: Exchanges::new(config),
            now: Mono::ZERO,
            sent: BTreeMap::new(),
            watched: BTreeMap::new(),
            notified: BTreeMap::new(),
            open: Vec::new(),
            observers: Vec::new(),
            observing: Vec::new(),
            ended: BTreeMap::new(),
            asked: 0,
        }
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.rng.below(from.len() as u64) as usize].clone()
    }

    /// A message that could mean something, often an answer to what was sent.
    fn message(&mut self, peer: PeerId, websocket: bool) -> Vec<u8> {
        let mut bytes = self.plausible(peer, websocket);
        if self.rng.below(8) == 0 {
            let at = self.rng.below(bytes.len() as u64) as usize;
            bytes[at] = self.rng.next() as u8;
        }
        if self.rng.below(16) == 0 {
            let length = self.rng.below(bytes.len() as u64 + 1) as usize;
            bytes.truncate(length);
        }
        bytes
    }

    fn plausible(&mut self, peer: PeerId, websocket: bool) -> Vec<u8> {
        let kinds =
            [MessageType::Confirmable, MessageType::NonConfirmable, MessageType::Acknowledgement, MessageType::Reset];
        let mut kind = self.pick(&kinds);
        let mut id = self.rng.below(20) as u16;
        let mut token = Vec::from(&[7; 8][..self.rng.below(9) as usize]);
        let mut fitting = None;
        let mut code: u8 =
            self.pick(&[0, 0, 1, 2, 3, 5, 8, 0x41, 0x44, 0x45, 0x45, 0x45, 0x5f, 0x84, 0xa0, 0x20, 0xc0]);
        if let Some(sent) = self.sent.get(&peer).filter(|_| self.rng.below(3) > 0)
            && let Ok(message) = Message::decode(
                if websocket { crate::message::Framing::WebSocket } else { crate::message::Framing::Udp },
                sent,
            )
        {
            token = message.token;
            fitting = message.options.first_uint(23u16).or(Some(8));
            if let Head::Datagram { id: other, .. } = message.head {
                id = other;
            }
        }
        if let Some(watched) = self.watched.get(&peer).cloned().filter(|_| self.rng.below(5) == 0) {
            (token, code) = (watched, self.pick(&[0x45, 0x45, 0x45, 0x84]));
            (kind, id) = (self.pick(&kinds[..2]), self.rng.next() as u16);
        }
        if let Some(notified) = self.notified.get(&peer).filter(|_| self.rng.below(8) == 0) {
            (kind, id, code) = (kinds[2 + self.rng.below(2) as usize], *notified, 0);
        }
        if code == 0 && !websocket {
            return crate::message::empty(kind, id);
        }
        if websocket && self.rng.below(6) == 0 {
            let code = self.pick(&[0xe1, 0xe1, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6]);
            let option = self.pick(&[0x20, 0x40, 0x60, 0x80]);
            return if self.rng.below(40) == 0 { [0, code, 0x10].into() } else { [0, code, option].into() };
        }
        if code < 0x20 && kind == MessageType::Reset {
            kind = MessageType::Confirmable;
        }
        let head = if websocket { Head::Frame } else { Head::Datagram { kind, id } };
        let mut message = Message::new(head, MessageClass::from(code), token);
        message.options.add(11u16, &[b'a' + self.rng.below(3) as u8]);
        let mut size = self.pick(&[0u32, 1, 2, 6, 7]);
        let mut number = self.rng.below(4) as u32;
        if let Some(block) = fitting.filter(|_| self.rng.below(2) == 0) {
            (number, size) = (block >> 4, block & 7);
        }
        let more = self.rng.below(2) as u32;
        if self.rng.below(2) == 0 {
            let other = self.rng.below(4) == 0;
            message
                .options
                .add_uint(if (code < 0x20) != other { 27u16 } else { 23u16 }, number << 4 | more << 3 | size);
        }
        if self.rng.below(3) == 0 {
            let number = if code < 0x20 { self.rng.below(2) as u32 } else { (self.now.as_micros() >> 16) as u32 };
            message.options.add_uint(6u16, (number + self.rng.below(2) as u32) % (1 << 24));
        }
        if self.rng.below(4) == 0 {
            message.options.add(4u16, &[1]);
        }
        if self.rng.below(50) == 0 {
            message.options.add(9u16, &[]);
        }
        let whole = 16 << size.min(6);
        let length = self.pick(&[0, 5, whole, whole, whole, 2 * whole]);
        message.payload = (0..length).map(|_| b'p').collect();
        message.encode().unwrap()
    }

    fn step(&mut self) {
        let peer = PeerId(self.rng.below(6));
        let websocket = peer.0 >= 3;
        let now = Now::new(self.now, Utc::from_micros(1_795_000_000_000_000));
        let bytes = self.message(peer, websocket);
        let input = match self.rng.below(40) {
            0 => Input::Opened { peer: PeerId(3 + peer.0 % 3), role: self.pick(&[Role::Acceptor, Role::Connector]) },
            1 => Input::TextFrame { peer },
            2 => Input::Closed { peer },
            3 => Input::Ping { peer },
            4 => Input::Release { peer },
            5..=8 => {
                self.asked += 1;
                let id = RequestId(self.asked);
                self.ended.insert(id, 0);
                let methods =
                    [RequestType::Get, RequestType::Get, RequestType::Fetch, RequestType::Put, RequestType::UnKnown];
                let mut request = Request::new(self.pick(&methods)).with_path("a");
                request.payload = b"x".repeat(self.pick(&[0, 0, 10, 100, 2_000]));
                if self.rng.below(2) == 0 {
                    request = request.with_observe();
                }
                if self.rng.below(6) == 0 {
                    request.options.add_uint(27u16, self.rng.below(64) as u32);
                }
                Input::Request { id, peer, request, reliability: self.reliability(), slot: 0 }
            }
            9 => Input::Cancel { id: RequestId(self.rng.below(self.asked + 1)) },
            10..=16 if !self.open.is_empty() => {
                let at = self.rng.below(self.open.len() as u64) as usize;
                let mut response = Response::new(ResponseType::Content).with_payload(b"x".repeat(at * 100));
                let exchange = self.open.swap_remove(at);
                if self.rng.below(3) > 0 {
                    response = response.with_observe();
                    self.observers.push(exchange);
                }
                Input::Respond { exchange, response }
            }
            18 | 19 if !self.observers.is_empty() => {
                let exchange = self.pick(&self.observers.clone());
                let code = self.pick(&[ResponseType::Content, ResponseType::Content, ResponseType::NotFound]);
                let response = Response::new(code).with_payload(b"y".repeat(self.rng.below(1_500) as usize));
                Input::Notify { exchange, response, reliability: self.reliability() }
            }
            20 if !self.observing.is_empty() => {
                let how = self.pick(&[Stop::Reset, Stop::Deregister]);
                Input::StopObserving { id: self.pick(&self.observing.clone()), how }
            }
            21 if self.rng.below(4) == 0 => Input::Moved { from: peer, to: PeerId(self.rng.below(6)) },
            22 => Input::SetMaxMessage { peer, bytes: self.rng.below(2_000) as usize },
            17 => Input::Timeout,
            _ if websocket => Input::Frame { peer, bytes: &bytes },
            _ => Input::Datagram { peer, bytes: &bytes },
        };
        self.exchanges.handle_input(now, input);
        self.drain();
    }

    fn reliability(&mut self) -> Reliability {
        self.pick(&[Reliability::Confirmable, Reliability::NonConfirmable])
    }

    fn drain(&mut self) -> Mono {
        loop {
            match self.exchanges.poll_output() {
                Output::Timeout(at) => return at,
                Output::Transmit { peer, bytes } => {
                    let framing =
                        if peer.0 >= 3 { crate::message::Framing::WebSocket } else { crate::message::Framing::Udp };
                    let Ok(message) = Message::decode(framing, &bytes) else { continue };
                    let observe = message.options.first_uint(6u16);
                    match (bytes[1], message.head) {
                        (1..8, _) => {
                            if observe == Some(0) {
                                self.watched.insert(peer, message.token);
                            }
                            self.sent.insert(peer, bytes);
                        }
                        (0x45, Head::Datagram { id, .. }) if observe.is_some() => {
                            self.notified.insert(peer, id);
                        }
                        _ => {}
                    }
                }
                Output::Close { .. } => {}
                Output::Event(Event::Request { exchange, .. }) => self.open.push(exchange),
                Output::Event(Event::Abandoned { exchange }) => self.open.retain(|other| *other != exchange),
                Output::Event(Event::Response { id, response, .. }) => {
                    *self.ended.get_mut(&id).unwrap() += 1;
                    if response.observe().is_some() {
                        self.observing.push(id);
                    }
                }
                Output::Event(Event::Failed { id, .. }) => *self.ended.get_mut(&id).unwrap() += 1,
                Output::Event(Event::Notification { id, .. }) => {
                    assert!(self.observing.contains(&id), "{id:?} is no observation");
                }
                Output::Event(Event::ObservationEnded { id, .. }) => {
                    let at = self.observing.iter().position(|other| *other == id);
                    self.observing.swap_remove(at.expect("it ended before it began"));
                }
                Output::Event(Event::ObserverGone { exchange, .. }) => {
                    let at = self.observers.iter().position(|other| *other == exchange);
                    self.observers.swap_remove(at.expect("an observer that is none"));
                }
                Output::Event(_) => {}
            }
        }
    }

    /// Closes everything and lets time pass: then nothing may be left.
    fn finish(&mut self) {
        for peer in 0..6 {
            self.exchanges.handle_input(Now::new(self.now, Utc::EPOCH), Input::Closed { peer: PeerId(peer) });
        }
        for _ in 0..10_000 {
            let due = self.drain();
            if due == Mono::NEVER {
                break;
            }
            self.now = self.now.max(due);
            self.exchanges.handle_input(Now::new(self.now, Utc::EPOCH), Input::Timeout);
        }
        let left = &self.exchanges;
        assert_eq!(left.timers.next(), Mono::NEVER);
        assert_eq!((left.peers.len(), left.open.len(), left.sent.len(), left.tokens.len()), (0, 0, 0, 0));
        assert!(left.gone.is_empty() && left.observers.is_empty() && left.observations.is_empty());
        assert!(self.observing.is_empty(), "not ended: {:?}", self.observing);
        assert_eq!((left.bodies, left.memory.next_expiry()), (0, Mono::NEVER));
        assert!(self.ended.values().all(|times| *times == 1), "{:?}", self.ended);
        assert!(self.open.is_empty());
    }
}

#[test]
fn nothing_panics_and_nothing_is_left() {
    let mut total = crate::Stats::default();
    for seed in 0..60 {
        let mut run = Run::new(seed);
        for _ in 0..1_500 {
            let pause = run.pick(&[0, 0, 1_000, 50_000, 700_000, 3_000_000]);
            run.now = run.now + Duration::from_micros(pause);
            run.step();
        }
        run.finish();
        let stats = run.exchanges.stats();
        for (total, value) in totals(&mut total).into_iter().zip(totals(&mut stats.clone())) {
            *total += *value;
        }
    }
    // The random inputs reach what they are for.
    let least = [400, 2_000, 1_000, 1, 1, 20, 20, 1, 1, 20, 1, 20, 100];
    for (at, (value, least)) in totals(&mut total).into_iter().zip(least).enumerate() {
        assert!(*value >= least, "number {at} is {value}");
    }
}

/// The counters that must have moved.
fn totals(stats: &mut crate::Stats) -> [&mut u64; 13] {
    [
        &mut stats.responses_in,
        &mut stats.requests_in,
        &mut stats.blocks_in,
        &mut stats.bodies_restarted,
        &mut stats.remembered_bytes_forgotten,
        &mut stats.observations_begun,
        &mut stats.notifications_in,
        &mut stats.notifications_stale,
        &mut stats.notifications_incomplete,
        &mut stats.observers_begun,
        &mut stats.notifications_superseded,
        &mut stats.notifications_out,
        &mut stats.blocks_out,
    ]
}
