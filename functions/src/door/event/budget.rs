//! How much time an invocation has (surface.md §15.6).

use std::time::{Duration, Instant};

use chrono::{NaiveDateTime, TimeDelta};

/// At most this part of the platform's time is kept free.
const MARGIN_PART: u32 = 10;

/// When an invocation has to end. At that moment nothing new is begun, and what runs ends at its next action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TimeBudget {
    ends: Option<(Instant, NaiveDateTime)>,
}

impl TimeBudget {
    /// All the time in the world.
    pub const fn unlimited() -> Self {
        Self { ends: None }
    }

    /// The time of an invocation that begins now: `longest` (`function.timeout_seconds`), and where the platform says how
    /// much is left, no more than that without `margin` (`event.safety_margin_seconds`; at most a tenth of it).
    pub fn of_invocation(now_utc: NaiveDateTime, longest: Duration, platform: Option<Duration>, margin: Duration) -> Self {
        let of_platform = platform.map(|left| left.saturating_sub(margin.min(left / MARGIN_PART)));
        Self::lasting(now_utc, of_platform.map_or(longest, |left| left.min(longest)))
    }

    /// So much time from now on.
    pub fn lasting(now_utc: NaiveDateTime, time: Duration) -> Self {
        let ends_at = TimeDelta::from_std(time).ok().and_then(|time| now_utc.checked_add_signed(time));
        Self { ends: Instant::now().checked_add(time).zip(ends_at) }
    }

    /// Whether the time is over.
    pub fn is_over(&self) -> bool {
        self.ends.is_some_and(|(instant, _)| Instant::now() >= instant)
    }

    /// How much is left; `None` where there is no end.
    pub fn left(&self) -> Option<Duration> {
        self.ends.map(|(instant, _)| instant.saturating_duration_since(Instant::now()))
    }

    /// What is told of what was not begun, or not ended, because the time is over.
    pub(super) fn over() -> (&'static str, String) {
        ("limit-deadline", "the time of the invocation is over".to_owned())
    }

    /// When it is over, UTC.
    pub fn deadline(&self) -> Option<NaiveDateTime> {
        self.ends.map(|(_, deadline)| deadline)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shorter_time_counts_and_a_margin_is_kept() {
        let now = NaiveDateTime::default();
        let seconds = |longest: u64, platform: Option<u64>| {
            let budget = TimeBudget::of_invocation(now, Duration::from_secs(longest), platform.map(Duration::from_secs), Duration::from_secs(5));
            (budget.deadline().unwrap() - now).num_seconds()
        };
        assert_eq!(seconds(300, None), 300);
        assert_eq!(seconds(300, Some(900)), 300);
        assert_eq!(seconds(300, Some(60)), 55);
        assert_eq!(seconds(300, Some(10)), 9);
        assert!(TimeBudget::lasting(now, Duration::ZERO).is_over());
        assert!(!TimeBudget::unlimited().is_over());
    }
}
