//! The Client and the Server of this crate, joined by a network in fake time that loses, doubles and delays messages.
//! Both ends are ours, so this proves that they fit together, not that either is right: for that there are the scenarios.

use std::collections::BTreeMap;
use std::time::Duration;

use lwm2m::{Entry, Path, Value};
use lwm2m_engine::{
    Answer, Client, ClientConfig, ClientEvent, ClientInput, ClientLink, ClientOutput, ClientState, Config, Event, Gone,
    Input, Mono, Now, Operation, OperationId, Output, PeerId, RequestError, Server, Simulation, Stop, Utc,
};

/// How long a message takes.
const DELAY: Duration = Duration::from_millis(20);
const SENSOR: Path = Path::resource(3303, 0, 5700);

struct Pair {
    server: Server,
    client: Client,
    mono: Mono,
    /// On its way, by arrival and number: whether to the server, what.
    network: BTreeMap<(Mono, u64), (bool, Vec<u8>)>,
    sent: u64,
    /// What becomes of the n-th message: when its copies arrive.
    fate: Box<dyn FnMut(u64) -> Vec<Duration>>,
    websocket: bool,
    timeouts: [Mono; 2],
    replies: BTreeMap<u128, Result<Answer, RequestError>>,
    last_operation: u128,
    server_events: Vec<Event>,
    client_events: Vec<ClientEvent>,
}

impl Pair {
    fn new(websocket: bool, fate: impl FnMut(u64) -> Vec<Duration> + 'static) -> Self {
        let mut config = ClientConfig::new([1; 32], "a".parse().unwrap());
        config.link = if websocket { ClientLink::WebSocket } else { ClientLink::Datagrams };
        config.confirmable_notifications = true;
        config.lifetime = 200;
        config.retry_first = Duration::from_secs(5);
        Self {
            server: Server::new(Config::new([2; 32])),
            client: Client::new(config).unwrap(),
            mono: Mono::ZERO,
            network: BTreeMap::new(),
            sent: 0,
            fate: Box::new(fate),
            websocket,
            timeouts: [Mono::NEVER; 2],
            replies: BTreeMap::new(),
            last_operation: 0,
            server_events: Vec::new(),
            client_events: Vec::new(),
        }
    }

    fn now(&self) -> Now {
        Now::new(self.mono, Utc::from_micros(1_700_000_000_000_000) + self.mono.since(Mono::ZERO))
    }

    fn start(&mut self) {
        self.tell_client(ClientInput::Start);
        if self.websocket {
            self.tell_server(Input::Opened { peer: PeerId(1), page: true });
            self.tell_client(ClientInput::Opened);
        }
        assert!(self.run(300, |pair| pair.client.state() == ClientState::Registered));
    }

    fn tell_server(&mut self, input: Input<'_>) {
        let now = self.now();
        self.server.handle_input(now, input);
        loop {
            match self.server.poll_output() {
                Output::Store(change) => {
                    self.server.handle_input(now, Input::Settled { group: change.group, stored: true });
                }
                Output::Transmit { bytes, .. } => self.post(false, bytes),
                Output::Reply(reply) => _ = self.replies.insert(reply.id.0, reply.result),
                Output::Event(event) => self.server_events.push(event),
                Output::Timeout(at) => return self.timeouts[0] = at,
                other => panic!("{other:?}"),
            }
        }
    }

    fn tell_client(&mut self, input: ClientInput<'_>) {
        let now = self.now();
        self.client.handle_input(now, input);
        loop {
            match self.client.poll_output() {
                ClientOutput::Transmit { bytes } => self.post(true, bytes),
                ClientOutput::Event(event) => self.client_events.push(event),
                ClientOutput::Timeout(at) => return self.timeouts[1] = at,
                other => panic!("{other:?}"),
            }
        }
    }

    fn post(&mut self, to_server: bool, bytes: Vec<u8>) {
        self.sent += 1;
        // A WebSocket loses nothing and keeps the order.
        let copies = if self.websocket { vec![DELAY] } else { (self.fate)(self.sent) };
        for (copy, delay) in copies.into_iter().enumerate() {
            self.network.insert((self.mono + delay, self.sent * 8 + copy as u64), (to_server, bytes.clone()));
        }
    }

    /// Lets time pass until something is so, for that many seconds at most; says whether it came.
    fn run(&mut self, seconds: u64, until: impl Fn(&Self) -> bool) -> bool {
        let end = self.mono + Duration::from_secs(seconds);
        while !until(self) {
            let arrival = self.network.keys().next().map_or(Mono::NEVER, |(at, _)| *at);
            let next = arrival.min(self.timeouts[0]).min(self.timeouts[1]);
            if next > end {
                self.mono = end;
                return until(self);
            }
            self.mono = self.mono.max(next);
            if arrival <= self.mono {
                let (_, (to_server, bytes)) = self.network.pop_first().unwrap();
                match (to_server, self.websocket) {
                    (true, false) => self.tell_server(Input::Datagram { peer: PeerId(1), bytes: &bytes }),
                    (true, true) => self.tell_server(Input::Frame { peer: PeerId(1), bytes: &bytes }),
                    (false, false) => self.tell_client(ClientInput::Datagram { bytes: &bytes }),
                    (false, true) => self.tell_client(ClientInput::Frame { bytes: &bytes }),
                }
            } else if self.timeouts[0] <= self.mono {
                self.tell_server(Input::Timeout);
            } else {
                self.tell_client(ClientInput::Timeout);
            }
        }
        true
    }

    /// Asks the device, and waits for the end of it.
    fn ask(&mut self, operation: Operation) -> Result<Answer, RequestError> {
        self.last_operation += 1;
        let id = self.last_operation;
        let (endpoint, time_left) = ("a".parse().unwrap(), Duration::from_secs(300));
        self.tell_server(Input::Request { id: OperationId(id), endpoint, operation, time_left });
        assert!(self.run(400, |pair| pair.replies.contains_key(&id)), "no reply");
        self.replies.remove(&id).unwrap()
    }

    /// The same, and it must end with this code.
    fn expect(&mut self, code: &str, operation: Operation) -> Answer {
        let text = format!("{operation:?}");
        let answer = self.ask(operation).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(answer.code.to_string(), code, "{text}: {}", String::from_utf8_lossy(&answer.payload));
        answer
    }

    fn set(&mut self, path: Path, value: Value<'static>) {
        self.tell_client(ClientInput::Set { values: &[(path, value)] });
    }

    /// The last value of a path that the server was told.
    fn told(&self, path: Path) -> Option<&Value<'static>> {
        self.server_events.iter().rev().find_map(|event| match event {
            Event::Values { entries, .. } => {
                entries.iter().rev().find(|entry| entry.path == path).and_then(Entry::value)
            }
            _ => None,
        })
    }

    /// Everything once: what comes out of it is the same whatever the network did.
    fn story(&mut self) {
        self.start();
        let device = self.expect("2.05", Operation::Read { path: Path::instance(3, 0), accept: None });
        assert!(device.entries.len() > 20, "{:?}", device.entries);
        let zone = Entry::new(Path::resource(3, 0, 15), Value::String("Europe/Berlin".into()));
        self.expect("2.04", Operation::Replace { path: zone.path, entries: vec![zone.clone()], format: None });
        let lifetime = Entry::new(Path::resource(1, 0, 1), Value::Integer(150));
        self.expect("2.04", Operation::Update { path: Path::instance(1, 0), entries: vec![lifetime], format: None });
        self.expect("2.04", Operation::Execute { path: Path::resource(3303, 0, 5605), arguments: "0='x'".into() });
        let links = self.expect("2.05", Operation::Discover { path: Path::instance(3311, 0), depth: None });
        assert!(links.payload.starts_with(b"</3311/0>,"));
        let name = Entry::new(Path::resource(3303, 7, 5750), Value::String("attic".into()));
        self.expect("2.01", Operation::Create { path: Path::instance(3303, 7), entries: vec![name], format: None });
        assert!(self.run(300, |pair| pair.instances(3303) == [0, 1, 7]));
        self.expect("2.05", Operation::Observe { path: SENSOR, accept: None });
        for value in [22.0, 23.5, 19.0] {
            self.set(SENSOR, Value::Float(value));
            assert!(self.run(200, |pair| pair.told(SENSOR) == Some(&Value::Float(value))));
        }
        self.expect("2.02", Operation::Delete { path: Path::instance(3303, 7) });
        assert!(self.run(300, |pair| pair.instances(3303) == [0, 1]));
        self.expect("4.05", Operation::Delete { path: Path::instance(3, 0) });
        self.tell_client(ClientInput::Stop);
        assert!(self.run(300, |pair| pair.client.state() == ClientState::Idle));
        assert!(self.run(400, |pair| pair.server.registration_count() == 0));
        self.run(300, |_| false);

        assert_eq!(self.client.value(self.now(), zone.path), zone.value().cloned());
        let count = |wanted: fn(&ClientEvent) -> bool| self.client_events.iter().filter(|event| wanted(event)).count();
        assert_eq!(count(|event| matches!(event, ClientEvent::Executed { .. })), 1);
        assert_eq!(count(|event| matches!(event, ClientEvent::Created { .. })), 1);
        assert_eq!(count(|event| matches!(event, ClientEvent::Deleted { .. })), 1);
        assert_eq!(count(|event| matches!(event, ClientEvent::Written { .. })), 2);
        assert_eq!(count(|event| matches!(event, ClientEvent::Registered { .. })), 1);
        assert_eq!(self.client.observation_count(), 0);
    }

    fn instances(&self, object: u16) -> Vec<u16> {
        let registration = self.server.registration(&"a".parse().unwrap());
        let objects = registration.into_iter().flat_map(|registration| &registration.objects.objects);
        objects.filter(|one| one.id == object).flat_map(|one| one.instances.clone()).collect()
    }
}

#[test]
fn a_story_over_udp() {
    Pair::new(false, |_| vec![DELAY]).story();
}

#[test]
fn the_same_over_a_websocket() {
    Pair::new(true, |_| vec![DELAY]).story();
}

#[test]
fn each_message_lost_in_turn() {
    let mut undisturbed = Pair::new(false, |_| vec![DELAY]);
    undisturbed.story();
    assert!(undisturbed.sent > 30, "{} messages", undisturbed.sent);
    for lost in 1..=undisturbed.sent {
        println!("without message {lost}");
        Pair::new(false, move |number| if number == lost { vec![] } else { vec![DELAY] }).story();
    }
}

#[test]
fn each_message_doubled_and_late_in_turn() {
    let mut undisturbed = Pair::new(false, |_| vec![DELAY]);
    undisturbed.story();
    for late in 1..=undisturbed.sent {
        for copies in [vec![DELAY, DELAY * 3], vec![Duration::from_millis(700)], vec![DELAY, Duration::from_secs(20)]] {
            println!("message {late} after {copies:?}");
            Pair::new(false, move |number| if number == late { copies.clone() } else { vec![DELAY] }).story();
        }
    }
}

#[test]
fn a_lossy_network() {
    for seed in 0..20_u64 {
        println!("seed {seed}");
        // One in ten is lost, one in ten doubled, all take different times.
        let fate = move |number: u64| {
            let chance =
                (number ^ seed << 32).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29).wrapping_mul(0xbf58_476d);
            let delay = Duration::from_millis(10 + (chance >> 20) % 90);
            match (chance >> 40) % 10 {
                0 => vec![],
                1 => vec![delay, delay * 4],
                _ => vec![delay],
            }
        };
        Pair::new(false, fate).story();
    }
}

#[test]
fn the_server_restarts() {
    let mut pair = Pair::new(false, |_| vec![DELAY]);
    pair.start();
    pair.expect("2.05", Operation::Observe { path: SENSOR, accept: None });
    pair.server = Server::new(Config::new([3; 32]));
    pair.timeouts[0] = Mono::NEVER;
    assert_eq!(pair.ask(Operation::Read { path: SENSOR, accept: None }), Err(RequestError::NotRegistered));
    // A notification is for nobody; the next Update finds that the registration is unknown.
    pair.set(SENSOR, Value::Float(1.0));
    assert!(pair.run(200, |pair| pair.server.registration_count() == 1));
    assert_eq!(pair.client.observation_count(), 0);
    pair.expect("2.05", Operation::Observe { path: SENSOR, accept: None });
    pair.set(SENSOR, Value::Float(2.0));
    assert!(pair.run(10, |pair| pair.told(SENSOR) == Some(&Value::Float(2.0))));
}

#[test]
fn the_device_restarts() {
    let mut pair = Pair::new(false, |_| vec![DELAY]);
    pair.start();
    pair.expect("2.05", Operation::Observe { path: SENSOR, accept: None });
    let config = ClientConfig::new([9; 32], "a".parse().unwrap());
    pair.client = Client::new(config).unwrap();
    pair.timeouts[1] = Mono::NEVER;
    pair.mono = pair.mono + Duration::from_secs(1);
    pair.start();
    assert_eq!(pair.server.stats().replaced, 1);
    // The bridge still wishes the observation: it asks the new device.
    assert!(pair.run(10, |pair| pair.client.observation_count() == 1));
    pair.set(SENSOR, Value::Float(3.0));
    assert!(pair.run(10, |pair| pair.told(SENSOR) == Some(&Value::Float(3.0))));
}

#[test]
fn the_device_reboots() {
    for websocket in [false, true] {
        let mut pair = Pair::new(websocket, |_| vec![DELAY]);
        pair.start();
        pair.expect("2.05", Operation::Observe { path: SENSOR, accept: None });
        pair.expect("2.04", Operation::Execute { path: Path::resource(3, 0, 4), arguments: String::new() });
        assert!(pair.run(10, |pair| pair.client.state() == ClientState::Away));
        assert!(pair.run(10, |pair| pair.server.registration_count() == 0));
        assert!(matches!(
            pair.server_events.iter().rev().find(|event| matches!(event, Event::Deregistered { .. })),
            Some(Event::Deregistered { why: Gone::Asked, .. })
        ));
        assert!(pair.run(10, |pair| pair.client.state() == ClientState::Registered));
        pair.expect("2.05", Operation::Read { path: SENSOR, accept: None });
    }
}

#[test]
fn an_observation_is_stopped_both_ways() {
    for (how, websocket) in [(Stop::Deregister, false), (Stop::Reset, false), (Stop::Deregister, true)] {
        let mut pair = Pair::new(websocket, |_| vec![DELAY]);
        pair.start();
        pair.expect("2.05", Operation::Observe { path: SENSOR, accept: None });
        assert_eq!(pair.client.observation_count(), 1);
        pair.ask(Operation::StopObserving { path: SENSOR, how }).unwrap();
        pair.set(SENSOR, Value::Float(5.0));
        assert!(pair.run(10, |pair| pair.client.observation_count() == 0), "{how:?}");
    }
}

#[test]
fn simulated_values_arrive() {
    let mut pair = Pair::new(false, |_| vec![DELAY]);
    pair.start();
    for path in [SENSOR, Path::instance(6, 0), Path::object(3), Path::resource(4, 0, 2)] {
        pair.expect("2.05", Operation::Observe { path, accept: None });
    }
    let mut simulation = Simulation::new(5);
    for _ in 0..200 {
        let values = simulation.step(pair.now(), &pair.client);
        pair.tell_client(ClientInput::Set { values: &values });
        let next = simulation.next_step();
        pair.run(2, |pair| pair.mono >= next);
        pair.mono = pair.mono.max(next);
    }
    pair.run(10, |_| false);
    for path in [SENSOR, Path::resource(6, 0, 0), Path::resource(3, 0, 9), Path::resource(4, 0, 2)] {
        assert_eq!(pair.told(path), pair.client.value(pair.now(), path).as_ref(), "{path}");
    }
    assert!(pair.client.stats().notifications > 300, "{:?}", pair.client.stats());
}
