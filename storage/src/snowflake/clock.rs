//! The two clocks that ids and leases look at.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Wall time for the ids, monotonic time for the end of a lease.
pub trait SnowflakeClock: Send + Sync + std::fmt::Debug {
    /// Milliseconds since 1970-01-01T00:00:00Z. May step in both directions.
    fn unix_ms(&self) -> i64;
    /// Milliseconds since some fixed moment. Never steps back; may stand still while the machine sleeps.
    fn monotonic_ms(&self) -> u64;
}

/// The machine's clocks.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// A clock whose monotonic time starts now.
    pub fn new() -> Self {
        Self { started: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl SnowflakeClock for SystemClock {
    fn unix_ms(&self) -> i64 {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
    }

    fn monotonic_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::SnowflakeClock;
    use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

    /// A clock that a test moves.
    #[derive(Debug)]
    pub(crate) struct ManualClock {
        wall_ms: AtomicI64,
        monotonic_ms: AtomicU64,
    }

    impl ManualClock {
        pub(crate) fn at(unix_ms: i64) -> Self {
            Self { wall_ms: AtomicI64::new(unix_ms), monotonic_ms: AtomicU64::new(0) }
        }

        /// Moves the wall clock only: a step of the machine's time.
        pub(crate) fn step(&self, by_ms: i64) {
            self.wall_ms.fetch_add(by_ms, Ordering::SeqCst);
        }

        /// Time passes on both clocks.
        pub(crate) fn pass(&self, ms: u32) {
            self.wall_ms.fetch_add(i64::from(ms), Ordering::SeqCst);
            self.monotonic_ms.fetch_add(u64::from(ms), Ordering::SeqCst);
        }
    }

    impl SnowflakeClock for ManualClock {
        fn unix_ms(&self) -> i64 {
            self.wall_ms.load(Ordering::SeqCst)
        }

        fn monotonic_ms(&self) -> u64 {
            self.monotonic_ms.load(Ordering::SeqCst)
        }
    }
}
