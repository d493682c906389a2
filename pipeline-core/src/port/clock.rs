//! Time comes from outside.

use chrono::NaiveDateTime;

/// A clock.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The moment in the configured zone (`engine.time_zone`), without zone, to the microsecond.
    fn now(&self) -> NaiveDateTime;
    /// Microseconds since some fixed moment; never steps back. For durations only.
    fn ticks(&self) -> u64;
}
