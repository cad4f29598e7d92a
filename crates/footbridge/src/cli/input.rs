//! A payload as people give it: hexadecimal, base64, a file, a pipe.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read};

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use lwm2m::{ContentFormat, Limits};

use super::screen::safe;

/// How a payload is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spelling {
    Hex,
    Base64,
    /// The bytes themselves; in an argument, the text itself.
    Raw,
}

impl Spelling {
    /// How it was read, for a sentence.
    pub(crate) const fn as_what(self) -> &'static str {
        match self {
            Self::Hex => "as hex",
            Self::Base64 => "as base64",
            Self::Raw => "as it is",
        }
    }
}

/// A payload, and how it was written down.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Input {
    pub(crate) bytes: Vec<u8>,
    pub(crate) spelling: Spelling,
    /// Whether it could have been meant otherwise, and what to do then.
    pub(crate) doubt: Option<&'static str>,
}

/// Reads the payload that the words of the command line mean. `@FILE` is a file, `-` or nothing is stdin.
pub(crate) fn read(words: &[String], spelling: Option<Spelling>, format: Option<ContentFormat>) -> Result<Input> {
    let (given, argument) = match words {
        [] if io::stdin().is_terminal() => bail!("no payload: give it as hex, base64 or @FILE, or pipe it in"),
        [] => (read_bounded(io::stdin().lock(), "stdin")?, false),
        [word] if word == "-" => (read_bounded(io::stdin().lock(), "stdin")?, false),
        [word] if word.starts_with('@') => (read_file(&word[1..])?, false),
        words => (words.join(" ").into_bytes(), true),
    };
    spelled(given, argument, spelling, format).map_err(anyhow::Error::msg)
}

/// The text or the bytes of a file, of stdin (`-`), or of the argument itself.
pub(crate) fn read_text(words: &[String]) -> Result<Vec<u8>> {
    match words {
        [] if io::stdin().is_terminal() => bail!("nothing is given: put it in the command, name @FILE, or pipe it in"),
        [] => read_bounded(io::stdin().lock(), "stdin"),
        [word] if word == "-" => read_bounded(io::stdin().lock(), "stdin"),
        [word] if word.starts_with('@') => read_file(&word[1..]),
        words => Ok(words.join(" ").into_bytes()),
    }
}

/// A file of moderate size.
pub(crate) fn read_file(name: &str) -> Result<Vec<u8>> {
    let file = File::open(name).with_context(|| format!("cannot open {}", safe(name)))?;
    read_bounded(file, name)
}

/// Everything there is, if that is not more than a payload may be, written in hexadecimal with blanks.
fn read_bounded(from: impl Read, name: &str) -> Result<Vec<u8>> {
    let limit = 4 * Limits::DEFAULT.payload;
    let mut bytes = Vec::new();
    let read = from.take(limit as u64 + 1).read_to_end(&mut bytes);
    read.with_context(|| format!("cannot read {}", safe(name)))?;
    if bytes.len() > limit {
        bail!("{} has more than {limit} bytes, which no payload has", safe(name));
    }
    Ok(bytes)
}

fn spelled(
    given: Vec<u8>,
    argument: bool,
    spelling: Option<Spelling>,
    format: Option<ContentFormat>,
) -> Result<Input, String> {
    let sure = |bytes, spelling| Input { bytes, spelling, doubt: None };
    match spelling {
        Some(Spelling::Raw) => return Ok(sure(given, Spelling::Raw)),
        Some(Spelling::Hex) => return Ok(sure(hex(&given).map_err(|wrong| wrong.to_string())?, Spelling::Hex)),
        Some(Spelling::Base64) => {
            let bytes = base64(&given).ok_or("this is no base64")?;
            return Ok(sure(bytes, Spelling::Base64));
        }
        None => {}
    }
    let is_text = format == Some(ContentFormat::TEXT);
    // A document in JSON or a link is neither.
    if matches!(given.trim_ascii_start().first(), Some(b'[' | b'{' | b'<')) {
        let bytes = if argument { given } else { without_line_end(given) };
        return Ok(sure(bytes, Spelling::Raw));
    }
    match hex(&given) {
        Ok(bytes) => {
            let doubt = is_text.then_some("--raw takes it for the text itself");
            return Ok(Input { bytes, spelling: Spelling::Hex, doubt });
        }
        // Seven hexadecimal digits are a slip, not base64.
        Err(wrong @ (NotHex::Odd(_) | NotHex::Half(_))) if !is_text && argument => return Err(wrong.to_string()),
        Err(_) => {}
    }
    if !is_text && let Some(bytes) = base64(&given) {
        let doubt = Some("it is not hexadecimal; --raw takes it for the bytes themselves");
        return Ok(Input { bytes, spelling: Spelling::Base64, doubt });
    }
    if is_text || !argument {
        let bytes = if is_text && !argument { without_line_end(given) } else { given };
        return Ok(sure(bytes, Spelling::Raw));
    }
    let why = hex(&given).err().map(|wrong| wrong.to_string()).unwrap_or_default();
    Err(format!("{why}, and it is no base64; --raw takes it for the bytes themselves, @FILE for a file"))
}

/// A file of text ends with a line end that is not part of the payload.
fn without_line_end(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
    }
    bytes
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum NotHex {
    #[error("{0} hexadecimal digits: one is missing or too many")]
    Odd(usize),
    #[error("hexadecimal digits come in pairs: one is missing before character {0}")]
    Half(usize),
    #[error("character {0} is no hexadecimal digit")]
    Character(usize),
}

/// Pairs of hexadecimal digits; blanks, line ends, `,`, `:` and `0x` between them do not matter.
fn hex(text: &[u8]) -> Result<Vec<u8>, NotHex> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let (mut high, mut digits, mut at) = (None, 0, 0);
    while let Some(&byte) = text.get(at) {
        let digit = char::from(byte).to_digit(16).map(|digit| digit as u8);
        let prefix = byte == b'0' && matches!(text.get(at + 1), Some(b'x' | b'X'));
        match (digit, high) {
            _ if prefix && high.is_none() => at += 1,
            (Some(digit), None) => high = Some(digit),
            (Some(digit), Some(first)) => {
                bytes.push(first << 4 | digit);
                high = None;
            }
            (None, None) if byte.is_ascii_whitespace() || b",:".contains(&byte) => {}
            (None, Some(_)) if byte.is_ascii_whitespace() || b",:".contains(&byte) => return Err(NotHex::Half(at + 1)),
            _ => return Err(NotHex::Character(at + 1)),
        }
        digits += usize::from(digit.is_some() && !prefix);
        at += 1;
    }
    if high.is_some() { Err(NotHex::Odd(digits)) } else { Ok(bytes) }
}

/// Both alphabets, with or without padding, line ends in it.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    const ANY: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let bare = text.iter().filter(|byte| !byte.is_ascii_whitespace()).map(|byte| match byte {
        b'-' => b'+',
        b'_' => b'/',
        other => *other,
    });
    ANY.decode(bare.collect::<Vec<u8>>()).ok().filter(|bytes| !bytes.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_is_told_apart() {
        let tlv = Some(ContentFormat::TLV);
        let text = Some(ContentFormat::TEXT);
        // given, as an argument, format: bytes and how they were read, or what the message says
        type Want = Result<(&'static [u8], Spelling), &'static str>;
        let rows: &[(&[u8], bool, Option<ContentFormat>, Want)] = &[
            (b"c10964", true, tlv, Ok((&[0xC1, 9, 0x64], Spelling::Hex))),
            (b" C1 09\n64", true, tlv, Ok((&[0xC1, 9, 0x64], Spelling::Hex))),
            (b"0xC1, 0x09, 0x64", true, tlv, Ok((&[0xC1, 9, 0x64], Spelling::Hex))),
            (b"c1:09:64", true, None, Ok((&[0xC1, 9, 0x64], Spelling::Hex))),
            (b"0xc10964", true, tlv, Ok((&[0xC1, 9, 0x64], Spelling::Hex))),
            (b"", true, tlv, Ok((&[], Spelling::Hex))),
            (b"wQlk", true, tlv, Ok((&[0xC1, 9, 0x64], Spelling::Base64))),
            (b"gaIAZC8zLzAh_w==", true, tlv, Ok((b"\x81\xa2\0d/3/0!\xff", Spelling::Base64))),
            (b"c1096", true, tlv, Err("5 hexadecimal digits: one is missing or too many")),
            (b"c1 0 9", true, tlv, Err("hexadecimal digits come in pairs: one is missing before character 5")),
            (b"25.5", true, tlv, Err("character 3 is no hexadecimal digit, and it is no base64")),
            (b"25.5", true, text, Ok((b"25.5", Spelling::Raw))),
            (b"100", true, text, Ok((b"100", Spelling::Raw))),
            (b"3235", true, text, Ok((b"25", Spelling::Hex))),
            (b"Acme", true, text, Ok((b"Acme", Spelling::Raw))),
            (b"[{\"n\":\"/3\"}]", true, None, Ok((b"[{\"n\":\"/3\"}]", Spelling::Raw))),
            (b"[]\n", false, None, Ok((b"[]", Spelling::Raw))),
            (b"c10964\n", false, None, Ok((&[0xC1, 9, 0x64], Spelling::Hex))),
            (b"wQlk\r\n", false, None, Ok((&[0xC1, 9, 0x64], Spelling::Base64))),
            (&[0xC1, 9, 0x64], false, None, Ok((&[0xC1, 9, 0x64], Spelling::Raw))),
            (b"Acme\r\n", false, text, Ok((b"Acme", Spelling::Raw))),
        ];
        for (given, argument, format, want) in rows {
            let got = spelled(given.to_vec(), *argument, None, *format);
            match (got, want) {
                (Ok(input), Ok((bytes, spelling))) => {
                    assert_eq!((&input.bytes[..], input.spelling), (*bytes, *spelling), "{given:?}");
                }
                (Err(message), Err(part)) => assert!(message.starts_with(part), "{given:?}: {message}"),
                (got, want) => panic!("{given:?}: {got:?}, not {want:?}"),
            }
        }
    }

    #[test]
    fn who_says_how_is_obeyed() {
        let read =
            |given: &[u8], spelling| spelled(given.to_vec(), true, Some(spelling), None).map(|input| input.bytes);
        assert_eq!(read(b"3235", Spelling::Raw).as_deref(), Ok(&b"3235"[..]));
        assert_eq!(read(b"3235", Spelling::Base64).as_deref(), Ok(&[0xDF, 0x6D, 0xF9][..]));
        assert_eq!(read(b"3235", Spelling::Hex).as_deref(), Ok(&b"25"[..]));
        assert!(read(b"wQlk", Spelling::Hex).is_err());
        assert!(read(b"%", Spelling::Base64).is_err());
    }
}
