//! Payloads to entries and back, for every content format that is known.
//!
//! | format | reads | writes | file |
//! |---|---|---|---|
//! | 0 text | one value of a resource or resource instance | the same | `text.rs` |
//! | 42 opaque, 1544 | one value of a resource or resource instance | 42 only | `opaque.rs` |
//! | 60 CBOR | one value of a resource or resource instance | the same | `single_cbor.rs` |
//! | 110 SenML JSON | everything | everything | `senml/json.rs` |
//! | 112 SenML CBOR | everything | everything | `senml/cbor.rs` |
//! | 320, 322 SenML-ETCH | wishes of composite reads; changes, deletions too | the same | `senml/json.rs`, `senml/cbor.rs` |
//! | 11542 TLV, 1542 | object, instance, resource | 11542 only | `tlv.rs` |
//! | 11544 LwM2M CBOR | everything but times | the same | `lwm2m_cbor.rs` |
//!
//! What the SenMLs share, the meaning of records, is in `senml/read.rs` and `senml/write.rs`; the pull readers of JSON and CBOR are in `json.rs`
//! and `cbor.rs`.
//!
//! Resources that the [`Models`](crate::Models) do not know are still usable: TLV gives their bytes as
//! [`Value::Opaque`](crate::Value::Opaque), SenML the type that the payload shows, text a string.

mod cbor;
mod error;
mod groups;
mod json;
mod lwm2m_cbor;
#[cfg(test)]
mod mutations;
mod notes;
mod number;
mod oma_json;
mod opaque;
mod senml;
mod single_cbor;
mod text;
mod tlv;
mod typed;

use alloc::vec::Vec;

pub use error::{DecodeError, EncodeError};
pub use groups::{Group, decode_groups, encode_groups};
pub(crate) use typed::{decimal_float, decimal_integer};

use crate::{Annotation, ContentFormat, Context, Entry, Span};
use groups::Prefixes;
use notes::{Notes, Quiet, Recorder, Taken};

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
    let mut entries = Vec::new();
    read(payload, context, &mut entries, &mut Quiet::default(), None)?;
    Ok(Payload { entries })
}

/// See [`annotate`](crate::annotate()).
#[allow(clippy::useless_conversion)] // one without feature `small`
pub(crate) fn annotate<'p>(payload: &'p [u8], context: &Context<'_>) -> Annotation<'p> {
    let mut entries = Vec::new();
    let mut notes: Taken = Recorder::new(context.limits.fields).into();
    let error = read(payload, context, &mut entries, &mut notes, None).err();
    // JSON looks for bad characters before all else: what is before them is read for the notes.
    if let Some(DecodeError::Utf8 { at }) = error
        && matches!(
            context.format,
            ContentFormat::SENML_JSON
                | ContentFormat::SENML_ETCH_JSON
                | ContentFormat::JSON
                | ContentFormat::LEGACY_JSON
        )
    {
        let _ = read(payload.get(..at).unwrap_or_default(), context, &mut entries, &mut notes, None);
    }
    let notes = Option::<Recorder>::from(notes);
    let (fields, spans) = notes.map(|notes| notes.finish(payload.len(), error.as_ref())).unwrap_or_default();
    let spans = spans.into_iter().chain(core::iter::repeat(Span::default()));
    Annotation { fields, entries: entries.into_iter().zip(spans).collect(), error }
}

/// Reads a payload, entry by entry: those before an error are there too. With `prefixes` those of all devices.
fn read<'p, N: Notes>(
    payload: &'p [u8],
    context: &Context<'_>,
    entries: &mut Vec<Entry<'p>>,
    notes: &mut N,
    prefixes: Option<&mut Prefixes<'p>>,
) -> Result<(), DecodeError> {
    let limit = context.limits.payload;
    if payload.len() > limit {
        return Err(DecodeError::TooLarge { limit });
    }
    match context.format {
        ContentFormat::TEXT | ContentFormat::LEGACY_TEXT => text::decode(payload, context, entries, notes)?,
        ContentFormat::TLV | ContentFormat::LEGACY_TLV => tlv::decode(payload, context, entries, notes)?,
        ContentFormat::OPAQUE | ContentFormat::LEGACY_OPAQUE => opaque::decode(payload, context, entries, notes)?,
        ContentFormat::JSON | ContentFormat::LEGACY_JSON => oma_json::decode(payload, context, entries, notes)?,
        ContentFormat::CBOR => single_cbor::decode(payload, context, entries, notes)?,
        ContentFormat::SENML_JSON | ContentFormat::SENML_ETCH_JSON => {
            senml::json::decode(payload, context, entries, notes, prefixes)?;
        }
        ContentFormat::SENML_CBOR | ContentFormat::SENML_ETCH_CBOR => {
            senml::cbor::decode(payload, context, entries, notes, prefixes)?;
        }
        ContentFormat::LWM2M_CBOR => lwm2m_cbor::decode(payload, context, entries, notes, prefixes)?,
        format => return Err(DecodeError::Unsupported(format)),
    }
    Ok(())
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
        ContentFormat::OPAQUE => opaque::encode(entries, context),
        ContentFormat::JSON => oma_json::encode(entries, context),
        ContentFormat::CBOR => single_cbor::encode(entries, context),
        ContentFormat::SENML_JSON | ContentFormat::SENML_ETCH_JSON => {
            senml::json::encode(&[(context.prefix, entries)], context)
        }
        ContentFormat::SENML_CBOR | ContentFormat::SENML_ETCH_CBOR => {
            senml::cbor::encode(&[(context.prefix, entries)], context)
        }
        ContentFormat::LWM2M_CBOR => lwm2m_cbor::encode(&[(context.prefix, entries)], context),
        format => Err(EncodeError::Unsupported(format)),
    }
}

/// The entries of one payload, in its order.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Payload<'p> {
    entries: Vec<Entry<'p>>,
}

impl<'p> From<Vec<Entry<'p>>> for Payload<'p> {
    fn from(entries: Vec<Entry<'p>>) -> Self {
        Self { entries }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Limits, Models, Path};

    #[test]
    fn knows_its_formats() {
        for number in [40, 9999] {
            let context = Context::new(ContentFormat(number), Path::ROOT, Models::oma());
            assert_eq!(decode(b"", &context), Err(DecodeError::Unsupported(context.format)));
            assert_eq!(encode(&[], &context), Err(EncodeError::Unsupported(context.format)));
        }
        // Read, never written.
        let legacy = Context::new(ContentFormat::LEGACY_TLV, Path::instance(3, 0), Models::oma());
        assert_eq!(decode(&[0xC1, 9, 100], &legacy).map(|payload| payload.entries().len()), Ok(1));
        assert_eq!(encode(&[], &legacy), Err(EncodeError::Unsupported(legacy.format)));
        let legacy = Context::new(ContentFormat::LEGACY_OPAQUE, Path::resource(5, 0, 0), Models::oma());
        assert_eq!(decode(&[0xC1, 9, 100], &legacy).map(|payload| payload.entries().len()), Ok(1));
        assert_eq!(encode(&[], &legacy), Err(EncodeError::Unsupported(legacy.format)));
    }

    #[test]
    fn keeps_its_limit() {
        for number in [0, 42, 110, 112, 1541, 1542, 1543, 1544, 11542, 11543] {
            let format = ContentFormat(number);
            let limits = Limits { payload: 3, ..Limits::DEFAULT };
            let context = Context::new(format, Path::resource(3, 0, 0), Models::oma());
            assert_eq!(decode(b"1234", &context.with_limits(limits)), Err(DecodeError::TooLarge { limit: 3 }));
            let large = alloc::vec![b' '; (1 << 20) + 1];
            assert_eq!(decode(&large, &context), Err(DecodeError::TooLarge { limit: 1 << 20 }));
            assert_ne!(decode(&large[1..], &context), Err(DecodeError::TooLarge { limit: 1 << 20 }));
        }
    }
}
