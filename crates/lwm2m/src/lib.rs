//! LwM2M payloads, paths, links and object facts: bytes to entries and back.
//!
//! A payload of any content format is a flat list of [`Entry`]s: a [`Path`], a [`Value`], perhaps a time.
//! [`codec::decode`] makes that list from bytes, [`codec::encode`] makes bytes from the list, and a [`Context`] says
//! what both need to know: the format, the path of the request, and the [`Models`] that give ids their types.
//!
//! ```
//! use lwm2m::{codec, ContentFormat, Context, Entry, Models, Path, Value};
//!
//! // What a device answers to a Read of /3/0/9 in TLV: resource 9, one byte, 100.
//! let context = Context::new(ContentFormat::TLV, Path::instance(3, 0), Models::oma());
//! let payload = codec::decode(&[0xC1, 0x09, 0x64], &context)?;
//! assert_eq!(payload.entries(), [Entry::new(Path::resource(3, 0, 9), Value::Integer(100))]);
//!
//! // What that resource is, says the table of registered objects.
//! let level = Models::oma().resource(Path::resource(3, 0, 9)).unwrap();
//! assert_eq!((level.name, level.units), ("Battery Level", "/100"));
//!
//! // And back to bytes, in another format.
//! let context = Context::new(ContentFormat::SENML_JSON, Path::instance(3, 0), Models::oma());
//! assert_eq!(codec::encode(payload.entries(), &context)?, br#"[{"bn":"/3/0/","n":"9","v":100}]"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The crate needs an allocator and nothing else: no clock, no I/O, no threads. Input never panics, and every length,
//! count and depth that a sender chooses has a limit in [`Limits`]. Values borrow from the payload where they can.
//!
//! Payload formats known today: text (0), opaque (42, and 1544 on input), SenML JSON (110), SenML CBOR (112), TLV (11542,
//! and 1542 on input). Any other format ends in [`codec::DecodeError::Unsupported`].
//!
//! [`tree`] shows entries as objects, instances and resources with their names.
//!
//! Besides payloads: [`link`] reads and writes link format, [`ObjectList`] makes sense of a registration and [`Discovery`]
//! of the answer of Discover;
//! [`Attributes`] and [`WriteAttributes`] are read, checked and written; [`arguments`] are those of Execute; [`Value::parse`] reads what a person types, and
//! [`Range`] says what a definition would like a value to be.
//!
//! Features: `std` (default) only adds `std`'s error glue; without it the crate builds for bare-metal targets. `registry`
//! (default) builds the table of registered objects in, 90 kB; without it [`Models::from_registry`] loads it. `ddf` reads and
//! lints object definitions in XML at run time; it needs `std`.
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
#[cfg(any(test, feature = "ddf"))]
extern crate std;

mod annotate;
pub mod arguments;
mod attributes;
mod base64;
pub mod codec;
mod context;
#[cfg(feature = "ddf")]
pub mod ddf;
mod discovery;
mod entry;
mod facts;
mod float;
mod format;
mod limits;
pub mod link;
mod models;
mod object_list;
mod order;
mod path;
mod range;
mod time;
pub mod tree;
mod value;
mod version;

pub use annotate::{Annotation, Field, FieldKind, Span, annotate};
pub use attributes::{
    AttributeError, AttributeName, AttributeNames, AttributeViolation, Attributes, Number, NumberError, WriteAttributes,
};
pub use context::{Context, Mode};
pub use discovery::{Discovered, Discovery};
pub use entry::{Entry, EntryValue};
pub use facts::RegistryError;
pub use format::{ContentFormat, ContentFormatError};
pub use limits::Limits;
pub use models::{Models, ObjectFacts, ObjectModel, Operations, ResourceFacts, ResourceModel};
pub use object_list::{InstanceIds, ObjectList, RegisteredObject, Warning};
pub use path::{Ids, Level, Path, PathError};
pub use range::Range;
pub use time::{Decimal, Timestamp, TimestampError};
pub use value::{ObjectLink, ObjectLinkError, Value, ValueTextError, ValueType};
pub use version::{Version, VersionError};
