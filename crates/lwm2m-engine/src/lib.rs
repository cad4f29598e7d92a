//! The LwM2M Server, and a Client, as state machines: what each does next, given what arrived and what time it is.
//!
//! A [`Server`] has two verbs. [`handle_input`](Server::handle_input) takes what happened (a datagram, a WebSocket
//! message, a wish, a point in time) and returns nothing: bad bytes are not the caller's error.
//! [`poll_output`](Server::poll_output) gives what is to be done, and [`Output::Timeout`] always last. Two inputs in a row
//! are allowed; draining late costs delay, never correctness.
//!
//! ```
//! use lwm2m_engine::{Config, Input, Mono, Now, Output, PeerId, Server, Utc};
//!
//! let mut server = Server::new(Config::new([7; 32]));
//! let now = Now::new(Mono::ZERO, Utc::from_micros(1_700_000_000_000_000));
//!
//! // POST /rd?ep=a&lwm2m=1.1&lt=60 with the body </3/0>, confirmable, message 1, token 01.
//! let register = b"\x41\x02\x00\x01\x01\xb2rd\x44ep=a\x09lwm2m=1.1\x05lt=60\xff</3/0>";
//! server.handle_input(now, Input::Datagram { peer: PeerId(1), bytes: register });
//! let Output::Store(change) = server.poll_output() else { panic!("nothing to store") };
//! server.handle_input(now, Input::Settled { group: change.group, stored: true });
//!
//! let mut answer = None;
//! loop {
//!     match server.poll_output() {
//!         Output::Transmit { bytes, .. } => answer = Some(bytes),
//!         Output::Timeout(_) => break,
//!         _ => {}
//!     }
//! }
//! assert_eq!(answer.unwrap()[..5], [0x61, 0x41, 0x00, 0x01, 0x01]); // ACK, 2.01 Created, same message, same token
//! assert_eq!(server.registrations().next().unwrap().endpoint.as_str(), "a");
//! ```
//!
//! A [`Client`] is the other end, driven in the same way: a device with its objects, which registers, answers and notifies. A
//! [`Simulation`] moves its values.
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![warn(clippy::unwrap_used)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod client;
mod endpoint;
mod event;
mod limits;
mod operation;
mod registration;
mod server;
mod stats;

pub use client::{
    Argument, Client, ClientConfig, ClientEvent, ClientInput, ClientLimits, ClientLink, ClientOutput, ClientState,
    ClientStats, ConfigError, Crossing, DeviceObject, Left, RegistrationError, Simulation, demo_objects,
};
pub use coap_exchange::{LimitRow, Mono, Now, PeerId, Stop, UnknownLimit, Utc};
pub use endpoint::{EndpointError, EndpointName};
pub use event::{Answer, Change, Event, Gone, Group, Input, OperationId, Output, Reply, RequestError, Source};
pub use limits::Limits;
pub use operation::Operation;
pub use registration::{Note, Registration, RegistrationId, Transport};
pub use server::{Config, Server};
pub use stats::Stats;
