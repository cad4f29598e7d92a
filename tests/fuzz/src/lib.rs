//! What must hold for any bytes.
//!
//! A target is a function of bytes that panics if something does not hold. `cargo xtask fuzz` gives them to libFuzzer (the
//! workspace in `fuzz/`); the inputs that are kept there run as plain tests, on stable. One place for both: a target is a
//! line in [`TARGETS`] and a file in `fuzz/fuzz_targets`.

mod ddf;
mod decode;
mod encode;
mod parse;

use std::sync::OnceLock;

use lwm2m::{Models, ObjectModel, Operations, ResourceModel, ValueType};

/// A name and what must hold.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: &[Target] = &[
    ("text", |data| decode::holds(0, data)),
    ("opaque", |data| decode::holds(42, data)),
    ("cbor", |data| decode::holds(60, data)),
    ("senml_json", |data| decode::holds(110, data)),
    ("senml_cbor", |data| decode::holds(112, data)),
    ("etch_json", |data| decode::holds(320, data)),
    ("etch_cbor", |data| decode::holds(322, data)),
    ("tlv", |data| decode::holds(11542, data)),
    ("lwm2m_json", |data| decode::holds(11543, data)),
    ("lwm2m_cbor", |data| decode::holds(11544, data)),
    ("ddf", ddf::holds),
    ("annotate", decode::annotation_holds),
    ("encode", encode::holds),
    ("links", parse::links_hold),
    ("attributes", parse::attributes_hold),
    ("arguments", parse::arguments_hold),
    ("paths", parse::paths_hold),
];

/// Runs a target.
///
/// # Panics
/// If something does not hold, or there is no such target.
pub fn run(name: &str, data: &[u8]) {
    let (_, holds) = TARGETS.iter().find(|(known, _)| *known == name).expect("a target of this name");
    holds(data);
}

/// The registered objects and 33000.
fn models() -> &'static Models {
    static MODELS: OnceLock<Models> = OnceLock::new();
    MODELS.get_or_init(|| {
        let mut models = Models::oma().clone();
        models.insert(all_types(33_000));
        models
    })
}

/// The object of the vectors: nine types, single and multiple, with short and long ids.
pub fn all_types(id: u16) -> ObjectModel {
    let mut object = ObjectModel::new(id, "All types");
    object.multiple = true;
    for base in [0, 100, 1_000, 1_100] {
        for (place, kind) in (0_u16..).zip(ValueType::ALL) {
            let mut resource = ResourceModel::new(base + place, kind.name(), Operations::ReadWrite, Some(kind));
            resource.multiple = base % 1_000 == 100;
            object.resources.push(resource);
        }
    }
    object
}
