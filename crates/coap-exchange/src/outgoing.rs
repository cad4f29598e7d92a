//! Requests that we send, of either transport: their queue, tokens, answers and Block2.

use alloc::vec::Vec;

use crate::block::{Block, Collection, follow_up};
use crate::message::{Head, Message, encode};
use crate::peer::{Link, Owner, Sent};
use crate::timer::Timer;
use crate::{
    CoapOption, Event, ExchangeError, Exchanges, MessageClass, MessageType, PeerId, Reliability, Request, RequestId,
    RequestType, Response, Role,
};

/// What the message layer does with a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It was for us.
    Taken,
    /// Nobody asked for it.
    Unknown,
    /// It has an option that must not be ignored and is not known.
    Rejected,
}

impl Exchanges {
    /// The layer above asks for something.
    pub(crate) fn request(
        &mut self,
        id: RequestId,
        peer: PeerId,
        request: Request,
        reliability: Reliability,
        slot: u16,
    ) {
        if self.sent.contains_key(&id) {
            self.event(Event::Failed { id, error: ExchangeError::DuplicateId });
            return;
        }
        let limits = &self.config.limits;
        let record = self.peers.get(&peer);
        let (ways, closed) = match record.map(|record| &record.link) {
            Some(Link::Ws(ws)) => (limits.in_flight, ws.releasing),
            _ => (limits.nstart, self.gone.contains_key(&peer)),
        };
        if closed {
            self.event(Event::Failed { id, error: ExchangeError::Closed });
            return;
        }
        if record.map_or(0, |record| record.sent.len()) >= limits.requests_waiting.saturating_add(ways) {
            self.stats.requests_waiting_refused += 1;
            self.event(Event::Failed { id, error: ExchangeError::QueueFull });
            return;
        }
        let sent = Sent {
            peer,
            request,
            reliability,
            slot,
            token: None,
            id: None,
            holds: false,
            announced: false,
            response_due: None,
            slot_due: None,
            collection: None,
            restarted: false,
        };
        self.sent.insert(id, sent);
        let record = self.peer(peer);
        record.sent.push(id);
        record.queue.push_back(id);
        self.start_queued(peer);
        if self.sent.get(&id).is_some_and(|sent| !sent.announced) {
            self.stats.requests_queued += 1;
        }
    }

    /// Sends what waits, as far as the peer may be asked at once.
    pub(crate) fn start_queued(&mut self, peer: PeerId) {
        loop {
            let Some(record) = self.peers.get_mut(&peer) else { return };
            let (ways, ready) = match &record.link {
                Link::Ws(ws) => (self.config.limits.in_flight, ws.ready || ws.role == Role::Connector),
                Link::Udp(_) => (self.config.limits.nstart, true),
            };
            if !ready || record.on_way >= ways.max(1) {
                return;
            }
            let Some(id) = record.queue.front().copied() else { return };
            let head = match &record.link {
                Link::Ws(_) => Head::Frame,
                Link::Udp(_) => {
                    let kind = match self.sent.get(&id).map(|sent| sent.reliability) {
                        Some(Reliability::NonConfirmable) => MessageType::NonConfirmable,
                        _ => MessageType::Confirmable,
                    };
                    match self.udp_take_id(peer) {
                        Ok(id) => Head::Datagram { kind, id },
                        Err(at) => {
                            self.udp_wait_for_ids(peer, at);
                            return;
                        }
                    }
                }
            };
            if let Some(record) = self.peers.get_mut(&peer) {
                record.queue.pop_front();
            }
            if let Err(error) = self.start(id, peer, head) {
                self.fail_quietly(id, error);
                self.forget_if_idle(peer);
            }
        }
    }

    /// Sends a request, or asks for its next block.
    fn start(&mut self, id: RequestId, peer: PeerId, head: Head) -> Result<(), ExchangeError> {
        let slot = self.sent.get(&id).map_or(0, |sent| sent.slot);
        let token = self.new_token(slot);
        let limit = match self.peers.get(&peer).map(|peer| &peer.link) {
            Some(Link::Ws(ws)) => ws.max_message,
            _ => self.config.limits.datagram,
        };
        let Some(sent) = self.sent.get_mut(&id) else { return Ok(()) };
        let code = MessageClass::Request(sent.request.method);
        let bytes = match &sent.collection {
            None => encode(head, code, &token.to_be_bytes(), &sent.request.options, &sent.request.payload),
            Some(collection) if collection.next().number >= 1 << 20 => return Err(ExchangeError::TooLarge),
            Some(collection) => {
                let options = follow_up(&sent.request, collection.next());
                encode(head, code, &token.to_be_bytes(), &options, &sent.request.payload)
            }
        };
        let bytes = bytes.map_err(|_| ExchangeError::Malformed)?;
        if bytes.len() > limit {
            self.stats.messages_too_large += 1;
            return Err(ExchangeError::TooLarge);
        }
        if sent.request.method != RequestType::Fetch {
            // A retransmission has its own copy, and further blocks are asked for without a body.
            sent.request.payload = Vec::new();
        }
        sent.token = Some(token);
        sent.holds = true;
        let announce = !core::mem::replace(&mut sent.announced, true);
        self.tokens.insert(token, id);
        if let Some(record) = self.peers.get_mut(&peer) {
            record.on_way += 1;
        }
        self.stats.requests_out += 1;
        match head {
            Head::Datagram { kind: MessageType::Confirmable, id: message } => {
                self.udp_transmit_reliably(peer, message, bytes, Owner::Request(id));
            }
            Head::Datagram { id: message, .. } => {
                // RFC 7252 §4.7: no more than PROBING_RATE, 1 byte a second, to a peer that does not answer.
                let probing = core::time::Duration::from_secs(bytes.len() as u64).max(self.config.ack_timeout);
                let slot_due = self.after(probing, Timer::Slot(id));
                if let Some(sent) = self.sent.get_mut(&id) {
                    (sent.id, sent.slot_due) = (Some(message), Some(slot_due));
                }
                self.transmit(peer, bytes);
                self.expect_response(id);
            }
            Head::Frame => {
                self.transmit(peer, bytes);
                self.expect_response(id);
            }
        }
        if announce {
            self.event(Event::Sent { id });
        }
        Ok(())
    }

    /// Sets the time at which a request without answer fails.
    pub(crate) fn expect_response(&mut self, id: RequestId) {
        let due = self.after(self.config.response_wait, Timer::Response(id));
        let before = self.sent.get_mut(&id).and_then(|sent| sent.response_due.replace(due));
        if let Some(before) = before.filter(|before| *before != due) {
            self.timers.cancel(before, Timer::Response(id));
        }
    }

    /// A token that is not in use: the partition's slot in the first 16 bits, the rest random.
    fn new_token(&mut self, slot: u16) -> u64 {
        loop {
            let token = u64::from(slot & 0x0fff) << 48 | self.rng.next() >> 16;
            if !self.tokens.contains_key(&token) {
                return token;
            }
        }
    }

    /// Lets the next request go although this one has no answer yet.
    pub(crate) fn release_slot(&mut self, id: RequestId) {
        let Some(sent) = self.sent.get_mut(&id) else { return };
        if let Some(due) = sent.slot_due.take() {
            self.timers.cancel(due, Timer::Slot(id));
        }
        let peer = sent.peer;
        if core::mem::take(&mut sent.holds) {
            if let Some(record) = self.peers.get_mut(&peer) {
                record.on_way = record.on_way.saturating_sub(1);
            }
            self.start_queued(peer);
        }
    }

    /// A response has come through the message layer.
    pub(crate) fn response_arrived(&mut self, peer: PeerId, message: Message) -> Verdict {
        let token = <[u8; 8]>::try_from(message.token.as_slice()).map(u64::from_be_bytes);
        let id = token.ok().and_then(|token| self.tokens.get(&token).copied());
        let Some((id, sent)) =
            id.and_then(|id| Some((id, self.sent.get_mut(&id)?))).filter(|(_, sent)| sent.peer == peer)
        else {
            self.stats.unknown_tokens += 1;
            return Verdict::Unknown;
        };
        if message.options.unknown_critical().is_some() {
            self.stats.bad_options += 1;
            self.fail(id, ExchangeError::Malformed);
            return Verdict::Rejected;
        }
        let udp = message.head != Head::Frame;
        match take_block(sent, message, udp, self.config.limits.body) {
            Step::Done { response, collected } => {
                self.bodies -= collected;
                let peer = self.end(id);
                self.stats.responses_in += 1;
                self.event(Event::Response { id, peer: peer.unwrap_or(PeerId(0)), response });
                self.ended(peer);
            }
            Step::More { grown } => {
                if self.bodies + grown > self.config.limits.bodies {
                    self.stats.bodies_refused += 1;
                    // What was added is not counted yet.
                    if let Some(collection) = self.sent.get_mut(&id).and_then(|sent| sent.collection.as_mut()) {
                        collection.body.truncate(collection.body.len() - grown);
                    }
                    self.fail(id, ExchangeError::Overloaded);
                    return Verdict::Taken;
                }
                self.bodies += grown;
                self.ask_again(id, peer);
            }
            Step::Restart { dropped } => {
                self.stats.bodies_restarted += 1;
                self.bodies -= dropped;
                self.ask_again(id, peer);
            }
            Step::Failed(error) => {
                if error == ExchangeError::TooLarge {
                    self.stats.body_refused += 1;
                }
                self.fail(id, error);
            }
        }
        Verdict::Taken
    }

    /// Asks for the next block, before anything else that waits.
    fn ask_again(&mut self, id: RequestId, peer: PeerId) {
        self.withdraw(id);
        if let Some(record) = self.peers.get_mut(&peer) {
            record.queue.push_front(id);
        }
        self.start_queued(peer);
    }

    /// Takes a request off the wire: its token, timers and retransmission.
    fn withdraw(&mut self, id: RequestId) {
        let Some(sent) = self.sent.get_mut(&id) else { return };
        let peer = sent.peer;
        if let Some(token) = sent.token.take() {
            self.tokens.remove(&token);
        }
        if let Some(due) = sent.response_due.take() {
            self.timers.cancel(due, Timer::Response(id));
        }
        if let Some(due) = sent.slot_due.take() {
            self.timers.cancel(due, Timer::Slot(id));
        }
        sent.id = None;
        let held = core::mem::take(&mut sent.holds);
        if let Some(record) = self.peers.get_mut(&peer).filter(|_| held) {
            record.on_way = record.on_way.saturating_sub(1);
        }
        self.udp_drop_transmission(peer, Owner::Request(id));
    }

    /// Removes a request that is over.
    fn end(&mut self, id: RequestId) -> Option<PeerId> {
        self.withdraw(id);
        let sent = self.sent.remove(&id)?;
        if let Some(collection) = &sent.collection {
            self.bodies -= collection.body.len();
        }
        if let Some(record) = self.peers.get_mut(&sent.peer) {
            record.sent.retain(|other| *other != id);
            record.queue.retain(|other| *other != id);
        }
        Some(sent.peer)
    }

    /// What may happen now that a request is over.
    fn ended(&mut self, peer: Option<PeerId>) {
        let Some(peer) = peer else { return };
        self.start_queued(peer);
        match self.peers.get(&peer).map(|peer| &peer.link) {
            Some(Link::Ws(_)) => self.ws_close_if_done(peer),
            _ => self.forget_if_idle(peer),
        }
    }

    /// Ends a request without answer. An id that is not in use is ignored.
    pub(crate) fn fail(&mut self, id: RequestId, error: ExchangeError) {
        let peer = self.fail_quietly(id, error);
        self.ended(peer);
    }

    /// As [`Self::fail`], without starting what waits.
    fn fail_quietly(&mut self, id: RequestId, error: ExchangeError) -> Option<PeerId> {
        let peer = self.end(id)?;
        self.event(Event::Failed { id, error });
        Some(peer)
    }
}

/// What a response means for its request.
enum Step {
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

/// Looks at a response and puts a block where it belongs.
///
/// Source: RFC 7959 §2.4 ("Using the Block2 Option"); RFC 8323 §6 for BERT.
fn take_block(sent: &mut Sent, message: Message, udp: bool, limit: usize) -> Step {
    let Message { code, mut options, payload, .. } = message;
    let block = Block::of(&options, CoapOption::Block2);
    // Who asks for a later block by hand gets that block.
    let by_hand = Block::of(&sent.request.options, CoapOption::Block2).is_some_and(|block| block.number > 0);
    let success = u8::from(code) >> 5 == 2;
    let block = match block {
        Some(block) if success && !by_hand => block,
        // An error in the middle is the answer to the whole.
        _ if sent.collection.is_none() || !success => {
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
    let collection = match &mut sent.collection {
        None if block.number != 0 => return Step::Failed(ExchangeError::Malformed),
        None if !block.more => {
            return Step::Done { response: Response { code, options, payload }, collected: 0 };
        }
        None => {
            let grown = payload.len();
            sent.collection = Some(Collection { options, body: payload, size: block.size });
            return Step::More { grown };
        }
        Some(collection) => collection,
    };
    if collection.options.first(CoapOption::ETag) != options.first(CoapOption::ETag) {
        let dropped = collection.body.len();
        if sent.restarted {
            return Step::Failed(ExchangeError::Changed);
        }
        (sent.restarted, sent.collection) = (true, None);
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
    let Some(Collection { options, mut body, .. }) = sent.collection.take() else {
        return Step::Failed(ExchangeError::Malformed);
    };
    body.extend_from_slice(&payload);
    Step::Done { response: Response { code, options, payload: body }, collected }
}
