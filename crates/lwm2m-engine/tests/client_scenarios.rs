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

#[path = "scenario/wire.rs"]
mod wire;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use lwm2m::{Entry, EntryValue, Path, Value};
use lwm2m_engine::{
    Client, ClientConfig, ClientEvent, ClientInput, ClientLink, ClientOutput, Crossing, DeviceObject, Mono, Now, Utc,
    demo_objects,
};
use wire::{METHODS, Message, TYPES, hex, uint, unhex};

#[test]
fn scenarios() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/client_scenarios");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let (mut count, mut failed) = (0, 0);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        // Each heading starts afresh.
        for scenario in text.split("\n== ").skip(1) {
            let (title, body) = scenario.split_once('\n').unwrap();
            assert!(body.contains("source:"), "{name}: {title}: says no source");
            // One that fails does not hide the others.
            let run = Run::new(format!("{name}: {title}"));
            failed += usize::from(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run.run(body))).is_err());
            count += 1;
        }
    }
    println!("{count} scenarios");
    assert_eq!(failed, 0, "scenarios that failed, of {count}");
}

/// The moment a scenario starts, in civil time.
const START: Utc = Utc::from_micros(1_700_000_000_000_000);

struct Run {
    title: String,
    config: ClientConfig,
    client: Option<Client>,
    mono: Mono,
    timeout: Mono,
    sent: VecDeque<Vec<u8>>,
    events: VecDeque<String>,
    bound: BTreeMap<String, String>,
}

impl Run {
    fn new(title: String) -> Self {
        Self {
            title,
            config: ClientConfig::new([7; 32], "a".parse().unwrap()),
            client: None,
            mono: Mono::ZERO,
            timeout: Mono::NEVER,
            sent: VecDeque::new(),
            events: VecDeque::new(),
            bound: BTreeMap::new(),
        }
    }

    fn run(mut self, body: &str) {
        for (number, line) in body.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') || line.starts_with("source:") {
                continue;
            }
            let title = self.title.clone();
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.line(line)));
            assert!(outcome.is_ok(), "{title}, line {}: {line}", number + 2);
        }
        let left: Vec<_> = self.sent.iter().map(|bytes| self.decode(bytes).print()).collect();
        assert!(left.is_empty(), "{}: not expected: {left:#?}", self.title);
        assert!(self.events.is_empty(), "{}: not expected: {:?}", self.title, self.events);
    }

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
                    None => self.message(rest).encode(),
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
                self.expect(&sent, rest);
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
                let all = format!("{:?}", self.client().stats());
                for wanted in rest.split(' ') {
                    let wanted = wanted.replace('=', ": ");
                    let there = [",", " "].iter().any(|end| all.contains(&format!(" {wanted}{end}")));
                    assert!(there, "{wanted} in {all}");
                }
            }
            _ => panic!("what is this?"),
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
        Now::new(self.mono, START + self.mono.since(Mono::ZERO))
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

    /// Reads a message as a line writes it.
    fn message(&self, text: &str) -> Message {
        let (text, payload) = text.split_once('|').unwrap_or((text, ""));
        let mut message = Message { payload: unescape(payload), ..Message::default() };
        for word in text.split_whitespace() {
            let word = &self.fill(word);
            if let Some(kind) = TYPES.iter().position(|known| known == word) {
                message.head = Some((kind as u8, 0));
            } else if let Some(method) = METHODS.iter().position(|known| known == word) {
                message.code = method as u8;
            } else if let Some(path) = word.strip_prefix('/') {
                message.options.extend(path.split('/').map(|segment| (11, segment.as_bytes().to_vec())));
            } else if let Some(query) = word.strip_prefix('?') {
                message.options.push((15, query.replace('~', " ").into_bytes()));
            } else if let Some(path) = word.strip_prefix("location=") {
                message.options.extend(path.split('/').map(|segment| (8, segment.as_bytes().to_vec())));
            } else if let Some((name, value)) = word.split_once('=') {
                let value = match name.strip_prefix('#') {
                    Some(_) => unhex(value),
                    None => uint(value.parse().unwrap()),
                };
                message.options.push((option_number(name), value));
            } else if let Some(token) = word.strip_prefix('t') {
                message.token = unhex(token);
            } else if let Some((class, detail)) = word.split_once('.') {
                message.code = class.parse::<u8>().unwrap() << 5 | detail.parse::<u8>().unwrap();
            } else if let Some(head) = &mut message.head {
                head.1 = u16::from_str_radix(word, 16).unwrap();
            }
        }
        message
    }

    /// Compares a message with what a line says of it. What the line leaves out may be anything, except the payload.
    fn expect(&mut self, sent: &Message, text: &str) {
        let (text, payload) = text.split_once('|').map_or((text, None), |(text, payload)| (text, Some(payload)));
        let printed = sent.print();
        let joined = |number, between: &str| {
            let segments = sent.options.iter().filter(|(known, _)| *known == number);
            segments.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect::<Vec<_>>().join(between)
        };
        for (at, word) in text.split_whitespace().enumerate() {
            let (name, found) = if TYPES.contains(&word) {
                (word, TYPES[usize::from(sent.head.unwrap().0)].to_owned())
            } else if at == 1 && sent.head.is_some() {
                (word, format!("{:04x}", sent.head.unwrap().1))
            } else if let Some(token) = word.strip_prefix('t').filter(|rest| !rest.contains('=')) {
                (token, hex(&sent.token))
            } else if let Some(wanted) = word.strip_prefix("location=") {
                (wanted, joined(8, "/"))
            } else if let Some(wanted) = word.strip_prefix('/') {
                (wanted, joined(11, "/"))
            } else if let Some(wanted) = word.strip_prefix('?') {
                (wanted, joined(15, "&"))
            } else if let Some((name, wanted)) = word.split_once('=') {
                let values = sent.options.iter().filter(|(number, _)| *number == option_number(name));
                let values: Vec<_> =
                    values.map(|(_, value)| value.iter().fold(0_u32, |n, byte| n << 8 | u32::from(*byte))).collect();
                (wanted, values.first().map_or_else(|| "none".to_owned(), u32::to_string))
            } else {
                (word, wire::code_text(sent.code))
            };
            let wanted = self.bind(name, &found);
            let fits = wanted.strip_suffix('*').map_or(wanted == found, |start| found.starts_with(start));
            assert!(fits, "{word}: found {found:?} in {printed}");
        }
        match payload {
            Some("*") => {}
            Some(part) if part.starts_with('~') => {
                let found = String::from_utf8_lossy(&sent.payload);
                assert!(found.contains(&part[1..]), "no {part:?} in {printed}");
            }
            Some(whole) => assert_eq!(unescape(whole), sent.payload, "{printed}, {}", hex(&sent.payload)),
            None => assert!(sent.payload.is_empty(), "a payload: {printed}"),
        }
    }

    /// `$a`: keeps what it stands for the first time, gives it the next times.
    fn bind(&mut self, wanted: &str, found: &str) -> String {
        let Some(at) = wanted.find('$') else { return wanted.to_owned() };
        let (before, name) = wanted.split_at(at);
        if !self.bound.contains_key(name)
            && let Some(value) = found.strip_prefix(before)
        {
            self.bound.insert(name.to_owned(), value.to_owned());
        }
        self.fill(wanted)
    }

    fn fill(&self, word: &str) -> String {
        match word.find('$') {
            Some(at) => word[..at].to_owned() + self.bound.get(&word[at..]).map_or("?", String::as_str),
            None => word.to_owned(),
        }
    }
}

/// `/3/0/15=string:UTC`
fn entry(word: &str) -> (Path, Value<'static>) {
    let (at, value) = word.split_once('=').unwrap();
    let (kind, text) = value.split_once(':').unwrap();
    let value = match kind {
        "string" => Value::String(text.to_owned().into()),
        "integer" => Value::Integer(text.parse().unwrap()),
        "float" => Value::Float(text.parse().unwrap()),
        "boolean" => Value::Boolean(text == "true"),
        "time" => Value::Time(text.parse().unwrap()),
        _ => panic!("no type {kind}"),
    };
    (at.parse().unwrap(), value)
}

fn option_number(name: &str) -> u16 {
    match name {
        "obs" => 6,
        "ct" => 12,
        "maxage" => 14,
        "accept" => 17,
        "block2" => 23,
        "block1" => 27,
        _ => name.trim_start_matches('#').parse().unwrap_or_else(|_| panic!("no option {name:?}")),
    }
}

/// `x:` starts hexadecimal bytes, anything else is text.
fn unescape(payload: &str) -> Vec<u8> {
    payload.strip_prefix("x:").map_or_else(|| payload.as_bytes().to_vec(), unhex)
}

fn event_text(event: &ClientEvent) -> String {
    let list = |entries: &[Entry<'_>]| {
        let texts = entries.iter().map(|entry| match &entry.value {
            EntryValue::Value(value) => format!(" {}={}", entry.path, value.to_batch_text()),
            other => format!(" {}:{other:?}", entry.path),
        });
        texts.collect::<String>()
    };
    match event {
        ClientEvent::Registered { location } => format!("registered {location}"),
        ClientEvent::Updated => "updated".to_owned(),
        ClientEvent::RegistrationFailed { why, retry_in } => format!("failed {:.1} {why}", retry_in.as_secs_f64()),
        ClientEvent::Deregistered { why } => format!("deregistered {why:?}"),
        ClientEvent::Written { path, entries } => format!("written {path}{}", list(entries)),
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
