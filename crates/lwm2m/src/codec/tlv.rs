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
use core::iter;

use super::notes::{Mark, Notes};
use super::typed;
use super::{DecodeError, EncodeError};
use crate::models::{Rows, Shape};
use crate::{Context, Entry, EntryValue, FieldKind, Level, Mode, ObjectLink, Path, PathError, Value, ValueType};

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
    let rows = base.object_id().and_then(|object| context.models.rows(object));
    let mut decoder = Decoder { context, rows, entries, notes, last: None, in_order: true };
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
    /// The resources of the object, if it is known: a payload is of one.
    rows: Option<Rows<'c>>,
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
            self.absent(path, mark)?;
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
            return self.absent(resource, mark);
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
        self.rows.as_ref()?.shape(path.resource_id()?)
    }

    fn value(&mut self, item: &Item<'p>, path: Path, shape: Option<Shape>, mark: Mark) -> Result<(), DecodeError> {
        let bytes = item.value;
        self.notes.place(mark, path);
        self.notes.field(FieldKind::Value, item.value_at + bytes.len());
        self.check_multiplicity(path, path.level() == Level::ResourceInstance, shape, item.at)?;
        let kind = shape.and_then(|shape| shape.value_type).unwrap_or(ValueType::Opaque);
        self.room()?;
        if !push(self.entries, path, bytes, kind) {
            return Err(item.unreadable(path, kind));
        }
        self.pushed(path, mark);
        Ok(())
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

    fn absent(&mut self, path: Path, mark: Mark) -> Result<(), DecodeError> {
        self.room()?;
        self.entries.push(Entry::absent(path));
        self.pushed(path, mark);
        Ok(())
    }

    #[inline]
    fn room(&self) -> Result<(), DecodeError> {
        let limit = self.context.limits.entries;
        if self.entries.len() < limit { Ok(()) } else { Err(DecodeError::TooMany { limit }) }
    }

    #[inline]
    fn pushed(&mut self, path: Path, mark: Mark) {
        self.notes.entry(mark, path);
        self.in_order &= self.last.is_none_or(|last| last.is_before(path));
        self.last = Some(path);
    }
}

/// Adds an entry. False if that many or such bytes are no value of the type.
#[inline]
fn push<'p>(entries: &mut Vec<Entry<'p>>, path: Path, bytes: &'p [u8], kind: ValueType) -> bool {
    match kind {
        ValueType::Integer => signed(bytes).is_some_and(|number| put(entries, path, || Value::Integer(number))),
        ValueType::Time => signed(bytes).is_some_and(|number| put(entries, path, || Value::Time(number))),
        ValueType::String => {
            core::str::from_utf8(bytes).is_ok_and(|text| put(entries, path, || Value::String(Cow::Borrowed(text))))
        }
        ValueType::CoreLink => {
            core::str::from_utf8(bytes).is_ok_and(|text| put(entries, path, || Value::CoreLink(Cow::Borrowed(text))))
        }
        ValueType::Opaque => put(entries, path, || Value::Opaque(Cow::Borrowed(bytes))),
        ValueType::Unsigned => unsigned(bytes).is_some_and(|number| put(entries, path, || Value::Unsigned(number))),
        ValueType::Float => {
            let number = match *bytes {
                [a, b, c, d] => Some(f64::from(f32::from_be_bytes([a, b, c, d]))),
                [a, b, c, d, e, f, g, h] => Some(f64::from_be_bytes([a, b, c, d, e, f, g, h])),
                _ => None,
            };
            number.is_some_and(|number| put(entries, path, || Value::Float(number)))
        }
        ValueType::Boolean => match *bytes {
            [truth @ 0..=1] => put(entries, path, || Value::Boolean(truth == 1)),
            _ => false,
        },
        ValueType::ObjectLink => match *bytes {
            [a, b, c, d] => put(entries, path, || {
                let (object, instance) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
                Value::ObjectLink(ObjectLink { object, instance })
            }),
            _ => false,
        },
    }
}

/// `extend` makes the entry in its place once there is room for it. `push` would move it there, and moving an entry costs
/// more than reading it.
#[inline(always)]
#[allow(clippy::inline_always)] // else it is moved after all
fn put<'p>(entries: &mut Vec<Entry<'p>>, path: Path, value: impl FnOnce() -> Value<'p>) -> bool {
    entries.extend(iter::once(value).map(|value| Entry::new(path, value())));
    true
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

/// The first two bits of the type byte.
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
    #[inline(always)]
    #[allow(clippy::inline_always)] // handed over in memory, an item costs more than reading it
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
    let (mut in_order, mut last) = (true, None::<Path>);
    for entry in entries {
        let path = entry.path;
        if !base.contains(path) || entry.time.is_some() || matches!(entry.value, EntryValue::Delete) {
            return Err(match entry {
                _ if !base.contains(path) => EncodeError::Misplaced { path },
                entry if entry.time.is_some() => EncodeError::NoTime { path },
                _ => EncodeError::NoDelete { path },
            });
        }
        in_order &= last.is_none_or(|last| last.is_before(path));
        last = Some(path);
    }
    // Entries mostly come in order; if not, this is the order.
    let mut order = Vec::new();
    if !in_order {
        order.extend(entries);
        crate::order::by_key(&mut order, |entry| entry.path);
        typed::no_duplicates(&order, false).map_err(|path| EncodeError::Duplicate { path })?;
    }
    let rows = base.object_id().and_then(|object| context.models.rows(object));
    let mut encoder = Encoder { entries, order, at: 0, rows, out: Vec::with_capacity(16 + 12 * entries.len()) };
    // The base as a path alone means: nothing there.
    if base.level() <= Level::ObjectInstance
        && let [only] = entries
        && only.path == base
        && only.value == EntryValue::Absent
    {
        encoder.at = 1;
    }
    match base.level() {
        Level::Root | Level::Object => {
            while let Some(entry) = encoder.peek() {
                encoder.instance(entry.path)?;
            }
        }
        Level::ObjectInstance | Level::Resource => encoder.resources(base.truncate(2))?,
        Level::ResourceInstance => {
            while let Some(entry) = encoder.peek() {
                encoder.value(entry, encoder.value_type(base))?;
            }
        }
    }
    Ok(encoder.out)
}

struct Encoder<'e, 'v, 'c> {
    entries: &'e [Entry<'v>],
    /// The entries in order, if they are not.
    order: Vec<&'e Entry<'v>>,
    /// The next one.
    at: usize,
    /// The resources of the object, if it is known: a payload is of one.
    rows: Option<Rows<'c>>,
    out: Vec<u8>,
}

impl<'e, 'v> Encoder<'e, 'v, '_> {
    /// The entry to write next.
    #[inline]
    fn peek(&self) -> Option<&'e Entry<'v>> {
        if self.order.is_empty() { self.entries.get(self.at) } else { self.order.get(self.at).copied() }
    }

    /// An instance with its wrapper; without, if the client is to choose the id, which only a lone one can leave to it.
    fn instance(&mut self, first: Path) -> Result<(), EncodeError> {
        let path = first.truncate(2);
        if self.peek().is_some_and(|entry| entry.path == path && entry.value == EntryValue::Absent) {
            self.at += 1;
        }
        match path.instance_id() {
            Some(id) => self.wrap(Kind::Instance, id, path, |encoder| encoder.resources(path)),
            None if path.is_new_instance() && self.out.is_empty() => {
                self.resources(path)?;
                self.peek().map_or(Ok(()), |entry| Err(EncodeError::Misplaced { path: entry.path }))
            }
            None => Err(EncodeError::Misplaced { path: first }),
        }
    }

    /// The resources of an instance.
    fn resources(&mut self, instance: Path) -> Result<(), EncodeError> {
        while let Some(entry) = self.peek().filter(|entry| instance.contains(entry.path)) {
            let path = entry.path.truncate(3);
            let id = path.resource_id().ok_or(EncodeError::Misplaced { path: entry.path })?;
            let expected = self.value_type(path);
            if entry.path == path {
                if let EntryValue::Value(_) = entry.value {
                    self.value(entry, expected)?;
                    continue;
                }
                // A resource as a path alone is one without instances, unless its instances follow.
                self.at += 1;
            }
            self.wrap(Kind::Multiple, id, path, |encoder| {
                while let Some(entry) = encoder.peek().filter(|entry| path.contains(entry.path)) {
                    encoder.value(entry, expected)?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// The type of the resource, if it is known and has one.
    #[inline]
    fn value_type(&self, path: Path) -> Option<ValueType> {
        self.rows.as_ref()?.shape(path.resource_id()?)?.value_type
    }

    #[inline]
    fn value(&mut self, entry: &Entry<'_>, expected: Option<ValueType>) -> Result<(), EncodeError> {
        self.at += 1;
        let path = entry.path;
        let (Some(resource), EntryValue::Value(value)) = (path.resource_id(), &entry.value) else {
            return Err(EncodeError::Misplaced { path });
        };
        let (kind, id) = match path.resource_instance_id() {
            Some(id) => (Kind::ResourceInstance, id),
            None => (Kind::Resource, resource),
        };
        match expected.filter(|expected| *expected != value.value_type()) {
            None => self.typed(kind, id, path, value),
            Some(expected) => self.typed(kind, id, path, &typed::converted(path, value, expected)?),
        }
    }

    fn typed(&mut self, kind: Kind, id: u16, path: Path, value: &Value<'_>) -> Result<(), EncodeError> {
        match value {
            Value::String(text) | Value::CoreLink(text) => self.bytes(kind, id, path, text.as_bytes()),
            Value::Opaque(bytes) => self.bytes(kind, id, path, bytes),
            Value::Integer(number) | Value::Time(number) => self.number(kind, id, *number),
            // With a zero in front where the first bit would be taken for a sign.
            Value::Unsigned(number) => match i64::try_from(*number) {
                Ok(number) => self.number(kind, id, number),
                Err(_) => self.short(kind, id, number.to_be_bytes()),
            },
            Value::Boolean(truth) => self.short(kind, id, [u8::from(*truth)]),
            Value::ObjectLink(link) => {
                let ([a, b], [c, d]) = (link.object.to_be_bytes(), link.instance.to_be_bytes());
                self.short(kind, id, [a, b, c, d])
            }
            Value::Float(number) => {
                let narrow = *number as f32;
                if f64::from(narrow).to_bits() == number.to_bits() {
                    self.short(kind, id, narrow.to_be_bytes())
                } else {
                    self.short(kind, id, number.to_be_bytes())
                }
            }
        }
    }

    /// In the 1, 2, 4 or 8 bytes that hold a number in two's complement.
    #[inline]
    fn number(&mut self, kind: Kind, id: u16, number: i64) -> Result<(), EncodeError> {
        if let Ok(number) = i8::try_from(number) {
            self.short(kind, id, number.to_be_bytes())
        } else if let Ok(number) = i16::try_from(number) {
            self.short(kind, id, number.to_be_bytes())
        } else if let Ok(number) = i32::try_from(number) {
            self.short(kind, id, number.to_be_bytes())
        } else {
            self.short(kind, id, number.to_be_bytes())
        }
    }

    /// A value of a few bytes whose number is known when this is compiled.
    #[inline]
    fn short<const N: usize>(&mut self, kind: Kind, id: u16, value: [u8; N]) -> Result<(), EncodeError> {
        self.head(kind, id, N as u32);
        self.out.extend_from_slice(&value);
        Ok(())
    }

    #[inline]
    fn bytes(&mut self, kind: Kind, id: u16, path: Path, value: &[u8]) -> Result<(), EncodeError> {
        self.header(kind, id, path, value.len())?;
        self.out.extend_from_slice(value);
        Ok(())
    }

    /// Writes what is inside first, then the header, and brings it to the front.
    fn wrap(
        &mut self,
        kind: Kind,
        id: u16,
        path: Path,
        inside: impl FnOnce(&mut Self) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        let start = self.out.len();
        inside(self)?;
        let end = self.out.len();
        self.header(kind, id, path, end - start)?;
        let header = self.out.len() - end;
        if let Some(item) = self.out.get_mut(start..) {
            item.rotate_right(header);
        }
        Ok(())
    }

    #[inline]
    fn header(&mut self, kind: Kind, id: u16, path: Path, length: usize) -> Result<(), EncodeError> {
        match u32::try_from(length) {
            Ok(length @ ..0x100_0000) => self.head(kind, id, length),
            _ => return Err(EncodeError::TooLong { path }),
        }
        Ok(())
    }

    /// Type byte, id and length, which is below 2^24. Put together in a number and written at once with what is too much,
    /// because writing bytes one by one takes longer.
    #[inline]
    fn head(&mut self, kind: Kind, id: u16, length: u32) {
        let (width, short) = match length {
            0..8 => (0, length),
            8..0x100 => (1, 0),
            0x100..0x1_0000 => (2, 0),
            _ => (3, 0),
        };
        let head = (kind as u32) << 6 | width << 3 | short;
        let (head, used) = if id < 0x100 {
            (head << 8 | u32::from(id), 2)
        } else {
            ((head | u32::from(LONG_ID)) << 16 | u32::from(id), 3)
        };
        let (head, used) = if width == 0 {
            (u64::from(head), used)
        } else {
            (u64::from(head) << (8 * width) | u64::from(length), used + width)
        };
        let end = self.out.len() + used as usize;
        self.out.extend_from_slice(&(head << (64 - 8 * used)).to_be_bytes());
        self.out.truncate(end);
    }
}

/// The bit of the type byte that says that the id has two bytes.
const LONG_ID: u8 = 1 << 5;

/// Room for this many entries is made at the start; more grows.
const FIRST_CAPACITY: usize = 64;

#[cfg(test)]
mod tests;
