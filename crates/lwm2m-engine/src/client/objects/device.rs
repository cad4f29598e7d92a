//! Object 3, the device: names, power, memory, errors, the clock.
//!
//! Source: OMA LwM2M Core, "LwM2M Object: Device".

use coap_exchange::{Now, Utc};
use lwm2m::{Path, Value};

use super::text;
use crate::client::tree::Object;

pub(super) const ID: u16 = 3;
pub(super) const REBOOT: u16 = 4;
pub(super) const FACTORY_RESET: u16 = 5;
pub(super) const ERRORS: u16 = 11;
pub(super) const RESET_ERRORS: u16 = 12;
const UTC_OFFSET: u16 = 14;
const TIMEZONE: u16 = 15;

/// The one resource that is a clock.
pub(super) const CURRENT_TIME: Path = Path::resource(ID, 0, 13);

pub(super) fn object() -> Object {
    let many = |values: [i64; 2]| [(0, Value::Integer(values[0])), (1, Value::Integer(values[1]))];
    Object::new(ID)
        .with(0, 0, text("Footbridge"))
        .with(0, 1, text("Simulated device"))
        .with(0, 2, text("SIM-0001"))
        .with(0, 3, text("1.0"))
        .with_executable(0, REBOOT)
        .with_executable(0, FACTORY_RESET)
        // An internal battery and USB, as the instances of 6, 7 and 8 pair up.
        .with_many(0, 6, many([1, 5]))
        .with_many(0, 7, many([3_800, 5_000]))
        .with_many(0, 8, many([125, 900]))
        .with(0, 9, Value::Integer(100))
        .with(0, 10, Value::Integer(15_360))
        .with_many(0, ERRORS, [(0, Value::Integer(0))])
        .with_executable(0, RESET_ERRORS)
        .with(0, 13, Value::Time(0))
        .with(0, UTC_OFFSET, text("+00:00"))
        .with(0, TIMEZONE, text("Etc/UTC"))
        .with(0, 16, text("U"))
        .with(0, 17, text("simulator"))
        .with(0, 18, text("1"))
        .with(0, 19, text(env!("CARGO_PKG_VERSION")))
        .with(0, 20, Value::Integer(0))
        .with(0, 21, Value::Integer(65_536))
}

/// Whether a value makes sense here.
pub(super) fn takes(path: Path, value: &Value<'_>) -> bool {
    match (path.resource_id(), value) {
        (Some(UTC_OFFSET), Value::String(offset)) => is_utc_offset(offset),
        (Some(TIMEZONE), Value::String(zone)) => !zone.is_empty() && zone.len() <= 64 && zone.is_ascii(),
        _ => true,
    }
}

/// `+02:00`, `-09:30`, `+02` or `Z` (ISO 8601).
fn is_utc_offset(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(['+', '-']) else { return text == "Z" };
    let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "00"));
    let number = |digits: &str| (digits.len() == 2).then(|| digits.parse::<u8>().ok()).flatten();
    number(hours).is_some_and(|hours| hours <= 14) && number(minutes).is_some_and(|minutes| minutes < 60)
}

/// How far the clock of the device is from the right time, in seconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Clock {
    offset: i64,
}

impl Clock {
    pub(super) fn read(&self, now: Now) -> i64 {
        seconds(now.utc).saturating_add(self.offset)
    }

    pub(super) fn set(&mut self, now: Now, time: i64) {
        self.offset = time.saturating_sub(seconds(now.utc));
    }
}

fn seconds(utc: Utc) -> i64 {
    (utc.as_micros() / 1_000_000) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utc_offsets() {
        for good in ["+00:00", "-09:30", "+14:00", "+02", "Z"] {
            assert!(is_utc_offset(good), "{good}");
        }
        for bad in ["", "2", "+2", "+2:00", "+15:00", "+01:60", "+-1:00", "01:00", "UTC+1"] {
            assert!(!is_utc_offset(bad), "{bad}");
        }
    }
}
