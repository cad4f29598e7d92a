//! What the server asked of the simulated device, read from the messages themselves: the newest requests with their answers.

use std::collections::VecDeque;
use std::rc::Rc;

use coap_exchange::message::{Framing, Message};
use coap_exchange::{CoapOption, MessageClass, RequestType};
use lwm2m::{ContentFormat, Level, Path};

use crate::moment::Moment;

/// Requests that are kept.
pub const KEPT: usize = 50;
/// Bytes of a payload or a query that are kept as text.
const TEXT: usize = 120;

/// What the server asked, the newest first. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Log {
    requests: Rc<VecDeque<Request>>,
    last: u32,
}

/// One thing that the server asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Its number, from 1; a name among its neighbours.
    pub number: u32,
    /// When it came, by the clock of this computer.
    pub at: Moment,
    /// What it asks for.
    pub verb: Verb,
    /// Of what.
    pub path: Path,
    /// The attributes, the arguments or the text that came with it, if they can be read as text.
    pub with: String,
    /// The code of the answer, `2.05`, once there is one.
    pub code: Option<String>,
    /// Notifications that were sent since, for an observation.
    pub notified: u32,
    token: Vec<u8>,
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Read.
    Read,
    /// Discover.
    Discover,
    /// Observe.
    Observe,
    /// The end of an observation.
    Cancel,
    /// Write, replacing or in part.
    Write,
    /// Write-Attributes.
    Attributes,
    /// Execute.
    Execute,
    /// Create.
    Create,
    /// Delete.
    Delete,
}

impl Verb {
    /// The beginning of "read /3/0".
    pub fn words(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Discover => "discovered",
            Self::Observe => "observes",
            Self::Cancel => "stopped observing",
            Self::Write => "wrote",
            Self::Attributes => "set attributes of",
            Self::Execute => "executed",
            Self::Create => "created in",
            Self::Delete => "deleted",
        }
    }

    /// One word for tests.
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Discover => "discover",
            Self::Observe => "observe",
            Self::Cancel => "cancel",
            Self::Write => "write",
            Self::Attributes => "attributes",
            Self::Execute => "execute",
            Self::Create => "create",
            Self::Delete => "delete",
        }
    }

    /// Which operation a request of a server is.
    ///
    /// Source: OMA LwM2M Transport, "Device Management and Service Enablement Interface".
    fn of(method: RequestType, path: Path, message: &Message) -> Option<Self> {
        let number = |option: CoapOption| message.options.first_uint(option);
        let format = number(CoapOption::ContentFormat);
        let is_text = format.is_none() || format == Some(ContentFormat::TEXT.0.into());
        Some(match method {
            RequestType::Get if number(CoapOption::Accept) == Some(ContentFormat::LINK_FORMAT.0.into()) => {
                Self::Discover
            }
            RequestType::Get => match number(CoapOption::Observe) {
                Some(0) => Self::Observe,
                Some(1) => Self::Cancel,
                _ => Self::Read,
            },
            RequestType::Put if message.payload.is_empty() && message.options.contains(CoapOption::UriQuery) => {
                Self::Attributes
            }
            RequestType::Put => Self::Write,
            RequestType::Post => match path.level() {
                Level::Object => Self::Create,
                Level::Resource if is_text => Self::Execute,
                _ => Self::Write,
            },
            RequestType::Delete => Self::Delete,
            _ => return None,
        })
    }
}

impl Log {
    /// All of them, the newest first.
    pub fn iter(&self) -> impl Iterator<Item = &Request> {
        self.requests.iter()
    }

    /// Whether nothing was asked yet.
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// A message came from the server.
    pub fn received(&mut self, at: Moment, bytes: &[u8]) {
        let Ok(message) = Message::decode(Framing::WebSocket, bytes) else { return };
        let MessageClass::Request(method) = message.code else { return };
        let Ok(path) = Path::from_segments(message.options.iter(CoapOption::UriPath)) else { return };
        let Some(verb) = Verb::of(method, path, &message) else { return };
        let requests = Rc::make_mut(&mut self.requests);
        // The next block of something that is there already.
        let block =
            [CoapOption::Block1, CoapOption::Block2].into_iter().find_map(|option| message.options.first_uint(option));
        if block.is_some_and(|block| block >> 4 > 0)
            && let Some(same) = requests.iter_mut().find(|request| request.verb == verb && request.path == path)
        {
            same.token = message.token;
            return;
        }
        self.last += 1;
        let with = with(verb, &message);
        requests.truncate(KEPT - 1);
        requests.push_front(Request {
            number: self.last,
            at,
            verb,
            path,
            with,
            code: None,
            notified: 0,
            token: message.token,
        });
    }

    /// A message goes to the server.
    pub fn sent(&mut self, bytes: &[u8]) {
        let Ok(message) = Message::decode(Framing::WebSocket, bytes) else { return };
        let MessageClass::Response(_) = message.code else { return };
        let Some(at) = self.requests.iter().position(|request| request.token == message.token) else { return };
        let Some(request) = Rc::make_mut(&mut self.requests).get_mut(at) else { return };
        match request.code {
            Some(_) if request.verb == Verb::Observe => request.notified += 1,
            _ => request.code = Some(message.code.to_string()),
        }
    }
}

/// What came with a request, where it is text.
fn with(verb: Verb, message: &Message) -> String {
    let text = match verb {
        Verb::Attributes => {
            let attributes: Vec<_> = message.options.iter(CoapOption::UriQuery).map(String::from_utf8_lossy).collect();
            attributes.join(", ")
        }
        Verb::Execute | Verb::Write => {
            let format =
                message.options.first_uint(CoapOption::ContentFormat).and_then(|format| u16::try_from(format).ok());
            match format.map_or(ContentFormat::TEXT, ContentFormat) {
                ContentFormat::TEXT => String::from_utf8_lossy(&message.payload).into_owned(),
                format => format.to_string(),
            }
        }
        _ => String::new(),
    };
    text.chars().take(TEXT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use coap_exchange::ResponseType;
    use coap_exchange::message::Head;

    fn message(code: MessageClass, token: u8) -> Message {
        Message::new(Head::Frame, code, vec![token])
    }

    fn request(method: RequestType, path: &str, options: &[(CoapOption, u32)], payload: &str, token: u8) -> Vec<u8> {
        let mut request = message(MessageClass::Request(method), token);
        for segment in path.split('/').skip(1) {
            request.options.add(CoapOption::UriPath, segment.as_bytes());
        }
        for (option, value) in options {
            request.options.add_uint(*option, *value);
        }
        request.payload = payload.as_bytes().to_vec();
        request.encode().unwrap()
    }

    fn response(code: ResponseType, token: u8) -> Vec<u8> {
        message(MessageClass::Response(code), token).encode().unwrap()
    }

    #[test]
    fn names_what_was_asked() {
        use RequestType::{Delete, Get, Post, Put};
        type Row = (RequestType, &'static str, &'static [(CoapOption, u32)], &'static str, &'static str);
        let rows: [Row; 12] = [
            (Get, "/3/0", &[], "", "read /3/0 "),
            (Get, "/3", &[(CoapOption::Accept, 40)], "", "discovered /3 "),
            (Get, "/3/0/9", &[(CoapOption::Observe, 0)], "", "observes /3/0/9 "),
            (Get, "/3/0/9", &[(CoapOption::Observe, 1)], "", "stopped observing /3/0/9 "),
            (Put, "/3311/0/5851", &[(CoapOption::ContentFormat, 0)], "45", "wrote /3311/0/5851 45"),
            (Put, "/1/0", &[(CoapOption::ContentFormat, 110)], "[]", "wrote /1/0 SenML JSON (110)"),
            (Post, "/1/0", &[(CoapOption::ContentFormat, 110)], "[]", "wrote /1/0 SenML JSON (110)"),
            (Post, "/3/0/4", &[], "", "executed /3/0/4 "),
            (Post, "/3/0/4", &[], "0='now'", "executed /3/0/4 0='now'"),
            (Post, "/3/0/6", &[(CoapOption::ContentFormat, 110)], "[]", "wrote /3/0/6 SenML JSON (110)"),
            (Post, "/3303", &[(CoapOption::ContentFormat, 110)], "[]", "created in /3303 "),
            (Delete, "/3303/1", &[], "", "deleted /3303/1 "),
        ];
        for (method, path, options, payload, words) in rows {
            let mut log = Log::default();
            log.received(Moment(1), &request(method, path, options, payload, 1));
            let found = log.iter().next().map(|one| format!("{} {} {}", one.verb.words(), one.path, one.with));
            assert_eq!(found.as_deref(), Some(words));
        }
        let mut attributes = message(MessageClass::Request(Put), 1);
        for (option, text) in
            [(CoapOption::UriPath, "3"), (CoapOption::UriQuery, "pmin=5"), (CoapOption::UriQuery, "pmax=60")]
        {
            attributes.options.add(option, text.as_bytes());
        }
        let mut log = Log::default();
        log.received(Moment(1), &attributes.encode().unwrap());
        assert_eq!(
            log.iter().map(|one| (one.verb, one.with.as_str())).collect::<Vec<_>>(),
            [(Verb::Attributes, "pmin=5, pmax=60")]
        );
    }

    #[test]
    fn answers_find_their_requests() {
        let mut log = Log::default();
        log.received(Moment(1), &request(RequestType::Get, "/3303/0/5700", &[(CoapOption::Observe, 0)], "", 1));
        log.received(Moment(2), &request(RequestType::Get, "/9/9", &[], "", 2));
        log.sent(&response(ResponseType::NotFound, 2));
        for _ in 0..3 {
            log.sent(&response(ResponseType::Content, 1));
        }
        log.sent(&response(ResponseType::Content, 9));
        let rows: Vec<_> = log.iter().map(|one| (one.number, one.code.as_deref(), one.notified)).collect();
        assert_eq!(rows, [(2, Some("4.04"), 0), (1, Some("2.05"), 2)]);
    }

    #[test]
    fn blocks_are_one_request() {
        let mut log = Log::default();
        for (number, token) in [(0, 1), (1, 2), (2, 3)] {
            let block = [(CoapOption::Block1, number << 4 | 8)];
            log.received(Moment(1), &request(RequestType::Put, "/3/0/15", &block, "x", token));
            log.sent(&response(if number < 2 { ResponseType::Continue } else { ResponseType::Changed }, token));
        }
        assert_eq!(log.iter().map(|one| one.code.as_deref()).collect::<Vec<_>>(), [Some("2.04")]);
    }

    #[test]
    fn keeps_a_bounded_number_and_no_noise() {
        let mut log = Log::default();
        for bytes in [&b""[..], b"\xff\xff", &message(MessageClass::Empty, 1).encode().unwrap_or_default()] {
            log.received(Moment(0), bytes);
            log.sent(bytes);
        }
        log.received(Moment(0), &request(RequestType::Get, "/a/b", &[], "", 1));
        assert!(log.is_empty());
        for _ in 0..KEPT + 9 {
            log.received(Moment(0), &request(RequestType::Get, "/3", &[], "", 1));
        }
        assert_eq!((log.iter().count(), log.iter().next().map(|one| one.number)), (KEPT, Some(59)));
    }
}
