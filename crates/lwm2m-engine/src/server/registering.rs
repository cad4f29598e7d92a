//! Register, Update, De-register, and the other ends of a registration.
//!
//! Source: OMA LwM2M Core, "Client Registration Interface"; what is taken leniently is in `wish`.

use std::collections::VecDeque;
use std::sync::Arc;

use core::time::Duration;

use coap_exchange::{ExchangeId, Now, PeerId, Request, RequestType, Response, ResponseType};
use rand_chacha::rand_core::RngCore;

use super::Server;
use super::wish::{Binding, Refusal, Wish};
use crate::event::{Change, Group};
use crate::registration::Transport;
use crate::{EndpointName, Event, Gone, Output, Registration, RegistrationId};

/// When the end of a lifetime that could not be stored is tried again.
const RETRY: Duration = Duration::from_secs(super::RETRY_SECONDS as u64);

/// Something that changes a registration.
#[derive(Debug)]
pub(super) enum Job {
    /// A request on `/rd`.
    Request { exchange: ExchangeId, peer: PeerId, request: Request },
    /// A registration ends without having been asked to.
    Gone { endpoint: EndpointName, why: Gone },
    /// The server wrote another lifetime into the device.
    Lifetime { endpoint: EndpointName, seconds: u32 },
}

/// A change that is being stored, and what came for the same device meanwhile.
#[derive(Debug)]
pub(super) struct Unsettled {
    exchange: Option<ExchangeId>,
    next: Next,
    waiting: VecDeque<Job>,
}

/// What a registration becomes once the change is stored.
#[derive(Debug)]
enum Next {
    Registered(Registration),
    Updated(Registration),
    Gone(Gone),
}

impl Server {
    /// Does a job, or lets it wait while an earlier change of the same device is being stored.
    pub(super) fn enqueue(&mut self, now: Now, job: Job) {
        let endpoint = match &job {
            Job::Gone { endpoint, .. } | Job::Lifetime { endpoint, .. } => Some(endpoint.clone()),
            Job::Request { request, .. } => self.endpoint_of(request),
        };
        let Some(unsettled) = endpoint.and_then(|endpoint| self.unsettled.get_mut(&endpoint)) else {
            return self.start(now, job);
        };
        match job {
            Job::Request { exchange, .. } if unsettled.waiting.len() >= self.limits.unsettled => {
                self.stats.unsettled_full += 1;
                self.busy(now, exchange, "an earlier change of this device is still being stored");
            }
            job => unsettled.waiting.push_back(job),
        }
    }

    /// The device that a request on `/rd` is about, if that can be told.
    fn endpoint_of(&self, request: &Request) -> Option<EndpointName> {
        match request.uri_path().nth(1) {
            Some(id) => Some(self.registrations.by_id(RegistrationId::from_segment(id)?)?.endpoint.clone()),
            None => {
                let name = request.uri_query().find_map(|parameter| parameter.strip_prefix(b"ep="))?;
                EndpointName::from_bytes(name).ok()
            }
        }
    }

    fn start(&mut self, now: Now, job: Job) {
        match job {
            Job::Gone { endpoint, why } => {
                let Some(registration) = self.registrations.get(&endpoint) else { return };
                // An Update may have come while this waited.
                let still = match why {
                    Gone::Expired => registration.deadline.is_some_and(|deadline| deadline <= now.mono),
                    Gone::Closed => !self.connections.contains(&registration.peer),
                    Gone::Asked | Gone::Replaced => true,
                };
                if still {
                    self.store(endpoint, None, Next::Gone(why));
                }
            }
            Job::Lifetime { endpoint, seconds } => {
                let Some(mut registration) = self.registrations.get(&endpoint).cloned() else { return };
                // With several servers it can't be told here which one the instance belongs to.
                let ours = registration.objects.objects.iter().find(|object| object.id == 1);
                if ours.is_some_and(|object| object.instances.len() == 1) {
                    registration.lifetime = seconds;
                    registration.revision += 1;
                    self.prolong(now, &mut registration);
                    self.store(endpoint, None, Next::Updated(registration));
                }
            }
            Job::Request { exchange, peer, request } => {
                let id = request.uri_path().nth(1).map(RegistrationId::from_segment);
                let decided = match (request.method, id) {
                    (RequestType::Post, None) => self.register(now, peer, &request),
                    (RequestType::Post, Some(id)) => self.update(now, peer, id, &request),
                    (RequestType::Delete, Some(id)) => self.deregister(peer, id),
                    _ => Err(Refusal::new(ResponseType::MethodNotAllowed, "register with POST /rd?ep=<name>")),
                };
                match decided {
                    Ok((endpoint, next)) => self.store(endpoint, Some(exchange), next),
                    Err(refusal) if refusal.code == ResponseType::ServiceUnavailable => {
                        self.busy(now, exchange, &refusal.text);
                    }
                    Err(refusal) => self.refuse(now, exchange, refusal),
                }
            }
        }
    }

    fn register(&mut self, now: Now, peer: PeerId, request: &Request) -> Result<(EndpointName, Next), Refusal> {
        let wished = Wish::read(request, &self.limits).and_then(|mut wish| {
            let settled = wish.settle_register()?;
            Ok((wish, settled))
        });
        let (wish, (endpoint, lwm2m, lifetime, objects)) =
            wished.inspect_err(|_| self.stats.registrations_refused += 1)?;
        let transport = self.transport(peer);
        let old = self.registrations.get(&endpoint);
        if transport == Transport::WebSocket && old.is_some_and(|old| old.transport != transport) {
            self.stats.registrations_refused += 1;
            let text = "a device of this name is registered over another transport";
            return Err(Refusal::new(ResponseType::Forbidden, text));
        }
        // What is being stored counts too, whoever it is: near the limit that refuses one too many, never one too few.
        if old.is_none() && self.registrations.len() + self.unsettled.len() >= self.limits.registrations {
            self.stats.registrations_full += 1;
            let text = "the server has as many registrations as it takes";
            return Err(Refusal::new(ResponseType::ServiceUnavailable, text));
        }
        let revision = old.map_or(0, |old| old.revision) + 1;
        let mut random = [0; 10];
        self.random.fill_bytes(&mut random);
        let binding = wish.binding.unwrap_or_else(|| Binding { letters: "U".into(), queue_mode: false });
        let mut registration = Registration {
            id: RegistrationId::new(endpoint.slot(), random),
            endpoint: endpoint.clone(),
            peer,
            transport,
            lwm2m,
            lifetime,
            binding: binding.letters,
            queue_mode: binding.queue_mode || wish.queue_mode,
            sms: wish.sms,
            profile: wish.profile,
            objects: Arc::new(objects),
            extra: wish.extra.into(),
            notes: wish.notes.into(),
            revision,
            registered: now.utc,
            updated: now.utc,
            expires: None,
            deadline: None,
        };
        self.prolong(now, &mut registration);
        Ok((endpoint, Next::Registered(registration)))
    }

    fn update(
        &mut self,
        now: Now,
        peer: PeerId,
        id: Option<RegistrationId>,
        request: &Request,
    ) -> Result<(EndpointName, Next), Refusal> {
        let mut registration = self.find(peer, id)?.clone();
        let wish = Wish::read(request, &self.limits).inspect_err(|_| self.stats.registrations_refused += 1)?;
        registration.peer = peer;
        registration.revision += 1;
        registration.updated = now.utc;
        registration.lifetime = wish.lifetime.unwrap_or(registration.lifetime);
        if let Some(binding) = wish.binding {
            registration.queue_mode = binding.queue_mode || wish.queue_mode;
            registration.binding = binding.letters;
        }
        registration.queue_mode |= wish.queue_mode;
        registration.sms = wish.sms.or(registration.sms);
        registration.profile = wish.profile.or(registration.profile);
        if let Some(objects) = wish.objects {
            registration.objects = Arc::new(objects);
            registration.notes = wish.notes.into();
        }
        self.prolong(now, &mut registration);
        Ok((registration.endpoint.clone(), Next::Updated(registration)))
    }

    fn deregister(&mut self, peer: PeerId, id: Option<RegistrationId>) -> Result<(EndpointName, Next), Refusal> {
        Ok((self.find(peer, id)?.endpoint.clone(), Next::Gone(Gone::Asked)))
    }

    /// The registration of a location, if this peer may change it. Over UDP any address may: devices change theirs, and
    /// the location is what they have to show. One that stands on a connection belongs to that connection.
    fn find(&mut self, peer: PeerId, id: Option<RegistrationId>) -> Result<&Registration, Refusal> {
        let transport = self.transport(peer);
        match id.and_then(|id| self.registrations.by_id(id)) {
            Some(old) if old.transport == Transport::WebSocket && old.peer != peer => {
                self.stats.registrations_refused += 1;
                Err(Refusal::new(ResponseType::Forbidden, "this registration belongs to another connection"))
            }
            Some(old) if old.transport != transport => {
                self.stats.registrations_refused += 1;
                Err(Refusal::new(ResponseType::Forbidden, "this registration stands on another transport"))
            }
            Some(old) => Ok(old),
            None => {
                self.stats.unknown_location += 1;
                Err(Refusal::new(ResponseType::NotFound, "no such registration: register again"))
            }
        }
    }

    fn transport(&self, peer: PeerId) -> Transport {
        if self.connections.contains(&peer) { Transport::WebSocket } else { Transport::Udp }
    }

    /// Counts the lifetime from now; 0 never ends.
    fn prolong(&self, now: Now, registration: &mut Registration) {
        let lifetime = (registration.lifetime > 0).then(|| Duration::from_secs(registration.lifetime.into()));
        registration.expires = lifetime.map(|lifetime| now.utc + lifetime);
        registration.deadline = lifetime.map(|lifetime| now.mono + lifetime + self.limits.grace());
    }

    /// Asks the driver to write a change down.
    fn store(&mut self, endpoint: EndpointName, exchange: Option<ExchangeId>, next: Next) {
        let expected = self.registrations.get(&endpoint).map_or(0, |old| old.revision);
        let record = match &next {
            Next::Registered(registration) | Next::Updated(registration) => Some(registration.clone()),
            Next::Gone(_) => None,
        };
        let group = Group(endpoint.clone());
        self.outputs.push_back(Output::Store(Change { group, expected, record }));
        self.unsettled.insert(endpoint, Unsettled { exchange, next, waiting: VecDeque::new() });
    }

    /// A change is stored: do it and answer. Or it is not: leave all as it was, and say so.
    pub(super) fn settle(&mut self, now: Now, group: Group, stored: bool) {
        let Some(Unsettled { exchange, next, waiting }) = self.unsettled.remove(&group.0) else { return };
        if stored {
            self.apply(now, &group.0, exchange, next);
        } else {
            self.stats.store_failed += 1;
            if let Some(exchange) = exchange {
                self.busy(now, exchange, "the change could not be stored");
            }
            if matches!(next, Next::Gone(Gone::Expired | Gone::Closed)) {
                self.registrations.retry_deadline(&group.0, now.mono + RETRY);
            }
        }
        for job in waiting {
            self.enqueue(now, job);
        }
    }

    fn apply(&mut self, now: Now, endpoint: &EndpointName, exchange: Option<ExchangeId>, next: Next) {
        let known = self.registrations.get(endpoint).map(|old| (old.peer, old.transport));
        let registers = matches!(next, Next::Registered(_));
        let response = match next {
            Next::Registered(registration) => {
                self.stats.registered += 1;
                let id = registration.id;
                if let Some(registration) = self.registrations.insert(registration.clone()) {
                    self.stats.replaced += 1;
                    self.tell(Event::Deregistered { registration, why: Gone::Replaced });
                }
                let closed =
                    registration.transport == Transport::WebSocket && !self.connections.contains(&registration.peer);
                self.tell(Event::Registered(registration));
                if closed {
                    self.enqueue(now, Job::Gone { endpoint: endpoint.clone(), why: Gone::Closed });
                }
                Response::new(ResponseType::Created).with_location("rd").with_location(id.to_string())
            }
            Next::Updated(registration) => {
                self.stats.updated += 1;
                self.registrations.insert(registration.clone());
                self.tell(Event::Updated(registration));
                Response::new(ResponseType::Changed)
            }
            Next::Gone(why) => {
                match why {
                    Gone::Asked => self.stats.deregistered += 1,
                    Gone::Expired => self.stats.expired += 1,
                    Gone::Closed => self.stats.closed += 1,
                    Gone::Replaced => self.stats.replaced += 1,
                }
                if let Some(registration) = self.registrations.remove(endpoint) {
                    self.tell(Event::Deregistered { registration, why });
                }
                Response::new(ResponseType::Deleted)
            }
        };
        if let Some(exchange) = exchange {
            self.respond(now, exchange, response);
        }
        // Not before the device has its answer.
        let Some((from, transport)) = known else { return };
        match self.registrations.get(endpoint).map(|new| new.peer) {
            None => self.observations_gone(now, endpoint),
            Some(_) if registers => self.observe_again(now, endpoint),
            Some(to) if to != from && transport == Transport::Udp => {
                self.exchange(now, coap_exchange::Input::Moved { from, to });
            }
            Some(_) => {}
        }
    }

    /// A connection closed: what is registered on it is gone too.
    pub(super) fn connection_gone(&mut self, now: Now, peer: PeerId) {
        let endpoints: Vec<_> = self.registrations.at_peer(peer).cloned().collect();
        for endpoint in endpoints {
            self.enqueue(now, Job::Gone { endpoint, why: Gone::Closed });
        }
    }
}
