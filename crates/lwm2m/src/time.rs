//! When a value was taken.

use core::fmt;
use core::str::FromStr;

/// The time of an entry, exactly as the payload gave it.
///
/// SenML decides which it is: from 2^28 seconds on a time is a point since 1970 UTC, below it is relative to the
/// reception of the message (RFC 8428, "Time").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums)] // the two that exist
pub enum Timestamp {
    /// Seconds since 1970 UTC.
    Absolute(Decimal),
    /// Seconds from the reception of the message; mostly negative: in the past.
    Relative(Decimal),
}

impl Timestamp {
    /// Sorts a resolved SenML time into absolute and relative.
    ///
    /// ```
    /// use lwm2m::{Decimal, Timestamp};
    /// assert_eq!(Timestamp::from_senml(Decimal::new(-10, 0)).to_string(), "now-10");
    /// assert_eq!(Timestamp::from_senml(Decimal::new(1_700_000_000, 0)).to_string(), "1700000000");
    /// ```
    pub const fn from_senml(time: Decimal) -> Self {
        if time.seconds >= ABSOLUTE_FROM { Self::Absolute(time) } else { Self::Relative(time) }
    }

    /// The number of seconds, whichever kind it is.
    pub const fn decimal(self) -> Decimal {
        match self {
            Self::Absolute(time) | Self::Relative(time) => time,
        }
    }
}

/// `1700000000.5`, or `now-10`, `now`, `now+3` for a relative one.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absolute(time) => fmt::Display::fmt(time, f),
            Self::Relative(Decimal { seconds: 0, nanos: 0 }) => f.write_str("now"),
            Self::Relative(time) if time.seconds < 0 => write!(f, "now{time}"),
            Self::Relative(time) => write!(f, "now+{time}"),
        }
    }
}

/// Reads what [`Display`](fmt::Display) writes: `1700000000.5` is absolute whatever its size, `now`, `now-10` and
/// `now+3` are relative.
///
/// ```
/// use lwm2m::{Decimal, Timestamp};
/// assert_eq!("now-0.5".parse(), Ok(Timestamp::Relative(Decimal::new(-1, 500_000_000))));
/// assert!("yesterday".parse::<Timestamp>().is_err());
/// ```
impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        let Some(offset) = text.strip_prefix("now") else {
            return Decimal::parse(text).map(Self::Absolute).ok_or(TimestampError);
        };
        let time = match offset.strip_prefix('+') {
            Some(magnitude) if !magnitude.starts_with('-') => Decimal::parse(magnitude),
            None if offset.is_empty() => Some(Decimal::ZERO),
            None if offset.starts_with('-') => Decimal::parse(offset),
            _ => None,
        };
        time.map(Self::Relative).ok_or(TimestampError)
    }
}

/// The text is no decimal number of seconds and not `now` with or without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a time: seconds since 1970 like 1700000000.5, or now-10")]
#[non_exhaustive]
pub struct TimestampError;

/// A number of seconds with nine exact digits after the point.
///
/// The value is `seconds + nanos / 10^9`, so −0.5 is seconds −1 and nanos 500,000,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(clippy::exhaustive_structs)] // a number
pub struct Decimal {
    /// The whole seconds at or below the value.
    pub seconds: i64,
    /// What is to be added, 0 to 999,999,999.
    pub nanos: u32,
}

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self { seconds: 0, nanos: 0 };

    /// `seconds + nanos / 10^9`. Nanos above 999,999,999 are cut down to that.
    pub const fn new(seconds: i64, nanos: u32) -> Self {
        Self { seconds, nanos: if nanos > 999_999_999 { 999_999_999 } else { nanos } }
    }

    /// The exact sum; none if it does not fit.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        let nanos = self.nanos + other.nanos;
        let (carry, nanos) = if nanos >= 1_000_000_000 { (1, nanos - 1_000_000_000) } else { (0, nanos) };
        match self.seconds.checked_add(other.seconds) {
            Some(sum) => match sum.checked_add(carry) {
                Some(seconds) => Some(Self { seconds, nanos }),
                None => None,
            },
            None => None,
        }
    }

    /// Reads a decimal number as JSON and our own JSON write it, `-12.5`, `1.7e9`. Digits beyond the ninth after the
    /// point are dropped (towards the past). None if it is no such number or does not fit.
    ///
    /// ```
    /// use lwm2m::Decimal;
    /// assert_eq!(Decimal::parse("1700000000.250"), Some(Decimal::new(1_700_000_000, 250_000_000)));
    /// assert_eq!(Decimal::parse("-0.5"), Some(Decimal::new(-1, 500_000_000)));
    /// assert_eq!(Decimal::parse("now"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let scaled = scaled(text, 9)?.floor();
        let seconds = i64::try_from(scaled.div_euclid(1_000_000_000)).ok()?;
        let nanos = u32::try_from(scaled.rem_euclid(1_000_000_000)).ok()?;
        Some(Self { seconds, nanos })
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Of a negative number the sign is written once, before the magnitude.
        let (sign, seconds, nanos) = match (self.seconds < 0, self.nanos) {
            (false, nanos) => ("", self.seconds.unsigned_abs(), nanos),
            (true, 0) => ("-", self.seconds.unsigned_abs(), 0),
            (true, nanos) => ("-", self.seconds.unsigned_abs() - 1, 1_000_000_000 - nanos),
        };
        write!(f, "{sign}{seconds}")?;
        if nanos == 0 {
            return Ok(());
        }
        let (mut digits, mut width) = (nanos, 9);
        while digits % 10 == 0 {
            digits /= 10;
            width -= 1;
        }
        write!(f, ".{digits:0width$}")
    }
}

/// A number times a power of ten, cut off after the point.
pub(crate) struct Scaled {
    /// What stands before the point, cut off towards zero.
    pub(crate) whole: i128,
    /// The sign of what was cut off; 0 if nothing was.
    pub(crate) lost: i128,
}

impl Scaled {
    const fn floor(&self) -> i128 {
        if self.lost < 0 { self.whole - 1 } else { self.whole }
    }
}

/// The number `text` times `10^places`, from plain decimal digits with an optional `-`, fraction and exponent. None if
/// it is no such number or needs more than 38 digits.
pub(crate) fn scaled(text: &str, places: i32) -> Option<Scaled> {
    let (sign, magnitude) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (mantissa, exponent) = match magnitude.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (magnitude, 0),
    };
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    if before.is_empty() || after.is_empty() {
        return None;
    }
    // How many of the digits, counted from the first, stand before the scaled point.
    let keep = i32::try_from(before.len()).ok()?.checked_add(exponent)?.checked_add(places)?;
    let (mut whole, mut lost, mut position) = (0_i128, false, 0_i32);
    for digit in before.bytes().chain(after.bytes()) {
        if !digit.is_ascii_digit() {
            return None;
        }
        if position < keep {
            whole = whole.checked_mul(10)?.checked_add(i128::from(digit & 15))?;
        } else {
            lost |= digit != b'0';
        }
        position += 1;
    }
    if whole != 0 {
        for _ in position..keep {
            whole = whole.checked_mul(10)?;
        }
    }
    Some(Scaled { whole: sign * whole, lost: sign * i128::from(lost) })
}

/// Seconds since 1970 UTC of a date and time as in RFC 3339, `2026-11-23T12:00:00Z`, and whether a part of a second was
/// left out. An `Err` holds the offset of what does not fit; the end, if something is missing.
pub(crate) fn parse_date(text: &str) -> Result<(i64, bool), usize> {
    let bytes = text.as_bytes();
    let is = |at: usize, set: &[u8]| bytes.get(at).is_some_and(|byte| set.contains(byte));
    let mark = |at: usize, set: &[u8]| if is(at, set) { Ok(()) } else { Err(at.min(bytes.len())) };
    let number = |at: usize, width: usize, range: core::ops::RangeInclusive<i64>| {
        let mut number = 0;
        for place in at..at + width {
            let digit = bytes.get(place).ok_or(bytes.len())?;
            number = number * 10 + i64::from(char::from(*digit).to_digit(10).ok_or(place)?);
        }
        if range.contains(&number) { Ok(number) } else { Err(at) }
    };
    let year = number(0, 4, 0..=9999)?;
    mark(4, b"-")?;
    let month = number(5, 2, 1..=12)?;
    mark(7, b"-")?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let day = number(8, 2, 1..=last)?;
    mark(10, b"Tt ")?;
    let hour = number(11, 2, 0..=23)?;
    mark(13, b":")?;
    let minute = number(14, 2, 0..=59)?;
    mark(16, b":")?;
    let second = number(17, 2, 0..=59)?;
    let (mut at, mut fraction) = (19, false);
    if is(at, b".") {
        number(at + 1, 1, 0..=9)?;
        let digits = bytes.iter().skip(at + 1).take_while(|byte| byte.is_ascii_digit());
        fraction = digits.clone().any(|digit| *digit != b'0');
        at += 1 + digits.count();
    }
    let offset = if is(at, b"Zz") {
        at += 1;
        0
    } else {
        mark(at, b"+-")?;
        let east = if is(at, b"+") { 1 } else { -1 };
        let hours = number(at + 1, 2, 0..=23)?;
        mark(at + 3, b":")?;
        let minutes = number(at + 4, 2, 0..=59)?;
        at += 6;
        east * (hours * 60 + minutes)
    };
    if at < bytes.len() {
        return Err(at);
    }
    // Days since 1970, in years that begin in March, so that a leap day is the last one.
    let (years, months) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leaps = years.div_euclid(4) - years.div_euclid(100) + years.div_euclid(400);
    let days = years * 365 + leaps + (153 * months + 2) / 5 + day - 1 - 719_468;
    Ok((((days * 24 + hour) * 60 + minute - offset) * 60 + second, fraction))
}

/// Where SenML times become absolute: 2^28 s, in July 1978.
const ABSOLUTE_FROM: i64 = 1 << 28;

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn reads_and_prints() {
        for (text, decimal, printed) in [
            ("0", Decimal::ZERO, "0"),
            ("-0", Decimal::ZERO, "0"),
            ("1700000000.123456789", Decimal::new(1_700_000_000, 123_456_789), "1700000000.123456789"),
            ("1.70e9", Decimal::new(1_700_000_000, 0), "1700000000"),
            ("5E-1", Decimal::new(0, 500_000_000), "0.5"),
            ("-0.25", Decimal::new(-1, 750_000_000), "-0.25"),
            ("-1.0000000001", Decimal::new(-2, 999_999_999), "-1.000000001"),
            ("0.0000000009", Decimal::ZERO, "0"),
            ("0e999999", Decimal::ZERO, "0"),
            ("1e-999999", Decimal::ZERO, "0"),
            ("9223372036854775807", Decimal::new(i64::MAX, 0), "9223372036854775807"),
            ("-9223372036854775808", Decimal::new(i64::MIN, 0), "-9223372036854775808"),
        ] {
            assert_eq!(Decimal::parse(text), Some(decimal), "{text}");
            assert_eq!(decimal.to_string(), printed, "{text}");
        }
        for text in
            ["", "-", ".5", "5.", "1e", "e5", "1e9999999999", "1e40", "9223372036854775808", "+1", " 1", "1x", "NaN"]
        {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn adds_exactly() {
        let add = |a: &str, b: &str| {
            Decimal::parse(a).unwrap().checked_add(Decimal::parse(b).unwrap()).map(|sum| sum.to_string())
        };
        assert_eq!(add("1700000000", "-0.1").as_deref(), Some("1699999999.9"));
        assert_eq!(add("0.9", "0.1").as_deref(), Some("1"));
        assert_eq!(add("9223372036854775807", "1"), None);
        assert_eq!(add("9223372036854775807.5", "0.5"), None);
    }

    #[test]
    fn reads_dates() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T23:59:59Z", 951_868_799),
            ("2023-11-14T22:13:20Z", 1_700_000_000),
            ("2023-11-15T03:43:20+05:30", 1_700_000_000),
            ("1969-12-31T19:00:00-05:00", 0),
            ("0000-01-01T00:00:00Z", -62_167_219_200),
            ("9999-12-31T23:59:59.000Z", 253_402_300_799),
        ] {
            assert_eq!(parse_date(text), Ok((seconds, false)), "{text}");
        }
        assert_eq!(parse_date("1970-01-01T00:00:00.25Z"), Ok((0, true)));
        for (text, at) in [("", 0), ("1970-01-01T00:00:00.Z", 20), ("1900-02-29T00:00:00Z", 8), ("é", 0)] {
            assert_eq!(parse_date(text), Err(at), "{text}");
        }
    }

    #[test]
    fn reads_timestamps() {
        for text in ["1700000000.5", "0", "-5", "now", "now-10", "now+3", "now-0.25"] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), text);
        }
        for text in ["", "Now", "now 5", "now10", "now+", "now-", "now+-5", "now--5", "2023-11-14T22:13:20Z"] {
            assert_eq!(text.parse::<Timestamp>(), Err(TimestampError), "{text}");
        }
    }

    #[test]
    fn sorts_by_the_rule_of_2_to_the_28() {
        for (seconds, text) in [(1 << 28, "268435456"), ((1 << 28) - 1, "now+268435455"), (0, "now"), (-10, "now-10")] {
            assert_eq!(Timestamp::from_senml(Decimal::new(seconds, 0)).to_string(), text);
        }
        assert_eq!(Timestamp::Relative(Decimal::parse("-0.5").unwrap()).to_string(), "now-0.5");
    }
}
