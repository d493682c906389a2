//! Until when a token is good (`surface.md §2.4`, S2).

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, TimeZone};
use chrono_tz::Tz;

use crate::error::AuthError;

/// The longest time that may be given in days: a hundred years.
const MAX_DAYS: u64 = 36_500;

/// Until when a token is good; days and moments are those of the configured zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// For ever.
    Never,
    /// To the end of a day.
    Day(NaiveDate),
    /// Up to a moment, which is no longer part of it.
    Moment(NaiveDateTime),
}

impl Expiry {
    /// Reads `90d` (so many days after today), `2027-01-31`, `2027-01-31T18:00:00` (also with an offset) or `never`.
    ///
    /// `now` is UTC.
    ///
    /// # Errors
    /// `auth-expiry-wrong` for any other text, and for more than 36500 days.
    pub fn parse(text: &str, now: NaiveDateTime, zone: Tz) -> Result<Self, AuthError> {
        let trimmed = text.trim();
        let wrong = || AuthError::ExpiryWrong { expiry: text.to_owned() };
        if trimmed.eq_ignore_ascii_case("never") {
            return Ok(Self::Never);
        }
        if let Some(days) = trimmed.strip_suffix(['d', 'D']) {
            let days: u64 = days.parse().ok().filter(|days| *days <= MAX_DAYS).ok_or_else(wrong)?;
            let today = local(now, zone).date();
            return today.checked_add_days(Days::new(days)).map(Self::Day).ok_or_else(wrong);
        }
        if let Ok(day) = trimmed.parse::<NaiveDate>() {
            return Ok(Self::Day(day));
        }
        if let Ok(moment) = DateTime::parse_from_rfc3339(trimmed) {
            return Ok(Self::Moment(moment.with_timezone(&zone).naive_local()));
        }
        trimmed.parse::<NaiveDateTime>().map(Self::Moment).map_err(|_| wrong())
    }

    /// Reads a stored value: midnight stands for the whole day, since stores keep days in a column for moments
    /// (`storage.md §15.3`).
    #[must_use]
    pub fn from_stored(moment: Option<NaiveDateTime>) -> Self {
        match moment {
            None => Self::Never,
            Some(moment) if moment == NaiveDateTime::from(moment.date()) => Self::Day(moment.date()),
            Some(moment) => Self::Moment(moment),
        }
    }

    /// The value to store: a day at its midnight.
    #[must_use]
    pub fn to_stored(self) -> Option<NaiveDateTime> {
        match self {
            Self::Never => None,
            Self::Day(day) => Some(NaiveDateTime::from(day)),
            Self::Moment(moment) => Some(moment),
        }
    }

    /// Whether it is over at this time, which is UTC.
    #[must_use]
    pub fn is_over(self, now: NaiveDateTime, zone: Tz) -> bool {
        let local = local(now, zone);
        match self {
            Self::Never => false,
            Self::Day(day) => local.date() > day,
            Self::Moment(moment) => local >= moment,
        }
    }
}

/// A time of the configured zone for one of UTC.
pub(crate) fn local(now: NaiveDateTime, zone: Tz) -> NaiveDateTime {
    zone.from_utc_datetime(&now).naive_local()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    const SHANGHAI: Tz = chrono_tz::Asia::Shanghai;

    #[test]
    fn a_day_is_good_to_its_end_in_the_zone() {
        let expiry = Expiry::Day("2027-01-31".parse().unwrap());
        assert!(!expiry.is_over(at("2027-01-31T15:59:59"), SHANGHAI));
        assert!(expiry.is_over(at("2027-01-31T16:00:00"), SHANGHAI));
        assert!(!expiry.is_over(at("2027-01-31T23:59:59"), Tz::UTC));
    }

    #[test]
    fn a_moment_is_exact() {
        let expiry = Expiry::Moment(at("2027-01-31T18:00:00"));
        assert!(!expiry.is_over(at("2027-01-31T17:59:59.999"), Tz::UTC));
        assert!(expiry.is_over(at("2027-01-31T18:00:00"), Tz::UTC));
        assert!(expiry.is_over(at("2027-01-31T10:00:00"), SHANGHAI));
    }

    #[test]
    fn four_forms_are_read() {
        let read = |text| Expiry::parse(text, at("2026-12-31T20:00:00"), SHANGHAI);
        assert_eq!(read("never"), Ok(Expiry::Never));
        assert_eq!(read("90d"), Ok(Expiry::Day("2027-04-01".parse().unwrap())));
        assert_eq!(read("2027-01-31"), Ok(Expiry::Day("2027-01-31".parse().unwrap())));
        assert_eq!(read("2027-01-31T18:00:00"), Ok(Expiry::Moment(at("2027-01-31T18:00:00"))));
        assert_eq!(read("2027-01-31T18:00:00Z"), Ok(Expiry::Moment(at("2027-02-01T02:00:00"))));
        for wrong in ["", "d", "-1d", "99999999999999999999d", "36501d", "tomorrow", "2027-02-30"] {
            assert_eq!(read(wrong).unwrap_err().code(), "auth-expiry-wrong", "{wrong}");
        }
    }

    #[test]
    fn what_is_stored_is_read_back() {
        let day = Expiry::Day("2027-01-31".parse().unwrap());
        let moment = Expiry::Moment(at("2027-01-31T18:00:00"));
        for expiry in [Expiry::Never, day, moment] {
            assert_eq!(Expiry::from_stored(expiry.to_stored()), expiry);
        }
    }
}
