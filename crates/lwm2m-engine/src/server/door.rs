//! The one door to a device: which requests are under way, and which replies are remembered.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use core::time::Duration;

use crate::operation::Meaning;
use crate::{EndpointName, Limits, OperationId, Reply};
use coap_exchange::{ExchangeId, Mono, RequestId};

/// How long a reply is remembered for a repeated id: `EXCHANGE_LIFETIME` (RFC 7252, "Time Values Derived from
/// Transmission Parameters").
const REPLY_LIFETIME: Duration = Duration::from_secs(247);

/// Who waits for the end of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The caller of [`Input::Request`](crate::Input::Request).
    Operation(OperationId),
    /// A WebSocket client.
    Relay(ExchangeId),
    /// Everybody who shares an observation that starts.
    Observation,
}

/// A request under way.
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) origin: Origin,
    pub(super) endpoint: EndpointName,
    /// What it asks: the answer to a Read is decoded, a Write that was taken is told.
    pub(super) meaning: Meaning,
    deadline: Mono,
}

#[derive(Debug, Default)]
pub(super) struct Door {
    flights: BTreeMap<RequestId, Flight>,
    by_operation: BTreeMap<OperationId, RequestId>,
    by_exchange: BTreeMap<ExchangeId, RequestId>,
    by_deadline: BTreeSet<(Mono, RequestId)>,
    waiting: BTreeMap<EndpointName, usize>,
    replies: BTreeMap<OperationId, Reply>,
    reply_order: VecDeque<(Mono, OperationId)>,
    reply_bytes: usize,
    last_id: u64,
}

impl Door {
    /// How many requests are under way to a device.
    pub(super) fn waiting(&self, endpoint: &EndpointName) -> usize {
        self.waiting.get(endpoint).copied().unwrap_or_default()
    }

    /// Notes a new request and gives it an id.
    pub(super) fn enter(
        &mut self,
        origin: Origin,
        endpoint: EndpointName,
        meaning: Meaning,
        deadline: Mono,
    ) -> RequestId {
        self.last_id += 1;
        let id = RequestId(self.last_id);
        match origin {
            Origin::Operation(operation) => _ = self.by_operation.insert(operation, id),
            Origin::Relay(exchange) => _ = self.by_exchange.insert(exchange, id),
            Origin::Observation => {}
        }
        self.by_deadline.insert((deadline, id));
        *self.waiting.entry(endpoint.clone()).or_default() += 1;
        self.flights.insert(id, Flight { origin, endpoint, meaning, deadline });
        id
    }

    /// Ends a request; `None` if it had ended already.
    pub(super) fn leave(&mut self, id: RequestId) -> Option<Flight> {
        let flight = self.flights.remove(&id)?;
        match flight.origin {
            Origin::Operation(operation) => _ = self.by_operation.remove(&operation),
            Origin::Relay(exchange) => _ = self.by_exchange.remove(&exchange),
            Origin::Observation => {}
        }
        self.by_deadline.remove(&(flight.deadline, id));
        if let Some(waiting) = self.waiting.get_mut(&flight.endpoint) {
            *waiting -= 1;
            if *waiting == 0 {
                self.waiting.remove(&flight.endpoint);
            }
        }
        Some(flight)
    }

    pub(super) fn of_operation(&self, operation: OperationId) -> Option<RequestId> {
        self.by_operation.get(&operation).copied()
    }

    pub(super) fn of_exchange(&self, exchange: ExchangeId) -> Option<RequestId> {
        self.by_exchange.get(&exchange).copied()
    }

    /// When the next request runs out of time.
    pub(super) fn next_deadline(&self) -> Option<Mono> {
        self.by_deadline.first().map(|(deadline, _)| *deadline)
    }

    /// A request that ran out of time. It still has to [`leave`](Self::leave).
    pub(super) fn overdue(&self, now: Mono) -> Option<RequestId> {
        self.by_deadline.first().filter(|(deadline, _)| *deadline <= now).map(|(_, id)| *id)
    }

    /// Keeps a reply for a repeated id. Says how many others were forgotten early to make room.
    pub(super) fn remember(&mut self, now: Mono, reply: Reply, limits: &Limits) -> u64 {
        self.reply_bytes += bytes(&reply);
        self.reply_order.push_back((now + REPLY_LIFETIME, reply.id));
        self.replies.insert(reply.id, reply);
        self.forget_old(now);
        let mut forgotten = 0;
        while self.reply_order.len() > limits.remembered_replies || self.reply_bytes > limits.remembered_reply_bytes {
            self.forget_oldest();
            forgotten += 1;
        }
        forgotten
    }

    /// The reply to an id that was seen before.
    pub(super) fn remembered(&mut self, now: Mono, id: OperationId) -> Option<&Reply> {
        self.forget_old(now);
        self.replies.get(&id)
    }

    fn forget_old(&mut self, now: Mono) {
        while self.reply_order.front().is_some_and(|(end, _)| *end <= now) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some(reply) = self.reply_order.pop_front().and_then(|(_, id)| self.replies.remove(&id)) {
            self.reply_bytes -= bytes(&reply);
        }
    }
}

fn bytes(reply: &Reply) -> usize {
    reply.result.as_ref().map_or(0, |answer| answer.payload.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use coap_exchange::{MessageClass, Options, ResponseType};

    use crate::{Answer, RequestError};

    fn reply(id: u128) -> Reply {
        Reply { id: OperationId(id), result: Err(RequestError::Timeout) }
    }

    #[test]
    fn replies_are_forgotten_by_age_and_by_number() {
        let mut door = Door::default();
        let at = |seconds| Mono::ZERO + Duration::from_secs(seconds);
        let limits = Limits { remembered_replies: 3, ..Limits::default() };
        let forgotten: u64 = (0..5).map(|id| door.remember(at(0), reply(id), &limits)).sum();
        assert_eq!(forgotten, 2);
        assert_eq!(door.remembered(at(0), OperationId(1)), None);
        assert_eq!(door.remembered(at(246), OperationId(2)), Some(&reply(2)));
        assert_eq!(door.remembered(at(247), OperationId(2)), None);
        assert_eq!(door.reply_order.len(), 0);
    }

    #[test]
    fn replies_are_forgotten_by_size() {
        let mut door = Door::default();
        let limits = Limits { remembered_reply_bytes: 10, ..Limits::default() };
        let large = |id| {
            let answer = Answer {
                code: MessageClass::Response(ResponseType::Content),
                options: Options::new(),
                content_format: None,
                payload: vec![0; 6],
                entries: Vec::new(),
            };
            Reply { id: OperationId(id), result: Ok(answer) }
        };
        assert_eq!(door.remember(Mono::ZERO, large(1), &limits), 0);
        assert_eq!(door.remember(Mono::ZERO, large(2), &limits), 1);
        assert_eq!(door.remembered(Mono::ZERO, OperationId(1)), None);
        assert_eq!(door.reply_bytes, 6);
    }

    #[test]
    fn a_request_leaves_nothing_behind() {
        let mut door = Door::default();
        let at = Mono::from_micros;
        let endpoint: EndpointName = "a".parse().unwrap();
        let id = door.enter(Origin::Operation(OperationId(1)), endpoint.clone(), Meaning::Other, at(5));
        assert_eq!((door.waiting(&endpoint), door.next_deadline()), (1, Some(at(5))));
        assert_eq!((door.overdue(at(4)), door.overdue(at(5))), (None, Some(id)));
        assert!(door.leave(id).is_some() && door.leave(id).is_none());
        assert_eq!((door.waiting(&endpoint), door.next_deadline()), (0, None));
        assert_eq!(door.of_operation(OperationId(1)), None);
        assert!(door.waiting.is_empty());
    }
}
