//! The machine's clock in the configured zone.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::{NaiveDateTime, Timelike, Utc};
use chrono_tz::Tz;
use nightowl_core::port::Clock;

/// The machine's clock.
#[derive(Debug, Clone)]
pub struct SystemClock {
    zone: Tz,
    began: Instant,
}

impl SystemClock {
    /// A clock of this zone (`engine.time_zone`).
    pub fn new(zone: Tz) -> Self {
        Self { zone, began: Instant::now() }
    }
}

/// Microseconds are as fine as any of our columns.
fn to_micros(moment: NaiveDateTime) -> NaiveDateTime {
    moment.with_nanosecond(moment.nanosecond() / 1000 * 1000).unwrap_or(moment)
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> NaiveDateTime {
        to_micros(Utc::now().with_timezone(&self.zone).naive_local())
    }

    fn now_utc(&self) -> NaiveDateTime {
        to_micros(Utc::now().naive_utc())
    }

    fn ticks(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    async fn sleep_ms(&self, duration_ms: u64) {
        tokio::time::sleep(Duration::from_millis(duration_ms)).await;
    }
}

impl nightowl_auth::Clock for SystemClock {
    fn now(&self) -> NaiveDateTime {
        self.now_utc()
    }
}
