//! Create and Delete.
//!
//! Source: OMA LwM2M Core, "Create", "Delete".

use coap_exchange::{Now, Request, Response, ResponseType};
use lwm2m::{ContentFormat, Entry, EntryValue, Level, Path, Version};

use super::io::ClientEvent;
use super::operation::Refusal;
use super::registration::{Effect, Update};
use super::tree::{Instance, Resource};
use super::{Client, objects};

impl Client {
    /// POST on an object.
    pub(super) fn create(
        &mut self,
        now: Now,
        object: Path,
        request: &Request,
        format: Option<ContentFormat>,
    ) -> Result<Response, Refusal> {
        let id = object.object_id().unwrap_or_default();
        let place = self.tree.objects.get(&id).ok_or_else(|| Refusal::not_found(object))?;
        if !place.creatable {
            return Err(Refusal::not_allowed(format!("{object} has the instances that it has")));
        }
        if place.instances.len() >= self.limits.instances {
            self.stats.instances_full += 1;
            return Err(Refusal::new(ResponseType::InternalServerError, "no room for more instances"));
        }
        let free = (0..u16::MAX).find(|id| !place.instances.contains_key(id));
        let format = format.ok_or_else(|| Refusal::bad("Content-Format is missing"))?;
        let entries = self.decode(object, request, Some(format))?;
        let named = one_instance(&entries)?;
        let Some(instance) = named.or(free) else {
            return Err(Refusal::new(ResponseType::InternalServerError, "no id is free"));
        };
        let path = Path::instance(id, instance);
        if self.tree.instance(path).is_some() {
            return Err(Refusal::bad(format!("{path} exists")));
        }
        let entries = self.new_values(path, entries)?;
        let resources = self.new_instance(path, &entries)?;
        if let Some(object) = self.tree.objects.get_mut(&id) {
            object.instances.insert(instance, resources);
        }
        self.put_entries(now, &entries);
        self.after_create(now, path);
        self.changed.insert(path);
        self.tell(ClientEvent::Created { path });
        self.effects.push_back(Effect::Update(Update { objects: true, ..Update::default() }));
        let response = Response::new(ResponseType::Created);
        Ok(match named {
            Some(_) => response,
            None => response.with_location(id.to_string()).with_location(instance.to_string()),
        })
    }

    /// The values of a Create under their final paths, checked. What this device has no place for is left out.
    fn new_values(&mut self, path: Path, entries: Vec<Entry<'static>>) -> Result<Vec<Entry<'static>>, Refusal> {
        let mut values = Vec::new();
        for mut entry in entries {
            let Some(resource) = entry.path.ids().get(2).copied() else { continue };
            let index = entry.path.ids().get(3).copied();
            let at = path.child(resource).and_then(|at| index.map_or(Some(at), |index| at.child(index)));
            let Some(at) = at else { continue };
            entry.path = at;
            let supported = path.object_id().and_then(|id| self.tree.objects.get(&id));
            if !supported.is_some_and(|object| object.supported.contains(&resource)) {
                continue;
            }
            if self.tree.facts(at).is_some_and(|facts| facts.operations.can_execute()) {
                return Err(Refusal::not_allowed(format!("{at} has no value")));
            }
            self.check_value(&entry)?;
            values.push(entry);
        }
        let mut indices = std::collections::BTreeMap::<Path, usize>::new();
        for entry in values.iter().filter(|entry| entry.path.level() == Level::ResourceInstance) {
            let count = indices.entry(entry.path.truncate(3)).or_default();
            *count += 1;
            if *count > self.limits.resource_instances {
                self.stats.resource_instances_full += 1;
                return Err(Refusal::new(ResponseType::InternalServerError, "no room for more resource instances"));
            }
        }
        Ok(values)
    }

    /// The new instance without the values of its creator: executables, and what the device itself gives.
    fn new_instance(&self, path: Path, entries: &[Entry<'static>]) -> Result<Instance, Refusal> {
        let mut instance = Instance::new();
        let supported = path.object_id().and_then(|id| self.tree.objects.get(&id)).into_iter();
        for id in supported.flat_map(|object| &object.supported) {
            let Some(at) = path.child(*id) else { continue };
            let Some(facts) = self.tree.facts(at) else { continue };
            let given = entries.iter().any(|entry| at.contains(entry.path));
            let absent = entries.iter().any(|entry| entry.path == at && entry.value == EntryValue::Absent);
            if facts.operations.can_execute() {
                instance.insert(*id, Resource::Executable);
            } else if absent || (given && facts.multiple) {
                instance.insert(*id, Resource::Values(Default::default()));
            } else if !given {
                match objects::first_value(path.object_id().unwrap_or_default(), *id) {
                    // The device measures; what a server would write, the server must give.
                    Some(value) if !facts.mandatory || !facts.operations.can_write() => {
                        instance.insert(*id, Resource::Value(value));
                    }
                    _ if facts.mandatory => return Err(Refusal::bad(format!("{at} is mandatory"))),
                    _ => {}
                }
            }
        }
        Ok(instance)
    }

    /// DELETE on an instance.
    pub(super) fn delete(&mut self, path: Path) -> Result<Response, Refusal> {
        let (Some(id), Some(instance)) = (path.object_id(), path.instance_id()) else {
            return Err(Refusal::not_found(path));
        };
        let object = self.tree.objects.get_mut(&id).ok_or_else(|| Refusal::not_found(path))?;
        if !object.instances.contains_key(&instance) {
            return Err(Refusal::not_found(path));
        }
        if !object.creatable {
            return Err(Refusal::not_allowed(format!("{path} stays")));
        }
        object.instances.remove(&instance);
        self.attributes.retain(|at, _| !path.contains(*at));
        self.after_delete(path);
        self.changed.insert(path);
        self.tell(ClientEvent::Deleted { path });
        self.effects.push_back(Effect::Update(Update { objects: true, ..Update::default() }));
        Ok(Response::new(ResponseType::Deleted))
    }

    /// DELETE on a resource instance, from LwM2M 1.2 on.
    pub(super) fn delete_resource_instance(&mut self, _now: Now, path: Path) -> Result<Response, Refusal> {
        if self.lwm2m < Version::V1_2 {
            return Err(Refusal::not_allowed("only LwM2M 1.2 deletes resource instances"));
        }
        if !self.tree.exists(path) {
            return Err(self.missing(path));
        }
        if !self.tree.facts(path).is_some_and(|facts| facts.operations.can_write()) {
            return Err(Refusal::not_allowed(format!("{path} can't be written")));
        }
        self.tree.remove(path);
        self.attributes.remove(&path);
        self.changed.insert(path);
        self.tell(ClientEvent::Deleted { path });
        Ok(Response::new(ResponseType::Deleted))
    }
}

/// The instance that a payload names; none if it leaves the id to the device. Several make no sense here.
fn one_instance(entries: &[Entry<'_>]) -> Result<Option<u16>, Refusal> {
    let mut named = entries.iter().map(|entry| entry.path.instance_id());
    let Some(first) = named.next() else { return Ok(None) };
    if named.any(|other| other != first) {
        return Err(Refusal::bad("one Create makes one instance"));
    }
    Ok(first)
}
