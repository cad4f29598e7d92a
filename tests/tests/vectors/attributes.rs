//! Queries of Write-Attributes: what Leshan takes and finds valid, and what we do, each difference explained by a rule.

use std::collections::BTreeSet;
use std::path::Path as FilePath;

use lwm2m::{AttributeError, AttributeViolation, Mode, Models, Path, Version, WriteAttributes};

use crate::rows::{Counts, Hits, Judge, Rule, rows, text};

/// A query that we and Leshan judge differently.
struct Case {
    query: String,
    strict: Result<WriteAttributes, AttributeError>,
    valid: Option<Result<(), AttributeViolation>>,
}

/// Queries that we read and Leshan does not.
const WE_TAKE: &[Rule<Case>] = &[
    Rule {
        name: "nothing-asked",
        why: "a request without a query asks for nothing; whether that is an error decides who answers it",
        holds: |case| case.query.is_empty(),
    },
    Rule {
        name: "newer-attributes",
        why: "edge, con and hqmax came with 1.2; this Leshan does not know them",
        holds: |case| ["edge", "con", "hqmax"].iter().any(|name| case.query.contains(name)),
    },
    Rule {
        name: "only-lenient",
        why: "empty parameters, blanks, quotes, and numbers with a plus, a bare point or an exponent have one meaning",
        holds: |case| case.strict.is_err(),
    },
    Rule {
        name: "below-zero",
        why: "the grammar forgets the minus, also for st, where it is read and then found invalid",
        holds: |case| case.query.contains("st=-") && matches!(case.valid, Some(Err(_))),
    },
];

/// Queries that Leshan reads and we do not.
const WE_REFUSE: &[Rule<Case>] = &[Rule {
    name: "read-only",
    why: "dim, ver, ssid, uri and lwm2m are said by devices; no query sets them",
    holds: |case| matches!(case.strict, Err(AttributeError::ReadOnly { .. })),
}];

/// All rows of a folder.
pub(crate) fn run(folder: &FilePath) -> Hits {
    let (mut take, mut refuse) = (Judge::new(WE_TAKE), Judge::new(WE_REFUSE));
    let mut counts = Counts::default();
    for row in rows(folder, "attributes.jsonl") {
        let (query, path) = (text(&row, "query"), text(&row, "base_path"));
        let path: Path = path.parse().expect("a path");
        let (lenient, strict) =
            (WriteAttributes::parse(query, Mode::Lenient), WriteAttributes::parse(query, Mode::Strict));
        assert!(strict.is_err() || lenient == strict, "{row}");
        let valid = lenient.ok().map(|write| write.validate(path, Version::V1_2, Models::oma()));
        let case = Case { query: query.to_owned(), strict, valid };
        let explain = || format!("{row} {lenient:?} {strict:?} {valid:?}");
        let takes = text(&row, "leshan") == "accepts";
        let kind = match (lenient, takes) {
            (Ok(write), true) => {
                assert_eq!(strict, lenient, "{row}");
                assert_eq!(parameters(&write.to_string()), parameters(text(&row, "to_query")), "{row}");
                match (valid, text(&row, "validate")) {
                    (Some(Ok(())), "ok") => "both valid",
                    (Some(Err(_)), text) if text != "ok" => "both invalid",
                    _ => panic!("valid or not: {valid:?} {row}"),
                }
            }
            (Ok(write), false) => {
                // Written strictly it is the same.
                assert_eq!(WriteAttributes::parse(&write.to_string(), Mode::Strict), Ok(write), "{row}");
                take.differs(&case, text(&row, "id"), explain);
                "only we read it"
            }
            (Err(_), true) => {
                refuse.differs(&case, text(&row, "id"), explain);
                "only Leshan reads it"
            }
            (Err(_), false) => "both refuse",
        };
        counts.add(kind, 0);
    }
    counts.print();
    println!("We take:");
    let mut hits = take.finish();
    println!("We refuse:");
    hits.extend(refuse.finish());
    hits
}

/// Leshan keeps the order; it means nothing.
fn parameters(query: &str) -> BTreeSet<String> {
    query.split('&').map(str::to_owned).collect()
}
