//! Random inputs of every kind: nothing panics, every request ends once, and nothing is left behind.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;

use crate::message::{Head, Message};
use crate::rng::Rng;
use crate::{
    Config, Event, ExchangeId, Exchanges, Input, MessageClass, MessageType, Mono, Now, Output, PeerId, Reliability,
    Request, RequestId, RequestType, Response, ResponseType, Role, Utc,
};

struct Run {
    rng: Rng,
    exchanges: Exchanges,
    now: Mono,
    /// What was sent last: its ids and tokens make answers that fit.
    sent: BTreeMap<PeerId, Vec<u8>>,
    open: Vec<ExchangeId>,
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
        Self {
            rng: Rng::new(seed),
            exchanges: Exchanges::new(config),
            now: Mono::ZERO,
            sent: BTreeMap::new(),
            open: Vec::new(),
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
        let code: u8 = self.pick(&[0, 0, 1, 2, 3, 5, 8, 0x41, 0x44, 0x45, 0x45, 0x45, 0x5f, 0x84, 0xa0, 0x20, 0xc0]);
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
            message.options.add_uint(if code < 0x20 { 27u16 } else { 23u16 }, number << 4 | more << 3 | size);
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
                let request = Request::new(self.pick(&[RequestType::Get, RequestType::Fetch, RequestType::UnKnown]));
                let reliability = self.pick(&[Reliability::Confirmable, Reliability::NonConfirmable]);
                Input::Request { id, peer, request: request.with_path("a"), reliability, slot: 0 }
            }
            9 => Input::Cancel { id: RequestId(self.rng.below(self.asked + 1)) },
            10..=16 if !self.open.is_empty() => {
                let at = self.rng.below(self.open.len() as u64) as usize;
                let response = Response::new(ResponseType::Content).with_payload(b"x".repeat(at * 100));
                Input::Respond { exchange: self.open.swap_remove(at), response }
            }
            17 => Input::Timeout,
            _ if websocket => Input::Frame { peer, bytes: &bytes },
            _ => Input::Datagram { peer, bytes: &bytes },
        };
        self.exchanges.handle_input(now, input);
        self.drain();
    }

    fn drain(&mut self) -> Mono {
        loop {
            match self.exchanges.poll_output() {
                Output::Timeout(at) => return at,
                Output::Transmit { peer, bytes } => {
                    if bytes.get(1).is_some_and(|code| (1..8).contains(code)) {
                        self.sent.insert(peer, bytes);
                    }
                }
                Output::Close { .. } => {}
                Output::Event(Event::Request { exchange, .. }) => self.open.push(exchange),
                Output::Event(Event::Abandoned { exchange }) => self.open.retain(|other| *other != exchange),
                Output::Event(Event::Response { id, .. } | Event::Failed { id, .. }) => {
                    *self.ended.get_mut(&id).unwrap() += 1;
                }
                Output::Event(_) => {}
            }
        }
    }

    /// Closes everything and lets time pass: then nothing may be left.
    fn finish(&mut self) {
        for peer in 3..6 {
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
        assert!(left.gone.is_empty());
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
        total.responses_in += stats.responses_in;
        total.requests_in += stats.requests_in;
        total.blocks_in += stats.blocks_in;
        total.bodies_restarted += stats.bodies_restarted;
        total.remembered_bytes_forgotten += stats.remembered_bytes_forgotten;
    }
    // The random inputs reach what they are for.
    assert!(total.responses_in > 400 && total.requests_in > 2_000 && total.blocks_in > 1_000, "{total:?}");
    assert!(total.bodies_restarted > 0 && total.remembered_bytes_forgotten > 0, "{total:?}");
}
