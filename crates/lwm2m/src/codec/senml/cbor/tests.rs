//! Packs of the specification, other ways to write them, and bad ones. What fields mean is tested with JSON.

use std::string::String;

use super::*;
use crate::annotate;
use crate::codec::mutations::Mutations;
use crate::codec::senml::json::tests::lines;
use crate::codec::{self, Payload, encode};
use crate::{ContentFormat, EntryValue, Limits, Models, ObjectLink, Path, PathError, Timestamp, ValueType};

fn decode<'p>(payload: &'p [u8], context: &Context<'_>) -> Result<Vec<Entry<'p>>, DecodeError> {
    annotate::check(payload, context);
    codec::decode(payload, context).map(Payload::into_entries)
}

fn context(base: &str) -> Context<'static> {
    Context::new(ContentFormat::SENML_CBOR, base.parse().unwrap(), Models::oma())
}

/// Hexadecimal digits with blanks, and text in quotes as a text string of CBOR: `81 A1 00 "/3/0/0"`.
pub(in crate::codec) fn bytes(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for (place, part) in text.split('"').enumerate() {
        if place % 2 == 0 {
            let digits: Vec<u32> = part.chars().filter_map(|digit| digit.to_digit(16)).collect();
            assert_eq!(digits.len(), part.chars().filter(|digit| !digit.is_whitespace()).count(), "{part}");
            out.extend(digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8));
        } else {
            assert!(part.len() < 24);
            out.push(0x60 | part.len() as u8);
            out.extend(part.as_bytes());
        }
    }
    out
}

fn read(text: &str, base: &str, mode: Mode) -> Result<String, DecodeError> {
    decode(&bytes(text), &context(base).with_mode(mode)).map(|entries| lines(&entries))
}

/// What we write, where, and what it says.
const OK: &[(&str, &str, &str)] = &[
    ("80", "/3/0", ""),
    // OMA LwM2M Core, "SenML CBOR": a composite read.
    (
        "83 A1 00 66 2F 33 2F 30 2F 30 A1 00 66 2F 33 2F 30 2F 39 A1 00 66 2F 31 2F 30 2F 31",
        "/",
        "/3/0/0 none; /3/0/9 none; /1/0/1 none",
    ),
    (r#"82 A3 21 "/3/0/" 00 "0" 03 "OMA" A2 00 "9" 02 18 5F"#, "/3/0", "/3/0/0 string OMA; /3/0/9 integer 95"),
    (r#"82 A3 21 "/3/0/" 00 "6/0" 02 01 A2 00 "6/1" 02 05"#, "/3", "/3/0/6/0 integer 1; /3/0/6/1 integer 5"),
    (r#"82 A3 21 "/1/0/" 00 "6" 04 F5 A2 00 "23" 04 F4"#, "/1/0", "/1/0/6 boolean true; /1/0/23 boolean false"),
    (r#"81 A3 21 "/5/0/" 00 "0" 08 45 01 02 03 04 05"#, "/5/0/0", "/5/0/0 opaque 0102030405"),
    (r#"81 A3 21 "/10/0/" 00 "3" "vlo" "66:0""#, "/10/0", "/10/0/3 objlnk 66:0"),
    (r#"81 A3 21 "/25/0/" 00 "3" 03 "</3>""#, "/", "/25/0/3 corelnk </3>"),
    (r#"81 A3 21 "/3/0/" 00 "13" 02 3B 7FFFFFFFFFFFFFFF"#, "/3/0", "/3/0/13 time -9223372036854775808"),
    (
        r#"82 A3 21 "/65000/0/" 00 "0" 02 1B FFFFFFFFFFFFFFFF A2 00 "1" 02 1B 0020000000000001"#,
        "/",
        "/65000/0/0 unsigned 18446744073709551615; /65000/0/1 integer 9007199254740993",
    ),
    // Floats: two or four bytes where that says it exactly.
    (r#"81 A3 21 "/3303/0/" 00 "5700" 02 F9 4E60"#, "/3303", "/3303/0/5700 float 25.5"),
    (r#"81 A3 21 "/3303/0/" 00 "5700" 02 F9 8000"#, "/3303", "/3303/0/5700 float -0.0"),
    (r#"81 A3 21 "/3303/0/" 00 "5700" 02 FB 403919999999999A"#, "/3303", "/3303/0/5700 float 25.1"),
    (r#"81 A3 21 "/3303/0/" 00 "5700" 02 F9 7C00"#, "/3303", "/3303/0/5700 float Infinity"),
    (r#"81 A3 21 "/3303/0/" 00 "5700" 02 F9 7E00"#, "/3303", "/3303/0/5700 float NaN"),
    // Times: an integer if whole, a float if that says it, else a decimal fraction.
    (
        r#"82 A4 21 "/3/0/" 00 "9" 22 1A 6553F100 02 01 A3 00 "10" 22 FB 41D954FC42A00000 02 02"#,
        "/3/0",
        "/3/0/9 integer 1 @1700000000; /3/0/10 integer 2 @1700000010.5",
    ),
    (r#"82 A4 21 "/3/0/" 00 "9" 06 29 02 01 A2 00 "10" 02 02"#, "/3/0", "/3/0/9 integer 1 @now-10; /3/0/10 integer 2"),
    (
        r#"81 A4 21 "/3/0/" 00 "9" 22 C4 82 28 1B 17979D009191B115 02 01"#,
        "/3/0",
        "/3/0/9 integer 1 @1700000010.123456789",
    ),
];

#[test]
fn both_ways() {
    for (text, base, expected) in OK {
        for mode in [Mode::Lenient, Mode::Strict] {
            assert_eq!(read(text, base, mode).as_deref(), Ok(*expected), "{text}");
        }
        let payload = bytes(text);
        let entries = decode(&payload, &context(base)).unwrap();
        assert_eq!(encode(&entries, &context(base)).unwrap(), payload, "{text}");
    }
}

#[test]
fn reads_other_ways_to_say_it() {
    for (why, text, base, expected) in [
        // The examples of OMA LwM2M Core and of its test specification (ETS), which write more bytes than we do.
        ("float of 8 bytes", r#"81 A3 21 "/3303/0/" 00 "5700" 02 FB 4039800000000000"#, "/", "/3303/0/5700 float 25.5"),
        (
            "history",
            r#"82 A3 21 "/3303/0/5700" 22 1A 6553F100 02 FB 4036800000000000 A2 06 29 02 FB 4036400000000000"#,
            "/",
            "/3303/0/5700 float 22.5 @1700000000; /3303/0/5700 float 22.25 @1699999990",
        ),
        ("an object link", r#"81 A2 00 "/65/0/0/0" 63 76 6C 6F "66:0""#, "/", "/65/0/0/0 objlnk 66:0"),
        ("opaque", r#"81 A2 00 "/19/0/0/0" 08 45 01 02 03 04 05"#, "/", "/19/0/0/0 opaque 0102030405"),
        (
            "ETS 257",
            r#"83 A3 21 "/" 00 "1/0/2" 02 18 65 A2 00 "1/0/6" 04 F5 A2 00 "3/0/13" 02 00"#,
            "/",
            "/1/0/2 integer 101; /1/0/6 boolean true; /3/0/13 time 0",
        ),
        ("a float of 2 bytes", r#"81 A2 00 "/3303/0/5700" 02 F9 4E60"#, "/", "/3303/0/5700 float 25.5"),
        (
            "a small float of 2 bytes",
            r#"81 A2 00 "/3303/0/5700" 02 F9 0001"#,
            "/",
            "/3303/0/5700 float 5.960464477539063e-8",
        ),
        ("an integer as float", r#"81 A2 00 "/3303/0/5700" 02 18 19"#, "/", "/3303/0/5700 float 25.0"),
        ("a decimal fraction", r#"81 A2 00 "/3303/0/5700" 02 C4 82 21 19 09 F6"#, "/", "/3303/0/5700 float 25.5"),
        (
            "integers of any width",
            r#"82 A2 00 "/3/0/9" 02 1B 0000000000000064 A2 00 "/3/0/10" 02 19 0001"#,
            "/",
            "/3/0/9 integer 100; /3/0/10 integer 1",
        ),
        ("keys of any width", r#"81 A2 18 00 "/3/0/9" 1A 00000002 01"#, "/", "/3/0/9 integer 1"),
        ("strings with long lengths", "81 A2 00 78 06 2F332F302F39 02 01", "/", "/3/0/9 integer 1"),
        ("any order", r#"81 A3 02 01 00 "9" 21 "/3/0/""#, "/", "/3/0/9 integer 1"),
        ("indefinite everything", r#"9F BF 00 7F "/3/" "0/0" FF 03 7F FF FF FF"#, "/", "/3/0/0 string "),
        ("bytes in pieces", r#"81 A2 00 "/5/0/0" 08 5F 41 01 40 42 02 03 FF"#, "/", "/5/0/0 opaque 010203"),
        (
            "units and sums are passed over",
            r#"81 A6 00 "/3/0/9" 02 01 01 "%" 05 03 07 01 25 00"#,
            "/",
            "/3/0/9 integer 1",
        ),
        (
            "unknown keys are passed over",
            r#"81 A6 00 "/3/0/9" 02 01 18 63 A1 80 9F FF "x" D8 20 "y" 29 FB 0000000000000000 38 63 F7"#,
            "/",
            "/3/0/9 integer 1",
        ),
        ("the version", r#"81 A3 20 0A 00 "/3/0/9" 02 01"#, "/", "/3/0/9 integer 1"),
        (
            "a base value",
            r#"82 A3 24 0A 00 "/3/0/9" 02 01 A2 00 "/3/0/10" 02 21"#,
            "/",
            "/3/0/9 integer 11; /3/0/10 integer 8",
        ),
        ("a base value of halves", r#"81 A3 24 F9 3800 00 "/3/0/9" 02 F9 3800"#, "/", "/3/0/9 integer 1"),
        ("a time of 4 bytes", r#"81 A3 00 "/3/0/9" 06 FA C0200000 02 01"#, "/", "/3/0/9 integer 1 @now-2.5"),
        (
            "times as Leshan writes them",
            r#"81 A3 00 "/3/0/9" 22 C4 82 00 1A 6553F100 02 01"#,
            "/",
            "/3/0/9 integer 1 @1700000000",
        ),
        (
            "a float is what its shortest digits say",
            r#"81 A3 00 "/3/0/9" 22 FB 41D954FC40068DB9 02 01"#,
            "/",
            "/3/0/9 integer 1 @1700000000.1024",
        ),
    ] {
        for mode in [Mode::Lenient, Mode::Strict] {
            assert_eq!(read(text, base, mode).as_deref(), Ok(expected), "{why}");
        }
    }
}

/// What strict mode refuses.
#[test]
fn is_lenient_with_devices() {
    for (why, text, expected) in [
        ("a tag that says CBOR", r#"D9 D9 F7 81 A2 00 "/3/0/9" 02 01"#, "/3/0/9 integer 1"),
        ("a tag that says time", r#"81 A2 00 "/3/0/13" 02 C1 1A 6553F100"#, "/3/0/13 time 1700000000"),
        ("also of a time", r#"81 A3 00 "/3/0/9" 06 C1 29 02 01"#, "/3/0/9 integer 1 @now-10"),
        ("the keys of JSON", r#"81 A3 "bn" "/3/0/" "n" "9" "v" 01"#, "/3/0/9 integer 1"),
        ("whole numbers as floats", r#"81 A2 00 "/3/0/9" 02 F9 3C00"#, "/3/0/9 integer 1"),
        ("and as decimal fractions", r#"81 A2 00 "/3/0/9" 02 C4 82 02 01"#, "/3/0/9 integer 100"),
        ("a time as float", r#"81 A2 00 "/3/0/13" 02 FB 41D954FC40000000"#, "/3/0/13 time 1700000000"),
        ("an object link as text", r#"81 A2 00 "/10/0/3" 03 "66:0""#, "/10/0/3 objlnk 66:0"),
        ("a name without its first slash", r#"81 A2 00 "3/0/9" 02 01"#, "/3/0/9 integer 1"),
        ("a value of a multiple resource", r#"81 A2 00 "/3/0/7" 02 19 0ED8"#, "/3/0/7 integer 3800"),
        ("a version of a draft", r#"81 A3 20 05 00 "/3/0/9" 02 01"#, "/3/0/9 integer 1"),
    ] {
        assert_eq!(read(text, "/", Mode::Lenient).as_deref(), Ok(expected), "{why}");
        assert!(read(text, "/", Mode::Strict).is_err(), "{why}");
    }
}

#[test]
fn refuses() {
    use DecodeError::*;
    let level = Path::resource(3, 0, 9);
    let invalid = |expected, at| Invalid { path: level, expected, at };
    let wrong = |got, at| WrongType { path: level, expected: ValueType::Integer, got, at };
    let syntax = |at, expected| Syntax { at, expected };
    let cut = |at| Truncated { at, needed: 1 };
    for (text, error) in [
        ("", cut(0)),
        ("A0", syntax(0, "an array")),
        ("F6", syntax(0, "an array")),
        ("C1 80", syntax(0, "an array")),
        ("81 01", syntax(1, "a map")),
        ("81 A0", Name { at: 1, why: PathError::EmptySegment { segment: 0 } }),
        ("81", cut(1)),
        (r#"82 A2 00 "/3/0/9" 02 01"#, cut(12)),
        (r#"9F A2 00 "/3/0/9" 02 01"#, cut(12)),
        (r#"81 BF 00 "/3/0/9" 02 01"#, cut(12)),
        (r#"81 A2 00 "/3/0/9" 02 01 00"#, syntax(12, "the end")),
        (r#"81 A2 00 "/3/0/9" 02 01 FF"#, syntax(12, "the end")),
        // Lengths that claim more than there is, up to 2^64-1.
        ("9B FFFFFFFFFFFFFFFF", cut(9)),
        ("81 BB FFFFFFFFFFFFFFFF", cut(10)),
        ("81 A1 00 79 FFFF 2F", Truncated { at: 7, needed: 0xFFFE }),
        ("81 A1 08 5A FFFFFFFF", Truncated { at: 8, needed: 0xFFFF_FFFF }),
        ("81 A1 00 7F 62 2F33", cut(7)),
        // What is not well-formed.
        ("81 A1 00 7C", syntax(3, "a text string")),
        ("81 A1 00 7F 41 2F FF", syntax(4, "a text string")),
        ("81 A1 00 7F 7F FF FF", syntax(4, "a text string")),
        ("81 A1 08 5F 60 FF", syntax(4, "a byte string")),
        ("81 A1 18 63 FF", syntax(4, "a value")),
        ("81 A1 18 63 FC", syntax(4, "a value")),
        ("81 A1 18 63 1C", syntax(4, "an integer")),
        (r#"81 BF 00 "/3/0/9" 02 FF FF"#, syntax(11, "a number")),
        (r#"81 A2 00 62 C3 28 02 01"#, Utf8 { at: 4 }),
        (r#"81 A2 00 78 03 61 62 FF 02 01"#, Utf8 { at: 7 }),
        (r#"81 A2 00 7F 61 2F 61 FF FF 02 01"#, Utf8 { at: 7 }),
        (r#"81 A2 00 "/3/0/0" 03 62 C3 28"#, Utf8 { at: 12 }),
        // What SenML does not have.
        ("81 A1 40 00", syntax(2, "an integer or a text string")),
        (r#"81 A2 00 01 02 01"#, syntax(3, "a text string")),
        (r#"81 A2 00 41 31 02 01"#, syntax(3, "a text string")),
        (r#"81 A2 00 "/3/0/9" 02 F6"#, syntax(11, "a number")),
        (r#"81 A2 00 "/3/0/9" 02 F5"#, syntax(11, "a number")),
        (r#"81 A2 00 "/3/0/9" 02 "1""#, syntax(11, "a number")),
        (r#"81 A2 00 "/3/0/9" 04 01"#, syntax(11, "true or false")),
        (r#"81 A2 00 "/3/0/9" 08 "a""#, syntax(11, "a byte string")),
        (r#"81 A2 00 "/3/0/9" 02 C2 41 01"#, syntax(11, "a number")),
        (r#"81 A2 00 "/3/0/9" 02 C4 81 01"#, syntax(12, "an exponent and a mantissa")),
        (r#"81 A2 00 "/3/0/9" 02 C4 83 00 01 01"#, syntax(12, "an exponent and a mantissa")),
        (r#"81 A2 00 "/3/0/9" 02 C4 9F 00 FF"#, syntax(12, "an exponent and a mantissa")),
        (r#"81 A2 00 "/3/0/9" 02 C4 01"#, syntax(12, "an array")),
        (r#"81 A3 00 "/3/0/9" 02 01 22 "x""#, syntax(13, "a number")),
        (r#"81 A3 00 "/3/0/9" 02 01 22 F9 7E00"#, syntax(13, "a time in range")),
        (r#"81 A3 00 "/3/0/9" 02 01 22 FB 7FF0000000000000"#, syntax(13, "a time in range")),
        (r#"81 A3 00 "/3/0/9" 02 01 22 1B FFFFFFFFFFFFFFFF"#, syntax(13, "a time in range")),
        (r#"81 A3 00 "/3/0/9" 02 01 22 C4 82 1B 7FFFFFFFFFFFFFFF 01"#, syntax(13, "a time in range")),
        (r#"81 A3 00 "/3/0/9" 02 01 03 "a""#, TwoValues { at: 12 }),
        (r#"81 A3 00 "/3/0/9" 02 01 02 02"#, DuplicateKey { at: 12 }),
        (r#"81 A3 00 "/3/0/9" 02 01 "v" 02"#, DuplicateKey { at: 12 }),
        (r#"81 A3 00 "/3/0/9" 02 01 "foo_" 02"#, MustUnderstand { at: 12 }),
        (r#"81 A3 20 0B 00 "/3/0/9" 02 01"#, Version { at: 3 }),
        (r#"82 A2 00 "/3/0/9" 02 01 A2 00 "/3/0/9" 02 02"#, Duplicate { path: level }),
        (r#"81 A2 00 "/4/0/1" 02 01"#, Misplaced { path: Path::resource(4, 0, 1), at: 1 }),
        (r#"81 A2 00 "/3/0" 02 01"#, Misplaced { path: Path::instance(3, 0), at: 9 }),
        // The definition wants an integer.
        (r#"81 A2 00 "/3/0/9" 02 F9 3E00"#, invalid(ValueType::Integer, 11)),
        (r#"81 A2 00 "/3/0/9" 02 F9 7E00"#, invalid(ValueType::Integer, 11)),
        (r#"81 A2 00 "/3/0/9" 02 FB 7E37E43C8800759C"#, invalid(ValueType::Integer, 11)),
        (r#"81 A2 00 "/3/0/9" 02 1B 8000000000000000"#, invalid(ValueType::Integer, 11)),
        (r#"81 A2 00 "/3/0/9" 02 3B 8000000000000000"#, invalid(ValueType::Integer, 11)),
        (r#"81 A2 00 "/3/0/9" 02 3B FFFFFFFFFFFFFFFF"#, invalid(ValueType::Integer, 11)),
        (r#"81 A2 00 "/3/0/9" 03 "1""#, wrong("text", 11)),
        (r#"81 A2 00 "/3/0/9" 04 F5"#, wrong("boolean", 11)),
        (r#"81 A2 00 "/3/0/9" 08 41 31"#, wrong("data", 11)),
        (r#"81 A2 00 "/3/0/9" "vlo" "1:0""#, wrong("object link", 14)),
    ] {
        assert_eq!(read(text, "/3", Mode::Lenient), Err(error), "{text}");
    }
    // A negative Unsigned Integer, and an object link that is none.
    let negative = read(r#"81 A2 00 "/0/0/13" 02 20"#, "/", Mode::Lenient);
    assert_eq!(negative, Err(Invalid { path: Path::resource(0, 0, 13), expected: ValueType::Unsigned, at: 12 }));
    let link = read(r#"81 A2 00 "/10/0/3" "vlo" "66""#, "/", Mode::Lenient);
    assert_eq!(link, Err(Invalid { path: Path::resource(10, 0, 3), expected: ValueType::ObjectLink, at: 15 }));
}

#[test]
fn takes_off_root_and_prefix() {
    let gateway = context("/3").with_root("/lwm2m").with_prefix("d01");
    let payload = bytes(r#"81 A3 21 "/lwm2m/d01/3/0/" 00 "9" 02 01"#);
    let entries = decode(&payload, &gateway).unwrap();
    assert_eq!(lines(&entries), "/3/0/9 integer 1");
    assert_eq!(encode(&entries, &gateway).unwrap(), payload);
}

#[test]
fn borrows() {
    let payload = bytes(r#"82 A3 21 "/3/0/" 00 "0" 03 "OMA" A2 00 "1" 03 7F "a" FF"#);
    let entries = decode(&payload, &context("/3")).unwrap();
    assert!(matches!(entries[0].value(), Some(Value::String(Cow::Borrowed("OMA")))));
    assert!(matches!(entries[1].value(), Some(Value::String(Cow::Owned(_)))));
}

#[test]
fn writes_only_what_senml_can_say() {
    let path = Path::resource(3303, 0, 5700);
    let entry = Entry::new(path, Value::Float(1.0));
    for (entries, error) in [
        (Vec::from([Entry { value: EntryValue::Delete, ..entry.clone() }]), EncodeError::NoDelete { path }),
        (Vec::from([entry.clone(), entry]), EncodeError::Duplicate { path }),
        (
            Vec::from([Entry::new(path, "1".into())]),
            EncodeError::WrongType { path, expected: ValueType::Float, got: ValueType::String },
        ),
        (
            Vec::from([Entry::new(Path::resource(3, 0, 9), Value::Integer(1))]),
            EncodeError::Misplaced { path: Path::resource(3, 0, 9) },
        ),
    ] {
        assert_eq!(encode(&entries, &context("/3303")), Err(error));
    }
}

/// Times that neither an integer nor a float says, near and far.
#[test]
fn writes_times_exactly() {
    let path = Path::resource(3, 0, 9);
    for time in ["-0.1", "0.000000001", "1700000000.123456789", "-9223372036.854775808", "268435456.999999999"] {
        let time = Timestamp::from_senml(Decimal::parse(time).unwrap());
        let entries = [Entry::new(path, Value::Integer(1)).with_time(time)];
        let payload = encode(&entries, &context("/")).unwrap();
        assert_eq!(decode(&payload, &context("/")).as_deref(), Ok(entries.as_slice()), "{time}");
    }
    for time in [
        // 292 years from 1970 and more, and not what a float says.
        Timestamp::Absolute(Decimal::new(i64::MAX / 2, 1)),
        // What would be read as relative, and the other way round.
        Timestamp::Absolute(Decimal::new(1_000, 0)),
        Timestamp::Relative(Decimal::new(1 << 28, 0)),
    ] {
        let entry = Entry::new(path, Value::Integer(1)).with_time(time);
        assert_eq!(encode(&[entry], &context("/")), Err(EncodeError::BadTime { path }));
    }
}

#[test]
fn keeps_its_limits() {
    let limits = Limits { entries: 2, nesting: 3, name: 10, ..Limits::DEFAULT };
    let read = |text: &str| decode(&bytes(text), &context("/").with_limits(limits)).map(|entries| entries.len());
    assert_eq!(read(r#"82 A1 00 "/1/0/0" A1 00 "/1/0/1""#), Ok(2));
    let many = r#"83 A1 00 "/1/0/0" A1 00 "/1/0/1" A1 00 "/1/0/2""#;
    assert_eq!(read(many), Err(DecodeError::TooMany { limit: 2 }));
    assert_eq!(read(r#"81 A2 00 "/1/0/0" 18 63 81 01"#), Ok(1));
    assert_eq!(read(r#"81 A2 00 "/1/0/0" 18 63 81 81 01"#), Err(DecodeError::TooDeep { limit: 3, at: 13 }));
    assert_eq!(read(r#"81 A2 00 "/1/0/0" 18 63 C1 C1 01"#), Err(DecodeError::TooDeep { limit: 3, at: 13 }));
    assert_eq!(read(r#"81 A2 21 "/1/0/" 00 "222222""#), Err(DecodeError::NameTooLong { limit: 10, at: 1 }));
    // Depth is how deep, not how many; and what is very deep costs nothing.
    assert_eq!(read(r#"81 A4 00 "/1/0/0" 18 63 80 18 64 A0 18 65 80"#), Ok(1));
    for opener in [0x81, 0x9F, 0xA1, 0xBF, 0xC1] {
        let mut deep = bytes(r#"81 A2 00 "/1/0/0" 18 63"#);
        deep.extend([opener].repeat(100_000));
        assert!(matches!(decode(&deep, &context("/")), Err(DecodeError::TooDeep { limit: 8, .. })), "{opener:x}");
    }
}

/// Mutations of the packs above, always the same: an error within the payload, or entries that can be written again.
#[test]
fn mutations_never_panic() {
    let mut mutations =
        Mutations::new(0x2545_F491_4F6C_DD1D, [0x9F, 0xBF, 0x7F, 0x5F, 0xFF, 0xC4, 0xC1, 0xFB, 0x1B, 0x80]);
    let mut taken = 0;
    for (text, base, _) in OK {
        let original = bytes(text);
        for _ in 0..2_000 {
            let payload = mutations.of(&original);
            match decode(&payload, &context(base)) {
                Err(error) => assert!(error.at().is_none_or(|at| at <= payload.len()), "{error:?} {payload:02x?}"),
                Ok(entries) => {
                    taken += 1;
                    match encode(&entries, &context(base)) {
                        Ok(written) => {
                            let again = decode(&written, &context(base)).map(|entries| lines(&entries));
                            assert_eq!(again, Ok(lines(&entries)), "{payload:02x?}");
                        }
                        // Parts of a second, far away.
                        Err(error) => assert!(matches!(error, EncodeError::BadTime { .. }), "{error} {payload:02x?}"),
                    }
                }
            }
        }
    }
    assert!(taken > 1_000, "{taken}");
}

#[test]
fn object_links_are_text() {
    let entries = [Entry::new(Path::resource(10, 0, 3), Value::ObjectLink(ObjectLink::NULL))];
    let payload = encode(&entries, &context("/10")).unwrap();
    assert!(payload.ends_with(b"\x63vlo\x6b65535:65535"));
}

#[test]
fn labels_of_json() {
    // {"n": "/3/0/1", 2: 1}: the lenient reader takes the name, the strict one must not take another record for it.
    let pack = bytes(r#"81 A2 "n" "/1/0/1" 02 01"#);
    let context = Context::new(ContentFormat::SENML_CBOR, Path::ROOT, Models::oma());
    let read = |mode| codec::decode(&pack, &context.with_mode(mode)).map(Payload::into_entries);
    assert_eq!(read(Mode::Lenient), Ok(Vec::from([Entry::new(Path::resource(1, 0, 1), Value::Integer(1))])));
    assert_eq!(read(Mode::Strict), Err(DecodeError::Syntax { at: 2, expected: "the number of this label" }));
}
