//! One request to a device, its answer, and how both are told.

use std::rc::Rc;

use coap_exchange::{ExchangeError, Request};
use lwm2m::{ContentFormat, Discovery, Entry, Path};

use crate::command::{Act, Command};
use crate::moment::{Moment, took};
use crate::words::{self, count};

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
        /// When.
        at: Moment,
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
    /// What was asked.
    pub command: Command,
    /// How it was asked.
    pub request: Request,
    /// When it was sent.
    pub sent: Moment,
    /// How long it took, in ms.
    pub took: i64,
    /// What came back.
    pub answer: Answer,
    /// Whether the device tells of changes from now on.
    pub observes: bool,
    /// Which notification the answer is; 0 for the answer itself.
    pub notification: u32,
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
        /// What was found, for a Discover.
        found: Option<Rc<Discovery>>,
        /// Where the new instance is, for a Create.
        created: Option<Path>,
    },
    /// No response.
    Nothing(ExchangeError),
}

impl Exchange {
    /// Whether it was done.
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
            Answer::Response { code, found, created, .. } if code.starts_with("2.") => {
                let words = match (&self.command.act, found, created) {
                    (Act::Observe, ..) if !self.observes => {
                        format!("Read once, {code} in {took}: the device does not tell of changes")
                    }
                    (Act::Observe, ..) => format!("Observing, {code} in {took}"),
                    (Act::StopObserving, ..) => format!("Stopped, {code} in {took}"),
                    (Act::Discover { .. }, Some(found), _) => {
                        format!("{} found, {code} in {took}", count(found.found.len(), "path"))
                    }
                    (Act::Create(_), _, created) => {
                        let path = created.unwrap_or(self.command.path);
                        let what = if path.is_new_instance() { "an instance".to_owned() } else { path.to_string() };
                        format!("Created {what}, {code} in {took}")
                    }
                    (Act::Delete, ..) => format!("Deleted {}, {code} in {took}", self.command.path),
                    _ => format!("Done, {code} in {took}"),
                };
                Outcome::Done { words, at: Moment(self.sent.0 + self.took) }
            }
            Answer::Response { code, payload, .. } => {
                let detail = diagnostic(payload);
                let words = match (code.as_str(), words::code(code)) {
                    ("5.04", _) if self.command.changes_something() => {
                        format!("No answer after {took}: whether the device did it is not known")
                    }
                    ("5.04", _) => format!("No answer after {took}: the device may be asleep or out of reach"),
                    (_, Some(words)) => format!("{code}: {words}"),
                    (_, None) => format!("{code}: an answer that this page does not know"),
                };
                Outcome::Failed { words, detail }
            }
            Answer::Nothing(error) => {
                let was_sent = matches!(error, ExchangeError::Timeout | ExchangeError::Closed);
                let mut words = nothing(*error, &took);
                if was_sent && self.command.changes_something() {
                    words.push_str(". Whether the device did it is not known");
                }
                Outcome::Failed { words, detail: error.to_string() }
            }
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

/// Why there is no answer.
pub fn nothing(error: ExchangeError, took: &str) -> String {
    match error {
        ExchangeError::Timeout => format!("No answer after {took}: the bridge did not answer"),
        ExchangeError::Closed => format!("No answer after {took}: the connection to the bridge was lost"),
        ExchangeError::Cancelled => "Cancelled".to_owned(),
        ExchangeError::QueueFull => "Not sent: too many requests are waiting for their answers".to_owned(),
        other => format!("No answer after {took}: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use coap_exchange::RequestType;

    fn exchange(act: Act, code: &str, took: i64) -> Exchange {
        let answer = Answer::Response {
            code: code.to_owned(),
            format: Some(ContentFormat::TLV),
            payload: b"hm\n\x1b".to_vec(),
            entries: Vec::new(),
            error: None,
            found: None,
            created: None,
        };
        let command = Command::new(Path::resource(3, 0, 4), act);
        let request = Request::new(RequestType::Get);
        Exchange { number: 0, command, request, sent: Moment(1_000), took, answer, observes: true, notification: 0 }
    }

    fn words(exchange: &Exchange) -> String {
        match exchange.outcome() {
            Outcome::Done { words, .. } | Outcome::Failed { words, .. } => words,
            Outcome::Asked { .. } => String::new(),
        }
    }

    #[test]
    fn successes_in_words() {
        let mut once = exchange(Act::Observe, "2.05", 38);
        assert_eq!(words(&once), "Observing, 2.05 in 38 ms");
        once.observes = false;
        assert_eq!(words(&once), "Read once, 2.05 in 38 ms: the device does not tell of changes");
        let rows = [
            (Act::Read, "2.05", "Done, 2.05 in 38 ms"),
            (Act::Delete, "2.02", "Deleted /3/0/4, 2.02 in 38 ms"),
            (Act::StopObserving, "2.05", "Stopped, 2.05 in 38 ms"),
        ];
        for (act, code, expected) in rows {
            assert_eq!(words(&exchange(act, code, 38)), expected);
        }
    }

    #[test]
    fn a_failure_says_why() {
        let rows = [
            ("4.04", 12, "4.04: the device does not have it"),
            ("5.04", 93_100, "No answer after 93 s: the device may be asleep or out of reach"),
            ("4.77", 1, "4.77: the device refuses it"),
            ("3.00", 1, "3.00: an answer that this page does not know"),
        ];
        for (code, took, words) in rows {
            let (words, detail) = (words.to_owned(), "hm\\n\\u{1b}".to_owned());
            assert_eq!(exchange(Act::Read, code, took).outcome(), Outcome::Failed { words, detail });
        }
        let mut broken = exchange(Act::Read, "2.05", 1);
        if let Answer::Response { error, payload, .. } = &mut broken.answer {
            *error = Some(("payload ends at byte 4".to_owned(), Some(4)));
            *payload = vec![0xc8, 0, 0x14, 0x4f];
        }
        let words = "2.05, not readable: payload ends at byte 4".to_owned();
        assert_eq!(broken.outcome(), Outcome::Failed { words, detail: "4 bytes: c800144f".to_owned() });
    }

    #[test]
    fn an_unknown_end_says_so() {
        let row = |act: Act, answer: Option<ExchangeError>| {
            let mut exchange = exchange(act, "5.04", 93_000);
            if let Some(error) = answer {
                exchange.answer = Answer::Nothing(error);
            }
            words(&exchange)
        };
        let execute = || Act::Execute(String::new());
        assert_eq!(row(execute(), None), "No answer after 93 s: whether the device did it is not known");
        assert_eq!(
            row(execute(), Some(ExchangeError::Closed)),
            "No answer after 93 s: the connection to the bridge was lost. Whether the device did it is not known"
        );
        assert_eq!(
            row(execute(), Some(ExchangeError::QueueFull)),
            "Not sent: too many requests are waiting for their answers"
        );
        assert!(!row(Act::Read, None).contains("not known"));
    }
}
