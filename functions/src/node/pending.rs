//! The worker of a store's pending cascades: asynchronous triggers, and what a crash left (engine.md §3.11, rule 9).
//!
//! It leases the oldest work that nobody holds and runs it through write jobs of the store, so never beside a transaction
//! of the lane. What fails is postponed, longer each time, and never thrown away.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nightowl_core::engine::{Engine, TriggerError};
use nightowl_core::error::{Coded, ErrorClass};
use nightowl_core::port::{Journal as _, PendingKind, PendingWork, StoreError};
use nightowl_storage::Store;
use nightowl_storage::sql::{SqlUnitOfWork, pending};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use super::backlog::Backlog;
use super::lane_worker::{ended, log_alarms};
use super::retry::resumed;
use super::{Catalogs, NodeError, Signal};

/// How much is leased at once.
const BATCH: usize = 16;
/// How long the worker rests when it finds nothing; what this process accepts wakes it.
const REST: Duration = Duration::from_secs(1);
/// How long the end of the process waits for what it accepted; what is left is done by the next start.
const DRAIN: Duration = Duration::from_secs(10);
/// The longest delay of work that the world kept from being done, in seconds.
const LONGEST_RETRY: u32 = 300;
/// The first and the longest delay of work that can not be done as it is, in seconds.
const POISON: (u32, u32) = (60, 3_600);

/// The worker of a store's pending cascades. Handles are cheap to clone.
#[derive(Debug, Clone)]
pub struct Pending {
    engine: Arc<Engine>,
    catalogs: Arc<Catalogs>,
    signal: Signal,
    stop: Arc<watch::Sender<bool>>,
    task: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Pending {
    /// Starts the worker of a store on the current tokio runtime. `signal` is rung when a cascade handed something over.
    pub fn start(engine: Arc<Engine>, catalogs: Arc<Catalogs>, store: Store, backlog: Arc<Backlog>, signal: Signal) -> Self {
        let (stop, stopped) = watch::channel(false);
        let worker = Worker { engine: Arc::clone(&engine), catalogs: Arc::clone(&catalogs), store, backlog, signal: signal.clone() };
        let task = tokio::spawn(worker.run(stopped));
        Self { engine, catalogs, signal, stop: Arc::new(stop), task: Arc::new(Mutex::new(Some(task))) }
    }

    /// A worker of the same kind of another store.
    pub fn of_another_store(&self, store: Store, backlog: Arc<Backlog>) -> Self {
        Self::start(Arc::clone(&self.engine), Arc::clone(&self.catalogs), store, backlog, self.signal.clone())
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

/// How long work rests after so many attempts, in seconds: longer each time.
fn delay_seconds(class: ErrorClass, attempts: i64) -> u32 {
    let doublings = u32::try_from(attempts.clamp(1, 20) - 1).unwrap_or(0);
    let (first, longest) = if class == ErrorClass::Retry { (1, LONGEST_RETRY) } else { POISON };
    first.saturating_mul(1_u32 << doublings).min(longest)
}

struct Worker {
    engine: Arc<Engine>,
    catalogs: Arc<Catalogs>,
    store: Store,
    backlog: Arc<Backlog>,
    signal: Signal,
}

impl Worker {
    async fn run(self, mut stopped: watch::Receiver<bool>) {
        let mut drained_at = None;
        loop {
            if *stopped.borrow() && drained_at.is_none() {
                drained_at = Some(Instant::now() + DRAIN);
            }
            if drained_at.is_some_and(|at| self.backlog.len() == 0 || Instant::now() >= at) {
                return;
            }
            match self.round(drained_at).await {
                Ok(true) => continue,
                Ok(false) => self.backlog.clear(),
                Err(error) => tracing::warn!(%error, "pending cascades can not be taken"),
            }
            if drained_at.is_none() {
                tokio::select! {
                    () = self.backlog.added() => {}
                    () = tokio::time::sleep(REST) => {}
                    // Also when every handle is gone.
                    () = ended(&mut stopped) => {
                        drained_at = Some(Instant::now() + DRAIN);
                    }
                }
            } else {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }

    /// Leases what nobody holds and does it; `false` when there was nothing.
    async fn round(&self, until: Option<Instant>) -> Result<bool, StoreError> {
        let free = self.store.read(|session| Box::pin(async move { pending::has_free_work(session, PendingKind::Cascade).await }));
        if !free.await?? {
            return Ok(false);
        }
        let lease = self.engine.settings.lease.clone();
        let leased = self.store.write(move |session| {
            Box::pin(async move { SqlUnitOfWork::new(session).lease_pending(PendingKind::Cascade, &lease.worker, lease.seconds, BATCH).await })
        });
        let leased = leased.await??;
        let found = !leased.is_empty();
        for work in leased {
            if until.is_some_and(|at| Instant::now() >= at) {
                self.postpone(work.pending_id, 0).await?;
                continue;
            }
            self.work_off(work).await?;
            self.backlog.take();
        }
        Ok(found)
    }

    /// Runs one cascade; what fails is postponed.
    async fn work_off(&self, work: PendingWork) -> Result<(), StoreError> {
        let (pending_id, attempts, trace_id) = (work.pending_id, work.attempts, work.trace_id.clone());
        if attempts > 1 {
            // Should it end the process, as it may have done before, it is not taken up at once.
            let seconds = delay_seconds(ErrorClass::Retry, attempts);
            self.store.write(move |session| Box::pin(async move { pending::delay(session, pending_id, seconds).await })).await??;
        }
        let error: Box<dyn PendingFailure> = match self.catalogs.of(&work.tenant_id).await {
            Err(error) => Box::new(error),
            Ok(tenant) => match resumed(&self.store, &self.engine, &tenant.catalog, work).await {
                Ok(report) => {
                    log_alarms(&trace_id, &report.alarms);
                    if report.handed_over > 0 {
                        self.signal.ring();
                    }
                    return Ok(());
                }
                Err(TriggerError::TakenOver { .. }) => return Ok(()),
                Err(error) => Box::new(error),
            },
        };
        let seconds = delay_seconds(error.class(), attempts);
        tracing::error!(pending_id, trace_id, attempts, seconds, code = error.code(), %error, "a pending cascade failed; it is postponed");
        self.postpone(pending_id, seconds).await
    }

    async fn postpone(&self, pending_id: i64, seconds: u32) -> Result<(), StoreError> {
        self.store.write(move |session| Box::pin(async move { pending::postpone(session, pending_id, seconds).await.map(|_| ()) })).await?
    }
}

/// Why a cascade was not run: its definitions, or the run itself.
trait PendingFailure: Coded + std::fmt::Display + Send {}

impl PendingFailure for NodeError {}
impl PendingFailure for TriggerError {}

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
