//! Object 6, where the device is.
//!
//! Source: OMA LwM2M Core, "LwM2M Object: Location".

use lwm2m::{Path, Value};

use crate::client::tree::Object;

/// When it was there.
pub(super) const TIMESTAMP: Path = Path::resource(6, 0, 5);

pub(super) fn object() -> Object {
    Object::new(6)
        .with(0, 0, Value::Float(52.5163))
        .with(0, 1, Value::Float(13.3777))
        .with(0, 2, Value::Float(34.0))
        .with(0, 3, Value::Float(5.0))
        .with(0, 5, Value::Time(0))
        .with(0, 6, Value::Float(0.0))
}
