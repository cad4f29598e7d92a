//! What ids mean.

mod definition;
mod facts;
mod operations;

use alloc::borrow::Cow;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::facts::{ObjectRow, Registry, RegistryError};
use crate::{Path, Version, order};

pub use definition::{ObjectModel, ResourceModel};
pub use facts::{ObjectFacts, ResourceFacts};
pub(crate) use facts::{Rows, Shape, search};
pub use operations::Operations;

/// The registered objects, and perhaps the versions that one device has of them.
///
/// For an object in several versions the one that counts is: the version the device has; else the highest minor of
/// the same major; else the newest. An object nobody knows has no facts and stays usable, untyped.
///
/// The table holds facts only (ids, names, types, operations, ranges, units) of the OMNA LwM2M registry; the texts
/// that explain them are in the registry. Without feature `registry` it is not built in: [`Models::oma`] is then empty,
/// and [`Models::from_registry`] loads it.
///
/// ```
/// use lwm2m::{Models, Path, Version};
/// let models = Models::for_registration(Version::V1_0, &[(3, None), (5, Some(Version::V1_1))]);
/// assert_eq!(models.object(3).unwrap().version, Version::V1_0);
/// assert_eq!(models.object(5).unwrap().version, Version::V1_1);
/// let reading = models.resource(Path::resource(3303, 0, 5700)).unwrap();
/// assert_eq!((reading.name, reading.operations.to_string()), ("Sensor Value", "Read".to_string()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Models {
    /// The version in use of each object that a device registered, by id.
    versions: Vec<(u16, Version)>,
    base: Base,
    /// Definitions that came at run time, by id and version. Clones share them.
    own: Option<Arc<Vec<ObjectModel>>>,
}

/// The table of registered objects.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Base {
    Empty,
    #[cfg(feature = "registry")]
    BuiltIn,
    Loaded(Arc<Registry>),
}

/// The definition that counts.
enum Counting<'m> {
    Packed(ObjectRow<'m>),
    Own(&'m ObjectModel),
}

impl Models {
    /// All registered objects, each in its newest version. Without feature `registry`: none.
    pub const fn oma() -> &'static Self {
        #[cfg(feature = "registry")]
        static OMA: Models = Models { versions: Vec::new(), base: Base::BuiltIn, own: None };
        #[cfg(not(feature = "registry"))]
        static OMA: Models = Models::empty();
        &OMA
    }

    /// No object at all.
    pub const fn empty() -> Self {
        Self { versions: Vec::new(), base: Base::Empty, own: None }
    }

    /// The objects of a `registry.bin`, as `cargo xtask gen-objects` writes it and the npm package ships it.
    ///
    /// It takes the place of the built-in table. The bytes are looked at once and kept as they are, so 90 kB of a file
    /// cost 90 kB of memory, and nothing if they are `&'static`.
    ///
    /// # Errors
    /// If the bytes are no registry, of another format, or broken.
    pub fn from_registry(bytes: impl Into<Cow<'static, [u8]>>) -> Result<Self, RegistryError> {
        let registry = Registry::load(bytes.into())?;
        Ok(Self { base: Base::Loaded(Arc::new(registry)), ..Self::empty() })
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
        order::by_key(&mut versions, |&(id, _)| id);
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
        object.tidy();
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
        Some(match self.counting(object)? {
            Counting::Packed(row) => row.facts(),
            Counting::Own(own) => own.facts(),
        })
    }

    /// As [`Models::object`], the resources only: what a codec asks for each object of a payload.
    pub(crate) fn rows(&self, object: u16) -> Option<Rows<'_>> {
        Some(match self.counting(object)? {
            Counting::Packed(row) => Rows::Packed(row.rows()),
            Counting::Own(own) => Rows::Own(&own.resources),
        })
    }

    fn counting(&self, object: u16) -> Option<Counting<'_>> {
        let wanted = self.version(object);
        if wanted.is_none() && self.own().is_empty() {
            return self.registry()?.newest(object).map(Counting::Packed);
        }
        // Exact before same major before any other; then the newest; and of two equal ones the later here.
        let rank = |version: Version| {
            let (exact, major) = match wanted {
                Some(wanted) => (wanted == version, wanted.major == version.major),
                None => (false, false),
            };
            u32::from(exact) << 17 | u32::from(major) << 16 | u32::from(version.major) << 8 | u32::from(version.minor)
        };
        let mut best: Option<(u32, Counting<'_>)> = None;
        let mut offer = |version, found| {
            let rank = rank(version);
            if best.as_ref().is_none_or(|&(best, _)| best <= rank) {
                best = Some((rank, found));
            }
        };
        if let Some(registry) = self.registry() {
            registry.versions(object).for_each(|row| offer(row.version(), Counting::Packed(row)));
        }
        for own in self.own().iter().filter(|known| known.id == object) {
            offer(own.version, Counting::Own(own));
        }
        best.map(|(_, found)| found)
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
        let rows = self.registry().into_iter().flat_map(Registry::objects);
        rows.map(|row| row.facts()).chain(self.own().iter().map(ObjectModel::facts))
    }

    fn own(&self) -> &[ObjectModel] {
        self.own.as_deref().map(Vec::as_slice).unwrap_or_default()
    }

    fn registry(&self) -> Option<&Registry> {
        match &self.base {
            Base::Empty => None,
            #[cfg(feature = "registry")]
            Base::BuiltIn => Some(&crate::facts::BUILT_IN),
            Base::Loaded(registry) => Some(registry),
        }
    }
}

impl Default for Models {
    /// As [`Models::oma`].
    fn default() -> Self {
        Self::oma().clone()
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
    use crate::ValueType;

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
