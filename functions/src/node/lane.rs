//! The lanes of a store: queues of triggers, each with one worker on one connection (engine.md §3.11, rule 7).
//!
//! What comes from an ordered source stays in one lane, in its order. Other triggers go by their topic: topics whose
//! cascades may change the same rows share a lane, so that they do not wait for each other's locks; those that only insert
//! are spread. A store in the process has one writer, and so one lane.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use nightowl_core::engine::{Engine, TraceLevel, TriggerError, TriggerOutcome, TriggerRequest};
use nightowl_storage::Store;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::crossing::Exit;
use super::groups::{GroupCounts, Groups};
use super::lane_worker::{Entry, Waiting, Worker};
use super::pending::Backlog;
use super::{NodeError, Signal};

/// How many triggers may wait in a lane before callers wait with them.
const QUEUE: usize = 1024;
/// How many lanes a store on a server has at most; its pool may allow fewer.
const LANES_ON_A_SERVER: usize = 4;
/// The sources whose triggers have no order among each other.
const UNORDERED: [&str; 2] = ["http", "direct"];

/// Bounds of a group, and of how many run at the same time.
#[derive(Debug, Clone, Copy)]
pub struct GroupLimits {
    /// Triggers (`engine.group_max`).
    pub triggers: usize,
    /// Their data, in bytes (`engine.group_bytes`).
    pub bytes: usize,
    /// Connections of a server's pool (`storage.pool_size` and its overflow).
    pub connections: usize,
}

/// When the cascade of a trigger runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Before the answer.
    Now,
    /// After the answer, from a pending row.
    Later,
}

/// The queues of a store's triggers. Handles are cheap to clone; the workers end with the last of them, or when they are
/// closed.
#[derive(Debug, Clone)]
pub struct Lanes {
    queues: Arc<[mpsc::Sender<Entry>]>,
    next: Arc<AtomicUsize>,
    engine: Arc<Engine>,
    limits: GroupLimits,
    backlog: Arc<Backlog>,
    signal: Signal,
    groups: Arc<Groups>,
    stop: Arc<watch::Sender<bool>>,
    tasks: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

impl Lanes {
    /// The lanes of a store; their workers run on the current tokio runtime. What they leave to be done later goes to
    /// `backlog`; `signal` is rung when something was handed over; what goes on on another data source leaves by `exit`.
    pub fn start(engine: Arc<Engine>, store: &Store, limits: GroupLimits, backlog: Arc<Backlog>, signal: Signal, exit: &Exit) -> Self {
        let (stop, stopped) = watch::channel(false);
        let groups = Arc::<Groups>::default();
        let count = match store {
            Store::Sqlite(_) => 1,
            Store::Postgres(_) | Store::Mysql(_) => LANES_ON_A_SERVER.min(limits.connections).max(1),
        };
        let mut queues = Vec::with_capacity(count);
        let mut tasks = Vec::with_capacity(count);
        let mut scouting = Engine::clone(&engine);
        scouting.settings.trace_level = TraceLevel::Off;
        let scouting = Arc::new(scouting);
        for _ in 0..count {
            let (sender, receiver) = mpsc::channel(QUEUE);
            let worker = Worker {
                engine: Arc::clone(&engine),
                scouting: Arc::clone(&scouting),
                store: store.clone(),
                limits,
                backlog: Arc::clone(&backlog),
                signal: signal.clone(),
                exit: exit.clone(),
                groups: Arc::clone(&groups),
                receiver,
            };
            queues.push(sender);
            tasks.push(tokio::spawn(worker.run(stopped.clone())));
        }
        let (queues, next, tasks) = (queues.into(), Arc::default(), Arc::new(Mutex::new(tasks)));
        Self { queues, next, engine, limits, backlog, signal, groups, stop: Arc::new(stop), tasks }
    }

    /// Lanes of the same kind on another store.
    pub fn of_another_store(&self, store: &Store, backlog: Arc<Backlog>, exit: &Exit) -> Self {
        Self::start(Arc::clone(&self.engine), store, self.limits, backlog, self.signal.clone(), exit)
    }

    /// Puts a trigger into its queue. One whose cascade runs later waits first while too many of them are still to be run.
    pub async fn submit(&self, request: TriggerRequest, when: When) -> Result<LaneTicket, NodeError> {
        if when == When::Later {
            self.backlog.room().await;
        }
        let queue = self.queues.get(self.place(&request)).ok_or(NodeError::ShuttingDown)?;
        let (answer, outcome) = oneshot::channel();
        let bytes = request.data.estimated_bytes();
        let alone = when == When::Now && !request.abroad().is_empty();
        queue.send(Entry::Trigger(Box::new(Waiting { request, when, bytes, alone, answer }))).await.map_err(|_| NodeError::ShuttingDown)?;
        Ok(LaneTicket(outcome))
    }

    /// The lane of a trigger.
    fn place(&self, request: &TriggerRequest) -> usize {
        let count = self.queues.len();
        if count < 2 {
            return 0;
        }
        let mut hash = DefaultHasher::new();
        if !UNORDERED.contains(&&*request.source) {
            request.source.hash(&mut hash);
        } else {
            let topic = request.catalog.topic_by_name(&request.code);
            let Some(shared) = topic.and_then(|topic| request.catalog.shared_rows(&topic.topic_id)) else {
                return self.next.fetch_add(1, Ordering::Relaxed) % count;
            };
            (&*request.tenant_id, shared).hash(&mut hash);
        }
        usize::try_from(hash.finish() % count as u64).unwrap_or(0)
    }

    /// How groups ended so far.
    pub fn groups(&self) -> GroupCounts {
        self.groups.counts()
    }

    /// Waits until everything that stands in the queues now is carried out.
    pub async fn drain(&self) {
        let mut marks = Vec::with_capacity(self.queues.len());
        for queue in &*self.queues {
            let (mark, reached) = oneshot::channel();
            if queue.send(Entry::Mark(mark)).await.is_ok() {
                marks.push(reached);
            }
        }
        for reached in marks {
            // The mark is dropped when it is reached.
            drop(reached.await);
        }
    }

    /// Takes no more triggers, and waits until those that wait are carried out.
    pub async fn close(&self) {
        self.stop.send_replace(true);
        let tasks = self.tasks.lock().map(|mut tasks| std::mem::take(&mut *tasks)).unwrap_or_default();
        for task in tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a lane did not end well");
            }
        }
    }
}

/// A trigger that waits in a lane.
#[derive(Debug)]
pub struct LaneTicket(oneshot::Receiver<Result<TriggerOutcome, TriggerError>>);

impl LaneTicket {
    /// Waits for the outcome.
    pub async fn outcome(self) -> Result<Result<TriggerOutcome, TriggerError>, NodeError> {
        self.0.await.map_err(|_| NodeError::ShuttingDown)
    }
}
