//! What goes into a Client and what comes out of it.

use core::time::Duration;

use coap_exchange::{ExchangeError, MessageClass, Mono, ObserverEnd};
use lwm2m::{Entry, Path, Value};

/// What happened outside, for [`Client::handle_input`](crate::Client::handle_input).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum ClientInput<'a> {
    /// Register, and stay registered.
    Start,
    /// A datagram came from the server. Those of others must not be handed in.
    Datagram {
        /// The whole datagram.
        bytes: &'a [u8],
    },
    /// The WebSocket to the server stands, subprotocol `coap`.
    Opened,
    /// A binary WebSocket message came.
    Frame {
        /// The whole message.
        bytes: &'a [u8],
    },
    /// A text WebSocket message came, which CoAP does not know.
    TextFrame,
    /// The WebSocket is gone. The registration is gone with it; the next [`ClientInput::Opened`] makes a new one.
    Closed,
    /// Values of the device changed: a sensor measured, a person turned a knob. All of one call are told in one notification.
    ///
    /// Read-only resources can be set too; a value that does not fit its definition, or that has no place, is counted and
    /// left out.
    Set {
        /// Resources with a single value, or resource instances, and what they are now.
        values: &'a [(Path, Value<'static>)],
    },
    /// De-register, then rest until the next [`ClientInput::Start`].
    Stop,
    /// A point in time that [`ClientOutput::Timeout`] asked for.
    Timeout,
}

/// What the driver has to do, from [`Client::poll_output`](crate::Client::poll_output).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ClientOutput {
    /// Send these bytes to the server: a datagram, or a binary WebSocket message.
    Transmit {
        /// The whole datagram or message.
        bytes: Vec<u8>,
    },
    /// Close the WebSocket, after what was sent before.
    Close {
        /// The status code of the closing frame (RFC 6455, "Defined Status Codes").
        code: u16,
        /// The words of the closing frame.
        reason: &'static str,
    },
    /// Something worth telling happened.
    Event(ClientEvent),
    /// Nothing more to do until then, unless something happens. Always last; [`Mono::NEVER`] when idle.
    Timeout(Mono),
}

/// Something that happened to a simulated device.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ClientEvent {
    /// The server took the registration.
    Registered {
        /// Where it is, without a leading slash: `rd/5a3f`.
        location: String,
    },
    /// The server took an Update.
    Updated,
    /// A Register, or an Update after which there is no registration any more, failed.
    RegistrationFailed {
        /// Why.
        why: RegistrationError,
        /// When the next Register goes out. Zero: now.
        retry_in: Duration,
    },
    /// The registration is over.
    Deregistered {
        /// Why.
        why: Left,
    },
    /// The server wrote.
    Written {
        /// What the request named.
        path: Path,
        /// The values as they were written.
        entries: Vec<Entry<'static>>,
    },
    /// The server executed a resource.
    Executed {
        /// Which one.
        path: Path,
        /// With which arguments.
        arguments: Vec<Argument>,
    },
    /// The server created an instance.
    Created {
        /// Which one.
        path: Path,
    },
    /// The server deleted an instance or (LwM2M 1.2) a resource instance.
    Deleted {
        /// Which one.
        path: Path,
    },
    /// The server observes something from now on.
    ObservationStarted {
        /// What.
        path: Path,
    },
    /// It does not any more.
    ObservationEnded {
        /// What.
        path: Path,
        /// Why.
        why: ObserverEnd,
    },
    /// The device was told to reboot, or to reset itself: it de-registers, is away, and registers again.
    Rebooting {
        /// How long it will be away.
        away: Duration,
    },
}

/// Why a Register or an Update failed.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistrationError {
    /// The server answered with an error.
    #[error("the server refused: {0}")]
    Refused(MessageClass),
    /// There was no answer.
    #[error("no answer: {0}")]
    NoAnswer(ExchangeError),
    /// The answer named no location.
    #[error("the answer to Register names no location")]
    NoLocation,
}

/// Why a registration is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Left {
    /// [`ClientInput::Stop`].
    Stopped,
    /// The server executed Reboot, `/3/0/4`.
    Reboot,
    /// The server executed Factory Reset, `/3/0/5`.
    FactoryReset,
    /// The server executed Disable, `/1/x/4`.
    Disabled,
    /// The connection closed.
    Closed,
}

/// One argument of an Execute: `2` or `2='10.3'`.
///
/// Source: OMA LwM2M Core, "Execute".
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "a digit and a text are all there is")]
pub struct Argument {
    /// 0 to 9.
    pub digit: u8,
    /// What stood between the quotes, if there was something.
    pub value: Option<String>,
}
