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

mod scenario;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use lwm2m::{ContentFormat, Entry, Path};
use lwm2m_engine::{Config, Event, Group, Input, Mono, Operation, OperationId, Output, PeerId, Reply, Server, Stop};
use scenario::wire::{Message, uint, unhex};
use scenario::{Actor, Names, assert_counters, entries_text, unescape};

#[test]
fn scenarios() {
    scenario::act_out("scenarios", Run::new);
}

/// WebSocket peers have numbers above those of UDP peers.
const WEB: u64 = 1000;

struct Run {
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
    names: Names,
}

#[derive(Clone, Copy, PartialEq)]
enum Store {
    Ok,
    Fail,
    Hold,
}

impl Run {
    fn new() -> Self {
        Self {
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
            names: Names::default(),
        }
    }

    fn peer_line(&mut self, verb: &str, rest: &str) {
        if let Some(peer) = verb.strip_suffix('>') {
            let peer = peer_id(peer);
            let bytes = match rest.strip_prefix("hex ") {
                Some(digits) => unhex(digits),
                None => self.names.message(rest).encode(),
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
                self.names.expect(&sent, rest);
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
        let now = scenario::at(self.mono);
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
}

impl Actor for Run {
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
                let stats = self.server().stats().clone();
                assert_counters(&stats, rest);
            }
            _ => self.peer_line(verb, rest),
        }
    }

    fn left(&self) -> Vec<String> {
        let sent = self.sent.iter().flat_map(|(peer, sent)| sent.iter().map(|bytes| decode(*peer, bytes).print()));
        let replies = self.replies.iter().map(|reply| format!("{reply:?}"));
        let closed = self.closed.iter().map(|closed| format!("closed {closed:?}"));
        sent.chain(self.events.iter().cloned()).chain(replies).chain(closed).collect()
    }
}

/// `/3/0/15=string:UTC`, below the new instance if the path is `/3303/-`.
fn entry(word: &str, path: Path) -> Entry<'static> {
    let (at, value) = word.split_once('=').unwrap();
    let at = match at.strip_prefix("/-") {
        Some(resource) => path.child(resource[1..].parse().unwrap()).unwrap(),
        None => at.parse().unwrap(),
    };
    Entry::new(at, scenario::value(value))
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

fn event_text(event: &Event) -> String {
    match event {
        Event::Registered(registration) => format!("registered {}", registration.endpoint),
        Event::Updated(registration) => format!("updated {} lt={}", registration.endpoint, registration.lifetime),
        Event::Deregistered { registration, why } => format!("deregistered {} {}", registration.endpoint, why.word()),
        Event::Values { endpoint, path, entries, source } => {
            let verb = if *source == lwm2m_engine::Source::Read { "values" } else { source.word() };
            format!("{verb} {endpoint} {path}{}", entries_text(entries))
        }
        Event::Observation { endpoint, path, running: true } => format!("observing {endpoint} {path}"),
        Event::Observation { endpoint, path, running: false } => format!("observed {endpoint} {path}"),
        other => format!("{other:?}"),
    }
}
