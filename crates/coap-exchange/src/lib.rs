//! CoAP exchanges without I/O: over UDP (RFC 7252) and over WebSocket (RFC 8323), with block-wise transfer (RFC 7959) and
//! Observe (RFC 7641).
//!
//! Two verbs: [`Exchanges::handle_input`] takes in what happened, [`Exchanges::poll_output`] says what to do. Bytes, time and
//! randomness come from the caller, so every run can be repeated, and a test of 247 seconds takes microseconds.
//!
//! # The loop
//!
//! A server that answers every request with its path, over one socket:
//!
//! ```
//! use coap_exchange::*;
//! # struct Socket(Option<&'static [u8]>, Vec<Vec<u8>>);
//! # impl Socket {
//! #     fn wait(&mut self, _until: Mono) -> Option<(PeerId, &'static [u8])> { self.0.take().map(|bytes| (PeerId(1), bytes)) }
//! #     fn send(&mut self, _peer: PeerId, bytes: &[u8]) { self.1.push(bytes.into()) }
//! # }
//! # let mut socket = Socket(Some(b"\x40\x01\x12\x34\xb5hello"), vec![]);
//! # let now = || Now::new(Mono::ZERO, Utc::EPOCH);
//! let mut exchanges = Exchanges::new(Config::new(0x5eed));
//! loop {
//!     let wake = loop {
//!         match exchanges.poll_output() {
//!             Output::Transmit { peer, bytes } => socket.send(peer, &bytes),
//!             Output::Event(Event::Request { exchange, request, .. }) => {
//!                 let path: Vec<u8> = request.uri_path().flatten().copied().collect();
//!                 let response = Response::new(ResponseType::Content).with_payload(path);
//!                 exchanges.handle_input(now(), Input::Respond { exchange, response });
//!             }
//!             Output::Event(_) | Output::Close { .. } => {}
//!             Output::Timeout(at) => break at, // always last
//!         }
//!     };
//! #   if !socket.1.is_empty() { break }
//!     match socket.wait(wake) {
//!         Some((peer, bytes)) => exchanges.handle_input(now(), Input::Datagram { peer, bytes }),
//!         None => exchanges.handle_input(now(), Input::Timeout),
//!     }
//! }
//! # assert_eq!(socket.1[0], b"\x60\x45\x12\x34\xffhello");
//! ```
//!
//! A client sends a request and waits for the one event that ends it:
//!
//! ```
//! use coap_exchange::*;
//!
//! let now = Now::new(Mono::ZERO, Utc::EPOCH);
//! let mut exchanges = Exchanges::new(Config::new(1));
//! let request = Request::new(RequestType::Get).with_path("3").with_path("0");
//! let (id, peer) = (RequestId(7), PeerId(1));
//! exchanges.handle_input(now, Input::Request { id, peer, request, reliability: Reliability::Confirmable, slot: 0 });
//! let Output::Transmit { bytes, .. } = exchanges.poll_output() else { panic!() };
//! assert_eq!(exchanges.poll_output(), Output::Event(Event::Sent { id }));
//! assert!(matches!(exchanges.poll_output(), Output::Timeout(_))); // in 2 to 3 s it would be sent again
//!
//! // The device answers: an acknowledgement with the same message id and token, 2.05 and a payload.
//! let mut answer = vec![0x68, 0x45, bytes[2], bytes[3]];
//! answer.extend(&bytes[4..12]);
//! answer.extend(b"\xffok");
//! exchanges.handle_input(now, Input::Datagram { peer, bytes: &answer });
//! let Output::Event(Event::Response { response, .. }) = exchanges.poll_output() else { panic!() };
//! assert_eq!((response.code_text().as_str(), &response.payload[..]), ("2.05", &b"ok"[..]));
//! ```
//!
//! To observe is to add [`Request::with_observe`]. If the answer has Observe too, the id names the observation: each newer
//! state comes as an [`Event::Notification`], until one [`Event::ObservationEnded`]. To be observed is to answer such a request
//! with [`Response::with_observe`]:
//!
//! ```
//! use coap_exchange::*;
//!
//! let now = Now::new(Mono::ZERO, Utc::EPOCH);
//! let mut exchanges = Exchanges::new(Config::new(1));
//! // GET /a with Observe 0 and token 21, confirmable.
//! exchanges.handle_input(now, Input::Datagram { peer: PeerId(1), bytes: b"\x41\x01\x00\x07\x21\x60\x51a" });
//! let Output::Event(Event::Request { exchange, request, .. }) = exchanges.poll_output() else { panic!() };
//! assert_eq!(request.observe(), Some(0));
//!
//! let state = |text: &str| Response::new(ResponseType::Content).with_observe().with_payload(text);
//! exchanges.handle_input(now, Input::Respond { exchange, response: state("one") });
//! assert!(matches!(exchanges.poll_output(), Output::Transmit { .. }));
//!
//! // The state changes. A reset ends it; so does silence after a confirmable one.
//! let reliability = Reliability::NonConfirmable;
//! exchanges.handle_input(now, Input::Notify { exchange, response: state("two"), reliability });
//! let Output::Transmit { bytes, .. } = exchanges.poll_output() else { panic!() };
//! exchanges.handle_input(now, Input::Datagram { peer: PeerId(1), bytes: &[0x70, 0, bytes[2], bytes[3]] });
//! let gone = Event::ObserverGone { exchange, why: ObserverEnd::Reset };
//! assert_eq!(exchanges.poll_output(), Output::Event(gone));
//! ```
//!
//! # What it does
//!
//! * **Every frame is checked** byte by byte before it is read ([`message::scan`]). What is malformed is reset, aborted or
//!   dropped, and counted in [`Stats`]; it is never an error of the caller.
//! * **UDP**: acknowledgement and retransmission, one request per peer at a time (NSTART), separate responses, message ids
//!   that never repeat within 247 s, and a memory of what was received, so that nothing is executed twice.
//! * **WebSocket**: settings (CSM), Ping and Pong, Release, Abort, keep-alive; either side of the connection may ask.
//! * **Block-wise**: the layer above sees whole bodies only. Those of requests and of responses are sent and received in blocks
//!   where one message is too small; large responses are kept for 247 s, and made anew by the layer above after that.
//! * **Observe**, both sides: what we observe is told in order and whole; whom we notify is told the newest state, one
//!   confirmable message at a time.
//! * **Bounded**: [`Limits`] is the list of everything that is held, with what happens when it is full.
//!
//! A request of ours always ends in exactly one [`Event::Response`] or [`Event::Failed`], and an observation of ours in one
//! [`Event::ObservationEnded`]. A request that we received ends with our [`Input::Respond`], or with [`Event::Abandoned`], and an
//! observer with one [`Event::ObserverGone`].

#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![warn(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::std_instead_of_core,
    clippy::alloc_instead_of_core,
    clippy::exhaustive_enums,
    clippy::exhaustive_structs
)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing))]

extern crate alloc;

mod block;
mod collect;
mod config;
mod dedup;
mod exchanges;
#[cfg(test)]
mod fuzz;
mod incoming;
mod io;
mod limits;
pub mod message;
mod mid;
mod observers;
mod observing;
mod outgoing;
mod peer;
mod rng;
mod serving;
mod stats;
mod time;
mod timer;
mod udp;
mod upload;
mod ws;

pub use coap_lite::{CoapOption, MessageClass, MessageType, RequestType, ResponseType};
pub use config::{Config, EXCHANGE_LIFETIME, NON_LIFETIME};
pub use exchanges::Exchanges;
pub use io::{
    Event, ExchangeError, ExchangeId, Input, ObserverEnd, Output, PeerId, Reliability, RequestId, Role, Stop,
};
pub use limits::{LimitRow, Limits, UnknownLimit};
pub use message::{Options, Request, Response};
pub use stats::Stats;
pub use time::{Mono, Now, Utc};
