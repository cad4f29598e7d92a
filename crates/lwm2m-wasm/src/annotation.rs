//! What the bytes of a payload are, to records.
//!
//! After the records of the entries come, with the same stride, one for the span of each entry (word 0: start and end,
//! 32 bits each) and one for each field:
//!
//! | bits | what |
//! |---|---|
//! | word 0 | start and end, 32 bits each |
//! | word 1, 0–7 | the kind, the place in [`FieldKind::ALL`] |
//! | word 1, 8–15 | how many ids the path has; 255 if the field is about none |
//! | word 1, 16–23 | the depth |
//! | word 1, 32–63 | the entry; all ones if it belongs to none |
//! | word 2 | the ids |
//!
//! The extra is a JSON object with the number of fields and the error, if there is one.

use lwm2m::{Annotation, FieldKind, Models, Span};

use crate::abi::decode_failure;
use crate::entries;
use crate::json::Json;
use crate::state::Answer;

/// Puts an annotation into the answer. Returns how many entries it has.
pub(crate) fn write(annotation: &Annotation<'_>, payload: &[u8], models: &Models, answer: &mut Answer) -> usize {
    let count = entries::write(annotation.entries.iter().map(|(entry, _)| entry), payload, models, answer);
    let mut push = |words: [u64; 3]| {
        answer.records.extend(words);
        answer.records.extend((3..answer.stride).map(|_| 0));
    };
    let span = |span: Span| span.start as u64 | (span.end as u64) << 32;
    for (_, place) in &annotation.entries {
        push([span(*place), 0, 0]);
    }
    for field in &annotation.fields {
        let kind = FieldKind::ALL.iter().position(|kind| *kind == field.kind).unwrap_or_default() as u64;
        let levels = field.path.map_or(255, |path| path.ids().len() as u64);
        let entry = u64::from(field.entry.unwrap_or(u32::MAX));
        let ids = field.path.map_or(0, entries::ids);
        push([span(field.span), kind | levels << 8 | u64::from(field.depth) << 16 | entry << 32, ids]);
    }
    let json = &mut answer.extra;
    json.open('{');
    json.pair("fields", annotation.fields.len());
    if let Some(error) = annotation.error {
        json.key("error");
        decode_failure(error).write(json);
    }
    json.close('}');
    count
}

/// Code and name of each kind.
pub(crate) fn kinds(json: &mut Json) {
    json.open('[');
    for kind in FieldKind::ALL {
        json.open('[');
        json.string(kind.code());
        json.string(kind.name());
        json.close(']');
    }
    json.close(']');
}
