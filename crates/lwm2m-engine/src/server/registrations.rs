//! The table of registrations: by name, by location, by peer, by the end of the lifetime.

use std::collections::{BTreeMap, BTreeSet};

use coap_exchange::{Mono, PeerId};

use crate::{EndpointName, Registration, RegistrationId};

/// All registrations. The three indexes follow the table; nothing else writes them.
#[derive(Debug, Default)]
pub(super) struct Registrations {
    /// Boxed: the nodes of the tree are half empty when names arrive in order, and a registration is large.
    by_name: BTreeMap<EndpointName, Box<Registration>>,
    by_id: BTreeMap<RegistrationId, EndpointName>,
    by_peer: BTreeSet<(PeerId, EndpointName)>,
    by_deadline: BTreeSet<(Mono, EndpointName)>,
}

impl Registrations {
    pub(super) fn len(&self) -> usize {
        self.by_name.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Registration> {
        self.by_name.values().map(|registration| &**registration)
    }

    pub(super) fn get(&self, endpoint: &EndpointName) -> Option<&Registration> {
        self.by_name.get(endpoint).map(|registration| &**registration)
    }

    pub(super) fn by_id(&self, id: RegistrationId) -> Option<&Registration> {
        self.get(self.by_id.get(&id)?)
    }

    pub(super) fn at_peer(&self, peer: PeerId) -> impl Iterator<Item = &EndpointName> {
        // The empty name sorts before every name, and no device can have it.
        self.by_peer
            .range((peer, EndpointName::lowest())..)
            .take_while(move |(at, _)| *at == peer)
            .map(|(_, endpoint)| endpoint)
    }

    /// Puts a registration in the place of the one of the same name, which is given back.
    pub(super) fn insert(&mut self, registration: Registration) -> Option<Registration> {
        let old = self.remove(&registration.endpoint);
        self.by_id.insert(registration.id, registration.endpoint.clone());
        self.by_peer.insert((registration.peer, registration.endpoint.clone()));
        if let Some(deadline) = registration.deadline {
            self.by_deadline.insert((deadline, registration.endpoint.clone()));
        }
        self.by_name.insert(registration.endpoint.clone(), Box::new(registration));
        old
    }

    pub(super) fn remove(&mut self, endpoint: &EndpointName) -> Option<Registration> {
        let old = self.by_name.remove(endpoint)?;
        self.by_id.remove(&old.id);
        self.by_peer.remove(&(old.peer, old.endpoint.clone()));
        if let Some(deadline) = old.deadline {
            self.by_deadline.remove(&(deadline, old.endpoint.clone()));
        }
        Some(*old)
    }

    /// When the next lifetime ends.
    pub(super) fn next_deadline(&self) -> Option<Mono> {
        self.by_deadline.first().map(|(deadline, _)| *deadline)
    }

    /// Takes one name whose lifetime is over from the list of deadlines. The registration itself stays.
    pub(super) fn pop_overdue(&mut self, now: Mono) -> Option<EndpointName> {
        if self.next_deadline()? > now {
            return None;
        }
        self.by_deadline.pop_first().map(|(_, endpoint)| endpoint)
    }

    /// Looks at the lifetime of a device again at another time, because its end could not be stored.
    pub(super) fn retry_deadline(&mut self, endpoint: &EndpointName, at: Mono) {
        if let Some(registration) = self.by_name.get_mut(endpoint) {
            if let Some(deadline) = registration.deadline.replace(at) {
                self.by_deadline.remove(&(deadline, endpoint.clone()));
            }
            self.by_deadline.insert((at, endpoint.clone()));
        }
    }
}
