//! Messages: the strict scan of a frame, options, requests and responses.
//!
//! A frame goes through two steps. [`scan`](scan::scan) checks every byte of it in place, without allocating, for either
//! framing. Only what it accepts reaches `packet`, the one file that knows coap-lite's `Packet`.

pub mod number;
mod options;
mod request;

pub use options::Options;
pub use request::{Request, Response};
