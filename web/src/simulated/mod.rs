//! A device that lives in this page: the Client engine over a WebSocket of its own, beside that of the console.
//!
//! ```text
//! parts::simulator ── Simulator (commands) ──► tab: WebSocket ⇄ Client, Simulation, timer
//!        ▲                                      │
//!        └──── State.simulated ◄── Action ◄─────┘ what is to be seen: Simulated
//! ```
//!
//! This file and `log` are pure; `tab` speaks to the browser.

mod log;
mod tab;

pub use log::{KEPT, Log, Request, Verb};
pub use tab::{Command, Simulator};

use lwm2m::{Path, Value};
use lwm2m_engine::{DeviceObject, demo_objects};

use crate::moment::Moment;

/// What is to be seen of the device of this page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Simulated {
    /// The name that it registers under.
    pub name: String,
    /// Where it stands with the bridge.
    pub phase: Phase,
    /// Whether its values move by themselves.
    pub is_automatic: bool,
    /// What can be moved by hand: the resources of [`KNOBS`] that the device has now, in that order.
    pub knobs: Vec<Knob>,
    /// How many observations the server has.
    pub observations: usize,
    /// What the server asked.
    pub log: Log,
}

impl Simulated {
    /// A device that is not started.
    pub fn new(name: String) -> Self {
        Self { name, phase: Phase::Off, is_automatic: true, knobs: Vec::new(), observations: 0, log: Log::default() }
    }
}

/// Where the device stands with the bridge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Not started, or stopped.
    #[default]
    Off,
    /// Its WebSocket is being opened.
    Connecting,
    /// A Register is on its way.
    Registering,
    /// Registered.
    Registered {
        /// The location that the server gave: `rd/5a3f`.
        location: String,
    },
    /// The server did not take the registration. The device tries again.
    Refused {
        /// Why, in words.
        why: String,
        /// When, by the clock of this computer.
        again_at: Moment,
    },
    /// The connection is gone.
    Lost {
        /// When the next attempt is, by the clock of this computer. None: not before somebody signs in.
        again_at: Option<Moment>,
    },
    /// Told to reboot, or to leave for a while.
    Away {
        /// When it is back, by the clock of this computer, if that is known.
        back_at: Option<Moment>,
    },
    /// A De-register is on its way.
    Leaving,
}

impl Phase {
    /// One word for tests and style sheets.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Connecting => "connecting",
            Self::Registering => "registering",
            Self::Registered { .. } => "registered",
            Self::Refused { .. } => "refused",
            Self::Lost { .. } => "lost",
            Self::Away { .. } => "away",
            Self::Leaving => "leaving",
        }
    }
}

/// A value that can be moved by hand, as it is now.
#[derive(Clone, Debug, PartialEq)]
pub struct Knob {
    /// Which one.
    pub kind: &'static KnobKind,
    /// Its value.
    pub value: Value<'static>,
    /// Whether a person has set it, so that it does not move by itself any more.
    pub is_held: bool,
}

/// What can be moved by hand.
#[derive(Debug, PartialEq)]
pub struct KnobKind {
    /// The resource.
    pub path: Path,
    /// What it is called here.
    pub name: &'static str,
    /// The unit, as people write it.
    pub unit: &'static str,
    /// Whether it moves by itself as long as nobody holds it.
    pub moves: bool,
    /// How it is moved.
    pub control: Control,
}

/// How a value is moved by hand.
#[derive(Debug, PartialEq)]
pub enum Control {
    /// A slider over decimal numbers, in tenths.
    Decimal {
        /// Lowest value.
        min: i32,
        /// Highest value.
        max: i32,
    },
    /// A slider over whole numbers.
    Whole {
        /// Lowest value.
        min: i32,
        /// Highest value.
        max: i32,
    },
    /// A switch.
    Switch,
}

/// The sliders and switches, in the order in which they are shown.
///
/// Source: the OMA LwM2M registry, objects 3, 4, 3303, 3304 and 3311.
pub const KNOBS: &[KnobKind] = &[
    KnobKind {
        path: Path::resource(3303, 0, 5700),
        name: "Temperature, room",
        unit: "°C",
        moves: true,
        control: Control::Decimal { min: -20, max: 60 },
    },
    KnobKind {
        path: Path::resource(3303, 1, 5700),
        name: "Temperature, outside",
        unit: "°C",
        moves: true,
        control: Control::Decimal { min: -20, max: 60 },
    },
    KnobKind {
        path: Path::resource(3304, 0, 5700),
        name: "Humidity",
        unit: "%",
        moves: false,
        control: Control::Decimal { min: 0, max: 100 },
    },
    KnobKind {
        path: Path::resource(3, 0, 9),
        name: "Battery",
        unit: "%",
        moves: true,
        control: Control::Whole { min: 0, max: 100 },
    },
    KnobKind {
        path: Path::resource(4, 0, 2),
        name: "Signal",
        unit: "dBm",
        moves: true,
        control: Control::Whole { min: -120, max: -40 },
    },
    KnobKind { path: Path::resource(3311, 0, 5850), name: "Light", unit: "", moves: false, control: Control::Switch },
    KnobKind {
        path: Path::resource(3311, 0, 5851),
        name: "Dimmer",
        unit: "%",
        moves: false,
        control: Control::Whole { min: 0, max: 100 },
    },
];

impl KnobKind {
    /// The value that a control in a page stands for, from its text; a switch says `true` or `false`.
    ///
    /// ```
    /// use console::simulated::KNOBS;
    /// use lwm2m::Value;
    /// assert_eq!(KNOBS[0].value("21.5"), Some(Value::Float(21.5)));
    /// assert_eq!(KNOBS[0].value("warm"), None);
    /// ```
    pub fn value(&self, text: &str) -> Option<Value<'static>> {
        Some(match self.control {
            Control::Decimal { min, max } => {
                let number: f64 = text.parse().ok()?;
                Value::Float(number.clamp(min.into(), max.into()))
            }
            Control::Whole { min, max } => {
                let number: i64 = text.parse().ok()?;
                Value::Integer(number.clamp(min.into(), max.into()))
            }
            Control::Switch => Value::Boolean(text == "true"),
        })
    }

    /// How far along its slider a value is, in per cent.
    pub fn share(&self, value: &Value<'_>) -> f64 {
        let (min, max) = match self.control {
            Control::Decimal { min, max } | Control::Whole { min, max } => (f64::from(min), f64::from(max)),
            Control::Switch => return 0.0,
        };
        let number = match value {
            Value::Float(number) => *number,
            Value::Integer(number) => *number as f64,
            _ => return 0.0,
        };
        ((number - min) / (max - min) * 100.0).clamp(0.0, 100.0)
    }
}

/// The objects of the device: those of every demonstration device, and a hygrometer.
fn objects() -> Vec<DeviceObject> {
    let humidity = DeviceObject::new(3304)
        .with(0, 5603, Value::Float(0.0))
        .with(0, 5604, Value::Float(100.0))
        .with(0, 5700, Value::Float(48.0))
        .with(0, 5701, Value::String("%RH".into()));
    let mut objects = demo_objects();
    objects.push(humidity);
    objects
}

/// A name that another tab hardly has: `page-7f3a`.
pub fn suggested_name(chance: u16) -> String {
    format!("page-{chance:04x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use lwm2m_engine::{Client, ClientConfig, Mono, Now, Utc};

    #[test]
    fn the_device_has_every_knob_with_that_type() {
        let mut config = ClientConfig::new([7; 32], suggested_name(0x7f).parse().unwrap());
        assert_eq!(config.endpoint.as_str(), "page-007f");
        config.objects = objects();
        let client = Client::new(config).unwrap();
        let now = Now::new(Mono::ZERO, Utc::from_micros(1_700_000_000_000_000));
        for kind in KNOBS {
            let value = client.value(now, kind.path).unwrap_or_else(|| panic!("{} is missing", kind.path));
            let moved = kind.value(if kind.control == Control::Switch { "true" } else { "12" }).unwrap();
            assert_eq!(value.value_type(), moved.value_type(), "{}", kind.path);
            let share = kind.share(&value);
            assert!((0.0..=100.0).contains(&share) && (share > 0.0 || kind.control == Control::Switch), "{share}");
        }
    }

    #[test]
    fn controls_stay_in_their_range() {
        let rows = [(0, "-40", Value::Float(-20.0)), (3, "101", Value::Integer(100)), (5, "on", Value::Boolean(false))];
        for (knob, text, value) in rows {
            assert_eq!(KNOBS[knob].value(text), Some(value), "{text}");
        }
        assert_eq!((KNOBS[3].value("1.5"), KNOBS[0].value("")), (None, None));
        assert_eq!(
            [-20.0, 20.0, 60.0, 99.0].map(|number| KNOBS[0].share(&Value::Float(number))),
            [0.0, 50.0, 100.0, 100.0]
        );
    }
}
