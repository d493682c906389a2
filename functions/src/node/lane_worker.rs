//! The worker of a lane: takes what waits, and never waits for more (engine.md §3.11, rule 7).
//!
//! What it takes shares a transaction; when that fails, or in mode `action`, triggers run one by one, each repeated as
//! engine.md §3.11 rule 4 says, holding nothing while it waits. So does a trigger whose pipelines reach other data sources.

use std::sync::Arc;
use std::vec::Drain;

use nightowl_core::compile::Abroad;
use nightowl_core::engine::{Atomicity, Attempt, Engine, RaisedAlarm, TriggerError, TriggerOutcome, TriggerRequest};
use nightowl_core::port::StoreError;
use nightowl_storage::Store;
use nightowl_storage::sql::{GroupUnitOfWork, Scout, SqlSession, SqlUnitOfWork};
use tokio::sync::{mpsc, oneshot, watch};

use super::crossing::Exit;
use super::groups::Groups;
use super::pending::Backlog;
use super::retry::{is_away, settled};
use super::{GroupLimits, Signal, When, gone_on, with_retries};

/// After so many triggers in a row that met a lock which nobody gives back, those of their group are given back, too: else
/// each of them would wait as long.
const LOCKED: usize = 2;

/// What became of the triggers of a group.
type Outcomes = Vec<Result<TriggerOutcome, TriggerError>>;

/// A trigger that waits for its turn.
pub(super) struct Waiting {
    pub request: TriggerRequest,
    pub when: When,
    /// About how large its data are.
    pub bytes: usize,
    /// Whether it shares no transaction, because its pipelines reach other data sources.
    pub alone: bool,
    pub answer: oneshot::Sender<Result<TriggerOutcome, TriggerError>>,
}

/// What stands in the queue.
pub(super) enum Entry {
    /// A trigger.
    Trigger(Box<Waiting>),
    /// Somebody waits until everything before it is carried out.
    Mark(oneshot::Sender<()>),
}

impl Entry {
    /// About how large its data are.
    const fn bytes(&self) -> usize {
        match self {
            Self::Trigger(waiting) => waiting.bytes,
            Self::Mark(_) => 0,
        }
    }

    /// Whether it shares no transaction.
    const fn is_alone(&self) -> bool {
        match self {
            Self::Trigger(waiting) => waiting.alone,
            Self::Mark(_) => false,
        }
    }
}

/// Waits for the word to end, or for the last handle to go.
pub(super) async fn ended(stopped: &mut watch::Receiver<bool>) {
    drop(stopped.wait_for(|stop| *stop).await);
}

/// The worker of a lane.
pub(super) struct Worker {
    pub engine: Arc<Engine>,
    /// The same without logs: what it leads to is not kept.
    pub scouting: Arc<Engine>,
    pub store: Store,
    pub limits: GroupLimits,
    pub backlog: Arc<Backlog>,
    pub signal: Signal,
    /// The way out for cascades that go on on another data source.
    pub exit: Exit,
    pub groups: Arc<Groups>,
    pub receiver: mpsc::Receiver<Entry>,
}

impl Worker {
    /// Carries out what waits, until the word to end.
    pub(super) async fn run(mut self, mut stopped: watch::Receiver<bool>) {
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
            while !group.is_empty() {
                let count = together(&group, self.limits.bytes);
                self.carry_out(group.drain(..count)).await;
            }
        }
    }

    async fn carry_out(&self, group: Drain<'_, Entry>) {
        let mut requests = Vec::with_capacity(group.len());
        let mut answers = Vec::with_capacity(group.len());
        let mut marks = Vec::new();
        for entry in group {
            match entry {
                Entry::Trigger(waiting) => {
                    let Waiting { request, when, answer, .. } = *waiting;
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
    async fn outcomes(&self, requests: Vec<(TriggerRequest, When)>) -> Outcomes {
        let share = |(request, when): &(TriggerRequest, When)| *when == When::Now && request.abroad().is_empty();
        let together = self.engine.settings.atomicity != Atomicity::Action && requests.iter().all(share);
        let (requests, whens): (Vec<TriggerRequest>, Vec<When>) = requests.into_iter().unzip();
        let requests = Arc::new(requests);
        if together && let Some(outcomes) = self.together(&requests).await {
            return outcomes;
        }
        let mut outcomes = Vec::with_capacity(requests.len());
        let (mut away, mut locked): (Option<TriggerError>, usize) = (None, 0);
        for (request, when) in requests.iter().zip(whens) {
            let outcome = match &away {
                Some(error) => Err(error.clone()),
                None => self.alone(request, when).await,
            };
            locked = match &outcome {
                Err(TriggerError::Store(StoreError::LockNotAvailable { .. })) => locked + 1,
                _ => 0,
            };
            if let Err(error) = &outcome
                && (is_away(error) || locked >= LOCKED)
            {
                away = Some(match error {
                    TriggerError::InDoubt(doubt) => TriggerError::Store(doubt.source.clone()),
                    error => error.clone(),
                });
            }
            outcomes.push(outcome);
        }
        outcomes
    }

    /// Carries triggers out in one transaction; none where that failed, and they have to be repeated one by one.
    async fn together(&self, requests: &Arc<Vec<TriggerRequest>>) -> Option<Outcomes> {
        let (engine, scouting, group) = (Arc::clone(&self.engine), Arc::clone(&self.scouting), Arc::clone(requests));
        let done = self.store.write(move |session| Box::pin(async move { carry_out_together(&engine, &scouting, session, &group).await }));
        let (outcomes, repeated) = match done.await {
            Ok(Ok((outcomes, repeated))) => (Some(outcomes), repeated),
            Ok(Err(TriggerError::InDoubt(doubt))) => match settled(&self.store, doubt).await {
                Ok(outcomes) => (Some(outcomes), false),
                Err(error) if is_away(&error) => (Some(requests.iter().map(|_| Err(error.clone())).collect()), false),
                Err(_) => (None, true),
            },
            Ok(Err(_)) | Err(_) => (None, true),
        };
        self.groups.count(requests.len(), repeated);
        outcomes
    }

    /// Carries one trigger out, again where it met a conflict.
    async fn alone(&self, request: &TriggerRequest, when: When) -> Result<TriggerOutcome, TriggerError> {
        let outcome = with_retries(&self.engine, |attempt| self.once(request.clone(), when, attempt)).await?;
        match outcome {
            TriggerOutcome::Accepted(accepted) if when == When::Now => Ok(gone_on(&self.exit, &self.engine, &request.catalog, accepted).await),
            TriggerOutcome::Accepted(accepted) => {
                self.backlog.add();
                Ok(TriggerOutcome::Accepted(accepted))
            }
            done => Ok(done),
        }
    }

    async fn once(&self, request: TriggerRequest, when: When, attempt: Attempt) -> Result<TriggerOutcome, TriggerError> {
        let engine = Arc::clone(&self.engine);
        let tenant_id = Arc::clone(&request.tenant_id);
        let abroad = if when == When::Now { request.abroad().clone() } else { Abroad::default() };
        let done = self.exit.on_unit(&tenant_id, &abroad, move |unit| {
            Box::pin(async move {
                match when {
                    When::Now => engine.trigger(unit, &request, attempt).await,
                    When::Later => engine.accept(unit, &request).await,
                }
            })
        });
        match done.await {
            Err(TriggerError::InDoubt(doubt)) => settled(&self.store, doubt)
                .await?
                .into_iter()
                .next()
                .unwrap_or_else(|| Err(TriggerError::Store(StoreError::Internal { reason: "a trigger has no outcome".to_owned() }))),
            done => done,
        }
    }
}

/// Whether the cascade of a trigger looks for rows to change.
fn reads_by_key(request: &TriggerRequest) -> bool {
    request.catalog.topic_by_name(&request.code).is_some_and(|topic| request.catalog.shared_rows(&topic.topic_id).is_some())
}

/// Carries a group out without savepoints and, where that fails and savepoints cost little, in a second pass with them.
/// Says whether there was a second pass.
async fn carry_out_together(
    engine: &Engine,
    scouting: &Engine,
    session: &mut dyn SqlSession,
    group: &[TriggerRequest],
) -> Result<(Outcomes, bool), TriggerError> {
    let mut unit = GroupUnitOfWork::new(session);
    if group.len() > 1 && unit.reads_ahead() && group.iter().any(reads_by_key) {
        let mut scout = Scout::new();
        // What becomes of it is of no interest: nothing is there, and nothing is kept.
        drop(scouting.triggers(&mut scout, group).await);
        unit.read_ahead(scout).await.map_err(TriggerError::Store)?;
    }
    let done = engine.triggers(&mut unit, group).await;
    drop(unit);
    let shares_savepoints = group.len() > 1 && session.dialect().bulk().is_none();
    match done {
        Ok(outcomes) => Ok((outcomes, false)),
        Err(error @ TriggerError::InDoubt(_)) => Err(error),
        Err(_) if shares_savepoints => Ok((engine.triggers(&mut SqlUnitOfWork::new(session), group).await?, true)),
        Err(error) => Err(error),
    }
}

/// How many of those that wait are carried out together: at least one, and not more than so many bytes. Who shares no
/// transaction comes by himself.
fn together(waiting: &[Entry], limit: usize) -> usize {
    let mut bytes = 0_usize;
    let fitting = waiting.iter().take_while(|one| {
        bytes = bytes.saturating_add(one.bytes());
        bytes <= limit && !one.is_alone()
    });
    fitting.count().max(1)
}

/// Alarms go to the application log once everything is committed (D-12).
pub(crate) fn log_alarms(trace_id: &str, alarms: &[RaisedAlarm]) {
    for alarm in alarms {
        tracing::error!(trace_id, "[PIPELINE] [ALARM] [{}] {}", alarm.severity.as_str().to_uppercase(), alarm.message);
    }
}
