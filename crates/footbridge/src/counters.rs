//! What the bridge itself counts, beside what its engine and the exchanges below it count.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

macro_rules! counters {
    ($( $(#[doc = $doc:literal])+ $name:ident; )+) => {
        /// Counters since the start.
        #[derive(Debug, Default)]
        pub(crate) struct Counters {
            $( $(#[doc = $doc])+ pub(crate) $name: Counter, )+
        }

        impl Counters {
            /// Every counter as (name, value, description).
            pub(crate) fn rows(&self) -> impl Iterator<Item = (&'static str, u64, &'static str)> {
                [ $( (stringify!($name), self.$name.get(), concat!($($doc),+)), )+ ].into_iter()
            }
        }
    };
}

counters! {
    /// HTTP requests, WebSocket openings included.
    http_requests;
    /// Connections accepted.
    connections_accepted;
    /// Connections refused with 503 because of the limits connections and connections-per-address.
    connections_refused;
    /// Times that the system gave no connection, mostly for want of file descriptors.
    accept_failed;
    /// Connections closed because no whole head of a request came within the limit header-seconds; idle ones too.
    heads_timed_out;
    /// Requests refused with 413 because of the limit http-body.
    http_bodies_refused;
    /// Requests refused with 403 because of their Host header.
    foreign_host;
    /// Requests refused with 403 because they come from a page of another site.
    foreign_origin;
    /// Requests refused with 401 because they show neither token nor living cookie.
    not_signed_in;
    /// Requests refused with 401 because of a wrong token.
    wrong_token;
    /// Requests refused with 429 because too many wrong tokens came before.
    too_many_tokens;
    /// Times that every session ended because of the limit sign-outs.
    sessions_ended;
    /// WebSockets refused with 400 because they offer no subprotocol of ours.
    no_subprotocol;
    /// CoAP WebSockets opened.
    websockets_opened;
    /// CoAP WebSocket messages longer than the limit frame, refused before they were read: Abort, close 1009.
    websocket_too_long;
    /// WebSockets closed with 1013 because four times the limit send-queue waited.
    send_queue_full;
    /// WebSockets and event streams closed because a message did not leave within the limit send-seconds.
    send_stalled;
    /// Event streams opened.
    event_streams_opened;
    /// Event streams refused with 503 because of the limit event-streams.
    event_streams_refused;
    /// Resets sent to event streams that did not keep up.
    event_resets;
    /// Datagrams dropped because of the limit udp-queue.
    udp_dropped;
    /// Datagrams that the system would not send.
    udp_send_failed;
    /// Times that reading the UDP socket failed.
    udp_receive_failed;
    /// Addresses forgotten after 5 minutes of silence or because of the limit udp-peers.
    udp_peers_forgotten;
    /// Messages to peers that are gone.
    peer_gone;
}
