//! Requests to devices, whoever wishes them, and their one end each.

use core::time::Duration;

use coap_exchange::{
    ExchangeId, MessageClass, Now, Reliability, Request, RequestId, RequestType, Response, ResponseType,
};
use lwm2m::{ContentFormat, Context, Entry, Path, Value, codec};

use super::Server;
use super::door::{Flight, Origin};
use super::registering::Job;
use super::relay::{self, Relayed};
use crate::event::{Answer, OperationId, Reply, RequestError, Source};
use crate::operation::{Meaning, Operation};
use crate::{EndpointName, Event, Output};

/// The longest that a request is waited for.
const LONGEST: Duration = Duration::from_secs(86_400);

impl Server {
    /// A wish of the bridge.
    pub(super) fn operate(
        &mut self,
        now: Now,
        id: OperationId,
        endpoint: EndpointName,
        operation: Operation,
        time_left: Duration,
    ) {
        if self.door.of_operation(id).is_some() {
            self.stats.repeated += 1;
            return;
        }
        if let Some(reply) = self.door.remembered(now.mono, id) {
            self.stats.repeated += 1;
            self.outputs.push_back(Output::Reply(reply.clone()));
            return;
        }
        let origin = Origin::Operation(id);
        let Some(device) = self.registrations.get(&endpoint) else {
            return self.end(now, origin, Err(RequestError::NotRegistered));
        };
        let operation = match operation {
            Operation::Observe { path, accept } => {
                return self.observe(now, origin, endpoint, path, accept.map(|ContentFormat(format)| format));
            }
            Operation::StopObserving { path, how } => return self.unobserve(now, id, endpoint, path, how),
            operation => operation,
        };
        match operation.request(device) {
            Ok(request) => self.send(now, origin, endpoint, request, time_left),
            Err(error) => self.end(now, origin, Err(error)),
        }
    }

    /// A request of a WebSocket client for a device.
    pub(super) fn relay(&mut self, now: Now, exchange: ExchangeId, request: Request) {
        match relay::take(request) {
            Ok(Relayed { endpoint, request, observe }) => {
                // Only what can be shared is observed: an LwM2M path, without a query. Anything else is a plain request.
                let shared =
                    observe.filter(|_| request.method == RequestType::Get && request.uri_query().next().is_none());
                let path = Path::from_segments(request.uri_path()).ok().filter(|path| path.object_id().is_some());
                let origin = Origin::Relay(exchange);
                match (shared, path) {
                    (Some(0), Some(path)) => self.observe(now, origin, endpoint, path, request.accept()),
                    // Who stops watching is told the last state; the device need not be asked for it.
                    (Some(1), Some(path)) if self.observations.last(&endpoint, path).is_some() => {
                        if let Some(last) = self.observations.last(&endpoint, path).cloned() {
                            self.respond(now, exchange, relay::give_back(&endpoint, last));
                        }
                    }
                    _ => self.send(now, origin, endpoint, request, self.limits.request_timeout()),
                }
            }
            Err(refusal) => self.refuse(now, exchange, refusal),
        }
    }

    fn send(&mut self, now: Now, origin: Origin, endpoint: EndpointName, mut request: Request, time_left: Duration) {
        let Some(registration) = self.registrations.get(&endpoint) else {
            if matches!(origin, Origin::Relay(_)) {
                self.stats.unknown_endpoint += 1;
            }
            return self.end(now, origin, Err(RequestError::NotRegistered));
        };
        if self.door.waiting(&endpoint) >= self.limits.requests {
            self.stats.requests_full += 1;
            return self.end(now, origin, Err(RequestError::QueueFull));
        }
        let meaning = Meaning::of(&request, registration, &self.limits);
        let peer = registration.peer;
        if Path::from_segments(request.uri_path()).is_ok() {
            relay::add_root(&mut request, &registration.objects.root);
        }
        self.stats.requests += 1;
        let slot = endpoint.slot();
        let deadline = now.mono + time_left.min(LONGEST);
        let id = self.door.enter(origin, endpoint, meaning, deadline);
        let reliability = Reliability::Confirmable;
        self.exchange(now, coap_exchange::Input::Request { id, peer, request, reliability, slot });
    }

    /// A device answered.
    pub(super) fn answered(&mut self, now: Now, id: RequestId, response: Response) {
        let Some(Flight { origin, endpoint, meaning, .. }) = self.door.leave(id) else { return };
        self.stats.answered += 1;
        if origin == Origin::Observation {
            return self.observation_answered(now, id, response);
        }
        let entries = match (meaning, response.code) {
            (Meaning::Read(path), MessageClass::Response(ResponseType::Content)) => {
                self.values(&endpoint, path, Source::Read, &response)
            }
            (Meaning::Write(path, entries), MessageClass::Response(ResponseType::Changed)) => {
                self.written(now, &endpoint, path, entries);
                Vec::new()
            }
            _ => Vec::new(),
        };
        match origin {
            Origin::Relay(exchange) => self.respond(now, exchange, relay::give_back(&endpoint, response)),
            _ => self.end(now, origin, Ok(answer(response, entries))),
        }
    }

    /// Decodes the answer to a Read and tells its values. What can't be decoded is counted and still goes to who asked:
    /// the bytes are the device's word.
    pub(super) fn values(
        &mut self,
        endpoint: &EndpointName,
        path: Path,
        source: Source,
        response: &Response,
    ) -> Vec<Entry<'static>> {
        let Some(entries) = self.decode(endpoint, path, response) else {
            self.stats.undecodable += 1;
            return Vec::new();
        };
        self.tell(Event::Values { endpoint: endpoint.clone(), path, source, entries: entries.clone() });
        entries
    }

    pub(super) fn decode(
        &self,
        endpoint: &EndpointName,
        path: Path,
        response: &Response,
    ) -> Option<Vec<Entry<'static>>> {
        let registration = self.registrations.get(endpoint)?;
        let models = registration.models();
        let format = response.content_format().map_or(ContentFormat::TEXT, ContentFormat);
        let context =
            Context::new(format, path, &models).with_root(&registration.objects.root).with_limits(self.limits.codec());
        Some(codec::decode(&response.payload, &context).ok()?.into_owned().into_entries())
    }

    /// The device took a Write: what was written is told, and a new lifetime counts, which some devices never repeat in
    /// an Update.
    fn written(&mut self, now: Now, endpoint: &EndpointName, path: Path, entries: Vec<Entry<'static>>) {
        let lifetime = entries.iter().find_map(|entry| match (&*entry.path.ids(), entry.value()) {
            ([1, _, 1], Some(Value::Integer(seconds))) => u32::try_from(*seconds).ok(),
            _ => None,
        });
        let event = Event::Values { endpoint: endpoint.clone(), path, source: Source::Write, entries };
        self.tell(event);
        if let Some(seconds) = lifetime {
            self.enqueue(now, Job::Lifetime { endpoint: endpoint.clone(), seconds });
        }
    }

    /// A request ended without an answer.
    pub(super) fn failed(&mut self, now: Now, id: RequestId, error: RequestError) {
        let Some(flight) = self.door.leave(id) else { return };
        match error {
            RequestError::Timeout => self.stats.timed_out += 1,
            _ => self.stats.failed += 1,
        }
        match flight.origin {
            Origin::Observation => self.observation_over(now, id, Err(error)),
            origin => self.end(now, origin, Err(error)),
        }
    }

    /// Nobody wants to wait longer, though the exchange itself might.
    pub(super) fn out_of_time(&mut self, now: Now, id: RequestId) {
        self.failed(now, id, RequestError::Timeout);
        self.exchange(now, coap_exchange::Input::Cancel { id });
    }

    /// The caller cancelled.
    pub(super) fn cancel(&mut self, now: Now, id: OperationId) {
        if let Some(id) = self.door.of_operation(id) {
            self.failed(now, id, RequestError::Cancelled);
            self.exchange(now, coap_exchange::Input::Cancel { id });
        }
    }

    /// The WebSocket client that asked is gone: nobody is to be told.
    pub(super) fn abandoned(&mut self, now: Now, exchange: ExchangeId) {
        self.watcher_gone(now, exchange);
        if let Some(id) = self.door.of_exchange(exchange)
            && self.door.leave(id).is_some()
        {
            self.stats.failed += 1;
            self.orphans.push(id);
        }
    }

    /// Tells the end of a request to who wished it.
    pub(super) fn end(&mut self, now: Now, origin: Origin, result: Result<Answer, RequestError>) {
        match (origin, result) {
            (Origin::Operation(id), result) => {
                let reply = Reply { id, result };
                self.stats.replies_forgotten += self.door.remember(now.mono, reply.clone(), &self.limits);
                self.outputs.push_back(Output::Reply(reply));
            }
            (Origin::Relay(exchange), Err(error)) => self.respond(now, exchange, relay::error(error)),
            // Answers to WebSocket clients are given back whole, in `answered`.
            (Origin::Relay(_), Ok(_)) | (Origin::Observation, _) => {}
        }
    }
}

/// What a device answered, for who wished it.
pub(super) fn answer(response: Response, entries: Vec<Entry<'static>>) -> Answer {
    Answer {
        code: response.code,
        content_format: response.content_format().map(ContentFormat),
        options: relay::without_hop(response.options),
        payload: response.payload,
        entries,
    }
}
