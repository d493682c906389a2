//! When a schedule is due: a cron expression, or so much time after so much time.

use std::str::FromStr as _;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use croner::Cron;

/// What a period begins with.
const EVERY: &str = "@every";
/// The shortest and the longest period, in seconds.
const PERIOD_SECONDS: (i64, i64) = (1, 366 * 86_400);

/// When a schedule is due.
#[derive(Debug, Clone)]
pub enum When {
    /// By a cron expression of five fields, or of six with seconds first.
    Cron(Box<Cron>),
    /// After so much time, counted from 1970, so that all servers agree.
    Every(TimeDelta),
}

impl When {
    /// Reads `*/5 * * * *`, `@hourly`, `@every 5m`, `@every 1h30m`.
    ///
    /// # Errors
    /// What is wrong, and what would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Some(period) = text.strip_prefix(EVERY) {
            return period_of(period.trim()).map(Self::Every);
        }
        let cron = Cron::from_str(text);
        cron.map(|cron| Self::Cron(Box::new(cron))).map_err(|error| format!("\"{text}\" is no cron expression: {error}; write */5 * * * *, or @every 5m"))
    }

    /// The first time after a moment; none where there will be none any more.
    pub fn after(&self, moment: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        match self {
            Self::Cron(cron) => cron.find_next_occurrence(&moment.with_timezone(&zone), false).ok().map(|next| next.with_timezone(&Utc)),
            Self::Every(period) => {
                let periods = moment.timestamp().div_euclid(period.num_seconds()).checked_add(1)?;
                DateTime::from_timestamp(periods.checked_mul(period.num_seconds())?, 0)
            }
        }
    }
}

/// A period of hours, minutes and seconds: `1h30m`, `90s`.
fn period_of(text: &str) -> Result<TimeDelta, String> {
    let wrong = || format!("\"{EVERY} {text}\" is no period; write {EVERY} 5m, with the units d, h, m, s");
    let mut seconds = 0_i64;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit()).ok_or_else(wrong)?;
        let (number, behind) = rest.split_at_checked(digits).ok_or_else(wrong)?;
        let mut letters = behind.chars();
        let unit = match letters.next() {
            Some('d') => 86_400,
            Some('h') => 3_600,
            Some('m') => 60,
            Some('s') => 1,
            _ => return Err(wrong()),
        };
        let part = number.parse::<i64>().ok().and_then(|number| number.checked_mul(unit)).ok_or_else(wrong)?;
        seconds = seconds.checked_add(part).ok_or_else(wrong)?;
        rest = letters.as_str();
    }
    let (shortest, longest) = PERIOD_SECONDS;
    if (shortest..=longest).contains(&seconds) { Ok(TimeDelta::seconds(seconds)) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(at: &str, from: &str, zone: Tz) -> String {
        let from = DateTime::parse_from_rfc3339(from).unwrap().with_timezone(&Utc);
        When::parse(at).unwrap().after(from, zone).unwrap().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    }

    #[test]
    fn the_next_time_is_after_the_moment() {
        for (at, from, expected) in [
            ("*/5 * * * *", "2026-02-01T08:00:00Z", "2026-02-01T08:05:00Z"),
            ("30 2 * * 1", "2026-02-01T08:00:00Z", "2026-02-02T02:30:00Z"),
            ("*/10 * * * * *", "2026-02-01T08:00:01Z", "2026-02-01T08:00:10Z"),
            ("@hourly", "2026-02-01T08:00:01Z", "2026-02-01T09:00:00Z"),
            ("@every 5m", "2026-02-01T08:04:59Z", "2026-02-01T08:05:00Z"),
            ("@every 5m", "2026-02-01T08:05:00Z", "2026-02-01T08:10:00Z"),
            ("@every 1h30m", "2026-02-01T00:00:00Z", "2026-02-01T01:30:00Z"),
        ] {
            assert_eq!(next(at, from, Tz::UTC), expected, "{at} after {from}");
        }
    }

    #[test]
    fn a_day_has_the_hours_of_its_zone() {
        assert_eq!(next("0 3 * * *", "2026-02-01T00:00:00Z", Tz::Asia__Shanghai), "2026-02-01T19:00:00Z");
        // the hour that the change to summer time leaves out does not come: the schedule fires when the clock goes on
        let skipped = next("30 2 * * *", "2026-03-29T00:00:00Z", Tz::Europe__Berlin);
        assert!(skipped.starts_with("2026-03-29T01:"), "{skipped}");
    }

    #[test]
    fn what_is_no_time_is_told() {
        for wrong in ["", "often", "61 * * * *", "* * *", "@every", "@every 5", "@every 0s", "@every 5x", "@every 400d", "@every 99999999999999999999h"] {
            assert!(When::parse(wrong).is_err(), "{wrong}");
        }
    }
}
