//! One pipeline run: pipeline → stage → unit → action (engine.md §3.5).

use chrono::{Duration, NaiveDateTime};

use super::action::ActionPlan;
use super::action_run::ActionRun;
use super::caught::{Panicked, catch_panic};
use super::context::{Origin, RowChange, RunContext};
use super::hold::Hold;
use super::log::{ActionLog, PipelineLog, RunStatus, Span, StageLog, UnitLog};
use super::memory::{Memory, MemoryScope, Variables, World};
use super::recorder::Recorder;
use super::{ActionError, Attempt, Engine, Services};
use crate::compile::{ConditionPlan, PipelineBody, StagePlan, UnitPlan};
use crate::port::UnitOfWork;
use crate::value::Value;

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct RunEnd {
    pub log: PipelineLog,
    /// What was done with rows, in order; what it leads to is queued by the cascade.
    pub changes: Vec<RowChange>,
    pub recorder: Recorder,
}

impl RunEnd {
    /// Whether the pipeline failed.
    pub(crate) fn failed(&self) -> bool {
        self.log.span.status == RunStatus::Error
    }
}

/// A running pipeline.
pub(crate) struct PipelineRun<'a> {
    pub engine: &'a Engine,
    pub services: &'a Services<'a>,
    pub unit: &'a mut dyn UnitOfWork,
    pub origin: &'a Origin,
    pub attempt: &'a Attempt,
    hold: Option<Hold>,
    world: &'a World<'a>,
    began: NaiveDateTime,
    began_ticks: u64,
    changes: Vec<RowChange>,
    recorder: Recorder,
}

impl std::fmt::Debug for PipelineRun<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("PipelineRun").field("began", &self.began).finish_non_exhaustive()
    }
}

/// How a pipeline is run.
#[derive(Debug)]
pub(crate) struct RunOptions {
    /// Which repetition this is (engine.md §3.11, rule 4).
    pub attempt: Attempt,
    /// The pending row that stands for the cascade, where there is one.
    pub hold: Option<Hold>,
}

/// Runs a pipeline. An error means that the world failed and the transaction has to be given up; everything else,
/// failures of the pipeline included, is told by the log.
pub(crate) async fn run_pipeline(
    engine: &Engine,
    services: &Services<'_>,
    unit: &mut dyn UnitOfWork,
    origin: &Origin,
    context: &RunContext,
    how: &RunOptions,
) -> Result<RunEnd, ActionError> {
    let world = World::new(services.clock, services.ids, &services.settings.dates);
    let mut log = PipelineLog::start(services.ids.next_id()?, context, services.clock);
    let (began, began_ticks) = (log.span.started_at, log.span.started_ticks);
    let recorder = Recorder::new(engine.records_details());
    let mut run =
        PipelineRun { engine, services, unit, origin, attempt: &how.attempt, hold: how.hold, world: &world, began, began_ticks, changes: Vec::new(), recorder };
    match (&context.pipeline.body, run.refuse(context)) {
        (_, Some(error)) => log.span.fail(error.told()),
        (Err(problems), None) => {
            let reasons: Vec<String> = problems.iter().map(ToString::to_string).collect();
            log.span.fail(format!("failed to compile the pipeline: {}", reasons.join("; ")));
        }
        (Ok(body), None) => match catch_panic(run.pipeline(body, context, &mut log)).await {
            Ok(done) => done?,
            Err(Panicked) => {
                log.span.fail(ActionError::Panicked.told());
                if services.commits_each_action() {
                    run.unit.rollback().await?;
                }
            }
        },
    }
    log.span.end(services.clock.ticks());
    let PipelineRun { changes, recorder, .. } = run;
    if let Some(refusal) = world.refusal() {
        return Err(ActionError::Id(refusal.clone()));
    }
    Ok(RunEnd { log, changes, recorder })
}

impl PipelineRun<'_> {
    /// Why a run is not even begun: it is too deep in its cascade (D-09).
    fn refuse(&self, context: &RunContext) -> Option<ActionError> {
        let limit = self.engine.settings.limits.max_depth;
        (context.depth > limit).then_some(ActionError::Limit {
            code: "limit-depth",
            what: "the depth of the cascade",
            limit: limit as usize,
            setting: "engine.max_depth",
        })
    }

    fn span(&self) -> Span {
        let ticks = self.services.clock.ticks();
        let since = i64::try_from(ticks.saturating_sub(self.began_ticks)).unwrap_or(i64::MAX);
        let now = self.began.checked_add_signed(Duration::microseconds(since)).unwrap_or(self.began);
        Span::start(now, ticks)
    }

    async fn pipeline(&mut self, body: &PipelineBody, context: &RunContext, log: &mut PipelineLog) -> Result<(), ActionError> {
        let (previous, current) = (context.previous.clone(), context.current.clone());
        let mut memory = Memory { previous, current, data_id: context.data_id, variables: Variables::default() };
        match self.test(body.prerequisite.as_ref(), &memory, body) {
            Ok(true) => {}
            Ok(false) => {
                log.prerequisite = false;
                return Ok(());
            }
            Err(error) => {
                log.span.fail(error.told());
                return Ok(());
            }
        }
        let mut left_behind: Vec<Option<Variables>> = vec![None; body.stages.len()];
        let mut failed: Vec<usize> = Vec::new();
        for index in &body.order.sequence {
            let Some(stage) = body.stages.get(*index) else { continue };
            if let Some(ancestors) = body.order.ancestors.as_ref().and_then(|all| all.get(*index)) {
                if ancestors.iter().any(|ancestor| failed.contains(ancestor)) {
                    failed.push(*index);
                    continue;
                }
                memory.variables = Variables::default();
                for ancestor in ancestors {
                    if let Some(Some(variables)) = left_behind.get(*ancestor) {
                        memory.variables.overlay(variables);
                    }
                }
            }
            let before = memory.variables.clone();
            let stage_log = self.stage(stage, *index, body, &mut memory).await?;
            let stage_failed = stage_log.span.status == RunStatus::Error;
            log.stages.push(stage_log);
            if stage_failed {
                log.span.status = RunStatus::Error;
                failed.push(*index);
                if body.order.ancestors.is_none() || !self.services.commits_each_action() {
                    break;
                }
            } else if let Some(place) = left_behind.get_mut(*index) {
                // Only what the stage itself wrote: what it merely saw may have been written again by another ancestor of a later one.
                *place = Some(memory.variables.since(&before));
            }
        }
        Ok(())
    }

    async fn stage(&mut self, plan: &StagePlan, index: usize, body: &PipelineBody, memory: &mut Memory) -> Result<StageLog, ActionError> {
        let mut log = StageLog { stage: index, span: self.span(), prerequisite: true, units: Vec::new() };
        match self.test(plan.prerequisite.as_ref(), memory, body) {
            Ok(true) => {
                for (index, unit) in plan.units.iter().enumerate() {
                    if !self.unit(unit, index, body, memory, &mut log.units).await? {
                        log.span.status = RunStatus::Error;
                        break;
                    }
                }
            }
            Ok(false) => log.prerequisite = false,
            Err(error) => log.span.fail(error.told()),
        }
        log.span.end(self.services.clock.ticks());
        Ok(log)
    }

    /// Runs a unit, once or for each element of its loop; `false` when it failed.
    async fn unit(&mut self, plan: &UnitPlan, index: usize, body: &PipelineBody, memory: &mut Memory, logs: &mut Vec<UnitLog>) -> Result<bool, ActionError> {
        let Some(slot) = plan.loop_variable else { return self.unit_once(plan, index, None, body, memory, logs).await };
        let value = memory.variables.get(slot).map(|variable| variable.value.clone()).unwrap_or_default();
        let items = match value {
            Value::Null => {
                logs.push(self.unit_log(index, None));
                return Ok(true);
            }
            Value::Array(items) => items,
            other => {
                let variable = body.variables.names().get(slot).map_or_else(String::new, ToString::to_string);
                let error = ActionError::LoopOverScalar { variable, kind: other.kind() };
                let mut log = self.unit_log(index, Some(other));
                log.span.fail(error.told());
                logs.push(log);
                return Ok(false);
            }
        };
        let limit = self.engine.settings.limits.max_loop;
        if items.len() > limit {
            let error = ActionError::Limit { code: "limit-loop", what: "the number of elements of the loop", limit, setting: "engine.max_loop" };
            let mut log = self.unit_log(index, None);
            log.span.fail(error.told());
            logs.push(log);
            return Ok(false);
        }
        // Where the run is undone as a whole, the rest of its elements has nothing to say either.
        let all = self.engine.settings.parallel_loops && self.services.commits_each_action();
        let outside = memory.variables.clone();
        let mut succeeded = true;
        for item in items.iter() {
            memory.variables = outside.clone();
            memory.variables.put(slot, item.clone(), None);
            succeeded &= self.unit_once(plan, index, Some(item.clone()), body, memory, logs).await?;
            if !succeeded && !all {
                break;
            }
        }
        memory.variables = outside;
        Ok(succeeded)
    }

    fn unit_log(&self, index: usize, loop_value: Option<Value>) -> UnitLog {
        UnitLog { unit: index, span: self.span(), prerequisite: None, loop_value, actions: Vec::new() }
    }

    async fn unit_once(
        &mut self,
        plan: &UnitPlan,
        index: usize,
        loop_value: Option<Value>,
        body: &PipelineBody,
        memory: &mut Memory,
        logs: &mut Vec<UnitLog>,
    ) -> Result<bool, ActionError> {
        let mut log = self.unit_log(index, loop_value);
        log.prerequisite = Some(true);
        match self.test(plan.prerequisite.as_ref(), memory, body) {
            Ok(true) => {
                for (index, action) in plan.actions.iter().enumerate() {
                    let action_log = self.action(action, index, body, memory).await?;
                    let failed = action_log.span.status == RunStatus::Error;
                    if self.services.keeps_logs {
                        log.actions.push(action_log);
                    }
                    if failed {
                        log.span.status = RunStatus::Error;
                        break;
                    }
                }
            }
            Ok(false) => log.prerequisite = Some(false),
            Err(error) => {
                // The reference tells of a unit's condition only what was decided.
                log.prerequisite = None;
                log.span.fail(error.told());
            }
        }
        log.span.end(self.services.clock.ticks());
        let succeeded = log.span.status == RunStatus::Done;
        logs.push(log);
        Ok(succeeded)
    }

    /// Runs an action. Its failure is told by its log; an error gives the whole transaction up.
    async fn action(&mut self, plan: &ActionPlan, index: usize, body: &PipelineBody, memory: &mut Memory) -> Result<ActionLog, ActionError> {
        if self.origin.deadline.is_some_and(|deadline| self.services.clock.now_utc() >= deadline) {
            return Err(ActionError::Deadline);
        }
        let mut log = ActionLog {
            uid: self.services.ids.next_id()?,
            action: index,
            span: self.span(),
            prerequisite: None,
            insert_count: 0,
            update_count: 0,
            delete_count: 0,
            find_by: None,
            touched: None,
        };
        self.recorder.begin_action(log.uid, self.unit);
        let changes_before = self.changes.len();
        let own_transaction = self.services.commits_each_action() && plan.writes_rows();
        if own_transaction {
            self.unit.begin().await?;
        }
        let mut run = ActionRun {
            engine: self.engine,
            services: self.services,
            unit: &mut *self.unit,
            origin: self.origin,
            topic: &body.topic,
            memory,
            world: self.world,
            log: &mut log,
            changes: &mut self.changes,
            recorder: &mut self.recorder,
            attempt: self.attempt,
        };
        let mut outcome = catch_panic(plan.run(&mut run)).await.unwrap_or(Err(ActionError::Panicked));
        if let (Ok(()), Some(refusal)) = (&outcome, self.world.refusal()) {
            outcome = Err(ActionError::Id(refusal.clone()));
        }
        if own_transaction {
            outcome = match outcome {
                Ok(()) => self.commit_action().await,
                failed => failed,
            };
            if outcome.is_err() {
                self.unit.rollback().await?;
            }
        }
        self.recorder.end_action();
        if let Err(error) = outcome {
            if error.aborts() {
                return Err(error);
            }
            self.changes.truncate(changes_before);
            log.insert_count = 0;
            log.update_count = 0;
            log.delete_count = 0;
            log.span.fail(error.told());
        }
        log.span.end(self.services.clock.ticks());
        Ok(log)
    }

    /// Commits an action of its own. A run that takes long keeps its hold on the cascade alive with it.
    async fn commit_action(&mut self) -> Result<(), ActionError> {
        if let Some(hold) = &mut self.hold {
            hold.extend(self.unit, self.services).await?;
        }
        Ok(self.unit.commit().await?)
    }

    fn test(&mut self, condition: Option<&ConditionPlan>, memory: &Memory, body: &PipelineBody) -> Result<bool, ActionError> {
        let Some(condition) = condition else { return Ok(true) };
        let scope = MemoryScope { memory, topic: &body.topic, world: self.world, as_before: false };
        Ok(self.recorder.test(condition, &scope)?)
    }
}

/// The changes of a run as queue entries, one level deeper.
pub(crate) fn follow_up(end: &[RowChange], origin: &Origin, depth: u32) -> Vec<RunContext> {
    end.iter().flat_map(|change| change.runs(&origin.catalog, depth + 1)).collect()
}
