//! Observing: what we have asked a peer to tell us, and its notifications.
//!
//! An observation lives under the id of its request. While a body of its notifications is collected, or it is deregistered,
//! there is also a `Sent` under that id.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::time::Duration;

use hashbrown::HashMap;

use crate::collect::{Progress, Step, take_block};
use crate::message::{Framing, Head, Message, encode, scan};
use crate::outgoing::Verdict;
use crate::peer::{Link, Purpose, Sent};
use crate::{
    CoapOption, Event, ExchangeError, Exchanges, MessageClass, Mono, PeerId, Reliability, Request, RequestId,
    RequestType, Response, Stop,
};

/// All observations of ours.
#[derive(Debug, Default)]
pub(crate) struct Observations {
    by_id: HashMap<RequestId, Observation>,
    by_peer: BTreeSet<(PeerId, RequestId)>,
}

/// Something that a peer tells us about.
#[derive(Debug)]
pub(crate) struct Observation {
    pub(crate) peer: PeerId,
    /// The token of its notifications.
    pub(crate) token: u64,
    /// The newest notification: when it came.
    heard: Mono,
    /// Its number.
    number: u32,
    slot: u16,
    reliability: Reliability,
    /// The request without Observe, as a frame: small, and only needed for blocks and for the end.
    request: Box<[u8]>,
}

/// A notification that comes later than this is newer, whatever its number. Source: RFC 7641 §3.4 ("Reordering").
const NEWER_ANYHOW: Duration = Duration::from_secs(128);

/// How many numbers there are. Source: RFC 7641 §2 ("The Observe Option").
const NUMBERS: u32 = 1 << 24;

impl Observation {
    /// Whether a notification that comes now is newer than all before.
    fn is_fresh(&self, number: u32, now: Mono) -> bool {
        let ahead = number.wrapping_sub(self.number) % NUMBERS;
        (1..NUMBERS / 2).contains(&ahead) || now - self.heard > NEWER_ANYHOW
    }

    /// The request, to be sent once more.
    fn request(&self) -> Option<Request> {
        let message = Message::from_scan(&scan(Framing::WebSocket, &self.request, usize::MAX).ok()?);
        let MessageClass::Request(method) = message.code else { return None };
        Some(Request { method, options: message.options, payload: message.payload })
    }

    fn sent(&self, request: Request, purpose: Purpose) -> Sent {
        Sent { announced: true, ..Sent::new(self.peer, request, self.reliability, self.slot, purpose) }
    }
}

impl Observations {
    pub(crate) fn get(&self, id: RequestId) -> Option<&Observation> {
        self.by_id.get(&id)
    }

    /// How many there are with a peer.
    pub(crate) fn count(&self, peer: PeerId) -> usize {
        self.of(peer).count()
    }

    /// Those with a peer.
    fn of(&self, peer: PeerId) -> impl Iterator<Item = RequestId> {
        self.by_peer.range((peer, RequestId(0))..=(peer, RequestId(u64::MAX))).map(|entry| entry.1)
    }

    fn insert(&mut self, id: RequestId, observation: Observation) {
        self.by_peer.insert((observation.peer, id));
        self.by_id.insert(id, observation);
    }

    fn remove(&mut self, id: RequestId) -> Option<Observation> {
        let observation = self.by_id.remove(&id)?;
        self.by_peer.remove(&(observation.peer, id));
        if self.by_id.is_empty() {
            // Idle again: give the memory of the last rush back.
            self.by_id = HashMap::new();
        }
        Some(observation)
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.by_id.is_empty() && self.by_peer.is_empty()
    }
}

impl Exchanges {
    /// Whether a request with Observe 0 may go out.
    pub(crate) fn may_observe(&self, peer: PeerId) -> bool {
        let asked = |id: &&RequestId| {
            self.sent.get(*id).is_some_and(Sent::asks_to_observe) && !self.observations.by_id.contains_key(*id)
        };
        let pending = self.peers.get(&peer).map_or(0, |record| record.sent.iter().filter(asked).count());
        self.observations.count(peer) + pending < self.config.limits.observations_per_peer
    }

    /// The answer to a request with Observe 0 says that others will follow.
    pub(crate) fn begin_observation(&mut self, id: RequestId, number: u32) {
        let Some(sent) = self.sent.get(&id) else { return };
        let Some(token) = sent.token else { return };
        let (method, mut options) = (MessageClass::Request(sent.request.method), sent.request.options.clone());
        options.remove(CoapOption::Observe);
        let Ok(request) = encode(Head::Frame, method, &[], &options, &sent.request.payload) else { return };
        let observation = Observation {
            peer: sent.peer,
            token,
            heard: self.now,
            number,
            slot: sent.slot,
            reliability: sent.reliability,
            request: request.into(),
        };
        self.observations.insert(id, observation);
        self.stats.observations_begun += 1;
    }

    /// Forgets an observation; its notifications are reset from now on.
    pub(crate) fn drop_observation(&mut self, id: RequestId) -> bool {
        let Some(observation) = self.observations.remove(id) else { return false };
        self.tokens.remove(&observation.token);
        true
    }

    /// Makes the Observe option of an answer say whether its id is an observation.
    pub(crate) fn mark_observed(&self, id: RequestId, response: &mut Response) {
        match self.observations.get(id) {
            Some(observation) => response.options.set_uint(CoapOption::Observe, observation.number),
            None => response.options.remove(CoapOption::Observe),
        }
    }

    /// A response came with the token of an observation, and it answers no request that is on its way.
    ///
    /// Source: RFC 7641 §3.2 ("Notifications"), §3.4 ("Reordering").
    pub(crate) fn notified(&mut self, id: RequestId, peer: PeerId, mut message: Message) -> Verdict {
        if message.options.unknown_critical().is_some() {
            self.stats.bad_options += 1;
            self.give_up(id, ExchangeError::Malformed);
            return Verdict::Rejected;
        }
        let udp = message.head != Head::Frame;
        let number = message.options.first_uint(CoapOption::Observe).map(|number| number % NUMBERS);
        let number = number.filter(|_| u8::from(message.code) >> 5 == 2);
        let now = self.now;
        if let (Some(number), Some(observation)) = (number, self.observations.by_id.get_mut(&id)) {
            if udp && !observation.is_fresh(number, now) {
                self.stats.notifications_stale += 1;
                return Verdict::Taken;
            }
            (observation.number, observation.heard) = (number, now);
        }
        let goes_on = number.is_some();
        let purpose = self.sent.get(&id).map(|sent| sent.purpose);
        if purpose == Some(Purpose::Ending) {
            // It is being deregistered: tell it, but collect nothing.
            message.options.remove(CoapOption::Block1);
            self.stats.notifications_in += 1;
            let response = Response { code: message.code, options: message.options, payload: message.payload };
            if !goes_on {
                self.end(id);
                self.end_observation(id, peer, Ok(response));
                self.ended(Some(peer));
            } else if response.options.contains(CoapOption::Block2) {
                self.stats.notifications_incomplete += 1;
            } else {
                self.event(Event::Notification { id, peer, response });
            }
            return Verdict::Taken;
        }
        let mut progress = Progress::default();
        match take_block(&mut progress, message, false, udp, self.config.limits.body) {
            Step::Done { mut response, .. } => {
                self.stats.notifications_in += 1;
                if purpose.is_some() {
                    // What was being collected is older.
                    self.end(id);
                }
                match (purpose, goes_on) {
                    (Some(Purpose::Request), _) => {
                        if !goes_on {
                            self.drop_observation(id);
                        }
                        self.mark_observed(id, &mut response);
                        self.stats.responses_in += 1;
                        self.event(Event::Response { id, peer, response });
                    }
                    (_, true) => self.event(Event::Notification { id, peer, response }),
                    (_, false) => self.end_observation(id, peer, Ok(response)),
                }
                if purpose.is_some() {
                    self.ended(Some(peer));
                }
            }
            Step::More { grown } => self.collect_notification(id, peer, progress, grown, goes_on),
            Step::Restart { .. } => {}
            Step::Failed(error) => {
                self.stats.body_refused += u64::from(error == ExchangeError::TooLarge);
                self.stats.notifications_incomplete += 1;
                if !goes_on {
                    self.give_up(id, error);
                }
            }
        }
        Verdict::Taken
    }

    /// The first block of a notification came: asks for the others by plain requests.
    ///
    /// Source: RFC 7959 §2.6 ("Combining Block-Wise Transfers with the Observe Option").
    fn collect_notification(&mut self, id: RequestId, peer: PeerId, progress: Progress, grown: usize, goes_on: bool) {
        let Some(observation) = self.observations.get(id) else { return };
        let older = self.sent.get(&id).map_or(0, |sent| sent.progress.cost());
        if self.bodies - older + grown > self.config.limits.bodies {
            self.stats.bodies_refused += 1;
            self.stats.notifications_incomplete += 1;
            if !goes_on {
                self.give_up(id, ExchangeError::Overloaded);
            }
            return;
        }
        match self.sent.get_mut(&id) {
            Some(sent) => {
                sent.progress = progress;
                if !goes_on && sent.purpose == Purpose::Notification {
                    sent.purpose = Purpose::Ending;
                }
            }
            None => {
                let Some(request) = observation.request() else { return };
                let purpose = if goes_on { Purpose::Notification } else { Purpose::Ending };
                let sent = Sent { progress, ..observation.sent(request, purpose) };
                self.sent.insert(id, sent);
                self.peer(peer).sent.push(id);
            }
        }
        self.bodies = self.bodies - older + grown;
        if !goes_on {
            self.drop_observation(id);
        }
        self.ask_again(id, peer);
    }

    /// The layer above wants to hear no more.
    ///
    /// Source: RFC 7641 §3.6 ("Cancellation"); RFC 8323 appendix A.4.
    pub(crate) fn stop_observing(&mut self, id: RequestId, how: Stop) {
        match self.sent.get(&id).map(|sent| sent.purpose) {
            Some(Purpose::Request) => return self.fail(id, ExchangeError::Cancelled),
            Some(Purpose::Ending) => {
                if how == Stop::Reset {
                    // It has been asked for already; nobody waits for the answer any more.
                    self.fail(id, ExchangeError::Cancelled);
                }
                return;
            }
            Some(Purpose::Notification) | None => {}
        }
        let Some(observation) = self.observations.get(id) else { return };
        let peer = observation.peer;
        let (websocket, closing) = match self.peers.get(&peer).map(|record| &record.link) {
            Some(Link::Ws(ws)) => (true, ws.releasing),
            _ => (false, false),
        };
        if closing {
            return self.give_up(id, ExchangeError::Closed);
        }
        let Some(mut request) = observation.request().filter(|_| websocket || how == Stop::Deregister) else {
            return self.give_up(id, ExchangeError::Cancelled);
        };
        request.options.set_uint(CoapOption::Observe, 1);
        let sent = observation.sent(request, Purpose::Ending);
        self.end(id);
        self.sent.insert(id, sent);
        let record = self.peer(peer);
        record.sent.push(id);
        record.queue.push_back(id);
        self.start_queued(peer);
    }

    /// Ends whatever goes on under an id.
    pub(crate) fn give_up(&mut self, id: RequestId, error: ExchangeError) {
        match self.sent.get(&id).map(|sent| (sent.purpose, sent.peer)) {
            Some((Purpose::Request | Purpose::Ending, _)) => self.fail(id, error),
            Some((Purpose::Notification, peer)) => {
                self.end(id);
                self.end_observation(id, peer, Err(error));
                self.ended(Some(peer));
            }
            None => {
                if let Some(peer) = self.observations.get(id).map(|observation| observation.peer) {
                    self.end_observation(id, peer, Err(error));
                }
            }
        }
    }

    /// Forgets an observation and says so.
    pub(crate) fn end_observation(&mut self, id: RequestId, peer: PeerId, result: Result<Response, ExchangeError>) {
        self.drop_observation(id);
        self.event(Event::ObservationEnded { id, peer, result });
    }

    /// The peer is gone.
    pub(crate) fn end_observations(&mut self, peer: PeerId) {
        let all: Vec<RequestId> = self.observations.of(peer).collect();
        for id in all {
            self.give_up(id, ExchangeError::Closed);
        }
    }

    /// A UDP peer has another address.
    pub(crate) fn moved(&mut self, from: PeerId, to: PeerId) {
        let websocket = |peer| {
            self.gone.contains_key(&peer) || matches!(self.peers.get(&peer).map(|peer| &peer.link), Some(Link::Ws(_)))
        };
        if from == to || websocket(from) || websocket(to) {
            return;
        }
        let observed: Vec<RequestId> = self.observations.of(from).collect();
        for id in observed {
            if self.observations.count(to) >= self.config.limits.observations_per_peer {
                self.stats.observations_per_peer_refused += 1;
                self.give_up(id, ExchangeError::TooManyObservations);
                continue;
            }
            let Some(mut observation) = self.observations.remove(id) else { continue };
            observation.peer = to;
            self.observations.insert(id, observation);
            // A plain read of a further block may be sent twice; so it goes to the new address too.
            if self.sent.get(&id).is_some_and(|sent| sent.purpose == Purpose::Notification) {
                self.withdraw(id);
                if let Some(record) = self.peers.get_mut(&from).filter(|record| !record.queue.contains(&id)) {
                    record.queue.push_front(id);
                }
            }
        }
        let waiting: Vec<RequestId> =
            self.peers.get_mut(&from).map(|record| record.queue.drain(..).collect()).unwrap_or_default();
        let most = self.config.limits.requests_waiting.saturating_add(self.config.limits.nstart);
        for id in waiting {
            if self.peer(to).sent.len() >= most {
                self.stats.requests_waiting_refused += 1;
                self.fail(id, ExchangeError::QueueFull);
                continue;
            }
            if let Some(record) = self.peers.get_mut(&from) {
                record.sent.retain(|other| *other != id);
            }
            if let Some(sent) = self.sent.get_mut(&id) {
                sent.peer = to;
                let record = self.peer(to);
                record.sent.push(id);
                record.queue.push_back(id);
            }
        }
        self.start_queued(to);
        self.forget_if_idle(to);
        self.forget_if_idle(from);
    }
}

impl Sent {
    /// Whether it may become an observation.
    pub(crate) fn asks_to_observe(&self) -> bool {
        self.purpose == Purpose::Request && asks_to_observe(&self.request)
    }
}

/// Whether a request is one that can be observed, and wants to be.
///
/// Source: RFC 7641 §1.2 for GET, RFC 8132 §2.4 ("Working with Observe") for FETCH.
pub(crate) fn asks_to_observe(request: &Request) -> bool {
    matches!(request.method, RequestType::Get | RequestType::Fetch) && request.observe() == Some(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freshness() {
        // RFC 7641 §3.4: V1, V2, seconds between them, and whether the second is newer.
        for (first, second, seconds, fresh) in [
            (10, 11, 0, true),
            (10, 10, 0, false),
            (11, 10, 0, false),
            (0, (1 << 23) - 1, 0, true),
            (0, 1 << 23, 0, false),
            (0xff_ffff, 0, 0, true),
            (0, 0xff_ffff, 0, false),
            (0xff_ffff, (1 << 23) - 2, 0, true),
            (0xff_ffff, (1 << 23) - 1, 0, false),
            (11, 10, 128, false),
            (11, 10, 129, true),
            (10, 10, 129, true),
        ] {
            let observation = Observation {
                peer: PeerId(1),
                token: 0,
                heard: Mono::ZERO,
                number: first,
                slot: 0,
                reliability: Reliability::Confirmable,
                request: [].into(),
            };
            let now = Mono::ZERO + Duration::from_secs(seconds);
            assert_eq!(observation.is_fresh(second, now), fresh, "{first} then {second} after {seconds} s");
        }
    }

    #[test]
    fn an_observation_is_small() {
        // Besides its path: here, in the table of tokens, and in the tree by peer; tables of hashbrown are 7/16 full or more.
        let entry = (size_of::<(RequestId, Observation)>() + 1 + size_of::<(u64, RequestId)>() + 1) * 16 / 10;
        assert!(entry + 2 * size_of::<(PeerId, RequestId)>() < 200, "{entry} bytes");
    }
}
