//! Runs every file in `tests/scenarios/`: a Server in fake time, with devices and WebSocket clients whose messages are
//! written by hand. What the Server sends or tells and no line expects is a failure.
//!
//! | line | meaning |
//! |---|---|
//! | `at 60.5` | time goes on to 60.5 s, through every timeout on the way |
//! | `1> CON 0001 t01 POST /rd ?ep=a ct=40 \|</3/0>` | UDP peer 1 sends; `w1>` a WebSocket sends (no type, no id); `hex` sends raw bytes |
//! | `1< ACK 0001 t01 2.01 location=rd/$a` | the next message to peer 1; `*` fits anything, `$x` is kept or compared; `\|~text` a part of the payload |
//! | `w1 open`, `w1 open tool`, `w1 close`, `w1 text` | a WebSocket comes, goes, sends a text message; `w1 closed 1002` the Server closes it |
//! | `event registered a`, `event values a /3/0 /3/0/0=x`, `event write a …` | the next event |
//! | `ask 7 read a /3/0 accept=11542 within=10`, `cancel 7` | a wish of the bridge; also `replace` and `update` with `/3/0/15=string:UTC`, `create a /3303/- /-/5700=float:1`, `execute a /3/0/4 0='x'`, `discover`, `delete`, `observe`, `reset`, `deregister` |
//! | `reply 7 2.05 \|text`, `reply 7 Timeout` | its end |
//! | `store ok\|fail\|hold`, `settle ok\|fail a` | how changes are stored, and the end of one that was held |
//! | `count 1`, `stats expired=1`, `limit registrations=1` | registrations; a counter; a limit (before anything else) |

#[path = "scenario/wire.rs"]
mod wire;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use lwm2m::{ContentFormat, Entry, Path, Value};
use lwm2m_engine::{
    Config, Event, Group, Input, Mono, Now, Operation, OperationId, Output, PeerId, Reply, Server, Stop, Utc,
};
use wire::{METHODS, Message, TYPES, hex, uint, unhex};

#[test]
fn scenarios() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
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

/// WebSocket peers have numbers above those of UDP peers.
const WEB: u64 = 1000;

/// The moment a scenario starts, in civil time.
const START: Utc = Utc::from_micros(1_700_000_000_000_000);

struct Run {
    title: String,
    config: Config,
    server: Option<Server>,
    mono: Mono,
    timeout: Mono,
    store: Store,
    held: VecDeque<Group>,
    sent: BTreeMap<u64, VecDeque<Vec<u8>>>,
    closed: BTreeMap<u64, u16>,
    events: VecDeque<String>,
    replies: VecDeque<Reply>,
    bound: BTreeMap<String, String>,
}

#[derive(Clone, Copy, PartialEq)]
enum Store {
    Ok,
    Fail,
    Hold,
}

impl Run {
    fn new(title: String) -> Self {
        Self {
            title,
            config: Config::new([7; 32]),
            server: None,
            mono: Mono::ZERO,
            timeout: Mono::NEVER,
            store: Store::Ok,
            held: VecDeque::new(),
            sent: BTreeMap::new(),
            closed: BTreeMap::new(),
            events: VecDeque::new(),
            replies: VecDeque::new(),
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
        let left: Vec<_> =
            self.sent.iter().flat_map(|(peer, sent)| sent.iter().map(move |bytes| (peer, bytes))).collect();
        let left: Vec<_> = left.into_iter().map(|(peer, bytes)| decode(*peer, bytes).print()).collect();
        assert!(left.is_empty(), "{}: not expected: {left:#?}", self.title);
        assert!(self.events.is_empty(), "{}: not expected: {:?}", self.title, self.events);
        assert!(self.replies.is_empty(), "{}: not expected: {:?}", self.title, self.replies);
        assert!(self.closed.is_empty(), "{}: not expected: closed {:?}", self.title, self.closed);
    }

    fn line(&mut self, line: &str) {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb {
            "at" => self.advance((rest.parse::<f64>().unwrap() * 1e6) as u64),
            "limit" => {
                let (name, value) = rest.split_once('=').unwrap();
                assert!(self.server.is_none());
                self.config.limits.set(name, value.parse().unwrap()).unwrap();
            }
            "store" => self.store = store(rest),
            "settle" => {
                let (how, endpoint) = rest.split_once(' ').unwrap();
                let group = self.held.pop_front().expect("nothing is held");
                assert_eq!(group.0.as_str(), endpoint);
                self.input(Input::Settled { group, stored: how == "ok" });
            }
            "ask" => self.ask(rest),
            "cancel" => self.input(Input::Cancel { id: OperationId(rest.parse().unwrap()) }),
            "event" => {
                let event = self.events.pop_front().expect("no event");
                assert_eq!(event, rest);
            }
            "reply" => self.reply(rest),
            "count" => assert_eq!(self.server().registration_count(), rest.parse::<usize>().unwrap()),
            "stats" => {
                let all = format!("{:?}", self.server().stats());
                for wanted in rest.split(' ') {
                    let wanted = wanted.replace('=', ": ");
                    assert!(
                        all.contains(&format!(" {wanted},")) || all.contains(&format!(" {wanted} ")),
                        "{wanted} in {all}"
                    );
                }
            }
            _ => self.peer_line(verb, rest),
        }
    }

    fn peer_line(&mut self, verb: &str, rest: &str) {
        if let Some(peer) = verb.strip_suffix('>') {
            let peer = peer_id(peer);
            let bytes = match rest.strip_prefix("hex ") {
                Some(digits) => unhex(digits),
                None => self.message(rest).encode(),
            };
            let peer_id = PeerId(peer);
            match peer >= WEB {
                true => self.input(Input::Frame { peer: peer_id, bytes: &bytes }),
                false => self.input(Input::Datagram { peer: peer_id, bytes: &bytes }),
            }
        } else if let Some(peer) = verb.strip_suffix('<') {
            let peer = peer_id(peer);
            let sent = self.sent.get_mut(&peer).and_then(VecDeque::pop_front);
            if rest == "-" {
                assert!(sent.is_none(), "sent: {}", decode(peer, &sent.unwrap()).print());
            } else {
                let sent = decode(peer, &sent.expect("nothing was sent"));
                self.expect(&sent, rest);
            }
        } else {
            let peer = peer_id(verb);
            match rest.split_once(' ').unwrap_or((rest, "")) {
                ("open", who) => {
                    self.input(Input::Opened { peer: PeerId(peer), page: who != "tool" });
                    let csm = self.sent.get_mut(&peer).and_then(VecDeque::pop_front).expect("no CSM");
                    assert_eq!(decode(peer, &csm).code, 0xe1);
                    // Max-Message-Size 1 MiB and Block-Wise-Transfer, as browsers' clients and aiocoap say.
                    let csm =
                        Message { code: 0xe1, options: vec![(2, uint(1 << 20)), (4, vec![])], ..Message::default() };
                    self.input(Input::Frame { peer: PeerId(peer), bytes: &csm.encode() });
                }
                ("close", _) => self.input(Input::Closed { peer: PeerId(peer) }),
                ("text", _) => self.input(Input::TextFrame { peer: PeerId(peer) }),
                ("closed", code) => assert_eq!(self.closed.remove(&peer), Some(code.parse().unwrap())),
                _ => panic!("what is this?"),
            }
        }
    }

    fn server(&mut self) -> &mut Server {
        self.server.get_or_insert_with(|| Server::new(self.config.clone()))
    }

    fn input(&mut self, input: Input<'_>) {
        let now = Now::new(self.mono, START + self.mono.since(Mono::ZERO));
        self.server().handle_input(now, input);
        loop {
            match self.server().poll_output() {
                Output::Store(change) => match self.store {
                    Store::Hold => self.held.push_back(change.group),
                    store => {
                        let settled = Input::Settled { group: change.group, stored: store == Store::Ok };
                        self.server().handle_input(now, settled);
                    }
                },
                Output::Transmit { peer, bytes } => self.sent.entry(peer.0).or_default().push_back(bytes),
                Output::Close { peer, code, .. } => _ = self.closed.insert(peer.0, code),
                Output::Reply(reply) => self.replies.push_back(reply),
                Output::Event(event) => self.events.push_back(event_text(&event)),
                Output::Timeout(at) => return self.timeout = at,
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
            self.input(Input::Timeout);
            steps += 1;
            assert!(steps < 10_000, "timeouts that never end");
        }
        self.mono = until;
    }

    fn ask(&mut self, rest: &str) {
        let words: Vec<_> = rest.split(' ').collect();
        let option =
            |name: &str| words.iter().find_map(|word| word.strip_prefix(name)).map(|value| value.parse().unwrap());
        let path: Path = match words[3] {
            new if new.ends_with("/-") => Path::new_instance(new[1..new.len() - 2].parse().unwrap()),
            path => path.parse().unwrap(),
        };
        let format = option("format=").map(|format: u64| ContentFormat(format as u16));
        let entries = words[4..].iter().filter(|word| word.starts_with('/')).map(|word| entry(word, path)).collect();
        let operation = match words[1] {
            "read" => {
                Operation::Read { path, accept: option("accept=").map(|format: u64| ContentFormat(format as u16)) }
            }
            "replace" => Operation::Replace { path, entries, format },
            "update" => Operation::Update { path, entries, format },
            "create" => Operation::Create { path, entries, format },
            "execute" => Operation::Execute { path, arguments: words.get(4).copied().unwrap_or_default().to_owned() },
            "discover" => Operation::Discover { path, depth: option("depth=").map(|depth: u64| depth as u8) },
            "delete" => Operation::Delete { path },
            "observe" => Operation::Observe { path, accept: None },
            "reset" => Operation::StopObserving { path, how: Stop::Reset },
            "deregister" => Operation::StopObserving { path, how: Stop::Deregister },
            other => panic!("what is {other}?"),
        };
        self.input(Input::Request {
            id: OperationId(words[0].parse().unwrap()),
            endpoint: words[2].parse().unwrap(),
            operation,
            time_left: Duration::from_secs(option("within=").unwrap_or(600)),
        });
    }

    fn reply(&mut self, rest: &str) {
        let reply = self.replies.pop_front().expect("no reply");
        let (rest, payload) = rest.split_once(" |").map_or((rest, None), |(rest, payload)| (rest, Some(payload)));
        let (id, result) = rest.split_once(' ').unwrap();
        assert_eq!(reply.id.0.to_string(), id);
        match reply.result {
            Ok(answer) => {
                assert_eq!(answer.code.to_string(), result);
                assert_eq!(payload.map(unescape), Some(answer.payload));
            }
            Err(error) => {
                let (found, wanted) = (format!("{error:?}"), result.trim_end_matches('*'));
                assert!(found == wanted || (result != wanted && found.starts_with(wanted)), "{found}");
            }
        }
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
                message.options.extend(path.split('/').map(|segment| (11, segment.replace("%2F", "/").into_bytes())));
            } else if let Some(query) = word.strip_prefix('?') {
                message.options.push((15, query.replace('~', " ").into_bytes()));
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
        let path = |number| {
            let segments = sent.options.iter().filter(|(known, _)| *known == number);
            segments.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect::<Vec<_>>().join("/")
        };
        for (at, word) in text.split_whitespace().enumerate() {
            let (name, found) = if TYPES.contains(&word) {
                (word, TYPES[usize::from(sent.head.unwrap().0)].to_owned())
            } else if at == 1 && sent.head.is_some() {
                (word, format!("{:04x}", sent.head.unwrap().1))
            } else if let Some(token) = word.strip_prefix('t').filter(|rest| !rest.contains('=')) {
                (token, hex(&sent.token))
            } else if let Some(wanted) = word.strip_prefix("location=") {
                (wanted, path(8))
            } else if let Some(wanted) = word.strip_prefix('/') {
                (wanted, path(11))
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
            Some(whole) => assert_eq!(unescape(whole), sent.payload, "{printed}"),
            None => assert!(sent.payload.is_empty(), "a payload: {printed}"),
        }
    }

    /// `rd/$a`: keeps what `$a` stands for the first time, gives it the next times.
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

/// `/3/0/15=string:UTC`, below the new instance if the path is `/3303/-`.
fn entry(word: &str, path: Path) -> Entry<'static> {
    let (at, value) = word.split_once('=').unwrap();
    let at = match at.strip_prefix("/-") {
        Some(resource) => path.child(resource[1..].parse().unwrap()).unwrap(),
        None => at.parse().unwrap(),
    };
    let (kind, text) = value.split_once(':').unwrap();
    let value = match kind {
        "string" => Value::String(text.to_owned().into()),
        "integer" => Value::Integer(text.parse().unwrap()),
        "float" => Value::Float(text.parse().unwrap()),
        "boolean" => Value::Boolean(text == "true"),
        _ => panic!("no type {kind}"),
    };
    Entry::new(at, value)
}

fn store(word: &str) -> Store {
    match word {
        "ok" => Store::Ok,
        "fail" => Store::Fail,
        "hold" => Store::Hold,
        _ => panic!("store ok, fail or hold"),
    }
}

fn peer_id(word: &str) -> u64 {
    match word.strip_prefix('w') {
        Some(number) => WEB + number.parse::<u64>().unwrap(),
        None => word.parse().unwrap_or_else(|_| panic!("what is {word:?}?")),
    }
}

fn decode(peer: u64, bytes: &[u8]) -> Message {
    Message::decode(bytes, peer < WEB)
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

fn event_text(event: &Event) -> String {
    match event {
        Event::Registered(registration) => format!("registered {}", registration.endpoint),
        Event::Updated(registration) => format!("updated {} lt={}", registration.endpoint, registration.lifetime),
        Event::Deregistered { registration, why } => format!("deregistered {} {}", registration.endpoint, why.word()),
        Event::Values { endpoint, path, entries, source } => {
            let values = entries.iter().map(|entry| match &entry.value {
                lwm2m::EntryValue::Value(value) => format!(" {}={}", entry.path, value.to_batch_text()),
                other => format!(" {}:{other:?}", entry.path),
            });
            let verb = if *source == lwm2m_engine::Source::Read { "values" } else { source.word() };
            format!("{verb} {endpoint} {path}{}", values.collect::<String>())
        }
        Event::Observation { endpoint, path, running: true } => format!("observing {endpoint} {path}"),
        Event::Observation { endpoint, path, running: false } => format!("observed {endpoint} {path}"),
        other => format!("{other:?}"),
    }
}
