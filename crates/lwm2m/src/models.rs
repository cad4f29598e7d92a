//! What ids mean.

use alloc::vec::Vec;
use core::fmt;

use crate::facts;
use crate::{Path, ValueType, Version};

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
}

impl Models {
    /// All registered objects, each in its newest version.
    pub const fn oma() -> &'static Self {
        static OMA: Models = Models { versions: Vec::new() };
        &OMA
    }

    /// The objects as a device has them that registered with this LwM2M version and these object versions.
    ///
    /// Without a version of its own a core object has the one that belongs to the LwM2M version, any other object 1.0.
    /// Objects that are not in the list count in their newest version.
    pub fn for_registration(lwm2m: Version, objects: &[(u16, Option<Version>)]) -> Self {
        let mut versions: Vec<_> =
            objects.iter().map(|&(id, version)| (id, version.unwrap_or_else(|| implied_version(lwm2m, id)))).collect();
        versions.sort_by_key(|&(id, _)| id);
        versions.dedup_by_key(|&mut (id, _)| id);
        versions.shrink_to_fit();
        Self { versions }
    }

    /// The version of an object that is in use, whether its facts are known or not; none if no device said.
    pub fn version(&self, object: u16) -> Option<Version> {
        let at = self.versions.binary_search_by_key(&object, |&(id, _)| id).ok()?;
        self.versions.get(at).map(|&(_, version)| version)
    }

    /// What is known of an object, in the version that counts.
    pub fn object(&self, object: u16) -> Option<ObjectFacts<'_>> {
        let known = facts::versions(object);
        let newest = known.last()?;
        let row = match self.version(object) {
            None => newest,
            Some(wanted) => {
                let same_major = || known.iter().rev().find(|row| row.version().major == wanted.major);
                known.iter().find(|row| row.version() == wanted).or_else(same_major).unwrap_or(newest)
            }
        };
        Some(row.facts())
    }

    /// What is known of the resource that `path` names or lies in; none for a shorter path.
    pub fn resource(&self, path: Path) -> Option<ResourceFacts<'_>> {
        self.object(path.object_id()?)?.resource(path.resource_id()?)
    }

    /// Every known object in every version, by id and version.
    ///
    /// ```
    /// let device = lwm2m::Models::oma().all().filter(|object| object.id == 3);
    /// assert_eq!(device.map(|object| object.version.to_string()).collect::<Vec<_>>(), ["1.0", "1.1", "1.2"]);
    /// ```
    pub fn all(&self) -> impl Iterator<Item = ObjectFacts<'_>> {
        facts::OBJECTS.iter().map(|row| row.facts())
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
    pub(crate) rows: &'m [facts::Row],
}

impl<'m> ObjectFacts<'m> {
    /// The resources, by id.
    pub fn resources(&self) -> impl ExactSizeIterator<Item = ResourceFacts<'m>> + DoubleEndedIterator + use<'m> {
        self.rows.iter().map(|row| row.facts())
    }

    /// One resource.
    pub fn resource(&self, id: u16) -> Option<ResourceFacts<'m>> {
        // Most objects number their resources without holes, so the id is mostly also the place.
        let row = match self.rows.get(usize::from(id)) {
            Some(row) if row.id() == id => row,
            _ => self.rows.get(self.rows.binary_search_by_key(&id, facts::Row::id).ok()?)?,
        };
        Some(row.facts())
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
            models.all().fold((0, 0), |(objects, rows), object| (objects + 1, rows + object.resources().len()));
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
            assert!(object.rows.is_sorted_by(|a, b| a.id() < b.id()), "{}", object.id);
        }
    }
}
