//! Links and attributes to JSON.

use lwm2m::link::{Link, LinkError};
use lwm2m::{AttributeName, Mode, Path, WriteAttributes};

use crate::json::Json;
use crate::state::Failure;

/// A list: each with its target, its path if it is one of LwM2M below the root, and its attributes, the first of a name.
pub(crate) fn write(links: &[Link<'_>], root: &str, json: &mut Json) {
    json.open('[');
    for link in links {
        json.open('{');
        json.text("target", &link.target);
        if let Ok(path) = Path::parse_below(&link.target, root, Mode::Strict) {
            json.text("path", &path.to_string());
        }
        json.key("attributes");
        json.open('{');
        for (place, attribute) in link.attributes.iter().enumerate() {
            if link.attributes.iter().take(place).any(|before| before.name == attribute.name) {
                continue;
            }
            match &attribute.value {
                Some(value) => json.text(&attribute.name, value),
                None => json.pair(&attribute.name, true),
            }
        }
        json.close('}');
        json.close('}');
    }
    json.close(']');
}

pub(crate) fn failure(error: LinkError) -> Failure {
    let at = match error {
        LinkError::Utf8 { at }
        | LinkError::Expected { at, .. }
        | LinkError::Unterminated { at }
        | LinkError::Repeated { at }
        | LinkError::TooManyAttributes { at, .. } => Some(at),
        _ => None,
    };
    Failure { at, ..Failure::new("Link", error) }
}

/// What is set, by name, and the names of what is unset.
pub(crate) fn write_attributes(write: &WriteAttributes, json: &mut Json) {
    json.open('{');
    json.key("set");
    json.open('{');
    for (name, value) in write.set.named() {
        match AttributeName::from_name(name) {
            Some(AttributeName::Edge | AttributeName::Con) => json.pair(name, value == "1"),
            _ => json.pair(name, value),
        }
    }
    json.close('}');
    json.key("unset");
    json.open('[');
    for name in write.unset.iter() {
        json.string(name.name());
    }
    json.close(']');
    json.close('}');
}
