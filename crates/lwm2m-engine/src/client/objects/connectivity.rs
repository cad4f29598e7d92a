//! Object 4, the network: bearer, signal, addresses.
//!
//! Source: OMA LwM2M Core, "LwM2M Object: Connectivity Monitoring". The addresses are of RFC 5737 and RFC 3849.

use lwm2m::Value;

use super::text;
use crate::client::tree::Object;

/// Network Bearer "NB-IoT", as the resource counts them.
const NB_IOT: i64 = 7;

pub(super) fn object() -> Object {
    Object::new(4)
        .with(0, 0, Value::Integer(NB_IOT))
        .with_many(0, 1, [(0, Value::Integer(NB_IOT))])
        .with(0, 2, Value::Integer(-85))
        .with(0, 3, Value::Integer(60))
        .with_many(0, 4, [(0, text("192.0.2.17")), (1, text("2001:db8::17"))])
        .with_many(0, 5, [(0, text("192.0.2.1"))])
        .with_many(0, 7, [(0, text("internet"))])
        .with(0, 8, Value::Integer(11_281_955))
        .with(0, 9, Value::Integer(1))
        .with(0, 10, Value::Integer(1))
}
