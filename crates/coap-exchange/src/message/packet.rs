//! Messages to and from bytes. The only file that knows coap-lite's `Packet`.
//!
//! `Packet` carries the options, in both directions. The header, the token (up to 65,804 bytes, where `Packet` takes 8) and
//! the payload are handled beside it, so that a payload is copied once.

use alloc::vec::Vec;

use coap_lite::Packet;

use super::{DecodeError, Framing, Head, Options, Scan, scan};
use crate::{MessageClass, MessageType, RequestType, ResponseType};

/// One message, of either framing.
///
/// ```
/// use coap_exchange::message::{Framing, Message};
///
/// let bytes = [0x41, 0x01, 0x7d, 0x35, 0x20, 0xb2, b'r', b'd'];
/// let message = Message::decode(Framing::Udp, &bytes).unwrap();
/// assert_eq!(message.token, [0x20]);
/// assert_eq!(message.options.first(11u16), Some(&b"rd"[..]));
/// assert_eq!(message.encode().unwrap(), bytes);
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// What the framing adds.
    pub head: Head,
    /// The code.
    pub code: MessageClass,
    /// The token.
    pub token: Vec<u8>,
    /// The options.
    pub options: Options,
    /// The payload.
    pub payload: Vec<u8>,
}

impl Message {
    /// A message without options and payload.
    #[must_use]
    pub const fn new(head: Head, code: MessageClass, token: Vec<u8>) -> Self {
        Self { head, code, token, options: Options::new(), payload: Vec::new() }
    }

    /// Reads a frame, with up to 256 options.
    ///
    /// # Errors
    ///
    /// As [`scan`].
    pub fn decode(framing: Framing, bytes: &[u8]) -> Result<Self, DecodeError> {
        Ok(Self::from_scan(&scan(framing, bytes, 256)?))
    }

    /// Reads what has been checked.
    pub(crate) fn from_scan(scan: &Scan<'_>) -> Self {
        Self {
            head: scan.head,
            code: scan.code.into(),
            token: scan.token.into(),
            options: options(scan),
            payload: scan.payload.into(),
        }
    }

    /// Writes the frame.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] if the message cannot be expressed.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        encode(self.head, self.code, &self.token, &self.options, &self.payload)
    }
}

/// Why a message cannot be written. The caller is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// `RequestType::UnKnown` and `ResponseType::UnKnown` have no code.
    #[error("the code has no number")]
    Code,
    /// An Empty message over UDP has no token, options or payload.
    #[error("an Empty message has no content")]
    NotEmpty,
    /// Over 65,804 bytes.
    #[error("the token is over 65804 bytes")]
    TokenTooLong,
    /// Over 65,535 bytes.
    #[error("option {number} is over 65535 bytes")]
    OptionTooLong {
        /// Which one.
        number: u16,
    },
}

/// Writes a message from its parts.
pub(crate) fn encode(
    head: Head,
    code: MessageClass,
    token: &[u8],
    options: &Options,
    payload: &[u8],
) -> Result<Vec<u8>, EncodeError> {
    if matches!(code, MessageClass::Request(RequestType::UnKnown) | MessageClass::Response(ResponseType::UnKnown)) {
        return Err(EncodeError::Code);
    }
    let code_byte = u8::from(code);
    if code_byte == 0 && head != Head::Frame && !(token.is_empty() && options.is_empty() && payload.is_empty()) {
        return Err(EncodeError::NotEmpty);
    }
    let option_bytes = option_bytes(options)?;
    let (nibble, extra) = token_length(token.len())?;
    let mut bytes = Vec::with_capacity(4 + 2 + token.len() + option_bytes.len() + 1 + payload.len());
    match head {
        Head::Datagram { kind, id } => {
            bytes.extend([0x40 | kind_bits(kind) << 4 | nibble, code_byte]);
            bytes.extend(id.to_be_bytes());
        }
        Head::Frame => bytes.extend([nibble, code_byte]),
    }
    match nibble {
        13 => bytes.extend(extra.to_be_bytes().get(1..).unwrap_or_default()),
        14 => bytes.extend(extra.to_be_bytes()),
        _ => {}
    }
    bytes.extend_from_slice(token);
    bytes.extend_from_slice(&option_bytes);
    if !payload.is_empty() {
        bytes.push(0xff);
        bytes.extend_from_slice(payload);
    }
    Ok(bytes)
}

/// The four bytes of an Empty message: acknowledgement, reset or ping.
pub(crate) fn empty(kind: MessageType, id: u16) -> Vec<u8> {
    let [high, low] = id.to_be_bytes();
    [0x40 | kind_bits(kind) << 4, 0, high, low].into()
}

/// A header that makes any options a whole message for `Packet`: version 1, no token.
const NEUTRAL: [u8; 4] = [0x40, 0x01, 0, 0];

/// The options of a checked frame.
fn options(scan: &Scan<'_>) -> Options {
    let mut options = Options::with_capacity(scan.option_count);
    if scan.option_count == 0 {
        return options;
    }
    let mut bytes = Vec::with_capacity(NEUTRAL.len() + scan.options.len());
    bytes.extend(NEUTRAL);
    bytes.extend_from_slice(scan.options);
    // The scan accepts nothing that `Packet` refuses; the test `scan_and_coap_lite_agree` holds both to it.
    let packet = Packet::from_bytes(&bytes);
    debug_assert!(packet.is_ok(), "scan and coap-lite disagree");
    for (number, values) in packet.iter().flat_map(Packet::options) {
        for value in values {
            options.add(*number, value);
        }
    }
    options
}

/// The options as they are on the wire.
fn option_bytes(options: &Options) -> Result<Vec<u8>, EncodeError> {
    if options.is_empty() {
        return Ok(Vec::new());
    }
    let mut packet = Packet::new();
    for (number, value) in options.all() {
        if value.len() > usize::from(u16::MAX) {
            return Err(EncodeError::OptionTooLong { number });
        }
        packet.add_option(number.into(), value.into());
    }
    let mut bytes = packet.to_bytes_unlimited().unwrap_or_default();
    bytes.drain(..NEUTRAL.len().min(bytes.len()));
    Ok(bytes)
}

/// The nibble of a token length and its extra bytes (RFC 8974 §2.1).
fn token_length(length: usize) -> Result<(u8, u16), EncodeError> {
    let over = |base| u16::try_from(length.saturating_sub(base)).map_err(|_| EncodeError::TokenTooLong);
    match u8::try_from(length) {
        Ok(nibble @ 0..=12) => Ok((nibble, 0)),
        _ if length < 269 => Ok((13, over(13)?)),
        _ => Ok((14, over(269)?)),
    }
}

/// The two bits of a message type.
const fn kind_bits(kind: MessageType) -> u8 {
    match kind {
        MessageType::Confirmable => 0,
        MessageType::NonConfirmable => 1,
        MessageType::Acknowledgement => 2,
        MessageType::Reset => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;
    use alloc::vec;

    /// What coap-lite lets through and the scan does not.
    fn coap_lite_is_lenient(error: DecodeError) -> bool {
        use DecodeError::{EmptyPayload, NotEmpty, TooManyOptions, Version};
        matches!(error, Version { .. } | NotEmpty { .. } | EmptyPayload { .. } | TooManyOptions { .. })
    }

    /// What the scan lets through and coap-lite does not: tokens over 8 bytes (RFC 8974).
    fn extended_token(bytes: &[u8]) -> bool {
        bytes[0] & 15 > 8
    }

    fn agree(bytes: &[u8]) {
        let lite = Packet::from_bytes(bytes);
        match scan(Framing::Udp, bytes, 256) {
            Ok(scan) => {
                let message = Message::from_scan(&scan);
                if !extended_token(bytes) {
                    let packet = lite.unwrap_or_else(|error| panic!("{error} in {bytes:02x?}"));
                    let theirs: Vec<(u16, Vec<u8>)> = packet
                        .options()
                        .flat_map(|(number, values)| values.iter().map(|value| (*number, value.clone())))
                        .collect();
                    let ours: Vec<(u16, Vec<u8>)> =
                        message.options.all().map(|(number, value)| (number, value.to_vec())).collect();
                    assert_eq!(ours, theirs, "{bytes:02x?}");
                    assert_eq!(message.token, packet.get_token());
                    assert_eq!(message.payload, packet.payload);
                    assert_eq!(message.code, packet.header.code);
                }
                // Every message has exactly one form on the wire, so it must come back byte for byte.
                assert_eq!(message.encode().as_deref(), Ok(bytes), "{bytes:02x?}");
            }
            Err(error) => assert!(lite.is_err() || coap_lite_is_lenient(error), "{error} in {bytes:02x?}"),
        }
    }

    /// A message that is well-formed more often than not.
    fn random_message(rng: &mut Rng) -> Vec<u8> {
        let mut bytes = vec![0x40 | (rng.below(4) as u8) << 4, rng.below(256) as u8, rng.below(256) as u8, 1];
        let token = [0, 1, 4, 8, 9, 13, 40, 300][rng.below(8) as usize];
        let (nibble, extra) = token_length(token).unwrap();
        bytes[0] |= nibble;
        match nibble {
            13 => bytes.push(extra as u8),
            14 => bytes.extend(extra.to_be_bytes()),
            _ => {}
        }
        bytes.extend((0..token).map(|_| rng.below(256) as u8));
        for _ in 0..rng.below(8) {
            let delta = [0, 1, 4, 11, 12, 13, 14][rng.below(7) as usize] as u8;
            let length = [0, 1, 3, 8, 12, 13, 14][rng.below(7) as usize] as u8;
            bytes.push(delta << 4 | length);
            for nibble in [delta, length] {
                bytes.extend((12..nibble).map(|_| if nibble == 14 { rng.below(2) } else { rng.below(256) } as u8));
            }
            bytes.extend((0..rng.below(300).min([u64::from(length), 300][usize::from(length > 12)])).map(|_| 7));
        }
        if rng.below(2) == 0 {
            bytes.push(0xff);
            bytes.extend((0..rng.below(20)).map(|_| rng.below(256) as u8));
        }
        bytes
    }

    #[test]
    fn scan_and_coap_lite_agree() {
        let mut rng = Rng::new(1);
        let mut accepted = 0;
        for _ in 0..20_000 {
            let mut bytes = random_message(&mut rng);
            agree(&bytes);
            accepted += u32::from(scan(Framing::Udp, &bytes, 256).is_ok());
            // Then with a few bytes changed, cut off or doubled.
            for _ in 0..=rng.below(3) {
                let at = rng.below(bytes.len() as u64) as usize;
                match rng.below(3) {
                    0 => bytes[at] = rng.below(256) as u8,
                    1 => bytes.truncate(at.max(1)),
                    _ => bytes.insert(at, bytes[at]),
                }
            }
            agree(&bytes);
        }
        assert!(accepted > 3_000, "the generator makes too few good messages: {accepted}");
    }

    #[test]
    fn both_framings_carry_the_same_content() {
        for length in [0, 1, 8, 12, 13, 268, 269, 65_804] {
            let mut message = Message::new(Head::Frame, MessageClass::Request(RequestType::Post), vec![5; length]);
            message.options.add(11u16, b"rd");
            message.options.add(60_000u16, &[9; 400]);
            message.payload = vec![0xff; 3];
            for (head, framing) in [
                (Head::Frame, Framing::WebSocket),
                (Head::Datagram { kind: MessageType::NonConfirmable, id: 0xbeef }, Framing::Udp),
            ] {
                message.head = head;
                let bytes = message.encode().unwrap();
                assert_eq!(Message::decode(framing, &bytes).as_ref(), Ok(&message), "token of {length}");
            }
        }
    }

    #[test]
    fn what_cannot_be_written_is_an_error() {
        let datagram = Head::Datagram { kind: MessageType::Confirmable, id: 1 };
        let get = MessageClass::Request(RequestType::Get);
        let long = Options::new();
        let mut too_long = Options::new();
        too_long.add(2048u16, &vec![0; 65_536]);
        let rows: &[(MessageClass, usize, &Options, EncodeError)] = &[
            (MessageClass::Request(RequestType::UnKnown), 0, &long, EncodeError::Code),
            (MessageClass::Response(ResponseType::UnKnown), 0, &long, EncodeError::Code),
            (MessageClass::Empty, 1, &long, EncodeError::NotEmpty),
            (get, 65_805, &long, EncodeError::TokenTooLong),
            (get, 0, &too_long, EncodeError::OptionTooLong { number: 2048 }),
        ];
        for (code, token, options, error) in rows {
            assert_eq!(encode(datagram, *code, &vec![0; *token], options, &[]), Err(*error));
        }
    }
}
