//! The registered objects, packed into bytes.
//!
//! `registry.bin` is made from `objects.tsv` and `enums.tsv` by `cargo xtask gen-objects`. It is embedded with feature
//! `registry` and can be loaded at run time. Nothing is unpacked: a look-up reads the bytes.
//!
//! A header of 24 bytes, then the columns of [`layout`], then the texts. Numbers are little endian. A column of two
//! bytes is either one number after the other, or first all low and then all high bytes, whichever packs better.
//!
//! | header | |
//! |---|---|
//! | 0 | `LwM2` |
//! | 4 | format, 1 |
//! | 6, 8 | how many objects (each version is one), how many resources |
//! | 10, 12 | how many ranges, how many units |
//! | 14, 16 | how many enumerations, how many values in them |
//! | 18 | how many texts |
//! | 20 | bytes of all texts (four bytes) |

mod layout;
mod validate;

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

use crate::models::Rows;
use crate::{ObjectFacts, Operations, ResourceFacts, ValueType, Version};

use layout::Column;
pub use validate::RegistryError;

/// Object facts as they lie in a file.
#[derive(PartialEq, Eq)]
pub(crate) struct Registry {
    tables: Cow<'static, [u8]>,
    texts: Cow<'static, str>,
    /// Where each column begins in `tables`, and where the last one ends.
    starts: [u32; Column::COUNT + 1],
}

/// The registered objects that are built in.
#[cfg(feature = "registry")]
pub(crate) static BUILT_IN: Registry = {
    static BYTES: &[u8] = include_bytes!("registry.bin");
    match layout::split(BYTES) {
        Ok((tables, texts, starts)) => Registry { tables: Cow::Borrowed(tables), texts: Cow::Borrowed(texts), starts },
        Err(_) => panic!("registry.bin is broken: run `cargo xtask gen-objects`"),
    }
};

impl Registry {
    /// Takes the bytes of a `registry.bin` after a look at all of them.
    pub(crate) fn load(bytes: Cow<'static, [u8]>) -> Result<Self, RegistryError> {
        let registry = match bytes {
            Cow::Borrowed(bytes) => {
                let (tables, texts, starts) = layout::split(bytes)?;
                Self { tables: Cow::Borrowed(tables), texts: Cow::Borrowed(texts), starts }
            }
            Cow::Owned(mut bytes) => {
                let (_, texts, starts) = layout::split(&bytes)?;
                let texts = String::from(texts);
                bytes.truncate(bytes.len() - texts.len());
                Self { tables: Cow::Owned(bytes), texts: Cow::Owned(texts), starts }
            }
        };
        validate::check(&registry)?;
        Ok(registry)
    }

    /// The versions of an object, oldest first.
    pub(crate) fn versions(&self, object: u16) -> impl Iterator<Item = ObjectRow<'_>> {
        let rows = self.object_rows();
        let start = rows.partition_point(|row| id_of(row) < object);
        self.objects_from(start).take_while(move |row| id_of(row.row) == object)
    }

    /// The newest version of an object.
    pub(crate) fn newest(&self, object: u16) -> Option<ObjectRow<'_>> {
        let rows = self.object_rows();
        let at = rows.partition_point(|row| id_of(row) <= object).checked_sub(1)?;
        let row = rows.get(at).filter(|row| id_of(row) == object)?;
        Some(ObjectRow { registry: self, row, at })
    }

    /// Every object in every version, by id and version.
    pub(crate) fn objects(&self) -> impl Iterator<Item = ObjectRow<'_>> {
        self.objects_from(0)
    }

    fn objects_from(&self, start: usize) -> impl Iterator<Item = ObjectRow<'_>> {
        let rows = self.object_rows().get(start..).unwrap_or_default();
        rows.iter().zip(start..).map(|(row, at)| ObjectRow { registry: self, row, at })
    }

    fn object_rows(&self) -> &[[u8; 8]] {
        self.column(Column::OBJECT).as_chunks().0
    }

    fn column(&self, column: Column) -> &[u8] {
        let [start, end] = column.place(&self.starts);
        self.tables.get(start..end).unwrap_or_default()
    }

    fn pairs(&self, column: Column) -> &[[u8; 2]] {
        self.column(column).as_chunks().0
    }

    /// One number of a column of two bytes; 0 outside.
    fn pair(&self, column: Column, at: usize) -> u16 {
        self.pairs(column).get(at).map_or(0, |&pair| u16::from_le_bytes(pair))
    }

    /// One number of a column of two bytes that lies as low and high bytes; 0 outside.
    fn plane(&self, column: Column, at: usize) -> u16 {
        let (low, high) = self.halves(column);
        u16::from_le_bytes([low, high].map(|half| half.get(at).copied().unwrap_or(0)))
    }

    fn halves(&self, column: Column) -> (&[u8], &[u8]) {
        let bytes = self.column(column);
        bytes.split_at(bytes.len() / 2)
    }

    fn byte(&self, column: Column, at: usize) -> u8 {
        self.column(column).get(at).copied().unwrap_or(0)
    }

    /// The text of that number; empty if there is none. The place of every eighth is known, and the length of each.
    fn text(&self, number: u16) -> &str {
        let number = usize::from(number);
        let lengths = self.column(Column::TEXT_LENGTH).get(number / 8 * 8..=number);
        let Some((&length, before)) = lengths.and_then(<[u8]>::split_last) else { return "" };
        let before: usize = before.iter().map(|&length| usize::from(length)).sum();
        let start = usize::from(self.plane(Column::EIGHTH_TEXT, number / 8)) + before;
        self.texts.get(start..start + usize::from(length)).unwrap_or_default()
    }

    /// The list of named values for a resource of a version of an object: the newest that is not newer.
    fn enumeration(&self, object: &[u8; 8], resource: u16) -> (u16, u16) {
        let (object, [.., version, _]) = (id_of(object), *object);
        let (objects, resources) = (self.pairs(Column::ENUM_OBJECT), self.pairs(Column::ENUM_RESOURCE));
        let start = objects.partition_point(|&id| u16::from_le_bytes(id) < object);
        let lists = objects.iter().zip(resources).enumerate().skip(start);
        let fitting = lists
            .take_while(|&(_, (&id, _))| u16::from_le_bytes(id) == object)
            .filter(|&(at, (_, &id))| {
                u16::from_le_bytes(id) == resource && self.byte(Column::ENUM_SINCE, at) <= version
            })
            .last();
        let Some((at, _)) = fitting else { return (0, 0) };
        let first = self.pair(Column::ENUM_FIRST, at);
        let end = match self.pairs(Column::ENUM_FIRST).get(at + 1) {
            Some(&next) => u16::from_le_bytes(next),
            None => self.pairs(Column::VALUE).len() as u16,
        };
        (first, end.saturating_sub(first))
    }

    /// One of the named values.
    pub(crate) fn named_value(&self, at: usize) -> (i64, &str) {
        (self.pair(Column::VALUE, at).into(), self.text(self.plane(Column::VALUE_LABEL, at)))
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Registry({} objects)", self.object_rows().len())
    }
}

/// One version of an object.
#[derive(Clone, Copy)]
pub(crate) struct ObjectRow<'r> {
    registry: &'r Registry,
    row: &'r [u8; 8],
    at: usize,
}

impl<'r> ObjectRow<'r> {
    pub(crate) fn version(self) -> Version {
        let [.., version, _] = *self.row;
        Version::new(version >> 4, version & 15)
    }

    pub(crate) fn facts(self) -> ObjectFacts<'r> {
        // Flags: bit 0 multiple, bit 1 mandatory, from bit 2 on the minor of the lowest LwM2M version 1.x.
        let [_, _, _, _, n0, n1, _, flags] = *self.row;
        ObjectFacts {
            id: id_of(self.row),
            version: self.version(),
            name: self.registry.text(u16::from_le_bytes([n0, n1])),
            lwm2m: Version::new(1, flags >> 2),
            multiple: flags & 1 != 0,
            mandatory: flags & 2 != 0,
            rows: Rows::Packed(self.rows()),
        }
    }

    pub(crate) fn rows(self) -> PackedRows<'r> {
        let registry = self.registry;
        let (ids, kinds) = (registry.pairs(Column::ROW_ID), registry.pairs(Column::ROW_KIND));
        let first = usize::from(first_of(self.row));
        let own = first..self.end();
        PackedRows {
            registry,
            object: self.row,
            ids: ids.get(own.clone()).unwrap_or_default(),
            kinds: kinds.get(own).unwrap_or_default(),
        }
    }
}

impl ObjectRow<'_> {
    /// The first resource that is not its own.
    fn end(self) -> usize {
        let next = self.registry.object_rows().get(self.at + 1);
        next.map_or_else(|| self.registry.pairs(Column::ROW_ID).len(), |next| first_of(next).into())
    }
}

fn id_of(&[low, high, ..]: &[u8; 8]) -> u16 {
    u16::from_le_bytes([low, high])
}

fn first_of(&[_, _, low, high, ..]: &[u8; 8]) -> u16 {
    u16::from_le_bytes([low, high])
}

/// The resources of one version of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PackedRows<'r> {
    registry: &'r Registry,
    object: &'r [u8; 8],
    ids: &'r [[u8; 2]],
    kinds: &'r [[u8; 2]],
}

impl<'r> PackedRows<'r> {
    #[inline]
    pub(crate) fn find(&self, id: u16) -> Option<usize> {
        super::models::search(self.ids, id, |&id| u16::from_le_bytes(id))
    }

    #[cfg(feature = "ddf")]
    pub(crate) const fn ids(&self) -> &'r [[u8; 2]] {
        self.ids
    }

    #[inline]
    fn kind(&self, at: usize) -> u16 {
        self.kinds.get(at).map_or(0, |&kind| u16::from_le_bytes(kind))
    }

    #[inline]
    pub(crate) fn shape(&self, at: usize) -> (Option<ValueType>, bool) {
        let kind = self.kind(at);
        (value_type(kind), kind & MULTIPLE != 0)
    }

    pub(crate) fn all(self) -> impl Iterator<Item = ResourceFacts<'r>> {
        (0..self.ids.len()).map(move |at| self.facts(at))
    }

    pub(crate) fn facts(&self, at: usize) -> ResourceFacts<'r> {
        let registry = self.registry;
        let row = usize::from(first_of(self.object)) + at;
        let kind = self.kind(at);
        let id = self.ids.get(at).map_or(0, |&id| u16::from_le_bytes(id));
        let text = |texts, place: u8| registry.text(registry.pair(texts, place.into()));
        ResourceFacts {
            id,
            name: registry.text(registry.plane(Column::ROW_NAME, row)),
            operations: OPERATIONS.get(usize::from(kind & 7)).copied().unwrap_or(Operations::None),
            value_type: value_type(kind),
            multiple: kind & MULTIPLE != 0,
            mandatory: kind & MANDATORY != 0,
            range: text(Column::RANGE, registry.byte(Column::ROW_RANGE, row)),
            units: text(Column::UNITS, registry.byte(Column::ROW_UNITS, row)),
            named: NamedValues::Packed(registry, registry.enumeration(self.object, id)),
        }
    }
}

/// The values of a resource that have names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NamedValues<'m> {
    /// The first, and how many.
    Packed(&'m Registry, (u16, u16)),
    Own(&'m [(i64, String)]),
}

impl<'m> NamedValues<'m> {
    pub(crate) fn all(self) -> impl Iterator<Item = (i64, &'m str)> {
        let (packed, own) = match self {
            Self::Packed(registry, (first, count)) => {
                let places = usize::from(first)..usize::from(first) + usize::from(count);
                (Some(places.map(move |at| registry.named_value(at))), None)
            }
            Self::Own(values) => (None, Some(values.iter().map(|(value, label)| (*value, label.as_str())))),
        };
        packed.into_iter().flatten().chain(own.into_iter().flatten())
    }
}

/// The type words of the table are those of [`ValueType`], in its order, after 0 for none.
#[inline]
fn value_type(kind: u16) -> Option<ValueType> {
    ValueType::ALL.get(usize::from(kind >> 3 & 15).wrapping_sub(1)).copied()
}

/// As numbered in the table.
const OPERATIONS: [Operations; 5] =
    [Operations::None, Operations::Read, Operations::Write, Operations::ReadWrite, Operations::Execute];
const MULTIPLE: u16 = 1 << 7;
const MANDATORY: u16 = 1 << 8;

#[cfg(all(test, feature = "registry"))]
mod tests {
    use super::*;

    pub(super) static BYTES: &[u8] = include_bytes!("registry.bin");

    #[test]
    fn what_is_built_in_is_whole() {
        validate::check(&BUILT_IN).unwrap();
        assert!(Registry::load(Cow::Borrowed(BYTES)).unwrap() == BUILT_IN);
        assert!(Registry::load(Cow::Owned(BYTES.to_vec())).unwrap() == BUILT_IN);
    }
}
