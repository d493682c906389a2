//! A lane: the queue of a store's triggers, with one worker on one connection (engine.md §3.11, rule 7).
//!
//! The worker takes what waits and never waits for more. What it takes shares a transaction; when that fails, or in mode
//! `action`, triggers run one by one, each repeated as engine.md §3.11 rule 4 says, holding nothing while it waits.

use std::sync::{Arc, Mutex};

use nightowl_core::engine::{Atomicity, Attempt, Engine, RaisedAlarm, TriggerError, TriggerOutcome, TriggerRequest};
use nightowl_storage::Store;
use nightowl_storage::sql::SqlUnitOfWork;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::crossing::Exit;
use super::pending::Backlog;
use super::{NodeError, Signal, gone_on, with_retries};

/// How many triggers may wait in a lane before callers wait with them.
const QUEUE: usize = 1024;

/// Bounds of a group.
#[derive(Debug, Clone, Copy)]
pub struct GroupLimits {
    /// Triggers (`engine.group_max`).
    pub triggers: usize,
}

/// When the cascade of a trigger runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Before the answer.
    Now,
    /// After the answer, from a pending row.
    Later,
}

/// A trigger that waits for its turn.
struct Waiting {
    request: TriggerRequest,
    when: When,
    answer: oneshot::Sender<Result<TriggerOutcome, TriggerError>>,
}

/// What stands in the queue.
enum Entry {
    /// A trigger.
    Trigger(Box<Waiting>),
    /// Somebody waits until everything before it is carried out.
    Mark(oneshot::Sender<()>),
}

/// The queue of a store's triggers. Handles are cheap to clone; the worker ends with the last of them, or when it is closed.
#[derive(Debug, Clone)]
pub struct Lane {
    sender: mpsc::Sender<Entry>,
    engine: Arc<Engine>,
    limits: GroupLimits,
    backlog: Arc<Backlog>,
    signal: Signal,
    stop: Arc<watch::Sender<bool>>,
    task: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Lane {
    /// A lane of a store; its worker runs on the current tokio runtime. What it leaves to be done later goes to `backlog`;
    /// `signal` is rung when something was handed over; what goes on on another data source leaves by `exit`.
    pub fn start(engine: Arc<Engine>, store: Store, limits: GroupLimits, backlog: Arc<Backlog>, signal: Signal, exit: Exit) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let (stop, stopped) = watch::channel(false);
        let worker = Worker { engine: Arc::clone(&engine), store, limits, backlog: Arc::clone(&backlog), signal: signal.clone(), exit, receiver };
        let task = tokio::spawn(worker.run(stopped));
        Self { sender, engine, limits, backlog, signal, stop: Arc::new(stop), task: Arc::new(Mutex::new(Some(task))) }
    }

    /// A lane of the same kind on another store.
    pub fn of_another_store(&self, store: Store, backlog: Arc<Backlog>, exit: Exit) -> Self {
        Self::start(Arc::clone(&self.engine), store, self.limits, backlog, self.signal.clone(), exit)
    }

    /// Puts a trigger into the queue. One whose cascade runs later waits first while too many of them are still to be run.
    pub async fn submit(&self, request: TriggerRequest, when: When) -> Result<LaneTicket, NodeError> {
        if when == When::Later {
            self.backlog.room().await;
        }
        let (answer, outcome) = oneshot::channel();
        self.sender.send(Entry::Trigger(Box::new(Waiting { request, when, answer }))).await.map_err(|_| NodeError::ShuttingDown)?;
        Ok(LaneTicket(outcome))
    }

    /// Waits until everything that stands in the queue now is carried out.
    pub async fn drain(&self) {
        let (mark, reached) = oneshot::channel();
        if self.sender.send(Entry::Mark(mark)).await.is_ok() {
            // The mark is dropped when it is reached.
            drop(reached.await);
        }
    }

    /// Takes no more triggers, and waits until those that wait are carried out.
    pub async fn close(&self) {
        self.stop.send_replace(true);
        let task = self.task.lock().ok().and_then(|mut task| task.take());
        if let Some(task) = task
            && let Err(error) = task.await
        {
            tracing::error!(%error, "a lane did not end well");
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

/// Waits for the word to end, or for the last handle to go.
pub(super) async fn ended(stopped: &mut watch::Receiver<bool>) {
    drop(stopped.wait_for(|stop| *stop).await);
}

struct Worker {
    engine: Arc<Engine>,
    store: Store,
    limits: GroupLimits,
    backlog: Arc<Backlog>,
    signal: Signal,
    exit: Exit,
    receiver: mpsc::Receiver<Entry>,
}

impl Worker {
    async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        let mut group = Vec::with_capacity(self.limits.triggers);
        loop {
            let taken = tokio::select! {
                biased;
                taken = self.receiver.recv_many(&mut group, self.limits.triggers) => taken,
                // Also when every handle is gone; what waits is carried out all the same.
                () = ended(&mut stopped) => {
                    self.receiver.close();
                    self.receiver.recv_many(&mut group, self.limits.triggers).await
                }
            };
            if taken == 0 {
                return;
            }
            self.carry_out(&mut group).await;
        }
    }

    async fn carry_out(&self, group: &mut Vec<Entry>) {
        let mut requests = Vec::with_capacity(group.len());
        let mut answers = Vec::with_capacity(group.len());
        let mut marks = Vec::new();
        for entry in group.drain(..) {
            match entry {
                Entry::Trigger(waiting) => {
                    let Waiting { request, when, answer } = *waiting;
                    requests.push((request, when));
                    answers.push((answer, when));
                }
                Entry::Mark(mark) => marks.push(mark),
            }
        }
        for ((answer, when), outcome) in answers.into_iter().zip(self.outcomes(requests).await) {
            if let Ok(outcome) = &outcome {
                let (trace_id, alarms) = outcome.alarms();
                log_alarms(trace_id, alarms);
            }
            if outcome.as_ref().is_ok_and(|outcome| outcome.handed_over() > 0) {
                self.signal.ring();
            }
            if let (Ok(TriggerOutcome::Accepted(accepted)), When::Now) = (&outcome, when) {
                self.exit.go_on(accepted.work.clone(), Some(answer)).await;
                continue;
            }
            if answer.send(outcome).is_err() {
                tracing::debug!("the caller of a trigger is gone; the trigger was carried out all the same");
            }
        }
        drop(marks);
    }

    /// Carries triggers out, in their order.
    async fn outcomes(&self, requests: Vec<(TriggerRequest, When)>) -> Vec<Result<TriggerOutcome, TriggerError>> {
        let together = requests.len() > 1 && self.engine.settings.atomicity != Atomicity::Action && requests.iter().all(|(_, when)| *when == When::Now);
        let requests = if together {
            match self.together(requests).await {
                Ok(outcomes) => return outcomes,
                Err(requests) => requests,
            }
        } else {
            requests
        };
        let mut outcomes = Vec::with_capacity(requests.len());
        for (request, when) in requests {
            outcomes.push(self.alone(&request, when).await);
        }
        outcomes
    }

    /// Carries triggers out in one transaction; gives them back where that failed.
    async fn together(&self, requests: Vec<(TriggerRequest, When)>) -> Result<Vec<Result<TriggerOutcome, TriggerError>>, Vec<(TriggerRequest, When)>> {
        let engine = Arc::clone(&self.engine);
        let copies: Vec<TriggerRequest> = requests.iter().map(|(request, _)| request.clone()).collect();
        let done = self.store.write(move |session| {
            Box::pin(async move {
                let mut unit = SqlUnitOfWork::new(session);
                engine.triggers(&mut unit, &copies).await
            })
        });
        match done.await {
            Ok(Ok(outcomes)) => Ok(outcomes),
            Ok(Err(_)) | Err(_) => Err(requests),
        }
    }

    /// Carries one trigger out, again where it met a conflict.
    async fn alone(&self, request: &TriggerRequest, when: When) -> Result<TriggerOutcome, TriggerError> {
        let outcome = with_retries(&self.engine, |attempt| self.once(request.clone(), when, attempt)).await?;
        match outcome {
            TriggerOutcome::Accepted(accepted) if when == When::Now => Ok(gone_on(&self.store, &self.engine, &request.catalog, accepted).await),
            TriggerOutcome::Accepted(accepted) => {
                self.backlog.add();
                Ok(TriggerOutcome::Accepted(accepted))
            }
            done => Ok(done),
        }
    }

    async fn once(&self, request: TriggerRequest, when: When, attempt: Attempt) -> Result<TriggerOutcome, TriggerError> {
        let engine = Arc::clone(&self.engine);
        let done = self.store.write(move |session| {
            Box::pin(async move {
                let mut unit = SqlUnitOfWork::new(session);
                match when {
                    When::Now => engine.trigger(&mut unit, &request, attempt).await,
                    When::Later => engine.accept(&mut unit, &request).await,
                }
            })
        });
        done.await.map_err(TriggerError::Store)?
    }
}

/// Alarms go to the application log once everything is committed (D-12).
pub(crate) fn log_alarms(trace_id: &str, alarms: &[RaisedAlarm]) {
    for alarm in alarms {
        tracing::error!(trace_id, "[PIPELINE] [ALARM] [{}] {}", alarm.severity.as_str().to_uppercase(), alarm.message);
    }
}
