//! Reads link format, link by link and attribute by attribute, without allocating.

use alloc::borrow::Cow;
use alloc::string::String;

use super::{Attribute, LinkError};
use crate::{Limits, Mode, Path, Version};

/// Where in a list of links one is.
pub(crate) struct Reader<'a> {
    text: &'a str,
    at: usize,
    mode: Mode,
    /// Of the list, and of one link.
    limits: (usize, usize),
    /// Links begun so far.
    links: usize,
    /// Attributes of the current link read so far.
    attributes: usize,
}

impl<'a> Reader<'a> {
    /// At the first link.
    pub(crate) fn new(input: &'a [u8], mode: Mode, limits: &Limits) -> Result<Self, LinkError> {
        if input.len() > limits.payload {
            return Err(LinkError::TooLarge { limit: limits.payload });
        }
        let text = core::str::from_utf8(input).map_err(|error| LinkError::Utf8 { at: error.valid_up_to() })?;
        Ok(Self { text, at: 0, mode, limits: (limits.links, limits.attributes), links: 0, attributes: 0 })
    }

    /// The same, `at` bytes further on. Only for the beginning of a link.
    pub(crate) const fn skip_to(mut self, at: usize) -> Self {
        self.at = at;
        self
    }

    /// The target of the next link, when all attributes of the last one are read. None at the end of the list.
    #[inline]
    pub(crate) fn link(&mut self) -> Result<Option<&'a str>, LinkError> {
        let strict = self.mode == Mode::Strict;
        if self.links > 0 {
            match self.peek() {
                None => return Ok(None),
                Some(b',') => self.at += 1,
                Some(_) => return Err(self.expected(", or ;")),
            }
            if strict && self.peek().is_none() {
                return Err(self.expected("<"));
            }
        }
        self.skip_blanks();
        while !strict && self.take(b',') {
            self.skip_blanks();
        }
        if self.peek().is_none() {
            return Ok(None);
        }
        if self.links == self.limits.0 {
            return Err(LinkError::TooMany { limit: self.limits.0 });
        }
        if !self.take(b'<') {
            return Err(self.expected("<"));
        }
        (self.links, self.attributes) = (self.links + 1, 0);
        let target = self.run(|byte| is_target(byte) && (byte != b' ' || !strict));
        if !self.take(b'>') {
            return Err(self.expected(">"));
        }
        Ok(Some(target))
    }

    /// The next link, if it is as nearly all of a registration are: `</3>`, `</3/0>`, perhaps with `;ver=1.1`, and nothing
    /// else. Its ids and version. None leaves everything to [`Reader::link`].
    pub(crate) fn plain(&mut self) -> Option<(Path, Option<Version>)> {
        let text = self.text.as_bytes();
        let mut rest = text.get(self.at..)?;
        if self.links == self.limits.0 {
            return None;
        }
        if self.links > 0 {
            rest = rest.strip_prefix(b",")?;
        }
        let [b'<', b'/', tail @ ..] = rest else { return None };
        rest = tail;
        let object = number(&mut rest)?;
        let path = match rest {
            [b'/', tail @ ..] => {
                rest = tail;
                Path::object(object).child(number(&mut rest)?)?
            }
            _ => Path::object(object),
        };
        rest = rest.strip_prefix(b">")?;
        let version = match rest {
            [b';', b'v', b'e', b'r', b'=', major @ b'0'..=b'9', b'.', minor @ b'0'..=b'9', tail @ ..] => {
                rest = tail;
                Some(Version::new(major & 15, minor & 15))
            }
            _ => None,
        };
        if !matches!(rest, [] | [b',', ..]) {
            return None;
        }
        (self.at, self.links, self.attributes) = (text.len() - rest.len(), self.links + 1, 0);
        Some((path, version))
    }

    /// The next attribute of the link. None at its end.
    #[inline]
    pub(crate) fn attribute(&mut self) -> Result<Option<RawAttribute<'a>>, LinkError> {
        loop {
            self.skip_blanks();
            if !self.take(b';') {
                return Ok(None);
            }
            self.skip_blanks();
            let at = self.at;
            let name = self.run(is_name);
            if name.is_empty() {
                if self.mode == Mode::Lenient && matches!(self.peek(), None | Some(b';' | b',')) {
                    continue;
                }
                return Err(self.expected("an attribute name"));
            }
            if self.attributes == self.limits.1 {
                return Err(LinkError::TooManyAttributes { limit: self.limits.1, at });
            }
            self.attributes += 1;
            let value = match self.take(b'=') {
                false => RawValue::None,
                true if self.peek() == Some(b'"') => self.quoted()?,
                true => RawValue::Bare(self.bare()?),
            };
            return Ok(Some(RawAttribute { name, value, at }));
        }
    }

    #[inline]
    fn bare(&mut self) -> Result<&'a str, LinkError> {
        let value = match self.mode {
            Mode::Strict => self.run(is_token),
            Mode::Lenient => self.run(|b| !matches!(b, b',' | b';' | b'"' | 0..0x20)).trim_ascii_end(),
        };
        if value.is_empty() && self.mode == Mode::Strict { Err(self.expected("a value")) } else { Ok(value) }
    }

    #[inline]
    fn quoted(&mut self) -> Result<RawValue<'a>, LinkError> {
        let open = self.at;
        self.at += 1;
        let first = self.run(|b| b != b'"' && b != b'\\');
        if self.take(b'"') { Ok(RawValue::Quoted(first)) } else { self.escaped(open) }
    }

    /// The same from the first backslash on, of a value whose quote opens there.
    #[cold]
    fn escaped(&mut self, open: usize) -> Result<RawValue<'a>, LinkError> {
        let start = open + 1;
        while self.take(b'\\') {
            // Whatever character follows stands for itself.
            let escaped = self.text.get(self.at..).and_then(|rest| rest.chars().next());
            let Some(escaped) = escaped else { break };
            self.at += escaped.len_utf8();
            self.run(|b| b != b'"' && b != b'\\');
        }
        let end = self.at;
        if !self.take(b'"') {
            return Err(LinkError::Unterminated { at: open });
        }
        Ok(RawValue::Escaped(self.text.get(start..end).unwrap_or_default()))
    }

    /// The longest run of bytes that pass. The predicates stop at ASCII bytes only, so this is a character boundary.
    #[inline]
    fn run(&mut self, pass: impl Fn(u8) -> bool) -> &'a str {
        let (start, rest) = (self.at, self.text.as_bytes().get(self.at..).unwrap_or_default());
        self.at += rest.iter().position(|&byte| !pass(byte)).unwrap_or(rest.len());
        self.text.get(start..self.at).unwrap_or_default()
    }

    #[inline]
    fn skip_blanks(&mut self) {
        while self.mode == Mode::Lenient && matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    const fn expected(&self, expected: &'static str) -> LinkError {
        LinkError::Expected { at: self.at, expected }
    }
}

/// An attribute as it stands in the text.
pub(crate) struct RawAttribute<'a> {
    pub(crate) name: &'a str,
    value: RawValue<'a>,
    /// Where the name begins.
    pub(crate) at: usize,
}

enum RawValue<'a> {
    None,
    Bare(&'a str),
    /// Without the quotes.
    Quoted(&'a str),
    /// The same, but with backslashes in it.
    Escaped(&'a str),
}

impl<'a> RawAttribute<'a> {
    /// The value without quotes and escapes.
    #[inline]
    pub(crate) fn value(&self) -> Option<Cow<'a, str>> {
        match self.value {
            RawValue::None => None,
            RawValue::Bare(value) | RawValue::Quoted(value) => Some(Cow::Borrowed(value)),
            RawValue::Escaped(value) => Some(Cow::Owned(unescape(value))),
        }
    }

    #[inline]
    pub(crate) fn into_attribute(self) -> Attribute<'a> {
        let quoted = matches!(self.value, RawValue::Quoted(_) | RawValue::Escaped(_));
        Attribute { name: Cow::Borrowed(self.name), value: self.value(), quoted }
    }
}

fn unescape(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => value.extend(characters.next()),
            plain => value.push(plain),
        }
    }
    value
}

/// An id as it should be written, taken off the front.
fn number(rest: &mut &[u8]) -> Option<u16> {
    let (mut number, mut left) = (0_u32, *rest);
    while let [digit @ b'0'..=b'9', tail @ ..] = left {
        // A leading zero, or more than any id has.
        if number == 0 && left.len() < rest.len() || number > 6_553 {
            return None;
        }
        number = number * 10 + u32::from(digit & 15);
        left = tail;
    }
    if left.len() == rest.len() || number >= u32::from(u16::MAX) {
        return None;
    }
    *rest = left;
    u16::try_from(number).ok()
}

/// Anything but what would end the target or cannot be part of a URI reference at all.
const fn is_target(byte: u8) -> bool {
    !matches!(byte, b'<' | b'>' | b'"' | 0..0x20)
}

/// `parmname` of RFC 6690, with the `*` of extended names.
const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#' | b'$' | b'&' | b'+' | b'-' | b'^' | b'_' | b'`' | b'|' | b'~' | b'.' | b'*')
}

/// `ptokenchar` of RFC 6690.
pub(super) const fn is_token(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';' | b'\\')
}
