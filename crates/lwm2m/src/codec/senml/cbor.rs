//! SenML in CBOR: records as maps with small integers for keys, and the text `vlo` for object links.
//!
//! Read are definite and indefinite lengths, keys in any order, integers and floats of any width; if lenient, also the
//! tag of CBOR in front, the tag of a time before a number, and the keys of JSON as text.
//!
//! Source: RFC 8428, "CBOR Representation (application/senml+cbor)"; OMA LwM2M Core 1.2, "SenML CBOR".

use alloc::borrow::Cow;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::read::{Name, Source};
use super::write::{Draft, Sink};
use super::{Label, Raw};
use crate::codec::cbor::{Left, NEGATIVE, Reader, TEXT, UNSIGNED, Writer, write_value};
use crate::codec::groups::{Part, Prefixes};
use crate::codec::notes::{Mark, Notes};
use crate::codec::number::Number;
use crate::codec::{DecodeError, EncodeError};
use crate::float;
use crate::{Context, Decimal, Entry, FieldKind, Mode, Path, Value};

pub(in crate::codec) fn decode<'p, N: Notes>(
    payload: &'p [u8],
    context: &Context<'_>,
    entries: &mut Vec<Entry<'p>>,
    notes: &mut N,
    prefixes: Option<&mut Prefixes<'p>>,
) -> Result<(), DecodeError> {
    let lenient = context.mode == Mode::Lenient;
    let mut cbor = Reader::new(payload, lenient, context.limits.nesting);
    notes.field(FieldKind::Tag, cbor.at());
    notes.open(FieldKind::Array);
    let records = cbor.array()?;
    notes.field(FieldKind::ArrayHead, cbor.at());
    // As many as it says there are, but not more than could be in so many bytes.
    let most = (payload.len() / SMALLEST_RECORD + 1).min(context.limits.entries);
    let count = records.map_or(payload.len() / 24 + 1, |count| usize::try_from(count).unwrap_or(usize::MAX));
    entries.reserve(count.min(most));
    super::read::decode(&mut Cbor { cbor, lenient, records, pairs: None, notes }, context, entries, prefixes)
}

pub(in crate::codec) fn encode(parts: &[Part<'_>], context: &Context<'_>) -> Result<Vec<u8>, EncodeError> {
    let count = parts.iter().map(|part| part.1.len()).sum();
    let mut pack = Pack { cbor: Writer::new(count * 20 + 24) };
    pack.cbor.array(count);
    super::write::encode(parts, context, &mut pack)?;
    Ok(pack.cbor.finish())
}

struct Cbor<'p, 'n, N> {
    cbor: Reader<'p>,
    lenient: bool,
    records: Left,
    /// Of the record we are in.
    pairs: Left,
    notes: &'n mut N,
}

#[allow(clippy::inline_always)] // a few instructions each
impl<'p, N: Notes> Source<'p> for Cbor<'p, '_, N> {
    #[inline(always)]
    fn record(&mut self) -> Result<Option<(usize, Mark)>, DecodeError> {
        if !self.cbor.more(&mut self.records)? {
            self.step_out(self.records);
            return self.cbor.end().map(|()| None);
        }
        let (at, mark) = (self.cbor.at(), self.notes.mark());
        self.notes.open(FieldKind::Record);
        self.pairs = self.cbor.map()?;
        self.note(FieldKind::MapHead);
        Ok(Some((at, mark)))
    }

    #[inline(always)]
    fn key(&mut self) -> Result<Option<(Label, usize)>, DecodeError> {
        if !self.cbor.more(&mut self.pairs)? {
            self.step_out(self.pairs);
            return Ok(None);
        }
        let at = self.cbor.at();
        let label = match SHORT_KEYS.get(usize::from(self.cbor.peek()?)) {
            Some(Some(label)) => {
                self.cbor.step();
                *label
            }
            _ => self.long_key()?,
        };
        self.note(FieldKind::Key);
        Ok(Some((label, at)))
    }

    #[inline(always)]
    fn at(&mut self) -> usize {
        self.cbor.at()
    }

    #[inline(always)]
    fn number(&mut self) -> Result<Number<'p>, DecodeError> {
        self.cbor.number()
    }

    #[inline(always)]
    fn time(&mut self) -> Result<Number<'p>, DecodeError> {
        self.cbor.number()
    }

    #[inline(always)]
    fn name(&mut self) -> Result<Name<'p>, DecodeError> {
        let bytes = match self.cbor.name()? {
            Some(bytes) => Cow::Borrowed(bytes),
            None => Cow::Owned(self.cbor.text()?.into_owned().into_bytes()),
        };
        Ok(Name { bytes, end: self.cbor.at() })
    }

    #[inline(always)]
    fn text(&mut self) -> Result<Cow<'p, str>, DecodeError> {
        self.cbor.text()
    }

    #[inline(always)]
    fn boolean(&mut self) -> Result<bool, DecodeError> {
        self.cbor.boolean()
    }

    #[inline(always)]
    fn data(&mut self) -> Result<Raw<'p>, DecodeError> {
        self.cbor.bytes().map(Raw::Bytes)
    }

    fn null(&mut self) -> Result<bool, DecodeError> {
        self.cbor.null()
    }

    fn skip(&mut self) -> Result<(), DecodeError> {
        self.cbor.skip()
    }

    #[inline(always)]
    fn note(&mut self, kind: FieldKind) {
        self.notes.field(kind, self.cbor.at());
    }

    #[inline(always)]
    fn note_entry(&mut self, since: Mark, path: Path) {
        self.notes.entry(since, path);
    }
}

impl<N: Notes> Cbor<'_, '_, N> {
    /// A key that is not one of the usual bytes.
    #[cold]
    fn long_key(&mut self) -> Result<Label, DecodeError> {
        let at = self.cbor.at();
        match self.cbor.major()? {
            UNSIGNED | NEGATIVE => self.cbor.integer().map(Label::numbered),
            TEXT => {
                let label = Label::named(&self.cbor.text()?);
                // To pass over the names that JSON has would be to read another record than the lenient reader does.
                if self.lenient || matches!(label, Label::Link | Label::Required | Label::Unknown) {
                    Ok(label)
                } else {
                    Err(DecodeError::Syntax { at, expected: "the number of this label" })
                }
            }
            _ => Err(DecodeError::Syntax { at, expected: "an integer or a text string" }),
        }
    }

    #[inline]
    fn step_out(&mut self, left: Left) {
        if left.is_none() {
            self.note(FieldKind::Break);
        }
        self.notes.close();
    }
}

struct Pack {
    cbor: Writer,
}

impl Sink for Pack {
    fn record(&mut self, draft: &Draft<'_>) -> Result<(), EncodeError> {
        let cbor = &mut self.cbor;
        let names = usize::from(draft.base_name.is_some()) + usize::from(draft.name.is_some());
        let times = usize::from(draft.base_time.is_some()) + usize::from(draft.time.is_some());
        cbor.map(names + times + usize::from(draft.value.is_some() || draft.delete));
        for (label, name) in [(Label::BaseName, draft.base_name), (Label::Name, draft.name)] {
            if let Some(name) = name {
                cbor.integer(label.number().into());
                cbor.text(name);
            }
        }
        for (label, time) in [(Label::BaseTime, draft.base_time), (Label::Time, draft.time)] {
            if let Some(time) = time {
                cbor.integer(label.number().into());
                write_time(cbor, time).ok_or(EncodeError::BadTime { path: draft.path })?;
            }
        }
        match draft.value.map(|value| (value, label(value))) {
            // LwM2M gave it no number.
            Some((value, Label::Link)) => {
                cbor.text("vlo");
                write_value(cbor, value);
            }
            Some((value, label)) => {
                cbor.integer(label.number().into());
                write_value(cbor, value);
            }
            None if draft.delete => {
                cbor.integer(Label::Value.number().into());
                cbor.null();
            }
            None => {}
        }
        Ok(())
    }
}

const fn label(value: &Value<'_>) -> Label {
    match value {
        Value::String(_) | Value::CoreLink(_) => Label::Text,
        Value::Opaque(_) => Label::Data,
        Value::Boolean(_) => Label::Boolean,
        Value::ObjectLink(_) => Label::Link,
        Value::Integer(_) | Value::Unsigned(_) | Value::Float(_) | Value::Time(_) => Label::Value,
    }
}

/// An integer if it is whole, a float if its shortest digits say it exactly, else a decimal fraction, which not every
/// stack reads. None if it takes more than a fraction of 64 bits.
fn write_time(cbor: &mut Writer, time: Decimal) -> Option<()> {
    if time.nanos == 0 {
        cbor.integer(time.seconds);
        return Some(());
    }
    let float = Number::Float(float::parse(&time.to_string()).unwrap_or(f64::NAN));
    match float {
        Number::Float(number) if float.decimal() == Some(time) => cbor.float(number),
        _ => {
            let (mut digits, mut exponent) = (i128::from(time.seconds) * 1_000_000_000 + i128::from(time.nanos), -9);
            while digits % 10 == 0 {
                (digits, exponent) = (digits / 10, exponent + 1);
            }
            let digits = i64::try_from(digits).ok()?;
            cbor.tag(4);
            cbor.array(2);
            cbor.integer(exponent);
            cbor.integer(digits);
        }
    }
    Some(())
}

/// The labels of keys of one byte.
#[allow(clippy::indexing_slicing)] // when it is compiled
const SHORT_KEYS: [Option<Label>; 0x26] = {
    let mut keys = [None; 0x26];
    let mut number = -6_i8;
    while number <= 8 {
        let label = Label::numbered(number as i128);
        let place = if number < 0 { 0x1F - number } else { number };
        keys[place as usize] = Some(label);
        number += 1;
    }
    keys
};
/// A map, a key, a name of one digit below a base name: `A1 00 61 30`.
const SMALLEST_RECORD: usize = 4;

#[cfg(test)]
pub(in crate::codec) mod tests;
