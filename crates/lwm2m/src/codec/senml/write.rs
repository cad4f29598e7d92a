//! From entries to records.

use alloc::string::String;

use super::is_etch;
use crate::codec::EncodeError;
use crate::codec::groups::Part;
use crate::codec::typed::{self, Lookup};
use crate::{Context, Decimal, EntryValue, Level, Path, Timestamp, Value};

/// What a pack is written to, record by record.
pub(super) trait Sink {
    fn record(&mut self, draft: &Draft<'_>) -> Result<(), EncodeError>;
}

/// A record as it is to be written.
pub(super) struct Draft<'d> {
    pub(super) path: Path,
    pub(super) base_name: Option<&'d str>,
    pub(super) name: Option<&'d str>,
    pub(super) base_time: Option<Decimal>,
    pub(super) time: Option<Decimal>,
    pub(super) value: Option<&'d Value<'d>>,
    /// `null` in place of a value.
    pub(super) delete: bool,
}

/// Writes the records of a pack, between what opens and closes it.
pub(super) fn encode(parts: &[Part<'_>], context: &Context<'_>, sink: &mut dyn Sink) -> Result<(), EncodeError> {
    let mut names = Names { root: context.root, base: None, base_name: String::new(), name: String::new() };
    let mut base_time = None;
    let mut lookup = Lookup::new(context);
    let etch = is_etch(context.format);
    let mut fetch = None;
    // A base time would give every later record a time, so it is used only where all have one.
    let all_timed = parts.iter().all(|part| part.1.iter().all(|entry| entry.time.is_some()));
    for (device, (prefix, entries)) in parts.iter().enumerate() {
        for entry in *entries {
            let path = entry.path;
            if path.is_new_instance() {
                return Err(EncodeError::NewInstance { path });
            }
            if !context.base.contains(path) {
                return Err(EncodeError::Misplaced { path });
            }
            let level = path.level();
            let value = match &entry.value {
                EntryValue::Absent => None,
                EntryValue::Delete if !etch => return Err(EncodeError::NoDelete { path }),
                // OMA LwM2M Core 1.2, "Write-Composite": nothing else can be deleted so.
                EntryValue::Delete if level < Level::ResourceInstance => return Err(EncodeError::Misplaced { path }),
                EntryValue::Delete => None,
                EntryValue::Value(_) if level < Level::Resource => return Err(EncodeError::Misplaced { path }),
                EntryValue::Value(value) => Some(typed::checked(entry, value, &mut lookup)?),
            };
            let alone = entry.value == EntryValue::Absent;
            if etch && *fetch.get_or_insert(alone) != alone {
                return Err(EncodeError::MixedPack { path });
            }
            let time = entry.time.map(Timestamp::decimal);
            if time.map(Timestamp::from_senml) != entry.time {
                return Err(EncodeError::BadTime { path });
            }
            let new_base_time = if all_timed && base_time != time { time } else { None };
            base_time = time;
            let (base_name, name) = names.next((device, prefix), path, alone);
            sink.record(&Draft {
                path,
                base_name,
                name,
                base_time: new_base_time,
                time: if all_timed { None } else { time },
                value: value.as_deref(),
                delete: entry.value == EntryValue::Delete,
            })?;
        }
        typed::no_duplicates(entries, true).map_err(|path| EncodeError::Duplicate { path })?;
    }
    if etch && fetch.is_none() { Err(EncodeError::Empty) } else { Ok(()) }
}

/// Makes names short.
struct Names<'c> {
    root: &'c str,
    /// The base name in force, of the device with this number: an instance with a `/` after it, or a full name with
    /// nothing after it.
    base: Option<(usize, Path)>,
    base_name: String,
    name: String,
}

impl Names<'_> {
    /// The base name, if it is a new one, and the name of the next record.
    ///
    /// Values of one instance share a base name; what is only a path is written in full, as the examples of composite
    /// reads have it.
    fn next(&mut self, device: (usize, &str), path: Path, alone: bool) -> (Option<&str>, Option<&str>) {
        let (device, prefix) = device;
        if alone || path.level() < Level::Resource {
            // Once a base name is in force it must be replaced, and then the name itself is left out.
            self.full_name(prefix, path, "");
            if self.base.is_none() {
                return (None, Some(&self.base_name));
            }
            // No slash at its end, so no value may follow it, not even one of an instance of this path.
            self.base = Some((NO_DEVICE, path));
            return (Some(&self.base_name), None);
        }
        let instance = path.truncate(2);
        let new = self.base != Some((device, instance));
        if new {
            self.full_name(prefix, instance, "/");
            self.base = Some((device, instance));
        }
        self.name.clear();
        for id in path.ids().iter().skip(2) {
            if !self.name.is_empty() {
                self.name.push('/');
            }
            push_id(&mut self.name, *id);
        }
        (new.then_some(self.base_name.as_str()), Some(&self.name))
    }

    fn full_name(&mut self, prefix: &str, path: Path, end: &str) {
        let out = &mut self.base_name;
        out.clear();
        out.push_str(self.root);
        if !prefix.is_empty() {
            out.push('/');
            out.push_str(prefix);
        }
        if path == Path::ROOT && out.is_empty() {
            out.push('/');
        }
        for id in path.ids() {
            out.push('/');
            push_id(out, id);
        }
        out.push_str(end);
    }
}

/// The number of no device: there are never as many.
const NO_DEVICE: usize = usize::MAX;

/// The digits of an id.
fn push_id(out: &mut String, id: u16) {
    let mut unit = match id {
        0..10 => 1,
        10..100 => 10,
        100..1_000 => 100,
        1_000..10_000 => 1_000,
        _ => 10_000,
    };
    while unit > 0 {
        let digit = u32::from(id / unit % 10);
        out.push(char::from_digit(digit, 10).unwrap_or('0'));
        unit /= 10;
    }
}
