//! What an action has while it runs: its memory, its log, the store, and the queue that it adds to.

use std::sync::Arc;

use super::context::{Origin, RowChange};
use super::external::write_call;
use super::log::ActionLog;
use super::memory::{Memory, MemoryScope, World};
use super::recorder::Recorder;
use super::{ActionError, Attempt, Engine, Services};
use crate::compile::{ConditionPlan, FindPlan, ParameterPlan, TopicPlan};
use crate::port::{Aggregate, Criterion, ExternalCall, PendingKind, PendingWork, Query, UnitOfWork};
use crate::value::{Object, Value};

/// A running action.
pub(crate) struct ActionRun<'a> {
    pub engine: &'a Engine,
    pub services: &'a Services<'a>,
    pub unit: &'a mut dyn UnitOfWork,
    pub origin: &'a Origin,
    /// The trigger topic.
    pub topic: &'a Arc<TopicPlan>,
    pub memory: &'a mut Memory,
    pub world: &'a World<'a>,
    pub log: &'a mut ActionLog,
    /// What was done with rows, in order.
    pub changes: &'a mut Vec<RowChange>,
    pub recorder: &'a mut Recorder,
    /// Which repetition this is (engine.md §3.11, rule 4).
    pub attempt: &'a Attempt,
}

impl std::fmt::Debug for ActionRun<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("ActionRun").field("topic", &self.topic.name).field("log", &self.log).finish_non_exhaustive()
    }
}

impl ActionRun<'_> {
    /// The memory as parameters see it.
    pub(crate) fn scope(&self) -> MemoryScope<'_> {
        MemoryScope { memory: self.memory, topic: self.topic, world: self.world, as_before: false }
    }

    /// The memory as parameters see it with the previous trigger data in place of the current (engine.md §3.9).
    pub(crate) fn scope_before(&self) -> MemoryScope<'_> {
        MemoryScope { memory: self.memory, topic: self.topic, world: self.world, as_before: true }
    }

    /// The value of a parameter.
    pub(crate) fn evaluate(&self, plan: &ParameterPlan) -> Result<Value, ActionError> {
        Ok(plan.evaluate(&self.scope())?.into_owned())
    }

    /// Whether a condition holds; without one it does.
    pub(crate) fn holds(&mut self, condition: Option<&ConditionPlan>) -> Result<bool, ActionError> {
        let Some(condition) = condition else { return Ok(true) };
        let scope = MemoryScope { memory: self.memory, topic: self.topic, world: self.world, as_before: false };
        Ok(self.recorder.test(condition, &scope)?)
    }

    /// The rows that a `by` matches, at most `limit`; the evaluated criteria go into the log.
    pub(crate) async fn find(&mut self, plan: &FindPlan, limit: usize, lock: bool) -> Result<Vec<Object>, ActionError> {
        let criterion = self.criterion(plan)?;
        self.matching(&plan.topic, criterion, limit, lock).await
    }

    /// The rows that evaluated criteria match, at most `limit`.
    pub(crate) async fn matching(&mut self, topic: &Arc<TopicPlan>, criterion: Criterion, limit: usize, lock: bool) -> Result<Vec<Object>, ActionError> {
        let footprint = self.attempt.footprint.as_ref().filter(|_| lock);
        if let Some(footprint) = footprint {
            footprint.note_wanted(topic, &criterion);
        }
        let query = Query { topic, tenant_id: &self.origin.tenant_id, criterion, limit, lock };
        let rows = self.unit.find(&query).await?;
        if let Some(footprint) = footprint {
            footprint.note_locked();
        }
        self.recorder.statements(topic, self.unit);
        Ok(rows)
    }

    /// The one row that a `by` matches.
    pub(crate) async fn find_one(&mut self, plan: &FindPlan, lock: bool) -> Result<Object, ActionError> {
        let mut rows = self.find(plan, 2, lock).await?;
        match (rows.pop(), rows.pop()) {
            (Some(row), None) => Ok(row),
            (None, _) => Err(ActionError::RowNotFound { topic: plan.topic.name.to_string() }),
            (Some(_), Some(_)) => Err(ActionError::TooManyRows { topic: plan.topic.name.to_string() }),
        }
    }

    /// All rows that a `by` matches; more than `engine.max_rows_read` are an error.
    pub(crate) async fn find_all(&mut self, plan: &FindPlan, lock: bool) -> Result<Vec<Object>, ActionError> {
        let limit = self.engine.settings.limits.max_rows_read;
        let rows = self.find(plan, limit.saturating_add(1), lock).await?;
        if rows.len() > limit {
            return Err(ActionError::Limit { code: "limit-rows-read", what: "the number of rows read", limit, setting: "engine.max_rows_read" });
        }
        Ok(rows)
    }

    /// One number over the rows that a `by` matches.
    pub(crate) async fn aggregate(&mut self, plan: &FindPlan, aggregate: Aggregate) -> Result<Value, ActionError> {
        let criterion = self.criterion(plan)?;
        let query = Query { topic: &plan.topic, tenant_id: &self.origin.tenant_id, criterion, limit: usize::MAX, lock: false };
        let value = self.unit.aggregate(&query, aggregate).await?;
        self.recorder.statements(&plan.topic, self.unit);
        Ok(value)
    }

    /// The evaluated `by`; its form of the log is noted.
    pub(crate) fn criterion(&mut self, plan: &FindPlan) -> Result<Criterion, ActionError> {
        let scope = MemoryScope { memory: self.memory, topic: self.topic, world: self.world, as_before: false };
        let criteria = plan.evaluate(&scope)?;
        if self.services.keeps_logs {
            self.log.find_by = Some(criteria.find_by());
        }
        Ok(criteria.criterion()?)
    }

    /// Defines a variable.
    pub(crate) fn put(&mut self, slot: usize, value: Value, origin: Option<Arc<str>>) {
        self.memory.variables.put(slot, value, origin);
    }

    /// Notes what was read or written (`touched.data`).
    pub(crate) fn touch(&mut self, value: impl FnOnce() -> Value) {
        if self.services.keeps_logs {
            self.log.touched = Some(value());
        }
    }
}

impl ActionRun<'_> {
    /// Makes a call of an external writer: at once in mode `action`, else handed over with the run's rows.
    pub(crate) async fn send(&mut self, call: ExternalCall) -> Result<(), ActionError> {
        if self.services.commits_each_action() {
            self.engine.writer.write(&call).await?;
            return Ok(());
        }
        let work = PendingWork {
            pending_id: self.next_id()?,
            kind: PendingKind::External,
            tenant_id: self.origin.tenant_id.to_string(),
            trace_id: self.origin.trace_id.to_string(),
            trigger_id: self.origin.trigger_id,
            ordinal: self.log.uid,
            body: write_call(&call),
            attempts: 0,
        };
        self.unit.insert_pending(&work).await?;
        self.recorder.handed_over += 1;
        Ok(())
    }
}
