//! Block options and bodies that grow block by block.

use alloc::vec::Vec;

use core::ops::Range;

use crate::message::{Message, Options};
use crate::rng::mix;
use crate::{CoapOption, Mono};

/// The value of a Block1 or Block2 option (RFC 7959 §2.2, "Structure of a Block Option").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// The number of the block, up to 20 bits.
    pub(crate) number: u32,
    /// Whether more follow.
    pub(crate) more: bool,
    /// The size as 16 << `size`; 7 means BERT (RFC 8323 §6): any number of blocks of 1024 bytes.
    pub(crate) size: u8,
}

impl Block {
    /// How many blocks a body can have: numbers have 20 bits.
    pub(crate) const COUNT: usize = 1 << 20;

    /// A value of three bytes, to measure with.
    pub(crate) const LONGEST: u32 = 0xff_ffff;

    /// The block in the options, if there is one of at most 3 bytes.
    pub(crate) fn of(options: &Options, number: CoapOption) -> Option<Self> {
        let value = options.first_uint(number).filter(|value| *value < 1 << 24)?;
        Some(Self { number: value >> 4, more: value & 8 != 0, size: (value & 7) as u8 })
    }

    /// The option's value.
    pub(crate) const fn value(self) -> u32 {
        self.number << 4 | (self.more as u32) << 3 | self.size as u32
    }

    /// Whether this is the BERT size.
    pub(crate) const fn is_bert(self) -> bool {
        self.size == 7
    }

    /// What one block number stands for, in bytes.
    pub(crate) const fn unit(self) -> usize {
        16 << if self.size < 6 { self.size } else { 6 }
    }

    /// Where in the body the block begins, in bytes; under 2³⁰.
    pub(crate) const fn offset(self) -> usize {
        self.number as usize * self.unit()
    }

    /// Whether a payload of that many bytes can be this block.
    pub(crate) const fn fits(self, length: usize) -> bool {
        match (self.is_bert(), self.more) {
            (false, true) => length == self.unit(),
            (false, false) => length <= self.unit(),
            (true, true) => length > 0 && length.is_multiple_of(1024),
            (true, false) => true,
        }
    }
}

/// What blocks look like of which the size and the length of a message are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// The size exponent.
    pub(crate) size: u8,
    /// Payload of a block that is not the last.
    length: usize,
}

impl Shape {
    /// The largest up to `size` (7: BERT) for payloads of at most `room` bytes.
    pub(crate) fn within(size: u8, room: usize) -> Option<Self> {
        if size >= 7 && room >= 1024 {
            return Some(Self { size: 7, length: room - room % 1024 });
        }
        (0..=size.min(6)).rev().map(|size| Self { size, length: 16 << size }).find(|shape| shape.length <= room)
    }

    /// The largest size, BERT aside, whose blocks are not longer than that; at least 16.
    pub(crate) const fn size_up_to(length: usize) -> u8 {
        let mut size = 6;
        while size > 0 && 16 << size > length {
            size -= 1;
        }
        size
    }

    /// The block that begins at `offset` of a body, and its part of it. `None` if there is none or it cannot be numbered.
    pub(crate) fn block(self, offset: usize, total: usize) -> Option<(Block, Range<usize>)> {
        let mut block = Block { number: 0, more: false, size: self.size };
        let number = offset / block.unit();
        if number >= Block::COUNT || (offset >= total && offset > 0) || !offset.is_multiple_of(block.unit()) {
            return None;
        }
        let end = total.min(offset.saturating_add(self.length));
        (block.number, block.more) = (number as u32, end < total);
        Some((block, offset..end))
    }
}

/// A body of a request that is coming in by Block1.
#[derive(Clone, Debug)]
pub(crate) struct Assembly {
    /// What must be equal in all its blocks, as [`key`] makes it.
    pub(crate) key: Vec<u8>,
    pub(crate) body: Vec<u8>,
    pub(crate) expires: Mono,
}

impl Assembly {
    /// What it counts in the limit `bodies`: the key can be as long as a message.
    pub(crate) fn cost(&self) -> usize {
        self.key.len() + self.body.len() + ASSEMBLY_OVERHEAD
    }
}

/// The record of a body and its timer.
const ASSEMBLY_OVERHEAD: usize = 128;

/// What tells one body from another: the method and the options of the cache key, Request-Tag among them.
///
/// Source: RFC 7959 §2.5 ("Using the Block1 Option"), RFC 9175 §3.3 ("Request-Tag Processing by Servers").
pub(crate) fn key(message: &Message) -> Vec<u8> {
    let mut key = Vec::from([u8::from(message.code)]);
    for (number, value) in key_options(&message.options) {
        key.extend(number.to_be_bytes());
        key.extend((value.len() as u32).to_be_bytes());
        key.extend_from_slice(value);
    }
    key
}

/// The same as a hash, for bodies of responses: only a peer's own bodies are told apart by it.
pub(crate) fn key_hash(code: u8, options: &Options) -> u64 {
    key_options(options).fold(mix(code.into(), 1), |hash, (number, value)| {
        hash_bytes(mix(hash ^ (u64::from(number) << 32 | value.len() as u64), 1), value)
    })
}

/// A hash that goes on from another.
pub(crate) fn hash_bytes(hash: u64, bytes: &[u8]) -> u64 {
    bytes.chunks(8).fold(hash ^ bytes.len() as u64, |hash, chunk| {
        let word = chunk.iter().fold(0, |word: u64, byte| word << 8 | u64::from(*byte));
        mix(hash ^ word, 1)
    })
}

/// The options that may not differ between the blocks of one body.
fn key_options(options: &Options) -> impl Iterator<Item = (u16, &[u8])> {
    options.all().filter(|(number, _)| {
        // ETag, Observe, Block2, Block1: they may be in one block only.
        let not_in_all = matches!(number, 4 | 6 | 23 | 27);
        // RFC 7252 §5.4.2, NoCacheKey: among others Size1, Size2 and Echo.
        let no_cache_key = number & 0x1e == 0x1c;
        !not_in_all && !no_cache_key
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn block_values() {
        // RFC 7959 §3 writes them as number/more/size in bytes; the bytes are by §2.2.
        let rows: &[(&[u8], u32, bool, usize)] = &[
            (&[], 0, false, 16),
            (&[0x0a], 0, true, 64),
            (&[0x16], 1, false, 1024),
            (&[0x1f, 0xfe], 511, true, 1024),
            (&[0xff, 0xff, 0xfe], 0xf_ffff, true, 1024),
            (&[0x0f], 0, true, 1024),
        ];
        for (bytes, number, more, unit) in rows {
            let mut options = Options::new();
            options.add(CoapOption::Block2, bytes);
            let block = Block::of(&options, CoapOption::Block2).unwrap();
            assert_eq!((block.number, block.more, block.unit()), (*number, *more, *unit), "{bytes:02x?}");
            options.set_uint(CoapOption::Block2, block.value());
            assert_eq!(options.first(CoapOption::Block2), Some(*bytes));
        }
    }

    #[test]
    fn shapes_and_the_blocks_of_a_body() {
        // Largest size, room, and what comes of it: size and payload.
        for (size, room, want) in [
            (6, 5_000, Some((6, 1024))),
            (6, 1_023, Some((5, 512))),
            (2, 1_023, Some((2, 64))),
            (0, 15, None),
            (7, 5_000, Some((7, 4096))),
            (7, 1_023, Some((5, 512))),
        ] {
            assert_eq!(Shape::within(size, room).map(|shape| (shape.size, shape.length)), want, "{size} in {room}");
        }
        for (length, size) in [(0, 0), (16, 0), (31, 0), (32, 1), (1_000, 5), (1_024, 6), (1 << 20, 6)] {
            assert_eq!(Shape::size_up_to(length), size);
        }
        let shape = Shape::within(0, 16).unwrap();
        // The body's length, an offset, and the block there: number, more, bytes. Numbers end at 2^20 (RFC 7959 §2.2).
        for (total, offset, want) in [
            (0, 0, Some((0, false, 0))),
            (16, 0, Some((0, false, 16))),
            (17, 0, Some((0, true, 16))),
            (17, 16, Some((1, false, 1))),
            (16, 16, None),
            (17, 8, None),
            (1 << 25, ((1 << 20) - 1) * 16, Some(((1 << 20) - 1, true, 16))),
            (1 << 25, (1 << 20) * 16, None),
            (17, usize::MAX - 15, None),
        ] {
            let block = shape.block(offset, total).map(|(block, range)| (block.number, block.more, range.len()));
            assert_eq!(block, want, "{total} at {offset}");
        }
    }

    #[test]
    fn sizes_must_fit() {
        let rows = [
            (2, true, 64, true),
            (2, true, 63, false),
            (2, true, 65, false),
            (2, false, 0, true),
            (2, false, 64, true),
            (2, false, 65, false),
            (7, true, 0, false),
            (7, true, 3072, true),
            (7, true, 3000, false),
            (7, false, 3000, true),
        ];
        for (size, more, length, fits) in rows {
            assert_eq!(Block { number: 0, more, size }.fits(length), fits, "size {size} more {more} of {length}");
        }
    }
}
