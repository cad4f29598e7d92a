//! Answers that are too large for one message: sent block by block, and kept for the questions after the first.

use alloc::vec::Vec;

use crate::block::{Block, Shape, hash_bytes, key_hash};
use crate::message::{EncodeError, Head, Message, encode};
use crate::peer::{Link, Open, Peer, Room};
use crate::timer::Timer;
use crate::{
    CoapOption, EXCHANGE_LIFETIME, Exchanges, MessageClass, Mono, Options, PeerId, RequestType, Response, ResponseType,
};

/// Which part of which answer is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    key: Key,
    /// The block, if one was named.
    pub(crate) wish: Option<Block>,
}

/// What tells one kept answer of a peer from another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Key {
    /// Of the method and the options.
    options: u64,
    /// Of the body of a FETCH, which says what is asked for.
    body: u64,
}

/// A large answer.
#[derive(Debug)]
pub(crate) struct Kept {
    key: Key,
    /// Without Observe.
    response: Response,
    expires: Mono,
}

/// The record of an answer and its options, more or less.
const KEPT_OVERHEAD: usize = 256;

impl Kept {
    /// What it counts in the limit `bodies`.
    pub(crate) fn cost(&self) -> usize {
        let options: usize = self.response.options.all().map(|(_, value)| value.len() + 32).sum();
        KEPT_OVERHEAD + options + self.response.payload.len()
    }
}

impl Place {
    pub(crate) fn of(message: &Message) -> Self {
        let fetch = message.code == MessageClass::Request(RequestType::Fetch);
        let key = Key {
            options: key_hash(message.code.into(), &message.options),
            body: if fetch { hash_bytes(EMPTY, &message.payload) } else { 0 },
        };
        Self { key, wish: Block::of(&message.options, CoapOption::Block2) }
    }

    /// The same answer from its start.
    pub(crate) fn start(self) -> Self {
        Self { wish: self.wish.map(|wish| Block { number: 0, ..wish }), ..self }
    }

    /// Whether it is not the start that is asked for.
    pub(crate) fn is_later(&self) -> bool {
        self.wish.is_some_and(|wish| wish.number > 0)
    }
}

impl Exchanges {
    /// Answers a question for a later block from what is kept. `false` if nothing is.
    ///
    /// Source: RFC 7959 §2.4 ("Using the Block2 Option").
    pub(crate) fn serve_block(&mut self, open: &Open) -> bool {
        let now = self.now;
        let Some(record) = self.peers.get_mut(&open.peer) else { return false };
        let key = open.place.key;
        // A FETCH may leave out its body once the answer has begun.
        let is_it = |kept: &Kept| kept.key.options == key.options && (kept.key.body == key.body || key.body == EMPTY);
        let Some(index) = record.kept.iter().rposition(is_it) else { return false };
        let mut kept = record.kept.remove(index);
        kept.expires = now + EXCHANGE_LIFETIME;
        self.send_with(open, None, |exchanges, head| {
            exchanges.write_block(open.peer, head, &open.token, open.place, &kept.response).0
        });
        if let Some(record) = self.peers.get_mut(&open.peer) {
            record.kept.push(kept);
        }
        true
    }

    /// Makes the message of a response, or of a block of it; then the response is kept.
    pub(crate) fn write_response(
        &mut self,
        peer: PeerId,
        head: Head,
        token: &[u8],
        place: Place,
        mut response: Response,
    ) -> Option<Vec<u8>> {
        if !matches!(u8::from(response.code) >> 5, 2 | 4 | 5) {
            response = Response::new(ResponseType::InternalServerError);
        }
        let room = self.room(peer);
        let asked = place.wish.filter(|wish| !wish.is_bert()).map_or(usize::MAX, Block::unit);
        let length = response.payload.len();
        if !place.is_later() && length <= room.whole.min(asked) {
            let bytes = encode(head, response.code, token, &response.options, &response.payload).ok()?;
            if bytes.len() <= room.limit {
                return Some(bytes);
            }
        }
        if !response.is_success() && place.is_later() {
            // The whole is not there any more: that is the answer.
            let bytes = encode(head, response.code, token, &response.options, &response.payload).ok()?;
            return Some(bytes).filter(|bytes| bytes.len() <= room.limit);
        }
        if response.is_success() && !response.options.contains(CoapOption::ETag) {
            // From the bytes, so that the same state made anew has the same one.
            response.options.add(CoapOption::ETag, &hash_bytes(2, &response.payload).to_be_bytes());
        }
        let (bytes, is_block) = self.write_block(peer, head, token, place, &response);
        if is_block {
            response.options.remove(CoapOption::Observe);
            response.options.remove(CoapOption::Block1);
            self.keep(peer, place.key, response);
        }
        bytes
    }

    /// Makes the message of one block, or of the error that there is none; and says which.
    fn write_block(
        &mut self,
        peer: PeerId,
        head: Head,
        token: &[u8],
        place: Place,
        response: &Response,
    ) -> (Option<Vec<u8>>, bool) {
        match block_of(self.room(peer), head, token, place, response) {
            Ok(bytes) => {
                self.stats.blocks_out += 1;
                (Some(bytes), true)
            }
            Err(NoBlock::TooLarge) => (None, false),
            Err(NoBlock::Beyond) => {
                self.stats.blocks_bad += 1;
                let code = MessageClass::Response(ResponseType::BadRequest);
                (encode(head, code, token, &Options::new(), b"no such block").ok(), false)
            }
        }
    }

    /// Keeps an answer for later blocks, if there is room. One that is not there must be made anew by the layer above.
    fn keep(&mut self, peer: PeerId, key: Key, response: Response) {
        let (most, bodies, expires) =
            (self.config.limits.kept, self.config.limits.bodies, self.now + EXCHANGE_LIFETIME);
        let new = Kept { key, response, expires };
        let Some(record) = self.peers.get_mut(&peer) else { return };
        if let Some(index) = record.kept.iter().position(|kept| kept.key == key) {
            self.bodies -= record.kept.remove(index).cost();
        }
        while record.kept.len() >= most.max(1) || (!record.kept.is_empty() && self.bodies + new.cost() > bodies) {
            self.bodies -= record.kept.remove(0).cost();
            self.stats.kept_forgotten += 1;
        }
        if self.bodies + new.cost() > bodies || most == 0 {
            self.stats.kept_forgotten += 1;
            return;
        }
        self.bodies += new.cost();
        record.kept.push(new);
        if record.kept_due.is_none() {
            record.kept_due = Some(expires);
            self.timers.set(expires, Timer::Kept(peer));
        }
    }

    /// Forgets answers that nobody has asked about for long.
    pub(crate) fn expire_kept(&mut self, peer: PeerId) {
        let (now, bodies) = (self.now, &mut self.bodies);
        let Some(record) = self.peers.get_mut(&peer) else { return };
        record.kept.retain(|kept| {
            let keep = kept.expires > now;
            if !keep {
                *bodies -= kept.cost();
            }
            keep
        });
        record.kept_due = record.kept.iter().map(|kept| kept.expires).min();
        if let Some(due) = record.kept_due {
            self.timers.set(due, Timer::Kept(peer));
        }
        self.forget_if_idle(peer);
    }

    /// Largest message to a WebSocket, from the layer above.
    pub(crate) fn set_max_message(&mut self, peer: PeerId, bytes: usize) {
        if let Some(ws) = self.peers.get_mut(&peer).and_then(Peer::ws) {
            ws.cap = Some(bytes.max(SMALLEST_MESSAGE));
        }
    }

    /// Whether a peer has shown that it takes large messages.
    pub(crate) fn lift_cap(&mut self, peer: PeerId, length: usize, options: &Options) {
        let Some(Link::Ws(ws)) = self.peers.get_mut(&peer).map(|record| &mut record.link) else { return };
        let bert = |number| Block::of(options, number).is_some_and(Block::is_bert);
        if ws.cap.is_some() && (length > CAUTIOUS || bert(CoapOption::Block1) || bert(CoapOption::Block2)) {
            ws.cap = None;
        }
    }
}

/// The hash of an empty body.
const EMPTY: u64 = 1;

/// A message that must be possible at least.
const SMALLEST_MESSAGE: usize = 64;

/// The largest message that some peers can take, whatever they say (libcoap 4.3.5).
const CAUTIOUS: usize = 1_472;

/// Why there is no message.
enum NoBlock {
    /// Not even the smallest block fits.
    TooLarge,
    /// The body ends before.
    Beyond,
}

/// A message with the block that is asked for, as large as it may be.
fn block_of(room: Room, head: Head, token: &[u8], place: Place, response: &Response) -> Result<Vec<u8>, NoBlock> {
    let Response { code, options, payload } = response;
    let bad = |_: EncodeError| NoBlock::TooLarge;
    let mut options = options.clone();
    let wish = place.wish.unwrap_or(Block { number: 0, more: false, size: room.size });
    options.set_uint(CoapOption::Block2, Block::LONGEST);
    options.remove(CoapOption::Size2);
    if wish.number == 0 {
        options.add_uint(CoapOption::Size2, u32::try_from(payload.len()).unwrap_or(u32::MAX));
    }
    let others = encode(head, *code, token, &options, &[]).map_err(bad)?.len();
    let shape = Shape::within(wish.size.min(room.size), room.payload(others)).ok_or(NoBlock::TooLarge)?;
    let (block, range) = shape.block(wish.offset(), payload.len()).ok_or(NoBlock::Beyond)?;
    options.set_uint(CoapOption::Block2, block.value());
    encode(head, *code, token, &options, payload.get(range).unwrap_or_default()).map_err(bad)
}
