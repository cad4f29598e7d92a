//! Format 11543: JSON of LwM2M 1.0.
//!
//! One object: `{"bn":"/3/0/","bt":1700000000,"e":[{"n":"9","v":100,"t":-5}]}`. The name of an entry is `bn` and `n` put
//! together, its time the sum of `bt` and `t`; without `bn` names are relative to the path of the request. The keys of
//! an object come in any order, so `bn` and `bt` may follow the entries they are for.
//!
//! | stack | one resource, `/3/0/9` | no instances |
//! |---|---|---|
//! | most | `{"bn":"/3/0/","e":[{"n":"9","v":100}]}` | `{"bn":"/3/0/7/","e":[]}` |
//! | Leshan | `{"bn":"/3/0/9","e":[{"v":100}]}` | the same |
//!
//! If lenient, an array of such objects is read too, and object links under `sv`, where Leshan writes them.
//!
//! Source: OMA LwM2M 1.0.2, "JSON"; what peers do is in the vectors.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::json::{self, Kind, Reader};
use super::notes::{Mark, Notes, Quiet};
use super::number::Number;
use super::typed::{self, Lookup};
use super::{DecodeError, EncodeError};
use crate::{
    Context, Decimal, Entry, EntryValue, FieldKind, Level, Mode, Path, PathError, Timestamp, Value, ValueType, base64,
};

pub(super) fn decode<'p, N: Notes>(
    payload: &'p [u8],
    context: &Context<'_>,
    entries: &mut Vec<Entry<'p>>,
    notes: &mut N,
) -> Result<(), DecodeError> {
    let lenient = context.mode == Mode::Lenient;
    let json = Reader::new(payload, lenient, context.limits.nesting, notes)?;
    entries.reserve((payload.len() / 20 + 1).min(FIRST_CAPACITY));
    let mut decoder = Decoder { context, json, lookup: Lookup::new(context), entries, name: String::new() };
    if lenient && decoder.json.kind()? == Kind::Array {
        decoder.json.array()?;
        let mut first = true;
        while decoder.json.element(first)? {
            decoder.object()?;
            first = false;
        }
    } else {
        decoder.object()?;
    }
    decoder.json.end()?;
    typed::no_duplicates(entries, false).map_err(|path| DecodeError::Duplicate { path })
}

struct Decoder<'p, 'c, 'd, N> {
    context: &'c Context<'c>,
    json: Reader<'p, 'd, N>,
    lookup: Lookup<'c>,
    entries: &'d mut Vec<Entry<'p>>,
    /// Room for a name and its base together.
    name: String,
}

/// What an object says about all its entries.
#[derive(Clone, Default)]
struct Base<'p> {
    name: Option<Cow<'p, str>>,
    /// What short names follow: the base name, if it is a path with `/` behind it; without a base name the request.
    path: Option<Path>,
    time: Option<Decimal>,
}

/// An entry as it was written.
struct Record<'p> {
    at: usize,
    name: Option<Cow<'p, str>>,
    time: Option<Decimal>,
    value: Option<(Raw<'p>, usize)>,
}

enum Raw<'p> {
    Number(Number<'p>),
    Boolean(bool),
    Text(Cow<'p, str>),
    Link(Cow<'p, str>),
}

impl<'p, N: Notes> Decoder<'p, '_, '_, N> {
    /// One object. If what is for all entries comes behind them, it is read twice.
    fn object(&mut self) -> Result<(), DecodeError> {
        let (start, mark, count) = (self.json.position(), self.json.notes.mark(), self.entries.len());
        let result = self.members(None);
        if !matches!(result, Ok(true) | Err(_)) {
            return result.map(drop);
        }
        // Also on an error: without its base a name can be wrong. What is still wrong then is told.
        let late = late_base(&mut self.json.ahead(start, &mut Quiet::default()));
        let Ok(Some(base)) = late else { return result.map(drop) };
        self.json.go_back(start);
        self.json.notes.back(mark);
        self.entries.truncate(count);
        self.members(Some(base)).map(drop)
    }

    /// The members of an object; whether a base came after the entries, which is then `late`.
    fn members(&mut self, late: Option<Base<'p>>) -> Result<bool, DecodeError> {
        let at = self.json.at();
        self.json.object(FieldKind::Map)?;
        let mut base = late.unwrap_or_default();
        let (mut seen, mut first, mut came_late) = (0_u8, true, false);
        while let Some((key, at)) = self.json.key(first)? {
            first = false;
            let bit = match key.as_bytes() {
                b"bn" => 1,
                b"bt" => 2,
                b"e" => 4,
                _ => {
                    self.json.value()?;
                    continue;
                }
            };
            if seen & bit != 0 {
                return Err(DecodeError::DuplicateKey { at });
            }
            came_late |= seen & 4 != 0;
            seen |= bit;
            match bit {
                1 => {
                    base.name = Some(self.json.string()?);
                    self.json.note(FieldKind::BaseName);
                }
                2 => base.time = Some(self.time(FieldKind::BaseTime)?),
                _ => {
                    base.path = base_path(base.name.as_deref(), self.context);
                    self.records(&base)?;
                }
            }
        }
        if seen & 4 == 0 {
            return Err(DecodeError::Syntax { at, expected: "an object with e, the list of entries," });
        }
        Ok(came_late)
    }

    fn records(&mut self, base: &Base<'p>) -> Result<(), DecodeError> {
        self.json.array()?;
        let (mut first, limit) = (true, self.context.limits.entries);
        while self.json.element(first)? {
            first = false;
            self.json.at();
            let mark = self.json.notes.mark();
            if self.entries.len() >= limit {
                return Err(DecodeError::TooMany { limit });
            }
            let record = self.record()?;
            self.entry(record, base, mark)?;
        }
        Ok(())
    }

    fn record(&mut self) -> Result<Record<'p>, DecodeError> {
        let mut record = Record { at: self.json.at(), name: None, time: None, value: None };
        self.json.object(FieldKind::Record)?;
        let (mut seen, mut first) = (0_u8, true);
        while let Some((key, key_at)) = self.json.key(first)? {
            first = false;
            let bit = match key.as_bytes() {
                b"n" => 1,
                b"t" => 2,
                b"v" => 4,
                b"sv" => 8,
                b"bv" => 16,
                b"ov" => 32,
                _ => {
                    self.json.value()?;
                    continue;
                }
            };
            if seen & bit != 0 {
                return Err(DecodeError::DuplicateKey { at: key_at });
            }
            seen |= bit;
            let at = self.json.at();
            let raw = match bit {
                1 => {
                    record.name = Some(self.json.string()?);
                    self.json.note(FieldKind::Name);
                    continue;
                }
                2 => {
                    record.time = Some(self.time(FieldKind::Time)?);
                    continue;
                }
                4 => Raw::Number(self.json.number()?.into()),
                8 => Raw::Text(self.json.string()?),
                16 => Raw::Boolean(self.json.boolean()?),
                _ => Raw::Link(self.json.string()?),
            };
            self.json.note(FieldKind::Value);
            if record.value.is_some() {
                return Err(DecodeError::TwoValues { at: key_at });
            }
            record.value = Some((raw, at));
        }
        Ok(record)
    }

    fn time(&mut self, kind: FieldKind) -> Result<Decimal, DecodeError> {
        let at = self.json.at();
        let number = Number::from(self.json.number()?);
        self.json.note(kind);
        number.decimal().ok_or_else(|| no_time(at))
    }

    fn entry(&mut self, record: Record<'p>, base: &Base<'p>, mark: Mark) -> Result<(), DecodeError> {
        let Record { at, name, time, value } = record;
        let path = self.path(base, name.as_deref().unwrap_or_default(), at)?;
        self.json.notes.place(mark, path);
        if !self.context.base.contains(path) || path.level() < Level::Resource {
            return Err(DecodeError::Misplaced { path, at });
        }
        let time = match (base.time, time) {
            (None, None) => None,
            (base, own) => {
                let sum = base.unwrap_or(Decimal::ZERO).checked_add(own.unwrap_or(Decimal::ZERO));
                Some(timestamp(sum.ok_or_else(|| no_time(at))?))
            }
        };
        let Some((raw, at)) = value else {
            return Err(DecodeError::Syntax { at, expected: "an entry with v, sv, bv or ov" });
        };
        let facts = self.lookup.resource(path);
        let multiple = path.level() == Level::ResourceInstance;
        if self.strict() && facts.is_some_and(|facts| facts.multiple != multiple) {
            return Err(DecodeError::Multiplicity { path, at });
        }
        let value = match facts.and_then(|facts| facts.value_type) {
            Some(kind) => self.typed(raw, path, kind, at)?,
            None => self.natural(raw, path, at)?,
        };
        self.json.notes.entry(mark, path);
        self.entries.push(Entry { path, value: EntryValue::Value(value), time });
        Ok(())
    }

    /// The value as the definition has it.
    fn typed(&self, raw: Raw<'p>, path: Path, kind: ValueType, at: usize) -> Result<Value<'p>, DecodeError> {
        let strict = self.strict();
        let value = match (raw, kind) {
            (Raw::Number(number), kind) if kind.is_number() => number.typed(None, kind, strict),
            (Raw::Boolean(truth), ValueType::Boolean) => Some(Value::Boolean(truth)),
            (Raw::Text(text), ValueType::String) => Some(Value::String(text)),
            (Raw::Text(text), ValueType::CoreLink) => Some(Value::CoreLink(text)),
            (Raw::Text(text), ValueType::Opaque) => {
                base64::decode(text.as_bytes(), strict.then_some(true)).ok().map(|bytes| Value::Opaque(bytes.into()))
            }
            (Raw::Link(text), ValueType::ObjectLink) => typed::object_link(&text),
            (Raw::Text(text), ValueType::ObjectLink) if !strict => typed::object_link(&text),
            (raw, expected) => {
                let got = match raw {
                    Raw::Number(_) => "number",
                    Raw::Boolean(_) => "boolean",
                    Raw::Text(_) => "text",
                    Raw::Link(_) => "object link",
                };
                return Err(DecodeError::WrongType { path, expected, got, at });
            }
        };
        value.ok_or(DecodeError::Invalid { path, expected: kind, at })
    }

    /// The value as the payload shows it.
    fn natural(&self, raw: Raw<'p>, path: Path, at: usize) -> Result<Value<'p>, DecodeError> {
        match raw {
            Raw::Text(text) => Ok(Value::String(text)),
            Raw::Boolean(truth) => Ok(Value::Boolean(truth)),
            Raw::Link(_) => self.typed(raw, path, ValueType::ObjectLink, at),
            Raw::Number(number) => {
                let expected = ValueType::Float;
                number.natural(None, self.strict()).ok_or(DecodeError::Invalid { path, expected, at })
            }
        }
    }

    /// Base name and name as a path.
    fn path(&mut self, base: &Base<'_>, name: &str, at: usize) -> Result<Path, DecodeError> {
        let limit = self.context.limits.name;
        let base_name = base.name.as_deref().unwrap_or_default();
        if base_name.len() + name.len() > limit {
            return Err(DecodeError::NameTooLong { limit, at });
        }
        // The usual case without copying: `/3/0/` and `9`.
        if let Some(path) = base.path
            && let Ok(path) = name.split('/').try_fold(path, |path, segment| path.push(segment.as_bytes()))
        {
            return Ok(path);
        }
        match base.path {
            Some(path) if base.name.is_none() && name.is_empty() => return Ok(path),
            _ => {}
        }
        self.name.clear();
        self.name.push_str(base_name);
        self.name.push_str(name);
        let name = typed::below_root(&self.name, self.context);
        match Path::parse(name, self.context.mode) {
            // A new instance has no name in JSON, so `-` is none.
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

const fn no_time(at: usize) -> DecodeError {
    DecodeError::Syntax { at, expected: "a time in range" }
}

/// Times above zero are absolute, others relative: the draft of SenML that this format is taken from knows no 2^28.
fn timestamp(time: Decimal) -> Timestamp {
    if time > Decimal::ZERO { Timestamp::Absolute(time) } else { Timestamp::Relative(time) }
}

/// What names are put behind, if no characters need to be put together.
fn base_path(name: Option<&str>, context: &Context<'_>) -> Option<Path> {
    let Some(name) = name else { return Some(context.base) };
    let path = match typed::below_root(name, context).strip_suffix('/')? {
        "" => Path::ROOT,
        path => Path::parse(path, Mode::Strict).ok()?,
    };
    Some(path).filter(|path| !path.is_new_instance())
}

/// The base that follows the entries of an object, if one does.
fn late_base<'p>(json: &mut Reader<'p, '_, Quiet>) -> Result<Option<Base<'p>>, DecodeError> {
    json.object(FieldKind::Map)?;
    let (mut base, mut first, mut entries, mut late) = (Base::default(), true, false, false);
    while let Some((key, _)) = json.key(first)? {
        first = false;
        match key.as_bytes() {
            b"bn" => base.name = Some(json.string()?),
            b"bt" => base.time = Number::from(json.number()?).decimal(),
            other => {
                entries |= other == b"e";
                json.value()?;
                continue;
            }
        }
        late |= entries;
    }
    Ok(late.then_some(base))
}

/// One object with one base name: the path of the request, or what is above it if the request is for a resource.
pub(super) fn encode(entries: &[Entry<'_>], context: &Context<'_>) -> Result<Vec<u8>, EncodeError> {
    let base = context.base;
    if base.is_new_instance() {
        return Err(EncodeError::Base { format: context.format, base });
    }
    // The path of the request alone means: nothing there.
    let (entries, nothing) = match entries {
        [only] if only.path == base && only.value == EntryValue::Absent => (&[][..], true),
        _ => (entries, entries.is_empty()),
    };
    let below = nothing || entries.iter().all(|entry| entry.path.ids().len() > base.ids().len());
    let levels = if below { base.ids().len().min(3) } else { base.ids().len().min(3) - 1 };
    let mut lookup = Lookup::new(context);
    let same_time = entries.windows(2).all(|pair| matches!(pair, [a, b] if a.time == b.time));
    let mut out = Vec::with_capacity(entries.len() * 24 + 32);
    out.extend_from_slice(b"{\"bn\":\"");
    json::write_path(base.truncate(levels), &mut out);
    out.extend_from_slice(if levels == 0 { b"\"" } else { b"/\"" });
    if let Some(time) = entries.first().and_then(|entry| entry.time).filter(|_| same_time) {
        json::write(&mut out, format_args!(",\"bt\":{}", time.decimal()));
    }
    out.extend_from_slice(b",\"e\":[");
    for (index, entry) in entries.iter().enumerate() {
        let path = entry.path;
        if !base.contains(path) || path.is_new_instance() || path.level() < Level::Resource {
            return Err(EncodeError::Misplaced { path });
        }
        if entry.time.is_some_and(|time| timestamp(time.decimal()) != time) {
            return Err(EncodeError::BadTime { path });
        }
        let value = match &entry.value {
            EntryValue::Absent => return Err(EncodeError::NoEmpty { path }),
            EntryValue::Delete => return Err(EncodeError::NoDelete { path }),
            EntryValue::Value(value) => typed::checked(entry, value, &mut lookup)?,
        };
        out.extend_from_slice(if index == 0 { b"{\"n\":\"" } else { b",{\"n\":\"" });
        json::write_ids(path.ids().get(levels..).unwrap_or_default(), &mut out);
        out.push(b'"');
        if let Some(time) = entry.time.filter(|_| !same_time) {
            json::write(&mut out, format_args!(",\"t\":{}", time.decimal()));
        }
        match &*value {
            Value::String(text) | Value::CoreLink(text) => {
                out.extend_from_slice(b",\"sv\":");
                json::write_string(text, &mut out);
            }
            Value::Opaque(bytes) => {
                out.extend_from_slice(b",\"sv\":\"");
                base64::encode_standard(bytes, &mut out);
                out.push(b'"');
            }
            Value::Boolean(true) => out.extend_from_slice(b",\"bv\":true"),
            Value::Boolean(false) => out.extend_from_slice(b",\"bv\":false"),
            Value::ObjectLink(link) => {
                out.extend_from_slice(b",\"ov\":\"");
                json::write_object_link(*link, &mut out);
                out.push(b'"');
            }
            number => {
                out.extend_from_slice(b",\"v\":");
                json::write_number(number, path, &mut out)?;
            }
        }
        out.push(b'}');
    }
    typed::no_duplicates(entries, false).map_err(|path| EncodeError::Duplicate { path })?;
    out.extend_from_slice(b"]}");
    Ok(out)
}

/// Room for this many entries is made at the start; more grows.
const FIRST_CAPACITY: usize = 64;

#[cfg(test)]
mod tests;
