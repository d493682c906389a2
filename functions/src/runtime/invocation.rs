//! What a platform says of one invocation, and how much time that leaves (surface.md §15.6).

use std::time::Duration;

use chrono::NaiveDateTime;
use nightowl_config::Settings;

use super::TemporaryCredentials;
use crate::door::event::TimeBudget;

/// How long after the end of its time an invocation may still wait for what runs to notice, where the platform does not
/// cut it shorter.
const LATE: Duration = Duration::from_secs(1);

/// One invocation of a function.
#[derive(Debug, Clone, Default)]
pub struct Invocation {
    /// The platform's id of it, for logs.
    pub request_id: String,
    /// The function that was invoked, which routes may match.
    pub function: Option<String>,
    /// How long the platform lets it run from now on, where it says so.
    pub time_left: Option<Duration>,
    /// The keys that it may use.
    pub credentials: Option<TemporaryCredentials>,
}

/// The time of one invocation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    /// Nothing new is begun after it, and what runs ends at its next action.
    pub(super) budget: TimeBudget,
    /// What was not answered by then is answered as not done.
    pub(super) answer_within: Duration,
}

impl Invocation {
    /// Its time, from now on.
    pub(super) fn times(&self, settings: &Settings, now_utc: NaiveDateTime) -> Times {
        let longest = Duration::from_secs(settings.function.timeout_seconds);
        let margin = Duration::from_secs(settings.event.safety_margin_seconds);
        let budget = TimeBudget::of_invocation(now_utc, longest, self.time_left, margin);
        let time = budget.left().unwrap_or(longest);
        let kept_free = self.time_left.map_or(LATE, |left| left.saturating_sub(time) / 2);
        Times { budget, answer_within: time + kept_free.min(LATE) }
    }
}
