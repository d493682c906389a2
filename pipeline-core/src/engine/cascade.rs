//! The cascade of a trigger: a first-in-first-out queue of pipeline runs (engine.md §2.7).

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::json;

use super::context::{Origin, RunContext};
use super::hold::Hold;
use super::log::{PipelineLog, RunStatus};
use super::pending::PendingCascade;
use super::run::{RunEnd, RunOptions, follow_up, run_pipeline};
use super::{ActionError, Attempt, Engine, RaisedAlarm, Services, TraceLevel, TriggerError, log_text};
use crate::model::TopicKind;
use crate::port::{DetailRow, LogRow, PendingKind, PendingWork, TriggerHeader, UnitOfWork};

/// The queue of a trigger, with its bound (D-09).
#[derive(Debug)]
pub(crate) struct Queue {
    waiting: VecDeque<RunContext>,
    limit: usize,
    /// How many pieces of work were handed over before any run.
    handed_over: usize,
}

impl Queue {
    /// A queue that holds the runs of the trigger's own row.
    pub(crate) fn start(runs: Vec<RunContext>, limit: usize) -> Self {
        Self { waiting: runs.into(), limit, handed_over: 0 }
    }

    /// The same, behind a row that handed work over itself.
    pub(crate) const fn behind(mut self, handed_over: usize) -> Self {
        self.handed_over = handed_over;
        self
    }
}

/// A log that is to be written, with what its row needs.
#[derive(Debug)]
struct FinishedRun {
    row: LogRow,
    details: Vec<String>,
}

/// A running cascade.
#[derive(Debug)]
pub(crate) struct Cascade<'a> {
    engine: &'a Engine,
    services: &'a Services<'a>,
    origin: &'a Origin,
    how: RunOptions,
    /// The data source on which it runs now; `None` is the default store.
    here: Option<Arc<str>>,
    queue: Queue,
    /// The order of the next pending row.
    ordinal: i64,
    finished: Vec<FinishedRun>,
    failed: Vec<String>,
    alarms: Vec<RaisedAlarm>,
    runs: usize,
    handed_over: usize,
}

impl<'a> Cascade<'a> {
    /// A cascade that begins with a queue, on the data source of its trigger.
    pub(crate) fn new(engine: &'a Engine, services: &'a Services<'a>, origin: &'a Origin, attempt: Attempt, queue: Queue) -> Self {
        let how = RunOptions { attempt, hold: None };
        let handed_over = queue.handed_over;
        Self {
            engine,
            services,
            origin,
            how,
            here: origin.home.clone(),
            queue,
            ordinal: 0,
            finished: Vec::new(),
            failed: Vec::new(),
            alarms: Vec::new(),
            runs: 0,
            handed_over,
        }
    }

    /// A cascade that goes on from pending work on a data source.
    pub(crate) fn go_on(mut self, here: Option<Arc<str>>, work: &PendingWork, failed: &[String]) -> Self {
        self.here = here;
        self.ordinal = work.ordinal.saturating_add(1);
        self.failed.extend_from_slice(failed);
        self
    }

    /// The next run, in order; `None` where nothing is left, or where it is to be done [`elsewhere`](Self::elsewhere).
    pub(crate) fn next(&mut self) -> Option<RunContext> {
        if self.elsewhere().is_some() { None } else { self.queue.waiting.pop_front() }
    }

    /// The data source of the next run, where that is not the one on which the cascade is (engine.md §3.11, rule 1).
    pub(crate) fn elsewhere(&self) -> Option<&Option<Arc<str>>> {
        self.queue.waiting.front().map(|next| &next.pipeline.home).filter(|home| **home != self.here)
    }

    /// The data source on which it runs now; `None` is the default store.
    pub(crate) const fn here(&self) -> &Option<Arc<str>> {
        &self.here
    }

    /// The data source of the trigger's header; `None` is the default store.
    pub(crate) const fn home(&self) -> &Option<Arc<str>> {
        &self.origin.home
    }

    /// Whether the trigger's header lies where the cascade is.
    pub(crate) fn is_at_home(&self) -> bool {
        self.here == self.origin.home
    }

    /// Whether nothing is left to run.
    pub(crate) fn is_empty(&self) -> bool {
        self.queue.waiting.is_empty()
    }

    /// Writes what is left as one pending row, to be done on a data source.
    pub(crate) async fn hand_over(&mut self, unit: &mut dyn UnitOfWork, header: &TriggerHeader, target: Option<&str>) -> Result<PendingWork, TriggerError> {
        let body = PendingCascade::write(target, self.queue.waiting.iter(), &self.failed, header, self.origin);
        self.write_pending(unit, body).await
    }

    /// Writes each run that is left, from the `first`th on, as a pending row to be done here. Gives their ids.
    pub(crate) async fn write_down(&mut self, unit: &mut dyn UnitOfWork, header: &TriggerHeader, first: usize) -> Result<Vec<PendingWork>, TriggerError> {
        let bodies: Vec<String> = self.queue.waiting.iter().skip(first).map(|next| self.body_of(next, header)).collect();
        let mut written = Vec::with_capacity(bodies.len());
        for body in bodies {
            written.push(self.write_pending(unit, body).await?);
        }
        Ok(written)
    }

    /// The pending row of the next run as it is now, with the pipelines that have failed so far.
    pub(crate) fn body_of_next(&self, header: &TriggerHeader) -> Option<String> {
        self.queue.waiting.front().map(|next| self.body_of(next, header))
    }

    fn body_of(&self, context: &RunContext, header: &TriggerHeader) -> String {
        PendingCascade::write(self.here.as_deref(), std::iter::once(context), &self.failed, header, self.origin)
    }

    async fn write_pending(&mut self, unit: &mut dyn UnitOfWork, body: String) -> Result<PendingWork, TriggerError> {
        let work = PendingWork {
            pending_id: self.services.ids.next_id()?,
            kind: PendingKind::Cascade,
            tenant_id: self.origin.tenant_id.to_string(),
            trace_id: self.origin.trace_id.to_string(),
            trigger_id: self.origin.trigger_id,
            ordinal: self.ordinal,
            body,
            attempts: 0,
        };
        unit.insert_pending(&work).await?;
        self.ordinal += 1;
        Ok(work)
    }

    /// Notes that a pending row was taken, or its lease extended, just now.
    pub(crate) fn held(&mut self, pending_id: i64) {
        self.how.hold = Some(Hold::taken(pending_id, self.services));
    }

    /// Runs one pipeline.
    pub(crate) async fn run(&mut self, unit: &mut dyn UnitOfWork, context: &RunContext) -> Result<RunEnd, ActionError> {
        self.runs += 1;
        run_pipeline(self.engine, self.services, unit, self.origin, context, &self.how).await
    }

    /// Locks what the attempts before this one have met, where this is the one that holds locks (engine.md §3.11, rule 4).
    pub(crate) async fn lock_known(&self, unit: &mut dyn UnitOfWork) -> Result<(), TriggerError> {
        match &self.how.attempt {
            Attempt { locking: true, footprint: Some(footprint) } => Ok(footprint.lock(unit, &self.origin.tenant_id).await?),
            _ => Ok(()),
        }
    }

    /// Keeps what a run left behind: its log, its alarms, and the runs that its rows lead to. Runs over the bound of the
    /// queue are not run: each of their pipelines gets an ERROR log instead. Gives whether anything failed.
    pub(crate) fn keep(&mut self, context: &RunContext, end: RunEnd) -> Result<bool, ActionError> {
        let mut failed = end.failed();
        let mut refused: Vec<(RunContext, usize)> = Vec::new();
        for next in follow_up(&end.changes, self.origin, context.depth) {
            if self.queue.waiting.len() < self.queue.limit {
                self.queue.waiting.push_back(next);
            } else if let Some((_, runs)) = refused.iter_mut().find(|(first, _)| first.pipeline.pipeline_id == next.pipeline.pipeline_id) {
                *runs += 1;
            } else {
                refused.push((next, 1));
            }
        }
        let RunEnd { log, recorder, .. } = end;
        self.handed_over += recorder.handed_over;
        let (details, alarms) = recorder.finish();
        self.alarms.extend(alarms);
        self.keep_log(context, &log, details);
        for (context, runs) in refused {
            failed = true;
            let log = self.refusal(&context, runs)?;
            self.keep_log(&context, &log, Vec::new());
        }
        Ok(failed)
    }

    /// Notes the failure that a log tells of, and keeps the log where the level asks for it.
    fn keep_log(&mut self, context: &RunContext, log: &PipelineLog, details: Vec<String>) {
        if log.span.status == RunStatus::Error && !self.failed.iter().any(|id| **id == *context.pipeline.pipeline_id) {
            self.failed.push(context.pipeline.pipeline_id.to_string());
        }
        if self.is_kept(context, log) {
            let row = self.log_row(context, log);
            self.finished.push(FinishedRun { row, details });
        }
    }

    /// The log of runs for which the queue has no room (D-09): one for all of a pipeline, with the row of the first.
    fn refusal(&self, context: &RunContext, runs: usize) -> Result<PipelineLog, ActionError> {
        let error = ActionError::Limit { code: "limit-queue", what: "the number of runs that wait", limit: self.queue.limit, setting: "engine.max_queue" };
        let mut log = PipelineLog::start(self.services.ids.next_id()?, context, self.services.clock);
        log.span.fail(format!("{}; runs of this pipeline that were left out: {runs}", error.told()));
        Ok(log)
    }

    /// Marks every run so far as undone.
    pub(crate) fn undo_all(&mut self) {
        for finished in &mut self.finished {
            finished.row.rolled_back = true;
        }
        self.queue.waiting.clear();
    }

    /// Writes the logs that have not been written yet.
    pub(crate) async fn write_logs(&mut self, unit: &mut dyn UnitOfWork) -> Result<(), TriggerError> {
        let finished = std::mem::take(&mut self.finished);
        let mut rows = Vec::with_capacity(finished.len());
        let mut details = Vec::new();
        for run in finished {
            let uid = run.row.uid;
            details.extend(run.details.into_iter().zip(0..).map(|(body, ordinal)| DetailRow { uid, ordinal, body }));
            rows.push(run.row);
        }
        if !rows.is_empty() {
            unit.insert_logs(&rows).await?;
        }
        if !details.is_empty() {
            unit.insert_details(&details).await?;
        }
        self.hand_logs_over(unit, &rows).await
    }

    /// Hands logs over to the tenant's monitor topic, where it has one that is worked on (engine.md §5.2).
    async fn hand_logs_over(&mut self, unit: &mut dyn UnitOfWork, logs: &[LogRow]) -> Result<(), TriggerError> {
        if logs.is_empty() || self.origin.catalog.monitor_topic().is_none() {
            return Ok(());
        }
        for log in logs {
            let work = PendingWork {
                pending_id: self.services.ids.next_id()?,
                kind: PendingKind::Monitor,
                tenant_id: log.tenant_id.clone(),
                trace_id: log.trace_id.clone(),
                trigger_id: log.trigger_id,
                ordinal: log.uid,
                body: json!({"format": 1, "uid": log.uid}).to_string(),
                attempts: 0,
            };
            unit.insert_pending(&work).await?;
            self.handed_over += 1;
        }
        Ok(())
    }

    /// Whether a pipeline has failed so far.
    pub(crate) const fn has_failures(&self) -> bool {
        !self.failed.is_empty()
    }

    /// How many pieces of work were handed over: calls of external writers, logs for the monitor topic.
    pub(crate) const fn handed_over(&self) -> usize {
        self.handed_over
    }

    /// The pipelines that ended in ERROR, each once, in the order of their first failure.
    pub(crate) fn failed_pipeline_ids(&self) -> Vec<String> {
        self.failed.clone()
    }

    /// How many pipelines ran.
    pub(crate) const fn runs(&self) -> usize {
        self.runs
    }

    /// The alarms that were raised.
    pub(crate) fn into_alarms(self) -> Vec<RaisedAlarm> {
        self.alarms
    }

    /// Whether a log is kept: never for system topics (D-12), else by the level.
    fn is_kept(&self, context: &RunContext, log: &PipelineLog) -> bool {
        let system = self.origin.catalog.topic(&context.pipeline.topic_id).is_some_and(|topic| topic.kind == TopicKind::System);
        match self.engine.settings.trace_level {
            TraceLevel::Off => false,
            TraceLevel::Errors => !system && log.span.status == RunStatus::Error,
            TraceLevel::Monitor | TraceLevel::Full => !system,
        }
    }

    fn log_row(&self, context: &RunContext, log: &PipelineLog) -> LogRow {
        LogRow {
            uid: log.uid,
            tenant_id: self.origin.tenant_id.to_string(),
            trace_id: self.origin.trace_id.to_string(),
            trigger_id: self.origin.trigger_id,
            pipeline_id: context.pipeline.pipeline_id.to_string(),
            topic_id: context.pipeline.topic_id.to_string(),
            data_id: context.data_id,
            status: log.span.status.as_str(),
            started_at: log.span.started_at,
            spent_ms: i64::try_from(log.span.spent_micros / 1000).unwrap_or(i64::MAX),
            rolled_back: log.rolled_back,
            body: log_text::compact(log),
            definition_hash: context.pipeline.definition_hash.clone(),
        }
    }
}

impl RunEnd {
    /// Forgets what the run had queued, and marks it as undone.
    pub(crate) fn undo(&mut self) {
        self.changes.clear();
        self.log.rolled_back = true;
    }
}
