//! What ids mean.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::facts;
use crate::{Path, Range, ValueType, Version};

/// The registered objects, and perhaps the versions that one device has of them.
///
/// For an object in several versions the one that counts is: the version the device has; else the highest minor of
/// the same major; else the newest. An object nobody knows has no facts and stays usable, untyped.
///
/// The table holds facts only (ids, names, types, operations, ranges, units) of the OMNA LwM2M registry; the texts
/// that explain them are in the registry.
///
/// ```
/// use lwm2m::{Models, Path, Version};
/// let models = Models::for_registration(Version::V1_0, &[(3, None), (5, Some(Version::V1_1))]);
/// assert_eq!(models.object(3).unwrap().version, Version::V1_0);
/// assert_eq!(models.object(5).unwrap().version, Version::V1_1);
/// let reading = models.resource(Path::resource(3303, 0, 5700)).unwrap();
/// assert_eq!((reading.name, reading.operations.to_string()), ("Sensor Value", "Read".to_string()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Models {
    /// The version in use of each object that a device registered, by id.
    versions: Vec<(u16, Version)>,
    /// Definitions that came at run time, by id and version. Clones share them.
    own: Option<Arc<Vec<ObjectModel>>>,
}

impl Models {
    /// All registered objects, each in its newest version.
    pub const fn oma() -> &'static Self {
        static OMA: Models = Models { versions: Vec::new(), own: None };
        &OMA
    }

    /// The objects as a device has them that registered with this LwM2M version and these object versions.
    ///
    /// Without a version of its own a core object has the one that belongs to the LwM2M version, any other object 1.0.
    /// Objects that are not in the list count in their newest version.
    pub fn for_registration(lwm2m: Version, objects: &[(u16, Option<Version>)]) -> Self {
        Self::oma().with_registration(lwm2m, objects)
    }

    /// The same definitions, those of one's own included, for a device that registered with these versions; as
    /// [`Models::for_registration`].
    ///
    /// ```
    /// use lwm2m::{Models, ObjectModel, Version};
    /// let mut models = Models::oma().clone();
    /// models.insert(ObjectModel::new(42_769, "Lamp"));
    /// let models = models.with_registration(Version::V1_0, &[(3, None)]);
    /// assert_eq!(models.object(3).unwrap().version, Version::V1_0);
    /// assert_eq!(models.object(42_769).unwrap().name, "Lamp");
    /// ```
    #[must_use]
    pub fn with_registration(&self, lwm2m: Version, objects: &[(u16, Option<Version>)]) -> Self {
        let mut versions: Vec<_> =
            objects.iter().map(|&(id, version)| (id, version.unwrap_or_else(|| implied_version(lwm2m, id)))).collect();
        versions.sort_by_key(|&(id, _)| id);
        versions.dedup_by_key(|&mut (id, _)| id);
        versions.shrink_to_fit();
        Self { versions, ..self.clone() }
    }

    /// Adds a definition of one's own. It wins over a built-in one of the same id and version, and over an earlier one.
    ///
    /// Resources are sorted; of two with the same id the first one stays.
    ///
    /// ```
    /// use lwm2m::{Models, ObjectModel, Operations, Path, ResourceModel, ValueType};
    /// let mut models = Models::oma().clone();
    /// let mut lamp = ObjectModel::new(42_769, "Lamp");
    /// lamp.resources.push(ResourceModel::new(0, "Colour", Operations::ReadWrite, Some(ValueType::String)));
    /// models.insert(lamp);
    /// assert_eq!(models.resource(Path::resource(42_769, 0, 0)).unwrap().name, "Colour");
    /// ```
    pub fn insert(&mut self, mut object: ObjectModel) {
        object.resources.sort_by_key(|resource| resource.id);
        object.resources.dedup_by_key(|resource| resource.id);
        let own = Arc::make_mut(self.own.get_or_insert_with(Arc::default));
        let key = (object.id, object.version);
        match own.binary_search_by_key(&key, |known| (known.id, known.version)) {
            Ok(at) => {
                if let Some(known) = own.get_mut(at) {
                    *known = object;
                }
            }
            Err(at) => own.insert(at, object),
        }
    }

    /// The version of an object that is in use, whether its facts are known or not; none if no device said.
    pub fn version(&self, object: u16) -> Option<Version> {
        let at = self.versions.binary_search_by_key(&object, |&(id, _)| id).ok()?;
        self.versions.get(at).map(|&(_, version)| version)
    }

    /// What is known of an object, in the version that counts.
    pub fn object(&self, object: u16) -> Option<ObjectFacts<'_>> {
        let wanted = self.version(object);
        // Exact before same major before any other; then the newest; and one's own before the built-in.
        let rank = |version: Version, own: bool| {
            (Some(version) == wanted, wanted.is_some_and(|wanted| wanted.major == version.major), version, own)
        };
        let built_in = facts::versions(object).iter().max_by_key(|row| rank(row.version(), false));
        let own = self.own().iter().filter(|known| known.id == object).max_by_key(|known| rank(known.version, true));
        match (built_in, own) {
            (Some(row), Some(own)) if rank(own.version, true) < rank(row.version(), false) => Some(row.facts()),
            (_, Some(own)) => Some(own.facts()),
            (Some(row), None) => Some(row.facts()),
            (None, None) => None,
        }
    }

    /// What is known of the resource that `path` names or lies in; none for a shorter path.
    pub fn resource(&self, path: Path) -> Option<ResourceFacts<'_>> {
        self.object(path.object_id()?)?.resource(path.resource_id()?)
    }

    /// Every known object in every version: the built-in ones by id and version, then one's own.
    ///
    /// ```
    /// let device = lwm2m::Models::oma().all().filter(|object| object.id == 3);
    /// assert_eq!(device.map(|object| object.version.to_string()).collect::<Vec<_>>(), ["1.0", "1.1", "1.2"]);
    /// ```
    pub fn all(&self) -> impl Iterator<Item = ObjectFacts<'_>> {
        facts::OBJECTS.iter().map(|row| row.facts()).chain(self.own().iter().map(ObjectModel::facts))
    }

    fn own(&self) -> &[ObjectModel] {
        self.own.as_deref().map(Vec::as_slice).unwrap_or_default()
    }
}

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
    Packed(&'static [facts::Row]),
    Own(&'m [ResourceModel]),
}

impl<'m> ObjectFacts<'m> {
    /// The resources, by id.
    pub fn resources(&self) -> impl Iterator<Item = ResourceFacts<'m>> + use<'m> {
        let (packed, own): (&[facts::Row], &[ResourceModel]) = match self.rows {
            Rows::Packed(rows) => (rows, &[]),
            Rows::Own(rows) => (&[], rows),
        };
        packed.iter().map(|row| row.facts()).chain(own.iter().map(ResourceModel::facts))
    }

    /// One resource.
    pub fn resource(&self, id: u16) -> Option<ResourceFacts<'m>> {
        match self.rows {
            Rows::Packed(rows) => search(rows, id, facts::Row::id).map(|row| row.facts()),
            Rows::Own(rows) => search(rows, id, |row| row.id).map(ResourceModel::facts),
        }
    }
}

/// What a codec asks of a resource: its type, and whether it has instances.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) value_type: Option<ValueType>,
    pub(crate) multiple: bool,
}

impl ObjectFacts<'_> {
    /// As [`ObjectFacts::resource`], without the texts.
    pub(crate) fn shape(&self, id: u16) -> Option<Shape> {
        Some(match self.rows {
            Rows::Packed(rows) => {
                let row = search(rows, id, facts::Row::id)?;
                Shape { value_type: row.value_type(), multiple: row.multiple() }
            }
            Rows::Own(rows) => {
                let row = search(rows, id, |row| row.id)?;
                Shape { value_type: row.value_type, multiple: row.multiple }
            }
        })
    }
}

fn search<T>(rows: &[T], id: u16, id_of: impl Fn(&T) -> u16) -> Option<&T> {
    // Most objects number their resources without holes, so the id is mostly also the place.
    match rows.get(usize::from(id)) {
        Some(row) if id_of(row) == id => Some(row),
        _ => rows.get(rows.binary_search_by_key(&id, id_of).ok()?),
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
    /// The range, as registered and only where it is numbers: `0..100`, `10,26`. Of text and bytes it bounds the length.
    /// Empty if there is none.
    pub range: &'m str,
    /// The unit, as registered: `Cel`, `/100`. Empty if there is none.
    pub units: &'m str,
}

impl ResourceFacts<'_> {
    /// The range as a hint for people; none if there is none or its text is of no form that [`Range`] understands.
    pub fn value_range(&self) -> Option<Range> {
        Range::parse(self.range, self.value_type?)
    }
}

/// A definition that comes at run time: an object in one version. See [`Models::insert`].
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

    fn facts(&self) -> ObjectFacts<'_> {
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
    /// The range, as in [`ResourceFacts::range`]. Default: empty.
    pub range: String,
    /// The unit. Default: empty.
    pub units: String,
}

impl ResourceModel {
    /// A resource with the defaults named at each field.
    pub fn new(id: u16, name: impl Into<String>, operations: Operations, value_type: Option<ValueType>) -> Self {
        let (range, units) = (String::new(), String::new());
        Self { id, name: name.into(), operations, value_type, multiple: false, mandatory: false, range, units }
    }

    fn facts(&self) -> ResourceFacts<'_> {
        ResourceFacts {
            id: self.id,
            name: &self.name,
            operations: self.operations,
            value_type: self.value_type,
            multiple: self.multiple,
            mandatory: self.mandatory,
            range: &self.range,
            units: &self.units,
        }
    }
}

/// What a server may do with a resource.
///
/// [`Display`](fmt::Display) says it in words.
///
/// ```
/// use lwm2m::Operations;
/// assert_eq!(Operations::ReadWrite.to_string(), "Read, write");
/// assert!(Operations::ReadWrite.can_read() && !Operations::Execute.can_read());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums)] // the combinations that the definitions allow
pub enum Operations {
    /// Nothing; only a Bootstrap-Server has access.
    None,
    /// Read it.
    Read,
    /// Write it.
    Write,
    /// Read and write it.
    ReadWrite,
    /// Execute it.
    Execute,
}

impl Operations {
    /// Whether it can be read (and observed).
    pub const fn can_read(self) -> bool {
        matches!(self, Self::Read | Self::ReadWrite)
    }

    /// Whether it can be written.
    pub const fn can_write(self) -> bool {
        matches!(self, Self::Write | Self::ReadWrite)
    }

    /// Whether it can be executed.
    pub const fn can_execute(self) -> bool {
        matches!(self, Self::Execute)
    }

    /// The letters of the definitions: `RW`; empty for none.
    pub const fn letters(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Read => "R",
            Self::Write => "W",
            Self::ReadWrite => "RW",
            Self::Execute => "E",
        }
    }
}

impl fmt::Display for Operations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "Bootstrap only",
            Self::Read => "Read",
            Self::Write => "Write",
            Self::ReadWrite => "Read, write",
            Self::Execute => "Execute",
        })
    }
}

/// The version of an object that a device has if it names none.
///
/// Source: OMA LwM2M Core 1.0 to 1.2, the table of objects defined by the enabler.
fn implied_version(lwm2m: Version, object: u16) -> Version {
    const fn v(minor: u8) -> Version {
        Version::new(1, minor)
    }
    let release = if lwm2m.major > 1 { 2 } else { lwm2m.minor.min(2) };
    match (object, release) {
        (0 | 1 | 3, minor) => v(minor),
        (4, 1) => v(2),
        (4, 2) => v(3),
        (2 | 5, 2) => v(1),
        (21, 2) => Version::new(2, 0),
        _ => Version::V1_0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_version_that_counts() {
        let with = |version: &str| Models::for_registration(Version::V1_1, &[(4, Some(version.parse().unwrap()))]);
        for (registered, counts) in [("1.0", "1.0"), ("1.3", "1.3"), ("1.9", "1.3"), ("2.0", "1.3"), ("0.1", "1.3")] {
            assert_eq!(with(registered).object(4).map(|o| o.version), counts.parse().ok(), "{registered}");
            assert_eq!(with(registered).version(4), registered.parse().ok());
        }
        // Object 25 has two versions that are not compatible.
        let gateway = Models::for_registration(Version::V1_1, &[(25, Some(Version::V1_2))]);
        assert_eq!(gateway.object(25).map(|o| o.version), Some(Version::V1_0));
        assert_eq!(Models::oma().object(25).map(|o| o.version), Some(Version::new(2, 0)));
        assert_eq!(Models::oma().object(60_000), None);
    }

    #[test]
    fn implies_core_versions() {
        let core = [0, 1, 2, 3, 4, 5, 6, 7, 21, 3303].map(|id| (id, None));
        for (lwm2m, expected) in [
            ("1.0", "1.0 1.0 1.0 1.0 1.0 1.0 1.0 1.0 1.0 1.0"),
            ("1.1", "1.1 1.1 1.0 1.1 1.2 1.0 1.0 1.0 1.0 1.0"),
            ("1.2", "1.2 1.2 1.1 1.2 1.3 1.1 1.0 1.0 2.0 1.0"),
            ("1.3", "1.2 1.2 1.1 1.2 1.3 1.1 1.0 1.0 2.0 1.0"),
        ] {
            let models = Models::for_registration(lwm2m.parse().unwrap(), &core);
            for ((id, _), version) in core.into_iter().zip(expected.split(' ')) {
                assert_eq!(models.version(id), version.parse().ok(), "/{id} of {lwm2m}");
            }
        }
    }

    #[test]
    fn knows_what_the_registry_says() {
        let models = Models::oma();
        // The counts of the registry snapshot that the table was made from.
        let (objects, resources) =
            models.all().fold((0, 0), |(objects, rows), object| (objects + 1, rows + object.resources().count()));
        assert!(objects >= 424 && resources >= 4_506, "{objects} objects, {resources} resources");

        let device = models.object(3).unwrap();
        assert_eq!((device.name, device.multiple, device.mandatory), ("Device", false, true));
        let level = device.resource(9).unwrap();
        assert_eq!((level.name, level.range, level.units), ("Battery Level", "0..100", "/100"));
        assert_eq!((level.operations, level.value_type), (Operations::Read, Some(ValueType::Integer)));
        let reboot = device.resource(4).unwrap();
        assert_eq!((reboot.operations, reboot.value_type, reboot.mandatory), (Operations::Execute, None, true));
        let security = models.object(0).unwrap().resource(0).unwrap();
        assert_eq!(security.operations, Operations::None);
        // Not a hole-free list, so the search is needed.
        assert_eq!(models.object(3303).unwrap().resource(5700).unwrap().name, "Sensor Value");
        assert_eq!(models.object(3303).unwrap().resource(1), None);
        for object in models.all() {
            assert!(!object.name.is_empty());
            assert!(object.resources().all(|resource| !resource.name.is_empty()), "{}", object.id);
            assert!(object.resources().map(|r| r.id).is_sorted_by(|a, b| a < b), "{}", object.id);
        }
    }
}
