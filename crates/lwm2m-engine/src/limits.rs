//! How much the Server takes, and what it does when it is more.

coap_exchange::limits_table! {
    /// The bounds of a [`Server`](crate::Server).
    ///
    /// Every field has its default, what happens when it is exceeded, and the counter in [`Stats`](crate::Stats) that tells
    /// so, in [`Limits::rows`].
    ///
    /// ```
    /// let mut limits = lwm2m_engine::Limits::default();
    /// limits.set("registrations", 10).unwrap();
    /// assert_eq!(limits.registrations, 10);
    /// assert!(limits.set("registration", 10).is_err());
    /// ```
    pub struct Limits;

    /// Registrations at once.
    registrations = 2_000_000, "registrations", "5.03 with Max-Age", "registrations_full";
    /// Links in one registration.
    links = 1_024, "links", "4.00", "registrations_refused";
    /// The body of a Register or an Update.
    registration_body = 65_536, "bytes", "4.13", "registrations_refused";
    /// Query parameters of one Register or Update that the standard does not name.
    extra_parameters = 32, "parameters", "4.00", "registrations_refused";
    /// Requests from a device that wait while an earlier change of the same device is being stored.
    unsettled = 4, "requests", "5.03 with Max-Age", "unsettled_full";
    /// Requests that wait or are under way per device.
    requests = 64, "requests", "`QueueFull`, 5.03", "requests_full";
    /// Values in one payload of a device.
    entries = 65_536, "values", "the payload passes undecoded", "undecodable";
    /// How deep a payload of a device may nest.
    nesting = 8, "levels", "the payload passes undecoded", "undecodable";
    /// The name of one value in a payload of a device, base name and name together.
    name = 1_024, "bytes", "the payload passes undecoded", "undecodable";
    /// Observations of one device.
    observations = 256, "observations", "`TooManyObservations`, 5.03", "observations_refused";
    /// WebSocket clients that watch one observation, or wait for its first answer.
    watchers = 16_384, "clients", "a plain answer, 5.03", "watchers_refused";
    /// Replies kept for a repeated [`OperationId`](crate::OperationId).
    remembered_replies = 4_096, "replies", "the oldest is forgotten", "replies_forgotten";
    /// All payloads of these replies together.
    remembered_reply_bytes = 16_777_216, "bytes", "the oldest is forgotten", "replies_forgotten";
    /// How long after the end of its lifetime a registration still stands.
    grace = 0, "s", "the registration expires", "expired";
    /// How long a request from a WebSocket client may take. The default is `MAX_TRANSMIT_WAIT` (RFC 7252 §4.8.2).
    request_timeout = 93, "s", "5.04", "timed_out";
}

impl Limits {
    pub(crate) const fn codec(&self) -> lwm2m::Limits {
        let Self { entries, nesting, name, links, .. } = *self;
        lwm2m::Limits { entries, nesting, name, links, ..lwm2m::Limits::DEFAULT }
    }

    pub(crate) const fn grace(&self) -> core::time::Duration {
        core::time::Duration::from_secs(self.grace as u64)
    }

    pub(crate) const fn request_timeout(&self) -> core::time::Duration {
        core::time::Duration::from_secs(self.request_timeout as u64)
    }
}
