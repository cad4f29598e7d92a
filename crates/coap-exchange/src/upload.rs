//! Bodies of requests that we send block by block.

use core::ops::Range;

use crate::block::{Block, Shape};
use crate::message::{Options, number};
use crate::{CoapOption, ExchangeError};

/// How far the body of a request has gone out. The body itself is in the request.
///
/// Source: RFC 7959 §2.5 ("Using the Block1 Option"), §2.9 (codes).
#[derive(Debug)]
pub(crate) struct Upload {
    /// The largest size that may be used; it only shrinks.
    size: u8,
    /// Where the block on its way begins.
    offset: usize,
    /// How long it is.
    length: usize,
    /// Keeps two bodies for the same resource apart (RFC 9175 §3.4).
    tag: Option<[u8; 4]>,
    /// A 4.08 was answered by beginning again.
    restarted: bool,
}

/// What the answer to a block means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sequel {
    /// Send the next block.
    Next,
    /// Begin again.
    Again,
    /// It is the answer to the whole.
    Final,
    /// It breaks the rules.
    Malformed,
}

impl Upload {
    pub(crate) const fn new(size: u8, tag: Option<[u8; 4]>) -> Self {
        Self { size, offset: 0, length: 0, tag, restarted: false }
    }

    /// The options that this block has besides those of the request, with the longest Block1 there is.
    pub(crate) fn options(&self, request: &Options, total: usize) -> Options {
        let mut options = request.clone();
        options.set_uint(CoapOption::Block1, Block::LONGEST);
        if self.offset == 0 {
            options.set_uint(CoapOption::Size1, u32::try_from(total).unwrap_or(u32::MAX));
        }
        self.mark(&mut options);
        options
    }

    /// Adds what tells this body, and the answer to it, from others.
    pub(crate) fn mark(&self, options: &mut Options) {
        if let Some(tag) = &self.tag {
            options.add(number::REQUEST_TAG, tag);
        }
    }

    /// The block to send, when the payload may have `room` bytes, and its part of the body.
    ///
    /// # Errors
    ///
    /// `TooLarge` if there is room for no block, or the body has more blocks than can be numbered.
    pub(crate) fn next(&mut self, total: usize, room: usize) -> Result<(Block, Range<usize>), ExchangeError> {
        let shape = Shape::within(self.size, room).ok_or(ExchangeError::TooLarge)?;
        self.size = shape.size;
        let (block, range) = shape.block(self.offset, total).ok_or(ExchangeError::TooLarge)?;
        if total.saturating_sub(1) / block.unit() >= Block::COUNT {
            return Err(ExchangeError::TooLarge);
        }
        self.length = range.len();
        Ok((block, range))
    }

    /// From the first block on.
    pub(crate) const fn begin_again(&mut self) {
        self.offset = 0;
    }

    /// Looks at the answer to the block that was sent.
    pub(crate) fn answered(&mut self, code: u8, options: &Options, total: usize) -> Sequel {
        let block = Block::of(options, CoapOption::Block1);
        let last = self.offset + self.length >= total;
        match code {
            CONTINUE if last => Sequel::Malformed,
            // A success with Block1 before the end: each block was taken by itself (RFC 7959 §2.3).
            0x40..=0x5f if !last && (code == CONTINUE || block.is_some()) => {
                if let Some(block) = block {
                    let unit = Block { number: 0, more: false, size: self.size }.unit();
                    if block.number as usize != self.offset / unit && block.offset() != self.offset {
                        return Sequel::Malformed;
                    }
                    self.size = self.size.min(block.size);
                }
                self.offset += self.length;
                Sequel::Next
            }
            INCOMPLETE if !self.restarted => {
                (self.restarted, self.offset) = (true, 0);
                Sequel::Again
            }
            TOO_LARGE => match block {
                Some(block) if block.size < self.size => {
                    (self.size, self.offset) = (block.size, 0);
                    Sequel::Again
                }
                _ => Sequel::Final,
            },
            _ => Sequel::Final,
        }
    }

    /// The size a peer wants that refused a whole body of that length.
    pub(crate) fn wanted(code: u8, options: &Options, length: usize) -> Option<u8> {
        let block = Block::of(options, CoapOption::Block1).filter(|block| !block.is_bert())?;
        (code == TOO_LARGE && block.unit() < length).then_some(block.size)
    }
}

/// 2.31 Continue.
const CONTINUE: u8 = 0x5f;
/// 4.08 Request Entity Incomplete.
const INCOMPLETE: u8 = 0x88;
/// 4.13 Request Entity Too Large.
const TOO_LARGE: u8 = 0x8d;
