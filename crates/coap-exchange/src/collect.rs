//! Bodies of responses that we fetch block by block.

use alloc::vec::Vec;

use crate::block::Block;
use crate::message::{Message, Options};
use crate::{CoapOption, ExchangeError, Request, Response};

/// How far the answer to a request has come.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    pub(crate) collection: Option<Collection>,
    /// Whether it was read from the start again already.
    pub(crate) restarted: bool,
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

impl Progress {
    /// How much of it counts in the limit `bodies`.
    pub(crate) fn cost(&self) -> usize {
        self.collection.as_ref().map_or(0, |collection| collection.body.len())
    }
}

impl Collection {
    /// The block to ask for next.
    pub(crate) fn next(&self) -> Block {
        let unit = Block { number: 0, more: false, size: self.size }.unit();
        Block { number: u32::try_from(self.body.len() / unit).unwrap_or(u32::MAX), more: false, size: self.size }
    }
}

/// The options of the request for a further block: the same with another Block2, nothing that was only for the first one.
pub(crate) fn follow_up(request: &Request, block: Block) -> Options {
    let mut options = request.options.clone();
    for number in [CoapOption::Observe, CoapOption::Block1, CoapOption::Size1] {
        options.remove(number);
    }
    options.set_uint(CoapOption::Block2, block.value());
    options
}

/// What a response means for its request.
pub(crate) enum Step {
    /// The whole answer, and how much of it was counted as a body in assembly.
    Done {
        response: Response,
        collected: usize,
    },
    /// A block was added.
    More {
        grown: usize,
    },
    /// The body is another one now: begin again.
    Restart {
        dropped: usize,
    },
    Failed(ExchangeError),
}

/// Looks at a response and puts a block where it belongs. Who asks for a later block `by_hand` gets that block.
///
/// Source: RFC 7959 §2.4 ("Using the Block2 Option"); RFC 8323 §6 for BERT.
pub(crate) fn take_block(progress: &mut Progress, message: Message, by_hand: bool, udp: bool, limit: usize) -> Step {
    let Message { code, mut options, payload, .. } = message;
    let block = Block::of(&options, CoapOption::Block2);
    let success = u8::from(code) >> 5 == 2;
    let block = match block {
        Some(block) if success && !by_hand => block,
        // An error in the middle is the answer to the whole.
        _ if progress.collection.is_none() || !success => {
            return if payload.len() > limit {
                Step::Failed(ExchangeError::TooLarge)
            } else {
                Step::Done { response: Response { code, options, payload }, collected: 0 }
            };
        }
        _ => return Step::Failed(ExchangeError::Malformed),
    };
    let announced = options.first_uint(CoapOption::Size2).unwrap_or(0) as usize;
    options.remove(CoapOption::Block1);
    options.remove(CoapOption::Block2);
    options.remove(CoapOption::Size2);
    if (udp && block.is_bert()) || !block.fits(payload.len()) {
        return Step::Failed(ExchangeError::Malformed);
    }
    if announced.max(block.offset() + payload.len()) > limit {
        return Step::Failed(ExchangeError::TooLarge);
    }
    let collection = match &mut progress.collection {
        None if block.number != 0 => return Step::Failed(ExchangeError::Malformed),
        None if !block.more => {
            return Step::Done { response: Response { code, options, payload }, collected: 0 };
        }
        None => {
            let grown = payload.len();
            progress.collection = Some(Collection { options, body: payload, size: block.size });
            return Step::More { grown };
        }
        Some(collection) => collection,
    };
    if collection.options.first(CoapOption::ETag) != options.first(CoapOption::ETag) {
        let dropped = collection.body.len();
        if progress.restarted {
            return Step::Failed(ExchangeError::Changed);
        }
        *progress = Progress { collection: None, restarted: true };
        return Step::Restart { dropped };
    }
    if block.offset() != collection.body.len() {
        return Step::Failed(ExchangeError::Malformed);
    }
    if block.more {
        collection.size = block.size;
        collection.body.extend_from_slice(&payload);
        return Step::More { grown: payload.len() };
    }
    let collected = collection.body.len();
    let Some(Collection { options, mut body, .. }) = progress.collection.take() else {
        return Step::Failed(ExchangeError::Malformed);
    };
    body.extend_from_slice(&payload);
    Step::Done { response: Response { code, options, payload: body }, collected }
}
