//! `cargo xtask gen-objects FOLDER`: object definitions to facts.
//!
//! FOLDER holds DDF XML files (of the OMNA LwM2M registry), subfolders included. Two files come out:
//!
//! * `crates/lwm2m/objects.tsv`: the facts, one line each, checked in and readable in a diff;
//! * `crates/lwm2m/src/facts/tables.rs`: the same packed for the program, made from the first one.
//!
//! Facts are ids, names, types, flags, numeric ranges and units. Descriptions are not copied.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use quick_xml::Reader;
use quick_xml::events::Event;

/// Reads the folder and writes both files.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let [folder] = args else { bail!("usage: cargo xtask gen-objects FOLDER (of object definitions in XML)") };
    let objects = read_folder(Path::new(folder))?;
    let tsv = to_tsv(&objects);
    let tables = to_tables(&from_tsv(&tsv)?)?;
    fs::write(root().join(TSV), tsv)?;
    fs::write(root().join(TABLES), tables)?;
    println!(
        "{} object versions, {} resources",
        objects.len(),
        objects.iter().map(|o| o.resources.len()).sum::<usize>()
    );
    Ok(())
}

/// The object definitions of a folder, by id and version; what is none is named and left out.
fn read_folder(folder: &Path) -> Result<Vec<Object>> {
    let mut objects = BTreeMap::new();
    for file in xml_files(folder)? {
        let text = fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
        match read(&text) {
            // The newest version is there twice, as <id>.xml and in its history.
            Ok(Some(object)) => drop(objects.insert((object.id, object.version), object)),
            Ok(None) => eprintln!("{} is no object definition, left out", file.display()),
            Err(error) => eprintln!("{}: {error:#}, left out", file.display()),
        }
    }
    ensure!(!objects.is_empty(), "no object definition in {}", folder.display());
    Ok(objects.into_values().collect())
}

/// Whether `tables.rs` is what `objects.tsv` gives.
pub(crate) fn check() -> Result<()> {
    let tsv = fs::read_to_string(root().join(TSV))?;
    let tables = fs::read_to_string(root().join(TABLES))?;
    ensure!(
        to_tables(&from_tsv(&tsv)?)? == tables,
        "{TABLES} is not what {TSV} gives; run `cargo xtask gen-objects FOLDER` and commit both"
    );
    Ok(())
}

/// One version of an object.
#[derive(Debug, PartialEq)]
struct Object {
    id: u16,
    version: (u8, u8),
    name: String,
    lwm2m: (u8, u8),
    multiple: bool,
    mandatory: bool,
    resources: Vec<Resource>,
}

#[derive(Debug, PartialEq)]
struct Resource {
    id: u16,
    name: String,
    operations: &'static str,
    kind: &'static str,
    multiple: bool,
    mandatory: bool,
    range: String,
    units: String,
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

/// The object of a file; none if it holds none. By element name, never by position: real files differ in their order.
fn read(text: &str) -> Result<Option<Object>> {
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut fields: HashMap<String, String> = HashMap::new();
    let mut object: Option<HashMap<String, String>> = None;
    let mut resources = BTreeMap::new();
    let (mut path, mut content, mut item) = (Vec::new(), String::new(), None);
    loop {
        match reader.read_event()? {
            Event::Start(tag) => {
                let name = String::from_utf8(tag.name().as_ref().to_vec())?;
                if name == "Object" && tag.attributes().flatten().any(|a| a.value.as_ref() == b"CommonResources") {
                    return Ok(None);
                }
                if name == "Item" && path.iter().any(|outer| outer == "Object") {
                    let id = tag.attributes().flatten().find(|a| a.key.as_ref() == b"ID").context("Item without ID")?;
                    item = Some(String::from_utf8(id.value.to_vec())?.trim().parse::<u16>()?);
                    object.get_or_insert_with(|| std::mem::take(&mut fields));
                    fields.clear();
                }
                path.push(name);
                content.clear();
            }
            Event::Text(text) => content.push_str(&text.decode()?),
            Event::CData(text) => content.push_str(&text.decode()?),
            Event::GeneralRef(reference) => content.push(match (reference.resolve_char_ref()?, reference.as_ref()) {
                (Some(character), _) => character,
                (None, b"amp") => '&',
                (None, b"lt") => '<',
                (None, b"gt") => '>',
                (None, b"quot") => '"',
                (None, b"apos") => '\'',
                (None, _) => bail!("unknown entity"),
            }),
            Event::End(_) => {
                let name = path.pop().unwrap_or_default();
                if name == "Item" {
                    let Some(id) = item.take() else { continue };
                    resources.entry(id).or_insert_with(|| resource(id, &fields));
                    fields.clear();
                } else if name == "Object" {
                    let fields = object.take().unwrap_or(fields);
                    return self::object(&fields, resources.into_values().collect()).map(Some);
                } else {
                    fields.insert(name, content.split_whitespace().collect::<Vec<_>>().join(" "));
                }
                content.clear();
            }
            Event::DocType(_) => bail!("has a DOCTYPE"),
            Event::Eof => return Ok(None),
            _ => {}
        }
    }
}

fn object(fields: &HashMap<String, String>, resources: Vec<Resource>) -> Result<Object> {
    let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    let version = |text: &str| -> Result<(u8, u8)> {
        let (major, minor) = if text.is_empty() { ("1", "0") } else { text.split_once('.').context("bad version")? };
        Ok((major.parse()?, minor.parse()?))
    };
    Ok(Object {
        id: field("ObjectID").parse().context("no ObjectID")?,
        version: version(field("ObjectVersion"))?,
        name: field("Name").to_owned(),
        lwm2m: version(field("LWM2MVersion"))?,
        multiple: field("MultipleInstances").eq_ignore_ascii_case("Multiple"),
        mandatory: field("Mandatory").eq_ignore_ascii_case("Mandatory"),
        resources,
    })
}

fn resource(id: u16, fields: &HashMap<String, String>) -> Resource {
    let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    let letters = field("Operations").to_ascii_uppercase();
    let operations = match (letters.contains('R'), letters.contains('W'), letters.contains('E')) {
        (true, true, _) => "RW",
        (true, false, _) => "R",
        (false, true, _) => "W",
        (false, false, true) => "E",
        (false, false, false) => "-",
    };
    let kind = match field("Type").to_ascii_lowercase().as_str() {
        // What is executed has no value, whatever its definition says.
        _ if operations == "E" => "-",
        "string" => "string",
        "integer" => "integer",
        "unsigned integer" | "unsigned" | "unsignedinteger" => "unsigned",
        "float" => "float",
        "boolean" => "boolean",
        "opaque" => "opaque",
        "time" => "time",
        "objlnk" | "objlink" => "objlnk",
        "corelnk" | "corelink" => "corelnk",
        _ => "-",
    };
    Resource {
        id,
        name: field("Name").to_owned(),
        operations,
        kind,
        multiple: field("MultipleInstances").eq_ignore_ascii_case("Multiple"),
        mandatory: field("Mandatory").eq_ignore_ascii_case("Mandatory"),
        range: numeric(field("RangeEnumeration")).to_owned(),
        units: field("Units").to_owned(),
    }
}

/// The text if it is numbers, with bytes or bits as the only words; else nothing, since it is prose.
fn numeric(range: &str) -> &str {
    let lower = range.to_ascii_lowercase();
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
    let version = |text: &str| -> Result<(u8, u8)> {
        let (major, minor) = text.split_once('.').context("bad version")?;
        Ok((major.parse()?, minor.parse()?))
    };
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

// ── tables.rs ───────────────────────────────────────────────────────────────

/// Text that occurs once, with where each part begins.
#[derive(Default)]
struct Pool {
    text: String,
    places: HashMap<String, usize>,
}

impl Pool {
    fn place(&mut self, part: &str) -> Result<u16> {
        let place = *self.places.entry(part.to_owned()).or_insert_with(|| {
            self.text.push_str(part);
            self.text.len() - part.len()
        });
        u16::try_from(place).context("the names need more than 64 KiB")
    }
}

/// A list of different texts; the first is empty.
struct List(Vec<String>);

impl List {
    fn place(&mut self, part: &str) -> Result<u8> {
        let place = self.0.iter().position(|known| known == part).unwrap_or_else(|| {
            self.0.push(part.to_owned());
            self.0.len() - 1
        });
        u8::try_from(place).context("more than 256 different units or ranges")
    }
}

fn to_tables(objects: &[Object]) -> Result<String> {
    let (mut names, mut units, mut ranges) = (Pool::default(), List(vec![String::new()]), List(vec![String::new()]));
    let (mut object_rows, mut rows): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for o in objects {
        let ((major, minor), (lwm2m_major, lwm2m_minor)) = (o.version, o.lwm2m);
        ensure!(major < 16 && minor < 16 && lwm2m_major == 1 && lwm2m_minor < 64, "/{}: version out of range", o.id);
        let flags = u8::from(o.multiple) | u8::from(o.mandatory) << 1 | lwm2m_minor << 2;
        let (name, first) = (names.place(&o.name)?, u16::try_from(rows.len())?);
        let (length, count) = (u8::try_from(o.name.len())?, u8::try_from(o.resources.len())?);
        object_rows.push(format!("o({},{},{flags},{name},{length},{first},{count})", o.id, major << 4 | minor));
        for r in &o.resources {
            let place = |words: &[&str], word| words.iter().position(|&known| known == word).unwrap_or_default();
            let length = r.name.len();
            ensure!(length < 128, "/{}/*/{}: name of {length} bytes", o.id, r.id);
            let kind = place(&OPERATIONS, r.operations)
                | place(&KINDS, r.kind) << 3
                | usize::from(r.multiple) << 7
                | usize::from(r.mandatory) << 8
                | length << 9;
            let (name, units, range) = (names.place(&r.name)?, units.place(&r.units)?, ranges.place(&r.range)?);
            rows.push(format!("r({},{name},{kind},{units},{range})", r.id));
        }
    }
    let strings = |list: &List| list.0.iter().map(|text| format!("{text:?}")).collect::<Vec<_>>();
    let mut out = String::from(
        "//! Made from `objects.tsv` by `cargo xtask gen-objects`. Do not edit.\n\n\
         use super::{ObjectRow, Row};\n",
    );
    table(&mut out, "/// By id and version.\npub(crate)", "OBJECTS", "ObjectRow", &object_rows);
    table(&mut out, "/// Those of each object together, by id.\npub(super)", "ROWS", "Row", &rows);
    table(&mut out, "pub(super)", "UNITS", "&str", &strings(&units));
    table(&mut out, "pub(super)", "RANGES", "&str", &strings(&ranges));
    out.push_str("\n#[rustfmt::skip]\npub(super) static NAMES: &str = \"\\\n");
    let (mut line, mut rest) = (String::new(), names.text.chars().peekable());
    while let Some(character) = rest.next() {
        line.extend(character.escape_debug());
        // A blank at the start of the next line would be eaten by the line break.
        if line.len() >= 110 && rest.peek().is_some_and(|next| !next.is_whitespace()) {
            let _ = writeln!(out, "{line}\\");
            line.clear();
        }
    }
    let _ = writeln!(out, "{line}\";");
    out.push_str("\nconst fn o(id: u16, version: u8, flags: u8, name: u16, length: u8, first: u16, count: u8) -> ObjectRow {\n    ObjectRow::new(id, version, flags, name, length, first, count)\n}\n");
    out.push_str("\nconst fn r(id: u16, name: u16, kind: u16, units: u8, range: u8) -> Row {\n    Row::new(id, name, kind, units, range)\n}\n");
    Ok(out)
}

fn table(out: &mut String, head: &str, name: &str, kind: &str, rows: &[String]) {
    let _ = write!(out, "\n#[rustfmt::skip]\n{head} static {name}: [{kind}; {}] = [", rows.len());
    let mut width = usize::MAX;
    for row in rows {
        if width.saturating_add(row.len()) > 116 {
            out.push_str("\n    ");
            width = 4;
        }
        let _ = write!(out, "{row},");
        width += row.len() + 1;
    }
    out.push_str("\n];\n");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

const TSV: &str = "crates/lwm2m/objects.tsv";
const TABLES: &str = "crates/lwm2m/src/facts/tables.rs";
const OPERATIONS: [&str; 5] = ["-", "R", "W", "RW", "E"];
const KINDS: [&str; 10] =
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
    fn tables_are_current() {
        check().unwrap();
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

    /// What real files do: a byte order mark, a long comment first, CDATA, entities, any order, missing parts.
    #[test]
    fn reads_what_real_files_contain() {
        let xml = "\u{feff}<!-- a licence --><LWM2M><Object ObjectType=\"MODefinition\"><Description1><![CDATA[<b>]]>\
            </Description1><ObjectID>9</ObjectID><Name>A &amp; B</Name><Resources>\
            <Item ID=\"5\"><Units> \n</Units><Type>Objlnk</Type><Operations>WR</Operations><Name> Two\n  words </Name>\
            <MultipleInstances>multiple</MultipleInstances><RangeEnumeration>see the text</RangeEnumeration></Item>\
            <Item ID=\"2\"><Name>Go</Name><Operations>E</Operations><Type>String</Type><Mandatory>Mandatory</Mandatory>\
            <RangeEnumeration>0..7</RangeEnumeration></Item></Resources></Object></LWM2M>";
        let object = read(xml).unwrap().unwrap();
        assert_eq!((object.id, object.version, object.lwm2m, object.name.as_str()), (9, (1, 0), (1, 0), "A & B"));
        let tsv = to_tsv(&[object]);
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
    fn refuses_what_is_no_definition() {
        for xml in ["", "<DDF><Item>1</Item></DDF>", "<Object ObjectType=\"CommonResources\"></Object>"] {
            assert_eq!(read(xml).unwrap(), None, "{xml}");
        }
        for xml in [
            "<!DOCTYPE x><Object></Object>",
            "<Object><ObjectID>x</ObjectID></Object>",
            "<Object><Item><Name>a</Name></Item></Object>",
            "<Object><Name>&x;</Name></Object>",
            "<Object></Name>",
        ] {
            assert!(read(xml).is_err(), "{xml}");
        }
    }

    #[test]
    fn keeps_numeric_ranges_only() {
        for range in ["0..100", "-110..-48", "10,26", "0..255 bytes", "12 Bytes", "[1:4]", "0; 3.8..20.5"] {
            assert_eq!(numeric(range), range);
        }
        for prose in ["", "see above", "0: OFF 1: ON", "2 Instances", "<7 to >12.5"] {
            assert_eq!(numeric(prose), "");
        }
    }
}
