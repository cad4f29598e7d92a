//! Maps of the specification, other shapes of the same, and bad ones.

use std::string::String;

use super::*;
use crate::annotate;
use crate::codec::mutations::Mutations;
use crate::codec::senml::cbor::tests::bytes;
use crate::codec::senml::json::tests::lines;
use crate::codec::{self, Payload};
use crate::{ContentFormat, Limits, Models, Value, ValueType};

fn context(base: &str) -> Context<'static> {
    Context::new(ContentFormat::LWM2M_CBOR, base.parse().unwrap(), Models::oma())
}

fn read(text: &str, context: &Context<'_>) -> Result<String, DecodeError> {
    let payload = bytes(text);
    annotate::check(&payload, context);
    codec::decode(&payload, context).map(|payload| lines(payload.entries()))
}

/// What we write, where, and what it says.
const OK: &[(&str, &str, &str)] = &[
    // OMA LwM2M Core, "LwM2M CBOR": the examples.
    (r#"A1 83 03 00 00 "Open Mobile Alliance""#, "/3/0/0", "/3/0/0 string Open Mobile Alliance"),
    ("A1 83 19 0CE7 00 19 1644 F9 4E60", "/3303/0/5700", "/3303/0/5700 float 25.5"),
    (r#"A1 83 18 41 00 00 A2 00 "66:0" 01 "66:1""#, "/", "/65/0/0/0 string 66:0; /65/0/0/1 string 66:1"),
    ("A1 82 19 0CE7 00 A1 19 1644 F9 4E60", "-", ""),
    ("A0", "/3", ""),
    ("A1 03 A2 00 A1 09 18 64 01 A1 09 18 32", "/3", "/3/0/9 integer 100; /3/1/9 integer 50"),
    ("A1 82 03 00 A2 06 A2 00 01 01 05 09 18 64", "/3/0", "/3/0/6/0 integer 1; /3/0/6/1 integer 5; /3/0/9 integer 100"),
    ("A1 82 01 00 A2 06 F5 17 F4", "/1", "/1/0/6 boolean true; /1/0/23 boolean false"),
    ("A1 83 05 00 00 45 0102030405", "/5/0/0", "/5/0/0 opaque 0102030405"),
    (r#"A1 83 0A 00 03 "66:0""#, "/10", "/10/0/3 objlnk 66:0"),
    ("A1 83 03 00 0D 1A 6553F100", "/3", "/3/0/13 time 1700000000"),
    ("A1 83 03 00 0D 3B 7FFFFFFFFFFFFFFF", "/3", "/3/0/13 time -9223372036854775808"),
    ("A1 84 03 00 0B 00 00", "/3/0/11/0", "/3/0/11/0 integer 0"),
    // Numbers in the fewest bytes that say them.
    ("A1 83 19 0CE7 00 19 1644 FB 403919999999999A", "/", "/3303/0/5700 float 25.1"),
    ("A1 83 19 0CE7 00 19 1644 FA 47800000", "/", "/3303/0/5700 float 65536.0"),
    ("A1 83 19 0CE7 00 19 1644 F9 7E00", "/", "/3303/0/5700 float NaN"),
    // What nobody knows, as it is.
    (
        r#"A1 82 19 FDE8 00 A4 00 1B FFFFFFFFFFFFFFFF 01 20 02 "x" 03 F5"#,
        "/",
        "/65000/0/0 unsigned 18446744073709551615; /65000/0/1 integer -1; /65000/0/2 string x; /65000/0/3 boolean true",
    ),
    // OMA LwM2M Core 1.2.1, "Create": the client picks the id.
    ("A1 82 19 0CE7 19 FFFF A1 19 1644 F9 4E60", "-", ""),
    ("A1 83 19 0CE7 19 FFFF 19 1644 F9 4E60", "/3303", "/3303/-/5700 float 25.5"),
];

#[test]
fn both_ways() {
    for (text, base, expected) in OK {
        // A dash marks what we read but write shorter: it is in the table below.
        if *base == "-" {
            continue;
        }
        for mode in [Mode::Lenient, Mode::Strict] {
            assert_eq!(read(text, &context(base).with_mode(mode)).as_deref(), Ok(*expected), "{text}");
        }
        let (payload, context) = (bytes(text), context(base));
        let entries = codec::decode(&payload, &context).unwrap().into_entries();
        assert_eq!(codec::encode(&entries, &context).unwrap(), payload, "{text}");
        let backwards: Vec<_> = entries.into_iter().rev().collect();
        assert_eq!(codec::encode(&backwards, &context).unwrap(), payload, "whatever the order: {text}");
    }
}

/// The same in all the shapes that the rules permit.
#[test]
fn reads_every_shape() {
    let two = "/3/0/0 string OMA; /3/0/9 integer 100";
    for (why, text, expected) in [
        ("nested", r#"A1 03 A1 00 A2 00 "OMA" 09 18 64"#, two),
        ("prefix", r#"A1 82 03 00 A2 00 "OMA" 09 18 64"#, two),
        ("flat", r#"A2 83 03 00 00 "OMA" 83 03 00 09 18 64"#, two),
        ("prefix of one, then an array", r#"A1 03 A2 82 00 00 "OMA" 82 00 09 18 64"#, two),
        ("mixed depths", r#"A2 83 03 00 00 "OMA" 03 A1 00 A1 09 18 64"#, two),
        ("keys that say the same in two ways", r#"A2 82 03 00 A1 00 "OMA" 03 A1 00 A1 09 18 64"#, two),
        ("arrays of one", r#"A1 81 03 A1 81 00 A2 81 00 "OMA" 81 09 18 64"#, two),
        ("indefinite", r#"BF 03 BF 00 BF 00 7F "O" "MA" FF 09 18 64 FF FF FF"#, two),
        ("indefinite keys", r#"BF 9F 03 00 FF A2 00 "OMA" 9F 09 FF 18 64 FF"#, two),
        ("integers of any width", r#"A1 82 1B 0000000000000003 19 0000 A2 18 00 "OMA" 09 1A 00000064"#, two),
        // OMA LwM2M Core, "LwM2M CBOR": the example of a composite, whose order is another than ours.
        (
            "a composite",
            r#"A2 82 03 00 A2 00 "Open Mobile Alliance" 09 18 64 83 01 00 01 1A 00015180"#,
            "/3/0/0 string Open Mobile Alliance; /3/0/9 integer 100; /1/0/1 integer 86400",
        ),
        ("floats of any width", "A1 83 19 0CE7 00 19 1644 FB 4039800000000000", "/3303/0/5700 float 25.5"),
        ("an integer as float", "A1 83 19 0CE7 00 19 1644 18 19", "/3303/0/5700 float 25.0"),
        ("the null link as an example prints it", r#"A1 83 0A 00 03 "FFFF:FFFF""#, "/10/0/3 objlnk 65535:65535"),
        ("a new instance, nested", "A1 82 19 0CE7 19 FFFF A1 19 1644 F9 4E60", "/3303/-/5700 float 25.5"),
        ("an instance, nested", "A1 82 19 0CE7 00 A1 19 1644 F9 4E60", "/3303/0/5700 float 25.5"),
    ] {
        for mode in [Mode::Lenient, Mode::Strict] {
            assert_eq!(read(text, &context("/").with_mode(mode)).as_deref(), Ok(expected), "{why}");
        }
    }
}

/// What strict mode refuses.
#[test]
fn is_lenient_with_devices() {
    for (why, text, base, expected) in [
        ("a tag that says CBOR", "D9 D9F7 A1 83 03 00 09 01", "/", "/3/0/9 integer 1"),
        ("an empty map", "A1 82 03 00 A2 06 A0 09 01", "/3", "/3/0/6 none; /3/0/9 integer 1"),
        ("an empty map without length", "A1 83 03 00 06 BF FF", "/3/0/6", "/3/0/6 none"),
        ("an empty instance", "A1 03 A1 00 A0", "/3", "/3/0 none"),
        ("tag 0", r#"A1 83 03 00 0D C0 "2023-11-14T22:13:20Z""#, "/", "/3/0/13 time 1700000000"),
        ("tag 1 at an unknown resource", "A1 83 19 FDE8 00 00 C1 01", "/", "/65000/0/0 time 1"),
        ("a whole number as float", "A1 83 03 00 09 F9 3C00", "/", "/3/0/9 integer 1"),
        ("a decimal fraction", "A1 83 19 0CE7 00 19 1644 C4 82 20 18 FF", "/", "/3303/0/5700 float 25.5"),
        ("a value of a multiple resource", "A1 83 03 00 07 19 0ED8", "/", "/3/0/7 integer 3800"),
        ("a key twice", "A2 03 A1 00 A1 09 01 03 A1 00 A1 0A 01", "/", "/3/0/9 integer 1; /3/0/10 integer 1"),
        // LwM2M 1.2.0 had keys below the path of a Write or Create.
        ("below the instance", r#"A2 00 "OMA" 09 18 64"#, "/3/0", "/3/0/0 string OMA; /3/0/9 integer 100"),
        ("below the instance, nested", "A1 06 A2 00 01 01 05", "/3/0", "/3/0/6/0 integer 1; /3/0/6/1 integer 5"),
        ("below the object", "A1 00 A1 09 18 64", "/3", "/3/0/9 integer 100"),
        ("below the object, to be created", "A1 19 FFFF A1 19 1644 F9 4E60", "/3303", "/3303/-/5700 float 25.5"),
        ("only resources", "A1 19 1644 F9 4E60", "/3303", "/3303/-/5700 float 25.5"),
        ("the object and resources", "A1 19 0CE7 A1 19 1644 F9 4E60", "/3303", "/3303/-/5700 float 25.5"),
        ("the object and resources, flat", "A1 82 19 0CE7 19 1644 F9 4E60", "/3303", "/3303/-/5700 float 25.5"),
        ("below the resource", "A2 00 01 01 05", "/3/0/6", "/3/0/6/0 integer 1; /3/0/6/1 integer 5"),
    ] {
        assert_eq!(read(text, &context(base)).as_deref(), Ok(expected), "{why}");
        assert!(read(text, &context(base).with_mode(Mode::Strict)).is_err(), "{why}");
    }
}

#[test]
fn a_time_may_say_that_it_is_one() {
    for mode in [Mode::Lenient, Mode::Strict] {
        let read = read("A1 83 03 00 0D C1 1A 6553F100", &context("/").with_mode(mode));
        assert_eq!(read.as_deref(), Ok("/3/0/13 time 1700000000"));
    }
}

#[test]
fn refuses() {
    use DecodeError::*;
    let level = Path::resource(3, 0, 9);
    let invalid = |at| Invalid { path: level, expected: ValueType::Integer, at };
    let wrong = |got, at| WrongType { path: level, expected: ValueType::Integer, got, at };
    let syntax = |at, expected| Syntax { at, expected };
    let name = |at, why| Name { at, why };
    let cut = |at| Truncated { at, needed: 1 };
    for (text, error) in [
        ("", cut(0)),
        ("A1", cut(1)),
        ("A1 83 03 00 09", cut(5)),
        ("BF 83 03 00 09 01", cut(6)),
        ("A1 83 03 00 09 19 01", cut(7)),
        ("A1 83 03 00 09 01 00", syntax(6, "the end")),
        ("BB FFFFFFFFFFFFFFFF", cut(9)),
        ("A1 9B FFFFFFFFFFFFFFFF", cut(10)),
        ("80", syntax(0, "a map")),
        ("01", syntax(0, "a map")),
        ("A1 20 01", syntax(1, AN_ID)),
        ("A1 F5 01", syntax(1, AN_ID)),
        ("A1 1F 01", syntax(1, AN_ID)),
        ("A1 80 01", syntax(1, AN_ID)),
        ("A1 82 03 20 01", syntax(3, AN_ID)),
        (r#"A1 83 03 "d01" 00 01"#, syntax(3, AN_ID)),
        (r#"A1 03 A1 "d01" 01"#, syntax(3, AN_ID)),
        ("A1 03 01", Misplaced { path: Path::object(3), at: 2 }),
        ("A1 82 03 00 01", Misplaced { path: Path::instance(3, 0), at: 4 }),
        ("A1 19 FFFF A1 00 01", name(1, PathError::OutOfRange { segment: 0 })),
        ("A1 83 03 00 19 FFFF 01", name(4, PathError::OutOfRange { segment: 2 })),
        ("A1 83 03 00 1A 00010000 01", name(4, PathError::OutOfRange { segment: 2 })),
        ("A1 85 03 00 06 00 00 01", name(6, PathError::TooLong)),
        ("A1 84 03 00 06 00 A1 00 01", name(7, PathError::TooLong)),
        // No null, no arrays of values.
        ("A1 83 03 00 09 F6", syntax(5, "a number")),
        ("A1 83 03 00 09 81 01", syntax(5, "a value")),
        ("A1 83 03 00 09 C2 41 01", syntax(5, "a number")),
        ("A2 83 03 00 09 01 83 03 00 09 02", Duplicate { path: level }),
        ("A1 82 03 00 A2 06 01 82 06 00 01", Duplicate { path: Path::resource_instance(3, 0, 6, 0) }),
        ("A1 83 03 00 09 F9 3E00", invalid(5)),
        ("A1 83 03 00 09 1B 8000000000000000", invalid(5)),
        (r#"A1 83 03 00 09 "1""#, wrong("text", 5)),
        ("A1 83 03 00 09 F5", wrong("boolean", 5)),
        ("A1 83 03 00 09 41 31", wrong("data", 5)),
        (r#"A1 83 03 00 09 C0 "x""#, wrong("date", 5)),
        (r#"A1 84 "d01" 03 00 09 01"#, OtherPrefix { at: 1 }),
    ] {
        assert_eq!(read(text, &context("/")), Err(error), "{text}");
    }
    let time = Invalid { path: Path::resource(3, 0, 13), expected: ValueType::Time, at: 6 };
    for date in ["2023-11-14", "2023-11-14T22:13:20.5Z"] {
        let mut payload = bytes("A1 83 03 00 0D C0");
        payload.push(0x60 | date.len() as u8);
        payload.extend_from_slice(date.as_bytes());
        assert_eq!(codec::decode(&payload, &context("/")).map(|_| ()), Err(time), "{date}");
    }
    // Elsewhere than asked for, and what fits nowhere gets the error of the plain reading.
    let other = Misplaced { path: Path::resource(4, 0, 1), at: 1 };
    assert_eq!(read("A1 83 04 00 01 01", &context("/3")), Err(other));
    assert!(read("A1 09 A1 09 A1 09 A1 09 A1 09 01", &context("/3/0")).is_err());
    let empty = read("A1 03 A0", &context("/").with_mode(Mode::Strict));
    assert_eq!(empty, Err(syntax(2, "a map with something in it")));
    let twice = read("A2 03 A1 00 A1 09 01 03 A1 00 A1 0A 01", &context("/").with_mode(Mode::Strict));
    assert_eq!(twice, Err(DuplicateKey { at: 7 }));
}

/// OMA LwM2M Gateway 1.1: the prefix is the first element of the key.
#[test]
fn prefixes_are_text() {
    let text = r#"A1 84 "d01" 19 0CE7 00 19 1644 F9 4E60"#;
    let device = context("/3303").with_prefix("d01");
    assert_eq!(read(text, &device).as_deref(), Ok("/3303/0/5700 float 25.5"));
    let entries = codec::decode(&bytes(text), &device).map(Payload::into_owned).unwrap();
    assert_eq!(codec::encode(entries.entries(), &device).unwrap(), bytes(text));
    assert_eq!(read(text, &device.with_prefix("d02")), Err(DecodeError::OtherPrefix { at: 1 }));
    // A key of its own; a prefix left out, where only one device can be meant.
    assert_eq!(read(r#"A1 "d01" A1 83 19 0CE7 00 19 1644 01"#, &device).as_deref(), Ok("/3303/0/5700 float 1.0"));
    assert_eq!(read(r#"A1 81 "d01" A1 83 19 0CE7 00 19 1644 01"#, &device).as_deref(), Ok("/3303/0/5700 float 1.0"));
    let without = "A1 83 19 0CE7 00 19 1644 01";
    assert_eq!(read(without, &device).as_deref(), Ok("/3303/0/5700 float 1.0"));
    assert_eq!(read(without, &device.with_mode(Mode::Strict)), Err(DecodeError::OtherPrefix { at: 1 }));
    assert_eq!(read(without, &context("/").with_prefix("d01")), Err(DecodeError::OtherPrefix { at: 1 }));
    // Never an alternate root.
    let root = context("/3303").with_root("/lwm2m");
    let entries = [Entry::new(Path::resource(3303, 0, 5700), Value::Float(25.5))];
    assert_eq!(codec::encode(&entries, &root).unwrap(), bytes("A1 83 19 0CE7 00 19 1644 F9 4E60"));
}

#[test]
fn writes_only_what_it_can_say() {
    let path = Path::resource(3303, 0, 5700);
    let entry = Entry::new(path, Value::Float(1.0));
    let instance = Entry::new(path.child(0).unwrap(), Value::Float(1.0));
    for (entries, error) in [
        (Vec::from([Entry { value: EntryValue::Delete, ..entry.clone() }]), EncodeError::NoDelete { path }),
        (Vec::from([Entry::absent(path)]), EncodeError::NoEmpty { path }),
        (
            Vec::from([entry.clone().with_time(crate::Timestamp::Relative(crate::Decimal::ZERO))]),
            EncodeError::NoTime { path },
        ),
        (Vec::from([entry.clone(), entry.clone()]), EncodeError::Duplicate { path }),
        (Vec::from([entry.clone(), instance.clone()]), EncodeError::Duplicate { path: instance.path }),
        (
            Vec::from([Entry::new(path, "1".into())]),
            EncodeError::WrongType { path, expected: ValueType::Float, got: ValueType::String },
        ),
        (
            Vec::from([Entry::new(Path::instance(3303, 0), Value::Float(1.0))]),
            EncodeError::Misplaced { path: Path::instance(3303, 0) },
        ),
        (
            Vec::from([Entry::new(Path::resource(3, 0, 9), Value::Integer(1))]),
            EncodeError::Misplaced { path: Path::resource(3, 0, 9) },
        ),
    ] {
        assert_eq!(codec::encode(&entries, &context("/3303")), Err(error));
    }
}

#[test]
fn keeps_its_limits() {
    let limits = Limits { entries: 2, nesting: 3, ..Limits::DEFAULT };
    let context = context("/").with_limits(limits);
    assert_eq!(read("A1 82 03 00 A2 09 01 0A 01", &context).as_deref(), Ok("/3/0/9 integer 1; /3/0/10 integer 1"));
    assert_eq!(read("A1 82 03 00 A3 09 01 0A 01 14 01", &context), Err(DecodeError::TooMany { limit: 2 }));
    assert_eq!(read("A1 03 A1 00 A1 09 01", &context).as_deref(), Ok("/3/0/9 integer 1"));
    assert_eq!(read("A1 03 A1 00 A1 06 A1 00 01", &context), Err(DecodeError::TooDeep { limit: 3, at: 6 }));
    for opener in ["A1 00", "BF 00", "A1 9F", "A1 81"] {
        let deep = bytes(opener).repeat(100_000);
        for base in ["/", "/3", "/3/0"] {
            let context = Context::new(ContentFormat::LWM2M_CBOR, base.parse().unwrap(), Models::oma());
            assert!(codec::decode(&deep, &context).is_err());
        }
    }
}

/// Mutations of the maps above, always the same: an error within the payload, or entries that can be written again.
#[test]
fn mutations_never_panic() {
    let mut mutations =
        Mutations::new(0x9E37_79B9_7F4A_7C15, [0x9F, 0xBF, 0x7F, 0x81, 0xFF, 0xC4, 0xC1, 0xA1, 0x1B, 0xA0]);
    let mut taken = 0;
    for (text, base, _) in OK.iter().filter(|row| row.1 != "-") {
        let original = bytes(text);
        let context = context(base);
        for _ in 0..1_500 {
            let payload = mutations.of(&original);
            annotate::check(&payload, &context);
            match codec::decode(&payload, &context).map(Payload::into_entries) {
                Err(error) => assert!(error.at().is_none_or(|at| at <= payload.len()), "{error:?} {payload:02x?}"),
                Ok(mut entries) => {
                    taken += 1;
                    entries.retain(|entry| entry.value != EntryValue::Absent);
                    entries.sort_by_key(|entry| entry.path);
                    let written = codec::encode(&entries, &context).unwrap();
                    let again = codec::decode(&written, &context).map(|payload| lines(payload.entries()));
                    assert_eq!(again, Ok(lines(&entries)), "{payload:02x?}");
                }
            }
        }
    }
    assert!(taken > 1_000, "{taken}");
}
