//! Write-Attributes: what is to be set and unset.

use alloc::string::String;
use core::fmt;

use super::{AttributeError, AttributeName, AttributeNames, AttributeViolation, Attributes};
use crate::{Mode, Models, Path, Version};

/// What a Write-Attributes asks for, all of it or nothing: attributes to be set, and attributes to be taken off the path.
///
/// It is the query of a PUT without payload, or of an Observe (since 1.2): `pmin=10` sets, `pmin` alone unsets.
/// [`Display`](fmt::Display) writes it in the strict form, joined by `&`.
///
/// Source: OMA LwM2M Core 1.2, "Write-Attributes"; Transport 1.2, "Attributes".
///
/// ```
/// use core::time::Duration;
/// use lwm2m::{AttributeName, Attributes, Mode, WriteAttributes};
/// let write = WriteAttributes::parse("pmin=10&gt=-9.55e1&pmax", Mode::Lenient)?;
/// assert_eq!(write.set.pmin, Some(Duration::from_secs(10)));
/// assert!(write.unset.contains(AttributeName::Pmax));
/// assert_eq!(write.to_string(), "pmin=10&pmax&gt=-95.5");
/// assert_eq!(write.options().collect::<Vec<_>>(), ["pmin=10", "pmax", "gt=-95.5"]);
/// # Ok::<(), lwm2m::AttributeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Default)]
#[allow(clippy::exhaustive_structs)] // meant to be built and taken apart
pub struct WriteAttributes {
    /// What is to be set.
    pub set: Attributes,
    /// What is to be unset. What is also in `set` is set.
    pub unset: AttributeNames,
}

impl WriteAttributes {
    /// Reads the Uri-Query options of a request, one parameter each.
    ///
    /// Strict is the grammar, with a minus allowed before `gt` and `lt`. Lenient also takes blanks around values, quotes
    /// around them, empty parameters, and numbers as [`Number::parse`](crate::Number::parse) does.
    ///
    /// # Errors
    /// [`AttributeError`]: what cannot be read, is not known, or comes twice. Whether the values make sense says
    /// [`WriteAttributes::validate`].
    pub fn from_options<'q>(options: impl IntoIterator<Item = &'q [u8]>, mode: Mode) -> Result<Self, AttributeError> {
        let mut write = Self::default();
        for (parameter, option) in options.into_iter().enumerate() {
            let text = core::str::from_utf8(option).map_err(|_| AttributeError::Utf8 { parameter })?;
            write.take(parameter, text, mode)?;
        }
        Ok(write)
    }

    /// Reads a query as one text, its parameters joined by `&`; the empty text asks for nothing.
    ///
    /// # Errors
    /// As [`WriteAttributes::from_options`].
    pub fn parse(query: &str, mode: Mode) -> Result<Self, AttributeError> {
        if query.is_empty() {
            return Ok(Self::default());
        }
        Self::from_options(query.as_bytes().split(|&byte| byte == b'&'), mode)
    }

    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.unset.is_empty()
    }

    /// Which attributes it names.
    pub fn names(&self) -> AttributeNames {
        AttributeName::ALL.into_iter().filter(|&name| self.set.has(name) || self.unset.contains(name)).collect()
    }

    /// The parameters in the strict form and the order of the specification, one for each Uri-Query option.
    pub fn options(&self) -> impl Iterator<Item = String> {
        let (set, unset) = (self.set, self.unset);
        AttributeName::ALL.into_iter().filter_map(move |name| match set.text(name) {
            Some(value) => Some([name.name(), "=", &value].concat()),
            None => unset.contains(name).then(|| String::from(name.name())),
        })
    }

    /// The attributes of a path after this, if it had `before`.
    #[must_use]
    pub fn apply(&self, before: Attributes) -> Attributes {
        let mut after = before;
        self.unset.iter().for_each(|name| after.unset(name));
        self.set.or(after)
    }

    /// Whether a device of that version may be asked this for that path: level, version, type, and consistency of what
    /// is set here. What is attached already is not known here: see [`Attributes::consistency`] of what
    /// [`WriteAttributes::apply`] gives.
    ///
    /// # Errors
    /// [`AttributeViolation`], the first one.
    pub fn validate(&self, path: Path, lwm2m: Version, models: &Models) -> Result<(), AttributeViolation> {
        super::check::names(self.names(), path, lwm2m, models)?;
        self.set.consistency()
    }

    fn take(&mut self, parameter: usize, text: &str, mode: Mode) -> Result<(), AttributeError> {
        let (key, value) = text.split_once('=').map_or((text, None), |(key, value)| (key, Some(value)));
        let key = if mode == Mode::Lenient { key.trim_ascii() } else { key };
        if key.is_empty() {
            // An empty parameter asks for nothing.
            let is_nothing = value.is_none() && mode == Mode::Lenient;
            return if is_nothing { Ok(()) } else { Err(AttributeError::NoName { parameter }) };
        }
        let Some(name) = AttributeName::from_name(key) else {
            let read_only = READ_ONLY.contains(&key);
            return Err(if read_only {
                AttributeError::ReadOnly { parameter }
            } else {
                AttributeError::Unknown { parameter }
            });
        };
        if self.set.has(name) || self.unset.contains(name) {
            return Err(AttributeError::Repeated { name });
        }
        match value {
            None => {
                self.unset.insert(name);
                Ok(())
            }
            Some(value) => self.set.set(name, unquoted(value, mode), mode),
        }
    }
}

impl fmt::Display for WriteAttributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.options().enumerate().try_for_each(|(number, option)| {
            f.write_str(if number == 0 { "" } else { "&" })?;
            f.write_str(&option)
        })
    }
}

/// Numbers in quotes have one meaning.
fn unquoted(value: &str, mode: Mode) -> &str {
    let inner = value.trim_ascii().strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.filter(|_| mode == Mode::Lenient).unwrap_or(value)
}

/// Attributes that links show and no server sets.
const READ_ONLY: [&str; 5] = ["dim", "ver", "ssid", "uri", "lwm2m"];
