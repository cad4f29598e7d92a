//! Payloads that mix the devices behind a gateway: one group of entries for each prefix.
//!
//! Names of SenML and keys of LwM2M CBOR carry the prefix, `/d01/3303/0/5700` and `["d01", 3303, 0, 5700]`, so that one
//! composite, or one Send, may be about several devices and the gateway itself.
//!
//! Source: OMA LwM2M Gateway 1.1, "Addressing"; OMA LwM2M Core 1.2, "LwM2M CBOR".

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::notes::Quiet;
use super::{DecodeError, EncodeError, Payload, lwm2m_cbor, senml, typed};
use crate::{ContentFormat, Context, Entry};

/// The entries of one device in a payload that may be about several.
#[derive(Clone, Debug, PartialEq, Default)]
#[allow(clippy::exhaustive_structs)] // meant to be built and taken apart
pub struct Group<'p> {
    /// The gateway prefix, `d01`; empty for the gateway itself, or a device that is none.
    pub prefix: Cow<'p, str>,
    /// Its entries, in the order of the payload.
    pub payload: Payload<'p>,
}

impl<'p> Group<'p> {
    /// Entries of the device with this prefix.
    pub fn new(prefix: impl Into<Cow<'p, str>>, entries: Vec<Entry<'p>>) -> Self {
        Self { prefix: prefix.into(), payload: Payload { entries } }
    }
}

/// Reads a payload that may be about several devices behind a gateway, as answers to composite requests and Sends are.
///
/// [`Context::prefix`] is not looked at, [`Context::root`] and [`Context::base`] count for each device. The groups come in
/// the order in which the payload first names them; a payload without entries has none. Formats without names are about
/// the device with [`Context::prefix`].
///
/// # Errors
/// As [`decode`](super::decode()). No value may be there twice for the same device.
///
/// ```
/// use lwm2m::{codec, ContentFormat, Context, Models, Path};
/// let context = Context::new(ContentFormat::SENML_JSON, Path::ROOT, Models::oma());
/// let pack = br#"[{"n":"/d01/3303/0/5700","v":21.5},{"n":"/3/0/9","v":80},{"n":"/d01/3303/0/5701","vs":"Cel"}]"#;
/// let groups = codec::decode_groups(pack, &context)?;
/// let sizes: Vec<_> = groups.iter().map(|group| (&*group.prefix, group.payload.entries().len())).collect();
/// assert_eq!(sizes, [("d01", 2), ("", 1)]);
/// assert!(codec::decode(pack, &context).is_err());
/// # Ok::<(), codec::DecodeError>(())
/// ```
pub fn decode_groups<'p>(payload: &'p [u8], context: &Context<'_>) -> Result<Vec<Group<'p>>, DecodeError> {
    let (mut entries, mut prefixes) = (Vec::new(), Prefixes::default());
    super::read(payload, context, &mut entries, &mut Quiet::default(), Some(&mut prefixes))?;
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    // A format that knows no prefixes has not sorted anything.
    if prefixes.of.is_empty() {
        let prefix = Cow::Owned(context.prefix.into());
        return Ok(Vec::from([Group { prefix, payload: Payload { entries } }]));
    }
    let mut groups = prefixes.split(entries);
    groups.retain(|group| !group.payload.entries.is_empty());
    for group in &groups {
        typed::no_duplicates(&group.payload.entries, true).map_err(|path| DecodeError::Duplicate { path })?;
    }
    Ok(groups)
}

/// Writes the entries of several devices behind a gateway as one payload, for a composite request.
///
/// [`Context::prefix`] is not looked at. Only SenML (110, 112, 320, 322) and LwM2M CBOR (11544) can name several devices;
/// other formats write exactly one group.
///
/// # Errors
/// As [`encode`](super::encode()); [`EncodeError::Unsupported`] if the format cannot name devices and there is not exactly
/// one group.
///
/// ```
/// use lwm2m::codec::{self, Group};
/// use lwm2m::{ContentFormat, Context, Entry, Models, Path};
/// let context = Context::new(ContentFormat::SENML_ETCH_JSON, Path::ROOT, Models::oma());
/// let wish = |path| vec![Entry::absent(path)];
/// let groups = [Group::new("d01", wish(Path::resource(3303, 0, 5700))), Group::new("", wish(Path::instance(3, 0)))];
/// let pack = codec::encode_groups(&groups, &context)?;
/// assert_eq!(pack, br#"[{"n":"/d01/3303/0/5700"},{"n":"/3/0"}]"#);
/// # Ok::<(), codec::EncodeError>(())
/// ```
pub fn encode_groups(groups: &[Group<'_>], context: &Context<'_>) -> Result<Vec<u8>, EncodeError> {
    let mut merged: BTreeMap<&str, Vec<Entry<'_>>> = BTreeMap::new();
    let mut parts: Vec<Part<'_>> = groups.iter().map(|group| (&*group.prefix, group.payload.entries())).collect();
    // A device that comes twice is put together.
    let twice = parts.iter().any(|(prefix, _)| merged.insert(prefix, Vec::new()).is_some());
    if twice {
        for (prefix, entries) in parts {
            merged.entry(prefix).or_default().extend_from_slice(entries);
        }
        parts = merged.iter().map(|(prefix, entries)| (*prefix, entries.as_slice())).collect();
    }
    match context.format {
        ContentFormat::SENML_JSON | ContentFormat::SENML_ETCH_JSON => senml::json::encode(&parts, context),
        ContentFormat::SENML_CBOR | ContentFormat::SENML_ETCH_CBOR => senml::cbor::encode(&parts, context),
        ContentFormat::LWM2M_CBOR => lwm2m_cbor::encode(&parts, context),
        format => match *parts {
            [(prefix, entries)] => super::encode(entries, &Context { prefix, ..*context }),
            _ => Err(EncodeError::Unsupported(format)),
        },
    }
}

/// A prefix, and what is below it.
pub(super) type Part<'e> = (&'e str, &'e [Entry<'e>]);

/// To which device each entry belongs, as decoders find out.
#[derive(Default)]
pub(super) struct Prefixes<'p> {
    numbers: BTreeMap<Cow<'p, str>, usize>,
    /// For each entry the number of its prefix.
    of: Vec<usize>,
}

impl<'p> Prefixes<'p> {
    /// The number of a prefix. They count from 0 in the order in which they are first seen.
    pub(super) fn number(&mut self, prefix: &str, keep: impl FnOnce() -> Cow<'p, str>) -> usize {
        if let Some(number) = self.numbers.get(prefix) {
            return *number;
        }
        let next = self.numbers.len();
        self.numbers.insert(keep(), next);
        next
    }

    /// The next entry belongs to the prefix with this number.
    pub(super) fn push(&mut self, number: usize) {
        self.of.push(number);
    }

    /// Forgets what was said of entries.
    pub(super) fn clear(&mut self) {
        self.numbers.clear();
        self.of.clear();
    }

    fn split(self, entries: Vec<Entry<'p>>) -> Vec<Group<'p>> {
        let mut groups: Vec<Group<'p>> = Vec::new();
        groups.resize_with(self.numbers.len(), Group::default);
        for (prefix, number) in self.numbers {
            if let Some(group) = groups.get_mut(number) {
                group.prefix = prefix;
            }
        }
        for (entry, number) in entries.into_iter().zip(self.of) {
            if let Some(group) = groups.get_mut(number) {
                group.payload.entries.push(entry);
            }
        }
        groups
    }
}

/// A name as a prefix and the rest, if its first segment is no number: `d01` and `/3/0` of `/d01/3/0`.
pub(super) fn split(name: &str) -> Option<(&str, &str)> {
    let inner = name.strip_prefix('/').unwrap_or(name);
    let (first, rest) = inner.split_at(inner.find('/').unwrap_or(inner.len()));
    let number = first.bytes().all(|byte| byte.is_ascii_digit());
    (!number && first != "-").then_some((first, rest))
}

#[cfg(test)]
mod tests;
