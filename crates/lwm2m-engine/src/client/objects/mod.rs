//! The objects of the demonstration device, and what their resources do.
//!
//! One file per object: its first values, and the rules that the tables of registered objects cannot say. `Client` calls
//! the rules here; everything else about a resource follows from its definition.

mod connectivity;
mod device;
mod light;
mod location;
pub(super) mod server;
mod temperature;

use coap_exchange::{Now, ResponseType};
use lwm2m::{Path, Value};

use super::Client;
use super::io::Argument;
use super::operation::Refusal;
use super::registration::{Effect, Update};
use super::tree::{Instance, Object, Resource};

/// The objects of a device that needs no hardware: Device, Connectivity Monitoring, Location, two Temperatures, and a
/// Light Control. The Server object is added by the [`Client`].
///
/// Source: the OMA LwM2M registry, objects 3, 4, 6, 3303 (version 1.1) and 3311.
pub fn demo_objects() -> Vec<Object> {
    vec![device::object(), connectivity::object(), location::object(), temperature::object(), light::object()]
}

/// What runs by itself between two changes of the tree.
#[derive(Clone, Debug, Default)]
pub(super) struct Clocks {
    device: device::Clock,
    light: light::OnTime,
}

/// Whether a value runs by itself: it is worked out when it is read, and its running alone notifies nobody who looks at more
/// than it.
pub(super) fn is_running(path: Path) -> bool {
    path == device::CURRENT_TIME || (path.object_id() == Some(light::ID) && path.resource_id() == Some(light::ON_TIME))
}

/// Values that the definition allows and the resource does not.
pub(super) fn refuse_value(path: Path, value: &Value<'_>) -> Result<(), Refusal> {
    let ok = match (path.object_id(), value) {
        (Some(server::ID), value) => server::takes(path, value),
        (Some(device::ID), value) => device::takes(path, value),
        _ => true,
    };
    if ok { Ok(()) } else { Err(Refusal::new(ResponseType::BadRequest, format!("{path} does not take this value"))) }
}

/// What a new instance has that its creator did not give. `None` for a mandatory resource that only the creator can give.
pub(super) fn first_value(object: u16, resource: u16) -> Option<Value<'static>> {
    match object {
        temperature::ID => temperature::first_value(resource),
        light::ID => light::first_value(resource),
        _ => None,
    }
}

impl Client {
    /// The value of a single resource or of a resource instance, as it is now.
    pub(super) fn value_now(&self, now: Now, path: Path) -> Option<Value<'static>> {
        let value = self.tree.value(path)?;
        Some(match (path.object_id(), value) {
            (Some(device::ID), Value::Time(_)) if path == device::CURRENT_TIME => {
                Value::Time(self.clocks.device.read(now))
            }
            (Some(light::ID), Value::Integer(counted)) if path.resource_id() == Some(light::ON_TIME) => {
                Value::Integer(counted + self.clocks.light.since(now, path))
            }
            _ => value.clone(),
        })
    }

    /// A value is about to be replaced, by whomever.
    pub(super) fn before_change(&mut self, now: Now, path: Path, value: &Value<'_>) {
        match (path.object_id(), value) {
            (Some(device::ID), Value::Time(time)) if path == device::CURRENT_TIME => {
                self.clocks.device.set(now, *time);
            }
            (Some(light::ID), Value::Boolean(on)) if path.resource_id() == Some(light::ON_OFF) => {
                self.switch_light(now, path, *on);
            }
            (Some(light::ID), Value::Integer(_)) if path.resource_id() == Some(light::ON_TIME) => {
                self.clocks.light.restart(now, path);
            }
            _ => {}
        }
    }

    /// A value was replaced, by whomever.
    pub(super) fn after_change(&mut self, now: Now, path: Path) {
        if path.object_id() == Some(temperature::ID) && path.resource_id() == Some(temperature::VALUE) {
            self.measured(now, path.truncate(2));
        }
    }

    /// The server wrote this resource: what the device does then.
    pub(super) fn after_write(&self, path: Path) -> Option<Effect> {
        match (path.object_id()?, path.resource_id()?) {
            (server::ID, server::LIFETIME) => Some(Effect::Update(Update { lifetime: true, ..Update::default() })),
            (server::ID, server::BINDING) => Some(Effect::Update(Update { binding: true, ..Update::default() })),
            _ => None,
        }
    }

    /// An instance is there now.
    pub(super) fn after_create(&mut self, now: Now, path: Path) {
        match path.object_id() {
            Some(temperature::ID) => self.measured(now, path),
            Some(light::ID) => self.start_light(now, path),
            _ => {}
        }
    }

    /// An instance is gone.
    pub(super) fn after_delete(&mut self, path: Path) {
        self.clocks.light.forget(path);
    }

    /// Does what an executable resource does; it exists, and the arguments are well-formed.
    pub(super) fn act(&mut self, path: Path, _arguments: &[Argument]) -> Option<Effect> {
        match (path.object_id()?, path.resource_id()?) {
            (server::ID, server::DISABLE) => Some(Effect::Disable),
            (server::ID, server::UPDATE_TRIGGER) => Some(Effect::Update(Update::default())),
            (device::ID, device::REBOOT) => Some(Effect::Reboot),
            (device::ID, device::FACTORY_RESET) => Some(Effect::FactoryReset),
            (device::ID, device::RESET_ERRORS) => {
                let errors = [(0, Value::Integer(0))].into();
                if let Some(place) = self.tree.objects.get_mut(&device::ID)
                    && let Some(place) = place.instances.get_mut(&0)
                {
                    place.insert(device::ERRORS, Resource::Values(errors));
                    self.changed.insert(Path::resource(device::ID, 0, device::ERRORS));
                }
                None
            }
            (temperature::ID, temperature::RESET) => {
                self.forget_extremes(path.truncate(2));
                None
            }
            _ => None,
        }
    }

    /// Starts what runs, for the values of the tree as they are.
    pub(super) fn start_clocks(&mut self, now: Now) {
        self.clocks = Clocks::default();
        for path in self.instances(light::ID) {
            self.start_light(now, path);
        }
        for path in self.instances(temperature::ID) {
            self.measured(now, path);
        }
        self.follow(location::TIMESTAMP, Value::Time((now.utc.as_micros() / 1_000_000) as i64));
    }

    fn instances(&self, object: u16) -> Vec<Path> {
        let instances = self.tree.objects.get(&object).into_iter().flat_map(|object| object.instances.keys());
        instances.map(|instance| Path::instance(object, *instance)).collect()
    }

    /// Puts a value that changes with another one, if the instance has such a resource.
    fn follow(&mut self, path: Path, value: Value<'static>) {
        if self.tree.value(path).is_some_and(|old| *old != value) {
            self.tree.put(path, value);
            self.changed.insert(path);
        }
    }
}

/// The number in a resource of an instance.
fn number(instance: Option<&Instance>, resource: u16) -> Option<f64> {
    match instance?.get(&resource)? {
        Resource::Value(Value::Float(number)) => Some(*number),
        _ => None,
    }
}

fn text(text: &'static str) -> Value<'static> {
    Value::String(text.into())
}
