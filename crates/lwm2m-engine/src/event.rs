//! What goes into the Server and what comes out.

use core::time::Duration;

use coap_exchange::{MessageClass, Mono, Options, PeerId};
use lwm2m::codec::EncodeError;
use lwm2m::{ContentFormat, Entry, Path};

use crate::{EndpointName, Operation, Registration};

/// What happened outside, for [`Server::handle_input`](crate::Server::handle_input).
#[derive(Debug)]
#[non_exhaustive]
pub enum Input<'a> {
    /// A WebSocket with the subprotocol `coap` stands. A UDP peer needs no such word.
    Opened {
        /// The new connection.
        peer: PeerId,
        /// Whether a page opened it, as its Origin tells. A tool gets small messages until it sends large ones itself: some
        /// announce more than they can take.
        page: bool,
    },
    /// A UDP datagram came.
    Datagram {
        /// From whom.
        peer: PeerId,
        /// The whole datagram.
        bytes: &'a [u8],
    },
    /// A binary WebSocket message came.
    Frame {
        /// On which connection.
        peer: PeerId,
        /// The whole message.
        bytes: &'a [u8],
    },
    /// A text WebSocket message came, which CoAP does not know.
    TextFrame {
        /// On which connection.
        peer: PeerId,
    },
    /// The connection is gone.
    Closed {
        /// Which one.
        peer: PeerId,
    },
    /// Ask a device something. Ends in exactly one [`Output::Reply`] of the same id.
    Request {
        /// Given by the caller. The same id again within 247 s gives the same reply and does nothing twice.
        id: OperationId,
        /// Which device.
        endpoint: EndpointName,
        /// What to do.
        operation: Operation,
        /// How long the caller still wants the answer. At most a day counts.
        time_left: Duration,
    },
    /// Nobody waits for this request any more. What is already on its way is not called back.
    Cancel {
        /// Which one.
        id: OperationId,
    },
    /// How the write of an [`Output::Store`] ended.
    Settled {
        /// The group of the change.
        group: Group,
        /// Whether it is stored.
        stored: bool,
    },
    /// A point in time that [`Output::Timeout`] asked for.
    Timeout,
}

/// What the driver has to do, from [`Server::poll_output`](crate::Server::poll_output).
#[derive(Debug)]
#[non_exhaustive]
pub enum Output {
    /// Write this down, then say how it went with [`Input::Settled`]. The device is answered after that.
    Store(Change),
    /// Send these bytes: a datagram, or a binary WebSocket message.
    Transmit {
        /// To whom.
        peer: PeerId,
        /// The whole datagram or message.
        bytes: Vec<u8>,
    },
    /// Close this WebSocket, after what was sent before.
    Close {
        /// Which one.
        peer: PeerId,
        /// The status code of the closing frame (RFC 6455, "Defined Status Codes").
        code: u16,
        /// The words of the closing frame.
        reason: &'static str,
    },
    /// The end of an [`Input::Request`].
    Reply(Reply),
    /// Something worth telling happened.
    Event(Event),
    /// Nothing more to do until then, unless something happens. Always last.
    Timeout(Mono),
}

/// The changes that are stored or refused together: those of one device.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group(pub EndpointName);

/// One change to what is stored.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// Whose change.
    pub group: Group,
    /// The revision of the record that this change builds on; 0 if there was none.
    pub expected: u64,
    /// The registration from now on; `None` removes it.
    pub record: Option<Registration>,
}

/// The id a caller gives to a request: 128 bits, printed as 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationId(pub u128);

/// The end of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// Which request.
    pub id: OperationId,
    /// What came of it.
    pub result: Result<Answer, RequestError>,
}

/// What a device answered, of whatever code.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Answer {
    /// Its response code.
    pub code: MessageClass,
    /// Its options, those of single messages (Block) left out.
    pub options: Options,
    /// The format of the payload, if it gave one.
    pub content_format: Option<ContentFormat>,
    /// The whole payload, as the device sent it.
    pub payload: Vec<u8>,
    /// The payload decoded, for an answer 2.05 to a Read.
    pub entries: Vec<Entry<'static>>,
}

/// Why a request brought no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// No device of that name is registered.
    #[error("no device of this name is registered")]
    NotRegistered,
    /// No answer in time. Whether the device did what was asked is not known.
    #[error("the device did not answer in time")]
    Timeout,
    /// The device said that it has no use for the message.
    #[error("the device rejected the message (reset)")]
    Reset,
    /// Too many requests wait for this device already.
    #[error("too many requests wait for this device")]
    QueueFull,
    /// The connection to the device closed.
    #[error("the connection to the device closed")]
    Closed,
    /// The answer was no valid CoAP, or its blocks did not fit together.
    #[error("the answer of the device could not be read")]
    Malformed,
    /// The request or the answer is larger than what can be carried.
    #[error("the message is too large")]
    TooLarge,
    /// The values could not be written in a format for this device. Nothing was sent.
    #[error("the values can't be written: {0}")]
    Encode(EncodeError),
    /// As many observations of this device as the limit `observations` allows.
    #[error("too many observations of this device")]
    TooManyObservations,
    /// There is no such observation.
    #[error("this is not observed")]
    NotObserved,
    /// The caller cancelled it.
    #[error("the request was cancelled")]
    Cancelled,
}

/// Something that happened to a device.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A device registered.
    Registered(Registration),
    /// It updated its registration, or only refreshed it.
    Updated(Registration),
    /// A registration ended.
    Deregistered {
        /// As it was last.
        registration: Registration,
        /// Why it ended.
        why: Gone,
    },
    /// An observation began to run, or is over.
    Observation {
        /// Of which device.
        endpoint: EndpointName,
        /// What is observed.
        path: Path,
        /// Whether it runs now.
        running: bool,
    },
    /// Values passed by.
    Values {
        /// Of which device.
        endpoint: EndpointName,
        /// What was asked for.
        path: Path,
        /// How they came.
        source: Source,
        /// The values, in the order of the payload.
        entries: Vec<Entry<'static>>,
    },
}

/// Why a registration ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Gone {
    /// The device de-registered.
    Asked,
    /// Its lifetime ran out.
    Expired,
    /// The same name registered anew.
    Replaced,
    /// The connection that it stood on closed.
    Closed,
}

impl Gone {
    /// The word in the event stream.
    pub fn word(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Expired => "expired",
            Self::Replaced => "replaced",
            Self::Closed => "closed",
        }
    }
}

/// How values came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// As the answer to a Read.
    Read,
    /// As a notification.
    Notify,
    /// As what a Write brought, which the device took.
    Write,
}

impl Source {
    /// The word in the event stream.
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Notify => "notify",
            Self::Write => "write",
        }
    }
}
