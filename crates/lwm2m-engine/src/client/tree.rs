//! The objects of a device: what exists, of which type, with which value.

use std::collections::{BTreeMap, BTreeSet};

use lwm2m::{Entry, Level, Models, Path, ResourceFacts, Value, ValueType, Version};

use super::config::ConfigError;
use crate::ClientLimits;

/// An object of a device with its first values, for [`ClientConfig::objects`](crate::ClientConfig::objects).
///
/// ```
/// use lwm2m::Value;
/// use lwm2m_engine::DeviceObject;
///
/// let humidity = DeviceObject::new(3304)
///     .with(0, 5700, Value::Float(41.5))
///     .with(0, 5701, Value::String("%RH".into()))
///     .with_executable(0, 5605);
/// assert_eq!(humidity.id(), 3304);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    id: u16,
    pub(super) version: Option<Version>,
    pub(super) creatable: bool,
    /// The resources that this device knows, whether an instance has them now or not.
    pub(super) supported: BTreeSet<u16>,
    pub(super) instances: BTreeMap<u16, Instance>,
}

/// The resources of an instance.
pub(super) type Instance = BTreeMap<u16, Resource>;

/// What a resource holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Resource {
    Value(Value<'static>),
    Values(BTreeMap<u16, Value<'static>>),
    Executable,
}

impl Object {
    /// An object without instances, in the version that belongs to the device's version of LwM2M.
    pub const fn new(id: u16) -> Self {
        Self { id, version: None, creatable: false, supported: BTreeSet::new(), instances: BTreeMap::new() }
    }

    /// The same in another version.
    #[must_use]
    pub const fn with_version(mut self, version: Version) -> Self {
        self.version = Some(version);
        self
    }

    /// The same, but a server may create and delete instances.
    #[must_use]
    pub const fn creatable(mut self) -> Self {
        self.creatable = true;
        self
    }

    /// The same with a value. The instance appears with its first resource.
    #[must_use]
    pub fn with(self, instance: u16, resource: u16, value: Value<'static>) -> Self {
        self.insert(instance, resource, Resource::Value(value))
    }

    /// The same with a multiple resource.
    #[must_use]
    pub fn with_many(
        self,
        instance: u16,
        resource: u16,
        values: impl IntoIterator<Item = (u16, Value<'static>)>,
    ) -> Self {
        self.insert(instance, resource, Resource::Values(values.into_iter().collect()))
    }

    /// The same with a resource that can be executed.
    #[must_use]
    pub fn with_executable(self, instance: u16, resource: u16) -> Self {
        self.insert(instance, resource, Resource::Executable)
    }

    /// The same with a resource that instances may have, but need not.
    #[must_use]
    pub fn with_optional(mut self, resource: u16) -> Self {
        self.supported.insert(resource);
        self
    }

    /// The Object ID.
    pub const fn id(&self) -> u16 {
        self.id
    }

    fn insert(mut self, instance: u16, id: u16, resource: Resource) -> Self {
        self.supported.insert(id);
        self.instances.entry(instance).or_default().insert(id, resource);
        self
    }
}

/// All objects, with their definitions.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub(super) objects: BTreeMap<u16, Object>,
    pub(super) models: Models,
}

impl Tree {
    /// Checks objects against their definitions.
    pub(super) fn new(lwm2m: Version, objects: Vec<Object>, limits: &ClientLimits) -> Result<Self, ConfigError> {
        let versions: Vec<_> = objects.iter().map(|object| (object.id, object.version)).collect();
        let mut tree = Self { objects: BTreeMap::new(), models: Models::for_registration(lwm2m, &versions) };
        for mut object in objects {
            let at = Path::object(object.id);
            let facts = tree.models.object(object.id).ok_or(ConfigError::Unknown { path: at })?;
            if tree.objects.contains_key(&object.id) || (!facts.multiple && object.instances.len() > 1) {
                return Err(ConfigError::Repeated { path: at });
            }
            if object.instances.len() > limits.instances {
                return Err(ConfigError::TooMany { path: at });
            }
            for (instance, resources) in &mut object.instances {
                for (id, resource) in resources {
                    let path = Path::resource(object.id, *instance, *id);
                    let facts = facts.resource(*id).ok_or(ConfigError::Unknown { path })?;
                    check(path, facts, resource)?;
                }
            }
            tree.objects.insert(object.id, object);
        }
        Ok(tree)
    }

    pub(super) fn instance(&self, path: Path) -> Option<&Instance> {
        self.objects.get(&path.object_id()?)?.instances.get(&path.instance_id()?)
    }

    pub(super) fn resource(&self, path: Path) -> Option<&Resource> {
        self.instance(path)?.get(&path.resource_id()?)
    }

    pub(super) fn facts(&self, path: Path) -> Option<ResourceFacts<'_>> {
        self.models.resource(path)
    }

    /// The value of a single resource or of a resource instance.
    pub(super) fn value(&self, path: Path) -> Option<&Value<'static>> {
        match (self.resource(path)?, path.resource_instance_id()) {
            (Resource::Value(value), None) => Some(value),
            (Resource::Values(values), Some(index)) => values.get(&index),
            _ => None,
        }
    }

    /// Whether something is there under this path.
    pub(super) fn exists(&self, path: Path) -> bool {
        match path.level() {
            Level::Root => true,
            Level::Object => path.object_id().is_some_and(|id| self.objects.contains_key(&id)),
            Level::ObjectInstance => self.instance(path).is_some(),
            Level::Resource => self.resource(path).is_some(),
            Level::ResourceInstance => self.value(path).is_some(),
        }
    }

    /// Every value at or below a path, whether it may be read or not, and the bare path of what is empty.
    pub(super) fn entries(&self, path: Path) -> Vec<Entry<'static>> {
        let mut entries = Vec::new();
        let objects = self.objects.values().filter(|object| path.object_id().is_none_or(|id| id == object.id));
        for object in objects {
            for (instance, resources) in &object.instances {
                let at = Path::instance(object.id, *instance);
                if !path.contains(at) && !at.contains(path) {
                    continue;
                }
                if path.level() <= Level::Object {
                    entries.push(Entry::absent(at));
                }
                for (id, resource) in resources {
                    let at = Path::resource(object.id, *instance, *id);
                    if !path.contains(at) && !at.contains(path) {
                        continue;
                    }
                    match resource {
                        Resource::Value(value) => entries.push(Entry::new(at, value.clone())),
                        Resource::Values(values) => {
                            if path.level() <= Level::Resource {
                                entries.push(Entry::absent(at));
                            }
                            let values = values.iter().filter_map(|(index, value)| Some((at.child(*index)?, value)));
                            let values = values.filter(|(at, _)| path.contains(*at));
                            entries.extend(values.map(|(at, value)| Entry::new(at, value.clone())));
                        }
                        Resource::Executable => {}
                    }
                }
            }
        }
        entries
    }

    /// Puts a value in its place; the resource is there from now on. Only for checked paths and types.
    pub(super) fn put(&mut self, path: Path, value: Value<'static>) -> bool {
        let ids = path.ids();
        let [object, instance, resource, index @ ..] = &*ids else { return false };
        let Some(object) = self.objects.get_mut(object) else { return false };
        let Some(instance) = object.instances.get_mut(instance) else { return false };
        match index {
            [] => instance.insert(*resource, Resource::Value(value.clone())) != Some(Resource::Value(value)),
            [index, ..] => {
                let place = instance.entry(*resource).or_insert_with(|| Resource::Values(BTreeMap::new()));
                let Resource::Values(values) = place else { return false };
                values.insert(*index, value.clone()) != Some(value)
            }
        }
    }

    /// Takes a resource, or one of its instances, out.
    pub(super) fn remove(&mut self, path: Path) {
        let ids = path.ids();
        let [object, instance, resource, index @ ..] = &*ids else { return };
        let Some(instance) = self.objects.get_mut(object).and_then(|object| object.instances.get_mut(instance)) else {
            return;
        };
        match index {
            [] => _ = instance.remove(resource),
            [index, ..] => {
                if let Some(Resource::Values(values)) = instance.get_mut(resource) {
                    values.remove(index);
                }
            }
        }
    }
}

/// The value as its definition wants it: a whole number counts for every number type that holds it.
pub(super) fn fit(value: Value<'static>, kind: ValueType) -> Option<Value<'static>> {
    const EXACT: u64 = 1 << 53;
    Some(match (value, kind) {
        (value, kind) if value.value_type() == kind => value,
        (Value::Integer(n), ValueType::Unsigned) => Value::Unsigned(n.try_into().ok()?),
        (Value::Integer(n), ValueType::Time) => Value::Time(n),
        (Value::Integer(n), ValueType::Float) if n.unsigned_abs() <= EXACT => Value::Float(n as f64),
        (Value::Unsigned(n), ValueType::Integer) => Value::Integer(n.try_into().ok()?),
        (Value::Unsigned(n), ValueType::Float) if n <= EXACT => Value::Float(n as f64),
        (Value::Time(n), ValueType::Integer) => Value::Integer(n),
        (Value::String(text), ValueType::CoreLink) => Value::CoreLink(text),
        _ => return None,
    })
}

fn check(path: Path, facts: ResourceFacts<'_>, resource: &mut Resource) -> Result<(), ConfigError> {
    let wrong = ConfigError::WrongType { path, expected: facts.value_type };
    let fitted = |value: &mut Value<'static>| {
        let kind = facts.value_type.ok_or(wrong)?;
        *value = fit(value.clone(), kind).ok_or(wrong)?;
        Ok(())
    };
    match resource {
        Resource::Executable if facts.value_type.is_none() || facts.operations.can_execute() => Ok(()),
        Resource::Executable => Err(wrong),
        Resource::Value(value) if !facts.multiple => fitted(value),
        Resource::Values(values) if facts.multiple => values.values_mut().try_for_each(fitted),
        _ => Err(ConfigError::Multiplicity { path }),
    }
}
