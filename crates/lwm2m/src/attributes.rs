//! Notification attributes.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use core::str::FromStr;
use core::time::Duration;

use crate::codec::decimal_float;

/// Notification attributes, which decide when a device sends a notification. None: not attached.
///
/// Source: OMA LwM2M Core 1.2, "Attributes".
///
/// ```
/// use core::time::Duration;
/// use lwm2m::Attributes;
/// let mut attributes = Attributes::default();
/// assert!(attributes.set("pmin", "10") && attributes.set("gt", "-95.5"));
/// assert_eq!((attributes.pmin, attributes.gt), (Some(Duration::from_secs(10)), Some(-95.5)));
/// assert!(!attributes.set("pmax", "soon"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Default)]
#[non_exhaustive]
pub struct Attributes {
    /// The shortest time between two notifications. Whole seconds.
    pub pmin: Option<Duration>,
    /// The longest time between two notifications. Whole seconds; 0 means none.
    pub pmax: Option<Duration>,
    /// The value to be crossed, from above or below.
    pub gt: Option<f64>,
    /// The same, the lower one of two.
    pub lt: Option<f64>,
    /// The least change.
    pub st: Option<f64>,
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
    /// Whether none is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is set, by name, with the value as it is sent.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, String)> {
        let seconds = |time: Option<Duration>| time.map(|time| time.as_secs().to_string());
        let number = |number: Option<f64>| number.map(|number| number.to_string());
        let bit = |bit: Option<bool>| bit.map(|bit| if bit { "1" } else { "0" }.to_owned());
        [
            ("pmin", seconds(self.pmin)),
            ("pmax", seconds(self.pmax)),
            ("gt", number(self.gt)),
            ("lt", number(self.lt)),
            ("st", number(self.st)),
            ("epmin", seconds(self.epmin)),
            ("epmax", seconds(self.epmax)),
            ("edge", bit(self.edge)),
            ("con", bit(self.con)),
            ("hqmax", self.hqmax.map(|count| count.to_string())),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
    }

    /// Sets the attribute of that name from text as links and queries have it. Whether it is one that is known, not set
    /// yet, and could be read; else nothing changes.
    ///
    /// Times and counts are decimal digits, `gt`, `lt` and `st` finite decimal numbers, also below zero and with an
    /// exponent (the grammar of the specification forgets them), `edge` and `con` 0 or 1.
    pub fn set(&mut self, name: &str, value: &str) -> bool {
        let seconds = |value| whole(value).map(|seconds: u32| Duration::from_secs(seconds.into()));
        let bit = |value| match value {
            "0" => Some(false),
            "1" => Some(true),
            _ => None,
        };
        match name {
            "pmin" => put(&mut self.pmin, seconds(value)),
            "pmax" => put(&mut self.pmax, seconds(value)),
            "gt" => put(&mut self.gt, decimal_float(value)),
            "lt" => put(&mut self.lt, decimal_float(value)),
            "st" => put(&mut self.st, decimal_float(value)),
            "epmin" => put(&mut self.epmin, seconds(value)),
            "epmax" => put(&mut self.epmax, seconds(value)),
            "edge" => put(&mut self.edge, bit(value)),
            "con" => put(&mut self.con, bit(value)),
            "hqmax" => put(&mut self.hqmax, whole(value)),
            _ => false,
        }
    }
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

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    #[test]
    fn reads_and_names() {
        let rows = [
            ("pmin", "0"),
            ("pmax", "4294967295"),
            ("gt", "1.5"),
            ("lt", "-0.25"),
            ("st", "1"),
            ("epmin", "1"),
            ("epmax", "2"),
            ("edge", "0"),
            ("con", "1"),
            ("hqmax", "9"),
        ];
        let mut attributes = Attributes::default();
        assert!(attributes.is_empty());
        for (name, value) in rows {
            assert!(attributes.set(name, value), "{name}");
            assert!(!attributes.set(name, value), "{name} again");
        }
        let named: Vec<_> = attributes.named().collect();
        assert_eq!(named, rows.map(|(name, value)| (name, value.to_owned())));
    }

    #[test]
    fn refuses() {
        for (name, value) in [
            ("pmin", ""),
            ("pmin", "+1"),
            ("pmin", "-1"),
            ("pmin", "1.5"),
            ("pmin", "4294967296"),
            ("gt", "inf"),
            ("gt", "NaN"),
            ("gt", "0x1"),
            ("gt", "1e999"),
            ("con", "true"),
            ("edge", "2"),
            ("ver", "1.1"),
            ("", ""),
        ] {
            let mut attributes = Attributes::default();
            assert!(!attributes.set(name, value), "{name}={value}");
            assert!(attributes.is_empty());
        }
    }
}
