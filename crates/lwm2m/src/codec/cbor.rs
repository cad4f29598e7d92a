//! A pull reader for CBOR: one item at a time, with byte positions, borrowing from the payload.
//!
//! minicbor reads the items; this keeps positions, depth and the counts of arrays and maps, and never believes a length.
//! Source: RFC 8949.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use minicbor::Decoder;
use minicbor::data::Tag;
use minicbor::decode::Error;

use super::DecodeError;
use super::number::Number;

/// Where we are in a CBOR item.
pub(super) struct Reader<'p> {
    decoder: Decoder<'p>,
    lenient: bool,
    depth: usize,
    max_depth: usize,
}

/// How many items of an array, or pairs of a map, are to come; none: until the break.
pub(super) type Left = Option<u64>;

impl<'p> Reader<'p> {
    /// The tag that says "this is CBOR" is passed over if `lenient`.
    pub(super) fn new(payload: &'p [u8], lenient: bool, max_depth: usize) -> Self {
        let mut decoder = Decoder::new(payload);
        if lenient && payload.starts_with(&SELF_DESCRIBED) {
            decoder.set_position(SELF_DESCRIBED.len());
        }
        Self { decoder, lenient, depth: 0, max_depth }
    }

    /// Where the next item begins.
    pub(super) fn at(&self) -> usize {
        self.decoder.position()
    }

    /// The major type of the next item, 0 to 7.
    pub(super) fn major(&self) -> Result<u8, DecodeError> {
        self.peek().map(|byte| byte >> 5)
    }

    /// Steps into an array.
    pub(super) fn array(&mut self) -> Result<Left, DecodeError> {
        let at = self.open()?;
        self.decoder.array().map_err(|error| self.failed(&error, at, "an array"))
    }

    /// Steps into a map.
    pub(super) fn map(&mut self) -> Result<Left, DecodeError> {
        let at = self.open()?;
        self.decoder.map().map_err(|error| self.failed(&error, at, "a map"))
    }

    /// Whether another item or pair comes; if not, steps out.
    pub(super) fn more(&mut self, left: &mut Left) -> Result<bool, DecodeError> {
        let more = match left {
            Some(0) => false,
            Some(count) => {
                *count -= 1;
                true
            }
            None if self.peek()? == BREAK => {
                self.step();
                false
            }
            None => true,
        };
        if !more {
            self.depth = self.depth.saturating_sub(1);
        }
        Ok(more)
    }

    /// An integer.
    pub(super) fn integer(&mut self) -> Result<i128, DecodeError> {
        let at = self.at();
        self.decoder.int().map(i128::from).map_err(|error| self.failed(&error, at, "an integer"))
    }

    /// An integer, a float of any width or a decimal fraction; if lenient, also with the tag of a time.
    pub(super) fn number(&mut self) -> Result<Number<'p>, DecodeError> {
        let at = self.at();
        let tagged = self.major()? == TAGGED;
        if tagged {
            let tag = self.decoder.tag().map_err(|error| self.failed(&error, at, A_NUMBER))?;
            if tag == Tag::new(4) {
                return self.fraction();
            }
            if !self.lenient || tag != Tag::new(1) {
                return Err(DecodeError::Syntax { at, expected: A_NUMBER });
            }
        }
        match self.major()? {
            0 | 1 => self.integer().map(Number::Integer),
            SIMPLE => {
                let at = self.at();
                self.decoder.f64().map(Number::Float).map_err(|error| self.failed(&error, at, A_NUMBER))
            }
            _ => Err(DecodeError::Syntax { at, expected: A_NUMBER }),
        }
    }

    /// An exponent of ten and a mantissa.
    fn fraction(&mut self) -> Result<Number<'p>, DecodeError> {
        let at = self.at();
        let pair = DecodeError::Syntax { at, expected: "an exponent and a mantissa" };
        let mut left = self.array()?;
        let mut part = |reader: &mut Self| if reader.more(&mut left)? { reader.integer() } else { Err(pair) };
        let (exponent, mantissa) = (part(self)?, part(self)?);
        if self.more(&mut left)? {
            return Err(pair);
        }
        Ok(Number::Text(Cow::Owned(alloc::format!("{mantissa}e{exponent}"))))
    }

    /// A text string, without copying if it comes in one piece.
    pub(super) fn text(&mut self) -> Result<Cow<'p, str>, DecodeError> {
        if self.peek()? != INDEFINITE_TEXT {
            return self.text_piece().map(Cow::Borrowed);
        }
        self.step();
        let mut whole = String::new();
        while self.peek()? != BREAK {
            whole.push_str(self.text_piece()?);
        }
        self.step();
        Ok(Cow::Owned(whole))
    }

    /// A byte string, without copying if it comes in one piece.
    pub(super) fn bytes(&mut self) -> Result<Cow<'p, [u8]>, DecodeError> {
        if self.peek()? != INDEFINITE_BYTES {
            return self.bytes_piece().map(Cow::Borrowed);
        }
        self.step();
        let mut whole = Vec::new();
        while self.peek()? != BREAK {
            whole.extend_from_slice(self.bytes_piece()?);
        }
        self.step();
        Ok(Cow::Owned(whole))
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self) -> Result<bool, DecodeError> {
        let at = self.at();
        self.decoder.bool().map_err(|error| self.failed(&error, at, "true or false"))
    }

    /// Passes over one item, whatever it is.
    pub(super) fn skip(&mut self) -> Result<(), DecodeError> {
        let at = self.at();
        match self.major()? {
            0 | 1 => self.integer().map(drop),
            2 => self.bytes().map(drop),
            3 => self.text().map(drop),
            4 => {
                let mut left = self.array()?;
                while self.more(&mut left)? {
                    self.skip()?;
                }
                Ok(())
            }
            5 => {
                let mut left = self.map()?;
                while self.more(&mut left)? {
                    self.skip()?;
                    self.skip()?;
                }
                Ok(())
            }
            TAGGED => {
                self.open()?;
                self.decoder.tag().map_err(|error| self.failed(&error, at, A_VALUE))?;
                self.skip()?;
                self.depth = self.depth.saturating_sub(1);
                Ok(())
            }
            _ => match self.peek()? {
                // False, true, null, undefined.
                0xF4..=0xF7 => {
                    self.step();
                    Ok(())
                }
                0xF9..=0xFB => self.number().map(drop),
                _ => self.decoder.simple().map(drop).map_err(|error| self.failed(&error, at, A_VALUE)),
            },
        }
    }

    /// Nothing may follow.
    pub(super) fn end(&self) -> Result<(), DecodeError> {
        let at = self.at();
        if at == self.decoder.input().len() { Ok(()) } else { Err(DecodeError::Syntax { at, expected: "the end" }) }
    }

    fn text_piece(&mut self) -> Result<&'p str, DecodeError> {
        let at = self.at();
        match self.decoder.str() {
            Ok(text) => Ok(text),
            // The reader stands behind the piece if only its characters were wrong.
            Err(error) if !error.is_end_of_input() && self.major_at(at) == 3 => {
                let end = self.at();
                let piece = self.decoder.input().get(at..end).unwrap_or_default();
                let head = head_length(piece);
                let characters = piece.get(head..).unwrap_or_default();
                match core::str::from_utf8(characters) {
                    Err(error) => Err(DecodeError::Utf8 { at: at + head + error.valid_up_to() }),
                    Ok(_) => Err(self.failed(&error, at, "a text string")),
                }
            }
            Err(error) => Err(self.failed(&error, at, "a text string")),
        }
    }

    fn bytes_piece(&mut self) -> Result<&'p [u8], DecodeError> {
        let at = self.at();
        self.decoder.bytes().map_err(|error| self.failed(&error, at, "a byte string"))
    }

    fn open(&mut self) -> Result<usize, DecodeError> {
        let at = self.at();
        if self.depth == self.max_depth {
            return Err(DecodeError::TooDeep { limit: self.max_depth, at });
        }
        self.depth += 1;
        Ok(at)
    }

    fn peek(&self) -> Result<u8, DecodeError> {
        let at = self.at();
        self.decoder.input().get(at).copied().ok_or(DecodeError::Truncated { at, needed: 1 })
    }

    fn major_at(&self, at: usize) -> u8 {
        self.decoder.input().get(at).map_or(SIMPLE, |byte| byte >> 5)
    }

    fn step(&mut self) {
        self.decoder.set_position(self.at() + 1);
    }

    /// What minicbor says, with our positions: `at` is where the item begins.
    fn failed(&self, error: &Error, at: usize, expected: &'static str) -> DecodeError {
        if error.is_end_of_input() {
            DecodeError::Truncated { at: self.decoder.input().len(), needed: 1 }
        } else {
            DecodeError::Syntax { at, expected }
        }
    }
}

/// How many bytes of an item come before its content.
fn head_length(item: &[u8]) -> usize {
    match item.first().map_or(0, |byte| byte & 31) {
        24 => 2,
        25 => 3,
        26 => 5,
        27 => 9,
        _ => 1,
    }
}

const SELF_DESCRIBED: [u8; 3] = [0xD9, 0xD9, 0xF7];
const INDEFINITE_BYTES: u8 = 0x5F;
const INDEFINITE_TEXT: u8 = 0x7F;
const BREAK: u8 = 0xFF;
/// The major type of tags.
const TAGGED: u8 = 6;
/// The major type of floats, `true`, `false` and the like.
const SIMPLE: u8 = 7;
const A_NUMBER: &str = "a number";
const A_VALUE: &str = "a value";
