//! What happened so far, counted.

/// Makes a struct `Stats` of counters from rows of `name`. For the crates of this workspace.
#[doc(hidden)]
#[macro_export]
macro_rules! stats_table {
    ($(#[doc = $about:literal])+ $vis:vis struct Stats; $( $(#[doc = $doc:literal])+ $name:ident; )+) => {
        $(#[doc = $about])+
        #[non_exhaustive]
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        $vis struct Stats {
            $( $(#[doc = $doc])+ $vis $name: u64, )+
        }

        impl Stats {
            /// Every counter as (name, value, description).
            $vis fn rows(&self) -> impl Iterator<Item = (&'static str, u64, &'static str)> {
                [ $( (stringify!($name), self.$name, concat!($($doc),+)), )+ ].into_iter()
            }
        }
    };
}

stats_table! {
    /// Counters since the start. They only grow.
    pub struct Stats;

    /// Datagrams received.
    datagrams_in;
    /// Datagrams sent, retransmissions included.
    datagrams_out;
    /// WebSocket messages received.
    frames_in;
    /// WebSocket messages sent.
    frames_out;
    /// Requests given to the layer above.
    requests_in;
    /// Responses given to the layer above.
    responses_in;
    /// Requests of ours that were sent (each block of an answer asks again and counts).
    requests_out;
    /// Responses sent, also those made here (2.31, 4.02 and so on).
    responses_out;
    /// Messages that broke the format: RST, Abort or silence.
    malformed;
    /// Messages of a reserved class or of a type that does not fit the code: RST or silence.
    unexpected;
    /// Messages sent again because no acknowledgement came.
    retransmissions;
    /// Requests and responses of ours that were given up because no acknowledgement or answer came.
    timeouts;
    /// Reset messages received for something we sent.
    resets_in;
    /// Reset messages sent.
    resets_out;
    /// Messages received twice and answered from memory, or dropped.
    duplicates;
    /// Message ids forgotten early because the peer had used `remembered_ids`.
    remembered_ids_forgotten;
    /// Message ids forgotten early because of `remembered_bytes`.
    remembered_bytes_forgotten;
    /// Empty acknowledgements sent before the answer was there.
    separate;
    /// Responses whose token no request of ours has.
    unknown_tokens;
    /// Acknowledgements and resets that fit nothing we sent.
    unknown_ids;
    /// Requests with a critical option that is unknown, has a wrong length or occurs too often: 4.02, or silence for NON.
    bad_options;
    /// Requests with an unknown method: 4.05.
    unknown_methods;
    /// Requests refused with 5.03 because of `open_per_peer`.
    open_per_peer_refused;
    /// Requests refused with 5.03 because of `open`.
    open_refused;
    /// Requests that the layer above did not answer within 247 s.
    unanswered;
    /// Answers for an exchange that was gone.
    late_answers;
    /// Requests of ours that had to wait for an earlier one.
    requests_queued;
    /// Requests of ours refused because of `requests_waiting`.
    requests_waiting_refused;
    /// Messages held back, or dropped if they cannot wait, so that no message id is used twice within 247 s.
    message_ids_exhausted;
    /// Bodies larger than `body`: 4.13 or `TooLarge`.
    body_refused;
    /// Blocks refused because of `bodies`: 5.03, `Overloaded`, or a notification dropped.
    bodies_refused;
    /// Blocks refused because of `assemblies`: 5.03.
    assemblies_refused;
    /// Answers forgotten early, or not kept, because of `kept` or `bodies`: further blocks of them must be made anew.
    kept_forgotten;
    /// Blocks sent, of requests and responses.
    blocks_out;
    /// Bodies of ours that were sent again from the start, because the peer wanted smaller blocks or missed one.
    uploads_restarted;
    /// Blocks received in requests.
    blocks_in;
    /// Blocks that do not follow the one before, and later blocks of answers that cannot be made anew: 4.08.
    blocks_missing;
    /// Blocks with a wrong size or number: 4.00.
    blocks_bad;
    /// Bodies half received that were given up after 247 s.
    bodies_expired;
    /// Answers that were read again from the start because they changed on the way.
    bodies_restarted;
    /// Observations of ours that began.
    observations_begun;
    /// Observations refused because of `observations_per_peer`.
    observations_per_peer_refused;
    /// Notifications given to the layer above.
    notifications_in;
    /// Notifications that came after a newer one: acknowledged and dropped.
    notifications_stale;
    /// Notifications dropped because their body broke the rules, was too large, or could not be read to its end.
    notifications_incomplete;
    /// Notifications sent.
    notifications_out;
    /// Notifications of ours that were replaced by a newer one before they were sent or acknowledged.
    notifications_superseded;
    /// Observers that began.
    observers_begun;
    /// Observers refused because of `observers_per_peer`.
    observers_per_peer_refused;
    /// Observers refused because of `observers`.
    observers_refused;
    /// Notifications for an exchange that has no observer.
    late_notifications;
    /// Messages of ours that are larger than the peer takes: 5.00 or `TooLarge`.
    messages_too_large;
    /// Requests with a token longer than we take.
    tokens_too_long;
    /// WebSocket messages longer than our Max-Message-Size: Abort.
    frames_too_long;
    /// WebSocket text messages: close 1003.
    text_frames;
    /// Abort messages sent.
    aborts_out;
    /// Abort messages received.
    aborts_in;
    /// WebSockets closed because no CSM came in time.
    csm_missing;
    /// WebSockets closed because nothing came for too long.
    silent_closed;
    /// Requests with a token that is in flight on the same WebSocket: Abort.
    duplicate_tokens;
    /// Pings with Custody that were answered at once because of `custody`.
    custody_refused;
    /// Empty and reserved WebSocket messages that were ignored.
    ignored;
}
