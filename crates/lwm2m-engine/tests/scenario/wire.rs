//! CoAP messages by hand, so that a scenario does not trust the code that it tests.
//!
//! Source: RFC 7252 §3 ("Message Format"); RFC 8323 §3.2 ("Message Format") with a Len nibble of 0 for WebSockets.

use std::fmt::Write;

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Message {
    /// CON, NON, ACK, RST and the message id; `None` over a WebSocket.
    pub(crate) head: Option<(u8, u16)>,
    pub(crate) code: u8,
    pub(crate) token: Vec<u8>,
    pub(crate) options: Vec<(u16, Vec<u8>)>,
    pub(crate) payload: Vec<u8>,
}

pub(crate) const TYPES: [&str; 4] = ["CON", "NON", "ACK", "RST"];
pub(crate) const METHODS: [&str; 8] = ["EMPTY", "GET", "POST", "PUT", "DELETE", "FETCH", "PATCH", "IPATCH"];

impl Message {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let length = self.token.len() as u8;
        let mut bytes = match self.head {
            Some((kind, mid)) => vec![0x40 | kind << 4 | length, self.code, (mid >> 8) as u8, mid as u8],
            None => vec![length, self.code],
        };
        bytes.extend(&self.token);
        let mut options = self.options.clone();
        options.sort_by_key(|(number, _)| *number);
        let mut last = 0;
        for (number, value) in options {
            let (delta, delta_more) = nibble(usize::from(number - last));
            let (length, length_more) = nibble(value.len());
            bytes.push(delta << 4 | length);
            bytes.extend(delta_more);
            bytes.extend(length_more);
            bytes.extend(value);
            last = number;
        }
        if !self.payload.is_empty() {
            bytes.push(0xff);
            bytes.extend(&self.payload);
        }
        bytes
    }

    pub(crate) fn decode(bytes: &[u8], datagram: bool) -> Self {
        let mut message = Self { code: bytes[1], ..Self::default() };
        let mut at = 2;
        if datagram {
            message.head = Some((bytes[0] >> 4 & 3, u16::from_be_bytes([bytes[2], bytes[3]])));
            at = 4;
        }
        let length = usize::from(bytes[0] & 15);
        message.token = bytes[at..at + length].to_vec();
        at += length;
        let mut number = 0;
        while at < bytes.len() {
            if bytes[at] == 0xff {
                message.payload = bytes[at + 1..].to_vec();
                break;
            }
            let (delta, length) = (bytes[at] >> 4, bytes[at] & 15);
            at += 1;
            number += extended(delta, bytes, &mut at) as u16;
            let length = extended(length, bytes, &mut at);
            message.options.push((number, bytes[at..at + length].to_vec()));
            at += length;
        }
        message
    }

    /// `CON 0001 t01 POST` and so on: what a failed expectation prints.
    pub(crate) fn print(&self) -> String {
        let mut text = String::new();
        if let Some((kind, mid)) = self.head {
            let _ = write!(text, "{} {mid:04x} ", TYPES[usize::from(kind)]);
        }
        let _ = write!(text, "t{} {}", hex(&self.token), code_text(self.code));
        for (number, value) in &self.options {
            let _ = write!(text, " {number}={:?}", String::from_utf8_lossy(value));
        }
        let _ = write!(text, " |{}", String::from_utf8_lossy(&self.payload));
        text
    }
}

pub(crate) fn code_text(code: u8) -> String {
    match code {
        0..8 => METHODS[usize::from(code)].into(),
        _ => format!("{}.{:02}", code >> 5, code & 31),
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// An unsigned integer as an option value: no leading zero bytes.
pub(crate) fn uint(value: u32) -> Vec<u8> {
    value.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect()
}

fn nibble(value: usize) -> (u8, Vec<u8>) {
    match value {
        0..13 => (value as u8, vec![]),
        13..269 => (13, vec![(value - 13) as u8]),
        _ => (14, ((value - 269) as u16).to_be_bytes().to_vec()),
    }
}

fn extended(nibble: u8, bytes: &[u8], at: &mut usize) -> usize {
    let (more, base) = match nibble {
        13 => (1, 13),
        14 => (2, 269),
        _ => return nibble.into(),
    };
    let value = bytes[*at..*at + more].iter().fold(0, |value, byte| value << 8 | usize::from(*byte));
    *at += more;
    value + base
}
