//! Mode `action`: every action commits by itself, and what is left of the cascade stands in pending rows, one for each
//! waiting run (engine.md §3.11). The end of a run takes its row away and adds those of the runs that it led to.

use std::collections::VecDeque;

use super::cascade::{Cascade, Queue};
use super::context::Origin;
use super::hand_over::{Saved, accepted};
use super::trigger::{abort, committed, report};
use super::{Attempt, Engine, InDoubt, TriggerError, TriggerOutcome, TriggerRequest};
use crate::port::{PendingWork, TriggerHeader, UnitOfWork};

/// The pending rows of the runs that wait, in their order: the first of them is held by this process.
pub(super) type Rows = VecDeque<i64>;

impl Engine {
    /// A trigger, which commits as it goes.
    pub(super) async fn trigger_by_action(
        &self,
        unit: &mut dyn UnitOfWork,
        request: &TriggerRequest,
        attempt: Attempt,
    ) -> Result<TriggerOutcome, TriggerError> {
        unit.begin().await?;
        match self.save_row(unit, request).await {
            Ok(Ok(Saved { origin, header, queue })) => self.run_by_action(unit, origin, header, queue, attempt).await,
            Ok(Err(before)) => committed(unit, Ok(before)).await,
            Err(error) => committed(unit, Err(error)).await,
        }
    }

    /// Runs for a row that is there, inside a transaction that is open already: commits header and pending rows, and goes
    /// on as it goes. What interrupts it from then on is no error any more.
    pub(super) async fn run_by_action(
        &self,
        unit: &mut dyn UnitOfWork,
        origin: Origin,
        mut header: TriggerHeader,
        queue: Queue,
        attempt: Attempt,
    ) -> Result<TriggerOutcome, TriggerError> {
        let services = self.services(&origin.catalog);
        let mut cascade = Cascade::new(self, &services, &origin, attempt, queue);
        let kept = self.keep_and_hold(unit, &mut cascade, &mut header).await;
        let rows = match kept {
            Ok(rows) => rows,
            Err(error) => return committed(unit, Err(error)).await,
        };
        let done = unit.commit().await;
        let mut rows = rows.into_iter();
        if let Err(lost) = done {
            drop(unit.rollback().await);
            let outcome = match rows.next() {
                Some(first) => accepted(&header, first, cascade, Some(TriggerError::Store(lost.clone()))),
                None => TriggerOutcome::Ran(report(&header, cascade)),
            };
            return Err(InDoubt::of(lost, vec![Ok(outcome)]));
        }
        let Some(first) = rows.next() else { return Ok(TriggerOutcome::Ran(report(&header, cascade))) };
        if cascade.elsewhere().is_some() {
            return Ok(accepted(&header, first, cascade, None));
        }
        let ids = std::iter::once(first.pending_id).chain(rows.map(|row| row.pending_id)).collect();
        Ok(match self.work_off(unit, &mut cascade, &mut header, ids).await {
            Ok(None) => TriggerOutcome::Ran(report(&header, cascade)),
            Ok(Some(next)) => accepted(&header, next, cascade, None),
            Err(error) => accepted(&header, first, cascade, Some(error)),
        })
    }

    async fn keep_and_hold(&self, unit: &mut dyn UnitOfWork, cascade: &mut Cascade<'_>, header: &mut TriggerHeader) -> Result<Vec<PendingWork>, TriggerError> {
        let rows = self.keep(unit, cascade, header).await?;
        if let Some(first) = rows.first() {
            self.take(unit, first.pending_id).await?;
        }
        Ok(rows)
    }

    /// Runs what is to be done here, each action committing by itself. Gives what was handed over to another data source
    /// at the end, if anything was.
    pub(super) async fn work_off(
        &self,
        unit: &mut dyn UnitOfWork,
        cascade: &mut Cascade<'_>,
        header: &mut TriggerHeader,
        mut rows: Rows,
    ) -> Result<Option<PendingWork>, TriggerError> {
        if let Some(first) = rows.front() {
            cascade.held(*first);
        }
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
            let noted = self.note_run(unit, cascade, header, &mut rows).await;
            if let Some(next) = committed(unit, noted).await? {
                return Ok(Some(next));
            }
            if let Some(first) = rows.front() {
                cascade.held(*first);
            }
        }
        Ok(None)
    }

    /// Writes what a run left behind, takes its row away, adds those of the runs that it led to, and holds the next one.
    async fn note_run(
        &self,
        unit: &mut dyn UnitOfWork,
        cascade: &mut Cascade<'_>,
        header: &mut TriggerHeader,
        rows: &mut Rows,
    ) -> Result<Option<PendingWork>, TriggerError> {
        if let Some(done) = rows.front() {
            self.take(unit, *done).await?;
        }
        cascade.write_logs(unit).await?;
        if cascade.is_empty() || cascade.elsewhere().is_some() {
            for row in rows.drain(..) {
                unit.delete_pending(row).await?;
            }
            return self.end_here(unit, cascade, header).await;
        }
        if let Some(done) = rows.pop_front() {
            unit.delete_pending(done).await?;
        }
        let added = cascade.write_down(unit, header, rows.len()).await?;
        rows.extend(added.into_iter().map(|row| row.pending_id));
        if let Some(next) = rows.front() {
            self.take(unit, *next).await?;
            if cascade.has_failures()
                && let Some(body) = cascade.body_of_next(header)
            {
                unit.update_pending(*next, &body).await?;
            }
        }
        Ok(None)
    }
}
