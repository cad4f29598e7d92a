//! Being observed: whom we tell of changes, and how the notifications travel.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;

use crate::message::Head;
use crate::observing::asks_to_observe;
use crate::peer::{Link, Open, Owner, Peer, Way};
use crate::serving::Place;
use crate::timer::Timer;
use crate::{
    CoapOption, Event, ExchangeId, Exchanges, MessageType, Mono, ObserverEnd, PeerId, Reliability, Request, Response,
};

/// Someone who is told of changes.
#[derive(Debug)]
pub(crate) struct Observer {
    peer: PeerId,
    token: Box<[u8]>,
    /// Under what large states are kept, and the block size that was asked for.
    place: Place,
    /// The number of the last notification.
    number: u32,
    /// When the last confirmable one was sent.
    confirmed: Mono,
    /// The message id of a confirmable one that is not acknowledged.
    on_way: Option<u16>,
    /// Message ids of the last ones that need no acknowledgement, for a reset.
    recent: [Option<u16>; RECENT],
    /// The newest state, while another one is on its way or the peer has too many.
    waiting: Option<Box<(Response, Reliability)>>,
}

/// How many message ids are remembered.
const RECENT: usize = 4;

/// How often a notification must be confirmable. Source: RFC 7641 §4.5 ("Transmission").
const CONFIRM_EVERY: Duration = Duration::from_secs(24 * 3600);

/// Numbers follow the clock at this rate a second: 2²³ of them take more than 256 s (RFC 7641 §4.4), and even after a restart
/// they go on from where they were.
const NUMBERS_PER_SECOND: u128 = 1 << 14;

impl Exchanges {
    /// The layer above answers a request; perhaps others will follow.
    pub(crate) fn answer(&mut self, exchange: ExchangeId, open: &Open, mut response: Response) {
        let observes = open.observe && response.is_success() && response.options.contains(CoapOption::Observe);
        if !observes || !self.admit_observer(exchange, open.peer) {
            response.options.remove(CoapOption::Observe);
            self.send_response(open, response);
            return;
        }
        self.drop_observer_with(open.peer, &open.token, ObserverEnd::Replaced);
        let number = self.number(None, &mut response);
        let mut observer = Observer {
            peer: open.peer,
            token: open.token.as_slice().into(),
            place: open.place.start(),
            number,
            confirmed: self.now,
            on_way: None,
            recent: [None; RECENT],
            waiting: None,
        };
        let id = self.send_with(open, Some(exchange), |exchanges, head| {
            exchanges.write_response(open.peer, head, &open.token, open.place, response)
        });
        let record = self.peer(open.peer);
        record.observers.push(exchange);
        match open.way {
            Way::Udp { confirmable: true, acknowledged: true, .. } if id.is_some() => {
                record.notifying += 1;
                observer.on_way = id;
            }
            _ => observer.sent_once(id),
        }
        self.observers.insert(exchange, observer);
        self.stats.observers_begun += 1;
    }

    /// Whether there may be one more observer.
    fn admit_observer(&mut self, exchange: ExchangeId, peer: PeerId) -> bool {
        let limits = &self.config.limits;
        if self.peers.get(&peer).map_or(0, |record| record.observers.len()) >= limits.observers_per_peer {
            self.stats.observers_per_peer_refused += 1;
        } else if self.observers.len() >= limits.observers {
            self.stats.observers_refused += 1;
        } else {
            return true;
        }
        self.event(Event::ObserverGone { exchange, why: ObserverEnd::Refused });
        false
    }

    /// A request came that may end what was observed with its token.
    ///
    /// Source: RFC 7641 §4.1 ("Request").
    pub(crate) fn replace_observer(&mut self, peer: PeerId, token: &[u8], request: &Request) {
        match request.observe() {
            Some(0) if asks_to_observe(request) => self.drop_observer_with(peer, token, ObserverEnd::Replaced),
            Some(1) => self.drop_observer_with(peer, token, ObserverEnd::Deregistered),
            _ => {}
        }
    }

    fn drop_observer_with(&mut self, peer: PeerId, token: &[u8], why: ObserverEnd) {
        let Some(record) = self.peers.get(&peer) else { return };
        let with = |exchange: &ExchangeId| self.observers.get(exchange).is_some_and(|other| *other.token == *token);
        if let Some(exchange) = record.observers.iter().copied().find(with) {
            self.remove_observer(exchange, why);
        }
    }

    /// Nobody observes any more.
    pub(crate) fn remove_observer(&mut self, exchange: ExchangeId, why: ObserverEnd) {
        let Some(observer) = self.observers.remove(&exchange) else { return };
        let peer = observer.peer;
        if observer.on_way.is_some() {
            self.udp_drop_transmission(peer, Owner::Notification(exchange));
        }
        if let Some(record) = self.peers.get_mut(&peer) {
            record.observers.retain(|other| *other != exchange);
            record.to_notify.retain(|other| *other != exchange);
            record.notifying = record.notifying.saturating_sub(usize::from(observer.on_way.is_some()));
        }
        self.event(Event::ObserverGone { exchange, why });
        self.start_queued(peer);
        self.forget_if_idle(peer);
    }

    /// The observer that was sent this message, if it needed no acknowledgement.
    pub(crate) fn observer_by_id(&self, peer: PeerId, id: u16) -> Option<ExchangeId> {
        let sent = |exchange: &ExchangeId| {
            self.observers.get(exchange).is_some_and(|observer| observer.recent.contains(&Some(id)))
        };
        self.peers.get(&peer)?.observers.iter().copied().find(sent)
    }

    /// The layer above has a new state.
    pub(crate) fn notify(&mut self, exchange: ExchangeId, response: Response, reliability: Reliability) {
        let now = self.now;
        let Some(observer) = self.observers.get_mut(&exchange) else {
            self.stats.late_notifications += 1;
            return;
        };
        let peer = observer.peer;
        if !response.is_success() {
            return self.notify_end(exchange, response, reliability);
        }
        if matches!(self.peers.get(&peer).map(|record| &record.link), Some(Link::Ws(_))) {
            self.send_notification(exchange, Head::Frame, response);
            return;
        }
        let due = now - observer.confirmed >= CONFIRM_EVERY;
        let mut reliability = if due { Reliability::Confirmable } else { reliability };
        if let Some(older) = observer.waiting.take() {
            self.stats.notifications_superseded += 1;
            if older.1 == Reliability::Confirmable {
                reliability = Reliability::Confirmable;
            }
        }
        let free = observer.on_way.is_none();
        if free && reliability == Reliability::NonConfirmable {
            // It keeps nobody waiting, and waits for nobody.
            if let Ok(id) = self.udp_take_id(peer) {
                let head = Head::Datagram { kind: MessageType::NonConfirmable, id };
                return self.send_notification(exchange, head, response);
            }
        }
        let Some(observer) = self.observers.get_mut(&exchange) else { return };
        observer.waiting = Some(Box::new((response, reliability)));
        if free {
            let Some(record) = self.peers.get_mut(&peer) else { return };
            if !record.to_notify.contains(&exchange) {
                record.to_notify.push_back(exchange);
            }
            self.start_notifications(peer);
        }
    }

    /// The last word to an observer.
    fn notify_end(&mut self, exchange: ExchangeId, mut response: Response, reliability: Reliability) {
        let Some(observer) = self.observers.get(&exchange) else { return };
        response.options.remove(CoapOption::Observe);
        let way = match self.peers.get(&observer.peer).map(|record| &record.link) {
            Some(Link::Ws(_)) => Way::Ws,
            _ => {
                let confirmable = reliability == Reliability::Confirmable || observer.on_way.is_some();
                Way::Udp { id: 0, confirmable, acknowledged: true }
            }
        };
        let open = Open { place: observer.place, ..Open::new(observer.peer, way, observer.token.to_vec()) };
        self.stats.notifications_out += 1;
        self.send_response(&open, response);
        self.remove_observer(exchange, ObserverEnd::Ended);
    }

    /// Sends the notifications that wait, as far as the peer may be told at once.
    ///
    /// Source: RFC 7641 §4.5.1 ("Congestion Control").
    pub(crate) fn start_notifications(&mut self, peer: PeerId) {
        let nstart = self.config.limits.nstart.max(1);
        while let Some(record) = self.peers.get_mut(&peer).filter(|record| record.on_way + record.notifying < nstart) {
            let Some(exchange) = record.to_notify.front().copied() else { return };
            let waiting = self.observers.get(&exchange).and_then(|observer| observer.waiting.as_ref());
            let kind = match waiting.map(|waiting| waiting.1) {
                Some(Reliability::NonConfirmable) => MessageType::NonConfirmable,
                _ => MessageType::Confirmable,
            };
            let id = match self.udp_take_id(peer) {
                Ok(id) => id,
                Err(at) => return self.udp_wait_for_ids(peer, at),
            };
            if let Some(record) = self.peers.get_mut(&peer) {
                record.to_notify.pop_front();
            }
            if let Some(waiting) = self.observers.get_mut(&exchange).and_then(|observer| observer.waiting.take()) {
                self.send_notification(exchange, Head::Datagram { kind, id }, waiting.0);
            }
        }
    }

    fn send_notification(&mut self, exchange: ExchangeId, head: Head, response: Response) {
        let Some((peer, bytes)) = self.write_notification(exchange, head, response) else { return };
        let now = self.now;
        let Some(observer) = self.observers.get_mut(&exchange) else { return };
        match head {
            Head::Datagram { kind: MessageType::Confirmable, id } => {
                (observer.on_way, observer.confirmed) = (Some(id), now);
                if let Some(record) = self.peers.get_mut(&peer) {
                    record.notifying += 1;
                }
                self.udp_transmit_reliably(peer, id, bytes, Owner::Notification(exchange));
            }
            Head::Datagram { id, .. } => {
                observer.sent_once(Some(id));
                self.transmit(peer, bytes);
            }
            Head::Frame => self.transmit(peer, bytes),
        }
    }

    /// Makes the message of a notification; `None` if it is too large even in blocks.
    fn write_notification(
        &mut self,
        exchange: ExchangeId,
        head: Head,
        mut response: Response,
    ) -> Option<(PeerId, Vec<u8>)> {
        let last = self.observers.get(&exchange)?.number;
        let number = self.number(Some(last), &mut response);
        let observer = self.observers.get_mut(&exchange)?;
        observer.number = number;
        let (peer, token, place) = (observer.peer, observer.token.clone(), observer.place);
        let bytes = self.write_response(peer, head, &token, place, response);
        if bytes.is_some() {
            self.stats.notifications_out += 1;
        } else {
            self.stats.messages_too_large += 1;
        }
        Some((peer, bytes?))
    }

    /// A confirmable notification is acknowledged, or the observer gone.
    pub(crate) fn notification_over(&mut self, exchange: ExchangeId, why: Option<ObserverEnd>) {
        let Some(observer) = self.observers.get_mut(&exchange) else { return };
        if let Some(why) = why {
            // Its transmission is taken already.
            return self.remove_observer(exchange, why);
        }
        let peer = observer.peer;
        observer.on_way = None;
        let more = observer.waiting.is_some();
        if let Some(record) = self.peers.get_mut(&peer) {
            record.notifying = record.notifying.saturating_sub(1);
            if more {
                record.to_notify.push_back(exchange);
            }
        }
        self.start_queued(peer);
    }

    /// A confirmable notification is to be sent again: sends the newer state in its place, if there is one.
    ///
    /// Source: RFC 7641 §4.5.2 ("Advanced Transmission"): the timeout and the count go on.
    pub(crate) fn supersede(&mut self, peer: PeerId, id: u16, exchange: ExchangeId) -> bool {
        if self.observers.get(&exchange).is_none_or(|observer| observer.waiting.is_none()) {
            return false;
        }
        let Ok(new) = self.udp_take_id(peer) else { return false };
        let Some(waiting) = self.observers.get_mut(&exchange).and_then(|observer| observer.waiting.take()) else {
            return false;
        };
        let head = Head::Datagram { kind: MessageType::Confirmable, id: new };
        let Some((_, bytes)) = self.write_notification(exchange, head, waiting.0) else { return false };
        let Some(mut transmission) = self.udp_take_transmission(peer, id) else { return false };
        self.stats.notifications_superseded += 1;
        self.stats.retransmissions += 1;
        transmission.count += 1;
        transmission.timeout *= 2;
        transmission.id = new;
        transmission.bytes = bytes.clone();
        transmission.due = self.after(transmission.timeout, Timer::Retransmit(peer, new));
        if let Some(udp) = self.peers.get_mut(&peer).and_then(Peer::udp) {
            udp.transmissions.push(transmission);
        }
        if let Some(observer) = self.observers.get_mut(&exchange) {
            (observer.on_way, observer.confirmed) = (Some(new), self.now);
        }
        self.transmit(peer, bytes);
        true
    }

    /// Sets the number of a notification, unless it has one: the moment, or one more than the last.
    fn number(&self, last: Option<u32>, response: &mut Response) -> u32 {
        if let Some(given) = response.observe().filter(|given| (1..NUMBERS).contains(given)) {
            return given;
        }
        let micros = self.line.map_or(0, |line| line.utc(self.now).as_micros());
        let clock = (u128::from(micros) * NUMBERS_PER_SECOND / 1_000_000 % u128::from(NUMBERS)) as u32;
        let number = match last {
            // A clock that is not ahead of the last number waits for it.
            Some(last) if !(1..NUMBERS / 2).contains(&(clock.wrapping_sub(last) % NUMBERS)) => (last + 1) % NUMBERS,
            _ => clock,
        };
        response.options.set_uint(CoapOption::Observe, number);
        number
    }
}

/// How many numbers there are. Source: RFC 7641 §2 ("The Observe Option").
const NUMBERS: u32 = 1 << 24;

impl Observer {
    /// Remembers a message that may only be answered by a reset.
    fn sent_once(&mut self, id: Option<u16>) {
        if id.is_some() {
            self.recent.rotate_right(1);
            if let Some(first) = self.recent.first_mut() {
                *first = id;
            }
        }
    }
}
