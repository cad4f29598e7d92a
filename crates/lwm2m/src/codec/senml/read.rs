//! From records to entries.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::{Label, Raw, is_etch};
use crate::codec::DecodeError;
use crate::codec::groups::{self, Prefixes};
use crate::codec::notes::Mark;
use crate::codec::number::Number;
use crate::codec::typed::{self, Lookup, below};
use crate::{
    Context, Decimal, Entry, EntryValue, FieldKind, Level, Mode, Path, PathError, Timestamp, Value, ValueType, base64,
};

/// What a pack is read from, record by record and field by field.
pub(super) trait Source<'p> {
    /// Steps into the next record; where it begins. None: the pack ends here, and nothing follows.
    fn record(&mut self) -> Result<Option<(usize, Mark)>, DecodeError>;
    /// The next key of the record and where it stands; none steps out.
    fn key(&mut self) -> Result<Option<(Label, usize)>, DecodeError>;
    /// Where the value of the key begins.
    fn at(&mut self) -> usize;
    fn number(&mut self) -> Result<Number<'p>, DecodeError>;
    /// A number, asked for where only a time can be.
    fn time(&mut self) -> Result<Number<'p>, DecodeError>;
    fn name(&mut self) -> Result<Name<'p>, DecodeError>;
    fn text(&mut self) -> Result<Cow<'p, str>, DecodeError>;
    fn boolean(&mut self) -> Result<bool, DecodeError>;
    fn data(&mut self) -> Result<Raw<'p>, DecodeError>;
    /// Whether it is `null`, which is then passed.
    fn null(&mut self) -> Result<bool, DecodeError>;
    /// Passes over the value.
    fn skip(&mut self) -> Result<(), DecodeError>;
    /// What was read last is this.
    fn note(&mut self, kind: FieldKind);
    /// What was read since the mark is the next entry.
    fn note_entry(&mut self, since: Mark, path: Path);
}

/// A name as it came. In CBOR nobody has looked yet whether it is UTF-8: mostly it is digits, and that is seen anyway.
#[derive(Default)]
pub(super) struct Name<'p> {
    pub(super) bytes: Cow<'p, [u8]>,
    /// Where its characters end in the payload.
    pub(super) end: usize,
}

impl Name<'_> {
    fn text(&self) -> Result<&str, DecodeError> {
        let start = self.end.saturating_sub(self.bytes.len());
        core::str::from_utf8(&self.bytes).map_err(|error| DecodeError::Utf8 { at: start + error.valid_up_to() })
    }
}

/// Reads the records of a pack whose array was opened; with `prefixes` those of all devices.
pub(super) fn decode<'p>(
    source: &mut impl Source<'p>,
    context: &Context<'_>,
    entries: &mut Vec<Entry<'p>>,
    prefixes: Option<&mut Prefixes<'p>>,
) -> Result<(), DecodeError> {
    let sorted = prefixes.is_some();
    let mut pack = Pack {
        context,
        strict: context.mode == Mode::Strict,
        etch: is_etch(context.format),
        fetch: None,
        lookup: Lookup::new(context),
        base: Base::default(),
        whole: Vec::new(),
        prefixes,
    };
    let limit = context.limits.entries;
    while let Some((at, mark)) = source.record()? {
        if entries.len() == limit {
            return Err(DecodeError::TooMany { limit });
        }
        let mut record = Record::begin(at);
        pack.record(source, &mut record)?;
        let path = pack.place(&record)?;
        let time = pack.time(&record)?;
        pack.put(record.value, record.value_at, path, time, entries)?;
        source.note_entry(mark, path);
    }
    if pack.etch && pack.strict && entries.is_empty() {
        return Err(DecodeError::Syntax { at: source.at(), expected: "at least one record" });
    }
    if sorted { Ok(()) } else { typed::no_duplicates(entries, true).map_err(|path| DecodeError::Duplicate { path }) }
}

/// What the records read so far leave behind.
struct Pack<'p, 'c, 'd> {
    context: &'c Context<'c>,
    strict: bool,
    etch: bool,
    /// Of SenML-ETCH, whether it is a fetch pack, once a record was seen.
    fetch: Option<bool>,
    lookup: Lookup<'c>,
    base: Base<'p>,
    /// Room for a name and its base together.
    whole: Vec<u8>,
    prefixes: Option<&'d mut Prefixes<'p>>,
}

#[derive(Default)]
struct Base<'p> {
    name: Name<'p>,
    path: BasePath,
    time: Option<Decimal>,
    value: Option<Number<'p>>,
}

/// A base name as a path of the device that was asked for, without root and prefix. So that the usual names need no
/// copying.
#[derive(Clone, Copy, Default)]
enum BasePath {
    /// There is none, or an empty one.
    #[default]
    Empty,
    /// It ends with `/`: what names follow.
    Below(Path),
    /// It is a whole path.
    Exact(Path),
    /// Anything else.
    Other,
}

impl BasePath {
    #[inline]
    fn of(name: &[u8]) -> Option<Self> {
        let path = match name {
            [] => return Some(Self::Empty),
            b"/" => return Some(Self::Below(Path::ROOT)),
            [b'/', path @ ..] => path,
            _ => return None,
        };
        let root = Path::ROOT;
        match path {
            [path @ .., b'/'] => root.below(path).map(Self::Below),
            path => root.below(path).map(Self::Exact),
        }
    }
}

struct Record<'p> {
    /// Where it begins.
    at: usize,
    name: Name<'p>,
    time: Option<Decimal>,
    value: Raw<'p>,
    value_at: usize,
    /// Where the first key is that cannot be in a fetch pack, but for values.
    not_fetchable: Option<usize>,
}

impl Record<'_> {
    #[inline]
    const fn begin(at: usize) -> Self {
        let name = Name { bytes: Cow::Borrowed(&[]), end: 0 };
        Self { at, name, time: None, value: Raw::Nothing, value_at: at, not_fetchable: None }
    }
}

#[allow(clippy::inline_always)] // each is called in one place; values handed about in memory cost more than all else
impl<'p> Pack<'p, '_, '_> {
    /// Reads a record; its base fields count from now on.
    #[inline(always)]
    fn record(&mut self, source: &mut impl Source<'p>, record: &mut Record<'p>) -> Result<(), DecodeError> {
        let (mut seen, mut own_base_value) = (0_u32, None);
        while let Some((label, key_at)) = source.key()? {
            let bit = 1 << label as u32;
            if seen & bit & KNOWN != 0 {
                return Err(DecodeError::DuplicateKey { at: key_at });
            }
            seen |= bit;
            let at = source.at();
            match label {
                Label::Name => {
                    record.name = source.name()?;
                    source.note(FieldKind::Name);
                    continue;
                }
                Label::BaseName => {
                    let name = source.name()?;
                    source.note(FieldKind::BaseName);
                    self.set_base_name(name)?;
                    continue;
                }
                _ if bit & VALUES != 0 => {
                    if seen & !bit & VALUES != 0 {
                        return Err(DecodeError::TwoValues { at: key_at });
                    }
                    record.value_at = at;
                    if self.etch && (label == Label::Value || !self.strict) && source.null()? {
                        record.value = Raw::Null;
                        source.note(FieldKind::Delete);
                        continue;
                    }
                    match label {
                        Label::Value => record.value = Raw::Number(source.number()?),
                        Label::Text => record.value = Raw::Text(source.text()?),
                        Label::Boolean => record.value = Raw::Boolean(source.boolean()?),
                        Label::Link => record.value = Raw::Link(source.text()?),
                        _ => record.value = source.data()?,
                    }
                    source.note(FieldKind::Value);
                }
                Label::Time => {
                    record.time = Some(time(&source.time()?, at)?);
                    source.note(FieldKind::Time);
                }
                Label::BaseTime => {
                    self.base.time = Some(time(&source.time()?, at)?);
                    source.note(FieldKind::BaseTime);
                }
                // Units say nothing that LwM2M asks for.
                Label::Unit | Label::BaseUnit => {
                    source.skip()?;
                    source.note(FieldKind::Skipped);
                }
                other => {
                    record.not_fetchable.get_or_insert(key_at);
                    if other == Label::BaseValue {
                        own_base_value = Some(at);
                    }
                    self.rare(source, other, key_at)?;
                }
            }
        }
        // A base value of its own is a value too: what is not given counts as 0.
        if let (Raw::Nothing, Some(at)) = (&record.value, own_base_value) {
            record.value = Raw::Number(Number::Integer(0));
            record.value_at = at;
        }
        Ok(())
    }

    /// The fields that hardly any pack has.
    #[cold]
    fn rare(&mut self, source: &mut impl Source<'p>, label: Label, key_at: usize) -> Result<(), DecodeError> {
        let at = source.at();
        match label {
            Label::BaseValue => {
                self.base.value = Some(source.number()?);
                source.note(FieldKind::BaseValue);
            }
            Label::BaseVersion => {
                // Versions below 10 were of drafts; the records looked the same.
                let known = if self.strict { 10..=10 } else { 1..=10 };
                if !source.number()?.integer().is_some_and(|version| known.contains(&version)) {
                    return Err(DecodeError::Version { at });
                }
                source.note(FieldKind::BaseVersion);
            }
            // RFC 8790, "Patch Records": there it may be passed over. In a fetch pack nothing unknown can be at all.
            Label::Required if !self.etch => return Err(DecodeError::MustUnderstand { at: key_at }),
            // Sums and update times say nothing that LwM2M asks for.
            _ => {
                source.skip()?;
                source.note(FieldKind::Skipped);
            }
        }
        Ok(())
    }

    /// The path of a record.
    #[inline(always)]
    fn place(&mut self, record: &Record<'p>) -> Result<Path, DecodeError> {
        if self.etch {
            self.check_direction(record)?;
        }
        let path = match self.usual_path(record) {
            Some(path) => path,
            None => self.any_path(record)?,
        };
        let at = record.at;
        if self.context.base.contains(path) { Ok(path) } else { Err(DecodeError::Misplaced { path, at }) }
    }

    #[inline(always)]
    fn time(&self, record: &Record<'p>) -> Result<Option<Timestamp>, DecodeError> {
        if self.base.time.is_none() && record.time.is_none() { Ok(None) } else { self.sum(record).map(Some) }
    }

    /// Base time and time.
    #[cold]
    fn sum(&self, record: &Record<'p>) -> Result<Timestamp, DecodeError> {
        let sum = self.base.time.unwrap_or(Decimal::ZERO).checked_add(record.time.unwrap_or(Decimal::ZERO));
        sum.map(Timestamp::from_senml).ok_or(DecodeError::Syntax { at: record.at, expected: A_TIME })
    }

    /// Adds an entry with the value as the definition has it. Each kind puts it in its place by itself: to move values
    /// about, whatever they are, is slower than all the rest.
    #[inline(always)]
    fn put(
        &mut self,
        raw: Raw<'p>,
        at: usize,
        path: Path,
        time: Option<Timestamp>,
        entries: &mut Vec<Entry<'p>>,
    ) -> Result<(), DecodeError> {
        let level = path.level();
        match raw {
            Raw::Nothing => {
                entries.push(Entry { path, value: EntryValue::Absent, time });
                return Ok(());
            }
            // Only resource instances can be deleted so. Who asks for more than that is understood.
            Raw::Null if self.strict && level < Level::ResourceInstance => {
                return Err(DecodeError::Misplaced { path, at });
            }
            _ if level < Level::Resource => return Err(DecodeError::Misplaced { path, at }),
            _ => {}
        }
        let facts = self.lookup.resource(path);
        if self.strict && facts.is_some_and(|facts| facts.multiple != (level == Level::ResourceInstance)) {
            return Err(DecodeError::Multiplicity { path, at });
        }
        let kind = facts.and_then(|facts| facts.value_type);
        match (raw, kind) {
            (Raw::Text(text), Some(ValueType::String) | None) => {
                entries.push(Entry { path, value: EntryValue::Value(Value::String(text)), time });
            }
            (Raw::Number(Number::Integer(number)), Some(ValueType::Integer)) if self.base.value.is_none() => {
                entries.push(Entry { path, value: EntryValue::Value(Value::Integer(number)), time });
            }
            (Raw::Number(Number::Float(number)), Some(ValueType::Float)) if self.base.value.is_none() => {
                entries.push(Entry { path, value: EntryValue::Value(Value::Float(number)), time });
            }
            (Raw::Null, _) => entries.push(Entry { path, value: EntryValue::Delete, time }),
            (raw, Some(kind)) => {
                let value = self.typed(raw, path, kind, at)?;
                entries.push(Entry { path, value: EntryValue::Value(value), time });
            }
            (raw, None) => {
                let value = self.natural(raw, path, at)?;
                entries.push(Entry { path, value: EntryValue::Value(value), time });
            }
        }
        Ok(())
    }

    /// The first record of SenML-ETCH says what the others must be like.
    fn check_direction(&mut self, record: &Record<'_>) -> Result<(), DecodeError> {
        let fetch = matches!(record.value, Raw::Nothing);
        if *self.fetch.get_or_insert(fetch) != fetch {
            return Err(DecodeError::MixedPack { at: record.at });
        }
        match record.not_fetchable {
            Some(at) if fetch => Err(DecodeError::NotFetchable { at }),
            _ => Ok(()),
        }
    }

    /// The value as the definition has it.
    #[inline(never)]
    fn typed(&self, raw: Raw<'p>, path: Path, kind: ValueType, at: usize) -> Result<Value<'p>, DecodeError> {
        let value = match (raw, kind) {
            (Raw::Text(text), ValueType::String) => Some(Value::String(text)),
            (Raw::Number(number), kind) if kind.is_number() => {
                number.typed(self.base.value.as_ref(), kind, self.strict)
            }
            (Raw::Boolean(truth), ValueType::Boolean) => Some(Value::Boolean(truth)),
            (Raw::Text(text), ValueType::CoreLink) => Some(Value::CoreLink(text)),
            (Raw::Link(text), ValueType::ObjectLink) => typed::object_link(&text),
            // One widespread stack writes object links as text.
            (Raw::Text(text), ValueType::ObjectLink) if !self.strict => typed::object_link(&text),
            (Raw::Base64(text), ValueType::Opaque) => self.data(&text),
            (Raw::Bytes(bytes), ValueType::Opaque) => Some(Value::Opaque(bytes)),
            (raw, expected) => return Err(DecodeError::WrongType { path, expected, got: raw.name(), at }),
        };
        value.ok_or(DecodeError::Invalid { path, expected: kind, at })
    }

    /// The value as the payload shows it.
    #[inline(never)]
    fn natural(&self, raw: Raw<'p>, path: Path, at: usize) -> Result<Value<'p>, DecodeError> {
        let (value, expected) = match raw {
            Raw::Text(text) => (Some(Value::String(text)), ValueType::String),
            Raw::Boolean(truth) => (Some(Value::Boolean(truth)), ValueType::Boolean),
            Raw::Base64(text) => (self.data(&text), ValueType::Opaque),
            Raw::Bytes(bytes) => (Some(Value::Opaque(bytes)), ValueType::Opaque),
            Raw::Link(text) => (typed::object_link(&text), ValueType::ObjectLink),
            Raw::Number(number) => (number.natural(self.base.value.as_ref(), self.strict), ValueType::Float),
            Raw::Null | Raw::Nothing => (None, ValueType::String),
        };
        value.ok_or(DecodeError::Invalid { path, expected, at })
    }

    fn data(&self, text: &str) -> Option<Value<'static>> {
        let strict = self.strict.then_some(false);
        base64::decode(text.as_bytes(), strict).ok().map(|bytes| Value::Opaque(Cow::Owned(bytes)))
    }

    #[inline(always)]
    fn set_base_name(&mut self, name: Name<'p>) -> Result<(), DecodeError> {
        let usual = if self.context.root.is_empty() && self.context.prefix.is_empty() {
            BasePath::of(&name.bytes)
        } else {
            None
        };
        self.base.path = match usual {
            Some(path) => path,
            None => self.any_base_path(&name)?,
        };
        self.base.name = name;
        Ok(())
    }

    /// The path of a base name that is not only digits, or with a root and a prefix in front.
    #[inline(never)]
    fn any_base_path(&self, name: &Name<'p>) -> Result<BasePath, DecodeError> {
        let root = below(name.text()?, self.context.root);
        let rest = match self.context.prefix {
            "" => Some(root),
            prefix => root.strip_prefix('/').and_then(|inner| inner.strip_prefix(prefix)),
        };
        let path = rest.filter(|rest| !rest.is_empty()).and_then(|rest| BasePath::of(rest.as_bytes()));
        Ok(path.unwrap_or(BasePath::Other))
    }

    /// Base name and name as a path, where that takes no copying.
    #[inline(always)]
    fn usual_path(&self, record: &Record<'p>) -> Option<Path> {
        let own = &*record.name.bytes;
        if self.prefixes.is_some() || self.base.name.bytes.len() + own.len() > self.context.limits.name {
            return None;
        }
        match (self.base.path, own) {
            (BasePath::Below(base), own) => base.below(own),
            (BasePath::Exact(path), []) => Some(path),
            (BasePath::Empty, [b'/', own @ ..]) if self.context.prefix.is_empty() => Path::ROOT.below(own),
            _ => None,
        }
    }

    /// Base name and name as a path: the long way, also for names with root and prefix, odd ones, and bad ones.
    #[inline(never)]
    fn any_path(&mut self, record: &Record<'p>) -> Result<Path, DecodeError> {
        let limit = self.context.limits.name;
        if self.base.name.bytes.len() + record.name.bytes.len() > limit {
            return Err(DecodeError::NameTooLong { limit, at: record.at });
        }
        let at = record.at;
        let whole = match (&*self.base.name.bytes, record.name.text()?) {
            ([], own) => own,
            (base, own) => {
                self.whole.clear();
                self.whole.extend_from_slice(base);
                self.whole.extend_from_slice(own.as_bytes());
                // Both are UTF-8.
                core::str::from_utf8(&self.whole).map_err(|_| DecodeError::Utf8 { at })?
            }
        };
        if whole.is_empty() {
            return Err(DecodeError::Name { at, why: PathError::EmptySegment { segment: 0 } });
        }
        let name = below(whole, self.context.root);
        let parse = |text: &str| Path::parse(if text.is_empty() { "/" } else { text }, self.context.mode);
        let (device, rest) = match name.strip_prefix('/').filter(|_| !self.context.prefix.is_empty()) {
            Some(inner) if below(inner, self.context.prefix) != inner => {
                (Some(self.context.prefix), below(inner, self.context.prefix))
            }
            _ => {
                let split = groups::split(name).filter(|_| !self.strict || name.starts_with('/'));
                let named = |rest| self.prefixes.is_some() || parse(rest).is_ok_and(|path| path != Path::ROOT);
                match split {
                    Some((device, rest)) if named(rest) => (Some(device), rest),
                    _ => (None, name),
                }
            }
        };
        let path = parse(rest);
        if let Some(prefixes) = &mut self.prefixes {
            let device = device.unwrap_or_default();
            let number = prefixes.number(device, || Cow::Owned(device.into()));
            prefixes.push(number);
        } else {
            self.context.check_prefix(device, at)?;
        }
        match path {
            // A new instance has no name in SenML, so `-` is none.
            Ok(path) if path.is_new_instance() => {
                Err(DecodeError::Name { at, why: PathError::NotANumber { segment: 1 } })
            }
            Ok(path) => Ok(path),
            Err(why) => Err(DecodeError::Name { at, why }),
        }
    }
}

fn time(number: &Number<'_>, at: usize) -> Result<Decimal, DecodeError> {
    number.decimal().ok_or(DecodeError::Syntax { at, expected: A_TIME })
}

const A_TIME: &str = "a time in range";
/// The labels that may come once in a record: all but the two of unknown ones.
const KNOWN: u32 = (1 << Label::Unknown as u32) - 1;
/// The labels of values, of which a record has one.
const VALUES: u32 = 1 << Label::Value as u32
    | 1 << Label::Text as u32
    | 1 << Label::Boolean as u32
    | 1 << Label::Data as u32
    | 1 << Label::Link as u32;
