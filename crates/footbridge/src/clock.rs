//! The only place that reads the clocks of the system.

use std::time::{Duration, Instant, SystemTime};

use coap_exchange::{Mono, Now, Utc};

/// Both clocks as the engine wants them: microseconds since the start of this process, and since 1970.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { start: Instant::now() }
    }

    pub(crate) fn now(&self) -> Now {
        Now::new(Mono::from_micros(micros(self.start.elapsed())), utc())
    }

    /// When a point of the engine's clock comes; `None` for one that never does.
    pub(crate) fn instant(&self, at: Mono) -> Option<tokio::time::Instant> {
        if at == Mono::NEVER {
            return None;
        }
        self.start.checked_add(Duration::from_micros(at.as_micros())).map(Into::into)
    }

    /// How long this process has been running.
    pub(crate) fn uptime(&self) -> Duration {
        self.start.elapsed()
    }
}

/// The civil time.
pub(crate) fn utc() -> Utc {
    Utc::from_micros(micros(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()))
}

/// The civil time in seconds since 1970.
pub(crate) fn unix_seconds() -> u64 {
    utc().as_micros() / 1_000_000
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
