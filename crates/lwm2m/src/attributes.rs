//! Notification attributes.

mod check;
mod name;
mod number;
mod write;

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use core::str::FromStr;
use core::time::Duration;

pub use check::AttributeViolation;
pub use name::{AttributeName, AttributeNames};
pub use number::{Number, NumberError};
pub use write::WriteAttributes;

use crate::Mode;
use crate::link::Link;

/// Notification attributes, which decide when a device sends a notification. None: not attached.
///
/// To change those of a device send [`WriteAttributes`].
///
/// Source: OMA LwM2M Core 1.2, "Attributes".
///
/// ```
/// use core::time::Duration;
/// use lwm2m::{AttributeName, Attributes, Mode, Number};
/// let mut attributes = Attributes::default();
/// attributes.set(AttributeName::Pmin, "10", Mode::Strict)?;
/// attributes.set(AttributeName::Gt, "-95.5", Mode::Strict)?;
/// assert_eq!((attributes.pmin, attributes.gt.map(Number::to_f64)), (Some(Duration::from_secs(10)), Some(-95.5)));
/// assert!(attributes.set(AttributeName::Pmax, "soon", Mode::Lenient).is_err());
/// # Ok::<(), lwm2m::AttributeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Default)]
#[non_exhaustive]
pub struct Attributes {
    /// The shortest time between two notifications. Whole seconds.
    pub pmin: Option<Duration>,
    /// The longest time between two notifications. Whole seconds; 0 means none.
    pub pmax: Option<Duration>,
    /// The value to be crossed, from above or below.
    pub gt: Option<Number>,
    /// The same, the lower one of two.
    pub lt: Option<Number>,
    /// The least change.
    pub st: Option<Number>,
    /// The shortest time between two looks at the value. Whole seconds. Since 1.1.
    pub epmin: Option<Duration>,
    /// The longest time between two looks at the value. Whole seconds. Since 1.1.
    pub epmax: Option<Duration>,
    /// Which change of a Boolean counts: `true` for from false to true, `false` for from true to false. Since 1.2.
    pub edge: Option<bool>,
    /// Whether notifications are confirmable. Since 1.2.
    pub con: Option<bool>,
    /// How many values are kept while the server cannot be reached. Since 1.2.
    pub hqmax: Option<u32>,
}

impl Attributes {
    /// None set.
    pub const NONE: Self = Self {
        pmin: None,
        pmax: None,
        gt: None,
        lt: None,
        st: None,
        epmin: None,
        epmax: None,
        edge: None,
        con: None,
        hqmax: None,
    };

    /// Whether none is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::NONE
    }

    /// Those of a link. Attributes of other kinds are passed over; of two with one name the first one counts.
    ///
    /// # Errors
    /// [`AttributeError`] if a value cannot be read. To take what can be read use [`Discovery`](crate::Discovery).
    pub fn from_link(link: &Link<'_>, mode: Mode) -> Result<Self, AttributeError> {
        let mut attributes = Self::default();
        for attribute in &link.attributes {
            let Some(name) = AttributeName::from_name(&attribute.name) else { continue };
            if !attributes.has(name) {
                attributes.set(name, attribute.value.as_deref().unwrap_or_default(), mode)?;
            }
        }
        Ok(attributes)
    }

    /// What is set, by name, with the value as it is sent.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, String)> {
        let this = *self;
        AttributeName::ALL.into_iter().filter_map(move |name| Some((name.name(), this.text(name)?)))
    }

    /// Which ones are set.
    pub fn names(&self) -> AttributeNames {
        AttributeName::ALL.into_iter().filter(|&name| self.has(name)).collect()
    }

    /// Whether one is set.
    pub const fn has(&self, name: AttributeName) -> bool {
        match name {
            AttributeName::Pmin => self.pmin.is_some(),
            AttributeName::Pmax => self.pmax.is_some(),
            AttributeName::Gt => self.gt.is_some(),
            AttributeName::Lt => self.lt.is_some(),
            AttributeName::St => self.st.is_some(),
            AttributeName::Epmin => self.epmin.is_some(),
            AttributeName::Epmax => self.epmax.is_some(),
            AttributeName::Edge => self.edge.is_some(),
            AttributeName::Con => self.con.is_some(),
            AttributeName::Hqmax => self.hqmax.is_some(),
        }
    }

    /// The value of one, as it is sent: in the strict form.
    pub fn text(&self, name: AttributeName) -> Option<String> {
        let seconds = |time: Option<Duration>| time.map(|time| time.as_secs().to_string());
        let number = |number: Option<Number>| number.map(|number| number.to_string());
        let bit = |bit: Option<bool>| bit.map(|bit| if bit { "1" } else { "0" }.to_owned());
        match name {
            AttributeName::Pmin => seconds(self.pmin),
            AttributeName::Pmax => seconds(self.pmax),
            AttributeName::Gt => number(self.gt),
            AttributeName::Lt => number(self.lt),
            AttributeName::St => number(self.st),
            AttributeName::Epmin => seconds(self.epmin),
            AttributeName::Epmax => seconds(self.epmax),
            AttributeName::Edge => bit(self.edge),
            AttributeName::Con => bit(self.con),
            AttributeName::Hqmax => self.hqmax.map(|count| count.to_string()),
        }
    }

    /// Sets one from text as links and queries have it.
    ///
    /// Times and counts are decimal digits, `gt`, `lt` and `st` are [`Number`]s, `edge` and `con` 0 or 1. Lenient also takes
    /// blanks around them.
    ///
    /// # Errors
    /// [`AttributeError`]; then nothing changes.
    pub fn set(&mut self, name: AttributeName, value: &str, mode: Mode) -> Result<(), AttributeError> {
        let value = if mode == Mode::Lenient { value.trim_ascii() } else { value };
        if value.is_empty() {
            return Err(AttributeError::NoValue { name });
        }
        let seconds = || Ok(Some(Duration::from_secs(count(name, value, MAX_SECONDS)?)));
        let number = || match Number::parse(value, mode) {
            Ok(number) => Ok(Some(number)),
            Err(NumberError::NotANumber) => Err(AttributeError::NotANumber { name }),
            Err(NumberError::OutOfRange) => Err(AttributeError::OutOfRange { name }),
        };
        let bit = || Ok(Some(count(name, value, 1)? == 1));
        match name {
            AttributeName::Pmin => self.pmin = seconds()?,
            AttributeName::Pmax => self.pmax = seconds()?,
            AttributeName::Gt => self.gt = number()?,
            AttributeName::Lt => self.lt = number()?,
            AttributeName::St => self.st = number()?,
            AttributeName::Epmin => self.epmin = seconds()?,
            AttributeName::Epmax => self.epmax = seconds()?,
            AttributeName::Edge => self.edge = bit()?,
            AttributeName::Con => self.con = bit()?,
            AttributeName::Hqmax => {
                let most = count(name, value, u32::MAX.into())?;
                self.hqmax = Some(u32::try_from(most).map_err(|_| AttributeError::OutOfRange { name })?);
            }
        }
        Ok(())
    }

    /// Takes one off.
    pub const fn unset(&mut self, name: AttributeName) {
        match name {
            AttributeName::Pmin => self.pmin = None,
            AttributeName::Pmax => self.pmax = None,
            AttributeName::Gt => self.gt = None,
            AttributeName::Lt => self.lt = None,
            AttributeName::St => self.st = None,
            AttributeName::Epmin => self.epmin = None,
            AttributeName::Epmax => self.epmax = None,
            AttributeName::Edge => self.edge = None,
            AttributeName::Con => self.con = None,
            AttributeName::Hqmax => self.hqmax = None,
        }
    }

    /// These, and where they say nothing those of `above`: what a path has with what it inherits.
    #[must_use]
    pub fn or(self, above: Self) -> Self {
        Self {
            pmin: self.pmin.or(above.pmin),
            pmax: self.pmax.or(above.pmax),
            gt: self.gt.or(above.gt),
            lt: self.lt.or(above.lt),
            st: self.st.or(above.st),
            epmin: self.epmin.or(above.epmin),
            epmax: self.epmax.or(above.epmax),
            edge: self.edge.or(above.edge),
            con: self.con.or(above.con),
            hqmax: self.hqmax.or(above.hqmax),
        }
    }
}

/// Why a query or a link has no attributes that can be read. Parameters are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttributeError {
    /// Not UTF-8.
    #[error("parameter {parameter} is not UTF-8")]
    Utf8 {
        /// Which parameter.
        parameter: usize,
    },
    /// A parameter without a name.
    #[error("parameter {parameter} has no name")]
    NoName {
        /// Which parameter.
        parameter: usize,
    },
    /// A parameter that is no notification attribute.
    #[error("parameter {parameter} is no attribute that is known")]
    Unknown {
        /// Which parameter.
        parameter: usize,
    },
    /// `dim`, `ver`, `ssid`, `uri` or `lwm2m`, which only devices say.
    #[error("parameter {parameter} is an attribute that cannot be written")]
    ReadOnly {
        /// Which parameter.
        parameter: usize,
    },
    /// An attribute twice.
    #[error("{name} is given twice")]
    Repeated {
        /// Which attribute.
        name: AttributeName,
    },
    /// An equals sign and nothing after it. To unset an attribute its name stands alone.
    #[error("{name} has no value")]
    NoValue {
        /// Which attribute.
        name: AttributeName,
    },
    /// Not a number of the kind that the attribute has.
    #[error("{name} is no number of its kind")]
    NotANumber {
        /// Which attribute.
        name: AttributeName,
    },
    /// A number that is too large, or has too many digits.
    #[error("{name} is out of range")]
    OutOfRange {
        /// Which attribute.
        name: AttributeName,
    },
}

/// A whole number from 0 to `most`.
fn count(name: AttributeName, value: &str, most: u64) -> Result<u64, AttributeError> {
    if !value.bytes().all(|b| b.is_ascii_digit()) {
        return Err(AttributeError::NotANumber { name });
    }
    value.parse().ok().filter(|&number| number <= most).ok_or(AttributeError::OutOfRange { name })
}

/// Whether there is a value, and room for it.
pub(crate) fn put<T>(place: &mut Option<T>, value: Option<T>) -> bool {
    let free = place.is_none() && value.is_some();
    if free {
        *place = value;
    }
    free
}

/// Decimal digits; `parse` would take a sign.
pub(crate) fn whole<T: FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// Integers of LwM2M have 64 bits with a sign.
const MAX_SECONDS: u64 = i64::MAX as u64;

#[cfg(test)]
mod tests;
