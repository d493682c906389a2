//! Repeating what met a conflict, holding nothing while waiting (engine.md §3.11, rule 4).

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use nightowl_core::compile::Catalog;
use nightowl_core::engine::{AcceptedTrigger, Attempt, Engine, TriggerError, TriggerOutcome};
use nightowl_core::port::{PendingWork, StoreError};
use nightowl_storage::Store;
use nightowl_storage::sql::SqlUnitOfWork;

/// Does something, again where it met a conflict: as often as the settings say, the last time with locks.
pub(crate) async fn with_retries<T, F>(engine: &Engine, once: impl Fn(Attempt) -> F + Send + Sync) -> Result<T, TriggerError>
where
    F: Future<Output = Result<T, TriggerError>> + Send,
{
    let retry = engine.settings.update_retry;
    let mut attempt = 0;
    loop {
        let last = attempt > retry.times;
        let error = match once(Attempt { locking: last && retry.force }).await {
            Err(error) if is_conflict(&error) => error,
            done => return done,
        };
        let more = retry.enabled && (attempt < retry.times || (retry.force && attempt == retry.times));
        if !more {
            return Err(error);
        }
        let pause_ms = retry.pause_ms(attempt, engine.clock.ticks());
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        attempt += 1;
    }
}

/// Goes on with pending work, again where it met a conflict: from where it was committed last, never from its beginning.
pub(super) async fn resumed(store: &Store, engine: &Arc<Engine>, catalog: &Arc<Catalog>, work: PendingWork) -> Result<TriggerOutcome, TriggerError> {
    let once = |attempt: Attempt| {
        let (engine, catalog, work) = (Arc::clone(engine), Arc::clone(catalog), work.clone());
        let done = store.write(move |session| {
            Box::pin(async move {
                let mut unit = SqlUnitOfWork::new(session);
                engine.resume(&mut unit, &catalog, &work, attempt).await
            })
        });
        async move { done.await.map_err(TriggerError::Store)? }
    };
    with_retries(engine, once).await
}

/// A cascade of mode `action` that was interrupted after its row had been kept goes on from its pending row, never from
/// its beginning. What does not end well now is left to the worker of pending rows.
pub(crate) async fn gone_on(store: &Store, engine: &Arc<Engine>, catalog: &Arc<Catalog>, mut accepted: Box<AcceptedTrigger>) -> TriggerOutcome {
    if accepted.interrupted.as_ref().is_some_and(is_conflict) {
        match resumed(store, engine, catalog, accepted.work.clone()).await {
            Ok(outcome) => return outcome.after(*accepted),
            Err(error) => accepted.interrupted = Some(error),
        }
    }
    if let Some(error) = &accepted.interrupted {
        tracing::warn!(trace_id = accepted.trace_id, %error, "a cascade was interrupted; it goes on from its pending row");
    }
    TriggerOutcome::Accepted(accepted)
}

/// Whether repeating at once may help: conflicts and locks, not a database that is away.
const fn is_conflict(error: &TriggerError) -> bool {
    matches!(error, TriggerError::Store(StoreError::SerializationFailure { .. } | StoreError::LockNotAvailable { .. }))
}
