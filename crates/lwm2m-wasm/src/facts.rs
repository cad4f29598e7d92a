//! Definitions to JSON for JavaScript.

use lwm2m::{ObjectFacts, ResourceFacts};

use crate::json::Json;

/// An object with its resources, those by id.
pub(crate) fn object(object: &ObjectFacts<'_>, json: &mut Json) {
    json.open('{');
    json.pair("id", object.id);
    json.text("name", object.name);
    json.text("version", &object.version.to_string());
    json.text("lwm2m", &object.lwm2m.to_string());
    json.pair("multiple", object.multiple);
    json.pair("mandatory", object.mandatory);
    json.key("resources");
    json.open('{');
    for facts in object.resources() {
        json.key(&facts.id.to_string());
        resource(&facts, json);
    }
    json.close('}');
    json.close('}');
}

fn resource(facts: &ResourceFacts<'_>, json: &mut Json) {
    json.open('{');
    json.pair("id", facts.id);
    json.text("name", facts.name);
    json.text("operations", facts.operations.letters());
    if let Some(kind) = facts.value_type {
        json.text("type", kind.name());
    }
    json.pair("multiple", facts.multiple);
    json.pair("mandatory", facts.mandatory);
    for (key, text) in [("range", facts.range), ("units", facts.units)] {
        if !text.is_empty() {
            json.text(key, text);
        }
    }
    let mut names = facts.enumeration().peekable();
    if names.peek().is_some() {
        json.key("values");
        json.open('{');
        for (value, name) in names {
            json.text(&value.to_string(), name);
        }
        json.close('}');
    }
    json.close('}');
}
