//! A payload byte by byte, with what each part of it says.

use lwm2m::{Annotation, Context, Field, FieldKind};
use serde::Serialize;

use super::screen::{Line, Screen, Style};
use super::{table, trouble};

/// Bytes in one line of hexadecimal digits, and characters in one line of text.
const ROW: usize = 8;
const TEXT_ROW: usize = 32;
/// Where what the bytes mean begins.
const HEX_MARGIN: usize = 8 + 3 * ROW;
const TEXT_MARGIN: usize = 10 + TEXT_ROW;
/// Lines of one part; what is longer is counted.
const MOST_LINES: usize = 4;

/// Writes a line for each part, indented as the parts lie in each other.
pub(crate) fn write(
    out: &mut String,
    payload: &[u8],
    annotation: &Annotation<'_>,
    context: &Context<'_>,
    screen: Screen,
) {
    let text = trouble::is_text(context.format);
    let mut from = 0;
    let mut fields = annotation.fields.iter().enumerate().peekable();
    while let Some((number, field)) = fields.next() {
        let meaning = |outer| meaning(field, outer, annotation, context, screen);
        if annotation.fields.get(number + 1).is_some_and(|next| next.depth > field.depth) {
            let margin = if text { TEXT_MARGIN } else { HEX_MARGIN };
            let mut line = Line::of(Style::Plain, &" ".repeat(margin + 2 * usize::from(field.depth)));
            line.append(meaning(true));
            line.fit(screen).write_line(out, screen);
            continue;
        }
        let mut end = field.span.end;
        if text {
            // Keys and brackets stand with what they belong to: those before a value, and those that end something.
            let more = fields.peek().is_some();
            if more && (is_filling(field.kind) || field.kind == FieldKind::Key) {
                continue;
            }
            while let Some((_, next)) = fields.next_if(|(_, next)| closes(next, payload)) {
                end = next.span.end;
            }
        }
        let bytes = payload.get(from..end).unwrap_or_default();
        let mut spelled = if text { as_text(bytes) } else { as_hex(bytes) }.into_iter();
        let mut line = Line::of(Style::Dim, &format!("  {from:04x}  "));
        line.push(style(field.kind), &spelled.next().unwrap_or_default());
        let margin = if text { TEXT_MARGIN } else { HEX_MARGIN } + 2 * usize::from(field.depth);
        line.push(Style::Plain, &" ".repeat(margin.saturating_sub(line.width())));
        line.append(meaning(false));
        line.fit(screen).write_line(out, screen);
        for more in spelled.by_ref().take(MOST_LINES - 1) {
            let mut line = Line::of(Style::Plain, "        ");
            line.push(style(field.kind), &more);
            line.fit(screen).write_line(out, screen);
        }
        let rest = spelled.count();
        if rest > 0 {
            let rest = format!("        … {} more lines like these", rest);
            Line::of(Style::Dim, &rest).write_line(out, screen);
        }
        from = end;
    }
}

/// Whether this ends something, or stands between two things.
fn closes(field: &Field, payload: &[u8]) -> bool {
    let first = payload.get(field.span.start);
    field.kind == FieldKind::Blank || field.kind == FieldKind::Punctuation && first.is_some_and(|b| b"]},".contains(b))
}

const fn is_filling(kind: FieldKind) -> bool {
    matches!(kind, FieldKind::Punctuation | FieldKind::Blank)
}

const fn style(kind: FieldKind) -> Style {
    match kind {
        FieldKind::Value | FieldKind::Delete | FieldKind::Time => Style::Bold,
        FieldKind::Error => Style::Marked,
        FieldKind::Incomplete => Style::Bad,
        FieldKind::Punctuation | FieldKind::Blank | FieldKind::Unread | FieldKind::Skipped => Style::Dim,
        _ => Style::Plain,
    }
}

/// What the part is, and what it says.
fn meaning(field: &Field, outer: bool, annotation: &Annotation<'_>, context: &Context<'_>, screen: Screen) -> Line {
    let mut line = Line::of(if outer { Style::Bold } else { style(field.kind) }, field.kind.name());
    if (outer || field.kind == FieldKind::PathKey)
        && let Some(path) = field.path
    {
        line.push(Style::Path, &format!("  {path}"));
        if let Some(facts) = context.models.resource(path) {
            line.push(Style::Plain, &format!("  {}", facts.name));
        } else if let Some(object) = path.object_id().and_then(|id| context.models.object(id)) {
            line.push(Style::Plain, &format!("  {}", object.name));
        }
    }
    let entry = field.entry.and_then(|entry| annotation.entries.get(usize::try_from(entry).ok()?));
    if let (FieldKind::Value, Some((entry, _))) = (field.kind, entry) {
        line.push(Style::Plain, "  ");
        line.append(table::value(entry, context.models, screen));
        if let Some(facts) = context.models.resource(entry.path).filter(|facts| !facts.units.is_empty()) {
            line.push(Style::Dim, &format!(" {}", facts.units));
        }
    }
    if let (FieldKind::Error, Some(error)) = (field.kind, annotation.error) {
        line.push(Style::Bad, &format!(": {error}"));
    }
    line
}

fn as_hex(bytes: &[u8]) -> Vec<String> {
    let row = |row: &[u8]| row.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
    bytes.chunks(ROW).map(row).collect()
}

fn as_text(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(TEXT_ROW).map(|row| row.iter().collect()).collect()
}

/// A part in JSON.
#[derive(Serialize)]
pub(crate) struct JsonField {
    start: usize,
    end: usize,
    kind: &'static str,
    depth: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<u32>,
}

impl From<&Field> for JsonField {
    fn from(field: &Field) -> Self {
        Self {
            start: field.span.start,
            end: field.span.end,
            kind: field.kind.code(),
            depth: field.depth,
            path: field.path.map(|path| path.to_string()),
            entry: field.entry,
        }
    }
}
