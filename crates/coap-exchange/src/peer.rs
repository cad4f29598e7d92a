//! What is kept about a peer while something is going on with it.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use crate::block::{Assembly, Block};
use crate::collect::Progress;
use crate::mid::MessageIds;
use crate::serving::{Kept, Place};
use crate::upload::Upload;
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
    /// Bodies of our answers of which further blocks may be asked for.
    pub(crate) kept: Vec<Kept>,
    /// When a [`Timer::Kept`](crate::timer::Timer::Kept) is set.
    pub(crate) kept_due: Option<Mono>,
    /// Who observes us.
    pub(crate) observers: Vec<ExchangeId>,
    /// Those of them that have something to be told but must wait, in order.
    pub(crate) to_notify: VecDeque<ExchangeId>,
    /// Confirmable notifications that keep others waiting.
    pub(crate) notifying: usize,
}

/// What differs between the transports.
#[derive(Debug)]
pub(crate) enum Link {
    Udp(Udp),
    Ws(Box<Ws>),
}

impl Peer {
    pub(crate) fn new(link: Link) -> Self {
        Self {
            link,
            open: Vec::new(),
            sent: Vec::new(),
            queue: VecDeque::new(),
            on_way: 0,
            assemblies: Vec::new(),
            kept: Vec::new(),
            kept_due: None,
            observers: Vec::new(),
            to_notify: VecDeque::new(),
            notifying: 0,
        }
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
    /// The observer.
    Notification(ExchangeId),
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
    /// What it gets at most, whatever it says.
    pub(crate) cap: Option<usize>,
    /// Its CSM had Block-Wise-Transfer.
    pub(crate) block_wise: bool,
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
    /// Which part of the answer is asked for, and under what it is kept.
    pub(crate) place: Place,
    /// Whether its sender wants to observe.
    pub(crate) observe: bool,
    pub(crate) due: Mono,
}

impl Open {
    pub(crate) fn new(peer: PeerId, way: Way, token: Vec<u8>) -> Self {
        Self { peer, way, token, block: None, place: Place::default(), observe: false, due: Mono::NEVER }
    }
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
    /// What has come of the answer.
    pub(crate) progress: Progress,
    /// How far its body has gone out, if it goes in blocks.
    pub(crate) upload: Option<Upload>,
    /// Whether it was decided how its body goes out.
    pub(crate) uploaded: bool,
    pub(crate) purpose: Purpose,
}

/// What a request of ours is for, and so what its end means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The layer above asked for it.
    Request,
    /// The further blocks of a notification.
    Notification,
    /// The end of an observation: its deregistration, or the further blocks of its last word.
    Ending,
}

impl Sent {
    pub(crate) fn new(peer: PeerId, request: Request, reliability: Reliability, slot: u16, purpose: Purpose) -> Self {
        Self {
            peer,
            request,
            reliability,
            slot,
            token: None,
            id: None,
            holds: false,
            announced: false,
            response_due: None,
            slot_due: None,
            progress: Progress::default(),
            upload: None,
            uploaded: false,
            purpose,
        }
    }

    /// Whether a part of the answer is there.
    pub(crate) const fn collects(&self) -> bool {
        self.progress.collection.is_some()
    }
}

/// What a message to a peer may be like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// Bytes of a message.
    pub(crate) limit: usize,
    /// The largest body that goes without blocks, if the message fits.
    pub(crate) whole: usize,
    /// The size exponent of the largest block.
    pub(crate) size: u8,
}

impl Room {
    /// What is left for the payload behind that many bytes, and its marker.
    pub(crate) const fn payload(self, others: usize) -> usize {
        self.limit.saturating_sub(others + 1)
    }
}

impl Ws {
    /// The largest message that may be sent.
    pub(crate) fn limit(&self) -> usize {
        self.cap.map_or(self.max_message, |cap| self.max_message.min(cap))
    }

    /// Whether several blocks may go in one message. Source: RFC 8323 §6 ("Block-Wise Transfers and Reliable Transports").
    pub(crate) fn takes_bert(&self) -> bool {
        self.block_wise && self.limit() > BASE_MESSAGE_SIZE
    }
}

/// What a peer takes that has not said otherwise (RFC 8323 §5.3.1).
pub(crate) const BASE_MESSAGE_SIZE: usize = 1152;
