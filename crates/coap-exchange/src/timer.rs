//! What is due when.

use alloc::collections::BTreeSet;

use crate::{ExchangeId, Mono, PeerId, RequestId};

/// Everything that can be waited for. Whoever sets one keeps its time, so that it can be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// A confirmable message with this id has not been acknowledged.
    Retransmit(PeerId, u16),
    /// A request that we received is not answered: send the empty acknowledgement, then give it up.
    Exchange(ExchangeId),
    /// A request of ours has no answer.
    Response(RequestId),
    /// A non-confirmable request of ours no longer keeps others waiting.
    Slot(RequestId),
    /// There are message ids for the requests waiting for this peer again.
    Queue(PeerId),
    /// The message ids used with this peer may be forgotten.
    Idle(PeerId),
    /// A body of this peer's may be incomplete for good.
    Assembly(PeerId),
    /// Nobody asks for the further blocks of an answer to this peer any more.
    Kept(PeerId),
    /// A WebSocket without CSM.
    Csm(PeerId),
    /// A WebSocket that is shutting down.
    Close(PeerId),
    /// A Pong that waits for earlier requests.
    Custody(PeerId),
    /// A WebSocket on which nothing came.
    KeepAlive(PeerId),
    /// A ping over WebSocket without Pong.
    Pong(PeerId),
    /// The number of a closed WebSocket need not be remembered any longer.
    Gone(PeerId),
}

/// The timers in the order of their times.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timers(BTreeSet<(Mono, Timer)>);

impl Timers {
    /// Sets a timer; returns its time for [`Timers::cancel`].
    pub(crate) fn set(&mut self, at: Mono, timer: Timer) -> Mono {
        self.0.insert((at, timer));
        at
    }

    /// Takes a timer back; one that has fired is ignored.
    pub(crate) fn cancel(&mut self, at: Mono, timer: Timer) {
        self.0.remove(&(at, timer));
    }

    /// The next timer that is due.
    pub(crate) fn pop(&mut self, now: Mono) -> Option<Timer> {
        match self.0.first() {
            Some((at, _)) if *at <= now => self.0.pop_first().map(|(_, timer)| timer),
            _ => None,
        }
    }

    /// When the next one is due.
    pub(crate) fn next(&self) -> Mono {
        self.0.first().map_or(Mono::NEVER, |(at, _)| *at)
    }
}
