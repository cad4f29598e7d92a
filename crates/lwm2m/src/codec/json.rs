//! A pull reader for JSON: one token at a time, with byte positions, borrowing from the text.
//!
//! It keeps what a value-building reader would lose: where a token stands, keys that come twice, integers of any
//! length, and the digits of numbers. Source: RFC 8259.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::notes::{Notes, Quiet};
use super::number::Number;
use super::{DecodeError, EncodeError};
use crate::{FieldKind, ObjectLink, Path, Value};

/// Where we are in a JSON text.
pub(super) struct Reader<'p, 'n, N> {
    text: &'p str,
    at: usize,
    depth: usize,
    max_depth: usize,
    pub(super) notes: &'n mut N,
}

/// A place in the text.
#[derive(Clone, Copy)]
pub(super) struct Position {
    at: usize,
    depth: usize,
}

/// What the next value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    String,
    Number,
    Boolean,
    Null,
    Array,
    Object,
}

/// A number as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digits<'p> {
    /// Without fraction and exponent, of at most 18 digits, and not `-0`.
    Integer(i64),
    /// Any other.
    Text(&'p str),
}

impl<'p, 'n, N: Notes> Reader<'p, 'n, N> {
    /// A byte order mark is passed over if `lenient`.
    pub(super) fn new(bytes: &'p [u8], lenient: bool, max_depth: usize, notes: &'n mut N) -> Result<Self, DecodeError> {
        let text = core::str::from_utf8(bytes).map_err(|error| DecodeError::Utf8 { at: error.valid_up_to() })?;
        let at = if lenient && text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        notes.field(FieldKind::ByteOrderMark, at);
        Ok(Self { text, at, depth: 0, max_depth, notes })
    }

    /// Where the next token begins.
    #[inline]
    pub(super) fn at(&mut self) -> usize {
        if self.peek().is_none_or(|byte| byte <= b' ') {
            self.blanks();
        }
        self.at
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
        self.note(FieldKind::Blank);
    }

    /// What was read last is this.
    #[inline]
    pub(super) fn note(&mut self, kind: FieldKind) {
        self.notes.field(kind, self.at);
    }

    /// Where we are, to come back to.
    pub(super) const fn position(&self) -> Position {
        Position { at: self.at, depth: self.depth }
    }

    pub(super) const fn go_back(&mut self, to: Position) {
        self.at = to.at;
        self.depth = to.depth;
    }

    /// Another reader that goes on from there.
    pub(super) const fn ahead<'m>(&self, from: Position, notes: &'m mut Quiet) -> Reader<'p, 'm, Quiet> {
        Reader { text: self.text, at: from.at, depth: from.depth, max_depth: self.max_depth, notes }
    }

    /// What comes next, by its first byte.
    pub(super) fn kind(&mut self) -> Result<Kind, DecodeError> {
        self.at();
        match self.peek() {
            Some(b'"') => Ok(Kind::String),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
            Some(b't' | b'f') => Ok(Kind::Boolean),
            Some(b'n') => Ok(Kind::Null),
            Some(b'[') => Ok(Kind::Array),
            Some(b'{') => Ok(Kind::Object),
            _ => Err(self.expected("a value")),
        }
    }

    /// Steps into an array.
    pub(super) fn array(&mut self) -> Result<(), DecodeError> {
        self.open(b'[', "[", FieldKind::Array)
    }

    /// Steps into an object, which is noted as `kind`.
    pub(super) fn object(&mut self, kind: FieldKind) -> Result<(), DecodeError> {
        self.open(b'{', "{", kind)
    }

    /// Whether another element comes; if not, steps out of the array. `first` says whether none was read yet.
    #[inline]
    pub(super) fn element(&mut self, first: bool) -> Result<bool, DecodeError> {
        self.next(b']', first, ", or ]")
    }

    /// The next key and where it stands; none steps out of the object. `first` says whether none was read yet.
    #[inline]
    pub(super) fn key(&mut self, first: bool) -> Result<Option<(Cow<'p, str>, usize)>, DecodeError> {
        if !self.next(b'}', first, ", or }")? {
            return Ok(None);
        }
        let at = self.at();
        if let Some(key) = self.short_key(at) {
            return Ok(Some((Cow::Borrowed(key), at)));
        }
        let key = self.string()?;
        self.note(FieldKind::Key);
        self.at();
        self.byte(b':', ":")?;
        self.note(FieldKind::Punctuation);
        Ok(Some((key, at)))
    }

    /// A key of one to three small letters with `:` right behind it, as nearly all are.
    #[inline]
    fn short_key(&mut self, at: usize) -> Option<&'p str> {
        let length = match *self.text.as_bytes().get(at..)? {
            [b'"', b'a'..=b'z', b'"', b':', ..] => 1,
            [b'"', b'a'..=b'z', b'a'..=b'z', b'"', b':', ..] => 2,
            [b'"', b'a'..=b'z', b'a'..=b'z', b'a'..=b'z', b'"', b':', ..] => 3,
            _ => return None,
        };
        let key = self.text.get(at + 1..at + 1 + length)?;
        self.at = at + length + 2;
        self.note(FieldKind::Key);
        self.at += 1;
        self.note(FieldKind::Punctuation);
        Some(key)
    }

    /// A string, without copying if it has no escapes.
    #[inline]
    pub(super) fn string(&mut self) -> Result<Cow<'p, str>, DecodeError> {
        self.at();
        self.byte(b'"', "a string")?;
        let first = self.plain();
        if self.peek() == Some(b'"') {
            self.at += 1;
            return Ok(Cow::Borrowed(first));
        }
        self.escaped(first).map(Cow::Owned)
    }

    /// The rest of a string that began with `first`.
    #[cold]
    fn escaped(&mut self, first: &str) -> Result<String, DecodeError> {
        let mut text = String::from(first);
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escape()?),
                _ => return Err(self.expected("the end of a string")),
            }
            text.push_str(self.plain());
        }
    }

    /// A number.
    #[inline]
    pub(super) fn number(&mut self) -> Result<Digits<'p>, DecodeError> {
        let start = self.at();
        let negative = self.skip(b'-');
        let first = self.at;
        let mut number = 0_i64;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            number = number.wrapping_mul(10).wrapping_add(i64::from(digit & 15));
            self.at += 1;
        }
        let count = self.at - first;
        if count == 0 {
            return Err(self.expected("a digit"));
        }
        // Nothing follows a zero in front.
        if count > 1 && self.text.as_bytes().get(first) == Some(&b'0') {
            self.at = first + 1;
        } else if !matches!(self.peek(), Some(b'.' | b'e' | b'E')) {
            if count <= 18 && !(negative && number == 0) {
                return Ok(Digits::Integer(if negative { -number } else { number }));
            }
        } else {
            self.fraction()?;
        }
        Ok(Digits::Text(self.text.get(start..self.at).unwrap_or_default()))
    }

    fn fraction(&mut self) -> Result<(), DecodeError> {
        if self.skip(b'.') {
            self.digits()?;
        }
        if self.skip(b'e') || self.skip(b'E') {
            let _ = self.skip(b'+') || self.skip(b'-');
            self.digits()?;
        }
        Ok(())
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self) -> Result<bool, DecodeError> {
        self.at();
        let truth = self.peek() == Some(b't');
        self.word(if truth { "true" } else { "false" }, "true or false")?;
        Ok(truth)
    }

    /// Whether it is `null`, which is then passed.
    pub(super) fn null(&mut self) -> Result<bool, DecodeError> {
        self.at();
        let null = self.peek() == Some(b'n');
        if null {
            self.word("null", "null")?;
        }
        Ok(null)
    }

    /// Passes over one value, whatever it is.
    pub(super) fn value(&mut self) -> Result<(), DecodeError> {
        self.at();
        // Without notes about what is in it.
        let notes = &mut Quiet::default();
        let mut inside = self.ahead(self.position(), notes);
        let skimmed = inside.skim();
        self.at = inside.at;
        skimmed?;
        self.note(FieldKind::Skipped);
        Ok(())
    }

    /// Nothing but blanks may follow.
    pub(super) fn end(&mut self) -> Result<(), DecodeError> {
        self.at();
        if self.peek().is_none() { Ok(()) } else { Err(DecodeError::Syntax { at: self.at, expected: "the end" }) }
    }

    fn open(&mut self, byte: u8, expected: &'static str, kind: FieldKind) -> Result<(), DecodeError> {
        let at = self.at();
        self.byte(byte, expected)?;
        if self.depth == self.max_depth {
            return Err(DecodeError::TooDeep { limit: self.max_depth, at });
        }
        self.depth += 1;
        self.notes.open(kind);
        self.note(FieldKind::Punctuation);
        Ok(())
    }

    #[inline]
    fn next(&mut self, close: u8, first: bool, expected: &'static str) -> Result<bool, DecodeError> {
        self.at();
        if self.skip(close) {
            self.depth = self.depth.saturating_sub(1);
            self.note(FieldKind::Punctuation);
            self.notes.close();
            return Ok(false);
        }
        if !first {
            self.byte(b',', expected)?;
            self.note(FieldKind::Punctuation);
        }
        Ok(true)
    }

    /// Up to the next quote, escape or control character.
    #[inline]
    fn plain(&mut self) -> &'p str {
        let start = self.at;
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        self.at += plain_length(rest);
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn escape(&mut self) -> Result<char, DecodeError> {
        let start = self.at;
        let bad = DecodeError::Syntax { at: start, expected: "an escape" };
        self.at += 1;
        let letter = self.peek();
        self.at += 1;
        Ok(match letter {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let unit = self.hex().ok_or(bad)?;
                match unit {
                    0xD800..0xDC00 => {
                        if !(self.skip(b'\\') && self.skip(b'u')) {
                            return Err(bad);
                        }
                        let low = self.hex().filter(|low| (0xDC00..0xE000).contains(low)).ok_or(bad)?;
                        char::from_u32(0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00)).ok_or(bad)?
                    }
                    unit => char::from_u32(unit).ok_or(bad)?,
                }
            }
            None => return Err(DecodeError::Truncated { at: self.text.len(), needed: 1 }),
            Some(_) => return Err(bad),
        })
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4).filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()))?;
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }

    fn digits(&mut self) -> Result<(), DecodeError> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start { Err(self.expected("a digit")) } else { Ok(()) }
    }

    fn word(&mut self, word: &str, expected: &'static str) -> Result<(), DecodeError> {
        let found = self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word));
        if !found {
            return Err(self.expected(expected));
        }
        self.at += word.len();
        Ok(())
    }

    #[inline]
    fn byte(&mut self, byte: u8, expected: &'static str) -> Result<(), DecodeError> {
        if self.skip(byte) { Ok(()) } else { Err(self.expected(expected)) }
    }

    #[inline]
    fn skip(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[cold]
    const fn expected(&self, expected: &'static str) -> DecodeError {
        if self.at >= self.text.len() {
            DecodeError::Truncated { at: self.text.len(), needed: 1 }
        } else {
            DecodeError::Syntax { at: self.at, expected }
        }
    }
}

impl<'p, 'n> Reader<'p, 'n, Quiet> {
    /// Passes over one value.
    fn skim(&mut self) -> Result<(), DecodeError> {
        match self.kind()? {
            Kind::String => self.string().map(drop),
            Kind::Number => self.number().map(drop),
            Kind::Boolean => self.boolean().map(drop),
            Kind::Null => self.null().map(drop),
            Kind::Array => {
                self.array()?;
                let mut first = true;
                while self.element(first)? {
                    self.skim()?;
                    first = false;
                }
                Ok(())
            }
            Kind::Object => {
                self.object(FieldKind::Map)?;
                let mut first = true;
                while self.key(first)?.is_some() {
                    self.skim()?;
                    first = false;
                }
                Ok(())
            }
        }
    }
}

/// How many bytes come before the first quote, escape or control character; eight at a time.
#[inline]
fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let mut length = 0;
    while let Some(eight) = bytes.get(length..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*eight);
        // The high bit of each byte that is zero in `x`; above the first such byte there may be false ones.
        let zero = |x: u64| x.wrapping_sub(ONES) & !x & HIGH;
        let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
        let found = zero(word ^ (ONES * 0x22)) | zero(word ^ (ONES * 0x5C)) | control;
        if found != 0 {
            return length + (found.trailing_zeros() / 8) as usize;
        }
        length += 8;
    }
    let rest = bytes.get(length..).unwrap_or_default();
    length + rest.iter().position(|b| matches!(b, b'"' | b'\\' | 0..0x20)).unwrap_or(rest.len())
}

impl<'p> From<Digits<'p>> for Number<'p> {
    fn from(digits: Digits<'p>) -> Self {
        match digits {
            Digits::Integer(number) => Self::Integer(number),
            Digits::Text(text) => Self::Text(Cow::Borrowed(text)),
        }
    }
}

/// Writes a string with its quotes.
pub(super) fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    loop {
        let (plain, tail) = rest.split_at(plain_length(rest));
        out.extend_from_slice(plain);
        let Some((&byte, tail)) = tail.split_first() else { break };
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            control => write(out, format_args!("\\u{control:04x}")),
        }
        rest = tail;
    }
    out.push(b'"');
}

/// Writes a number of any type.
pub(super) fn write_number(value: &Value<'_>, path: Path, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    match *value {
        Value::Integer(number) | Value::Time(number) => {
            if number < 0 {
                out.push(b'-');
            }
            write_digits(number.unsigned_abs(), out);
        }
        Value::Unsigned(number) => write_digits(number, out),
        Value::Float(number) if !number.is_finite() => return Err(EncodeError::NotFinite { path }),
        ref other => write(out, format_args!("{other}")),
    }
    Ok(())
}

/// Writes ids with `/` between them, as a short name.
pub(super) fn write_ids(ids: &[u16], out: &mut Vec<u8>) {
    for (place, id) in ids.iter().enumerate() {
        if place > 0 {
            out.push(b'/');
        }
        write_digits(u64::from(*id), out);
    }
}

/// Writes a path that is not for a new instance.
pub(super) fn write_path(path: Path, out: &mut Vec<u8>) {
    out.push(b'/');
    write_ids(&path.ids(), out);
}

/// Writes an object link without quotes.
pub(super) fn write_object_link(link: ObjectLink, out: &mut Vec<u8>) {
    write_digits(u64::from(link.object), out);
    out.push(b':');
    write_digits(u64::from(link.instance), out);
}

/// Writes decimal digits.
pub(super) fn write_digits(number: u64, out: &mut Vec<u8>) {
    let (mut digits, mut place, mut rest) = ([0_u8; 20], 20, number);
    loop {
        place -= 1;
        if let Some(digit) = digits.get_mut(place) {
            *digit = b'0' + (rest % 10) as u8;
        }
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(place..).unwrap_or_default());
}

/// Writes what is slow to write. Writing to a vector cannot fail.
pub(super) fn write(out: &mut Vec<u8>, arguments: fmt::Arguments<'_>) {
    struct Bytes<'o>(&'o mut Vec<u8>);
    impl fmt::Write for Bytes<'_> {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.extend_from_slice(text.as_bytes());
            Ok(())
        }
    }
    let _ = fmt::Write::write_fmt(&mut Bytes(out), arguments);
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    fn skim(text: &str) -> Result<(), DecodeError> {
        let notes = &mut Quiet::default();
        let mut reader = Reader::new(text.as_bytes(), false, 8, notes)?;
        reader.value()?;
        reader.end()
    }

    /// serde_json reads the same language; ours must take and refuse the same texts.
    #[test]
    fn agrees_with_serde_json() {
        let texts = [
            "0",
            "-0",
            "-",
            "01",
            "1.",
            ".1",
            "1.5e3",
            "1e+5",
            "1e",
            "1E-07",
            "+1",
            "1x",
            "NaN",
            "Infinity",
            "true",
            "tru",
            "false",
            "null",
            "nul",
            "\"\"",
            "\"a",
            "\"\\u00e9\"",
            "\"\\ud83d\\ude00\"",
            "\"\\ud83d\"",
            "\"\\ude00\"",
            "\"\\ud83d\\u0041\"",
            "\"\\x\"",
            "\"\\",
            "\"\t\"",
            "\"\\u12\"",
            "\"\u{7f}\"",
            "[]",
            "[1,]",
            "[,1]",
            "[1 2]",
            "[1,2",
            "{}",
            "{\"a\":1}",
            "{\"a\":1,}",
            "{a:1}",
            "{\"a\" 1}",
            "{\"a\":}",
            "{\"a\"}",
            "",
            " [ 1 , { \"b\" : [ ] } ] ",
            "[] x",
            "[]\0",
            "\u{a0}1",
            "[\"\\/\"]",
            "\"\\u+123\"",
            "/**/1",
            "'a'",
        ];
        for text in texts {
            let theirs = serde_json::from_str::<serde_json::Value>(text).is_ok();
            assert_eq!(skim(text).is_ok(), theirs, "{text:?}");
        }
    }

    #[test]
    fn reads_and_writes_strings() {
        for text in ["", "a", "\"\\/\u{8}\u{c}\n\r\t\0\u{1f}\u{7f}", "é😀\u{2028}", "\\u0041"] {
            let mut written = Vec::new();
            write_string(text, &mut written);
            let written = String::from_utf8(written).unwrap();
            assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
            let theirs = serde_json::to_string(text).unwrap();
            for json in [written, theirs] {
                assert_eq!(
                    Reader::new(json.as_bytes(), false, 8, &mut Quiet::default()).unwrap().string().unwrap(),
                    text
                );
            }
        }
        assert!(matches!(
            Reader::new(b"\"ab\"", false, 8, &mut Quiet::default()).unwrap().string(),
            Ok(Cow::Borrowed("ab"))
        ));
    }

    #[test]
    fn says_where() {
        let syntax = |at, expected| Err(DecodeError::Syntax { at, expected });
        for (text, result) in [
            ("[1 2]", syntax(3, ", or ]")),
            ("{\"a\" 1}", syntax(5, ":")),
            ("[1]]", syntax(3, "the end")),
            ("[tru]", syntax(1, "true or false")),
            ("[\"a\\x\"]", syntax(3, "an escape")),
            ("[1", Err(DecodeError::Truncated { at: 2, needed: 1 })),
            ("[\"a", Err(DecodeError::Truncated { at: 3, needed: 1 })),
            ("", Err(DecodeError::Truncated { at: 0, needed: 1 })),
        ] {
            assert_eq!(skim(text), result, "{text}");
        }
        assert_eq!(Reader::new(b"[\xff]", false, 8, &mut Quiet::default()).err(), Some(DecodeError::Utf8 { at: 1 }));
    }

    #[test]
    fn keeps_its_depth() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(skim(&nested(8)), Ok(()));
        assert_eq!(skim(&nested(9)), Err(DecodeError::TooDeep { limit: 8, at: 8 }));
        assert_eq!(skim(&nested(100_000)), Err(DecodeError::TooDeep { limit: 8, at: 8 }));
        // Depth is how deep, not how many.
        assert_eq!(skim(&("[".to_string() + &["[]"; 100].join(",") + "]")), Ok(()));
    }
}
