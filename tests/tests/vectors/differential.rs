//! Random trees, written by us and read by Leshan, written by Leshan and read by us: the same tree comes out, or a rule
//! says why it does not. A rule that explains nothing fails.

use footbridge_tests::peers::Leshan;
use lwm2m::codec::{self, EncodeError};
use lwm2m::{ContentFormat, Context, Models};
use serde_json::{Value as Json, json};

use crate::generate::{Tree, trees};
use crate::rows::{Counts, Judge, Rule, hex, unhex};
use crate::tree::{Flat, flat, models};

/// Trees of each format and kind.
const TREES: usize = 200;

/// A tree that did not come out the same.
struct Case {
    tree: Tree,
    /// What came out, or why nothing did.
    got: Result<Vec<Flat>, String>,
    meant: Vec<Flat>,
}

impl Case {
    /// Whether all is the same but for what this function says of two entries: first what came out, then what was meant.
    fn same_but(&self, same: fn(&Flat, &Flat) -> bool) -> bool {
        let Ok(got) = &self.got else { return false };
        let mut pairs = got.iter().zip(&self.meant);
        got.len() == self.meant.len() && pairs.all(|(got, meant)| got == meant || same(got, meant))
    }

    fn is_text(&self) -> bool {
        [0, 110, 11543].contains(&self.tree.format.0)
    }

    fn says(&self, words: &str) -> bool {
        self.got.as_ref().is_err_and(|message| message.contains(words))
    }

    fn any(&self, holds: fn(&Flat) -> bool) -> bool {
        self.meant.iter().any(holds)
    }
}

/// What Leshan writes and we read otherwise.
const THEIRS: &[Rule<Case>] = &[
    Rule {
        name: "tlv-unsigned",
        why: "Leshan writes Unsigned Integers from 2^63 on as negative ones in as few bytes as that takes; an Unsigned \
              Integer has no sign (Core, \"Data Types\")",
        holds: |case| {
            case.tree.format == ContentFormat::TLV
                && case.same_but(|got, meant| {
                    let (Ok(got_number), Ok(number)) = (got.2.parse::<u64>(), meant.2.parse::<u64>()) else {
                        return false;
                    };
                    let cut = [u64::from(u8::MAX), u64::from(u16::MAX), u64::from(u32::MAX)].map(|most| number & most);
                    let alike = (got.0, got.1, &got.3) == (meant.0, "unsigned", &meant.3);
                    alike && number >= 1 << 63 && cut.contains(&got_number)
                })
        },
    },
    Rule {
        name: "no-number",
        why: "Leshan writes \"NaN\" and \"Infinity\" as a JSON string or as text, which is no number, and does not read it \
              itself",
        holds: |case| case.is_text() && case.any(is_no_number) && (case.says("Syntax") || case.says("Invalid")),
    },
    Rule {
        name: "forgotten-base-time",
        why: "Leshan does not take back a base time, which holds for all later records (RFC 8428, \"Base Fields\"), so \
              values without a time get one",
        holds: |case| {
            let both = case.any(|entry| entry.3.is_some()) && case.any(|entry| entry.3.is_none());
            let late = |got: &Flat, meant: &Flat| (got.0, got.1, &got.2) == (meant.0, meant.1, &meant.2);
            both && (case.says("Duplicate") || case.same_but(late))
        },
    },
];

/// What we write, or refuse to write, and Leshan reads otherwise.
const OURS: &[Rule<Case>] = &[
    Rule {
        name: "no-number",
        why: "JSON and text have no NaN and no infinity; we refuse to write them",
        holds: |case| case.is_text() && case.says("NotFinite") && case.any(is_no_number),
    },
    Rule {
        name: "minus-zero",
        why: "Leshan reads -0.0 of JSON as 0.0",
        holds: |case| {
            let zero = |got: &Flat, meant: &Flat| {
                let (plus, minus) = ("0000000000000000", "8000000000000000");
                (got.0, &got.3, got.2.as_str(), meant.2.as_str()) == (meant.0, &meant.3, plus, minus)
            };
            case.is_text() && case.same_but(zero)
        },
    },
    Rule {
        name: "cbor-untagged-time",
        why: "Leshan reads a Time in CBOR only with tag 0 or 1; it is an integer, with or without (Core, \"CBOR\")",
        holds: |case| case.tree.format == ContentFormat::CBOR && case.says("Not tag 0 or 1"),
    },
    Rule {
        name: "core-links",
        why: "Leshan reads a value of links only if every attribute is where it may be, though it writes them",
        holds: |case| case.says("Attribute") && case.any(|entry| entry.2 == "</3303/0>;ver=1.1"),
    },
];

fn is_no_number(entry: &Flat) -> bool {
    entry.1 == "float" && u64::from_str_radix(&entry.2, 16).is_ok_and(|bits| !f64::from_bits(bits).is_finite())
}

#[test]
fn leshan_reads_what_we_write_and_we_what_leshan_writes() {
    let trees = trees(0x9E37_79B9_7F4A_7C15, TREES);
    let models = models();
    let ours: Vec<_> = trees.iter().map(|tree| codec::encode(&tree.entries, &context(tree, &models))).collect();
    let mut requests = Vec::new();
    for (tree, ours) in trees.iter().zip(&ours) {
        let ask = json!({"format": tree.format.0, "base": tree.base.to_string(), "kind": tree.kind});
        let with = |key: &str, value: Json| {
            let mut ask = ask.clone();
            ask[key] = value;
            ask.to_string()
        };
        requests.push(with(
            "entries",
            flat(&tree.entries, true)
                .iter()
                .map(|entry| json!([entry.0.to_string(), entry.1, entry.2, entry.3]))
                .collect(),
        ));
        requests.push(with("hex", json!(ours.as_ref().map(|bytes| hex(bytes)).unwrap_or_default())));
    }
    let Some(answers) = Leshan::codec(requests) else { return };
    let answers = answers.unwrap_or_else(|error| panic!("{error:#}"));
    let answers: Vec<Json> = answers.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect();

    let (mut theirs_judge, mut ours_judge, mut counts) = (Judge::new(THEIRS), Judge::new(OURS), Counts::default());
    for ((tree, ours), answers) in trees.into_iter().zip(ours).zip(answers.chunks(2)) {
        let (format, meant) = (tree.format.0, by_time(flat(&tree.entries, true)));
        if ours == Err(EncodeError::Unsupported(tree.format)) {
            counts.add("not written yet", format);
            continue;
        }
        let id = format!("{format} {} {}", tree.kind, tree.base);
        // Leshan → us.
        let got = match answers[0]["hex"].as_str() {
            None => Err(format!("Leshan does not write it: {}", answers[0]["error"])),
            Some(written) => codec::decode(&unhex(written), &context(&tree, &models))
                .map(|payload| by_time(flat(payload.entries(), tree.kind == "paths")))
                .map_err(|error| format!("{error:?} of {written}")),
        };
        let case = Case { tree, got, meant };
        counts.add(
            if case.got.as_ref() == Ok(&case.meant) { "Leshan to us: the same" } else { "Leshan to us: explained" },
            format,
        );
        if case.got.as_ref() != Ok(&case.meant) {
            theirs_judge
                .differs(&case, &id, || format!("{id} from Leshan\n   got {:?}\n   not {:?}", case.got, case.meant));
        }
        // Us → Leshan.
        let Case { tree, meant, .. } = case;
        let got = match ours {
            Err(error) => Err(format!("we do not write it: {error:?}")),
            Ok(bytes) => read(&answers[1]).map_err(|error| format!("{error} of {}", hex(&bytes))),
        };
        let case = Case { tree, got, meant };
        counts.add(
            if case.got.as_ref() == Ok(&case.meant) { "us to Leshan: the same" } else { "us to Leshan: explained" },
            format,
        );
        if case.got.as_ref() != Ok(&case.meant) {
            ours_judge.differs(&case, &id, || format!("{id} from us\n   got {:?}\n   not {:?}", case.got, case.meant));
        }
    }
    counts.print();
    println!("Leshan to us:");
    theirs_judge.finish();
    println!("Us to Leshan:");
    ours_judge.finish();
}

fn context<'c>(tree: &Tree, models: &'c Models) -> Context<'c> {
    Context::new(tree.format, tree.base, models)
}

/// The entries of an answer, or its error.
fn read(answer: &Json) -> Result<Vec<Flat>, String> {
    let entries = answer["entries"].as_array().ok_or_else(|| answer["error"].to_string())?;
    let flat = entries
        .iter()
        .map(|entry| {
            let text = |place: usize| entry[place].as_str().unwrap_or_default();
            let kind = crate::tree::kind(text(1));
            (text(0).parse().expect("a path"), kind, text(2).to_owned(), entry[3].as_str().map(str::to_owned))
        })
        .collect();
    Ok(by_time(flat))
}

/// In an order that does not depend on values.
fn by_time(mut flat: Vec<Flat>) -> Vec<Flat> {
    flat.sort_by(|a, b| (a.0, &a.3).cmp(&(b.0, &b.3)));
    flat
}
