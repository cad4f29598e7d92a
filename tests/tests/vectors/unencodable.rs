//! Trees that Leshan does not write in a format: neither do we, or a rule says why.

use std::path::Path as FilePath;

use lwm2m::Entry;
use lwm2m::codec;
use serde_json::Value as Json;

use crate::rows::{Counts, Hits, Judge, Rule, context, rows, text};
use crate::tree::{entries, models};

/// A tree that we write and Leshan does not.
struct Case {
    row: Json,
    entries: Vec<Entry<'static>>,
}

const WE_WRITE: &[Rule<Case>] = &[Rule {
    name: "formats-of-1.2",
    why: "Leshan does not know SenML-ETCH and LwM2M CBOR",
    holds: |case| text(&case.row, "leshan").contains("is not supported"),
}];

/// All rows of a folder.
pub(crate) fn run(folder: &FilePath) -> Hits {
    let models = models();
    let (mut judge, mut counts) = (Judge::new(WE_WRITE), Counts::default());
    for row in rows(folder, "unencodable.jsonl") {
        let context = context(&row, &models);
        let case = Case { entries: entries(&row, "nodes"), row: row.clone() };
        match codec::encode(&case.entries, &context) {
            Err(error) => counts.add(error.code(), context.format.0),
            Ok(written) => {
                judge.differs(&case, text(&row, "id"), || {
                    format!("{} {:?} {}", case.row, case.entries, String::from_utf8_lossy(&written))
                });
            }
        }
    }
    counts.print();
    judge.finish()
}
