//! A pull reader for JSON: one token at a time, with byte positions, borrowing from the text.
//!
//! It keeps what a value-building reader would lose: where a token stands, keys that come twice, integers of any
//! length, and the digits of numbers. Source: RFC 8259.

use alloc::borrow::Cow;
use alloc::string::String;

use super::DecodeError;

/// Where we are in a JSON text.
pub(super) struct Reader<'p> {
    text: &'p str,
    at: usize,
    depth: usize,
    max_depth: usize,
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

impl<'p> Reader<'p> {
    /// A byte order mark is passed over if `lenient`.
    pub(super) fn new(bytes: &'p [u8], lenient: bool, max_depth: usize) -> Result<Self, DecodeError> {
        let text = core::str::from_utf8(bytes).map_err(|error| DecodeError::Utf8 { at: error.valid_up_to() })?;
        let at = if lenient && text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Ok(Self { text, at, depth: 0, max_depth })
    }

    /// Where the next token begins.
    pub(super) fn at(&mut self) -> usize {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
        self.at
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
        self.open(b'[', "[")
    }

    /// Steps into an object.
    pub(super) fn object(&mut self) -> Result<(), DecodeError> {
        self.open(b'{', "{")
    }

    /// Whether another element comes; if not, steps out of the array. `first` says whether none was read yet.
    pub(super) fn element(&mut self, first: bool) -> Result<bool, DecodeError> {
        self.next(b']', first, ", or ]")
    }

    /// The next key and where it stands; none steps out of the object. `first` says whether none was read yet.
    pub(super) fn key(&mut self, first: bool) -> Result<Option<(Cow<'p, str>, usize)>, DecodeError> {
        if !self.next(b'}', first, ", or }")? {
            return Ok(None);
        }
        let at = self.at();
        let key = self.string()?;
        self.at();
        self.byte(b':', ":")?;
        Ok(Some((key, at)))
    }

    /// A string, without copying if it has no escapes.
    pub(super) fn string(&mut self) -> Result<Cow<'p, str>, DecodeError> {
        self.at();
        self.byte(b'"', "a string")?;
        let first = self.plain();
        if self.peek() == Some(b'"') {
            self.at += 1;
            return Ok(Cow::Borrowed(first));
        }
        let mut text = String::from(first);
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Cow::Owned(text));
                }
                Some(b'\\') => text.push(self.escape()?),
                _ => return Err(self.expected("the end of a string")),
            }
            text.push_str(self.plain());
        }
    }

    /// The characters of a number.
    pub(super) fn number(&mut self) -> Result<&'p str, DecodeError> {
        let start = self.at();
        self.skip(b'-');
        match self.peek() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.skip(b'.') {
            self.digits()?;
        }
        if self.skip(b'e') || self.skip(b'E') {
            let _ = self.skip(b'+') || self.skip(b'-');
            self.digits()?;
        }
        Ok(self.text.get(start..self.at).unwrap_or_default())
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self) -> Result<bool, DecodeError> {
        let truth = {
            self.at();
            self.peek() == Some(b't')
        };
        self.word(if truth { "true" } else { "false" }, "true or false")?;
        Ok(truth)
    }

    /// Passes over one value, whatever it is.
    pub(super) fn value(&mut self) -> Result<(), DecodeError> {
        match self.kind()? {
            Kind::String => self.string().map(drop),
            Kind::Number => self.number().map(drop),
            Kind::Boolean => self.boolean().map(drop),
            Kind::Null => self.word("null", "null"),
            Kind::Array => {
                self.array()?;
                let mut first = true;
                while self.element(first)? {
                    self.value()?;
                    first = false;
                }
                Ok(())
            }
            Kind::Object => {
                self.object()?;
                let mut first = true;
                while self.key(first)?.is_some() {
                    self.value()?;
                    first = false;
                }
                Ok(())
            }
        }
    }

    /// Nothing but blanks may follow.
    pub(super) fn end(&mut self) -> Result<(), DecodeError> {
        self.at();
        if self.peek().is_none() { Ok(()) } else { Err(DecodeError::Syntax { at: self.at, expected: "the end" }) }
    }

    fn open(&mut self, byte: u8, expected: &'static str) -> Result<(), DecodeError> {
        let at = self.at();
        self.byte(byte, expected)?;
        if self.depth == self.max_depth {
            return Err(DecodeError::TooDeep { limit: self.max_depth, at });
        }
        self.depth += 1;
        Ok(())
    }

    fn next(&mut self, close: u8, first: bool, expected: &'static str) -> Result<bool, DecodeError> {
        self.at();
        if self.skip(close) {
            self.depth = self.depth.saturating_sub(1);
            return Ok(false);
        }
        if !first {
            self.byte(b',', expected)?;
        }
        Ok(true)
    }

    /// Up to the next quote, escape or control character.
    fn plain(&mut self) -> &'p str {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = rest.bytes().position(|b| matches!(b, b'"' | b'\\' | 0..0x20)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
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

    fn byte(&mut self, byte: u8, expected: &'static str) -> Result<(), DecodeError> {
        if self.skip(byte) { Ok(()) } else { Err(self.expected(expected)) }
    }

    fn skip(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    const fn expected(&self, expected: &'static str) -> DecodeError {
        if self.at >= self.text.len() {
            DecodeError::Truncated { at: self.text.len(), needed: 1 }
        } else {
            DecodeError::Syntax { at: self.at, expected }
        }
    }
}

/// Writes a string with its quotes.
pub(super) fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    while let Some(length) = rest.bytes().position(|b| matches!(b, b'"' | b'\\' | 0..0x20)) {
        let (plain, tail) = rest.split_at(length);
        out.push_str(plain);
        let mut tail = tail.chars();
        match tail.next() {
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            other => {
                let code = other.map_or(0, u32::from);
                out.push_str("\\u00");
                out.push(if code & 0x10 == 0 { '0' } else { '1' });
                out.extend(char::from_digit(code & 15, 16));
            }
        }
        rest = tail.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    fn skim(text: &str) -> Result<(), DecodeError> {
        let mut reader = Reader::new(text.as_bytes(), false, 8)?;
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
            let mut written = String::new();
            write_string(text, &mut written);
            assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
            let theirs = serde_json::to_string(text).unwrap();
            for json in [written, theirs] {
                assert_eq!(Reader::new(json.as_bytes(), false, 8).unwrap().string().unwrap(), text);
            }
        }
        assert!(matches!(Reader::new(b"\"ab\"", false, 8).unwrap().string(), Ok(Cow::Borrowed("ab"))));
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
        assert_eq!(Reader::new(b"[\xff]", false, 8).err(), Some(DecodeError::Utf8 { at: 1 }));
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
