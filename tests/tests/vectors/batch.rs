//! The rows through `footbridge decode --batch`, as a script would send them: what comes out is what the codec makes of
//! them, which the other files judge.

use std::fs::File;
use std::path::Path as FilePath;
use std::process::{Command, Stdio};

use lwm2m::codec;
use lwm2m::{Mode, Models, Path, Value, ValueType};
use serde_json::Value as Json;

use crate::rows::{bytes, context, format, rows, text};
use crate::tree::{Flat, flat, flatten};

/// Runs the files of a folder that hold payloads, if there is a binary.
pub(crate) fn run(folder: &FilePath) {
    let Some(binary) = std::env::var_os("FOOTBRIDGE_BINARY") else {
        footbridge_tests::skip("no footbridge to test; run `cargo xtask test`");
        return;
    };
    for name in ["payloads.jsonl", "malformed.jsonl"] {
        for mode in [Mode::Lenient, Mode::Strict] {
            let mut command = Command::new(&binary);
            command.args(["decode", "--batch"]);
            command.args((mode == Mode::Strict).then_some("--strict"));
            let input = File::open(folder.join(name)).expect("the rows");
            let output = command.stdin(input).stderr(Stdio::inherit()).output().expect("footbridge");
            assert!(output.status.success(), "{name}: {:?}", output.status);
            let answers = String::from_utf8(output.stdout).expect("text");
            compare(&rows(folder, name), answers.lines(), mode);
        }
    }
}

fn compare<'a>(rows: &[Json], mut answers: impl Iterator<Item = &'a str>, mode: Mode) {
    let models = Models::oma();
    let (mut trees, mut refused) = (0, 0);
    for row in rows {
        let answer: Json = serde_json::from_str(answers.next().expect("an answer for each row")).expect("JSON");
        assert_eq!(answer["id"], row["id"], "in the order of the rows");
        let bytes = bytes(row);
        if format(row) == 40 {
            // Links are no entries. The rows that have this number are no links either.
            assert!(answer.get("links").is_some() != answer.get("error").is_some(), "{row}\n   {answer}");
            continue;
        }
        match codec::decode(&bytes, &context(row, models).with_mode(mode)) {
            Ok(payload) => {
                let read = read(&answer).unwrap_or_else(|| panic!("{row}\n   {answer}"));
                assert_eq!(read, flat(payload.entries(), true), "{row}\n   {answer}");
                let values: Vec<Flat> = read.into_iter().filter(|entry| entry.1 != "none").collect();
                trees += usize::from(row.get("nodes").is_some() && flatten(row, "nodes") == Some(values));
            }
            Err(error) => {
                let told = &answer["error"];
                assert_eq!(told["code"], error.code(), "{row}\n   {answer}");
                assert_eq!(told["message"], error.to_string(), "{row}\n   {answer}");
                assert_eq!(told["at"].as_u64(), error.at().map(|at| at as u64), "{row}\n   {answer}");
                refused += 1;
            }
        }
    }
    assert_eq!(answers.next(), None, "no answer more than rows");
    println!("{:6} rows, {trees} exactly the tree of their maker, {refused} refused ({mode:?})", rows.len());
}

/// The entries of an answer, as [`flat`] has ours.
fn read(answer: &Json) -> Option<Vec<Flat>> {
    let mut entries = Vec::new();
    for entry in answer["entries"].as_array()? {
        let path: Path = text(entry, "path").parse().ok()?;
        let (kind, value) = match text(entry, "type") {
            "none" => ("none", String::new()),
            "delete" => ("delete", String::new()),
            name => {
                let kind = ValueType::from_name(name)?;
                // What is written is read back, floats to the same bits.
                let value = Value::from_batch_text(kind, entry["value"].as_str()?).ok()?;
                let shown = match value {
                    Value::Float(number) => format!("{:016x}", number.to_bits()),
                    other => other.to_batch_text(),
                };
                (kind.name(), shown)
            }
        };
        assert!(entry["value"].is_null() == (kind == "none" || kind == "delete"), "{entry}");
        assert_eq!(entry.as_object().map(serde_json::Map::len), Some(4), "{entry}");
        entries.push((path, kind, value, entry["time"].as_str().map(str::to_owned)));
    }
    entries.sort();
    Some(entries)
}
