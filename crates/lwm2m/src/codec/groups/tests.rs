//! Several devices in one payload.

use std::string::{String, ToString};

use super::*;
use crate::codec::senml::cbor::tests::bytes;
use crate::codec::senml::json::tests::lines;
use crate::{Mode, Models, Path, PathError, Value};

fn context(format: ContentFormat) -> Context<'static> {
    Context::new(format, Path::ROOT, Models::oma())
}

fn show(groups: &[Group<'_>]) -> Vec<(String, String)> {
    groups.iter().map(|group| (group.prefix.to_string(), lines(group.payload.entries()))).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect()
}

/// Payloads of two devices and their gateway, as we write them.
#[test]
fn both_ways() {
    let devices = [
        ("d01", "/3303/0/5700 float 25.5; /3303/1/5700 float 1.0"),
        ("", "/3/0/9 integer 100"),
        ("d02", "/3303/0/5700 float 2.0"),
    ];
    // LwM2M CBOR is sorted.
    let sorted = [devices[1], devices[0], devices[2]];
    let json = concat!(
        r#"[{"bn":"/d01/3303/0/","n":"5700","v":25.5},{"bn":"/d01/3303/1/","n":"5700","v":1.0},"#,
        r#"{"bn":"/3/0/","n":"9","v":100},{"bn":"/d02/3303/0/","n":"5700","v":2.0}]"#
    );
    let senml = concat!(
        r#"84 A3 21 "/d01/3303/0/" 00 "5700" 02 F9 4E60 A3 21 "/d01/3303/1/" 00 "5700" 02 F9 3C00"#,
        r#" A3 21 "/3/0/" 00 "9" 02 18 64 A3 21 "/d02/3303/0/" 00 "5700" 02 F9 4000"#
    );
    let lwm2m = concat!(
        r#"A3 83 03 00 09 18 64 82 "d01" 19 0CE7 A2 00 A1 19 1644 F9 4E60 01 A1 19 1644 F9 3C00"#,
        r#" 84 "d02" 19 0CE7 00 19 1644 F9 4000"#
    );
    for (format, payload, devices) in [
        (ContentFormat::SENML_JSON, json.as_bytes().to_vec(), devices),
        (ContentFormat::SENML_ETCH_JSON, json.as_bytes().to_vec(), devices),
        (ContentFormat::SENML_CBOR, bytes(senml), devices),
        (ContentFormat::SENML_ETCH_CBOR, bytes(senml), devices),
        (ContentFormat::LWM2M_CBOR, bytes(lwm2m), sorted),
    ] {
        for mode in [Mode::Lenient, Mode::Strict] {
            let context = context(format).with_mode(mode);
            let groups = decode_groups(&payload, &context).unwrap();
            assert_eq!(show(&groups), pairs(&devices), "{format}");
            assert_eq!(encode_groups(&groups, &context).unwrap(), payload, "{format}");
            // One device is not all of them.
            let error = super::super::decode(&payload, &context.with_prefix("d01")).unwrap_err();
            assert!(matches!(error, DecodeError::OtherPrefix { .. }), "{error}");
        }
    }
}

#[test]
fn sorts_by_device() {
    let context = context(ContentFormat::SENML_JSON).with_root("/lwm2m");
    for (pack, expected) in [
        ("[]", Vec::new()),
        // In turns; with root and without; a whole device; a prefix that looks like nothing else.
        (
            r#"[{"n":"/lwm2m/d01/3/0/9","v":1},{"n":"/lwm2m/3/0/9","v":2},{"n":"/d01/3/0/10","v":3},{"n":"/3/0/10","v":4}]"#,
            pairs(&[("d01", "/3/0/9 integer 1; /3/0/10 integer 3"), ("", "/3/0/9 integer 2; /3/0/10 integer 4")]),
        ),
        (r#"[{"n":"/lwm2m/d01"},{"n":"/lwm2m"}]"#, pairs(&[("d01", "/ none"), ("", "/ none")])),
        (r#"[{"bn":"/lwm2m/é-1/","n":"3/0/9","v":1}]"#, pairs(&[("é-1", "/3/0/9 integer 1")])),
    ] {
        assert_eq!(decode_groups(pack.as_bytes(), &context).map(|groups| show(&groups)), Ok(expected), "{pack}");
    }
    // The same twice is bad for one device, not for two.
    let twice = br#"[{"n":"/d01/3/0/9","v":1},{"n":"/d02/3/0/9","v":2},{"n":"/d01/3/0/9","v":3}]"#;
    let error = DecodeError::Duplicate { path: Path::resource(3, 0, 9) };
    assert_eq!(decode_groups(twice, &context), Err(error));
    let name = |segment| Err(DecodeError::Name { at: 1, why: PathError::NotANumber { segment } });
    assert_eq!(decode_groups(br#"[{"n":"/d01/x/0","v":1}]"#, &context), name(0));
    assert_eq!(decode_groups(br#"[{"n":"/d01/3/-/1","v":1}]"#, &context), name(1));
}

#[test]
fn writes_devices() {
    let value = |number| Vec::from([Entry::new(Path::resource(3, 0, 9), Value::Integer(number))]);
    let more = Vec::from([Entry::new(Path::resource(3, 0, 10), Value::Integer(5))]);
    // The same device in two groups is one.
    let groups = [Group::new("d01", value(1)), Group::new("d01", more)];
    for (format, payload) in [
        (ContentFormat::LWM2M_CBOR, bytes(r#"A1 83 "d01" 03 00 A2 09 01 0A 05"#)),
        (ContentFormat::SENML_CBOR, bytes(r#"82 A3 21 "/d01/3/0/" 00 "9" 02 01 A2 00 "10" 02 05"#)),
    ] {
        assert_eq!(encode_groups(&groups, &context(format)), Ok(payload));
        let twice = [Group::new("", value(1)), Group::new("", value(2))];
        let error = EncodeError::Duplicate { path: Path::resource(3, 0, 9) };
        assert_eq!(encode_groups(&twice, &context(format)), Err(error));
        assert!(encode_groups(&[], &context(format)).is_ok());
    }
    // Formats without names.
    let text = Context::new(ContentFormat::TEXT, Path::resource(3, 0, 9), Models::oma());
    assert_eq!(encode_groups(&groups[..1], &text).as_deref(), Ok(b"1".as_slice()));
    let two = [Group::new("d01", value(1)), Group::new("", value(1))];
    assert_eq!(encode_groups(&two, &text), Err(EncodeError::Unsupported(ContentFormat::TEXT)));
    let one = decode_groups(b"1", &text.with_prefix("d01")).unwrap();
    assert_eq!(one, groups[..1]);
}
