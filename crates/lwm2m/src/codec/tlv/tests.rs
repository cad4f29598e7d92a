//! Bytes of the specification, of devices, and bad ones.

use std::string::String;

use super::*;
use crate::{ContentFormat, Limits, Models};

/// As everyone calls it.
fn decode<'p>(payload: &'p [u8], context: &Context<'_>) -> Result<Vec<Entry<'p>>, DecodeError> {
    crate::annotate::check(payload, context);
    crate::codec::decode(payload, context).map(crate::codec::Payload::into_entries)
}

fn context(base: &str) -> Context<'static> {
    Context::new(ContentFormat::TLV, base.parse().unwrap(), Models::oma())
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// One line for an entry: `/3/0/9 integer 100`.
fn lines(entries: &[Entry<'_>]) -> String {
    let line = |entry: &Entry<'_>| match entry.value() {
        Some(value) => std::format!("{} {} {value}", entry.path, value.value_type()),
        None => std::format!("{} {}", entry.path, entry.type_name()),
    };
    entries.iter().map(line).collect::<Vec<_>>().join("; ")
}

/// The Device of the specification, with the letter that its example leaves out.
const DEVICE: &str = "C8 00 14 4F 70 65 6E 20 4D 6F 62 69 6C 65 20 41 6C 6C 69 61 6E 63 65 C8 01 16 4C 69 67 68 74 77 65 69 67 68 74 \
    20 4D 32 4D 20 43 6C 69 65 6E 74 C8 02 09 33 34 35 30 30 30 31 32 33 C3 03 31 2E 30 86 06 41 00 01 41 01 05 88 \
    07 08 42 00 0E D8 42 01 13 88 87 08 41 00 7D 42 01 03 84 C1 09 64 C1 0A 0F 83 0B 41 00 00 C4 0D 51 82 42 8F C6 \
    0E 2B 30 32 3A 30 30 C1 10 55";
const DEVICE_ENTRIES: &str = "/3/0/0 string Open Mobile Alliance; /3/0/1 string Lightweight M2M Client; \
    /3/0/2 string 345000123; /3/0/3 string 1.0; /3/0/6/0 integer 1; /3/0/6/1 integer 5; /3/0/7/0 integer 3800; \
    /3/0/7/1 integer 5000; /3/0/8/0 integer 125; /3/0/8/1 integer 900; /3/0/9 integer 100; /3/0/10 integer 15; \
    /3/0/11/0 integer 0; /3/0/13 time 1367491215; /3/0/14 string +02:00; /3/0/16 string U";

/// Why, bytes, base, entries. The bytes are the shortest ones, so they are also what we write.
const OK: &[(&str, &str, &str, &str)] = &[
    // The byte examples of OMA LwM2M Core, "TLV", where they are right, and its ETS.
    ("empty string", "C0 00", "/3/0", "/3/0/0 string "),
    ("no instances", "80 06", "/3/0", "/3/0/6 none"),
    ("0", "C1 09 00", "/3/0", "/3/0/9 integer 0"),
    ("127", "C1 09 7F", "/3/0", "/3/0/9 integer 127"),
    ("128", "C2 09 00 80", "/3/0", "/3/0/9 integer 128"),
    ("-1", "C1 09 FF", "/3/0", "/3/0/9 integer -1"),
    ("-128", "C1 09 80", "/3/0", "/3/0/9 integer -128"),
    ("-129", "C2 09 FF 7F", "/3/0", "/3/0/9 integer -129"),
    ("32768", "C4 09 00 00 80 00", "/3/0", "/3/0/9 integer 32768"),
    ("2^31", "C8 09 08 00 00 00 00 80 00 00 00", "/3/0", "/3/0/9 integer 2147483648"),
    ("7 bytes", "C7 00 41 42 43 44 45 46 47", "/3/0", "/3/0/0 string ABCDEFG"),
    ("8 bytes", "C8 00 08 41 42 43 44 45 46 47 48", "/3/0", "/3/0/0 string ABCDEFGH"),
    ("id 255", "C1 FF 01", "/65000/0", "/65000/0/255 opaque 01"),
    ("id 256", "E1 01 00 01", "/65000/0", "/65000/0/256 opaque 01"),
    ("binary32", "E4 16 44 41 CC 00 00", "/3303/0", "/3303/0/5700 float 25.5"),
    ("binary64", "E8 16 44 08 40 39 19 99 99 99 99 9A", "/3303/0", "/3303/0/5700 float 25.1"),
    ("-0.0", "E4 16 44 80 00 00 00", "/3303/0", "/3303/0/5700 float -0.0"),
    ("not a number", "E4 16 44 7F C0 00 00", "/3303/0", "/3303/0/5700 float NaN"),
    ("below all numbers", "E4 16 44 FF 80 00 00", "/3303/0", "/3303/0/5700 float -Infinity"),
    ("0.1 is not 0.1 in binary32", "E8 16 44 08 3F B9 99 99 99 99 99 9A", "/3303/0", "/3303/0/5700 float 0.1"),
    ("boolean", "E1 16 DA 01", "/3311/0", "/3311/0/5850 boolean true"),
    ("link", "C4 03 00 42 00 00", "/10/0", "/10/0/3 objlnk 66:0"),
    ("null link", "C4 03 FF FF FF FF", "/10/0", "/10/0/3 objlnk 65535:65535"),
    ("time", "C4 0D 65 53 F1 00", "/3/0", "/3/0/13 time 1700000000"),
    (
        "ETS 215",
        "C1 02 65 C2 03 03 F2 C2 05 07 D0 C1 06 01 C1 07 55",
        "/1/0",
        "/1/0/2 integer 101; /1/0/3 integer 1010; /1/0/5 integer 2000; /1/0/6 boolean true; /1/0/7 string U",
    ),
    (
        "/1 with one instance",
        "08 00 0F C1 00 01 C4 01 00 01 51 80 C1 06 01 C1 07 55",
        "/1",
        "/1/0/0 integer 1; /1/0/1 integer 86400; /1/0/6 boolean true; /1/0/7 string U",
    ),
    (
        "/2 with two instances",
        "08 00 0E C1 00 01 C1 01 00 83 02 41 7F 07 C1 03 7F 08 02 12 C1 00 03 C1 01 00 87 02 41 7F 07 61 01 36 01 C1 03 7F",
        "/2",
        "/2/0/0 integer 1; /2/0/1 integer 0; /2/0/2/127 integer 7; /2/0/3 integer 127; /2/2/0 integer 3; \
        /2/2/1 integer 0; /2/2/2/127 integer 7; /2/2/2/310 integer 1; /2/2/3 integer 127",
    ),
    ("the Device of the specification", DEVICE, "/3/0", DEVICE_ENTRIES),
    ("one resource", "C1 09 64", "/3/0/9", "/3/0/9 integer 100"),
    ("all instances of a resource", "86 06 41 00 01 41 01 05", "/3/0/6", "/3/0/6/0 integer 1; /3/0/6/1 integer 5"),
    ("one resource instance", "41 01 05", "/3/0/6/1", "/3/0/6/1 integer 5"),
    ("the client picks the id", "C1 00 01 C1 06 01", "/1", "/1/-/0 integer 1; /1/-/6 boolean true"),
    ("an empty instance", "00 05", "/1", "/1/5 none"),
    ("nothing", "", "/1", ""),
    ("nothing", "", "/1/0", ""),
];

#[test]
fn both_ways() {
    for (why, hex, base, expected) in OK {
        let (hex, context) = (bytes(hex), context(base));
        let entries = decode(&hex, &context).unwrap_or_else(|error| panic!("{why}: {error}"));
        assert_eq!(lines(&entries), *expected, "{why}");
        assert_eq!(encode(&entries, &context).unwrap(), hex, "{why}");
        let strict = decode(&hex, &context.with_mode(Mode::Strict)).unwrap_or_else(|error| panic!("{why}: {error}"));
        assert_eq!(lines(&strict), *expected, "{why}");
    }
}

#[test]
fn long_values_and_wrapped_ones() {
    for (length, header) in
        [(7, "C7 00"), (255, "C8 00 FF"), (256, "D0 00 01 00"), (65_535, "D0 00 FF FF"), (65_536, "D8 00 01 00 00")]
    {
        let value = alloc::vec![0x41; length];
        let entry = Entry::new(Path::resource(5, 0, 0), Value::Opaque(value.as_slice().into()));
        let written = encode(core::slice::from_ref(&entry), &context("/5/0")).unwrap();
        assert_eq!(written[..written.len() - length], bytes(header), "{length}");
        assert_eq!(decode(&written, &context("/5/0")).as_deref(), Ok([entry].as_slice()), "{length}");
    }
    // Read of /3: the same resources in their instance.
    let entries = decode(&bytes(DEVICE), &context("/3/0")).map(|entries| lines(&entries));
    let wrapped = bytes(&std::format!("08 00 79 {DEVICE}"));
    assert_eq!(wrapped.len(), 124);
    assert_eq!(decode(&wrapped, &context("/3")).map(|entries| lines(&entries)), entries);
    assert_eq!(encode(&decode(&wrapped, &context("/3")).unwrap(), &context("/3")), Ok(wrapped.clone()));
}

/// Other ways to say the same, which we read and do not write.
#[test]
fn reads_what_devices_send() {
    for (why, hex, base, expected) in [
        ("an instance around its resources", "08 00 03 C1 09 64", "/3/0", "/3/0/9 integer 100"),
        ("a multiple resource around the one asked for", "83 06 41 01 05", "/3/0/6/1", "/3/0/6/1 integer 5"),
        (
            "resource instances without their resource",
            "41 00 01 41 01 05",
            "/3/0/6",
            "/3/0/6/0 integer 1; /3/0/6/1 integer 5",
        ),
        ("unused length bits", "CF 00 01 41", "/3/0", "/3/0/0 string A"),
        ("a long length for a short value", "D8 00 00 00 01 41", "/3/0", "/3/0/0 string A"),
        ("a long id for a small one", "E1 00 09 64", "/3/0", "/3/0/9 integer 100"),
        ("an integer longer than need be", "C4 09 00 00 00 64", "/3/0", "/3/0/9 integer 100"),
        ("any order", "C1 0A 05 C1 09 64", "/3/0", "/3/0/10 integer 5; /3/0/9 integer 100"),
        ("a value for a multiple resource", "C1 06 01", "/3/0", "/3/0/6 integer 1"),
        ("what is executed", "C1 04 01", "/3/0", "/3/0/4 opaque 01"),
    ] {
        let hex = bytes(hex);
        assert_eq!(decode(&hex, &context(base)).map(|e| lines(&e)).as_deref(), Ok(expected), "{why}");
    }
}

#[test]
fn reads_unsigned_without_a_sign() {
    let path = Models::oma()
        .all()
        .flat_map(|object| object.resources().map(move |resource| (object, resource)))
        .find(|(object, resource)| {
            resource.value_type == Some(ValueType::Unsigned)
                && !resource.multiple
                && resource.id < 256
                && Models::oma().object(object.id).unwrap().version == object.version
        })
        .map(|(object, resource)| Path::resource(object.id, 0, resource.id))
        .unwrap();
    let id = path.resource_id().unwrap() as u8;
    let context = Context::new(ContentFormat::TLV, path, Models::oma());
    for (value, number, written) in [
        ("C8", 200, "00 C8"),
        ("FF FF FF FF", u64::from(u32::MAX), "00 00 00 00 FF FF FF FF"),
        ("7F", 127, "7F"),
        ("FF FF FF FF FF FF FF FF", u64::MAX, "FF FF FF FF FF FF FF FF"),
    ] {
        let item = |value: &str| {
            let value = bytes(value);
            let mut item =
                if value.len() < 8 { Vec::from([0xC0 | value.len() as u8, id]) } else { Vec::from([0xC8, id, 8]) };
            item.extend(value);
            item
        };
        let entry = Entry::new(path, Value::Unsigned(number));
        let (sent, shortest) = (item(value), item(written));
        assert_eq!(decode(&sent, &context).as_deref(), Ok([entry.clone()].as_slice()), "{value}");
        assert_eq!(encode(&[entry], &context), Ok(shortest));
    }
}

#[test]
fn refuses() {
    use DecodeError::*;
    let r = Path::resource;
    let invalid = |path, expected| Invalid { path, expected, at: 2 };
    for (why, hex, base, error) in [
        ("no id", "C1", "/3/0", Truncated { at: 1, needed: 1 }),
        ("half an id", "E1 16", "/3/0", Truncated { at: 2, needed: 1 }),
        ("no length", "C8 00", "/3/0", Truncated { at: 2, needed: 1 }),
        ("half a length", "D8 00 00", "/3/0", Truncated { at: 3, needed: 2 }),
        ("value cut short", "C8 00 14 4F", "/3/0", Truncated { at: 4, needed: 19 }),
        ("inner value cut short", "08 00 03 C2 09 64", "/3", Truncated { at: 6, needed: 1 }),
        ("integer of 0 bytes", "C0 09", "/3/0", invalid(r(3, 0, 9), ValueType::Integer)),
        ("integer of 3 bytes", "C3 09 00 00 01", "/3/0", invalid(r(3, 0, 9), ValueType::Integer)),
        ("time of 5 bytes", "C5 0D 00 00 00 00 01", "/3/0", invalid(r(3, 0, 13), ValueType::Time)),
        ("boolean 2", "C1 06 02", "/1/0", invalid(r(1, 0, 6), ValueType::Boolean)),
        ("boolean ff", "C1 06 FF", "/1/0", invalid(r(1, 0, 6), ValueType::Boolean)),
        ("boolean of no bytes", "C0 06", "/1/0", invalid(r(1, 0, 6), ValueType::Boolean)),
        ("integer of 6 bytes", "C6 09 00 00 00 00 00 01", "/3/0", invalid(r(3, 0, 9), ValueType::Integer)),
        ("integer of 7 bytes", "C7 09 00 00 00 00 00 00 01", "/3/0", invalid(r(3, 0, 9), ValueType::Integer)),
        (
            "float of 2 bytes",
            "E2 16 44 4E 40",
            "/3303/0",
            Invalid { path: r(3303, 0, 5700), expected: ValueType::Float, at: 3 },
        ),
        ("boolean of 2 bytes", "C2 06 00 01", "/1/0", invalid(r(1, 0, 6), ValueType::Boolean)),
        ("link of 3 bytes", "C3 03 00 42 00", "/10/0", invalid(r(10, 0, 3), ValueType::ObjectLink)),
        ("bad UTF-8", "C2 00 41 FF", "/3/0", Utf8 { at: 3 }),
        ("id 65535", "E1 FF FF 01", "/3/0", Name { at: 0, why: PathError::OutOfRange { segment: 2 } }),
        ("instance 65535", "23 FF FF C1 09 64", "/3", Name { at: 0, why: PathError::OutOfRange { segment: 1 } }),
        ("another instance", "03 01 C1 09 64", "/3/0", Misplaced { path: Path::instance(3, 1), at: 0 }),
        ("another resource", "C1 0A 64", "/3/0/9", Misplaced { path: r(3, 0, 10), at: 0 }),
        (
            "another resource instance",
            "41 02 05",
            "/3/0/6/1",
            Misplaced { path: Path::resource_instance(3, 0, 6, 2), at: 0 },
        ),
        ("an instance in an instance", "05 00 03 00 C1 09 64", "/3", Syntax { at: 2, expected: "a resource" }),
        ("a resource instance alone", "41 00 01", "/3/0", Syntax { at: 0, expected: "a resource" }),
        (
            "a resource among instances",
            "03 00 C1 09 64 C1 09 64",
            "/3",
            Syntax { at: 5, expected: "an object instance" },
        ),
        ("a resource in a resource", "83 06 C1 00 01", "/3/0", Syntax { at: 2, expected: "a resource instance" }),
        ("twice", "C1 09 64 C1 09 65", "/3/0", Duplicate { path: r(3, 0, 9) }),
        ("twice, not neighbours", "C1 09 64 C1 0A 05 C1 09 65", "/3/0", Duplicate { path: r(3, 0, 9) }),
        (
            "value and instances",
            "C1 06 01 83 06 41 00 01",
            "/3/0",
            Duplicate { path: Path::resource_instance(3, 0, 6, 0) },
        ),
        ("the root", "C1 09 64", "/", Base { format: ContentFormat::TLV, base: Path::ROOT }),
    ] {
        let hex = bytes(hex);
        assert_eq!(decode(&hex, &context(base)), Err(error), "{why}");
    }
    let strict = |hex: &str| decode(&bytes(hex), &context("/3/0").with_mode(Mode::Strict)).map(|entries| entries.len());
    assert_eq!(strict("C1 06 01"), Err(Multiplicity { path: r(3, 0, 6), at: 0 }));
    assert_eq!(strict("83 09 41 00 01"), Err(Multiplicity { path: Path::resource_instance(3, 0, 9, 0), at: 2 }));
}

#[test]
fn writes_only_what_tlv_can_say() {
    let level = Path::resource(3, 0, 9);
    let entry = Entry::new(level, Value::Integer(1));
    let encode = |entries: &[Entry<'_>], base: &str| encode(entries, &context(base));
    let time = crate::Timestamp::Relative(crate::Decimal::ZERO);
    for (entries, base, error) in [
        (Vec::from([entry.clone()]), "/", EncodeError::Base { format: ContentFormat::TLV, base: Path::ROOT }),
        (Vec::from([entry.clone()]), "/3/1", EncodeError::Misplaced { path: level }),
        (Vec::from([entry.clone().with_time(time)]), "/3/0", EncodeError::NoTime { path: level }),
        (Vec::from([entry.clone(), entry.clone()]), "/3/0", EncodeError::Duplicate { path: level }),
        (
            Vec::from([Entry { value: EntryValue::Delete, ..entry.clone() }]),
            "/3/0",
            EncodeError::NoDelete { path: level },
        ),
        (
            Vec::from([Entry::absent(Path::object(3)), entry.clone()]),
            "/3",
            EncodeError::Misplaced { path: Path::object(3) },
        ),
        (
            Vec::from([Entry::absent(Path::resource_instance(3, 0, 6, 0))]),
            "/3/0",
            EncodeError::Misplaced { path: Path::resource_instance(3, 0, 6, 0) },
        ),
    ] {
        assert_eq!(encode(&entries, base), Err(error));
    }
    let long = alloc::vec![0; 1 << 24];
    let package = Path::resource(5, 0, 0);
    let entry = Entry::new(package, Value::Opaque(Cow::Borrowed(&long)));
    assert_eq!(encode(&[entry], "/5/0"), Err(EncodeError::TooLong { path: package }));
    let entry = Entry::new(package, Value::Opaque(Cow::Borrowed(&long[1..])));
    assert_eq!(encode(&[entry], "/5/0").map(|bytes| bytes[..5].to_vec()), Ok(Vec::from([0xD8, 0, 0xFF, 0xFF, 0xFF])));
    // Entries in any order come out sorted.
    let two = [Entry::new(Path::resource(3, 0, 10), Value::Integer(5)), Entry::new(level, Value::Integer(100))];
    assert_eq!(encode(&two, "/3"), Ok(bytes("06 00 C1 09 64 C1 0A 05")));
}

#[test]
fn keeps_its_limits() {
    let limits = Limits { entries: 2, ..Limits::DEFAULT };
    let read = |hex: &str| decode(&bytes(hex), &context("/3/0").with_limits(limits)).map(|entries| entries.len());
    assert_eq!(read("C1 09 64 C1 0A 05"), Ok(2));
    assert_eq!(read("C1 09 64 C1 0A 05 C1 0B 00"), Err(DecodeError::TooMany { limit: 2 }));
    // The default: 65,536 entries. Object 65000 is unknown, so a resource of no bytes is one.
    let many: Vec<u8> = (0..65_536_u32).flat_map(|id| [0xE0, (id >> 8) as u8, id as u8]).collect();
    let wide = context("/65000/0");
    assert_eq!(decode(&many[..65_535 * 3], &wide).map(|entries| entries.len()), Ok(65_535));
    let instances: Vec<u8> = (0..65_537_u32).flat_map(|id| [0x60, (id >> 8) as u8, id as u8]).collect();
    assert!(matches!(decode(&instances, &context("/65000/0/0")), Err(DecodeError::Name { .. })));
}
