//! Every bound of this crate, in one table.

/// Makes a struct `Limits` of counts from rows of `name = default, "unit", "what happens on excess", "counter"`, so that every
/// layer writes its bounds in the same way. For the crates of this workspace.
#[doc(hidden)]
#[macro_export]
macro_rules! limits_table {
    (
        $(#[doc = $about:literal])+
        $vis:vis struct Limits;
        $( $(#[doc = $doc:literal])+ $name:ident = $default:literal, $unit:literal, $excess:literal, $counter:literal; )+
    ) => {
        $(#[doc = $about])+
        #[non_exhaustive]
        #[derive(Clone, Debug, PartialEq, Eq)]
        $vis struct Limits {
            $( $(#[doc = $doc])+ #[doc = ""] #[doc = concat!("Default: ", stringify!($default), " ", $unit, ". On excess: ", $excess, ". Counter: `", $counter, "`.")]
               $vis $name: usize, )+
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $( $name: $default, )+ }
            }
        }

        impl Limits {
            /// The table: one row per limit, in the order of the fields.
            #[must_use]
            $vis const fn rows() -> &'static [$crate::LimitRow] {
                &[ $( $crate::LimitRow {
                    name: stringify!($name), default: $default, unit: $unit, on_excess: $excess, counter: $counter,
                }, )+ ]
            }

            /// Sets a limit by its name in the table.
            ///
            /// # Errors
            ///
            /// `UnknownLimit` if there is no limit of that name.
            $vis fn set(&mut self, name: &str, value: usize) -> Result<(), $crate::UnknownLimit> {
                match name {
                    $( stringify!($name) => self.$name = value, )+
                    _ => return Err($crate::UnknownLimit),
                }
                Ok(())
            }
        }
    };
}

limits_table! {
    /// How much this crate remembers, queues and accepts.
    ///
    /// Every field has its default, what happens when it is exceeded, and the counter in [`Stats`](crate::Stats) that
    /// tells so, in [`Limits::rows`].
    ///
    /// ```
    /// use coap_exchange::Limits;
    ///
    /// let mut limits = Limits::default();
    /// limits.set("body", 1 << 20).unwrap();
    /// assert_eq!(limits.body, 1_048_576);
    /// assert!(limits.set("bdoy", 1).is_err());
    /// ```
    pub struct Limits;

    /// Message ids remembered per UDP peer, to recognise what is sent twice.
    remembered_ids = 64, "ids", "the oldest is forgotten", "remembered_ids_forgotten";
    /// Memory for remembered message ids and the answers given to them, all UDP peers together.
    remembered_bytes = 67_108_864, "bytes", "the oldest is forgotten", "remembered_bytes_forgotten";
    /// Requests of one peer that are not answered yet.
    open_per_peer = 64, "requests", "5.03", "open_per_peer_refused";
    /// Requests of all peers that are not answered yet.
    open = 65_536, "requests", "5.03", "open_refused";
    /// Requests of ours that one UDP peer may have on its way at once (NSTART, RFC 7252 §4.7).
    nstart = 1, "requests", "they wait", "requests_queued";
    /// Requests of ours that one WebSocket peer may have on its way at once.
    in_flight = 64, "requests", "they wait", "requests_queued";
    /// Requests of ours that wait for one peer.
    requests_waiting = 64, "requests", "`QueueFull`", "requests_waiting_refused";
    /// Things of one peer that we observe.
    observations_per_peer = 256, "observations", "`TooManyObservations`", "observations_per_peer_refused";
    /// Observers of one peer's, each with one thing it observes here.
    observers_per_peer = 256, "observers", "a plain answer, `Refused`", "observers_per_peer_refused";
    /// Observers of all peers.
    observers = 65_536, "observers", "a plain answer, `Refused`", "observers_refused";
    /// A body, received in one message or in blocks.
    body = 1_048_576, "bytes", "4.13 with Size1, `TooLarge`", "body_refused";
    /// All bodies that are being put together from blocks, in both directions, and answers kept for their further blocks.
    bodies = 67_108_864, "bytes", "5.03, `Overloaded`; an answer is not kept", "bodies_refused";
    /// Bodies of one peer that are being put together from Block1.
    assemblies = 8, "bodies", "5.03", "assemblies_refused";
    /// Large answers of ours to one peer that are kept for their further blocks.
    kept = 8, "answers", "the oldest is made anew when it is asked for", "kept_forgotten";
    /// A datagram that we send. What does not fit is sent in blocks.
    datagram = 65_507, "bytes", "if not even the smallest block fits: 5.00, `TooLarge`", "messages_too_large";
    /// A WebSocket message that we accept: our Max-Message-Size.
    frame = 1_048_576, "bytes", "Abort, close 1009", "frames_too_long";
    /// A token that we accept in a request; more than 8 is announced in our CSM (RFC 8974).
    token = 64, "bytes", "4.00 over UDP, Abort over WebSocket", "tokens_too_long";
    /// Options in one message.
    options = 256, "options", "as malformed", "malformed";
    /// Pings with Custody that wait for earlier requests, per WebSocket.
    custody = 8, "pings", "Pong at once, without Custody", "custody_refused";
}

/// One limit, for documentation and metrics.
#[allow(clippy::exhaustive_structs, reason = "the rows of other crates are written by `limits_table`")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitRow {
    /// The name for [`Limits::set`].
    pub name: &'static str,
    /// The default.
    pub default: usize,
    /// What is counted.
    pub unit: &'static str,
    /// What happens to what is too much.
    pub on_excess: &'static str,
    /// The field of [`Stats`](crate::Stats) that counts it.
    pub counter: &'static str,
}

/// There is no limit of that name.
#[allow(clippy::exhaustive_structs, reason = "there is nothing more to say")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no limit of that name")]
pub struct UnknownLimit;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Stats;

    #[test]
    fn every_limit_can_be_set_and_has_a_counter() {
        let mut limits = Limits::default();
        for row in Limits::rows() {
            limits.set(row.name, 7).unwrap();
            assert!(Stats::default().rows().any(|counter| counter.0 == row.counter), "{} has no counter", row.name);
        }
        assert_ne!(limits, Limits::default());
        assert_eq!((limits.remembered_ids, limits.custody), (7, 7));
        assert_eq!(limits.set("nothing", 1), Err(UnknownLimit));
    }
}
