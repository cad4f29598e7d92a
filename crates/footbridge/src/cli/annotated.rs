//! A payload byte by byte, with what each part of it says.

use lwm2m::{Annotation, Context, Field, FieldKind};
use serde::Serialize;

use super::screen::{Line, Screen, Style};
use super::{table, trouble};

/// Bytes in one line.
const ROW: usize = 12;
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
    let mut fields = annotation.fields.iter().enumerate().peekable();
    while let Some((number, field)) = fields.next() {
        let deeper = annotation.fields.get(number + 1).is_some_and(|next| next.depth > field.depth);
        let mut end = field.span.end;
        if is_filling(field.kind) {
            // Brackets and commas in a row are one part for the reader.
            while let Some((_, next)) = fields.next_if(|(_, next)| is_filling(next.kind) && next.depth == field.depth) {
                end = next.span.end;
            }
        }
        let bytes = if deeper { &[][..] } else { payload.get(field.span.start..end).unwrap_or_default() };
        let spelled = if text { as_text(bytes) } else { as_hex(bytes) };
        let (style, rest) = (style(field.kind), spelled.len().saturating_sub(MOST_LINES));
        let mut lines = spelled.into_iter().take(MOST_LINES);
        // What holds other parts begins where the first of them does.
        let offset = if deeper { String::from("        ") } else { format!("  {:04x}  ", field.span.start) };
        let mut line = Line::of(Style::Dim, &offset);
        line.push(style, &lines.next().unwrap_or_default());
        let width = 8 + if text { 2 * ROW } else { 3 * ROW };
        line.push(Style::Plain, &" ".repeat(width.saturating_sub(line.width())));
        line.push(Style::Plain, &"  ".repeat(usize::from(field.depth)));
        line.append(meaning(field, deeper, annotation, context, screen));
        let line = line.fit(screen);
        line.write_line(out, screen);
        for more in lines {
            let mut line = Line::of(Style::Plain, "        ");
            line.push(style, &more);
            line.write_line(out, screen);
        }
        if rest > 0 {
            let left = bytes.len().saturating_sub(MOST_LINES * if text { 2 * ROW - 2 } else { ROW });
            Line::of(Style::Dim, &format!("        … {left} more")).write_line(out, screen);
        }
    }
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
    if outer && let Some(path) = field.path {
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
    characters.chunks(2 * ROW - 2).map(|row| row.iter().collect()).collect()
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
