//! A lane: the queue of a store's triggers, with one worker on one connection (engine.md §3.11, rule 7).
//!
//! The worker takes what waits and never waits for more. What it takes shares a transaction; when that fails, or in mode
//! `action`, triggers run one by one, each repeated as engine.md §3.11 rule 4 says, holding nothing while it waits.

use std::sync::Arc;

use nightowl_core::engine::{Atomicity, Attempt, Engine, TriggerError, TriggerOutcome, TriggerRequest};
use nightowl_storage::Store;
use nightowl_storage::sql::SqlUnitOfWork;
use tokio::sync::{mpsc, oneshot};

use super::{NodeError, Signal, with_retries};

/// How many triggers may wait in a lane before callers wait with them.
const QUEUE: usize = 1024;

/// Bounds of a group.
#[derive(Debug, Clone, Copy)]
pub struct GroupLimits {
    /// Triggers (`engine.group_max`).
    pub triggers: usize,
}

/// A trigger that waits for its turn.
struct Waiting {
    request: TriggerRequest,
    answer: oneshot::Sender<Result<TriggerOutcome, TriggerError>>,
}

/// The queue of a store's triggers. Handles are cheap to clone; the worker ends with the last of them.
#[derive(Debug, Clone)]
pub struct Lane {
    sender: mpsc::Sender<Waiting>,
    engine: Arc<Engine>,
    limits: GroupLimits,
    signal: Signal,
}

impl Lane {
    /// A lane of a store; its worker runs on the current tokio runtime. `signal` is rung when something was handed over.
    pub fn start(engine: Arc<Engine>, store: Store, limits: GroupLimits, signal: Signal) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let worker = Worker { engine: Arc::clone(&engine), store, limits, signal: signal.clone(), receiver };
        tokio::spawn(worker.run());
        Self { sender, engine, limits, signal }
    }

    /// A lane of the same kind on another store.
    pub fn of_another_store(&self, store: Store) -> Self {
        Self::start(Arc::clone(&self.engine), store, self.limits, self.signal.clone())
    }

    /// Puts a trigger into the queue.
    pub async fn submit(&self, request: TriggerRequest) -> Result<LaneTicket, NodeError> {
        let (answer, outcome) = oneshot::channel();
        self.sender.send(Waiting { request, answer }).await.map_err(|_| NodeError::ShuttingDown)?;
        Ok(LaneTicket(outcome))
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

struct Worker {
    engine: Arc<Engine>,
    store: Store,
    limits: GroupLimits,
    signal: Signal,
    receiver: mpsc::Receiver<Waiting>,
}

impl Worker {
    async fn run(mut self) {
        let mut group = Vec::with_capacity(self.limits.triggers);
        while self.receiver.recv_many(&mut group, self.limits.triggers).await > 0 {
            let (requests, answers): (Vec<_>, Vec<_>) = group.drain(..).map(|waiting| (waiting.request, waiting.answer)).unzip();
            for (answer, outcome) in answers.into_iter().zip(self.outcomes(requests).await) {
                if let Ok(outcome) = &outcome {
                    log_alarms(outcome);
                }
                if matches!(&outcome, Ok(TriggerOutcome::Ran(report)) if report.handed_over > 0) {
                    self.signal.ring();
                }
                if answer.send(outcome).is_err() {
                    tracing::debug!("the caller of a trigger is gone; the trigger was carried out all the same");
                }
            }
        }
    }

    /// Carries triggers out, in their order.
    async fn outcomes(&self, requests: Vec<TriggerRequest>) -> Vec<Result<TriggerOutcome, TriggerError>> {
        let alone = requests.len() == 1 || self.engine.settings.atomicity == Atomicity::Action;
        let requests = if alone {
            requests
        } else {
            match self.together(requests).await {
                Ok(outcomes) => return outcomes,
                Err(requests) => requests,
            }
        };
        let mut outcomes = Vec::with_capacity(requests.len());
        for request in requests {
            outcomes.push(self.alone(&request).await);
        }
        outcomes
    }

    /// Carries triggers out in one transaction; gives them back where that failed.
    async fn together(&self, requests: Vec<TriggerRequest>) -> Result<Vec<Result<TriggerOutcome, TriggerError>>, Vec<TriggerRequest>> {
        let engine = Arc::clone(&self.engine);
        let copies = requests.clone();
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

    /// Carries one trigger out, again where the world failed and may be better later.
    async fn alone(&self, request: &TriggerRequest) -> Result<TriggerOutcome, TriggerError> {
        with_retries(&self.engine, |attempt| self.once(request.clone(), attempt)).await
    }

    async fn once(&self, request: TriggerRequest, attempt: Attempt) -> Result<TriggerOutcome, TriggerError> {
        let engine = Arc::clone(&self.engine);
        let done = self.store.write(move |session| {
            Box::pin(async move {
                let mut unit = SqlUnitOfWork::new(session);
                engine.trigger(&mut unit, &request, attempt).await
            })
        });
        done.await.map_err(TriggerError::Store)?
    }
}

/// Alarms go to the application log once everything is committed (D-12).
pub(crate) fn log_alarms(outcome: &TriggerOutcome) {
    let TriggerOutcome::Ran(report) = outcome else { return };
    for alarm in &report.alarms {
        tracing::error!(trace_id = report.result.trace_id, "[PIPELINE] [ALARM] [{}] {}", alarm.severity.as_str().to_uppercase(), alarm.message);
    }
}
