//! The skin between the core and JavaScript: what the npm package `lwm2m` calls.
//!
//! No rule of LwM2M stands here. A call puts its bytes into one buffer of this module's memory, names its numbers as
//! arguments, and finds the answer in one other buffer: fixed records and one UTF-8 blob, from which `js/entries.js`
//! builds the entries in one pass. There is no call per value. Answers that are small or seldom are JSON.
//!
//! | file | what |
//! |---|---|
//! | `abi.rs`, `ddf.rs` | the exported functions of `dist/lwm2m.wasm` and of `dist/ddf.wasm`, with those of `shared.rs` the only files with `unsafe` attributes |
//! | `state.rs` | the buffers, the registry and the sets of definitions |
//! | `entries.rs` | entries to records and back |
//! | `annotation.rs` | what bytes are |
//! | `links.rs` | links and attributes to JSON |
//! | `facts.rs`, `definitions.rs` | definitions to JSON, and those of JavaScript's own from lines |
//! | `json.rs` | a writer of JSON |
#![deny(missing_docs)]

#[cfg(feature = "codec")]
mod abi;
#[cfg(feature = "codec")]
mod annotation;
#[cfg(feature = "ddf")]
mod ddf;
#[cfg(feature = "codec")]
mod definitions;
#[cfg(feature = "codec")]
mod entries;
#[cfg(any(feature = "codec", feature = "ddf"))]
mod facts;
#[cfg(any(feature = "codec", feature = "ddf"))]
mod json;
#[cfg(feature = "codec")]
mod links;
#[cfg(any(feature = "codec", feature = "ddf"))]
mod shared;
#[cfg(any(feature = "codec", feature = "ddf"))]
mod state;
