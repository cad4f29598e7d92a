//! How much the Server takes, and what it does when it is more.

use core::time::Duration;

/// The bounds of a [`Server`](crate::Server). Every field has its default, its unit and what happens on excess.
///
/// ```
/// let mut limits = lwm2m_engine::Limits::default();
/// limits.set("registrations", 10).unwrap();
/// assert_eq!(limits.registrations, 10);
/// assert!(limits.set("registration", 10).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Registrations at once. Default 2,000,000; one more is answered 5.03 with Max-Age.
    pub registrations: usize,
    /// Links in one registration. Default 1,024; more is answered 4.00.
    pub links: usize,
    /// Query parameters of one Register or Update that the standard does not name. Default 32; more is answered 4.00.
    pub extra_parameters: usize,
    /// Requests from a device that wait while an earlier change of the same device is being stored. Default 4; one more
    /// is answered 5.03.
    pub unsettled: usize,
    /// Requests that wait or are under way per device. Default 64; one more fails with
    /// [`RequestError::QueueFull`](crate::RequestError::QueueFull).
    pub requests: usize,
    /// Replies kept for a repeated [`OperationId`](crate::OperationId). Default 4,096; the oldest is forgotten.
    pub remembered_replies: usize,
    /// How long after the end of its lifetime a registration still stands, in seconds. Default 0.
    pub grace: u32,
    /// How long a request from a WebSocket client may take, in seconds. Default 93 (`MAX_TRANSMIT_WAIT`); after that the
    /// client is answered 5.04.
    pub request_timeout: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            registrations: 2_000_000,
            links: 1_024,
            extra_parameters: 32,
            unsettled: 4,
            requests: 64,
            remembered_replies: 4_096,
            grace: 0,
            request_timeout: 93,
        }
    }
}

/// A name that is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no limit of this name")]
pub struct UnknownLimit;

impl Limits {
    /// The names [`set`](Self::set) takes, with the value each has by default.
    pub fn defaults() -> Vec<(&'static str, u64)> {
        let mut limits = Self::default();
        limits.fields().into_iter().map(|(name, field)| (name, field.get())).collect()
    }

    /// Sets one limit by name; a value above what the field holds is taken as its highest.
    ///
    /// # Errors
    /// [`UnknownLimit`] if no limit has that name.
    pub fn set(&mut self, name: &str, value: u64) -> Result<(), UnknownLimit> {
        let (_, field) = self.fields().into_iter().find(|(known, _)| *known == name).ok_or(UnknownLimit)?;
        field.set(value);
        Ok(())
    }

    pub(crate) fn request_timeout(&self) -> Duration {
        Duration::from_secs(self.request_timeout.into())
    }

    fn fields(&mut self) -> [(&'static str, Field<'_>); 8] {
        [
            ("registrations", Field::Count(&mut self.registrations)),
            ("links", Field::Count(&mut self.links)),
            ("extra_parameters", Field::Count(&mut self.extra_parameters)),
            ("unsettled", Field::Count(&mut self.unsettled)),
            ("requests", Field::Count(&mut self.requests)),
            ("remembered_replies", Field::Count(&mut self.remembered_replies)),
            ("grace", Field::Seconds(&mut self.grace)),
            ("request_timeout", Field::Seconds(&mut self.request_timeout)),
        ]
    }
}

enum Field<'a> {
    Count(&'a mut usize),
    Seconds(&'a mut u32),
}

impl Field<'_> {
    fn get(&self) -> u64 {
        match self {
            Self::Count(count) => **count as u64,
            Self::Seconds(seconds) => u64::from(**seconds),
        }
    }

    fn set(self, value: u64) {
        match self {
            Self::Count(count) => *count = usize::try_from(value).unwrap_or(usize::MAX),
            Self::Seconds(seconds) => *seconds = u32::try_from(value).unwrap_or(u32::MAX),
        }
    }
}
