//! Any entries in any format: written and read again they are the same, or there is a reason not to write them.

use std::borrow::Cow;

use lwm2m::{ContentFormat, Context, Decimal, Entry, EntryValue, ObjectLink, Path, Timestamp, Value, codec};

use crate::decode::reads_back;
use crate::models;

const FORMATS: [u16; 10] = [0, 42, 60, 110, 112, 320, 322, 11542, 11543, 11544];

/// Bytes become a format, a base path and entries.
pub(crate) fn holds(data: &[u8]) {
    let mut from = Bytes(data);
    let format = ContentFormat(FORMATS[usize::from(from.byte()) % FORMATS.len()]);
    let levels = usize::from(from.byte() % 5);
    let base = from.path(4).truncate(levels);
    let mut entries = Vec::new();
    while !from.0.is_empty() && entries.len() < 24 {
        let below = from.path(4);
        // Most lie below the base, so that most can be written.
        let path = if from.one_in(8) { below } else { below.ids().iter().skip(levels).fold(base, down) };
        entries.push(Entry { path, value: from.value(), time: from.time() });
    }
    let context = Context::new(format, base, models());
    if let Ok(written) = codec::encode(&entries, &context) {
        reads_back(&entries, &written, &context);
    }
}

/// The same but for the types of values: an Integer is taken for an Unsigned, Float or Time and the other way round, and
/// of a resource that nobody knows, or that is only executed, no reader knows the type.
pub(crate) fn alike(a: &[Entry<'_>], b: &[Entry<'_>]) -> bool {
    let alike = |a: &Entry<'_>, b: &Entry<'_>| match (a.value(), b.value()) {
        _ if models().resource(a.path).is_none_or(|known| known.value_type.is_none()) => true,
        (Some(Value::Float(a)), Some(Value::Float(b))) => a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan(),
        (Some(one), Some(two)) => one == two || whole(one).is_some() && whole(one) == whole(two),
        _ => a.value == b.value,
    };
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a.path, a.time) == (b.path, b.time) && alike(a, b))
}

/// The whole number that a value is.
#[allow(clippy::cast_possible_truncation)] // floats only up to 2^64
fn whole(value: &Value<'_>) -> Option<i128> {
    match value {
        Value::Integer(number) | Value::Time(number) => Some((*number).into()),
        Value::Unsigned(number) => Some((*number).into()),
        Value::Float(number) if number.fract() == 0.0 && number.abs() < 2e19 => Some(*number as i128),
        _ => None,
    }
}

fn down(path: Path, id: &u16) -> Path {
    path.child(*id).unwrap_or(path)
}

struct Bytes<'d>(&'d [u8]);

impl<'d> Bytes<'d> {
    /// Zero when there are no more.
    fn byte(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or_default()
    }

    fn take(&mut self, count: usize) -> &'d [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    fn number(&mut self, bytes: usize) -> u64 {
        self.take(bytes).iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    fn one_in(&mut self, count: u8) -> bool {
        self.byte().is_multiple_of(count)
    }

    /// Mostly below the object with all types.
    fn path(&mut self, most: usize) -> Path {
        let object = if self.one_in(8) { self.id() } else { 33_000 };
        let ids = [object, self.id(), u16::from(self.byte() % 2) * 100 + u16::from(self.byte() % 9), self.id()];
        let multiple = ids[2] >= 100;
        ids.iter().take(most.min(if multiple { 4 } else { 3 })).fold(Path::ROOT, down)
    }

    fn id(&mut self) -> u16 {
        match self.byte() {
            byte @ 0..=200 => u16::from(byte % 4),
            _ => u16::try_from(self.number(2)).unwrap_or_default(),
        }
    }

    fn value(&mut self) -> EntryValue<'d> {
        let length = usize::from(self.byte());
        let value = match self.byte() % 11 {
            0 => return EntryValue::Absent,
            1 => return EntryValue::Delete,
            2 => Value::String(String::from_utf8_lossy(self.take(length))),
            3 => Value::Integer(self.number(8).cast_signed() >> (length % 64)),
            4 => Value::Unsigned(self.number(8) >> (length % 64)),
            5 => Value::Float(f64::from_bits(self.number(8))),
            6 => Value::Boolean(length.is_multiple_of(2)),
            7 => Value::Opaque(Cow::Borrowed(self.take(length))),
            8 => Value::Time(self.number(8).cast_signed() >> (length % 64)),
            9 => Value::ObjectLink(ObjectLink { object: self.id(), instance: self.id() }),
            _ => Value::CoreLink(String::from_utf8_lossy(self.take(length))),
        };
        EntryValue::Value(value)
    }

    fn time(&mut self) -> Option<Timestamp> {
        let kind = self.byte() % 4;
        if kind < 2 {
            return None;
        }
        let scale = [1, 1_000, 1_000_000, 1_000_000_000][usize::from(self.byte() % 4)];
        let nanos = u32::try_from(self.number(4) % 1_000_000_000 / scale * scale).unwrap_or_default();
        let seconds = self.number(8).cast_signed() >> (self.byte() % 64);
        let time = Decimal::new(seconds, nanos);
        Some(if kind == 2 { Timestamp::Absolute(time) } else { Timestamp::Relative(time) })
    }
}
