//! What the runners of scenarios have in common: how a file is walked through, and how its lines write messages.

pub(crate) mod wire;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use lwm2m::{Entry, EntryValue, Value};
use lwm2m_engine::{Mono, Now, Utc};

use wire::{METHODS, Message, TYPES, code_text, hex, uint, unhex};

/// The moment a scenario starts, in civil time.
const START: Utc = Utc::from_micros(1_700_000_000_000_000);

/// Somebody who acts out a scenario.
pub(crate) trait Actor {
    /// Does what a line says, or panics.
    fn line(&mut self, line: &str);

    /// What came out and was not expected.
    fn left(&self) -> Vec<String>;
}

/// Acts out every scenario of every file in a folder under `tests/`, each by a new actor. One that fails does not hide the
/// others.
pub(crate) fn act_out<A: Actor>(folder: &str, actor: impl Fn() -> A) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let (mut count, mut failed) = (0, 0);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        for scenario in text.split("\n== ").skip(1) {
            let (title, body) = scenario.split_once('\n').unwrap();
            assert!(body.contains("source:"), "{name}: {title}: says no source");
            let outcome = catch_unwind(AssertUnwindSafe(|| act(&format!("{name}: {title}"), body, actor())));
            failed += usize::from(outcome.is_err());
            count += 1;
        }
    }
    println!("{count} scenarios");
    assert_eq!(failed, 0, "scenarios that failed, of {count}");
}

fn act(title: &str, body: &str, mut actor: impl Actor) {
    for (number, line) in body.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') || line.starts_with("source:") {
            continue;
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| actor.line(line)));
        assert!(outcome.is_ok(), "{title}, line {}: {line}", number + 2);
    }
    let left = actor.left();
    assert!(left.is_empty(), "{title}: not expected: {left:#?}");
}

/// Both clocks, so long after the start.
pub(crate) fn at(mono: Mono) -> Now {
    Now::new(mono, START + mono.since(Mono::ZERO))
}

/// `$names` and what they stand for.
#[derive(Default)]
pub(crate) struct Names(BTreeMap<String, String>);

impl Names {
    /// Reads a message as a line writes it.
    pub(crate) fn message(&self, text: &str) -> Message {
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
    pub(crate) fn expect(&mut self, sent: &Message, text: &str) {
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
                (word, code_text(sent.code))
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
        if !self.0.contains_key(name)
            && let Some(value) = found.strip_prefix(before)
        {
            self.0.insert(name.to_owned(), value.to_owned());
        }
        self.fill(wanted)
    }

    fn fill(&self, word: &str) -> String {
        match word.find('$') {
            Some(at) => word[..at].to_owned() + self.0.get(&word[at..]).map_or("?", String::as_str),
            None => word.to_owned(),
        }
    }
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
pub(crate) fn unescape(payload: &str) -> Vec<u8> {
    payload.strip_prefix("x:").map_or_else(|| payload.as_bytes().to_vec(), unhex)
}

/// `string:UTC`
pub(crate) fn value(text: &str) -> Value<'static> {
    let (kind, text) = text.split_once(':').unwrap();
    match kind {
        "string" => Value::String(text.to_owned().into()),
        "integer" => Value::Integer(text.parse().unwrap()),
        "float" => Value::Float(text.parse().unwrap()),
        "boolean" => Value::Boolean(text == "true"),
        "time" => Value::Time(text.parse().unwrap()),
        _ => panic!("no type {kind}"),
    }
}

/// ` /3/0/15=UTC` for each.
pub(crate) fn entries_text(entries: &[Entry<'_>]) -> String {
    let texts = entries.iter().map(|entry| match &entry.value {
        EntryValue::Value(value) => format!(" {}={}", entry.path, value.to_batch_text()),
        other => format!(" {}:{other:?}", entry.path),
    });
    texts.collect()
}

/// Whether `Debug` of some counters says that each of `name=number …` is so.
pub(crate) fn assert_counters(counters: &impl std::fmt::Debug, wanted: &str) {
    let all = format!("{counters:?}");
    for wanted in wanted.split(' ') {
        let wanted = wanted.replace('=', ": ");
        let there = [",", " "].iter().any(|end| all.contains(&format!(" {wanted}{end}")));
        assert!(there, "{wanted} in {all}");
    }
}
