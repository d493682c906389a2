//! One attempt at a piece of work: while it lasts its lease is extended, then it is settled.

use std::sync::Arc;
use std::time::Duration;

use nightowl_core::port::{PendingKind, PendingWork};
use nightowl_storage::Store;
use nightowl_storage::sql::pending::extend_lease;

use super::hand_over::Parts;
use super::{archive, call, monitor, settle};
use crate::node::stores::OpenStore;

/// Why an attempt failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// It may work later.
    Later(String),
    /// It will never work.
    Never(String),
}

impl Failure {
    /// What happened; never holds a token or data.
    pub(super) fn reason(&self) -> &str {
        match self {
            Self::Later(reason) | Self::Never(reason) => reason,
        }
    }
}

/// Tries a piece of work and settles it.
pub(super) async fn attempt(parts: Arc<Parts>, open: OpenStore, work: PendingWork) {
    let done = {
        let trying = carry_out(&parts, &open, &work);
        tokio::pin!(trying);
        loop {
            tokio::select! {
                done = &mut trying => break done,
                () = tokio::time::sleep(Duration::from_secs(u64::from(parts.lease_seconds.max(3) / 3))) => extend(&parts, &open.store, work.pending_id).await,
            }
        }
    };
    if let Err(error) = settle::settle(&parts, &open.store, &work, done).await {
        tracing::warn!(trace_id = work.trace_id, %error, "handed-over work was tried and can not be settled; it will be tried once more");
    }
}

async fn carry_out(parts: &Parts, open: &OpenStore, work: &PendingWork) -> Result<(), Failure> {
    match work.kind {
        PendingKind::External => call::send(parts, work).await,
        PendingKind::Archive => archive::put(parts, work).await,
        PendingKind::Monitor => monitor::pass_on(parts, open, work).await,
        PendingKind::Cascade => Err(Failure::Never("a cascade is not looked after here".to_owned())),
    }
}

async fn extend(parts: &Parts, store: &Store, pending_id: i64) {
    let (worker, seconds) = (Arc::clone(&parts.worker), parts.lease_seconds);
    let extended = store.write(move |session| Box::pin(async move { extend_lease(session, pending_id, &worker, seconds).await })).await;
    match extended {
        Ok(Ok(true)) => {}
        Ok(Ok(false)) => tracing::warn!(pending_id, "somebody else has taken handed-over work over; it may be done twice"),
        Ok(Err(error)) | Err(error) => tracing::warn!(pending_id, %error, "the lease of handed-over work can not be extended"),
    }
}
