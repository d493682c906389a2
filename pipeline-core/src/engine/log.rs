//! The monitor log of a run while it is written (engine.md §5).
//!
//! What the definition says (names, `definedAs`, `prerequisiteDefinedAs`) is not in it: stages, units and actions are
//! referred to by their position, and [`super::log_text`] puts the two together again.

use chrono::NaiveDateTime;

use super::context::RunContext;
use crate::port::Clock;
use crate::value::{Object, Value};

/// `DONE` or `ERROR`; the reference's third status, `IGNORED`, is never produced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RunStatus {
    /// It ended well.
    #[default]
    Done,
    /// It failed.
    Error,
}

impl RunStatus {
    /// The text on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "DONE",
            Self::Error => "ERROR",
        }
    }
}

/// What pipelines, stages, units and actions have in common.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Span {
    /// How it ended.
    pub status: RunStatus,
    /// When it began.
    pub started_at: NaiveDateTime,
    /// The clock's ticks then.
    pub started_ticks: u64,
    /// How long it took, in microseconds.
    pub spent_micros: u64,
    /// What went wrong, at the level where it was met.
    pub error: Option<String>,
}

impl Span {
    /// A span that begins now.
    pub(crate) const fn start(now: NaiveDateTime, ticks: u64) -> Self {
        Self { status: RunStatus::Done, started_at: now, started_ticks: ticks, spent_micros: 0, error: None }
    }

    /// Ends the span.
    pub(crate) const fn end(&mut self, ticks: u64) {
        self.spent_micros = ticks.saturating_sub(self.started_ticks);
    }

    /// Notes a failure met at this level.
    pub(crate) fn fail(&mut self, error: String) {
        self.status = RunStatus::Error;
        self.error = Some(error);
    }
}

/// The log of a pipeline run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PipelineLog {
    pub uid: i64,
    pub span: Span,
    pub prerequisite: bool,
    pub old_value: Option<Object>,
    pub new_value: Option<Object>,
    pub stages: Vec<StageLog>,
    pub rolled_back: bool,
}

impl PipelineLog {
    /// The log of a run that begins now.
    pub(crate) fn start(uid: i64, context: &RunContext, clock: &dyn Clock) -> Self {
        Self {
            uid,
            span: Span::start(clock.now(), clock.ticks()),
            prerequisite: true,
            old_value: context.previous.clone(),
            new_value: context.current.clone(),
            stages: Vec::new(),
            rolled_back: false,
        }
    }
}

/// The log of a stage.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StageLog {
    /// Its position in the definition.
    pub stage: usize,
    pub span: Span,
    pub prerequisite: bool,
    pub units: Vec<UnitLog>,
}

/// The log of one execution of a unit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct UnitLog {
    /// Its position in the stage.
    pub unit: usize,
    pub span: Span,
    /// `None` for a loop that was skipped or rejected.
    pub prerequisite: Option<bool>,
    /// The element of a loop.
    pub loop_value: Option<Value>,
    pub actions: Vec<ActionLog>,
}

/// The log of an action.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ActionLog {
    pub uid: i64,
    /// Its position in the unit.
    pub action: usize,
    pub span: Span,
    /// Alarms only.
    pub prerequisite: Option<bool>,
    pub insert_count: u64,
    pub update_count: u64,
    pub delete_count: u64,
    /// The evaluated criteria.
    pub find_by: Option<Value>,
    /// What was read or written (`touched.data`).
    pub touched: Option<Value>,
}
