//! SenML, as LwM2M uses it: what a pack means, however it is written. `json.rs` and `cbor.rs` read and write it.
//!
//! A pack is an array of records. A record adds its name to the base name (pure concatenation) and its time to the base
//! time; base fields hold for their own record and all later ones until they are replaced.
//!
//! Source: RFC 8428, "SenML Structure and Semantics"; OMA LwM2M Core 1.2, "SenML JSON" and "SenML CBOR".

pub(super) mod cbor;
pub(super) mod json;

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use super::number::Number;
use super::typed::{self, Lookup};
use super::{DecodeError, EncodeError};
use crate::{Context, Decimal, Entry, EntryValue, Level, Mode, Path, PathError, Timestamp, Value, ValueType, base64};

/// What a pack is read from, record by record and field by field.
trait Source<'p> {
    /// Steps into the next record; where it begins. None: the pack ends here, and nothing follows.
    fn record(&mut self) -> Result<Option<usize>, DecodeError>;
    /// The next known key of the record and where it stands; none steps out. Unknown ones are passed over or refused.
    fn key(&mut self) -> Result<Option<(Label, usize)>, DecodeError>;
    /// Where the value of the key begins.
    fn at(&mut self) -> usize;
    fn number(&mut self) -> Result<Number<'p>, DecodeError>;
    /// A number, asked for where only a time can be.
    fn time(&mut self) -> Result<Number<'p>, DecodeError>;
    fn text(&mut self) -> Result<Cow<'p, str>, DecodeError>;
    fn boolean(&mut self) -> Result<bool, DecodeError>;
    fn data(&mut self) -> Result<Raw<'p>, DecodeError>;
    /// Passes over the value.
    fn skip(&mut self) -> Result<(), DecodeError>;
}

/// The fields of RFC 8428, and `vlo` of LwM2M.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Label {
    Name,
    Unit,
    Value,
    Text,
    Boolean,
    Sum,
    Time,
    UpdateTime,
    Data,
    Link,
    BaseVersion,
    BaseName,
    BaseTime,
    BaseUnit,
    BaseValue,
    BaseSum,
}

impl Label {
    /// By the name that JSON has for it.
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "n" => Self::Name,
            "v" => Self::Value,
            "vs" => Self::Text,
            "bn" => Self::BaseName,
            "vb" => Self::Boolean,
            "vd" => Self::Data,
            "vlo" => Self::Link,
            "t" => Self::Time,
            "bt" => Self::BaseTime,
            "u" => Self::Unit,
            "bu" => Self::BaseUnit,
            "bv" => Self::BaseValue,
            "bver" => Self::BaseVersion,
            "s" => Self::Sum,
            "bs" => Self::BaseSum,
            "ut" => Self::UpdateTime,
            _ => return None,
        })
    }

    /// By the number that CBOR has for it.
    const fn numbered(number: i128) -> Option<Self> {
        Some(match number {
            0 => Self::Name,
            1 => Self::Unit,
            2 => Self::Value,
            3 => Self::Text,
            4 => Self::Boolean,
            5 => Self::Sum,
            6 => Self::Time,
            7 => Self::UpdateTime,
            8 => Self::Data,
            -1 => Self::BaseVersion,
            -2 => Self::BaseName,
            -3 => Self::BaseTime,
            -4 => Self::BaseUnit,
            -5 => Self::BaseValue,
            -6 => Self::BaseSum,
            _ => return None,
        })
    }

    /// The number that CBOR has for it. `vlo` has none.
    const fn number(self) -> i8 {
        let place = self as i8;
        let first_base = Self::BaseVersion as i8;
        if place >= first_base { first_base - 1 - place } else { place }
    }
}

/// Reads the records of a pack whose array was opened. `size` is that of the payload.
fn decode<'p>(source: &mut impl Source<'p>, size: usize, context: &Context<'_>) -> Result<Vec<Entry<'p>>, DecodeError> {
    let mut pack = Pack { context, lookup: Lookup::new(context), base: Base::default(), name: String::new() };
    let mut entries = Vec::with_capacity((size / 24 + 1).min(FIRST_CAPACITY));
    let limit = context.limits.entries;
    while let Some(at) = source.record()? {
        if entries.len() == limit {
            return Err(DecodeError::TooMany { limit });
        }
        let record = pack.record(source, at)?;
        entries.push(pack.entry(record)?);
    }
    typed::no_duplicates(&entries, true).map_err(|path| DecodeError::Duplicate { path })?;
    Ok(entries)
}

/// What the records read so far leave behind.
struct Pack<'p, 'c> {
    context: &'c Context<'c>,
    lookup: Lookup<'c>,
    base: Base<'p>,
    /// Room for a name and its base together.
    name: String,
}

#[derive(Default)]
struct Base<'p> {
    name: Cow<'p, str>,
    /// The base name as a path, if it is one that a name can follow: it ends with `/`.
    path: Option<Path>,
    time: Option<Decimal>,
    value: Option<Number<'p>>,
}

struct Record<'p> {
    /// Where it begins.
    at: usize,
    name: Cow<'p, str>,
    time: Option<Decimal>,
    value: Option<(Raw<'p>, usize)>,
}

/// A value as it was written, before anyone asked for its type.
enum Raw<'p> {
    Number(Number<'p>),
    Text(Cow<'p, str>),
    Boolean(bool),
    Base64(Cow<'p, str>),
    Bytes(Cow<'p, [u8]>),
    Link(Cow<'p, str>),
}

impl Raw<'_> {
    const fn name(&self) -> &'static str {
        match self {
            Self::Number(_) => "number",
            Self::Text(_) => "text",
            Self::Boolean(_) => "boolean",
            Self::Base64(_) | Self::Bytes(_) => "data",
            Self::Link(_) => "object link",
        }
    }
}

impl<'p> Pack<'p, '_> {
    /// Reads a record that begins at `at`; its base fields count from now on.
    fn record(&mut self, source: &mut impl Source<'p>, at: usize) -> Result<Record<'p>, DecodeError> {
        let mut record = Record { at, name: Cow::Borrowed(""), time: None, value: None };
        let (mut seen, mut own_base_value) = (0_u16, None);
        while let Some((label, key_at)) = source.key()? {
            if seen & 1 << label as u8 != 0 {
                return Err(DecodeError::DuplicateKey { at: key_at });
            }
            seen |= 1 << label as u8;
            let at = source.at();
            let raw = match label {
                Label::Name => {
                    record.name = source.text()?;
                    continue;
                }
                Label::BaseName => {
                    self.set_base_name(source.text()?);
                    continue;
                }
                Label::Time => {
                    record.time = Some(time(&source.time()?, at)?);
                    continue;
                }
                Label::BaseTime => {
                    self.base.time = Some(time(&source.time()?, at)?);
                    continue;
                }
                Label::BaseValue => {
                    self.base.value = Some(source.number()?);
                    own_base_value = Some((Raw::Number(Number::Integer(0)), at));
                    continue;
                }
                Label::BaseVersion => {
                    // Versions below 10 were of drafts; the records looked the same.
                    let known = if self.strict() { 10..=10 } else { 1..=10 };
                    if !source.number()?.integer().is_some_and(|version| known.contains(&version)) {
                        return Err(DecodeError::Version { at });
                    }
                    continue;
                }
                Label::Value => Raw::Number(source.number()?),
                Label::Text => Raw::Text(source.text()?),
                Label::Boolean => Raw::Boolean(source.boolean()?),
                Label::Data => source.data()?,
                Label::Link => Raw::Link(source.text()?),
                // Units, sums and update times say nothing that LwM2M asks for.
                Label::Unit | Label::Sum | Label::UpdateTime | Label::BaseUnit | Label::BaseSum => {
                    source.skip()?;
                    continue;
                }
            };
            if record.value.is_some() {
                return Err(DecodeError::TwoValues { at: key_at });
            }
            record.value = Some((raw, at));
        }
        // A base value of its own is a value too: what is not given counts as 0.
        record.value = record.value.or(own_base_value);
        Ok(record)
    }

    fn entry(&mut self, record: Record<'p>) -> Result<Entry<'p>, DecodeError> {
        let at = record.at;
        let path = self.path(&record)?;
        if !self.context.base.contains(path) {
            return Err(DecodeError::Misplaced { path, at });
        }
        let time = match (self.base.time, record.time) {
            (None, None) => None,
            (base, own) => {
                let sum = base.unwrap_or(Decimal::ZERO).checked_add(own.unwrap_or(Decimal::ZERO));
                Some(Timestamp::from_senml(sum.ok_or(DecodeError::Syntax { at, expected: "a time in range" })?))
            }
        };
        let Some((raw, at)) = record.value else {
            return Ok(Entry { path, value: EntryValue::Absent, time });
        };
        let level = path.level();
        if level < Level::Resource {
            return Err(DecodeError::Misplaced { path, at });
        }
        let facts = self.lookup.resource(path);
        if self.strict() && facts.is_some_and(|facts| facts.multiple != (level == Level::ResourceInstance)) {
            return Err(DecodeError::Multiplicity { path, at });
        }
        let value = match facts.and_then(|facts| facts.value_type) {
            Some(kind) => self.typed(raw, path, kind, at)?,
            None => self.natural(raw, path, at)?,
        };
        Ok(Entry { path, value: EntryValue::Value(value), time })
    }

    /// The value as the definition has it.
    fn typed(&self, raw: Raw<'p>, path: Path, kind: ValueType, at: usize) -> Result<Value<'p>, DecodeError> {
        let invalid = DecodeError::Invalid { path, expected: kind, at };
        let base = self.base.value.as_ref();
        let value = match (raw, kind) {
            (Raw::Number(number), ValueType::Integer | ValueType::Unsigned | ValueType::Time) => {
                number.whole(base, self.strict()).and_then(|number| typed::integer(number, kind))
            }
            (Raw::Number(number), ValueType::Float) => number.float(base).map(Value::Float),
            (Raw::Boolean(truth), ValueType::Boolean) => Some(Value::Boolean(truth)),
            (Raw::Text(text), ValueType::String) => Some(Value::String(text)),
            (Raw::Text(text), ValueType::CoreLink) => Some(Value::CoreLink(text)),
            (Raw::Link(text), ValueType::ObjectLink) => typed::object_link(&text),
            // One widespread stack writes object links as text.
            (Raw::Text(text), ValueType::ObjectLink) if !self.strict() => typed::object_link(&text),
            (Raw::Base64(text), ValueType::Opaque) => self.data(&text),
            (Raw::Bytes(bytes), ValueType::Opaque) => Some(Value::Opaque(bytes)),
            (raw, expected) => return Err(DecodeError::WrongType { path, expected, got: raw.name(), at }),
        };
        value.ok_or(invalid)
    }

    /// The value as the payload shows it.
    fn natural(&self, raw: Raw<'p>, path: Path, at: usize) -> Result<Value<'p>, DecodeError> {
        let invalid = |expected| DecodeError::Invalid { path, expected, at };
        Ok(match raw {
            Raw::Text(text) => Value::String(text),
            Raw::Boolean(truth) => Value::Boolean(truth),
            Raw::Base64(text) => self.data(&text).ok_or_else(|| invalid(ValueType::Opaque))?,
            Raw::Bytes(bytes) => Value::Opaque(bytes),
            Raw::Link(text) => typed::object_link(&text).ok_or_else(|| invalid(ValueType::ObjectLink))?,
            Raw::Number(number) => {
                let base = self.base.value.as_ref();
                let plain = number.looks_whole() && base.is_none_or(Number::looks_whole);
                let whole = if plain { number.whole(base, self.strict()) } else { None }.and_then(|number| {
                    typed::integer(number, ValueType::Integer).or_else(|| typed::integer(number, ValueType::Unsigned))
                });
                match whole {
                    Some(value) => value,
                    None => Value::Float(number.float(base).ok_or_else(|| invalid(ValueType::Float))?),
                }
            }
        })
    }

    fn data(&self, text: &str) -> Option<Value<'static>> {
        let strict = self.strict().then_some(false);
        base64::decode(text.as_bytes(), strict).ok().map(|bytes| Value::Opaque(Cow::Owned(bytes)))
    }

    fn set_base_name(&mut self, name: Cow<'p, str>) {
        // With an alternate root or a prefix in front the long way is taken for each name.
        let plain = self.context.root.is_empty() && self.context.prefix.is_empty();
        self.base.path = match name.strip_suffix('/') {
            Some("") if plain => Some(Path::ROOT),
            Some(path) if plain => Path::parse(path, Mode::Strict).ok().filter(|path| !path.is_new_instance()),
            _ => None,
        };
        self.base.name = name;
    }

    /// Base name and name as a path.
    fn path(&mut self, record: &Record<'p>) -> Result<Path, DecodeError> {
        let (at, own, base) = (record.at, &*record.name, &*self.base.name);
        let limit = self.context.limits.name;
        if base.len() + own.len() > limit {
            return Err(DecodeError::NameTooLong { limit, at });
        }
        // The usual case without copying: `/3/0/` and `9`.
        if let Some(path) = self.base.path
            && let Ok(path) = own.split('/').try_fold(path, |path, segment| path.push(segment.as_bytes()))
        {
            return Ok(path);
        }
        let whole = match (base, own) {
            ("", own) => own,
            (base, "") => base,
            (base, own) => {
                self.name.clear();
                self.name.push_str(base);
                self.name.push_str(own);
                &self.name
            }
        };
        if whole.is_empty() {
            return Err(DecodeError::Name { at, why: PathError::EmptySegment { segment: 0 } });
        }
        let below_root = below(whole, self.context.root);
        let rest = match self.context.prefix {
            "" => below_root,
            prefix => below_root.strip_prefix('/').map_or(below_root, |inner| below(inner, prefix)),
        };
        // A new instance has no name in SenML, so `-` is none.
        let path = Path::parse(if rest.is_empty() { "/" } else { rest }, self.context.mode);
        match path {
            Ok(path) if path.is_new_instance() => {
                Err(DecodeError::Name { at, why: PathError::NotANumber { segment: 1 } })
            }
            Ok(path) => Ok(path),
            Err(why) => Err(DecodeError::Name { at, why }),
        }
    }

    fn strict(&self) -> bool {
        self.context.mode == Mode::Strict
    }
}

/// `name` without `root`, if it lies there; else as it is.
fn below<'n>(name: &'n str, root: &str) -> &'n str {
    // First, because comparing with nothing is slow on some processors.
    if root.is_empty() {
        return name;
    }
    match name.strip_prefix(root) {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => rest,
        _ => name,
    }
}

fn time(number: &Number<'_>, at: usize) -> Result<Decimal, DecodeError> {
    number.decimal().ok_or(DecodeError::Syntax { at, expected: "a time in range" })
}

/// What a pack is written to, record by record.
trait Sink {
    fn record(&mut self, draft: &Draft<'_>) -> Result<(), EncodeError>;
}

/// A record as it is to be written.
struct Draft<'d> {
    path: Path,
    base_name: Option<&'d str>,
    name: Option<&'d str>,
    base_time: Option<Decimal>,
    time: Option<Decimal>,
    value: Option<&'d Value<'d>>,
}

/// Writes the records of a pack, between what opens and closes it.
fn encode(entries: &[Entry<'_>], context: &Context<'_>, sink: &mut dyn Sink) -> Result<(), EncodeError> {
    let mut names = Names { context, base: None, base_name: String::new(), name: String::new() };
    let mut base_time = None;
    let mut lookup = Lookup::new(context);
    // A base time would give every later record a time, so it is used only where all have one.
    let all_timed = entries.iter().all(|entry| entry.time.is_some());
    for entry in entries {
        let path = entry.path;
        if !context.base.contains(path) || path.is_new_instance() {
            return Err(EncodeError::Misplaced { path });
        }
        let value = match &entry.value {
            EntryValue::Absent => None,
            EntryValue::Delete => return Err(EncodeError::NoDelete { path }),
            EntryValue::Value(_) if path.level() < Level::Resource => return Err(EncodeError::Misplaced { path }),
            EntryValue::Value(value) => Some(typed::checked(entry, value, &mut lookup)?),
        };
        let time = entry.time.map(Timestamp::decimal);
        let new_base_time = if all_timed && base_time != time { time } else { None };
        base_time = time;
        let (base_name, name) = names.next(path, value.is_none());
        sink.record(&Draft {
            path,
            base_name,
            name,
            base_time: new_base_time,
            time: if all_timed { None } else { time },
            value: value.as_deref(),
        })?;
    }
    typed::no_duplicates(entries, true).map_err(|path| EncodeError::Duplicate { path })
}

/// Makes names short.
struct Names<'c> {
    context: &'c Context<'c>,
    /// The base name in force: an instance with a `/` after it, or a full name with nothing after it.
    base: Option<Path>,
    base_name: String,
    name: String,
}

impl Names<'_> {
    /// The base name, if it is a new one, and the name of the next record.
    ///
    /// Values of one instance share a base name; what is only a path is written in full, as the examples of composite
    /// reads have it.
    fn next(&mut self, path: Path, alone: bool) -> (Option<&str>, Option<&str>) {
        if alone || path.level() < Level::Resource {
            // Once a base name is in force it must be replaced, and then the name itself is left out.
            full_name(&mut self.base_name, path, "", self.context);
            if self.base.is_none() {
                return (None, Some(&self.base_name));
            }
            self.base = Some(path);
            return (Some(&self.base_name), None);
        }
        let instance = path.truncate(2);
        let new = self.base != Some(instance);
        if new {
            full_name(&mut self.base_name, instance, "/", self.context);
            self.base = Some(instance);
        }
        self.name.clear();
        for id in path.ids().iter().skip(2) {
            let slash = if self.name.is_empty() { "" } else { "/" };
            let _ = write!(self.name, "{slash}{id}");
        }
        (new.then_some(self.base_name.as_str()), Some(&self.name))
    }
}

/// Writing to a `String` cannot fail.
fn full_name(out: &mut String, path: Path, end: &str, context: &Context<'_>) {
    out.clear();
    out.push_str(context.root);
    if !context.prefix.is_empty() {
        out.push('/');
        out.push_str(context.prefix);
    }
    if path != Path::ROOT || out.is_empty() {
        let _ = write!(out, "{path}");
    }
    out.push_str(end);
}

/// Room for this many entries is made at the start; more grows.
const FIRST_CAPACITY: usize = 64;
