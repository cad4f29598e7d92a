//! Object 3303, a thermometer: it keeps the lowest and highest value it has seen.
//!
//! Source: the OMA LwM2M registry, "Temperature", version 1.1.

use coap_exchange::Now;
use lwm2m::{Path, Value, Version};

use super::{number, text};
use crate::client::Client;
use crate::client::tree::Object;

pub(super) const ID: u16 = 3303;
pub(super) const VALUE: u16 = 5700;
pub(super) const RESET: u16 = 5605;
const TIMESTAMP: u16 = 5518;
const LOWEST: u16 = 5601;
const HIGHEST: u16 = 5602;
const UNITS: u16 = 5701;
const APPLICATION: u16 = 5750;

pub(super) fn object() -> Object {
    let instance = |object: Object, id: u16, value: f64, application: &'static str| {
        object
            .with(id, TIMESTAMP, Value::Time(0))
            .with(id, LOWEST, Value::Float(value))
            .with(id, HIGHEST, Value::Float(value))
            .with(id, 5603, Value::Float(-40.0))
            .with(id, 5604, Value::Float(85.0))
            .with_executable(id, RESET)
            .with(id, VALUE, Value::Float(value))
            .with(id, UNITS, text("Cel"))
            .with(id, APPLICATION, text(application))
    };
    let object = Object::new(ID).with_version(Version::V1_1).creatable();
    instance(instance(object, 0, 21.5, "room"), 1, 6.0, "outside")
}

pub(super) fn first_value(resource: u16) -> Option<Value<'static>> {
    Some(match resource {
        VALUE | LOWEST | HIGHEST => Value::Float(20.0),
        5603 => Value::Float(-40.0),
        5604 => Value::Float(85.0),
        TIMESTAMP => Value::Time(0),
        UNITS => text("Cel"),
        APPLICATION => text(""),
        _ => return None,
    })
}

impl Client {
    /// A new measurement: its time, and the extremes.
    pub(super) fn measured(&mut self, now: Now, instance: Path) {
        let resources = self.tree.instance(instance);
        let Some(value) = number(resources, VALUE) else { return };
        let lowest = number(resources, LOWEST).is_none_or(|lowest| value < lowest);
        let highest = number(resources, HIGHEST).is_none_or(|highest| value > highest);
        let time = Value::Time((now.utc.as_micros() / 1_000_000) as i64);
        let news =
            [(TIMESTAMP, true, time), (LOWEST, lowest, Value::Float(value)), (HIGHEST, highest, Value::Float(value))];
        for (resource, is_new, value) in news {
            if let Some(path) = instance.child(resource).filter(|_| is_new) {
                self.follow(path, value);
            }
        }
    }

    /// Reset Min and Max Measured Values: both are the current value now.
    pub(super) fn forget_extremes(&mut self, instance: Path) {
        let Some(value) = number(self.tree.instance(instance), VALUE) else { return };
        for resource in [LOWEST, HIGHEST] {
            if let Some(path) = instance.child(resource) {
                self.follow(path, Value::Float(value));
            }
        }
    }
}
