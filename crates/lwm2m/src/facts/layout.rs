//! Where what lies in the bytes of a registry.

use super::RegistryError;

/// One column, by its place in the file.
#[derive(Clone, Copy)]
pub(super) struct Column(usize);

impl Column {
    /// Rows of eight bytes, by id and version: id, number of the first resource, number of the name, version (major and
    /// minor, four bits each), flags. The resources of an object stand together, by id, and the objects' in their order.
    pub(super) const OBJECT: Self = Self(0);
    pub(super) const ROW_ID: Self = Self(1);
    /// From bit 0: operations (3 bits), type (4), multiple, mandatory.
    pub(super) const ROW_KIND: Self = Self(2);
    /// Number of a text. Low and high bytes apart.
    pub(super) const ROW_NAME: Self = Self(3);
    /// Places in the two columns that follow them.
    pub(super) const ROW_RANGE: Self = Self(4);
    pub(super) const ROW_UNITS: Self = Self(5);
    /// Numbers of texts; the first is the empty text.
    pub(super) const RANGE: Self = Self(6);
    pub(super) const UNITS: Self = Self(7);
    /// Enumerations stand by object, resource and version.
    pub(super) const ENUM_OBJECT: Self = Self(8);
    pub(super) const ENUM_RESOURCE: Self = Self(9);
    /// The version of the object from which on it is meant, packed as those of objects.
    pub(super) const ENUM_SINCE: Self = Self(10);
    /// Number of its first value.
    pub(super) const ENUM_FIRST: Self = Self(11);
    pub(super) const VALUE: Self = Self(12);
    /// Number of a text. Low and high bytes apart.
    pub(super) const VALUE_LABEL: Self = Self(13);
    /// Bytes of each text.
    pub(super) const TEXT_LENGTH: Self = Self(14);
    /// Where every eighth text begins. Low and high bytes apart.
    pub(super) const EIGHTH_TEXT: Self = Self(15);

    pub(super) const COUNT: usize = 16;

    /// From and to.
    pub(super) fn place(self, starts: &[u32; Self::COUNT + 1]) -> [usize; 2] {
        match starts.get(self.0..self.0 + 2) {
            Some(&[from, to]) => [from as usize, to as usize],
            _ => [0, 0],
        }
    }
}

/// Bytes before the first column.
const HEADER: usize = 24;

/// Header and columns, texts, and where the columns begin.
type Parts<'b> = (&'b [u8], &'b str, [u32; Column::COUNT + 1]);

/// Takes the file apart. All the lengths are checked, the content of the columns is not.
pub(super) const fn split(bytes: &[u8]) -> Result<Parts<'_>, RegistryError> {
    let Some(header) = bytes.first_chunk::<HEADER>() else { return Err(RegistryError::NotRegistry) };
    let &[b'L', b'w', b'M', b'2', f0, f1, o0, o1, r0, r1, a0, a1, u0, u1, e0, e1, v0, v1, t0, t1, b0, b1, b2, b3] =
        header
    else {
        return Err(RegistryError::NotRegistry);
    };
    let format = number(f0, f1);
    if format != 1 {
        return Err(RegistryError::Format(format as u16));
    }
    let (objects, rows, ranges, units) = (number(o0, o1), number(r0, r1), number(a0, a1), number(u0, u1));
    let (enums, values, texts) = (number(e0, e1), number(v0, v1), number(t0, t1));
    let lengths: [u32; Column::COUNT] = [
        8 * objects,
        2 * rows,
        2 * rows,
        2 * rows,
        rows,
        rows,
        2 * ranges,
        2 * units,
        2 * enums,
        2 * enums,
        enums,
        2 * enums,
        2 * values,
        2 * values,
        texts,
        2 * texts.div_ceil(8),
    ];
    let starts = sums(&lengths);
    let [.., end] = starts;
    let expected = end as u64 + u32::from_le_bytes([b0, b1, b2, b3]) as u64;
    if bytes.len() as u64 != expected {
        return Err(RegistryError::Length { expected, got: bytes.len() as u64 });
    }
    let (tables, texts) = bytes.split_at(end as usize);
    match core::str::from_utf8(texts) {
        Ok(texts) => Ok((tables, texts, starts)),
        Err(error) => Err(RegistryError::NotUtf8 { at: end as usize + error.valid_up_to() }),
    }
}

const fn number(low: u8, high: u8) -> u32 {
    u16::from_le_bytes([low, high]) as u32
}

#[allow(clippy::indexing_slicing)] // an iterator cannot run in a constant; both places are below the lengths
const fn sums(lengths: &[u32; Column::COUNT]) -> [u32; Column::COUNT + 1] {
    let mut starts = [HEADER as u32; Column::COUNT + 1];
    let mut at = 0;
    while at < Column::COUNT {
        starts[at + 1] = starts[at] + lengths[at];
        at += 1;
    }
    starts
}
