//! Which notification attributes there are, and where they may stand.

use core::fmt;

use crate::{Level, Version};

/// A notification attribute.
///
/// [`Display`](fmt::Display) writes its name as links and queries have it.
///
/// Source: OMA LwM2M Core 1.2, "Attributes", the table of `<NOTIFICATION>` class attributes.
///
/// ```
/// use lwm2m::{AttributeName, Level, Version};
/// assert_eq!(AttributeName::from_name("epmin"), Some(AttributeName::Epmin));
/// assert_eq!(AttributeName::Epmin.since(), Version::V1_1);
/// assert!(!AttributeName::Gt.applies_to(Level::Object));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum AttributeName {
    /// `pmin`: the shortest time between two notifications.
    Pmin,
    /// `pmax`: the longest time between two notifications.
    Pmax,
    /// `gt`: a value to be crossed.
    Gt,
    /// `lt`: a value to be crossed, the lower one of two.
    Lt,
    /// `st`: the least change.
    St,
    /// `epmin`: the shortest time between two looks at the value.
    Epmin,
    /// `epmax`: the longest time between two looks at the value.
    Epmax,
    /// `edge`: which change of a Boolean counts.
    Edge,
    /// `con`: whether notifications are confirmable.
    Con,
    /// `hqmax`: how many values are kept while the server cannot be reached.
    Hqmax,
}

impl AttributeName {
    /// All of them, in the order of the specification.
    pub const ALL: [Self; 10] = [
        Self::Pmin,
        Self::Pmax,
        Self::Gt,
        Self::Lt,
        Self::St,
        Self::Epmin,
        Self::Epmax,
        Self::Edge,
        Self::Con,
        Self::Hqmax,
    ];

    /// As links and queries have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pmin => "pmin",
            Self::Pmax => "pmax",
            Self::Gt => "gt",
            Self::Lt => "lt",
            Self::St => "st",
            Self::Epmin => "epmin",
            Self::Epmax => "epmax",
            Self::Edge => "edge",
            Self::Con => "con",
            Self::Hqmax => "hqmax",
        }
    }

    /// The attribute of that name, in small letters.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|attribute| attribute.name() == name)
    }

    /// The version of LwM2M that brought it.
    pub const fn since(self) -> Version {
        match self {
            Self::Pmin | Self::Pmax | Self::Gt | Self::Lt | Self::St => Version::V1_0,
            Self::Epmin | Self::Epmax => Version::V1_1,
            Self::Edge | Self::Con | Self::Hqmax => Version::V1_2,
        }
    }

    /// Whether it may be attached at that level. What is attached to an object or instance holds for what is below it.
    pub fn applies_to(self, level: Level) -> bool {
        match self {
            Self::Gt | Self::Lt | Self::St | Self::Edge => level >= Level::Resource,
            Self::Pmin | Self::Pmax | Self::Epmin | Self::Epmax | Self::Con | Self::Hqmax => level >= Level::Object,
        }
    }

    /// Whether the request of an Observe-Composite may carry it (since 1.2).
    pub const fn is_for_composites(self) -> bool {
        matches!(self, Self::Pmin | Self::Pmax | Self::Epmin | Self::Epmax | Self::Con)
    }
}

impl fmt::Display for AttributeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of [`AttributeName`]s.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct AttributeNames(u16);

impl AttributeNames {
    /// None.
    pub const NONE: Self = Self(0);

    /// Adds one; whether it is new.
    pub const fn insert(&mut self, name: AttributeName) -> bool {
        let is_new = !self.contains(name);
        self.0 |= 1 << name as u16;
        is_new
    }

    /// Whether it is among them.
    pub const fn contains(self, name: AttributeName) -> bool {
        self.0 & (1 << name as u16) != 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// They, in the order of the specification.
    pub fn iter(self) -> impl Iterator<Item = AttributeName> {
        AttributeName::ALL.into_iter().filter(move |&name| self.contains(name))
    }
}

impl FromIterator<AttributeName> for AttributeNames {
    fn from_iter<I: IntoIterator<Item = AttributeName>>(names: I) -> Self {
        let mut all = Self::NONE;
        for name in names {
            all.insert(name);
        }
        all
    }
}

impl fmt::Debug for AttributeNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
