//! The table of registered objects, packed.
//!
//! `tables.rs` is made from `objects.tsv` by `cargo xtask gen-objects`. Rows are eight bytes and names lie in one
//! string: in the console the whole table travels as about 25 kB.

mod tables;

use crate::models::Rows;
use crate::{ObjectFacts, Operations, ResourceFacts, ValueType, Version};

pub(crate) use tables::OBJECTS;
use tables::{NAMES, RANGES, ROWS, UNITS};

/// The versions of an object, oldest first; empty if it is not registered.
pub(crate) fn versions(object: u16) -> &'static [ObjectRow] {
    let start = OBJECTS.partition_point(|row| row.id < object);
    let rest = OBJECTS.get(start..).unwrap_or_default();
    let end = rest.iter().position(|row| row.id != object).unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default()
}

/// One version of an object.
pub(crate) struct ObjectRow {
    id: u16,
    /// Where its name begins in `NAMES`.
    name: u16,
    /// Where its resources begin in `ROWS`.
    first: u16,
    /// How many there are.
    count: u8,
    name_length: u8,
    /// Major and minor, four bits each.
    version: u8,
    /// Bit 0 multiple, bit 1 mandatory, from bit 2 on the minor of the lowest LwM2M version 1.x.
    flags: u8,
}

impl ObjectRow {
    /// How `tables.rs` writes a row.
    const fn new(id: u16, version: u8, flags: u8, name: u16, name_length: u8, first: u16, count: u8) -> Self {
        Self { id, name, first, count, name_length, version, flags }
    }

    pub(crate) const fn version(&self) -> Version {
        Version::new(self.version >> 4, self.version & 15)
    }

    pub(crate) fn facts(&self) -> ObjectFacts<'static> {
        let first = usize::from(self.first);
        ObjectFacts {
            id: self.id,
            version: self.version(),
            name: name(self.name, self.name_length),
            lwm2m: Version::new(1, self.flags >> 2),
            multiple: self.flags & 1 != 0,
            mandatory: self.flags & 2 != 0,
            rows: Rows::Packed(ROWS.get(first..first + usize::from(self.count)).unwrap_or_default()),
        }
    }
}

/// One resource of one version of an object.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    id: u16,
    /// Where its name begins in `NAMES`.
    name: u16,
    /// From bit 0: operations (3 bits), type (4), multiple, mandatory, length of the name (7).
    kind: u16,
    /// Index into `UNITS`.
    units: u8,
    /// Index into `RANGES`.
    range: u8,
}

impl Row {
    /// How `tables.rs` writes a row.
    const fn new(id: u16, name: u16, kind: u16, units: u8, range: u8) -> Self {
        Self { id, name, kind, units, range }
    }

    pub(crate) const fn id(&self) -> u16 {
        self.id
    }

    /// The type words of the table are those of [`ValueType`], in its order, after 0 for none.
    pub(crate) fn value_type(&self) -> Option<ValueType> {
        ValueType::ALL.get(usize::from(self.kind >> 3 & 15).wrapping_sub(1)).copied()
    }

    pub(crate) const fn multiple(&self) -> bool {
        self.kind & 1 << 7 != 0
    }

    pub(crate) fn facts(&self) -> ResourceFacts<'static> {
        ResourceFacts {
            id: self.id,
            name: name(self.name, (self.kind >> 9) as u8),
            operations: match self.kind & 7 {
                1 => Operations::Read,
                2 => Operations::Write,
                3 => Operations::ReadWrite,
                4 => Operations::Execute,
                _ => Operations::None,
            },
            value_type: self.value_type(),
            multiple: self.multiple(),
            mandatory: self.kind & 1 << 8 != 0,
            range: RANGES.get(usize::from(self.range)).copied().unwrap_or_default(),
            units: UNITS.get(usize::from(self.units)).copied().unwrap_or_default(),
        }
    }
}

fn name(start: u16, length: u8) -> &'static str {
    let start = usize::from(start);
    NAMES.get(start..start + usize::from(length)).unwrap_or_default()
}
