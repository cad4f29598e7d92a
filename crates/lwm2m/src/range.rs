//! Ranges as the definitions of resources write them.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::time::scaled;
use crate::{Value, ValueType};

/// The range of a resource, from the text in its definition: numbers, or for text and bytes the length in bytes.
///
/// A hint for people, never a reason to refuse a value: registered ranges are written in many ways, and some are wrong.
///
/// Understood are `0..65535`, `-90.0..90.0`, `1..64 bytes`, `0-50`, `1...15`, `[1:4]`, reversed ones, lists like
/// `16,32,48`, `0..247, 255` or `0 or 26 Bytes`, and one number as a length.
///
/// [`Display`](fmt::Display) writes `0 to 100`, `0 to 247, 255` or `1 to 64 bytes`.
///
/// ```
/// use lwm2m::{Models, Path, Value};
/// let level = Models::oma().resource(Path::resource(3, 0, 9)).unwrap();
/// let range = level.value_range().unwrap();
/// assert_eq!((range.min(), range.max(), range.to_string().as_str()), (0.0, 100.0, "0 to 100"));
/// assert_eq!(range.check(&Value::Integer(100)), None);
/// assert_eq!(range.check(&Value::Integer(101)).as_deref(), Some("101 is outside the registered range of 0 to 100"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// At least one.
    spans: Vec<Span>,
    length: bool,
}

/// What stands in a range text.
#[cfg(feature = "ddf")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Empty,
    Numbers,
    /// Numbers, one range of them from high to low.
    Reversed,
    Other,
}

/// The numbers of a text, if it is of a form that is understood.
struct Numbers {
    spans: Vec<Span>,
    reversed: bool,
    unit: Option<Unit>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Bytes,
    Bits,
}

/// From and to, both included, in units of 10^-9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    min: i128,
    max: i128,
}

impl Range {
    /// Reads the range text of a resource of that type; none if it is of no form that is understood, or if the type
    /// has no order and no length.
    pub fn parse(text: &str, kind: ValueType) -> Option<Self> {
        let length = match kind {
            ValueType::String | ValueType::Opaque | ValueType::CoreLink => true,
            ValueType::Integer | ValueType::Unsigned | ValueType::Float | ValueType::Time => false,
            ValueType::Boolean | ValueType::ObjectLink => return None,
        };
        let read = numbers(text)?;
        match (read.unit, read.spans.as_slice()) {
            (_, []) => None,
            // What a number of bytes means for a number is anyone's guess, and what bits mean for anything.
            (Some(Unit::Bytes), _) if !length => None,
            (Some(Unit::Bits), _) => None,
            // A number alone may be the largest value or the only one.
            (_, [Span { min, max }]) if min == max && !length => None,
            (_, [Span { min, .. }, ..]) if length && *min < 0 => None,
            _ => Some(Self { spans: read.spans, length }),
        }
    }

    /// Of which form the text is, whether a check can be made of it or not.
    #[cfg(feature = "ddf")]
    pub(crate) fn form(text: &str) -> Form {
        match numbers(text) {
            _ if text.trim().is_empty() => Form::Empty,
            Some(Numbers { reversed: true, .. }) => Form::Reversed,
            Some(_) => Form::Numbers,
            None => Form::Other,
        }
    }

    /// The smallest value, or length in bytes. As a float, for sliders and the like.
    pub fn min(&self) -> f64 {
        self.spans.iter().map(|span| span.min).min().map_or(f64::NEG_INFINITY, float)
    }

    /// The largest value, or length in bytes.
    pub fn max(&self) -> f64 {
        self.spans.iter().map(|span| span.max).max().map_or(f64::INFINITY, float)
    }

    /// Whether it is about the length in bytes.
    pub const fn is_length(&self) -> bool {
        self.length
    }

    /// What to say of a value that does not fit; none if it does, or if it is of a type that the range is not about.
    pub fn check(&self, value: &Value<'_>) -> Option<String> {
        let exact = match value {
            Value::Integer(number) | Value::Time(number) if !self.length => i128::from(*number).checked_mul(ONE)?,
            Value::Unsigned(number) if !self.length => i128::from(*number).checked_mul(ONE)?,
            Value::Float(number) if !self.length => {
                let fits = self.spans.iter().any(|span| (float(span.min)..=float(span.max)).contains(number));
                return (!fits).then(|| self.outside(value));
            }
            Value::String(text) | Value::CoreLink(text) if self.length => self.bytes(text.len())?,
            Value::Opaque(bytes) if self.length => self.bytes(bytes.len())?,
            _ => return None,
        };
        let fits = self.spans.iter().any(|span| (span.min..=span.max).contains(&exact));
        (!fits).then(|| match self.length {
            true => {
                [number(exact).as_str(), " bytes are outside the registered length of ", &self.to_string()].concat()
            }
            false => self.outside(value),
        })
    }

    fn bytes(&self, count: usize) -> Option<i128> {
        i128::try_from(count).ok()?.checked_mul(ONE)
    }

    fn outside(&self, value: &Value<'_>) -> String {
        [value.to_batch_text().as_str(), " is outside the registered range of ", &self.to_string()].concat()
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, span) in self.spans.iter().enumerate() {
            if place > 0 {
                f.write_str(", ")?;
            }
            f.write_str(&number(span.min))?;
            if span.max != span.min {
                f.write_str(" to ")?;
                f.write_str(&number(span.max))?;
            }
        }
        if self.length { f.write_str(" bytes") } else { Ok(()) }
    }
}

/// Reads all forms that [`Range`] names, and the same with bits.
fn numbers(text: &str) -> Option<Numbers> {
    let text = text.trim();
    let (text, unit) = match without_unit(text) {
        Some((text, unit)) => (text, Some(unit)),
        None => (text, None),
    };
    let text = match text.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
        Some(inner) => Cow::Owned(inner.replace(':', "..")),
        None if text.contains(" or ") => Cow::Owned(text.replace(" or ", ",")),
        None => Cow::Borrowed(text),
    };
    let mut read = Numbers { spans: Vec::new(), reversed: false, unit };
    for part in text.split([',', ';']) {
        if read.spans.len() >= MAX_SPANS || !spans_of(part.trim(), &mut read) {
            return None;
        }
    }
    Some(read)
}

/// The text before `bytes` or `bits`, if that is the unit.
fn without_unit(text: &str) -> Option<(&str, Unit)> {
    let units = [("bytes", Unit::Bytes), ("byte", Unit::Bytes), ("bits", Unit::Bits), ("bit", Unit::Bits)];
    units.into_iter().find_map(|(word, unit)| {
        let (head, tail) = text.split_at_checked(text.len().checked_sub(word.len())?)?;
        // `8-Bits`
        let head = if unit == Unit::Bits { head.trim_end_matches(['-', ' ']) } else { head.trim_end() };
        tail.eq_ignore_ascii_case(word).then_some((head, unit))
    })
}

/// One range, one number, or numbers with hyphens between: `0..5`, `7`, `0-50`, `16-32-48`. Whether it is one of these.
fn spans_of(part: &str, read: &mut Numbers) -> bool {
    let number = |text: &str| scaled(text.trim(), 9).filter(|scaled| scaled.lost == 0).map(|scaled| scaled.whole);
    let span = |from: i128, to: i128| Span { min: from.min(to), max: from.max(to) };
    let pair = part.split_once("...").or_else(|| part.split_once(".."));
    if let Some((from, to)) = pair {
        let (Some(from), Some(to)) = (number(from), number(to)) else { return false };
        read.reversed |= to < from;
        read.spans.push(span(from, to));
        return true;
    }
    if let Some(value) = number(part) {
        read.spans.push(span(value, value));
        return true;
    }
    // Hyphens could be signs, so only plain numbers may stand between them.
    let plain = |text: &str| if text.bytes().all(|b| b.is_ascii_digit()) { number(text) } else { None };
    let Some(numbers) = part.splitn(MAX_SPANS, '-').map(plain).collect::<Option<Vec<i128>>>() else { return false };
    match *numbers.as_slice() {
        [from, to] => {
            read.reversed |= to < from;
            read.spans.push(span(from, to));
        }
        _ => read.spans.extend(numbers.iter().map(|&value| span(value, value))),
    }
    true
}

fn float(nanos: i128) -> f64 {
    nanos as f64 / ONE as f64
}

fn number(nanos: i128) -> String {
    let (whole, part) = (nanos / ONE, (nanos % ONE).unsigned_abs());
    let mut text = alloc::format!("{}{}", if nanos < 0 { "-" } else { "" }, whole.unsigned_abs());
    if part != 0 {
        text.push_str(alloc::format!(".{part:09}").trim_end_matches('0'));
    }
    text
}

/// One in units of 10^-9.
const ONE: i128 = 1_000_000_000;

/// A list of more is not understood.
const MAX_SPANS: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Models;

    /// The forms in the registered objects, and what they mean.
    #[test]
    fn reads_registered_ranges() {
        use ValueType::*;
        for (text, kind, meaning) in [
            ("0..65535", Integer, "0 to 65535"),
            ("-110..-48", Integer, "-110 to -48"),
            ("0..18446744073709551615", Unsigned, "0 to 18446744073709551615"),
            ("0.000001..1.0", Float, "0.000001 to 1"),
            ("0.00..100.00", Float, "0 to 100"),
            ("0..255 bytes", String, "0 to 255 bytes"),
            ("1..64 Bytes", Opaque, "1 to 64 bytes"),
            ("1..64", String, "1 to 64 bytes"),
            ("0 or 26 Bytes", Opaque, "0, 26 bytes"),
            ("12 bytes ", Opaque, "12 bytes"),
            ("1 bytes", Opaque, "1 bytes"),
            ("0-50", Integer, "0 to 50"),
            ("1-65534", Integer, "1 to 65534"),
            ("16-32-48 bytes", Opaque, "16, 32, 48 bytes"),
            ("1...15", Integer, "1 to 15"),
            ("[1:4]", Integer, "1 to 4"),
            ("-30..-120", Integer, "-120 to -30"),
            ("10,26", Opaque, "10, 26 bytes"),
            ("5, 10, 15, 20", Integer, "5, 10, 15, 20"),
            ("0..247, 255", Unsigned, "0 to 247, 255"),
            ("0; 3.8..20.5", Float, "0, 3.8 to 20.5"),
            ("12", Opaque, "12 bytes"),
            ("0..66635", Integer, "0 to 66635"),
            ("0..86399", Time, "0 to 86399"),
        ] {
            let range = Range::parse(text, kind).map(|range| range.to_string());
            assert_eq!(range.as_deref(), Some(meaning), "{text}");
        }
        for (text, kind) in [
            ("", Integer),
            ("255", Integer),
            ("12 bytes", Integer),
            ("8-Bits", Integer),
            ("8-Bits", Opaque),
            ("16-bit", Unsigned),
            ("8 bit", Integer),
            ("2 Instances", Integer),
            ("<7 to >12.5", Float),
            ("ON;OFF", String),
            ("0: CONFIGURED_ON\n1: FULL_ON", Integer),
            ("-5-5", Integer),
            ("0..", Integer),
            ("..5", Integer),
            ("0..1", Boolean),
            ("-5..5", String),
            ("1,,2", Integer),
            ("é bytes", String),
        ] {
            assert_eq!(Range::parse(text, kind), None, "{text}");
        }
        assert_eq!(Range::parse(&"1,".repeat(100), Integer), None);
        assert!(Range::parse(&"1-".repeat(100), Integer).is_none());
    }

    #[test]
    fn understands_nearly_all_of_the_table() {
        let (mut all, mut read) = (0, 0);
        for resource in Models::oma().all().flat_map(|object| object.resources().collect::<Vec<_>>()) {
            if !resource.range.is_empty() && resource.value_type.is_some() {
                all += 1;
                read += usize::from(resource.value_range().is_some_and(|range| range.min() <= range.max()));
            }
        }
        assert!(read * 100 > all * 85, "{read} of {all}");
    }

    #[test]
    fn checks() {
        use ValueType::*;
        for (text, value, hint) in [
            ("0..100", Value::Integer(0), None),
            ("0..100", Value::Integer(-1), Some("-1 is outside the registered range of 0 to 100")),
            ("0..18446744073709551615", Value::Unsigned(u64::MAX), None),
            ("0..247, 255", Value::Integer(255), None),
            ("0..247, 255", Value::Integer(250), Some("250 is outside the registered range of 0 to 247, 255")),
            ("0.0..0.1", Value::Float(0.1), None),
            ("0.0..0.1", Value::Float(0.11), Some("0.11 is outside the registered range of 0 to 0.1")),
            ("0.0..0.1", Value::Float(f64::NAN), Some("NaN is outside the registered range of 0 to 0.1")),
            ("0..3 bytes", Value::String("abc".into()), None),
            (
                "0..3 bytes",
                Value::String("abé".into()),
                Some("4 bytes are outside the registered length of 0 to 3 bytes"),
            ),
            (
                "16,32",
                Value::Opaque([0; 5].as_slice().into()),
                Some("5 bytes are outside the registered length of 16, 32 bytes"),
            ),
            // Not what the range is about.
            ("0..100", Value::String("hello".into()), None),
        ] {
            let kind = if text.contains("bytes") || text == "16,32" { String } else { Float };
            let range = Range::parse(text, kind).unwrap();
            assert_eq!(range.check(&value).as_deref(), hint, "{text}");
        }
    }
}
