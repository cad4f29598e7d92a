//! Format 11542: type, length, value.
//!
//! ```text
//! bits 7-6   what: 00 object instance, 01 resource instance, 10 multiple resource, 11 resource with value
//! bit  5     id in 1 or 2 bytes
//! bits 4-3   length in bits 2-0, or in 1, 2 or 3 bytes after the id
//! ```
//!
//! An object instance holds resources, a multiple resource holds resource instances, the others a value.
//! Source: OMA LwM2M Core 1.2, "TLV".

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::notes::{Mark, Notes};
use super::typed::{self, Lookup};
use super::{DecodeError, EncodeError};
use crate::models::Shape;
use crate::{
    Context, Entry, EntryValue, FieldKind, Level, Mode, ObjectFacts, ObjectLink, Path, PathError, Value, ValueType,
};

pub(super) fn decode<'p, N: Notes>(
    payload: &'p [u8],
    context: &Context<'_>,
    entries: &mut Vec<Entry<'p>>,
    notes: &mut N,
) -> Result<(), DecodeError> {
    let base = context.base;
    if base.level() == Level::Root {
        return Err(DecodeError::Base { format: context.format, base });
    }
    entries.reserve((payload.len() / 4 + 1).min(FIRST_CAPACITY));
    let object = base.object_id().and_then(|object| context.models.object(object));
    let mut decoder = Decoder { context, object, entries, notes, last: None, in_order: true };
    let items = Items { bytes: payload, end: payload.len() };
    match base.level() {
        Level::Root | Level::Object => decoder.object(items, base)?,
        Level::ObjectInstance => decoder.instance(items, base)?,
        Level::Resource | Level::ResourceInstance => decoder.single(items, base)?,
    }
    if decoder.in_order {
        return Ok(());
    }
    typed::no_duplicates(entries, false).map_err(|path| DecodeError::Duplicate { path })
}

struct Decoder<'p, 'c, 'd, N> {
    context: &'c Context<'c>,
    /// What is known of the object: a payload is of one.
    object: Option<ObjectFacts<'c>>,
    entries: &'d mut Vec<Entry<'p>>,
    notes: &'d mut N,
    /// Where the last entry is.
    last: Option<Path>,
    /// Whether each entry so far comes after and not below the one before: then no two can be the same.
    in_order: bool,
}

impl<'p, N: Notes> Decoder<'p, '_, '_, N> {
    /// Instances of an object; or the resources of one whose id the client is to choose.
    fn object(&mut self, mut items: Items<'p>, base: Path) -> Result<(), DecodeError> {
        if items.peek().is_some_and(|kind| kind != Kind::Instance) {
            let new = base.object_id().map_or(base, Path::new_instance);
            return self.resources(items, new);
        }
        while let Some((item, mark)) = items.next(self.notes)? {
            if item.kind != Kind::Instance {
                return Err(item.unexpected("an object instance"));
            }
            let path = item.path(base)?;
            self.one_instance(&item, path, mark)?;
        }
        Ok(())
    }

    /// Resources, or the instance wrapped around them.
    fn instance(&mut self, mut items: Items<'p>, path: Path) -> Result<(), DecodeError> {
        if path.is_new_instance() || items.peek() != Some(Kind::Instance) {
            return self.resources(items, path);
        }
        while let Some((item, mark)) = items.next(self.notes)? {
            if item.kind != Kind::Instance {
                return Err(item.unexpected("an object instance"));
            }
            let place = item.path(path.truncate(1))?;
            if place != path {
                self.notes.place(mark, place);
                return Err(DecodeError::Misplaced { path: place, at: item.at });
            }
            self.one_instance(&item, path, mark)?;
        }
        Ok(())
    }

    /// What is in an instance; the instance alone if it is nothing.
    fn one_instance(&mut self, item: &Item<'p>, path: Path, mark: Mark) -> Result<(), DecodeError> {
        self.notes.place(mark, path);
        if item.value.is_empty() {
            self.push(Entry::absent(path), mark)?;
        } else {
            self.resources(item.items(), path)?;
        }
        self.notes.close();
        Ok(())
    }

    fn resources(&mut self, mut items: Items<'p>, instance: Path) -> Result<(), DecodeError> {
        while let Some((item, mark)) = items.next(self.notes)? {
            let path = item.path(instance)?;
            match item.kind {
                Kind::Resource => self.value(&item, path, self.shape(path), mark)?,
                Kind::Multiple => self.multiple(&item, path, mark)?,
                Kind::Instance | Kind::ResourceInstance => return Err(item.unexpected("a resource")),
            }
            self.notes.close();
        }
        Ok(())
    }

    fn multiple(&mut self, outer: &Item<'p>, resource: Path, mark: Mark) -> Result<(), DecodeError> {
        self.notes.place(mark, resource);
        let shape = self.shape(resource);
        if outer.value.is_empty() {
            self.check_multiplicity(resource, true, shape, outer.at)?;
            return self.push(Entry::absent(resource), mark);
        }
        let mut items = outer.items();
        while let Some((item, mark)) = items.next(self.notes)? {
            if item.kind != Kind::ResourceInstance {
                return Err(item.unexpected("a resource instance"));
            }
            let path = item.path(resource)?;
            self.value(&item, path, shape, mark)?;
            self.notes.close();
        }
        Ok(())
    }

    /// The one resource or resource instance that the request named.
    fn single(&mut self, mut items: Items<'p>, base: Path) -> Result<(), DecodeError> {
        let (instance, resource) = (base.truncate(2), base.truncate(3));
        while let Some((item, mark)) = items.next(self.notes)? {
            let before = self.entries.len();
            match item.kind {
                Kind::Resource => {
                    let path = item.path(instance)?;
                    if path != base {
                        return Err(DecodeError::Misplaced { path, at: item.at });
                    }
                    self.value(&item, path, self.shape(path), mark)?;
                }
                Kind::Multiple => {
                    let path = item.path(instance)?;
                    if path != resource {
                        return Err(DecodeError::Misplaced { path, at: item.at });
                    }
                    self.multiple(&item, path, mark)?;
                }
                Kind::ResourceInstance => {
                    let path = item.path(resource)?;
                    self.value(&item, path, self.shape(path), mark)?;
                }
                Kind::Instance => return Err(item.unexpected("a resource")),
            }
            self.notes.close();
            let outside = self.entries.iter().skip(before).find(|entry| !base.contains(entry.path));
            if let Some(entry) = outside {
                return Err(DecodeError::Misplaced { path: entry.path, at: item.at });
            }
        }
        Ok(())
    }

    fn shape(&self, path: Path) -> Option<Shape> {
        self.object.as_ref()?.rows.shape(path.resource_id()?)
    }

    /// Each type is put into the list where it is made: a value moved about costs more than reading it.
    fn value(&mut self, item: &Item<'p>, path: Path, shape: Option<Shape>, mark: Mark) -> Result<(), DecodeError> {
        let bytes = item.value;
        self.notes.place(mark, path);
        self.notes.field(FieldKind::Value, item.value_at + bytes.len());
        self.check_multiplicity(path, path.level() == Level::ResourceInstance, shape, item.at)?;
        let kind = shape.and_then(|shape| shape.value_type).unwrap_or(ValueType::Opaque);
        match kind {
            ValueType::Integer => {
                if let Some(number) = signed(bytes) {
                    return self.push(Entry::new(path, Value::Integer(number)), mark);
                }
            }
            ValueType::Time => {
                if let Some(number) = signed(bytes) {
                    return self.push(Entry::new(path, Value::Time(number)), mark);
                }
            }
            ValueType::String => {
                if let Ok(text) = core::str::from_utf8(bytes) {
                    return self.push(Entry::new(path, Value::String(Cow::Borrowed(text))), mark);
                }
            }
            ValueType::CoreLink => {
                if let Ok(text) = core::str::from_utf8(bytes) {
                    return self.push(Entry::new(path, Value::CoreLink(Cow::Borrowed(text))), mark);
                }
            }
            ValueType::Opaque => return self.push(Entry::new(path, Value::Opaque(Cow::Borrowed(bytes))), mark),
            ValueType::Unsigned => {
                if let Some(number) = unsigned(bytes) {
                    return self.push(Entry::new(path, Value::Unsigned(number)), mark);
                }
            }
            ValueType::Float => {
                let number = match *bytes {
                    [a, b, c, d] => Some(f64::from(f32::from_be_bytes([a, b, c, d]))),
                    [a, b, c, d, e, f, g, h] => Some(f64::from_be_bytes([a, b, c, d, e, f, g, h])),
                    _ => None,
                };
                if let Some(number) = number {
                    return self.push(Entry::new(path, Value::Float(number)), mark);
                }
            }
            ValueType::Boolean => {
                if let [truth @ 0..=1] = *bytes {
                    return self.push(Entry::new(path, Value::Boolean(truth == 1)), mark);
                }
            }
            ValueType::ObjectLink => {
                if let [a, b, c, d] = *bytes {
                    let link = ObjectLink { object: u16::from_be_bytes([a, b]), instance: u16::from_be_bytes([c, d]) };
                    return self.push(Entry::new(path, Value::ObjectLink(link)), mark);
                }
            }
        }
        Err(item.unreadable(path, kind))
    }

    #[inline]
    fn check_multiplicity(
        &self,
        path: Path,
        multiple: bool,
        shape: Option<Shape>,
        at: usize,
    ) -> Result<(), DecodeError> {
        if self.context.mode == Mode::Strict && shape.is_some_and(|shape| shape.multiple != multiple) {
            return Err(DecodeError::Multiplicity { path, at });
        }
        Ok(())
    }

    #[inline]
    fn push(&mut self, entry: Entry<'p>, mark: Mark) -> Result<(), DecodeError> {
        let (path, limit) = (entry.path, self.context.limits.entries);
        if self.entries.len() >= limit {
            return Err(DecodeError::TooMany { limit });
        }
        self.notes.entry(mark, path);
        self.in_order &= self.last.is_none_or(|last| last < path && !last.contains(path));
        self.last = Some(path);
        self.entries.push(entry);
        Ok(())
    }
}

#[inline]
fn unsigned(bytes: &[u8]) -> Option<u64> {
    Some(match *bytes {
        [a] => u64::from(a),
        [a, b] => u64::from(u16::from_be_bytes([a, b])),
        [a, b, c, d] => u64::from(u32::from_be_bytes([a, b, c, d])),
        [a, b, c, d, e, f, g, h] => u64::from_be_bytes([a, b, c, d, e, f, g, h]),
        _ => return None,
    })
}

#[inline]
fn signed(bytes: &[u8]) -> Option<i64> {
    Some(match *bytes {
        [a] => i64::from(i8::from_be_bytes([a])),
        [a, b] => i64::from(i16::from_be_bytes([a, b])),
        [a, b, c, d] => i64::from(i32::from_be_bytes([a, b, c, d])),
        [a, b, c, d, e, f, g, h] => i64::from_be_bytes([a, b, c, d, e, f, g, h]),
        _ => return None,
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Instance,
    ResourceInstance,
    Multiple,
    Resource,
}

impl Kind {
    const fn of(head: u8) -> Self {
        match head >> 6 {
            0 => Self::Instance,
            1 => Self::ResourceInstance,
            2 => Self::Multiple,
            _ => Self::Resource,
        }
    }
}

struct Item<'p> {
    kind: Kind,
    id: u16,
    /// Where its type byte is in the payload.
    at: usize,
    value: &'p [u8],
    value_at: usize,
}

impl<'p> Item<'p> {
    #[inline]
    fn path(&self, parent: Path) -> Result<Path, DecodeError> {
        parent.child(self.id).ok_or_else(|| {
            let segment = parent.ids().len();
            DecodeError::Name { at: self.at, why: PathError::OutOfRange { segment } }
        })
    }

    const fn items(&self) -> Items<'p> {
        Items { bytes: self.value, end: self.value_at + self.value.len() }
    }

    const fn unexpected(&self, expected: &'static str) -> DecodeError {
        DecodeError::Syntax { at: self.at, expected }
    }

    /// Why its value is none of that type.
    #[cold]
    fn unreadable(&self, path: Path, expected: ValueType) -> DecodeError {
        match (expected, core::str::from_utf8(self.value)) {
            (ValueType::String | ValueType::CoreLink, Err(error)) => {
                DecodeError::Utf8 { at: self.value_at + error.valid_up_to() }
            }
            _ => DecodeError::Invalid { path, expected, at: self.value_at },
        }
    }
}

/// The items of one level that are still to come.
struct Items<'p> {
    bytes: &'p [u8],
    /// Where they end in the payload.
    end: usize,
}

impl<'p> Items<'p> {
    /// What the next item is; none at the end.
    fn peek(&self) -> Option<Kind> {
        self.bytes.first().map(|head| Kind::of(*head))
    }

    /// The next item. What it holds is still to be noted.
    #[inline]
    fn next(&mut self, notes: &mut impl Notes) -> Result<Option<(Item<'p>, Mark)>, DecodeError> {
        let bytes = self.bytes;
        let Some(&head) = bytes.first() else { return Ok(None) };
        let (at, kind, mark) = (self.end - bytes.len(), Kind::of(head), notes.mark());
        notes.open(match kind {
            Kind::Instance => FieldKind::ObjectInstance,
            Kind::ResourceInstance => FieldKind::ResourceInstance,
            Kind::Multiple => FieldKind::MultipleResource,
            Kind::Resource => FieldKind::Resource,
        });
        notes.field(FieldKind::TlvType, at + 1);
        let (id, length, rest) = match (head >> 3 & 7, bytes) {
            (0, [_, id, rest @ ..]) => (u16::from(*id), usize::from(head & 7), rest),
            (1, [_, id, length, rest @ ..]) => (u16::from(*id), usize::from(*length), rest),
            (4, [_, a, b, rest @ ..]) => (u16::from_be_bytes([*a, *b]), usize::from(head & 7), rest),
            (5, [_, a, b, length, rest @ ..]) => (u16::from_be_bytes([*a, *b]), usize::from(*length), rest),
            _ => self.long(head, at, notes)?,
        };
        let value_at = self.end - rest.len();
        notes.field(FieldKind::TlvId, at + 2 + usize::from(head >> 5 & 1));
        notes.field(FieldKind::TlvLength, value_at);
        let Some((value, rest)) = rest.split_at_checked(length) else {
            return Err(DecodeError::Truncated { at: self.end, needed: length - rest.len() });
        };
        self.bytes = rest;
        Ok(Some((Item { kind, id, at, value, value_at }, mark)))
    }

    /// Id, length and what follows, of any widths.
    #[cold]
    fn long(&self, head: u8, at: usize, notes: &mut impl Notes) -> Result<(u16, usize, &'p [u8]), DecodeError> {
        let mut rest = self.bytes.get(1..).unwrap_or_default();
        let mut number = |width: usize| {
            let Some((taken, after)) = rest.split_at_checked(width) else {
                return Err(DecodeError::Truncated { at: self.end, needed: width - rest.len() });
            };
            rest = after;
            Ok(taken.iter().fold(0_usize, |number, &byte| number << 8 | usize::from(byte)))
        };
        let width = 1 + usize::from(head >> 5 & 1);
        let id = number(width)? as u16;
        notes.field(FieldKind::TlvId, at + 1 + width);
        let length = match head >> 3 & 3 {
            0 => usize::from(head & 7),
            width => number(usize::from(width))?,
        };
        Ok((id, length, rest))
    }
}

pub(super) fn encode(entries: &[Entry<'_>], context: &Context<'_>) -> Result<Vec<u8>, EncodeError> {
    let base = context.base;
    if base.level() == Level::Root {
        return Err(EncodeError::Base { format: context.format, base });
    }
    let mut sorted: Vec<&Entry<'_>> = Vec::with_capacity(entries.len());
    for entry in entries {
        let path = entry.path;
        if !base.contains(path) {
            return Err(EncodeError::Misplaced { path });
        }
        if entry.time.is_some() {
            return Err(EncodeError::NoTime { path });
        }
        if entry.value == EntryValue::Delete {
            return Err(EncodeError::NoDelete { path });
        }
        sorted.push(entry);
    }
    if !sorted.is_sorted_by_key(|entry| entry.path) {
        sorted.sort_by_key(|entry| entry.path);
    }
    typed::no_duplicates(&sorted, false).map_err(|path| EncodeError::Duplicate { path })?;

    let mut encoder = Encoder { lookup: Lookup::new(context), out: Vec::with_capacity(entries.len() * 8) };
    // The base as a path alone means: nothing there.
    let sorted: &[&Entry<'_>] = match sorted.as_slice() {
        [only] if only.path == base && base.level() <= Level::ObjectInstance => &[],
        all => all,
    };
    match base.level() {
        Level::Root | Level::Object => {
            for instance in sorted.chunk_by(|a, b| a.path.truncate(2) == b.path.truncate(2)) {
                encoder.instance(instance, sorted.len() == instance.len())?;
            }
        }
        Level::ObjectInstance | Level::Resource => encoder.resources(sorted)?,
        Level::ResourceInstance => sorted.iter().try_for_each(|entry| encoder.value(entry))?,
    }
    Ok(encoder.out)
}

struct Encoder<'c> {
    lookup: Lookup<'c>,
    out: Vec<u8>,
}

impl Encoder<'_> {
    /// An instance with its wrapper; without, if the client is to choose the id, which only a lone one can leave to it.
    fn instance(&mut self, entries: &[&Entry<'_>], alone: bool) -> Result<(), EncodeError> {
        let Some(first) = entries.first() else { return Ok(()) };
        let path = first.path.truncate(2);
        let entries =
            if first.path == path && first.value == EntryValue::Absent { entries.get(1..) } else { Some(entries) };
        let entries = entries.unwrap_or_default();
        match path.instance_id() {
            Some(id) => self.wrap(Kind::Instance, id, path, |encoder| encoder.resources(entries)),
            None if alone && path.is_new_instance() => self.resources(entries),
            None => Err(EncodeError::Misplaced { path: first.path }),
        }
    }

    fn resources(&mut self, entries: &[&Entry<'_>]) -> Result<(), EncodeError> {
        for resource in entries.chunk_by(|a, b| a.path.truncate(3) == b.path.truncate(3)) {
            let Some(first) = resource.first() else { continue };
            let path = first.path.truncate(3);
            let id = path.resource_id().ok_or(EncodeError::Misplaced { path: first.path })?;
            // A resource as a path alone is one without instances, unless its instances follow.
            let absent = resource.iter().take_while(|entry| entry.path == path && entry.value == EntryValue::Absent);
            match resource.get(absent.count()..).unwrap_or_default() {
                [single] if single.path == path => self.value(single)?,
                instances => self.wrap(Kind::Multiple, id, path, |encoder| {
                    instances.iter().try_for_each(|entry| encoder.value(entry))
                })?,
            }
        }
        Ok(())
    }

    fn value(&mut self, entry: &Entry<'_>) -> Result<(), EncodeError> {
        let path = entry.path;
        let (kind, id) = match (path.resource_instance_id(), path.resource_id()) {
            (Some(id), _) => (Kind::ResourceInstance, id),
            (None, Some(id)) => (Kind::Resource, id),
            (None, None) => return Err(EncodeError::Misplaced { path }),
        };
        let EntryValue::Value(value) = &entry.value else { return Err(EncodeError::Misplaced { path }) };
        let value = typed::checked(entry, value, &mut self.lookup)?;
        match &*value {
            Value::String(text) | Value::CoreLink(text) => self.item(kind, id, path, text.as_bytes()),
            Value::Opaque(bytes) => self.item(kind, id, path, bytes),
            Value::Integer(number) | Value::Time(number) => {
                self.item(kind, id, path, shortest(i128::from(*number), &number.to_be_bytes()))
            }
            // With a zero in front where the first bit would be taken for a sign.
            Value::Unsigned(number) => self.item(kind, id, path, shortest(i128::from(*number), &number.to_be_bytes())),
            Value::Boolean(truth) => self.item(kind, id, path, &[u8::from(*truth)]),
            Value::ObjectLink(link) => {
                let ([a, b], [c, d]) = (link.object.to_be_bytes(), link.instance.to_be_bytes());
                self.item(kind, id, path, &[a, b, c, d])
            }
            Value::Float(number) => {
                let short = *number as f32;
                if f64::from(short).to_bits() == number.to_bits() {
                    self.item(kind, id, path, &short.to_be_bytes())
                } else {
                    self.item(kind, id, path, &number.to_be_bytes())
                }
            }
        }
    }

    /// Writes what is inside first, then the header before it.
    fn wrap(
        &mut self,
        kind: Kind,
        id: u16,
        path: Path,
        inside: impl FnOnce(&mut Self) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        let start = self.out.len();
        inside(self)?;
        let (header, used) = header(kind, id, self.out.len() - start).ok_or(EncodeError::TooLong { path })?;
        self.out.splice(start..start, header.into_iter().take(used));
        Ok(())
    }

    fn item(&mut self, kind: Kind, id: u16, path: Path, value: &[u8]) -> Result<(), EncodeError> {
        let (header, used) = header(kind, id, value.len()).ok_or(EncodeError::TooLong { path })?;
        self.out.extend_from_slice(header.get(..used).unwrap_or_default());
        self.out.extend_from_slice(value);
        Ok(())
    }
}

/// Type byte, id and length, and how many bytes they are.
fn header(kind: Kind, id: u16, length: usize) -> Option<([u8; 6], usize)> {
    let kind = match kind {
        Kind::Instance => 0,
        Kind::ResourceInstance => 1 << 6,
        Kind::Multiple => 2 << 6,
        Kind::Resource => 3 << 6,
    };
    let [id_high, id_low] = id.to_be_bytes();
    let [_, high, middle, low] = (length as u32).to_be_bytes();
    let width: u8 = match length {
        0..8 => 0,
        8..0x100 => 1,
        0x100..0x1_0000 => 2,
        0x1_0000..0x100_0000 => 3,
        _ => return None,
    };
    let long_id = id_high != 0;
    let head = kind | u8::from(long_id) << 5 | width << 3 | if width == 0 { low } else { 0 };
    Some(match (long_id, width) {
        (false, 0) => ([head, id_low, 0, 0, 0, 0], 2),
        (false, 1) => ([head, id_low, low, 0, 0, 0], 3),
        (false, 2) => ([head, id_low, middle, low, 0, 0], 4),
        (false, _) => ([head, id_low, high, middle, low, 0], 5),
        (true, 0) => ([head, id_high, id_low, 0, 0, 0], 3),
        (true, 1) => ([head, id_high, id_low, low, 0, 0], 4),
        (true, 2) => ([head, id_high, id_low, middle, low, 0], 5),
        (true, _) => ([head, id_high, id_low, high, middle, low], 6),
    })
}

/// The 1, 2, 4 or 8 last bytes that hold a number in two's complement.
fn shortest(number: i128, bytes: &[u8; 8]) -> &[u8] {
    let width = [1, 2, 4].into_iter().find(|width| {
        let limit = 1_i128 << (8 * width - 1);
        (-limit..limit).contains(&number)
    });
    bytes.get(8 - width.unwrap_or(8)..).unwrap_or_default()
}

/// Room for this many entries is made at the start; more grows.
const FIRST_CAPACITY: usize = 64;

#[cfg(test)]
mod tests;
