//! What this page knows of one device beyond its registration: values, answers and the last exchanges.

use std::collections::VecDeque;
use std::rc::Rc;

use coap_exchange::ExchangeError;
use lwm2m::{ContentFormat, Entry, EntryValue, Level, Path, Value};

use crate::moment::{Moment, took};
use crate::sorted::Sorted;
use crate::words;

/// Exchanges that are kept for the inspector, the newest first.
pub const EXCHANGES_KEPT: usize = 24;

/// Everything learned from one device since the page was opened.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The last value of each resource or resource instance.
    pub readings: Sorted<Path, Reading>,
    /// How the last request for a path ended, or that it has not.
    pub outcomes: Sorted<Path, Outcome>,
    /// Instances that were read as a whole, and when: what is not among their readings is not on the device.
    pub whole: Sorted<Path, Moment>,
    /// The newest first, at most [`EXCHANGES_KEPT`].
    pub exchanges: VecDeque<Rc<Exchange>>,
    /// Counts exchanges.
    last_number: u32,
}

/// A value and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The value.
    pub value: Value<'static>,
    /// When it was learned, by the clock of the bridge.
    pub at: Moment,
    /// `read` for our own requests; what the bridge says for others.
    pub source: &'static str,
    /// How often it has changed; a new number lets the value light up.
    pub changes: u32,
}

/// How a request stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Sent, not answered.
    Asked {
        /// Since when.
        since: Moment,
    },
    /// Answered and decoded.
    Done {
        /// In words: `Done, 2.05 in 38 ms`.
        words: String,
    },
    /// Refused, not answered or not understood.
    Failed {
        /// In words: `4.04: the device does not have it`.
        words: String,
        /// More, for the tooltip: what the device or the bridge wrote.
        detail: String,
    },
}

/// One request and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// Counts up from 1.
    pub number: u32,
    /// What was read.
    pub path: Path,
    /// The format that was asked for.
    pub accept: ContentFormat,
    /// When it was sent.
    pub sent: Moment,
    /// How long it took, in ms.
    pub took: i64,
    /// What came back.
    pub answer: Answer,
}

/// What came back for a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// A response. An error code is a response too.
    Response {
        /// `2.05`
        code: String,
        /// The format of the payload, if it was named.
        format: Option<ContentFormat>,
        /// The bytes of the device.
        payload: Vec<u8>,
        /// What they mean, for a success.
        entries: Vec<Entry<'static>>,
        /// Why they could not be decoded: the words, and the byte where it went wrong.
        error: Option<(String, Option<usize>)>,
    },
    /// No response.
    Nothing(ExchangeError),
}

impl Exchange {
    /// Whether values came back.
    pub fn is_success(&self) -> bool {
        matches!(&self.answer, Answer::Response { code, error: None, .. } if code.starts_with("2."))
    }

    /// The result in words, to stand beside the button.
    pub fn outcome(&self) -> Outcome {
        let took = took(self.took);
        match &self.answer {
            Answer::Response { code, error: Some((words, _)), payload, .. } => Outcome::Failed {
                words: format!("{code}, not readable: {words}"),
                detail: format!("{} bytes: {}", payload.len(), words::hex(payload, 64)),
            },
            Answer::Response { code, .. } if code.starts_with("2.") => {
                Outcome::Done { words: format!("Done, {code} in {took}") }
            }
            Answer::Response { code, payload, .. } => {
                let detail = diagnostic(payload);
                let words = match (code.as_str(), words::code(code)) {
                    ("5.04", _) => format!("No answer after {took}: the device may be asleep or out of reach"),
                    (_, Some(words)) => format!("{code}: {words}"),
                    (_, None) => format!("{code}: an answer that this page does not know"),
                };
                Outcome::Failed { words, detail }
            }
            Answer::Nothing(error) => Outcome::Failed { words: nothing(*error, &took), detail: error.to_string() },
        }
    }
}

/// The text in the payload of an error response, fit to be shown.
///
/// Source: RFC 7252 §5.5.2 "Diagnostic Payload".
pub fn diagnostic(payload: &[u8]) -> String {
    match std::str::from_utf8(payload) {
        Ok(text) => words::safe(text.trim()).into_owned(),
        Err(_) => words::hex(payload, 64),
    }
}

fn nothing(error: ExchangeError, took: &str) -> String {
    match error {
        ExchangeError::Timeout => format!("No answer after {took}: the bridge did not answer"),
        ExchangeError::Closed => format!("No answer after {took}: the connection to the bridge was lost"),
        ExchangeError::Cancelled => "Cancelled".to_owned(),
        ExchangeError::QueueFull => "Not sent: too many requests are waiting for their answers".to_owned(),
        other => format!("No answer after {took}: {other}"),
    }
}

impl Page {
    /// A request for `path` has been sent.
    pub fn asked(&mut self, path: Path, since: Moment) {
        self.outcomes.insert(path, Outcome::Asked { since });
    }

    /// A request has ended.
    pub fn answered(&mut self, mut exchange: Exchange) {
        self.last_number += 1;
        exchange.number = self.last_number;
        self.outcomes.insert(exchange.path, exchange.outcome());
        if exchange.is_success()
            && let Answer::Response { entries, .. } = &exchange.answer
        {
            let at = Moment(exchange.sent.0 + exchange.took);
            self.forget_missing(exchange.path, entries, at);
            self.values(entries, at, "read");
        }
        self.exchanges.push_front(Rc::new(exchange));
        self.exchanges.truncate(EXCHANGES_KEPT);
    }

    /// Values have arrived, by whatever way.
    pub fn values(&mut self, entries: &[Entry<'_>], at: Moment, source: &'static str) {
        for entry in entries {
            let EntryValue::Value(value) = &entry.value else { continue };
            if !matches!(entry.path.level(), Level::Resource | Level::ResourceInstance) {
                continue;
            }
            let changes = match self.readings.get(&entry.path) {
                Some(old) if old.at > at => continue,
                Some(old) => old.changes + u32::from(old.value != *value),
                None => 0,
            };
            let value = value.clone().into_owned();
            self.readings.insert(entry.path, Reading { value, at, source, changes });
        }
    }

    /// The connection is lost: whatever was asked gets no answer any more.
    pub fn connection_lost(&mut self, now: Moment) {
        for outcome in self.outcomes.values_mut() {
            if let Outcome::Asked { since } = outcome {
                let words = nothing(ExchangeError::Closed, &took(now.since(*since)));
                *outcome = Outcome::Failed { words, detail: String::new() };
            }
        }
    }

    /// Whether a request for this very path is under way.
    pub fn is_waiting(&self, path: Path) -> bool {
        matches!(self.outcomes.get(&path), Some(Outcome::Asked { .. }))
    }

    /// Instances of an object that values are known of.
    pub fn instances(&self, object: u16) -> impl Iterator<Item = u16> {
        self.readings
            .from(&Path::object(object))
            .iter()
            .map(|(path, _)| *path)
            .take_while(move |path| path.object_id() == Some(object))
            .filter_map(|path| path.instance_id())
    }

    /// The readings of one resource: one of its own, or one for each of its instances.
    pub fn resource(&self, resource: Path) -> impl Iterator<Item = (Path, &Reading)> {
        self.readings
            .from(&resource)
            .iter()
            .take_while(move |(path, _)| resource.contains(*path))
            .map(|(path, reading)| (*path, reading))
    }

    /// After a read of `base`: what lies below and did not come back is gone from the device.
    fn forget_missing(&mut self, base: Path, entries: &[Entry<'_>], at: Moment) {
        self.readings.retain(|path, _| !base.contains(*path) || entries.iter().any(|entry| entry.path == *path));
        match base.level() {
            Level::ObjectInstance => {
                self.whole.insert(base, at);
            }
            Level::Object => {
                self.whole.retain(|path, _| !base.contains(*path));
                for entry in entries {
                    if entry.path.level() > Level::Object {
                        self.whole.insert(entry.path.truncate(2), at);
                    }
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str, code: &str, took: i64, entries: Vec<Entry<'static>>) -> Exchange {
        let answer = Answer::Response {
            code: code.to_owned(),
            format: Some(ContentFormat::TLV),
            payload: b"hm\n\x1b".to_vec(),
            entries,
            error: None,
        };
        Exchange {
            number: 0,
            path: path.parse().unwrap(),
            accept: ContentFormat::TLV,
            sent: Moment(1_000),
            took,
            answer,
        }
    }

    fn entry(path: &str, value: i64) -> Entry<'static> {
        Entry::new(path.parse().unwrap(), Value::Integer(value))
    }

    #[test]
    fn a_read_replaces_what_it_covers() {
        let mut page = Page::default();
        page.asked(Path::instance(3, 0), Moment(1_000));
        assert!(page.is_waiting(Path::instance(3, 0)) && !page.is_waiting(Path::object(3)));
        page.answered(read("/3/0", "2.05", 38, vec![entry("/3/0/9", 100), entry("/3/0/6/0", 1), entry("/3/0/6/1", 5)]));
        assert_eq!(
            *page.outcomes.get(&Path::instance(3, 0)).unwrap(),
            Outcome::Done { words: "Done, 2.05 in 38 ms".to_owned() }
        );
        assert_eq!(*page.whole.get(&Path::instance(3, 0)).unwrap(), Moment(1_038));
        assert_eq!(page.resource(Path::resource(3, 0, 6)).count(), 2);

        page.answered(read("/3/0/6", "2.05", 50, vec![entry("/3/0/6/1", 5)]));
        assert_eq!(page.readings.len(), 2, "resource instance 0 is gone");
        page.answered(read("/3/0/9", "2.05", 60, vec![entry("/3/0/9", 99)]));
        assert_eq!(page.readings.get(&Path::resource(3, 0, 9)).unwrap().changes, 1);
        page.answered(read("/3/0/9", "2.05", 60, vec![entry("/3/0/9", 99)]));
        assert_eq!(page.readings.get(&Path::resource(3, 0, 9)).unwrap().changes, 1, "the same value is no change");

        page.answered(read("/3", "2.05", 70, vec![entry("/3/1/9", 7)]));
        assert_eq!(page.whole.iter().map(|(path, _)| *path).collect::<Vec<_>>(), [Path::instance(3, 1)]);
        assert_eq!(page.instances(3).collect::<Vec<_>>(), [1]);
        assert_eq!(page.exchanges.iter().map(|exchange| exchange.number).collect::<Vec<_>>(), [5, 4, 3, 2, 1]);
    }

    #[test]
    fn a_failure_keeps_the_values_and_says_why() {
        let mut page = Page::default();
        page.answered(read("/3/0", "2.05", 38, vec![entry("/3/0/9", 100)]));
        let rows = [
            ("4.04", 12, "4.04: the device does not have it"),
            ("5.04", 93_100, "No answer after 93 s: the device may be asleep or out of reach"),
            ("4.77", 1, "4.77: the device refuses it"),
            ("3.00", 1, "3.00: an answer that this page does not know"),
        ];
        for (code, took, words) in rows {
            page.answered(read("/3/0", code, took, vec![]));
            let detail = "hm\\n\\u{1b}".to_owned();
            assert_eq!(
                *page.outcomes.get(&Path::instance(3, 0)).unwrap(),
                Outcome::Failed { words: words.to_owned(), detail }
            );
        }
        assert_eq!(page.readings.len(), 1);
        let mut broken = read("/3/0", "2.05", 1, vec![]);
        if let Answer::Response { error, payload, .. } = &mut broken.answer {
            *error = Some(("payload ends at byte 4".to_owned(), Some(4)));
            *payload = vec![0xc8, 0, 0x14, 0x4f];
        }
        let words = "2.05, not readable: payload ends at byte 4".to_owned();
        assert_eq!(broken.outcome(), Outcome::Failed { words, detail: "4 bytes: c800144f".to_owned() });
    }

    #[test]
    fn older_values_and_odd_paths_are_left_out() {
        let mut page = Page::default();
        page.values(&[entry("/3/0/9", 2)], Moment(20), "read");
        page.values(
            &[entry("/3/0/9", 1), entry("/3/0", 1), Entry::absent(Path::resource(3, 0, 10))],
            Moment(10),
            "notify",
        );
        assert_eq!(page.readings.len(), 1);
        assert_eq!(page.readings.get(&Path::resource(3, 0, 9)).unwrap().value, Value::Integer(2));
    }

    #[test]
    fn a_lost_connection_ends_what_was_asked() {
        let mut page = Page::default();
        page.asked(Path::instance(3, 0), Moment(1_000));
        page.connection_lost(Moment(3_500));
        let words = "No answer after 2.5 s: the connection to the bridge was lost".to_owned();
        assert_eq!(
            *page.outcomes.get(&Path::instance(3, 0)).unwrap(),
            Outcome::Failed { words, detail: String::new() }
        );
    }

    #[test]
    fn keeps_a_bounded_number_of_exchanges() {
        let mut page = Page::default();
        for _ in 0..40 {
            page.answered(read("/3/0", "4.04", 1, vec![]));
        }
        assert_eq!((page.exchanges.len(), page.exchanges[0].number), (EXCHANGES_KEPT, 40));
    }
}
