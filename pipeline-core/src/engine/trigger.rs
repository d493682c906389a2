//! One trigger, from its data to its answer, in one of three modes (engine.md §2.3, §3.11).

use std::sync::Arc;

use chrono::NaiveDateTime;

use super::cascade::{Cascade, Queue};
use super::context::Origin;
use super::in_doubt::{commit_trigger, commit_triggers};
use super::save::Saved;
use super::{ActionError, Atomicity, EngineSettings, Footprint, KeyedRow, RaisedAlarm, Services, TraceLevel, TriggerError};
use crate::compile::{Abroad, Catalog};
use crate::error::{Coded, ErrorClass};
use crate::model::{TriggerResult, TriggerType};
use crate::port::{Clock, EarlierTrigger, ExternalWriter, IdSource, OrderedPosition, PendingWork, StoreError, TriggerHeader, TriggerStatus, UnitOfWork};
use crate::value::{Object, Value, json};

/// The engine: settings and the world that it runs in.
#[derive(Debug, Clone)]
pub struct Engine {
    /// Its settings.
    pub settings: EngineSettings,
    /// Its clock.
    pub clock: Arc<dyn Clock>,
    /// Its ids.
    pub ids: Arc<dyn IdSource>,
    /// Its way to the outside, for mode `action`.
    pub writer: Arc<dyn ExternalWriter>,
}

/// A trigger that passed authentication: what is asked for, for whom, and where it came from.
#[derive(Debug, Clone)]
pub struct TriggerRequest {
    /// The definitions with which the whole cascade runs.
    pub catalog: Arc<Catalog>,
    /// The principal's tenant (for a super admin the one that was named).
    pub tenant_id: Arc<str>,
    /// The principal.
    pub user_id: Arc<str>,
    /// The key id of the token.
    pub pat_key_id: Option<Arc<str>>,
    /// The topic's name.
    pub code: Arc<str>,
    /// What is done with the row.
    pub trigger_type: TriggerType,
    /// The row.
    pub data: Object,
    /// The caller's trace id; a new id where it is blank.
    pub trace_id: Option<Arc<str>>,
    /// The kind of source: `http`, `file`, ….
    pub source: Arc<str>,
    /// Hex SHA-256 of the delivery key; `None` where the source has none.
    pub position_key: Option<Arc<str>>,
    /// The position in a source that is read in order; instead of `position_key`.
    pub ordered: Option<OrderedPosition>,
    /// Hex SHA-256 of what is asked for, where the caller chose the position: the same one with another body is refused.
    pub body_hash: Option<Arc<str>>,
    /// The row that is meant, where key factors name it instead of an id; then `trigger_type` is what that comes to.
    pub keyed: Option<KeyedRow>,
    /// When the caller's time is over, UTC: no action begins after it, and the trigger fails with an error of class
    /// `retry` (surface.md §15.6).
    pub deadline: Option<NaiveDateTime>,
}

impl TriggerRequest {
    /// What its pipelines may reach on other data sources before its cascade leaves its own (engine.md §3.11, rule 2).
    pub fn abroad(&self) -> &Abroad {
        self.catalog.topic_by_name(&self.code).map_or(Abroad::NOTHING, |topic| self.catalog.abroad(&topic.topic_id))
    }
}

/// Which attempt at a trigger this is.
#[derive(Debug, Clone, Default)]
pub struct Attempt {
    /// Whether reads that are followed by writes hold locks: the last repetition (engine.md §3.11, rule 4).
    pub locking: bool,
    /// What the attempts at one trigger share; without it the last one locks rows in the order in which it meets them.
    pub footprint: Option<Arc<Footprint>>,
}

/// What became of a trigger.
#[derive(Debug, Clone, PartialEq)]
pub enum TriggerOutcome {
    /// It ran.
    Ran(TriggerReport),
    /// Its row is kept; what is left of its cascade stands in pending rows, to be run later or on another data source.
    Accepted(Box<AcceptedTrigger>),
    /// Its source position was seen before: nothing ran.
    Replayed(EarlierTrigger),
    /// Its position in an ordered source was taken before: nothing ran, and by which trigger is not known.
    Passed,
}

impl TriggerOutcome {
    /// How many pieces of work were handed over.
    pub const fn handed_over(&self) -> usize {
        match self {
            Self::Ran(report) => report.handed_over,
            Self::Accepted(accepted) => accepted.handed_over,
            Self::Replayed(_) | Self::Passed => 0,
        }
    }

    /// The trigger whose header it wrote.
    pub(super) const fn written_trigger(&self) -> Option<i64> {
        match self {
            Self::Ran(report) => Some(report.trigger_id),
            Self::Accepted(accepted) => Some(accepted.trigger_id),
            Self::Replayed(_) | Self::Passed => None,
        }
    }

    /// The outcome of what went on after an interruption, with what had been done before it.
    #[must_use]
    pub fn after(mut self, before: AcceptedTrigger) -> Self {
        let (runs, handed_over, alarms) = match &mut self {
            Self::Ran(report) => (&mut report.runs, &mut report.handed_over, &mut report.alarms),
            Self::Accepted(accepted) => (&mut accepted.runs, &mut accepted.handed_over, &mut accepted.alarms),
            Self::Replayed(_) | Self::Passed => return self,
        };
        *runs += before.runs;
        *handed_over += before.handed_over;
        alarms.splice(0..0, before.alarms);
        self
    }

    /// The alarms that were raised, with the trace id.
    pub fn alarms(&self) -> (&str, &[RaisedAlarm]) {
        match self {
            Self::Ran(report) => (&report.result.trace_id, &report.alarms),
            Self::Accepted(accepted) => (&accepted.trace_id, &accepted.alarms),
            Self::Replayed(earlier) => (&earlier.trace_id, &[]),
            Self::Passed => ("", &[]),
        }
    }
}

/// A trigger whose row is kept and whose cascade is still to be run, or to be run to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct AcceptedTrigger {
    /// Its own id.
    pub trigger_id: i64,
    /// Its trace id.
    pub trace_id: String,
    /// Its row.
    pub data_id: Option<i64>,
    /// What is left, to be done where [`target_of`](super::target_of) says: by [`Engine::resume`] where it lies, by
    /// [`Engine::cross`] on another data source.
    pub work: PendingWork,
    /// How many pipelines ran.
    pub runs: usize,
    /// How many pieces of work were handed over by what ran of it.
    pub handed_over: usize,
    /// Alarms, to be written to the application log.
    pub alarms: Vec<RaisedAlarm>,
    /// What interrupted the cascade in mode `action`; `None` where it was not begun.
    pub interrupted: Option<TriggerError>,
}

/// What a trigger that ran left behind.
#[derive(Debug, Clone, PartialEq)]
pub struct TriggerReport {
    /// Its own id.
    pub trigger_id: i64,
    /// What the caller is answered.
    pub result: TriggerResult,
    /// How many pipelines ran.
    pub runs: usize,
    /// How many pieces of work it handed over: calls of external writers, logs for the monitor topic.
    pub handed_over: usize,
    /// Alarms, to be written to the application log now that everything is committed.
    pub alarms: Vec<RaisedAlarm>,
}

impl Engine {
    /// Carries out one trigger: claims its position, saves its row, runs its cascade, writes header and logs, commits.
    ///
    /// On an error nothing of the trigger is kept. An error of class `retry` may be answered by calling again, the last
    /// time with [`Attempt::locking`]. In mode `action` every action commits by itself: once the row is kept, what
    /// interrupts the cascade is no error any more but [`TriggerOutcome::Accepted`].
    pub async fn trigger(&self, unit: &mut dyn UnitOfWork, request: &TriggerRequest, attempt: Attempt) -> Result<TriggerOutcome, TriggerError> {
        unit.record_statements(self.records_details());
        if self.settings.atomicity == Atomicity::Action {
            return self.trigger_by_action(unit, request, attempt).await;
        }
        unit.begin().await?;
        let outcome = self.trigger_inside(unit, request, attempt).await;
        commit_trigger(unit, outcome).await
    }

    /// Carries out several triggers in one transaction, each one as if it ran alone after those before it. A refused
    /// trigger leaves nothing behind and disturbs no other. An error gives all of them up: repeat them one by one. In
    /// mode `action` there are no groups.
    pub async fn triggers(&self, unit: &mut dyn UnitOfWork, requests: &[TriggerRequest]) -> Result<Vec<Result<TriggerOutcome, TriggerError>>, TriggerError> {
        let mut outcomes = Vec::with_capacity(requests.len());
        if self.settings.atomicity == Atomicity::Action {
            for request in requests {
                outcomes.push(self.trigger(unit, request, Attempt::default()).await);
            }
            return Ok(outcomes);
        }
        unit.record_statements(self.records_details());
        unit.begin().await?;
        let done = self.triggers_inside(unit, requests, &mut outcomes).await;
        commit_triggers(unit, done.map(|()| outcomes)).await
    }

    async fn triggers_inside(
        &self,
        unit: &mut dyn UnitOfWork,
        requests: &[TriggerRequest],
        outcomes: &mut Vec<Result<TriggerOutcome, TriggerError>>,
    ) -> Result<(), TriggerError> {
        let positions: Vec<(&str, &str)> = requests.iter().filter_map(|request| Some((&*request.source, &**request.position_key.as_ref()?))).collect();
        if !positions.is_empty() {
            unit.expect_positions(&positions).await?;
        }
        for request in requests {
            unit.savepoint().await?;
            let outcome = self.trigger_inside(unit, request, Attempt::default()).await;
            match &outcome {
                Ok(_) => unit.release().await?,
                Err(error) if error.class() == ErrorClass::Reject => unit.rollback_to_savepoint().await?,
                Err(_) => return outcome.map(|_| ()),
            }
            outcomes.push(outcome);
        }
        Ok(())
    }

    /// A trigger inside an open transaction, in mode `pipeline` or `trigger`. Where it is refused, what is open is as it
    /// was before.
    async fn trigger_inside(&self, unit: &mut dyn UnitOfWork, request: &TriggerRequest, attempt: Attempt) -> Result<TriggerOutcome, TriggerError> {
        if let Some(before) = seen_before(unit, request).await? {
            return Ok(before);
        }
        let by_trigger = self.settings.atomicity == Atomicity::Trigger;
        if by_trigger {
            unit.savepoint().await?;
        }
        let origin = self.origin(request)?;
        let services = self.services(&request.catalog);
        let saved = match self.save(&services, unit, request, &origin).await {
            Err(error) if by_trigger && error.class() == ErrorClass::Reject => {
                unit.rollback_to_savepoint().await?;
                return Err(error);
            }
            saved => saved?,
        };
        let mut header = header(request, &origin, &saved);
        let queue = Queue::start(saved.runs(&origin.catalog), self.settings.limits.max_queue).behind(saved.handed_over());
        let mut cascade = Cascade::new(self, &services, &origin, attempt, queue);
        if by_trigger {
            if !self.run_by_trigger(unit, &mut cascade).await? {
                // What is kept, so that the trigger is not delivered again for ever and can be run again.
                header.data_id = None;
                header.payload = Some(json::to_tagged(&Value::Object(request.data.clone())).to_string());
            }
        } else {
            self.run_by_pipeline(unit, &mut cascade).await?;
        }
        self.end_first(unit, cascade, header).await
    }

    /// Mode `pipeline`: each run is kept or undone as a whole.
    pub(crate) async fn run_by_pipeline(&self, unit: &mut dyn UnitOfWork, cascade: &mut Cascade<'_>) -> Result<(), TriggerError> {
        cascade.lock_known(unit).await?;
        while let Some(context) = cascade.next() {
            unit.savepoint().await?;
            let mut end = cascade.run(unit, &context).await.map_err(abort)?;
            if end.failed() {
                unit.rollback_to_savepoint().await?;
                end.undo();
            } else {
                unit.release().await?;
            }
            cascade.keep(&context, end).map_err(abort)?;
        }
        Ok(())
    }

    /// Mode `trigger`: everything since the innermost savepoint, or nothing of it; `false` when a failure undid it.
    pub(crate) async fn run_by_trigger(&self, unit: &mut dyn UnitOfWork, cascade: &mut Cascade<'_>) -> Result<bool, TriggerError> {
        cascade.lock_known(unit).await?;
        while let Some(context) = cascade.next() {
            let end = cascade.run(unit, &context).await.map_err(abort)?;
            if cascade.keep(&context, end).map_err(abort)? {
                cascade.undo_all();
                unit.rollback_to_savepoint().await?;
                return Ok(false);
            }
        }
        unit.release().await?;
        Ok(true)
    }

    pub(crate) fn origin(&self, request: &TriggerRequest) -> Result<Origin, TriggerError> {
        let trace_id = match request.trace_id.as_ref().filter(|text| !text.trim().is_empty()) {
            Some(given) => Arc::clone(given),
            None => self.ids.next_id()?.to_string().into(),
        };
        Ok(Origin {
            catalog: Arc::clone(&request.catalog),
            tenant_id: Arc::clone(&request.tenant_id),
            trace_id,
            trigger_id: self.ids.next_id()?,
            home: request.catalog.topic_by_name(&request.code).and_then(|topic| topic.data_source_id.clone()),
            deadline: request.deadline,
        })
    }

    /// How the trigger ended, as its header tells it.
    pub(crate) fn finish(&self, header: &mut TriggerHeader, cascade: &Cascade<'_>) {
        header.failed_pipeline_ids = cascade.failed_pipeline_ids();
        header.status = if header.failed_pipeline_ids.is_empty() { TriggerStatus::Done } else { TriggerStatus::Error };
        header.finished_at = Some(self.clock.now_utc());
    }

    /// Whether details beside the log are recorded.
    pub(crate) fn records_details(&self) -> bool {
        self.settings.trace_level == TraceLevel::Full
    }

    /// The services of a trigger that runs with these definitions.
    pub(crate) fn services<'a>(&'a self, catalog: &'a Catalog) -> Services<'a> {
        Services::new(&*self.clock, &*self.ids, &self.settings, catalog)
    }
}

/// An error that gives the transaction up, as the trigger's.
pub(crate) fn abort(error: ActionError) -> TriggerError {
    match error {
        ActionError::Store(error) => TriggerError::Store(error),
        ActionError::Id(error) => TriggerError::Id(error),
        ActionError::Deadline => TriggerError::Deadline,
        other => TriggerError::Store(StoreError::Unexpected { object: "a pipeline run".to_owned(), reason: other.to_string() }),
    }
}

/// Commits what went well. Where it did not, or can not be committed, everything is undone; what caused it is told, not
/// what undoing it may have met: a transaction that can not be undone is gone with its connection.
pub(crate) async fn committed<T>(unit: &mut dyn UnitOfWork, outcome: Result<T, TriggerError>) -> Result<T, TriggerError> {
    let outcome = match outcome {
        Ok(outcome) => unit.commit().await.map(|()| outcome).map_err(TriggerError::Store),
        Err(error) => Err(error),
    };
    if outcome.is_err() {
        drop(unit.rollback().await);
    }
    outcome
}

/// Writes a header. A position that somebody else has taken since it was looked for is a conflict of transactions: the
/// repetition finds it.
pub(crate) async fn insert_header(unit: &mut dyn UnitOfWork, header: &TriggerHeader) -> Result<(), TriggerError> {
    match unit.insert_trigger(header).await {
        Err(StoreError::InsertConflict { .. }) if header.position_key.is_some() => {
            Err(TriggerError::Store(StoreError::SerializationFailure { reason: "the same source position was taken in between".to_owned() }))
        }
        done => Ok(done?),
    }
}

/// What became of the request's source position before, if anything did; an error where that asked for something else.
pub(crate) async fn seen_before(unit: &mut dyn UnitOfWork, request: &TriggerRequest) -> Result<Option<TriggerOutcome>, TriggerError> {
    if let Some(position) = &request.ordered {
        let taken = unit.take_position(&request.source, position).await?;
        return Ok((!taken).then_some(TriggerOutcome::Passed));
    }
    let Some(key) = &request.position_key else { return Ok(None) };
    let earlier = unit.find_position(&request.source, key).await?;
    if let (Some(asked), Some(before)) = (request.body_hash.as_deref(), earlier.as_ref().and_then(|earlier| earlier.body_hash.as_deref()))
        && asked != before
    {
        return Err(TriggerError::KeyReused);
    }
    Ok(earlier.map(TriggerOutcome::Replayed))
}

/// The header of a trigger whose row is saved.
pub(crate) fn header(request: &TriggerRequest, origin: &Origin, saved: &Saved) -> TriggerHeader {
    TriggerHeader {
        trigger_id: origin.trigger_id,
        tenant_id: origin.tenant_id.to_string(),
        trace_id: origin.trace_id.to_string(),
        topic_id: saved.topic.topic_id.to_string(),
        data_id: saved.change.as_ref().map(|change| change.data_id),
        trigger_type: saved.trigger_type,
        user_id: request.user_id.to_string(),
        pat_key_id: request.pat_key_id.as_ref().map(ToString::to_string),
        source: request.source.to_string(),
        position_key: request.position_key.as_ref().map(ToString::to_string),
        body_hash: request.body_hash.as_ref().map(ToString::to_string),
        status: TriggerStatus::Pending,
        failed_pipeline_ids: Vec::new(),
        finished_at: None,
        payload: None,
        error: None,
    }
}

/// What a trigger that ran left behind.
pub(crate) fn report(header: &TriggerHeader, cascade: Cascade<'_>) -> TriggerReport {
    TriggerReport {
        trigger_id: header.trigger_id,
        result: TriggerResult { trace_id: header.trace_id.clone(), data_id: header.data_id, failed_pipeline_ids: header.failed_pipeline_ids.clone() },
        runs: cascade.runs(),
        handed_over: cascade.handed_over(),
        alarms: cascade.into_alarms(),
    }
}
