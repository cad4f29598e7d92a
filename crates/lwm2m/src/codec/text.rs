//! Format 0: one value as text.
//!
//! Source: OMA LwM2M Core 1.2, "Plain Text" and "Data Types".

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::notes::Notes;
use super::{DecodeError, EncodeError, json, typed};
use crate::float::Plain;
use crate::{Context, Entry, FieldKind, Mode, Path, Value, ValueType, base64};

pub(super) fn decode<'p, N: Notes>(
    payload: &'p [u8],
    context: &Context<'_>,
    entries: &mut Vec<Entry<'p>>,
    notes: &mut N,
) -> Result<(), DecodeError> {
    let path = context.base;
    let facts = typed::single(context)?;
    let text = core::str::from_utf8(payload).map_err(|error| DecodeError::Utf8 { at: error.valid_up_to() })?;
    let kind = facts.and_then(|facts| facts.value_type).unwrap_or(ValueType::String);
    let mark = notes.mark();
    notes.field(FieldKind::Value, payload.len());
    let value = value(text, path, kind, context.mode)?;
    notes.entry(mark, path);
    entries.push(Entry::new(path, value));
    Ok(())
}

pub(super) fn encode(entries: &[Entry<'_>], context: &Context<'_>) -> Result<Vec<u8>, EncodeError> {
    let (path, value) = typed::only(entries, context)?;
    let mut out = Vec::new();
    match &*value {
        Value::String(text) | Value::CoreLink(text) => out.extend_from_slice(text.as_bytes()),
        Value::Boolean(truth) => out.push(if *truth { b'1' } else { b'0' }),
        Value::Opaque(bytes) => base64::encode_standard(bytes, &mut out),
        Value::Float(number) if !number.is_finite() => return Err(EncodeError::NotFinite { path }),
        // No exponent, which text does not have in its examples.
        Value::Float(number) => json::write(&mut out, format_args!("{}", Plain(*number))),
        other => json::write(&mut out, format_args!("{other}")),
    }
    Ok(out)
}

fn value<'p>(text: &'p str, path: Path, kind: ValueType, mode: Mode) -> Result<Value<'p>, DecodeError> {
    let invalid = DecodeError::Invalid { path, expected: kind, at: 0 };
    // Blanks around a number have one meaning only; around text they are text.
    let bare = if mode == Mode::Lenient { text.trim_ascii() } else { text };
    let unsigned = if mode == Mode::Lenient { bare.strip_prefix('+').unwrap_or(bare) } else { bare };
    let value = match kind {
        ValueType::String => Some(Value::String(Cow::Borrowed(text))),
        ValueType::CoreLink => Some(Value::CoreLink(Cow::Borrowed(text))),
        ValueType::Integer | ValueType::Unsigned | ValueType::Time => {
            typed::decimal_integer(unsigned).and_then(|number| typed::integer(number, kind))
        }
        ValueType::Float => typed::decimal_float(unsigned).map(Value::Float),
        ValueType::Boolean => match bare {
            "0" => Some(Value::Boolean(false)),
            "1" => Some(Value::Boolean(true)),
            _ => None,
        },
        ValueType::Opaque => {
            let strict = (mode == Mode::Strict).then_some(true);
            let bytes = base64::decode(bare.as_bytes(), strict).map_err(|at| DecodeError::Invalid {
                path,
                expected: kind,
                at,
            })?;
            Some(Value::Opaque(Cow::Owned(bytes)))
        }
        ValueType::ObjectLink => typed::object_link(bare),
    };
    value.ok_or(invalid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ContentFormat, EntryValue, Models, ObjectLink};

    /// As everyone calls it.
    fn decode<'p>(payload: &'p [u8], context: &Context<'_>) -> Result<Vec<Entry<'p>>, DecodeError> {
        crate::annotate::check(payload, context);
        crate::codec::decode(payload, context).map(crate::codec::Payload::into_entries)
    }

    fn context(path: &str, mode: Mode) -> Context<'static> {
        Context::new(ContentFormat::TEXT, path.parse().unwrap(), Models::oma()).with_mode(mode)
    }

    fn read<'p>(text: &'p [u8], path: &str, mode: Mode) -> Result<EntryValue<'p>, DecodeError> {
        let mut entries = decode(text, &context(path, mode))?;
        assert_eq!((entries.len(), entries[0].path), (1, path.parse().unwrap()));
        Ok(entries.remove(0).value)
    }

    /// Text, where, what it is, what we write for it.
    const OK: &[(&str, &str, Value<'_>, &str)] = &[
        ("-750", "/3/0/9", Value::Integer(-750), "-750"),
        ("9223372036854775807", "/3/0/9", Value::Integer(i64::MAX), "9223372036854775807"),
        (" 5\n", "/3/0/9", Value::Integer(5), "5"),
        ("+5", "/3/0/9", Value::Integer(5), "5"),
        ("007", "/3/0/9", Value::Integer(7), "7"),
        // Core, "Data Types": the example of Float.
        ("0.00000000006667", "/3303/0/5700", Value::Float(6.667e-11), "0.00000000006667"),
        ("6.667e-11", "/3303/0/5700", Value::Float(6.667e-11), "0.00000000006667"),
        ("25", "/3303/0/5700", Value::Float(25.0), "25"),
        ("-0", "/3303/0/5700", Value::Float(-0.0), "-0"),
        ("1", "/1/0/6", Value::Boolean(true), "1"),
        ("0", "/1/0/6", Value::Boolean(false), "0"),
        ("1700000000", "/3/0/13", Value::Time(1_700_000_000), "1700000000"),
        ("-1", "/3/0/13", Value::Time(-1), "-1"),
        // Core, "Data Types": the example of Opaque.
        ("AQIDBAU=", "/5/0/0", Value::Opaque(Cow::Borrowed(&[1, 2, 3, 4, 5])), "AQIDBAU="),
        ("AQIDBAU", "/5/0/0", Value::Opaque(Cow::Borrowed(&[1, 2, 3, 4, 5])), "AQIDBAU="),
        ("", "/5/0/0", Value::Opaque(Cow::Borrowed(&[])), ""),
        ("", "/3/0/0", Value::String(Cow::Borrowed("")), ""),
        (" x ", "/3/0/0", Value::String(Cow::Borrowed(" x ")), " x "),
        // The other alphabet has one meaning too.
        ("-__--Q", "/5/0/0", Value::Opaque(Cow::Borrowed(&[0xFB, 0xFF, 0xFE, 0xF9])), "+//++Q=="),
        ("1E3", "/3303/0/5700", Value::Float(1000.0), "1000"),
        ("66:0", "/10/0/3", Value::ObjectLink(ObjectLink { object: 66, instance: 0 }), "66:0"),
        ("65535:65535", "/10/0/3", Value::ObjectLink(ObjectLink::NULL), "65535:65535"),
        ("3800", "/3/0/7/0", Value::Integer(3800), "3800"),
        ("</3>", "/25/0/3", Value::CoreLink(Cow::Borrowed("</3>")), "</3>"),
        ("unknown", "/65000/0/1", Value::String(Cow::Borrowed("unknown")), "unknown"),
    ];

    #[test]
    fn both_ways() {
        for (text, path, value, written) in OK {
            assert_eq!(
                read(text.as_bytes(), path, Mode::Lenient),
                Ok(EntryValue::Value(value.clone())),
                "{path} {text}"
            );
            let entry = Entry::new(path.parse().unwrap(), value.clone());
            let context = context(path, Mode::Lenient);
            assert_eq!(encode(&[entry], &context).as_deref(), Ok(written.as_bytes()), "{path} {text}");
        }
    }

    #[test]
    fn refuses() {
        for (text, path, expected) in [
            ("", "/3/0/9", ValueType::Integer),
            ("1.0", "/3/0/9", ValueType::Integer),
            ("0x10", "/3/0/9", ValueType::Integer),
            ("--1", "/3/0/9", ValueType::Integer),
            ("9223372036854775808", "/3/0/9", ValueType::Integer),
            ("\u{661}", "/3/0/9", ValueType::Integer),
            ("NaN", "/3303/0/5700", ValueType::Float),
            ("inf", "/3303/0/5700", ValueType::Float),
            ("1e400", "/3303/0/5700", ValueType::Float),
            ("0x1p3", "/3303/0/5700", ValueType::Float),
            ("1d", "/3303/0/5700", ValueType::Float),
            ("true", "/1/0/6", ValueType::Boolean),
            ("2", "/1/0/6", ValueType::Boolean),
            ("1.5", "/3/0/13", ValueType::Time),
            ("66", "/10/0/3", ValueType::ObjectLink),
            // What one stack writes, by mistake.
            ("1\x002", "/10/0/3", ValueType::ObjectLink),
            ("-Infinity", "/3303/0/5700", ValueType::Float),
            ("nan", "/3303/0/5700", ValueType::Float),
        ] {
            let path_ = path.parse().unwrap();
            let error = DecodeError::Invalid { path: path_, expected, at: 0 };
            assert_eq!(read(text.as_bytes(), path, Mode::Lenient), Err(error), "{path} {text}");
        }
        let base64 = DecodeError::Invalid { path: Path::resource(5, 0, 0), expected: ValueType::Opaque, at: 2 };
        assert_eq!(read(b"AQ!D", "/5/0/0", Mode::Lenient), Err(base64));
        assert_eq!(read(b"a\xff", "/3/0/0", Mode::Lenient), Err(DecodeError::Utf8 { at: 1 }));
        for base in ["/", "/3", "/3/0"] {
            let error = DecodeError::Base { format: ContentFormat::TEXT, base: base.parse().unwrap() };
            assert_eq!(decode(b"1", &context(base, Mode::Lenient)), Err(error));
        }
    }

    #[test]
    fn strict_is_strict() {
        for (text, path) in
            [("-__--Q==", "/5/0/0"), (" 5", "/3/0/9"), ("+5", "/3/0/9"), ("AQIDBAU", "/5/0/0"), ("1 ", "/1/0/6")]
        {
            assert!(matches!(read(text.as_bytes(), path, Mode::Strict), Err(DecodeError::Invalid { .. })), "{text}");
        }
        for path in ["/3/0/9/0", "/3/0/7"] {
            let error = DecodeError::Multiplicity { path: path.parse().unwrap(), at: 0 };
            assert_eq!(read(b"5", path, Mode::Strict), Err(error));
        }
    }

    #[test]
    fn writes_only_what_text_can_say() {
        let level = Path::resource(3, 0, 9);
        let (path, context) = (level, context("/3/0/9", Mode::Lenient));
        let one = Entry::new(level, Value::Integer(1));
        let timed = one.clone().with_time(crate::Timestamp::Relative(crate::Decimal::ZERO));
        let wrong = EncodeError::WrongType { path, expected: ValueType::Integer, got: ValueType::String };
        for (entries, error) in [
            (Vec::new(), EncodeError::NotOne),
            (Vec::from([one.clone(), one.clone()]), EncodeError::NotOne),
            (Vec::from([Entry::absent(path)]), EncodeError::NotOne),
            (
                Vec::from([Entry::new(Path::resource(3, 0, 8), Value::Integer(1))]),
                EncodeError::Misplaced { path: Path::resource(3, 0, 8) },
            ),
            (Vec::from([timed]), EncodeError::NoTime { path }),
            (Vec::from([Entry::new(path, Value::String("1".into()))]), wrong),
            (Vec::from([Entry { path, value: EntryValue::Delete, time: None }]), EncodeError::NoDelete { path }),
        ] {
            assert_eq!(encode(&entries, &context), Err(error));
        }
        let reading = Path::resource(3303, 0, 5700);
        let context = Context::new(ContentFormat::TEXT, reading, Models::oma());
        let nan = Entry::new(reading, Value::Float(f64::NAN));
        assert_eq!(encode(&[nan], &context), Err(EncodeError::NotFinite { path: reading }));
        // A whole number is a float where nothing is lost.
        assert_eq!(encode(&[Entry::new(reading, Value::Integer(25))], &context).as_deref(), Ok(b"25".as_slice()));
        let big = Entry::new(reading, Value::Integer((1 << 53) + 1));
        assert!(matches!(encode(&[big], &context), Err(EncodeError::WrongType { .. })));
    }
}
