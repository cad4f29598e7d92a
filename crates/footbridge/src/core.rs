//! The task that owns the engine. Everything goes through here once, in this order:
//!
//! 1. what arrived (datagrams, WebSocket messages, questions, a point in time) goes into the engine,
//! 2. the engine is drained: changes are collected, the rest is kept in order,
//! 3. the changes are stored and the engine hears of it, which may give more to do,
//! 4. events get their ids and go to the streams, datagrams and frames leave.
//!
//! Nobody else sees the engine; others hold a [`Handle`] and ask.

mod query;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Bytes;
use coap_exchange::{Mono, Now, PeerId};
use lwm2m_engine::{Change, EndpointName, Event, Input, Output, Registration, Server};
use tokio::sync::{mpsc, oneshot};

use crate::api::event::{Body, Feed, Filter, Hub, Kind, StreamEvent, TooMany};
use crate::api::json::{Client, Device};
use crate::clock::Clock;
use crate::counters::Counters;
use crate::net::peers::{Link, Peers};
use crate::net::udp::{Sent, Udp};
use crate::net::ws::{GOING_AWAY, Outbound, RELEASE};
use crate::store::{Log, State};

pub(crate) use query::{ListQuery, Page, Sort};

/// Commands that may wait for the core. Whoever has one more waits, and with it the socket it came from.
const MOST_COMMANDS: usize = 1_024;

/// Commands taken in one go, before the engine is drained.
const COMMANDS_AT_ONCE: usize = 64;

/// Changes in one transaction.
const CHANGES_AT_ONCE: usize = 512;

/// The core is gone: the bridge stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stopped;

/// What others ask of the core.
enum Command {
    Open { outbound: Outbound, remote: SocketAddr, page: bool, reply: oneshot::Sender<PeerId> },
    Frame { peer: PeerId, bytes: Bytes },
    TextFrame { peer: PeerId },
    Closed { peer: PeerId },
    List { query: ListQuery, reply: oneshot::Sender<Page> },
    Device { endpoint: EndpointName, reply: oneshot::Sender<Option<Device>> },
    Subscribe { filter: Filter, reply: oneshot::Sender<Result<(Feed, String), TooMany>> },
    Metrics { reply: oneshot::Sender<String> },
    Stop,
}

/// A way to ask the core. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Handle {
    commands: mpsc::Sender<Command>,
}

impl Handle {
    /// A CoAP WebSocket stands; `page` tells that its client named an Origin.
    pub(crate) async fn open(&self, outbound: Outbound, remote: SocketAddr, page: bool) -> Result<PeerId, Stopped> {
        self.ask(|reply| Command::Open { outbound, remote, page, reply }).await
    }

    /// A binary message came on it.
    pub(crate) async fn frame(&self, peer: PeerId, bytes: Bytes) -> Result<(), Stopped> {
        self.tell(Command::Frame { peer, bytes }).await
    }

    /// A text message came on it.
    pub(crate) async fn text_frame(&self, peer: PeerId) -> Result<(), Stopped> {
        self.tell(Command::TextFrame { peer }).await
    }

    /// It is gone.
    pub(crate) async fn closed(&self, peer: PeerId) -> Result<(), Stopped> {
        self.tell(Command::Closed { peer }).await
    }

    /// A page of the list of devices.
    pub(crate) async fn list(&self, query: ListQuery) -> Result<Page, Stopped> {
        self.ask(|reply| Command::List { query, reply }).await
    }

    /// One device, if it is registered.
    pub(crate) async fn device(&self, endpoint: EndpointName) -> Result<Option<Device>, Stopped> {
        self.ask(|reply| Command::Device { endpoint, reply }).await
    }

    /// A stream of events from now on, and the id of the last event before it.
    pub(crate) async fn subscribe(&self, filter: Filter) -> Result<Result<(Feed, String), TooMany>, Stopped> {
        self.ask(|reply| Command::Subscribe { filter, reply }).await
    }

    /// All counters as Prometheus text.
    pub(crate) async fn metrics(&self) -> Result<String, Stopped> {
        self.ask(|reply| Command::Metrics { reply }).await
    }

    /// Closes every WebSocket, ends every stream, and then the core.
    pub(crate) async fn stop(&self) -> Result<(), Stopped> {
        self.tell(Command::Stop).await
    }

    async fn tell(&self, command: Command) -> Result<(), Stopped> {
        self.commands.send(command).await.map_err(|_| Stopped)
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Result<T, Stopped> {
        let (reply, answer) = oneshot::channel();
        self.tell(command(reply)).await?;
        answer.await.map_err(|_| Stopped)
    }
}

/// The engine and what it needs around it.
pub(crate) struct Core {
    server: Server,
    udp: Udp,
    peers: Peers,
    state: Box<dyn State>,
    log: Box<dyn Log>,
    hub: Hub,
    clock: Clock,
    counters: Arc<Counters>,
    most_peers: usize,
    commands: mpsc::Receiver<Command>,
}

/// What a [`Core`] is made from.
pub(crate) struct Parts {
    pub(crate) server: Server,
    pub(crate) udp: Udp,
    pub(crate) state: Box<dyn State>,
    pub(crate) log: Box<dyn Log>,
    pub(crate) hub: Hub,
    pub(crate) clock: Clock,
    pub(crate) counters: Arc<Counters>,
    /// UDP addresses without a registration that are remembered.
    pub(crate) most_peers: usize,
}

impl Core {
    pub(crate) fn new(parts: Parts) -> (Self, Handle) {
        let (sender, commands) = mpsc::channel(MOST_COMMANDS);
        let Parts { server, udp, state, log, hub, clock, counters, most_peers } = parts;
        let peers = Peers::default();
        (
            Self { server, udp, peers, state, log, hub, clock, counters, most_peers, commands },
            Handle { commands: sender },
        )
    }

    /// Runs until [`Handle::stop`].
    pub(crate) async fn run(mut self) {
        let mut commands = Vec::with_capacity(COMMANDS_AT_ONCE);
        let timer = tokio::time::sleep_until(tokio::time::Instant::now());
        tokio::pin!(timer);
        loop {
            let next = self.drain();
            let deadline = self.clock.instant(next);
            if let Some(deadline) = deadline
                && deadline != timer.deadline()
            {
                timer.as_mut().reset(deadline);
            }
            tokio::select! {
                ready = self.udp.ready() => self.on_udp(ready),
                _ = self.commands.recv_many(&mut commands, COMMANDS_AT_ONCE) => {
                    for command in commands.drain(..) {
                        if matches!(command, Command::Stop) {
                            self.stop();
                            return;
                        }
                        self.on_command(command);
                    }
                }
                () = &mut timer, if deadline.is_some() => self.server.handle_input(self.clock.now(), Input::Timeout),
            }
        }
    }

    fn on_udp(&mut self, ready: std::io::Result<tokio::io::Ready>) {
        if ready.as_ref().is_ok_and(|ready| ready.is_writable()) {
            let failed = self.udp.flush();
            (0..failed).for_each(|_| self.counters.udp_send_failed.add());
        }
        if !ready.is_ok_and(|ready| ready.is_readable()) {
            return;
        }
        let now = self.clock.now();
        let Self { udp, peers, server, .. } = self;
        let received = udp.receive(|route, bytes| {
            let peer = peers.heard_udp(now, route);
            server.handle_input(now, Input::Datagram { peer, bytes });
        });
        if let Err(error) = received {
            self.counters.udp_receive_failed.add();
            tracing::warn!(%error, "the UDP socket could not be read");
        }
        self.forget_peers(now);
    }

    /// Lets go of addresses that were silent for long, or are too many.
    fn forget_peers(&mut self, now: Now) {
        let most = self.server.registration_count() + self.most_peers;
        let server = &self.server;
        for peer in self.peers.forget(now.mono, most, |peer| server.is_in_use(peer)) {
            self.counters.udp_peers_forgotten.add();
            self.server.handle_input(now, Input::Closed { peer });
        }
    }

    fn on_command(&mut self, command: Command) {
        let now = self.clock.now();
        // A reply that nobody waits for any more is nobody's loss.
        match command {
            Command::Open { outbound, remote, page, reply } => {
                let peer = self.peers.open(now, outbound, remote);
                self.server.handle_input(now, Input::Opened { peer, page });
                let _gone = reply.send(peer);
            }
            Command::Frame { peer, bytes } => {
                if self.peers.heard(now, peer) {
                    self.server.handle_input(now, Input::Frame { peer, bytes: &bytes });
                }
            }
            Command::TextFrame { peer } => {
                if self.peers.heard(now, peer) {
                    self.server.handle_input(now, Input::TextFrame { peer });
                }
            }
            Command::Closed { peer } => {
                self.peers.remove(peer);
                self.server.handle_input(now, Input::Closed { peer });
            }
            Command::List { query, reply } => {
                let _gone = reply.send(self.list(now, &query));
            }
            Command::Device { endpoint, reply } => {
                let device = self.server.registration(&endpoint).map(|registration| self.device(registration));
                let _gone = reply.send(device);
            }
            Command::Subscribe { filter, reply } => {
                let _gone = reply.send(self.hub.subscribe(filter).map(|feed| (feed, self.log.newest())));
            }
            Command::Metrics { reply } => {
                let _gone = reply.send(self.metrics());
            }
            Command::Stop => {}
        }
    }

    /// Does everything the engine wants done, and says when it wants to be asked again.
    fn drain(&mut self) -> Mono {
        loop {
            let mut changes = Vec::new();
            let next = loop {
                match self.server.poll_output() {
                    Output::Store(change) => {
                        changes.push(change);
                        if changes.len() >= CHANGES_AT_ONCE {
                            break None;
                        }
                    }
                    Output::Transmit { peer, bytes } => self.transmit(peer, bytes),
                    Output::Close { peer, code, reason } => self.close(peer, code, reason),
                    Output::Event(event) => self.tell(event),
                    Output::Timeout(at) => break Some(at),
                    // Nobody here asks a device anything yet; WebSocket clients are answered by the engine itself.
                    _ => {}
                }
            };
            match next {
                Some(at) if changes.is_empty() => return at,
                _ => self.store(changes),
            }
        }
    }

    /// Writes changes down and tells the engine how that went. Only then it answers the devices.
    fn store(&mut self, changes: Vec<Change>) {
        let outcomes = self.state.write(&changes);
        let now = self.clock.now();
        for (change, stored) in changes.into_iter().zip(outcomes) {
            self.server.handle_input(now, Input::Settled { group: change.group, stored });
        }
    }

    fn transmit(&mut self, peer: PeerId, bytes: Vec<u8>) {
        let overflow = match self.peers.get(peer).map(|peer| &peer.link) {
            None => {
                self.counters.peer_gone.add();
                false
            }
            Some(Link::Udp(route)) => {
                match self.udp.send(*route, bytes) {
                    Sent::Yes => {}
                    Sent::Dropped => self.counters.udp_dropped.add(),
                    Sent::Failed => self.counters.udp_send_failed.add(),
                }
                false
            }
            Some(Link::WebSocket { outbound, .. }) => outbound.send(bytes).is_err(),
        };
        if overflow {
            // Dropping its queue makes the socket's task close it and say so here.
            self.peers.remove(peer);
            self.server.handle_input(self.clock.now(), Input::Closed { peer });
        }
    }

    fn close(&mut self, peer: PeerId, code: u16, reason: &'static str) {
        if let Some(peer) = self.peers.remove(peer)
            && let Link::WebSocket { outbound, .. } = peer.link
        {
            outbound.close(code, reason);
        }
    }

    /// Gives an event its id and hands it to the streams.
    fn tell(&mut self, event: Event) {
        let id = self.log.append();
        let time = self.clock.now().utc;
        let (kind, endpoint) = match &event {
            Event::Registered(registration) => (Kind::Registered, registration.endpoint.clone()),
            Event::Updated(registration) => (Kind::Updated, registration.endpoint.clone()),
            Event::Deregistered { registration, .. } => (Kind::Deregistered, registration.endpoint.clone()),
            Event::Observation { endpoint, .. } => (Kind::Observation, endpoint.clone()),
            Event::Values { endpoint, .. } => (Kind::Value, endpoint.clone()),
            _ => return,
        };
        tracing::debug!(kind = kind.word(), endpoint = ?endpoint, "event");
        if !self.hub.is_wanted(kind, &endpoint) {
            return;
        }
        let device;
        let body = match &event {
            Event::Registered(registration) | Event::Updated(registration) => {
                device = self.device(registration);
                Body::client(Client::from(&device))
            }
            Event::Deregistered { why, .. } => Body::gone(*why),
            Event::Observation { path, running, .. } => Body::observation(*path, *running),
            Event::Values { path, source, entries, .. } => Body::values(*path, *source, entries),
            _ => return,
        };
        let event = StreamEvent::new(id, kind, time, endpoint, body);
        self.hub.publish(event);
    }

    fn device(&self, registration: &Registration) -> Device {
        let peer = self.peers.get(registration.peer);
        Device {
            registration: registration.clone(),
            transport: match peer.map(|peer| &peer.link) {
                Some(Link::WebSocket { .. }) => "ws",
                Some(Link::Udp(_)) | None => "udp",
            },
            address: peer.map(|peer| peer.address()),
            seen: peer.map_or(registration.updated, |peer| peer.seen),
        }
    }

    /// Says goodbye on every WebSocket. The streams end with the hub.
    fn stop(&mut self) {
        let open: Vec<PeerId> = self.peers.websockets().map(|(peer, _)| peer).collect();
        for peer in open {
            self.transmit(peer, RELEASE.to_vec());
            self.close(peer, GOING_AWAY, "the bridge is stopping");
        }
        let _last_datagrams = self.udp.flush();
    }
}

#[cfg(test)]
mod tests;
