//! Definitions that come at run time.

use alloc::string::String;
use alloc::vec::Vec;

use super::{ObjectFacts, Operations, ResourceFacts, Rows};
use crate::facts::NamedValues;
use crate::{ValueType, Version};

/// A definition that comes at run time: an object in one version. See [`Models::insert`](crate::Models::insert).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectModel {
    /// The Object ID.
    pub id: u16,
    /// The version of the object. Default: 1.0.
    pub version: Version,
    /// The name.
    pub name: String,
    /// The lowest version of LwM2M it needs. Default: 1.0.
    pub lwm2m: Version,
    /// Whether it may have several instances. Default: no.
    pub multiple: bool,
    /// Whether its definition calls it mandatory. Default: no.
    pub mandatory: bool,
    /// The resources, in any order.
    pub resources: Vec<ResourceModel>,
}

impl ObjectModel {
    /// An object without resources, with the defaults named at each field.
    pub fn new(id: u16, name: impl Into<String>) -> Self {
        let (name, resources) = (name.into(), Vec::new());
        Self { id, version: Version::V1_0, name, lwm2m: Version::V1_0, multiple: false, mandatory: false, resources }
    }

    /// Sorts the resources by id; of two with the same id the first one stays.
    pub(crate) fn tidy(&mut self) {
        crate::order::by_key(&mut self.resources, |resource| resource.id);
        self.resources.dedup_by_key(|resource| resource.id);
    }

    pub(crate) fn facts(&self) -> ObjectFacts<'_> {
        ObjectFacts {
            id: self.id,
            version: self.version,
            name: &self.name,
            lwm2m: self.lwm2m,
            multiple: self.multiple,
            mandatory: self.mandatory,
            rows: Rows::Own(&self.resources),
        }
    }
}

/// A resource of an [`ObjectModel`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResourceModel {
    /// The Resource ID.
    pub id: u16,
    /// The name.
    pub name: String,
    /// What a server may do with it.
    pub operations: Operations,
    /// The type of its value; none if it is only executed.
    pub value_type: Option<ValueType>,
    /// Whether it has resource instances. Default: no.
    pub multiple: bool,
    /// Whether every instance of the object has it. Default: no.
    pub mandatory: bool,
    /// The range, as its definition writes it, whatever that is. Default: empty.
    pub range: String,
    /// The unit. Default: empty.
    pub units: String,
    /// Values that have names: a hint for people, as [`ResourceFacts::enumeration`](crate::ResourceFacts::enumeration). Default: none.
    pub enumeration: Vec<(i64, String)>,
}

impl ResourceModel {
    /// A resource with the defaults named at each field.
    pub fn new(id: u16, name: impl Into<String>, operations: Operations, value_type: Option<ValueType>) -> Self {
        let (range, units, enumeration) = (String::new(), String::new(), Vec::new());
        let (name, multiple, mandatory) = (name.into(), false, false);
        Self { id, name, operations, value_type, multiple, mandatory, range, units, enumeration }
    }

    pub(crate) fn facts(&self) -> ResourceFacts<'_> {
        ResourceFacts {
            id: self.id,
            name: &self.name,
            operations: self.operations,
            value_type: self.value_type,
            multiple: self.multiple,
            mandatory: self.mandatory,
            range: &self.range,
            units: &self.units,
            named: NamedValues::Own(&self.enumeration),
        }
    }
}
