//! `footbridge encode`: entries to one payload.

use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow, bail};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use clap::Args;
use lwm2m::{ContentFormat, Entry, EntryValue, Level, Models, Path, Timestamp, Value, ValueType, codec};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::screen::{self, safe};
use super::setup::{self, ContextArgs};
use super::{batch, input};
use crate::entry_json::{self, GivenEntry, GivenError};

#[derive(Clone, Debug, Args)]
#[command(after_help = HELP, override_usage = USAGE)]
pub(crate) struct EncodeArgs {
    /// FORMAT is a number (11542), a name (tlv) or a media type. Each ENTRY is PATH=VALUE, the type of the value taken
    /// from the definition; PATH:TYPE=VALUE gives a type, PATH@TIME=VALUE a time, PATH alone only names something
    #[arg(value_name = "FORMAT ENTRY")]
    pub(crate) words: Vec<String>,

    /// The format, as a flag; with --batch that of rows that name none
    #[arg(short, long, value_name = "FORMAT", value_parser = super::decode::format)]
    pub(crate) format: Option<ContentFormat>,

    /// What the request is about; without it what all entries have in common
    #[arg(short, long, value_name = "PATH", value_parser = setup::path)]
    pub(crate) path: Option<Path>,

    #[command(flatten)]
    pub(crate) context: ContextArgs,

    /// The entries are JSON, as decode --json prints it: in the argument, in @FILE, or on stdin
    #[arg(long, conflicts_with = "batch")]
    pub(crate) json: bool,

    /// Print base64 instead of hexadecimal digits
    #[arg(long, group = "spelling")]
    pub(crate) base64: bool,

    /// Print the bytes themselves
    #[arg(long, group = "spelling")]
    pub(crate) raw: bool,

    /// Read JSON Lines from stdin or a file and write JSON Lines, one for each, in the same order
    #[arg(long, conflicts_with = "spelling")]
    pub(crate) batch: bool,
}

const USAGE: &str = "footbridge encode [OPTIONS] FORMAT PATH=VALUE...
       footbridge encode --json [OPTIONS] FORMAT [JSON]
       footbridge encode --batch [OPTIONS] [FILE]";

const HELP: &str = "\
Examples:
  footbridge encode tlv /3/0/14=+01:00 /3/0/15=Europe/Berlin
  footbridge encode senml-cbor /3303/0/5700=21.5 --base64
  footbridge encode senml-json --raw /3303/0/5700@1700000000=21.5
  footbridge encode senml-etch-cbor /3/0/6 /3303/0/5700
  footbridge encode text /33000/0/1:integer=42
  footbridge decode tlv --path /3/0 c10964 --json | footbridge encode senml-json --json --raw
  echo '{\"id\":1,\"entries\":[{\"path\":\"/3/0/9\",\"value\":\"100\"}]}' | footbridge encode --batch -f tlv

The types are string integer unsigned float boolean opaque time objlnk corelnk, none for a path alone, and
delete. A line of --batch is {\"id\",\"format\",\"base_path\",\"entries\"} with entries as decode --batch writes them, and
perhaps \"root\", \"prefix\" and \"versions\". Its answer is {\"id\",\"hex\"} or {\"id\",\"error\":{\"code\",\"message\"}}.";

impl EncodeArgs {
    pub(crate) fn run(self) -> Result<ExitCode> {
        if self.batch {
            return batch::encode(&self);
        }
        let (format, words) = match (self.format, self.words.split_first()) {
            (Some(format), _) => (format, &self.words[..]),
            (None, Some((first, rest))) => {
                let format =
                    first.parse().map_err(|_| anyhow!("{:?} is no format: {}", safe(first), super::FORMATS))?;
                (format, rest)
            }
            (None, None) => bail!("which format? {}", super::FORMATS),
        };
        let models = self.context.models()?;
        let (entries, base) = self.entries(words, &models)?;
        let base = self.path.or(base).unwrap_or_else(|| common(&entries, format));
        let context = self.context.context(format, base, &models);
        let bytes = codec::encode(&entries, &context).map_err(|error| {
            let help = match error {
                codec::EncodeError::WrongType { .. } => {
                    "; the type comes from the definition, see --versions and --models"
                }
                codec::EncodeError::Misplaced { path } if deletes(&entries, path) => {
                    "; only resource instances can be deleted this way, like /3/0/6/1:delete"
                }
                codec::EncodeError::Misplaced { .. } | codec::EncodeError::Base { .. } => {
                    "; --path is what the request is about, and all entries lie at or below it"
                }
                codec::EncodeError::NotOne => ", so give one PATH=VALUE, or take tlv or a senml format",
                codec::EncodeError::NoTime { .. } => ", the senml formats do",
                codec::EncodeError::NoDelete { .. } => ", the senml-etch formats can",
                _ => "",
            };
            anyhow!("{error}{help}")
        })?;
        if self.raw {
            use std::io::IsTerminal as _;
            let printable = |text: &str| !text.chars().any(char::is_control);
            if std::io::stdout().is_terminal() && !std::str::from_utf8(&bytes).is_ok_and(printable) {
                bail!("{format} is not text, and a terminal is no place for it: leave out --raw, or send it to a file");
            }
            screen::print(&bytes)?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut text = if self.base64 { BASE64_STANDARD.encode(&bytes) } else { entry_json::hex(&bytes) };
        text.push('\n');
        screen::print(text.as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }

    /// The entries, and the path that JSON names with them.
    fn entries(&self, words: &[String], models: &Models) -> Result<(Vec<Entry<'static>>, Option<Path>)> {
        if !self.json {
            let entries = words.iter().map(|word| entry(word, models).with_context(|| safe(word)));
            return Ok((entries.collect::<Result<_>>()?, None));
        }
        #[derive(Deserialize)]
        struct Document<'a> {
            #[serde(borrow)]
            entries: Vec<GivenEntry<'a>>,
            #[serde(default)]
            base_path: Option<String>,
        }
        let text = input::read_text(words)?;
        let raw: &RawValue = serde_json::from_slice(&text).context("this is no JSON")?;
        let (given, base) = if raw.get().starts_with('[') {
            (serde_json::from_str(raw.get()), None)
        } else {
            match serde_json::from_str::<Document<'_>>(raw.get()) {
                Ok(document) => (Ok(document.entries), document.base_path),
                Err(error) => (Err(error), None),
            }
        };
        let given: Vec<GivenEntry<'_>> = given.context("entries are [{\"path\",\"type\",\"value\",\"time\"}]")?;
        let entries: Result<Vec<_>, GivenError> = given.iter().map(|entry| entry.entry(models)).collect();
        let base = base.map(|path| path.parse().with_context(|| format!("base_path {}", safe(&path)))).transpose()?;
        Ok((entries?, base))
    }
}

/// One entry as people write it: `PATH[:TYPE][@TIME][=VALUE]`.
fn entry(word: &str, models: &Models) -> Result<Entry<'static>> {
    let (place, value) = word.split_once('=').map_or((word, None), |(place, value)| (place, Some(value)));
    let (place, time) = place.split_once('@').map_or((place, None), |(place, time)| (place, Some(time)));
    let (place, kind) = place.split_once(':').map_or((place, None), |(place, kind)| (place, Some(kind)));
    let path: Path = place.parse().map_err(|why| anyhow!("{why}; an entry is like /3/0/15=UTC"))?;
    let value = match (kind, value) {
        (Some("delete"), None) => EntryValue::Delete,
        (None | Some("none"), None) => EntryValue::Absent,
        (_, None) => bail!("the value is missing: PATH:TYPE=VALUE"),
        (kind, Some(value)) => {
            let kind = match kind {
                Some(kind) => ValueType::from_name(kind)
                    .ok_or_else(|| anyhow!("{:?} is no type; they are {}", safe(kind), entry_json::types()))?,
                None => entry_json::type_of(path, models).map_err(|_| unknown(path, models))?,
            };
            EntryValue::Value(typed(kind, value)?)
        }
    };
    let time = time
        .map(|text| match Value::parse(ValueType::Time, text) {
            // A date is for people, who write times in whole seconds.
            Ok(Value::Time(seconds)) if text.contains(':') => Ok(Timestamp::Absolute(lwm2m::Decimal::new(seconds, 0))),
            _ => text.parse::<Timestamp>(),
        })
        .transpose()?;
    Ok(Entry { path, value, time })
}

/// A value as people type it; of Opaque also `@FILE`.
fn typed(kind: ValueType, text: &str) -> Result<Value<'static>> {
    if let (ValueType::Opaque, Some(name)) = (kind, text.strip_prefix('@')) {
        return Ok(Value::Opaque(input::read_file(name)?.into()));
    }
    match (kind, text) {
        // Only typed text; the words that our JSON has for them are taken too.
        (ValueType::Float, "NaN" | "Infinity" | "-Infinity") => Ok(Value::from_batch_text(kind, text)?.into_owned()),
        _ => Ok(Value::parse(kind, text)?),
    }
}

/// Whether a path is to be deleted that is no resource instance.
fn deletes(entries: &[Entry<'_>], path: Path) -> bool {
    path.level() < Level::ResourceInstance
        && entries.iter().any(|entry| entry.path == path && entry.value == EntryValue::Delete)
}

fn unknown(path: Path, models: &Models) -> anyhow::Error {
    let what = match (path.object_id().and_then(|id| models.object(id)), models.resource(path)) {
        _ if path.level() < Level::Resource => "has no value of its own, only its resources have".to_owned(),
        (_, Some(facts)) => format!("is {}, which is executed and has no value", safe(facts.name)),
        (Some(object), None) => format!("is not in {} {}", safe(object.name), object.version),
        (None, None) => "is of an object without a definition".to_owned(),
    };
    anyhow!("{path} {what}; {path}:TYPE=VALUE gives a type, --models DIR adds definitions")
}

/// The path that a request for these entries would have.
pub(crate) fn common(entries: &[Entry<'_>], format: ContentFormat) -> Path {
    // Composite operations are about the device.
    let composite = [ContentFormat::SENML_ETCH_JSON, ContentFormat::SENML_ETCH_CBOR].contains(&format);
    let Some((first, rest)) = entries.split_first().filter(|_| !composite) else { return Path::ROOT };
    let single = [ContentFormat::TEXT, ContentFormat::OPAQUE, ContentFormat::CBOR].contains(&format);
    let mut common = if single { first.path } else { first.path.truncate(2) };
    while let Some(parent) = common.parent()
        && !rest.iter().all(|entry| common.contains(entry.path))
    {
        common = parent;
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_as_people_write_them() {
        for (word, path, kind, value, time) in [
            ("/3/0/15=UTC", "/3/0/15", "string", "UTC", ""),
            ("/3/0/15=", "/3/0/15", "string", "", ""),
            ("/3/0/15=a=b:c@d", "/3/0/15", "string", "a=b:c@d", ""),
            ("/3/0/13=2023-11-14T22:13:20Z", "/3/0/13", "time", "1700000000", ""),
            ("/5/0/0=0aff", "/5/0/0", "opaque", "0aff", ""),
            ("/60000/0/1:unsigned=7", "/60000/0/1", "unsigned", "7", ""),
            ("/3303/0/5700@1700000000.5=21", "/3303/0/5700", "float", "21.0", "1700000000.5"),
            ("/3303/0/5700@now-10=21", "/3303/0/5700", "float", "21.0", "now-10"),
            ("/3303/0/5700@2023-11-14T22:13:20Z=21", "/3303/0/5700", "float", "21.0", "1700000000"),
            ("/3303/0/5700:float@now=NaN", "/3303/0/5700", "float", "NaN", "now"),
            ("/3/0", "/3/0", "none", "", ""),
            ("/3/-", "/3/-", "none", "", ""),
            ("/3/0/15:delete", "/3/0/15", "delete", "", ""),
        ] {
            let entry = entry(word, Models::oma()).unwrap_or_else(|error| panic!("{word}: {error:#}"));
            let shown = entry.value().map(Value::to_batch_text).unwrap_or_default();
            let at = entry.time.map(|time| time.to_string()).unwrap_or_default();
            assert_eq!((entry.path.to_string().as_str(), entry.type_name()), (path, kind), "{word}");
            assert_eq!((shown.as_str(), at.as_str()), (value, time), "{word}");
        }
        for (word, part) in [
            ("3/0/15=UTC", "a path begins with /"),
            ("/3/0/99=1", "/3/0/99 is not in Device"),
            ("/60000/0/1=1", "/60000/0/1 is of an object without a definition"),
            ("/3/0/4=1", "/3/0/4 is Reboot, which is executed"),
            ("/3/0=1", "/3/0 has no value of its own"),
            ("/3/0/9=full", "character 1 does not fit"),
            ("/3/0/9:int=1", "\"int\" is no type"),
            ("/3/0/9:integer", "the value is missing"),
            ("/3/0/9@yesterday=1", "not a time"),
        ] {
            let error = entry(word, Models::oma()).unwrap_err().to_string();
            assert!(error.starts_with(part), "{word}: {error}");
        }
    }

    #[test]
    fn the_path_that_entries_share() {
        let at = |paths: &[&str], format| {
            let entries: Vec<_> = paths.iter().map(|path| Entry::absent(path.parse().unwrap())).collect();
            common(&entries, format).to_string()
        };
        assert_eq!(at(&["/3/0/9"], ContentFormat::TEXT), "/3/0/9");
        assert_eq!(at(&["/3/0/9"], ContentFormat::TLV), "/3/0");
        assert_eq!(at(&["/3/0/9", "/3/1/9"], ContentFormat::TLV), "/3");
        assert_eq!(at(&["/3/0/9", "/5/0/1"], ContentFormat::SENML_CBOR), "/");
        assert_eq!(at(&[], ContentFormat::TLV), "/");
    }
}
