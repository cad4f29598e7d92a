//! Numbers as SenML and CBOR give them, before anyone asked for their type.

use alloc::borrow::Cow;
use alloc::string::String;

use super::typed;
use crate::time::scaled;
use crate::{Decimal, Value, ValueType};

/// A number, exactly as it was given.
#[derive(Clone, Debug)]
pub(super) enum Number<'p> {
    /// Decimal digits, perhaps with a fraction and an exponent: JSON, and decimal fractions of CBOR.
    Text(Cow<'p, str>),
    /// A CBOR integer.
    Integer(i64),
    /// A CBOR integer above those.
    Unsigned(u64),
    /// A CBOR float, which need not be finite.
    Float(f64),
}

impl Number<'_> {
    /// The number with `base` added, as one of the types of numbers. None if it is not, or not in range.
    #[inline]
    pub(super) fn typed(&self, base: Option<&Self>, kind: ValueType, strict: bool) -> Option<Value<'static>> {
        match (self, kind) {
            (Self::Integer(number), ValueType::Integer) if base.is_none() => Some(Value::Integer(*number)),
            (Self::Integer(number), ValueType::Time) if base.is_none() => Some(Value::Time(*number)),
            (Self::Float(number), ValueType::Float) if base.is_none() => Some(Value::Float(*number)),
            (_, ValueType::Integer | ValueType::Unsigned | ValueType::Time) => {
                self.whole(base, strict).and_then(|number| typed::integer(number, kind))
            }
            (_, ValueType::Float) => self.float(base).map(Value::Float),
            _ => None,
        }
    }

    /// The number with `base` added, as what it looks like.
    pub(super) fn natural(&self, base: Option<&Self>, strict: bool) -> Option<Value<'static>> {
        let plain = self.looks_whole() && base.is_none_or(Self::looks_whole);
        let whole = if plain { self.whole(base, strict) } else { None };
        let typed = |number, kind| typed::integer(number, kind);
        whole
            .and_then(|number| typed(number, ValueType::Integer).or_else(|| typed(number, ValueType::Unsigned)))
            .or_else(|| self.float(base).map(Value::Float))
    }

    /// The number with `base` added, if it is whole. `1.0` and `1e3` are, unless `strict`.
    fn whole(&self, base: Option<&Self>, strict: bool) -> Option<i128> {
        match (self.integer(), base) {
            (Some(number), None) => Some(number),
            (None, None) if strict => None,
            (_, base) => {
                let sum = base.map_or(Some(0), Self::nanos)?.checked_add(self.nanos()?)?;
                (sum % ONE == 0).then_some(sum / ONE)
            }
        }
    }

    /// The number with `base` added, as a float. Finite, unless it was not when it came.
    fn float(&self, base: Option<&Self>) -> Option<f64> {
        let number = self.plain_float()?;
        let Some(base) = base else { return Some(number) };
        Some(number + base.plain_float()?).filter(|sum| sum.is_finite())
    }

    /// The number as seconds, cut off after nine digits.
    pub(super) fn decimal(&self) -> Option<Decimal> {
        match self {
            Self::Text(text) => Decimal::parse(text),
            Self::Integer(seconds) => Some(Decimal::new(*seconds, 0)),
            Self::Unsigned(_) => None,
            Self::Float(number) => Decimal::parse(&shortest(*number)),
        }
    }

    /// Whether it is written as an integer. `-0` is not: it has a sign that integers lose.
    fn looks_whole(&self) -> bool {
        match self {
            Self::Text(text) => !text.bytes().any(|b| matches!(b, b'.' | b'e' | b'E')) && text != "-0",
            Self::Integer(_) | Self::Unsigned(_) => true,
            Self::Float(_) => false,
        }
    }

    /// The number, if it is written as an integer.
    pub(super) fn integer(&self) -> Option<i128> {
        match self {
            Self::Text(text) => typed::decimal_integer(text),
            Self::Integer(number) => Some(i128::from(*number)),
            Self::Unsigned(number) => Some(i128::from(*number)),
            Self::Float(_) => None,
        }
    }

    fn plain_float(&self) -> Option<f64> {
        match self {
            Self::Text(text) => typed::decimal_float(text),
            Self::Integer(number) => Some(*number as f64),
            Self::Unsigned(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
        }
    }

    /// In units of 10^-9, if it is that exactly.
    fn nanos(&self) -> Option<i128> {
        let exact = |text: &str| scaled(text, 9).filter(|scaled| scaled.lost == 0).map(|scaled| scaled.whole);
        match self {
            Self::Text(text) => exact(text),
            Self::Integer(number) => i128::from(*number).checked_mul(ONE),
            Self::Unsigned(number) => i128::from(*number).checked_mul(ONE),
            Self::Float(number) => exact(&shortest(*number)),
        }
    }
}

/// The shortest decimal digits that read back to the same float: what the sender most likely meant. In the one way of
/// this crate to print floats; a second one costs the console 2 kB.
fn shortest(number: f64) -> String {
    Value::Float(number).to_batch_text()
}

/// One in units of 10^-9.
const ONE: i128 = 1_000_000_000;
