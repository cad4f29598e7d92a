//! What each byte of every row is: whatever the payload, the annotation fits the bytes and what decoding says of them.

use std::path::Path as FilePath;

use lwm2m::codec::{self, DecodeError};
use lwm2m::{FieldKind, Mode, annotate};

use crate::rows::{bytes, context, rows, text};
use crate::tree::models;

/// All rows of a folder, in both modes.
pub(crate) fn run(folder: &FilePath) {
    let models = models();
    let (mut read, mut refused, mut fields) = (0, 0, 0);
    for file in ["payloads.jsonl", "malformed.jsonl"] {
        for row in rows(folder, file) {
            let (id, bytes, context) = (text(&row, "id"), bytes(&row), context(&row, &models));
            for mode in [Mode::Lenient, Mode::Strict] {
                let context = context.with_mode(mode);
                let decoded = codec::decode(&bytes, &context);
                let annotation = annotate(&bytes, &context);
                assert_eq!(annotation.error, decoded.as_ref().err().copied(), "{id}: the same error");
                fields += annotation.fields.len();
                // The leaves cover all bytes in order, and all fields nest.
                let mut end = 0;
                for leaf in annotation.leaves() {
                    assert_eq!(leaf.span.start, end, "{id}: a hole or an overlap {:#?}", annotation.fields);
                    assert!(leaf.span.end > end || leaf.kind == FieldKind::Error, "{id}: {leaf:?}");
                    end = leaf.span.end;
                }
                assert_eq!(end, bytes.len(), "{id}: all bytes");
                let mut open: Vec<usize> = Vec::new();
                for field in &annotation.fields {
                    open.truncate(field.depth.into());
                    assert_eq!(open.len(), usize::from(field.depth), "{id}: {field:?}");
                    assert!(open.iter().all(|end| field.span.end <= *end), "{id}: {field:?}");
                    open.push(field.span.end);
                    if let Some(entry) = field.entry {
                        let (_, span) = annotation.entries[entry as usize];
                        assert!(span.start <= field.span.start && field.span.end <= span.end, "{id}: {field:?}");
                    }
                }
                let stuck = |kind| matches!(kind, FieldKind::Error | FieldKind::Incomplete | FieldKind::Unread);
                match decoded {
                    Ok(payload) => {
                        read += 1;
                        // As text, because NaN is not the same as itself.
                        let same = annotation.entries.iter().map(|(entry, _)| format!("{entry:?}"));
                        assert!(same.eq(payload.entries().iter().map(|entry| format!("{entry:?}"))), "{id}");
                        assert!(!annotation.fields.iter().any(|field| stuck(field.kind)), "{id}: {annotation:#?}");
                    }
                    Err(DecodeError::Unsupported(_)) => {}
                    Err(error) => {
                        refused += 1;
                        let marked = annotation.leaves().find(|leaf| leaf.kind == FieldKind::Error);
                        assert_eq!(marked.map(|leaf| leaf.span.start), error.at(), "{id}: {error:?} {annotation:#?}");
                    }
                }
            }
        }
    }
    println!("annotated: {read} read, {refused} refused, {fields} fields");
}
