//! Carrying cascades to one target, one after another.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nightowl_core::engine::{TriggerError, TriggerOutcome, abroad_of};
use nightowl_core::error::{Coded, ErrorClass};
use nightowl_core::port::{Journal as _, PendingWork, StoreError};
use nightowl_storage::Store;
use nightowl_storage::sql::{SqlUnitOfWork, pending};
use tokio::sync::mpsc;

use super::{Crossing, Crossings, Parts, Place, ended};
use crate::node::leave::{Failure, leave};
use crate::node::{log_alarms, resumed, with_retries};

/// How long a caller waits for a target that is away.
const PATIENCE: Duration = Duration::from_secs(5);
/// The least time that an attempt waits for a connection.
const LEAST: Duration = Duration::from_millis(500);
/// The first pause between two attempts; each is twice the one before.
const PAUSE: Duration = Duration::from_millis(50);
/// How long a target that was found away is taken to be so.
const AWAY: Duration = Duration::from_secs(1);

/// What came of one attempt.
enum Carried {
    /// It was done on this target.
    Done(Place, TriggerOutcome),
    /// It had been done before, or somebody else does it.
    Known(Option<Place>),
}

/// The worker of a target.
pub(super) struct Carrier {
    parts: Parts,
    crossings: Crossings,
    target: Option<Arc<str>>,
    away_until: Option<Instant>,
}

impl Carrier {
    pub(super) const fn new(parts: Parts, crossings: Crossings, target: Option<Arc<str>>) -> Self {
        Self { parts, crossings, target, away_until: None }
    }

    pub(super) async fn run(mut self, mut queue: mpsc::UnboundedReceiver<Crossing>) {
        while let Some(crossing) = queue.recv().await {
            self.carry(crossing).await;
        }
    }

    pub(super) async fn carry(&mut self, mut crossing: Crossing) {
        let mut pause = PAUSE;
        loop {
            let error = match self.attempt_in_time(&crossing).await {
                Ok(Carried::Done(place, outcome)) => return self.done(crossing, place, outcome).await,
                Ok(Carried::Known(place)) => return self.known(crossing, place).await,
                Err(error) => error,
            };
            let again = error.class() == ErrorClass::Retry && crossing.answer.is_some() && crossing.since.elapsed() + pause < PATIENCE;
            if error.class() == ErrorClass::Retry {
                self.away_until = Some(Instant::now() + AWAY);
            }
            if !again {
                return self.leave(crossing, error).await;
            }
            if crossing.answer.as_ref().is_some_and(tokio::sync::oneshot::Sender::is_closed) {
                crossing.answer = None;
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }

    /// One attempt; the lease of the pending row is extended while it lasts. Nobody waits longer than his patience for a
    /// connection; what has begun takes its time.
    async fn attempt_in_time(&self, crossing: &Crossing) -> Result<Carried, Failure> {
        let away = self.away_until.is_some_and(|until| Instant::now() < until);
        if away && crossing.since.elapsed() >= PATIENCE {
            return Err(Failure::away("it was away a moment ago"));
        }
        let begun = Arc::<AtomicBool>::default();
        let mut attempt = Box::pin(self.attempt(crossing, &begun));
        let until = Instant::now() + PATIENCE.saturating_sub(crossing.since.elapsed()).max(LEAST);
        let lease_third = Duration::from_secs(u64::from(self.parts.engine.settings.lease.seconds.max(3) / 3));
        loop {
            let waits = !begun.load(Ordering::Relaxed);
            tokio::select! {
                done = &mut attempt => return done,
                () = tokio::time::sleep(lease_third) => self.extend(crossing).await,
                () = tokio::time::sleep_until(until.into()), if waits => {
                    if !begun.load(Ordering::Relaxed) {
                        return Err(Failure::away("it does not answer"));
                    }
                }
            }
        }
    }

    async fn attempt(&self, crossing: &Crossing, begun: &Arc<AtomicBool>) -> Result<Carried, Failure> {
        let Crossing { from, work, .. } = crossing;
        let engine = &self.parts.engine;
        let tenant = self.parts.catalogs.of(&work.tenant_id).await?;
        if from.data_source_id == self.target {
            // Its own store has just committed the pending row.
            begun.store(true, Ordering::Relaxed);
            return match resumed(&self.crossings.exit_of(from.clone()), engine, &tenant.catalog, work.clone()).await {
                Ok(outcome) => Ok(Carried::Done(from.clone(), outcome)),
                Err(TriggerError::TakenOver { .. }) => Ok(Carried::Known(None)),
                Err(error) => Err(error.into()),
            };
        }
        let source = tenant.data_source(self.target.as_deref())?;
        let to = self.parts.stores()?.of(source).await?.place();
        let (exit, abroad) = (self.crossings.exit_of(to.clone()), abroad_of(work, &tenant.catalog)?);
        let crossed = with_retries(engine, |attempt| {
            let (engine, catalog, work) = (Arc::clone(engine), Arc::clone(&tenant.catalog), work.clone());
            let (begun, tenant_id) = (Arc::clone(begun), work.tenant_id.clone());
            let (exit, abroad) = (&exit, &abroad);
            async move {
                let crossing = exit.on_unit(&tenant_id, abroad, move |unit| {
                    Box::pin(async move {
                        begun.store(true, Ordering::Relaxed);
                        engine.cross(unit, &catalog, &work, attempt).await
                    })
                });
                crossing.await
            }
        });
        Ok(match crossed.await? {
            Some(outcome) => Carried::Done(to, outcome),
            None => Carried::Known(Some(to)),
        })
    }

    async fn extend(&self, crossing: &Crossing) {
        let (pending_id, lease) = (crossing.work.pending_id, self.parts.engine.settings.lease.clone());
        let extended =
            crossing.from.store.write(move |session| Box::pin(async move { pending::extend_lease(session, pending_id, &lease.worker, lease.seconds).await }));
        if let Err(error) = extended.await.and_then(|done| done) {
            tracing::warn!(pending_id, %error, "the lease of a cascade can not be extended");
        }
    }

    /// Takes the hand-over away, and goes on with what it led to.
    async fn done(&mut self, mut crossing: Crossing, place: Place, outcome: TriggerOutcome) {
        self.away_until = None;
        self.forget(&crossing, &place).await;
        let (trace_id, alarms) = outcome.alarms();
        log_alarms(trace_id, alarms);
        crossing.handed_over += outcome.handed_over();
        // An attempt that was repeated may have handed something over, too.
        self.parts.signal.ring();
        match outcome {
            TriggerOutcome::Ran(mut report) => {
                report.runs += crossing.runs;
                report.handed_over = crossing.handed_over;
                answer(&mut crossing, Ok(TriggerOutcome::Ran(report)));
            }
            TriggerOutcome::Accepted(accepted) => {
                crossing.runs += accepted.runs;
                self.crossings.put(Crossing { from: place, work: accepted.work, ..crossing });
            }
            TriggerOutcome::Replayed(_) | TriggerOutcome::Passed => {}
        }
    }

    /// Goes on behind what had been done before: its answer was lost, or another process does the rest.
    async fn known(&mut self, mut crossing: Crossing, place: Option<Place>) {
        self.away_until = None;
        if let Some(place) = place {
            self.forget(&crossing, &place).await;
            match next_of(&place.store, crossing.work.trigger_id).await {
                Ok(Some(next)) => return self.crossings.put(Crossing { from: place, work: next, ..crossing }),
                Ok(None) => {}
                Err(error) => tracing::warn!(trace_id = crossing.work.trace_id, %error, "what comes next of a cascade can not be looked for"),
            }
        }
        if crossing.answer.is_none() {
            return;
        }
        let Ok(stores) = self.parts.stores() else { return };
        let (trigger_id, trace_id) = (crossing.work.trigger_id, crossing.work.trace_id.clone());
        tokio::spawn(async move {
            let end = ended(&stores, trigger_id, &trace_id).await;
            answer(&mut crossing, end.map(TriggerOutcome::Ran));
        });
    }

    /// Takes a pending row away that was done on another data source. One that stays is found to be done by whoever
    /// takes it up.
    async fn forget(&self, crossing: &Crossing, done_at: &Place) {
        if crossing.from.data_source_id == done_at.data_source_id {
            return;
        }
        let pending_id = crossing.work.pending_id;
        let gone = crossing.from.store.write(move |session| Box::pin(pending::remove(session, pending_id))).await;
        if let Err(error) = gone.and_then(|gone| gone) {
            tracing::warn!(pending_id, trace_id = crossing.work.trace_id, %error, "a hand-over that was done can not be taken away yet");
        }
    }

    /// Leaves a cascade to the worker of pending cascades, and tells who waits.
    async fn leave(&self, mut crossing: Crossing, failure: Failure) {
        let reason = failure.to_string();
        if let Ok(stores) = self.parts.stores() {
            leave(&self.parts.engine, &stores, &crossing.from.store, &crossing.work, &failure).await;
        }
        self.parts.signal.ring();
        let trace_id = crossing.work.trace_id.clone();
        answer(&mut crossing, Err(TriggerError::Unfinished { trace_id, reason }));
    }
}

fn answer(crossing: &mut Crossing, end: Result<TriggerOutcome, TriggerError>) {
    if let Some(answer) = crossing.answer.take()
        && answer.send(end).is_err()
    {
        tracing::debug!(trace_id = crossing.work.trace_id, "the caller of a trigger is gone; its cascade goes on all the same");
    }
}

/// What is pending of a trigger's cascade in a store.
async fn next_of(store: &Store, trigger_id: i64) -> Result<Option<PendingWork>, StoreError> {
    let rows = store.read(move |session| Box::pin(async move { SqlUnitOfWork::new(session).pending_of_trigger(trigger_id).await })).await??;
    Ok(rows.into_iter().next())
}
