//! What becomes of pending cascades that could not be gone on with: they rest, longer each time, and are given up only
//! where repeating can not help.

use nightowl_core::engine::{Engine, TriggerError};
use nightowl_core::error::{Coded, ErrorClass};
use nightowl_core::port::PendingWork;
use nightowl_storage::Store;
use nightowl_storage::sql::pending::{give_up_cascade, postpone_cascade};

use super::{NodeError, Stores};

/// The longest delay of work that the world kept from being done, in seconds. It is repeated for ever.
const LONGEST_RETRY: u32 = 300;
/// The first and the longest delay of work that can not be done as it is, in seconds.
const POISON: (u32, u32) = (60, 3_600);
/// How often work that can not be done as it is is tried; after that its trigger has failed.
const POISON_ATTEMPTS: i64 = 12;

/// Why a cascade was not gone on with: its definitions, its data source, or the run itself.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The run.
    #[error(transparent)]
    Trigger(#[from] TriggerError),
    /// What it needs.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// The data source where it is to be done.
    #[error("failed to reach a data source: {0}")]
    Away(&'static str),
}

impl Failure {
    pub(super) const fn away(reason: &'static str) -> Self {
        Self::Away(reason)
    }
}

impl Coded for Failure {
    fn code(&self) -> &'static str {
        match self {
            Self::Trigger(error) => error.code(),
            Self::Node(error) => error.code(),
            Self::Away(_) => "storage-connection-failed",
        }
    }

    fn class(&self) -> ErrorClass {
        match self {
            Self::Trigger(error) => error.class(),
            Self::Node(error) => error.class(),
            Self::Away(_) => ErrorClass::Retry,
        }
    }
}

/// How long work rests after so many attempts, in seconds: longer each time.
pub(super) fn delay_seconds(class: ErrorClass, attempts: i64) -> u32 {
    let doublings = u32::try_from(attempts.clamp(1, 20) - 1).unwrap_or(0);
    let (first, longest) = if class == ErrorClass::Retry { (1, LONGEST_RETRY) } else { POISON };
    first.saturating_mul(1_u32 << doublings).min(longest)
}

/// Lets a cascade rest in the store where it is pending; or gives it up, which its trigger then tells.
pub(super) async fn leave(engine: &Engine, stores: &Stores, from: &Store, work: &PendingWork, failure: &Failure) {
    let (pending_id, trigger_id, attempts, trace_id) = (work.pending_id, work.trigger_id, work.attempts, &work.trace_id);
    let poison = failure.class() != ErrorClass::Retry;
    if poison && attempts >= POISON_ATTEMPTS {
        tracing::error!(pending_id, trace_id, attempts, code = failure.code(), %failure, "a cascade is given up; its trigger has failed and can be run again");
        return give_up(stores, from, trigger_id, failure).await;
    }
    let seconds = delay_seconds(failure.class(), attempts);
    if poison {
        tracing::error!(pending_id, trace_id, attempts, seconds, code = failure.code(), %failure, "a pending cascade failed; it is postponed");
    } else {
        tracing::warn!(pending_id, trace_id, attempts, seconds, code = failure.code(), %failure, "a pending cascade has to wait; it is postponed");
    }
    let worker = std::sync::Arc::clone(&engine.settings.lease.worker);
    let postponed = from.write(move |session| Box::pin(async move { postpone_cascade(session, trigger_id, &worker, seconds).await })).await;
    if let Err(error) = postponed.and_then(|done| done) {
        tracing::warn!(pending_id, trace_id, %error, "a pending cascade can not be postponed; it is free when its lease ends");
    }
}

/// Ends a trigger whose cascade can not be run: its header, wherever that lies, says why.
async fn give_up(stores: &Stores, from: &Store, trigger_id: i64, failure: &Failure) {
    let reason = format!("{}: {failure}", failure.code());
    let others = stores.open().into_iter().map(|open| open.store);
    for store in std::iter::once(from.clone()).chain(others) {
        let reason = reason.clone();
        let given_up = store.write(move |session| Box::pin(async move { give_up_cascade(session, trigger_id, &reason).await })).await;
        if let Err(error) = given_up.and_then(|done| done) {
            tracing::error!(trigger_id, %error, "a cascade can not be given up");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_fails_rests_longer_each_time() {
        let delays = |class| [1, 2, 3, 9, 1_000].map(|attempts| delay_seconds(class, attempts));
        assert_eq!(delays(ErrorClass::Retry), [1, 2, 4, 256, 300]);
        assert_eq!(delays(ErrorClass::Bug), [60, 120, 240, 3_600, 3_600]);
    }
}
