//! A request and a response as the layer above sees them: without message ids, tokens and blocks.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::Options;
use crate::{CoapOption, MessageClass, RequestType, ResponseType};

/// A whole request: block-wise transfer, tokens and acknowledgements are below this type.
///
/// ```
/// use coap_exchange::{CoapOption, Request, RequestType};
///
/// let read = Request::new(RequestType::Get).with_path("3").with_path("0").with_accept(110);
/// assert_eq!(read.uri_path().collect::<Vec<_>>(), [b"3", b"0"]);
/// assert_eq!(read.accept(), Some(110));
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The method. `RequestType::UnKnown` cannot be sent.
    pub method: RequestType,
    /// All options, except Block1 and Block2 in a request that was received.
    pub options: Options,
    /// The whole body.
    pub payload: Vec<u8>,
}

impl Request {
    /// A request without options and body.
    #[must_use]
    pub const fn new(method: RequestType) -> Self {
        Self { method, options: Options::new(), payload: Vec::new() }
    }

    /// Adds one path segment, byte for byte: a `/` in it is data.
    #[must_use]
    pub fn with_path(mut self, segment: impl AsRef<[u8]>) -> Self {
        self.options.add(CoapOption::UriPath, segment.as_ref());
        self
    }

    /// Adds one query argument, byte for byte.
    #[must_use]
    pub fn with_query(mut self, argument: impl AsRef<[u8]>) -> Self {
        self.options.add(CoapOption::UriQuery, argument.as_ref());
        self
    }

    /// Sets the Content-Format number that is wanted in the answer.
    #[must_use]
    pub fn with_accept(mut self, format: u16) -> Self {
        self.options.set_uint(CoapOption::Accept, format.into());
        self
    }

    /// Sets the Content-Format number of the body.
    #[must_use]
    pub fn with_content_format(mut self, format: u16) -> Self {
        self.options.set_uint(CoapOption::ContentFormat, format.into());
        self
    }

    /// Asks to be told of changes: Observe 0 (RFC 7641 §2).
    #[must_use]
    pub fn with_observe(mut self) -> Self {
        self.options.set(CoapOption::Observe, &[]);
        self
    }

    /// Adds any option.
    #[must_use]
    pub fn with_option(mut self, number: impl Into<u16>, value: &[u8]) -> Self {
        self.options.add(number, value);
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn with_payload(mut self, payload: impl Into<Vec<u8>>) -> Self {
        self.payload = payload.into();
        self
    }

    /// The value of Observe: 0 asks to be told of changes, 1 to be told no longer.
    #[must_use]
    pub fn observe(&self) -> Option<u32> {
        self.options.first_uint(CoapOption::Observe)
    }

    /// The path, one item per Uri-Path option.
    pub fn uri_path(&self) -> impl Iterator<Item = &[u8]> {
        self.options.iter(CoapOption::UriPath)
    }

    /// The query, one item per Uri-Query option.
    pub fn uri_query(&self) -> impl Iterator<Item = &[u8]> {
        self.options.iter(CoapOption::UriQuery)
    }

    /// The Content-Format number wanted in the answer.
    #[must_use]
    pub fn accept(&self) -> Option<u16> {
        u16::try_from(self.options.first_uint(CoapOption::Accept)?).ok()
    }

    /// The Content-Format number of the body.
    #[must_use]
    pub fn content_format(&self) -> Option<u16> {
        u16::try_from(self.options.first_uint(CoapOption::ContentFormat)?).ok()
    }
}

/// A whole response.
///
/// ```
/// use coap_exchange::{Response, ResponseType};
///
/// let response = Response::new(ResponseType::NotFound).with_diagnostic("no such endpoint");
/// assert_eq!(response.code_text(), "4.04");
/// assert!(!response.is_success());
/// assert_eq!(response.diagnostic().as_deref(), Some("no such endpoint"));
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// The code: `MessageClass::Response(…)`, or `Reserved(n)` for a code of class 2, 4 or 5 without a name.
    pub code: MessageClass,
    /// All options, except Block1 and Block2 in a response that was received.
    pub options: Options,
    /// The whole body; in an error without Content-Format it is text for people.
    pub payload: Vec<u8>,
}

impl Response {
    /// A response without options and body.
    #[must_use]
    pub const fn new(code: ResponseType) -> Self {
        Self { code: MessageClass::Response(code), options: Options::new(), payload: Vec::new() }
    }

    /// A response with any code, for passing one on.
    #[must_use]
    pub const fn with_code(code: MessageClass) -> Self {
        Self { code, options: Options::new(), payload: Vec::new() }
    }

    /// Adds any option.
    #[must_use]
    pub fn with_option(mut self, number: impl Into<u16>, value: &[u8]) -> Self {
        self.options.add(number, value);
        self
    }

    /// Adds one segment of the Location-Path.
    #[must_use]
    pub fn with_location(mut self, segment: impl AsRef<[u8]>) -> Self {
        self.options.add(CoapOption::LocationPath, segment.as_ref());
        self
    }

    /// Sets the Content-Format number of the body.
    #[must_use]
    pub fn with_content_format(mut self, format: u16) -> Self {
        self.options.set_uint(CoapOption::ContentFormat, format.into());
        self
    }

    /// Makes the answer the first state of an observation, or of a notification; the number is set when it is sent.
    #[must_use]
    pub fn with_observe(mut self) -> Self {
        self.options.set(CoapOption::Observe, &[]);
        self
    }

    /// Sets Max-Age in seconds; in a 5.03 it says when to try again.
    #[must_use]
    pub fn with_max_age(mut self, seconds: u32) -> Self {
        self.options.set_uint(CoapOption::MaxAge, seconds);
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn with_payload(mut self, payload: impl Into<Vec<u8>>) -> Self {
        self.payload = payload.into();
        self
    }

    /// Sets the body to a text for people (RFC 7252 §5.5.2, "Diagnostic Payload").
    #[must_use]
    pub fn with_diagnostic(self, text: &str) -> Self {
        self.with_payload(text.as_bytes())
    }

    /// The Content-Format number of the body.
    #[must_use]
    pub fn content_format(&self) -> Option<u16> {
        u16::try_from(self.options.first_uint(CoapOption::ContentFormat)?).ok()
    }

    /// The sequence number of Observe, if this is a state that others follow.
    #[must_use]
    pub fn observe(&self) -> Option<u32> {
        self.options.first_uint(CoapOption::Observe)
    }

    /// Whether the code is 2.xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        u8::from(self.code) >> 5 == 2
    }

    /// The text for people in an error: the body, if it has no Content-Format and is not empty. Bad UTF-8 is replaced.
    #[must_use]
    pub fn diagnostic(&self) -> Option<String> {
        let text = !self.is_success() && !self.payload.is_empty() && !self.options.contains(CoapOption::ContentFormat);
        text.then(|| String::from_utf8_lossy(&self.payload).into_owned())
    }

    /// The code as people write it, `2.05`.
    #[must_use]
    pub fn code_text(&self) -> String {
        self.code.to_string()
    }
}

impl fmt::Display for Response {
    /// The code and, in an error, its text: `4.04 no such endpoint`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        match self.diagnostic() {
            Some(text) => write!(f, " {text}"),
            None => Ok(()),
        }
    }
}
