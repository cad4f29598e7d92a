//! Messages: the strict scan of a frame, options, requests and responses.
//!
//! A frame goes through two steps. [`scan`] checks every byte of it in place, without allocating, for either framing. Only
//! what it accepts reaches `packet`, the one file that knows coap-lite's `Packet`.

pub mod number;
mod options;
mod packet;
mod request;
mod scan;

pub use options::Options;
pub use packet::{EncodeError, Message};
pub(crate) use packet::{empty, encode};
pub use request::{Request, Response};
pub use scan::{DecodeError, Framing, Head, Scan, scan};

#[cfg(test)]
pub(crate) mod tests {
    use alloc::vec::Vec;

    /// Bytes from hexadecimal digits; spaces are ignored.
    pub(crate) fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(16)).collect();
        assert_eq!(digits.len() % 2, 0, "odd number of digits in {text}");
        digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect()
    }
}
