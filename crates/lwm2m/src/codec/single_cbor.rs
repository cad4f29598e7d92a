//! One value in CBOR (60), of the resource or resource instance that was asked for.
//!
//! Source: OMA LwM2M Core 1.2, "CBOR".

use alloc::vec::Vec;

use super::cbor::{Reader, Writer, read_value, write_value};
use super::notes::Notes;
use super::{DecodeError, EncodeError, typed};
use crate::{Context, Entry, FieldKind, Mode};

pub(super) fn decode<'p, N: Notes>(
    payload: &'p [u8],
    context: &Context<'_>,
    entries: &mut Vec<Entry<'p>>,
    notes: &mut N,
) -> Result<(), DecodeError> {
    let path = context.base;
    let kind = typed::single(context)?.and_then(|shape| shape.value_type);
    let mut cbor = Reader::new(payload, context.mode == Mode::Lenient, context.limits.nesting);
    let mark = notes.mark();
    notes.field(FieldKind::Tag, cbor.at());
    read_value(&mut cbor, path, kind, entries)?;
    notes.field(FieldKind::Value, cbor.at());
    notes.entry(mark, path);
    cbor.end()
}

pub(super) fn encode(entries: &[Entry<'_>], context: &Context<'_>) -> Result<Vec<u8>, EncodeError> {
    let (_, value) = typed::only(entries, context)?;
    let mut cbor = Writer::new(16);
    write_value(&mut cbor, &value);
    Ok(cbor.finish())
}

#[cfg(test)]
mod tests;
