//! Requests that we receive, of either transport: checks, Block1, and the way back of the answer. Answers in blocks are in
//! `serving`, those that others follow in `observers`.

use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

use crate::block::{Assembly, Block, key};
use crate::dedup::Answer;
use crate::message::{Head, Message, empty, encode};
use crate::observing::asks_to_observe;
use crate::peer::{Link, Open, Owner, Way};
use crate::serving::Place;
use crate::timer::Timer;
use crate::{
    CoapOption, EXCHANGE_LIFETIME, Event, ExchangeId, Exchanges, MessageClass, MessageType, Mono, Options, PeerId,
    Request, RequestType, Response, ResponseType,
};

impl Exchanges {
    /// A request has come through the message layer.
    pub(crate) fn request_arrived(&mut self, peer: PeerId, way: Way, mut message: Message) {
        let token = core::mem::take(&mut message.token);
        let mut open = Open::new(peer, way, token);
        if let Some(number) = message.options.unknown_critical() {
            self.stats.bad_options += 1;
            // RFC 7252 §5.4.1: in a non-confirmable message such an option makes the message rejected, not answered.
            if !matches!(way, Way::Udp { confirmable: false, .. }) {
                let text = format!("option {number} is not known, too long, or repeated");
                self.send_response(&open, Response::new(ResponseType::BadOption).with_diagnostic(&text));
            }
            return;
        }
        let udp = way != Way::Ws;
        let method = match message.code {
            MessageClass::Request(method) if method != RequestType::UnKnown => method,
            _ => {
                self.stats.unknown_methods += 1;
                self.send_response(&open, Response::new(ResponseType::MethodNotAllowed));
                return;
            }
        };
        if Block::of(&message.options, CoapOption::Block2)
            .is_some_and(|block| block.number > 0 && !(udp && block.is_bert()))
            && !message.options.contains(CoapOption::Block1)
        {
            open.place = Place::of(&message);
            if self.serve_block(&open) {
                return;
            }
            if !matches!(method, RequestType::Get | RequestType::Fetch) {
                // To make the answer anew would be to do it again.
                self.stats.blocks_missing += 1;
                let gone = Response::new(ResponseType::RequestEntityIncomplete);
                self.send_response(&open, gone.with_diagnostic("the answer is not kept any more"));
                return;
            }
        }
        match self.admit(peer).and_then(|()| self.assemble(peer, udp, &mut message)) {
            Ok(block) => open.block = block,
            Err(refusal) => {
                open.place = Place::default();
                self.send_response(&open, refusal);
                return;
            }
        }
        open.place = Place::of(&message);
        if open.place.is_later() {
            message.options.remove(CoapOption::Observe);
        }
        message.options.remove(CoapOption::Block1);
        message.options.remove(CoapOption::Block2);
        let request = Request { method, options: message.options, payload: message.payload };
        open.observe = asks_to_observe(&request);
        self.replace_observer(peer, &open.token, &request);
        self.last_exchange += 1;
        let exchange = ExchangeId(self.last_exchange);
        let delay = match way {
            Way::Udp { confirmable: true, .. } => self.config.ack_delay,
            _ => EXCHANGE_LIFETIME,
        };
        open.due = self.after(delay, Timer::Exchange(exchange));
        if let Way::Udp { id, confirmable: true, .. } = way {
            self.memory.answer(peer, id, Answer::Pending(exchange));
        }
        self.peer(peer).open.push(exchange);
        self.open.insert(exchange, open);
        self.stats.requests_in += 1;
        self.event(Event::Request { exchange, peer, request });
    }

    /// Whether one more request may be open.
    fn admit(&mut self, peer: PeerId) -> Result<(), Response> {
        let of_peer = self.peers.get(&peer).map_or(0, |peer| peer.open.len());
        let counter = if of_peer >= self.config.limits.open_per_peer {
            &mut self.stats.open_per_peer_refused
        } else if self.open.len() >= self.config.limits.open {
            &mut self.stats.open_refused
        } else {
            return Ok(());
        };
        *counter += 1;
        Err(busy("too many requests in flight"))
    }

    /// Takes a block of a body. `Ok` means that the request is whole; an answer in `Err` ends this message's exchange.
    ///
    /// Source: RFC 7959 §2.3 ("Block Options in Requests and Responses"), §2.5 ("Using the Block1 Option"), §2.9 (codes).
    fn assemble(&mut self, peer: PeerId, udp: bool, message: &mut Message) -> Result<Option<Block>, Response> {
        let limit = self.config.limits.body;
        if udp && Block::of(&message.options, CoapOption::Block2).is_some_and(Block::is_bert) {
            self.stats.blocks_bad += 1;
            return Err(Response::new(ResponseType::BadRequest).with_diagnostic("wrong block size"));
        }
        let block = Block::of(&message.options, CoapOption::Block1);
        let offset = block.map_or(0, Block::offset);
        let announced = block.and_then(|_| message.options.first_uint(CoapOption::Size1)).unwrap_or(0);
        let end = offset + message.payload.len();
        if let Some(block) = block {
            self.stats.blocks_in += 1;
            if (udp && block.is_bert()) || !block.fits(message.payload.len()) {
                self.stats.blocks_bad += 1;
                return Err(Response::new(ResponseType::BadRequest).with_diagnostic("wrong block size"));
            }
            message.options.remove(CoapOption::Size1);
        }
        if end.max(announced as usize) > limit {
            self.stats.body_refused += 1;
            if block.is_some() {
                self.drop_assembly(peer, &key(message));
            }
            let mut response = Response::new(ResponseType::RequestEntityTooLarge);
            response.options.set_uint(CoapOption::Size1, u32::try_from(limit).unwrap_or(u32::MAX));
            return Err(response);
        }
        let Some(block) = block else { return Ok(None) };
        if block.number == 0 && !block.more {
            self.drop_assembly(peer, &key(message));
            return Ok(Some(block));
        }
        let body = self.append(peer, block, message)?;
        match body {
            Some(body) => {
                message.payload = body;
                Ok(Some(block))
            }
            None => {
                let mut response = Response::new(ResponseType::Continue);
                response.options.set_uint(CoapOption::Block1, block.value());
                Err(response)
            }
        }
    }

    /// Adds a block to its body; gives the body when it is complete.
    fn append(&mut self, peer: PeerId, block: Block, message: &Message) -> Result<Option<Vec<u8>>, Response> {
        let key = key(message);
        if block.number == 0 {
            // A new transfer wins over an old one that is the same to us.
            self.drop_assembly(peer, &key);
            if self.peer(peer).assemblies.len() >= self.config.limits.assemblies {
                self.stats.assemblies_refused += 1;
                return Err(busy("too many bodies in transfer"));
            }
        }
        let begun = Assembly { key, body: Vec::new(), expires: Mono::NEVER };
        let first = if block.number == 0 { begun.cost() } else { 0 };
        if self.bodies + first + message.payload.len() > self.config.limits.bodies {
            self.stats.bodies_refused += 1;
            return Err(busy("no room for the body"));
        }
        let mut expires = self.now + EXCHANGE_LIFETIME;
        let assemblies = &mut self.peer(peer).assemblies;
        while assemblies.iter().any(|assembly| assembly.expires == expires) {
            // Equal times would share one timer.
            expires = expires + Duration::from_micros(1);
        }
        let index = match assemblies.iter().position(|assembly| assembly.key == begun.key) {
            Some(index) => index,
            None if block.number == 0 => {
                assemblies.push(begun);
                assemblies.len() - 1
            }
            None => return Err(self.missing_block()),
        };
        let Some(assembly) = assemblies.get_mut(index) else { return Err(self.missing_block()) };
        let offset = block.offset();
        if assembly.body.len() != offset {
            let again = block.more && assembly.body.get(offset..) == Some(&message.payload[..]);
            return if again { Ok(None) } else { Err(self.missing_block()) };
        }
        assembly.body.extend_from_slice(&message.payload);
        let before = core::mem::replace(&mut assembly.expires, expires);
        let whole = (!block.more).then(|| assemblies.swap_remove(index));
        self.timers.cancel(before, Timer::Assembly(peer));
        self.bodies += first + message.payload.len();
        match whole {
            Some(whole) => {
                self.bodies -= whole.cost();
                Ok(Some(whole.body))
            }
            None => {
                self.timers.set(expires, Timer::Assembly(peer));
                Ok(None)
            }
        }
    }

    fn missing_block(&mut self) -> Response {
        self.stats.blocks_missing += 1;
        Response::new(ResponseType::RequestEntityIncomplete).with_diagnostic("an earlier block is missing")
    }

    fn drop_assembly(&mut self, peer: PeerId, key: &[u8]) {
        let Some(record) = self.peers.get_mut(&peer) else { return };
        if let Some(index) = record.assemblies.iter().position(|assembly| assembly.key == key) {
            let assembly = record.assemblies.swap_remove(index);
            self.bodies -= assembly.cost();
            self.timers.cancel(assembly.expires, Timer::Assembly(peer));
        }
    }

    pub(crate) fn expire_assemblies(&mut self, peer: PeerId) {
        let Some(record) = self.peers.get_mut(&peer) else { return };
        let (now, bodies, stats) = (self.now, &mut self.bodies, &mut self.stats);
        record.assemblies.retain(|assembly| {
            let keep = assembly.expires > now;
            if !keep {
                *bodies -= assembly.cost();
                stats.bodies_expired += 1;
            }
            keep
        });
        self.forget_if_idle(peer);
    }

    /// The layer above has not answered yet.
    pub(crate) fn exchange_due(&mut self, exchange: ExchangeId) {
        if let Some(Open { way: Way::Udp { confirmable: true, acknowledged: false, .. }, .. }) =
            self.open.get(&exchange)
        {
            self.acknowledge(exchange);
            return;
        }
        self.stats.unanswered += 1;
        self.abandon(exchange);
    }

    /// Gives a request up that the layer above has not answered.
    pub(crate) fn abandon(&mut self, exchange: ExchangeId) {
        if let Some(open) = self.close_exchange(exchange) {
            self.event(Event::Abandoned { exchange });
            self.exchange_closed(open.peer);
        }
    }

    /// Sends the empty acknowledgement: the answer will come in a message of its own.
    ///
    /// Source: RFC 7252 §5.2.2 ("Separate").
    pub(crate) fn acknowledge(&mut self, exchange: ExchangeId) {
        let Some(open) = self.open.get_mut(&exchange) else { return };
        let Way::Udp { id, acknowledged, .. } = &mut open.way else { return };
        *acknowledged = true;
        let (peer, id) = (open.peer, *id);
        let before = core::mem::replace(&mut open.due, self.now + EXCHANGE_LIFETIME);
        let due = open.due;
        self.timers.cancel(before, Timer::Exchange(exchange));
        self.timers.set(due, Timer::Exchange(exchange));
        self.stats.separate += 1;
        self.memory.answer(peer, id, Answer::Acknowledgement);
        self.transmit(peer, empty(MessageType::Acknowledgement, id));
    }

    /// The layer above answers.
    pub(crate) fn respond(&mut self, exchange: ExchangeId, mut response: Response) {
        let Some(open) = self.close_exchange(exchange) else {
            self.stats.late_answers += 1;
            return;
        };
        if let Some(block) = open.block {
            response.options.set_uint(CoapOption::Block1, block.value());
        }
        self.answer(exchange, &open, response);
        self.exchange_closed(open.peer);
    }

    fn close_exchange(&mut self, exchange: ExchangeId) -> Option<Open> {
        let open = self.open.remove(&exchange)?;
        self.timers.cancel(open.due, Timer::Exchange(exchange));
        if let Some(peer) = self.peers.get_mut(&open.peer) {
            peer.open.retain(|other| *other != exchange);
        }
        Some(open)
    }

    /// One request less is open: what waited for that?
    fn exchange_closed(&mut self, peer: PeerId) {
        match self.peers.get(&peer).map(|peer| &peer.link) {
            Some(Link::Ws(_)) => self.ws_exchange_closed(peer),
            _ => self.forget_if_idle(peer),
        }
    }

    /// Sends an answer, or 5.00 instead of one that cannot be sent.
    pub(crate) fn send_response(&mut self, open: &Open, response: Response) {
        self.send_with(open, None, |exchanges, head| {
            exchanges.write_response(open.peer, head, &open.token, open.place, response)
        });
    }

    /// Sends what `write` makes for an answer. Gives the message id of one that can be reset.
    pub(crate) fn send_with(
        &mut self,
        open: &Open,
        observer: Option<ExchangeId>,
        write: impl FnOnce(&mut Self, Head) -> Option<Vec<u8>>,
    ) -> Option<u16> {
        let head = self.response_head(open)?;
        let bytes = match write(self, head) {
            Some(bytes) => bytes,
            None => {
                self.stats.messages_too_large += 1;
                let limit = self.room(open.peer).limit;
                let code = MessageClass::Response(ResponseType::InternalServerError);
                let text = b"the answer is too large to be sent";
                let none = Options::new();
                let told = encode(head, code, &open.token, &none, text).ok().filter(|bytes| bytes.len() <= limit);
                told.or_else(|| encode(head, code, &open.token, &none, &[]).ok())?
            }
        };
        self.stats.responses_out += 1;
        match (open.way, head) {
            (Way::Udp { id, confirmable: true, acknowledged: false }, _) => {
                self.memory.answer(open.peer, id, Answer::Message(bytes.as_slice().into()));
                self.shrink_memory();
                self.transmit(open.peer, bytes);
                None
            }
            (_, Head::Datagram { kind: MessageType::Confirmable, id }) => {
                let owner = observer.map_or(Owner::Response, Owner::Notification);
                self.udp_transmit_reliably(open.peer, id, bytes, owner);
                Some(id)
            }
            (_, head) => {
                self.transmit(open.peer, bytes);
                match head {
                    Head::Datagram { id, .. } => Some(id),
                    Head::Frame => None,
                }
            }
        }
    }

    /// The header of an answer; `None` if there is no message id for it.
    fn response_head(&mut self, open: &Open) -> Option<Head> {
        let kind = match open.way {
            Way::Ws => return Some(Head::Frame),
            Way::Udp { id, confirmable: true, acknowledged: false } => {
                return Some(Head::Datagram { kind: MessageType::Acknowledgement, id });
            }
            Way::Udp { confirmable: true, .. } => MessageType::Confirmable,
            Way::Udp { confirmable: false, .. } => MessageType::NonConfirmable,
        };
        match self.udp_take_id(open.peer) {
            Ok(id) => Some(Head::Datagram { kind, id }),
            Err(_) => {
                self.stats.message_ids_exhausted += 1;
                None
            }
        }
    }
}

/// 5.03 for what a little later may work.
fn busy(why: &str) -> Response {
    Response::new(ResponseType::ServiceUnavailable).with_max_age(2).with_diagnostic(why)
}
