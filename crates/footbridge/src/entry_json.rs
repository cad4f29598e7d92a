//! The JSON of one entry of a payload: the same in `decode --batch`, in events and in answers of the HTTP interface.

use std::borrow::Cow;
use std::fmt::{self, Display, Write as _};

use lwm2m::{Entry, EntryValue, Models, Path, PathError, Value, ValueType};
use serde::ser::{Serialize, SerializeStruct as _, Serializer};
use serde::{Deserialize, de};
use serde_json::value::RawValue;

/// An entry that serialises as `{"path","type","value","time"}`; values are strings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JsonEntry<'a>(pub(crate) &'a Entry<'a>);

impl Serialize for JsonEntry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(Entry { path, time, .. }) = self;
        let mut entry = serializer.serialize_struct("Entry", 4)?;
        entry.serialize_field("path", &Shown(path))?;
        entry.serialize_field("type", self.0.type_name())?;
        entry.serialize_field("value", &self.0.value().map(JsonValue))?;
        entry.serialize_field("time", &time.as_ref().map(Shown))?;
        entry.end()
    }
}

/// What is shown as text, as a JSON string.
struct Shown<'a, T>(&'a T);

impl<T: Display> Serialize for Shown<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // None of them is longer than this, and what is written here needs no escapes.
        let mut text = Short { bytes: [0; 64], length: 0 };
        match write!(text, "{}", self.0) {
            Ok(()) => serializer.serialize_str(std::str::from_utf8(&text.bytes[..text.length]).unwrap_or_default()),
            Err(fmt::Error) => serializer.collect_str(self.0),
        }
    }
}

struct Short {
    bytes: [u8; 64],
    length: usize,
}

impl fmt::Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

/// The text of [`Value::to_batch_text`], without a detour for what is text already.
struct JsonValue<'a>(&'a Value<'a>);

impl Serialize for JsonValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::String(text) | Value::CoreLink(text) => serializer.serialize_str(text),
            Value::Opaque(bytes) => serializer.serialize_str(&hex(bytes)),
            other => Shown(other).serialize(serializer),
        }
    }
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = Vec::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.extend([DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    String::from_utf8(text).unwrap_or_default()
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// An entry as it is given to us: what [`JsonEntry`] writes, and numbers and truth values without quotes too; a
/// `type` that is left out comes from the definition.
#[derive(Deserialize)]
pub(crate) struct GivenEntry<'a> {
    #[serde(borrow)]
    path: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "text")]
    r#type: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    value: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "text")]
    time: Option<Cow<'a, str>>,
}

/// Why a [`GivenEntry`] is no entry. The text says which.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GivenError {
    #[error("{path}: {why}")]
    Path { path: String, why: PathError },
    #[error("{path}: {word:?} is no type; they are {}, none and delete", types())]
    Type { path: Path, word: String },
    #[error("{path} is not in any definition: give it a type")]
    Untyped { path: Path },
    #[error("{path}: {why}")]
    Value { path: Path, why: String },
    #[error("{path}: {why}")]
    Time { path: Path, why: lwm2m::TimestampError },
}

impl GivenError {
    /// The name of the kind, as JSON gives it.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Path { .. } => "Path",
            Self::Type { .. } => "Type",
            Self::Untyped { .. } => "Untyped",
            Self::Value { .. } => "Value",
            Self::Time { .. } => "Time",
        }
    }
}

/// The words for the types of values.
pub(crate) fn types() -> String {
    ValueType::ALL.map(ValueType::name).join(", ")
}

impl GivenEntry<'_> {
    /// The entry it means.
    pub(crate) fn entry(&self, models: &Models) -> Result<Entry<'static>, GivenError> {
        let path: Path =
            self.path.parse().map_err(|why| GivenError::Path { path: self.path.clone().into_owned(), why })?;
        let given = self.value.map(RawValue::get).filter(|raw| *raw != "null");
        let value = match (self.r#type.as_deref(), given) {
            (Some("delete"), None) => EntryValue::Delete,
            (Some("none") | None, None) => EntryValue::Absent,
            (Some(word @ ("none" | "delete")), Some(_)) => {
                return Err(GivenError::Value { path, why: format!("{word} has no value") });
            }
            (Some(_), None) => return Err(GivenError::Value { path, why: "the value is missing".into() }),
            (word, Some(raw)) => {
                let kind = match word {
                    Some(word) => ValueType::from_name(word)
                        .ok_or_else(|| GivenError::Type { path, word: word.chars().take(64).collect() })?,
                    None => type_of(path, models)?,
                };
                let text = match raw.as_bytes().first() {
                    Some(b'"') => serde_json::from_str::<Cow<'_, str>>(raw).map_err(|error| error.to_string()),
                    Some(b'[' | b'{') => Err("a value is a string, a number, true or false".to_owned()),
                    _ => Ok(Cow::Borrowed(raw)),
                };
                text.and_then(|text| {
                    let value = Value::from_batch_text(kind, &text).map_err(|error| error.to_string())?;
                    Ok(EntryValue::Value(value).into_owned())
                })
                .map_err(|why| GivenError::Value { path, why })?
            }
        };
        let time = self.time.as_deref().map(str::parse).transpose().map_err(|why| GivenError::Time { path, why })?;
        Ok(Entry { path, value, time })
    }
}

/// The type that the definitions give a value.
pub(crate) fn type_of(path: Path, models: &Models) -> Result<ValueType, GivenError> {
    let Some(resource) = models.resource(path) else { return Err(GivenError::Untyped { path }) };
    resource.value_type.ok_or(GivenError::Untyped { path })
}

/// Text, or `null` for none; borrowed where there are no escapes.
pub(crate) fn text<'de, D: de::Deserializer<'de>>(deserializer: D) -> Result<Option<Cow<'de, str>>, D::Error> {
    struct Text;
    impl<'de> de::Visitor<'de> for Text {
        type Value = Option<Cow<'de, str>>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }
        fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
            Ok(Some(Cow::Borrowed(text)))
        }
        fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
            Ok(Some(Cow::Owned(text.to_owned())))
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
    }
    deserializer.deserialize_any(Text)
}
