//! Floats without tables: short numbers by one exact operation, the rest with integers of any size.

use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt::{self, Write};

/// As [`super::parse`], of text that has none but the bytes of numbers.
pub(super) fn parse(text: &str) -> Option<f64> {
    let (negative, text) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let end = text.iter().position(|b| matches!(b, b'e' | b'E')).unwrap_or(text.len());
    let (mantissa, tail) = text.split_at_checked(end)?;
    let exponent = if tail.is_empty() { 0 } else { exponent(tail)? };
    let point = mantissa.iter().position(|b| *b == b'.');
    let fraction = point.map_or(0, |at| mantissa.len() - at - 1);
    let count = mantissa.len() - usize::from(point.is_some());
    let digits = || mantissa.iter().filter(|b| **b != b'.').map(|b| u32::from(*b & 15)).skip_while(|d| *d == 0);
    let ours = mantissa.iter().enumerate().all(|(at, b)| b.is_ascii_digit() || Some(at) == point);
    if count == 0 || !ours {
        return None;
    }
    let length = digits().count();
    // The number is the digits times ten to this.
    let power = exponent - i64::try_from(fraction).ok()?;
    let size = i64::try_from(length).ok()? + power;
    let magnitude = match length {
        0 => 0.0,
        _ if size > 310 => f64::INFINITY,
        _ if size < -330 => 0.0,
        _ => nearest(digits(), length, power),
    };
    Some(if negative { -magnitude } else { magnitude })
}

/// `e-12`. What is beyond all floats stops growing.
fn exponent(tail: &[u8]) -> Option<i64> {
    let (negative, digits) = match tail.get(1..)? {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = digits.iter().fold(0_i64, |number, digit| (number * 10 + i64::from(digit & 15)).min(1 << 40));
    Some(if negative { -number } else { number })
}

/// The float nearest to digits times a power of ten; of two that are as near the even one.
fn nearest(digits: impl Iterator<Item = u32> + Clone, length: usize, power: i64) -> f64 {
    let first = digits.clone().take(19).fold(0_u64, |number, digit| number * 10 + u64::from(digit));
    if length <= 19 && first <= 1 << 53 && (-22..=22).contains(&power) {
        // Both are exact, so the one operation rounds once.
        let ten = ten(power.unsigned_abs());
        return if power < 0 { first as f64 / ten } else { first as f64 * ten };
    }
    // A float that is a few steps off at most.
    let mut float = first as f64;
    let mut left = power + i64::try_from(length.saturating_sub(19)).unwrap_or(0);
    while left != 0 {
        let step = left.clamp(-22, 22);
        float = if step < 0 { float / ten(step.unsigned_abs()) } else { float * ten(step.unsigned_abs()) };
        left -= step;
    }
    let mut float = float.min(f64::MAX);
    // What stands behind that many digits only matters in that there is something.
    let more = digits.clone().skip(MOST_DIGITS).any(|digit| digit != 0);
    let mut number = Natural::default();
    digits.take(MOST_DIGITS).for_each(|digit| number.multiply_add(10, digit));
    let power = power + i64::try_from(length.saturating_sub(MOST_DIGITS)).unwrap_or(0);
    // The number against h times 2^f.
    let against = |h: u64, f: i32| {
        let (mut left, mut right) = (number.clone(), Natural::from(h));
        let tens = u32::try_from(power.unsigned_abs()).unwrap_or(0);
        if power > 0 {
            left.ten_to(tens)
        } else {
            right.ten_to(tens)
        }
        if f > 0 {
            right.shift(f.unsigned_abs())
        } else {
            left.shift(f.unsigned_abs())
        }
        match left.cmp(&right) {
            Ordering::Equal if more => Ordering::Greater,
            order => order,
        }
    };
    loop {
        let Parts { m, e, edge } = Parts::of(float);
        let odd = m & 1 == 1;
        let above = against(2 * m + 1, e - 1);
        if above == Ordering::Greater || (above == Ordering::Equal && odd) {
            float = f64::from_bits(float.to_bits() + 1);
            if above == Ordering::Equal || float.is_infinite() {
                return float;
            }
            continue;
        }
        let below = match (m, edge) {
            (0, _) => Ordering::Greater,
            (_, true) => against(4 * m - 1, e - 2),
            _ => against(2 * m - 1, e - 1),
        };
        if below == Ordering::Less || (below == Ordering::Equal && odd) {
            float = f64::from_bits(float.to_bits() - 1);
            if below == Ordering::Less {
                continue;
            }
        }
        return float;
    }
}

/// The digits that decide on which side of the middle between two floats a number is: none has more.
const MOST_DIGITS: usize = 800;

/// 10^n for n up to 22, exact.
fn ten(n: u64) -> f64 {
    // The steps are exact: 10^22 is 5^22 times a power of two, and 5^22 has 52 bits.
    (0..n).fold(1.0, |power, _| power * 10.0)
}

/// A float at or above zero as m times 2^e.
struct Parts {
    m: u64,
    e: i32,
    /// The next lower float is nearer than the next higher one.
    edge: bool,
}

impl Parts {
    fn of(float: f64) -> Self {
        let bits = float.to_bits();
        let (exponent, fraction) = ((bits >> 52 & 0x7FF) as i32, bits & ((1 << 52) - 1));
        match exponent {
            0 => Self { m: fraction, e: -1074, edge: false },
            _ => Self { m: fraction | 1 << 52, e: exponent - 1075, edge: fraction == 0 && exponent > 1 },
        }
    }
}

/// As [`super::Shortest`].
pub(super) fn write(number: f64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let magnitude = number.abs();
    if magnitude == 0.0 || (1e-4..1e16).contains(&magnitude) {
        let whole = write_digits(number, f)?;
        return if whole { f.write_str(".0") } else { Ok(()) };
    }
    if number.is_sign_negative() {
        f.write_char('-')?;
    }
    let (digits, place) = digits(magnitude);
    let text = core::str::from_utf8(&digits).unwrap_or_default();
    let (first, rest) = text.split_at_checked(1).unwrap_or((text, ""));
    let point = if rest.is_empty() { "" } else { "." };
    write!(f, "{first}{point}{rest}e{}", place - 1)
}

/// As [`super::Plain`].
pub(super) fn write_plain(number: f64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write_digits(number, f).map(drop)
}

/// Without exponent. Whether it wrote no point.
fn write_digits(number: f64, f: &mut fmt::Formatter<'_>) -> Result<bool, fmt::Error> {
    if number.is_sign_negative() {
        f.write_char('-')?;
    }
    if number == 0.0 {
        f.write_char('0')?;
        return Ok(true);
    }
    let (digits, place) = digits(number.abs());
    let text = core::str::from_utf8(&digits).unwrap_or_default();
    let length = i32::try_from(digits.len()).unwrap_or(0);
    let zeros = |f: &mut fmt::Formatter<'_>, count: i32| (0..count).try_for_each(|_| f.write_char('0'));
    if place <= 0 {
        f.write_str("0.")?;
        zeros(f, -place)?;
        f.write_str(text)?;
    } else if place >= length {
        f.write_str(text)?;
        zeros(f, place - length)?;
        return Ok(true);
    } else {
        let (whole, fraction) = text.split_at_checked(place.unsigned_abs() as usize).unwrap_or((text, ""));
        f.write_str(whole)?;
        f.write_char('.')?;
        f.write_str(fraction)?;
    }
    Ok(false)
}

/// Digits and place of a number above zero: it is 0.DIGITS times ten to the place.
fn digits(number: f64) -> (Vec<u8>, i32) {
    short(number).unwrap_or_else(|| shortest(number))
}

/// Digits and place of a number that has at most 15 digits. No two such numbers are read as the same float, so if one is
/// read as this float, no other one of so few digits is.
fn short(number: f64) -> Option<(Vec<u8>, i32)> {
    let mut power = 1.0;
    for places in 0..=22 {
        let scaled = number * power;
        if scaled >= 1e15 {
            return None;
        }
        let whole = (scaled + 0.5) as u64;
        if whole < 1_000_000_000_000_000 && whole as f64 / power == number {
            let (mut rest, mut digits) = (whole, Vec::with_capacity(16));
            while rest > 0 {
                digits.push(b'0' + (rest % 10) as u8);
                rest /= 10;
            }
            let place = i32::try_from(digits.len()).unwrap_or(0) - places;
            digits.reverse();
            while digits.last() == Some(&b'0') {
                digits.pop();
            }
            return Some((digits, place));
        }
        power *= 10.0;
    }
    None
}

/// Digits and place of any number above zero: digit by digit, until what is left tells it from its neighbours.
///
/// Source: Steele and White, "How to Print Floating-Point Numbers Accurately".
fn shortest(number: f64) -> (Vec<u8>, i32) {
    let Parts { m, e, edge } = Parts::of(number);
    // The number is r / s; half the way to its neighbours is up / s and down / s.
    let extra = u32::from(edge);
    let (mut r, mut s) = (Natural::from(m), Natural::from(1));
    let (mut up, mut down) = (Natural::from(1), Natural::from(1));
    r.shift(1 + extra);
    s.shift(1 + extra);
    up.shift(extra);
    if e > 0 {
        [&mut r, &mut up, &mut down].into_iter().for_each(|natural| natural.shift(e.unsigned_abs()));
    } else {
        s.shift(e.unsigned_abs());
    }
    let inclusive = m & 1 == 0;
    let reaches = |r: &Natural, up: &Natural, s: &Natural| match r.plus(up).cmp(s) {
        Ordering::Equal => inclusive,
        order => order == Ordering::Greater,
    };
    // A place that is not too high: log10(2) is a little above 1233 / 4096.
    let bits = e + 64 - i32::try_from(m.leading_zeros()).unwrap_or(0);
    let mut place = (((bits - 1) * 1233) >> 12) - i32::from(bits < 1);
    if place > 0 {
        s.ten_to(place.unsigned_abs());
    } else {
        [&mut r, &mut up, &mut down].into_iter().for_each(|natural| natural.ten_to(place.unsigned_abs()));
    }
    while reaches(&r, &up, &s) {
        s.multiply_add(10, 0);
        place += 1;
    }
    let mut digits = Vec::with_capacity(17);
    loop {
        [&mut r, &mut up, &mut down].into_iter().for_each(|natural| natural.multiply_add(10, 0));
        let mut digit = b'0';
        while r.cmp(&s) != Ordering::Less {
            r.take(&s);
            digit += 1;
        }
        let low = match r.cmp(&down) {
            Ordering::Equal => inclusive,
            order => order == Ordering::Less,
        };
        let high = reaches(&r, &up, &s);
        if low || high {
            let round_up = high && (!low || r.plus(&r).cmp(&s) != Ordering::Less);
            digits.push(digit + u8::from(round_up));
            return (digits, place);
        }
        digits.push(digit);
    }
}

/// A natural number of any size, 32 bits each, the lowest first.
#[derive(Clone, Default)]
struct Natural(Vec<u32>);

impl Natural {
    fn from(number: u64) -> Self {
        let mut natural = Self([number as u32, (number >> 32) as u32].into());
        natural.trim();
        natural
    }

    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    fn multiply_add(&mut self, factor: u32, add: u32) {
        let mut carry = u64::from(add);
        for limb in &mut self.0 {
            carry += u64::from(*limb) * u64::from(factor);
            *limb = carry as u32;
            carry >>= 32;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }

    /// Times 10^n.
    fn ten_to(&mut self, n: u32) {
        for _ in 0..n / 9 {
            self.multiply_add(1_000_000_000, 0);
        }
        for _ in 0..n % 9 {
            self.multiply_add(10, 0);
        }
    }

    /// Times 2^n.
    fn shift(&mut self, n: u32) {
        self.multiply_add(1 << (n % 32), 0);
        if !self.0.is_empty() {
            let mut shifted = alloc::vec![0; n as usize / 32];
            shifted.append(&mut self.0);
            self.0 = shifted;
        }
    }

    fn plus(&self, other: &Self) -> Self {
        let mut sum = Vec::with_capacity(self.0.len().max(other.0.len()) + 1);
        let mut carry = 0_u64;
        for at in 0..self.0.len().max(other.0.len()) {
            let limb = |natural: &Self| u64::from(natural.0.get(at).copied().unwrap_or(0));
            carry += limb(self) + limb(other);
            sum.push(carry as u32);
            carry >>= 32;
        }
        if carry > 0 {
            sum.push(carry as u32);
        }
        Self(sum)
    }

    /// Takes away what is not more.
    fn take(&mut self, other: &Self) {
        let mut borrow = false;
        for (at, limb) in self.0.iter_mut().enumerate() {
            let (less, first) = limb.overflowing_sub(other.0.get(at).copied().unwrap_or(0));
            let (less, second) = less.overflowing_sub(borrow.into());
            (*limb, borrow) = (less, first || second);
        }
        self.trim();
    }

    fn cmp(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::{String, ToString};

    use super::*;

    struct Exact(f64);

    impl fmt::Display for Exact {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write(self.0, f)
        }
    }

    struct ExactPlain(f64);

    impl fmt::Display for ExactPlain {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write_plain(self.0, f)
        }
    }

    /// Prints as `core` does, and reads what both print as the same float.
    fn check(float: f64) {
        let text = format!("{float:?}");
        assert_eq!(Exact(float).to_string(), text);
        assert_eq!(ExactPlain(float).to_string(), float.to_string());
        check_text(&text);
        // More digits than are needed, and halves between floats.
        check_text(&format!("{float:.25e}"));
        check_text(&format!("{float:.16e}"));
    }

    fn check_text(text: &str) {
        let want = text.parse::<f64>().ok().map(f64::to_bits);
        assert_eq!(parse(text).map(f64::to_bits), want, "{text}");
    }

    #[test]
    fn is_what_core_does() {
        let mut random = 0x9E37_79B9_7F4A_7C15_u64;
        let mut next = || {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random
        };
        for _ in 0..600 {
            let bits = next();
            for float in [
                f64::from_bits(bits),
                f64::from_bits(bits >> 12),
                f64::from_bits(bits & !((1 << 52) - 1)),
                f64::from_bits((bits & ((1 << 52) - 1)) | 0x3FF0 << 48) * 100.0,
                (bits % 100_000_000) as f64 / 1_000.0,
                bits as f64,
                f64::from(bits as u32 as f32 as i32) / 3.0,
            ] {
                if float.is_finite() {
                    check(float);
                }
            }
            check_text(&format!("{}e{}", bits, bits as u8 as i8));
            check_text(&format!("0.{}e{}", bits, bits as i16 % 360));
        }
    }

    #[test]
    fn knows_the_edges() {
        for float in [
            0.0,
            -0.0,
            1.0,
            -1.5,
            0.1,
            0.3,
            1e15,
            1e16,
            1e22,
            1e23,
            1e-4,
            9.999e-5,
            123_456_789_012_345_680.0,
            f64::MAX,
            f64::MIN_POSITIVE,
            f64::from_bits(1),
            f64::from_bits(0x000F_FFFF_FFFF_FFFF),
            f64::EPSILON,
            9_007_199_254_740_993.0,
            5e-324,
        ] {
            check(float);
        }
        // Exactly between two floats: 2^53 + 1, and the same with something behind it.
        let half = "9007199254740993";
        let zeros = "0".repeat(2_000);
        for text in [
            half.into(),
            format!("{half}.{zeros}"),
            format!("{half}.{zeros}1"),
            format!("{half}{zeros}e-2000"),
            format!("0.{zeros}{half}e2016"),
            "1.7976931348623158e308".into(),
            "1.7976931348623159e308".into(),
            "1e309".into(),
            "2.4703282292062327e-324".into(),
            "2.4703282292062328e-324".into(),
            "1e-400".into(),
            "1e99999999999999999999".into(),
            "-1e-99999999999999999999".into(),
            "0e99999999999999999999".into(),
            format!("0.{zeros}"),
        ] as [String; 15]
        {
            check_text(&text);
        }
        for text in ["", "-", "+", ".", "e", "e5", "1e", "1e+", "1.2.3", "--1", "+-1", "1e5.", "1e5e5", "-.e1"] {
            check_text(text);
            assert_eq!(parse(text), None, "{text}");
        }
        for text in ["+1", ".5", "5.", "-.5e-3", "00012", "1E+05", "+0"] {
            check_text(text);
            assert!(parse(text).is_some(), "{text}");
        }
    }
}
