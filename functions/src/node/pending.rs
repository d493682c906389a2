//! The worker of a store's pending cascades: asynchronous triggers, and what a crash left (engine.md §3.11, rule 9).
//!
//! It leases the oldest work that nobody holds, as much as it can do at once, and keeps each lease alive while it works.
//! It runs through write jobs of the store, so never beside a transaction of the lane on a store with one writer.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nightowl_core::engine::PendingLease;
use nightowl_core::error::ErrorClass;
use nightowl_core::port::{Journal as _, PendingKind, PendingWork, StoreError};
use nightowl_storage::Store;
use nightowl_storage::sql::{SqlUnitOfWork, pending};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

pub use super::backlog::Backlog;
use super::crossing::Exit;
use super::lane_worker::ended;
use super::leave::delay_seconds;

/// How many cascades a server is given at once; a store with one writer gets one after another.
const AT_ONCE: usize = 4;
/// How long the worker rests when it finds nothing; what this process accepts wakes it.
const REST: Duration = Duration::from_secs(1);
/// How long the end of the process waits for what it accepted; what is left is done by the next start.
const DRAIN: Duration = Duration::from_secs(10);

/// The worker of a store's pending cascades. Handles are cheap to clone.
#[derive(Debug, Clone)]
pub struct Pending {
    lease: PendingLease,
    stop: Arc<watch::Sender<bool>>,
    task: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Pending {
    /// Starts the worker of a store on the current tokio runtime. What is to be done elsewhere leaves by `exit`.
    pub fn start(lease: PendingLease, store: Store, backlog: Arc<Backlog>, exit: Exit) -> Self {
        let (stop, stopped) = watch::channel(false);
        let at_once = if matches!(store, Store::Sqlite(_)) { 1 } else { AT_ONCE };
        let worker = Worker { lease: lease.clone(), store, backlog, exit, at_once, under_way: JoinSet::new() };
        let task = tokio::spawn(worker.run(stopped));
        Self { lease, stop: Arc::new(stop), task: Arc::new(Mutex::new(Some(task))) }
    }

    /// A worker of the same kind of another store.
    pub fn of_another_store(&self, store: Store, backlog: Arc<Backlog>, exit: Exit) -> Self {
        Self::start(self.lease.clone(), store, backlog, exit)
    }

    /// Works off what this process accepted, for a while, and ends.
    pub async fn close(&self) {
        self.stop.send_replace(true);
        let task = self.task.lock().ok().and_then(|mut task| task.take());
        if let Some(task) = task
            && let Err(error) = task.await
        {
            tracing::error!(%error, "the worker of pending cascades did not end well");
        }
    }
}

struct Worker {
    lease: PendingLease,
    store: Store,
    backlog: Arc<Backlog>,
    exit: Exit,
    at_once: usize,
    under_way: JoinSet<()>,
}

impl Worker {
    async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        let mut drained_at = None;
        loop {
            if *stopped.borrow() && drained_at.is_none() {
                drained_at = Some(Instant::now() + DRAIN);
            }
            if drained_at.is_some_and(|at| (self.backlog.len() == 0 && self.under_way.is_empty()) || Instant::now() >= at) {
                return;
            }
            match self.take().await {
                Ok(true) => {}
                Ok(false) if self.under_way.is_empty() => self.backlog.clear(),
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "pending cascades can not be taken"),
            }
            let full = self.under_way.len() >= self.at_once;
            tokio::select! {
                Some(_) = self.under_way.join_next(), if !self.under_way.is_empty() => {}
                () = self.backlog.added(), if !full && drained_at.is_none() => {}
                () = tokio::time::sleep(REST), if drained_at.is_none() => {}
                // Also when every handle is gone.
                () = ended(&mut stopped), if drained_at.is_none() => {}
                () = tokio::time::sleep(Duration::from_millis(50)), if drained_at.is_some() => {}
            }
        }
    }

    /// Leases what nobody holds, as far as there is room, and begins with it; `false` when there was nothing.
    async fn take(&mut self) -> Result<bool, StoreError> {
        let room = self.at_once.saturating_sub(self.under_way.len());
        if room == 0 {
            return Ok(true);
        }
        let free = self.store.read(|session| Box::pin(async move { pending::has_free_work(session, PendingKind::Cascade, pending::Turn::Oldest).await }));
        if !free.await?? {
            return Ok(false);
        }
        let lease = self.lease.clone();
        let leased = self.store.write(move |session| {
            Box::pin(async move { SqlUnitOfWork::new(session).lease_pending(PendingKind::Cascade, &lease.worker, lease.seconds, room).await })
        });
        let leased = leased.await??;
        let found = !leased.is_empty();
        for work in leased {
            self.under_way.spawn(work_off(self.store.clone(), self.exit.clone(), Arc::clone(&self.backlog), work));
        }
        Ok(found)
    }
}

/// Goes on with one cascade.
async fn work_off(store: Store, exit: Exit, backlog: Arc<Backlog>, work: PendingWork) {
    if work.attempts > 1 {
        // Should it end the process, as it may have done before, it is not taken up at once.
        let (pending_id, seconds) = (work.pending_id, delay_seconds(ErrorClass::Retry, work.attempts));
        let delayed = store.write(move |session| Box::pin(async move { pending::delay(session, pending_id, seconds).await })).await;
        if let Err(error) = delayed.and_then(|done| done) {
            tracing::warn!(pending_id, %error, "a pending cascade can not be delayed");
        }
    }
    exit.carry(work).await;
    backlog.take();
}
