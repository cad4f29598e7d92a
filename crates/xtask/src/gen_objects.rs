//! `cargo xtask gen-objects FOLDER`: object definitions to facts.
//!
//! FOLDER holds DDF XML files (of the OMNA LwM2M registry), subfolders included. Without one the file that is there
//! counts. Two files come out:
//!
//! * `crates/lwm2m/objects.tsv`: the facts, one line each, checked in and readable in a diff;
//! * `crates/lwm2m/src/facts/registry.bin`: the same packed for the program, with the names of values in
//!   `crates/lwm2m/enums.tsv`, which is written by hand.
//!
//! Facts are ids, names, types, flags, numeric ranges and units. Descriptions are not copied.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use lwm2m::{ObjectModel, Operations, ResourceModel, ValueType, ddf};

use crate::registry_file;

/// Reads the folder and writes both files.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let tsv = match args {
        [] => fs::read_to_string(root().join(TSV))?,
        [folder] => to_tsv(&read_folder(Path::new(folder))?),
        _ => bail!("usage: cargo xtask gen-objects [FOLDER] (of object definitions in XML)"),
    };
    let bytes = packed(&tsv, &fs::read_to_string(root().join(ENUMS))?)?;
    fs::write(root().join(TSV), tsv)?;
    fs::write(root().join(REGISTRY), &bytes)?;
    println!("{REGISTRY}: {} bytes", bytes.len());
    Ok(())
}

/// The object definitions of a folder, by id and version; what is none is named and left out.
fn read_folder(folder: &Path) -> Result<Vec<Object>> {
    let mut objects = BTreeMap::new();
    for file in xml_files(folder)? {
        let bytes = fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
        match ddf::read(&bytes, &ddf::Limits::DEFAULT) {
            // The newest version is there twice, as <id>.xml and in its history.
            Ok(definition) => objects.extend(definition.objects.iter().map(object).map(|o| ((o.id, o.version), o))),
            Err(error) => eprintln!("{}: {error}, left out", file.display()),
        }
    }
    ensure!(!objects.is_empty(), "no object definition in {}", folder.display());
    Ok(objects.into_values().collect())
}

/// Whether `registry.bin` is what `objects.tsv` and `enums.tsv` give.
pub(crate) fn check() -> Result<()> {
    let [tsv, enums] = [TSV, ENUMS].map(|name| fs::read_to_string(root().join(name)));
    ensure!(
        packed(&tsv?, &enums?)? == fs::read(root().join(REGISTRY))?,
        "{REGISTRY} is not what {TSV} and {ENUMS} give; run `cargo xtask gen-objects` and commit it"
    );
    Ok(())
}

/// One version of an object.
#[derive(Debug, PartialEq)]
pub(crate) struct Object {
    pub(crate) id: u16,
    pub(crate) version: (u8, u8),
    pub(crate) name: String,
    pub(crate) lwm2m: (u8, u8),
    pub(crate) multiple: bool,
    pub(crate) mandatory: bool,
    pub(crate) resources: Vec<Resource>,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Resource {
    pub(crate) id: u16,
    pub(crate) name: String,
    pub(crate) operations: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) multiple: bool,
    pub(crate) mandatory: bool,
    pub(crate) range: String,
    pub(crate) units: String,
}

// ── XML to facts ────────────────────────────────────────────────────────────

fn xml_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(xml_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xml")) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The facts of a definition.
fn object(model: &ObjectModel) -> Object {
    Object {
        id: model.id,
        version: (model.version.major, model.version.minor),
        name: model.name.clone(),
        lwm2m: (model.lwm2m.major, model.lwm2m.minor),
        multiple: model.multiple,
        mandatory: model.mandatory,
        resources: model.resources.iter().map(resource).collect(),
    }
}

fn resource(model: &ResourceModel) -> Resource {
    Resource {
        id: model.id,
        name: model.name.clone(),
        operations: if model.operations == Operations::None { "-" } else { model.operations.letters() },
        kind: model.value_type.map_or("-", kind),
        multiple: model.multiple,
        mandatory: model.mandatory,
        range: numeric(&model.range).to_owned(),
        units: model.units.clone(),
    }
}

fn kind(of: ValueType) -> &'static str {
    let place = ValueType::ALL.iter().position(|&known| known == of).map_or(0, |place| place + 1);
    KINDS.get(place).copied().unwrap_or("-")
}

/// The text if it is numbers, with bytes or bits as the only words; else nothing, since it is prose.
fn numeric(range: &str) -> &str {
    let lower = range.to_ascii_lowercase().replace(" or ", ",");
    let bare = ["bytes", "byte", "bits", "bit"].iter().find_map(|unit| lower.strip_suffix(unit)).unwrap_or(&lower);
    let is_number = |c: char| c.is_ascii_digit() || " .,;:-[]".contains(c);
    if bare.len() <= 40 && bare.contains(|c: char| c.is_ascii_digit()) && bare.chars().all(is_number) {
        range
    } else {
        ""
    }
}

// ── objects.tsv ─────────────────────────────────────────────────────────────

fn to_tsv(objects: &[Object]) -> String {
    let mut out = String::from(HEADER);
    for o in objects {
        let (count, present) = (number(o.multiple), presence(o.mandatory));
        let ((major, minor), (a, b)) = (o.version, o.lwm2m);
        let _ = writeln!(out, "object\t{}\t{major}.{minor}\t{}\t{a}.{b}\t{count}\t{present}", o.id, o.name);
        for r in &o.resources {
            let columns =
                [&r.name, r.operations, r.kind, number(r.multiple), presence(r.mandatory), &r.range, &r.units];
            let _ = writeln!(out, "{}", format!("{}\t{}", r.id, columns.join("\t")).trim_end_matches('\t'));
        }
    }
    out
}

const fn number(multiple: bool) -> &'static str {
    if multiple { "multiple" } else { "single" }
}

const fn presence(mandatory: bool) -> &'static str {
    if mandatory { "mandatory" } else { "optional" }
}

fn from_tsv(text: &str) -> Result<Vec<Object>> {
    let mut objects: Vec<Object> = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
        line_of_tsv(line, &mut objects).with_context(|| format!("{TSV}, line {}", number + 1))?;
    }
    Ok(objects)
}

fn line_of_tsv(line: &str, objects: &mut Vec<Object>) -> Result<()> {
    let columns: Vec<&str> = line.split('\t').collect();
    let word = |text: &str, words: &[&'static str]| -> Result<&'static str> {
        words.iter().find(|&&word| word == text).copied().ok_or_else(|| anyhow!("unknown word {text:?}"))
    };
    match *columns.as_slice() {
        ["object", id, of, name, lwm2m, multiple, mandatory] => objects.push(Object {
            id: id.parse()?,
            version: version(of)?,
            name: name.to_owned(),
            lwm2m: version(lwm2m)?,
            multiple: word(multiple, &["single", "multiple"])? == "multiple",
            mandatory: word(mandatory, &["optional", "mandatory"])? == "mandatory",
            resources: Vec::new(),
        }),
        [id, name, operations, kind, multiple, mandatory, ref rest @ ..] if rest.len() <= 2 => {
            let object = objects.last_mut().context("a resource before any object")?;
            object.resources.push(Resource {
                id: id.parse()?,
                name: name.to_owned(),
                operations: word(operations, &OPERATIONS)?,
                kind: word(kind, &KINDS)?,
                multiple: word(multiple, &["single", "multiple"])? == "multiple",
                mandatory: word(mandatory, &["optional", "mandatory"])? == "mandatory",
                range: rest.first().copied().unwrap_or_default().to_owned(),
                units: rest.get(1).copied().unwrap_or_default().to_owned(),
            });
        }
        _ => bail!("{} columns", columns.len()),
    }
    Ok(())
}

// ── enums.tsv ───────────────────────────────────────────────────────────────

/// The values of a resource that have names, from a version of its object on.
pub(crate) struct Enumeration {
    pub(crate) object: u16,
    pub(crate) resource: u16,
    pub(crate) since: (u8, u8),
    pub(crate) values: Vec<(u16, String)>,
}

/// Reads the lists and makes sure that each belongs to a resource that holds whole numbers.
fn enumerations(text: &str, objects: &[Object]) -> Result<Vec<Enumeration>> {
    let mut lists: Vec<Enumeration> = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
        line_of_enums(line, objects, &mut lists).with_context(|| format!("{ENUMS}, line {}", number + 1))?;
    }
    let key = |list: &Enumeration| (list.object, list.resource, list.since);
    ensure!(lists.is_sorted_by(|a, b| key(a) < key(b)), "{ENUMS}: sort the lists by object, resource and version");
    Ok(lists)
}

fn line_of_enums(line: &str, objects: &[Object], lists: &mut Vec<Enumeration>) -> Result<()> {
    match *line.split('\t').collect::<Vec<_>>().as_slice() {
        ["resource", object, resource, since] => {
            let (object, resource, since) = (object.parse()?, resource.parse()?, version(since)?);
            let known = objects.iter().find(|known| known.id == object && known.version == since);
            let row = known.and_then(|known| known.resources.iter().find(|row| row.id == resource));
            ensure!(row.is_some_and(|row| row.kind == "integer" || row.kind == "unsigned"), "no integer resource");
            lists.push(Enumeration { object, resource, since, values: Vec::new() });
        }
        [value, label] => {
            let values = &mut lists.last_mut().context("a value before any resource")?.values;
            let value = value.parse()?;
            ensure!(!label.is_empty() && values.last().is_none_or(|&(last, _)| last < value), "out of order");
            values.push((value, label.to_owned()));
        }
        _ => bail!("neither a resource nor a value"),
    }
    Ok(())
}

fn version(text: &str) -> Result<(u8, u8)> {
    let (major, minor) = text.split_once('.').context("bad version")?;
    Ok((major.parse()?, minor.parse()?))
}

/// `registry.bin` from the text of `objects.tsv` and of `enums.tsv`.
fn packed(tsv: &str, enums: &str) -> Result<Vec<u8>> {
    let objects = from_tsv(tsv)?;
    registry_file::pack(&objects, &enumerations(enums, &objects)?)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

const TSV: &str = "crates/lwm2m/objects.tsv";
const ENUMS: &str = "crates/lwm2m/enums.tsv";
const REGISTRY: &str = "crates/lwm2m/src/facts/registry.bin";
/// Numbered in this order in the file.
pub(crate) const OPERATIONS: [&str; 5] = ["-", "R", "W", "RW", "E"];
/// Numbered in this order in the file.
pub(crate) const KINDS: [&str; 10] =
    ["-", "string", "integer", "unsigned", "float", "boolean", "opaque", "time", "objlnk", "corelnk"];
const HEADER: &str = "\
# Facts of registered LwM2M objects, all versions: ids, names, types, flags, numeric ranges, units. No descriptions.
# Made by `cargo xtask gen-objects FOLDER` from the OMNA LwM2M registry (github.com/OpenMobileAlliance/lwm2m-registry).
# object  id  version  name  lowest LwM2M version  single|multiple  optional|mandatory
# id  name  operations  type  single|multiple  optional|mandatory  range  units
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registry_is_current() {
        check().unwrap();
    }

    /// The table travels with every console and every npm package.
    #[test]
    fn registry_is_small() {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut packer, &fs::read(root().join(REGISTRY)).unwrap()).unwrap();
        let size = packer.finish().unwrap().len();
        assert!(size <= 30_000, "{size} bytes packed with gzip");
    }

    #[test]
    fn refuses_enumerations_of_nothing() {
        let objects = from_tsv(&fs::read_to_string(root().join(TSV)).unwrap()).unwrap();
        for (text, good) in [
            ("resource\t5\t3\t1.0\n0\tIdle", true),
            ("resource\t5\t3\t1.0\nresource\t5\t3\t1.1", true),
            ("resource\t5\t3\t1.0\nresource\t5\t3\t1.0", false),
            ("resource\t5\t6\t1.0", false),
            ("resource\t5\t3\t1.9", false),
            ("0\tIdle", false),
            ("resource\t5\t3\t1.0\n1\tB\n0\tA", false),
            ("resource\t5\t3\t1.0\n1\t", false),
            ("resource\t5\t3", false),
        ] {
            assert_eq!(enumerations(text, &objects).is_ok(), good, "{text}");
        }
    }

    /// With the registry beside the repository: the checked in facts are those of its files.
    #[test]
    fn facts_are_those_of_the_registry() {
        let folder = root().join("../shared/registry");
        if !folder.exists() {
            crate::test::note_skip("facts_are_those_of_the_registry: ../shared/registry is not beside this repository");
            return;
        }
        let tsv = fs::read_to_string(root().join(TSV)).unwrap();
        assert_eq!(to_tsv(&read_folder(&folder).unwrap()), tsv);
    }

    #[test]
    fn writes_what_it_reads() {
        let xml = "<LWM2M><Object><ObjectID>9</ObjectID><Name>A &amp; B</Name><Resources>\
            <Item ID=\"5\"><Type>Objlnk</Type><Operations>WR</Operations><Name> Two\n  words </Name>\
            <MultipleInstances>multiple</MultipleInstances><RangeEnumeration>see the text</RangeEnumeration></Item>\
            <Item ID=\"2\"><Name>Go</Name><Operations>E</Operations><Type>String</Type><Mandatory>Mandatory</Mandatory>\
            <RangeEnumeration>0..7</RangeEnumeration></Item></Resources></Object></LWM2M>";
        let definition = ddf::read(xml.as_bytes(), &ddf::Limits::DEFAULT).unwrap();
        let tsv = to_tsv(&[object(&definition.objects[0])]);
        let lines: Vec<_> = tsv.lines().skip(4).collect();
        assert_eq!(
            lines,
            [
                "object\t9\t1.0\tA & B\t1.0\tsingle\toptional",
                "2\tGo\tE\t-\tsingle\tmandatory\t0..7",
                "5\tTwo words\tRW\tobjlnk\tmultiple\toptional",
            ]
        );
        assert_eq!(to_tsv(&from_tsv(&tsv).unwrap()), tsv);
    }

    #[test]
    fn words_are_those_of_the_types() {
        assert_eq!(KINDS.len(), ValueType::ALL.len() + 1);
        let words = ValueType::ALL.map(kind);
        assert_eq!(words, ["string", "integer", "unsigned", "float", "boolean", "opaque", "time", "objlnk", "corelnk"]);
    }

    #[test]
    fn keeps_numeric_ranges_only() {
        for range in
            ["0..100", "-110..-48", "10,26", "0..255 bytes", "12 Bytes", "[1:4]", "0; 3.8..20.5", "0 or 26 Bytes"]
        {
            assert_eq!(numeric(range), range);
        }
        for prose in ["", "see above", "0: OFF 1: ON", "2 Instances", "<7 to >12.5"] {
            assert_eq!(numeric(prose), "");
        }
    }
}
