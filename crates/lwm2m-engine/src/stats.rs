//! What the Server counts.

/// Counters since the start of a [`Server`](crate::Server). They only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Register requests that were granted.
    pub registered: u64,
    /// Update requests that were granted.
    pub updated: u64,
    /// De-register requests that were granted.
    pub deregistered: u64,
    /// Registrations whose lifetime ran out.
    pub expired: u64,
    /// Registrations that a new Register of the same name replaced.
    pub replaced: u64,
    /// Registrations that ended with their connection.
    pub closed: u64,
    /// Register and Update requests refused with 4.xx: a missing or bad parameter, a bad body, a wrong place.
    pub registrations_refused: u64,
    /// Update and De-register requests for a location that is not known (4.04).
    pub unknown_location: u64,
    /// Registrations refused because [`Limits::registrations`](crate::Limits::registrations) are there.
    pub registrations_full: u64,
    /// Requests answered 5.03 because too many changes of the same device wait to be stored.
    pub unsettled_full: u64,
    /// Changes that the store refused.
    pub store_failed: u64,
    /// Requests on paths that do not exist (4.04), `/ep/` of an unknown device included.
    pub unknown_path: u64,
    /// Requests under `/ep/` that named a device that is not registered.
    pub unknown_endpoint: u64,
    /// Requests with a proxy option (5.05).
    pub proxy_refused: u64,
    /// Requests sent to devices.
    pub requests: u64,
    /// Of those, answered.
    pub answered: u64,
    /// Of those, without an answer in time.
    pub timed_out: u64,
    /// Of those, failed in any other way.
    pub failed: u64,
    /// Requests refused because [`Limits::requests`](crate::Limits::requests) wait for the device.
    pub requests_full: u64,
    /// Repeated operation ids.
    pub repeated: u64,
    /// Answers of devices whose payload could not be decoded.
    pub undecodable: u64,
}

impl Stats {
    /// Every counter with its name, for a metrics page.
    pub fn fields(&self) -> [(&'static str, u64); 21] {
        let Self {
            registered,
            updated,
            deregistered,
            expired,
            replaced,
            closed,
            registrations_refused,
            unknown_location,
            registrations_full,
            unsettled_full,
            store_failed,
            unknown_path,
            unknown_endpoint,
            proxy_refused,
            requests,
            answered,
            timed_out,
            failed,
            requests_full,
            repeated,
            undecodable,
        } = *self;
        [
            ("registered", registered),
            ("updated", updated),
            ("deregistered", deregistered),
            ("expired", expired),
            ("replaced", replaced),
            ("closed", closed),
            ("registrations_refused", registrations_refused),
            ("unknown_location", unknown_location),
            ("registrations_full", registrations_full),
            ("unsettled_full", unsettled_full),
            ("store_failed", store_failed),
            ("unknown_path", unknown_path),
            ("unknown_endpoint", unknown_endpoint),
            ("proxy_refused", proxy_refused),
            ("requests", requests),
            ("answered", answered),
            ("timed_out", timed_out),
            ("failed", failed),
            ("requests_full", requests_full),
            ("repeated", repeated),
            ("undecodable", undecodable),
        ]
    }
}
