//! What goes into an [`Exchanges`](crate::Exchanges) and what comes out of it.

use alloc::vec::Vec;
use core::time::Duration;

use crate::{Mono, Request, Response};

/// Who a message comes from or goes to: an address, a secure session or a WebSocket, as the driver maps it.
///
/// The number is opaque here. A WebSocket needs a new one for each connection; a UDP address may keep its own for ever.
#[allow(clippy::exhaustive_structs, reason = "an id of the caller's choosing")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(pub u64);

/// Names a request that we send; chosen by the caller and unique among the requests that have not ended.
#[allow(clippy::exhaustive_structs, reason = "an id of the caller's choosing")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// Names a request that we received, until it is answered. Counted up from 1, never reused.
#[allow(clippy::exhaustive_structs, reason = "a plain number that callers keep in their tables")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExchangeId(pub u64);

/// Which side of a WebSocket we are.
#[allow(clippy::exhaustive_enums, reason = "a connection has two ends")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// We opened the connection (the console, a device in a page). Requests may be sent at once.
    Connector,
    /// We accepted it (the bridge). Requests wait for the peer's CSM.
    Acceptor,
}

/// How a request travels over UDP. Over a WebSocket it makes no difference.
#[allow(clippy::exhaustive_enums, reason = "RFC 7252 has these two")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Reliability {
    /// Sent again until acknowledged.
    #[default]
    Confirmable,
    /// Sent once.
    NonConfirmable,
}

/// How an observation of ours is given up.
#[allow(clippy::exhaustive_enums, reason = "RFC 7641 §3.6 has these two")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stop {
    /// Forget it now; the next notification is answered with a Reset, which ends it at the peer. Costs nothing while the peer
    /// sleeps. A WebSocket has no Reset: there it is as [`Stop::Deregister`]; said twice, the answer is not waited for.
    Reset,
    /// Ask the peer to end it: the same request with Observe 1 and the same token.
    Deregister,
}

/// Why nobody watches an exchange any more.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObserverEnd {
    /// It asked for that: its request with Observe 1 comes next, as an [`Event::Request`].
    Deregistered,
    /// It asked again with the same token: that request comes next, as an [`Event::Request`], and replaces this one.
    Replaced,
    /// It answered a notification with a Reset: it does not know the observation.
    Reset,
    /// It did not acknowledge a notification.
    Timeout,
    /// Its connection closed, or it was forgotten.
    Closed,
    /// The layer above ended it, by an error or a response that is no notification.
    Ended,
    /// It never began because of the limits `observers_per_peer` and `observers`: it got a plain answer.
    Refused,
}

/// Something that happened outside.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// A WebSocket with subprotocol `coap` is open. Our CSM is sent at once.
    Opened {
        /// The new connection.
        peer: PeerId,
        /// Which side we are.
        role: Role,
    },
    /// A datagram arrived. A UDP peer needs no [`Input::Opened`].
    Datagram {
        /// Its sender.
        peer: PeerId,
        /// The whole datagram.
        bytes: &'a [u8],
    },
    /// A binary WebSocket message arrived, put together from its fragments.
    Frame {
        /// The connection.
        peer: PeerId,
        /// The whole message. The driver refuses more than the announced Max-Message-Size before it buffers it.
        bytes: &'a [u8],
    },
    /// A WebSocket text message arrived: the connection is closed with 1003.
    TextFrame {
        /// The connection.
        peer: PeerId,
    },
    /// Send a request. It ends in exactly one [`Event::Response`] or [`Event::Failed`].
    ///
    /// With Observe 0 ([`Request::with_observe`]) and a successful answer that has the option too, the observation begins: its
    /// id stays in use, [`Event::Notification`] follows as often as the peer likes, and at last one
    /// [`Event::ObservationEnded`]. A body that is too large for one message is sent in blocks of
    /// [`Config::block_size`](crate::Config::block_size), or smaller if the request has a Block1 option with number 0 and a
    /// smaller size.
    Request {
        /// The caller's name for it. One that is still in use fails at once with [`ExchangeError::DuplicateId`].
        id: RequestId,
        /// To whom. An unknown peer is taken as a UDP address.
        peer: PeerId,
        /// The request.
        request: Request,
        /// Confirmable or not (UDP only).
        reliability: Reliability,
        /// Goes into the first 16 bits of the token, of which 12 are used: the slot of the partition that must get the
        /// answer. 0 when there is only one.
        slot: u16,
    },
    /// Answer a request. An exchange that is gone is ignored and counted. A large body is sent in blocks.
    ///
    /// A 2.xx with an Observe option ([`Response::with_observe`]), to a request that has Observe 0, makes the sender an observer:
    /// [`Input::Notify`] may follow until [`Event::ObserverGone`] ends it.
    Respond {
        /// Which one.
        exchange: ExchangeId,
        /// The answer.
        response: Response,
    },
    /// Tell an observer the new state. An exchange that has no observer is ignored and counted.
    ///
    /// Over UDP only one confirmable notification is on its way to an observer, within `nstart` to a peer; what comes meanwhile
    /// replaces what waits, so that the last state arrives, not each one. A response that is not 2.xx ends the observation.
    ///
    /// Source: RFC 7641 §4.2 ("Notifications"), §4.5 ("Transmission").
    Notify {
        /// The exchange whose answer had the Observe option.
        exchange: ExchangeId,
        /// The new state. Observe is set here: numbers that follow the clock, unless the response has one that is not 0.
        response: Response,
        /// Confirmable or not (UDP only). At least once in 24 h it is confirmable anyhow.
        reliability: Reliability,
    },
    /// Give up an observation; ends in [`Event::ObservationEnded`]. On a request that is not answered yet it is as
    /// [`Input::Cancel`].
    StopObserving {
        /// Which one. An unknown id is ignored.
        id: RequestId,
        /// In which way.
        how: Stop,
    },
    /// Give up a request: it ends in [`ExchangeError::Cancelled`], and is not sent again. An observation ends as with
    /// [`Stop::Reset`].
    Cancel {
        /// Which one. An unknown id is ignored.
        id: RequestId,
    },
    /// A UDP peer has another address now: observations and requests that wait go over to it. What is on its way stays with
    /// the old address and ends there, and so does what the peer itself has asked. Ignored for a WebSocket.
    ///
    /// Only for drivers whose [`PeerId`] is an address. With secure sessions the id stays, and nothing need be said.
    Moved {
        /// The peer as it was known.
        from: PeerId,
        /// As it is known now.
        to: PeerId,
    },
    /// Send no larger messages to this WebSocket than that, whatever it announces, until it uses such messages itself: one
    /// over 1,472 bytes, or BERT. For peers that announce more than they can take. Ignored over UDP.
    SetMaxMessage {
        /// Which one.
        peer: PeerId,
        /// Bytes of one message; at least 64.
        bytes: usize,
    },
    /// Ask the peer for a sign of life; ends in [`Event::Pong`].
    ///
    /// Source: RFC 7252 §4.3 ("CoAP ping", an Empty Confirmable message); RFC 8323 §5.4 ("Ping and Pong Messages").
    Ping {
        /// Whom.
        peer: PeerId,
    },
    /// Shut a WebSocket down in order: Release is sent, requests in flight are finished, then it is closed.
    ///
    /// Source: RFC 8323 §5.5 ("Release Messages").
    Release {
        /// Which one.
        peer: PeerId,
    },
    /// The connection is closed, or the secure session or address is gone: everything about this peer is forgotten.
    Closed {
        /// Whose.
        peer: PeerId,
    },
    /// The time asked for by [`Output::Timeout`] has come.
    Timeout,
}

/// Something to be done outside.
#[allow(clippy::exhaustive_enums, reason = "a driver must do every one of these")]
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Send these bytes: one datagram, or one binary WebSocket message.
    Transmit {
        /// To whom.
        peer: PeerId,
        /// The whole message.
        bytes: Vec<u8>,
    },
    /// Close the WebSocket. Its owners have been told already, and for some seconds whatever is asked of it fails; so
    /// [`Input::Closed`] may follow or not.
    Close {
        /// Which one.
        peer: PeerId,
        /// WebSocket close code: 1000, 1001, 1002, 1003 or 1009 (RFC 6455 §7.4.1).
        code: u16,
        /// Why, for the close frame and the log; at most 123 bytes.
        reason: &'static str,
    },
    /// Something the layer above wants to know.
    Event(Event),
    /// Nothing more to do until this time; always the last output. [`Mono::NEVER`] when idle.
    Timeout(Mono),
}

/// Something the layer above wants to know.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A whole request arrived, to be answered by [`Input::Respond`] within 247 s.
    Request {
        /// Names it in the answer.
        exchange: ExchangeId,
        /// Who asks.
        peer: PeerId,
        /// What.
        request: Request,
    },
    /// The answer to a request of ours, whole.
    Response {
        /// Which request.
        id: RequestId,
        /// Who answered.
        peer: PeerId,
        /// The answer; an error code is an answer too. If it has an Observe option ([`Response::observe`]), the id names an
        /// observation from now on.
        response: Response,
    },
    /// A newer state of something we observe, whole. Older ones that come late are not told.
    Notification {
        /// Which observation: the id of its request.
        id: RequestId,
        /// Who tells.
        peer: PeerId,
        /// The state.
        response: Response,
    },
    /// An observation of ours is over; its id is free.
    ObservationEnded {
        /// Which one.
        id: RequestId,
        /// With whom.
        peer: PeerId,
        /// The last word of the peer: an error, a state that will not be followed by others, or the answer to
        /// [`Stop::Deregister`]. Without one, why: `Cancelled` for [`Stop::Reset`], `Closed`, or what became of the
        /// deregistration.
        result: Result<Response, ExchangeError>,
    },
    /// A request of ours has ended without an answer.
    Failed {
        /// Which request.
        id: RequestId,
        /// Why.
        error: ExchangeError,
    },
    /// A request that we received will not be answered any more: its sender is gone or has restarted, or 247 s have passed.
    /// Nor does it become an observer.
    Abandoned {
        /// Which one.
        exchange: ExchangeId,
    },
    /// An observer is gone: nothing more can be told to it. Every one that began ends so, once.
    ObserverGone {
        /// The exchange in which it began.
        exchange: ExchangeId,
        /// Why.
        why: ObserverEnd,
    },
    /// The peer's first CSM arrived: the WebSocket can be used both ways.
    Ready {
        /// The connection.
        peer: PeerId,
    },
    /// A ping has ended.
    Pong {
        /// Who was asked.
        peer: PeerId,
        /// Time from the first sending to the answer; `None` if nobody answered.
        round_trip: Option<Duration>,
    },
    /// A request of ours has left the queue and is on its way.
    Sent {
        /// Which request.
        id: RequestId,
    },
}

/// Why a request of ours got no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ExchangeError {
    /// Sent and sent again, or acknowledged, but not answered in time.
    #[error("no answer in time")]
    Timeout,
    /// The peer answered with a Reset message: it does not know what to do with the request.
    #[error("the peer rejected the message (RST)")]
    Reset,
    /// The connection closed, or the peer was forgotten.
    #[error("the connection is closed")]
    Closed,
    /// The caller gave it up.
    #[error("cancelled")]
    Cancelled,
    /// The request is larger than the peer takes, or the answer larger than the limit `body`.
    #[error("the message is too large")]
    TooLarge,
    /// The request cannot be written as a message, or the answer breaks the rules.
    #[error("the message is malformed")]
    Malformed,
    /// As many requests wait for this peer as the limit `requests_waiting` allows.
    #[error("too many requests are waiting for this peer")]
    QueueFull,
    /// No memory left in the limit `bodies` to collect the answer.
    #[error("too many answers are being collected")]
    Overloaded,
    /// The body changed twice while it was being collected block by block.
    #[error("the body changed while it was being read")]
    Changed,
    /// The id is in use by a request or observation that has not ended. That one goes on.
    #[error("the request id is in use")]
    DuplicateId,
    /// As many observations of this peer as the limit `observations_per_peer` allows.
    #[error("too many observations of this peer")]
    TooManyObservations,
}
