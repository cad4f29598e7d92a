//! Against minicbor: the same items, the same ends, the same refusals.

use minicbor::data::Type;

use super::*;

/// Bytes of any kind, always the same, with small lengths so that many are well-formed.
fn random_items() -> impl Iterator<Item = Vec<u8>> {
    let mut random = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = move |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below as u64) as usize
    };
    (0..200_000).map(move |_| {
        (0..1 + next(12))
            .map(|_| match next(3) {
                0 => next(256) as u8,
                1 => (next(8) << 5 | next(4)) as u8,
                _ => {
                    [0x18, 0x19, 0x1A, 0x38, 0x58, 0x78, 0x5F, 0x7F, 0x9F, 0xBF, 0xFF, 0xF9, 0xFA, 0xFB, 0x00][next(15)]
                }
            })
            .collect()
    })
}

#[test]
fn skips_what_minicbor_skips() {
    let mut taken = 0;
    for item in random_items() {
        let mut ours = Reader::new(&item, false, 64);
        let mut theirs = minicbor::Decoder::new(&item);
        let skipped = ours.skip();
        // What it passes over it does not look into: characters, and where a break stands.
        match (skipped, theirs.skip()) {
            (Ok(()), Ok(())) => {
                taken += 1;
                assert_eq!(ours.at(), theirs.position(), "{item:02x?}");
            }
            (Ok(()), Err(error)) => panic!("{error} {item:02x?}"),
            (Err(error), _) => assert!(error.at().is_some_and(|at| at <= item.len()), "{item:02x?}"),
        }
    }
    assert!(taken > 20_000, "{taken}");
}

#[test]
fn reads_what_minicbor_reads() {
    let (mut numbers, mut texts) = (0, 0);
    for item in random_items() {
        let mut theirs = minicbor::Decoder::new(&item);
        let Ok(kind) = theirs.datatype() else { continue };
        let mut ours = Reader::new(&item, false, 64);
        match kind {
            Type::F16 | Type::F32 | Type::F64 => match (ours.number(), theirs.f64()) {
                (Ok(Number::Float(a)), Ok(b)) => {
                    numbers += 1;
                    assert!(a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan(), "{a} {b} {item:02x?}");
                }
                (ours, theirs) => assert!(ours.is_err() && theirs.is_err(), "{item:02x?}"),
            },
            Type::String => {
                let same = ours.text().ok().as_deref() == theirs.str().ok();
                texts += usize::from(same);
                assert!(same, "{item:02x?}");
            }
            Type::Bytes => assert_eq!(ours.bytes().ok().as_deref(), theirs.bytes().ok(), "{item:02x?}"),
            Type::Bool => assert_eq!(ours.boolean().ok(), theirs.bool().ok(), "{item:02x?}"),
            Type::Array => assert_eq!(ours.array().ok(), theirs.array().ok(), "{item:02x?}"),
            Type::Map => assert_eq!(ours.map().ok(), theirs.map().ok(), "{item:02x?}"),
            Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::Int => {
                let theirs = theirs.int().ok().map(i128::from);
                assert_eq!(ours.integer().ok(), theirs, "{item:02x?}");
                let number = Reader::new(&item, false, 64).number().ok().and_then(|number| number.integer());
                assert_eq!(number, theirs, "{item:02x?}");
                numbers += 1;
            }
            _ => {}
        }
    }
    assert!(numbers > 10_000 && texts > 5_000, "{numbers} {texts}");
}

/// Every number in binary16 comes back in two bytes; its neighbours in binary32 take four.
#[test]
fn writes_floats_in_the_fewest_bytes() {
    for bits in 0..=u16::MAX {
        let number = half(bits);
        let mut cbor = Writer::new(4);
        cbor.float(number);
        let out = cbor.finish();
        assert_eq!(out.len(), 3, "{bits:x}");
        assert_eq!(out[1..], bits.to_be_bytes(), "{bits:x}");
        if number.is_finite() && number != 0.0 {
            let mut cbor = Writer::new(8);
            let near = f64::from(f32::from_bits((number as f32).to_bits() + 1));
            cbor.float(near);
            let out = cbor.finish();
            assert_eq!((out[0], Reader::new(&out, false, 1).number().unwrap().typed_float()), (SINGLE, Some(near)));
        }
    }
}

impl Number<'_> {
    fn typed_float(&self) -> Option<f64> {
        match self {
            Number::Float(number) => Some(*number),
            _ => None,
        }
    }
}
