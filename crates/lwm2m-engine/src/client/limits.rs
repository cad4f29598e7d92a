//! How much a Client takes, and what it counts.

/// The bounds of a [`Client`](crate::Client): exported as `ClientLimits`.
mod bounds {
    coap_exchange::limits_table! {
        /// The bounds of a [`Client`](crate::Client).
        ///
        /// Every field has its default, what happens when it is exceeded, and the counter in
        /// [`ClientStats`](crate::ClientStats) that tells so, in [`ClientLimits::rows`](crate::ClientLimits::rows).
        ///
        /// ```
        /// let mut limits = lwm2m_engine::ClientLimits::default();
        /// limits.set("observations", 1).unwrap();
        /// assert_eq!(limits.observations, 1);
        /// ```
        pub struct Limits;

        /// Instances of one object, those from the start included.
        instances = 64, "instances", "Create is answered 5.00", "instances_full";
        /// Resource instances of one resource.
        resource_instances = 64, "resource instances", "the Write is answered 5.00", "resource_instances_full";
        /// Bytes of one text or opaque value that is written.
        value_bytes = 65_536, "bytes", "the Write is answered 4.13", "values_too_large";
        /// Observations at once.
        observations = 128, "observations", "the value is answered, and not observed", "observations_full";
        /// Paths that have attributes.
        attribute_sets = 128, "paths", "Write-Attributes is answered 5.00", "attribute_sets_full";
        /// Requests that wait for the end of the registration.
        early_requests = 16, "requests", "5.03 with Max-Age", "early_requests_full";
    }
}

mod counters {
    coap_exchange::stats_table! {
        /// Counters since the start of a [`Client`](crate::Client). They only grow.
        pub struct Stats;

        /// Registrations that were granted.
        registered;
        /// Updates that were granted.
        updated;
        /// Registrations that were given up by De-register.
        deregistered;
        /// Register requests that failed.
        registrations_failed;
        /// Updates that the server refused, or that were not answered: the client registered anew.
        updates_failed;
        /// Requests that were answered with 2.xx.
        granted;
        /// Requests that were answered with an error.
        refused;
        /// Requests that came while the client was not registered.
        unregistered_requests;
        /// Notifications that were handed over for sending.
        notifications;
        /// Notifications that [`pmin`](lwm2m::Attributes::pmin) held back for a while.
        delayed;
        /// Datagrams dropped while the device was away.
        dropped_away;
        /// Values that were to be set and do not fit the definition, or have no place.
        sets_refused;
        /// Creates refused because of `instances`.
        instances_full;
        /// Writes refused because of `resource_instances`.
        resource_instances_full;
        /// Writes refused because of `value_bytes`.
        values_too_large;
        /// Observe requests answered as plain Reads because of `observations`.
        observations_full;
        /// Write-Attributes refused because of `attribute_sets`.
        attribute_sets_full;
        /// Requests refused because of `early_requests`.
        early_requests_full;
    }
}

pub use bounds::Limits as ClientLimits;
pub use counters::Stats as ClientStats;
