//! LwM2M CBOR (11544): nested maps whose keys, put together on the way down, are paths.
//!
//! A key is an id or an array of ids; in the outermost map its first element may be a gateway prefix as text. Keys begin
//! with the Object ID, whatever path was asked for. No times, no deletions, no alternate root.
//!
//! If lenient, three other things are read: a map without anything in it (as some devices write a resource without
//! instances) is a path without a value; a prefix may be a key of its own; and where the keys do not fit as they are,
//! they are tried below the path of the request, as LwM2M 1.2.0 had it for Write and Create, and, for an object, without
//! the instance id that a Create leaves to the device. The id 65535 in its place says the same and is what we write.
//!
//! Source: OMA LwM2M Core 1.2.1, "LwM2M CBOR".

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::cbor::{ARRAY, Left, MAP, Reader, TEXT, Writer, read_value, write_value};
use super::groups::{Part, Prefixes};
use super::notes::{Notes, Quiet};
use super::typed::{self, Lookup};
use super::{DecodeError, EncodeError};
use crate::order;
use crate::path::NOTHING;
use crate::{Context, Entry, EntryValue, FieldKind, Level, Mode, Path, PathError};

/// Reads the entries; with `prefixes` those of all devices, else those of the device with the prefix of the context.
pub(super) fn decode<'p, N: Notes>(
    payload: &'p [u8],
    context: &Context<'_>,
    entries: &mut Vec<Entry<'p>>,
    notes: &mut N,
    mut prefixes: Option<&mut Prefixes<'p>>,
) -> Result<(), DecodeError> {
    entries.reserve((payload.len() / 8 + 1).min(FIRST_CAPACITY));
    let start = notes.mark();
    let result = read(payload, context, Reading::WHOLE, entries, notes, prefixes.as_deref_mut());
    let Err(DecodeError::Misplaced { .. } | DecodeError::Name { .. }) = result else { return result };
    let Some(reading) = fitting(payload, context) else { return result };
    notes.back(start);
    entries.clear();
    if let Some(prefixes) = prefixes.as_deref_mut() {
        prefixes.clear();
    }
    read(payload, context, reading, entries, notes, prefixes)
}

/// What the keys of the outermost map are taken for.
#[derive(Clone, Copy)]
struct Reading {
    /// They are below this.
    base: Path,
    /// After the object comes a resource, of an instance that has no id yet.
    without_instance: bool,
}

impl Reading {
    /// Whole paths.
    const WHOLE: Self = Self { base: Path::ROOT, without_instance: false };
}

/// How keys that do not fit as whole paths are to be taken so that they fit.
#[cold]
fn fitting(payload: &[u8], context: &Context<'_>) -> Option<Reading> {
    let base = context.base;
    let object = base.object_id().filter(|_| context.mode == Mode::Lenient)?;
    let below = |base| Reading { base, without_instance: false };
    let readings =
        [Reading { base: Path::ROOT, without_instance: true }, below(base), below(Path::new_instance(object))];
    // Only an object can get a new instance.
    let readings = readings.into_iter().enumerate().filter(|(place, _)| *place == 1 || base.level() == Level::Object);
    let fits = |reading: &Reading| {
        read(payload, context, *reading, &mut Vec::new(), &mut Quiet::default(), Some(&mut Prefixes::default())).is_ok()
    };
    readings.map(|(_, reading)| reading).find(fits)
}

fn read<'p, N: Notes>(
    payload: &'p [u8],
    context: &Context<'_>,
    reading: Reading,
    entries: &mut Vec<Entry<'p>>,
    notes: &mut N,
    prefixes: Option<&mut Prefixes<'p>>,
) -> Result<(), DecodeError> {
    let strict = context.mode == Mode::Strict;
    let cbor = Reader::new(payload, !strict, context.limits.nesting);
    notes.field(FieldKind::Tag, cbor.at());
    let sorted = prefixes.is_some();
    let mut decoder = Decoder {
        cbor,
        context,
        strict,
        reading,
        lookup: Lookup::new(context),
        entries,
        notes,
        prefixes,
        device: None,
    };
    decoder.map(Path::ROOT, true)?;
    decoder.cbor.end()?;
    if sorted { Ok(()) } else { typed::no_duplicates(entries, false).map_err(|path| DecodeError::Duplicate { path }) }
}

struct Decoder<'p, 'c, 'd, N> {
    cbor: Reader<'p>,
    context: &'c Context<'c>,
    strict: bool,
    reading: Reading,
    lookup: Lookup<'c>,
    entries: &'d mut Vec<Entry<'p>>,
    notes: &'d mut N,
    prefixes: Option<&'d mut Prefixes<'p>>,
    /// The prefix of the key of the outermost map that we are in.
    device: Option<Cow<'p, str>>,
}

#[allow(clippy::inline_always)] // each is called in one place or two, and small
impl<'p, N: Notes> Decoder<'p, '_, '_, N> {
    /// The pairs of a map whose keys are below `parent`.
    fn map(&mut self, parent: Path, outermost: bool) -> Result<(), DecodeError> {
        self.notes.open(FieldKind::Map);
        let mut left = self.cbor.map()?;
        self.notes.field(FieldKind::MapHead, self.cbor.at());
        let mut keys = Vec::new();
        while self.cbor.more(&mut left)? {
            let (at, mark) = (self.cbor.at(), self.notes.mark());
            if outermost {
                self.device = None;
            }
            let path = self.key(parent, outermost)?;
            if self.strict {
                keys.push((self.device.clone(), path, at));
            }
            let value_at = self.cbor.at();
            if self.cbor.major()? != MAP {
                self.leaf(path, at)?;
                self.notes.field(FieldKind::Value, self.cbor.at());
                self.notes.entry(mark, path);
            } else if !self.strict && self.cbor.empty_map() {
                self.check(path, at)?;
                self.entries.push(Entry::absent(path));
                self.notes.field(FieldKind::Value, self.cbor.at());
                self.notes.entry(mark, path);
            } else if self.strict && self.cbor.empty_map() {
                return Err(DecodeError::Syntax { at: value_at, expected: "a map with something in it" });
            } else {
                self.notes.place(mark, path);
                self.map(path, false)?;
            }
        }
        if left.is_none() {
            self.notes.field(FieldKind::Break, self.cbor.at());
        }
        self.notes.close();
        if self.strict { no_key_twice(keys) } else { Ok(()) }
    }

    /// A key: one id or several, in the outermost map perhaps with a prefix before them.
    #[inline(always)]
    fn key(&mut self, parent: Path, outermost: bool) -> Result<Path, DecodeError> {
        let path = match self.cbor.major()? {
            ARRAY | TEXT => self.long_key(parent, outermost)?,
            _ => self.id(parent)?,
        };
        self.notes.field(FieldKind::PathKey, self.cbor.at());
        Ok(path)
    }

    #[inline(never)]
    fn long_key(&mut self, parent: Path, outermost: bool) -> Result<Path, DecodeError> {
        let at = self.cbor.at();
        if self.cbor.major()? == TEXT {
            if self.strict || !outermost {
                return Err(DecodeError::Syntax { at, expected: AN_ID });
            }
            self.device = Some(self.cbor.text()?);
            self.notes.field(FieldKind::Prefix, self.cbor.at());
            return Ok(parent);
        }
        let mut left: Left = self.cbor.array()?;
        self.notes.field(FieldKind::PathKey, self.cbor.at());
        let (mut path, mut first) = (parent, true);
        while self.cbor.more(&mut left)? {
            if first && outermost && self.cbor.major()? == TEXT {
                self.device = Some(self.cbor.text()?);
                self.notes.field(FieldKind::Prefix, self.cbor.at());
            } else {
                path = self.id(path)?;
            }
            first = false;
        }
        if first { Err(DecodeError::Syntax { at, expected: AN_ID }) } else { Ok(path) }
    }

    /// An id below a path.
    #[inline(always)]
    fn id(&mut self, parent: Path) -> Result<Path, DecodeError> {
        let at = self.cbor.at();
        let id = self.cbor.unsigned(AN_ID)?;
        let parent = if parent == Path::ROOT { self.reading.base } else { parent };
        match u16::try_from(id).ok().and_then(|id| parent.child(id)) {
            Some(path) if !self.reading.without_instance || parent != Path::ROOT => Ok(path),
            Some(path) => Ok(path.object_id().map_or(path, Path::new_instance)),
            None => special(parent, id, at),
        }
    }

    #[inline(always)]
    fn leaf(&mut self, path: Path, key_at: usize) -> Result<(), DecodeError> {
        let (at, level) = (self.cbor.at(), path.level());
        if level < Level::Resource {
            return Err(DecodeError::Misplaced { path, at });
        }
        let shape = self.lookup.resource(path);
        if self.strict && shape.is_some_and(|shape| shape.multiple != (level == Level::ResourceInstance)) {
            return Err(DecodeError::Multiplicity { path, at });
        }
        self.check(path, key_at)?;
        let kind = shape.and_then(|shape| shape.value_type);
        read_value(&mut self.cbor, path, kind, self.entries)
    }

    /// Whether the next entry belongs here, and there is room for it.
    #[inline(always)]
    fn check(&mut self, path: Path, at: usize) -> Result<(), DecodeError> {
        let limit = self.context.limits.entries;
        if !self.context.base.contains(path) {
            return Err(DecodeError::Misplaced { path, at });
        }
        if self.entries.len() == limit {
            return Err(DecodeError::TooMany { limit });
        }
        if self.prefixes.is_some() || self.device.is_some() || !self.context.prefix.is_empty() {
            self.check_device(at)?;
        }
        Ok(())
    }

    /// Whose the next entry is, and whether it belongs here.
    #[cold]
    fn check_device(&mut self, at: usize) -> Result<(), DecodeError> {
        let Some(prefixes) = &mut self.prefixes else { return self.context.check_prefix(self.device.as_deref(), at) };
        let device = self.device.clone().unwrap_or_default();
        let number = prefixes.number(&device, || device.clone());
        prefixes.push(number);
        Ok(())
    }
}

fn no_key_twice(mut keys: Vec<(Option<Cow<'_, str>>, Path, usize)>) -> Result<(), DecodeError> {
    order::sort(&mut keys);
    let twice = keys.windows(2).find_map(|pair| match pair {
        [a, b] if (&a.0, a.1) == (&b.0, b.1) => Some(b.2),
        _ => None,
    });
    twice.map_or(Ok(()), |at| Err(DecodeError::DuplicateKey { at }))
}

/// The id that stands for one the client is to pick; or what is wrong with an id.
#[cold]
fn special(parent: Path, id: u64, at: usize) -> Result<Path, DecodeError> {
    match (parent.level(), parent.object_id()) {
        (Level::Object, Some(object)) if id == u64::from(NOTHING) => Ok(Path::new_instance(object)),
        (Level::ResourceInstance, _) => Err(DecodeError::Name { at, why: PathError::TooLong }),
        (level, _) => Err(DecodeError::Name { at, why: PathError::OutOfRange { segment: level as usize } }),
    }
}

/// Writes the entries of one or several devices: sorted, one pair of the outermost map for each object, whose key is as
/// long as what all its entries have in common, and plain nested maps below.
pub(super) fn encode(parts: &[Part<'_>], context: &Context<'_>) -> Result<Vec<u8>, EncodeError> {
    let mut lookup = Lookup::new(context);
    // Numbers in place of prefixes: comparing empty texts is slow on some processors.
    let mut prefixes: Vec<Part<'_>> = parts.to_vec();
    order::by_key(&mut prefixes, |part| part.0);
    let mut sorted: Vec<(usize, &Entry<'_>)> = Vec::with_capacity(parts.iter().map(|part| part.1.len()).sum());
    for (number, (_, entries)) in prefixes.iter().enumerate() {
        sorted.extend(entries.iter().map(|entry| (number, entry)));
    }
    if !sorted.is_sorted_by_key(|(number, entry)| (*number, entry.path)) {
        order::by_key(&mut sorted, |(number, entry)| (*number, entry.path));
    }
    for (_, entry) in &sorted {
        check(entry, context)?;
    }
    // What is below a value, or given twice, now stands right after it.
    for pair in sorted.windows(2) {
        if let [(one, a), (other, b)] = pair
            && one == other
            && a.path.contains(b.path)
        {
            return Err(EncodeError::Duplicate { path: b.path });
        }
    }
    let mut cbor = Writer::new(sorted.len() * 12 + 8);
    let same_object =
        |a: &(usize, &Entry<'_>), b: &(usize, &Entry<'_>)| a.0 == b.0 && a.1.path.object_id() == b.1.path.object_id();
    cbor.map(sorted.chunk_by(same_object).count());
    for object in sorted.chunk_by(same_object) {
        let [(number, first), ..] = object else { continue };
        let prefix = prefixes.get(*number).map(|part| part.0).unwrap_or_default();
        let common = object.iter().fold(first.path, |common, (_, entry)| common.common(entry.path));
        let level = common.ids().len();
        if level > 1 || !prefix.is_empty() {
            cbor.array(level + usize::from(!prefix.is_empty()));
        }
        if !prefix.is_empty() {
            cbor.text(prefix);
        }
        for id in common.ids() {
            cbor.unsigned(u64::from(id));
        }
        write(&mut cbor, object, level, &mut lookup)?;
    }
    Ok(cbor.finish())
}

/// Whether the format has a word for it.
fn check(entry: &Entry<'_>, context: &Context<'_>) -> Result<(), EncodeError> {
    let path = entry.path;
    if !context.base.contains(path) || path.level() < Level::Resource && entry.value().is_some() {
        return Err(EncodeError::Misplaced { path });
    }
    if entry.time.is_some() {
        return Err(EncodeError::NoTime { path });
    }
    match entry.value {
        EntryValue::Absent => Err(EncodeError::NoEmpty { path }),
        EntryValue::Delete => Err(EncodeError::NoDelete { path }),
        EntryValue::Value(_) => Ok(()),
    }
}

/// What these entries have below the first `level` ids, which are the same for all of them.
fn write(
    cbor: &mut Writer,
    entries: &[(usize, &Entry<'_>)],
    level: usize,
    lookup: &mut Lookup<'_>,
) -> Result<(), EncodeError> {
    let next = |entry: &Entry<'_>| entry.path.ids().get(level).copied();
    if let [(_, entry)] = entries
        && next(entry).is_none()
    {
        if let Some(value) = entry.value() {
            let value = typed::checked(entry, value, lookup)?;
            write_value(cbor, &value);
        }
        return Ok(());
    }
    let same = |a: &(usize, &Entry<'_>), b: &(usize, &Entry<'_>)| next(a.1) == next(b.1);
    cbor.map(entries.chunk_by(same).count());
    for below in entries.chunk_by(same) {
        let id = below.first().and_then(|(_, entry)| next(entry)).unwrap_or(NOTHING);
        cbor.unsigned(u64::from(id));
        write(cbor, below, level + 1, lookup)?;
    }
    Ok(())
}

/// Room for this many entries is made at the start; more grows.
const FIRST_CAPACITY: usize = 1_024;
const AN_ID: &str = "an id or an array of ids";

#[cfg(test)]
mod tests;
