//! From XML to elements that have a meaning here, by name and never by place: real files differ in their order.

use alloc::borrow::{Cow, ToOwned};
use alloc::string::String;
use alloc::vec::Vec;

use quick_xml::errors::{IllFormedError, SyntaxError};
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::error::{ErrorKind, Malformed};
use crate::limits::DdfLimits;

/// The elements of an object definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    Lwm2m,
    Object,
    Resources,
    Item,
    Field(Field),
    Other,
}

/// The elements that hold text, of an object or of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Name,
    Description1,
    ObjectId,
    ObjectUrn,
    Lwm2mVersion,
    ObjectVersion,
    MultipleInstances,
    Mandatory,
    Description2,
    Operations,
    Type,
    RangeEnumeration,
    Units,
    Description,
}

impl Field {
    pub(super) const COUNT: usize = 14;
    pub(super) const OF_OBJECT: [(Self, &'static str); 9] = [
        (Self::Name, "Name"),
        (Self::Description1, "Description1"),
        (Self::ObjectId, "ObjectID"),
        (Self::ObjectUrn, "ObjectURN"),
        (Self::Lwm2mVersion, "LWM2MVersion"),
        (Self::ObjectVersion, "ObjectVersion"),
        (Self::MultipleInstances, "MultipleInstances"),
        (Self::Mandatory, "Mandatory"),
        (Self::Description2, "Description2"),
    ];
    pub(super) const OF_ITEM: [(Self, &'static str); 8] = [
        (Self::Name, "Name"),
        (Self::Operations, "Operations"),
        (Self::MultipleInstances, "MultipleInstances"),
        (Self::Mandatory, "Mandatory"),
        (Self::Type, "Type"),
        (Self::RangeEnumeration, "RangeEnumeration"),
        (Self::Units, "Units"),
        (Self::Description, "Description"),
    ];
}

impl Element {
    fn named(name: &[u8]) -> Self {
        Self::Field(match name {
            b"Name" => Field::Name,
            b"Description" => Field::Description,
            b"Operations" => Field::Operations,
            b"MultipleInstances" => Field::MultipleInstances,
            b"Mandatory" => Field::Mandatory,
            b"Type" => Field::Type,
            b"RangeEnumeration" => Field::RangeEnumeration,
            b"Units" => Field::Units,
            b"Item" => return Self::Item,
            b"Description1" => Field::Description1,
            b"Description2" => Field::Description2,
            b"ObjectID" => Field::ObjectId,
            b"ObjectURN" => Field::ObjectUrn,
            b"LWM2MVersion" => Field::Lwm2mVersion,
            b"ObjectVersion" => Field::ObjectVersion,
            b"Resources" => return Self::Resources,
            b"Object" => return Self::Object,
            b"LWM2M" => return Self::Lwm2m,
            _ => return Self::Other,
        })
    }
}

/// What hears of the elements, in the order of the file. Places are bytes of the text.
pub(super) trait Handler<'a> {
    /// A comment.
    fn comment(&mut self, text: &'a str);
    /// An element begins. For an item with its id; `common` if an object is a list of reusable resources.
    fn open(&mut self, element: Element, parent: Element, name: &'a str, at: usize, id: Option<u16>, common: bool);
    /// The text of a field is complete.
    fn field(&mut self, field: Field, parent: Element, text: Cow<'a, str>, at: usize);
    /// Another element is complete.
    fn close(&mut self, element: Element) -> Result<(), Refused>;
}

/// An error and its place in the text.
pub(super) type Refused = (ErrorKind, usize);

/// Walks through the text.
pub(super) fn scan<'a>(text: &'a str, limits: &DdfLimits, handler: &mut impl Handler<'a>) -> Result<(), Refused> {
    let malformed = |what, at| Err((ErrorKind::Malformed(what), at));
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_comments = true;
    let mut open: Vec<(Element, usize)> = Vec::with_capacity(limits.nesting.min(64));
    let mut content = Content { text: Cow::Borrowed(""), at: None };
    let (mut items, mut root_seen) = (0, false);
    loop {
        let at = reader.buffer_position() as usize;
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => return Err((ErrorKind::Malformed(reason(&error)), reader.error_position() as usize)),
        };
        let end = reader.buffer_position() as usize;
        match event {
            Event::Start(_) | Event::Empty(_) => {
                let (tag, empty) = match &event {
                    Event::Empty(tag) => (tag, true),
                    Event::Start(tag) => (tag, false),
                    _ => continue,
                };
                if open.len() >= limits.nesting {
                    return Err((ErrorKind::TooDeep { limit: limits.nesting }, at));
                }
                let name_length = tag.name().as_ref().len();
                let name = text.get(at + 1..at + 1 + name_length).unwrap_or_default();
                let element = Element::named(name.as_bytes());
                let parent = match open.last() {
                    Some(&(parent, _)) => parent,
                    None if root_seen => return malformed(Malformed::SecondRoot, at),
                    None if element != Element::Lwm2m && element != Element::Object => {
                        well_named(name, at)?;
                        return Err((ErrorKind::NotDefinition(name.to_owned()), at));
                    }
                    None => Element::Other,
                };
                root_seen = true;
                let (mut id, mut common) = (None, false);
                if element == Element::Other {
                    well_named(name, at)?;
                }
                if tag.len() > name_length || element == Element::Item {
                    (id, common) = attributes(tag, element, at)?;
                }
                if element == Element::Item {
                    items += 1;
                    if items > limits.items {
                        return Err((ErrorKind::TooManyItems { limit: limits.items }, at));
                    }
                }
                handler.open(element, parent, name, at, id, common);
                match (empty, element) {
                    (false, _) => open.push((element, at)),
                    (true, Element::Field(field)) => handler.field(field, parent, Cow::Borrowed(""), at),
                    (true, _) => handler.close(element)?,
                }
                content = Content { text: Cow::Borrowed(""), at: None };
            }
            Event::End(_) => {
                let Some((element, start)) = open.pop() else { return malformed(Malformed::EndTag, at) };
                match element {
                    Element::Field(field) => {
                        let parent = open.last().map_or(Element::Other, |&(parent, _)| parent);
                        handler.field(field, parent, core::mem::take(&mut content.text), content.at.unwrap_or(start));
                    }
                    _ => handler.close(element)?,
                }
                content.at = None;
            }
            Event::Text(_) => content.add(text, at, end, open.is_empty())?,
            Event::CData(_) => content.add(text, at + 9, end - 3, open.is_empty())?,
            Event::GeneralRef(reference) => {
                let name = text.get(at + 1..end - 1).unwrap_or_default();
                let character = match name {
                    "amp" => '&',
                    "lt" => '<',
                    "gt" => '>',
                    "quot" => '"',
                    "apos" => '\'',
                    _ if name.starts_with('#') => match reference.resolve_char_ref() {
                        Ok(Some(character)) if is_allowed(character) => character,
                        _ => return malformed(Malformed::Character, at),
                    },
                    _ => return Err((ErrorKind::UnknownEntity(name.to_owned()), at)),
                };
                if open.is_empty() {
                    return malformed(Malformed::TextOutside, at);
                }
                content.at.get_or_insert(at);
                content.text.to_mut().push(character);
            }
            Event::Comment(_) => handler.comment(text.get(at..end).unwrap_or_default()),
            Event::Decl(declaration) => {
                if at != 0 || declaration.version().is_err() {
                    return malformed(Malformed::Declaration, at);
                }
            }
            Event::PI(_) => {}
            Event::DocType(_) => return Err((ErrorKind::DocType, at)),
            Event::Eof => {
                return match open.last() {
                    Some(&(_, start)) => malformed(Malformed::Unclosed, start),
                    None if !root_seen => malformed(Malformed::Empty, 0),
                    None => Ok(()),
                };
            }
        }
    }
}

/// The text of the element that is open, of all its parts.
struct Content<'a> {
    text: Cow<'a, str>,
    at: Option<usize>,
}

impl<'a> Content<'a> {
    fn add(&mut self, text: &'a str, from: usize, to: usize, outside: bool) -> Result<(), Refused> {
        let part = text.get(from..to).unwrap_or_default();
        if outside && !part.trim().is_empty() {
            let at = from + part.len() - part.trim_start().len();
            return Err((ErrorKind::Malformed(Malformed::TextOutside), at));
        }
        if self.text.is_empty() {
            // White space before CDATA is no part of a text that anybody meant.
            if !part.trim_ascii_start().is_empty() {
                (self.text, self.at) = (Cow::Borrowed(part), Some(from));
            }
        } else {
            self.text.to_mut().push_str(part);
        }
        Ok(())
    }
}

/// The id of an item, and whether an object is a list of reusable resources. All attributes are looked at.
fn attributes(tag: &BytesStart<'_>, element: Element, at: usize) -> Result<(Option<u16>, bool), Refused> {
    let (mut id, mut common) = (None, false);
    for attribute in tag.attributes() {
        let Ok(attribute) = attribute else { return Err((ErrorKind::Malformed(Malformed::Attribute), at)) };
        match (element, attribute.key.as_ref()) {
            (Element::Item, b"ID") => {
                let text = core::str::from_utf8(&attribute.value).unwrap_or_default();
                let Some(number) = id_of(text) else { return Err((ErrorKind::ResourceId(shorten(text)), at)) };
                id = Some(number);
            }
            (Element::Object, b"ObjectType") => common = attribute.value.as_ref() == b"CommonResources",
            _ => {}
        }
    }
    if element == Element::Item && id.is_none() {
        return Err((ErrorKind::NoResourceId, at));
    }
    Ok((id, common))
}

/// An id of 0 to 65534 in plain digits.
pub(super) fn id_of(text: &str) -> Option<u16> {
    let text = text.trim();
    let plain = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|&id| plain && id != u16::MAX)
}

/// Enough of a text to know it again.
pub(super) fn shorten(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_ascii_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.extend(word.chars().take(SHORT));
        if out.len() > SHORT {
            out.extend(['…']);
            break;
        }
    }
    out
}

fn well_named(name: &str, at: usize) -> Result<(), Refused> {
    match name.chars().next() {
        Some(first) if first.is_alphabetic() || first == '_' || first == ':' => Ok(()),
        _ => Err((ErrorKind::Malformed(Malformed::Name), at)),
    }
}

/// Where a character is that XML does not allow, other than those that UTF-8 does not have.
pub(super) fn forbidden(text: &str) -> Option<usize> {
    let bad = |byte: u8| byte < 0x20 && byte != b'\t' && byte != b'\n' && byte != b'\r';
    // Without a way out in the middle the compiler makes wide instructions of it.
    let any = |chunk: &[u8]| chunk.iter().fold(false, |found, &byte| found | bad(byte));
    let (at, chunk) = text.as_bytes().chunks(4096).enumerate().find(|(_, chunk)| any(chunk))?;
    Some(at * 4096 + chunk.iter().position(|&byte| bad(byte))?)
}

fn is_allowed(character: char) -> bool {
    character >= ' ' && !matches!(character, '\u{fffe}' | '\u{ffff}') || matches!(character, '\t' | '\n' | '\r')
}

fn reason(error: &quick_xml::Error) -> Malformed {
    match error {
        quick_xml::Error::Syntax(SyntaxError::InvalidBangMarkup) => Malformed::Markup,
        quick_xml::Error::IllFormed(IllFormedError::DoubleHyphenInComment) => Malformed::Comment,
        quick_xml::Error::IllFormed(IllFormedError::UnclosedReference) => Malformed::Ampersand,
        quick_xml::Error::IllFormed(IllFormedError::MissingDeclVersion(_)) => Malformed::Declaration,
        quick_xml::Error::IllFormed(IllFormedError::MismatchedEndTag { .. } | IllFormedError::UnmatchedEndTag(_)) => {
            Malformed::EndTag
        }
        _ => Malformed::Unclosed,
    }
}

const SHORT: usize = 80;
