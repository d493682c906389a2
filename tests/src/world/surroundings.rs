//! Clock, ids and writer of the small world.

use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use chrono::{DateTime, NaiveDateTime};
use nightowl_core::port::{Clock, ExternalCall, ExternalWriter, ExternalWriterError, IdSource, IdSourceError};

/// A clock that stands at 2026-01-02 03:04:05.
#[derive(Debug, Clone, Copy, Default)]
pub struct StoppedClock;

#[async_trait]
impl Clock for StoppedClock {
    fn now(&self) -> NaiveDateTime {
        DateTime::from_timestamp(1_767_323_045, 0).unwrap_or_default().naive_utc()
    }

    fn now_utc(&self) -> NaiveDateTime {
        self.now()
    }

    fn ticks(&self) -> u64 {
        0
    }

    async fn sleep_ms(&self, _: u64) {}
}

/// Ids 1, 2, 3, ….
#[derive(Debug, Default)]
pub struct Counter(AtomicI64);

impl IdSource for Counter {
    fn next_id(&self) -> Result<i64, IdSourceError> {
        Ok(self.0.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

/// A writer that takes everything and sends nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoWriter;

#[async_trait]
impl ExternalWriter for NoWriter {
    async fn write(&self, _: &ExternalCall) -> Result<(), ExternalWriterError> {
        Ok(())
    }
}
