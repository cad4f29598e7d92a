//! From records to entries.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::{Label, Raw, is_etch};
use crate::codec::DecodeError;
use crate::codec::groups::{self, Prefixes};
use crate::codec::notes::Mark;
use crate::codec::number::Number;
use crate::codec::typed::{self, Lookup};
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
        let record = pack.record(source, at)?;
        let entry = pack.entry(record)?;
        source.note_entry(mark, entry.path);
        entries.push(entry);
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

struct Record<'p> {
    /// Where it begins.
    at: usize,
    name: Name<'p>,
    time: Option<Decimal>,
    value: Option<(Raw<'p>, usize)>,
    /// Where the first key is that cannot be in a fetch pack, but for values.
    not_fetchable: Option<usize>,
}

impl<'p> Pack<'p, '_, '_> {
    /// Reads a record that begins at `at`; its base fields count from now on.
    #[inline]
    fn record(&mut self, source: &mut impl Source<'p>, at: usize) -> Result<Record<'p>, DecodeError> {
        let mut record = Record { at, name: Name::default(), time: None, value: None, not_fetchable: None };
        let (mut seen, mut own_base_value) = (0_u32, None);
        while let Some((label, key_at)) = source.key()? {
            let bit = 1 << label as u32;
            if seen & bit & KNOWN != 0 {
                return Err(DecodeError::DuplicateKey { at: key_at });
            }
            seen |= bit;
            let at = source.at();
            let raw = match label {
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
                Label::Value if self.etch && source.null()? => Raw::Null,
                Label::Value => Raw::Number(source.number()?),
                Label::Text | Label::Boolean | Label::Data | Label::Link
                    if self.etch && !self.strict && source.null()? =>
                {
                    Raw::Null
                }
                Label::Text => Raw::Text(source.text()?),
                Label::Boolean => Raw::Boolean(source.boolean()?),
                Label::Data => source.data()?,
                Label::Link => Raw::Link(source.text()?),
                Label::Time => {
                    record.time = Some(time(&source.time()?, at)?);
                    source.note(FieldKind::Time);
                    continue;
                }
                Label::BaseTime => {
                    self.base.time = Some(time(&source.time()?, at)?);
                    source.note(FieldKind::BaseTime);
                    continue;
                }
                // Units say nothing that LwM2M asks for.
                Label::Unit | Label::BaseUnit => {
                    source.skip()?;
                    source.note(FieldKind::Skipped);
                    continue;
                }
                other => {
                    record.not_fetchable.get_or_insert(key_at);
                    if other == Label::BaseValue {
                        own_base_value = Some((Raw::Number(Number::Integer(0)), at));
                    }
                    self.rare(source, other, key_at)?;
                    continue;
                }
            };
            source.note(if matches!(raw, Raw::Null) { FieldKind::Delete } else { FieldKind::Value });
            if record.value.is_some() {
                return Err(DecodeError::TwoValues { at: key_at });
            }
            record.value = Some((raw, at));
        }
        // A base value of its own is a value too: what is not given counts as 0.
        if record.value.is_none() {
            record.value = own_base_value;
        }
        Ok(record)
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

    #[inline]
    fn entry(&mut self, record: Record<'p>) -> Result<Entry<'p>, DecodeError> {
        let at = record.at;
        if self.etch {
            self.check_direction(&record)?;
        }
        let path = self.path(&record)?;
        if !self.context.base.contains(path) {
            return Err(DecodeError::Misplaced { path, at });
        }
        let time = match (self.base.time, record.time) {
            (None, None) => None,
            (base, own) => {
                let sum = base.unwrap_or(Decimal::ZERO).checked_add(own.unwrap_or(Decimal::ZERO));
                Some(Timestamp::from_senml(sum.ok_or(DecodeError::Syntax { at, expected: A_TIME })?))
            }
        };
        let Some((raw, at)) = record.value else {
            return Ok(Entry { path, value: EntryValue::Absent, time });
        };
        let level = path.level();
        // Only resource instances can be deleted so. Who asks for more than that is understood.
        let least = if self.strict && matches!(raw, Raw::Null) { Level::ResourceInstance } else { Level::Resource };
        if level < least {
            return Err(DecodeError::Misplaced { path, at });
        }
        let facts = self.lookup.resource(path);
        if self.strict && facts.is_some_and(|facts| facts.multiple != (level == Level::ResourceInstance)) {
            return Err(DecodeError::Multiplicity { path, at });
        }
        let value = match (facts.and_then(|facts| facts.value_type), raw) {
            (_, Raw::Null) => EntryValue::Delete,
            (Some(kind), raw) => EntryValue::Value(self.typed(raw, path, kind, at)?),
            (None, raw) => EntryValue::Value(self.natural(raw, path, at)?),
        };
        Ok(Entry { path, value, time })
    }

    /// The first record of SenML-ETCH says what the others must be like.
    fn check_direction(&mut self, record: &Record<'_>) -> Result<(), DecodeError> {
        let fetch = record.value.is_none();
        if *self.fetch.get_or_insert(fetch) != fetch {
            return Err(DecodeError::MixedPack { at: record.at });
        }
        match record.not_fetchable {
            Some(at) if fetch => Err(DecodeError::NotFetchable { at }),
            _ => Ok(()),
        }
    }

    /// The value as the definition has it.
    #[inline]
    fn typed(&self, raw: Raw<'p>, path: Path, kind: ValueType, at: usize) -> Result<Value<'p>, DecodeError> {
        let value = match (raw, kind) {
            (Raw::Text(text), ValueType::String) => return Ok(Value::String(text)),
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
    fn natural(&self, raw: Raw<'p>, path: Path, at: usize) -> Result<Value<'p>, DecodeError> {
        let (value, expected) = match raw {
            Raw::Text(text) => (Some(Value::String(text)), ValueType::String),
            Raw::Boolean(truth) => (Some(Value::Boolean(truth)), ValueType::Boolean),
            Raw::Base64(text) => (self.data(&text), ValueType::Opaque),
            Raw::Bytes(bytes) => (Some(Value::Opaque(bytes)), ValueType::Opaque),
            Raw::Link(text) => (typed::object_link(&text), ValueType::ObjectLink),
            Raw::Number(number) => (number.natural(self.base.value.as_ref(), self.strict), ValueType::Float),
            Raw::Null => (None, ValueType::String),
        };
        value.ok_or(DecodeError::Invalid { path, expected, at })
    }

    fn data(&self, text: &str) -> Option<Value<'static>> {
        let strict = self.strict.then_some(false);
        base64::decode(text.as_bytes(), strict).ok().map(|bytes| Value::Opaque(Cow::Owned(bytes)))
    }

    #[inline]
    fn set_base_name(&mut self, name: Name<'p>) -> Result<(), DecodeError> {
        let as_path = |text: &[u8]| match text {
            [] => Some(BasePath::Empty),
            b"/" => Some(BasePath::Below(Path::ROOT)),
            [b'/', path @ .., b'/'] => Path::ROOT.below(path).map(BasePath::Below),
            [b'/', path @ ..] => Path::ROOT.below(path).map(BasePath::Exact),
            _ => None,
        };
        let plain = self.context.root.is_empty() && self.context.prefix.is_empty();
        self.base.path = match as_path(&name.bytes) {
            Some(path) if plain => path,
            // Not only digits; or a root and a prefix may be in front.
            _ => {
                let root = below(name.text()?, self.context.root);
                let rest = match self.context.prefix {
                    "" => Some(root),
                    prefix => root.strip_prefix('/').and_then(|inner| inner.strip_prefix(prefix)),
                };
                rest.filter(|rest| !rest.is_empty())
                    .and_then(|rest| as_path(rest.as_bytes()))
                    .unwrap_or(BasePath::Other)
            }
        };
        self.base.name = name;
        Ok(())
    }

    /// Base name and name as a path.
    #[inline]
    fn path(&mut self, record: &Record<'p>) -> Result<Path, DecodeError> {
        let (at, own) = (record.at, &*record.name.bytes);
        let limit = self.context.limits.name;
        if self.base.name.bytes.len() + own.len() > limit {
            return Err(DecodeError::NameTooLong { limit, at });
        }
        if self.prefixes.is_none() {
            let path = match (self.base.path, own) {
                (BasePath::Below(base), own) => base.below(own),
                (BasePath::Exact(path), []) => Some(path),
                (BasePath::Empty, [b'/', own @ ..]) if self.context.prefix.is_empty() => Path::ROOT.below(own),
                _ => None,
            };
            if let Some(path) = path {
                return Ok(path);
            }
        }
        self.any_path(record)
    }

    /// The long way: names with root and prefix, odd ones, and bad ones.
    fn any_path(&mut self, record: &Record<'p>) -> Result<Path, DecodeError> {
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
    number.decimal().ok_or(DecodeError::Syntax { at, expected: A_TIME })
}

const A_TIME: &str = "a time in range";
/// The labels that may come once in a record: all but the two of unknown ones.
const KNOWN: u32 = (1 << Label::Unknown as u32) - 1;
