//! What is known of an object and of a resource, wherever it comes from.

use super::{Operations, ResourceModel};
#[cfg(doc)]
use crate::Models;
use crate::facts::{NamedValues, PackedRows};
use crate::{Range, ValueType, Version};

/// What is known of one version of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectFacts<'m> {
    /// The Object ID.
    pub id: u16,
    /// The version of the object.
    pub version: Version,
    /// The name, as registered.
    pub name: &'m str,
    /// The lowest version of LwM2M it needs.
    pub lwm2m: Version,
    /// Whether it may have several instances.
    pub multiple: bool,
    /// Whether its definition calls it mandatory. Only for 0, 1 and 3 that means every device.
    pub mandatory: bool,
    pub(crate) rows: Rows<'m>,
}

/// The resources of an object, by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rows<'m> {
    Packed(PackedRows<'m>),
    Own(&'m [ResourceModel]),
}

impl<'m> ObjectFacts<'m> {
    /// The resources, by id.
    pub fn resources(&self) -> impl Iterator<Item = ResourceFacts<'m>> + use<'m> {
        let (packed, own) = match self.rows {
            Rows::Packed(rows) => (Some(rows.all()), None),
            Rows::Own(rows) => (None, Some(rows.iter().map(ResourceModel::facts))),
        };
        packed.into_iter().flatten().chain(own.into_iter().flatten())
    }

    /// The type of one resource, without the rest that is known of it. None also if it is only executed.
    ///
    /// ```
    /// let device = lwm2m::Models::oma().object(3).unwrap();
    /// assert_eq!(device.value_type(9), Some(lwm2m::ValueType::Integer));
    /// ```
    pub fn value_type(&self, id: u16) -> Option<ValueType> {
        self.rows.shape(id)?.value_type
    }

    /// One resource.
    pub fn resource(&self, id: u16) -> Option<ResourceFacts<'m>> {
        match &self.rows {
            Rows::Packed(rows) => rows.find(id).map(|at| rows.facts(at)),
            Rows::Own(rows) => rows.get(search(rows, id, |row| row.id)?).map(ResourceModel::facts),
        }
    }
}

/// What a codec asks of a resource: its type, and whether it has instances.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) value_type: Option<ValueType>,
    pub(crate) multiple: bool,
}

impl<'m> Rows<'m> {
    /// The ids of the resources, in order.
    #[cfg(feature = "ddf")]
    pub(crate) fn ids(self) -> impl Iterator<Item = u16> + use<'m> {
        let (packed, own) = match self {
            Rows::Packed(rows) => (rows.ids(), None),
            Rows::Own(rows) => (Default::default(), Some(rows)),
        };
        let packed = packed.iter().map(|&id| u16::from_le_bytes(id));
        packed.chain(own.unwrap_or_default().iter().map(|row| row.id))
    }

    /// The shape of one resource.
    #[allow(clippy::inline_always)] // asked for every value, and a few instructions
    #[inline(always)]
    pub(crate) fn shape(&self, id: u16) -> Option<Shape> {
        let (value_type, multiple) = match self {
            Rows::Packed(rows) => rows.shape(rows.find(id)?),
            Rows::Own(rows) => {
                let row = rows.get(search(rows, id, |row| row.id)?)?;
                (row.value_type, row.multiple)
            }
        };
        Some(Shape { value_type, multiple })
    }
}

/// Where in a list by id the one with that id is.
#[inline]
pub(crate) fn search<T>(rows: &[T], id: u16, id_of: impl Fn(&T) -> u16) -> Option<usize> {
    // Most objects number their resources without holes, so the id is mostly also the place.
    match rows.get(usize::from(id)) {
        Some(row) if id_of(row) == id => Some(id.into()),
        _ => rows.binary_search_by_key(&id, id_of).ok(),
    }
}

/// What is known of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResourceFacts<'m> {
    /// The Resource ID.
    pub id: u16,
    /// The name, as registered.
    pub name: &'m str,
    /// What a server may do with it.
    pub operations: Operations,
    /// The type of its value; none if it is only executed.
    pub value_type: Option<ValueType>,
    /// Whether it has resource instances.
    pub multiple: bool,
    /// Whether every instance of the object has it.
    pub mandatory: bool,
    /// The range: `0..100`, `10,26`. Of text and bytes it bounds the length. Empty if there is none. In the built-in
    /// table as registered, and only where it is numbers; in a definition of one's own whatever it says.
    pub range: &'m str,
    /// The unit, as registered: `Cel`, `/100`. Empty if there is none.
    pub units: &'m str,
    pub(crate) named: NamedValues<'m>,
}

impl<'m> ResourceFacts<'m> {
    /// The values that have names, as pairs of value and label, lowest first in the built-in table.
    ///
    /// A hint for people, never a reason to refuse a value. Built in for the core objects (0 to 13), from our own table;
    /// in a definition of one's own whatever it says.
    ///
    /// ```
    /// let models = lwm2m::Models::oma();
    /// let state = models.resource(lwm2m::Path::resource(5, 0, 3)).unwrap();
    /// assert_eq!(state.enumeration().next(), Some((0, "Idle")));
    /// assert_eq!((state.label(1), state.label(9)), (Some("Downloading"), None));
    /// ```
    pub fn enumeration(&self) -> impl Iterator<Item = (i64, &'m str)> + use<'m> {
        self.named.all()
    }

    /// The name of a value.
    pub fn label(&self, value: i64) -> Option<&'m str> {
        self.enumeration().find(|&(known, _)| known == value).map(|(_, label)| label)
    }

    /// The range as a hint for people; none if there is none or its text is of no form that [`Range`] understands.
    pub fn value_range(&self) -> Option<Range> {
        Range::parse(self.range, self.value_type?)
    }
}
