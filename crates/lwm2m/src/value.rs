//! What a resource holds.

mod text;

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use core::fmt;
use core::str::FromStr;

pub use text::ValueTextError;

use crate::float::Shortest;

/// A value of one of the LwM2M data types. Text and bytes borrow from the payload where they can.
///
/// Integers are exact in 64 bits and kept apart from Unsigned Integers; Time is whole seconds since 1970 UTC.
///
/// Source: OMA LwM2M Core 1.2, "Data Types".
///
/// [`Display`](fmt::Display) writes the value as `decode --batch` and the HTTP interface do, see [`Value::to_batch_text`].
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::exhaustive_enums)] // the data types of the specification
pub enum Value<'a> {
    /// Text.
    String(Cow<'a, str>),
    /// A signed integer.
    Integer(i64),
    /// An unsigned integer (since 1.1).
    Unsigned(u64),
    /// A number in binary64.
    Float(f64),
    /// True or false.
    Boolean(bool),
    /// Bytes.
    Opaque(Cow<'a, [u8]>),
    /// Seconds since 1970 UTC.
    Time(i64),
    /// A link to an object instance.
    ObjectLink(ObjectLink),
    /// Links in link format (since 1.1), kept as text.
    CoreLink(Cow<'a, str>),
}

impl Value<'_> {
    /// Which type it is.
    pub const fn value_type(&self) -> ValueType {
        match self {
            Self::String(_) => ValueType::String,
            Self::Integer(_) => ValueType::Integer,
            Self::Unsigned(_) => ValueType::Unsigned,
            Self::Float(_) => ValueType::Float,
            Self::Boolean(_) => ValueType::Boolean,
            Self::Opaque(_) => ValueType::Opaque,
            Self::Time(_) => ValueType::Time,
            Self::ObjectLink(_) => ValueType::ObjectLink,
            Self::CoreLink(_) => ValueType::CoreLink,
        }
    }

    /// The same without borrowing from the payload.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::String(text) => Value::String(Cow::Owned(text.into_owned())),
            Self::Integer(number) => Value::Integer(number),
            Self::Unsigned(number) => Value::Unsigned(number),
            Self::Float(number) => Value::Float(number),
            Self::Boolean(truth) => Value::Boolean(truth),
            Self::Opaque(bytes) => Value::Opaque(Cow::Owned(bytes.into_owned())),
            Self::Time(seconds) => Value::Time(seconds),
            Self::ObjectLink(link) => Value::ObjectLink(link),
            Self::CoreLink(text) => Value::CoreLink(Cow::Owned(text.into_owned())),
        }
    }

    /// The value as a string, in the form that all our JSON uses.
    ///
    /// Integers and times in decimal, floats in the shortest form that reads back to the same binary64 or `NaN`,
    /// `Infinity`, `-Infinity`, `true` or `false`, opaque in lower-case hex, object links as `3:0`, text as it is.
    ///
    /// ```
    /// use lwm2m::Value;
    /// assert_eq!(Value::Float(0.1).to_batch_text(), "0.1");
    /// assert_eq!(Value::Opaque([0xAB, 0].as_slice().into()).to_batch_text(), "ab00");
    /// ```
    pub fn to_batch_text(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String(text) | Self::CoreLink(text) => f.write_str(text),
            Self::Integer(number) | Self::Time(number) => fmt::Display::fmt(number, f),
            Self::Unsigned(number) => fmt::Display::fmt(number, f),
            Self::Float(number) if number.is_nan() => f.write_str("NaN"),
            Self::Float(number) if number.is_infinite() => {
                f.write_str(if *number > 0.0 { "Infinity" } else { "-Infinity" })
            }
            Self::Float(number) => fmt::Display::fmt(&Shortest(*number), f),
            Self::Boolean(truth) => fmt::Display::fmt(truth, f),
            Self::Opaque(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
            Self::ObjectLink(link) => fmt::Display::fmt(link, f),
        }
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::String(Cow::Borrowed(text))
    }
}

/// The LwM2M data types.
///
/// [`Display`](fmt::Display) writes the words that all our JSON uses.
///
/// ```
/// use lwm2m::ValueType;
/// assert_eq!(ValueType::ObjectLink.to_string(), "objlnk");
/// assert_eq!(ValueType::from_name("objlnk"), Some(ValueType::ObjectLink));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums)] // the data types of the specification
pub enum ValueType {
    /// `string`
    String,
    /// `integer`
    Integer,
    /// `unsigned`
    Unsigned,
    /// `float`
    Float,
    /// `boolean`
    Boolean,
    /// `opaque`
    Opaque,
    /// `time`
    Time,
    /// `objlnk`
    ObjectLink,
    /// `corelnk`
    CoreLink,
}

impl ValueType {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::String,
        Self::Integer,
        Self::Unsigned,
        Self::Float,
        Self::Boolean,
        Self::Opaque,
        Self::Time,
        Self::ObjectLink,
        Self::CoreLink,
    ];

    /// The word for it in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Unsigned => "unsigned",
            Self::Float => "float",
            Self::Boolean => "boolean",
            Self::Opaque => "opaque",
            Self::Time => "time",
            Self::ObjectLink => "objlnk",
            Self::CoreLink => "corelnk",
        }
    }

    /// Whether its values are numbers: Integer, Unsigned, Float and Time.
    pub(crate) const fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Unsigned | Self::Float | Self::Time)
    }

    /// The type of a word that [`ValueType::name`] gives.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A link to an object instance, `3:0`; `65535:65535` is the null link.
///
/// ```
/// use lwm2m::ObjectLink;
/// assert_eq!("66:0".parse(), Ok(ObjectLink { object: 66, instance: 0 }));
/// assert!("66".parse::<ObjectLink>().is_err());
/// assert_eq!(ObjectLink::NULL.to_string(), "65535:65535");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(clippy::exhaustive_structs)] // two numbers on the wire
pub struct ObjectLink {
    /// The Object ID.
    pub object: u16,
    /// The Object Instance ID.
    pub instance: u16,
}

impl ObjectLink {
    /// The link that points nowhere.
    pub const NULL: Self = Self { object: u16::MAX, instance: u16::MAX };
}

impl fmt::Display for ObjectLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.object, self.instance)
    }
}

impl FromStr for ObjectLink {
    type Err = ObjectLinkError;

    /// Also takes `FFFF:FFFF`, which an example of the specification prints for the null link.
    fn from_str(text: &str) -> Result<Self, ObjectLinkError> {
        if text == "FFFF:FFFF" {
            return Ok(Self::NULL);
        }
        let (object, instance) = text.split_once(':').ok_or(ObjectLinkError)?;
        let id = |text: &str| {
            // `u16::from_str` would take a sign.
            if text.bytes().all(|b| b.is_ascii_digit()) {
                text.parse().map_err(|_| ObjectLinkError)
            } else {
                Err(ObjectLinkError)
            }
        };
        Ok(Self { object: id(object)?, instance: id(instance)? })
    }
}

/// The text is not two numbers of 0 to 65535 with a colon between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an object link like 3:0")]
#[non_exhaustive]
pub struct ObjectLinkError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints() {
        for (value, text) in [
            (Value::String("ü\n".into()), "ü\n"),
            (Value::Integer(i64::MIN), "-9223372036854775808"),
            (Value::Unsigned(u64::MAX), "18446744073709551615"),
            (Value::Float(25.5), "25.5"),
            (Value::Float(-0.0), "-0.0"),
            (Value::Float(f64::NAN), "NaN"),
            (Value::Float(f64::NEG_INFINITY), "-Infinity"),
            (Value::Float(1e300), "1e300"),
            (Value::Boolean(true), "true"),
            (Value::Opaque([].as_slice().into()), ""),
            (Value::Time(-1), "-1"),
            (Value::ObjectLink(ObjectLink { object: 3, instance: 0 }), "3:0"),
            (Value::CoreLink("</3>".into()), "</3>"),
        ] {
            assert_eq!(value.to_batch_text(), text);
        }
    }

    #[test]
    fn refuses_object_links() {
        for text in ["", ":", "3:", ":0", "+3:0", "3:0:0", "65536:0", " 3:0", "FFFF:0", "3:-1"] {
            assert_eq!(text.parse::<ObjectLink>(), Err(ObjectLinkError), "{text}");
        }
    }
}
