//! Every file of `tests/ddf` with all that is said of it, in `tests/ddf/expected.txt`.
//!
//! With `UPDATE_EXPECTED=1` in the environment the list is written anew: read the difference before it is committed.
#![cfg(feature = "ddf")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use lwm2m::{Models, Operations, Path as Place, Range, ValueType, Version, ddf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ddf")
}

fn file(name: &str) -> Vec<u8> {
    fs::read(folder().join(name)).unwrap()
}

/// The definitions that the linter knows: those of `known.xml` and no others.
fn known() -> Models {
    let mut models = Models::empty();
    let definition = ddf::read(&file("known.xml"), &ddf::Limits::DEFAULT).unwrap();
    definition.objects.into_iter().for_each(|object| models.insert(object));
    models
}

fn names() -> Vec<String> {
    let all = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = all.filter(|name| name.ends_with(".xml")).collect();
    names.sort();
    names
}

/// Line, column and rule of each finding, what the reader says marked with `*`.
fn told(name: &str, bytes: &[u8], known: &Models) -> String {
    let findings = ddf::lint_with(bytes, Some(name), known);
    let read = match ddf::read(bytes, &ddf::Limits::DEFAULT) {
        Ok(definition) => definition.warnings.iter().map(|w| (w.line, w.column, w.kind.rule())).collect(),
        Err(error) => vec![(error.line, error.column, error.kind.rule())],
    };
    let mut out = String::new();
    for finding in &findings {
        let key = (finding.line, finding.column, finding.rule);
        let by_reader = if read.contains(&key) { "*" } else { "" };
        let _ = writeln!(out, "{name}:{finding}{by_reader}");
        assert!(!finding.help.is_empty() && !finding.message.is_empty());
    }
    assert!(read.iter().all(|key| findings.iter().any(|f| (f.line, f.column, f.rule) == *key)), "{name}: {read:?}");
    out
}

#[test]
fn every_file_is_told_what_it_should_be() {
    let known = known();
    let told: String = names().iter().map(|name| told(name, &file(name), &known)).collect();
    let path = folder().join("expected.txt");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&path, &told).unwrap();
    }
    assert_eq!(told, fs::read_to_string(path).unwrap());
}

#[test]
fn every_rule_has_a_file() {
    let expected = fs::read_to_string(folder().join("expected.txt")).unwrap();
    let mut names = BTreeSet::new();
    for rule in ddf::RULES {
        assert!(names.insert(rule.name), "{} twice", rule.name);
        let (severity, name) = (rule.severity, rule.name);
        // Not UTF-8 is tested below: such a file cannot be looked at in a diff.
        assert!(name == "encoding" || expected.contains(&format!(": {severity}[{name}]: ")), "{name}");
        assert!(rule.explanation.ends_with('.') && rule.help.ends_with(['.', '…']), "{name}");
    }
}

#[test]
fn reads_what_real_files_contain() {
    let definition = ddf::read(&file("accepted.xml"), &ddf::Limits::DEFAULT).unwrap();
    assert_eq!(definition.warnings, []);
    let [lamp] = definition.objects.as_slice() else { panic!() };
    assert_eq!((lamp.id, lamp.version, lamp.lwm2m), (33_000, Version::V1_0, Version::V1_0));
    assert_eq!((lamp.name.as_str(), lamp.multiple, lamp.mandatory), ("Test Lamp", true, false));
    let ids: Vec<_> = lamp.resources.iter().map(|r| (r.id, r.name.as_str(), r.units.as_str())).collect();
    assert_eq!(ids, [(3, "First", ""), (7, "Last", "")]);

    let mut models = Models::empty();
    let definition = ddf::read(&file("good.xml"), &ddf::Limits::DEFAULT).unwrap();
    definition.objects.into_iter().for_each(|object| models.insert(object));
    let resource = |id| models.resource(Place::resource(33_000, 0, id)).unwrap();
    let level = resource(0);
    assert_eq!((level.operations, level.value_type), (Operations::ReadWrite, Some(ValueType::Integer)));
    assert_eq!(level.value_range(), Range::parse("0..100", ValueType::Integer));
    assert_eq!((resource(1).operations, resource(1).value_type), (Operations::Execute, None));
    assert_eq!(resource(2).enumeration().collect::<Vec<_>>(), [(0, "Off"), (1, "On")]);
    assert_eq!((resource(2).label(1), resource(2).label(2), level.label(0)), (Some("On"), None, None));
}

#[test]
fn reads_as_told_where_a_file_is_odd() {
    let object = |name: &str| ddf::read(&file(name), &ddf::Limits::DEFAULT).unwrap().objects.remove(0);
    let first = |name: &str| object(name).resources.remove(0);
    assert_eq!(first("type-missing.xml").value_type, None);
    assert_eq!(first("type-unknown.xml").value_type, Some(ValueType::Opaque));
    assert_eq!(first("type-executable.xml").value_type, None);
    assert!(!first("multiple-executable.xml").multiple);
    assert_eq!(first("operations.xml").operations, Operations::Read);
    assert_eq!((first("instances.xml").multiple, object("instances.xml").multiple), (false, false));
    assert_eq!((first("presence.xml").mandatory, object("presence.xml").mandatory), (false, false));
    assert_eq!((object("version.xml").version, object("version.xml").lwm2m), (Version::V1_0, Version::V1_0));
    assert_eq!(first("range.xml").range, "see below");
    assert_eq!(first("range.xml").name, "Level");
    assert_eq!(
        object("resource-duplicate.xml").resources.iter().map(|r| r.name.as_str()).collect::<Vec<_>>(),
        ["Level", "Next"]
    );
    assert_eq!(first("element-twice.xml").units, "/100");
    assert_eq!(first("spelling.xml").value_type, Some(ValueType::ObjectLink));
    let reversed = first("range-reversed.xml");
    assert_eq!(Range::parse(&reversed.range, ValueType::Integer).unwrap().to_string(), "0 to 100");
}

/// Lookup among several versions: exact, then the same major with the highest minor, then the newest.
#[test]
fn keeps_several_versions() {
    let mut models = Models::empty();
    for name in ["known.xml", "changed.xml", "changed-major.xml"] {
        let definition = ddf::read(&file(name), &ddf::Limits::DEFAULT).unwrap();
        definition.objects.into_iter().for_each(|object| models.insert(object));
    }
    for (registered, counts) in [("1.0", "1.0"), ("1.1", "1.1"), ("1.7", "1.1"), ("2.3", "2.0"), ("3.0", "2.0")] {
        let device = models.with_registration(Version::V1_1, &[(33_010, registered.parse().ok())]);
        assert_eq!(device.object(33_010).unwrap().version, counts.parse().unwrap(), "{registered}");
    }
    assert_eq!(models.object(33_010).unwrap().version, Version::new(2, 0));
    assert!(models.object(3).is_none());
}

#[test]
fn refuses_what_is_too_much() {
    let good = file("good.xml");
    let refused = |limits: ddf::Limits| ddf::read(&good, &limits).map_err(|error| (error.line, error.kind));
    let all = ddf::Limits::DEFAULT;
    let limit = good.len() - 1;
    assert_eq!(refused(ddf::Limits { bytes: limit, ..all }).unwrap_err(), (1, ddf::ErrorKind::TooLarge { limit }));
    assert!(refused(ddf::Limits { bytes: good.len(), ..all }).is_ok());
    assert_eq!(refused(ddf::Limits { items: 2, ..all }).unwrap_err(), (34, ddf::ErrorKind::TooManyItems { limit: 2 }));
    assert!(refused(ddf::Limits { items: 3, ..all }).is_ok());
    assert_eq!(refused(ddf::Limits { nesting: 4, ..all }).unwrap_err(), (15, ddf::ErrorKind::TooDeep { limit: 4 }));
    assert!(refused(ddf::Limits { nesting: 5, ..all }).is_ok());
    let named = ddf::read(&good, &ddf::Limits { named_values: 1, ..all }).unwrap();
    assert_eq!(named.objects[0].resources[2].enumeration, []);
    let big = vec![b' '; all.bytes + 1];
    assert_eq!(ddf::lint(&big, None)[0].rule, "limit");
}

#[test]
fn refuses_what_is_no_utf8() {
    let mut bytes = file("good.xml");
    let at = bytes.windows(4).position(|part| part == b"lamp").unwrap();
    bytes[at] = 0xE4;
    let error = ddf::read(&bytes, &ddf::Limits::DEFAULT).unwrap_err();
    assert_eq!((error.line, error.column, error.kind), (6, 21, ddf::ErrorKind::NotUtf8));
    assert_eq!(ddf::lint(&bytes, None)[0].to_string(), "6:21: error[encoding]: not UTF-8: save the file as UTF-8");
    let utf16: Vec<u8> = "\u{feff}<LWM2M/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(ddf::read(&utf16, &ddf::Limits::DEFAULT).unwrap_err().kind, ddf::ErrorKind::NotUtf8);
}

/// Any file, cut off or with a byte changed anywhere: no panic, and lint has an error exactly where read has one.
#[test]
fn nothing_panics() {
    let known = known();
    for name in ["good.xml", "urn.xml", "range.xml"] {
        let good = file(name);
        let check = |bytes: &[u8]| {
            let read = ddf::read(bytes, &ddf::Limits::DEFAULT);
            let told = ddf::lint_with(bytes, Some(name), &known);
            if let Err(error) = read {
                assert_eq!((told.len(), told[0].rule), (1, error.kind.rule()));
            }
        };
        for at in (0..good.len()).step_by(17) {
            check(&good[..at]);
            for byte in [b'<', b'&', b'>', b'"', b'/', b'!', b'-', 0, 0xC3, b'9'] {
                let mut changed = good.clone();
                changed[at] = byte;
                check(&changed);
            }
        }
    }
}

/// Twice the file, twice the time: ids that go down, and objects without end.
#[test]
fn stays_linear() {
    let item = |id: u32| format!("<Item ID=\"{id}\"/>");
    let items: String = (0..50_000).rev().map(item).collect();
    let one = format!("<LWM2M><Object><ObjectID>33000</ObjectID><Resources>{items}</Resources></Object></LWM2M>");
    let definition = ddf::read(one.as_bytes(), &ddf::Limits::DEFAULT).unwrap();
    assert_eq!(definition.objects[0].resources.len(), 50_000);
    let object = "<Object><ObjectID>33000</ObjectID></Object>";
    let many = format!("<LWM2M>{}</LWM2M>", object.repeat(24_000));
    let definition = ddf::read(many.as_bytes(), &ddf::Limits::DEFAULT).unwrap();
    assert_eq!((definition.objects.len(), definition.warnings.len()), (24_000, ddf::Limits::DEFAULT.warnings));
    // Five elements are missing of each resource.
    assert_eq!(ddf::lint_with(one.as_bytes(), None, &known()).len(), ddf::Limits::DEFAULT.warnings);
}
