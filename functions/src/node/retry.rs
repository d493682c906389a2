//! Repeating what a conflict undid (engine.md §3.11, rule 4): nothing is held while it waits.

use std::future::Future;
use std::time::Duration;

use nightowl_core::engine::{Attempt, Engine, TriggerError};
use nightowl_core::error::{Coded, ErrorClass};
use nightowl_core::port::StoreError;

/// Carries something out, again where the world failed and may be better later; the last time with locking reads.
pub(crate) async fn with_retries<T, F>(engine: &Engine, once: impl Fn(Attempt) -> F + Send + Sync) -> Result<T, TriggerError>
where
    F: Future<Output = Result<T, TriggerError>> + Send,
{
    let retry = engine.settings.update_retry;
    let mut attempt = 0;
    loop {
        let last = attempt > retry.times;
        let error = match once(Attempt { locking: last && retry.force }).await {
            Err(error) if error.class() == ErrorClass::Retry => error,
            done => return done,
        };
        let more = retry.enabled && (attempt < retry.times || (retry.force && attempt == retry.times));
        if !more || !is_conflict(&error) {
            return Err(error);
        }
        let pause_ms = retry.pause_ms(attempt, engine.clock.ticks());
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        attempt += 1;
    }
}

/// Whether repeating at once may help: conflicts and locks, not a database that is away.
const fn is_conflict(error: &TriggerError) -> bool {
    matches!(error, TriggerError::Store(StoreError::SerializationFailure { .. } | StoreError::LockNotAvailable { .. }))
}
