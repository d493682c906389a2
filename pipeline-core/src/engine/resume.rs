//! Going on with what was handed over, or what a crash left (engine.md §3.11).

use std::sync::Arc;

use super::by_action::Rows;
use super::cascade::{Cascade, Queue};
use super::context::{Origin, RunContext};
use super::hand_over::accepted;
use super::pending::PendingCascade;
use super::trigger::{committed, report};
use super::{Atomicity, Attempt, Engine, TriggerError, TriggerOutcome};
use crate::compile::Catalog;
use crate::port::{PendingWork, TriggerHeader, UnitOfWork};

/// What is left of a cascade, as it was read.
struct Left {
    origin: Origin,
    header: TriggerHeader,
    /// Where it is to be done.
    target: Option<Arc<str>>,
    failed: Vec<String>,
    contexts: Vec<RunContext>,
    /// The pending rows that lie where the work is done: none of work that comes from another data source.
    rows: Vec<i64>,
    /// Whether each of the rows holds exactly one of the runs.
    is_one_each: bool,
    /// The last of what was read.
    last: PendingWork,
}

impl Engine {
    /// Goes on with a cascade that was handed over in this store to be done here, or that a crash left, in the mode of
    /// the settings. Pipelines that are gone from the catalog are left out.
    ///
    /// In mode `action` each action commits by itself, and a run that a crash interrupted starts again from its first
    /// action. In the other modes all of it is one transaction, in which the pending row goes; the row of the trigger,
    /// which was answered for, stays even where mode `trigger` undoes every run. An error leaves the pending rows as they
    /// were committed last; work that somebody else holds, or has done, is [`TriggerError::TakenOver`].
    pub async fn resume(
        &self,
        unit: &mut dyn UnitOfWork,
        catalog: &Arc<Catalog>,
        work: &PendingWork,
        attempt: Attempt,
    ) -> Result<TriggerOutcome, TriggerError> {
        unit.record_statements(self.records_details());
        unit.begin().await?;
        let left = match self.rows_left(unit, catalog, work).await {
            Ok(left) => left,
            Err(error) => return committed(unit, Err(error)).await,
        };
        match self.settings.atomicity {
            Atomicity::Action => self.go_on_by_action(unit, left, attempt).await?,
            Atomicity::Pipeline | Atomicity::Trigger => self.go_on(unit, left, attempt).await,
        }
    }

    /// Does what another data source handed over to this one, in a transaction that begins with noting that it is done
    /// here. `None` when it had been done before: then the hand-over is to be taken away, as it is after every success.
    /// In mode `action` the runs get pending rows here in that transaction, and what interrupts them from then on is no
    /// error any more.
    pub async fn cross(
        &self,
        unit: &mut dyn UnitOfWork,
        catalog: &Arc<Catalog>,
        work: &PendingWork,
        attempt: Attempt,
    ) -> Result<Option<TriggerOutcome>, TriggerError> {
        unit.record_statements(self.records_details());
        let left = self.read_all(catalog, std::slice::from_ref(work), Vec::new())?;
        unit.begin().await?;
        match unit.mark_applied(work.pending_id).await {
            Ok(true) => {}
            Ok(false) => {
                unit.rollback().await?;
                return Ok(None);
            }
            Err(error) => return committed(unit, Err(error.into())).await,
        }
        match self.settings.atomicity {
            Atomicity::Action => self.go_on_by_action(unit, left, attempt).await?.map(Some),
            Atomicity::Pipeline | Atomicity::Trigger => self.go_on(unit, left, attempt).await.map(Some),
        }
    }

    /// What is left of a trigger's cascade to be done here, its first row held by this process.
    async fn rows_left(&self, unit: &mut dyn UnitOfWork, catalog: &Arc<Catalog>, work: &PendingWork) -> Result<Left, TriggerError> {
        let pending_id = work.pending_id;
        let target = PendingCascade::read(work)?.target();
        let mut rows = Vec::new();
        for row in unit.pending_of_trigger(work.trigger_id).await? {
            // A hand-over to another data source is no part of what is done here.
            if PendingCascade::read(&row)?.target() == target {
                rows.push(row);
            }
        }
        let Some(first) = rows.first() else { return Err(TriggerError::TakenOver { pending_id }) };
        self.take(unit, first.pending_id).await?;
        let ids = rows.iter().map(|row| row.pending_id).collect();
        self.read_all(catalog, &rows, ids)
    }

    fn read_all(&self, catalog: &Arc<Catalog>, works: &[PendingWork], rows: Vec<i64>) -> Result<Left, TriggerError> {
        let (Some(first), Some(last)) = (works.first(), works.last()) else { return Err(TriggerError::TakenOver { pending_id: 0 }) };
        let read = PendingCascade::read(first)?;
        let mut left = Left {
            origin: read.origin(first, catalog),
            header: read.header(first),
            target: read.target(),
            failed: Vec::new(),
            contexts: Vec::new(),
            is_one_each: true,
            rows,
            last: last.clone(),
        };
        for work in works {
            let cascade = PendingCascade::read(work)?;
            let contexts = cascade.contexts(catalog)?;
            left.is_one_each &= contexts.len() == 1;
            left.contexts.extend(contexts);
            for failed in cascade.failed() {
                if !left.failed.contains(&failed) {
                    left.failed.push(failed);
                }
            }
        }
        Ok(left)
    }

    /// All of it inside the open transaction, up to where another data source has to go on.
    async fn go_on(&self, unit: &mut dyn UnitOfWork, left: Left, attempt: Attempt) -> Result<TriggerOutcome, TriggerError> {
        let Left { origin, mut header, target, failed, contexts, rows, last, .. } = left;
        let services = self.services(&origin.catalog);
        let queue = Queue::start(contexts, self.settings.limits.max_queue);
        let mut cascade = Cascade::new(self, &services, &origin, attempt, queue).go_on(target, &last, &failed);
        let done = self.go_on_inside(unit, &mut cascade, &mut header, &rows).await;
        Ok(match committed(unit, done).await? {
            Some(next) => accepted(&header, next, cascade, None),
            None => TriggerOutcome::Ran(report(&header, cascade)),
        })
    }

    async fn go_on_inside(
        &self,
        unit: &mut dyn UnitOfWork,
        cascade: &mut Cascade<'_>,
        header: &mut TriggerHeader,
        rows: &[i64],
    ) -> Result<Option<PendingWork>, TriggerError> {
        if self.settings.atomicity == Atomicity::Trigger {
            unit.savepoint().await?;
            self.run_by_trigger(unit, cascade).await?;
        } else {
            self.run_by_pipeline(unit, cascade).await?;
        }
        cascade.write_logs(unit).await?;
        let next = self.end_here(unit, cascade, header).await?;
        for row in rows {
            unit.delete_pending(*row).await?;
        }
        Ok(next)
    }

    /// Commits what is noted in the open transaction, then runs one action after the other. The outer error says that
    /// nothing was committed.
    async fn go_on_by_action(&self, unit: &mut dyn UnitOfWork, left: Left, attempt: Attempt) -> Result<Result<TriggerOutcome, TriggerError>, TriggerError> {
        let Left { origin, mut header, target, failed, contexts, rows, is_one_each, last } = left;
        let comes_from_elsewhere = rows.is_empty();
        let services = self.services(&origin.catalog);
        let queue = Queue::start(contexts, self.settings.limits.max_queue);
        let mut cascade = Cascade::new(self, &services, &origin, attempt, queue).go_on(target, &last, &failed);
        let fitting = is_one_each && !comes_from_elsewhere && cascade.elsewhere().is_none();
        let written = if fitting { Ok((rows.into(), None)) } else { self.write_anew(unit, &mut cascade, &mut header, &rows).await };
        let (rows, next) = committed(unit, written).await?;
        if let Some(next) = next {
            return Ok(Ok(accepted(&header, next, cascade, None)));
        }
        Ok(match self.work_off(unit, &mut cascade, &mut header, rows).await {
            Ok(None) => Ok(TriggerOutcome::Ran(report(&header, cascade))),
            Ok(Some(next)) => Ok(accepted(&header, next, cascade, None)),
            Err(error) if comes_from_elsewhere => Ok(accepted(&header, last, cascade, Some(error))),
            Err(error) => Err(error),
        })
    }

    /// Writes what is left in the rows that mode `action` needs, instead of those that there are.
    async fn write_anew(
        &self,
        unit: &mut dyn UnitOfWork,
        cascade: &mut Cascade<'_>,
        header: &mut TriggerHeader,
        rows: &[i64],
    ) -> Result<(Rows, Option<PendingWork>), TriggerError> {
        for row in rows {
            unit.delete_pending(*row).await?;
        }
        if cascade.is_empty() || cascade.elsewhere().is_some() {
            return Ok((Rows::new(), self.end_here(unit, cascade, header).await?));
        }
        let rows: Rows = cascade.write_down(unit, header, 0).await?.into_iter().map(|row| row.pending_id).collect();
        if let Some(first) = rows.front() {
            self.take(unit, *first).await?;
        }
        Ok((rows, None))
    }
}
