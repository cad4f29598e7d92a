//! Payloads, links and paths that other LwM2M stacks made, against our codecs.
//!
//! The rows in `tests/vectors` are a selection; where the whole collection lies beside the repository (`../shared`), it
//! is run too. What each row means is in `tests/vectors/README.md`.

mod tree;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path as FilePath, PathBuf};

use lwm2m::codec::{self, DecodeError};
use lwm2m::{
    ContentFormat, Context, Discovery, Entry, EntryValue, Limits, Mode, Models, ObjectList, Path, Value, ValueType,
    arguments, link,
};
use serde_json::Value as Json;
use tree::{Flat, flat, flatten, models};

/// The formats that are read today. Rows of others must be refused as unsupported.
const FORMATS: [u16; 7] = [0, 42, 110, 112, 1542, 1544, 11542];

/// Where we refuse what Leshan takes: our error, and why.
const WE_REFUSE: &[(&str, &str)] = &[
    ("Truncated", "what ends in the middle of an item is not whole"),
    ("Syntax", "text after the document, a time that is no number, TLV items where they cannot be"),
    ("Utf8", "text is UTF-8; replacing bad bytes would invent a value"),
    ("Name", "/03 is not /3, and 65535 names nothing"),
    ("Invalid", "integers have 1, 2, 4 or 8 bytes, booleans are 0 or 1, numbers are decimal and in range"),
    ("WrongType", "the definition says what a value is"),
    ("Misplaced", "what lies outside the path of the request does not belong in the answer"),
    ("Duplicate", "which of two values counts nobody says"),
    ("DuplicateKey", "which of two values counts nobody says"),
    ("TwoValues", "RFC 8428: one value per record"),
    ("MustUnderstand", "RFC 8428: an unknown key that ends with _ must not be passed over"),
    ("Version", "RFC 8428: a version above ours must not be read"),
];

/// Where we take what Leshan refuses: what its message has in it or which row it is, and why.
const WE_TAKE: &[(&str, &str)] = &[
    ("should not be timestamped", "a time with a value is no reason to lose the value"),
    ("Unsupported type NONE", "a value of an executable resource is kept as bytes"),
    ("CORELINK", "links are kept as text and judged by who uses them"),
    ("CoreLink", "links are kept as text and judged by who uses them"),
    ("Unable to parse SenML JSON", "paths alone are wishes, and padded base64 has one meaning"),
    ("record must have a value", "paths alone are wishes"),
    ("Unable to resolve record, invalid path", "a name without its first slash has one meaning"),
    ("is too precise", "what is below nanoseconds is cut off, not the value"),
    ("Can not convert 1.0 to long safely", "1.0 is a whole number, however it is written"),
    ("Floating-point number expected but was 1", "Core, \"CBOR\": an integer is fine where a float is expected"),
    ("One resource should be present", "an empty pack is no values"),
    ("M2566", "a blank before a number has one meaning"),
    ("M2604", "a blank after a boolean has one meaning"),
    ("M2610", "the other base64 alphabet has one meaning"),
    ("M2625", "a link that is half null is odd, but it is what the device says"),
];

/// Where both take it and read it differently: which row, and why.
const WE_READ: &[(&str, &str)] = &[
    ("M2618", "times are exact; Leshan's milliseconds overflow"),
    ("M2619", "times are exact; Leshan's milliseconds overflow"),
    ("M3442", "times are exact; Leshan's milliseconds overflow"),
    ("M3443", "times are exact; Leshan's milliseconds overflow"),
    ("M3450", "an Unsigned Integer of one byte has no sign"),
    ("M3451", "an Unsigned Integer of one byte has no sign"),
    ("M3767", "relative times stay relative; Leshan adds its clock"),
];

#[test]
fn payloads_of_the_selection() {
    payloads(&selection());
}

#[test]
fn malformed_of_the_selection() {
    malformed(&selection());
}

#[test]
fn links_of_the_selection() {
    links(&selection());
}

#[test]
fn paths_of_the_selection() {
    paths(&selection());
}

#[test]
fn whole_collection() {
    let Some(folder) = collection() else { return };
    payloads(&folder);
    malformed(&folder);
    links(&folder);
    paths(&folder);
}

/// Rows that others decode: the tree must come out, and after encoding and decoding again, too.
fn payloads(folder: &FilePath) {
    let models = models();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut bad = Vec::new();
    for row in rows(folder, "payloads.jsonl") {
        let (id, format) = (text(&row, "id"), row["format"].as_u64().unwrap_or(0) as u16);
        let (bytes, context) = (hex(text(&row, "hex")), context(&row, &models));
        let got = codec::decode(&bytes, &context);
        if !FORMATS.contains(&format) {
            assert_eq!(got.err(), Some(DecodeError::Unsupported(ContentFormat(format))), "{id}");
            continue;
        }
        *counts.entry(format!("{} {format}", text(&row, "src"))).or_default() += 1;
        if row.get("disputed").is_some() {
            continue;
        }
        let expected = flatten(&row, "nodes");
        let forgot = text(&row, "op").starts_with("timestamped") && expected.iter().any(|entry| entry.3.is_none());
        match &got {
            Ok(payload) => {
                let got = flat(payload.entries(), text(&row, "op") == "paths");
                if !same(&row, &got, &expected) {
                    bad.push(format!("{id} {row}\n   got {got:?}\n   not {expected:?}"));
                }
            }
            // The base time that was not taken back makes two values of one time.
            Err(DecodeError::Duplicate { .. }) if forgot => {}
            Err(error) => bad.push(format!("{id} {row}\n   {error:?}")),
        }
        let Ok(payload) = got else { continue };
        if let Err(why) = round_trip(&row, payload.entries(), &context, &bytes) {
            bad.push(format!("{id} {row}\n   {why}"));
        }
    }
    assert!(bad.is_empty(), "{} rows:\n{}", bad.len(), bad[..bad.len().min(20)].join("\n"));
    assert!(counts.values().sum::<usize>() > 100, "{counts:?}");
    println!("{counts:?}");
}

/// Exactly the same, floats by their bits, but for two habits of the makers: Wakaama writes some floats with too few
/// digits (those that Leshan reads as in the tree are fine), and Leshan forgets that a base time is for all later
/// records, also those that had none in its tree.
fn same(row: &Json, got: &[Flat], expected: &[Flat]) -> bool {
    let maker = text(row, "src");
    let inexact = maker == "wakaama" && text(row, "leshan_decode") != "equal";
    let timed = text(row, "op").starts_with("timestamped");
    got.len() == expected.len()
        && got.iter().zip(expected).all(|(got, expected)| {
            let value = got.2 == expected.2 || inexact && got.1 == "float";
            let time = got.3 == expected.3 || maker == "leshan" && timed && expected.3.is_none();
            (got.0, got.1) == (expected.0, expected.1) && value && time
        })
}

fn round_trip(row: &Json, entries: &[Entry<'_>], context: &Context<'_>, bytes: &[u8]) -> Result<(), String> {
    let mut context = *context;
    if context.format == ContentFormat::LEGACY_TLV {
        context.format = ContentFormat::TLV;
    }
    let finite = |value: &Value<'_>| !matches!(value, Value::Float(number) if !number.is_finite());
    if context.format != ContentFormat::TLV && !entries.iter().filter_map(|entry| entry.value()).all(finite) {
        return Ok(());
    }
    let written = codec::encode(entries, &context).map_err(|error| format!("encode: {error:?}"))?;
    let again = codec::decode(&written, &context).map_err(|error| format!("decode again: {error:?}"))?;
    if flat(again.entries(), true) != flat(entries, true) {
        return Err(format!("after encoding: {:?}", flat(again.entries(), true)));
    }
    // Bytes are the same where there is one way to write them: not for floats (their width, their digits), not for
    // unsigned integers of one stack.
    let one_way = |value: &Value<'_>| !matches!(value.value_type(), ValueType::Float | ValueType::Unsigned);
    let fair = context.format == ContentFormat::TLV && text(row, "src") == "leshan"
        || context.format == ContentFormat::TEXT && text(row, "src") == "leshan";
    if fair && entries.iter().filter_map(|entry| entry.value()).all(one_way) && sorted(entries) && written != bytes {
        return Err(format!("written as {}", written.iter().map(|b| format!("{b:02x}")).collect::<String>()));
    }
    Ok(())
}

fn sorted(entries: &[Entry<'_>]) -> bool {
    entries.is_sorted_by_key(|entry| entry.path)
}

/// Mutated and hand-made rows: never a panic, and where we judge otherwise than Leshan it is a decision above.
fn malformed(folder: &FilePath) {
    let models = models();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut bad = Vec::new();
    for row in rows(folder, "malformed.jsonl") {
        let (bytes, context) = (hex(text(&row, "hex")), context(&row, &models));
        for mode in [Mode::Lenient, Mode::Strict] {
            let got = codec::decode(&bytes, &context.with_mode(mode));
            if let Some(at) = got.as_ref().err().and_then(DecodeError::at) {
                assert!(at <= bytes.len(), "{}: {got:?}", text(&row, "id"));
            }
        }
        if !FORMATS.contains(&context.format.0) {
            continue;
        }
        let verdict = text(&row, "leshan");
        match (codec::decode(&bytes, &context), verdict) {
            (Ok(payload), "accepts") => {
                *counts.entry("both take".into()).or_default() += 1;
                let (got, expected) = (flat(payload.entries(), false), flatten(&row, "decoded"));
                if got != expected && !WE_READ.iter().any(|(id, _)| *id == text(&row, "id")) {
                    bad.push(format!("{row}\n   got {got:?}\n   not {expected:?}"));
                }
            }
            (Err(error), "accepts") => match WE_REFUSE.iter().find(|(code, _)| *code == error.code()) {
                Some((code, _)) => *counts.entry(format!("we refuse: {code}")).or_default() += 1,
                None => bad.push(format!("{error:?} {row}")),
            },
            (Ok(payload), message) => {
                match WE_TAKE.iter().find(|(part, _)| message.contains(part) || text(&row, "id") == *part) {
                    Some((part, _)) => *counts.entry(format!("we take: {part}")).or_default() += 1,
                    None => bad.push(format!("{:?} {row}", flat(payload.entries(), true))),
                }
            }
            (Err(_), _) => *counts.entry("both refuse".into()).or_default() += 1,
        }
    }
    println!("{counts:#?}");
    assert!(bad.is_empty(), "{} rows:\n{}", bad.len(), bad[..bad.len().min(60)].join("\n"));
}

/// Link lists: what Leshan takes we take, with the same targets and attributes, and we write them back.
fn links(folder: &FilePath) {
    let mut bad = Vec::new();
    for row in rows(folder, "links.jsonl") {
        let bytes = hex(text(&row, "hex"));
        let (lenient, strict) = (link::parse(&bytes, Mode::Lenient), link::parse(&bytes, Mode::Strict));
        assert!(strict.is_err() || lenient == strict, "{row}");
        let _ = ObjectList::parse(&bytes, &Limits::DEFAULT);
        let Some(expected) = row["links"].as_array() else { continue };
        let targets: Option<Vec<_>> =
            lenient.as_ref().ok().map(|links| links.iter().map(|link| link.target.as_ref()).collect());
        // Leshan drops a slash at the end of a target and writes numbers without leading zeros.
        let same = targets.as_ref().is_some_and(|targets| {
            let clean = |uri: &str| uri.trim_end_matches('/').replace("/0", "/").replace("//", "/");
            targets.len() == expected.len()
                && targets.iter().zip(expected).all(|(target, link)| clean(target) == clean(text(link, "uri")))
        });
        let attributes = lenient.as_ref().is_ok_and(|links| {
            links.iter().zip(expected).all(|(link, row)| {
                let theirs = row["attrs"].as_array().map(Vec::as_slice).unwrap_or_default();
                theirs.len() == link.attributes.len()
                    && theirs.iter().zip(&link.attributes).all(|(a, b)| a["name"].as_str() == Some(&b.name))
            })
        });
        if !same || !attributes {
            bad.push(format!("{lenient:?} {row}"));
        }
        if let Some(why) = lenient.as_ref().ok().and_then(|links| discovery(links, expected).err()) {
            bad.push(format!("{why}: {row}"));
        }
        if let Ok(links) = lenient
            && link::parse(link::format(&links).as_bytes(), Mode::Lenient).as_ref() != Ok(&links)
        {
            bad.push(format!("written as {}: {row}", link::format(&links)));
        }
    }
    assert!(bad.is_empty(), "{} rows:\n{}", bad.len(), bad[..bad.len().min(20)].join("\n"));
}

/// As an answer of Discover: the paths and the attributes of LwM2M that Leshan finds.
fn discovery(links: &[link::Link<'_>], expected: &[Json]) -> Result<(), String> {
    let root = ObjectList::from_links(links).root;
    let discovery = Discovery::from_links(links, &root);
    if discovery.found.len() + discovery.passed_over != links.len() {
        return Err(format!("{discovery:?}"));
    }
    // What we pass over: ids that name nothing, leading zeros, paths that came before.
    let odd = |uri: &str| {
        let twice = expected.iter().filter(|link| text(link, "uri") == uri).count() > 1;
        twice || uri.split('/').any(|id| id == "65535" || id.len() > 1 && id.starts_with('0'))
    };
    for (link, row) in links.iter().zip(expected) {
        // A link outside the root has none.
        let Ok(path) = text(row, "lwm2m_path").parse() else { continue };
        let Some(found) = discovery.get(path) else {
            if odd(&link.target) || odd(text(row, "uri")) {
                continue;
            }
            return Err(format!("{path} is missing"));
        };
        let mut ours: Vec<(&str, String)> = found.attributes.named().collect();
        ours.extend(found.version.map(|version| ("ver", version.to_string())));
        ours.extend(found.dimension.map(|dimension| ("dim", dimension.to_string())));
        ours.sort();
        let known = ["pmin", "pmax", "gt", "lt", "st", "epmin", "epmax", "ver", "dim"];
        let attrs = row["attrs"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut theirs: Vec<(&str, String)> = attrs
            .iter()
            .filter(|attr| known.contains(&text(attr, "name")))
            // Leshan prints 50 as 5E+1.
            .map(|attr| (text(attr, "name"), text(attr, "value").replace("5E+1", "50")))
            .collect();
        theirs.sort();
        if ours != theirs && !odd(text(row, "uri")) {
            return Err(format!("{path}: {ours:?}, not {theirs:?}"));
        }
    }
    Ok(())
}

/// Paths: strict text. What Leshan takes and we do not is listed.
fn paths(folder: &FilePath) {
    for row in rows(folder, "paths.jsonl") {
        if row.get("root").is_some() {
            continue; // Alternate roots are taken off by the codecs, not by paths.
        }
        let path = text(&row, "path");
        let digits = |segment: &str| segment.bytes().all(|b| b.is_ascii_digit()) && !segment.is_empty();
        let odd = !path.starts_with('/')
            || path == "//"
            || path.len() > 1 && path.ends_with('/')
            || path
                .split('/')
                .skip(1)
                .any(|s| !s.is_empty() && (!digits(s) || s == "65535" || s.len() > 1 && s.starts_with('0')));
        match (path.parse::<Path>(), text(&row, "leshan")) {
            (Ok(ours), "accepts") => assert_eq!(ours.to_string(), text(&row, "canonical"), "{row}"),
            (Ok(ours), _) => panic!("we take {ours}: {row}"),
            (Err(_), "accepts") => assert!(odd, "{row}"),
            (Err(_), _) => {}
        }
    }
}

/// Mutations of the selection, thousands of them and always the same: whatever comes, an error or entries.
#[test]
fn mutations_never_panic() {
    let folder = selection();
    let models = models();
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below.max(1) as u64) as usize
    };
    let (mut cases, mut taken) = (0, 0);
    for file in ["payloads.jsonl", "malformed.jsonl", "links.jsonl"] {
        for row in rows(&folder, file) {
            let original = hex(text(&row, "hex"));
            for _ in 0..40 {
                let mut bytes = original.clone();
                for _ in 0..=next(3) {
                    let at = next(bytes.len() + 1);
                    match next(6) {
                        0 => bytes.truncate(at),
                        1 => bytes.insert(at.min(bytes.len()), next(256) as u8),
                        2 if at < bytes.len() => drop(bytes.remove(at)),
                        3 if at < bytes.len() => bytes[at] ^= 1 << next(8),
                        4 if at < bytes.len() => bytes[at] = b"[]{}\",:\\<>;=/0-e.\xff\x00\xc8"[next(20)],
                        _ => bytes.extend_from_within(at.min(bytes.len())..),
                    }
                }
                bytes.truncate(4_096);
                cases += 1;
                let (lenient, _) = (link::parse(&bytes, Mode::Lenient), link::parse(&bytes, Mode::Strict));
                if let Ok(links) = lenient {
                    assert_eq!(link::parse(link::format(&links).as_bytes(), Mode::Lenient).as_ref(), Ok(&links));
                }
                let _ = ObjectList::parse(&bytes, &Limits::DEFAULT);
                let _ = Discovery::parse(&bytes, "/lwm2m", &Limits::DEFAULT);
                let _ = arguments::parse(&bytes, Mode::Lenient);
                if file == "links.jsonl" {
                    continue;
                }
                for format in FORMATS {
                    let mut context = context(&row, &models);
                    context.format = ContentFormat(format);
                    let _ = codec::decode(&bytes, &context.with_mode(Mode::Strict));
                    let Ok(payload) = codec::decode(&bytes, &context) else { continue };
                    taken += 1;
                    context.format = if format == 1542 { ContentFormat::TLV } else { context.format };
                    // What was read can be written, and reads the same again.
                    if let Ok(written) = codec::encode(payload.entries(), &context) {
                        let again = codec::decode(&written, &context).map(|payload| flat(payload.entries(), false));
                        assert_eq!(
                            again,
                            Ok(flat(payload.entries(), false)),
                            "{bytes:02x?} as {format} at {}",
                            context.base
                        );
                    }
                }
            }
        }
    }
    assert!(cases > 5_000 && taken > 500, "{cases} cases, {taken} read");
}

fn context<'c>(row: &'c Json, models: &'c Models) -> Context<'c> {
    let format = ContentFormat(row["format"].as_u64().unwrap_or(0) as u16);
    let base = row["base_path"].as_str().unwrap_or("/").parse().expect("a path in our own file");
    Context::new(format, base, models).with_root(row["root"].as_str().unwrap_or_default())
}

fn selection() -> PathBuf {
    FilePath::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

/// The whole collection, if it is here.
fn collection() -> Option<PathBuf> {
    let folder = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors");
    if folder.join("payloads.jsonl").exists() {
        return Some(folder);
    }
    // Not a foreign peer, which must be there with CI=true: a clone has the selection. So it is counted, and no more.
    let line = "whole_collection: the vectors of ../shared are not beside this repository";
    println!("skipped {line}");
    if let Some(file) = std::env::var_os("FOOTBRIDGE_SKIPS")
        && let Ok(mut file) = fs::OpenOptions::new().append(true).create(true).open(file)
    {
        let _ = writeln!(file, "{line}");
    }
    None
}

fn rows(folder: &FilePath, name: &str) -> Vec<Json> {
    let file = folder.join(name);
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    text.lines().map(|line| serde_json::from_str(line).expect("JSON Lines")).collect()
}

fn text<'j>(row: &'j Json, key: &str) -> &'j str {
    row[key].as_str().unwrap_or_default()
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex")).collect()
}

#[test]
fn a_path_alone_is_no_value() {
    let context = Context::new(ContentFormat::SENML_JSON, Path::ROOT, Models::oma());
    let payload = codec::decode(br#"[{"n":"/3/0/0"},{"n":"/1/0/1"}]"#, &context).expect("a composite read");
    assert!(payload.entries().iter().all(|entry| entry.value == EntryValue::Absent));
}
