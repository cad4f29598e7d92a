//! The arguments of Execute: `0,2='10.3'`.
//!
//! A list with commas; each argument is one digit, alone or with a value in single quotes. Emitted strictly, read
//! leniently.
//!
//! Source: OMA LwM2M Core 1.2, "Execute" (the grammar of the arguments).

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::{Limits, Mode};

/// Reads the payload of an Execute. An empty payload has no arguments.
///
/// Strict is the grammar, with each digit at most once. Lenient also takes blanks and line ends around arguments and
/// their parts (an example of the specification has them), empty places in the list, a digit that comes again, and any
/// characters but `'` between the quotes. The default [`Limits::arguments`] and [`Limits::payload`] bound it.
///
/// # Errors
/// [`ArgumentError`] with the byte offset.
///
/// ```
/// use lwm2m::{arguments, Mode};
/// let list = arguments::parse(b"5, 2='10.3'", Mode::Lenient)?;
/// assert_eq!((list[0].digit, list[0].value.as_deref()), (5, None));
/// assert_eq!((list[1].digit, list[1].value.as_deref()), (2, Some("10.3")));
/// assert_eq!(arguments::format(&list)?, "5,2='10.3'");
/// # Ok::<(), arguments::ArgumentError>(())
/// ```
pub fn parse(payload: &[u8], mode: Mode) -> Result<Vec<Argument<'_>>, ArgumentError> {
    parse_with(payload, mode, &Limits::DEFAULT)
}

/// The same with other limits.
///
/// # Errors
/// [`ArgumentError`] with the byte offset.
pub fn parse_with<'p>(payload: &'p [u8], mode: Mode, limits: &Limits) -> Result<Vec<Argument<'p>>, ArgumentError> {
    if payload.len() > limits.payload {
        return Err(ArgumentError::TooLarge { limit: limits.payload });
    }
    let text = core::str::from_utf8(payload).map_err(|error| ArgumentError::Utf8 { at: error.valid_up_to() })?;
    let mut parser = Parser { text, at: 0, mode };
    let mut list: Vec<Argument<'_>> = Vec::new();
    parser.skip_blanks();
    if parser.peek().is_none() {
        return Ok(list);
    }
    loop {
        parser.skip_blanks();
        if mode == Mode::Strict || !matches!(parser.peek(), None | Some(b',')) {
            let at = parser.at;
            if list.len() == limits.arguments {
                return Err(ArgumentError::TooMany { limit: limits.arguments });
            }
            let argument = parser.argument()?;
            if mode == Mode::Strict && list.iter().any(|earlier| earlier.digit == argument.digit) {
                return Err(ArgumentError::Repeated { at });
            }
            list.push(argument);
            parser.skip_blanks();
        }
        match parser.peek() {
            None => return Ok(list),
            Some(b',') => parser.at += 1,
            Some(_) => return Err(parser.expected(", or the end")),
        }
    }
}

/// Writes arguments as the payload of an Execute (content format text).
///
/// # Errors
/// [`ArgumentError`] if a digit is above 9 or comes twice, or a value has a character that the grammar does not allow.
/// `at` is then the offset in what was to be written.
pub fn format(list: &[Argument<'_>]) -> Result<String, ArgumentError> {
    let mut out = String::new();
    for (number, argument) in list.iter().enumerate() {
        if number > 0 {
            out.push(',');
        }
        let at = out.len();
        if argument.digit > 9 {
            return Err(ArgumentError::Expected { at, expected: "a digit" });
        }
        if list.iter().take(number).any(|earlier| earlier.digit == argument.digit) {
            return Err(ArgumentError::Repeated { at });
        }
        if let Some(bad) = argument.value.as_deref().and_then(not_allowed) {
            return Err(ArgumentError::Character { at: at + "0='".len() + bad });
        }
        out.push_str(&argument.to_string());
    }
    Ok(out)
}

/// One argument.
///
/// [`Display`](fmt::Display) writes it without a look at the grammar; [`format`](fn@format) writes a list with it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // meant to be built and taken apart
pub struct Argument<'a> {
    /// Which argument, 0 to 9.
    pub digit: u8,
    /// What stands between the quotes, if there are any.
    pub value: Option<Cow<'a, str>>,
}

impl<'a> Argument<'a> {
    /// A digit alone.
    pub const fn new(digit: u8) -> Self {
        Self { digit, value: None }
    }

    /// A digit with a value.
    pub fn with_value(digit: u8, value: impl Into<Cow<'a, str>>) -> Self {
        Self { digit, value: Some(value.into()) }
    }

    /// The same without borrowing from the payload.
    pub fn into_owned(self) -> Argument<'static> {
        Argument { digit: self.digit, value: self.value.map(|value| Cow::Owned(value.into_owned())) }
    }
}

impl fmt::Display for Argument<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            None => write!(f, "{}", self.digit),
            Some(value) => write!(f, "{}='{value}'", self.digit),
        }
    }
}

/// Why a text is not a list of arguments. `at` is a byte offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArgumentError {
    /// Not UTF-8.
    #[error("invalid UTF-8 at byte {at}")]
    Utf8 {
        /// The first bad byte.
        at: usize,
    },
    /// Something else should stand here.
    #[error("expected {expected} at byte {at}")]
    Expected {
        /// Where.
        at: usize,
        /// What should be there.
        expected: &'static str,
    },
    /// A character that cannot stand between the quotes: a blank, `"`, `'`, `\`, or one that is not printable ASCII.
    #[error("the character at byte {at} is not allowed in an argument")]
    Character {
        /// Where.
        at: usize,
    },
    /// The same digit twice.
    #[error("argument at byte {at} is given twice")]
    Repeated {
        /// Where the second one is.
        at: usize,
    },
    /// More arguments than are read.
    #[error("more than {limit} arguments")]
    TooMany {
        /// How many are.
        limit: usize,
    },
    /// More bytes than are read.
    #[error("arguments of more than {limit} bytes")]
    TooLarge {
        /// How many are.
        limit: usize,
    },
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    mode: Mode,
}

impl<'a> Parser<'a> {
    fn argument(&mut self) -> Result<Argument<'a>, ArgumentError> {
        let digit = match self.peek() {
            Some(byte @ b'0'..=b'9') => byte - b'0',
            _ => return Err(self.expected("a digit")),
        };
        self.at += 1;
        self.skip_blanks();
        if self.peek() != Some(b'=') {
            return Ok(Argument::new(digit));
        }
        self.at += 1;
        self.skip_blanks();
        if self.peek() != Some(b'\'') {
            return Err(self.expected("'"));
        }
        self.at += 1;
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or_default();
        let Some(length) = rest.bytes().position(|b| b == b'\'') else {
            self.at = self.text.len();
            return Err(self.expected("' at the end of a value"));
        };
        let value = rest.get(..length).unwrap_or_default();
        if self.mode == Mode::Strict
            && let Some(bad) = not_allowed(value)
        {
            return Err(ArgumentError::Character { at: start + bad });
        }
        self.at = start + length + 1;
        Ok(Argument::with_value(digit, value))
    }

    fn skip_blanks(&mut self) {
        while self.mode == Mode::Lenient && matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    const fn expected(&self, expected: &'static str) -> ArgumentError {
        ArgumentError::Expected { at: self.at, expected }
    }
}

/// Where the first character is that cannot stand between the quotes. Allowed are `!`, `#` to `&`, `(` to `[`, `]` to `~`.
fn not_allowed(value: &str) -> Option<usize> {
    value.bytes().position(|b| !b.is_ascii_graphic() || matches!(b, b'"' | b'\'' | b'\\'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, mode: Mode) -> Result<String, ArgumentError> {
        let list = parse(text.as_bytes(), mode)?;
        Ok(list.iter().map(ToString::to_string).collect::<Vec<_>>().join("|"))
    }

    #[test]
    fn both_ways() {
        // OMA LwM2M Core, "Execute": the examples, and the corners of the grammar.
        for (text, parts) in [
            ("", ""),
            ("5", "5"),
            ("2='10.3'", "2='10.3'"),
            ("7,0='x'", "7|0='x'"),
            ("0,1,2,3,4,5,6,7,8,9", "0|1|2|3|4|5|6|7|8|9"),
            ("0=''", "0=''"),
            ("0='U'", "0='U'"),
            ("0='!#$%&()*+,-./:;<=>?@[]^_`{|}~'", "0='!#$%&()*+,-./:;<=>?@[]^_`{|}~'"),
        ] {
            for mode in [Mode::Lenient, Mode::Strict] {
                assert_eq!(read(text, mode).as_deref(), Ok(parts), "{text}");
            }
            assert_eq!(format(&parse(text.as_bytes(), Mode::Strict).unwrap()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn is_lenient() {
        for (text, parts) in [
            (" 5 , 2 = '10.3' ", "5|2='10.3'"),
            ("5,\r\n2", "5|2"),
            ("5,,2,", "5|2"),
            (",", ""),
            (" ", ""),
            ("1,1='x'", "1|1='x'"),
            ("0='a b'", "0='a b'"),
            ("0='\"\\é'", "0='\"\\é'"),
        ] {
            assert_eq!(read(text, Mode::Lenient).as_deref(), Ok(parts), "{text}");
            assert!(read(text, Mode::Strict).is_err(), "{text}");
        }
    }

    #[test]
    fn refuses() {
        use ArgumentError::*;
        let expected = |at, expected| Expected { at, expected };
        for (text, lenient, strict) in [
            ("a", Some(expected(0, "a digit")), Some(expected(0, "a digit"))),
            ("12", Some(expected(1, ", or the end")), Some(expected(1, ", or the end"))),
            ("1=", Some(expected(2, "'")), Some(expected(2, "'"))),
            ("1=x", Some(expected(2, "'")), Some(expected(2, "'"))),
            ("1='x", Some(expected(4, "' at the end of a value")), Some(expected(4, "' at the end of a value"))),
            ("1='x'y", Some(expected(5, ", or the end")), Some(expected(5, ", or the end"))),
            ("1='a'b'", Some(expected(5, ", or the end")), Some(expected(5, ", or the end"))),
            ("1;2", Some(expected(1, ", or the end")), Some(expected(1, ", or the end"))),
            ("-1", Some(expected(0, "a digit")), Some(expected(0, "a digit"))),
            ("\u{661}", Some(expected(0, "a digit")), Some(expected(0, "a digit"))),
            ("1,", None, Some(expected(2, "a digit"))),
            ("1, 2", None, Some(expected(2, "a digit"))),
            ("1,0='a b'", None, Some(Character { at: 6 })),
            ("1,1", None, Some(Repeated { at: 2 })),
        ] {
            assert_eq!(parse(text.as_bytes(), Mode::Lenient).err(), lenient, "{text}");
            assert_eq!(parse(text.as_bytes(), Mode::Strict).err(), strict, "{text}");
        }
        assert_eq!(parse(b"1,\xff", Mode::Lenient), Err(Utf8 { at: 2 }));
        assert_eq!(parse("1,".repeat(64).as_bytes(), Mode::Lenient).map(|list| list.len()), Ok(64));
        assert_eq!(parse("1,".repeat(65).as_bytes(), Mode::Lenient), Err(TooMany { limit: 64 }));
        let limits = Limits { arguments: 1, payload: 3, ..Limits::DEFAULT };
        assert_eq!(parse_with(b"1,2", Mode::Lenient, &limits), Err(TooMany { limit: 1 }));
        assert_eq!(parse_with(b"1,2,", Mode::Lenient, &limits), Err(TooLarge { limit: 3 }));
    }

    #[test]
    fn writes_only_the_grammar() {
        use ArgumentError::*;
        for (list, error) in [
            ([Argument::new(1), Argument::with_value(1, "x")], Repeated { at: 2 }),
            ([Argument::new(0), Argument::new(10)], Expected { at: 2, expected: "a digit" }),
            ([Argument::new(1), Argument::with_value(0, "a b")], Character { at: 6 }),
            ([Argument::new(1), Argument::with_value(0, "é")], Character { at: 5 }),
            // What would read back as two arguments.
            ([Argument::new(1), Argument::with_value(0, "a',2='b")], Character { at: 6 }),
        ] {
            assert_eq!(format(&list), Err(error));
        }
    }
}
