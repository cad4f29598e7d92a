//! A pull reader for CBOR: one item at a time, with byte positions, borrowing from the payload; and a writer.
//!
//! Our own, because almost all of a payload is heads of one byte, and because the position of every mistake is wanted.
//! A length is never believed: it is compared with what is there. In tests minicbor is the other opinion.
//!
//! Source: RFC 8949.

mod value;
mod write;

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::DecodeError;
use super::number::Number;

pub(super) use value::{read_value, write_value};
pub(super) use write::Writer;

/// Where we are in a CBOR item.
pub(super) struct Reader<'p> {
    payload: &'p [u8],
    at: usize,
    lenient: bool,
    depth: usize,
    max_depth: usize,
}

/// How many items of an array, or pairs of a map, are to come; none: until the break.
pub(super) type Left = Option<u64>;

#[allow(clippy::inline_always)] // so that what was read stays in registers
impl<'p> Reader<'p> {
    /// The tag that says "this is CBOR" is passed over if `lenient`.
    pub(super) fn new(payload: &'p [u8], lenient: bool, max_depth: usize) -> Self {
        let at = if lenient && payload.starts_with(&SELF_DESCRIBED) { SELF_DESCRIBED.len() } else { 0 };
        Self { payload, at, lenient, depth: 0, max_depth }
    }

    /// Where the next item begins.
    #[inline]
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// The first byte of the next item.
    #[inline(always)]
    pub(super) fn peek(&self) -> Result<u8, DecodeError> {
        self.payload.get(self.at).copied().ok_or(DecodeError::Truncated { at: self.at, needed: 1 })
    }

    /// The major type of the next item, 0 to 7.
    #[inline(always)]
    pub(super) fn major(&self) -> Result<u8, DecodeError> {
        self.peek().map(|byte| byte >> 5)
    }

    /// Steps over a byte that [`Reader::peek`] has shown.
    #[inline]
    pub(super) const fn step(&mut self) {
        self.at += 1;
    }

    /// Steps into an array.
    pub(super) fn array(&mut self) -> Result<Left, DecodeError> {
        self.open(ARRAY, "an array")
    }

    /// Steps into a map.
    #[inline(always)]
    pub(super) fn map(&mut self) -> Result<Left, DecodeError> {
        self.open(MAP, "a map")
    }

    /// Whether another item or pair comes; if not, steps out.
    #[inline(always)]
    pub(super) fn more(&mut self, left: &mut Left) -> Result<bool, DecodeError> {
        match left {
            Some(0) => {}
            Some(count) => {
                *count -= 1;
                return Ok(true);
            }
            None if self.peek()? != BREAK => return Ok(true),
            None => self.step(),
        }
        self.depth = self.depth.saturating_sub(1);
        Ok(false)
    }

    /// An integer.
    pub(super) fn integer(&mut self) -> Result<i128, DecodeError> {
        let at = self.at;
        let (first, argument) = self.head("an integer")?;
        match first >> 5 {
            UNSIGNED if first != INDEFINITE => Ok(i128::from(argument)),
            NEGATIVE if first & 31 != INDEFINITE => Ok(-1 - i128::from(argument)),
            _ => Err(DecodeError::Syntax { at, expected: "an integer" }),
        }
    }

    /// An integer of 0 or more.
    #[inline(always)]
    pub(super) fn unsigned(&mut self, expected: &'static str) -> Result<u64, DecodeError> {
        let at = self.at;
        match self.head(expected)? {
            (first, number) if first >> 5 == UNSIGNED && first != INDEFINITE => Ok(number),
            _ => Err(DecodeError::Syntax { at, expected }),
        }
    }

    /// An integer, a float of any width or a decimal fraction; if lenient, also with the tag of a time.
    #[inline(always)]
    pub(super) fn number(&mut self) -> Result<Number<'p>, DecodeError> {
        let at = self.at;
        if self.major()? == TAG {
            return self.tagged_number();
        }
        let (first, argument) = self.head(A_NUMBER)?;
        Ok(match (first >> 5, i64::try_from(argument)) {
            (UNSIGNED, Ok(number)) if first != INDEFINITE => Number::Integer(number),
            (UNSIGNED, Err(_)) => Number::Unsigned(argument),
            (NEGATIVE, Ok(number)) if first & 31 != INDEFINITE => Number::Integer(-1 - number),
            (NEGATIVE, Err(_)) => Number::Text(Cow::Owned(alloc::format!("{}", -1 - i128::from(argument)))),
            _ => Number::Float(float(first, argument).ok_or(DecodeError::Syntax { at, expected: A_NUMBER })?),
        })
    }

    #[cold]
    fn tagged_number(&mut self) -> Result<Number<'p>, DecodeError> {
        let at = self.at;
        match self.head(A_NUMBER)?.1 {
            4 => self.fraction(),
            1 if self.lenient && self.major()? != TAG => self.number(),
            1 if self.lenient => Err(DecodeError::Syntax { at: self.at, expected: A_NUMBER }),
            _ => Err(DecodeError::Syntax { at, expected: A_NUMBER }),
        }
    }

    /// An exponent of ten and a mantissa.
    fn fraction(&mut self) -> Result<Number<'p>, DecodeError> {
        let pair = DecodeError::Syntax { at: self.at, expected: "an exponent and a mantissa" };
        let mut left = self.array()?;
        let mut part = |reader: &mut Self| if reader.more(&mut left)? { reader.integer() } else { Err(pair) };
        let (exponent, mantissa) = (part(self)?, part(self)?);
        if self.more(&mut left)? {
            return Err(pair);
        }
        Ok(Number::Text(Cow::Owned(alloc::format!("{mantissa}e{exponent}"))))
    }

    /// The number of a tag.
    pub(super) fn tag(&mut self) -> Result<u64, DecodeError> {
        let at = self.at;
        match self.head(A_VALUE)? {
            (first, tag) if first >> 5 == TAG && first & 31 != INDEFINITE => Ok(tag),
            _ => Err(DecodeError::Syntax { at, expected: A_VALUE }),
        }
    }

    /// A text string, without copying if it comes in one piece.
    #[inline(always)]
    pub(super) fn text(&mut self) -> Result<Cow<'p, str>, DecodeError> {
        if self.peek()? == INDEFINITE_TEXT { self.long_text() } else { self.text_piece().map(Cow::Borrowed) }
    }

    #[cold]
    fn long_text(&mut self) -> Result<Cow<'p, str>, DecodeError> {
        self.step();
        let mut whole = String::new();
        while self.peek()? != BREAK {
            whole.push_str(self.text_piece()?);
        }
        self.step();
        Ok(Cow::Owned(whole))
    }

    /// A text string whose characters are not looked at: a name, mostly digits. In one piece only; none: in several.
    #[inline(always)]
    pub(super) fn name(&mut self) -> Result<Option<&'p [u8]>, DecodeError> {
        if self.peek()? == INDEFINITE_TEXT {
            return Ok(None);
        }
        self.string(TEXT, "a text string").map(Some)
    }

    /// A byte string, without copying if it comes in one piece.
    #[inline(always)]
    pub(super) fn bytes(&mut self) -> Result<Cow<'p, [u8]>, DecodeError> {
        if self.peek()? == INDEFINITE_BYTES {
            self.long_bytes()
        } else {
            self.string(BYTES, "a byte string").map(Cow::Borrowed)
        }
    }

    #[cold]
    fn long_bytes(&mut self) -> Result<Cow<'p, [u8]>, DecodeError> {
        self.step();
        let mut whole = Vec::new();
        while self.peek()? != BREAK {
            whole.extend_from_slice(self.string(BYTES, "a byte string")?);
        }
        self.step();
        Ok(Cow::Owned(whole))
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self) -> Result<bool, DecodeError> {
        let truth = match self.peek()? {
            FALSE => false,
            TRUE => true,
            _ => return Err(DecodeError::Syntax { at: self.at, expected: "true or false" }),
        };
        self.step();
        Ok(truth)
    }

    /// Whether it is a map without anything in it, which is then passed.
    pub(super) fn empty_map(&mut self) -> bool {
        let rest = self.payload.get(self.at..).unwrap_or_default();
        let length = if rest.first() == Some(&(MAP << 5)) {
            1
        } else if rest.starts_with(&[MAP << 5 | INDEFINITE, BREAK]) {
            2
        } else {
            0
        };
        self.at += length;
        length > 0
    }

    /// Whether it is `null`, which is then passed.
    pub(super) fn null(&mut self) -> Result<bool, DecodeError> {
        let null = self.peek()? == NULL;
        self.at += usize::from(null);
        Ok(null)
    }

    /// Passes over one item, whatever it is.
    pub(super) fn skip(&mut self) -> Result<(), DecodeError> {
        let at = self.at;
        match self.major()? {
            UNSIGNED | NEGATIVE => self.integer().map(drop),
            BYTES => self.bytes().map(drop),
            TEXT => self.text().map(drop),
            ARRAY => {
                let mut left = self.array()?;
                while self.more(&mut left)? {
                    self.skip()?;
                }
                Ok(())
            }
            MAP => {
                let mut left = self.map()?;
                while self.more(&mut left)? {
                    self.skip()?;
                    self.skip()?;
                }
                Ok(())
            }
            TAG => {
                self.deeper()?;
                self.tag()?;
                self.skip()?;
                self.depth = self.depth.saturating_sub(1);
                Ok(())
            }
            // Floats, `true`, `false`, `null` and whatever else there may be. Of one byte, 0 to 31 are not well-formed.
            _ => match self.head(A_VALUE)? {
                (BREAK, _) | (0xF8, 0..=31) => Err(DecodeError::Syntax { at, expected: A_VALUE }),
                _ => Ok(()),
            },
        }
    }

    /// Nothing may follow.
    pub(super) fn end(&self) -> Result<(), DecodeError> {
        let at = self.at;
        if at == self.payload.len() { Ok(()) } else { Err(DecodeError::Syntax { at, expected: "the end" }) }
    }

    #[inline(always)]
    fn text_piece(&mut self) -> Result<&'p str, DecodeError> {
        let bytes = self.string(TEXT, "a text string")?;
        core::str::from_utf8(bytes)
            .map_err(|error| DecodeError::Utf8 { at: self.at - bytes.len() + error.valid_up_to() })
    }

    /// The content of a string in one piece.
    #[inline(always)]
    fn string(&mut self, major: u8, expected: &'static str) -> Result<&'p [u8], DecodeError> {
        let at = self.at;
        let (first, length) = self.head(expected)?;
        if first >> 5 != major || first & 31 == INDEFINITE {
            return Err(DecodeError::Syntax { at, expected });
        }
        let rest = self.payload.get(self.at..).unwrap_or_default();
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        match rest.get(..length) {
            Some(content) => {
                self.at += length;
                Ok(content)
            }
            None => Err(DecodeError::Truncated { at: self.payload.len(), needed: length - rest.len() }),
        }
    }

    #[inline(always)]
    fn open(&mut self, major: u8, expected: &'static str) -> Result<Left, DecodeError> {
        let at = self.at;
        self.deeper()?;
        let (first, count) = self.head(expected)?;
        if first >> 5 != major {
            return Err(DecodeError::Syntax { at, expected });
        }
        Ok(if first & 31 == INDEFINITE { None } else { Some(count) })
    }

    #[inline(always)]
    const fn deeper(&mut self) -> Result<(), DecodeError> {
        if self.depth == self.max_depth {
            return Err(DecodeError::TooDeep { limit: self.max_depth, at: self.at });
        }
        self.depth += 1;
        Ok(())
    }

    /// The first byte of an item, and the number that follows it or is in it: a value, a length, a count, a tag.
    #[inline(always)]
    fn head(&mut self, expected: &'static str) -> Result<(u8, u64), DecodeError> {
        let first = self.peek()?;
        if first & 31 < 24 {
            self.at += 1;
            return Ok((first, u64::from(first & 31)));
        }
        self.long_head(first, expected)
    }

    fn long_head(&mut self, first: u8, expected: &'static str) -> Result<(u8, u64), DecodeError> {
        let width = match first & 31 {
            24 => 1,
            25 => 2,
            26 => 4,
            27 => 8,
            // Only strings, arrays and maps can be of indefinite length; whoever reads another refuses it.
            INDEFINITE => 0,
            _ => return Err(DecodeError::Syntax { at: self.at, expected }),
        };
        let rest = self.payload.get(self.at + 1..).unwrap_or_default();
        let Some(digits) = rest.get(..width) else {
            return Err(DecodeError::Truncated { at: self.payload.len(), needed: width - rest.len() });
        };
        self.at += 1 + width;
        Ok((first, digits.iter().fold(0, |number, digit| number << 8 | u64::from(*digit))))
    }
}

/// The float of a head, if it is one.
#[allow(clippy::cast_possible_truncation)] // the head was of that width
fn float(first: u8, argument: u64) -> Option<f64> {
    match first {
        HALF => Some(half(argument as u16)),
        SINGLE => Some(f64::from(f32::from_bits(argument as u32))),
        DOUBLE => Some(f64::from_bits(argument)),
        _ => None,
    }
}

/// A number in binary16.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (bits >> 10 & 31, bits & 0x3FF);
    let magnitude = match (exponent, fraction) {
        (0, _) => f64::from(fraction) * SMALLEST_HALF,
        // Infinity, and all that is not a number.
        (31, _) => f64::from_bits(0x7FF << 52 | u64::from(fraction) << 42),
        _ => f64::from_bits(u64::from(exponent + (1023 - 15)) << 52 | u64::from(fraction) << 42),
    };
    if bits >> 15 == 0 { magnitude } else { -magnitude }
}

const SELF_DESCRIBED: [u8; 3] = [0xD9, 0xD9, 0xF7];
pub(super) const UNSIGNED: u8 = 0;
pub(super) const NEGATIVE: u8 = 1;
pub(super) const BYTES: u8 = 2;
pub(super) const TEXT: u8 = 3;
pub(super) const ARRAY: u8 = 4;
pub(super) const MAP: u8 = 5;
pub(super) const TAG: u8 = 6;
/// What the five lower bits of a first byte say of a length that nobody knows yet.
const INDEFINITE: u8 = 31;
const INDEFINITE_BYTES: u8 = 0x5F;
const INDEFINITE_TEXT: u8 = 0x7F;
const FALSE: u8 = 0xF4;
const TRUE: u8 = 0xF5;
const NULL: u8 = 0xF6;
const HALF: u8 = 0xF9;
const SINGLE: u8 = 0xFA;
const DOUBLE: u8 = 0xFB;
const BREAK: u8 = 0xFF;
/// 2^-24.
const SMALLEST_HALF: f64 = 1.0 / 16_777_216.0;
const A_NUMBER: &str = "a number";
const A_VALUE: &str = "a value";

#[cfg(test)]
mod tests;
