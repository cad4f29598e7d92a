//! Requests that we send, of either transport: their queue, tokens, blocks and answers.

use alloc::vec::Vec;

use crate::block::{Block, Shape};
use crate::collect::{Step, follow_up, take_block};
use crate::message::{EncodeError, Head, Message, encode, number};
use crate::observing::asks_to_observe;
use crate::peer::{Link, Owner, Purpose, Room, Sent};
use crate::timer::Timer;
use crate::upload::{Sequel, Upload};
use crate::{
    CoapOption, Event, ExchangeError, Exchanges, MessageClass, MessageType, PeerId, Reliability, Request, RequestId,
    RequestType, Role,
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
        if self.sent.contains_key(&id) || self.observations.get(id).is_some() {
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
        let most = limits.requests_waiting.saturating_add(ways);
        let asked = |id: &&RequestId| self.sent.get(*id).is_some_and(|sent| sent.purpose == Purpose::Request);
        // What is read for a notification, or ends an observation, is bounded by those.
        if record.is_some_and(|record| record.sent.len() >= most && record.sent.iter().filter(asked).count() >= most) {
            self.stats.requests_waiting_refused += 1;
            self.event(Event::Failed { id, error: ExchangeError::QueueFull });
            return;
        }
        if asks_to_observe(&request) && !self.may_observe(peer) {
            self.stats.observations_per_peer_refused += 1;
            self.event(Event::Failed { id, error: ExchangeError::TooManyObservations });
            return;
        }
        let sent = Sent::new(peer, request, reliability, slot, Purpose::Request);
        self.sent.insert(id, sent);
        let record = self.peer(peer);
        record.sent.push(id);
        record.queue.push_back(id);
        self.start_queued(peer);
        if self.sent.get(&id).is_some_and(|sent| !sent.announced) {
            self.stats.requests_queued += 1;
        }
    }

    /// Sends what waits, as far as the peer may be asked at once: requests, then notifications.
    pub(crate) fn start_queued(&mut self, peer: PeerId) {
        self.start_requests(peer);
        self.start_notifications(peer);
    }

    fn start_requests(&mut self, peer: PeerId) {
        loop {
            let Some(record) = self.peers.get_mut(&peer) else { return };
            let (ways, ready) = match &record.link {
                Link::Ws(ws) => (self.config.limits.in_flight, ws.ready || ws.role == Role::Connector),
                Link::Udp(_) => (self.config.limits.nstart, true),
            };
            if !ready || record.on_way + record.notifying >= ways.max(1) {
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

    /// Sends a request, or the next block of its body, or asks for the next block of the answer.
    fn start(&mut self, id: RequestId, peer: PeerId, head: Head) -> Result<(), ExchangeError> {
        let Some(sent) = self.sent.get(&id) else { return Ok(()) };
        // The end of an observation is asked for with its own token.
        let own = self.observations.get(id).filter(|_| sent.purpose == Purpose::Ending && !sent.collects());
        let token = match own.map(|observation| observation.token) {
            Some(token) => token,
            None => self.new_token(sent.slot),
        };
        let bytes = match self.write_request(id, peer, head, token) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.stats.messages_too_large += u64::from(error == ExchangeError::TooLarge);
                return Err(error);
            }
        };
        let Some(sent) = self.sent.get_mut(&id) else { return Ok(()) };
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

    /// Makes the message for what is to be sent next.
    fn write_request(&mut self, id: RequestId, peer: PeerId, head: Head, token: u64) -> Result<Vec<u8>, ExchangeError> {
        let room = self.room(peer);
        self.plan_upload(id, peer, head, room);
        let observed = self.observations.get(id).is_some();
        let Some(sent) = self.sent.get_mut(&id) else { return Err(ExchangeError::Cancelled) };
        let (code, token) = (MessageClass::Request(sent.request.method), token.to_be_bytes());
        let bad = |_: EncodeError| ExchangeError::Malformed;
        let body = &sent.request.payload;
        // An answer that is read again from the start is no new observation.
        let plain = (observed && sent.purpose != Purpose::Ending && !sent.collects()).then(|| {
            let mut options = sent.request.options.clone();
            options.remove(CoapOption::Observe);
            options
        });
        let options = plain.as_ref().unwrap_or(&sent.request.options);
        let bytes = match (&mut sent.upload, &sent.progress.collection) {
            (Some(upload), None) => {
                let mut options = upload.options(options, body.len());
                let most = room.payload(encode(head, code, &token, &options, &[]).map_err(bad)?.len());
                let (block, range) = upload.next(body.len(), most)?;
                options.set_uint(CoapOption::Block1, block.value());
                self.stats.blocks_out += 1;
                encode(head, code, &token, &options, body.get(range).unwrap_or_default()).map_err(bad)?
            }
            (upload, Some(collection)) => {
                let next = collection.next();
                if next.number as usize >= Block::COUNT {
                    return Err(ExchangeError::TooLarge);
                }
                // The body of a FETCH says what is asked for (RFC 8132 §2); another one has had its effect.
                let names_it = sent.request.method == RequestType::Fetch && body.len() <= room.whole;
                let body = if names_it { body.as_slice() } else { &[] };
                let mut options = follow_up(&sent.request, next);
                upload.iter().for_each(|upload| upload.mark(&mut options));
                encode(head, code, &token, &options, body).map_err(bad)?
            }
            (None, None) => encode(head, code, &token, options, body).map_err(bad)?,
        };
        if bytes.len() > room.limit { Err(ExchangeError::TooLarge) } else { Ok(bytes) }
    }

    /// Decides whether the body of a request goes in blocks.
    fn plan_upload(&mut self, id: RequestId, peer: PeerId, head: Head, room: Room) {
        let Some(sent) = self.sent.get_mut(&id) else { return };
        if sent.upload.is_some() || sent.uploaded || sent.collects() {
            return;
        }
        let wish = Block::of(&sent.request.options, CoapOption::Block1);
        if wish.is_some_and(|wish| wish.number > 0 || wish.more) {
            // The caller sends blocks by hand.
            return;
        }
        sent.uploaded = true;
        sent.request.options.remove(CoapOption::Block1);
        let length = sent.request.payload.len();
        let wish = wish.filter(|wish| !wish.is_bert());
        let whole = wish.map_or(usize::MAX, Block::unit).min(room.whole);
        let request = &sent.request;
        let fits = || {
            // At most 4 bytes of header, 8 of token, one that marks the payload, and 5 before each option.
            let most: usize = request.options.all().map(|(_, value)| value.len() + 5).sum();
            13 + most + length <= room.limit || {
                let code = MessageClass::Request(request.method);
                let whole = encode(head, code, &[0; 8], &request.options, &request.payload);
                whole.is_ok_and(|bytes| bytes.len() <= room.limit)
            }
        };
        if length == 0 || (length <= whole && fits()) {
            return;
        }
        let size = wish.map_or(room.size, |wish| wish.size.min(room.size));
        let tagged = request.options.contains(number::REQUEST_TAG);
        let Some(record) = self.peers.get(&peer) else { return };
        let overlap = !tagged
            && record.sent.iter().filter(|other| **other != id).filter_map(|other| self.sent.get(other)).any(|other| {
                let others = self.sent.get(&id).map(|sent| &sent.request);
                other.upload.is_some()
                    && others
                        .is_some_and(|own| own.method == other.request.method && own.options == other.request.options)
            });
        let tag = overlap.then(|| (self.rng.next() as u32).to_be_bytes());
        if let Some(sent) = self.sent.get_mut(&id) {
            sent.upload = Some(Upload::new(size, tag));
        }
    }

    /// What a message to this peer may be like.
    pub(crate) fn room(&self, peer: PeerId) -> Room {
        match self.peers.get(&peer).map(|peer| &peer.link) {
            Some(Link::Ws(ws)) => {
                let limit = ws.limit();
                Room { limit, whole: usize::MAX, size: if ws.takes_bert() { 7 } else { 6 } }
            }
            _ => {
                let size = Shape::size_up_to(self.config.block_size);
                Room { limit: self.config.limits.datagram, whole: 16 << size, size }
            }
        }
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
        let found = token.ok().and_then(|token| Some((token, *self.tokens.get(&token)?)));
        let Some((token, id)) = found else {
            self.stats.unknown_tokens += 1;
            return Verdict::Unknown;
        };
        let piggybacked = matches!(message.head, Head::Datagram { kind: MessageType::Acknowledgement, .. });
        let observed =
            self.observations.get(id).is_some_and(|observation| observation.token == token && observation.peer == peer);
        match self.sent.get(&id).filter(|sent| sent.token == Some(token) && sent.peer == peer) {
            // While the end of an observation is asked for, notifications may still come.
            Some(_) if observed && !piggybacked && message.options.contains(CoapOption::Observe) => {
                self.notified(id, peer, message)
            }
            Some(_) => self.answered(id, peer, message),
            None if observed => self.notified(id, peer, message),
            None => {
                self.stats.unknown_tokens += 1;
                Verdict::Unknown
            }
        }
    }

    /// The answer to a request that is on its way, or a part of it.
    fn answered(&mut self, id: RequestId, peer: PeerId, message: Message) -> Verdict {
        if message.options.unknown_critical().is_some() {
            self.stats.bad_options += 1;
            self.fail(id, ExchangeError::Malformed);
            return Verdict::Rejected;
        }
        let udp = message.head != Head::Frame;
        let Some(message) = self.block_answered(id, peer, message) else { return Verdict::Taken };
        let Some(sent) = self.sent.get(&id) else { return Verdict::Taken };
        let number = message.options.first_uint(CoapOption::Observe);
        if let Some(number) = number.filter(|_| u8::from(message.code) >> 5 == 2)
            && sent.asks_to_observe()
            && self.observations.get(id).is_none()
        {
            self.begin_observation(id, number & 0xff_ffff);
        }
        let Some(sent) = self.sent.get_mut(&id) else { return Verdict::Taken };
        let by_hand = Block::of(&sent.request.options, CoapOption::Block2).is_some_and(|block| block.number > 0);
        match take_block(&mut sent.progress, message, by_hand, udp, self.config.limits.body) {
            Step::Done { mut response, collected } => {
                self.bodies -= collected;
                let purpose = sent.purpose;
                if purpose == Purpose::Notification && !response.is_success() {
                    self.fail(id, ExchangeError::Changed);
                    return Verdict::Taken;
                }
                self.end(id);
                if !response.is_success() {
                    self.drop_observation(id);
                }
                match purpose {
                    Purpose::Request => {
                        self.mark_observed(id, &mut response);
                        self.stats.responses_in += 1;
                        self.event(Event::Response { id, peer, response });
                    }
                    Purpose::Notification => {
                        self.mark_observed(id, &mut response);
                        self.stats.notifications_in += 1;
                        self.event(Event::Notification { id, peer, response });
                    }
                    Purpose::Ending => {
                        response.options.remove(CoapOption::Observe);
                        self.end_observation(id, peer, Ok(response));
                    }
                }
                self.ended(Some(peer));
            }
            Step::More { grown } => {
                if self.bodies + grown > self.config.limits.bodies {
                    self.stats.bodies_refused += 1;
                    // What was added is not counted yet.
                    if let Some(collection) = self.sent.get_mut(&id).and_then(|sent| sent.progress.collection.as_mut())
                    {
                        collection.body.truncate(collection.body.len() - grown);
                    }
                    self.fail(id, ExchangeError::Overloaded);
                    return Verdict::Taken;
                }
                self.bodies += grown;
                self.ask_again(id, peer);
            }
            Step::Restart { dropped } => {
                self.bodies -= dropped;
                if !matches!(sent.request.method, RequestType::Get | RequestType::Fetch) {
                    // Asked again it would be done again.
                    self.fail(id, ExchangeError::Changed);
                    return Verdict::Taken;
                }
                if let Some(upload) = &mut sent.upload {
                    upload.begin_again();
                }
                self.stats.bodies_restarted += 1;
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

    /// Goes on with the body of a request; gives the message back if it is the answer to the whole.
    fn block_answered(&mut self, id: RequestId, peer: PeerId, mut message: Message) -> Option<Message> {
        let sent = self.sent.get_mut(&id)?;
        let (code, length) = (u8::from(message.code), sent.request.payload.len());
        let sequel = match &mut sent.upload {
            _ if sent.progress.collection.is_some() => Sequel::Final,
            Some(upload) => upload.answered(code, &message.options, length),
            None if sent.uploaded => match Upload::wanted(code, &message.options, length) {
                Some(size) => {
                    sent.upload = Some(Upload::new(size, None));
                    Sequel::Again
                }
                None => Sequel::Final,
            },
            None => Sequel::Final,
        };
        match sequel {
            Sequel::Next => {}
            Sequel::Again => self.stats.uploads_restarted += 1,
            Sequel::Malformed => {
                self.fail(id, ExchangeError::Malformed);
                return None;
            }
            Sequel::Final => {
                if sent.upload.is_some() {
                    message.options.remove(CoapOption::Block1);
                }
                return Some(message);
            }
        }
        self.ask_again(id, peer);
        None
    }

    /// Asks for the next block, before anything else that waits.
    pub(crate) fn ask_again(&mut self, id: RequestId, peer: PeerId) {
        self.withdraw(id);
        if let Some(record) = self.peers.get_mut(&peer) {
            record.queue.retain(|other| *other != id);
            record.queue.push_front(id);
        }
        self.start_queued(peer);
    }

    /// Takes a request off the wire: its token, timers and retransmission.
    pub(crate) fn withdraw(&mut self, id: RequestId) {
        let Some(sent) = self.sent.get_mut(&id) else { return };
        let peer = sent.peer;
        if let Some(token) = sent.token.take()
            && self.observations.get(id).is_none_or(|observation| observation.token != token)
        {
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
    pub(crate) fn end(&mut self, id: RequestId) -> Option<PeerId> {
        self.withdraw(id);
        let sent = self.sent.remove(&id)?;
        self.bodies -= sent.progress.cost();
        if let Some(record) = self.peers.get_mut(&sent.peer) {
            record.sent.retain(|other| *other != id);
            record.queue.retain(|other| *other != id);
        }
        Some(sent.peer)
    }

    /// What may happen now that a request is over.
    pub(crate) fn ended(&mut self, peer: Option<PeerId>) {
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
        let purpose = self.sent.get(&id)?.purpose;
        let peer = self.end(id)?;
        match purpose {
            Purpose::Request => {
                self.drop_observation(id);
                self.event(Event::Failed { id, error });
            }
            // The next one will tell.
            Purpose::Notification => self.stats.notifications_incomplete += 1,
            Purpose::Ending => self.end_observation(id, peer, Err(error)),
        }
        Some(peer)
    }
}
