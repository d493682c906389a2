//! Failed authentications: so many a minute for each address, or each name, and no more (`surface.md §2.4`, S25).

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::{NaiveDateTime, TimeDelta};

use crate::error::AuthError;

const MINUTE: TimeDelta = TimeDelta::minutes(1);
/// The most addresses that are watched; beyond them those with the oldest failures are let go.
const MAX_WATCHED: usize = 10_000;

/// Counts failures of the last minute, by address or name. Times are UTC.
#[derive(Debug)]
pub struct Failures {
    per_minute: usize,
    watched: Mutex<HashMap<String, VecDeque<NaiveDateTime>>>,
}

impl Failures {
    /// Allows so many failures a minute; the setting `limits.failed_authentications`, 10 by default.
    #[must_use]
    pub fn new(per_minute: usize) -> Self {
        Self { per_minute: per_minute.max(1), watched: Mutex::default() }
    }

    /// Whether this address may try.
    ///
    /// # Errors
    /// `limit-authentication-failures`, answered 429, until the oldest of the counted failures is a minute old.
    pub fn check(&self, address: &str, now: NaiveDateTime) -> Result<(), AuthError> {
        let mut watched = self.watched();
        let Some(times) = watched.get_mut(address) else {
            return Ok(());
        };
        forget_old(times, now);
        if times.len() < self.per_minute {
            return Ok(());
        }
        let wait = times.front().map_or(MINUTE, |oldest| *oldest + MINUTE - now);
        Err(AuthError::FailuresExceeded { retry_after_ms: u64::try_from(wait.num_milliseconds()).unwrap_or(0) })
    }

    /// Counts a failure.
    pub fn note(&self, address: &str, now: NaiveDateTime) {
        let mut watched = self.watched();
        if watched.len() >= MAX_WATCHED && !watched.contains_key(address) {
            make_room(&mut watched, now);
        }
        let times = watched.entry(address.to_owned()).or_default();
        forget_old(times, now);
        times.push_back(now);
        while times.len() > self.per_minute {
            times.pop_front();
        }
    }

    fn watched(&self) -> MutexGuard<'_, HashMap<String, VecDeque<NaiveDateTime>>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Failures {
    fn default() -> Self {
        Self::new(10)
    }
}

/// Failures of more than a minute ago count no longer; nor do those of a clock that was ahead.
fn forget_old(times: &mut VecDeque<NaiveDateTime>, now: NaiveDateTime) {
    times.retain(|time| *time <= now && now - *time < MINUTE);
}

fn make_room(watched: &mut HashMap<String, VecDeque<NaiveDateTime>>, now: NaiveDateTime) {
    watched.retain(|_, times| {
        forget_old(times, now);
        !times.is_empty()
    });
    if watched.len() >= MAX_WATCHED {
        let oldest = watched.iter().min_by_key(|(_, times)| times.back().copied());
        if let Some(address) = oldest.map(|(address, _)| address.clone()) {
            watched.remove(&address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_failures_a_minute_for_each_address() {
        let failures = Failures::default();
        let start: NaiveDateTime = "2026-01-01T00:00:00".parse().unwrap();
        for second in 0..10 {
            let now = start + TimeDelta::seconds(second);
            assert!(failures.check("10.0.0.1", now).is_ok());
            failures.note("10.0.0.1", now);
        }
        let refused = failures.check("10.0.0.1", start + TimeDelta::seconds(10)).unwrap_err();
        assert_eq!((refused.http_status(), refused.retry_after_seconds()), (429, Some(50)));
        assert!(failures.check("10.0.0.2", start).is_ok());
        assert!(failures.check("10.0.0.1", start + TimeDelta::seconds(60)).is_ok());
    }

    #[test]
    fn what_is_watched_is_bounded() {
        let failures = Failures::default();
        let now: NaiveDateTime = "2026-01-01T00:00:00".parse().unwrap();
        for address in 0..MAX_WATCHED + 100 {
            failures.note(&address.to_string(), now);
        }
        assert_eq!(failures.watched().len(), MAX_WATCHED);
    }
}
