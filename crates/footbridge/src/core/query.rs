//! What can be asked about the devices, and the counters as text.

use std::cmp::Ordering;
use std::fmt::Write as _;

use coap_exchange::{Now, Utc};
use lwm2m_engine::Registration;

use super::Core;
use crate::api::json::Device;

/// Which devices, in which order, from where on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListQuery {
    /// Part of the endpoint name, in whatever case. Empty: all.
    pub(crate) part: String,
    pub(crate) sort: Sort,
    pub(crate) descending: bool,
    pub(crate) offset: usize,
    pub(crate) limit: usize,
}

/// What a list is sorted by. Equal ones follow by endpoint name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    Endpoint,
    Registered,
    Updated,
    Expires,
    Lifetime,
    Lwm2m,
}

impl Sort {
    pub(crate) const ALL: [(&'static str, Self); 6] = [
        ("endpoint", Self::Endpoint),
        ("registered", Self::Registered),
        ("updated", Self::Updated),
        ("expires", Self::Expires),
        ("lifetime", Self::Lifetime),
        ("lwm2m", Self::Lwm2m),
    ];

    fn compare(self, a: &Registration, b: &Registration) -> Ordering {
        let never = |registration: &Registration| registration.expires.unwrap_or(Utc::from_micros(u64::MAX));
        match self {
            Self::Endpoint => Ordering::Equal,
            Self::Registered => a.registered.cmp(&b.registered),
            Self::Updated => a.updated.cmp(&b.updated),
            Self::Expires => never(a).cmp(&never(b)),
            Self::Lifetime => a.lifetime.cmp(&b.lifetime),
            Self::Lwm2m => a.lwm2m.cmp(&b.lwm2m),
        }
    }
}

/// A part of the list.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// How many devices match in all.
    pub(crate) total: usize,
    /// The id of the newest event that the list reflects.
    pub(crate) revision: String,
    pub(crate) now: Utc,
    /// Where the list goes on, if it does.
    pub(crate) next: Option<usize>,
    pub(crate) devices: Vec<Device>,
}

impl Core {
    pub(super) fn list(&self, now: Now, query: &ListQuery) -> Page {
        let part = query.part.to_lowercase();
        let mut found: Vec<&Registration> = self
            .server
            .registrations()
            .filter(|registration| part.is_empty() || registration.endpoint.as_str().to_lowercase().contains(&part))
            .collect();
        // The engine gives them by name, and the sort is stable.
        match (query.sort, query.descending) {
            (Sort::Endpoint, false) => {}
            (Sort::Endpoint, true) => found.reverse(),
            (sort, false) => found.sort_by(|a, b| sort.compare(a, b)),
            (sort, true) => found.sort_by(|a, b| sort.compare(b, a)),
        }
        let total = found.len();
        let end = query.offset.saturating_add(query.limit).min(total);
        let page = found.get(query.offset.min(end)..end).unwrap_or_default();
        Page {
            total,
            revision: self.log.newest(),
            now: now.utc,
            next: (end < total).then_some(end),
            devices: page.iter().map(|registration| self.device(registration)).collect(),
        }
    }

    /// Every counter and gauge, in the Prometheus text format 0.0.4.
    pub(super) fn metrics(&self) -> String {
        let mut text = String::new();
        let gauges = [
            ("registrations", self.server.registration_count() as u64, "Devices that are registered now."),
            ("udp_peers", self.peers.udp_count() as u64, "UDP addresses remembered now."),
            ("websockets", self.peers.websocket_count() as u64, "CoAP WebSockets open now."),
            ("event_streams", self.hub.stream_count() as u64, "Event streams open now."),
            ("uptime_seconds", self.clock.uptime().as_secs(), "Seconds since the start."),
        ];
        for (name, value, help) in gauges {
            write_metric(&mut text, &format!("footbridge_{name}"), "gauge", value, help);
        }
        for (name, value, help) in self.counters.rows() {
            write_metric(&mut text, &format!("footbridge_{name}_total"), "counter", value, help);
        }
        for (name, value, help) in self.server.stats().rows() {
            write_metric(&mut text, &format!("footbridge_lwm2m_{name}_total"), "counter", value, help);
        }
        for (name, mut value, help) in self.server.exchange_stats().rows() {
            if name == "frames_too_long" {
                // What is far too long is refused before the exchanges see it.
                value += self.counters.websocket_too_long.get();
            }
            write_metric(&mut text, &format!("footbridge_coap_{name}_total"), "counter", value, help);
        }
        text
    }
}

fn write_metric(text: &mut String, name: &str, kind: &str, value: u64, help: &str) {
    // Writing to a String cannot fail.
    if !help.is_empty() {
        let _ = writeln!(text, "# HELP {name} {}", help.trim().replace('\\', "\\\\").replace('\n', " "));
    }
    let _ = writeln!(text, "# TYPE {name} {kind}\n{name} {value}");
}
