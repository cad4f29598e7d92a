//! Rows with some bytes changed: whatever comes, an error or entries.

use lwm2m::codec;
use lwm2m::{ContentFormat, Discovery, Limits, Mode, ObjectList, arguments, link};

use crate::payloads::written_as;
use crate::rows::{bytes, context, rows, selection};
use crate::tree::{flat, models};

/// Of each row.
const MUTATIONS: usize = 5;

/// Every format that reads something.
const FORMATS: [u16; 15] = [0, 40, 42, 60, 110, 112, 320, 322, 1541, 1542, 1543, 1544, 11542, 11543, 11544];

/// Mutations of the selection, thousands of them and always the same: whatever comes, an error or entries.
#[test]
fn mutations_never_panic() {
    let folder = selection();
    let models = models();
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below.max(1) as u64) as usize
    };
    let (mut cases, mut taken) = (0, 0);
    for file in ["payloads.jsonl", "malformed.jsonl", "links.jsonl"] {
        for row in rows(&folder, file) {
            let original = bytes(&row);
            for _ in 0..MUTATIONS {
                let mut bytes = original.clone();
                for _ in 0..=next(3) {
                    let at = next(bytes.len() + 1);
                    match next(6) {
                        0 => bytes.truncate(at),
                        1 => bytes.insert(at.min(bytes.len()), next(256) as u8),
                        2 if at < bytes.len() => drop(bytes.remove(at)),
                        3 if at < bytes.len() => bytes[at] ^= 1 << next(8),
                        4 if at < bytes.len() => bytes[at] = b"[]{}\",:\\<>;=/0-e.\xff\x00\xc8"[next(20)],
                        _ => bytes.extend_from_within(at.min(bytes.len())..),
                    }
                }
                bytes.truncate(4_096);
                cases += 1;
                let (lenient, _) = (link::parse(&bytes, Mode::Lenient), link::parse(&bytes, Mode::Strict));
                if let Ok(links) = lenient {
                    assert_eq!(link::parse(link::format(&links).as_bytes(), Mode::Lenient).as_ref(), Ok(&links));
                }
                let _ = ObjectList::parse(&bytes, &Limits::DEFAULT);
                let _ = Discovery::parse(&bytes, "/lwm2m", &Limits::DEFAULT);
                let _ = arguments::parse(&bytes, Mode::Lenient);
                if file == "links.jsonl" {
                    continue;
                }
                for format in FORMATS {
                    let mut context = context(&row, &models);
                    context.format = ContentFormat(format);
                    let _ = codec::decode(&bytes, &context.with_mode(Mode::Strict));
                    let Ok(payload) = codec::decode(&bytes, &context) else { continue };
                    taken += 1;
                    context.format = written_as(context.format);
                    // What was read can be written, and reads the same again.
                    if let Ok(written) = codec::encode(payload.entries(), &context) {
                        let again = codec::decode(&written, &context).map(|payload| flat(payload.entries(), false));
                        assert_eq!(
                            again,
                            Ok(flat(payload.entries(), false)),
                            "{bytes:02x?} as {format} at {}",
                            context.base
                        );
                    }
                }
            }
        }
    }
    assert!(cases > 5_000 && taken > 500, "{cases} cases, {taken} read");
}
