//! Runs every file in `tests/client_scenarios/`: a Client in fake time, with a server whose messages are written by hand.
//! What the Client sends or tells and no line expects is a failure.
//!
//! | line | meaning |
//! |---|---|
//! | `config lwm2m=1.2 lt=60`, `limit observations=1` | before anything else; see `config` below for the names |
//! | `start`, `stop`, `open`, `close`, `text` | what the driver does; the last three are of a WebSocket |
//! | `registered` | start, Register, 2.01 at `rd/1`, and the events of that |
//! | `at 60.5` | time goes on to 60.5 s, through every timeout on the way |
//! | `wait 2..3` | time goes on until the device sends or tells something: 2 to 3 s from now |
//! | `> CON 0001 t01 GET /3/0 obs=0 accept=110` | the server sends (no type, no id over a WebSocket); `hex` sends raw bytes |
//! | `< ACK 0001 t01 2.05 ct=0 \|100` | the next message of the device; `*` fits anything, `$x` is kept or compared; `\|~text` a part of the payload, `?lt=60&b=U` the whole query |
//! | `< -` | nothing was sent |
//! | `set /3303/0/5700=float:22.5 …` | the device itself sets values |
//! | `event written /3/0/15 /3/0/15=UTC` | the next event |
//! | `value /3/0/15 UTC` (`-`: empty, `none`: not there), `state Registered`, `stats refused=1` | a value of the device, its state, a counter |

mod scenario;

use std::collections::VecDeque;
use std::time::Duration;

use lwm2m::{Path, Value};
use lwm2m_engine::{
    Client, ClientConfig, ClientEvent, ClientInput, ClientLink, ClientOutput, Crossing, DeviceObject, Mono, Now,
    demo_objects,
};
use scenario::wire::{Message, uint, unhex};
use scenario::{Actor, Names, assert_counters, entries_text};

#[test]
fn scenarios() {
    scenario::act_out("client_scenarios", Run::new);
}

struct Run {
    config: ClientConfig,
    client: Option<Client>,
    mono: Mono,
    timeout: Mono,
    sent: VecDeque<Vec<u8>>,
    events: VecDeque<String>,
    names: Names,
}

impl Run {
    fn new() -> Self {
        Self {
            config: ClientConfig::new([7; 32], "a".parse().unwrap()),
            client: None,
            mono: Mono::ZERO,
            timeout: Mono::NEVER,
            sent: VecDeque::new(),
            events: VecDeque::new(),
            names: Names::default(),
        }
    }

    fn configure(&mut self, word: &str) {
        let (name, value) = word.split_once('=').unwrap();
        let config = &mut self.config;
        let seconds = || Duration::from_secs_f64(value.parse().unwrap());
        match name {
            "lwm2m" => config.lwm2m = value.parse().unwrap(),
            "lt" => config.lifetime = value.parse().unwrap(),
            "b" => config.binding = value.to_owned(),
            "queue" => config.queue_mode = value == "yes",
            "link" => config.link = if value == "ws" { ClientLink::WebSocket } else { ClientLink::Datagrams },
            "con" => config.confirmable_notifications = value == "yes",
            "crossing" => config.crossing = if value == "outward" { Crossing::Outward } else { Crossing::Either },
            "retry" => config.retry_first = seconds(),
            "reboot" => config.reboot_time = seconds(),
            // Only these objects.
            "objects" => {
                let ids: Vec<u16> = value.split(',').map(|id| id.parse().unwrap()).collect();
                config.objects = demo_objects().into_iter().filter(|object| ids.contains(&object.id())).collect();
            }
            // The Server object with the resources of 1.2, one of them multiple and writable.
            "server" => config.objects.push(
                DeviceObject::new(1)
                    .with(0, 0, Value::Integer(1))
                    .with(0, 1, Value::Integer(300))
                    .with(0, 6, Value::Boolean(false))
                    .with(0, 7, Value::String("U".into()))
                    .with_executable(0, 8)
                    .with_many(0, 25, [(0, Value::String("1.1".into()))])
                    .with_optional(26),
            ),
            // So many thermometers, with a value each.
            "thermometers" => {
                config.objects.retain(|object| object.id() != 3303);
                let instances = 0..value.parse::<u16>().unwrap();
                let sensors =
                    instances.fold(DeviceObject::new(3303), |object, id| object.with(id, 5700, Value::Float(20.5)));
                config.objects.push(sensors);
            }
            _ => panic!("no setting {name}"),
        }
    }

    fn client(&mut self) -> &mut Client {
        self.client.get_or_insert_with(|| Client::new(self.config.clone()).unwrap())
    }

    fn is_datagram(&self) -> bool {
        self.config.link == ClientLink::Datagrams
    }

    fn decode(&self, bytes: &[u8]) -> Message {
        Message::decode(bytes, self.is_datagram())
    }

    fn now(&self) -> Now {
        scenario::at(self.mono)
    }

    fn input(&mut self, input: ClientInput<'_>) {
        let now = self.now();
        self.client().handle_input(now, input);
        loop {
            match self.client().poll_output() {
                ClientOutput::Transmit { bytes } => self.sent.push_back(bytes),
                ClientOutput::Close { code, .. } => self.events.push_back(format!("closed {code}")),
                ClientOutput::Event(event) => self.events.push_back(event_text(&event)),
                ClientOutput::Timeout(at) => return self.timeout = at,
                _ => panic!("an output that this runner does not know"),
            }
        }
    }

    fn advance(&mut self, micros: u64) {
        let until = Mono::from_micros(micros);
        assert!(until >= self.mono, "time goes on only");
        let mut steps = 0;
        while self.timeout <= until {
            self.mono = self.mono.max(self.timeout);
            self.input(ClientInput::Timeout);
            steps += 1;
            assert!(steps < 10_000, "timeouts that never end");
        }
        self.mono = until;
    }
}

impl Actor for Run {
    fn line(&mut self, line: &str) {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb {
            "config" => rest.split(' ').for_each(|word| self.configure(word)),
            "limit" => {
                let (name, value) = rest.split_once('=').unwrap();
                assert!(self.client.is_none());
                self.config.limits.set(name, value.parse().unwrap()).unwrap();
            }
            "start" => self.input(ClientInput::Start),
            "stop" => self.input(ClientInput::Stop),
            "open" => {
                self.input(ClientInput::Opened);
                let csm = self.sent.pop_front().expect("no CSM");
                assert_eq!(self.decode(&csm).code, 0xe1);
                let csm = Message { code: 0xe1, options: vec![(2, uint(1 << 20)), (4, vec![])], ..Message::default() };
                self.input(ClientInput::Frame { bytes: &csm.encode() });
            }
            "close" => self.input(ClientInput::Closed),
            "text" => self.input(ClientInput::TextFrame),
            "registered" => {
                for line in [
                    "start",
                    "< CON $m0 t$t0 POST /rd ct=40 |*",
                    "> ACK $m0 t$t0 2.01 location=rd/1",
                    "event registered rd/1",
                ] {
                    self.line(line);
                }
            }
            "wait" => {
                let (least, most) = rest.split_once("..").unwrap();
                let start = self.mono;
                while self.sent.is_empty() && self.events.is_empty() {
                    assert!(self.timeout != Mono::NEVER, "nothing will happen");
                    self.advance(self.timeout.as_micros());
                }
                let waited = self.mono.since(start).as_secs_f64();
                assert!((least.parse().unwrap()..=most.parse().unwrap()).contains(&waited), "waited {waited} s");
            }
            "at" => self.advance((rest.parse::<f64>().unwrap() * 1e6) as u64),
            ">" => {
                let bytes = match rest.strip_prefix("hex ") {
                    Some(digits) => unhex(digits),
                    None => self.names.message(rest).encode(),
                };
                match self.is_datagram() {
                    true => self.input(ClientInput::Datagram { bytes: &bytes }),
                    false => self.input(ClientInput::Frame { bytes: &bytes }),
                }
            }
            "<" if rest == "-" => {
                let sent = self.sent.pop_front();
                assert!(sent.is_none(), "sent: {}", self.decode(&sent.unwrap()).print());
            }
            "<" => {
                let sent = self.sent.pop_front().expect("nothing was sent");
                let sent = self.decode(&sent);
                self.names.expect(&sent, rest);
            }
            "set" => {
                let values: Vec<_> = rest.split(' ').map(entry).collect();
                self.input(ClientInput::Set { values: &values });
            }
            "event" => {
                let event = self.events.pop_front().expect("no event");
                let fits = rest.strip_suffix('*').map_or(event == rest, |start| event.starts_with(start));
                assert!(fits, "{event}");
            }
            "value" => {
                let (path, wanted) = rest.split_once(' ').unwrap();
                let now = self.now();
                let value = self.client().value(now, path.parse().unwrap());
                let text = value.map_or_else(|| "none".to_owned(), |value| value.to_batch_text());
                assert_eq!(text, if wanted == "-" { "" } else { wanted });
            }
            "state" => assert_eq!(format!("{:?}", self.client().state()), rest),
            "stats" => {
                let stats = self.client().stats().clone();
                assert_counters(&stats, rest);
            }
            _ => panic!("what is this?"),
        }
    }

    fn left(&self) -> Vec<String> {
        self.sent.iter().map(|bytes| self.decode(bytes).print()).chain(self.events.iter().cloned()).collect()
    }
}

/// `/3/0/15=string:UTC`
fn entry(word: &str) -> (Path, Value<'static>) {
    let (at, value) = word.split_once('=').unwrap();
    (at.parse().unwrap(), scenario::value(value))
}

fn event_text(event: &ClientEvent) -> String {
    match event {
        ClientEvent::Registered { location } => format!("registered {location}"),
        ClientEvent::Updated => "updated".to_owned(),
        ClientEvent::RegistrationFailed { why, retry_in } => format!("failed {:.1} {why}", retry_in.as_secs_f64()),
        ClientEvent::Deregistered { why } => format!("deregistered {why:?}"),
        ClientEvent::Written { path, entries } => format!("written {path}{}", entries_text(entries)),
        ClientEvent::Executed { path, arguments } => {
            let arguments = arguments.iter().map(|argument| match &argument.value {
                Some(value) => format!(" {}='{value}'", argument.digit),
                None => format!(" {}", argument.digit),
            });
            format!("executed {path}{}", arguments.collect::<String>())
        }
        ClientEvent::Created { path } => format!("created {path}"),
        ClientEvent::Deleted { path } => format!("deleted {path}"),
        ClientEvent::ObservationStarted { path } => format!("observed {path}"),
        ClientEvent::ObservationEnded { path, why } => format!("unobserved {path} {why:?}"),
        ClientEvent::Rebooting { away } => format!("rebooting {}", away.as_secs_f64()),
        other => format!("{other:?}"),
    }
}
