//! Numbers as SenML and CBOR give them, before anyone asked for their type.

use alloc::borrow::Cow;
use alloc::string::String;

use super::typed;
use crate::time::scaled;
use crate::{Decimal, Value};

/// A number, exactly as it was given.
#[derive(Clone, Debug)]
pub(super) enum Number<'p> {
    /// Decimal digits, perhaps with a fraction and an exponent: JSON, and decimal fractions of CBOR.
    Text(Cow<'p, str>),
    /// A CBOR integer.
    Integer(i128),
    /// A CBOR float, which need not be finite.
    Float(f64),
}

impl Number<'_> {
    /// The number with `base` added, if it is whole. `1.0` and `1e3` are, unless `strict`.
    pub(super) fn whole(&self, base: Option<&Self>, strict: bool) -> Option<i128> {
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
    pub(super) fn float(&self, base: Option<&Self>) -> Option<f64> {
        let number = self.plain_float()?;
        let Some(base) = base else { return Some(number) };
        Some(number + base.plain_float()?).filter(|sum| sum.is_finite())
    }

    /// The number as seconds, cut off after nine digits.
    pub(super) fn decimal(&self) -> Option<Decimal> {
        match self {
            Self::Text(text) => Decimal::parse(text),
            Self::Integer(number) => i64::try_from(*number).ok().map(|seconds| Decimal::new(seconds, 0)),
            Self::Float(number) => Decimal::parse(&shortest(*number)),
        }
    }

    /// Whether it is written as an integer. `-0` is not: it has a sign that integers lose.
    pub(super) fn looks_whole(&self) -> bool {
        match self {
            Self::Text(text) => !text.bytes().any(|b| matches!(b, b'.' | b'e' | b'E')) && text != "-0",
            Self::Integer(_) => true,
            Self::Float(_) => false,
        }
    }

    /// The number, if it is written as an integer.
    pub(super) fn integer(&self) -> Option<i128> {
        match self {
            Self::Text(text) => typed::decimal_integer(text),
            Self::Integer(number) => Some(*number),
            Self::Float(_) => None,
        }
    }

    fn plain_float(&self) -> Option<f64> {
        match self {
            Self::Text(text) => typed::decimal_float(text),
            Self::Integer(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
        }
    }

    /// In units of 10^-9, if it is that exactly.
    fn nanos(&self) -> Option<i128> {
        let exact = |text: &str| scaled(text, 9).filter(|scaled| scaled.lost == 0).map(|scaled| scaled.whole);
        match self {
            Self::Text(text) => exact(text),
            Self::Integer(number) => number.checked_mul(ONE),
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
