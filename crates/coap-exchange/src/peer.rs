//! What is kept about a peer while something is going on with it.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use crate::block::{Assembly, Block, Collection};
use crate::mid::MessageIds;
use crate::{ExchangeId, Mono, PeerId, Reliability, Request, RequestId, Role};

/// A peer with something going on: an idle UDP peer has none of this.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) link: Link,
    /// Requests of the peer's that are not answered.
    pub(crate) open: Vec<ExchangeId>,
    /// Requests of ours that have not ended, in any state.
    pub(crate) sent: Vec<RequestId>,
    /// Those of them that wait, in order.
    pub(crate) queue: VecDeque<RequestId>,
    /// Those of them that keep others waiting.
    pub(crate) on_way: usize,
    /// Bodies coming in by Block1.
    pub(crate) assemblies: Vec<Assembly>,
}

/// What differs between the transports.
#[derive(Debug)]
pub(crate) enum Link {
    Udp(Udp),
    Ws(Box<Ws>),
}

impl Peer {
    pub(crate) fn new(link: Link) -> Self {
        Self { link, open: Vec::new(), sent: Vec::new(), queue: VecDeque::new(), on_way: 0, assemblies: Vec::new() }
    }

    pub(crate) const fn ws(&mut self) -> Option<&mut Ws> {
        match &mut self.link {
            Link::Ws(ws) => Some(ws),
            Link::Udp(_) => None,
        }
    }

    pub(crate) const fn udp(&mut self) -> Option<&mut Udp> {
        match &mut self.link {
            Link::Udp(udp) => Some(udp),
            Link::Ws(_) => None,
        }
    }

    /// Whether nothing is in flight either way.
    pub(crate) const fn is_idle(&self) -> bool {
        self.open.is_empty() && self.sent.is_empty()
    }
}

/// The message layer of a UDP peer.
#[derive(Debug, Default)]
pub(crate) struct Udp {
    pub(crate) ids: MessageIds,
    /// Confirmable messages without acknowledgement.
    pub(crate) transmissions: Vec<Transmission>,
    /// When a [`Timer::Queue`](crate::timer::Timer::Queue) is set.
    pub(crate) queue_due: Option<Mono>,
    /// When a [`Timer::Idle`](crate::timer::Timer::Idle) is set.
    pub(crate) idle_due: Option<Mono>,
}

/// A confirmable message that is on its way.
#[derive(Debug)]
pub(crate) struct Transmission {
    pub(crate) id: u16,
    pub(crate) bytes: Vec<u8>,
    pub(crate) owner: Owner,
    pub(crate) first_sent: Mono,
    /// How long to wait this time; doubles each time.
    pub(crate) timeout: Duration,
    /// How often it was sent again.
    pub(crate) count: u32,
    pub(crate) due: Mono,
}

/// Who wants to know what became of a confirmable message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Request(RequestId),
    /// A separate response: nobody.
    Response,
    Ping,
}

/// A WebSocket.
#[derive(Debug)]
pub(crate) struct Ws {
    pub(crate) role: Role,
    /// The peer's CSM was seen.
    pub(crate) ready: bool,
    /// Release was sent or received: nothing new is begun.
    pub(crate) releasing: bool,
    /// The peer's Max-Message-Size.
    pub(crate) max_message: usize,
    /// Pongs that wait until all requests before this one are answered.
    pub(crate) custody: Vec<Custody>,
    pub(crate) last_heard: Mono,
    /// Keep-alive pings since something was heard.
    pub(crate) unanswered: u32,
    pub(crate) ping: Option<Ping>,
    pub(crate) csm_due: Option<Mono>,
    pub(crate) close_due: Option<Mono>,
    pub(crate) keep_alive_due: Option<Mono>,
}

/// A ping with Custody.
#[derive(Debug)]
pub(crate) struct Custody {
    pub(crate) token: Vec<u8>,
    /// Requests below this number came before the ping.
    pub(crate) before: ExchangeId,
    pub(crate) due: Mono,
}

/// A ping of ours over WebSocket.
#[derive(Debug)]
pub(crate) struct Ping {
    pub(crate) token: [u8; 8],
    pub(crate) sent: Mono,
    pub(crate) due: Mono,
    /// Whether the layer above asked for it.
    pub(crate) asked: bool,
}

/// A request that we received and that is not answered.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) peer: PeerId,
    pub(crate) way: Way,
    pub(crate) token: Vec<u8>,
    /// The last block of its body, to be confirmed in the answer.
    pub(crate) block: Option<Block>,
    pub(crate) due: Mono,
}

/// How an answer goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// In a datagram, for the message with this id.
    Udp { id: u16, confirmable: bool, acknowledged: bool },
    /// In a WebSocket message.
    Ws,
}

/// A request of ours that has not ended.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) peer: PeerId,
    pub(crate) request: Request,
    pub(crate) reliability: Reliability,
    pub(crate) slot: u16,
    /// The token while it is on its way.
    pub(crate) token: Option<u64>,
    /// The message id of a non-confirmable one, for a reset.
    pub(crate) id: Option<u16>,
    /// Whether it keeps others waiting.
    pub(crate) holds: bool,
    /// Whether [`Event::Sent`](crate::Event::Sent) was given.
    pub(crate) announced: bool,
    pub(crate) response_due: Option<Mono>,
    pub(crate) slot_due: Option<Mono>,
    pub(crate) collection: Option<Collection>,
    /// Whether the answer was read from the start again already.
    pub(crate) restarted: bool,
}
