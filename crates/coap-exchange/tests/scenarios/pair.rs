//! Two `Exchanges` joined by a network in fake time: what happens when messages are lost, doubled and late.

use std::collections::BTreeMap;
use std::time::Duration;

use coap_exchange::*;

/// One side asks, the other answers, on a network that does what it is told.
pub(crate) struct Pair {
    pub(crate) sides: [Exchanges; 2],
    pub(crate) now: Now,
    /// Messages on their way by arrival and number: to which side, what.
    network: BTreeMap<(Mono, u64), (usize, Vec<u8>)>,
    pub(crate) sent: u64,
    /// What becomes of the n-th message: when its copies arrive.
    fate: Box<dyn FnMut(u64) -> Vec<Duration>>,
    websocket: bool,
    /// How long the answering side thinks.
    pub(crate) think: Duration,
    thinking: Vec<(Mono, ExchangeId, Request)>,
    /// Requests that the answering side was given.
    pub(crate) delivered: Vec<Request>,
    /// How requests ended.
    pub(crate) ended: BTreeMap<u64, Vec<Result<Response, ExchangeError>>>,
    abandoned: usize,
    /// Who observes, and what they are to be told when.
    pub(crate) observers: Vec<ExchangeId>,
    pub(crate) changes: Vec<(Mono, Vec<u8>, Reliability)>,
    /// What GET is answered with from the first change on.
    state: Option<Vec<u8>>,
    /// How observers were lost.
    pub(crate) gone: Vec<ObserverEnd>,
    /// Notifications told, and how observations ended.
    pub(crate) told: Vec<Vec<u8>>,
    pub(crate) over: Vec<Result<Response, ExchangeError>>,
}

pub(crate) const PEER: PeerId = PeerId(9);
pub(crate) const DELAY: Duration = Duration::from_millis(20);

impl Pair {
    pub(crate) fn new(seed: u64, websocket: bool, fate: impl FnMut(u64) -> Vec<Duration> + 'static) -> Self {
        let mut pair = Self {
            sides: [Exchanges::new(Config::new(seed)), Exchanges::new(Config::new(seed + 1))],
            now: Now::new(Mono::from_micros(3), Utc::from_micros(1_795_000_000_000_000)),
            network: BTreeMap::new(),
            sent: 0,
            fate: Box::new(fate),
            websocket,
            think: Duration::ZERO,
            thinking: Vec::new(),
            delivered: Vec::new(),
            ended: BTreeMap::new(),
            abandoned: 0,
            observers: Vec::new(),
            changes: Vec::new(),
            state: None,
            gone: Vec::new(),
            told: Vec::new(),
            over: Vec::new(),
        };
        if websocket {
            pair.input(0, Input::Opened { peer: PEER, role: Role::Connector });
            pair.input(1, Input::Opened { peer: PEER, role: Role::Acceptor });
        }
        pair
    }

    pub(crate) fn ask(&mut self, id: u64, request: Request, reliability: Reliability) {
        self.input(0, Input::Request { id: RequestId(id), peer: PEER, request, reliability, slot: 0 });
    }

    pub(crate) fn input(&mut self, side: usize, input: Input<'_>) {
        self.sides[side].handle_input(self.now, input);
        self.drain(side);
    }

    fn drain(&mut self, side: usize) {
        loop {
            match self.sides[side].poll_output() {
                Output::Timeout(_) => return,
                Output::Transmit { bytes, .. } => {
                    for delay in (self.fate)(self.sent) {
                        self.network.insert((self.now.mono + delay, self.sent), (1 - side, bytes.clone()));
                    }
                    self.sent += 1;
                }
                Output::Event(Event::Request { exchange, request, .. }) => {
                    assert_eq!(side, 1);
                    self.delivered.push(request.clone());
                    self.thinking.push((self.now.mono + self.think, exchange, request));
                }
                Output::Event(Event::Response { id, response, .. }) => {
                    self.ended.entry(id.0).or_default().push(Ok(response));
                }
                Output::Event(Event::Failed { id, error }) => self.ended.entry(id.0).or_default().push(Err(error)),
                Output::Event(Event::Abandoned { .. }) => self.abandoned += 1,
                Output::Event(Event::Notification { response, .. }) => self.told.push(response.payload),
                Output::Event(Event::ObservationEnded { result, .. }) => self.over.push(result),
                Output::Event(Event::ObserverGone { exchange, why }) => {
                    self.observers.retain(|other| *other != exchange);
                    self.gone.push(why);
                }
                Output::Event(_) => {}
                Output::Close { .. } => {
                    self.network.clear();
                    self.input(1 - side, Input::Closed { peer: PEER });
                }
            }
        }
    }

    pub(crate) fn answer(&mut self, exchange: ExchangeId, request: &Request) {
        let mut response = echo(request);
        if let Some(state) = self.state.clone().filter(|_| request.method == RequestType::Get) {
            response.payload = state;
        }
        if request.observe() == Some(0) {
            response = response.with_observe();
            self.observers.push(exchange);
        }
        self.input(1, Input::Respond { exchange, response });
    }

    /// Answers what is thought about, at once.
    pub(crate) fn answer_all(&mut self) {
        for (_, exchange, request) in std::mem::take(&mut self.thinking) {
            self.answer(exchange, &request);
        }
    }

    /// Gives the next message to its side, over a WebSocket whose keep-alive never rests.
    pub(crate) fn step(&mut self) -> bool {
        let Some((key, (side, bytes))) = self.network.pop_first() else { return false };
        self.now.mono = key.0;
        self.input(side, Input::Frame { peer: PEER, bytes: &bytes });
        self.answer_all();
        true
    }

    /// Runs until nothing is left to do. Gives how long that took.
    pub(crate) fn run(&mut self) -> Duration {
        let start = self.now.mono;
        let mut work = start;
        for _ in 0..100_000 {
            let mut next = Mono::NEVER;
            for side in 0..2 {
                if let Output::Timeout(at) = self.sides[side].poll_output() {
                    next = next.min(at);
                }
            }
            next = next.min(self.network.keys().next().map_or(Mono::NEVER, |key| key.0));
            next = next.min(self.changes.first().map_or(Mono::NEVER, |change| change.0));
            next = next.min(self.thinking.iter().map(|thought| thought.0).min().unwrap_or(Mono::NEVER));
            if next == Mono::NEVER {
                return work - start;
            }
            self.now = Now::new(next.max(self.now.mono), self.now.utc + (next - self.now.mono));
            let arrived: Vec<_> = self.network.keys().take_while(|key| key.0 <= next).copied().collect();
            for key in arrived {
                if let Some((side, bytes)) = self.network.remove(&key) {
                    work = next;
                    let frame = Input::Frame { peer: PEER, bytes: &bytes };
                    let datagram = Input::Datagram { peer: PEER, bytes: &bytes };
                    self.input(side, if self.websocket { frame } else { datagram });
                }
            }
            let (done, thinking) =
                std::mem::take(&mut self.thinking).into_iter().partition(|thought| thought.0 <= next);
            self.thinking = thinking;
            for (_, exchange, request) in done {
                self.answer(exchange, &request);
            }
            while let Some((_, state, reliability)) =
                (self.changes.first().is_some_and(|change| change.0 <= next)).then(|| self.changes.remove(0))
            {
                self.state = Some(state.clone());
                for exchange in self.observers.clone() {
                    let response = Response::new(ResponseType::Content).with_payload(state.clone());
                    self.input(1, Input::Notify { exchange, response, reliability });
                }
            }
            for side in 0..2 {
                self.input(side, Input::Timeout);
            }
        }
        panic!("it does not come to rest");
    }
}

/// The answer of the test server: the body and path of the request.
pub(crate) fn echo(request: &Request) -> Response {
    let path: Vec<u8> = request.uri_path().flatten().copied().collect();
    Response::new(ResponseType::Content).with_payload([path, request.payload.clone()].concat())
}

pub(crate) fn get(n: u64) -> Request {
    Request::new(RequestType::Get).with_path(n.to_string())
}

/// The numbers of a run in which nothing is lost: how many messages there are.
fn messages(think: Duration, reliability: Reliability) -> u64 {
    let mut pair = Pair::new(1, false, |_| vec![DELAY]);
    pair.think = think;
    pair.ask(1, get(1), reliability);
    pair.run();
    pair.sent
}

#[test]
fn each_message_is_lost_in_turn() {
    for think in [Duration::ZERO, Duration::from_millis(700), Duration::from_secs(20)] {
        let count = messages(think, Reliability::Confirmable);
        assert_eq!(count, if think == Duration::ZERO { 2 } else { 4 }, "RFC 7252 section 5.2");
        for lost in 0..count {
            let mut pair = Pair::new(lost, false, move |n| if n == lost { vec![] } else { vec![DELAY] });
            pair.think = think;
            pair.ask(1, get(1), Reliability::Confirmable);
            pair.run();
            let ends: Vec<_> = pair.ended[&1].iter().map(|end| end.as_ref().unwrap().payload.as_slice()).collect();
            assert_eq!(ends, [b"1"], "message {lost} lost, {think:?}");
            assert_eq!(pair.delivered.len(), 1, "message {lost} lost, {think:?}");
        }
    }
}

#[test]
fn each_message_is_doubled_in_turn() {
    for think in [Duration::ZERO, Duration::from_millis(700)] {
        for gap in [Duration::ZERO, Duration::from_millis(1), Duration::from_millis(30), Duration::from_secs(60)] {
            for doubled in 0..messages(think, Reliability::Confirmable) {
                let fate = move |n| {
                    if n == doubled { vec![DELAY, DELAY + gap + Duration::from_micros(1)] } else { vec![DELAY] }
                };
                let mut pair = Pair::new(doubled, false, fate);
                pair.think = think;
                pair.ask(1, get(1), Reliability::Confirmable);
                pair.run();
                assert_eq!(pair.ended[&1].len(), 1, "message {doubled} doubled after {gap:?}");
                assert_eq!(pair.delivered.len(), 1, "message {doubled} doubled after {gap:?}");
            }
        }
    }
}

#[test]
fn nobody_is_there() {
    // RFC 7252 §4.8.2: MAX_TRANSMIT_WAIT is 93 s, without the random factor 62 s.
    let mut shortest = Duration::MAX;
    let mut longest = Duration::ZERO;
    for seed in 0..200 {
        let mut pair = Pair::new(seed, false, |_| vec![]);
        pair.ask(1, get(1), Reliability::Confirmable);
        let start = pair.now.mono;
        let mut times = Vec::new();
        while pair.ended.is_empty() {
            let Output::Timeout(at) = pair.sides[0].poll_output() else { unreachable!() };
            times.push(at - start);
            pair.now = Now::new(at, pair.now.utc);
            pair.input(0, Input::Timeout);
        }
        assert_eq!((times.len(), pair.sent), (5, 5), "four retransmissions, then the end");
        // RFC 7252 §4.8.2: 2 to 3 s, and each wait twice the one before.
        for (n, time) in times.iter().enumerate() {
            assert_eq!(*time, times[0] * ((1 << (n + 1)) - 1));
        }
        assert!((2..=3).contains(&times[0].as_secs()));
        (shortest, longest) = (shortest.min(times[4]), longest.max(times[4]));
        assert_eq!(pair.ended[&1], [Err(ExchangeError::Timeout)]);
    }
    assert!(shortest >= Duration::from_secs(62) && longest <= Duration::from_secs(93));
    assert!(shortest < Duration::from_secs(64) && longest > Duration::from_secs(91), "the spread is used");
}

#[test]
fn a_bad_network_loses_no_request_and_doubles_none() {
    for seed in 0..60u64 {
        let mut state = seed;
        let mut random = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 33
        };
        // A fifth is lost, a fifth comes twice, all come in any order.
        let fate = move |_| {
            let copies = [0, 1, 1, 1, 2][(random() % 5) as usize];
            (0..copies).map(|_| Duration::from_micros(random() % 400_000)).collect()
        };
        let mut pair = Pair::new(seed, false, fate);
        pair.think = Duration::from_millis(seed * 20);
        for id in 0..20 {
            let reliability = if id % 5 == 4 { Reliability::NonConfirmable } else { Reliability::Confirmable };
            pair.ask(id, get(id), reliability);
        }
        pair.run();
        for id in 0..20 {
            let ends = &pair.ended[&id];
            assert_eq!(ends.len(), 1, "request {id} of seed {seed} ended {} times", ends.len());
            match &ends[0] {
                Ok(response) => assert_eq!(response.payload, id.to_string().as_bytes()),
                Err(error) => assert_eq!(*error, ExchangeError::Timeout),
            }
        }
        let mut paths: Vec<Vec<u8>> =
            pair.delivered.iter().map(|request| request.uri_path().next().unwrap().to_vec()).collect();
        let all = paths.len();
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), all, "a request was delivered twice, seed {seed}");
        let good = pair.ended.values().filter(|ends| ends[0].is_ok()).count();
        assert!(good >= 14, "only {good} of 20 were answered, seed {seed}");
    }
}

#[test]
fn websockets_work_both_ends() {
    let mut pair = Pair::new(5, true, |_| vec![DELAY]);
    for id in 0..100 {
        pair.ask(id, get(id).with_payload(vec![b'x'; 900]), Reliability::Confirmable);
    }
    // Keep-alive never rests: run for a while only.
    for side in 0..2 {
        assert!(matches!(pair.sides[side].poll_output(), Output::Timeout(_)));
    }
    while pair.ended.len() < 100 {
        let (key, (side, bytes)) = pair.network.pop_first().expect("something is on its way");
        pair.now.mono = key.0;
        pair.input(side, Input::Frame { peer: PEER, bytes: &bytes });
        pair.answer_all();
    }
    assert_eq!(pair.delivered.len(), 100);
    assert!(
        pair.ended.iter().all(|(id, ends)| ends[0].as_ref().unwrap().payload.starts_with(id.to_string().as_bytes()))
    );
    pair.input(1, Input::Release { peer: PEER });
    while let Some((key, (side, bytes))) = pair.network.pop_first() {
        pair.now.mono = key.0;
        pair.input(side, Input::Frame { peer: PEER, bytes: &bytes });
    }
    pair.run();
    assert_eq!(pair.abandoned, 0);
}
