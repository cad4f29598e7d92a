//! Payloads to entries and back, for every content format that is known.
//!
//! | format | reads | writes | file |
//! |---|---|---|---|
//! | 0 text | one value of a resource or resource instance | the same | `text.rs` |
//! | 11542 TLV, 1542 | object, instance, resource | 11542 only | `tlv.rs` |
//! | 110 SenML JSON | everything | everything | `senml.rs`, `json.rs` |
//!
//! Resources that the [`Models`](crate::Models) do not know are still usable: TLV gives their bytes as
//! [`Value::Opaque`](crate::Value::Opaque), SenML the type that the payload shows, text a string.

mod error;
mod json;
mod senml;
mod text;
mod tlv;
mod typed;

use alloc::vec::Vec;

pub use error::{DecodeError, EncodeError};

use crate::{ContentFormat, Context, Entry};

/// Reads a payload into entries, in the order in which it gives them.
///
/// No payload makes this panic, and what it may allocate is bounded by [`Context::limits`].
///
/// # Errors
/// [`DecodeError`] says what is wrong, at which byte and for which path; nothing of a bad payload is handed out.
///
/// ```
/// use lwm2m::{codec, ContentFormat, Context, Models, Path};
/// let context = Context::new(ContentFormat::TLV, Path::instance(3, 0), Models::oma());
/// let error = codec::decode(&[0xC8, 0x00, 0x14, 0x4F], &context).unwrap_err();
/// assert_eq!(error, codec::DecodeError::Truncated { at: 4, needed: 19 });
/// ```
pub fn decode<'p>(payload: &'p [u8], context: &Context<'_>) -> Result<Payload<'p>, DecodeError> {
    let limit = context.limits.payload;
    if payload.len() > limit {
        return Err(DecodeError::TooLarge { limit });
    }
    let entries = match context.format {
        ContentFormat::TEXT => text::decode(payload, context)?,
        ContentFormat::TLV | ContentFormat::LEGACY_TLV => tlv::decode(payload, context)?,
        ContentFormat::SENML_JSON => senml::decode(payload, context)?,
        format => return Err(DecodeError::Unsupported(format)),
    };
    Ok(Payload { entries })
}

/// Writes entries as a payload.
///
/// Strict whatever the mode: what a format cannot say, or what is of another type than the [`Models`](crate::Models)
/// give, is an error. An Integer is taken for an Unsigned, Float or Time and the other way round where nothing is lost.
///
/// # Errors
/// [`EncodeError`], with the path.
pub fn encode(entries: &[Entry<'_>], context: &Context<'_>) -> Result<Vec<u8>, EncodeError> {
    match context.format {
        ContentFormat::TEXT => text::encode(entries, context),
        ContentFormat::TLV => tlv::encode(entries, context),
        ContentFormat::SENML_JSON => senml::encode(entries, context),
        format => Err(EncodeError::Unsupported(format)),
    }
}

/// The entries of one payload, in its order.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Payload<'p> {
    entries: Vec<Entry<'p>>,
}

impl<'p> Payload<'p> {
    /// The entries.
    pub fn entries(&self) -> &[Entry<'p>] {
        &self.entries
    }

    /// The entries, taken out.
    pub fn into_entries(self) -> Vec<Entry<'p>> {
        self.entries
    }

    /// The same without borrowing from the bytes.
    pub fn into_owned(self) -> Payload<'static> {
        Payload { entries: self.entries.into_iter().map(Entry::into_owned).collect() }
    }
}
