//! Writes CBOR items, each in the fewest bytes.

use alloc::vec::Vec;

use super::{ARRAY, BYTES, DOUBLE, FALSE, HALF, MAP, NEGATIVE, NULL, SINGLE, SMALLEST_HALF, TAG, TEXT, TRUE, UNSIGNED};

/// What has been written so far.
pub(in crate::codec) struct Writer {
    out: Vec<u8>,
}

impl Writer {
    /// With room for this many bytes.
    pub(in crate::codec) fn new(room: usize) -> Self {
        Self { out: Vec::with_capacity(room) }
    }

    pub(in crate::codec) fn finish(self) -> Vec<u8> {
        self.out
    }

    /// The head of an array of this many items.
    pub(in crate::codec) fn array(&mut self, items: usize) {
        self.head(ARRAY, items as u64);
    }

    /// The head of a map of this many pairs.
    pub(in crate::codec) fn map(&mut self, pairs: usize) {
        self.head(MAP, pairs as u64);
    }

    pub(in crate::codec) fn tag(&mut self, tag: u64) {
        self.head(TAG, tag);
    }

    #[inline]
    pub(in crate::codec) fn integer(&mut self, number: i64) {
        match u64::try_from(number) {
            Ok(number) => self.head(UNSIGNED, number),
            // -1 is 0, and so on.
            Err(_) => self.head(NEGATIVE, !number as u64),
        }
    }

    #[inline]
    pub(in crate::codec) fn unsigned(&mut self, number: u64) {
        self.head(UNSIGNED, number);
    }

    #[inline]
    pub(in crate::codec) fn text(&mut self, text: &str) {
        self.head(TEXT, text.len() as u64);
        self.out.extend_from_slice(text.as_bytes());
    }

    pub(in crate::codec) fn bytes(&mut self, bytes: &[u8]) {
        self.head(BYTES, bytes.len() as u64);
        self.out.extend_from_slice(bytes);
    }

    pub(in crate::codec) fn boolean(&mut self, truth: bool) {
        self.out.push(if truth { TRUE } else { FALSE });
    }

    pub(in crate::codec) fn null(&mut self) {
        self.out.push(NULL);
    }

    /// In binary16 or binary32 where that says it exactly, also of what is not a number.
    #[allow(clippy::cast_possible_truncation)] // what was lost is seen
    pub(in crate::codec) fn float(&mut self, number: f64) {
        let single = number as f32;
        if let Some(half) = half(number) {
            self.out.push(HALF);
            self.out.extend_from_slice(&half.to_be_bytes());
        } else if f64::from(single).to_bits() == number.to_bits() {
            self.out.push(SINGLE);
            self.out.extend_from_slice(&single.to_be_bytes());
        } else {
            self.out.push(DOUBLE);
            self.out.extend_from_slice(&number.to_be_bytes());
        }
    }

    /// The shortest head of this type with this number.
    #[inline]
    #[allow(clippy::cast_possible_truncation)] // the ranges say what fits
    fn head(&mut self, major: u8, number: u64) {
        let first = major << 5;
        match number {
            0..24 => self.out.push(first | number as u8),
            24..0x100 => self.out.extend_from_slice(&[first | 24, number as u8]),
            _ => self.long_head(first, number),
        }
    }

    #[allow(clippy::cast_possible_truncation)] // the ranges say what fits
    fn long_head(&mut self, first: u8, number: u64) {
        match number {
            0..0x1_0000 => {
                self.out.push(first | 25);
                self.out.extend_from_slice(&(number as u16).to_be_bytes());
            }
            0x1_0000..0x1_0000_0000 => {
                self.out.push(first | 26);
                self.out.extend_from_slice(&(number as u32).to_be_bytes());
            }
            _ => {
                self.out.push(first | 27);
                self.out.extend_from_slice(&number.to_be_bytes());
            }
        }
    }
}

/// The number in binary16, if that is the same.
#[allow(clippy::cast_possible_truncation)] // what was lost is seen
fn half(number: f64) -> Option<u16> {
    let magnitude = number.abs();
    let exponent = (magnitude.to_bits() >> 52) as u16;
    let bits = match exponent.checked_sub(1023 - 15) {
        // Infinity, and all that is not a number.
        _ if !number.is_finite() => 31 << 10 | (magnitude.to_bits() >> 42) as u16 & 0x3FF,
        Some(exponent @ 1..31) => exponent << 10 | (magnitude.to_bits() >> 42) as u16 & 0x3FF,
        Some(31..) => return None,
        // Small ones count in units of 2^-24.
        _ => (magnitude / SMALLEST_HALF) as u16,
    };
    let sign = if number.is_sign_negative() { 1 << 15 } else { 0 };
    (super::half(bits).to_bits() == magnitude.to_bits()).then_some(sign | bits)
}
