//! Object 1, the server account: lifetime, default periods, disable, update trigger.
//!
//! Source: OMA LwM2M Core, "LwM2M Object: LwM2M Server".

use lwm2m::{Path, Value};

use super::text;
use crate::client::tree::Object;

pub(in crate::client) const ID: u16 = 1;
pub(in crate::client) const LIFETIME: u16 = 1;
pub(in crate::client) const DEFAULT_PMIN: u16 = 2;
pub(in crate::client) const DEFAULT_PMAX: u16 = 3;
pub(in crate::client) const DISABLE: u16 = 4;
pub(in crate::client) const DISABLE_TIMEOUT: u16 = 5;
pub(in crate::client) const BINDING: u16 = 7;
pub(in crate::client) const UPDATE_TRIGGER: u16 = 8;
pub(in crate::client) const NOTIFICATION_MODE: u16 = 26;

/// How long a disabled device stays away if nobody wrote it, in seconds. Source: Resource 5, "a default of 86400".
pub(in crate::client) const DEFAULT_DISABLE_TIMEOUT: u32 = 86_400;

pub(in crate::client) fn object(lifetime: u32, binding: &str) -> Object {
    Object::new(ID)
        .with(0, 0, Value::Integer(1))
        .with(0, LIFETIME, Value::Integer(lifetime.into()))
        .with(0, DEFAULT_PMIN, Value::Integer(0))
        .with(0, DEFAULT_PMAX, Value::Integer(0))
        .with_executable(0, DISABLE)
        .with(0, DISABLE_TIMEOUT, Value::Integer(DEFAULT_DISABLE_TIMEOUT.into()))
        .with(0, 6, Value::Boolean(false))
        .with(0, BINDING, if binding == "U" { text("U") } else { Value::String(binding.to_owned().into()) })
        .with_executable(0, UPDATE_TRIGGER)
}

/// Whether a value makes sense here: times are not negative, a binding is made of letters that some release names.
pub(super) fn takes(path: Path, value: &Value<'_>) -> bool {
    match (path.resource_id(), value) {
        (Some(LIFETIME | DEFAULT_PMIN | DEFAULT_PMAX | DISABLE_TIMEOUT), Value::Integer(seconds)) => {
            u32::try_from(*seconds).is_ok()
        }
        (Some(BINDING), Value::String(letters)) => {
            !letters.is_empty() && letters.len() <= 8 && letters.chars().all(|letter| "UTSNMHQ".contains(letter))
        }
        _ => true,
    }
}
