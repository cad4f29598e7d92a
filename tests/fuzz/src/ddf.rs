//! Object definitions: read or refused, and judged, with places that are in the file.

use lwm2m::{Models, ddf};

pub(crate) fn holds(data: &[u8]) {
    let lines = 1 + data.iter().filter(|byte| **byte == b'\n').count();
    let inside = |line: u32, column: u32| line >= 1 && line as usize <= lines && column >= 1;
    let findings = ddf::lint(data, Some("33000.xml"));
    for finding in &findings {
        assert!(inside(finding.line, finding.column), "{finding:?} in {lines} lines");
        assert!(ddf::RULES.iter().any(|rule| rule.name == finding.rule), "{finding:?}");
    }
    match ddf::read(data, &ddf::Limits::DEFAULT) {
        Ok(definition) => {
            for warning in &definition.warnings {
                assert!(inside(warning.line, warning.column), "{warning:?} in {lines} lines");
            }
            // What was read can be used.
            let mut models = Models::empty();
            for object in definition.objects {
                models.insert(object);
            }
        }
        Err(error) => {
            assert!(inside(error.line, error.column), "{error:?} in {lines} lines");
            // What cannot be read is an error of the linter, too.
            assert!(findings.iter().any(|finding| finding.severity == ddf::Severity::Error), "{error:?} {findings:?}");
        }
    }
    // A bound is kept, whatever it is.
    let few = ddf::Limits { items: 1, ..ddf::Limits::DEFAULT };
    if let Ok(definition) = ddf::read(data, &few) {
        assert!(definition.objects.iter().all(|object| object.resources.len() <= 1));
    }
}
