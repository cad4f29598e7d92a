//! The rows of the vectors with what the native core makes of them, in the words of `tests/npm/vectors.mjs`.

use std::fmt::Write;
use std::fs;
use std::path::Path as FilePath;

use footbridge_fuzz::all_types;
use lwm2m::codec;
use lwm2m::{ContentFormat, Context, Decimal, Entry, Mode, Models, Path, Timestamp, Value, WriteAttributes, link};
use serde_json::{Value as Json, json};

/// All rows of a folder, each read leniently and strictly, one JSON object a line.
pub(crate) fn rows(folder: &FilePath) -> String {
    let models = models();
    let mut out = String::new();
    for (file, kind) in [
        ("payloads.jsonl", "payload"),
        ("malformed.jsonl", "payload"),
        ("links.jsonl", "links"),
        ("paths.jsonl", "path"),
        ("attributes.jsonl", "attributes"),
    ] {
        let lines = fs::read_to_string(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        for line in lines.lines() {
            let row: Json = serde_json::from_str(line).expect("JSON Lines");
            for mode in [Mode::Lenient, Mode::Strict] {
                let mut row = json!({
                    "kind": kind, "id": row["id"], "strict": mode == Mode::Strict, "hex": row["hex"],
                    "format": row["format"], "query": row["query"], "root": text(&row, "root"),
                    "path": row.get("path").or_else(|| row.get("base_path")),
                });
                row["want"] = match kind {
                    "payload" => payload(&row, &models, mode),
                    "links" => links(&row, mode),
                    "path" => path(&row, mode),
                    _ => attributes(&row, mode),
                }
                .into();
                writeln!(out, "{row}").expect("a string");
            }
        }
    }
    out
}

fn payload(row: &Json, models: &Models, mode: Mode) -> String {
    let base = row["path"].as_str().unwrap_or("/").parse().expect("a path in our own file");
    let format = ContentFormat(row["format"].as_u64().and_then(|format| u16::try_from(format).ok()).expect("a format"));
    let context = Context::new(format, base, models).with_root(text(row, "root")).with_mode(mode);
    let bytes = unhex(text(row, "hex"));
    let payload = match codec::decode(&bytes, &context) {
        Ok(payload) => payload,
        Err(error) => return failure(error.code(), error.at(), error.path(), &error),
    };
    let shown: Vec<String> = payload.entries().iter().map(|entry| show(entry, models)).collect();
    // In JavaScript times are binary64, so what is written again has the times that these are.
    let entries: Vec<Entry<'_>> = payload.into_entries().into_iter().map(with_float_time).collect();
    let again = match codec::encode(&entries, &context) {
        Ok(bytes) => hex(&bytes),
        Err(error) => failure(error.code(), None, error.path(), &error),
    };
    format!("{} -> {again}", shown.join(" "))
}

fn show(entry: &Entry<'_>, models: &Models) -> String {
    let value = match entry.value() {
        None => String::new(),
        Some(Value::String(text) | Value::CoreLink(text)) => hex(text.as_bytes()),
        Some(Value::Float(number)) => bits(*number),
        Some(value) => value.to_batch_text(),
    };
    let time = match entry.time {
        None => String::new(),
        Some(Timestamp::Absolute(time)) => format!(";{}", bits(float(time))),
        Some(Timestamp::Relative(time)) => format!(";now{}", bits(float(time))),
    };
    let known = models.resource(entry.path).is_some_and(|resource| resource.value_type.is_some());
    let untyped = if entry.value().is_some() && !known { "?" } else { "" };
    format!("{}|{}|{value}{time}{untyped}", entry.path, entry.type_name())
}

fn with_float_time(mut entry: Entry<'_>) -> Entry<'_> {
    let rounded = |time| Decimal::parse(&float(time).to_string()).expect("a time");
    entry.time = entry.time.map(|time| match time {
        Timestamp::Absolute(time) => Timestamp::Absolute(rounded(time)),
        Timestamp::Relative(time) => Timestamp::Relative(rounded(time)),
    });
    entry
}

/// The nearest float of a time.
fn float(time: Decimal) -> f64 {
    time.to_string().parse().expect("a number")
}

fn bits(number: f64) -> String {
    if number.is_nan() { "NaN".into() } else { format!("{:016x}", number.to_bits()) }
}

fn links(row: &Json, mode: Mode) -> String {
    let bytes = unhex(text(row, "hex"));
    let list = match link::parse(&bytes, mode) {
        Ok(list) => list,
        Err(error) => {
            let at = error
                .to_string()
                .rsplit_once("byte ")
                .and_then(|(_, rest)| rest.split(' ').next().and_then(|number| number.parse().ok()));
            return failure("Link", at, None, &error);
        }
    };
    let one = |link: &link::Link<'_>| {
        let mut out = link.target.to_string();
        if let Ok(path) = Path::parse_below(&link.target, "", Mode::Strict) {
            write!(out, "={path}").expect("a string");
        }
        let mut attributes: Vec<(&str, &str)> = Vec::new();
        for attribute in &link.attributes {
            if attributes.iter().all(|(name, _)| *name != attribute.name) {
                attributes.push((&attribute.name, attribute.value.as_deref().unwrap_or("true")));
            }
        }
        attributes.iter().for_each(|(name, value)| write!(out, ";{name}={value}").expect("a string"));
        out
    };
    list.iter().map(one).collect::<Vec<_>>().join(",")
}

fn path(row: &Json, mode: Mode) -> String {
    match Path::parse(text(row, "path"), mode) {
        Ok(path) => path.to_string(),
        Err(error) => failure("Path", None, None, &error),
    }
}

fn attributes(row: &Json, mode: Mode) -> String {
    let write = match WriteAttributes::parse(text(row, "query"), mode) {
        Ok(write) => write,
        Err(error) => return failure("Attribute", None, None, &error),
    };
    let set: Vec<String> = write
        .set
        .named()
        .map(|(name, value)| match name {
            "edge" | "con" => format!("\"{name}\":{}", value == "1"),
            // As JavaScript prints the number of these digits.
            _ => format!("\"{name}\":{}", javascript(value.parse().expect("a number"))),
        })
        .collect();
    let unset: Vec<String> = write.unset.iter().map(|name| format!("\"{name}\"")).collect();
    format!("{{\"set\":{{{}}},\"unset\":[{}]}}", set.join(","), unset.join(","))
}

/// A number as JSON.stringify writes it, where it needs no exponent in between.
fn javascript(number: f64) -> String {
    let magnitude = number.abs();
    if number == 0.0 {
        return "0".into();
    }
    if (1e-6..1e21).contains(&magnitude) {
        return number.to_string();
    }
    let text = format!("{number:e}");
    if text.contains("e-") { text } else { text.replace('e', "e+") }
}

fn failure(code: &str, at: Option<usize>, path: Option<Path>, error: &dyn std::error::Error) -> String {
    let at = at.map(|at| at.to_string()).unwrap_or_default();
    let path = path.map(|path| path.to_string()).unwrap_or_default();
    let mut message = error.to_string();
    // Other programs count up to the memory that they could have.
    if let Some((before, rest)) = message.split_once(", ")
        && rest.strip_suffix(" more needed").is_some_and(|number| number.len() >= 10)
    {
        message = format!("{before}, many more needed");
    }
    format!("{code}@{at}{path} {message}")
}

/// The registered objects and the synthetic one of the vectors.
fn models() -> Models {
    let mut models = Models::oma().clone();
    models.insert(all_types(33_000));
    models
}

fn text<'j>(row: &'j Json, key: &str) -> &'j str {
    row[key].as_str().unwrap_or_default()
}

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
