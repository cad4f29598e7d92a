//! The rows through `footbridge decode --batch`, as a script would send them: what comes out is what the codec makes of
//! them, which the other files judge.

use std::fs::File;
use std::path::Path as FilePath;
use std::process::{Command, Stdio};

use lwm2m::codec;
use lwm2m::{Mode, Path, Value, ValueType};
use serde_json::Value as Json;

use crate::rows::{bytes, context, format, rows, text};
use crate::tree::{Flat, flat, flatten, models};

/// Runs the files of a folder that hold payloads, if there is a binary.
pub(crate) fn run(folder: &FilePath) {
    let Some(binary) = std::env::var_os("FOOTBRIDGE_BINARY") else {
        footbridge_tests::skip("no footbridge to test; run `cargo xtask test`");
        return;
    };
    let definitions = tempfile::tempdir().expect("a folder");
    std::fs::write(definitions.path().join("33000.xml"), definition()).expect("a definition");
    for name in ["payloads.jsonl", "malformed.jsonl"] {
        for mode in [Mode::Lenient, Mode::Strict] {
            let mut command = Command::new(&binary);
            command.args(["decode", "--batch", "--models"]).arg(definitions.path());
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
    let models = models();
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
        match codec::decode(&bytes, &context(row, &models).with_mode(mode)) {
            Ok(payload) => {
                let read = read(&answer).unwrap_or_else(|| panic!("{row}\n   {answer}"));
                assert_eq!(read, plain(flat(payload.entries(), true)), "{row}\n   {answer}");
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

/// The text of JSON has one NaN.
fn plain(mut entries: Vec<Flat>) -> Vec<Flat> {
    for (_, kind, value, _) in &mut entries {
        let bits = u64::from_str_radix(value, 16).map(f64::from_bits);
        if *kind == "float" && bits.is_ok_and(f64::is_nan) {
            *value = format!("{:016x}", f64::NAN.to_bits());
        }
    }
    entries
}

/// The synthetic object of the collection as a file, as [`models`] has it.
fn definition() -> String {
    let models = models();
    let object = models.object(33_000).expect("the object");
    let words = |kind| match kind {
        ValueType::Unsigned => "Unsigned Integer".to_owned(),
        other => format!("{other:?}").replace("ObjectLink", "Objlnk").replace("CoreLink", "Corelnk"),
    };
    let items: String = object
        .resources()
        .map(|resource| {
            let instances = if resource.multiple { "Multiple" } else { "Single" };
            let kind = words(resource.value_type.expect("a type"));
            format!(
                "<Item ID=\"{}\"><Name>{}</Name><Operations>RW</Operations><MultipleInstances>{instances}\
                 </MultipleInstances><Mandatory>Optional</Mandatory><Type>{kind}</Type><RangeEnumeration/><Units/>\
                 <Description/></Item>\n",
                resource.id, resource.name
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<LWM2M><Object ObjectType=\"MODefinition\"><Name>All types</Name>\
         <Description1/><ObjectID>33000</ObjectID><ObjectURN>urn:oma:lwm2m:x:33000</ObjectURN><LWM2MVersion>1.1\
         </LWM2MVersion><ObjectVersion>1.0</ObjectVersion><MultipleInstances>Multiple</MultipleInstances><Mandatory>\
         Optional</Mandatory><Resources>\n{items}</Resources><Description2/></Object></LWM2M>\n"
    )
}
