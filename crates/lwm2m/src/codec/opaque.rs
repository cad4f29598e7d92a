//! Format 42: one opaque value, as its bytes.
//!
//! Source: OMA LwM2M Core 1.2, "Opaque".

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::notes::Notes;
use super::{DecodeError, EncodeError, typed};
use crate::{Context, Entry, FieldKind, Value, ValueType};

/// Any bytes, also none, if the definition does not say that the value is of another type.
pub(super) fn decode<'p, N: Notes>(
    payload: &'p [u8],
    context: &Context<'_>,
    entries: &mut Vec<Entry<'p>>,
    notes: &mut N,
) -> Result<(), DecodeError> {
    let path = context.base;
    match typed::single(context)?.and_then(|facts| facts.value_type) {
        None | Some(ValueType::Opaque) => {
            let mark = notes.mark();
            notes.field(FieldKind::Value, payload.len());
            notes.entry(mark, path);
            entries.push(Entry::new(path, Value::Opaque(Cow::Borrowed(payload))));
            Ok(())
        }
        Some(expected) => Err(DecodeError::WrongType { path, expected, got: "bytes", at: 0 }),
    }
}

pub(super) fn encode(entries: &[Entry<'_>], context: &Context<'_>) -> Result<Vec<u8>, EncodeError> {
    let (path, value) = typed::only(entries, context)?;
    match &*value {
        Value::Opaque(bytes) => Ok(bytes.to_vec()),
        other => Err(EncodeError::WrongType { path, expected: ValueType::Opaque, got: other.value_type() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ContentFormat, EntryValue, Mode, Models, Path, Timestamp};

    /// As everyone calls it.
    fn decode<'p>(payload: &'p [u8], context: &Context<'_>) -> Result<Vec<Entry<'p>>, DecodeError> {
        crate::annotate::check(payload, context);
        crate::codec::decode(payload, context).map(crate::codec::Payload::into_entries)
    }

    fn context(path: &str) -> Context<'static> {
        Context::new(ContentFormat::OPAQUE, path.parse().unwrap(), Models::oma())
    }

    #[test]
    fn both_ways() {
        for (path, bytes) in [
            ("/5/0/0", b"\x01\x02\xff".as_slice()),
            ("/5/0/0", b""),
            ("/65000/0/1", b"unknown"),
            ("/3/0/4", b"of an executable resource"),
            ("/65000/0/1/2", b"x"),
        ] {
            let entries = decode(bytes, &context(path)).unwrap();
            assert_eq!(entries, [Entry::new(path.parse().unwrap(), Value::Opaque(bytes.into()))]);
            assert!(matches!(entries[0].value(), Some(Value::Opaque(Cow::Borrowed(_)))));
            assert_eq!(encode(&entries, &context(path)).as_deref(), Ok(bytes));
        }
    }

    #[test]
    fn refuses() {
        for base in ["/", "/5", "/5/0", "/5/-/0"] {
            let error = DecodeError::Base { format: ContentFormat::OPAQUE, base: base.parse().unwrap() };
            assert_eq!(decode(b"1", &context(base)), Err(error));
        }
        let path = Path::resource(3, 0, 0);
        let error = DecodeError::WrongType { path, expected: ValueType::String, got: "bytes", at: 0 };
        assert_eq!(decode(b"1", &context("/3/0/0")), Err(error));
        let path = Path::resource_instance(5, 0, 0, 1);
        assert!(decode(b"1", &context("/5/0/0/1")).is_ok());
        let strict = context("/5/0/0/1").with_mode(Mode::Strict);
        assert_eq!(decode(b"1", &strict), Err(DecodeError::Multiplicity { path, at: 0 }));
    }

    #[test]
    fn writes_only_what_bytes_can_say() {
        let path = Path::resource(5, 0, 0);
        let one = Entry::new(path, Value::Opaque([1].as_slice().into()));
        let expected = ValueType::Opaque;
        let time = Timestamp::from_senml(crate::Decimal::ZERO);
        for (entries, error) in [
            (Vec::new(), EncodeError::NotOne),
            (Vec::from([one.clone(), one.clone()]), EncodeError::NotOne),
            (Vec::from([Entry::absent(path)]), EncodeError::NotOne),
            (Vec::from([one.clone().with_time(time)]), EncodeError::NoTime { path }),
            (Vec::from([Entry { value: EntryValue::Delete, ..one }]), EncodeError::NoDelete { path }),
            (
                Vec::from([Entry::new(path, "x".into())]),
                EncodeError::WrongType { path, expected, got: ValueType::String },
            ),
        ] {
            assert_eq!(encode(&entries, &context("/5/0/0")), Err(error));
        }
        // Also of a resource that nobody knows.
        let path = Path::resource(65_000, 0, 1);
        let error = EncodeError::WrongType { path, expected, got: ValueType::Boolean };
        assert_eq!(encode(&[Entry::new(path, Value::Boolean(true))], &context("/65000/0/1")), Err(error));
    }
}
