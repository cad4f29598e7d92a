//! The Server: input in, output out. Being written; the types around it are settled.

use coap_exchange::{Mono, Now, PeerId};

use crate::{EndpointName, Input, Limits, Output, Registration, Stats};

/// What a [`Server`] is made from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Where all chance comes from: locations, tokens, message ids, retransmission times.
    pub seed: [u8; 32],
    /// Its bounds.
    pub limits: Limits,
    /// The bounds of the exchanges below it.
    pub exchange_limits: coap_exchange::Limits,
}

impl Config {
    /// A configuration with default limits.
    pub fn new(seed: [u8; 32]) -> Self {
        Self { seed, limits: Limits::default(), exchange_limits: coap_exchange::Limits::default() }
    }
}

/// An LwM2M Server.
pub struct Server {
    limits: Limits,
}

impl Server {
    /// A Server with no registrations.
    pub fn new(config: Config) -> Self {
        Self { limits: config.limits }
    }

    /// Takes what happened.
    pub fn handle_input(&mut self, _now: Now, _input: Input<'_>) {}

    /// What to do next.
    pub fn poll_output(&mut self) -> Output {
        Output::Timeout(Mono::NEVER)
    }

    /// All registrations, in the order of their names.
    pub fn registrations(&self) -> impl Iterator<Item = &Registration> {
        std::iter::empty()
    }

    /// How many registrations there are.
    pub fn registration_count(&self) -> usize {
        0
    }

    /// The registration of one device.
    pub fn registration(&self, _endpoint: &EndpointName) -> Option<&Registration> {
        None
    }

    /// Whether a registration stands at this peer, or an exchange with it is under way. A driver that runs out of room
    /// for addresses forgets the others first.
    pub fn is_in_use(&self, _peer: PeerId) -> bool {
        false
    }

    /// What was counted.
    pub fn stats(&self) -> &Stats {
        unimplemented!()
    }

    /// What the exchanges below counted.
    pub fn exchange_stats(&self) -> &coap_exchange::Stats {
        unimplemented!()
    }
}
