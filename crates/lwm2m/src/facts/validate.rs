//! Whether the bytes of a registry are what a look-up takes them for.

use super::layout::Column;
use super::{OPERATIONS, Registry, first_of};
use crate::ValueType;

/// Why bytes are no registry of object facts. Whoever made the file is at fault.
///
/// ```
/// use lwm2m::{Models, RegistryError};
/// assert_eq!(Models::from_registry(b"<LWM2M>".as_slice()), Err(RegistryError::NotRegistry));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// It does not begin like one.
    #[error("this is no registry of object facts: it does not begin with `LwM2`")]
    NotRegistry,
    /// It is of a format that this version does not know.
    #[error("format {0} of a registry is not known here, only 1 is: take the file that belongs to this version")]
    Format(u16),
    /// It is cut off, or more follows.
    #[error("the registry has {got} bytes, and its header says {expected}")]
    Length {
        /// What the header says.
        expected: u64,
        /// What is there.
        got: u64,
    },
    /// Its texts are not UTF-8.
    #[error("byte {at} of the registry is not UTF-8")]
    NotUtf8 {
        /// The byte, from 0.
        at: usize,
    },
    /// A row says something that cannot be.
    #[error("row {row} of the {table} of the registry is broken")]
    Row {
        /// Which table: `objects`, `resources`, `ranges`, `units`, `enumerations`, `values` or `texts`.
        table: &'static str,
        /// Which row, from 0.
        row: usize,
    },
}

/// Looks at every row once.
pub(super) fn check(registry: &Registry) -> Result<(), RegistryError> {
    texts(registry)?;
    objects(registry)?;
    resources(registry)?;
    for (table, column) in [("ranges", Column::RANGE), ("units", Column::UNITS)] {
        let count = registry.pairs(column).len();
        // A row without one points to the first, and that is empty.
        rows(table, count, |at| registry.text(registry.pair(column, at)).is_empty() == (at == 0))?;
    }
    enumerations(registry)
}

fn rows(table: &'static str, count: usize, good: impl Fn(usize) -> bool) -> Result<(), RegistryError> {
    match (0..count).find(|&row| !good(row)) {
        Some(row) => Err(RegistryError::Row { table, row }),
        None => Ok(()),
    }
}

/// The lengths fill the texts, no letter is cut, and every eighth begins where the column says.
fn texts(registry: &Registry) -> Result<(), RegistryError> {
    let (lengths, mut place) = (registry.column(Column::TEXT_LENGTH), 0);
    for (number, &length) in lengths.iter().enumerate() {
        let known = number % 8 != 0 || usize::from(registry.plane(Column::EIGHTH_TEXT, number / 8)) == place;
        let end = place + usize::from(length);
        if !known || !registry.texts.is_char_boundary(end) {
            return Err(RegistryError::Row { table: "texts", row: number });
        }
        place = end;
    }
    if place == registry.texts.len() { Ok(()) } else { Err(RegistryError::Row { table: "texts", row: lengths.len() }) }
}

fn objects(registry: &Registry) -> Result<(), RegistryError> {
    let objects = registry.object_rows();
    let all = registry.pairs(Column::ROW_ID).len();
    let key = |&[a, b, .., version, _]: &[u8; 8]| (u16::from_le_bytes([a, b]), version);
    let mut before = None;
    for (row, object) in registry.objects().enumerate() {
        let in_order = before.is_none_or(|before| key(before) < key(object.row));
        let first = usize::from(first_of(object.row));
        let placed = first <= all && (row > 0 || first == 0) && first <= object.end();
        let facts = object.facts();
        if !in_order || !placed || facts.name.is_empty() || facts.id == u16::MAX {
            return Err(RegistryError::Row { table: "objects", row });
        }
        before = objects.get(row);
    }
    Ok(())
}

fn resources(registry: &Registry) -> Result<(), RegistryError> {
    let ids = registry.pairs(Column::ROW_ID);
    for object in registry.objects() {
        let rows = object.rows();
        let ids = rows.ids.iter().map(|&id| u16::from_le_bytes(id));
        if let Some(at) = ids.clone().zip(ids.skip(1)).position(|(one, next)| one >= next) {
            return Err(RegistryError::Row { table: "resources", row: usize::from(first_of(object.row)) + at + 1 });
        }
    }
    let (ranges, units) = (registry.pairs(Column::RANGE).len(), registry.pairs(Column::UNITS).len());
    rows("resources", ids.len(), |at| {
        let kind = registry.pair(Column::ROW_KIND, at);
        usize::from(kind & 7) < OPERATIONS.len()
            && usize::from(kind >> 3 & 15) <= ValueType::ALL.len()
            && kind >> 9 == 0
            && registry.pair(Column::ROW_ID, at) != u16::MAX
            && usize::from(registry.byte(Column::ROW_RANGE, at)) < ranges
            && usize::from(registry.byte(Column::ROW_UNITS, at)) < units
            && !registry.text(registry.plane(Column::ROW_NAME, at)).is_empty()
    })
}

fn enumerations(registry: &Registry) -> Result<(), RegistryError> {
    let count = registry.pairs(Column::ENUM_OBJECT).len();
    let values = registry.pairs(Column::VALUE).len();
    let key = |at| {
        let object = registry.pair(Column::ENUM_OBJECT, at);
        (object, registry.pair(Column::ENUM_RESOURCE, at), registry.byte(Column::ENUM_SINCE, at))
    };
    let first = |at| if at < count { usize::from(registry.pair(Column::ENUM_FIRST, at)) } else { values };
    rows("enumerations", count, |at| (at == 0 || key(at - 1) < key(at)) && first(at) <= first(at + 1))?;
    rows("values", values, |at| !registry.named_value(at).1.is_empty())
}

#[cfg(all(test, feature = "registry"))]
mod tests {
    use alloc::borrow::Cow;
    use alloc::vec::Vec;

    use super::super::tests::BYTES;
    use super::*;
    use crate::Models;

    #[test]
    fn refuses_what_is_broken() {
        let with = |at: usize, byte: u8| {
            let mut bytes = Vec::from(BYTES);
            bytes[at] = byte;
            Models::from_registry(bytes)
        };
        assert_eq!(with(0, b'l'), Err(RegistryError::NotRegistry));
        assert_eq!(with(4, 2), Err(RegistryError::Format(2)));
        let all = BYTES.len() as u64;
        assert_eq!(with(20, BYTES[20] ^ 1).map_err(|error| matches!(error, RegistryError::Length { .. })), Err(true));
        assert_eq!(
            Models::from_registry(&BYTES[..BYTES.len() - 1]),
            Err(RegistryError::Length { expected: all, got: all - 1 })
        );
        assert_eq!(with(BYTES.len() - 1, 0xFF), Err(RegistryError::NotUtf8 { at: BYTES.len() - 1 }));
        // The id of the second object, which is 0 again, in a higher version.
        assert_eq!(with(32, 1), Err(RegistryError::Row { table: "objects", row: 2 }));
        // A text is named in more than one place, so a length that is wrong is found at the eighth that follows.
        let registry = Registry::load(Cow::Borrowed(BYTES)).unwrap();
        let [lengths, _] = Column::TEXT_LENGTH.place(&registry.starts);
        assert_eq!(with(lengths + 3, 0), Err(RegistryError::Row { table: "texts", row: 8 }));
    }

    /// Whatever the bytes: an error, or a registry that can be read through.
    #[test]
    fn nothing_panics() {
        for length in 0..200 {
            assert!(Registry::load(Cow::Borrowed(&BYTES[..length])).is_err());
        }
        // Every byte of the header and some of the rest, changed in three ways; the check is skipped, as if it
        // had a hole.
        for at in (0..24).chain((24..BYTES.len()).step_by(1009)) {
            for change in [1, 0x80, 0xFF] {
                let mut bytes = Vec::from(BYTES);
                bytes[at] ^= change;
                let Ok((tables, texts, starts)) = super::super::layout::split(&bytes) else { continue };
                let (tables, texts) = (Cow::Owned(Vec::from(tables)), Cow::Owned(texts.into()));
                let broken = Registry { tables, texts, starts };
                let _ = check(&broken);
                let object = broken.objects().nth(at % 424).map(|row| row.facts());
                let _ = object.map(|object| object.resources().map(|r| r.enumeration().count()).sum::<usize>());
                let _ = broken.versions(at as u16).filter_map(|row| row.facts().resource(5)).count();
            }
        }
    }
}
