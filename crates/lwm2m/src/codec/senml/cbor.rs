//! SenML in CBOR: records as maps with small integers for keys, and the text `vlo` for object links.
//!
//! Read are definite and indefinite lengths, keys in any order, integers and floats of any width; if lenient, also the
//! tag of CBOR in front, the tag of a time before a number, and the keys of JSON as text.
//!
//! Source: RFC 8428, "CBOR Representation (application/senml+cbor)"; OMA LwM2M Core 1.2, "SenML CBOR".

use alloc::borrow::Cow;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::convert::Infallible;

use minicbor::Encoder;
use minicbor::data::Tag;
use minicbor::encode::Error;

use super::{Draft, Label, Raw, Sink, Source};
use crate::codec::cbor::{Left, Reader};
use crate::codec::number::Number;
use crate::codec::{DecodeError, EncodeError};
use crate::{Context, Decimal, Entry, Mode, Value};

pub(in crate::codec) fn decode<'p>(payload: &'p [u8], context: &Context<'_>) -> Result<Vec<Entry<'p>>, DecodeError> {
    let lenient = context.mode == Mode::Lenient;
    let mut cbor = Reader::new(payload, lenient, context.limits.nesting);
    let records = cbor.array()?;
    super::decode(&mut Cbor { cbor, lenient, records, pairs: None }, payload.len(), context)
}

pub(in crate::codec) fn encode(entries: &[Entry<'_>], context: &Context<'_>) -> Result<Vec<u8>, EncodeError> {
    let mut bytes = Bytes { encoder: Encoder::new(Vec::with_capacity(entries.len() * 16 + 24)) };
    // Writing to a vector cannot fail.
    let _ = bytes.encoder.array(entries.len() as u64);
    super::encode(entries, context, &mut bytes)?;
    Ok(bytes.encoder.into_writer())
}

struct Cbor<'p> {
    cbor: Reader<'p>,
    lenient: bool,
    records: Left,
    /// Of the record we are in.
    pairs: Left,
}

impl<'p> Source<'p> for Cbor<'p> {
    fn record(&mut self) -> Result<Option<usize>, DecodeError> {
        if !self.cbor.more(&mut self.records)? {
            return self.cbor.end().map(|()| None);
        }
        let at = self.cbor.at();
        self.pairs = self.cbor.map()?;
        Ok(Some(at))
    }

    fn key(&mut self) -> Result<Option<(Label, usize)>, DecodeError> {
        while self.cbor.more(&mut self.pairs)? {
            let at = self.cbor.at();
            let label = match self.cbor.major()? {
                0 | 1 => Label::numbered(self.cbor.integer()?),
                3 => {
                    let key = self.cbor.text()?;
                    if key.ends_with('_') {
                        return Err(DecodeError::MustUnderstand { at });
                    }
                    Label::named(&key).filter(|label| self.lenient || *label == Label::Link)
                }
                _ => return Err(DecodeError::Syntax { at, expected: "an integer or a text string" }),
            };
            match label {
                Some(label) => return Ok(Some((label, at))),
                None => self.cbor.skip()?,
            }
        }
        Ok(None)
    }

    fn at(&mut self) -> usize {
        self.cbor.at()
    }

    fn number(&mut self) -> Result<Number<'p>, DecodeError> {
        self.cbor.number()
    }

    fn time(&mut self) -> Result<Number<'p>, DecodeError> {
        self.cbor.number()
    }

    fn text(&mut self) -> Result<Cow<'p, str>, DecodeError> {
        self.cbor.text()
    }

    fn boolean(&mut self) -> Result<bool, DecodeError> {
        self.cbor.boolean()
    }

    fn data(&mut self) -> Result<Raw<'p>, DecodeError> {
        self.cbor.bytes().map(Raw::Bytes)
    }

    fn skip(&mut self) -> Result<(), DecodeError> {
        self.cbor.skip()
    }
}

struct Bytes {
    encoder: Encoder<Vec<u8>>,
}

impl Sink for Bytes {
    fn record(&mut self, draft: &Draft<'_>) -> Result<(), EncodeError> {
        // Writing to a vector cannot fail.
        let _ = self.write(draft);
        Ok(())
    }
}

impl Bytes {
    fn write(&mut self, draft: &Draft<'_>) -> Result<(), Error<Infallible>> {
        let encoder = &mut self.encoder;
        let names = u64::from(draft.base_name.is_some()) + u64::from(draft.name.is_some());
        let times = u64::from(draft.base_time.is_some()) + u64::from(draft.time.is_some());
        encoder.map(names + times + u64::from(draft.value.is_some()))?;
        for (label, name) in [(Label::BaseName, draft.base_name), (Label::Name, draft.name)] {
            if let Some(name) = name {
                encoder.i8(label.number())?.str(name)?;
            }
        }
        for (label, time) in [(Label::BaseTime, draft.base_time), (Label::Time, draft.time)] {
            if let Some(time) = time {
                encoder.i8(label.number())?;
                write_time(encoder, time)?;
            }
        }
        let Some(value) = draft.value else { return Ok(()) };
        match label(value) {
            // LwM2M gave it no number.
            Label::Link => encoder.str("vlo")?,
            label => encoder.i8(label.number())?,
        };
        match value {
            Value::String(text) | Value::CoreLink(text) => encoder.str(text)?,
            Value::Opaque(bytes) => encoder.bytes(bytes)?,
            Value::Boolean(truth) => encoder.bool(*truth)?,
            Value::ObjectLink(link) => encoder.str(&link.to_string())?,
            Value::Integer(number) | Value::Time(number) => encoder.i64(*number)?,
            Value::Unsigned(number) => encoder.u64(*number)?,
            Value::Float(number) => {
                let short = *number as f32;
                let exact = f64::from(short).to_bits() == number.to_bits();
                if exact { encoder.f32(short)? } else { encoder.f64(*number)? }
            }
        };
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

/// An integer if it is whole, a float if that says it exactly, else a decimal fraction, which not every stack reads.
fn write_time(encoder: &mut Encoder<Vec<u8>>, time: Decimal) -> Result<(), Error<Infallible>> {
    if time.nanos == 0 {
        return encoder.i64(time.seconds)?.ok();
    }
    let float = time.to_string().parse().unwrap_or(f64::NAN);
    let nanos = i128::from(time.seconds) * 1_000_000_000 + i128::from(time.nanos);
    match i64::try_from(nanos) {
        Ok(nanos) if Number::Float(float).decimal() != Some(time) => {
            encoder.tag(Tag::new(4))?.array(2)?.i8(-9)?.i64(nanos)?
        }
        // Also what no stack could mean: parts of a second 292 years from 1970.
        _ => encoder.f64(float)?,
    }
    .ok()
}

#[cfg(test)]
mod tests;
