//! Entries to flat records, and back.
//!
//! A record is three words of 64 bits, little endian, or four if the payload has times:
//!
//! | bits | what |
//! |---|---|
//! | word 0, 0–7 | the kind: the place in [`ValueType::ALL`], or one of the constants below |
//! | word 0, 8–15 | how many ids the path has |
//! | word 0, 16–23 | flags |
//! | word 0, 32–63 | object and instance, 16 bits each |
//! | word 1, 0–31 | resource and resource instance |
//! | word 1, 32–63 | where the text or the bytes begin |
//! | word 2 | the number; the length of text or bytes; object and instance of an object link |
//! | word 3 | the time in seconds, binary64 |
//!
//! Text is counted in UTF-16 units on the way out, as JavaScript cuts strings, and in bytes on the way in.

use lwm2m::{Decimal, Entry, EntryValue, Models, ObjectFacts, ObjectLink, Path, Timestamp, Value, ValueType};

use crate::state::{Answer, Failure};

const ABSENT: u8 = 9;
const DELETE: u8 = 10;
// Only on the way in: what JavaScript gave without saying a type.
const NUMBER: u8 = 11;
const BIGINT: u8 = 12;
const TEXT: u8 = 13;

const TIMED: u64 = 1 << 16;
/// Relative to the reception.
const RELATIVE: u64 = 1 << 17;
/// The definition says nothing of the type.
const UNTYPED: u64 = 1 << 18;
/// The bytes are in the answer, not in the payload.
const MADE: u64 = 1 << 19;
/// On the way in, the time is text: where it begins and its length are word 3.
const TEXT_TIME: u64 = 1 << 20;

/// Puts entries into the answer. Returns how many there are.
pub(crate) fn write<'e>(
    entries: impl Iterator<Item = &'e Entry<'e>> + Clone,
    payload: &[u8],
    models: &Models,
    answer: &mut Answer,
) -> usize {
    let timed = entries.clone().any(|entry| entry.time.is_some());
    answer.stride = if timed { 4 } else { 3 };
    answer.ascii = true;
    let mut units = 0;
    let mut count = 0;
    let mut known = Known { models, object: None };
    for entry in entries {
        let mut head = u64::from(head(entry.path));
        let ids = ids(entry.path);
        let (mut place, mut kind) = (0_usize, ABSENT);
        let word = match &entry.value {
            EntryValue::Absent => 0,
            EntryValue::Delete => {
                kind = DELETE;
                0
            }
            EntryValue::Value(value) => {
                kind = value.value_type() as u8;
                if !known.is_typed(entry.path) {
                    head |= UNTYPED;
                }
                match value {
                    Value::String(text) | Value::CoreLink(text) => {
                        place = units;
                        let length = if text.is_ascii() {
                            text.len()
                        } else {
                            answer.ascii = false;
                            text.chars().map(char::len_utf16).sum()
                        };
                        answer.text.push_str(text);
                        units += length;
                        length as u64
                    }
                    Value::Integer(number) | Value::Time(number) => *number as u64,
                    Value::Unsigned(number) => *number,
                    Value::Float(number) => number.to_bits(),
                    Value::Boolean(truth) => u64::from(*truth),
                    Value::ObjectLink(link) => u64::from(link.object) | u64::from(link.instance) << 16,
                    Value::Opaque(bytes) => {
                        match offset(payload, bytes) {
                            Some(at) => place = at,
                            None => {
                                head |= MADE;
                                place = answer.bytes.len();
                                answer.bytes.extend_from_slice(bytes);
                            }
                        }
                        bytes.len() as u64
                    }
                }
            }
        };
        head |= u64::from(kind);
        if let Some(time) = entry.time {
            head |= TIMED | if matches!(time, Timestamp::Relative(_)) { RELATIVE } else { 0 };
        }
        answer.records.push(head | u64::from(ids as u32) << 32);
        answer.records.push(ids >> 32 | (place as u64) << 32);
        answer.records.push(word);
        if timed {
            let decimal = entry.time.map_or(Decimal::ZERO, Timestamp::decimal);
            answer.records.push((decimal.seconds as f64 + f64::from(decimal.nanos) / 1e9).to_bits());
        }
        count += 1;
    }
    count
}

/// Reads the entries that JavaScript wrote: records of four words, then one blob.
pub(crate) fn read<'a>(records: &'a [u8], blob: &'a [u8], models: &Models) -> Result<Vec<Entry<'a>>, Failure> {
    let mut known = Known { models, object: None };
    let mut entries = Vec::with_capacity(records.len() / 32);
    for record in records.as_chunks::<32>().0 {
        let word = |at: usize| u64::from_le_bytes(record[8 * at..8 * at + 8].try_into().unwrap_or_default());
        let (head, ids, number) = (word(0), word(1), word(2));
        let path = path(word(0) as u32, (head >> 32) as u32, ids as u32);
        let text = |at: usize, length: usize| {
            let bytes = blob.get(at..at + length).unwrap_or_default();
            core::str::from_utf8(bytes).map_err(|_| bad(path, "its text is not whole"))
        };
        let place = (ids >> 32) as usize;
        let value = match head as u8 {
            ABSENT => EntryValue::Absent,
            DELETE => EntryValue::Delete,
            NUMBER => EntryValue::Value(untyped(f64::from_bits(number), known.value_type(path))),
            BIGINT => EntryValue::Value(Value::Integer(number as i64)),
            TEXT => EntryValue::Value(match known.value_type(path) {
                Some(ValueType::CoreLink) => Value::CoreLink(text(place, number as usize)?.into()),
                _ => Value::String(text(place, number as usize)?.into()),
            }),
            kind => EntryValue::Value(match ValueType::ALL.get(usize::from(kind)) {
                Some(ValueType::String) => Value::String(text(place, number as usize)?.into()),
                Some(ValueType::CoreLink) => Value::CoreLink(text(place, number as usize)?.into()),
                Some(ValueType::Integer) => Value::Integer(number as i64),
                Some(ValueType::Unsigned) => Value::Unsigned(number),
                Some(ValueType::Float) => Value::Float(f64::from_bits(number)),
                Some(ValueType::Boolean) => Value::Boolean(number != 0),
                Some(ValueType::Opaque) => {
                    Value::Opaque(blob.get(place..place + number as usize).unwrap_or_default().into())
                }
                Some(ValueType::Time) => Value::Time(number as i64),
                Some(ValueType::ObjectLink) => {
                    Value::ObjectLink(ObjectLink { object: number as u16, instance: (number >> 16) as u16 })
                }
                None => return Err(bad(path, "its type is unknown")),
            }),
        };
        let time = if head & TEXT_TIME != 0 {
            let time = word(3);
            let text = text(time as u32 as usize, (time >> 32) as usize)?;
            Some(Decimal::parse(text).ok_or_else(|| bad(path, "its time is no decimal number"))?)
        } else {
            None
        };
        let kind = if head & RELATIVE == 0 { Timestamp::Absolute } else { Timestamp::Relative };
        entries.push(Entry { path, value, time: time.map(kind) });
    }
    Ok(entries)
}

/// A number of JavaScript's is what the definition asks for, if it can be that; else an Integer if it is whole.
fn untyped(number: f64, wanted: Option<ValueType>) -> Value<'static> {
    let whole = number as i64;
    let is_whole =
        whole as f64 == number && whole.unsigned_abs() < 1 << 53 && !(whole == 0 && number.is_sign_negative());
    match wanted {
        Some(ValueType::Float) => Value::Float(number),
        Some(ValueType::Time) if is_whole => Value::Time(whole),
        Some(ValueType::Unsigned) if is_whole && whole >= 0 => Value::Unsigned(whole as u64),
        _ if is_whole => Value::Integer(whole),
        _ => Value::Float(number),
    }
}

fn bad(path: Path, why: &str) -> Failure {
    Failure { path: Some(path), ..Failure::new("BadEntry", format_args!("{path}: {why}")) }
}

/// Where in the payload these bytes stand, if they do.
fn offset(payload: &[u8], bytes: &[u8]) -> Option<usize> {
    let at = (bytes.as_ptr() as usize).checked_sub(payload.as_ptr() as usize)?;
    (at + bytes.len() <= payload.len()).then_some(at)
}

/// Definitions, with the last object kept: entries of one object stand together.
struct Known<'m> {
    models: &'m Models,
    object: Option<(u16, Option<ObjectFacts<'m>>)>,
}

impl Known<'_> {
    fn value_type(&mut self, path: Path) -> Option<ValueType> {
        let (id, resource) = (path.object_id()?, path.resource_id()?);
        let facts = match self.object {
            Some((object, facts)) if object == id => facts,
            _ => {
                let facts = self.models.object(id);
                self.object = Some((id, facts));
                facts
            }
        };
        facts?.value_type(resource)
    }

    fn is_typed(&mut self, path: Path) -> bool {
        self.value_type(path).is_some()
    }
}

fn head(path: Path) -> u32 {
    (path.ids().len() as u32) << 8
}

/// The ids, the object in the lowest 16 bits.
pub(crate) fn ids(path: Path) -> u64 {
    path.ids().iter().rev().fold(0, |ids, id| ids << 16 | u64::from(*id))
}

/// The path of ids as [`ids`] puts them, and of a head as [`head`] makes it.
pub(crate) fn path(head: u32, high: u32, low: u32) -> Path {
    let ids = [high as u16, (high >> 16) as u16, low as u16, (low >> 16) as u16];
    let levels = (head >> 8 & 7) as usize;
    ids.iter().take(levels).fold(Path::ROOT, |path, id| match path.child(*id) {
        Some(child) => child,
        None => path.object_id().map_or(path, Path::new_instance),
    })
}
