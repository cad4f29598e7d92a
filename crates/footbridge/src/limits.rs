//! Every bound of the bridge and of the engines in it. `--limit NAME=N` sets one, whichever part it belongs to.

use std::time::Duration;

use coap_exchange::LimitRow;

/// The bounds of all parts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Limits {
    /// What the engine takes.
    pub(crate) engine: lwm2m_engine::Limits,
    /// What the exchanges below it take.
    pub(crate) exchange: coap_exchange::Limits,
    /// What sockets, queues and streams take.
    pub(crate) bridge: bridge::Limits,
}

pub(crate) mod bridge {
    coap_exchange::limits_table! {
        /// The bounds of sockets, queues, streams and sessions.
        pub(crate) struct Limits;

        /// HTTP and WebSocket connections at once.
        connections = 16_384, "connections", "503", "connections_refused";
        /// The same from one address; loopback has only the bound above.
        connections_per_address = 64, "connections", "503", "connections_refused";
        /// How long a connection may take to send the head of its first or next request, idle time included.
        header_seconds = 10, "s", "closed", "heads_timed_out";
        /// An HTTP request body.
        http_body = 65_536, "bytes", "413", "http_bodies_refused";
        /// What waits to be sent on one CoAP WebSocket.
        send_queue = 262_144, "bytes", "not read any more; four times as much: close 1013", "send_queue_full";
        /// How long one WebSocket message may take to leave.
        send_seconds = 30, "s", "closed", "send_stalled";
        /// UDP addresses without a registration that are remembered.
        udp_peers = 65_536, "addresses", "the longest silent is forgotten", "udp_peers_forgotten";
        /// Datagrams that wait for room in the socket.
        udp_queue = 4_096, "datagrams", "the newest is dropped", "udp_dropped";
        /// Event streams at once.
        event_streams = 1_024, "streams", "503", "event_streams_refused";
        /// Events that wait for one stream.
        event_queue = 1_024, "events", "replaced by one `reset`", "event_resets";
        /// Sign-outs remembered until their cookies end.
        sign_outs = 4_096, "sessions", "every session ends", "sessions_ended";
        /// Different wrong tokens from one address; one more every second.
        wrong_tokens = 20, "tokens", "429", "too_many_tokens";
    }
}

/// A `--limit` that cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LimitError {
    #[error("write it as NAME=NUMBER, for example connections=1000")]
    Shape,
    #[error("there is no limit {name:?}; the limits and their defaults are:\n{known}")]
    Unknown { name: String, known: String },
}

impl Limits {
    /// Sets one limit from `NAME=N`; dashes and underscores are the same.
    pub(crate) fn set(&mut self, text: &str) -> Result<(), LimitError> {
        let (name, value) = text.split_once('=').ok_or(LimitError::Shape)?;
        let (name, value) = (name.trim().replace('-', "_"), value.trim().replace('_', ""));
        let value: u64 = value.parse().map_err(|_| LimitError::Shape)?;
        let value = usize::try_from(value).unwrap_or(usize::MAX);
        self.bridge
            .set(&name, value)
            .or_else(|_| self.engine.set(&name, value))
            .or_else(|_| self.exchange.set(&name, value))
            .map_err(|_| LimitError::Unknown { name: shown(&name), known: known() })
    }

    /// How long the head of a request may take.
    pub(crate) fn header_timeout(&self) -> Duration {
        Duration::from_secs(self.bridge.header_seconds as u64)
    }

    /// How long one message may take to leave.
    pub(crate) fn send_timeout(&self) -> Duration {
        Duration::from_secs(self.bridge.send_seconds as u64)
    }
}

/// Every limit with what stands between `footbridge_` and the name of its counter in `/metrics`.
fn rows() -> impl Iterator<Item = (&'static str, &'static LimitRow)> {
    let of = |part: &'static str, rows: &'static [LimitRow]| rows.iter().map(move |row| (part, row));
    of("", bridge::Limits::rows())
        .chain(of("lwm2m_", lwm2m_engine::Limits::rows()))
        .chain(of("coap_", coap_exchange::Limits::rows()))
}

/// All names with their defaults, one a line.
fn known() -> String {
    let mut lines: Vec<_> = rows().map(|(_, row)| format!("  {}={}", shown(row.name), row.default)).collect();
    lines.sort_unstable();
    lines.join("\n")
}

/// The name as a person writes it.
fn shown(name: &str) -> String {
    name.replace('_', "-")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn limits_are_set_by_name() {
        let mut limits = Limits::default();
        for text in ["connections=7", "registrations = 2_000", "open-per-peer=8", "request_timeout=9"] {
            limits.set(text).unwrap();
        }
        assert_eq!((limits.bridge.connections, limits.engine.registrations), (7, 2_000));
        assert_eq!((limits.exchange.open_per_peer, limits.engine.request_timeout), (8, 9));
    }

    #[test]
    fn a_wrong_limit_says_what_is_right() {
        let mut limits = Limits::default();
        for text in ["connections", "connections=", "connections=-1", "connections=many"] {
            assert_eq!(limits.set(text), Err(LimitError::Shape), "{text}");
        }
        let Err(LimitError::Unknown { name, known }) = limits.set("conections=1") else { panic!("taken") };
        assert_eq!(name, "conections");
        assert!(known.contains("\n  connections=16384\n") && known.contains("\n  registrations=2000000\n"), "{known}");
        for line in known.lines() {
            limits.set(line).unwrap();
        }
    }

    #[test]
    fn no_name_stands_twice_and_every_counter_is_there() {
        let mut names = BTreeSet::new();
        let counters: BTreeSet<String> = [
            crate::counters::Counters::default().rows().map(|row| row.0.to_owned()).collect::<Vec<_>>(),
            lwm2m_engine::Stats::default().rows().map(|row| format!("lwm2m_{}", row.0)).collect(),
            coap_exchange::Stats::default().rows().map(|row| format!("coap_{}", row.0)).collect(),
        ]
        .concat()
        .into_iter()
        .collect();
        for (part, row) in rows() {
            assert!(names.insert(row.name), "{} stands twice", row.name);
            assert!(
                counters.contains(&format!("{part}{}", row.counter)),
                "{} has no counter {part}{}",
                row.name,
                row.counter
            );
        }
    }

    /// `FOOTBRIDGE_WRITE_DOCS=1 cargo test -p footbridge limits` writes the table anew.
    #[test]
    fn the_table_in_the_architecture_is_this_one() {
        let mut table = String::from("| limit | default | on excess | counter in `/metrics` |\n|---|--:|---|---|\n");
        for (part, row) in rows() {
            let counter = format!("footbridge_{part}{}_total", row.counter);
            writeln!(
                table,
                "| `{}` | {} {} | {} | `{counter}` |",
                shown(row.name),
                grouped(row.default),
                row.unit,
                row.on_excess
            )
            .unwrap();
        }
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ARCHITECTURE.md");
        let text = std::fs::read_to_string(path).unwrap();
        let (before, rest) = text.split_once("\n| limit |").expect("ARCHITECTURE.md has no table of limits");
        let after = rest.find("\n\n").map_or("", |end| &rest[end + 1..]);
        let current = format!("{before}\n{table}{after}");
        if std::env::var_os("FOOTBRIDGE_WRITE_DOCS").is_some() {
            std::fs::write(path, &current).unwrap();
        } else {
            assert!(text == current, "run FOOTBRIDGE_WRITE_DOCS=1 cargo test -p footbridge limits");
        }
    }

    /// 65536 as 65,536.
    fn grouped(number: usize) -> String {
        let digits = number.to_string();
        let groups: Vec<_> =
            digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap()).collect();
        groups.join(",")
    }
}
