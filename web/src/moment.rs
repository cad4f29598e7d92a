//! Points in time, ages and durations, and how they are said.

/// Milliseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub i64);

impl Moment {
    /// Reads RFC 3339 with `Z` or an offset, fractions cut to milliseconds.
    ///
    /// ```
    /// use console::moment::Moment;
    /// assert_eq!(Moment::parse("1970-01-01T01:00:01.25+01:00"), Some(Moment(1_250)));
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
        let mark = |at: usize, expected: &[u8]| text.as_bytes().get(at).is_some_and(|byte| expected.contains(byte));
        if !(mark(4, b"-") && mark(7, b"-") && mark(10, b"Tt ") && mark(13, b":") && mark(16, b":")) {
            return None;
        }
        let days = days_from_civil(number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let mut ms = ((days * 24 + number(11, 13)?) * 60 + number(14, 16)?) * 60_000 + number(17, 19)? * 1_000;
        let mut rest = text.get(19..)?;
        if let Some(fraction) = rest.strip_prefix('.') {
            let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
            let mut scale = 100;
            for digit in fraction.bytes().take(digits.min(3)) {
                ms += i64::from(digit - b'0') * scale;
                scale /= 10;
            }
            rest = fraction.get(digits..)?;
        }
        if matches!(rest, "Z" | "z") {
            return Some(Self(ms));
        }
        let sign = match rest.get(..1)? {
            "+" => 1,
            "-" => -1,
            _ => return None,
        };
        let hours = rest.get(1..3)?.parse::<i64>().ok()?;
        let minutes = rest.get(4..6)?.parse::<i64>().ok()?;
        Some(Self(ms - sign * (hours * 60 + minutes) * 60_000))
    }

    /// Milliseconds from `earlier` to this moment, never negative.
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0).max(0)
    }

    /// `2026-11-22 14:32:08`, as a clock shows it that is `offset` minutes ahead of UTC.
    pub fn date_and_clock(self, offset: i64) -> String {
        let (date, clock) = self.split(offset);
        let (year, month, day) = civil_from_days(date);
        format!("{year:04}-{month:02}-{day:02} {}", clock_text(clock / 1_000))
    }

    /// `14:32:08.352`, as a clock shows it that is `offset` minutes ahead of UTC.
    pub fn clock(self, offset: i64) -> String {
        let (_, clock) = self.split(offset);
        format!("{}.{:03}", clock_text(clock / 1_000), clock % 1_000)
    }

    fn split(self, offset: i64) -> (i64, i64) {
        const DAY: i64 = 86_400_000;
        let local = self.0.saturating_add(offset * 60_000);
        (local.div_euclid(DAY), local.rem_euclid(DAY))
    }
}

/// How long something has been so: `2 s`, `18 m`, `1 h 07 m`, `3 d`. Below a second: `now`.
pub fn span(ms: i64) -> String {
    let s = ms / 1_000;
    match s {
        ..1 => "now".to_owned(),
        1..60 => format!("{s} s"),
        60..3_600 => format!("{} m", s / 60),
        3_600..86_400 => format!("{} h {:02} m", s / 3_600, s / 60 % 60),
        _ => format!("{} d", s / 86_400),
    }
}

/// How old something is: `just now`, `2 s ago`, `18 m ago`.
pub fn ago(ms: i64) -> String {
    if ms < 1_000 { "just now".to_owned() } else { format!("{} ago", span(ms)) }
}

/// How much is left, more exact than an age: `59 s`, `3 m 33 s`, `1 h 02 m`, `19 h`, `3 d 4 h`.
pub fn remaining(ms: i64) -> String {
    let s = ms.max(0) / 1_000;
    match s {
        ..60 => format!("{s} s"),
        60..3_600 => format!("{} m {:02} s", s / 60, s % 60),
        3_600..36_000 => format!("{} h {:02} m", s / 3_600, s / 60 % 60),
        36_000..86_400 => format!("{} h", s / 3_600),
        86_400..864_000 => format!("{} d {} h", s / 86_400, s / 3_600 % 24),
        _ => format!("{} d", s / 86_400),
    }
}

/// How long an exchange took: `38 ms`, `1.2 s`, `93 s`.
pub fn took(ms: i64) -> String {
    match ms {
        ..1_000 => format!("{} ms", ms.max(0)),
        1_000..10_000 => format!("{}.{} s", ms / 1_000, ms / 100 % 10),
        _ => format!("{} s", ms / 1_000),
    }
}

fn clock_text(s: i64) -> String {
    format!("{:02}:{:02}:{:02}", s / 3_600, s / 60 % 60, s % 60)
}

/// Days since 1970-01-01 of a date in the Gregorian calendar, counting eras of 400 years from March.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Undoes [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    (year, month, of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_shows_dates() {
        let rows = [
            ("1970-01-01T00:00:00Z", 0, "1970-01-01 00:00:00"),
            ("2026-11-22T14:32:08.352Z", 1_795_357_928_352, "2026-11-22 14:32:08"),
            ("2024-02-29T23:59:59.9999Z", 1_709_251_199_999, "2024-02-29 23:59:59"),
            ("2026-11-22T15:32:08+01:00", 1_795_357_928_000, "2026-11-22 14:32:08"),
            ("2026-11-22T09:02:08-05:30", 1_795_357_928_000, "2026-11-22 14:32:08"),
            ("1969-12-31T23:59:59Z", -1_000, "1969-12-31 23:59:59"),
        ];
        for (text, ms, shown) in rows {
            assert_eq!(Moment::parse(text), Some(Moment(ms)), "{text}");
            assert_eq!(Moment(ms).date_and_clock(0), shown, "{text}");
        }
        for text in ["", "2026", "2026-11-22", "2026-11-22T14:32:08", "2026-11-22T14:32:0xZ", "2026-11-22T14:32:08+1"] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
        assert_eq!(Moment(1_795_357_928_352).clock(60), "15:32:08.352");
    }

    #[test]
    fn says_durations() {
        let rows = [
            (0, "now", "0 s", "0 ms"),
            (999, "now", "0 s", "999 ms"),
            (2_000, "2 s", "2 s", "2.0 s"),
            (213_000, "3 m", "3 m 33 s", "213 s"),
            (4_020_000, "1 h 07 m", "1 h 07 m", "4020 s"),
            (68_400_000, "19 h 00 m", "19 h", "68400 s"),
            (273_600_000, "3 d", "3 d 4 h", "273600 s"),
            (-5, "now", "0 s", "0 ms"),
        ];
        for (ms, age, left, exchange) in rows {
            assert_eq!((span(ms).as_str(), remaining(ms).as_str(), took(ms).as_str()), (age, left, exchange), "{ms}");
        }
        assert_eq!((ago(10), ago(2_100)), ("just now".to_owned(), "2 s ago".to_owned()));
    }
}
