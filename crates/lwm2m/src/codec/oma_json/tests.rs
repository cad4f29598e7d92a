//! Packs of the specification, of devices, and bad ones.

use std::string::String;

use super::*;
use crate::{ContentFormat, Limits, Models};

fn context(base: &str) -> Context<'static> {
    Context::new(ContentFormat::JSON, base.parse().unwrap(), Models::oma())
}

/// As everyone calls it, one line for each entry: `/3/0/9 integer 100 @1700000000`.
fn read(text: &str, context: &Context<'_>) -> Result<String, DecodeError> {
    crate::annotate::check(text.as_bytes(), context);
    let payload = crate::codec::decode(text.as_bytes(), context)?;
    let line = |entry: &Entry<'_>| {
        let value = entry.value().map(|value| std::format!(" {value}")).unwrap_or_default();
        let time = entry.time.map(|time| std::format!(" @{time}")).unwrap_or_default();
        std::format!("{} {}{value}{time}", entry.path, entry.type_name())
    };
    Ok(payload.entries().iter().map(line).collect::<Vec<_>>().join("; "))
}

/// Where, text, entries. What we write is the same text.
const OK: &[(&str, &str, &str)] = &[
    ("/3/0", r#"{"bn":"/3/0/","e":[{"n":"0","sv":"x"}]}"#, "/3/0/0 string x"),
    (
        "/3",
        r#"{"bn":"/3/","e":[{"n":"0/9","v":100},{"n":"0/7/0","v":3800}]}"#,
        "/3/0/9 integer 100; /3/0/7/0 integer 3800",
    ),
    ("/", r#"{"bn":"/","e":[{"n":"3/0/9","v":100}]}"#, "/3/0/9 integer 100"),
    ("/3/0/9", r#"{"bn":"/3/0/","e":[{"n":"9","v":-1}]}"#, "/3/0/9 integer -1"),
    (
        "/3/0/7",
        r#"{"bn":"/3/0/7/","e":[{"n":"0","v":1},{"n":"65534","v":2}]}"#,
        "/3/0/7/0 integer 1; /3/0/7/65534 integer 2",
    ),
    ("/3/0/7/0", r#"{"bn":"/3/0/","e":[{"n":"7/0","v":1}]}"#, "/3/0/7/0 integer 1"),
    ("/3/0/13", r#"{"bn":"/3/0/","e":[{"n":"13","v":1700000000}]}"#, "/3/0/13 time 1700000000"),
    ("/3303/0/5700", r#"{"bn":"/3303/0/","e":[{"n":"5700","v":25.5}]}"#, "/3303/0/5700 float 25.5"),
    ("/3303/0/5700", r#"{"bn":"/3303/0/","e":[{"n":"5700","v":-0.0}]}"#, "/3303/0/5700 float -0.0"),
    ("/1/0/6", r#"{"bn":"/1/0/","e":[{"n":"6","bv":true}]}"#, "/1/0/6 boolean true"),
    ("/10/0/3", r#"{"bn":"/10/0/","e":[{"n":"3","ov":"66:0"}]}"#, "/10/0/3 objlnk 66:0"),
    ("/10/0/3", r#"{"bn":"/10/0/","e":[{"n":"3","ov":"65535:65535"}]}"#, "/10/0/3 objlnk 65535:65535"),
    ("/5/0/0", r#"{"bn":"/5/0/","e":[{"n":"0","sv":"+//++Q=="}]}"#, "/5/0/0 opaque fbfffef9"),
    ("/25/0/3", r#"{"bn":"/25/0/","e":[{"n":"3","sv":"</3>;ver=\"1.1\""}]}"#, r#"/25/0/3 corelnk </3>;ver="1.1""#),
    (
        "/65000/0",
        r#"{"bn":"/65000/0/","e":[{"n":"1","v":18446744073709551615},{"n":"2","bv":false},{"n":"3","ov":"1:2"}]}"#,
        "/65000/0/1 unsigned 18446744073709551615; /65000/0/2 boolean false; /65000/0/3 objlnk 1:2",
    ),
    ("/3/0", r#"{"bn":"/3/0/","e":[]}"#, ""),
    ("/3/0/7", r#"{"bn":"/3/0/7/","e":[]}"#, ""),
    // History: the same name at several times.
    (
        "/3303/0/5700",
        r#"{"bn":"/3303/0/","e":[{"n":"5700","t":1700000000,"v":1.0},{"n":"5700","t":1699999999.5,"v":2.0}]}"#,
        "/3303/0/5700 float 1.0 @1700000000; /3303/0/5700 float 2.0 @1699999999.5",
    ),
    (
        "/3/0",
        r#"{"bn":"/3/0/","bt":1700000000,"e":[{"n":"9","v":1},{"n":"13","v":2}]}"#,
        "/3/0/9 integer 1 @1700000000; /3/0/13 time 2 @1700000000",
    ),
];

#[test]
fn both_ways() {
    for (base, text, lines) in OK {
        let context = context(base);
        for mode in [Mode::Strict, Mode::Lenient] {
            assert_eq!(read(text, &context.with_mode(mode)).as_deref(), Ok(*lines), "{text}");
        }
        let payload = crate::codec::decode(text.as_bytes(), &context).unwrap();
        let written = encode(payload.entries(), &context).map(|bytes| String::from_utf8(bytes).unwrap());
        assert_eq!(written.as_deref(), Ok(*text));
    }
}

#[test]
fn reads_what_devices_send() {
    for (base, text, lines) in [
        // Leshan: the whole path is the base name of one resource; object links are text.
        ("/3/0/9", r#"{"bn":"/3/0/9","e":[{"v":100}]}"#, "/3/0/9 integer 100"),
        ("/3/0/7/1", r#"{"bn":"/3/0/7/1","e":[{"v":100}]}"#, "/3/0/7/1 integer 100"),
        ("/10/0/3", r#"{"bn":"/10/0/3","e":[{"sv":"66:0"}]}"#, "/10/0/3 objlnk 66:0"),
        ("/3303/0/5700", r#"{"bn":"/3303/0/5700","e":[{"v":1.0E22}]}"#, "/3303/0/5700 float 1e22"),
        // Without a base name: relative to the request.
        ("/3/0", r#"{"e":[{"n":"9","v":100}]}"#, "/3/0/9 integer 100"),
        ("/3", r#"{"e":[{"n":"0/9","v":100}]}"#, "/3/0/9 integer 100"),
        ("/3/0/9", r#"{"e":[{"v":100}]}"#, "/3/0/9 integer 100"),
        ("/3/0/9", r#"{"e":[{"n":"","v":100}]}"#, "/3/0/9 integer 100"),
        ("/3/0/7", r#"{"e":[{"n":"0","v":100}]}"#, "/3/0/7/0 integer 100"),
        ("/3/0", r#"{"e":[{"n":"/3/0/9","v":100}]}"#, "/3/0/9 integer 100"),
        ("/3/0", r#"{"bn":"","e":[{"n":"/3/0/9","v":100}]}"#, "/3/0/9 integer 100"),
        ("/3/0", r#"{"bn":"3/0/","e":[{"n":"9","v":100}]}"#, "/3/0/9 integer 100"),
        // Put together by characters, wherever the cut is.
        ("/3/0", r#"{"bn":"/3/0","e":[{"n":"/9","v":100}]}"#, "/3/0/9 integer 100"),
        ("/3/0", r#"{"bn":"/3/0/1","e":[{"n":"3","v":5}]}"#, "/3/0/13 time 5"),
        // The bases behind the entries.
        ("/3/0", r#"{"e":[{"n":"9","v":100,"t":-5}],"bt":1700000000}"#, "/3/0/9 integer 100 @1699999995"),
        ("/", r#"{"e":[{"n":"9","v":100}],"bn":"/3/0/"}"#, "/3/0/9 integer 100"),
        ("/3/0", r#"{"bt":1e9,"e":[{"n":"9","v":100}],"x":[],"bn":"/3/0/"}"#, "/3/0/9 integer 100 @1000000000"),
        // Relative times stay relative, and all above zero are absolute.
        ("/3/0", r#"{"bt":25462634,"e":[{"n":"9","v":100,"t":-5}]}"#, "/3/0/9 integer 100 @25462629"),
        ("/3/0", r#"{"bt":0,"e":[{"n":"9","v":100}]}"#, "/3/0/9 integer 100 @now"),
        ("/3/0", r#"{"e":[{"t":-5.25,"n":"9","v":100}]}"#, "/3/0/9 integer 100 @now-5.25"),
        // An array of objects, each with its own base.
        (
            "/3/0",
            r#"[{"bn":"/3/0/","e":[{"n":"9","v":1}]},{"e":[{"n":"10","v":2}]}]"#,
            "/3/0/9 integer 1; /3/0/10 integer 2",
        ),
        (
            "/",
            r#"[{"e":[{"n":"9","v":1}],"bn":"/3/0/"},{"e":[{"n":"10","v":2}],"bn":"/3/0/"}]"#,
            "/3/0/9 integer 1; /3/0/10 integer 2",
        ),
        ("/3/0", "[]", ""),
        ("/3/0", "\u{feff} { \"e\" : [ ] } \n", ""),
        // Unknown keys, the other alphabet, no padding, whole numbers with a point, a float without.
        ("/3/0", r#"{"u":"C","e":[{"x":{"y":[1]},"n":"9","v":100.0}]}"#, "/3/0/9 integer 100"),
        ("/5/0", r#"{"e":[{"n":"0","sv":"-__--Q"}]}"#, "/5/0/0 opaque fbfffef9"),
        ("/3303/0", r#"{"e":[{"n":"5700","v":25}]}"#, "/3303/0/5700 float 25.0"),
        ("/3303/0", r#"{"e":[{"n":"5700","v":-0}]}"#, "/3303/0/5700 float -0.0"),
        ("/65000/0", r#"{"e":[{"n":"1","v":-0},{"n":"2","v":1e2}]}"#, "/65000/0/1 float -0.0; /65000/0/2 float 100.0"),
        ("/3/0", r#"{"e":[{"n":"0","sv":"a\u00e9\"\\"}]}"#, "/3/0/0 string aé\"\\"),
    ] {
        assert_eq!(read(text, &context(base)).as_deref(), Ok(lines), "{text}");
    }
    // The alternate root and the gateway prefix, written or not.
    let root = context("/3/0").with_root("/lwm2m");
    for text in [r#"{"bn":"/lwm2m/3/0/","e":[{"n":"9","v":1}]}"#, r#"{"bn":"/3/0/","e":[{"n":"9","v":1}]}"#] {
        assert_eq!(read(text, &root).as_deref(), Ok("/3/0/9 integer 1"), "{text}");
    }
    let device = root.with_prefix("d01");
    assert_eq!(read(r#"{"bn":"/lwm2m/d01/3/0/9","e":[{"v":1}]}"#, &device).as_deref(), Ok("/3/0/9 integer 1"));
}

#[test]
fn refuses() {
    use DecodeError::*;
    let path = Path::resource(3, 0, 9);
    let name = |at, why| Name { at, why };
    let wrong = |path, expected, got, at| WrongType { path, expected, got, at };
    let entry = "an entry with v, sv, bv or ov";
    let object = "an object with e, the list of entries,";
    let invalid = |expected, at| Invalid { path, expected, at };
    for (base, text, error) in [
        ("/3/0", "", Truncated { at: 0, needed: 1 }),
        ("/3/0", "null", Syntax { at: 0, expected: "{" }),
        ("/3/0", "{}", Syntax { at: 0, expected: object }),
        ("/3/0", r#" {"n":"9","v":1}"#, Syntax { at: 1, expected: object }),
        ("/3/0", r#"{"bn":5,"e":[]}"#, Syntax { at: 6, expected: "a string" }),
        ("/3/0", r#"{"bt":"5","e":[]}"#, Syntax { at: 6, expected: "a digit" }),
        ("/3/0", r#"{"e":{"n":"9","v":1}}"#, Syntax { at: 5, expected: "[" }),
        ("/3/0", r#"{"e":[1]}"#, Syntax { at: 6, expected: "{" }),
        ("/3/0", r#"{"e":[]} x"#, Syntax { at: 9, expected: "the end" }),
        ("/3/0", r#"{"e":[]"#, Truncated { at: 7, needed: 1 }),
        ("/3/0", r#"{"e":[{"n":"9"}]}"#, Syntax { at: 6, expected: entry }),
        ("/3/0", r#"{"e":[{"n":"9","v":"1"}]}"#, Syntax { at: 19, expected: "a digit" }),
        ("/3/0", r#"{"e":[{"n":"9","v":null}]}"#, Syntax { at: 19, expected: "a digit" }),
        ("/3/0", r#"{"e":[{"n":"9","v":NaN}]}"#, Syntax { at: 19, expected: "a digit" }),
        ("/3/0", r#"{"e":[{"n":"9","v":1,"sv":""}]}"#, TwoValues { at: 21 }),
        ("/3/0", r#"{"e":[{"n":"9","v":1,"v":1}]}"#, DuplicateKey { at: 21 }),
        ("/3/0", r#"{"e":[],"e":[]}"#, DuplicateKey { at: 8 }),
        ("/3/0", r#"{"bn":"/3/0/","e":[{"n":"9","v":1}],"bn":"/3/0/"}"#, DuplicateKey { at: 36 }),
        ("/3/0", r#"{"e":[{"n":"a","v":1}]}"#, name(6, PathError::NotANumber { segment: 0 })),
        ("/3/0", r#"{"bn":"/3/","e":[{"n":"-/9","v":1}]}"#, name(17, PathError::NotANumber { segment: 1 })),
        ("/3/0", r#"{"bn":"/3/0","e":[{"n":"9","v":1}]}"#, name(18, PathError::LeadingZero { segment: 1 })),
        ("/3/0", r#"{"bn":"/3/1/","e":[{"n":"9","v":1}]}"#, Misplaced { path: Path::resource(3, 1, 9), at: 19 }),
        ("/3/0", r#"{"bn":"/3/0","e":[{"v":1}]}"#, Misplaced { path: Path::instance(3, 0), at: 18 }),
        ("/3/0", r#"{"e":[{"n":"9","sv":"1"}]}"#, wrong(path, ValueType::Integer, "text", 20)),
        ("/3/0", r#"{"e":[{"n":"9","bv":true}]}"#, wrong(path, ValueType::Integer, "boolean", 20)),
        ("/3/0", r#"{"e":[{"n":"9","ov":"1:0"}]}"#, wrong(path, ValueType::Integer, "object link", 20)),
        ("/3/0", r#"{"e":[{"n":"9","v":1.5}]}"#, invalid(ValueType::Integer, 19)),
        ("/3/0", r#"{"e":[{"n":"9","v":9223372036854775808}]}"#, invalid(ValueType::Integer, 19)),
        ("/3/0", r#"{"e":[{"n":"9","v":1},{"n":"9","v":1}]}"#, Duplicate { path }),
        ("/3/0", r#"{"e":[{"n":"9","v":1,"t":1e99}]}"#, Syntax { at: 25, expected: "a time in range" }),
        ("/3/0", "[[]]", Syntax { at: 1, expected: "{" }),
    ] {
        assert_eq!(read(text, &context(base)), Err(error), "{text}");
    }
    for (base, text) in [
        ("/3303/0", r#"{"e":[{"n":"5700","v":1e400}]}"#),
        ("/10/0", r#"{"e":[{"n":"3","ov":"1"}]}"#),
        ("/10/0", r#"{"e":[{"n":"3","sv":"1"}]}"#),
        ("/5/0", r#"{"e":[{"n":"0","sv":"!!"}]}"#),
    ] {
        assert!(matches!(read(text, &context(base)), Err(Invalid { .. })), "{text}");
    }
    let utf8 = b"{\"e\":[{\"n\":\"9\",\"v\":1},\xff]}";
    assert_eq!(crate::codec::decode(utf8, &context("/3/0")), Err(Utf8 { at: 22 }));
    // UTF-16.
    assert_eq!(crate::codec::decode(b"\xff\xfe{\0}\0", &context("/3/0")), Err(Utf8 { at: 0 }));
    assert!(crate::codec::decode(b"{\0}\0", &context("/3/0")).is_err());
    let annotation = crate::annotate(utf8, &context("/3/0"));
    assert_eq!(annotation.entries.len(), 1, "{annotation:?}");
}

#[test]
fn strict_is_strict() {
    for (base, text) in [
        ("/10/0", r#"{"e":[{"n":"3","sv":"66:0"}]}"#),
        ("/5/0", r#"{"e":[{"n":"0","sv":"AQIDBAU"}]}"#),
        ("/5/0", r#"{"e":[{"n":"0","sv":"-__--Q=="}]}"#),
        ("/3/0", r#"{"e":[{"n":"9","v":100.0}]}"#),
        ("/3/0", r#"{"e":[{"n":"9/0","v":100}]}"#),
        ("/3/0", r#"{"e":[{"n":"7","v":100}]}"#),
        ("/3/0", r#"{"bn":"3/0/","e":[{"n":"9","v":100}]}"#),
        ("/3/0", "[]"),
        ("/3/0", "\u{feff}{\"e\":[]}"),
    ] {
        assert!(read(text, &context(base)).is_ok(), "{text}");
        assert!(read(text, &context(base).with_mode(Mode::Strict)).is_err(), "{text}");
    }
}

#[test]
fn keeps_its_limits() {
    let text = r#"{"e":[{"n":"9","v":1},{"n":"10","v":1}]}"#;
    let limits = Limits { entries: 1, ..Limits::DEFAULT };
    assert_eq!(read(text, &context("/3/0").with_limits(limits)), Err(DecodeError::TooMany { limit: 1 }));
    let limits = Limits { name: 4, ..Limits::DEFAULT };
    let text = r#"{"bn":"/3/0/","e":[{"n":"9","v":1}]}"#;
    let error = DecodeError::NameTooLong { limit: 4, at: 19 };
    assert_eq!(read(text, &context("/3/0").with_limits(limits)), Err(error));
    let deep = std::format!("{{\"x\":{}1{}}}", "[".repeat(9), "]".repeat(9));
    assert_eq!(read(&deep, &context("/3/0")), Err(DecodeError::TooDeep { limit: 8, at: 12 }));
}

#[test]
fn writes_only_what_it_can_say() {
    let path = Path::resource(3303, 0, 5700);
    let float = |number| Entry::new(path, Value::Float(number));
    for (entries, error) in [
        (Vec::from([float(f64::NAN)]), EncodeError::NotFinite { path }),
        (Vec::from([float(f64::INFINITY)]), EncodeError::NotFinite { path }),
        (Vec::from([float(1.0), float(1.0)]), EncodeError::Duplicate { path }),
        (Vec::from([Entry::absent(path)]), EncodeError::NoEmpty { path }),
        (Vec::from([float(1.0).with_time(Timestamp::Relative(Decimal::new(1, 0)))]), EncodeError::BadTime { path }),
        (Vec::from([Entry { value: EntryValue::Delete, ..float(1.0) }]), EncodeError::NoDelete { path }),
        (
            Vec::from([Entry::new(Path::resource(3, 0, 9), Value::Integer(1))]),
            EncodeError::Misplaced { path: Path::resource(3, 0, 9) },
        ),
    ] {
        assert_eq!(encode(&entries, &context("/3303")), Err(error));
    }
    let legacy = Context { format: ContentFormat::LEGACY_JSON, ..context("/3") };
    assert_eq!(crate::codec::encode(&[], &legacy), Err(EncodeError::Unsupported(legacy.format)));
    assert!(crate::codec::decode(b"{\"e\":[]}", &legacy).is_ok());
    let nothing = encode(&[Entry::absent(Path::instance(3, 0))], &context("/3/0"));
    assert_eq!(nothing.as_deref(), Ok(br#"{"bn":"/3/0/","e":[]}"#.as_slice()));
}
