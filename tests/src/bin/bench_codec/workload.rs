//! What is measured: the same work by this crate, by Leshan, by a generic reader that knows nothing of LwM2M, and by
//! something that only passes over the bytes.

use std::hint::black_box;
use std::path::{Path as File, PathBuf};

use anyhow::{Context as _, Result, ensure};
use lwm2m::codec::{self, DecodeError};
use lwm2m::{ContentFormat, Context, Entry, Limits, Mode, Models, ObjectList, Path, link};

use crate::clock::{Work, work};
use crate::{definitions, floor};

/// Workloads on the same bytes. They share a Java virtual machine.
pub(crate) struct Group {
    /// The letter of the payload.
    pub(crate) name: &'static str,
    pub(crate) workloads: Vec<Workload>,
}

pub(crate) struct Workload {
    /// What people read.
    pub(crate) title: String,
    /// What programs read: `a_decode`.
    pub(crate) name: String,
    /// Of the bytes read or written.
    pub(crate) bytes: usize,
    pub(crate) ours: Work,
    /// What Leshan is told to prepare; none if it has no such codec.
    pub(crate) leshan: Option<String>,
    /// By name; not everything has one.
    pub(crate) generic: Option<(&'static str, Work)>,
    pub(crate) floor: Option<(&'static str, Work)>,
    pub(crate) goal: Goal,
}

/// How many times as fast as Leshan this has to be, and should be.
#[derive(Clone, Copy, Default)]
pub(crate) struct Goal {
    pub(crate) must: Option<f64>,
    pub(crate) aim: Option<f64>,
}

const fn goal(must: f64, aim: f64) -> Goal {
    Goal { must: Some(must), aim: Some(aim) }
}

/// What encoding has to reach, whatever the format.
const ENCODE: Goal = Goal { must: Some(4.0), aim: None };

/// A payload file, and how it is to be read.
struct Payload {
    letter: &'static str,
    title: &'static str,
    file: &'static str,
    format: ContentFormat,
    base: Path,
    entries: usize,
    goal: Goal,
    leshan: bool,
}

const DEVICE: Path = Path::instance(3, 0);

const PAYLOADS: &[Payload] = &[
    Payload {
        letter: "a",
        title: "TLV, device",
        file: "a_device_tlv.bin",
        format: ContentFormat::TLV,
        base: DEVICE,
        entries: 24,
        goal: goal(5.0, 8.0),
        leshan: true,
    },
    Payload {
        letter: "b",
        title: "SenML CBOR, device",
        file: "b_device_senml_cbor.bin",
        format: ContentFormat::SENML_CBOR,
        base: DEVICE,
        entries: 24,
        goal: goal(15.0, 22.0),
        leshan: true,
    },
    Payload {
        letter: "c",
        title: "SenML JSON, device",
        file: "c_device_senml_json.bin",
        format: ContentFormat::SENML_JSON,
        base: DEVICE,
        entries: 24,
        goal: goal(4.0, 6.0),
        leshan: true,
    },
    Payload {
        letter: "c2",
        title: "JSON of 1.0, device",
        file: "c2_device_oma_json.bin",
        format: ContentFormat(11543),
        base: DEVICE,
        entries: 24,
        goal: Goal { must: None, aim: None },
        leshan: true,
    },
    Payload {
        letter: "d",
        title: "LwM2M CBOR, device",
        file: "d_device_lwm2m_cbor.bin",
        format: ContentFormat(11544),
        base: DEVICE,
        entries: 24,
        goal: Goal { must: None, aim: None },
        leshan: false,
    },
    Payload {
        letter: "e",
        title: "SenML CBOR, 1,000 records",
        file: "e_composite1000_senml_cbor.bin",
        format: ContentFormat::SENML_CBOR,
        base: Path::ROOT,
        entries: 1_000,
        goal: goal(10.0, 15.0),
        leshan: true,
    },
    Payload {
        letter: "e2",
        title: "LwM2M CBOR, 1,000 values",
        file: "e_composite1000_lwm2m_cbor.bin",
        format: ContentFormat(11544),
        base: Path::ROOT,
        entries: 1_000,
        goal: Goal { must: None, aim: None },
        leshan: false,
    },
    Payload {
        letter: "f",
        title: "TLV, 64 KiB opaque",
        file: "f_opaque64k_tlv.bin",
        format: ContentFormat::TLV,
        base: Path::instance(5, 0),
        entries: 1,
        goal: Goal { must: None, aim: None },
        leshan: true,
    },
];

/// Everything there is to measure, and what had to be left out and why.
pub(crate) fn all() -> Result<(Vec<Group>, Vec<String>)> {
    let (mut groups, mut skipped) = (Vec::new(), Vec::new());
    for payload in PAYLOADS {
        match payload.group()? {
            Some(group) => groups.push(group),
            None => skipped.push(format!("{}: the codec has no format {}", payload.letter, payload.format.0)),
        }
    }
    groups.push(links()?);
    match definitions::group()? {
        Some(group) => groups.push(group),
        None => skipped.push("h: ../shared/registry is not beside this repository".into()),
    }
    Ok((groups, skipped))
}

fn payloads() -> PathBuf {
    File::new(env!("CARGO_MANIFEST_DIR")).join("bench-payloads")
}

/// The bytes of a payload, kept until the program ends.
fn read(file: &File) -> Result<&'static [u8]> {
    Ok(std::fs::read(file).with_context(|| file.display().to_string())?.leak())
}

impl Payload {
    /// None if this crate does not know the format.
    fn group(&self) -> Result<Option<Group>> {
        let file = payloads().join(self.file);
        let bytes = read(&file)?;
        let context = Context::new(self.format, self.base, Models::oma());
        let entries = match codec::decode(bytes, &context) {
            Err(DecodeError::Unsupported(_)) => return Ok(None),
            decoded => decoded.with_context(|| self.file)?.into_entries(),
        };
        ensure!(entries.len() == self.entries, "{}: {} entries", self.file, entries.len());
        let encoded = codec::encode(&entries, &context)?;
        // Some formats bring entries in order.
        let sorted = |mut entries: Vec<Entry<'static>>| {
            entries.sort_by_key(|entry| entry.path);
            entries
        };
        let again = codec::decode(&encoded, &context)?.into_owned().into_entries();
        ensure!(sorted(again) == sorted(entries.clone()), "{} is not written as it was read", self.file);
        let leshan = |what: &str, name: &str| {
            let command = || format!("{what} {name} {} {} {}", self.format.0, self.base, file.display());
            self.leshan.then(command)
        };
        let (generic, pass) = floor::decode(self.letter, bytes)?;
        let name = format!("{}_decode", self.letter);
        let decode = Workload {
            title: format!("decode {}", self.title),
            leshan: leshan("decode", &name),
            name,
            bytes: bytes.len(),
            ours: work(move || codec::decode(black_box(bytes), &context)),
            generic,
            floor: pass,
            goal: self.goal,
        };
        let name = format!("{}_encode", self.letter);
        let encode = Workload {
            title: format!("encode {}", self.title),
            leshan: leshan("encode", &name),
            name,
            bytes: encoded.len(),
            ours: work(move || codec::encode(black_box(&entries), &context)),
            generic: floor::encode(self.letter, bytes)?,
            floor: Some(floor::copy(encoded)),
            goal: if self.leshan { ENCODE } else { Goal::default() },
        };
        Ok(Some(Group { name: self.letter, workloads: vec![decode, encode] }))
    }
}

fn links() -> Result<Group> {
    let file = payloads().join("g_links60.bin");
    let bytes = read(&file)?;
    let parsed = link::parse(bytes, Mode::Lenient)?;
    ensure!(parsed.len() == 121, "{} links", parsed.len());
    let text = link::format(&parsed).into_bytes();
    ensure!(text == bytes, "links are not written as they were read");
    let (generic, pass) = floor::decode("g", bytes)?;
    let decode = Workload {
        title: "parse a registration's links".into(),
        name: "g_decode".into(),
        bytes: bytes.len(),
        ours: work(|| link::parse(black_box(bytes), Mode::Lenient)),
        leshan: Some(format!("links g_decode {}", file.display())),
        generic,
        floor: pass,
        goal: goal(8.0, 15.0),
    };
    let (generic, pass) = floor::decode("g", bytes)?;
    let list = Workload {
        title: "read a registration's objects".into(),
        name: "g_objects".into(),
        bytes: bytes.len(),
        ours: work(|| ObjectList::parse(black_box(bytes), &Limits::DEFAULT)),
        leshan: Some(format!("links g_objects {}", file.display())),
        generic,
        floor: pass,
        goal: goal(8.0, 15.0),
    };
    let encode = Workload {
        title: "print a registration's links".into(),
        name: "g_encode".into(),
        bytes: bytes.len(),
        ours: work(move || link::format(black_box(&parsed))),
        leshan: Some(format!("print g_encode {}", file.display())),
        generic: None,
        floor: Some(floor::copy(text)),
        goal: ENCODE,
    };
    Ok(Group { name: "g", workloads: vec![decode, list, encode] })
}
