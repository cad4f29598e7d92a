//! Values of the specification, other ways to write them, and bad ones.

use super::*;
use crate::codec::senml::cbor::tests::bytes;
use crate::codec::{self, Payload};
use crate::{ContentFormat, EntryValue, Models, ObjectLink, Path, Value, ValueType, annotate};

fn context(path: &str) -> Context<'static> {
    Context::new(ContentFormat::CBOR, path.parse().unwrap(), Models::oma())
}

fn read(text: &str, path: &str, mode: Mode) -> Result<EntryValue<'static>, DecodeError> {
    let (payload, context) = (bytes(text), context(path).with_mode(mode));
    annotate::check(&payload, &context);
    let mut entries = codec::decode(&payload, &context).map(Payload::into_owned)?.into_entries();
    assert_eq!((entries.len(), entries[0].path), (1, context.base));
    Ok(entries.remove(0).value)
}

/// Where, what we write, what it is. The first ones are of OMA LwM2M Core, "CBOR".
const OK: &[(&str, &str, Value<'_>)] = &[
    ("/1/0/2", "18 65", Value::Integer(101)),
    ("/1/0/6", "F5", Value::Boolean(true)),
    ("/1/0/7", "61 55", Value::String(std::borrow::Cow::Borrowed("U"))),
    ("/5/0/0", "43 010203", Value::Opaque(std::borrow::Cow::Borrowed(&[1, 2, 3]))),
    ("/3/0/13", "1A 6553F100", Value::Time(1_700_000_000)),
    ("/10/0/3", r#""66:0""#, Value::ObjectLink(ObjectLink { object: 66, instance: 0 })),
    ("/3303/0/5700", "F9 4E60", Value::Float(25.5)),
    ("/3303/0/5700", "FA 3DCCCCCD", Value::Float(0.1_f32 as f64)),
    ("/3303/0/5700", "FB 3FB999999999999A", Value::Float(0.1)),
    ("/3303/0/5700", "F9 0001", Value::Float(1.0 / 16_777_216.0)),
    ("/3303/0/5700", "FA 33000000", Value::Float(1.0 / 33_554_432.0)),
    ("/3303/0/5700", "F9 03FF", Value::Float(1_023.0 / 16_777_216.0)),
    ("/3303/0/5700", "F9 0400", Value::Float(1.0 / 16_384.0)),
    ("/3303/0/5700", "F9 7BFF", Value::Float(65_504.0)),
    ("/3303/0/5700", "FA 477FF000", Value::Float(65_520.0)),
    ("/3303/0/5700", "F9 8000", Value::Float(-0.0)),
    ("/3303/0/5700", "F9 FC00", Value::Float(f64::NEG_INFINITY)),
    ("/3/0/9", "17", Value::Integer(23)),
    ("/3/0/9", "18 18", Value::Integer(24)),
    ("/3/0/9", "18 FF", Value::Integer(255)),
    ("/3/0/9", "19 0100", Value::Integer(256)),
    ("/3/0/9", "1A 00010000", Value::Integer(65_536)),
    ("/3/0/9", "1B 0000000100000000", Value::Integer(1 << 32)),
    ("/3/0/9", "37", Value::Integer(-24)),
    ("/3/0/9", "38 18", Value::Integer(-25)),
    ("/3/0/9", "3B 7FFFFFFFFFFFFFFF", Value::Integer(i64::MIN)),
    ("/0/0/13", "1A FFFFFFFF", Value::Unsigned(u32::MAX as u64)),
    ("/3/0/0", "60", Value::String(std::borrow::Cow::Borrowed(""))),
    ("/25/0/3", r#""</3>""#, Value::CoreLink(std::borrow::Cow::Borrowed("</3>"))),
    ("/3/0/7/0", "19 0ED8", Value::Integer(3800)),
    ("/65000/0/1", "1B FFFFFFFFFFFFFFFF", Value::Unsigned(u64::MAX)),
];

#[test]
fn both_ways() {
    for (path, text, value) in OK {
        for mode in [Mode::Lenient, Mode::Strict] {
            assert_eq!(read(text, path, mode), Ok(EntryValue::Value(value.clone())), "{text}");
        }
        let entry = Entry::new(path.parse().unwrap(), value.clone());
        assert_eq!(codec::encode(&[entry], &context(path)), Ok(bytes(text)), "{text}");
    }
}

#[test]
fn reads_other_ways_to_say_it() {
    for (path, text, value, strict) in [
        ("/3303/0/5700", "FB 4039800000000000", Value::Float(25.5), true),
        ("/3303/0/5700", "18 19", Value::Float(25.0), true),
        ("/3/0/9", "1B 0000000000000064", Value::Integer(100), true),
        ("/3/0/0", r#"7F "O" "MA" FF"#, Value::String("OMA".into()), true),
        ("/5/0/0", "5F 41 01 40 42 0203 FF", Value::Opaque([1, 2, 3].as_slice().into()), true),
        ("/10/0/3", r#""FFFF:FFFF""#, Value::ObjectLink(ObjectLink::NULL), true),
        ("/3/0/13", "C1 1A 6553F100", Value::Time(1_700_000_000), true),
        ("/3/0/13", "C1 FB 41D954FC40000000", Value::Time(1_700_000_000), false),
        ("/3/0/13", r#"C0 74 323032332D31312D31345432323A31333A32305A"#, Value::Time(1_700_000_000), false),
        ("/3/0/0", r#"C0 "2013-05-02""#, Value::String("2013-05-02".into()), false),
        ("/3/0/13", "FB 41D954FC40000000", Value::Time(1_700_000_000), false),
        ("/3/0/9", "F9 5640", Value::Integer(100), false),
        ("/3/0/9", "D9 D9F7 18 64", Value::Integer(100), false),
        ("/3/0/7", "19 0ED8", Value::Integer(3800), false),
    ] {
        assert_eq!(read(text, path, Mode::Lenient), Ok(EntryValue::Value(value)), "{text}");
        assert_eq!(read(text, path, Mode::Strict).is_ok(), strict, "{text}");
    }
}

#[test]
fn refuses() {
    let level = Path::resource(3, 0, 9);
    let wrong = |got| DecodeError::WrongType { path: level, expected: ValueType::Integer, got, at: 0 };
    let invalid = DecodeError::Invalid { path: level, expected: ValueType::Integer, at: 0 };
    let syntax = |at, expected| DecodeError::Syntax { at, expected };
    for (text, error) in [
        ("", DecodeError::Truncated { at: 0, needed: 1 }),
        ("19 01", DecodeError::Truncated { at: 2, needed: 1 }),
        ("1B 01", DecodeError::Truncated { at: 2, needed: 7 }),
        ("18 64 00", syntax(2, "the end")),
        ("1C", syntax(0, "a number")),
        ("1F", syntax(0, "a number")),
        ("FF", syntax(0, "a number")),
        ("F6", syntax(0, "a number")),
        ("F8 F5", syntax(0, "a number")),
        ("80", syntax(0, "a value")),
        ("A0", syntax(0, "a value")),
        (r#""1""#, wrong("text")),
        ("41 31", wrong("data")),
        ("F5", wrong("boolean")),
        ("C0 61 31", wrong("date")),
        ("F9 3E00", invalid),
        ("F9 7E00", invalid),
        ("1B FFFFFFFFFFFFFFFF", invalid),
        ("3B 8000000000000000", invalid),
        // Tags that nobody needs.
        ("C2 41 01", syntax(0, "a number")),
        ("C1 C1 01", syntax(1, "a number")),
    ] {
        assert_eq!(read(text, "/3/0/9", Mode::Lenient), Err(error), "{text}");
    }
    let base = DecodeError::Base { format: ContentFormat::CBOR, base: Path::instance(3, 0) };
    assert_eq!(read("01", "/3/0", Mode::Lenient), Err(base));
    assert_eq!(read("62 C328", "/3/0/0", Mode::Lenient), Err(DecodeError::Utf8 { at: 1 }));
    let deep = [0xC1].repeat(100_000);
    assert!(codec::decode(&deep, &context("/3/0/13")).is_err());
}
