//! Paths as text: what Leshan takes and we do not, even when lenient, a rule explains.

use std::path::Path as FilePath;

use lwm2m::{Mode, Path};
use serde_json::Value as Json;

use crate::rows::{Hits, Judge, Rule, rows, text};

const WE_REFUSE: &[Rule<Json>] = &[
    Rule {
        name: "another-root",
        why: "/lwm2m3 is not below /lwm2m: a root ends where a segment ends",
        holds: |row| {
            let below = text(row, "path").strip_prefix(text(row, "root"));
            below.is_some_and(|rest| !text(row, "root").is_empty() && !rest.starts_with('/'))
        },
    },
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

/// Also only lenient, where Leshan's parser fails.
const WE_TAKE: &[Rule<Json>] = &[Rule {
    name: "without-the-root",
    why: "some devices name another root and forget it in paths; numbers cannot be part of a root, so it has one meaning",
    holds: |row| !text(row, "root").is_empty() && !text(row, "path").starts_with(text(row, "root")),
}];

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
    let (mut refuse, mut lenient, mut take) = (Judge::new(WE_REFUSE), Judge::new(ONLY_LENIENT), Judge::new(WE_TAKE));
    for row in rows(folder, "paths.jsonl") {
        let (path, root) = (text(&row, "path"), text(&row, "root"));
        let ours = (Path::parse_below(path, root, Mode::Lenient), Path::parse_below(path, root, Mode::Strict));
        assert!(!root.is_empty() || ours.1 == path.parse(), "{row}");
        assert!(ours.1.is_err() || ours.0 == ours.1, "{row}");
        match (ours, text(&row, "leshan")) {
            ((Ok(path), strict), "accepts") => {
                assert_eq!(path.to_string(), text(&row, "canonical"), "{row}");
                if strict.is_err() {
                    lenient.differs(&row, text(&row, "id"), || row.to_string());
                }
            }
            ((Ok(_), strict), _) => {
                assert!(strict.is_err(), "{row}");
                take.differs(&row, text(&row, "id"), || row.to_string());
            }
            ((Err(_), _), "accepts") => refuse.differs(&row, text(&row, "id"), || row.to_string()),
            ((Err(_), _), _) => {}
        }
    }
    println!("We refuse:");
    let mut hits = refuse.finish();
    println!("Only lenient:");
    hits.extend(lenient.finish());
    println!("We take:");
    hits.extend(take.finish());
    hits
}

fn segments(row: &Json) -> impl Iterator<Item = &str> {
    text(row, "path").split('/').filter(|segment| !segment.is_empty())
}
