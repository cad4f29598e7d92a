//! Object 3311, a lamp: a switch, a dimmer, and the seconds it was on.
//!
//! Source: the OMA LwM2M registry, "Light Control".

use std::collections::BTreeMap;

use coap_exchange::{Mono, Now};
use lwm2m::{Path, Value};

use super::text;
use crate::client::Client;
use crate::client::tree::Object;

pub(super) const ID: u16 = 3311;
pub(super) const ON_OFF: u16 = 5850;
pub(super) const ON_TIME: u16 = 5852;
const DIMMER: u16 = 5851;
const COLOUR: u16 = 5706;
const APPLICATION: u16 = 5750;

pub(super) fn object() -> Object {
    Object::new(ID)
        .creatable()
        .with(0, COLOUR, text("#ffd7a0"))
        .with(0, APPLICATION, text("desk"))
        .with(0, ON_OFF, Value::Boolean(true))
        .with(0, DIMMER, Value::Integer(70))
        .with(0, ON_TIME, Value::Integer(0))
}

pub(super) fn first_value(resource: u16) -> Option<Value<'static>> {
    Some(match resource {
        DIMMER => Value::Integer(100),
        ON_TIME => Value::Integer(0),
        COLOUR | APPLICATION => text(""),
        // Whether it is on is for the creator to say.
        _ => return None,
    })
}

/// Since when each lamp that is on counts.
#[derive(Clone, Debug, Default)]
pub(super) struct OnTime(BTreeMap<Path, Mono>);

impl OnTime {
    /// Seconds that are not in the tree yet.
    pub(super) fn since(&self, now: Now, path: Path) -> i64 {
        self.0.get(&path.truncate(2)).map_or(0, |since| now.mono.since(*since).as_secs() as i64)
    }

    /// The counter was set.
    pub(super) fn restart(&mut self, now: Now, path: Path) {
        if let Some(since) = self.0.get_mut(&path.truncate(2)) {
            *since = now.mono;
        }
    }

    pub(super) fn forget(&mut self, instance: Path) {
        self.0.remove(&instance);
    }
}

impl Client {
    /// A lamp is there: if it is on, it counts from now on.
    pub(super) fn start_light(&mut self, now: Now, instance: Path) {
        let on = instance.child(ON_OFF).and_then(|path| self.tree.value(path)) == Some(&Value::Boolean(true));
        if on {
            self.clocks.light.0.insert(instance, now.mono);
        }
    }

    /// The switch is set: what was counted goes into the tree.
    pub(super) fn switch_light(&mut self, now: Now, path: Path, on: bool) {
        let instance = path.truncate(2);
        if let Some(counter) = instance.child(ON_TIME)
            && let Some(value) = self.value_now(now, counter)
        {
            self.tree.put(counter, value);
        }
        self.clocks.light.0.remove(&instance);
        if on {
            self.clocks.light.0.insert(instance, now.mono);
        }
    }
}
