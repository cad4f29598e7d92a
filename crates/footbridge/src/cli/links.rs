//! Link format (40): what registrations and Discover carry. Links are no entries, so they have a table of their own.

use std::process::ExitCode;

use anyhow::Result;
use lwm2m::link::{self, Attribute, Link, LinkError};
use lwm2m::{ContentFormat, Context, Mode, Models, ObjectList, Path};
use serde::Serialize;

use super::batch::JsonError;
use super::screen::{self, Line, Screen, Style, count};
use super::trouble;

/// The links of a payload, as JSON.
#[derive(Serialize)]
pub(crate) struct JsonLink<'a> {
    target: &'a str,
    attributes: Vec<JsonAttribute<'a>>,
}

#[derive(Serialize)]
struct JsonAttribute<'a> {
    name: &'a str,
    value: Option<&'a str>,
}

impl<'a> From<&'a Link<'a>> for JsonLink<'a> {
    fn from(link: &'a Link<'a>) -> Self {
        let attribute =
            |attribute: &'a Attribute<'a>| JsonAttribute { name: &attribute.name, value: attribute.value.as_deref() };
        Self { target: &link.target, attributes: link.attributes.iter().map(attribute).collect() }
    }
}

impl From<&LinkError> for JsonError {
    fn from(error: &LinkError) -> Self {
        let code = match error {
            LinkError::Utf8 { .. } => "Utf8",
            LinkError::Expected { .. } => "Syntax",
            LinkError::Unterminated { .. } => "Unterminated",
            LinkError::Repeated { .. } => "Repeated",
            LinkError::TooMany { .. } => "TooMany",
            LinkError::TooManyAttributes { .. } => "TooManyAttributes",
            _ => "Links",
        };
        Self::new(code, error.to_string(), at(error))
    }
}

const fn at(error: &LinkError) -> Option<usize> {
    match *error {
        LinkError::Utf8 { at }
        | LinkError::Expected { at, .. }
        | LinkError::Unterminated { at }
        | LinkError::Repeated { at }
        | LinkError::TooManyAttributes { at, .. } => Some(at),
        _ => None,
    }
}

/// Reads links, with the limits of the context.
pub(crate) fn parse<'p>(payload: &'p [u8], context: &Context<'_>) -> Result<Vec<Link<'p>>, LinkError> {
    link::parse_with(payload, context.mode, &context.limits)
}

/// `footbridge decode link`: prints them.
pub(crate) fn decode(
    payload: &[u8],
    context: &Context<'_>,
    json: bool,
    (out, err): (Screen, Screen),
) -> Result<ExitCode> {
    #[derive(Serialize)]
    struct Json<'a> {
        format: u16,
        #[serde(skip_serializing_if = "Option::is_none")]
        links: Option<Vec<JsonLink<'a>>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<JsonError>,
    }
    let parsed = parse(payload, context);
    let status = if parsed.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    if json {
        let links = parsed.as_ref().ok().map(|links| links.iter().map(JsonLink::from).collect());
        let error = parsed.as_ref().err().map(JsonError::from);
        screen::print_json(&Json { format: ContentFormat::LINK_FORMAT.0, links, error })?;
        return Ok(status);
    }
    let mut text = String::new();
    match parsed {
        Ok(links) => {
            write(&mut text, payload, &links, context.models, out);
            screen::print(text.as_bytes())?;
        }
        Err(error) => {
            let lenient = || link::parse_with(payload, Mode::Lenient, &context.limits).is_ok();
            let advice = if context.mode == Mode::Strict && lenient() {
                trouble::NOT_STRICT
            } else {
                "a link is like </3/0>;ver=1.1, and commas stand between links"
            };
            trouble::write_excerpt(&mut text, payload, context, &error.to_string(), at(&error), err);
            trouble::write_advice(&mut text, &[advice.into()], true, err);
            eprint!("{text}");
        }
    }
    Ok(status)
}

/// A row for each link: what it points to, what that is called, what is said of it.
fn write(out: &mut String, payload: &[u8], links: &[Link<'_>], models: &Models, screen: Screen) {
    let mut line = Line::of(Style::Bold, &ContentFormat::LINK_FORMAT.to_string());
    line.push(Style::Dim, &format!(": {}, {}", count(payload.len(), "byte"), count(links.len(), "link")));
    line.write_line(out, screen);
    if links.is_empty() {
        return;
    }
    let root = ObjectList::from_links(links).root;
    let mut rows =
        vec![[Line::of(Style::Dim, "Link"), Line::of(Style::Dim, "Name"), Line::of(Style::Dim, "Attributes")]];
    rows.extend(links.iter().map(|link| {
        let path = link.target.strip_prefix(root.trim_end_matches('/')).and_then(|path| path.parse().ok());
        let name = path.map(|path| name(path, models)).unwrap_or_default();
        [Line::of(Style::Path, &link.target), Line::of(Style::Plain, name), attributes(link)]
    }));
    let widest = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or(0).min(40);
    let (targets, names) = (widest(0), widest(1));
    out.push('\n');
    for [target, name, attributes] in rows {
        let mut row = Line::of(Style::Plain, "  ");
        let mut blanks = 0;
        for (part, width) in [(target, targets), (name, names), (attributes, 0)] {
            if !part.is_empty() {
                row.push(Style::Plain, &" ".repeat(blanks));
                blanks = 0;
            }
            blanks += width.saturating_sub(part.width()) + 2;
            row.append(part);
        }
        row.fit(screen).write_line(out, screen);
    }
}

/// The name of an object or a resource; nothing for what has none of its own.
fn name(path: Path, models: &Models) -> &str {
    match (path.ids().len(), models.resource(path)) {
        (_, Some(facts)) => facts.name,
        (1 | 2, None) => path.object_id().and_then(|id| models.object(id)).map_or("", |object| object.name),
        _ => "",
    }
}

fn attributes(link: &Link<'_>) -> Line {
    let mut line = Line::default();
    for attribute in &link.attributes {
        if !line.is_empty() {
            line.push(Style::Dim, "; ");
        }
        line.push(Style::Plain, &attribute.name);
        match &attribute.value {
            Some(value) if attribute.quoted => {
                line.push(Style::Dim, "=");
                line.push_quoted(Style::Bold, value);
            }
            Some(value) => {
                line.push(Style::Dim, "=");
                line.push(Style::Bold, value);
            }
            None => {}
        }
    }
    line
}
