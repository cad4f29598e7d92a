//! Who is behind a `PeerId`: a pair of UDP addresses, or a WebSocket.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::net::SocketAddr;
use std::time::Duration;

use coap_exchange::{Mono, Now, PeerId, Utc};
use hashbrown::HashTable;

use super::udp::Route;
use super::ws::Outbound;

/// How long a UDP address without a registration is remembered after its last message: a bit more than the 247 s for which
/// its message ids count (`EXCHANGE_LIFETIME`, RFC 7252 §4.8.2).
const IDLE: Duration = Duration::from_secs(300);

/// How a peer is reached.
#[derive(Debug)]
pub(crate) enum Link {
    Udp(Route),
    WebSocket { outbound: Outbound, remote: SocketAddr },
}

/// One peer.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) link: Link,
    /// When its last message came.
    pub(crate) seen: Utc,
    heard: Mono,
}

impl Peer {
    /// Its address, an IPv4 one as such also on a dual-stack socket.
    pub(crate) fn address(&self) -> SocketAddr {
        let (Link::Udp(Route { remote, .. }) | Link::WebSocket { remote, .. }) = &self.link;
        SocketAddr::new(remote.ip().to_canonical(), remote.port())
    }

    fn route(&self) -> Option<&Route> {
        match &self.link {
            Link::Udp(route) => Some(route),
            Link::WebSocket { .. } => None,
        }
    }
}

/// All peers. Ids are counted and never used again.
#[derive(Debug, Default)]
pub(crate) struct Peers {
    /// The UDP peers by the hash of their routes. The routes themselves stand once, in `peers`: they are large.
    by_route: HashTable<PeerId>,
    hasher: RandomState,
    peers: HashMap<PeerId, Peer>,
    /// Every UDP peer once, with the time it was last looked at; oldest first.
    idle: VecDeque<(PeerId, Mono)>,
    last: u64,
}

impl Peers {
    /// The peer at a UDP address, which has just sent something.
    pub(crate) fn heard_udp(&mut self, now: Now, route: Route) -> PeerId {
        let Self { by_route, hasher, peers, .. } = self;
        let hash = hasher.hash_one(route);
        if let Some(id) = by_route.find(hash, |id| peers.get(id).and_then(Peer::route) == Some(&route))
            && let Some(peer) = peers.get_mut(id)
        {
            (peer.seen, peer.heard) = (now.utc, now.mono);
            return *id;
        }
        let id = self.add(now, Link::Udp(route));
        let Self { by_route, hasher, peers, .. } = self;
        let hash_of = |id: &PeerId| peers.get(id).and_then(Peer::route).map_or(0, |route| hasher.hash_one(route));
        by_route.insert_unique(hash, id, hash_of);
        self.idle.push_back((id, now.mono));
        id
    }

    /// A new WebSocket.
    pub(crate) fn open(&mut self, now: Now, outbound: Outbound, remote: SocketAddr) -> PeerId {
        self.add(now, Link::WebSocket { outbound, remote })
    }

    /// A WebSocket has just sent something. False if it is closed already.
    pub(crate) fn heard(&mut self, now: Now, id: PeerId) -> bool {
        let Some(peer) = self.peers.get_mut(&id) else { return false };
        (peer.seen, peer.heard) = (now.utc, now.mono);
        true
    }

    pub(crate) fn get(&self, id: PeerId) -> Option<&Peer> {
        self.peers.get(&id)
    }

    pub(crate) fn remove(&mut self, id: PeerId) -> Option<Peer> {
        let peer = self.peers.remove(&id)?;
        if let Link::Udp(route) = peer.link {
            let hash = self.hasher.hash_one(route);
            if let Ok(entry) = self.by_route.find_entry(hash, |other| *other == id) {
                entry.remove();
            }
        }
        Some(peer)
    }

    /// Every WebSocket.
    pub(crate) fn websockets(&self) -> impl Iterator<Item = (PeerId, &Outbound)> {
        self.peers.iter().filter_map(|(id, peer)| match &peer.link {
            Link::WebSocket { outbound, .. } => Some((*id, outbound)),
            Link::Udp(_) => None,
        })
    }

    /// How many UDP addresses are known.
    pub(crate) fn udp_count(&self) -> usize {
        self.by_route.len()
    }

    /// How many WebSockets are open.
    pub(crate) fn websocket_count(&self) -> usize {
        self.peers.len() - self.by_route.len()
    }

    /// Forgets UDP peers that are silent for 5 minutes, or the longest silent ones above `most`, if they are not in use.
    /// Looks at a few of them only, so call it often; returns those that are gone.
    pub(crate) fn forget(&mut self, now: Mono, most: usize, in_use: impl Fn(PeerId) -> bool) -> Vec<PeerId> {
        let mut gone = Vec::new();
        for _ in 0..LOOKS {
            let Some((id, looked)) = self.idle.front().copied() else { break };
            let crowded = self.by_route.len() > most;
            if !crowded && now.since(looked) < IDLE {
                break;
            }
            self.idle.pop_front();
            let Some(peer) = self.peers.get(&id) else { continue };
            let awake = peer.heard > looked && now.since(peer.heard) < IDLE;
            if in_use(id) {
                self.idle.push_back((id, now));
            } else if awake {
                self.idle.push_back((id, peer.heard));
            } else {
                self.remove(id);
                gone.push(id);
            }
        }
        gone
    }

    fn add(&mut self, now: Now, link: Link) -> PeerId {
        self.last += 1;
        let id = PeerId(self.last);
        self.peers.insert(id, Peer { link, seen: now.utc, heard: now.mono });
        id
    }
}

/// Peers looked at in one go. More than the one that may have come, so that a flood of new addresses is worked off.
const LOOKS: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Now {
        Now::new(Mono::from_micros(seconds * 1_000_000), Utc::from_micros(seconds * 1_000_000))
    }

    fn route(port: u16) -> Route {
        Route { local: None, remote: SocketAddr::from(([127, 0, 0, 1], port)) }
    }

    #[test]
    fn an_address_keeps_its_peer_and_a_new_one_gets_a_new_peer() {
        let mut peers = Peers::default();
        let one = peers.heard_udp(at(0), route(1));
        assert_eq!(peers.heard_udp(at(9), route(1)), one);
        assert_ne!(peers.heard_udp(at(9), route(2)), one);
        let other_end = Route { local: Some([127, 0, 0, 2].into()), ..route(1) };
        assert_ne!(peers.heard_udp(at(9), other_end), one);
        assert_eq!(peers.get(one).unwrap().seen, at(9).utc);
        peers.remove(one);
        assert!(peers.get(one).is_none());
        assert_ne!(peers.heard_udp(at(10), route(1)), one, "never the same id again");
    }

    #[test]
    fn mapped_addresses_are_shown_as_ipv4() {
        let mut peers = Peers::default();
        let mapped = Route { local: None, remote: "[::ffff:192.0.2.1]:5683".parse().unwrap() };
        let id = peers.heard_udp(at(0), mapped);
        assert_eq!(peers.get(id).unwrap().address().to_string(), "192.0.2.1:5683");
    }

    #[test]
    fn silent_peers_are_forgotten_unless_in_use() {
        let mut peers = Peers::default();
        let ids: Vec<_> = (1..=3).map(|port| peers.heard_udp(at(0), route(port))).collect();
        peers.heard_udp(at(200), route(2));
        let in_use = |id| id == ids[2];
        assert_eq!(peers.forget(at(299).mono, 10, in_use), []);
        assert_eq!(peers.forget(at(300).mono, 10, in_use), [ids[0]]);
        assert_eq!(peers.forget(at(499).mono, 10, in_use), []);
        assert_eq!(peers.forget(at(500).mono, 10, in_use), [ids[1]]);
        assert_eq!(peers.forget(at(600).mono, 10, |_| false), [ids[2]]);
        assert_eq!((peers.udp_count(), peers.idle.len(), peers.peers.len()), (0, 0, 0));
    }

    #[test]
    fn a_flood_of_addresses_is_bounded() {
        let mut peers = Peers::default();
        let kept = peers.heard_udp(at(0), route(1));
        for port in 2..=5_000 {
            peers.heard_udp(at(1), route(port));
            peers.forget(at(1).mono, 100, |id| id == kept);
            assert!(peers.udp_count() <= 101, "{}", peers.udp_count());
        }
        assert!(peers.get(kept).is_some());
    }
}
