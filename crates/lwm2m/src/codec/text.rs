//! Format 0: one value as text.
//!
//! Source: OMA LwM2M Core 1.2, "Plain Text" and "Data Types".

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use super::typed::{self, Lookup};
use super::{DecodeError, EncodeError};
use crate::{Context, Entry, EntryValue, Level, Mode, Path, Value, ValueType, base64};

pub(super) fn decode<'p>(payload: &'p [u8], context: &Context<'_>) -> Result<Vec<Entry<'p>>, DecodeError> {
    let path = context.base;
    let level = path.level();
    if level < Level::Resource || path.is_new_instance() {
        return Err(DecodeError::Base { format: context.format, base: path });
    }
    let facts = Lookup::new(context).resource(path);
    if context.mode == Mode::Strict && facts.is_some_and(|facts| facts.multiple != (level == Level::ResourceInstance)) {
        return Err(DecodeError::Multiplicity { path, at: 0 });
    }
    let text = core::str::from_utf8(payload).map_err(|error| DecodeError::Utf8 { at: error.valid_up_to() })?;
    let kind = facts.and_then(|facts| facts.value_type).unwrap_or(ValueType::String);
    let value = value(text, path, kind, context.mode)?;
    Ok(Vec::from([Entry::new(path, value)]))
}

pub(super) fn encode(entries: &[Entry<'_>], context: &Context<'_>) -> Result<Vec<u8>, EncodeError> {
    let [entry] = entries else { return Err(EncodeError::NotOne) };
    let path = entry.path;
    if context.base.level() < Level::Resource {
        return Err(EncodeError::Base { format: context.format, base: context.base });
    }
    if path != context.base {
        return Err(EncodeError::Misplaced { path });
    }
    if entry.time.is_some() {
        return Err(EncodeError::NoTime { path });
    }
    let value = match &entry.value {
        EntryValue::Absent => return Err(EncodeError::NotOne),
        EntryValue::Delete => return Err(EncodeError::NoDelete { path }),
        EntryValue::Value(value) => typed::checked(entry, value, &mut Lookup::new(context))?,
    };
    let mut out = String::new();
    match &*value {
        Value::Boolean(truth) => out.push(if *truth { '1' } else { '0' }),
        Value::Opaque(bytes) => base64::encode_standard(bytes, &mut out),
        Value::Float(number) if !number.is_finite() => return Err(EncodeError::NotFinite { path }),
        // Display never writes an exponent, which text does not have in its examples.
        Value::Float(number) => write(&mut out, number),
        other => write(&mut out, other),
    }
    Ok(out.into_bytes())
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

/// Writing to a `String` cannot fail.
fn write(out: &mut String, value: impl core::fmt::Display) {
    let _ = write!(out, "{value}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ContentFormat, Models, ObjectLink};

    fn read(text: &'static str, path: &str, mode: Mode) -> Result<Value<'static>, DecodeError> {
        let context = Context::new(ContentFormat::TEXT, path.parse().unwrap(), Models::oma()).with_mode(mode);
        decode(text.as_bytes(), &context).map(|entries| match entries.into_iter().next().unwrap().value {
            EntryValue::Value(value) => value,
            _ => panic!(),
        })
    }

    /// Text, resource, value, and what we write for it.
    const OK: &[(&str, &str, Value<'_>, &str)] = &[
        ("-750", "/3/0/9", Value::Integer(-750), "-750"),
        (" 5\n", "/3/0/9", Value::Integer(5), "5"),
        ("+5", "/3/0/9", Value::Integer(5), "5"),
        // Core, "Data Types": the example of Float.
        ("0.00000000006667", "/3303/0/5700", Value::Float(6.667e-11), "0.00000000006667"),
        ("6.667e-11", "/3303/0/5700", Value::Float(6.667e-11), "0.00000000006667"),
        ("25", "/3303/0/5700", Value::Float(25.0), "25"),
        ("-0", "/3303/0/5700", Value::Float(-0.0), "-0"),
        ("1", "/3303/0/5750/", Value::String(Cow::Borrowed("1")), "1"),
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
        ("66:0", "/22/0/0", Value::String(Cow::Borrowed("66:0")), "66:0"),
    ];

    #[test]
    fn both_ways() {
        for (text, path, value, written) in OK {
            let path = Path::parse(path, Mode::Lenient).unwrap();
            if Models::oma().resource(path).is_none() {
                continue;
            }
            let context = Context::new(ContentFormat::TEXT, path, Models::oma());
            let kind = Models::oma().resource(path).unwrap().value_type;
            if kind != Some(value.value_type()) {
                continue;
            }
            assert_eq!(read(text, &std::format!("{path}"), Mode::Lenient).as_ref(), Ok(value), "{text}");
            let entry = Entry::new(path, value.clone());
            assert_eq!(encode(&[entry], &context).as_deref(), Ok(written.as_bytes()), "{text}");
        }
        assert_eq!(read("x", "/65000/0/1", Mode::Strict), Ok(Value::String("x".into())));
        assert_eq!(typed::object_link("1:2"), Some(Value::ObjectLink(ObjectLink { object: 1, instance: 2 })));
    }
}
