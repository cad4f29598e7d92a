//! From what a definition says to a typed value: the rules that formats share.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::{DecodeError, EncodeError};
use crate::models::{Rows, Shape};
use crate::{Context, Decimal, Entry, EntryValue, Level, Mode, Models, ObjectLink, Path, Timestamp, Value, ValueType};
use crate::{float, order, path};

/// Looks up resources, remembering the object: neighbours in a payload are mostly of the same one.
pub(super) struct Lookup<'m> {
    models: &'m Models,
    object: Option<(u16, Option<Rows<'m>>)>,
    /// Of this object the resources that were last asked for, by the end of their ids.
    recent: [Option<(u16, Option<Shape>)>; RECENT],
}

/// How many resources a [`Lookup`] remembers.
const RECENT: usize = 8;

impl<'m> Lookup<'m> {
    pub(super) const fn new(context: &Context<'m>) -> Self {
        Self { models: context.models, object: None, recent: [None; RECENT] }
    }

    /// What is known of the resource that `path` names or lies in.
    #[inline]
    pub(super) fn resource(&mut self, path: Path) -> Option<Shape> {
        let (object, resource) = (path.object_id()?, path.resource_id()?);
        match (&self.object, self.recent.get(usize::from(resource) % RECENT)) {
            (Some((known, _)), Some(Some((recent, shape)))) if *known == object && *recent == resource => *shape,
            _ => self.look_up(object, resource),
        }
    }

    fn look_up(&mut self, object: u16, resource: u16) -> Option<Shape> {
        if self.object.as_ref().is_none_or(|&(known, _)| known != object) {
            self.object = Some((object, self.models.rows(object)));
            self.recent = [None; RECENT];
        }
        let (_, rows) = self.object.as_ref()?;
        let shape = rows.as_ref().and_then(|rows| rows.shape(resource));
        if let Some(recent) = self.recent.get_mut(usize::from(resource) % RECENT) {
            *recent = Some((resource, shape));
        }
        shape
    }

    /// The type of the resource, if it is known and has one.
    #[inline]
    pub(super) fn value_type(&mut self, path: Path) -> Option<ValueType> {
        self.resource(path)?.value_type
    }
}

/// What is known of the resource that a format of one value is about: the path of the request.
pub(super) fn single(context: &Context<'_>) -> Result<Option<Shape>, DecodeError> {
    let path = context.base;
    let level = path.level();
    if level < Level::Resource || path.is_new_instance() {
        return Err(DecodeError::Base { format: context.format, base: path });
    }
    let facts = Lookup::new(context).resource(path);
    if context.mode == Mode::Strict && facts.is_some_and(|facts| facts.multiple != (level == Level::ResourceInstance)) {
        return Err(DecodeError::Multiplicity { path, at: 0 });
    }
    Ok(facts)
}

/// The value that a format of one value is to carry, with the type that the definition wants.
pub(super) fn only<'v>(
    entries: &'v [Entry<'_>],
    context: &Context<'_>,
) -> Result<(Path, Cow<'v, Value<'v>>), EncodeError> {
    let [entry] = entries else { return Err(EncodeError::NotOne) };
    let path = entry.path;
    if context.base.level() < Level::Resource {
        return Err(EncodeError::Base { format: context.format, base: context.base });
    }
    if path != context.base {
        return Err(EncodeError::Misplaced { path });
    }
    if entry.time.is_some() {
        return Err(EncodeError::NoTime { path });
    }
    match &entry.value {
        EntryValue::Absent => Err(EncodeError::NotOne),
        EntryValue::Delete => Err(EncodeError::NoDelete { path }),
        EntryValue::Value(value) => Ok((path, checked(entry, value, &mut Lookup::new(context))?)),
    }
}

/// A whole number as its type, if it is in range. Only for the three integer types.
pub(super) fn integer(number: i128, kind: ValueType) -> Option<Value<'static>> {
    Some(match kind {
        ValueType::Unsigned => Value::Unsigned(number.try_into().ok()?),
        ValueType::Time => Value::Time(number.try_into().ok()?),
        _ => Value::Integer(number.try_into().ok()?),
    })
}

/// A value as the definition wants it written: numbers change type where nothing is lost.
pub(super) fn checked<'v>(
    entry: &'v Entry<'_>,
    value: &'v Value<'_>,
    lookup: &mut Lookup<'_>,
) -> Result<Cow<'v, Value<'v>>, EncodeError> {
    match lookup.value_type(entry.path).filter(|expected| *expected != value.value_type()) {
        None => Ok(Cow::Borrowed(value)),
        Some(expected) => converted(entry.path, value, expected).map(Cow::Owned),
    }
}

/// A number as another type, if nothing is lost.
pub(super) fn converted(path: Path, value: &Value<'_>, expected: ValueType) -> Result<Value<'static>, EncodeError> {
    let number = match *value {
        Value::Integer(number) | Value::Time(number) => Some(i128::from(number)),
        Value::Unsigned(number) => Some(i128::from(number)),
        _ => None,
    };
    let changed = match (number, expected) {
        (Some(number), ValueType::Integer | ValueType::Unsigned | ValueType::Time) => integer(number, expected),
        (Some(number), ValueType::Float) => {
            let float = number as f64;
            (float as i128 == number).then_some(Value::Float(float))
        }
        _ => None,
    };
    changed.ok_or_else(|| EncodeError::WrongType { path, expected, got: value.value_type() })
}

/// The digits of a decimal integer, `-12`, without blank, `+` or exponent.
pub(crate) fn decimal_integer(text: &str) -> Option<i128> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    // 20 digits hold every u64; more than 30 are refused before they are worth reading.
    if digits.is_empty() || digits.len() > 30 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// A decimal number with an optional exponent that is finite in binary64.
pub(crate) fn decimal_float(text: &str) -> Option<f64> {
    float::parse(text).filter(|float| float.is_finite())
}

/// Text as one of the types that are carried as text.
pub(super) fn object_link(text: &str) -> Option<Value<'static>> {
    text.parse::<ObjectLink>().ok().map(Value::ObjectLink)
}

/// What of `name` lies below `outer`, an alternate root or a prefix; all of it if it lies elsewhere.
pub(super) fn below<'n>(name: &'n str, outer: &str) -> &'n str {
    path::below(name, outer).unwrap_or(name)
}

/// A name without the alternate root and the gateway prefix, where it has them. The empty name is the root.
pub(super) fn below_root<'n>(name: &'n str, context: &Context<'_>) -> &'n str {
    // First, because comparing with nothing is slow on some processors.
    if context.root.is_empty() && context.prefix.is_empty() {
        return name;
    }
    let inner = below(name, context.root);
    let inner = match context.prefix {
        "" => inner,
        prefix => inner.strip_prefix('/').map_or(inner, |rest| match below(rest, prefix) {
            same if same == rest => inner,
            below => below,
        }),
    };
    if inner.is_empty() { "/" } else { inner }
}

/// The path that is given twice at the same time, or as a value although its instances are given too. Wishes (paths
/// alone) may come twice if `wishes`.
pub(super) fn no_duplicates<'e, 'v: 'e, E: AsRef<Entry<'v>> + 'e>(entries: &'e [E], wishes: bool) -> Result<(), Path> {
    let clash = |a: &Entry<'_>, b: &Entry<'_>| {
        let same = a.path == b.path
            && a.time == b.time
            && (!wishes || a.value != EntryValue::Absent || b.value != EntryValue::Absent);
        same || (a.path != b.path && a.value().is_some() && a.path.contains(b.path))
    };
    // Mostly they come in order, and neighbours are all there is to compare.
    let in_order = |a: &Entry<'_>, b: &Entry<'_>| a.path.is_before(b.path);
    if entries.windows(2).all(|pair| matches!(pair, [a, b] if in_order(a.as_ref(), b.as_ref()))) {
        return Ok(());
    }
    if instances_in_order(entries) {
        return Ok(());
    }
    let mut sorted: Vec<&Entry<'_>> = entries.iter().map(AsRef::as_ref).collect();
    order::by_key(&mut sorted, |entry| key(entry));
    let first = sorted.windows(2).find_map(|pair| match pair {
        [a, b] if clash(a, b) => Some(b.path),
        _ => None,
    });
    first.map_or(Ok(()), Err)
}

/// Whether the instances come in order, and the few resources of each, in any order, are not the same.
fn instances_in_order<'e, 'v: 'e, E: AsRef<Entry<'v>> + 'e>(entries: &'e [E]) -> bool {
    let mut last = None;
    entries.chunk_by(|a, b| a.as_ref().path.truncate(2) == b.as_ref().path.truncate(2)).all(|group| {
        let instance = group.first().map(|first| first.as_ref().path.truncate(2));
        if last >= instance || group.len() > FEW {
            return false;
        }
        last = instance;
        group.iter().enumerate().all(|(place, a)| {
            let a = a.as_ref().path;
            let clash = |b: &E| {
                let b = b.as_ref().path;
                a.resource_id() == b.resource_id() && (a.contains(b) || b.contains(a))
            };
            a.level() >= Level::Resource && !group.iter().take(place).any(clash)
        })
    })
}

/// So many resources of an instance are compared each with each; more are sorted.
const FEW: usize = 16;

/// An order that brings together what may clash.
fn key(entry: &Entry<'_>) -> (Path, u8, i64, u32) {
    let (kind, time) = match entry.time {
        None => (0, Decimal::ZERO),
        Some(Timestamp::Absolute(time)) => (1, time),
        Some(Timestamp::Relative(time)) => (2, time),
    };
    (entry.path, kind, time.seconds, time.nanos)
}
