//! Packs of the specification, of devices, and bad ones.

use std::string::{String, ToString};

use super::*;
use crate::annotate;
use crate::codec::{self, Payload, encode};
use crate::{ContentFormat, EntryValue, Limits, Models, Path, PathError, ValueType};

fn decode<'p>(payload: &'p [u8], context: &Context<'_>) -> Result<Vec<Entry<'p>>, DecodeError> {
    annotate::check(payload, context);
    codec::decode(payload, context).map(Payload::into_entries)
}

fn context(base: &str) -> Context<'static> {
    Context::new(ContentFormat::SENML_JSON, base.parse().unwrap(), Models::oma())
}

/// One line for an entry: `/3/0/9 integer 100 @now-10`.
pub(in crate::codec) fn lines(entries: &[Entry<'_>]) -> String {
    let line = |entry: &Entry<'_>| {
        let value = entry.value().map(|value| std::format!(" {value}")).unwrap_or_default();
        let time = entry.time.map(|time| std::format!(" @{time}")).unwrap_or_default();
        std::format!("{} {}{value}{time}", entry.path, entry.type_name())
    };
    entries.iter().map(line).collect::<Vec<_>>().join("; ")
}

fn read(text: &str, base: &str, mode: Mode) -> Result<String, DecodeError> {
    decode(text.as_bytes(), &context(base).with_mode(mode)).map(|entries| lines(&entries))
}

/// What we write, where, and what it says. The names are those of the examples in OMA LwM2M Core, "SenML JSON".
const OK: &[(&str, &str, &str)] = &[
    ("[]", "/3/0", ""),
    (r#"[{"bn":"/3/0/","n":"0","vs":"OMA"},{"n":"9","v":95}]"#, "/3/0", "/3/0/0 string OMA; /3/0/9 integer 95"),
    (r#"[{"bn":"/3/0/","n":"6/0","v":1},{"n":"6/1","v":5}]"#, "/3", "/3/0/6/0 integer 1; /3/0/6/1 integer 5"),
    (
        r#"[{"bn":"/3303/0/","n":"5700","v":25.5},{"bn":"/3303/1/","n":"5700","v":-0.0}]"#,
        "/3303",
        "/3303/0/5700 float 25.5; /3303/1/5700 float -0.0",
    ),
    (
        r#"[{"bn":"/1/0/","n":"6","vb":true},{"n":"23","vb":false}]"#,
        "/1/0",
        "/1/0/6 boolean true; /1/0/23 boolean false",
    ),
    (r#"[{"bn":"/5/0/","n":"0","vd":"AQIDBAU"}]"#, "/5/0/0", "/5/0/0 opaque 0102030405"),
    (r#"[{"bn":"/5/0/","n":"0","vd":"-__-AQ"}]"#, "/5/0/0", "/5/0/0 opaque fbfffe01"),
    (r#"[{"bn":"/10/0/","n":"3","vlo":"66:0"}]"#, "/10/0", "/10/0/3 objlnk 66:0"),
    (r#"[{"bn":"/25/0/","n":"3","vs":"</3>"}]"#, "/", "/25/0/3 corelnk </3>"),
    (r#"[{"bn":"/3/0/","n":"13","v":-9223372036854775808}]"#, "/3/0", "/3/0/13 time -9223372036854775808"),
    (
        r#"[{"bn":"/65000/0/","n":"0","v":18446744073709551615},{"n":"1","v":9007199254740993},{"n":"2","v":1.5}]"#,
        "/",
        "/65000/0/0 unsigned 18446744073709551615; /65000/0/1 integer 9007199254740993; /65000/0/2 float 1.5",
    ),
    // A composite read, then a name alone after a base name.
    (r#"[{"n":"/3/0/0"},{"n":"/3/0/9"},{"n":"/1/0/1"}]"#, "/", "/3/0/0 none; /3/0/9 none; /1/0/1 none"),
    (r#"[{"n":"/"}]"#, "/", "/ none"),
    (
        r#"[{"bn":"/3/0/","n":"9","v":1},{"bn":"/5"},{"bn":"/3/0/","n":"10","v":2}]"#,
        "/",
        "/3/0/9 integer 1; /5 none; /3/0/10 integer 2",
    ),
    // Times: one for all, for each, and for some only.
    (
        r#"[{"bn":"/3/0/","n":"9","bt":1700000000,"v":1},{"n":"10","v":2},{"n":"9","bt":1700000010.5,"v":3}]"#,
        "/3/0",
        "/3/0/9 integer 1 @1700000000; /3/0/10 integer 2 @1700000000; /3/0/9 integer 3 @1700000010.5",
    ),
    (
        r#"[{"bn":"/3/0/","n":"9","t":-10.25,"v":1},{"n":"10","v":2}]"#,
        "/3/0",
        "/3/0/9 integer 1 @now-10.25; /3/0/10 integer 2",
    ),
    (r#"[{"bn":"/3/0/","n":"0","vs":"a\"\\\n\u0001é😀"}]"#, "/3/0", "/3/0/0 string a\"\\\n\u{1}é😀"),
];

#[test]
fn both_ways() {
    for (text, base, expected) in OK {
        assert_eq!(read(text, base, Mode::Lenient).as_deref(), Ok(*expected), "{text}");
        assert_eq!(read(text, base, Mode::Strict).as_deref(), Ok(*expected), "{text}");
        let entries = decode(text.as_bytes(), &context(base)).unwrap();
        assert_eq!(String::from_utf8(encode(&entries, &context(base)).unwrap()).unwrap(), *text);
    }
}

#[test]
fn reads_other_ways_to_say_it() {
    for (why, text, base, expected) in [
        ("the whole name as base name", r#"[{"bn":"/3/0/9","v":1}]"#, "/3/0/9", "/3/0/9 integer 1"),
        (
            "names are concatenated, nothing is put between",
            r#"[{"bn":"/3/0","n":"/9","v":1}]"#,
            "/3",
            "/3/0/9 integer 1",
        ),
        ("also inside a number", r#"[{"bn":"/3/0/1","n":"3","v":1}]"#, "/3", "/3/0/13 time 1"),
        ("root as base name", r#"[{"bn":"/","n":"3/0/9","v":1}]"#, "/", "/3/0/9 integer 1"),
        ("empty base name", r#"[{"bn":"","n":"/3/0/9","v":1}]"#, "/", "/3/0/9 integer 1"),
        ("value before name", r#"[{"v":1,"n":"9","bn":"/3/0/"}]"#, "/3/0", "/3/0/9 integer 1"),
        (
            "units and sums are passed over",
            r#"[{"n":"/3/0/9","v":1,"u":"%","s":3,"ut":1,"bu":"V","bs":0}]"#,
            "/3/0",
            "/3/0/9 integer 1",
        ),
        ("unknown keys are passed over", r#"[{"n":"/3/0/9","v":1,"x":{"y":[1,{}]}}]"#, "/3/0", "/3/0/9 integer 1"),
        ("the version", r#"[{"bver":10,"n":"/3/0/9","v":1}]"#, "/3/0", "/3/0/9 integer 1"),
        (
            "a base value is added",
            r#"[{"bn":"/3/0/","bv":10,"n":"9","v":1},{"n":"10","v":-2}]"#,
            "/3/0",
            "/3/0/9 integer 11; /3/0/10 integer 8",
        ),
        ("exactly", r#"[{"n":"/3/0/9","bv":9007199254740993,"v":1}]"#, "/3/0", "/3/0/9 integer 9007199254740994"),
        ("also if it is the only value", r#"[{"n":"/3/0/9","bv":7}]"#, "/3/0", "/3/0/9 integer 7"),
        ("halves make a whole", r#"[{"n":"/3/0/9","bv":0.5,"v":0.5}]"#, "/3/0", "/3/0/9 integer 1"),
        ("a base value of a float", r#"[{"n":"/3303/0/5700","bv":20,"v":5.5}]"#, "/3303/0", "/3303/0/5700 float 25.5"),
        (
            "base and own time",
            r#"[{"bt":1700000000,"t":-0.1,"n":"/3/0/9","v":1}]"#,
            "/3",
            "/3/0/9 integer 1 @1699999999.9",
        ),
        (
            "below 2^28 a time is relative",
            r#"[{"bt":268435455,"t":0.999,"n":"/3/0/9","v":1}]"#,
            "/3",
            "/3/0/9 integer 1 @now+268435455.999",
        ),
        (
            "from there on absolute",
            r#"[{"bt":268435455,"t":1,"n":"/3/0/9","v":1}]"#,
            "/3",
            "/3/0/9 integer 1 @268435456",
        ),
        ("a time of zero is now", r#"[{"t":0,"n":"/3/0/9","v":1}]"#, "/3", "/3/0/9 integer 1 @now"),
        ("integers as floats", r#"[{"bn":"/3303/0/","n":"5700","v":25}]"#, "/3303/0", "/3303/0/5700 float 25.0"),
        ("escaped names", r#"[{"\u006e":"\/3\/0\/9","v":1}]"#, "/3", "/3/0/9 integer 1"),
    ] {
        for mode in [Mode::Lenient, Mode::Strict] {
            assert_eq!(read(text, base, mode).as_deref(), Ok(expected), "{why}");
        }
    }
}

/// What strict mode refuses.
#[test]
fn is_lenient_with_devices() {
    for (why, text, base, expected) in [
        ("a name without its first slash", r#"[{"n":"3/0/9","v":1}]"#, "/3/0", "/3/0/9 integer 1"),
        ("a slash at the end", r#"[{"n":"/3/0/9/","v":1}]"#, "/3/0", "/3/0/9 integer 1"),
        ("an object link as text", r#"[{"n":"/10/0/3","vs":"66:0"}]"#, "/10", "/10/0/3 objlnk 66:0"),
        ("standard base64", r#"[{"n":"/5/0/0","vd":"+//+AQ=="}]"#, "/5", "/5/0/0 opaque fbfffe01"),
        (
            "whole numbers as decimals",
            r#"[{"n":"/3/0/9","v":1.0},{"n":"/3/0/13","v":1.7e9}]"#,
            "/3",
            "/3/0/9 integer 1; /3/0/13 time 1700000000",
        ),
        ("a value of a multiple resource", r#"[{"n":"/3/0/7","v":3800}]"#, "/3", "/3/0/7 integer 3800"),
        ("a byte order mark", "\u{feff}[{\"n\":\"/3/0/9\",\"v\":1}]", "/3", "/3/0/9 integer 1"),
        ("a version of a draft", r#"[{"bver":5,"n":"/3/0/9","v":1}]"#, "/3", "/3/0/9 integer 1"),
    ] {
        assert_eq!(read(text, base, Mode::Lenient).as_deref(), Ok(expected), "{why}");
        assert!(read(text, base, Mode::Strict).is_err(), "{why}");
    }
}

#[test]
fn refuses() {
    use DecodeError::*;
    let level = Path::resource(3, 0, 9);
    let invalid = |path, expected, at| Invalid { path, expected, at };
    let syntax = |at, expected| Syntax { at, expected };
    for (text, error) in [
        ("", Truncated { at: 0, needed: 1 }),
        ("{}", syntax(0, "[")),
        ("[1]", syntax(1, "{")),
        ("[{}]", Name { at: 1, why: PathError::EmptySegment { segment: 0 } }),
        (r#"[{"n":"/3/0/9","v":1}"#, Truncated { at: 21, needed: 1 }),
        (r#"[{"n":"/3/0/9","v":1}] x"#, syntax(23, "the end")),
        (r#"[{"n":"/3/0/9","v":1},]"#, syntax(22, "{")),
        (r#"[{"n":"/3/0/9","v":"1"}]"#, syntax(19, "a digit")),
        (r#"[{"n":"/3/0/9","v":null}]"#, syntax(19, "a digit")),
        (r#"[{"n":1,"v":1}]"#, syntax(6, "a string")),
        (r#"[{"n":"/3/0/9","bt":"x","v":1}]"#, syntax(20, "a number")),
        (r#"[{"n":"/3/0/9","bt":1e300,"v":1}]"#, syntax(20, "a time in range")),
        (r#"[{"n":"/3/0/9","bt":9223372036854775807,"t":1,"v":1}]"#, syntax(1, "a time in range")),
        (r#"[{"bn":"/3/0","n":"0","v":1}]"#, Name { at: 1, why: PathError::LeadingZero { segment: 1 } }),
        (r#"[{"n":"/3/0/x","v":1}]"#, Name { at: 1, why: PathError::NotANumber { segment: 2 } }),
        (r#"[{"n":"/3/-/9","v":1}]"#, Name { at: 1, why: PathError::NotANumber { segment: 1 } }),
        (r#"[{"n":"/3/0/65535","v":1}]"#, Name { at: 1, why: PathError::OutOfRange { segment: 2 } }),
        (r#"[{"n":"/3/0/6/0/0","v":1}]"#, Name { at: 1, why: PathError::TooLong }),
        (r#"[{"n":"/3/0","v":1}]"#, Misplaced { path: Path::instance(3, 0), at: 17 }),
        (r#"[{"n":"/4/0/1","v":1}]"#, Misplaced { path: Path::resource(4, 0, 1), at: 1 }),
        (r#"[{"n":"/3/0/9","v":1,"vs":"a"}]"#, TwoValues { at: 21 }),
        (r#"[{"n":"/3/0/9","v":1,"v":2}]"#, DuplicateKey { at: 21 }),
        (r#"[{"n":"/3/0/9","v":1,"n":"/3/0/9"}]"#, DuplicateKey { at: 21 }),
        (r#"[{"n":"/3/0/9","v":1,"foo_":2}]"#, MustUnderstand { at: 21 }),
        (r#"[{"bver":11,"n":"/3/0/9","v":1}]"#, Version { at: 9 }),
        (r#"[{"n":"/3/0/9","v":1},{"n":"/3/0/9","v":2}]"#, Duplicate { path: level }),
        (r#"[{"n":"/3/0/7","v":1},{"n":"/3/0/7/0","v":2}]"#, Duplicate { path: Path::resource_instance(3, 0, 7, 0) }),
        (r#"[{"n":"/3/0/9","v":1.5}]"#, invalid(level, ValueType::Integer, 19)),
        (r#"[{"n":"/3/0/9","v":9223372036854775808}]"#, invalid(level, ValueType::Integer, 19)),
        (r#"[{"n":"/3/0/9","v":1e999999999999}]"#, invalid(level, ValueType::Integer, 19)),
        (r#"[{"n":"/3/0/9","bv":9223372036854775807,"v":1}]"#, invalid(level, ValueType::Integer, 44)),
        (
            r#"[{"n":"/3/0/21","vd":"A"}]"#,
            WrongType { path: Path::resource(3, 0, 21), expected: ValueType::Unsigned, got: "data", at: 21 },
        ),
        (r#"[{"n":"/3/0/9","vs":"1"}]"#, WrongType { path: level, expected: ValueType::Integer, got: "text", at: 20 }),
        (
            r#"[{"n":"/3/0/0","v":1}]"#,
            WrongType { path: Path::resource(3, 0, 0), expected: ValueType::String, got: "number", at: 19 },
        ),
        ("[{\"n\":\"/3/0/0\",\"vs\":\"a\tb\"}]", syntax(22, "the end of a string")),
        (r#"[{"n":"/3/0/0","vs":"\ud800"}]"#, syntax(21, "an escape")),
    ] {
        let got = read(text, "/3", Mode::Lenient);
        if matches!(error, WrongType { expected: ValueType::Unsigned, .. }) {
            assert!(matches!(got, Err(WrongType { got: "data", .. })), "{got:?}");
        } else {
            assert_eq!(got, Err(error), "{text}");
        }
    }
    assert_eq!(decode(b"[\xff]", &context("/3")), Err(Utf8 { at: 1 }));
    let opaque = |text| read(text, "/5", Mode::Lenient);
    assert_eq!(opaque(r#"[{"n":"/5/0/0","vd":"A"}]"#), Err(invalid(Path::resource(5, 0, 0), ValueType::Opaque, 20)));
    let float = |text| read(text, "/3303", Mode::Lenient);
    let reading = Path::resource(3303, 0, 5700);
    assert_eq!(float(r#"[{"n":"/3303/0/5700","v":1e400}]"#), Err(invalid(reading, ValueType::Float, 25)));
    assert_eq!(float(r#"[{"n":"/3303/0/5700","v":NaN}]"#), Err(syntax(25, "a digit")));
}

#[test]
fn takes_off_root_and_prefix() {
    let root = context("/3").with_root("/lwm2m/");
    let gateway = root.with_prefix("d01");
    for (context, text) in [
        (root, r#"[{"bn":"/lwm2m/3/0/","n":"9","v":1}]"#),
        (gateway, r#"[{"bn":"/lwm2m/d01/3/0/","n":"9","v":1}]"#),
        (context("/3").with_prefix("d01"), r#"[{"bn":"/d01/3/0/","n":"9","v":1}]"#),
    ] {
        let entries = decode(text.as_bytes(), &context).unwrap();
        assert_eq!(lines(&entries), "/3/0/9 integer 1");
        assert_eq!(encode(&entries, &context).unwrap(), text.as_bytes());
        // Some devices leave them away.
        assert_eq!(decode(br#"[{"n":"/3/0/9","v":1}]"#, &context).map(|e| lines(&e)).unwrap(), "/3/0/9 integer 1");
    }
    let other = decode(br#"[{"n":"/lwm2mx/3/0/9","v":1}]"#, &root);
    assert_eq!(other, Err(DecodeError::OtherPrefix { at: 1 }));
    let wish = [Entry::absent(Path::ROOT)];
    let everything = context("/").with_root("/lwm2m");
    assert_eq!(encode(&wish, &everything).unwrap(), br#"[{"n":"/lwm2m"}]"#);
    assert_eq!(decode(br#"[{"n":"/lwm2m"}]"#, &everything).as_deref(), Ok(wish.as_slice()));
}

#[test]
fn writes_only_what_senml_can_say() {
    let path = Path::resource(3303, 0, 5700);
    let entry = Entry::new(path, Value::Float(1.0));
    let got = ValueType::String;
    for (entries, error) in [
        (Vec::from([Entry::new(path, Value::Float(f64::INFINITY))]), EncodeError::NotFinite { path }),
        (Vec::from([Entry { value: EntryValue::Delete, ..entry.clone() }]), EncodeError::NoDelete { path }),
        (Vec::from([entry.clone(), entry.clone()]), EncodeError::Duplicate { path }),
        (
            Vec::from([Entry::new(path, Value::String("1".into()))]),
            EncodeError::WrongType { path, expected: ValueType::Float, got },
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
        assert_eq!(encode(&entries, &context("/3303")), Err(error));
    }
    let new = Path::new_instance(3303).child(5700).unwrap();
    let error = EncodeError::NewInstance { path: new };
    assert_eq!(encode(&[Entry::new(new, Value::Float(1.0))], &context("/3303")), Err(error));
}

#[test]
fn keeps_its_limits() {
    let limits = Limits { entries: 2, nesting: 3, name: 10, ..Limits::DEFAULT };
    let read = |text: &str| decode(text.as_bytes(), &context("/").with_limits(limits)).map(|entries| entries.len());
    assert_eq!(read(r#"[{"n":"/1/0/0"},{"n":"/1/0/1"}]"#), Ok(2));
    assert_eq!(read(r#"[{"n":"/1/0/0"},{"n":"/1/0/1"},{"n":"/1/0/2"}]"#), Err(DecodeError::TooMany { limit: 2 }));
    assert_eq!(read(r#"[{"n":"/1/0/0","x":[1]}]"#), Ok(1));
    assert_eq!(read(r#"[{"n":"/1/0/0","x":[[1]]}]"#), Err(DecodeError::TooDeep { limit: 3, at: 20 }));
    assert_eq!(read(r#"[{"n":"/1/0/22222"}]"#), Ok(1));
    assert_eq!(read(r#"[{"bn":"/1/0/","n":"222222"}]"#), Err(DecodeError::NameTooLong { limit: 10, at: 1 }));
    // A long base name is not copied for each of many records.
    let long = "[{\"bn\":\"".to_string() + &"x".repeat(100_000) + "\",\"n\":\"1\"}" + &",{}".repeat(60_000) + "]";
    let error = decode(long.as_bytes(), &context("/"));
    assert_eq!(error, Err(DecodeError::NameTooLong { limit: 1_024, at: 1 }));
    let many = |count: usize| "[".to_string() + &["{\"n\":\"/1\"}"].repeat(count).join(",") + "]";
    assert_eq!(decode(many(65_536).as_bytes(), &context("/")).map(|entries| entries.len()), Ok(65_536));
    assert_eq!(decode(many(65_537).as_bytes(), &context("/")), Err(DecodeError::TooMany { limit: 65_536 }));
}

/// serde_json's float reader is exact with its feature `float_roundtrip`; so must ours be.
#[test]
fn reads_floats_exactly() {
    for text in [
        "0.1",
        "1e22",
        "2.2250738585072014e-308",
        "5e-324",
        "1.7976931348623157E308",
        "9007199254740993.0",
        "123456789012345678",
    ] {
        let pack = std::format!("[{{\"n\":\"/3303/0/5700\",\"v\":{text}}}]");
        let entries = decode(pack.as_bytes(), &context("/3303")).unwrap();
        let Some(Value::Float(ours)) = entries[0].value() else { panic!("{entries:?}") };
        assert_eq!(ours.to_bits(), serde_json::from_str::<f64>(text).unwrap().to_bits(), "{text}");
        let again = encode(&entries, &context("/3303")).unwrap();
        assert_eq!(decode(&again, &context("/3303")).as_deref(), Ok(entries.as_slice()));
    }
}
