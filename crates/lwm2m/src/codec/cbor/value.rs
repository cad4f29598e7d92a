//! One value in CBOR, as the formats say it that consist of bare values: 60 and 11544.
//!
//! Strings, core links and object links are text, Opaque is bytes, Boolean is `true` or `false`, numbers are integers or
//! floats of any width. An integer is fine where a float is asked for. If lenient, a float or decimal fraction without
//! a fraction is an integer, and Time may carry tag 1 (a number) or tag 0 (a date as in RFC 3339, which
//! String may carry too).
//!
//! Source: OMA LwM2M Core 1.2, "CBOR" and "Data Types"; RFC 8949, "Standard Date/Time String" and "Epoch-Based
//! Date/Time".

use alloc::string::ToString;
use alloc::vec::Vec;

use super::{ARRAY, BYTES, FALSE, MAP, Reader, TAG, TEXT, TRUE, Writer};
use crate::codec::number::Number;
use crate::codec::{DecodeError, typed};
use crate::time::parse_date;
use crate::{Entry, Path, Value, ValueType};

/// Reads the value of a resource and adds its entry, as the type that its definition has or, without one, as what it is.
#[allow(clippy::inline_always)] // called in two places; values handed about in memory cost more than all else
#[inline(always)]
pub(in crate::codec) fn read_value<'p>(
    cbor: &mut Reader<'p>,
    path: Path,
    kind: Option<ValueType>,
    entries: &mut Vec<Entry<'p>>,
) -> Result<(), DecodeError> {
    match (cbor.peek()?, kind) {
        // The usual ones first; all else, and all that is wrong, has more time.
        (0x60..=0x7E, None | Some(ValueType::String)) => {
            entries.push(Entry::new(path, Value::String(cbor.text()?)));
        }
        (0x00..=0x1B | 0x20..=0x37, Some(ValueType::Integer)) => {
            let at = cbor.at();
            let Number::Integer(number) = cbor.number()? else {
                return Err(DecodeError::Invalid { path, expected: ValueType::Integer, at });
            };
            entries.push(Entry::new(path, Value::Integer(number)));
        }
        (0xF9..=0xFB, Some(ValueType::Float)) => {
            if let Number::Float(number) = cbor.number()? {
                entries.push(Entry::new(path, Value::Float(number)));
            }
        }
        _ => {
            let value = any_value(cbor, path, kind)?;
            entries.push(Entry::new(path, value));
        }
    }
    Ok(())
}

#[inline(never)]
fn any_value<'p>(cbor: &mut Reader<'p>, path: Path, kind: Option<ValueType>) -> Result<Value<'p>, DecodeError> {
    let at = cbor.at();
    match cbor.major()? {
        TEXT => {
            let text = cbor.text()?;
            Ok(match kind {
                None | Some(ValueType::String) => Value::String(text),
                Some(ValueType::CoreLink) => Value::CoreLink(text),
                Some(expected @ ValueType::ObjectLink) => {
                    typed::object_link(&text).ok_or(DecodeError::Invalid { path, expected, at })?
                }
                Some(expected) => return Err(DecodeError::WrongType { path, expected, got: "text", at }),
            })
        }
        BYTES => {
            let bytes = cbor.bytes()?;
            is(kind, ValueType::Opaque, "data", path, at)?;
            Ok(Value::Opaque(bytes))
        }
        ARRAY | MAP => Err(DecodeError::Syntax { at, expected: super::A_VALUE }),
        // That a time says so is legal; other tags add what no definition asks for.
        TAG if cbor.lenient || (kind == Some(ValueType::Time) && cbor.peek()? == EPOCH) => tagged(cbor, path, kind),
        TAG => Err(DecodeError::Syntax { at, expected: super::A_NUMBER }),
        _ if matches!(cbor.peek()?, FALSE | TRUE) => {
            is(kind, ValueType::Boolean, "boolean", path, at)?;
            cbor.boolean().map(Value::Boolean)
        }
        _ => {
            let number = cbor.number()?;
            number_as(&number, path, kind, at, !cbor.lenient)
        }
    }
}

/// A number with the tag of a time, a date, or a decimal fraction.
#[cold]
fn tagged<'p>(cbor: &mut Reader<'p>, path: Path, kind: Option<ValueType>) -> Result<Value<'p>, DecodeError> {
    let at = cbor.at();
    match cbor.peek()? {
        DATE => {
            cbor.step();
            let text_at = cbor.at();
            let text = cbor.text()?;
            if kind == Some(ValueType::String) {
                return Ok(Value::String(text));
            }
            is(kind, ValueType::Time, "date", path, at)?;
            match parse_date(&text) {
                Ok((seconds, false)) => Ok(Value::Time(seconds)),
                _ => Err(DecodeError::Invalid { path, expected: ValueType::Time, at: text_at }),
            }
        }
        EPOCH => {
            cbor.step();
            if cbor.major()? == TAG {
                return Err(DecodeError::Syntax { at: cbor.at(), expected: super::A_NUMBER });
            }
            let number = cbor.number()?;
            number_as(&number, path, kind.or(Some(ValueType::Time)), at, !cbor.lenient)
        }
        _ => {
            let number = cbor.number()?;
            number_as(&number, path, kind, at, false)
        }
    }
}

fn number_as(
    number: &Number<'_>,
    path: Path,
    kind: Option<ValueType>,
    at: usize,
    strict: bool,
) -> Result<Value<'static>, DecodeError> {
    let Some(expected) = kind else {
        let expected = ValueType::Float;
        return number.natural(None, strict).ok_or(DecodeError::Invalid { path, expected, at });
    };
    if !expected.is_number() {
        return Err(DecodeError::WrongType { path, expected, got: "number", at });
    }
    number.typed(None, expected, strict).ok_or(DecodeError::Invalid { path, expected, at })
}

/// Whether a value may be of this type.
fn is(kind: Option<ValueType>, this: ValueType, got: &'static str, path: Path, at: usize) -> Result<(), DecodeError> {
    match kind {
        Some(expected) if expected != this => Err(DecodeError::WrongType { path, expected, got, at }),
        _ => Ok(()),
    }
}

/// Writes a value.
pub(in crate::codec) fn write_value(cbor: &mut Writer, value: &Value<'_>) {
    match value {
        Value::String(text) | Value::CoreLink(text) => cbor.text(text),
        Value::Opaque(bytes) => cbor.bytes(bytes),
        Value::Boolean(truth) => cbor.boolean(*truth),
        Value::ObjectLink(link) => cbor.text(&link.to_string()),
        Value::Integer(number) | Value::Time(number) => cbor.integer(*number),
        Value::Unsigned(number) => cbor.unsigned(*number),
        Value::Float(number) => cbor.float(*number),
    }
}

/// The first byte of a tagged date.
const DATE: u8 = 0xC0;
/// The first byte of a tagged number of seconds since 1970 UTC.
const EPOCH: u8 = 0xC1;
