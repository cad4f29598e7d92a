//! The options of a message: a list of numbers and values in the order of the wire.

use alloc::vec::Vec;

use super::number;

/// Options sorted by number; several of one number keep the order in which they were added.
///
/// A number is given as [`CoapOption`](crate::CoapOption) or as `u16`. Values are raw bytes; the `uint` methods read and
/// write the shortest big-endian form of RFC 7252 §3.2 ("Option Value Formats").
///
/// ```
/// use coap_exchange::{CoapOption, Options};
///
/// let mut options = Options::new();
/// options.add(CoapOption::UriQuery, b"lt=60");
/// options.add(CoapOption::UriPath, b"rd");
/// options.add_uint(CoapOption::ContentFormat, 40);
/// assert_eq!(options.first(CoapOption::UriPath), Some(&b"rd"[..]));
/// assert_eq!(options.first_uint(12u16), Some(40));
/// let numbers: Vec<u16> = options.all().map(|(number, _)| number).collect();
/// assert_eq!(numbers, [11, 12, 15]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Options(Vec<(u16, Vec<u8>)>);

impl Options {
    /// No options.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Room for `count` options without growing.
    pub(crate) fn with_capacity(count: usize) -> Self {
        Self(Vec::with_capacity(count))
    }

    /// Adds an option behind those with the same or a smaller number.
    ///
    /// A value over 65,535 bytes cannot be sent: the message it is in fails to encode.
    pub fn add(&mut self, number: impl Into<u16>, value: &[u8]) {
        let number = number.into();
        let at = match self.0.last() {
            Some((last, _)) if *last > number => self.0.partition_point(|(other, _)| *other <= number),
            _ => self.0.len(),
        };
        self.0.insert(at, (number, value.into()));
    }

    /// Adds an unsigned number in its shortest form: no bytes for zero.
    pub fn add_uint(&mut self, number: impl Into<u16>, value: u32) {
        let bytes = value.to_be_bytes();
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        self.add(number, bytes.get(zeros..).unwrap_or_default());
    }

    /// Replaces every option of that number by one.
    pub fn set(&mut self, number: impl Into<u16>, value: &[u8]) {
        let number = number.into();
        self.remove(number);
        self.add(number, value);
    }

    /// Replaces every option of that number by one unsigned number.
    pub fn set_uint(&mut self, number: impl Into<u16>, value: u32) {
        let number = number.into();
        self.remove(number);
        self.add_uint(number, value);
    }

    /// Removes every option of that number.
    pub fn remove(&mut self, number: impl Into<u16>) {
        let number = number.into();
        self.0.retain(|(other, _)| *other != number);
    }

    /// The first value of that number.
    #[must_use]
    pub fn first(&self, number: impl Into<u16>) -> Option<&[u8]> {
        self.iter(number).next()
    }

    /// The first value of that number as an unsigned number; `None` if absent or longer than 4 bytes.
    #[must_use]
    pub fn first_uint(&self, number: impl Into<u16>) -> Option<u32> {
        let value = self.first(number)?;
        (value.len() <= 4).then(|| value.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
    }

    /// Every value of that number, in order.
    pub fn iter(&self, number: impl Into<u16>) -> impl Iterator<Item = &[u8]> {
        let number = number.into();
        self.0.iter().filter(move |(other, _)| *other == number).map(|(_, value)| value.as_slice())
    }

    /// Every option as (number, value), in the order of the wire.
    pub fn all(&self) -> impl Iterator<Item = (u16, &[u8])> {
        self.0.iter().map(|(number, value)| (*number, value.as_slice()))
    }

    /// Whether there is an option of that number.
    #[must_use]
    pub fn contains(&self, number: impl Into<u16>) -> bool {
        self.first(number).is_some()
    }

    /// How many options there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first option a receiver of a request must not ignore, yet this crate does not know, or has wrong or too often:
    /// its number. RFC 7252 §5.4.1 ("Critical/Elective"), §5.4.3 ("Length"), §5.4.5 ("Repeatable Options").
    #[must_use]
    pub fn unknown_critical(&self) -> Option<u16> {
        let mut previous = None;
        for (number, value) in self.all() {
            if number & 1 == 1 {
                let known = number::critical(number).is_some_and(|rule| {
                    rule.length.contains(&value.len()) && (rule.repeatable || previous != Some(number))
                });
                if !known {
                    return Some(number);
                }
            }
            previous = Some(number);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_keep_their_order() {
        let mut options = Options::new();
        for (number, value) in [(11u16, "b"), (60, "z"), (11, "a"), (1, "x"), (11, "")] {
            options.add(number, value.as_bytes());
        }
        let all: Vec<_> = options.all().collect();
        assert_eq!(all, [(1, &b"x"[..]), (11, b"b"), (11, b"a"), (11, b""), (60, b"z")]);
        options.set(11u16, b"only");
        assert_eq!(options.iter(11u16).collect::<Vec<_>>(), [b"only"]);
        options.remove(11u16);
        assert!(!options.contains(11u16));
        assert_eq!(options.len(), 2);
    }

    #[test]
    fn numbers_are_written_shortest_and_read_with_leading_zeros() {
        // RFC 7252 §3.2, "uint".
        for (value, bytes) in
            [(0, &[][..]), (1, &[1]), (255, &[255]), (256, &[1, 0]), (65_536, &[1, 0, 0]), (u32::MAX, &[255; 4])]
        {
            let mut options = Options::new();
            options.add_uint(6u16, value);
            assert_eq!(options.first(6u16), Some(bytes));
            assert_eq!(options.first_uint(6u16), Some(value));
        }
        let mut options = Options::new();
        options.add(6u16, &[0, 0, 7]);
        options.add(7u16, &[0; 5]);
        assert_eq!(options.first_uint(6u16), Some(7));
        assert_eq!(options.first_uint(7u16), None);
    }

    #[test]
    fn unknown_critical_options_are_found() {
        // Number, values, and the number complained about. RFC 7252 §5.10 table 4; RFC 7959 §2.1; RFC 9177 §4.1.
        let long = [b'x'; 256];
        type Row<'a> = (u16, &'a [&'a [u8]], Option<u16>);
        let rows: &[Row<'_>] = &[
            (11, &[b"rd", b"", b"x"], None),
            (11, &[&long], Some(11)),
            (11, &[long.get(1..).unwrap()], None),
            (3, &[b""], Some(3)),
            (3, &[b"host", b"again"], Some(3)),
            (5, &[b""], None),
            (5, &[b"x"], Some(5)),
            (17, &[&[0x2d, 0x16]], None),
            (17, &[&[0, 0, 40]], Some(17)),
            (27, &[&[1, 2, 3]], None),
            (27, &[&[1, 2, 3, 4]], Some(27)),
            (19, &[b""], Some(19)),
            (9, &[b""], Some(9)),
            (65_001, &[b""], Some(65_001)),
            (65_000, &[b"", b""], None),
        ];
        for (number, values, want) in rows {
            let mut options = Options::new();
            for value in *values {
                options.add(*number, value);
            }
            assert_eq!(options.unknown_critical(), *want, "option {number}");
        }
    }
}
