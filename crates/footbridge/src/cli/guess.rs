//! Which format a payload may be in, when nobody says.

use lwm2m::{ContentFormat, Context, Level, Mode, codec};

use super::links;

/// The formats as which the payload can be read, the likeliest first. Those that the strict reading takes come before
/// those that only the lenient one does.
pub(crate) fn formats(payload: &[u8], context: &Context<'_>) -> Vec<ContentFormat> {
    let mut taken: Vec<(bool, ContentFormat)> = Vec::new();
    for format in candidates(payload, context.base.level()) {
        let mut context = *context;
        context.format = format;
        let takes = |mode| {
            let context = context.with_mode(mode);
            match format {
                ContentFormat::LINK_FORMAT => links::parse(payload, &context).is_ok(),
                _ => codec::decode_groups(payload, &context).is_ok(),
            }
        };
        if takes(Mode::Strict) {
            taken.push((false, format));
        } else if context.mode == Mode::Lenient && takes(Mode::Lenient) {
            taken.push((true, format));
        }
    }
    // Every SenML pack is an ETCH pack too.
    for (plain, etch) in [
        (ContentFormat::SENML_JSON, ContentFormat::SENML_ETCH_JSON),
        (ContentFormat::SENML_CBOR, ContentFormat::SENML_ETCH_CBOR),
    ] {
        if taken.iter().any(|(_, format)| *format == plain) {
            taken.retain(|(_, format)| *format != etch);
        }
    }
    taken.sort_by_key(|(only_lenient, _)| *only_lenient);
    taken.into_iter().map(|(_, format)| format).collect()
}

/// The format in which most of a payload can be read that fits none: at least one value stands before its error.
pub(crate) fn broken(payload: &[u8], context: &Context<'_>) -> Option<ContentFormat> {
    let read =
        candidates(payload, context.base.level()).into_iter().filter(|format| *format != ContentFormat::LINK_FORMAT);
    let read = read.map(|format| {
        let mut context = *context;
        context.format = format;
        (lwm2m::annotate(payload, &context).entries.len(), format)
    });
    // The first of equals, as it is the likeliest.
    let best = read.rev().max_by_key(|(entries, _)| *entries)?;
    (best.0 > 0).then_some(best.1)
}

/// What the first bytes allow, the likeliest first.
fn candidates(payload: &[u8], level: Level) -> Vec<ContentFormat> {
    use ContentFormat as F;
    let single = level >= Level::Resource;
    let printable = std::str::from_utf8(payload).is_ok_and(|text| !text.chars().any(char::is_control));
    let mut candidates = match payload.trim_ascii_start().first() {
        Some(b'[') => vec![F::SENML_JSON, F::SENML_ETCH_JSON],
        Some(b'{') => vec![F::JSON],
        Some(b'<') => vec![F::LINK_FORMAT],
        _ => Vec::new(),
    };
    if single && printable && !payload.is_empty() {
        candidates.push(F::TEXT);
    }
    candidates.extend(match payload.first() {
        // An array of maps is SenML; LwM2M CBOR may be an array too, its items paths and values.
        Some(0x80..=0x9F) => vec![F::SENML_CBOR, F::SENML_ETCH_CBOR, F::LWM2M_CBOR, F::TLV],
        Some(0xA0..=0xBF) => vec![F::LWM2M_CBOR, F::TLV],
        _ => vec![F::TLV],
    });
    if single {
        candidates.extend([F::CBOR, F::OPAQUE]);
    }
    candidates
}

#[cfg(test)]
mod tests {
    use lwm2m::Models;

    use super::*;

    #[test]
    fn finds_the_format() {
        for (hex, path, format) in [
            ("c10964", "/3/0", Some(ContentFormat::TLV)),
            ("5b7b226e223a222f332f302f39222c2276223a3130307d5d", "/", Some(ContentFormat::SENML_JSON)),
            ("81a200662f332f302f39021864", "/", Some(ContentFormat::SENML_CBOR)),
            ("313030", "/3/0/9", Some(ContentFormat::TEXT)),
            ("ffff", "/3/0", None),
            ("c8001441", "/3/0", None),
        ] {
            let bytes: Vec<u8> =
                (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
            let context = Context::new(ContentFormat::TEXT, path.parse().unwrap(), Models::oma());
            assert_eq!(formats(&bytes, &context).first().copied(), format, "{hex}");
        }
    }

    #[test]
    fn finds_the_format_of_what_is_cut_short() {
        for (payload, path, format) in [
            (&b"\xc1\x09\x64\xc8\x00\x14A"[..], "/3/0", Some(ContentFormat::TLV)),
            (b"[{\"n\":\"/3/0/9\",\"v\":100},{\"n\":", "/", Some(ContentFormat::SENML_JSON)),
            (b"\x82\xa2\x00\x66/3/0/9\x02\x18\x64\xa2", "/", Some(ContentFormat::SENML_CBOR)),
            (b"\xff\xff", "/3/0", None),
        ] {
            let context = Context::new(ContentFormat::TEXT, path.parse().unwrap(), Models::oma());
            assert_eq!(broken(payload, &context), format, "{payload:02x?}");
        }
    }
}
