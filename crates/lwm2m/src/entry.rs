//! One line of a payload: where, what, when.

use crate::{Path, Timestamp, Value};

/// A path with a value, and the time of the value if the payload gave one.
///
/// ```
/// use lwm2m::{Entry, EntryValue, Path, Value};
/// let entry = Entry::new(Path::resource(3, 0, 9), Value::Integer(100));
/// assert_eq!(entry.value, EntryValue::Value(Value::Integer(100)));
/// assert_eq!(entry.value().map(|v| v.to_string()).as_deref(), Some("100"));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::exhaustive_structs)] // meant to be built and taken apart
pub struct Entry<'a> {
    /// Where.
    pub path: Path,
    /// What.
    pub value: EntryValue<'a>,
    /// When, if the payload says.
    pub time: Option<Timestamp>,
}

impl<'a> Entry<'a> {
    /// A value without a time.
    pub const fn new(path: Path, value: Value<'a>) -> Self {
        Self { path, value: EntryValue::Value(value), time: None }
    }

    /// A path alone: a wish in a composite read, or something empty.
    pub const fn absent(path: Path) -> Self {
        Self { path, value: EntryValue::Absent, time: None }
    }

    /// The same at a time.
    #[must_use]
    pub const fn with_time(mut self, time: Timestamp) -> Self {
        self.time = Some(time);
        self
    }

    /// The value, if there is one.
    pub const fn value(&self) -> Option<&Value<'a>> {
        match &self.value {
            EntryValue::Value(value) => Some(value),
            EntryValue::Absent | EntryValue::Delete => None,
        }
    }

    /// The same without borrowing from the payload.
    pub fn into_owned(self) -> Entry<'static> {
        Entry { path: self.path, value: self.value.into_owned(), time: self.time }
    }

    /// The word for the kind of this entry in JSON: that of the value, or `none` or `delete`.
    ///
    /// ```
    /// use lwm2m::{Entry, Path, Value};
    /// assert_eq!(Entry::new(Path::resource(3, 0, 9), Value::Integer(100)).type_name(), "integer");
    /// assert_eq!(Entry::absent(Path::instance(3, 0)).type_name(), "none");
    /// ```
    pub const fn type_name(&self) -> &'static str {
        match &self.value {
            EntryValue::Absent => "none",
            EntryValue::Delete => "delete",
            EntryValue::Value(value) => value.value_type().name(),
        }
    }
}

/// What an [`Entry`] says about its path.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::exhaustive_enums)] // the three things a payload can say
pub enum EntryValue<'a> {
    /// Nothing: only the path was named, or it has nothing in it (an instance without resources).
    Absent,
    /// It is to be deleted (SenML-ETCH `null`).
    Delete,
    /// It has this value.
    Value(Value<'a>),
}

impl EntryValue<'_> {
    /// The same without borrowing from the payload.
    pub fn into_owned(self) -> EntryValue<'static> {
        match self {
            Self::Absent => EntryValue::Absent,
            Self::Delete => EntryValue::Delete,
            Self::Value(value) => EntryValue::Value(value.into_owned()),
        }
    }
}

impl<'a> From<Value<'a>> for EntryValue<'a> {
    fn from(value: Value<'a>) -> Self {
        Self::Value(value)
    }
}

impl<'a> AsRef<Self> for Entry<'a> {
    fn as_ref(&self) -> &Self {
        self
    }
}
