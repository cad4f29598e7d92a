//! Paths as text: what Leshan takes and we do not, even when lenient, a rule explains.

use std::path::Path as FilePath;

use lwm2m::{Mode, Path};
use serde_json::Value as Json;

use crate::rows::{Hits, Judge, Rule, rows, text};

const WE_REFUSE: &[Rule<Json>] = &[
    Rule {
        name: "leading-zero",
        why: "/03 is not /3 (Core, \"Identifiers\": decimal without leading zeros)",
        holds: |row| segments(row).any(|segment| segment.len() > 1 && segment.starts_with('0')),
    },
    Rule {
        name: "nameless-id",
        why: "65535 names nothing, on no level",
        holds: |row| segments(row).any(|segment| segment == "65535"),
    },
    Rule {
        name: "no-digits",
        why: "ids are ASCII digits without a sign; Java takes +3 and the digits of every script",
        holds: |row| segments(row).any(|segment| !segment.bytes().all(|byte| byte.is_ascii_digit())),
    },
    Rule { name: "empty-segment", why: "`//` has a segment without an id", holds: |row| text(row, "path") == "//" },
];

const ONLY_LENIENT: &[Rule<Json>] = &[
    Rule {
        name: "no-first-slash",
        why: "a path without its first slash has one meaning, but it is not how paths are written",
        holds: |row| !text(row, "path").starts_with('/'),
    },
    Rule {
        name: "slash-at-the-end",
        why: "a slash at the end has one meaning, but it is not how paths are written",
        holds: |row| text(row, "path").ends_with('/'),
    },
];

/// All rows of a folder.
pub(crate) fn run(folder: &FilePath) -> Hits {
    let (mut refuse, mut lenient) = (Judge::new(WE_REFUSE), Judge::new(ONLY_LENIENT));
    for row in rows(folder, "paths.jsonl") {
        if row.get("root").is_some() {
            continue; // Alternate roots are taken off by the codecs, not by paths.
        }
        let path = text(&row, "path");
        let ours = (Path::parse(path, Mode::Lenient), Path::parse(path, Mode::Strict));
        assert_eq!(ours.1, path.parse(), "{row}");
        assert!(ours.1.is_err() || ours.0 == ours.1, "{row}");
        match (ours, text(&row, "leshan")) {
            ((Ok(path), strict), "accepts") => {
                assert_eq!(path.to_string(), text(&row, "canonical"), "{row}");
                if strict.is_err() {
                    lenient.differs(&row, &row, || row.to_string());
                }
            }
            ((Ok(path), _), _) => panic!("we take {path}: {row}"),
            ((Err(_), _), "accepts") => refuse.differs(&row, &row, || row.to_string()),
            ((Err(_), _), _) => {}
        }
    }
    println!("We refuse:");
    let mut hits = refuse.finish();
    println!("Only lenient:");
    hits.extend(lenient.finish());
    hits
}

fn segments(row: &Json) -> impl Iterator<Item = &str> {
    text(row, "path").split('/').filter(|segment| !segment.is_empty())
}
