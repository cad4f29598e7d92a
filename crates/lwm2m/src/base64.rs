//! Base64 in the two alphabets that LwM2M uses.

use alloc::vec::Vec;

/// Standard alphabet with padding: text and OMA JSON.
pub(crate) fn encode_standard(bytes: &[u8], out: &mut Vec<u8>) {
    encode(bytes, b"+/", true, out);
}

/// URL-safe alphabet without padding: SenML.
pub(crate) fn encode_url(bytes: &[u8], out: &mut Vec<u8>) {
    encode(bytes, b"-_", false, out);
}

/// Reads either alphabet, with or without padding; `strict` asks for the standard alphabet with padding
/// (`Some(true)`) or the URL-safe one without (`Some(false)`).
///
/// An `Err` holds the offset of the first character that cannot be.
pub(crate) fn decode(text: &[u8], strict: Option<bool>) -> Result<Vec<u8>, usize> {
    let body = match text {
        [body @ .., b'=', b'='] | [body @ .., b'='] => body,
        body => body,
    };
    let padding = text.len() - body.len();
    let padded = padding > 0;
    if (padded && !text.len().is_multiple_of(4))
        || (strict == Some(true) && !text.len().is_multiple_of(4))
        || (strict == Some(false) && padded)
    {
        return Err(body.len());
    }
    let mut out = Vec::with_capacity(body.len() / 4 * 3 + 2);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for (at, &byte) in body.iter().enumerate() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'/' if strict != Some(false) => 62 + u8::from(byte == b'/'),
            b'-' | b'_' if strict != Some(true) => 62 + u8::from(byte == b'_'),
            _ => return Err(at),
        };
        bits = bits << 6 | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held & 0xFF) as u8);
        }
    }
    // Left over: nothing, or 2 or 4 zero bits. Six bits alone are half a byte too few.
    if held == 6 || bits & ((1 << held) - 1) != 0 { Err(body.len()) } else { Ok(out) }
}

fn encode(bytes: &[u8], last_two: &[u8; 2], pad: bool, out: &mut Vec<u8>) {
    out.reserve(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_u32, |word, &byte| word << 8 | u32::from(byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            if place <= chunk.len() {
                let six = (word >> (18 - 6 * place) & 63) as u8;
                out.push(match six {
                    0..=25 => b'A' + six,
                    26..=51 => b'a' + six - 26,
                    52..=61 => b'0' + six - 52,
                    62 => last_two[0],
                    _ => last_two[1],
                });
            } else if pad {
                out.push(b'=');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways() {
        // RFC 4648, "Test Vectors", and the Opaque examples of LwM2M Core, "Data Types".
        for (bytes, standard, url) in [
            (b"".as_slice(), "", ""),
            (b"f", "Zg==", "Zg"),
            (b"fo", "Zm8=", "Zm8"),
            (b"foo", "Zm9v", "Zm9v"),
            (b"foob", "Zm9vYg==", "Zm9vYg"),
            (&[1, 2, 3, 4, 5], "AQIDBAU=", "AQIDBAU"),
            (&[0xFB, 0xFF, 0xFE, 0xF9], "+//++Q==", "-__--Q"),
        ] {
            let (mut a, mut b) = (Vec::new(), Vec::new());
            encode_standard(bytes, &mut a);
            encode_url(bytes, &mut b);
            assert_eq!((a.as_slice(), b.as_slice()), (standard.as_bytes(), url.as_bytes()));
            for text in [standard, url] {
                assert_eq!(decode(text.as_bytes(), None).as_deref(), Ok(bytes));
            }
            assert_eq!(decode(standard.as_bytes(), Some(true)).as_deref(), Ok(bytes));
            assert_eq!(decode(url.as_bytes(), Some(false)).as_deref(), Ok(bytes));
        }
    }

    #[test]
    fn refuses() {
        for (text, strict, at) in [
            ("Z", None, 1),
            ("Zh", None, 2),  // bits left over
            ("Zg=", None, 2), // half a padding
            ("Zm9v=", None, 4),
            ("Zg===", None, 3),
            ("Z g=", None, 1),
            ("!!", None, 0),
            ("=", None, 0),
            ("Zg", Some(true), 2),
            ("Zg==", Some(false), 2),
            ("+/++", Some(false), 0),
            ("-_--", Some(true), 0),
        ] {
            assert_eq!(decode(text.as_bytes(), strict), Err(at), "{text}");
        }
    }
}
