//! The skin between the core and JavaScript: what the npm package `lwm2m` calls.
//!
//! No rule of LwM2M stands here. A call puts its bytes into one buffer of this module's memory, names its numbers as
//! arguments, and finds the answer in one other buffer: fixed records and one UTF-8 blob, from which `js/entries.js`
//! builds the entries in one pass. There is no call per value. Answers that are small or seldom are JSON.
//!
//! | file | what |
//! |---|---|
//! | `abi.rs` | the exported functions, the only file with `unsafe` attributes |
//! | `state.rs` | the buffers, the registry and the sets of definitions |
//! | `entries.rs` | entries to records and back |
//! | `annotation.rs` | what bytes are |
//! | `links.rs` | links and attributes to JSON |
//! | `facts.rs` | definitions to JSON, and the lines from which JavaScript's own definitions are read |
//! | `json.rs` | a writer of JSON |
#![deny(missing_docs)]

#[cfg(feature = "codec")]
mod abi;
#[cfg(feature = "codec")]
mod annotation;
#[cfg(feature = "codec")]
mod entries;
#[cfg(feature = "codec")]
mod facts;
#[cfg(feature = "codec")]
mod json;
#[cfg(feature = "codec")]
mod links;
#[cfg(feature = "codec")]
mod state;
