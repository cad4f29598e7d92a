//! Payloads that others wrote: the tree that the maker meant must come out, and after encoding and decoding again, too.

use std::path::Path as FilePath;

use lwm2m::codec::{self, DecodeError, EncodeError, Payload};
use lwm2m::{ContentFormat, Context, Entry, Mode, Value, ValueType};
use serde_json::Value as Json;

use crate::rows::{Counts, Hits, Judge, Rule, bytes, context, format, hex, rows, text};
use crate::tree::{Flat, flat, flatten, models};

/// A row, what we read and what the maker meant.
struct Case {
    row: Json,
    ours: Result<Vec<Flat>, DecodeError>,
    meant: Vec<Flat>,
}

impl Case {
    /// Whether all is the same but for what this function says of two entries.
    fn same_but(&self, same: fn(&Flat, &Flat) -> bool) -> bool {
        let Ok(ours) = &self.ours else { return false };
        ours.len() == self.meant.len()
            && ours.iter().zip(&self.meant).all(|(ours, meant)| ours == meant || same(ours, meant))
    }

    fn maker(&self) -> &str {
        text(&self.row, "src")
    }
}

/// Where a row reads otherwise than its maker meant, and it is not our fault.
const RULES: &[Rule<Case>] = &[
    Rule {
        name: "forgotten-base-time",
        why: "Leshan does not take back a base time, which holds for all later records (RFC 8428, \"Base Fields\"), so \
              values without a time get it; two of one path are then at one time",
        holds: |case| {
            let untimed = case.meant.iter().any(|entry| entry.3.is_none());
            let twice = matches!(case.ours, Err(DecodeError::Duplicate { .. }));
            let timed = case.same_but(|a, b| (a.0, a.1, &a.2) == (b.0, b.1, &b.2) && b.3.is_none());
            case.maker() == "leshan" && text(&case.row, "op").starts_with("timestamped") && untimed && (twice || timed)
        },
    },
    Rule {
        name: "wrong-floats",
        why: "Wakaama writes some floats with too few digits, and 1e-10 as 1.0; what it wrote is what we read, and so \
              does Leshan where it can",
        holds: |case| {
            let floats = |a: &Flat, b: &Flat| (a.0, a.1, &a.3) == (b.0, b.1, &b.3) && a.1 == "float";
            let leshan = match text(&case.row, "leshan_decode") {
                "equal" => return false,
                "differs" => flatten(&case.row, "decoded"),
                _ => None,
            };
            case.maker() == "wakaama" && case.same_but(floats) && leshan.is_none_or(|leshan| case.ours == Ok(leshan))
        },
    },
];

/// All rows of a folder.
pub(crate) fn run(folder: &FilePath) -> Hits {
    let models = models();
    let (mut judge, mut counts) = (Judge::new(RULES), Counts::default());
    for row in rows(folder, "payloads.jsonl") {
        let (bytes, context) = (bytes(&row), context(&row, &models));
        let got = codec::decode(&bytes, &context);
        // What a validator takes, everybody takes, and reads the same.
        let strict = codec::decode(&bytes, &context.with_mode(Mode::Strict));
        assert!(strict.is_err() || same(&strict, &got), "{row}\n   strict {strict:?}\n   lenient {got:?}");
        if row.get("disputed").is_some() {
            counts.add("disputed", format(&row));
            continue;
        }
        counts.add(text(&row, "src"), format(&row));
        let ours =
            got.as_ref().map(|payload| flat(payload.entries(), text(&row, "op") == "paths")).map_err(|error| *error);
        let case = Case { row: row.clone(), ours, meant: flatten(&row, "nodes").expect("ids") };
        if case.ours.as_ref() != Ok(&case.meant) {
            judge
                .differs(&case, text(&row, "id"), || format!("{row}\n   got {:?}\n   not {:?}", case.ours, case.meant));
        }
        if let Ok(payload) = got {
            round_trip(&row, payload.entries(), &context, &bytes);
        }
    }
    counts.print();
    judge.finish()
}

/// What was read can be written, and reads the same again.
fn round_trip(row: &Json, entries: &[Entry<'_>], context: &Context<'_>, bytes: &[u8]) {
    let mut context = *context;
    context.format = written_as(context.format);
    let written = match codec::encode(entries, &context) {
        Ok(written) => written,
        // Only CBOR and TLV carry what is no number.
        Err(EncodeError::NotFinite { path }) => {
            assert!([0, 110, 11543].contains(&context.format.0), "{row}");
            let value = entries.iter().find(|entry| entry.path == path).and_then(Entry::value);
            assert!(matches!(value, Some(Value::Float(number)) if !number.is_finite()), "{row}");
            return;
        }
        Err(error) => panic!("{row}\n   {error:?}"),
    };
    let again = codec::decode(&written, &context.with_mode(Mode::Strict));
    let again = again.unwrap_or_else(|error| panic!("{row}\n   written as {}: {error:?}", hex(&written)));
    assert_eq!(flat(again.entries(), true), flat(entries, true), "{row}\n   written as {}", hex(&written));
    // Bytes are the same where there is one way to write them: not for floats (their width, their digits), not for
    // unsigned integers of one stack.
    let one_way = |value: &Value<'_>| !matches!(value.value_type(), ValueType::Float | ValueType::Unsigned);
    let fair = [ContentFormat::TLV, ContentFormat::TEXT, ContentFormat::OPAQUE].contains(&context.format);
    if fair
        && text(row, "src") == "leshan"
        && entries.iter().filter_map(Entry::value).all(one_way)
        && entries.is_sorted_by_key(|entry| entry.path)
    {
        assert_eq!(hex(&written), hex(bytes), "{row}");
    }
}

/// The number under which we write what came under this one: the drafts' numbers are only read.
pub(crate) fn written_as(format: ContentFormat) -> ContentFormat {
    match format.0 {
        1541 => ContentFormat(0),
        1542 => ContentFormat(11542),
        1543 => ContentFormat(11543),
        1544 => ContentFormat(42),
        _ => format,
    }
}

/// The same entries, in the same order, or the same error; NaN is NaN here.
pub(crate) fn same(a: &Result<Payload<'_>, DecodeError>, b: &Result<Payload<'_>, DecodeError>) -> bool {
    match (a, b) {
        (Ok(a), Ok(b)) => flat(a.entries(), true) == flat(b.entries(), true),
        (Err(a), Err(b)) => a == b,
        _ => false,
    }
}
