//! Format 110: SenML in JSON, as LwM2M uses it.
//!
//! A pack is an array of records. A record adds its name to the base name (pure concatenation) and its time to the base
//! time; base fields hold for their own record and all later ones until they are replaced.
//!
//! Source: RFC 8428, "SenML Structure and Semantics"; OMA LwM2M Core 1.2, "SenML JSON".

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use super::json::{self, Kind, Reader};
use super::typed::{self, Lookup};
use super::{DecodeError, EncodeError};
use crate::time::scaled;
use crate::{Context, Decimal, Entry, EntryValue, Level, Mode, Path, PathError, Timestamp, Value, ValueType, base64};

pub(super) fn decode<'p>(payload: &'p [u8], context: &Context<'_>) -> Result<Vec<Entry<'p>>, DecodeError> {
    let lenient = context.mode == Mode::Lenient;
    let mut json = Reader::new(payload, lenient, context.limits.nesting)?;
    let mut pack = Pack { context, lookup: Lookup::new(context), base: Base::default(), name: String::new() };
    let mut entries = Vec::with_capacity((payload.len() / 24 + 1).min(FIRST_CAPACITY));
    let limit = context.limits.entries;
    json.array()?;
    let mut first = true;
    while json.element(first)? {
        first = false;
        if entries.len() == limit {
            return Err(DecodeError::TooMany { limit });
        }
        let record = pack.record(&mut json)?;
        entries.push(pack.entry(record)?);
    }
    json.end()?;
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
    value: Option<&'p str>,
}

struct Record<'p> {
    /// Where it begins.
    at: usize,
    name: Cow<'p, str>,
    time: Option<Decimal>,
    value: Option<(Raw<'p>, usize)>,
}

/// A value as JSON has it, before anyone asked for its type.
enum Raw<'p> {
    Number(&'p str),
    Text(Cow<'p, str>),
    Boolean(bool),
    Data(Cow<'p, str>),
    Link(Cow<'p, str>),
}

impl Raw<'_> {
    const fn name(&self) -> &'static str {
        match self {
            Self::Number(_) => "number",
            Self::Text(_) => "text",
            Self::Boolean(_) => "boolean",
            Self::Data(_) => "data",
            Self::Link(_) => "object link",
        }
    }
}

impl<'p> Pack<'p, '_> {
    fn record(&mut self, json: &mut Reader<'p>) -> Result<Record<'p>, DecodeError> {
        let mut record = Record { at: json.at(), name: Cow::Borrowed(""), time: None, value: None };
        let (mut seen, mut own_base_value) = (0_u16, None);
        json.object()?;
        let mut first = true;
        while let Some((key, key_at)) = json.key(first)? {
            first = false;
            let Some(place) = KEYS.iter().position(|known| *known == key) else {
                if key.ends_with('_') {
                    return Err(DecodeError::MustUnderstand { at: key_at });
                }
                json.value()?;
                continue;
            };
            if seen & 1 << place != 0 {
                return Err(DecodeError::DuplicateKey { at: key_at });
            }
            seen |= 1 << place;
            let at = json.at();
            let raw = match &*key {
                "n" => {
                    record.name = json.string()?;
                    continue;
                }
                "bn" => {
                    self.set_base_name(json.string()?);
                    continue;
                }
                "t" => {
                    record.time = Some(time(json, at)?);
                    continue;
                }
                "bt" => {
                    self.base.time = Some(time(json, at)?);
                    continue;
                }
                "bv" => {
                    let number = json.number()?;
                    self.base.value = Some(number);
                    own_base_value = Some((Raw::Number("0"), at));
                    continue;
                }
                "bver" => {
                    let version = json.number()?.parse::<u32>();
                    // Versions below 10 were of drafts; the records looked the same.
                    let known = if self.strict() { 10..=10 } else { 1..=10 };
                    if !version.is_ok_and(|version| known.contains(&version)) {
                        return Err(DecodeError::Version { at });
                    }
                    continue;
                }
                "v" => Raw::Number(json.number()?),
                "vs" => Raw::Text(json.string()?),
                "vb" => Raw::Boolean(json.boolean()?),
                "vd" => Raw::Data(json.string()?),
                "vlo" => Raw::Link(json.string()?),
                // Units, sums and update times say nothing that LwM2M asks for.
                _ => {
                    json.value()?;
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
        let value = match (raw, kind) {
            (Raw::Number(text), ValueType::Integer | ValueType::Unsigned | ValueType::Time) => {
                self.whole(text).and_then(|number| typed::integer(number, kind))
            }
            (Raw::Number(text), ValueType::Float) => self.float(text).map(Value::Float),
            (Raw::Boolean(truth), ValueType::Boolean) => Some(Value::Boolean(truth)),
            (Raw::Text(text), ValueType::String) => Some(Value::String(text)),
            (Raw::Text(text), ValueType::CoreLink) => Some(Value::CoreLink(text)),
            (Raw::Link(text), ValueType::ObjectLink) => typed::object_link(&text),
            // One widespread stack writes object links as text.
            (Raw::Text(text), ValueType::ObjectLink) if !self.strict() => typed::object_link(&text),
            (Raw::Data(text), ValueType::Opaque) => self.data(&text),
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
            Raw::Data(text) => self.data(&text).ok_or_else(|| invalid(ValueType::Opaque))?,
            Raw::Link(text) => typed::object_link(&text).ok_or_else(|| invalid(ValueType::ObjectLink))?,
            Raw::Number(text) => {
                let plain = |text: &str| !text.bytes().any(|b| matches!(b, b'.' | b'e' | b'E')) && text != "-0";
                let number = if plain(text) && self.base.value.is_none_or(plain) { self.whole(text) } else { None };
                let whole = number.and_then(|number| {
                    typed::integer(number, ValueType::Integer).or_else(|| typed::integer(number, ValueType::Unsigned))
                });
                match whole {
                    Some(value) => value,
                    None => Value::Float(self.float(text).ok_or_else(|| invalid(ValueType::Float))?),
                }
            }
        })
    }

    /// A number with the base value, if it is whole. `1.0` and `1e3` are, unless we are strict.
    fn whole(&self, text: &str) -> Option<i128> {
        match (typed::decimal_integer(text), self.base.value) {
            (Some(number), None) => Some(number),
            (None, None) if self.strict() => None,
            (_, base) => {
                let sum = base.map_or(Some(0), nanos)?.checked_add(nanos(text)?)?;
                (sum % ONE == 0).then_some(sum / ONE)
            }
        }
    }

    fn float(&self, text: &str) -> Option<f64> {
        let number = typed::decimal_float(text)?;
        let Some(base) = self.base.value else { return Some(number) };
        Some(number + typed::decimal_float(base)?).filter(|sum| sum.is_finite())
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
    match name.strip_prefix(root) {
        Some(rest) if !root.is_empty() && (rest.is_empty() || rest.starts_with('/')) => rest,
        _ => name,
    }
}

fn time(json: &mut Reader<'_>, at: usize) -> Result<Decimal, DecodeError> {
    if json.kind()? != Kind::Number {
        return Err(DecodeError::Syntax { at, expected: "a number" });
    }
    Decimal::parse(json.number()?).ok_or(DecodeError::Syntax { at, expected: "a time in range" })
}

/// A number in units of 10^-9, if it is one exactly.
fn nanos(text: &str) -> Option<i128> {
    scaled(text, 9).filter(|scaled| scaled.lost == 0).map(|scaled| scaled.whole)
}

pub(super) fn encode(entries: &[Entry<'_>], context: &Context<'_>) -> Result<Vec<u8>, EncodeError> {
    let mut writer =
        Writer { context, base: None, base_time: None, out: String::with_capacity(entries.len() * 24 + 24) };
    let mut lookup = Lookup::new(context);
    // A base time would give every later record a time, so it is used only where all have one.
    let all_timed = entries.iter().all(|entry| entry.time.is_some());
    writer.out.push('[');
    for (number, entry) in entries.iter().enumerate() {
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
        writer.out.push_str(if number == 0 { "{" } else { ",{" });
        writer.name(path, value.is_none());
        writer.time(entry.time, all_timed);
        if let Some(value) = value {
            writer.value(&value, path)?;
        }
        writer.out.push('}');
    }
    writer.out.push(']');
    if let Some(path) = typed::no_duplicates(entries, true).err() {
        return Err(EncodeError::Duplicate { path });
    }
    Ok(writer.out.into_bytes())
}

struct Writer<'c> {
    context: &'c Context<'c>,
    /// The base name in force: an instance with a `/` after it, or a full name with nothing after it.
    base: Option<Path>,
    base_time: Option<Timestamp>,
    out: String,
}

impl Writer<'_> {
    /// Values of one instance share a base name; what is only a path is written in full, as the examples of
    /// composite reads have it.
    fn name(&mut self, path: Path, alone: bool) {
        if alone || path.level() < Level::Resource {
            // Once a base name is in force it must be replaced, and then the name itself is left out.
            let key = if self.base.is_none() { "\"n\":" } else { "\"bn\":" };
            self.out.push_str(key);
            self.full_name(path, "");
            if self.base.is_some() {
                self.base = Some(path);
            }
            return;
        }
        let instance = path.truncate(2);
        if self.base != Some(instance) {
            self.out.push_str("\"bn\":");
            self.full_name(instance, "/");
            self.out.push(',');
            self.base = Some(instance);
        }
        self.out.push_str("\"n\":\"");
        let ids = path.ids().iter().skip(2);
        for (number, id) in ids.enumerate() {
            self.write(format_args!("{}{id}", if number == 0 { "" } else { "/" }));
        }
        self.out.push('"');
    }

    fn full_name(&mut self, path: Path, end: &str) {
        let (root, prefix) = (self.context.root, self.context.prefix);
        if root.is_empty() && prefix.is_empty() {
            return self.write(format_args!("\"{path}{end}\""));
        }
        let mut name = String::from(root);
        if !prefix.is_empty() {
            name.push('/');
            name.push_str(prefix);
        }
        if path != Path::ROOT {
            let _ = write!(name, "{path}");
        }
        name.push_str(end);
        json::write_string(&name, &mut self.out);
    }

    fn time(&mut self, time: Option<Timestamp>, all_timed: bool) {
        let Some(time) = time else { return };
        if !all_timed {
            self.write(format_args!(",\"t\":{}", time.decimal()));
        } else if self.base_time != Some(time) {
            self.write(format_args!(",\"bt\":{}", time.decimal()));
            self.base_time = Some(time);
        }
    }

    fn value(&mut self, value: &Value<'_>, path: Path) -> Result<(), EncodeError> {
        match value {
            Value::String(text) | Value::CoreLink(text) => {
                self.out.push_str(",\"vs\":");
                json::write_string(text, &mut self.out);
            }
            Value::Opaque(bytes) => {
                self.out.push_str(",\"vd\":\"");
                base64::encode_url(bytes, &mut self.out);
                self.out.push('"');
            }
            Value::Boolean(truth) => self.write(format_args!(",\"vb\":{truth}")),
            Value::ObjectLink(link) => self.write(format_args!(",\"vlo\":\"{link}\"")),
            Value::Float(number) if !number.is_finite() => return Err(EncodeError::NotFinite { path }),
            Value::Integer(_) | Value::Unsigned(_) | Value::Time(_) | Value::Float(_) => {
                self.write(format_args!(",\"v\":{value}"));
            }
        }
        Ok(())
    }

    /// Writing to a `String` cannot fail.
    fn write(&mut self, arguments: core::fmt::Arguments<'_>) {
        let _ = self.out.write_fmt(arguments);
    }
}

/// The fields of RFC 8428, and `vlo` of LwM2M.
const KEYS: [&str; 16] = ["n", "v", "vs", "bn", "vb", "vd", "vlo", "t", "bt", "u", "bu", "bv", "bver", "s", "bs", "ut"];

/// Room for this many entries is made at the start; more grows.
const FIRST_CAPACITY: usize = 64;

/// One in units of 10^-9.
const ONE: i128 = 1_000_000_000;

#[cfg(test)]
mod tests;
