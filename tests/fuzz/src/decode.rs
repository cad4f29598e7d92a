//! Payloads: whatever comes, an error that points into it or entries that can be written and read again.

use lwm2m::codec::{self, DecodeError};
use lwm2m::{ContentFormat, Context, Entry, EntryValue, Limits, Mode, Path, Value, annotate};

use crate::encode::alike;
use crate::models;

/// Every format that has a decoder.
const FORMATS: [u16; 14] = [0, 42, 60, 110, 112, 320, 322, 1541, 1542, 1543, 1544, 11542, 11543, 11544];

/// Where a payload is from: the first byte picks.
const BASES: [Path; 12] = [
    Path::ROOT,
    Path::object(33_000),
    Path::instance(33_000, 0),
    Path::resource(33_000, 0, 0),
    Path::resource(33_000, 0, 1),
    Path::resource(33_000, 0, 3),
    Path::resource(33_000, 0, 5),
    Path::resource(33_000, 0, 101),
    Path::resource_instance(33_000, 0, 106, 2),
    Path::instance(3, 0),
    Path::resource(3, 0, 11),
    Path::instance(40_000, 1),
];

/// The first two bytes of an input say how the rest is read: from where, and below which root and prefix.
fn context(format: u16, data: &[u8]) -> Option<(Context<'static>, &[u8])> {
    let (&[base, names], payload) = data.split_first_chunk()?;
    let base = *BASES.get(usize::from(base) % BASES.len())?;
    let context = Context::new(ContentFormat(format), base, models());
    let context = context.with_root(if names & 1 == 1 { "/lwm2m" } else { "" });
    Some((context.with_prefix(if names & 2 == 2 { "d01" } else { "" }), payload))
}

pub(crate) fn holds(format: u16, data: &[u8]) {
    let Some((context, payload)) = context(format, data) else { return };
    let lenient = codec::decode(payload, &context);
    let strict = codec::decode(payload, &context.with_mode(Mode::Strict));
    for error in [&lenient, &strict].into_iter().filter_map(|got| got.as_ref().err()) {
        assert!(error.at().is_none_or(|at| at <= payload.len()), "{error:?} in {} bytes", payload.len());
    }
    if let Ok(strict) = &strict {
        let lenient = lenient.as_ref().expect("lenient takes what strict takes");
        assert!(same(strict.entries(), lenient.entries()), "{strict:?}\n{lenient:?}");
    }
    // What belongs to one device is one group, and the same.
    let groups = codec::decode_groups(payload, &context);
    if let Ok(payload) = &lenient {
        let groups = groups.as_ref().expect("groups of what can be read");
        let entries = groups.first().map_or(&[][..], |group| group.payload.entries());
        assert!(groups.len() <= 1 && same(entries, payload.entries()), "{groups:?}\n{payload:?}");
    }
    // A bound is kept, whatever it is.
    let few = Limits { entries: 3, ..Limits::DEFAULT };
    match (codec::decode(payload, &context.with_limits(few)), &lenient) {
        (Ok(payload), _) => assert!(payload.entries().len() <= 3),
        (Err(DecodeError::TooMany { limit: 3 }), _) | (Err(_), Err(_)) => {}
        // Keys from the root did not fit, and those from the base that do were too many: the first error is told.
        (Err(DecodeError::Misplaced { .. }), _) if format == 11544 => {}
        (Err(error), Ok(_)) => panic!("{error:?} only because of a limit of entries"),
    }
    if let Ok(payload) = lenient {
        written_again(payload.entries(), &context);
    }
}

/// What was read can be written in the same format, and reads the same again; strictly too, but for resources that are not
/// single or multiple as defined, which both the lenient reader and the writer leave as they are.
pub(crate) fn written_again(entries: &[Entry<'_>], context: &Context<'_>) {
    let mut context = *context;
    context.format = match context.format.0 {
        1541 => ContentFormat::TEXT,
        1542 => ContentFormat::TLV,
        1543 => ContentFormat(11543),
        1544 => ContentFormat::OPAQUE,
        _ => context.format,
    };
    let Ok(written) = codec::encode(entries, &context) else { return };
    reads_back(entries, &written, &context);
}

/// The bytes say these entries, in both modes.
pub(crate) fn reads_back(entries: &[Entry<'_>], written: &[u8], context: &Context<'_>) {
    for mode in [Mode::Lenient, Mode::Strict] {
        let again = match codec::decode(written, &context.with_mode(mode)) {
            Ok(again) => again,
            Err(DecodeError::Multiplicity { .. }) if mode == Mode::Strict => continue,
            Err(error) => panic!("{error:?} of {} from {entries:?}", shown(written)),
        };
        let (mut before, mut after) = (values(entries), values(again.entries()));
        before.sort_by(order);
        after.sort_by(order);
        assert!(alike(&before, &after), "{before:?}\n{after:?}\n{}", shown(written));
    }
}

/// Annotation and decoding say the same; the fields are in order and leave no byte out. The first byte picks the format.
pub(crate) fn annotation_holds(data: &[u8]) {
    let Some((&format, data)) = data.split_first() else { return };
    let Some((context, payload)) = context(FORMATS[usize::from(format) % FORMATS.len()], data) else { return };
    for mode in [Mode::Lenient, Mode::Strict] {
        let context = context.with_mode(mode);
        let (decoded, annotation) = (codec::decode(payload, &context), annotate(payload, &context));
        assert_eq!(annotation.error, decoded.as_ref().err().copied());
        if annotation.error == Some(DecodeError::Unsupported(context.format)) {
            continue;
        }
        if let Ok(decoded) = decoded {
            let entries: Vec<_> = annotation.entries.iter().map(|(entry, _)| entry.clone()).collect();
            assert!(same(&entries, decoded.entries()), "{entries:?}\n{decoded:?}");
        }
        for (_, span) in &annotation.entries {
            assert!(span.start <= span.end && span.end <= payload.len(), "{annotation:?}");
        }
        let mut at = 0;
        for leaf in annotation.leaves() {
            assert_eq!(leaf.span.start, at, "{annotation:?}");
            assert!(leaf.span.end >= at && leaf.span.end <= payload.len(), "{annotation:?}");
            assert!(leaf.entry.is_none_or(|entry| (entry as usize) < annotation.entries.len()), "{annotation:?}");
            at = leaf.span.end;
        }
        if annotation.error.is_none() {
            assert_eq!(at, payload.len(), "{annotation:?}");
        }
    }
}

/// Those with a value or a delete. An entry without a value says that something is empty, which not every format can.
fn values<'e>(entries: &[Entry<'e>]) -> Vec<Entry<'e>> {
    entries.iter().filter(|entry| entry.value != EntryValue::Absent).cloned().collect()
}

fn order(a: &Entry<'_>, b: &Entry<'_>) -> std::cmp::Ordering {
    (a.path, a.time.map(|time| time.decimal())).cmp(&(b.path, b.time.map(|time| time.decimal())))
}

/// Equal, floats by their bits, but for the many kinds of NaN.
fn same(a: &[Entry<'_>], b: &[Entry<'_>]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| {
            let value = match (a.value(), b.value()) {
                (Some(Value::Float(a)), Some(Value::Float(b))) => {
                    a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
                }
                _ => a.value == b.value,
            };
            (a.path, a.time) == (b.path, b.time) && value
        })
}

fn shown(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
