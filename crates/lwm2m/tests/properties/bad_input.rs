//! Whatever bytes come: no panic, an error that points into them, and no more memory than a small multiple of them.
//!
//! That time is linear too is shown without a clock: the hostile inputs are as large as the limits allow, so that work that
//! grows with their square would take minutes here, and what they allocate is counted.

use allocation_counter::measure;
use lwm2m::codec::{self, DecodeError};
use lwm2m::{
    Annotation, ContentFormat, Context, Discovery, EntryValue, Limits, Mode, ObjectList, Path, WriteAttributes,
    annotate, arguments, link,
};

use crate::random::{OBJECT, Random, models};

const FORMATS: [u16; 14] = [0, 42, 60, 110, 112, 320, 322, 1541, 1542, 1543, 1544, 11542, 11543, 11544];

/// Bytes that may be allocated, all in all, for each byte of a payload, and besides. The smallest entry takes two bytes
/// in the payload and some 70 in memory, and a list that grows is allocated several times.
const PER_BYTE: u64 = 512;
const BESIDES: u64 = 65_536;
/// The same for annotating, where a byte can be a field, at some levels.
const PER_ANNOTATED_BYTE: u64 = 1_024;

fn bounded(bytes: &[u8], per_byte: u64, what: &dyn std::fmt::Debug, work: impl FnOnce()) {
    let counted = measure(work);
    let most = BESIDES + per_byte * bytes.len() as u64;
    let shown = &bytes[..bytes.len().min(100)];
    assert!(counted.bytes_total <= most, "{what:?}: {counted:?} for {} bytes {shown:02x?}", bytes.len());
}

/// Decodes and annotates in both modes, which must agree.
fn decode(bytes: &[u8], context: &Context<'_>) {
    for mode in [Mode::Lenient, Mode::Strict] {
        let context = context.with_mode(mode);
        let mut decoded = Ok(codec::Payload::default());
        bounded(bytes, PER_BYTE, &context.format, || decoded = codec::decode(bytes, &context));
        if let Some(at) = decoded.as_ref().err().and_then(DecodeError::at) {
            assert!(at <= bytes.len(), "{:?}: {decoded:?}", context.format);
        }
        if bytes.len() > 4_096 {
            continue;
        }
        let mut annotation: Option<Annotation<'_>> = None;
        bounded(bytes, PER_ANNOTATED_BYTE, &context.format, || annotation = Some(annotate(bytes, &context)));
        let annotation = annotation.expect("it ran");
        if annotation.error != Some(DecodeError::Unsupported(context.format)) {
            assert_eq!(annotation.error, decoded.err(), "{:?} {bytes:02x?}", context.format);
        }
    }
}

fn text(bytes: &[u8]) {
    let limits = Limits::DEFAULT;
    for mode in [Mode::Lenient, Mode::Strict] {
        bounded(bytes, PER_BYTE, &"links", || drop(link::parse(bytes, mode)));
        bounded(bytes, PER_BYTE, &"arguments", || drop(arguments::parse(bytes, mode)));
        let options = bytes.split(|&byte| byte == b'&');
        bounded(bytes, PER_BYTE, &"attributes", || _ = WriteAttributes::from_options(options, mode));
        if let Ok(path) = std::str::from_utf8(bytes) {
            bounded(bytes, PER_BYTE, &"path", || _ = Path::parse_below(path, "/lwm2m", mode));
        }
    }
    bounded(bytes, PER_BYTE, &"registration", || drop(ObjectList::parse(bytes, &limits)));
    bounded(bytes, PER_BYTE, &"discovery", || drop(Discovery::parse(bytes, "/lwm2m", &limits)));
}

fn bases() -> [Path; 5] {
    let instance = Path::instance(OBJECT, 0);
    let multiple = Path::resource(OBJECT, 0, 105);
    [Path::ROOT, Path::object(OBJECT), instance, Path::resource(OBJECT, 0, 5), multiple]
}

#[test]
fn arbitrary_bytes() {
    let (models, mut random) = (models(), Random::new(20));
    for round in 0..6_000 {
        let length = random.below(if round % 50 == 0 { 600 } else { 24 });
        let alphabet: &[u8] = random.pick(&[
            b"[]{}\",:0123456789.-eEnvbtsdlo/\\ ".as_slice(),
            b"</>;,=\" \\019vertcpminx'&",
            b"\x80\x81\x82\x9f\xa0\xa1\xbf\xff\x20\x21\x22\x00\x01\x02\x03\x08\x60\x61\x40\x41\xc1\xc4\xf4\xf6\xf9\xfb/3",
            b"\x00\x01\x02\x08\x41\x46\x86\x88\xc0\xc1\xc8\xe0\xe8\xff",
            &[],
        ]);
        let byte = |random: &mut Random| if alphabet.is_empty() { random.bits() as u8 } else { random.pick(alphabet) };
        let bytes: Vec<u8> = (0..length).map(|_| byte(&mut random)).collect();
        text(&bytes);
        for format in FORMATS {
            let base = random.pick(&bases());
            decode(&bytes, &Context::new(ContentFormat(format), base, &models));
        }
    }
}

#[test]
fn mutated_payloads() {
    let (models, mut random) = (models(), Random::new(21));
    let mut read = 0;
    for _ in 0..250 {
        let base = random.pick(&[Path::object(OBJECT), Path::instance(OBJECT, 0)]);
        let mut entries = random.entries(base, 6);
        // Long values would only be long.
        entries.retain(|entry| entry.value().is_none_or(|value| value.to_batch_text().len() < 100));
        for format in [110, 112, 320, 322, 11542, 11543, 11544] {
            let context = Context::new(ContentFormat(format), base, &models);
            let Ok(bytes) = codec::encode(&entries, &context) else { continue };
            for _ in 0..8 {
                let mut bytes = bytes.clone();
                random.mutate(&mut bytes);
                decode(&bytes, &context);
                let Ok(payload) = codec::decode(&bytes, &context) else { continue };
                read += 1;
                // What was read can be written, unless it is something that this format only reads, and reads the same.
                if let Ok(written) = codec::encode(payload.entries(), &context) {
                    let again = codec::decode(&written, &context);
                    let (again, once) = (again.expect("what we write we read"), payload);
                    // An instance that is there with resources need not be named as well.
                    let size = |payload: &codec::Payload<'_>| {
                        let values = payload.entries().iter().filter(|entry| entry.value != EntryValue::Absent);
                        (values.count(), payload.entries().is_empty())
                    };
                    assert_eq!(size(&again), size(&once), "{format} {bytes:02x?} {written:02x?}");
                }
            }
        }
    }
    assert!(read > 300, "{read}");
}

/// So many copies of a text made from their number, between two others.
fn many(open: &str, count: usize, comma: &str, each: impl Fn(usize) -> String, close: &str) -> Vec<u8> {
    let list: Vec<String> = (0..count).map(each).collect();
    [open, &list.join(comma), close].concat().into_bytes()
}

/// Inputs that ask for much: the format, the base, and bytes up to the limit of a payload.
fn hostile() -> Vec<(&'static str, u16, Path, Vec<u8>)> {
    let (root, object, instance) = (Path::ROOT, Path::object(42_000), Path::instance(42_000, 0));
    let mut list: Vec<(&'static str, u16, Path, Vec<u8>)> = Vec::new();
    let two = |id: usize| (id as u16).to_be_bytes();

    let tlv = |each: &dyn Fn(usize) -> Vec<u8>, count: usize| (0..count).flat_map(each).collect::<Vec<u8>>();
    list.push(("the same resource", 11542, instance, b"\xc0\x05".repeat(65_536)));
    list.push(("too many resources", 11542, instance, b"\xc0\x05".repeat(500_000)));
    list.push(("resources in order", 11542, instance, tlv(&|n| [&[0xE0], two(n).as_slice()].concat(), 65_535)));
    list.push(("in reverse", 11542, instance, tlv(&|n| [&[0xE0], two(65_534 - n).as_slice()].concat(), 65_535)));
    list.push((
        "in disorder",
        11542,
        instance,
        tlv(&|n| [&[0xE0], two(n * 40_503 % 65_521).as_slice()].concat(), 65_521),
    ));
    list.push(("empty instances", 11542, object, tlv(&|n| [&[0x20], two(n).as_slice()].concat(), 65_535)));
    list.push(("the same instance", 11542, object, b"\x00\x00".repeat(65_535)));
    list.push((
        "instances of one each",
        11542,
        object,
        tlv(&|n| [&[0x22], two(n).as_slice(), b"\xc0\x05"].concat(), 65_535),
    ));
    list.push(("a length that lies", 11542, instance, b"\xd8\x00\xff\xff\xff".repeat(1_000)));

    for format in [110, 320] {
        list.push(("empty records", format, root, many("[", 300_000, ",", |_| "{}".into(), "]")));
        list.push(("the same name", format, root, many("[", 40_000, ",", |_| r#"{"n":"/3/0/0","v":1}"#.into(), "]")));
        let name = |n: usize| format!(r#"{{"n":"/3/{}/{}","v":1}}"#, 300 - n / 200, 200 - n % 200);
        list.push(("in reverse", format, root, many("[", 40_000, ",", name, "]")));
        let keys = |n: usize| format!(r#""x{n}":1"#);
        list.push(("unknown keys", format, root, many(r#"[{"n":"/3/0/0","v":1,"#, 80_000, ",", keys, "}]")));
        list.push(("the same key", format, root, many("[{", 100_000, ",", |_| r#""xx":1"#.into(), "}]")));
        list.push(("arrays in arrays", format, root, "[".repeat(1 << 20).into_bytes()));
        list.push(("objects in objects", format, root, many("[", 150_000, "", |_| r#"{"x":"#.into(), "")));
        let long = format!(r#"[{{"bn":"/{}"}}"#, "0".repeat(1_000));
        list.push(("a long base name", format, root, many(&(long + ","), 90_000, ",", |_| r#"{"n":"0"}"#.into(), "]")));
        let bases = |n: usize| format!(r#"{{"bn":"/3/{n}/","n":"0","bt":{n},"v":1}}"#);
        list.push(("base names", format, root, many("[", 20_000, ",", bases, "]")));
        let prefixes = |n: usize| format!(r#"{{"n":"/d{n}/3/0/0","v":1}}"#);
        list.push(("prefixes", format, root, many("[", 35_000, ",", prefixes, "]")));
        list.push(("a long number", format, root, many(r#"[{"n":"/3/0/9","v":"#, 1_000_000, "", |_| "9".into(), "}]")));
        list.push((
            "a long time",
            format,
            root,
            many(r#"[{"n":"/3/0/9","v":1,"t":0."#, 900_000, "", |_| "1".into(), "}]"),
        ));
        let escapes = |_| r"\u0041".into();
        list.push(("escapes", format, root, many(r#"[{"n":"/3/0/0","vs":""#, 160_000, "", escapes, r#""}]"#)));
        list.push(("an escaped key", format, root, many(r#"[{""#, 160_000, "", escapes, r#"":1}]"#)));
        list.push(("blanks", format, root, many("[", 1_000_000, "", |_| " ".into(), "]")));
        list.push(("base64", format, root, many(r#"[{"n":"/5/0/0","vd":""#, 250_000, "", |_| "AAAA".into(), r#""}]"#)));
    }
    for format in [11543, 1543] {
        list.push((
            "the same name",
            format,
            root,
            many(r#"{"bn":"/","e":["#, 40_000, ",", |_| r#"{"n":"3/0/0","v":1}"#.into(), "]}"),
        ));
        list.push(("empty entries", format, root, many(r#"{"bn":"/","e":["#, 300_000, ",", |_| "{}".into(), "]}")));
        list.push(("lists", format, root, many("{", 100_000, ",", |_| r#""e":[]"#.into(), "}")));
        let name = |n: usize| format!(r#"{{"n":"3/{}/{}","v":1}}"#, 300 - n / 200, 200 - n % 200);
        list.push(("in reverse", format, root, many(r#"{"bn":"/","e":["#, 40_000, ",", name, "]}")));
        list.push(("deep", format, root, many("", 150_000, "", |_| r#"{"e":["#.into(), "")));
    }
    for format in [112, 322, 11544, 60] {
        list.push(("arrays in arrays", format, root, vec![0x81; 1 << 20]));
        list.push(("maps in maps", format, root, b"\xa1\x03".repeat(500_000)));
        list.push(("tags", format, root, vec![0xC1; 1 << 20]));
        list.push(("an array that lies", format, root, b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff\x00".to_vec()));
        list.push(("a map that lies", format, root, b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff\x00".to_vec()));
        list.push(("a text that lies", format, root, b"\x81\xa2\x00\x7b\xff\xff\xff\xff\xff\xff\xff\xff\x00".to_vec()));
        list.push(("bytes that lie", format, root, b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff\x00".to_vec()));
        list.push(("empty records", format, root, [b"\x9f".as_slice(), &vec![0xA0; 1_000_000], b"\xff"].concat()));
        let chunks = [b"\x9f\xbf\x00\x7f".as_slice(), &vec![0x60; 1_000_000], b"\xff\xff\xff"].concat();
        list.push(("empty pieces of a name", format, root, chunks));
        let pieces =
            [b"\x9f\xbf\x00\x66/3/0/0\x03\x7f".as_slice(), &b"\x61a".repeat(500_000), b"\xff\xff\xff"].concat();
        list.push(("pieces of a text", format, root, pieces));
        let keys: Vec<u8> =
            (0..150_000_u32).flat_map(|n| [&[0x1a], n.to_be_bytes().as_slice(), &[0]].concat()).collect();
        list.push(("unknown keys", format, root, [b"\x9f\xbf".as_slice(), &keys, b"\xff\xff"].concat()));
        let names: Vec<u8> = (0..80_000_usize)
            .flat_map(|n| {
                let name = format!("/3/{}/{}", 99 - n / 1_000, 10_999 - n % 1_000);
                [b"\xa2\x00".as_slice(), &[0x60 + name.len() as u8], name.as_bytes(), b"\x02\x01"].concat()
            })
            .collect();
        list.push(("in reverse", format, root, [b"\x9f".as_slice(), &names, b"\xff"].concat()));
    }
    let keyed = |n: usize| [&[0x19], two(60_000 - n).as_slice(), &[0x01]].concat();
    let resources: Vec<u8> = (0..50_000).flat_map(keyed).collect();
    list.push(("in reverse", 11544, root, [b"\xbf\x82\x03\x00\xbf".as_slice(), &resources, b"\xff\xff"].concat()));
    list.push((
        "the same path",
        11544,
        root,
        [b"\xbf".as_slice(), &b"\x83\x03\x00\x00\x01".repeat(60_000), b"\xff"].concat(),
    ));
    let prefixed = |n: usize| [b"\x84\x65".as_slice(), format!("d{n:04}").as_bytes(), b"\x03\x00\x00\x01"].concat();
    let groups: Vec<u8> = (0..9_999).flat_map(prefixed).collect();
    list.push(("prefixes", 11544, root, [b"\xbf".as_slice(), &groups, b"\xff"].concat()));
    list.push(("a long key", 11544, root, [b"\xa1\x9f".as_slice(), &vec![0x03; 1_000_000], b"\xff\x01"].concat()));
    list.push(("digits", 0, Path::resource(OBJECT, 0, 1), vec![b'9'; 1 << 20]));
    list.push(("base64", 0, Path::resource(OBJECT, 0, 5), vec![b'A'; 1 << 20]));
    list.push(("links", 0, Path::resource(OBJECT, 0, 8), b"</3/0>,".repeat(140_000)));
    list
}

#[test]
fn hostile_payloads() {
    let models = models();
    for (why, format, base, bytes) in hostile() {
        let mut context = Context::new(ContentFormat(format), base, &models);
        context.limits.entries = usize::MAX;
        context.limits.nesting = 1 << 10;
        // A limit that someone raised may cost time, but linear.
        for context in [Context::new(ContentFormat(format), base, &models), context] {
            let result = std::panic::catch_unwind(|| decode(&bytes[..bytes.len().min(1 << 20)], &context));
            assert!(result.is_ok(), "{why}, format {format}");
        }
    }
}

#[test]
fn hostile_texts() {
    let limits = Limits { links: usize::MAX, attributes: usize::MAX, arguments: usize::MAX, ..Limits::DEFAULT };

    for bytes in [
        b",".repeat(1 << 20),
        b"</3/0>,".repeat(140_000),
        b"</3/0>;ver=1.1,".repeat(69_000),
        many("", 60_000, ",", |n| format!("</{}/{}>", 60_000 - n, n % 7), ""),
        many("", 60_000, ",", |n| format!("</3/{}>", 60_000 - n), ""),
        many("", 60_000, ",", |n| format!("</{}>;ver=1.{}", n % 2, n % 200), ""),
        many("</x>", 90_000, "", |n| format!(";a{n}=b"), ""),
        many("</x>;a=\"", 500_000, "", |_| "\\\"".into(), "\""),
        many("", 30_000, ",", |_| "</x>;rt=\"oma.lwm2m\"".into(), ""),
        many("</>;ct=\"", 90_000, " ", |n| n.to_string(), "\""),
        many("</>;rt=\"", 200_000, " ", |n| n.to_string(), "\""),
        b"</3/0".repeat(200_000),
        b"&".repeat(1 << 20),
        b"pmin=1&".repeat(140_000),
        many("gt=", 1_000_000, "", |_| "0".into(), ""),
        many("gt=0.", 1_000_000, "", |_| "0".into(), "1"),
        many("gt=1e", 1_000_000, "", |_| "9".into(), ""),
        b"1,".repeat(500_000),
        many("1='", 1_000_000, "", |_| "a".into(), "'"),
        b"/".repeat(1 << 20),
        b"/3".repeat(1 << 19),
    ] {
        text(&bytes);
        bounded(&bytes, PER_BYTE, &"links", || drop(link::parse_with(&bytes, Mode::Lenient, &limits)));
        bounded(&bytes, PER_BYTE, &"registration", || drop(ObjectList::parse(&bytes, &limits)));
        bounded(&bytes, PER_BYTE, &"discovery", || drop(Discovery::parse(&bytes, "/lwm2m", &limits)));
        bounded(&bytes, PER_BYTE, &"arguments", || drop(arguments::parse_with(&bytes, Mode::Lenient, &limits)));
    }
    let long = vec![b' '; Limits::DEFAULT.payload + 1];
    assert!(matches!(link::parse(&long, Mode::Lenient), Err(link::LinkError::TooLarge { .. })));
}
