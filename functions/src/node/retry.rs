//! Repeating what met a conflict, holding nothing while waiting (engine.md §3.11, rule 4).

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nightowl_core::compile::Catalog;
use nightowl_core::engine::{AcceptedTrigger, Attempt, Engine, Footprint, InDoubt, TriggerError, TriggerOutcome, abroad_of};
use nightowl_core::port::{PendingWork, StoreError};
use nightowl_storage::Store;
use nightowl_storage::sql::was_kept;

use super::crossing::Exit;

/// How often the last try is repeated when it meets a deadlock: with transactions that take their locks in no order.
const DEADLOCKS: u32 = 10;
/// How long it is asked whether a commit without an answer was kept: as long as a server may need to start again.
const SETTLE: Duration = Duration::from_secs(15);
/// The pause before it is asked again.
const SETTLE_PAUSE: Duration = Duration::from_millis(250);

/// Does something, again where it met a conflict: as often as the settings say, the last time with locks.
pub(crate) async fn with_retries<T, F>(engine: &Engine, once: impl Fn(Attempt) -> F + Send + Sync) -> Result<T, TriggerError>
where
    F: Future<Output = Result<T, TriggerError>> + Send,
{
    let retry = engine.settings.update_retry;
    let footprint = Arc::<Footprint>::default();
    let (mut attempt, mut broken) = (0, false);
    loop {
        let locking = attempt > retry.times && retry.force;
        let error = match once(Attempt { locking, footprint: Some(Arc::clone(&footprint)) }).await {
            Err(error) if is_conflict(&error) => error,
            // A connection that breaks takes its transaction with it. The next one shows whether the server is away.
            Err(TriggerError::Store(StoreError::ConnectionFailed { .. })) if !broken => {
                broken = true;
                continue;
            }
            done => return done,
        };
        let deadlock = matches!(error, TriggerError::Store(StoreError::SerializationFailure { .. }));
        let tries = retry.times + u32::from(retry.force) + if retry.force && deadlock { DEADLOCKS } else { 0 };
        if !retry.enabled || attempt >= tries {
            return Err(error);
        }
        let pause_ms = retry.pause_ms(attempt.min(retry.times), engine.clock.ticks());
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        attempt += 1;
    }
}

/// Goes on with pending work, again where it met a conflict: from where it was committed last, never from its beginning.
pub(super) async fn resumed(exit: &Exit, engine: &Arc<Engine>, catalog: &Arc<Catalog>, work: PendingWork) -> Result<TriggerOutcome, TriggerError> {
    let abroad = &abroad_of(&work, catalog)?;
    let once = |attempt: Attempt| {
        let (engine, catalog, work, tenant_id) = (Arc::clone(engine), Arc::clone(catalog), work.clone(), work.tenant_id.clone());
        async move { exit.on_unit(&tenant_id, abroad, move |unit| Box::pin(async move { engine.resume(unit, &catalog, &work, attempt).await })).await }
    };
    with_retries(engine, once).await
}

/// A cascade of mode `action` that was interrupted after its row had been kept goes on from its pending row, never from
/// its beginning. What does not end well now is left to the worker of pending rows.
pub(crate) async fn gone_on(exit: &Exit, engine: &Arc<Engine>, catalog: &Arc<Catalog>, mut accepted: Box<AcceptedTrigger>) -> TriggerOutcome {
    if accepted.interrupted.as_ref().is_some_and(is_conflict) {
        match resumed(exit, engine, catalog, accepted.work.clone()).await {
            Ok(outcome) => return outcome.after(*accepted),
            Err(error) => accepted.interrupted = Some(error),
        }
    }
    if let Some(error) = &accepted.interrupted {
        tracing::warn!(trace_id = accepted.trace_id, %error, "a cascade was interrupted; it goes on from its pending row");
    }
    TriggerOutcome::Accepted(accepted)
}

/// What became of triggers whose commit was not answered: what they led to, an error that says to repeat them, since nothing
/// of them was kept, or, where the database can not tell in time, the error that they had.
pub(super) async fn settled(store: &Store, doubt: Box<InDoubt>) -> Result<Vec<Result<TriggerOutcome, TriggerError>>, TriggerError> {
    let trigger_id = doubt.trigger_id;
    let until = Instant::now() + SETTLE;
    loop {
        let told = store.write(move |session| Box::pin(async move { was_kept(session, trigger_id).await })).await;
        match told.and_then(|kept| kept) {
            Ok(true) => return Ok(doubt.outcomes),
            Ok(false) => {
                let reason = "the connection was lost before the commit; nothing was kept".to_owned();
                return Err(TriggerError::Store(StoreError::SerializationFailure { reason }));
            }
            Err(error) if Instant::now() >= until => {
                tracing::error!(trigger_id, %error, "whether a trigger was kept could not be learned");
                return Err(TriggerError::InDoubt(doubt));
            }
            Err(_) => tokio::time::sleep(SETTLE_PAUSE).await,
        }
    }
}

/// Whether the store itself is away, so that the triggers behind this one would only meet the same.
pub(super) const fn is_away(error: &TriggerError) -> bool {
    use StoreError::{ConnectionFailed, DiskFull, NotADatabase, Timeout};
    matches!(error, TriggerError::InDoubt(_) | TriggerError::Store(ConnectionFailed { .. } | Timeout { .. } | DiskFull { .. } | NotADatabase { .. }))
}

/// Whether repeating at once may help: conflicts and locks, not a database that is away.
const fn is_conflict(error: &TriggerError) -> bool {
    matches!(error, TriggerError::Store(StoreError::SerializationFailure { .. } | StoreError::LockNotAvailable { .. }))
}
