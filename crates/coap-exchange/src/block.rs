//! Block options and bodies that grow block by block.

use alloc::vec::Vec;

use crate::message::{Message, Options};
use crate::{CoapOption, Mono, Request};

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
    for (number, value) in message.options.all() {
        let block = matches!(number, 23 | 27);
        // RFC 7252 §5.4.2, NoCacheKey: among others Size1, Size2 and Echo.
        let no_cache_key = number & 0x1e == 0x1c;
        if !block && !no_cache_key {
            key.extend(number.to_be_bytes());
            key.extend((value.len() as u32).to_be_bytes());
            key.extend_from_slice(value);
        }
    }
    key
}

/// A body of a response that we are fetching by Block2.
#[derive(Clone, Debug)]
pub(crate) struct Collection {
    /// The options of the first block.
    pub(crate) options: Options,
    pub(crate) body: Vec<u8>,
    /// The size the peer uses.
    pub(crate) size: u8,
}

impl Collection {
    /// The block to ask for next.
    pub(crate) fn next(&self) -> Block {
        let unit = Block { number: 0, more: false, size: self.size }.unit();
        Block { number: u32::try_from(self.body.len() / unit).unwrap_or(u32::MAX), more: false, size: self.size }
    }
}

/// The request for a further block: the same options with another Block2, nothing that was only for the first one.
///
/// The body goes along for FETCH only, whose target it names (RFC 8132 §2); otherwise it has had its effect.
pub(crate) fn follow_up(request: &Request, block: Block) -> Options {
    let mut options = request.options.clone();
    for number in [CoapOption::Observe, CoapOption::Block1, CoapOption::Size1] {
        options.remove(number);
    }
    options.set_uint(CoapOption::Block2, block.value());
    options
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
