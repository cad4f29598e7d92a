//! CoAP messages made and read by hand, so that they may be wrong on purpose and share no mistake with our own crates.

/// The four types of a message over UDP, RFC 7252 "Message Format".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Type {
    /// Confirmable.
    Con = 0,
    /// Non-confirmable.
    Non = 1,
    /// Acknowledgement.
    Ack = 2,
    /// Reset.
    Rst = 3,
}

/// GET, code 0.01.
pub const GET: u8 = 0x01;
/// POST, code 0.02.
pub const POST: u8 = 0x02;
/// PUT, code 0.03.
pub const PUT: u8 = 0x03;
/// DELETE, code 0.04.
pub const DELETE: u8 = 0x04;
/// 2.05 Content.
pub const CONTENT: u8 = 0x45;
/// Capabilities and Settings, 7.01 of RFC 8323.
pub const CSM: u8 = 0xe1;

/// Observe, RFC 7641.
pub const OBSERVE: u16 = 6;
/// Block2, RFC 7959.
pub const BLOCK2: u16 = 23;
/// Block1, RFC 7959.
pub const BLOCK1: u16 = 27;
/// Uri-Path.
pub const URI_PATH: u16 = 11;
/// Content-Format.
pub const CONTENT_FORMAT: u16 = 12;
/// Uri-Query.
pub const URI_QUERY: u16 = 15;
/// Accept.
pub const ACCEPT: u16 = 17;
/// Location-Path.
pub const LOCATION_PATH: u16 = 8;

/// A message, whatever carries it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// Over UDP only.
    pub kind: Type,
    /// Over UDP only.
    pub id: u16,
    /// Class in the upper three bits, detail in the lower five.
    pub code: u8,
    /// At most 8 bytes here.
    pub token: Vec<u8>,
    /// In ascending order of their numbers.
    pub options: Vec<(u16, Vec<u8>)>,
    /// Empty if there is none.
    pub payload: Vec<u8>,
}

impl Message {
    /// A confirmable message with this code and a one-byte token.
    pub fn new(code: u8) -> Self {
        Self { kind: Type::Con, id: 1, code, token: vec![0x71], options: Vec::new(), payload: Vec::new() }
    }

    /// Adds each segment of `/a/b` and each query of `?c&d`.
    pub fn uri(mut self, uri: &str) -> Self {
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        for segment in path.split('/').filter(|segment| !segment.is_empty()) {
            self = self.option(URI_PATH, segment.as_bytes());
        }
        for query in query.split('&').filter(|query| !query.is_empty()) {
            self = self.option(URI_QUERY, query.as_bytes());
        }
        self
    }

    /// Adds an option.
    pub fn option(mut self, number: u16, value: &[u8]) -> Self {
        let at = self.options.partition_point(|(other, _)| *other <= number);
        self.options.insert(at, (number, value.to_vec()));
        self
    }

    /// Adds an option that holds a number.
    pub fn number(self, number: u16, value: u16) -> Self {
        let bytes = value.to_be_bytes();
        let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
        self.option(number, &bytes[first..])
    }

    /// Sets the payload.
    pub fn payload(mut self, payload: &[u8]) -> Self {
        self.payload = payload.to_vec();
        self
    }

    /// The code as people write it: `2.05`.
    pub fn code_text(&self) -> String {
        format!("{}.{:02}", self.code >> 5, self.code & 0x1f)
    }

    /// The values of an option.
    pub fn values(&self, number: u16) -> Vec<&[u8]> {
        self.options.iter().filter(|(other, _)| *other == number).map(|(_, value)| value.as_slice()).collect()
    }

    /// The value of an option that holds a number.
    pub fn number_of(&self, number: u16) -> Option<u16> {
        let value = self.values(number).first().copied()?;
        Some(value.iter().fold(0, |sum, byte| sum << 8 | u16::from(*byte)))
    }

    /// A Block option: number, whether more follow, and how many bytes a block has. RFC 7959 "The Block Option".
    pub fn block(&self, number: u16) -> Option<(usize, bool, usize)> {
        let value = usize::from(self.number_of(number)?);
        Some((value >> 4, value & 8 != 0, 16 << (value & 7)))
    }

    /// Adds a Block option; `size` is a power of two from 16 to 1024.
    pub fn with_block(self, option: u16, number: usize, more: bool, size: usize) -> Self {
        let value = number << 4 | usize::from(more) << 3 | (size.ilog2() as usize - 4);
        self.number(option, value as u16)
    }

    /// Its Uri-Path with slashes: `/3/0`.
    pub fn path(&self) -> String {
        self.values(URI_PATH).iter().map(|segment| format!("/{}", String::from_utf8_lossy(segment))).collect()
    }

    /// The bytes of a datagram, RFC 7252 "Message Format".
    pub fn datagram(&self) -> Vec<u8> {
        let mut bytes = vec![0x40 | (self.kind as u8) << 4 | self.token.len() as u8, self.code];
        bytes.extend(self.id.to_be_bytes());
        bytes.extend(self.rest());
        bytes
    }

    /// The bytes of a WebSocket frame, RFC 8323 "CoAP over WebSockets".
    pub fn frame(&self) -> Vec<u8> {
        let mut bytes = vec![self.token.len() as u8, self.code];
        bytes.extend(self.rest());
        bytes
    }

    fn rest(&self) -> Vec<u8> {
        let mut bytes = self.token.clone();
        let mut last = 0;
        for (number, value) in &self.options {
            let (delta, delta_more) = nibble(usize::from(number - last));
            let (length, length_more) = nibble(value.len());
            bytes.push(delta << 4 | length);
            bytes.extend(delta_more);
            bytes.extend(length_more);
            bytes.extend(value);
            last = *number;
        }
        if !self.payload.is_empty() {
            bytes.push(0xff);
            bytes.extend(&self.payload);
        }
        bytes
    }

    /// Reads a datagram; `None` if it is not CoAP.
    pub fn from_datagram(bytes: &[u8]) -> Option<Self> {
        let [first, code, id1, id2, rest @ ..] = bytes else { return None };
        if first >> 6 != 1 {
            return None;
        }
        let kind = [Type::Con, Type::Non, Type::Ack, Type::Rst][usize::from(first >> 4 & 3)];
        let id = u16::from_be_bytes([*id1, *id2]);
        Some(Self { kind, id, ..Self::read(*code, usize::from(first & 15), rest)? })
    }

    /// Reads a WebSocket frame; `None` if it is not CoAP.
    pub fn from_frame(bytes: &[u8]) -> Option<Self> {
        let [first, code, rest @ ..] = bytes else { return None };
        if first >> 4 != 0 {
            return None;
        }
        Self::read(*code, usize::from(*first), rest)
    }

    fn read(code: u8, token: usize, bytes: &[u8]) -> Option<Self> {
        let (token, mut rest) = bytes.split_at_checked(token)?;
        let mut message = Self { token: token.to_vec(), ..Self::new(code) };
        let mut last = 0_usize;
        while let [head, more @ ..] = rest {
            if *head == 0xff {
                message.payload = more.to_vec();
                break;
            }
            rest = more;
            last += extended(head >> 4, &mut rest)?;
            let length = extended(head & 15, &mut rest)?;
            let (value, after) = rest.split_at_checked(length)?;
            message.options.push((u16::try_from(last).ok()?, value.to_vec()));
            rest = after;
        }
        Some(message)
    }
}

fn nibble(value: usize) -> (u8, Vec<u8>) {
    match value {
        0..13 => (value as u8, vec![]),
        13..269 => (13, vec![(value - 13) as u8]),
        _ => (14, ((value - 269) as u16).to_be_bytes().to_vec()),
    }
}

fn extended(nibble: u8, rest: &mut &[u8]) -> Option<usize> {
    let (value, after) = match (nibble, *rest) {
        (0..13, after) => (usize::from(nibble), after),
        (13, [one, after @ ..]) => (13 + usize::from(*one), after),
        (14, [one, two, after @ ..]) => (269 + usize::from(u16::from_be_bytes([*one, *two])), after),
        _ => return None,
    };
    *rest = after;
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_what_rfc_7252_shows() {
        // RFC 7252 "Examples", figure "Confirmable Request; Piggybacked Response": GET /temperature, MID 0x7d34.
        let get = Message { id: 0x7d34, token: vec![], ..Message::new(GET) }.uri("/temperature");
        let bytes = [&[0x40, 0x01, 0x7d, 0x34, 0xbb][..], b"temperature"].concat();
        assert_eq!(get.datagram(), bytes);
        assert_eq!(Message::from_datagram(&bytes), Some(get));
    }

    #[test]
    fn long_options_come_back() {
        for length in [0, 12, 13, 268, 269, 1000] {
            let message = Message::new(POST).uri("/rd").option(URI_QUERY, &vec![b'x'; length]).payload(b"</3/0>");
            assert_eq!(Message::from_datagram(&message.datagram()).as_ref(), Some(&message));
            assert_eq!(Message::from_frame(&message.frame()).as_ref(), Some(&message));
        }
    }
}
