//! Object definitions as they are published: every file of the OMNA registry, where it is beside this repository.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use footbridge_tests::skip;
use lwm2m::{Models, ddf};

/// How often the reader warns of what. Each was found by a second reader too, in another language.
const WARNINGS: [(&str, usize); 6] = [
    ("licence", 4),
    ("multiple-executable", 1),
    ("range", 19),
    ("range-reversed", 2),
    ("type-executable", 1),
    ("type-missing", 2),
];

/// The files by name, or none with a word that they are missing.
fn files() -> Option<BTreeMap<String, Vec<u8>>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/registry");
    if !folder.is_dir() {
        skip("../shared/registry is not beside this repository");
        return None;
    }
    let mut files = BTreeMap::new();
    for folder in [folder.join("version_history"), folder] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.ends_with(".xml") && name.starts_with(|first: char| first.is_ascii_digit()) {
                files.insert(name, fs::read(path).unwrap());
            }
        }
    }
    Some(files)
}

#[test]
fn every_registered_definition_is_read() {
    let Some(files) = files() else { return };
    assert_eq!(files.len(), 751);
    let (mut warnings, mut models) = (BTreeMap::new(), Models::empty());
    for (name, bytes) in &files {
        let definition = ddf::read(bytes, &ddf::Limits::DEFAULT).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(definition.objects.len(), 1, "{name}");
        for warning in &definition.warnings {
            *warnings.entry(warning.kind.rule()).or_default() += 1;
        }
        definition.objects.into_iter().for_each(|object| models.insert(object));
    }
    assert_eq!(warnings, BTreeMap::from(WARNINGS));

    // What is read at run time is what is built in, but for range texts that are no numbers and for enumerations.
    assert_eq!(models.all().count(), 424);
    for (built_in, read) in Models::oma().all().zip(models.all()) {
        assert_eq!((built_in.id, built_in.version, built_in.name), (read.id, read.version, read.name));
        assert_eq!(
            (built_in.lwm2m, built_in.multiple, built_in.mandatory),
            (read.lwm2m, read.multiple, read.mandatory)
        );
        assert_eq!(built_in.resources().count(), read.resources().count());
        for (one, other) in built_in.resources().zip(read.resources()) {
            let what = format!("/{}/*/{} in {}", built_in.id, one.id, built_in.version);
            assert_eq!((one.id, one.name, one.operations), (other.id, other.name, other.operations), "{what}");
            assert_eq!(
                (one.value_type, one.multiple, one.mandatory, one.units),
                (other.value_type, other.multiple, other.mandatory, other.units),
                "{what}"
            );
            assert!(one.range == other.range || one.range.is_empty(), "{what}: {} {}", one.range, other.range);
            assert_eq!(one.value_range(), other.value_range(), "{what}");
        }
    }
}

/// The numbers of named values that the definitions give away are those of our own table.
#[test]
fn enumerations_agree() {
    let Some(files) = files() else { return };
    let mut compared = 0;
    for bytes in files.values() {
        let mut models = Models::empty();
        let object = ddf::read(bytes, &ddf::Limits::DEFAULT).unwrap().objects.remove(0);
        let (id, version) = (object.id, object.version);
        models.insert(object);
        let Some(built_in) = Models::oma().all().find(|known| (known.id, known.version) == (id, version)) else {
            continue;
        };
        for resource in models.object(id).unwrap().resources() {
            let ours: Vec<_> = built_in.resource(resource.id).unwrap().enumeration().map(|(value, _)| value).collect();
            let theirs: Vec<_> = resource.enumeration().map(|(value, _)| value).filter(|v| !ours.contains(v)).collect();
            if !ours.is_empty() && resource.enumeration().next().is_some() {
                compared += 1;
                assert!(theirs.is_empty(), "/{id}/*/{} in {version}: {theirs:?} are not in enums.tsv", resource.id);
            }
        }
    }
    assert!(compared > 60, "{compared}");
}

/// What the linter says of definitions that are in use: little, and nothing without a reason.
#[test]
fn the_linter_is_quiet_on_good_definitions() {
    let Some(files) = files() else { return };
    let mut found = BTreeMap::new();
    for (name, bytes) in &files {
        for finding in ddf::lint(bytes, Some(name)) {
            *found.entry(finding.rule).or_insert(0) += 1;
        }
    }
    for (rule, count) in WARNINGS {
        assert_eq!(found.get(rule), Some(&count), "{rule}");
    }
    // Exactly as many as are valid under neither schema.
    assert_eq!(found.get("schema"), Some(&38));
    let told: usize = found.values().sum();
    assert!(told < files.len() / 4, "{found:?}");
}
