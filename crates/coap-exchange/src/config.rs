//! The parameters of an [`Exchanges`](crate::Exchanges).

use core::time::Duration;

use crate::Limits;

/// Lifetime of a confirmable exchange: how long its message id, blocks and answers are remembered.
///
/// Source: RFC 7252 §4.8.2 ("Time Values Derived from Transmission Parameters"), EXCHANGE_LIFETIME.
pub const EXCHANGE_LIFETIME: Duration = Duration::from_secs(247);

/// Lifetime of a non-confirmable message id. Source: RFC 7252 §4.8.2, NON_LIFETIME.
pub const NON_LIFETIME: Duration = Duration::from_secs(145);

/// Seed, limits and times.
///
/// ```
/// use coap_exchange::Config;
/// use core::time::Duration;
///
/// let mut config = Config::new(42);
/// config.limits.body = 1 << 20;
/// config.ack_delay = Duration::from_millis(100);
/// ```
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct Config {
    /// Makes tokens and the spread of timeouts; the same seed gives the same run. Take it from the system's random source.
    pub seed: u64,
    /// Added to every message id. Ids follow the civil clock of the first input, so that a restart does not use one twice
    /// within 247 s as long as that clock does not go back (and no burst of thousands of messages came just before).
    /// Default: 0.
    pub message_id_offset: u16,
    /// All bounds.
    pub limits: Limits,
    /// Time until the first retransmission, before its random factor of 1.0 to 1.5. Default: 2 s (RFC 7252 §4.8, ACK_TIMEOUT).
    pub ack_timeout: Duration,
    /// How often a message is sent again. Default: 4 (RFC 7252 §4.8, MAX_RETRANSMIT).
    pub max_retransmit: u32,
    /// The largest block that we send over UDP, and the largest body that we send there without blocks: 16, 32, … 1024 bytes;
    /// other numbers are rounded down. Default: 1024 (RFC 7959 §2.2).
    pub block_size: usize,
    /// How long a confirmable request waits for its answer before an empty acknowledgement is sent.
    /// Must be well below the peer's ACK_TIMEOUT. Default: 0.5 s.
    pub ack_delay: Duration,
    /// How long a request of ours waits for its answer once it is acknowledged, or sent over a WebSocket or as NON; anew for
    /// each block. Callers with a deadline of their own cancel earlier. Default: 247 s.
    pub response_wait: Duration,
    /// How long a WebSocket may be open without a CSM. Default: 10 s.
    pub csm_wait: Duration,
    /// How long requests in flight may take after a Release, a Pong with Custody may be delayed, and a Pong over WebSocket is
    /// waited for. Default: 10 s.
    pub close_wait: Duration,
    /// A WebSocket on which nothing came for this long is pinged, and closed when three pings in a row brought nothing.
    /// Zero: never. Default: 30 s.
    pub keep_alive: Duration,
}

impl Config {
    /// The defaults, with a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            message_id_offset: 0,
            limits: Limits::default(),
            ack_timeout: Duration::from_secs(2),
            max_retransmit: 4,
            block_size: 1024,
            ack_delay: Duration::from_millis(500),
            response_wait: EXCHANGE_LIFETIME,
            csm_wait: Duration::from_secs(10),
            close_wait: Duration::from_secs(10),
            keep_alive: Duration::from_secs(30),
        }
    }

    /// The same with other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
}
