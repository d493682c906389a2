//! Triggers whose row is kept before their cascade has run: asynchronous ones, and those of mode `action`
//! (engine.md §3.11, rule 9). What is left stands in a pending row, so that a crash loses none of it.

use super::cascade::{Cascade, Queue};
use super::context::Origin;
use super::pending::PendingCascade;
use super::trigger::{abort, committed, earlier, header, insert_header, report};
use super::{AcceptedTrigger, Attempt, Engine, TriggerError, TriggerOutcome, TriggerReport, TriggerRequest};
use crate::model::TriggerResult;
use crate::port::{EarlierTrigger, PendingKind, PendingWork, TriggerHeader, TriggerStatus, UnitOfWork};

/// A trigger whose row is saved.
pub(super) struct Kept {
    origin: Origin,
    header: TriggerHeader,
    queue: Queue,
    /// What is left to be done; `None` where no pipeline runs.
    work: Option<PendingWork>,
}

impl Engine {
    /// Takes a trigger over without running its cascade: commits row, position and a pending row. Where no pipeline runs
    /// for it, it is done with that.
    pub async fn accept(&self, unit: &mut dyn UnitOfWork, request: &TriggerRequest) -> Result<TriggerOutcome, TriggerError> {
        unit.record_statements(self.records_details());
        unit.begin().await?;
        let kept = self.keep_row(unit, request, false).await;
        let Kept { header, work, .. } = match committed(unit, kept).await? {
            Ok(kept) => kept,
            Err(earlier) => return Ok(TriggerOutcome::Replayed(earlier)),
        };
        Ok(match work {
            Some(work) => accepted(&header, work, 0, None),
            None => TriggerOutcome::Ran(without_runs(&header)),
        })
    }

    /// A trigger in mode `action`, which commits as it goes.
    pub(super) async fn trigger_by_action(
        &self,
        unit: &mut dyn UnitOfWork,
        request: &TriggerRequest,
        attempt: Attempt,
    ) -> Result<TriggerOutcome, TriggerError> {
        unit.begin().await?;
        let kept = self.keep_row(unit, request, true).await;
        match committed(unit, kept).await? {
            Ok(kept) => self.run_kept(unit, kept, attempt).await,
            Err(earlier) => Ok(TriggerOutcome::Replayed(earlier)),
        }
    }

    /// Runs in mode `action` for a row that is there: commits header and pending row, and goes on as it goes.
    pub(super) async fn run_by_action(
        &self,
        unit: &mut dyn UnitOfWork,
        origin: Origin,
        header: TriggerHeader,
        queue: Queue,
        attempt: Attempt,
    ) -> Result<TriggerOutcome, TriggerError> {
        unit.begin().await?;
        let kept = self.keep_work(unit, origin, header, queue, true).await;
        let kept = committed(unit, kept).await?;
        self.run_kept(unit, kept, attempt).await
    }

    /// Runs what was committed, each action committing by itself. What interrupts it is no error any more.
    async fn run_kept(&self, unit: &mut dyn UnitOfWork, kept: Kept, attempt: Attempt) -> Result<TriggerOutcome, TriggerError> {
        let Kept { origin, mut header, queue, work } = kept;
        let Some(mut work) = work else { return Ok(TriggerOutcome::Ran(without_runs(&header))) };
        let services = self.services(&origin.catalog);
        let mut cascade = Cascade::new(self, &services, &origin, attempt.locking, queue);
        cascade.held(work.pending_id);
        Ok(match self.work_off(unit, &mut cascade, &mut header, &mut work).await {
            Ok(()) => TriggerOutcome::Ran(report(&header, cascade)),
            Err(error) => accepted(&header, work, cascade.handed_over(), Some(error)),
        })
    }

    /// Saves the row of a trigger and writes its header and what is left to be done, inside the open transaction.
    async fn keep_row(&self, unit: &mut dyn UnitOfWork, request: &TriggerRequest, hold: bool) -> Result<Result<Kept, EarlierTrigger>, TriggerError> {
        if let Some(earlier) = earlier(unit, request).await? {
            return Ok(Err(earlier));
        }
        let origin = self.origin(request)?;
        let saved = self.save(&self.services(&request.catalog), unit, request).await?;
        let header = header(request, &origin, &saved);
        let queue = Queue::start(saved.runs(&origin.catalog), self.settings.limits.max_queue);
        self.keep_work(unit, origin, header, queue, hold).await.map(Ok)
    }

    /// Writes a header and what is left to be done, inside the open transaction. `hold` leases the pending row to this
    /// process at once.
    async fn keep_work(&self, unit: &mut dyn UnitOfWork, origin: Origin, mut header: TriggerHeader, queue: Queue, hold: bool) -> Result<Kept, TriggerError> {
        if queue.waiting().next().is_none() {
            header.status = TriggerStatus::Done;
            header.finished_at = Some(self.clock.now_utc());
            insert_header(unit, &header).await?;
            return Ok(Kept { origin, header, queue, work: None });
        }
        insert_header(unit, &header).await?;
        let work = PendingWork {
            pending_id: self.ids.next_id()?,
            kind: PendingKind::Cascade,
            tenant_id: header.tenant_id.clone(),
            trace_id: header.trace_id.clone(),
            trigger_id: header.trigger_id,
            ordinal: 0,
            body: PendingCascade::write(&queue, &[], &header),
            attempts: 0,
        };
        unit.insert_pending(&work).await?;
        if hold {
            self.take(unit, work.pending_id).await?;
        }
        Ok(Kept { origin, header, queue, work: Some(work) })
    }

    /// Runs what a pending row holds, each action committing by itself, and takes the row away at the end. On an error
    /// `work` is what was committed last.
    pub(super) async fn work_off(
        &self,
        unit: &mut dyn UnitOfWork,
        cascade: &mut Cascade<'_>,
        header: &mut TriggerHeader,
        work: &mut PendingWork,
    ) -> Result<(), TriggerError> {
        while let Some(context) = cascade.next() {
            let done = match cascade.run(unit, &context).await {
                Ok(end) => cascade.keep(&context, end).map(|_| ()),
                Err(error) => Err(error),
            };
            if let Err(error) = done {
                drop(unit.rollback().await);
                return Err(abort(error));
            }
            unit.begin().await?;
            let noted = self.note_run(unit, cascade, header, work.pending_id).await;
            work.body = committed(unit, noted).await?;
            cascade.held(work.pending_id);
        }
        Ok(())
    }

    /// Writes what a run left behind, and what is left to be done; gives the latter.
    async fn note_run(
        &self,
        unit: &mut dyn UnitOfWork,
        cascade: &mut Cascade<'_>,
        header: &mut TriggerHeader,
        pending_id: i64,
    ) -> Result<String, TriggerError> {
        self.take(unit, pending_id).await?;
        cascade.write_logs(unit).await?;
        if cascade.is_empty() {
            self.finish(header, cascade);
            unit.update_trigger(header).await?;
            unit.delete_pending(pending_id).await?;
            return Ok(String::new());
        }
        let body = PendingCascade::write(cascade.queue(), &cascade.failed_pipeline_ids(), header);
        unit.update_pending(pending_id, &body).await?;
        Ok(body)
    }

    /// Takes pending work into this process's lease, or extends it.
    pub(super) async fn take(&self, unit: &mut dyn UnitOfWork, pending_id: i64) -> Result<(), TriggerError> {
        let lease = &self.settings.lease;
        if unit.hold_pending(pending_id, &lease.worker, lease.seconds).await? { Ok(()) } else { Err(TriggerError::TakenOver { pending_id }) }
    }
}

fn accepted(header: &TriggerHeader, work: PendingWork, handed_over: usize, interrupted: Option<TriggerError>) -> TriggerOutcome {
    TriggerOutcome::Accepted(Box::new(AcceptedTrigger {
        trigger_id: header.trigger_id,
        trace_id: header.trace_id.clone(),
        data_id: header.data_id,
        work,
        handed_over,
        interrupted,
    }))
}

fn without_runs(header: &TriggerHeader) -> TriggerReport {
    let result = TriggerResult { trace_id: header.trace_id.clone(), data_id: header.data_id, failed_pipeline_ids: Vec::new() };
    TriggerReport { trigger_id: header.trigger_id, result, runs: 0, handed_over: 0, alarms: Vec::new() }
}
