//! Time as the caller gives it: nothing in this crate reads a clock.

use core::fmt;
use core::ops::{Add, Sub};
use core::time::Duration;

/// A monotonic instant in whole microseconds since a moment the driver chose (usually its start).
///
/// ```
/// use coap_exchange::Mono;
/// use core::time::Duration;
///
/// let later = Mono::ZERO + Duration::from_secs(2);
/// assert_eq!(later.as_micros(), 2_000_000);
/// assert_eq!(later - Mono::ZERO, Duration::from_secs(2));
/// assert_eq!(Mono::NEVER + Duration::from_secs(1), Mono::NEVER);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mono(u64);

impl Mono {
    /// The driver's own zero.
    pub const ZERO: Self = Self(0);
    /// Later than everything: what an idle engine asks to be woken at.
    pub const NEVER: Self = Self(u64::MAX);

    /// An instant from microseconds.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Microseconds since the driver's zero.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// The time from `earlier` to `self`, zero if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Mono {
    type Output = Self;

    /// Saturates at [`Mono::NEVER`].
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(micros(duration)))
    }
}

impl Sub for Mono {
    type Output = Duration;

    /// Zero if `earlier` is later, as [`Mono::since`].
    fn sub(self, earlier: Self) -> Duration {
        self.since(earlier)
    }
}

/// A point in civil time: whole microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Utc(u64);

impl Utc {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// A time from microseconds since 1970.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// The time from `earlier` to `self`, zero if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Utc {
    type Output = Self;

    /// Saturates at the largest value.
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(micros(duration)))
    }
}

impl fmt::Display for Utc {
    /// RFC 3339 in UTC with milliseconds, `2026-11-22T10:00:00.000Z`; years after 9999 are written with more digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0 / 1_000;
        let (days, in_day) = (millis / 86_400_000, millis % 86_400_000);
        let (year, month, day) = civil(days);
        let (hour, minute) = (in_day / 3_600_000, in_day / 60_000 % 60);
        let (second, milli) = (in_day / 1_000 % 60, in_day % 1_000);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
    }
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar.
fn civil(days: u64) -> (u64, u64, u64) {
    // Count from 0000-03-01, so that the leap day is the last one of a year and eras of 400 years have equal length.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

/// Both clocks at the moment of an input.
///
/// Timers run on `mono`; `utc` is for what is stored. A `mono` earlier than one given before is taken as that one.
#[allow(clippy::exhaustive_structs, reason = "two clocks are all there is; drivers write it as a literal")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// The monotonic clock.
    pub mono: Mono,
    /// The civil clock; it may jump.
    pub utc: Utc,
}

impl Now {
    /// Both clocks in one value.
    #[must_use]
    pub const fn new(mono: Mono, utc: Utc) -> Self {
        Self { mono, utc }
    }
}

/// Whole microseconds, saturating.
fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn utc_is_written_as_rfc_3339() {
        // Checked with `date -u -d @SECONDS`.
        const ROWS: &[(u64, &str)] = &[
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000Z"),
            (1_795_478_399_999_999, "2026-11-23T23:59:59.999Z"),
            (4_107_542_400_000_000, "2100-03-01T00:00:00.000Z"),
        ];
        for (micros, text) in ROWS {
            assert_eq!(Utc::from_micros(*micros).to_string(), *text);
        }
    }
}
