//! What is handed over to be done later, or on another data source (engine.md §3.11, rules 1 and 9). It stands in pending
//! rows that are committed with what led to it, so that a crash loses none of it.

use super::cascade::{Cascade, Queue};
use super::context::Origin;
use super::in_doubt::commit_trigger;
use super::trigger::{header, insert_header, report, seen_before};
use super::{AcceptedTrigger, Atomicity, Attempt, Engine, TriggerError, TriggerOutcome, TriggerRequest};
use crate::port::{PendingWork, TriggerHeader, UnitOfWork};

/// A trigger whose row is saved.
pub(super) struct Saved {
    pub origin: Origin,
    pub header: TriggerHeader,
    pub queue: Queue,
}

impl Engine {
    /// Takes a trigger over without running its cascade: commits row, position and a pending row. Where no pipeline runs
    /// for it, it is done with that.
    pub async fn accept(&self, unit: &mut dyn UnitOfWork, request: &TriggerRequest) -> Result<TriggerOutcome, TriggerError> {
        unit.record_statements(self.records_details());
        unit.begin().await?;
        let kept = self.accept_inside(unit, request).await;
        commit_trigger(unit, kept).await
    }

    async fn accept_inside(&self, unit: &mut dyn UnitOfWork, request: &TriggerRequest) -> Result<TriggerOutcome, TriggerError> {
        let Saved { origin, mut header, queue } = match self.save_row(unit, request).await? {
            Ok(saved) => saved,
            Err(before) => return Ok(before),
        };
        let services = self.services(&origin.catalog);
        let mut cascade = Cascade::new(self, &services, &origin, Attempt::default(), queue);
        let rows = self.keep(unit, &mut cascade, &mut header).await?;
        Ok(match rows.into_iter().next() {
            Some(first) => accepted(&header, first, cascade, None),
            None => TriggerOutcome::Ran(report(&header, cascade)),
        })
    }

    /// Saves the row of a trigger inside the open transaction; its header is still to be written.
    pub(super) async fn save_row(&self, unit: &mut dyn UnitOfWork, request: &TriggerRequest) -> Result<Result<Saved, TriggerOutcome>, TriggerError> {
        if let Some(before) = seen_before(unit, request).await? {
            return Ok(Err(before));
        }
        let origin = self.origin(request)?;
        let saved = self.save(&self.services(&request.catalog), unit, request, &origin).await?;
        let header = header(request, &origin, &saved);
        let queue = Queue::start(saved.runs(&origin.catalog), self.settings.limits.max_queue).behind(saved.handed_over());
        Ok(Ok(Saved { origin, header, queue }))
    }

    /// Writes a header and everything that is to be run, inside the open transaction; gives the pending rows. Without any
    /// the trigger has ended.
    pub(super) async fn keep(
        &self,
        unit: &mut dyn UnitOfWork,
        cascade: &mut Cascade<'_>,
        header: &mut TriggerHeader,
    ) -> Result<Vec<PendingWork>, TriggerError> {
        if cascade.is_empty() {
            self.finish(header, cascade);
        }
        insert_header(unit, header).await?;
        self.write_rows(unit, cascade, header).await
    }

    /// Writes everything that is to be run as pending rows: in mode `action` one for each run that is done here, so that
    /// none is written twice; else one for all.
    pub(super) async fn write_rows(
        &self,
        unit: &mut dyn UnitOfWork,
        cascade: &mut Cascade<'_>,
        header: &TriggerHeader,
    ) -> Result<Vec<PendingWork>, TriggerError> {
        if cascade.is_empty() {
            return Ok(Vec::new());
        }
        match cascade.elsewhere().cloned() {
            None if self.settings.atomicity == Atomicity::Action => cascade.write_down(unit, header, 0).await,
            elsewhere => {
                let target = elsewhere.unwrap_or_else(|| cascade.here().clone());
                Ok(vec![cascade.hand_over(unit, header, target.as_deref()).await?])
            }
        }
    }

    /// Ends what was run where the trigger began: writes its header and its logs. What is left for another data source is
    /// handed over, and held by this process.
    pub(super) async fn end_first(
        &self,
        unit: &mut dyn UnitOfWork,
        mut cascade: Cascade<'_>,
        mut header: TriggerHeader,
    ) -> Result<TriggerOutcome, TriggerError> {
        let target = cascade.elsewhere().cloned();
        if target.is_none() {
            self.finish(&mut header, &cascade);
        }
        insert_header(unit, &header).await?;
        cascade.write_logs(unit).await?;
        let Some(target) = target else { return Ok(TriggerOutcome::Ran(report(&header, cascade))) };
        let work = self.hand_over(unit, &mut cascade, &header, target.as_deref()).await?;
        Ok(accepted(&header, work, cascade, None))
    }

    /// Ends what was run on a data source. Where nothing is left, the header is finished, by a hand-over where it lies on
    /// another one; else what is left is handed over. Gives what was handed over.
    pub(super) async fn end_here(
        &self,
        unit: &mut dyn UnitOfWork,
        cascade: &mut Cascade<'_>,
        header: &mut TriggerHeader,
    ) -> Result<Option<PendingWork>, TriggerError> {
        let target = match cascade.elsewhere().cloned() {
            Some(target) => target,
            None => {
                self.finish(header, cascade);
                if cascade.is_at_home() {
                    unit.update_trigger(header).await?;
                    return Ok(None);
                }
                cascade.home().clone()
            }
        };
        self.hand_over(unit, cascade, header, target.as_deref()).await.map(Some)
    }

    /// Hands what is left over to a data source; the pending row is held by this process.
    async fn hand_over(
        &self,
        unit: &mut dyn UnitOfWork,
        cascade: &mut Cascade<'_>,
        header: &TriggerHeader,
        target: Option<&str>,
    ) -> Result<PendingWork, TriggerError> {
        let work = cascade.hand_over(unit, header, target).await?;
        self.take(unit, work.pending_id).await?;
        Ok(work)
    }

    /// Takes pending work into this process's lease, or extends it.
    pub(super) async fn take(&self, unit: &mut dyn UnitOfWork, pending_id: i64) -> Result<(), TriggerError> {
        let lease = &self.settings.lease;
        if unit.hold_pending(pending_id, &lease.worker, lease.seconds).await? { Ok(()) } else { Err(TriggerError::TakenOver { pending_id }) }
    }
}

/// What is told of a trigger that goes on from a pending row.
pub(super) fn accepted(header: &TriggerHeader, work: PendingWork, cascade: Cascade<'_>, interrupted: Option<TriggerError>) -> TriggerOutcome {
    TriggerOutcome::Accepted(Box::new(AcceptedTrigger {
        trigger_id: header.trigger_id,
        trace_id: header.trace_id.clone(),
        data_id: header.data_id,
        work,
        runs: cascade.runs(),
        handed_over: cascade.handed_over(),
        alarms: cascade.into_alarms(),
        interrupted,
    }))
}
