//! A payload that cannot be read: what is wrong, where, and what to do.

use lwm2m::codec::{self, DecodeError};
use lwm2m::{ContentFormat, Context, Level, Mode, Path, ValueType};

use super::guess;
use super::screen::{Line, Screen, Style, count};

const ROW: usize = 16;
/// Rows of the excerpt above and below that of the failing byte.
const ABOVE: usize = 2;
const BELOW: usize = 1;
/// Characters of a text excerpt before and after the failing one.
const TEXT_BEFORE: usize = 48;
const TEXT_AFTER: usize = 24;

/// Writes the whole message; with an `excerpt` of the payload, unless the reader sees all of it anyway.
pub(crate) fn write(
    out: &mut String,
    payload: &[u8],
    context: &Context<'_>,
    error: &DecodeError,
    excerpt: bool,
    screen: Screen,
) {
    let mut advice = advice(payload, context, error);
    if excerpt {
        write_excerpt(out, payload, context, &error.to_string(), error.at(), screen);
        let before = lwm2m::annotate(payload, context).entries.len();
        if before > 0 {
            let verb = if before == 1 { "was" } else { "were" };
            advice.push(format!(
                "{} {verb} read before it: --annotate shows what each byte says",
                count(before, "value")
            ));
        }
    } else {
        write_error(out, &error.to_string(), screen);
    }
    write_advice(out, &advice, excerpt, screen);
}

fn write_error(out: &mut String, message: &str, screen: Screen) {
    let mut line = Line::of(Style::Bad, "error");
    line.push(Style::Bold, &format!(": {message}"));
    line.write_line(out, screen);
}

/// What is wrong, and the bytes around it.
pub(crate) fn write_excerpt(
    out: &mut String,
    payload: &[u8],
    context: &Context<'_>,
    message: &str,
    at: Option<usize>,
    screen: Screen,
) {
    write_error(out, message, screen);
    let what = format!("  {} at {}, {}", context.format, context.base, count(payload.len(), "byte"));
    Line::of(Style::Dim, &what).write_line(out, screen);
    if let Some(at) = at.filter(|_| !payload.is_empty()) {
        out.push('\n');
        if is_text(context.format) {
            write_text(out, payload, at, screen);
        }
        write_hex(out, payload, at, screen);
    }
}

/// What to do, after an empty line if it is `apart`.
pub(crate) fn write_advice(out: &mut String, advice: &[String], apart: bool, screen: Screen) {
    if apart && !advice.is_empty() {
        out.push('\n');
    }
    for sentence in advice {
        let mut line = Line::of(Style::Good, "help");
        line.push(Style::Plain, &format!(": {sentence}"));
        line.write_line(out, screen);
    }
}

/// What to say of a payload that only the strict reading refuses.
pub(crate) const NOT_STRICT: &str =
    "the specification does not allow this, but it has one meaning only: without --strict it is read";

/// Whether the format is written in characters.
pub(crate) const fn is_text(format: ContentFormat) -> bool {
    matches!(
        format,
        ContentFormat::TEXT
            | ContentFormat::LINK_FORMAT
            | ContentFormat::SENML_JSON
            | ContentFormat::SENML_ETCH_JSON
            | ContentFormat::JSON
            | ContentFormat::LEGACY_JSON
            | ContentFormat::LEGACY_TEXT
    )
}

/// The rows around a byte in hexadecimal and as text, and a mark below the byte.
fn write_hex(out: &mut String, payload: &[u8], at: usize, screen: Screen) {
    // Where the payload ends, the mark stands behind its last byte.
    let row_of = at / ROW;
    let first = row_of.saturating_sub(ABOVE);
    let last = (row_of + BELOW).min(payload.len().saturating_sub(1) / ROW).max(row_of);
    for row in first..=last {
        let start = row * ROW;
        let bytes = payload.get(start..payload.len().min(start + ROW)).unwrap_or_default();
        let mut line = Line::of(Style::Dim, &format!("  {start:04x}  "));
        let mut text = Line::default();
        for place in 0..ROW {
            let gap = if place == ROW / 2 { "  " } else { " " };
            line.push(Style::Plain, if place == 0 { "" } else { gap });
            let style = if start + place == at { Style::Marked } else { Style::Plain };
            match bytes.get(place) {
                Some(byte) => {
                    line.push(style, &format!("{byte:02x}"));
                    let shown = if (0x20..0x7F).contains(byte) { char::from(*byte) } else { '·' };
                    let style = if style == Style::Plain { Style::Dim } else { style };
                    text.push(style, shown.encode_utf8(&mut [0; 4]));
                }
                None => line.push(Style::Plain, "  "),
            }
        }
        line.push(Style::Plain, "  ");
        line.append(text);
        let mut written = String::new();
        line.write(&mut written, screen, 0);
        out.push_str(written.trim_end());
        out.push('\n');
        if row == row_of {
            let place = at % ROW;
            let column = 8 + 3 * place + usize::from(place >= ROW / 2);
            let end = if at >= payload.len() { ", the end" } else { "" };
            let mark = format!("{}^^ byte {at}{end}", " ".repeat(column));
            Line::of(Style::Bad, &mark).write_line(out, screen);
        }
    }
}

/// The text around a byte, and a mark below it.
fn write_text(out: &mut String, payload: &[u8], at: usize, screen: Screen) {
    let at = at.min(payload.len());
    let (before, after) = payload.split_at(at);
    let before = String::from_utf8_lossy(before);
    let after = String::from_utf8_lossy(after);
    let skipped = before.chars().count().saturating_sub(TEXT_BEFORE);
    let mut line = Line::of(Style::Dim, if skipped > 0 { "  …" } else { "  " });
    line.push(Style::Plain, &before.chars().skip(skipped).collect::<String>());
    let column = line.width();
    let mut rest = after.chars();
    if let Some(failing) = rest.next() {
        line.push(Style::Marked, failing.encode_utf8(&mut [0; 4]));
    }
    line.push(Style::Plain, &rest.by_ref().take(TEXT_AFTER).collect::<String>());
    if rest.next().is_some() {
        line.push(Style::Dim, "…");
    }
    line.write_line(out, screen);
    Line::of(Style::Bad, &format!("{}^", " ".repeat(column))).write_line(out, screen);
}

/// What may help, the most specific first.
fn advice(payload: &[u8], context: &Context<'_>, error: &DecodeError) -> Vec<String> {
    let mut advice = Vec::new();
    if payload.is_empty() {
        advice.push("there is no payload at all".into());
        return advice;
    }
    if context.mode == Mode::Strict && codec::decode(payload, &context.with_mode(Mode::Lenient)).is_ok() {
        advice.push(NOT_STRICT.into());
        return advice;
    }
    if let Some(base) = better_base(payload, context) {
        advice.push(format!("it can be read at another path: --path {base}"));
    }
    let others = guess::formats(payload, context);
    if let Some(other) = others.first().filter(|other| **other != context.format && !is_catch_all(**other)) {
        advice.push(format!("it can be read as {other}: say {} instead", word(*other)));
    }
    if !advice.is_empty() {
        return advice;
    }
    let sentence = match error {
        DecodeError::Truncated { .. } => {
            "the payload ends inside a value: perhaps it was cut off when it was copied, or blocks of it are missing"
        }
        DecodeError::Base { .. } if context.base == Path::ROOT => {
            "this format does not say which path it is about: give the one that was asked for, like --path /3/0"
        }
        DecodeError::Base { .. } if context.base.level() < Level::Resource => {
            "this format carries one value: give the path of a resource, like --path /3/0/9"
        }
        DecodeError::Misplaced { .. } => "--path is what was asked for, and all that is read lies at or below it",
        DecodeError::WrongType { path, expected, .. } | DecodeError::Invalid { path, expected, .. } => {
            if let Some(sentence) = definition(*path, *expected, context) {
                advice.push(sentence);
                return advice;
            }
            "types come from the definitions: --versions 3=1.0 takes another version, --models DIR adds one of your own"
        }
        DecodeError::Multiplicity { .. } => {
            "the definition says whether a resource has instances; see --versions and --models"
        }
        DecodeError::OtherPrefix { .. } => {
            "the name of a device behind a gateway, or an alternate root, stands before the path: give --prefix or --root"
        }
        DecodeError::Name { .. } => "names are paths of numbers; --root and --prefix say what stands before them",
        DecodeError::Duplicate { .. } | DecodeError::DuplicateKey { .. } | DecodeError::TwoValues { .. } => {
            "nothing says which of the two counts: the sender has to give it once"
        }
        DecodeError::Unsupported(_) => {
            "the formats are text, link, opaque, cbor, senml-json, senml-cbor, senml-etch-json, senml-etch-cbor, tlv, json, lwm2m-cbor"
        }
        DecodeError::Syntax { .. } | DecodeError::Utf8 { .. } => {
            "perhaps it is of another format, or something was lost when it was copied"
        }
        _ => return advice,
    };
    advice.push(sentence.into());
    advice
}

/// What the definition says of the resource, and how to take another one.
fn definition(path: Path, expected: ValueType, context: &Context<'_>) -> Option<String> {
    let object = context.models.object(path.object_id()?)?;
    let resource = object.resource(path.resource_id()?)?;
    let (id, name, version) = (object.id, object.name, object.version);
    Some(format!(
        "{} is {expected} in {name} {version}: --versions {id}=… takes another version, --models DIR a definition of yours",
        resource.name
    ))
}

/// Whether nearly any bytes can be read so.
fn is_catch_all(format: ContentFormat) -> bool {
    matches!(format, ContentFormat::OPAQUE | ContentFormat::TEXT | ContentFormat::CBOR)
}

/// The path, a little longer or shorter than the one given, at which the payload can be read.
fn better_base(payload: &[u8], context: &Context<'_>) -> Option<Path> {
    let base = context.base;
    let shorter = (1..base.ids().len()).rev().map(|levels| base.truncate(levels));
    let longer = base.child(0).into_iter().filter(|path| path.level() == Level::ObjectInstance);
    let whole = matches!(context.format, ContentFormat::SENML_JSON | ContentFormat::SENML_CBOR).then_some(Path::ROOT);
    shorter.chain(longer).chain(whole).filter(|path| *path != base).find(|path| {
        let mut context = *context;
        context.base = *path;
        codec::decode(payload, &context).is_ok_and(|payload| !payload.entries().is_empty())
    })
}

/// The name of a format for the command line.
pub(crate) fn word(format: ContentFormat) -> String {
    format.name().map_or_else(|| format.0.to_string(), |name| name.to_lowercase().replace(' ', "-"))
}

#[cfg(test)]
mod tests {
    use lwm2m::Models;

    use super::super::{annotated, table};
    use super::*;

    /// Whatever a payload holds: no panic, and nothing that commands a terminal.
    #[test]
    fn any_payload_is_shown_safely() {
        let seeds: [(u16, &str, &[u8]); 6] = [
            (11542, "/3/0", b"\xc8\x00\x14Open Mobile Alliance\xc1\x09\x64\x86\x06\x41\x00\x01\x41\x01\x05"),
            (110, "/", b"[{\"bn\":\"/3/0/\",\"n\":\"0\",\"vs\":\"\\u001b[31m\"},{\"n\":\"9\",\"v\":100}]"),
            (112, "/", b"\x82\xa2\x00\x66/3/0/9\x02\x18\x64\xa2\x00\x66/3/0/0\x03\x63a\x1bb"),
            (11543, "/3/0", b"{\"bn\":\"/3/0/\",\"e\":[{\"n\":\"9\",\"v\":1},{\"n\":\"0\",\"sv\":\"\x07\"}]}"),
            (0, "/3/0/0", b"a\x1b]0;title\x07b"),
            (40, "/", b"</3/0>;ver=1.1,</a\x1b[2J>;t=\"\x9b\""),
        ];
        let mut random = 0x2545_F491_4F6C_DD1D_u64;
        let mut next = |below: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            (random % below.max(1) as u64) as usize
        };
        for round in 0..3_000 {
            let (format, path, seed) = seeds[next(seeds.len())];
            let mut payload = seed.to_vec();
            for _ in 0..next(4) {
                let at = next(payload.len());
                match next(3) {
                    0 => payload.truncate(at),
                    1 => payload.insert(at, next(256) as u8),
                    _ => payload.get_mut(at).into_iter().for_each(|byte| *byte = next(256) as u8),
                }
            }
            let screen = Screen { colour: false, width: (round % 2 == 0).then_some(40 + next(80)) };
            let context = Context::new(ContentFormat(format), path.parse().unwrap(), Models::oma());
            let mut out = String::new();
            match codec::decode(&payload, &context) {
                Ok(payload) => table::write(&mut out, payload.entries(), context.models, screen),
                Err(error) => write(&mut out, &payload, &context, &error, true, screen),
            }
            annotated::write(&mut out, &payload, &lwm2m::annotate(&payload, &context), &context, screen);
            assert!(!out.contains(|c: char| c.is_control() && c != '\n'), "{payload:x?}\n{out}");
        }
    }
}
