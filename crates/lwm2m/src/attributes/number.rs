//! Decimal numbers that stay what they were.

use alloc::string::ToString;
use core::cmp::Ordering;
use core::fmt;

use crate::{Mode, float};

/// An exact decimal number with at most 38 digits before and 38 after the point, as `gt`, `lt` and `st` have it.
///
/// Binary floats would not do: `lt=0.7`, `st=0.1`, `gt=0.9` leave no room, and in binary64 they seem to.
///
/// [`Display`](fmt::Display) writes it as the grammar wants it: digits, perhaps a point and digits, no exponent. Below zero
/// a minus stands before it, which the grammar forgets and signal strengths need.
///
/// ```
/// use lwm2m::{Mode, Number};
/// let number = Number::parse("-95.50", Mode::Strict).unwrap();
/// assert_eq!((number.to_string().as_str(), number.to_f64()), ("-95.5", -95.5));
/// assert!(number < Number::from(-95));
/// assert_eq!(Number::parse("1e3", Mode::Lenient), Ok(Number::from(1_000)));
/// assert!(Number::parse("1e3", Mode::Strict).is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Number {
    /// The digits, below 10^38 on either side of zero.
    digits: i128,
    /// How many of them stand after the point. The last one of these is not 0.
    places: u8,
}

impl Number {
    /// Reads a number.
    ///
    /// Strict is the grammar (digits, perhaps a point and digits) with a minus allowed in front. Lenient also takes a plus,
    /// a point without digits on one side, and an exponent.
    ///
    /// # Errors
    /// [`NumberError`]: no number at all, also `NaN` and `inf`, or one with more digits than are kept.
    pub fn parse(text: &str, mode: Mode) -> Result<Self, NumberError> {
        let lenient = mode == Mode::Lenient;
        let (negative, text) = match text.as_bytes() {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] if lenient => (false, rest),
            all => (false, all),
        };
        let (mantissa, exponent) = match text.iter().position(|byte| matches!(byte, b'e' | b'E')) {
            Some(at) if lenient => {
                (text.get(..at).unwrap_or_default(), exponent(text.get(at + 1..).unwrap_or_default())?)
            }
            _ => (text, 0),
        };
        let point = mantissa.iter().position(|&byte| byte == b'.');
        let before = mantissa.get(..point.unwrap_or(mantissa.len())).unwrap_or_default();
        let after = point.and_then(|point| mantissa.get(point + 1..)).unwrap_or_default();
        let complete = !before.is_empty() && (point.is_none() || !after.is_empty());
        if !(complete || lenient && before.len() + after.len() > 0) {
            return Err(NumberError::NotANumber);
        }
        if !before.iter().chain(after).all(u8::is_ascii_digit) {
            return Err(NumberError::NotANumber);
        }
        let zeros = after.iter().rev().take_while(|&&byte| byte == b'0').count();
        let after = after.get(..after.len() - zeros).unwrap_or_default();
        let mut digits = 0_i128;
        for digit in before.iter().chain(after) {
            digits = append(digits, i128::from(digit & 15))?;
        }
        if digits == 0 {
            return Ok(Self::default());
        }
        let mut places = i32::try_from(after.len()).map_err(|_| NumberError::OutOfRange)? - exponent;
        while places < 0 {
            digits = append(digits, 0)?;
            places += 1;
        }
        while places > 0 && digits % 10 == 0 {
            digits /= 10;
            places -= 1;
        }
        let places = u8::try_from(places).ok().filter(|&places| places <= DIGITS).ok_or(NumberError::OutOfRange)?;
        Ok(Self { digits: if negative { -digits } else { digits }, places })
    }

    /// The number of binary64 that is nearest.
    pub fn to_f64(self) -> f64 {
        // What Display writes is always a number.
        float::parse(&self.to_string()).unwrap_or_default()
    }

    /// Whether it is below zero.
    pub const fn is_negative(self) -> bool {
        self.digits < 0
    }

    /// Whether `self + 2 * step` is below `other`, exactly. For steps from 0 on.
    pub(crate) fn is_below_by_twice(self, step: Self, other: Self) -> bool {
        let ((low, low_part), (step, step_part), high) = (self.parts(), step.parts(), other.parts());
        let part = low_part + 2 * step_part;
        // What does not fit is above everything.
        let whole = step
            .checked_mul(2)
            .and_then(|twice| low.checked_add(twice))
            .and_then(|sum| sum.checked_add(i128::try_from(part / ONE).unwrap_or_default()));
        whole.is_some_and(|whole| (whole, part % ONE) < high)
    }

    /// The whole number at or below it, and the rest in units of 10^-38.
    fn parts(self) -> (i128, u128) {
        let one = 10_i128.pow(u32::from(self.places));
        let rest = self.digits.rem_euclid(one).unsigned_abs();
        (self.digits.div_euclid(one), rest * 10_u128.pow(u32::from(DIGITS - self.places)))
    }
}

/// The number with one more digit at its end.
fn append(digits: i128, digit: i128) -> Result<i128, NumberError> {
    digits
        .checked_mul(10)
        .map(|shifted| shifted + digit)
        .filter(|&digits| digits < LIMIT)
        .ok_or(NumberError::OutOfRange)
}

fn exponent(text: &[u8]) -> Result<i32, NumberError> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        all => (false, all),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(NumberError::NotANumber);
    }
    // Anything that large has been out of range for long.
    let size = digits.iter().fold(0_i32, |size, digit| (size * 10 + i32::from(digit & 15)).min(9_999));
    Ok(if negative { -size } else { size })
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts())
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Self { digits: number.into(), places: 0 }
    }
}

/// In the shortest decimal digits that read back to the same float.
impl TryFrom<f64> for Number {
    type Error = NumberError;

    fn try_from(number: f64) -> Result<Self, NumberError> {
        // Display of floats has no exponent.
        Self::parse(&number.to_string(), Mode::Strict)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = 10_u128.pow(u32::from(self.places));
        let (digits, sign) = (self.digits.unsigned_abs(), if self.digits < 0 { "-" } else { "" });
        write!(f, "{sign}{}", digits / one)?;
        if self.places == 0 {
            return Ok(());
        }
        write!(f, ".{:0width$}", digits % one, width = usize::from(self.places))
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a text is no [`Number`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NumberError {
    /// Not a decimal number, or not one that the mode takes.
    #[error("not a decimal number")]
    NotANumber,
    /// More than 38 digits before or after the point.
    #[error("a number with too many digits")]
    OutOfRange,
}

/// Digits on either side of the point.
const DIGITS: u8 = 38;
/// What has one digit too many.
const LIMIT: i128 = 10_i128.pow(DIGITS as u32);
const ONE: u128 = 10_u128.pow(DIGITS as u32);

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;

    fn strict(text: &str) -> Number {
        Number::parse(text, Mode::Strict).unwrap()
    }

    #[test]
    fn reads_and_prints() {
        use NumberError::*;
        let most = format!("{}.5", "9".repeat(37));
        for (text, lenient, strictly) in [
            ("0", Ok("0"), Ok("0")),
            ("-0", Ok("0"), Ok("0")),
            ("00", Ok("0"), Ok("0")),
            ("007.50", Ok("7.5"), Ok("7.5")),
            ("-1.5", Ok("-1.5"), Ok("-1.5")),
            ("-0.05", Ok("-0.05"), Ok("-0.05")),
            ("1.123456789123456789", Ok("1.123456789123456789"), Ok("1.123456789123456789")),
            ("99999999999999999999", Ok("99999999999999999999"), Ok("99999999999999999999")),
            (&most, Ok(&most), Ok(&most)),
            ("1.0000000000000000000000000000000000000000000000", Ok("1"), Ok("1")),
            ("+1", Ok("1"), Err(NotANumber)),
            (".5", Ok("0.5"), Err(NotANumber)),
            ("5.", Ok("5"), Err(NotANumber)),
            ("1e3", Ok("1000"), Err(NotANumber)),
            ("1E-3", Ok("0.001"), Err(NotANumber)),
            ("-2.50e+1", Ok("-25"), Err(NotANumber)),
            ("0e999999999999", Ok("0"), Err(NotANumber)),
            ("1e-38", Ok("0.00000000000000000000000000000000000001"), Err(NotANumber)),
            ("1e-39", Err(OutOfRange), Err(NotANumber)),
            ("1e38", Err(OutOfRange), Err(NotANumber)),
            ("1e999999999999", Err(OutOfRange), Err(NotANumber)),
            ("100000000000000000000000000000000000000", Err(OutOfRange), Err(OutOfRange)),
            ("", Err(NotANumber), Err(NotANumber)),
            ("-", Err(NotANumber), Err(NotANumber)),
            (".", Err(NotANumber), Err(NotANumber)),
            ("e1", Err(NotANumber), Err(NotANumber)),
            ("1e", Err(NotANumber), Err(NotANumber)),
            ("1e1.5", Err(NotANumber), Err(NotANumber)),
            ("--1", Err(NotANumber), Err(NotANumber)),
            ("1.2.3", Err(NotANumber), Err(NotANumber)),
            ("NaN", Err(NotANumber), Err(NotANumber)),
            ("inf", Err(NotANumber), Err(NotANumber)),
            ("0x10", Err(NotANumber), Err(NotANumber)),
            ("1 ", Err(NotANumber), Err(NotANumber)),
            ("\u{661}", Err(NotANumber), Err(NotANumber)),
        ] {
            for (mode, expected) in [(Mode::Lenient, lenient), (Mode::Strict, strictly)] {
                let printed = Number::parse(text, mode).map(|number| number.to_string());
                assert_eq!(printed.as_deref(), expected.as_ref().copied(), "{text} {mode:?}");
                if let Ok(printed) = printed {
                    assert_eq!(strict(&printed), Number::parse(text, mode).unwrap(), "{text}");
                }
            }
        }
        assert_eq!(Number::try_from(0.1).map(|number| number.to_string()).as_deref(), Ok("0.1"));
        assert_eq!(Number::try_from(f64::NAN), Err(NotANumber));
        assert_eq!(Number::try_from(1e300), Err(OutOfRange));
    }

    #[test]
    fn compares_exactly() {
        let sorted = ["-10", "-9.5", "-9.25", "-0.1", "0", "0.05", "0.1", "1", "1.000000001", "2"].map(strict);
        assert!(sorted.is_sorted());
        assert!(sorted.map(Number::to_f64).is_sorted());
        for (low, step, high, expected) in [
            ("0.7", "0.1", "0.9", false),
            ("0.7", "0.0999999999999999999999", "0.9", true),
            ("10", "5", "20", false),
            ("10", "4.9", "20", true),
            ("-95.5", "0.25", "-95", false),
            ("-95.5", "0.2", "-95", true),
            ("0", "99999999999999999999999999999999999999", "1", false),
            ("99999999999999999999999999999999999999", "99999999999999999999999999999999999999", "1", false),
        ] {
            assert_eq!(strict(low).is_below_by_twice(strict(step), strict(high)), expected, "{low} {step} {high}");
        }
    }
}
