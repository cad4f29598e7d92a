//! What the work is compared with besides Leshan: readers that know the syntax only, and passing over the bytes.

use std::hint::black_box;

use anyhow::Result;
use coap_lite::link_format::LinkFormatParser;
use serde::de::IgnoredAny;

use crate::clock::{Work, work};

type Named = Option<(&'static str, Work)>;

/// For decoding: a generic reader that builds something, and the least that a reader has to do.
pub(crate) fn decode(letter: &str, bytes: &'static [u8]) -> Result<(Named, Named)> {
    Ok(match letter {
        "a" => (None, named("TLV walk", move || tlv(black_box(bytes)))),
        "b" | "d" | "e" | "e2" => (
            named("ciborium Value", move || ciborium::from_reader::<ciborium::Value, _>(black_box(bytes))),
            named("minicbor skip", move || minicbor::Decoder::new(black_box(bytes)).skip()),
        ),
        "c" | "c2" => (
            named("serde_json Value", move || serde_json::from_slice::<serde_json::Value>(black_box(bytes))),
            named("serde_json IgnoredAny", move || serde_json::from_slice::<IgnoredAny>(black_box(bytes))),
        ),
        "f" => (None, Some(copy(bytes.to_vec()))),
        "g" => {
            let text = std::str::from_utf8(bytes)?;
            (
                named("coap-lite links", move || generic_links(black_box(text))),
                named("scan of bytes", move || {
                    black_box(bytes).iter().filter(|byte| matches!(byte, b'<' | b'>' | b';' | b',')).count()
                }),
            )
        }
        _ => (None, None),
    })
}

/// For encoding: the same tree, written by a generic writer.
pub(crate) fn encode(letter: &str, bytes: &[u8]) -> Result<Named> {
    Ok(match letter {
        "b" | "d" | "e" | "e2" => {
            let value: ciborium::Value = ciborium::from_reader(bytes)?;
            named("ciborium", move || {
                let mut out = Vec::new();
                let _ = ciborium::into_writer(black_box(&value), &mut out);
                out
            })
        }
        "c" | "c2" => {
            let value: serde_json::Value = serde_json::from_slice(bytes)?;
            named("serde_json", move || serde_json::to_vec(black_box(&value)))
        }
        _ => None,
    })
}

/// A new vector with the same bytes.
pub(crate) fn copy(bytes: Vec<u8>) -> (&'static str, Work) {
    ("memcpy", work(move || black_box(&bytes).clone()))
}

fn named<T>(name: &'static str, once: impl FnMut() -> T + 'static) -> Named {
    Some((name, work(once)))
}

/// Passes over the fields of TLV and of what is nested in it; how many values there are.
fn tlv(mut bytes: &[u8]) -> Option<usize> {
    let mut values = 0;
    while let Some((&kind, rest)) = bytes.split_first() {
        let rest = rest.get(if kind & 0x20 == 0 { 1 } else { 2 }..)?;
        let width = usize::from(kind >> 3 & 3);
        let (length, rest) = rest.split_at_checked(width)?;
        let length = match width {
            0 => usize::from(kind & 7),
            _ => length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)),
        };
        let (inside, rest) = rest.split_at_checked(length)?;
        values += if matches!(kind >> 6, 0 | 2) { tlv(inside)? } else { 1 };
        bytes = rest;
    }
    Some(values)
}

/// Each link with its attributes, by a parser of another crate.
fn generic_links(text: &str) -> Vec<(&str, Vec<(&str, String)>)> {
    LinkFormatParser::new(text)
        .flatten()
        .map(|(target, attributes)| (target, attributes.map(|(key, value)| (key, value.to_string())).collect()))
        .collect()
}
