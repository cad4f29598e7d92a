//! Observations: at most one upstream for each device and path, shared by everybody who wants it.
//!
//! ```text
//! starting ──2.05 with Observe──► running ──nobody left──► stopping ──► gone
//!    └─────any other answer───────────┴──the device ends it, or leaves───► gone
//! ```
//!
//! Whoever comes while it starts waits for the first answer; whoever comes later gets the last state at once. A device that
//! registers anew has forgotten its observations: they are asked for again, and those who watch notice nothing but a new
//! state.
//!
//! Source: RFC 7641; OMA LwM2M Core, "Information Reporting Interface".

use std::collections::{BTreeMap, BTreeSet};

use coap_exchange::{
    ExchangeError, ExchangeId, Now, Reliability, Request, RequestId, RequestType, Response, ResponseType, Stop,
};
use lwm2m::Path;

use super::Server;
use super::door::Origin;
use super::relay;
use crate::event::{OperationId, RequestError, Source};
use crate::operation::Meaning;
use crate::{EndpointName, Event};

type Target = (EndpointName, Path);

#[derive(Debug, Default)]
pub(super) struct Observations {
    by_request: BTreeMap<RequestId, Observation>,
    by_target: BTreeMap<Target, RequestId>,
    /// Those who watch, and those who wait for the first answer.
    by_watcher: BTreeMap<ExchangeId, RequestId>,
    stopping: BTreeMap<RequestId, Stopping>,
}

#[derive(Debug)]
struct Observation {
    target: Target,
    /// The format that was asked for.
    accept: Option<u16>,
    /// The bridge itself wants it.
    wished: bool,
    watchers: BTreeSet<ExchangeId>,
    /// Who waits for the first answer, and the format each asked for.
    starting: Vec<(Origin, Option<u16>)>,
    /// The newest state; `None` while it starts.
    last: Option<Response>,
}

#[derive(Debug)]
struct Stopping {
    target: Target,
    last: Option<Response>,
    asked_by: Option<OperationId>,
}

impl Observations {
    pub(super) fn of(&self, endpoint: &EndpointName) -> impl Iterator<Item = Path> {
        self.targets(endpoint).map(|(path, _)| path)
    }

    fn targets(&self, endpoint: &EndpointName) -> impl Iterator<Item = (Path, RequestId)> {
        let from = (endpoint.clone(), Path::ROOT);
        self.by_target
            .range(from.clone()..)
            .take_while(move |((known, _), _)| *known == from.0)
            .map(|((_, path), id)| (*path, *id))
    }

    fn remove(&mut self, id: RequestId) -> Option<Observation> {
        let observation = self.by_request.remove(&id)?;
        self.by_target.remove(&observation.target);
        Some(observation)
    }

    /// The last state of something that is observed, or was until a moment ago.
    pub(super) fn last(&self, endpoint: &EndpointName, path: Path) -> Option<&Response> {
        let is_target = |target: &Target| target.0 == *endpoint && target.1 == path;
        let running =
            self.by_target.get(&(endpoint.clone(), path)).and_then(|id| self.by_request.get(id)?.last.as_ref());
        running.or_else(|| self.stopping.values().find(|stopping| is_target(&stopping.target))?.last.as_ref())
    }
}

impl Server {
    /// Somebody wants to be told of changes.
    pub(super) fn observe(
        &mut self,
        now: Now,
        origin: Origin,
        endpoint: EndpointName,
        path: Path,
        accept: Option<u16>,
    ) {
        if self.registrations.get(&endpoint).is_none() {
            return self.end(now, origin, Err(RequestError::NotRegistered));
        }
        let target = (endpoint, path);
        if let Some(id) = self.observations.by_target.get(&target).copied()
            && let Some(observation) = self.observations.by_request.get_mut(&id)
        {
            if observation.last.is_some() {
                return self.join(now, id, origin, accept);
            }
            if observation.starting.len() >= self.limits.watchers {
                self.stats.watchers_refused += 1;
                return self.end(now, origin, Err(RequestError::QueueFull));
            }
            observation.starting.push((origin, accept));
            if let Origin::Relay(exchange) = origin {
                self.observations.by_watcher.insert(exchange, id);
            }
            return;
        }
        if self.observations.targets(&target.0).count() >= self.limits.observations {
            self.stats.observations_refused += 1;
            return self.end(now, origin, Err(RequestError::TooManyObservations));
        }
        let starting = vec![(origin, accept)];
        let observation =
            Observation { target, accept, wished: false, watchers: BTreeSet::new(), starting, last: None };
        self.start_observation(now, observation);
    }

    fn start_observation(&mut self, now: Now, mut observation: Observation) {
        let endpoint = observation.target.0.clone();
        let Some(device) = self.registrations.get(&endpoint) else { return };
        let path = observation.target.1.ids().into_iter();
        let mut request = path.fold(Request::new(RequestType::Get), |request, id| request.with_path(id.to_string()));
        relay::add_root(&mut request, &device.objects.root);
        request = request.with_observe();
        if let Some(format) = observation.accept {
            request = request.with_accept(format);
        }
        let (peer, slot) = (device.peer, endpoint.slot());
        let deadline = now.mono + self.limits.request_timeout();
        let id = self.door.enter(Origin::Observation, endpoint, Meaning::Other, deadline);
        observation.last = None;
        let waiting = observation.starting.iter().filter_map(|(origin, _)| match origin {
            Origin::Relay(exchange) => Some(*exchange),
            _ => None,
        });
        for exchange in waiting.chain(observation.watchers.iter().copied()) {
            self.observations.by_watcher.insert(exchange, id);
        }
        self.observations.by_target.insert(observation.target.clone(), id);
        self.observations.by_request.insert(id, observation);
        self.stats.requests += 1;
        let reliability = Reliability::Confirmable;
        self.exchange(now, coap_exchange::Input::Request { id, peer, request, reliability, slot });
    }

    /// Gives somebody the last state, and the next ones as they come.
    fn join(&mut self, now: Now, id: RequestId, origin: Origin, accept: Option<u16>) {
        let Some(observation) = self.observations.by_request.get_mut(&id) else { return };
        let Some(last) = observation.last.clone() else { return };
        let (endpoint, path) = observation.target.clone();
        match origin {
            Origin::Relay(exchange) if accept.is_some() && accept != last.content_format() => {
                self.observations.by_watcher.remove(&exchange);
                let text = "this is observed in another format already: leave out Accept";
                let response = Response::new(ResponseType::NotAcceptable).with_diagnostic(text);
                self.respond(now, exchange, response);
            }
            Origin::Relay(exchange) => {
                let mut response = relay::give_back(&endpoint, last);
                if observation.watchers.len() < self.limits.watchers {
                    observation.watchers.insert(exchange);
                    self.observations.by_watcher.insert(exchange, id);
                    response = response.with_observe();
                } else {
                    self.observations.by_watcher.remove(&exchange);
                    self.stats.watchers_refused += 1;
                }
                self.respond(now, exchange, response);
            }
            Origin::Operation(_) => {
                observation.wished = true;
                let entries = self.decode(&endpoint, path, &last).unwrap_or_default();
                self.end(now, origin, Ok(super::requesting::answer(last, entries)));
            }
            Origin::Observation => {}
        }
    }

    /// The first answer to an observation that starts.
    pub(super) fn observation_answered(&mut self, now: Now, id: RequestId, response: Response) {
        let Some(observation) = self.observations.by_request.get_mut(&id) else { return };
        let (endpoint, path) = observation.target.clone();
        if !(response.is_success() && response.observe().is_some()) {
            return self.observation_over(now, id, Ok(response));
        }
        observation.last = Some(response.clone());
        let starting = std::mem::take(&mut observation.starting);
        self.values(&endpoint, path, Source::Read, &response);
        self.stats.observations += 1;
        self.tell(Event::Observation { endpoint: endpoint.clone(), path, running: true });
        // Those who watched the device before it registered anew.
        self.notify_watchers(now, id, &endpoint, &response);
        for (origin, accept) in starting {
            self.join(now, id, origin, accept);
        }
        self.stop_if_unwanted(now, id);
    }

    /// A new state.
    pub(super) fn notified(&mut self, now: Now, id: RequestId, response: Response) {
        let Some(observation) = self.observations.by_request.get_mut(&id) else { return };
        let (endpoint, path) = observation.target.clone();
        observation.last = Some(response.clone());
        self.stats.notifications += 1;
        self.values(&endpoint, path, Source::Notify, &response);
        self.notify_watchers(now, id, &endpoint, &response);
    }

    fn notify_watchers(&mut self, now: Now, id: RequestId, endpoint: &EndpointName, response: &Response) {
        let Some(observation) = self.observations.by_request.get(&id) else { return };
        if observation.watchers.is_empty() {
            return;
        }
        let response = relay::give_back(endpoint, response.clone());
        for exchange in observation.watchers.clone() {
            let (response, reliability) = (response.clone(), Reliability::NonConfirmable);
            self.exchange(now, coap_exchange::Input::Notify { exchange, response, reliability });
        }
    }

    /// The device ended an observation, or one that was to be stopped is.
    pub(super) fn observation_ended(&mut self, now: Now, id: RequestId, result: Result<Response, ExchangeError>) {
        let Some(Stopping { target: (endpoint, path), last, asked_by }) = self.observations.stopping.remove(&id) else {
            return self.observation_over(now, id, result.map_err(relay::request_error));
        };
        let Some(operation) = asked_by else { return };
        let result = match (result, last) {
            // Nobody was asked, so the answer is what was known last.
            (Err(ExchangeError::Cancelled), Some(last)) => Ok(last),
            (result, _) => result.map_err(relay::request_error),
        };
        let result = result.map(|response| {
            let entries = self.decode(&endpoint, path, &response).unwrap_or_default();
            super::requesting::answer(response, entries)
        });
        self.end(now, Origin::Operation(operation), result);
    }

    /// An observation is over: everybody who waits or watches hears the last word.
    pub(super) fn observation_over(&mut self, now: Now, id: RequestId, result: Result<Response, RequestError>) {
        let Some(observation) = self.observations.remove(id) else { return };
        let (endpoint, path) = observation.target;
        let mut entries = Vec::new();
        if let Ok(response) = &result
            && response.is_success()
        {
            entries = self.values(&endpoint, path, Source::Read, response);
        }
        for (origin, _) in observation.starting {
            match (origin, &result) {
                (Origin::Relay(exchange), Ok(response)) => {
                    self.observations.by_watcher.remove(&exchange);
                    self.respond(now, exchange, relay::give_back(&endpoint, response.clone()));
                }
                (origin, Ok(response)) => {
                    self.end(now, origin, Ok(super::requesting::answer(response.clone(), entries.clone())));
                }
                (origin, Err(error)) => self.end(now, origin, Err(*error)),
            }
        }
        for exchange in observation.watchers {
            self.observations.by_watcher.remove(&exchange);
            let last = match &result {
                Ok(response) if !response.is_success() => relay::give_back(&endpoint, response.clone()),
                Ok(_) => relay::error(RequestError::Closed),
                Err(error) => relay::error(*error),
            };
            let reliability = Reliability::NonConfirmable;
            self.exchange(now, coap_exchange::Input::Notify { exchange, response: last, reliability });
        }
        if observation.last.is_some() {
            self.tell(Event::Observation { endpoint, path, running: false });
        }
    }

    /// A watcher is gone, or the client that waited for the first answer.
    pub(super) fn watcher_gone(&mut self, now: Now, exchange: ExchangeId) {
        let Some(id) = self.observations.by_watcher.remove(&exchange) else { return };
        let Some(observation) = self.observations.by_request.get_mut(&id) else { return };
        observation.watchers.remove(&exchange);
        observation.starting.retain(|(origin, _)| *origin != Origin::Relay(exchange));
        self.stop_if_unwanted(now, id);
    }

    fn stop_if_unwanted(&mut self, now: Now, id: RequestId) {
        let Some(observation) = self.observations.by_request.get(&id) else { return };
        if !observation.wished && observation.watchers.is_empty() && observation.starting.is_empty() {
            self.stop_observation(now, id, Stop::Deregister, None);
        }
    }

    /// The bridge does not want it any more. Watchers keep it alive.
    pub(super) fn unobserve(
        &mut self,
        now: Now,
        operation: OperationId,
        endpoint: EndpointName,
        path: Path,
        how: Stop,
    ) {
        let origin = Origin::Operation(operation);
        let id = self.observations.by_target.get(&(endpoint.clone(), path)).copied();
        let Some((id, observation)) = id.and_then(|id| Some((id, self.observations.by_request.get_mut(&id)?))) else {
            return self.end(now, origin, Err(RequestError::NotObserved));
        };
        observation.wished = false;
        if observation.watchers.is_empty() && observation.starting.is_empty() {
            return self.stop_observation(now, id, how, Some(operation));
        }
        let last = observation.last.clone();
        let result = last.ok_or(RequestError::NotObserved).map(|last| {
            let entries = self.decode(&endpoint, path, &last).unwrap_or_default();
            super::requesting::answer(last, entries)
        });
        self.end(now, origin, result);
    }

    fn stop_observation(&mut self, now: Now, id: RequestId, how: Stop, asked_by: Option<OperationId>) {
        let Some(Observation { target, last, .. }) = self.observations.remove(id) else { return };
        if last.is_none() {
            // Not even begun.
            self.door.leave(id);
            self.orphans.push(id);
            return self.give_up_orphans(now);
        }
        let (endpoint, path) = target.clone();
        self.observations.stopping.insert(id, Stopping { target, last, asked_by });
        self.tell(Event::Observation { endpoint, path, running: false });
        self.exchange(now, coap_exchange::Input::StopObserving { id, how });
    }

    /// A device registered anew and has forgotten what it was asked: ask again.
    pub(super) fn observe_again(&mut self, now: Now, endpoint: &EndpointName) {
        let running: Vec<_> = self.observations.targets(endpoint).collect();
        for (_, id) in running {
            let Some(observation) = self.observations.remove(id) else { continue };
            self.door.leave(id);
            self.exchange(now, coap_exchange::Input::Cancel { id });
            self.start_observation(now, observation);
        }
    }

    /// A device is gone, and with it everything it was to tell.
    pub(super) fn observations_gone(&mut self, now: Now, endpoint: &EndpointName) {
        let running: Vec<_> = self.observations.targets(endpoint).collect();
        for (_, id) in running {
            self.door.leave(id);
            self.observation_over(now, id, Err(RequestError::NotRegistered));
            self.exchange(now, coap_exchange::Input::Cancel { id });
        }
    }

    /// What is observed of a device now.
    pub fn observations(&self, endpoint: &EndpointName) -> impl Iterator<Item = Path> {
        self.observations.of(endpoint)
    }
}
