//! JSON Lines: many payloads, one in each line, answered in the order read.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;
use std::process::ExitCode;

use anyhow::Result;
use lwm2m::codec::{self, DecodeError, EncodeError};
use lwm2m::{ContentFormat, Context, Mode, Models, Path};
use serde::{Deserialize, Deserializer as _, Serialize, de};
use serde_json::value::RawValue;

use super::decode::DecodeArgs;
use super::encode::{self, EncodeArgs};
use super::lines::{self, LONGEST, Line};
use super::links::{self, JsonLink};
use super::setup::{ContextArgs, Versions};
use crate::entry_json::{self, GivenEntry, GivenError, JsonEntry, text};

/// Version lists that are remembered; devices of a kind have the same one.
const REMEMBERED: usize = 1_024;

/// What `op` may be. It says what a vector is about; decoding needs no such help.
const OPERATIONS: [&str; 5] = ["node", "composite", "timestamped", "timestamped_composite", "paths"];

pub(crate) fn decode(args: &DecodeArgs) -> Result<ExitCode> {
    let models = args.context.models()?;
    let mode = if args.strict { Mode::Strict } else { Mode::Lenient };
    let mut rows = Rows::new(&args.context, &models, mode, args.format);
    let mut bytes = Vec::new();
    lines::run(&args.words, |line, out| {
        rows.answer(line, out, |row, mut context, out| {
            if row.base_path.is_none() {
                context.base = args.path;
            }
            unhex(row.hex.as_deref().ok_or_else(|| JsonError::row("hex is missing"))?, &mut bytes)?;
            if context.format == ContentFormat::LINK_FORMAT {
                let links = links::parse(&bytes, &context).map_err(|error| JsonError::from(&error))?;
                write(out, &Links { id: row.id, links: links.iter().map(JsonLink::from).collect() });
                return Ok(());
            }
            let payload = codec::decode(&bytes, &context).map_err(|error| JsonError::from(&error))?;
            write(out, &Entries { id: row.id, entries: List(payload.entries()) });
            Ok(())
        });
    })?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn encode(args: &EncodeArgs) -> Result<ExitCode> {
    let models = args.context.models()?;
    let mut rows = Rows::new(&args.context, &models, Mode::Strict, args.format);
    lines::run(&args.words, |line, out| {
        rows.answer(line, out, |row, mut context, out| {
            let given = row.entries.ok_or_else(|| JsonError::row("entries are missing"))?.get();
            let given: Vec<GivenEntry<'_>> = serde_json::from_str(given).map_err(|error| JsonError::json(&error))?;
            let entries: Result<Vec<_>, _> = given.iter().map(|entry| entry.entry(context.models)).collect();
            let entries = entries.map_err(|error| JsonError::from(&error))?;
            if row.base_path.is_none() {
                context.base = args.path.unwrap_or_else(|| encode::common(&entries, context.format));
            }
            let bytes = codec::encode(&entries, &context).map_err(|error| JsonError::from(&error))?;
            write(out, &Hex { id: row.id, hex: &entry_json::hex(&bytes) });
            Ok(())
        });
    })?;
    Ok(ExitCode::SUCCESS)
}

/// A line of the input, in both directions. What else is in it does not matter.
#[derive(Deserialize)]
struct Row<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(default, deserialize_with = "format")]
    format: Option<ContentFormat>,
    #[serde(borrow, default, deserialize_with = "text")]
    base_path: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "text")]
    hex: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    entries: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "text")]
    op: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "text")]
    root: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "text")]
    prefix: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    versions: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct Entries<'a> {
    id: Option<&'a RawValue>,
    entries: List<'a>,
}

#[derive(Serialize)]
struct Links<'a> {
    id: Option<&'a RawValue>,
    links: Vec<JsonLink<'a>>,
}

struct List<'a>(&'a [lwm2m::Entry<'a>]);

impl Serialize for List<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(JsonEntry))
    }
}

#[derive(Serialize)]
struct Hex<'a> {
    id: Option<&'a RawValue>,
    hex: &'a str,
}

#[derive(Serialize)]
struct Failed<'a> {
    id: Option<&'a RawValue>,
    error: &'a JsonError,
}

/// What all rows have in common.
struct Rows<'m> {
    args: &'m ContextArgs,
    models: &'m Models,
    mode: Mode,
    /// The format of rows that name none.
    format: Option<ContentFormat>,
    /// The definitions in the versions of one device, by the text that names these.
    by_versions: HashMap<String, Models>,
}

impl<'m> Rows<'m> {
    fn new(args: &'m ContextArgs, models: &'m Models, mode: Mode, format: Option<ContentFormat>) -> Self {
        Self { args, models, mode, format, by_versions: HashMap::new() }
    }

    /// Writes the line that `work` makes of a row, or one that says what is wrong.
    fn answer(
        &mut self,
        line: Line<'_>,
        out: &mut Vec<u8>,
        work: impl FnOnce(&Row<'_>, Context<'_>, &mut Vec<u8>) -> Result<(), JsonError>,
    ) {
        let line = match line {
            Line::Row(line) => line,
            Line::TooLong => return write(out, &Failed { id: None, error: &JsonError::line_too_long() }),
        };
        match serde_json::from_slice::<Row<'_>>(line) {
            // An array of the right length would do for serde.
            _ if !line.starts_with(b"{") => {
                let error = JsonError::row("a line is one JSON object, {\"id\":…}");
                write(out, &Failed { id: None, error: &error });
            }
            Ok(row) => {
                if let Err(error) = self.context(&row).and_then(|context| work(&row, context, out)) {
                    write(out, &Failed { id: row.id, error: &error });
                }
            }
            Err(error) => {
                write(out, &Failed { id: find_id(line), error: &JsonError::json(&error) });
            }
        }
    }

    fn context<'r>(&'r mut self, row: &'r Row<'_>) -> Result<Context<'r>, JsonError> {
        if let Some(op) = row.op.as_deref().filter(|op| !OPERATIONS.contains(op)) {
            let message = format!("op is {}, not {op:.40}", OPERATIONS.join(", "));
            return Err(JsonError { code: "Op", message, at: None });
        }
        let format = row.format.or(self.format).ok_or_else(|| JsonError::row("format is missing"))?;
        let base = match row.base_path.as_deref() {
            None => Path::ROOT,
            Some(path) => path.parse().map_err(|why| {
                let message = format!("base_path {path:.80}: {why}");
                JsonError { code: "Path", message, at: None }
            })?,
        };
        let models = match row.versions.map(RawValue::get).filter(|versions| *versions != "null") {
            None => self.models,
            Some(versions) => {
                if self.by_versions.len() >= REMEMBERED && !self.by_versions.contains_key(versions) {
                    self.by_versions.clear();
                }
                if !self.by_versions.contains_key(versions) {
                    let models = read_versions(versions)?.apply(self.models);
                    self.by_versions.insert(versions.to_owned(), models);
                }
                self.by_versions.get(versions).unwrap_or(self.models)
            }
        };
        let root = row.root.as_deref().unwrap_or(&self.args.root);
        let prefix = row.prefix.as_deref().unwrap_or(&self.args.prefix);
        Ok(Context::new(format, base, models).with_root(root).with_prefix(prefix).with_mode(self.mode))
    }
}

/// `{"3":"1.1"}` or `"3=1.1,4=1.0"`; `lwm2m` is the version of LwM2M.
fn read_versions(json: &str) -> Result<Versions, JsonError> {
    let wrong = |message: String| JsonError { code: "Versions", message, at: None };
    let form = r#"versions are {"3":"1.1"} or "3=1.1,4=1.0""#;
    if json.starts_with('"') {
        let text: Cow<'_, str> = serde_json::from_str(json).map_err(|_| wrong(form.into()))?;
        return Versions::parse(&text).map_err(wrong);
    }
    let mut versions = Versions::default();
    let map: HashMap<Cow<'_, str>, &RawValue> = serde_json::from_str(json).map_err(|_| wrong(form.into()))?;
    for (id, version) in map {
        // A number is taken as it is written: 1.10 is not 1.1.
        versions.set(&id, version.get().trim_matches('"')).map_err(wrong)?;
    }
    Ok(versions)
}

/// The id of a line that is no row, if it comes before what is wrong.
fn find_id(line: &[u8]) -> Option<&RawValue> {
    struct Find<'c, 'de>(&'c Cell<Option<&'de RawValue>>);
    impl<'de> de::Visitor<'de> for Find<'_, 'de> {
        type Value = ();
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                if key == "id" {
                    self.0.set(Some(map.next_value()?));
                    break;
                }
                map.next_value::<de::IgnoredAny>()?;
            }
            Ok(())
        }
    }
    let found = Cell::new(None);
    let _what_is_wrong_is_known = serde_json::Deserializer::from_slice(line).deserialize_map(Find(&found));
    found.get()
}

/// An error as the contract has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct JsonError {
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<usize>,
}

impl JsonError {
    pub(crate) const fn new(code: &'static str, message: String, at: Option<usize>) -> Self {
        Self { code, message, at }
    }

    fn row(message: &str) -> Self {
        Self { code: "Row", message: message.into(), at: None }
    }

    /// A line that is no JSON, or not the JSON of a row.
    fn json(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let bare = text.split(" at line ").next().unwrap_or_default();
        let message = match error.column() {
            0 => bare.to_owned(),
            column => format!("{bare}, at character {column} of the line"),
        };
        Self { code: "Row", message, at: None }
    }

    fn line_too_long() -> Self {
        Self { code: "LineTooLong", message: format!("a line of more than {LONGEST} bytes"), at: None }
    }
}

impl From<&DecodeError> for JsonError {
    fn from(error: &DecodeError) -> Self {
        Self { code: error.code(), message: error.to_string(), at: error.at() }
    }
}

impl From<&EncodeError> for JsonError {
    fn from(error: &EncodeError) -> Self {
        Self { code: error.code(), message: error.to_string(), at: None }
    }
}

impl From<&GivenError> for JsonError {
    fn from(error: &GivenError) -> Self {
        Self { code: error.code(), message: error.to_string(), at: None }
    }
}

fn write(out: &mut Vec<u8>, answer: &impl Serialize) {
    // Into memory, of things that have no maps with odd keys: it cannot fail.
    if serde_json::to_writer(&mut *out, answer).is_ok() {
        out.push(b'\n');
    }
}

fn unhex(text: &str, bytes: &mut Vec<u8>) -> Result<(), JsonError> {
    bytes.clear();
    bytes.reserve(text.len() / 2);
    let digit = |byte: u8| NIBBLES.get(usize::from(byte)).copied().filter(|digit| *digit < 16);
    for pair in text.as_bytes().chunks(2) {
        match pair {
            [high, low] if let (Some(high), Some(low)) = (digit(*high), digit(*low)) => bytes.push(high << 4 | low),
            _ => {
                let message = match text.bytes().position(|byte| digit(byte).is_none()) {
                    Some(at) => format!("character {} of hex is no hexadecimal digit", at + 1),
                    None => format!("{} hexadecimal digits: one is missing", text.len()),
                };
                return Err(JsonError { code: "Hex", message, at: None });
            }
        }
    }
    Ok(())
}

/// The value of each hexadecimal digit; 16 for what is none.
const NIBBLES: [u8; 256] = {
    let mut table = [16; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            digit @ b'0'..=b'9' => digit - b'0',
            digit @ b'a'..=b'f' => digit - b'a' + 10,
            digit @ b'A'..=b'F' => digit - b'A' + 10,
            _ => 16,
        };
        byte += 1;
    }
    table
};

/// A content format by number, or by name or media type.
fn format<'de, D: de::Deserializer<'de>>(deserializer: D) -> Result<Option<ContentFormat>, D::Error> {
    struct Format;
    impl de::Visitor<'_> for Format {
        type Value = Option<ContentFormat>;
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a content format: a number of 0 to 65535, a name or a media type")
        }
        fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
            let wrong = || E::invalid_value(de::Unexpected::Unsigned(number), &self);
            number.try_into().map(|number| Some(ContentFormat(number))).map_err(|_| wrong())
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
            text.parse().map(Some).map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
        }
    }
    deserializer.deserialize_any(Format)
}
