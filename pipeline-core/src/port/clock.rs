//! Time comes from outside.

use async_trait::async_trait;
use chrono::NaiveDateTime;

/// A clock.
#[async_trait]
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The moment in the configured zone (`engine.time_zone`), without zone, to the microsecond.
    fn now(&self) -> NaiveDateTime;
    /// The moment in UTC, without zone, to the microsecond; for what only the machinery uses (storage.md §12.7).
    fn now_utc(&self) -> NaiveDateTime;
    /// Microseconds since some fixed moment; never steps back. For durations only.
    fn ticks(&self) -> u64;
    /// Waits.
    async fn sleep_ms(&self, duration_ms: u64);
}
