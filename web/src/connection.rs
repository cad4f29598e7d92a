//! The connection to the bridge: what state it is in, and when to try again.

use crate::moment::Moment;

/// The state of the two WebSockets to the bridge, taken together: one lost is both lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connection {
    /// Being made. Nothing is known yet.
    Opening,
    /// Both are open and a heartbeat comes back.
    Live {
        /// Microseconds a heartbeat took, once one came back.
        round_trip: Option<u32>,
    },
    /// Gone; the next attempt has a time.
    Lost {
        /// By the clock of this computer.
        again_at: Moment,
        /// In words, a whole sentence.
        why: &'static str,
    },
    /// A new attempt after a loss is under way.
    Retrying,
    /// The bridge does not know this page: no attempt will be made until somebody signs in.
    Ended,
}

impl Connection {
    /// One word for tests and style sheets.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Live { .. } => "live",
            Self::Lost { .. } => "lost",
            Self::Retrying => "retrying",
            Self::Ended => "ended",
        }
    }

    /// Whether requests can be sent.
    pub fn is_live(&self) -> bool {
        matches!(self, Self::Live { .. })
    }
}

/// Milliseconds to wait before attempt `attempt` (the first is 0): 1, 2, 4, 8, then always 10 s.
pub fn delay(attempt: u32) -> u32 {
    match attempt {
        0..=3 => 1_000 << attempt,
        _ => 10_000,
    }
}

/// Milliseconds between two heartbeats; one that is not answered before the next is due means: lost.
pub const HEARTBEAT: u32 = 5_000;

/// `0.4 ms`: a round trip in words.
pub fn round_trip_text(us: u32) -> String {
    match us {
        ..10_000 => format!("{}.{} ms", us / 1_000, us / 100 % 10),
        _ => format!("{} ms", us / 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_longer_up_to_ten_seconds() {
        assert_eq!([0, 1, 2, 3, 4, 5, u32::MAX].map(delay), [1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
    }

    #[test]
    fn round_trips() {
        assert_eq!([0, 449, 1_200, 25_900].map(round_trip_text), ["0.0 ms", "0.4 ms", "1.2 ms", "25 ms"]);
    }
}
