//! What the Server counts.

coap_exchange::stats_table! {
    /// Counters since the start of a [`Server`](crate::Server). They only grow.
    pub struct Stats;

    /// Register requests that were granted.
    registered;
    /// Update requests that were granted.
    updated;
    /// De-register requests that were granted.
    deregistered;
    /// Registrations whose lifetime ran out.
    expired;
    /// Registrations that a new Register of the same name replaced.
    replaced;
    /// Registrations that ended with their connection.
    closed;
    /// Register and Update requests refused with 4.xx: a missing or bad parameter, a bad body, a wrong place.
    registrations_refused;
    /// Update and De-register requests for a location that is not known (4.04).
    unknown_location;
    /// Registrations refused because [`Limits::registrations`](crate::Limits::registrations) are there.
    registrations_full;
    /// Requests answered 5.03 because too many changes of the same device wait to be stored.
    unsettled_full;
    /// Changes that the store refused.
    store_failed;
    /// Requests on paths that do not exist (4.04), `/ep/` of an unknown device included.
    unknown_path;
    /// Requests under `/ep/` that named a device that is not registered.
    unknown_endpoint;
    /// Requests with a proxy option (5.05).
    proxy_refused;
    /// Requests sent to devices.
    requests;
    /// Of those, answered.
    answered;
    /// Of those, without an answer in time.
    timed_out;
    /// Of those, failed in any other way.
    failed;
    /// Requests refused because [`Limits::requests`](crate::Limits::requests) wait for the device.
    requests_full;
    /// Replies forgotten early, because there were too many or they were too large.
    replies_forgotten;
    /// Observations that began.
    observations;
    /// Notifications of devices.
    notifications;
    /// Observations refused because of the limit `observations`.
    observations_refused;
    /// WebSocket clients that could not watch because of the limit `watchers`.
    watchers_refused;
    /// Repeated operation ids.
    repeated;
    /// Answers of devices whose payload could not be decoded.
    undecodable;
}
