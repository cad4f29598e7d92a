//! SenML-ETCH, in both ways to write it.

use alloc::vec::Vec;
use std::string::String;

use super::cbor::tests::bytes;
use super::json::tests::lines;
use crate::codec::{self, DecodeError, EncodeError};
use crate::{ContentFormat, Context, Entry, EntryValue, Mode, Models, Path, Value, annotate};

fn context(format: ContentFormat, mode: Mode) -> Context<'static> {
    Context::new(format, Path::ROOT, Models::oma()).with_mode(mode)
}

fn read(payload: &[u8], context: &Context<'_>) -> Result<String, DecodeError> {
    annotate::check(payload, context);
    codec::decode(payload, context).map(|payload| lines(payload.entries()))
}

fn json(text: &str, mode: Mode) -> Result<String, DecodeError> {
    read(text.as_bytes(), &context(ContentFormat::SENML_ETCH_JSON, mode))
}

#[test]
fn both_ways() {
    for (json, cbor, expected) in [
        // RFC 8790, "SenML FETCH": the names of the example, in LwM2M.
        (
            r#"[{"n":"/3311/0/5850"},{"n":"/3311/0/5851"}]"#,
            r#"82 A1 00 "/3311/0/5850" A1 00 "/3311/0/5851""#,
            "/3311/0/5850 none; /3311/0/5851 none",
        ),
        (r#"[{"n":"/"}]"#, r#"81 A1 00 "/""#, "/ none"),
        (r#"[{"n":"/3/0/9","t":-10}]"#, r#"81 A2 00 "/3/0/9" 06 29"#, "-"),
        (r#"[{"bn":"/3/0/","n":"14","vs":"+02"}]"#, r#"81 A3 21 "/3/0/" 00 "14" 03 "+02""#, "/3/0/14 string +02"),
        // OMA LwM2M Core 1.2, "Write-Composite": a resource instance is deleted.
        (r#"[{"bn":"/16/0/","n":"0/1","v":null}]"#, r#"81 A3 21 "/16/0/" 00 "0/1" 02 F6"#, "/16/0/0/1 delete"),
        (
            r#"[{"bn":"/16/0/","n":"0/0","vs":"x"},{"n":"0/1","v":null}]"#,
            r#"82 A3 21 "/16/0/" 00 "0/0" 03 "x" A2 00 "0/1" 02 F6"#,
            "/16/0/0/0 string x; /16/0/0/1 delete",
        ),
    ] {
        for (format, payload) in
            [(ContentFormat::SENML_ETCH_JSON, json.as_bytes().to_vec()), (ContentFormat::SENML_ETCH_CBOR, bytes(cbor))]
        {
            for mode in [Mode::Lenient, Mode::Strict] {
                let context = context(format, mode);
                let entries = codec::decode(&payload, &context).unwrap().into_entries();
                if expected != "-" {
                    assert_eq!(read(&payload, &context).as_deref(), Ok(expected), "{json}");
                }
                // A base time says the same as a time.
                if !json.contains("\"t\"") {
                    assert_eq!(codec::encode(&entries, &context), Ok(payload.clone()), "{json}");
                }
            }
        }
    }
    // The bytes of OMA LwM2M Core: names in full.
    let delete = bytes(r#"81 A2 00 "/16/0/0/1" 02 F6"#);
    assert_eq!(
        read(&delete, &context(ContentFormat::SENML_ETCH_CBOR, Mode::Strict)).as_deref(),
        Ok("/16/0/0/1 delete")
    );
}

#[test]
fn fetch_packs_only_name() {
    for (pack, lenient, strict) in [
        (r#"[{"bn":"/3/0/","n":"9"},{"n":"10"}]"#, true, true),
        (r#"[{"bn":"/3/0/9"},{"bn":"/3/0/10"}]"#, true, true),
        (r#"[{"n":"/3/0/9","t":1700000000,"u":"%"},{"n":"/3/0/10","bu":"x","bt":0}]"#, true, true),
        ("[]", true, false),
    ] {
        assert_eq!(json(pack, Mode::Lenient).is_ok(), lenient, "{pack}");
        assert_eq!(json(pack, Mode::Strict).is_ok(), strict, "{pack}");
    }
    for (pack, at) in [
        (r#"[{"n":"/3/0/9","s":1}]"#, 15),
        (r#"[{"n":"/3/0/9","ut":1}]"#, 15),
        (r#"[{"n":"/3/0/9","bs":1}]"#, 15),
        (r#"[{"n":"/3/0/9","bver":10}]"#, 15),
        (r#"[{"n":"/3/0/9","x":1}]"#, 15),
        (r#"[{"n":"/3/0/9","x_":1}]"#, 15),
    ] {
        for mode in [Mode::Lenient, Mode::Strict] {
            assert_eq!(json(pack, mode), Err(DecodeError::NotFetchable { at }), "{pack}");
        }
    }
}

#[test]
fn patch_packs_only_change() {
    for (pack, expected) in [
        // RFC 8790, "SenML PATCH": unknown fields that must be understood elsewhere may stand here.
        (r#"[{"n":"/3/0/14","vs":"x","y_":1,"z":[]}]"#, "/3/0/14 string x"),
        (r#"[{"n":"/3/0/14","y_":1,"vs":"x","bver":10,"s":1}]"#, "/3/0/14 string x"),
        (r#"[{"bn":"/3/0/","n":"13","bv":10,"v":1}]"#, "/3/0/13 time 11"),
    ] {
        for mode in [Mode::Lenient, Mode::Strict] {
            assert_eq!(json(pack, mode).as_deref(), Ok(expected), "{pack}");
        }
    }
    for mode in [Mode::Lenient, Mode::Strict] {
        let mixed = |at| Err(DecodeError::MixedPack { at });
        assert_eq!(json(r#"[{"n":"/3/0/9","v":1},{"n":"/3/0/10"}]"#, mode), mixed(22));
        assert_eq!(json(r#"[{"n":"/3/0/9"},{"n":"/3/0/10","v":1}]"#, mode), mixed(16));
        // Elsewhere null is no value.
        let plain = context(ContentFormat::SENML_JSON, mode);
        assert!(read(br#"[{"n":"/16/0/0/1","v":null}]"#, &plain).is_err());
        let plain = context(ContentFormat::SENML_CBOR, mode);
        assert!(read(&bytes(r#"81 A2 00 "/16/0/0/1" 02 F6"#), &plain).is_err());
    }
    // Only in `v`, and only of resource instances, if strict.
    for (pack, expected) in
        [(r#"[{"n":"/16/0/0/1","vs":null}]"#, "/16/0/0/1 delete"), (r#"[{"n":"/16/0/0","v":null}]"#, "/16/0/0 delete")]
    {
        assert_eq!(json(pack, Mode::Lenient).as_deref(), Ok(expected), "{pack}");
        assert!(json(pack, Mode::Strict).is_err(), "{pack}");
    }
    let instance = DecodeError::Misplaced { path: Path::instance(16, 0), at: 18 };
    assert_eq!(json(r#"[{"n":"/16/0","v":null}]"#, Mode::Lenient), Err(instance));
}

#[test]
fn writes_one_kind_of_pack() {
    let path = Path::resource_instance(16, 0, 0, 1);
    let delete = |path| Entry { path, value: EntryValue::Delete, time: None };
    let name = Entry::absent(Path::resource(3, 0, 9));
    let value = Entry::new(Path::resource(3, 0, 14), Value::from("x"));
    for format in [ContentFormat::SENML_ETCH_JSON, ContentFormat::SENML_ETCH_CBOR] {
        let context = context(format, Mode::Lenient);
        for (entries, error) in [
            (Vec::new(), EncodeError::Empty),
            (Vec::from([name.clone(), value.clone()]), EncodeError::MixedPack { path: value.path }),
            (Vec::from([delete(path), name.clone()]), EncodeError::MixedPack { path: name.path }),
            (Vec::from([delete(Path::resource(16, 0, 0))]), EncodeError::Misplaced { path: Path::resource(16, 0, 0) }),
            (Vec::from([delete(path), delete(path)]), EncodeError::Duplicate { path }),
            (
                Vec::from([Entry::absent(Path::new_instance(3))]),
                EncodeError::NewInstance { path: Path::new_instance(3) },
            ),
        ] {
            assert_eq!(codec::encode(&entries, &context), Err(error), "{format}");
        }
    }
}

#[test]
fn values_after_a_path_of_their_instance() {
    let value = |id| Entry::new(Path::resource(3, 0, id), Value::from("x"));
    let entries = [value(0), Entry::absent(Path::instance(3, 0)), value(14)];
    for format in [ContentFormat::SENML_JSON, ContentFormat::SENML_CBOR] {
        let context = context(format, Mode::Lenient).with_root("/lwm2m");
        let written = codec::encode(&entries, &context).unwrap();
        let read = codec::decode(&written, &context);
        assert_eq!(read.map(codec::Payload::into_entries), Ok(Vec::from(entries.clone())), "{format}");
    }
}
