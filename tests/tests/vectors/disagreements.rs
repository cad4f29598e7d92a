//! Where the known stacks, or the documents, disagree: what we decided, in both modes. The rows are
//! `tests/vectors/disagreements.jsonl`; `crates/lwm2m/DISAGREEMENTS.md` is the same for people, made by this test.

use std::fmt::Write;
use std::fs;
use std::path::Path as FilePath;

use lwm2m::codec;
use lwm2m::{
    ContentFormat, Context, Decimal, Entry, Mode, Models, Path, Timestamp, Value, ValueType, Version, WriteAttributes,
};
use serde_json::{Value as Json, json};

use crate::payloads::written_as;
use crate::rows::{bytes, format, hex, rows, selection, text};
use crate::tree::models;

/// The fields of a row that are outcomes.
const OUTCOMES: [&str; 3] = ["lenient", "strict", "written"];

/// `FOOTBRIDGE_WRITE_DOCS=1 cargo test -p footbridge-tests --test vectors disagreements` writes the page anew.
#[test]
fn disagreements_are_settled() {
    let (models, rows) = (models(), rows(&selection(), "disagreements.jsonl"));
    let mut wrong = Vec::new();
    for row in &rows {
        let mut fresh = row.clone();
        let outcomes = match text(row, "kind") {
            "path" => path(row),
            "attributes" => attributes(row, &models),
            _ => payload(row, &models),
        };
        for (name, outcome) in OUTCOMES.into_iter().zip(outcomes) {
            match outcome {
                Some(outcome) => fresh[name] = json!(outcome),
                None => drop(fresh.as_object_mut().expect("an object").remove(name)),
            }
        }
        if &fresh != row {
            wrong.push(fresh.to_string());
        }
    }
    assert!(wrong.is_empty(), "{} rows come out as:\n{}", wrong.len(), wrong.join("\n"));
    let page = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("../crates/lwm2m/DISAGREEMENTS.md");
    let made = markdown(&rows);
    if std::env::var_os("FOOTBRIDGE_WRITE_DOCS").is_some() {
        fs::write(&page, made).expect("the page can be written");
    } else {
        let current = fs::read_to_string(&page).unwrap_or_default();
        let again = "run FOOTBRIDGE_WRITE_DOCS=1 cargo test -p footbridge-tests --test vectors disagreements";
        assert!(made == current, "crates/lwm2m/DISAGREEMENTS.md is out of date: {again}");
    }
}

/// Lenient, strict, and what we write for what was read, or for the entry of the row.
fn payload(row: &Json, models: &Models) -> [Option<String>; 3] {
    let base = text(row, "base").parse().expect("a path");
    let context = Context::new(ContentFormat(format(row)), base, models);
    if let Some(entry) = row["entries"].as_str() {
        return [None, None, Some(written(&[parse_entry(entry)], &context))];
    }
    let bytes = input(row);
    let read = |mode| codec::decode(&bytes, &context.with_mode(mode));
    let shown = |mode| match read(mode) {
        Ok(payload) if payload.entries().is_empty() => "no values".to_owned(),
        Ok(payload) => payload.entries().iter().map(show_entry).collect::<Vec<_>>().join(", "),
        Err(error) => format!("error {}", error.code()),
    };
    let written = read(Mode::Lenient).ok().map(|payload| written(payload.entries(), &context));
    [Some(shown(Mode::Lenient)), Some(shown(Mode::Strict)), written]
}

fn path(row: &Json) -> [Option<String>; 3] {
    let shown = |mode| match Path::parse(text(row, "text"), mode) {
        Ok(path) => path.to_string(),
        Err(error) => format!("error: {error}"),
    };
    [Some(shown(Mode::Lenient)), Some(shown(Mode::Strict)), None]
}

fn attributes(row: &Json, models: &Models) -> [Option<String>; 3] {
    let shown = |mode| match WriteAttributes::parse(text(row, "text"), mode) {
        Ok(write) => match write.validate(Path::resource(3303, 0, 5700), Version::V1_2, models) {
            Ok(()) => write.to_string(),
            Err(error) => format!("{write}, invalid: {error}"),
        },
        Err(error) => format!("error: {error}"),
    };
    let written = WriteAttributes::parse(text(row, "text"), Mode::Lenient).ok().map(|write| write.to_string());
    [Some(shown(Mode::Lenient)), Some(shown(Mode::Strict)), written]
}

fn input(row: &Json) -> Vec<u8> {
    row["text"].as_str().map_or_else(|| bytes(row), |text| text.as_bytes().to_vec())
}

fn written(entries: &[Entry<'_>], context: &Context<'_>) -> String {
    let mut context = *context;
    context.format = written_as(context.format);
    match codec::encode(entries, &context) {
        Err(error) => format!("error {}", error.code()),
        Ok(bytes) if [0, 110, 11543].contains(&context.format.0) => String::from_utf8(bytes).expect("text"),
        Ok(bytes) => hex(&bytes),
    }
}

fn show_entry(entry: &Entry<'_>) -> String {
    let mut out = format!("{} {}", entry.path, entry.type_name());
    if let Some(value) = entry.value() {
        write!(out, " {value}").expect("a String");
    }
    if let Some(time) = entry.time {
        write!(out, " at {time}").expect("a String");
    }
    out
}

/// `/33000/0/3 float NaN`, perhaps with a time behind it.
fn parse_entry(text: &str) -> Entry<'_> {
    let mut words = text.split(' ');
    let mut next = || words.next().unwrap_or_default();
    let (path, kind, value, time) = (next(), next(), next(), next());
    let kind = ValueType::from_name(kind).expect("a type");
    let value = Value::from_batch_text(kind, value).expect("a value");
    let time = Decimal::parse(time).map(Timestamp::Absolute);
    Entry { path: path.parse().expect("a path"), value: value.into(), time }
}

fn markdown(rows: &[Json]) -> String {
    let mut page = String::from(
        "# Where implementations disagree\n\n\
         Made by a test from `tests/vectors/disagreements.jsonl`; each row is run in both modes.\n\n\
         What devices send can often have one meaning only, although no document allows it: then the lenient mode (for\n\
         servers) reads it and the strict mode (for validators) refuses it. What has two meanings is refused in both. The last\n\
         column is what we write for what was read. Object 33000 has a resource of each type: 0 string, 1 integer, 2 unsigned,\n\
         3 float, 4 boolean, 5 opaque, 6 time, 7 object link, 8 links.\n\n",
    );
    let mut rule = "";
    for row in rows {
        if text(row, "rule") != rule {
            rule = text(row, "rule");
            writeln!(page, "## {rule}\n").expect("a String");
            page.push_str("| input | lenient | strict | written | why | source |\n|---|---|---|---|---|---|\n");
        }
        let cell = |name: &str| {
            let text = text(row, name);
            if text.is_empty() { String::new() } else { code(text) }
        };
        let (lenient, strict) = (cell("lenient"), cell("strict"));
        let strict = if strict == lenient && !strict.is_empty() { "the same".to_owned() } else { strict };
        let shown = match (row["text"].as_str(), row["hex"].as_str()) {
            (Some(text), _) if !text.is_empty() && !text.chars().any(char::is_control) => format!("<br>{}", code(text)),
            (_, Some(hex)) if !hex.is_empty() => format!("<br>{}", code(hex)),
            _ => String::new(),
        };
        let topic = text(row, "topic");
        let topic = if topic.contains('`') { topic.replace('|', "\\|") } else { format!("{topic}{shown}") };
        let (why, source, written) = (text(row, "reason"), text(row, "source"), cell("written"));
        writeln!(page, "| {topic} | {lenient} | {strict} | {written} | {why} | {source} |").expect("a String");
        let next = rows.iter().skip_while(|other| *other != row).nth(1);
        if next.is_none_or(|next| text(next, "rule") != rule) {
            page.push('\n');
        }
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

/// As code in a cell of a table.
fn code(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|"))
}
