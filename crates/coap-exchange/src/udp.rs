//! The message layer of RFC 7252 §4: types, message ids, retransmission, de-duplication.

use alloc::vec::Vec;
use core::time::Duration;

use crate::dedup::{Answer, fingerprint};
use crate::message::{DecodeError, Framing, Head, Message, Scan, empty, scan};
use crate::outgoing::Verdict;
use crate::peer::{Link, Open, Owner, Peer, Transmission, Way};
use crate::timer::Timer;
use crate::{
    EXCHANGE_LIFETIME, Event, ExchangeError, Exchanges, MessageType, Mono, NON_LIFETIME, ObserverEnd, PeerId, Response,
    ResponseType,
};

impl Exchanges {
    pub(crate) fn udp_datagram(&mut self, peer: PeerId, bytes: &[u8]) {
        self.stats.datagrams_in += 1;
        if matches!(self.peers.get(&peer).map(|peer| &peer.link), Some(Link::Ws(_))) {
            self.stats.unexpected += 1;
            return;
        }
        let scan = match scan(Framing::Udp, bytes, self.config.limits.options) {
            Ok(scan) => scan,
            Err(error) => return self.udp_malformed(peer, bytes, error),
        };
        let Head::Datagram { kind, id } = scan.head else { return };
        match (kind, scan.code >> 5) {
            (MessageType::Acknowledgement, 0) if scan.code == 0 => self.udp_acknowledged(peer, id),
            (MessageType::Acknowledgement, 2 | 4 | 5) => self.udp_piggybacked(peer, id, &scan),
            (MessageType::Reset, 0) if scan.code == 0 => self.udp_reset(peer, id),
            (MessageType::Confirmable, 0) if scan.code == 0 => self.udp_send_reset(peer, id),
            (MessageType::Confirmable | MessageType::NonConfirmable, 0 | 2 | 4 | 5) if scan.code != 0 => {
                self.udp_message(peer, kind == MessageType::Confirmable, id, &scan, bytes);
            }
            // RFC 7252 §4.2: a reserved class is rejected as a format error is; an acknowledgement or reset is ignored.
            (MessageType::Confirmable, _) => {
                self.stats.unexpected += 1;
                self.udp_send_reset(peer, id);
            }
            _ => self.stats.unexpected += 1,
        }
    }

    /// RFC 7252 §4.2: what is confirmable and malformed is rejected with a reset; §3: another version is ignored.
    fn udp_malformed(&mut self, peer: PeerId, bytes: &[u8], error: DecodeError) {
        self.stats.malformed += 1;
        let [first, _, high, low, ..] = bytes else { return };
        let confirmable = first >> 4 & 3 == 0;
        if confirmable && !matches!(error, DecodeError::Version { .. }) {
            self.udp_send_reset(peer, u16::from_be_bytes([*high, *low]));
        }
    }

    /// A request or response that stands by itself.
    fn udp_message(&mut self, peer: PeerId, confirmable: bool, id: u16, scan: &Scan<'_>, bytes: &[u8]) {
        let fingerprint = fingerprint(bytes);
        if let Some(answer) = self.memory.find(self.now, peer, id, fingerprint) {
            self.stats.duplicates += 1;
            match answer {
                Answer::Silence => {}
                Answer::Acknowledgement => self.transmit(peer, empty(MessageType::Acknowledgement, id)),
                Answer::Reset => self.udp_send_reset(peer, id),
                Answer::Message(bytes) => {
                    let bytes = bytes.as_ref().into();
                    self.transmit(peer, bytes);
                }
                // The sender has become impatient: tell it that the request is here.
                Answer::Pending(exchange) => {
                    let exchange = *exchange;
                    self.acknowledge(exchange);
                }
            }
            return;
        }
        if let Some(exchange) = self.memory.pending(peer, id) {
            // The id is used again: its first owner must have restarted, and cannot understand the answer any more.
            self.abandon(exchange);
        }
        let lifetime = if confirmable { EXCHANGE_LIFETIME } else { NON_LIFETIME };
        let forgotten =
            self.memory.remember(peer, id, fingerprint, self.now + lifetime, self.config.limits.remembered_ids);
        self.stats.remembered_ids_forgotten += forgotten.for_peer;
        self.shrink_memory();
        if scan.code >> 5 == 0 {
            let way = Way::Udp { id, confirmable, acknowledged: false };
            if scan.token.len() > self.config.limits.token {
                self.stats.tokens_too_long += 1;
                let open = Open::new(peer, way, scan.token.into());
                self.send_response(&open, Response::new(ResponseType::BadRequest).with_diagnostic("token too long"));
            } else {
                self.request_arrived(peer, way, Message::from_scan(scan));
            }
            self.forget_if_idle(peer);
            return;
        }
        let verdict = self.response_arrived(peer, Message::from_scan(scan));
        if verdict == Verdict::Taken {
            if confirmable {
                self.memory.answer(peer, id, Answer::Acknowledgement);
                self.transmit(peer, empty(MessageType::Acknowledgement, id));
            }
        } else {
            // Also for a NON (RFC 7252 §4.3 allows it): it ends an observation that nobody here knows.
            self.memory.answer(peer, id, Answer::Reset);
            self.udp_send_reset(peer, id);
        }
    }

    fn udp_acknowledged(&mut self, peer: PeerId, id: u16) {
        let Some(transmission) = self.udp_take_transmission(peer, id) else {
            self.stats.unknown_ids += 1;
            return;
        };
        match transmission.owner {
            Owner::Request(request) => {
                self.expect_response(request);
                self.release_slot(request);
            }
            Owner::Response => self.forget_if_idle(peer),
            Owner::Notification(exchange) => self.notification_over(exchange, None),
            Owner::Ping => self.udp_pong(peer, &transmission),
        }
    }

    /// RFC 7252 §5.3.2: message id and token must both fit, else the message is ignored.
    fn udp_piggybacked(&mut self, peer: PeerId, id: u16, scan: &Scan<'_>) {
        let owner = self.peers.get_mut(&peer).and_then(Peer::udp).and_then(|udp| {
            let found = udp.transmissions.iter().find(|transmission| transmission.id == id);
            found.map(|transmission| transmission.owner)
        });
        let Some(Owner::Request(request)) = owner else {
            self.stats.unknown_ids += 1;
            return;
        };
        let token = self.sent.get(&request).and_then(|sent| sent.token).map(u64::to_be_bytes);
        if token.as_ref().map(<[u8; 8]>::as_slice) != Some(scan.token) {
            self.stats.unknown_tokens += 1;
            return;
        }
        self.response_arrived(peer, Message::from_scan(scan));
    }

    fn udp_reset(&mut self, peer: PeerId, id: u16) {
        let by_id = |exchanges: &Self| {
            let record = exchanges.peers.get(&peer)?;
            let is_it =
                |request: &&crate::RequestId| exchanges.sent.get(*request).is_some_and(|sent| sent.id == Some(id));
            record.sent.iter().find(is_it).copied()
        };
        if let Some(transmission) = self.udp_take_transmission(peer, id) {
            match transmission.owner {
                Owner::Request(request) => self.fail(request, ExchangeError::Reset),
                Owner::Response => self.forget_if_idle(peer),
                Owner::Notification(exchange) => self.notification_over(exchange, Some(ObserverEnd::Reset)),
                Owner::Ping => return self.udp_pong(peer, &transmission),
            }
        } else if let Some(request) = by_id(self) {
            self.fail(request, ExchangeError::Reset);
        } else if let Some(exchange) = self.observer_by_id(peer, id) {
            self.remove_observer(exchange, ObserverEnd::Reset);
        } else {
            self.stats.unknown_ids += 1;
            return;
        }
        self.stats.resets_in += 1;
    }

    fn udp_send_reset(&mut self, peer: PeerId, id: u16) {
        self.stats.resets_out += 1;
        self.transmit(peer, empty(MessageType::Reset, id));
    }

    /// Sends an Empty confirmable message; any answer is a sign of life.
    pub(crate) fn udp_ping(&mut self, peer: PeerId) {
        let pinging = |transmission: &Transmission| transmission.owner == Owner::Ping;
        if self.peer(peer).udp().is_some_and(|udp| udp.transmissions.iter().any(pinging)) {
            return;
        }
        match self.udp_take_id(peer) {
            Ok(id) => {
                self.udp_transmit_reliably(peer, id, empty(MessageType::Confirmable, id), Owner::Ping);
            }
            Err(_) => {
                self.stats.message_ids_exhausted += 1;
                self.event(Event::Pong { peer, round_trip: None });
            }
        }
    }

    fn udp_pong(&mut self, peer: PeerId, transmission: &Transmission) {
        let round_trip = Some(self.now - transmission.first_sent);
        self.event(Event::Pong { peer, round_trip });
        self.forget_if_idle(peer);
    }

    /// The next message id for this peer, or when there is one.
    pub(crate) fn udp_take_id(&mut self, peer: PeerId) -> Result<u16, Mono> {
        let (now, line) = (self.now, self.line);
        match (self.peer(peer).udp(), line) {
            (Some(udp), Some(line)) => udp.ids.take(&line, now),
            _ => Err(Mono::NEVER),
        }
    }

    /// Requests wait until there are message ids again.
    pub(crate) fn udp_wait_for_ids(&mut self, peer: PeerId, at: Mono) {
        let Some(udp) = self.peers.get_mut(&peer).and_then(Peer::udp) else { return };
        if udp.queue_due.is_none() {
            udp.queue_due = Some(at);
            self.timers.set(at, Timer::Queue(peer));
            self.stats.message_ids_exhausted += 1;
        }
    }

    /// Sends a confirmable message, again and again until it is acknowledged.
    ///
    /// Source: RFC 7252 §4.2 ("Messages Transmitted Reliably").
    pub(crate) fn udp_transmit_reliably(&mut self, peer: PeerId, id: u16, bytes: Vec<u8>, owner: Owner) {
        let base = self.config.ack_timeout;
        let spread = u64::try_from(base.as_micros() / 2).unwrap_or(u64::MAX);
        let timeout = base + Duration::from_micros(self.rng.below(spread.saturating_add(1)));
        let due = self.after(timeout, Timer::Retransmit(peer, id));
        let transmission =
            Transmission { id, bytes: bytes.clone(), owner, first_sent: self.now, timeout, count: 0, due };
        if let Some(udp) = self.peer(peer).udp() {
            udp.transmissions.push(transmission);
        }
        self.transmit(peer, bytes);
    }

    pub(crate) fn udp_retransmit(&mut self, peer: PeerId, id: u16) {
        let (now, max) = (self.now, self.config.max_retransmit);
        let Some((owner, count)) = self.udp_transmission(peer, id).map(|found| (found.owner, found.count)) else {
            return;
        };
        if let Owner::Notification(exchange) = owner
            && count < max
            && self.supersede(peer, id, exchange)
        {
            return;
        }
        let Some(transmission) = self.udp_transmission(peer, id) else { return };
        if transmission.count < max {
            transmission.count += 1;
            transmission.timeout *= 2;
            transmission.due = now + transmission.timeout;
            let (due, bytes) = (transmission.due, transmission.bytes.clone());
            self.timers.set(due, Timer::Retransmit(peer, id));
            self.stats.retransmissions += 1;
            self.transmit(peer, bytes);
            return;
        }
        self.udp_take_transmission(peer, id);
        self.stats.timeouts += 1;
        match owner {
            Owner::Request(request) => self.fail(request, ExchangeError::Timeout),
            Owner::Response => self.forget_if_idle(peer),
            Owner::Notification(exchange) => self.notification_over(exchange, Some(ObserverEnd::Timeout)),
            Owner::Ping => {
                self.event(Event::Pong { peer, round_trip: None });
                self.forget_if_idle(peer);
            }
        }
    }

    fn udp_transmission(&mut self, peer: PeerId, id: u16) -> Option<&mut Transmission> {
        let udp = self.peers.get_mut(&peer)?.udp()?;
        udp.transmissions.iter_mut().find(|transmission| transmission.id == id)
    }

    pub(crate) fn udp_take_transmission(&mut self, peer: PeerId, id: u16) -> Option<Transmission> {
        let udp = self.peers.get_mut(&peer)?.udp()?;
        let index = udp.transmissions.iter().position(|transmission| transmission.id == id)?;
        let transmission = udp.transmissions.swap_remove(index);
        self.timers.cancel(transmission.due, Timer::Retransmit(peer, id));
        Some(transmission)
    }

    /// Stops sending a message again.
    pub(crate) fn udp_drop_transmission(&mut self, peer: PeerId, owner: Owner) {
        let Some(udp) = self.peers.get_mut(&peer).and_then(Peer::udp) else { return };
        if let Some(found) = udp.transmissions.iter().find(|transmission| transmission.owner == owner) {
            let id = found.id;
            self.udp_take_transmission(peer, id);
        }
    }

    /// Keeps what is remembered within its bytes.
    pub(crate) fn shrink_memory(&mut self) {
        let forgotten = self.memory.shrink(self.config.limits.remembered_bytes);
        self.stats.remembered_bytes_forgotten += forgotten.for_bytes;
    }
}
