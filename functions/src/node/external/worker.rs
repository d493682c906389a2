//! The loop of the worker: what is due is taken and tried, several traces at once.

use std::sync::Arc;
use std::time::Duration;

use nightowl_core::port::{PendingKind, PendingWork, StoreError};
use nightowl_storage::meta::tenant_ids;
use nightowl_storage::sql::pending::{LeaseOf, Turn, has_free_work, lease};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::attempt::attempt;
use super::hand_over::Parts;
use super::signal::Signal;
use crate::node::NodeError;
use crate::node::stores::OpenStore;

/// How many pieces of work are tried at once.
const AT_ONCE: usize = 16;
/// How often it looks for what was postponed, or left by others.
const LOOK: Duration = Duration::from_secs(1);
/// What it looks after.
const KINDS: [PendingKind; 3] = [PendingKind::External, PendingKind::Monitor, PendingKind::Archive];

/// Writers and the monitor topic see the work of a trace in its order.
const TURN: Turn = Turn::OldestOfEachTrace;

/// The worker.
pub(super) struct Worker {
    pub(super) parts: Arc<Parts>,
    pub(super) signal: Signal,
    pub(super) stop: Arc<Notify>,
}

impl Worker {
    /// Works until it is stopped, then until nothing is due.
    pub(super) async fn run(self) {
        tokio::select! {
            () = self.signal.heard() => {}
            () = self.stop.notified() => {
                if !self.signal.was_rung() {
                    return;
                }
                self.stop.notify_one();
            }
        }
        if let Err(error) = self.open_stores().await {
            tracing::warn!(%error, "handed-over work of earlier processes is looked for in the default store only");
        }
        let mut under_way = JoinSet::new();
        let mut stopping = false;
        loop {
            let count = self.signal.count();
            self.take(&mut under_way).await;
            if under_way.is_empty() {
                self.signal.settle(count);
            }
            if stopping && under_way.is_empty() {
                return;
            }
            tokio::select! {
                Some(_) = under_way.join_next(), if !under_way.is_empty() => {}
                () = self.stop.notified(), if !stopping => stopping = true,
                () = self.signal.heard() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// Opens the stores of all tenants' topics: an earlier process may have left work in them.
    async fn open_stores(&self) -> Result<(), NodeError> {
        let meta = &self.parts.stores.default_store().store;
        for tenant_id in meta.read(|session| Box::pin(async move { tenant_ids(session).await })).await?? {
            let tenant = self.parts.catalogs.of(&tenant_id).await?;
            for topic in tenant.catalog.topics() {
                let Some(source) = tenant.data_source(topic.data_source_id.as_deref()).ok().flatten() else { continue };
                if let Err(error) = self.parts.stores.of(Some(source)).await {
                    tracing::warn!(%error, "handed-over work of a data source can not be looked for");
                }
            }
        }
        Ok(())
    }

    /// Takes what is due and begins with it, as far as there is room.
    async fn take(&self, under_way: &mut JoinSet<()>) {
        for open in self.parts.stores.open() {
            for kind in KINDS {
                let room = AT_ONCE.saturating_sub(under_way.len());
                match self.lease(&open, kind, u32::try_from(room).unwrap_or(0)).await {
                    Ok(leased) => {
                        for work in leased {
                            under_way.spawn(attempt(Arc::clone(&self.parts), open.clone(), work));
                        }
                    }
                    Err(error) => tracing::warn!(%error, kind = kind.as_str(), "handed-over work can not be looked for; it is tried again"),
                }
            }
        }
    }

    /// Leases what is due; where nothing is, nothing is written.
    async fn lease(&self, open: &OpenStore, kind: PendingKind, limit: u32) -> Result<Vec<PendingWork>, StoreError> {
        if limit == 0 || !open.store.read(move |session| Box::pin(has_free_work(session, kind, TURN))).await?? {
            return Ok(Vec::new());
        }
        let (worker, seconds) = (Arc::clone(&self.parts.worker), self.parts.lease_seconds);
        let job = open.store.write(move |session| Box::pin(async move { lease(session, LeaseOf { kind, turn: TURN, worker: &worker, seconds, limit }).await }));
        job.await?
    }
}
