//! The strict check of a frame, in place: nothing is copied or allocated, and every byte is accounted for.
//!
//! coap-lite reads more than the standard allows (a payload marker without payload, any version, an Empty message with
//! content), so no frame gets to it unchecked.

use crate::MessageType;

/// How a message is wrapped.
#[allow(clippy::exhaustive_enums, reason = "a new framing is a new decision for every caller")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Framing {
    /// RFC 7252 §3 ("Message Format"): version, type, message id.
    Udp,
    /// RFC 8323 §4.2 ("Message Format" of CoAP over WebSockets): no length, version, type or message id.
    WebSocket,
}

/// What stands before the token besides the code.
#[allow(clippy::exhaustive_enums, reason = "one per framing")]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Head {
    /// Of a datagram.
    Datagram {
        /// Confirmable, NonConfirmable, Acknowledgement or Reset.
        kind: MessageType,
        /// The Message ID.
        id: u16,
    },
    /// Of a WebSocket message: nothing.
    Frame,
}

/// The parts of a well-formed message, borrowed from its bytes.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scan<'a> {
    /// What the framing adds.
    pub head: Head,
    /// The code as it is on the wire; every value is possible.
    pub code: u8,
    /// The token, 0 to 65,804 bytes (RFC 8974 §2.1, "Extended Token Length").
    pub token: &'a [u8],
    /// The options as they are on the wire.
    pub options: &'a [u8],
    /// How many options there are.
    pub option_count: usize,
    /// The payload, without its marker.
    pub payload: &'a [u8],
}

/// Why a frame is no message. The sender is at fault; `at` is the position of the byte, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The frame ends inside the header or the token.
    #[error("the message ends inside its header or token at byte {at}")]
    Truncated {
        /// Where the next byte should be.
        at: usize,
    },
    /// Not version 1 (RFC 7252 §3): such a datagram is ignored, whatever its type.
    #[error("version {version} is not known")]
    Version {
        /// The version found.
        version: u8,
    },
    /// The Len nibble is not 0 over WebSocket (RFC 8323 §4.2).
    #[error("the Len nibble is {length}, over WebSocket it must be 0")]
    Length {
        /// The nibble found.
        length: u8,
    },
    /// Token length nibble 15 (RFC 8974 §2.1).
    #[error("token length 15 is reserved")]
    TokenLength,
    /// An Empty message has more than its header (RFC 7252 §4.1), UDP only.
    #[error("an Empty message must end at byte {at}")]
    NotEmpty {
        /// Where it should end.
        at: usize,
    },
    /// An option delta or length of 15 that is not the payload marker (RFC 7252 §3.1).
    #[error("option delta or length 15 at byte {at} is reserved")]
    ReservedNibble {
        /// The option's first byte.
        at: usize,
    },
    /// The frame ends inside an option.
    #[error("the option at byte {at} runs past the end")]
    OptionTruncated {
        /// The option's first byte.
        at: usize,
    },
    /// The option number is over 65,535.
    #[error("the option number at byte {at} is over 65535")]
    OptionNumber {
        /// The option's first byte.
        at: usize,
    },
    /// The option value is over 65,535 bytes. The wire has room for 269 more, coap-lite has not, no option needs it.
    #[error("the option at byte {at} is over 65535 bytes")]
    OptionTooLong {
        /// The option's first byte.
        at: usize,
    },
    /// More options than the limit.
    #[error("more than {limit} options at byte {at}")]
    TooManyOptions {
        /// The first option too many.
        at: usize,
        /// The limit.
        limit: usize,
    },
    /// A payload marker without payload (RFC 7252 §3).
    #[error("a payload marker without payload at byte {at}")]
    EmptyPayload {
        /// The marker.
        at: usize,
    },
}

/// Checks a whole frame.
///
/// # Errors
///
/// [`DecodeError`] names the first byte that breaks the format.
///
/// ```
/// use coap_exchange::message::{DecodeError, Framing, scan};
///
/// let frame = [0x40, 0x01, 0x12, 0x34, 0xb3, b'/', b'r', b'd'];
/// assert_eq!(scan(Framing::Udp, &frame, 256).unwrap().options.len(), 4);
/// let cut = scan(Framing::Udp, &frame[..7], 256);
/// assert_eq!(cut, Err(DecodeError::OptionTruncated { at: 4 }));
/// ```
pub fn scan(framing: Framing, bytes: &[u8], max_options: usize) -> Result<Scan<'_>, DecodeError> {
    let mut reader = Reader { bytes, at: 0 };
    let first = reader.header()?;
    let (head, code) = match framing {
        Framing::Udp => {
            let version = first >> 6;
            if version != 1 {
                return Err(DecodeError::Version { version });
            }
            let code = reader.header()?;
            let id = u16::from_be_bytes([reader.header()?, reader.header()?]);
            (Head::Datagram { kind: kind(first >> 4 & 3), id }, code)
        }
        Framing::WebSocket => {
            let length = first >> 4;
            if length != 0 {
                return Err(DecodeError::Length { length });
            }
            (Head::Frame, reader.header()?)
        }
    };
    if code == 0 && framing == Framing::Udp && (first & 15 != 0 || bytes.len() != reader.at) {
        return Err(DecodeError::NotEmpty { at: 4 });
    }
    let token_length = match first & 15 {
        13 => usize::from(reader.header()?) + 13,
        14 => usize::from(u16::from_be_bytes([reader.header()?, reader.header()?])) + 269,
        15 => return Err(DecodeError::TokenLength),
        length => usize::from(length),
    };
    let token = reader.take(token_length).ok_or(DecodeError::Truncated { at: bytes.len() })?;
    let options_start = reader.at;
    let option_count = reader.options(max_options)?;
    let options = bytes.get(options_start..reader.at).unwrap_or_default();
    let payload = match reader.bytes.get(reader.at..) {
        Some([_marker]) => return Err(DecodeError::EmptyPayload { at: reader.at }),
        Some([_marker, payload @ ..]) => payload,
        _ => &[],
    };
    Ok(Scan { head, code, token, options, option_count, payload })
}

/// A cursor over the frame.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn header(&mut self) -> Result<u8, DecodeError> {
        self.byte().ok_or(DecodeError::Truncated { at: self.at })
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..)?.get(..length)?;
        self.at += length;
        Some(taken)
    }

    /// Walks over the options to the payload marker or the end, and counts them.
    fn options(&mut self, max: usize) -> Result<usize, DecodeError> {
        let mut count = 0;
        let mut number = 0;
        loop {
            let at = self.at;
            let first = match self.bytes.get(at) {
                None | Some(0xff) => return Ok(count),
                Some(first) => *first,
            };
            self.at += 1;
            let cut = DecodeError::OptionTruncated { at };
            let delta = self.extended(first >> 4, at)?.ok_or(cut)?;
            let length = self.extended(first & 15, at)?.ok_or(cut)?;
            number += delta;
            if number > usize::from(u16::MAX) {
                return Err(DecodeError::OptionNumber { at });
            }
            if length > usize::from(u16::MAX) {
                return Err(DecodeError::OptionTooLong { at });
            }
            self.take(length).ok_or(cut)?;
            if count == max {
                return Err(DecodeError::TooManyOptions { at, limit: max });
            }
            count += 1;
        }
    }

    /// The value of an option nibble with its extra bytes; `None` if the frame ends before them.
    fn extended(&mut self, nibble: u8, at: usize) -> Result<Option<usize>, DecodeError> {
        Ok(match nibble {
            13 => self.byte().map(|byte| usize::from(byte) + 13),
            14 => match (self.byte(), self.byte()) {
                (Some(high), Some(low)) => Some(usize::from(u16::from_be_bytes([high, low])) + 269),
                _ => None,
            },
            15 => return Err(DecodeError::ReservedNibble { at }),
            value => Some(usize::from(value)),
        })
    }
}

/// The message type of its two bits.
const fn kind(bits: u8) -> MessageType {
    match bits {
        0 => MessageType::Confirmable,
        1 => MessageType::NonConfirmable,
        2 => MessageType::Acknowledgement,
        _ => MessageType::Reset,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::tests::hex;
    use alloc::vec;

    type Parts<'a> = (u8, &'a str, usize, &'a str);

    const OK: &[(&str, Framing, &str, Parts<'_>)] = &[
        // why, framing, bytes, (code, token, options, payload)
        (
            "RFC 7252 appendix A figure 16, GET /temperature",
            Framing::Udp,
            "40017d34 bb 74656d7065726174757265",
            (1, "", 1, ""),
        ),
        (
            "RFC 7252 appendix A figure 16, the answer",
            Framing::Udp,
            "60457d34 ff 32322e332043",
            (0x45, "", 0, "32322e332043"),
        ),
        (
            "RFC 7252 appendix A figure 17, with token 0x20",
            Framing::Udp,
            "41017d35 20 bb 74656d7065726174757265",
            (1, "20", 1, ""),
        ),
        ("RFC 7252 section 4.1, Empty acknowledgement", Framing::Udp, "60007d34", (0, "", 0, "")),
        ("RFC 8323 section 5.3, CSM without options", Framing::WebSocket, "00e1", (0xe1, "", 0, "")),
        ("RFC 8323 section 4.2, GET with token", Framing::WebSocket, "0401 01020304 b27264", (1, "01020304", 1, "")),
        ("RFC 8323 section 4.4, Empty", Framing::WebSocket, "0000", (0, "", 0, "")),
        (
            "RFC 8974 section 2.1, token of 13",
            Framing::WebSocket,
            "0d01 00 000102030405060708090a0b0c",
            (1, "000102030405060708090a0b0c", 0, ""),
        ),
        (
            "RFC 8974 section 2.1, token of 13 over UDP",
            Framing::Udp,
            "4d010001 00 000102030405060708090a0b0c ff21",
            (1, "000102030405060708090a0b0c", 0, "21"),
        ),
        (
            "RFC 7252 section 3.1, delta 13 + 0 and 14 + 0",
            Framing::Udp,
            "40010000 d000 e00000 e10000aa",
            (1, "", 3, ""),
        ),
        ("largest option number, 65535", Framing::Udp, "40010000 e0fef2", (1, "", 1, "")),
        ("a payload that holds a marker", Framing::Udp, "40020000 ffff", (2, "", 0, "ff")),
    ];

    const BAD: &[(&str, Framing, &str, DecodeError)] = &[
        ("nothing", Framing::Udp, "", DecodeError::Truncated { at: 0 }),
        ("nothing", Framing::WebSocket, "", DecodeError::Truncated { at: 0 }),
        ("one byte", Framing::WebSocket, "00", DecodeError::Truncated { at: 1 }),
        ("three bytes", Framing::Udp, "400100", DecodeError::Truncated { at: 3 }),
        ("version 0", Framing::Udp, "00010000", DecodeError::Version { version: 0 }),
        ("version 2", Framing::Udp, "80010000", DecodeError::Version { version: 2 }),
        ("version 3, text", Framing::Udp, "ffffffff", DecodeError::Version { version: 3 }),
        ("Len nibble", Framing::WebSocket, "1001 b0", DecodeError::Length { length: 1 }),
        ("token cut", Framing::Udp, "48010000 0001", DecodeError::Truncated { at: 6 }),
        ("token cut", Framing::WebSocket, "0801 0001", DecodeError::Truncated { at: 4 }),
        ("extended length cut", Framing::WebSocket, "0d01", DecodeError::Truncated { at: 2 }),
        ("extended length cut in two", Framing::WebSocket, "0e01 00", DecodeError::Truncated { at: 3 }),
        ("extended token cut", Framing::WebSocket, "0d01 00 0000", DecodeError::Truncated { at: 5 }),
        ("token length 15", Framing::WebSocket, "0f01", DecodeError::TokenLength),
        ("token length 15", Framing::Udp, "4f010000", DecodeError::TokenLength),
        ("Empty with token", Framing::Udp, "41000000 00", DecodeError::NotEmpty { at: 4 }),
        ("Empty with payload", Framing::Udp, "40000000 ff00", DecodeError::NotEmpty { at: 4 }),
        ("Empty with token length only", Framing::Udp, "41000000", DecodeError::NotEmpty { at: 4 }),
        ("delta 15", Framing::Udp, "40010000 f0", DecodeError::ReservedNibble { at: 4 }),
        ("length 15", Framing::Udp, "40010000 1f", DecodeError::ReservedNibble { at: 4 }),
        ("delta byte missing", Framing::Udp, "40010000 d0", DecodeError::OptionTruncated { at: 4 }),
        ("delta byte missing", Framing::Udp, "40010000 e000", DecodeError::OptionTruncated { at: 4 }),
        ("length byte missing", Framing::Udp, "40010000 1d", DecodeError::OptionTruncated { at: 4 }),
        ("value cut in the second option", Framing::Udp, "40010000 1100 1200", DecodeError::OptionTruncated { at: 6 }),
        ("number over 65535", Framing::Udp, "40010000 e0fef3", DecodeError::OptionNumber { at: 4 }),
        ("number over 65535 in the sum", Framing::Udp, "40010000 e0fef2 10", DecodeError::OptionNumber { at: 7 }),
        ("value over 65535", Framing::Udp, "40010000 1efef3", DecodeError::OptionTooLong { at: 4 }),
        ("marker only", Framing::Udp, "40010000 ff", DecodeError::EmptyPayload { at: 4 }),
        ("marker only", Framing::WebSocket, "0001 b0 ff", DecodeError::EmptyPayload { at: 3 }),
    ];

    #[test]
    fn well_formed_frames_are_taken_apart() {
        for (why, framing, bytes, (code, token, options, payload)) in OK {
            let bytes = hex(bytes);
            let scan = scan(*framing, &bytes, 256).unwrap_or_else(|error| panic!("{why}: {error}"));
            assert_eq!((scan.code, scan.option_count), (*code, *options), "{why}");
            assert_eq!((scan.token, scan.payload), (&hex(token)[..], &hex(payload)[..]), "{why}");
        }
    }

    #[test]
    fn malformed_frames_name_the_byte() {
        for (why, framing, bytes, error) in BAD {
            assert_eq!(scan(*framing, &hex(bytes), 256), Err(*error), "{why}: {bytes}");
        }
    }

    #[test]
    fn options_are_counted_before_they_are_stored() {
        let mut bytes = hex("40010000");
        bytes.extend(vec![0x00; 256]);
        assert_eq!(scan(Framing::Udp, &bytes, 256).unwrap().option_count, 256);
        bytes.push(0x00);
        assert_eq!(scan(Framing::Udp, &bytes, 256), Err(DecodeError::TooManyOptions { at: 260, limit: 256 }));
    }
}
