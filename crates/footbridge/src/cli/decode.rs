//! `footbridge decode`: one payload, for people or as JSON.

use std::process::ExitCode;

use anyhow::{Result, bail, ensure};
use clap::Args;
use lwm2m::codec::{self, Group};
use lwm2m::{ContentFormat, Context, Mode, Path};
use serde::Serialize;

use super::annotated::{self, JsonField};
use super::input::{self, Input, Spelling};
use super::screen::{self, Colour, Line, Screen, Style, count};
use super::setup::{self, ContextArgs};
use super::{batch, guess, links, table, trouble};
use crate::entry_json::JsonEntry;

#[derive(Clone, Debug, Args)]
#[command(after_help = HELP, override_usage = USAGE)]
pub(crate) struct DecodeArgs {
    /// FORMAT is a number (11542), a name (tlv) or a media type; without it the format is guessed.
    /// PAYLOAD is hex or base64; @FILE is a file, and without one stdin is read
    #[arg(value_name = "FORMAT PAYLOAD")]
    pub(crate) words: Vec<String>,

    /// The format, as a flag; with --batch that of rows that name none
    #[arg(short, long, value_name = "FORMAT", value_parser = format)]
    pub(crate) format: Option<ContentFormat>,

    /// What was asked for; with --batch that of rows that name none
    #[arg(short, long, value_name = "PATH", default_value = "/", value_parser = setup::path)]
    pub(crate) path: Path,

    #[command(flatten)]
    pub(crate) context: ContextArgs,

    /// Take only what the specification allows
    #[arg(long)]
    pub(crate) strict: bool,

    /// The payload is hexadecimal digits, whatever it looks like
    #[arg(long, group = "spelling")]
    pub(crate) hex: bool,

    /// The payload is base64, whatever it looks like
    #[arg(long, group = "spelling")]
    pub(crate) base64: bool,

    /// The payload is the bytes themselves, whatever they look like
    #[arg(long, group = "spelling")]
    pub(crate) raw: bool,

    /// Show what each byte says; also of a payload that cannot be read
    #[arg(short, long, conflicts_with = "batch")]
    pub(crate) annotate: bool,

    /// Print JSON: what --batch prints, and the format
    #[arg(long, conflicts_with = "batch")]
    pub(crate) json: bool,

    /// Read JSON Lines from stdin or a file and write JSON Lines, one for each, in the same order
    #[arg(long, conflicts_with = "spelling")]
    pub(crate) batch: bool,

    /// When to print colours
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    pub(crate) color: Colour,
}

const USAGE: &str = "footbridge decode [OPTIONS] [FORMAT] PAYLOAD
       footbridge decode --batch [OPTIONS] [FILE]";

const HELP: &str = "\
Examples:
  footbridge decode tlv --path /3/0 c10964
  footbridge decode senml-json '[{\"bn\":\"/3303/0/\",\"n\":\"5700\",\"v\":21.5}]'
  footbridge decode text --path /3/0/9 --raw 100
  footbridge decode --path /3/0 --json wQlk
  footbridge decode tlv --path /3/0 c10964 --annotate
  echo c10964 | footbridge decode 11542 --path /3/0
  echo '{\"id\":1,\"format\":11542,\"base_path\":\"/3/0\",\"hex\":\"c10964\"}' | footbridge decode --batch

A line of --batch is {\"id\",\"format\",\"base_path\",\"hex\"} and perhaps \"op\", \"root\", \"prefix\" and
\"versions\", {\"3\":\"1.1\"}. Its answer is {\"id\",\"entries\":[{\"path\",\"type\",\"value\",\"time\"}]} or
{\"id\",\"error\":{\"code\",\"message\",\"at\"}}. A payload that cannot be read ends decode with status 1,
but not --batch.";

impl DecodeArgs {
    pub(crate) fn run(self) -> Result<ExitCode> {
        if self.batch {
            return batch::decode(&self);
        }
        let (format, words) = self.words()?;
        let Input { bytes, spelling, doubt } = input::read(words, self.spelling(), format)?;
        let models = self.context.models()?;
        let mode = if self.strict { Mode::Strict } else { Mode::Lenient };
        let mut context = self.context.context(ContentFormat::TEXT, self.path, &models).with_mode(mode);

        let mut guesses = if format.is_none() { guess::formats(&bytes, &context) } else { Vec::new() };
        if format.is_none() && guesses.is_empty() {
            guesses.extend(guess::broken(&bytes, &context));
        }
        let Some(format) = format.or_else(|| guesses.first().copied()) else {
            let help = if self.path == Path::ROOT { "give --path, as most formats need it, or name" } else { "name" };
            bail!(
                "no format fits these {} read {} at {}; {help} the format to see why",
                count(bytes.len(), "byte"),
                spelling.as_what(),
                self.path
            );
        };
        context.format = format;
        if format == ContentFormat::LINK_FORMAT {
            let screens = (Screen::stdout(self.color), Screen::stderr(self.color));
            return links::decode(&bytes, &context, self.json, screens);
        }
        // Without a prefix it may be about any device behind a gateway, or several. What each byte says is told of one.
        let result = if self.context.prefix.is_empty() && !self.annotate {
            codec::decode_groups(&bytes, &context)
        } else {
            let prefix = self.context.prefix.as_str();
            codec::decode(&bytes, &context).map(|payload| vec![Group::new(prefix, payload.into_entries())])
        };
        let (groups, error) = match &result {
            Ok(groups) => (&groups[..], None),
            Err(error) => (&[][..], Some(error)),
        };
        let values = groups.iter().map(|group| group.payload.entries().len()).sum();
        let one = match groups {
            [] => Some(&[][..]),
            [group] if group.prefix == self.context.prefix => Some(group.payload.entries()),
            _ => None,
        };
        if self.json {
            let json = Json {
                format: format.0,
                guessed: !guesses.is_empty(),
                base_path: self.path.to_string(),
                entries: one.filter(|_| error.is_none()).map(|entries| entries.iter().map(JsonEntry).collect()),
                groups: one.is_none().then(|| groups.iter().map(JsonGroup::from).collect()),
                error: error.map(batch::JsonError::from),
                fields: self
                    .annotate
                    .then(|| lwm2m::annotate(&bytes, &context).fields.iter().map(JsonField::from).collect()),
            };
            screen::print_json(&json)?;
            return Ok(if error.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS });
        }
        let mut out = String::new();
        let screen = Screen::stdout(self.color);
        if self.annotate {
            let values = error.is_none().then_some(values);
            self.summary(&bytes, spelling, &guesses, &context, values).write_line(&mut out, screen);
            out.push('\n');
            annotated::write(&mut out, &bytes, &lwm2m::annotate(&bytes, &context), &context, screen);
            screen::print(out.as_bytes())?;
            if error.is_none() {
                return Ok(ExitCode::SUCCESS);
            }
            eprintln!();
        }
        if let Some(error) = error {
            let mut out = String::new();
            trouble::write(&mut out, &bytes, &context, error, !self.annotate, Screen::stderr(self.color));
            if let Some(doubt) = doubt {
                out.push_str(&format!("help: the payload was read {}; {doubt}\n", spelling.as_what()));
            }
            eprint!("{out}");
            return Ok(ExitCode::FAILURE);
        }
        self.summary(&bytes, spelling, &guesses, &context, Some(values)).write_line(&mut out, screen);
        for group in groups {
            out.push('\n');
            if one.is_none() {
                let who = match &*group.prefix {
                    "" => "The gateway itself".to_owned(),
                    prefix => format!("Device {prefix} behind the gateway"),
                };
                Line::of(Style::Warn, &who).write_line(&mut out, screen);
            }
            table::write(&mut out, group.payload.entries(), &models, screen);
        }
        screen::print(out.as_bytes())?;
        if format == ContentFormat::TEXT
            && let Some(doubt) = doubt
        {
            eprintln!("note: the payload was read {}; {doubt}", spelling.as_what());
        }
        Ok(ExitCode::SUCCESS)
    }

    fn spelling(&self) -> Option<Spelling> {
        match self {
            Self { hex: true, .. } => Some(Spelling::Hex),
            Self { base64: true, .. } => Some(Spelling::Base64),
            Self { raw: true, .. } => Some(Spelling::Raw),
            _ => None,
        }
    }

    /// What of the words is the format, and what the payload.
    fn words(&self) -> Result<(Option<ContentFormat>, &[String])> {
        if self.format.is_some() {
            return Ok((self.format, &self.words));
        }
        let Some((first, rest)) = self.words.split_first() else { return Ok((None, &[])) };
        let format = first.parse::<ContentFormat>().ok();
        let numeric = first.bytes().all(|byte| byte.is_ascii_digit());
        match format {
            None if !rest.is_empty() && first.parse::<u64>().is_err() && !is_hex_word(first) => {
                bail!("{:?} is no format I know: {}", screen::safe(first), super::FORMATS)
            }
            None => Ok((None, &self.words)),
            Some(format) if !numeric => Ok((Some(format), rest)),
            // A number may be the beginning of a payload: c1 is not, 60 could be.
            Some(_) if first.len() > 1 && first.starts_with('0') => Ok((None, &self.words)),
            Some(format) if format.name().is_some() => {
                ensure!(
                    !rest.is_empty() || !std::io::IsTerminal::is_terminal(&std::io::stdin()),
                    "is {first} the format or the payload? Write --format {first}, or: decode FORMAT {first}"
                );
                Ok((Some(format), rest))
            }
            Some(_) if rest.is_empty() => Ok((None, &self.words)),
            Some(format) => bail!("{format} is no format I know: {}", super::FORMATS),
        }
    }

    fn summary(
        &self,
        bytes: &[u8],
        spelling: Spelling,
        guesses: &[ContentFormat],
        context: &Context<'_>,
        values: Option<usize>,
    ) -> Line {
        let mut line = Line::of(Style::Bold, &context.format.to_string());
        if let [_, others @ ..] = guesses {
            let others: Vec<String> = others.iter().map(|format| trouble::word(*format)).collect();
            let also = if others.is_empty() { String::new() } else { format!(", could be {}", others.join(" or ")) };
            line.push(Style::Warn, &format!(", guessed{also}"));
        }
        let of = match spelling {
            _ if bytes.is_empty() => "",
            Spelling::Hex => " of hex",
            Spelling::Base64 => " of base64",
            Spelling::Raw => "",
        };
        let comma = if guesses.is_empty() { "" } else { "," };
        line.push(Style::Dim, &format!("{comma} at {}: {}{of}", context.base, count(bytes.len(), "byte")));
        if let Some(values) = values {
            line.push(Style::Dim, &format!(", {}", count(values, "value")));
        }
        line
    }
}

/// Two hexadecimal digits or more, in pairs: perhaps the beginning of a payload with blanks in it.
fn is_hex_word(word: &str) -> bool {
    let digits = word.strip_prefix("0x").unwrap_or(word).trim_end_matches([',', ':']);
    digits.len().is_multiple_of(2) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

pub(crate) fn format(text: &str) -> Result<ContentFormat, String> {
    text.parse().map_err(|_| super::FORMATS.into())
}

#[derive(Serialize)]
struct Json<'a> {
    format: u16,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    guessed: bool,
    base_path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    entries: Option<Vec<JsonEntry<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Vec<JsonGroup<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<batch::JsonError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Vec<JsonField>>,
}

/// The entries of one device behind a gateway.
#[derive(Serialize)]
struct JsonGroup<'a> {
    prefix: &'a str,
    entries: Vec<JsonEntry<'a>>,
}

impl<'a> From<&'a Group<'a>> for JsonGroup<'a> {
    fn from(group: &'a Group<'a>) -> Self {
        Self { prefix: &group.prefix, entries: group.payload.entries().iter().map(JsonEntry).collect() }
    }
}
