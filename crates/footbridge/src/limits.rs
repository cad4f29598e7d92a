//! The bounds of the bridge, each with its name, default and meaning. `--limit NAME=N` sets one.

use std::time::Duration;

/// The bounds of sockets, queues and streams, and those of the engine and its exchanges.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// What the engine takes.
    pub(crate) engine: lwm2m_engine::Limits,
    /// What the exchanges below it take.
    pub(crate) exchange: coap_exchange::Limits,
    /// HTTP and WebSocket connections at once; one more is answered 503.
    pub(crate) connections: usize,
    /// The same from one address; loopback is bounded by `connections` only.
    pub(crate) connections_per_address: usize,
    /// Seconds a connection may take to send the head of a request, also the first one.
    pub(crate) header_seconds: usize,
    /// Bytes of an HTTP request body; more is answered 413.
    pub(crate) http_body: usize,
    /// Bytes that wait to be sent on one WebSocket. Above it the bridge stops reading from it; four times as much closes
    /// it with 1013.
    pub(crate) send_queue: usize,
    /// Seconds one message may take to leave; then the connection is closed.
    pub(crate) send_seconds: usize,
    /// Addresses without a registration that the bridge remembers; the longest idle one is forgotten.
    pub(crate) udp_peers: usize,
    /// Datagrams that wait for room in the socket; the newest is dropped.
    pub(crate) udp_queue: usize,
    /// Event streams at once; one more is answered 503.
    pub(crate) event_streams: usize,
    /// Events that wait for one stream; on excess they are replaced by one `reset`.
    pub(crate) event_queue: usize,
    /// Sign-outs remembered; on excess every session ends.
    pub(crate) sign_outs: usize,
    /// Wrong tokens one address may send at once; after that one more per second, others are answered 429.
    pub(crate) wrong_tokens: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            engine: lwm2m_engine::Limits::default(),
            exchange: coap_exchange::Limits::default(),
            connections: 16_384,
            connections_per_address: 64,
            header_seconds: 10,
            http_body: 64 * 1024,
            send_queue: 256 * 1024,
            send_seconds: 30,
            udp_peers: 65_536,
            udp_queue: 4_096,
            event_streams: 1_024,
            event_queue: 1_024,
            sign_outs: 4_096,
            wrong_tokens: 20,
        }
    }
}

/// A `--limit` that cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LimitError {
    #[error("write it as NAME=NUMBER, for example connections=1000")]
    Shape,
    #[error("there is no limit {name:?}; the limits and their defaults are:\n{known}")]
    Unknown { name: String, known: String },
    #[error("the limit {name} must be at least 1")]
    Zero { name: String },
}

impl Limits {
    /// Sets one limit from `NAME=N`.
    pub(crate) fn set(&mut self, text: &str) -> Result<(), LimitError> {
        let (name, value) = text.split_once('=').ok_or(LimitError::Shape)?;
        let (name, value) = (name.trim().replace('_', "-"), value.trim().replace('_', ""));
        let value: u64 = value.parse().map_err(|_| LimitError::Shape)?;
        if let Some((_, field)) = self.fields().into_iter().find(|(known, _)| *known == name) {
            if value == 0 {
                return Err(LimitError::Zero { name });
            }
            *field = usize::try_from(value).unwrap_or(usize::MAX);
            return Ok(());
        }
        let count = usize::try_from(value).unwrap_or(usize::MAX);
        // The libraries name their limits as Rust does.
        let inner = name.replace('-', "_");
        if self.engine.set(&inner, count).is_ok() || self.exchange.set(&inner, count).is_ok() {
            return Ok(());
        }
        Err(LimitError::Unknown { name, known: Defaults.to_string() })
    }

    /// How long the head of a request may take.
    pub(crate) fn header_timeout(&self) -> Duration {
        Duration::from_secs(self.header_seconds as u64)
    }

    /// How long one message may take to leave.
    pub(crate) fn send_timeout(&self) -> Duration {
        Duration::from_secs(self.send_seconds as u64)
    }

    fn fields(&mut self) -> [(&'static str, &mut usize); 12] {
        [
            ("connections", &mut self.connections),
            ("connections-per-address", &mut self.connections_per_address),
            ("header-seconds", &mut self.header_seconds),
            ("http-body", &mut self.http_body),
            ("send-queue", &mut self.send_queue),
            ("send-seconds", &mut self.send_seconds),
            ("udp-peers", &mut self.udp_peers),
            ("udp-queue", &mut self.udp_queue),
            ("event-streams", &mut self.event_streams),
            ("event-queue", &mut self.event_queue),
            ("sign-outs", &mut self.sign_outs),
            ("wrong-tokens", &mut self.wrong_tokens),
        ]
    }
}

/// All names with their defaults, one `name=value` a line, sorted.
struct Defaults;

impl std::fmt::Display for Defaults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let engine = lwm2m_engine::Limits::rows().iter().map(|row| (row.name, row.default as u64));
        let exchange = coap_exchange::Limits::rows().iter().map(|row| (row.name, row.default as u64));
        let own = Limits::default().fields().map(|(name, value)| (name, *value as u64));
        let mut all: Vec<String> = engine
            .chain(exchange)
            .chain(own)
            .map(|(name, value)| format!("  {}={value}", name.replace('_', "-")))
            .collect();
        all.sort_unstable();
        f.write_str(&all.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_set_by_name() {
        let mut limits = Limits::default();
        limits.set("connections=7").unwrap();
        limits.set("registrations = 2_000").unwrap();
        limits.set("open-per-peer=8").unwrap();
        limits.set("request_timeout=9").unwrap();
        assert_eq!((limits.connections, limits.engine.registrations, limits.exchange.open_per_peer), (7, 2_000, 8));
        assert_eq!(limits.engine.request_timeout, 9);
    }

    #[test]
    fn a_wrong_limit_says_what_is_right() {
        let mut limits = Limits::default();
        for text in ["connections", "connections=", "connections=-1", "connections=many"] {
            assert_eq!(limits.set(text), Err(LimitError::Shape), "{text}");
        }
        assert_eq!(limits.set("connections=0"), Err(LimitError::Zero { name: "connections".into() }));
        let Err(LimitError::Unknown { name, known }) = limits.set("conections=1") else { panic!("taken") };
        assert_eq!(name, "conections");
        for line in known.lines() {
            limits.set(line).unwrap();
        }
        assert!(known.contains("\n  connections=16384\n") && known.contains("\n  registrations=2000000\n"), "{known}");
    }
}
