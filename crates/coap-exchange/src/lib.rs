//! CoAP exchanges without I/O: over UDP (RFC 7252) and over WebSocket (RFC 8323), with block-wise transfer (RFC 7959).
//!
//! Two verbs: [`Exchanges::handle_input`] takes in what happened, [`Exchanges::poll_output`] says what to do. Bytes, time
//! and randomness come from the caller.

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
mod outgoing;
mod peer;
mod rng;
mod stats;
mod time;
mod timer;
mod udp;
mod ws;

pub use coap_lite::{CoapOption, MessageClass, MessageType, RequestType, ResponseType};
pub use config::{Config, EXCHANGE_LIFETIME, NON_LIFETIME};
pub use exchanges::Exchanges;
pub use io::{Event, ExchangeError, ExchangeId, Input, Output, PeerId, Reliability, RequestId, Role};
pub use limits::{LimitRow, Limits, UnknownLimit};
pub use message::{Options, Request, Response};
pub use stats::Stats;
pub use time::{Mono, Now, Utc};
