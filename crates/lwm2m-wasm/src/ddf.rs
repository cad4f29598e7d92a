//! The functions of the second module: object definitions read and linted. Their answers are JSON.

// See `abi.rs`.
#![allow(unsafe_code)]

use lwm2m::{Models, ddf};

use crate::facts;
use crate::shared::{split, text};
use crate::state::{Failure, call};

/// Reads a file. Gives the number of objects.
#[unsafe(no_mangle)]
extern "C" fn load(length: usize) -> i32 {
    call(|input, answer, _| {
        let definition = ddf::read(split(input, length).0, &ddf::Limits::DEFAULT)
            .map_err(|error| Failure { place: Some((error.line, error.column)), ..Failure::new("Ddf", error) })?;
        let mut models = Models::empty();
        definition.objects.into_iter().for_each(|object| models.insert(object));
        answer.json(|json| {
            json.open('{');
            json.key("objects");
            json.open('[');
            models.all().for_each(|object| facts::object(&object, json));
            json.close(']');
            json.key("warnings");
            json.open('[');
            for warning in &definition.warnings {
                json.open('{');
                json.pair("line", warning.line);
                json.pair("column", warning.column);
                json.pair("object", warning.object);
                if let Some(resource) = warning.resource {
                    json.pair("resource", resource);
                }
                json.text("message", &warning.kind.to_string());
                json.close('}');
            }
            json.close(']');
            json.close('}');
        });
        Ok(models.all().count())
    })
}

/// Lints a file: the input is the file and its name, which may be empty. Gives the number of findings.
#[unsafe(no_mangle)]
extern "C" fn lint(length: usize, name: usize) -> i32 {
    call(|input, answer, sets| {
        let (file, rest) = split(input, length);
        let name = Some(text(split(rest, name).0)?).filter(|name| !name.is_empty());
        let known = sets.first().and_then(Option::as_ref).unwrap_or(Models::oma());
        let findings = ddf::lint_with(file, name, known);
        answer.json(|json| {
            json.open('[');
            for finding in &findings {
                json.open('{');
                json.text("severity", &finding.severity.to_string());
                json.pair("line", finding.line);
                json.pair("column", finding.column);
                json.text("rule", finding.rule);
                json.text("message", &finding.message);
                json.text("help", finding.help);
                json.close('}');
            }
            json.close(']');
        });
        Ok(findings.len())
    })
}
