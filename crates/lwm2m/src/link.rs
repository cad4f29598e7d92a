//! Link format: the body of registrations and the answer of Discover.
//!
//! Source: RFC 6690, "Link Format".

mod list;
mod reader;

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};

pub use list::Attributes;
pub(crate) use reader::{RawAttribute, Reader};

use crate::{Limits, Mode, Path};

/// Reads a list of links with the default limits.
///
/// Strict is the grammar of RFC 6690. Lenient also takes blanks and line ends around links, commas and semicolons,
/// empty elements, any characters in a bare value, and repeated attributes.
///
/// # Errors
/// [`LinkError`] with the byte offset.
///
/// ```
/// use lwm2m::{link, Mode};
/// let links = link::parse(br#"</>;rt="oma.lwm2m";ct=110,</3/0>"#, Mode::Lenient)?;
/// assert_eq!(links[0].value("rt"), Some("oma.lwm2m"));
/// assert_eq!(links[1].target, "/3/0");
/// assert_eq!(link::format(&links), r#"</>;rt="oma.lwm2m";ct=110,</3/0>"#);
/// # Ok::<(), link::LinkError>(())
/// ```
pub fn parse(input: &[u8], mode: Mode) -> Result<Vec<Link<'_>>, LinkError> {
    parse_with(input, mode, &Limits::DEFAULT)
}

/// Reads a list of links; [`Limits::payload`], [`Limits::links`] and [`Limits::attributes`] bound it.
///
/// # Errors
/// [`LinkError`] with the byte offset.
pub fn parse_with<'a>(input: &'a [u8], mode: Mode, limits: &Limits) -> Result<Vec<Link<'a>>, LinkError> {
    let mut reader = Reader::new(input, mode, limits)?;
    // A link of a registration takes some twelve bytes.
    let mut links = Vec::with_capacity((input.len() / 12).min(limits.links).min(FIRST_CAPACITY));
    while let Some(target) = reader.link()? {
        // In its place before it is whole, so that it is not moved there.
        links.push(Link { target: Cow::Borrowed(target), attributes: Attributes::new() });
        let Some(Link { attributes, .. }) = links.last_mut() else { break };
        while let Some(raw) = reader.attribute()? {
            // A few at most, so that comparing them all is cheap.
            if mode == Mode::Strict && attributes.iter().any(|attribute| attribute.name == raw.name) {
                return Err(LinkError::Repeated { at: raw.at });
            }
            attributes.push(raw.into_attribute());
        }
    }
    Ok(links)
}

/// Links that room is made for before any is read.
const FIRST_CAPACITY: usize = 128;

/// Writes a list of links.
pub fn format(links: &[Link<'_>]) -> String {
    let mut out = String::with_capacity(links.len() * 16);
    for link in links {
        if !out.is_empty() {
            out.push(',');
        }
        // Writing to a string cannot fail.
        let _ = link.write(&mut out);
    }
    out
}

/// Writes a link to a path below `root` (without a slash at its end), after a comma if it is not the first one.
pub(crate) fn push_target(out: &mut String, root: &str, path: Path) {
    out.push_str(if out.is_empty() { "<" } else { ",<" });
    out.push_str(root);
    if path == Path::ROOT && root.is_empty() {
        out.push('/');
    }
    for id in path.ids() {
        out.push('/');
        push_number(out, id);
    }
    out.push('>');
}

/// Writes a number. Much quicker than `write!`, and long lists are mostly numbers.
pub(crate) fn push_number(out: &mut String, number: u16) {
    let mut divisor = match number {
        0..10 => 1,
        10..100 => 10,
        100..1_000 => 100,
        1_000..10_000 => 1_000,
        _ => 10_000,
    };
    while divisor > 0 {
        // One decimal digit always fits.
        out.push(char::from(b'0' + (number / divisor % 10) as u8));
        divisor /= 10;
    }
}

/// A link: a target with attributes.
///
/// [`Display`](fmt::Display) writes it in link format.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // meant to be built and taken apart
pub struct Link<'a> {
    /// What stands between `<` and `>`, unchanged.
    pub target: Cow<'a, str>,
    /// The attributes in their order.
    pub attributes: Attributes<'a>,
}

impl<'a> Link<'a> {
    /// A link without attributes.
    pub fn new(target: impl Into<Cow<'a, str>>) -> Self {
        Self { target: target.into(), attributes: Attributes::new() }
    }

    /// The first attribute of that name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute<'a>> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// The value of the first attribute of that name; none also if it has no value.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.attribute(name)?.value.as_deref()
    }

    /// The same without borrowing from the input.
    pub fn into_owned(self) -> Link<'static> {
        Link { target: Cow::Owned(self.target.into_owned()), attributes: self.attributes.into_owned() }
    }
}

impl Link<'_> {
    /// Without the machinery of formatting when it goes to a string.
    fn write(&self, out: &mut impl Write) -> fmt::Result {
        out.write_str("<")?;
        out.write_str(&self.target)?;
        out.write_str(">")?;
        self.attributes.iter().try_for_each(|attribute| {
            out.write_str(";")?;
            attribute.write(out)
        })
    }
}

impl fmt::Display for Link<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

/// An attribute of a link: `ver=1.1`, `rt="oma.lwm2m"`, or a name alone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // meant to be built and taken apart
pub struct Attribute<'a> {
    /// The name.
    pub name: Cow<'a, str>,
    /// The value without quotes and escapes.
    pub value: Option<Cow<'a, str>>,
    /// Whether the value stands in quotes.
    pub quoted: bool,
}

impl<'a> Attribute<'a> {
    /// An attribute with a value, quoted if it has to be.
    pub fn new(name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) -> Self {
        let value = value.into();
        Self { name: name.into(), quoted: value.is_empty() || !value.bytes().all(reader::is_token), value: Some(value) }
    }

    /// An attribute with a value in quotes, whether it needs them or not.
    pub fn quoted(name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) -> Self {
        Self { name: name.into(), quoted: true, value: Some(value.into()) }
    }

    /// A name alone.
    pub fn flag(name: impl Into<Cow<'a, str>>) -> Self {
        Self { name: name.into(), quoted: false, value: None }
    }

    /// The same without borrowing from the input.
    pub fn into_owned(self) -> Attribute<'static> {
        Attribute {
            name: Cow::Owned(self.name.into_owned()),
            value: self.value.map(|value| Cow::Owned(value.into_owned())),
            quoted: self.quoted,
        }
    }
}

impl Attribute<'_> {
    fn write(&self, out: &mut impl Write) -> fmt::Result {
        out.write_str(&self.name)?;
        let Some(value) = &self.value else { return Ok(()) };
        if !self.quoted {
            out.write_str("=")?;
            return out.write_str(value);
        }
        out.write_str("=\"")?;
        if value.bytes().any(|byte| matches!(byte, b'"' | b'\\')) {
            for character in value.chars() {
                if matches!(character, '"' | '\\') {
                    out.write_char('\\')?;
                }
                out.write_char(character)?;
            }
        } else {
            out.write_str(value)?;
        }
        out.write_str("\"")
    }
}

impl fmt::Display for Attribute<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

/// Why a text is not a list of links. `at` is a byte offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
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
    /// A quote without its end.
    #[error("the quote at byte {at} does not end")]
    Unterminated {
        /// Where it begins.
        at: usize,
    },
    /// An attribute twice in one link. Only in strict mode.
    #[error("attribute is repeated at byte {at}")]
    Repeated {
        /// Where the second one is.
        at: usize,
    },
    /// More links than allowed.
    #[error("more than {limit} links")]
    TooMany {
        /// How many are allowed.
        limit: usize,
    },
    /// More attributes of one link than allowed.
    #[error("more than {limit} attributes at byte {at}")]
    TooManyAttributes {
        /// How many are allowed.
        limit: usize,
        /// Where.
        at: usize,
    },
    /// More bytes than allowed.
    #[error("link list of more than {limit} bytes")]
    TooLarge {
        /// How many are allowed.
        limit: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_lenient_forms() {
        // What is sent, and what we would write for it.
        for (text, written) in [
            ("", ""),
            (" </3/0> ,\r\n</1/0>\n", "</3/0>,</1/0>"),
            ("</3/0>,,</1>,", "</3/0>,</1>"),
            ("</3/0>;;foo; bar;ver=1.1 ;", "</3/0>;foo;bar;ver=1.1"),
            ("</3/0>;ver=\"1.1\";x=a b", "</3/0>;ver=\"1.1\";x=a b"),
            ("</1>;ver=1.1;ver=1.2", "</1>;ver=1.1;ver=1.2"),
        ] {
            assert_eq!(parse(text.as_bytes(), Mode::Lenient).map(|l| format(&l)).as_deref(), Ok(written), "{text}");
        }
        for text in [
            "</3/0>;foo",
            "</3/0>;foo=bar",
            "</3/0>;foo=\"b\\\"ar,;<>\\\\\"",
            "</3/0>;title=\"é日\"",
            "</3/0>;title*=UTF-8''x",
            "</3/0?x=1>",
            "<coap://[::1]/3>;ct=\"60 110\"",
            "</>;rt=\"\"",
        ] {
            for mode in [Mode::Lenient, Mode::Strict] {
                assert_eq!(parse(text.as_bytes(), mode).map(|l| format(&l)).as_deref(), Ok(text));
            }
        }
    }

    #[test]
    fn refuses() {
        use LinkError::*;
        let expected = |at, expected| Expected { at, expected };
        for (text, lenient, strict) in [
            ("/3/0", Some(expected(0, "<")), Some(expected(0, "<"))),
            ("</3/0", Some(expected(5, ">")), Some(expected(5, ">"))),
            ("</3/0>x", Some(expected(6, ", or ;")), Some(expected(6, ", or ;"))),
            ("</3/0>;=1", Some(expected(7, "an attribute name")), Some(expected(7, "an attribute name"))),
            ("</3/0>;a=\"x", Some(Unterminated { at: 9 }), Some(Unterminated { at: 9 })),
            ("</3/0>;a=\"x\\", Some(Unterminated { at: 9 }), Some(Unterminated { at: 9 })),
            ("</3/0>;a=x\"y", Some(expected(10, ", or ;")), Some(expected(10, ", or ;"))),
            ("</3<>", Some(expected(3, ">")), Some(expected(3, ">"))),
            ("</3/0>,", None, Some(expected(7, "<"))),
            ("</3/0>,,</1>", None, Some(expected(7, "<"))),
            (" </3/0>", None, Some(expected(0, "<"))),
            ("</3/0>;", None, Some(expected(7, "an attribute name"))),
            ("</3/0>;a=", None, Some(expected(9, "a value"))),
            ("</1>;ver=1.1;ver=1.2", None, Some(Repeated { at: 13 })),
        ] {
            assert_eq!(parse(text.as_bytes(), Mode::Lenient).err(), lenient, "{text}");
            assert_eq!(parse(text.as_bytes(), Mode::Strict).err(), strict, "{text}");
        }
        assert_eq!(parse(b"</3\xff>", Mode::Lenient), Err(Utf8 { at: 3 }));
    }

    #[test]
    fn keeps_its_limits() {
        let limits = Limits { payload: 30, links: 2, attributes: 1, ..Limits::DEFAULT };
        let parse = |text: &'static str| parse_with(text.as_bytes(), Mode::Lenient, &limits).map(|links| links.len());
        assert_eq!(parse("</1>,</2>"), Ok(2));
        assert_eq!(parse("</1>,</2>,</3>"), Err(LinkError::TooMany { limit: 2 }));
        assert_eq!(parse("</1>;a;b"), Err(LinkError::TooManyAttributes { limit: 1, at: 7 }));
        assert_eq!(parse("</1111111111111111111111111111>"), Err(LinkError::TooLarge { limit: 30 }));
        let many = "</1>,".repeat(1_024);
        assert_eq!(super::parse(many.as_bytes(), Mode::Lenient).map(|links| links.len()), Ok(1_024));
        assert_eq!(super::parse((many + "</1>").as_bytes(), Mode::Lenient), Err(LinkError::TooMany { limit: 1_024 }));
    }
}
