//! Values as people type them.

use alloc::borrow::{Cow, ToOwned};
use alloc::vec::Vec;
use core::fmt;

use crate::codec::{decimal_float, decimal_integer};
use crate::link::{self, LinkError};
use crate::{Mode, ObjectLink, Value, ValueType, time};

impl<'a> Value<'a> {
    /// Reads what [`Value::to_batch_text`] writes, exactly: the value of all our JSON.
    ///
    /// As [`Value::parse`], but text and links are taken as they are and borrowed, floats may be `NaN`, `Infinity` or
    /// `-Infinity`, and nothing else is: no blanks, no dates, no `1` for true.
    ///
    /// # Errors
    /// [`ValueTextError`], as from [`Value::parse`].
    ///
    /// ```
    /// use lwm2m::{Value, ValueType};
    /// assert_eq!(Value::from_batch_text(ValueType::Float, "-Infinity"), Ok(Value::Float(f64::NEG_INFINITY)));
    /// assert_eq!(Value::from_batch_text(ValueType::String, " a"), Ok(Value::String(" a".into())));
    /// assert!(Value::from_batch_text(ValueType::Integer, " 1").is_err());
    /// ```
    pub fn from_batch_text(kind: ValueType, text: &'a str) -> Result<Self, ValueTextError> {
        let expected = kind;
        match (kind, text) {
            (ValueType::String, _) => Ok(Self::String(Cow::Borrowed(text))),
            (ValueType::CoreLink, _) => Ok(Self::CoreLink(Cow::Borrowed(text))),
            (ValueType::Float, "NaN") => Ok(Self::Float(f64::NAN)),
            (ValueType::Float, "Infinity") => Ok(Self::Float(f64::INFINITY)),
            (ValueType::Float, "-Infinity") => Ok(Self::Float(f64::NEG_INFINITY)),
            (ValueType::Boolean, "0" | "1") => Err(ValueTextError::Unexpected { expected, at: 0 }),
            (ValueType::Time, _) if text.as_bytes().get(4) == Some(&b'-') => {
                Err(ValueTextError::Unexpected { expected, at: 4 })
            }
            _ => match text.bytes().position(|byte| byte.is_ascii_whitespace()) {
                Some(at) => Err(ValueTextError::Unexpected { expected, at }),
                None => Value::parse(kind, text),
            },
        }
    }
}

impl Value<'static> {
    /// Reads what a person typed as a value of that type: for editors and the command line, not for payloads.
    ///
    /// | type | takes |
    /// |---|---|
    /// | string | the text as it is |
    /// | integer, unsigned | decimal digits, with a sign; exact in 64 bits |
    /// | float | a decimal number with a point, perhaps an exponent; finite |
    /// | boolean | `true`, `false`, `1`, `0` |
    /// | time | seconds since 1970 UTC, or a date and time as in RFC 3339, `2026-11-23T12:00:00Z`, in whole seconds |
    /// | opaque | pairs of hexadecimal digits, with blanks and line ends between the pairs; empty for no bytes |
    /// | objlnk | two ids from 0 to 65535, `3:0` |
    /// | corelnk | link format; the text as it is |
    ///
    /// Blanks around anything but text do not matter. What [`Value::to_batch_text`] writes is read back, but for
    /// floats that are not finite.
    ///
    /// # Errors
    /// [`ValueTextError`] says in plain words what is expected, and where the text is wrong.
    ///
    /// ```
    /// use lwm2m::{Value, ValueType};
    /// assert_eq!(Value::parse(ValueType::Time, "2023-11-14T22:13:20Z"), Ok(Value::Time(1_700_000_000)));
    /// let error = Value::parse(ValueType::Integer, "12x").unwrap_err();
    /// assert_eq!(error.at(), Some(2));
    /// assert!(error.to_string().starts_with("character 3 does not fit"));
    /// ```
    pub fn parse(kind: ValueType, text: &str) -> Result<Self, ValueTextError> {
        let expected = kind;
        let bare = text.trim();
        let start = text.len() - text.trim_start().len();
        let unexpected = |at| ValueTextError::Unexpected { expected, at: start + at };
        match kind {
            ValueType::String => return Ok(Self::String(Cow::Owned(text.to_owned()))),
            ValueType::CoreLink => {
                link::parse(text.as_bytes(), Mode::Lenient).map_err(ValueTextError::Links)?;
                return Ok(Self::CoreLink(Cow::Owned(text.to_owned())));
            }
            ValueType::Opaque => return opaque(text).map(|bytes| Self::Opaque(Cow::Owned(bytes))),
            _ if bare.is_empty() => return Err(ValueTextError::Empty { expected }),
            _ => {}
        }
        match kind {
            ValueType::Time if bare.as_bytes().get(4) == Some(&b'-') => match time::parse_date(bare) {
                Ok((seconds, false)) => Ok(Self::Time(seconds)),
                Ok((_, true)) => Err(ValueTextError::Fraction),
                Err(at) if at == bare.len() => Err(ValueTextError::Incomplete { expected }),
                Err(at) => Err(unexpected(at)),
            },
            ValueType::Boolean => match bare {
                "true" | "1" => Ok(Self::Boolean(true)),
                "false" | "0" => Ok(Self::Boolean(false)),
                _ => Err(unexpected(0)),
            },
            ValueType::ObjectLink => {
                object_link(bare).map(Self::ObjectLink).map_err(|error| error.shifted(start, expected))
            }
            ValueType::Float => {
                let length = number_length(bare, true).map_err(|error| error.shifted(start, expected))?;
                let digits = bare.get(..length).unwrap_or_default();
                decimal_float(digits).map(Self::Float).ok_or(ValueTextError::OutOfRange { expected })
            }
            _ => {
                let length = number_length(bare, false).map_err(|error| error.shifted(start, expected))?;
                let digits = bare.get(..length).unwrap_or_default();
                let number = decimal_integer(digits.strip_prefix('+').unwrap_or(digits));
                let value = number.and_then(|number| match kind {
                    ValueType::Unsigned => number.try_into().ok().map(Self::Unsigned),
                    ValueType::Time => number.try_into().ok().map(Self::Time),
                    _ => number.try_into().ok().map(Self::Integer),
                });
                value.ok_or(ValueTextError::OutOfRange { expected })
            }
        }
    }
}

/// Why a text is not a value of a type. [`Display`](fmt::Display) says it in words for the person who typed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueTextError {
    /// There is nothing.
    #[error("nothing is given yet: expected {}", Expected(*.expected))]
    Empty {
        /// What should be there.
        expected: ValueType,
    },
    /// A character that cannot stand there.
    #[error("character {} does not fit: expected {}", .at + 1, Expected(*.expected))]
    Unexpected {
        /// What should be there.
        expected: ValueType,
        /// The byte offset of the character.
        at: usize,
    },
    /// The text ends too early.
    #[error("something is missing at the end: expected {}", Expected(*.expected))]
    Incomplete {
        /// What should be there.
        expected: ValueType,
    },
    /// A number that the type cannot hold.
    #[error("out of range: expected a value {}", bounds(*.expected))]
    OutOfRange {
        /// What should be there.
        expected: ValueType,
    },
    /// A time with a part of a second.
    #[error("LwM2M times are whole seconds: leave out what follows the point")]
    Fraction,
    /// Links that cannot be read.
    #[error("these are no links like </3/0>;ver=1.1: {0}")]
    Links(LinkError),
}

impl ValueTextError {
    /// The byte offset in the text, where there is one.
    pub const fn at(&self) -> Option<usize> {
        match self {
            Self::Unexpected { at, .. } => Some(*at),
            Self::Links(LinkError::Utf8 { at } | LinkError::Expected { at, .. } | LinkError::Unterminated { at }) => {
                Some(*at)
            }
            _ => None,
        }
    }
}

/// What is expected of a type, in words.
struct Expected(ValueType);

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            ValueType::String => "text",
            ValueType::Integer => "a whole number, like -750",
            ValueType::Unsigned => "a whole number that is not negative, like 200",
            ValueType::Float => "a number with a decimal point, like 25.5 or 6.6e-11",
            ValueType::Boolean => "true or false",
            ValueType::Opaque => "pairs of hexadecimal digits, like 01 ab ff",
            ValueType::Time => "seconds since 1970, like 1700000000, or a date and time, like 2026-11-23T12:00:00Z",
            ValueType::ObjectLink => "two numbers from 0 to 65535 with a colon between, like 3:0",
            ValueType::CoreLink => "links, like </3/0>",
        })
    }
}

/// How far a type of number goes, in words.
const fn bounds(kind: ValueType) -> &'static str {
    match kind {
        ValueType::Unsigned => "from 0 to 18446744073709551615",
        ValueType::Float => "up to about 1.8e308, on both sides of 0",
        ValueType::ObjectLink => "from 0:0 to 65535:65535",
        _ => "from -9223372036854775808 to 9223372036854775807",
    }
}

/// What is wrong with a text whose blanks were taken off.
enum Wrong {
    At(usize),
    End,
    Range,
}

impl Wrong {
    const fn shifted(&self, start: usize, expected: ValueType) -> ValueTextError {
        match self {
            Self::At(at) => ValueTextError::Unexpected { expected, at: start + *at },
            Self::End => ValueTextError::Incomplete { expected },
            Self::Range => ValueTextError::OutOfRange { expected },
        }
    }
}

/// The length of the number, which must be all there is: a sign, digits, and for a `float` a fraction and an exponent.
fn number_length(text: &str, float: bool) -> Result<usize, Wrong> {
    let bytes = text.as_bytes();
    let is = |at: usize, set: &[u8]| bytes.get(at).is_some_and(|byte| set.contains(byte));
    let digits = |at: usize| bytes.iter().skip(at).take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = usize::from(is(0, b"+-"));
    let whole = digits(at);
    at += whole;
    let mut fraction = 0;
    if float && is(at, b".") {
        fraction = digits(at + 1);
        at += 1 + fraction;
    }
    let mut enough = whole + fraction > 0;
    if float && enough && is(at, b"eE") {
        at += 1;
        at += usize::from(is(at, b"+-"));
        let exponent = digits(at);
        at += exponent;
        enough = exponent > 0;
    }
    match (at == bytes.len(), enough) {
        (true, true) => Ok(at),
        (true, false) => Err(Wrong::End),
        (false, _) => Err(Wrong::At(at)),
    }
}

fn object_link(text: &str) -> Result<ObjectLink, Wrong> {
    let id = |from: usize, text: &str| match text.bytes().position(|b| !b.is_ascii_digit()) {
        Some(bad) => Err(Wrong::At(from + bad)),
        None => text.parse().map_err(|_| Wrong::Range),
    };
    match text.split_once(':') {
        None => id(0, text).and(Err(Wrong::End)),
        Some(("", _)) => Err(Wrong::At(0)),
        Some((object, instance)) => {
            let object_id = id(0, object)?;
            if instance.is_empty() {
                return Err(Wrong::End);
            }
            Ok(ObjectLink { object: object_id, instance: id(object.len() + 1, instance)? })
        }
    }
}

fn opaque(text: &str) -> Result<Vec<u8>, ValueTextError> {
    let expected = ValueType::Opaque;
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut high = None;
    for (at, character) in text.char_indices() {
        match (character.to_digit(16), high) {
            (Some(digit), None) => high = Some(digit),
            (Some(digit), Some(first)) => {
                bytes.push((first << 4 | digit) as u8);
                high = None;
            }
            (None, None) if character.is_ascii_whitespace() => {}
            (None, _) => return Err(ValueTextError::Unexpected { expected, at }),
        }
    }
    if high.is_some() { Err(ValueTextError::Incomplete { expected }) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn reads() {
        for (kind, text, printed) in [
            (ValueType::String, " a ", " a "),
            (ValueType::String, "", ""),
            (ValueType::Integer, "-9223372036854775808", "-9223372036854775808"),
            (ValueType::Integer, " +5\n", "5"),
            (ValueType::Integer, "007", "7"),
            (ValueType::Integer, "9007199254740993", "9007199254740993"),
            (ValueType::Unsigned, "18446744073709551615", "18446744073709551615"),
            (ValueType::Unsigned, "-0", "0"),
            (ValueType::Float, "25.5", "25.5"),
            (ValueType::Float, "25", "25.0"),
            (ValueType::Float, "-0", "-0.0"),
            (ValueType::Float, "6.667e-11", "6.667e-11"),
            (ValueType::Float, ".5", "0.5"),
            (ValueType::Float, "5.", "5.0"),
            (ValueType::Float, "1E+3", "1000.0"),
            (ValueType::Boolean, " true", "true"),
            (ValueType::Boolean, "0", "false"),
            (ValueType::Time, "1700000000", "1700000000"),
            (ValueType::Time, "-1", "-1"),
            (ValueType::Time, "2023-11-14T22:13:20Z", "1700000000"),
            (ValueType::Time, " 2023-11-14 23:13:20.000+01:00 ", "1700000000"),
            (ValueType::Time, "1969-12-31t23:59:59z", "-1"),
            (ValueType::Opaque, "", ""),
            (ValueType::Opaque, " 01 aB\n ff00 ", "01abff00"),
            (ValueType::ObjectLink, "3:0", "3:0"),
            (ValueType::ObjectLink, " 65535:65535 ", "65535:65535"),
            (ValueType::CoreLink, "</3/0>;ver=1.1,</5>", "</3/0>;ver=1.1,</5>"),
            (ValueType::CoreLink, "", ""),
        ] {
            let value = Value::parse(kind, text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!((value.value_type(), value.to_string().as_str()), (kind, printed), "{text}");
            // What we print we read.
            assert_eq!(Value::parse(kind, printed), Ok(value), "{text}");
        }
    }

    #[test]
    fn reads_the_text_of_our_json() {
        use ValueType::*;
        for (kind, text) in [
            (String, " a\u{1b}"),
            (Integer, "-9223372036854775808"),
            (Unsigned, "18446744073709551615"),
            (Float, "1e300"),
            (Float, "-0.0"),
            (Float, "NaN"),
            (Float, "Infinity"),
            (Float, "-Infinity"),
            (Boolean, "false"),
            (Opaque, ""),
            (Opaque, "00ff"),
            (Time, "-1"),
            (ObjectLink, "65535:65535"),
            (CoreLink, "no link"),
        ] {
            assert_eq!(Value::from_batch_text(kind, text).unwrap().to_batch_text(), text);
        }
        for (kind, text) in [
            (Integer, ""),
            (Integer, "1 "),
            (Integer, "1.0"),
            (Float, "nan"),
            (Float, "inf"),
            (Boolean, "1"),
            (Opaque, "00 ff"),
            (Time, "2023-11-14T22:13:20Z"),
            (ObjectLink, "3"),
        ] {
            assert!(Value::from_batch_text(kind, text).is_err(), "{kind} {text}");
        }
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        use ValueType::*;
        let at = |expected, at| ValueTextError::Unexpected { expected, at };
        let end = |expected| ValueTextError::Incomplete { expected };
        let range = |expected| ValueTextError::OutOfRange { expected };
        let empty = |expected| ValueTextError::Empty { expected };
        for (text, error) in [
            ("", empty(Integer)),
            (" \n", empty(Float)),
            ("", empty(Boolean)),
            ("", empty(Time)),
            ("", empty(ObjectLink)),
            ("12x", at(Integer, 2)),
            ("  12x", at(Integer, 4)),
            ("1 000", at(Integer, 1)),
            ("1.0", at(Integer, 1)),
            ("0x10", at(Integer, 1)),
            ("--1", at(Integer, 1)),
            ("\u{2212}1", at(Integer, 0)),
            ("\u{661}", at(Integer, 0)),
            ("-", end(Integer)),
            ("9223372036854775808", range(Integer)),
            ("-9223372036854775809", range(Integer)),
            ("99999999999999999999999999999999999999999999", range(Integer)),
            ("-1", range(Unsigned)),
            ("18446744073709551616", range(Unsigned)),
            ("25,5", at(Float, 2)),
            ("NaN", at(Float, 0)),
            ("inf", at(Float, 0)),
            ("-Infinity", at(Float, 1)),
            ("0x1p3", at(Float, 1)),
            (".", end(Float)),
            ("1e", end(Float)),
            ("1e+", end(Float)),
            ("1e5.0", at(Float, 3)),
            ("1e400", range(Float)),
            ("yes", at(Boolean, 0)),
            ("TRUE", at(Boolean, 0)),
            ("2", at(Boolean, 0)),
            ("1.5", at(Time, 1)),
            ("now", at(Time, 0)),
            ("9223372036854775808", range(Time)),
            ("2023-11-14", end(Time)),
            ("2023-11-14T22:13", end(Time)),
            ("2023-11-14T22:13:20", end(Time)),
            ("2023-13-14T22:13:20Z", at(Time, 5)),
            ("2023-02-29T00:00:00Z", at(Time, 8)),
            ("2023-11-14X22:13:20Z", at(Time, 10)),
            ("2023-11-14T24:00:00Z", at(Time, 11)),
            ("2023-11-14T22:13:60Z", at(Time, 17)),
            ("2023-11-14T22:13:20Zx", at(Time, 20)),
            ("2023-11-14T22:13:20+25:00", at(Time, 20)),
            ("abc", end(Opaque)),
            ("a b", at(Opaque, 1)),
            ("0x01", at(Opaque, 1)),
            ("01:02", at(Opaque, 2)),
            ("3", end(ObjectLink)),
            ("3:", end(ObjectLink)),
            (":0", at(ObjectLink, 0)),
            ("3/0", at(ObjectLink, 1)),
            ("3:0:0", at(ObjectLink, 3)),
            ("+3:0", at(ObjectLink, 0)),
            (" 3:x", at(ObjectLink, 3)),
            ("3:65536", range(ObjectLink)),
        ] {
            let (ValueTextError::Empty { expected }
            | ValueTextError::Unexpected { expected, .. }
            | ValueTextError::Incomplete { expected }
            | ValueTextError::OutOfRange { expected }) = error
            else {
                continue;
            };
            assert_eq!(Value::parse(expected, text), Err(error), "{text}");
            assert!(error.to_string().contains(": expected "), "{error}");
        }
        let fraction = Value::parse(Time, "2023-11-14T22:13:20.5Z");
        assert_eq!(fraction, Err(ValueTextError::Fraction));
        let links = Value::parse(CoreLink, "hello").unwrap_err();
        assert_eq!(links.at(), Some(0));
    }
}
