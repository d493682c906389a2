//! The rows of the journal, as they are read back.

use chrono::NaiveDateTime;
use nightowl_core::model::TriggerType;
use nightowl_core::port::{PendingKind, TriggerHeader, TriggerStatus};

use crate::snowflake::{EPOCH_MS, SnowflakeParts};

/// A trigger: one row of `nightowl_triggers`.
pub type TriggerRecord = TriggerHeader;

/// A log: one row of `nightowl_logs`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRecord {
    /// The run's id.
    pub uid: i64,
    /// The tenant.
    pub tenant_id: String,
    /// The trace id.
    pub trace_id: String,
    /// The trigger that led to the run.
    pub trigger_id: i64,
    /// The pipeline.
    pub pipeline_id: String,
    /// Its trigger topic.
    pub topic_id: String,
    /// The row that triggered it; -1 for synonyms.
    pub data_id: i64,
    /// `DONE`, `ERROR` or `IGNORED`.
    pub status: String,
    /// When it began, in the configured zone.
    pub started_at: NaiveDateTime,
    /// How long it took, in milliseconds.
    pub spent_ms: i64,
    /// Whether what it wrote was undone.
    pub rolled_back: bool,
    /// The compact log.
    pub body: String,
    /// The version of the pipeline that it refers to.
    pub definition_hash: String,
}

/// What level `full` adds to a log: one row of `nightowl_trace_details`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetailRecord {
    /// The run.
    pub uid: i64,
    /// Its order within the run.
    pub ordinal: i64,
    /// The detail, as compact JSON.
    pub body: String,
}

/// Work that is still to be done: one row of `nightowl_pending`, without its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingRecord {
    /// Its id.
    pub pending_id: i64,
    /// What it is.
    pub kind: PendingKind,
    /// The tenant.
    pub tenant_id: String,
    /// The trace id.
    pub trace_id: String,
    /// The trigger.
    pub trigger_id: i64,
    /// How often it was tried.
    pub attempts: i64,
    /// Not to be tried before, UTC.
    pub not_before: Option<NaiveDateTime>,
    /// Who works on it until then, UTC.
    pub leased_until: Option<NaiveDateTime>,
}

/// Everything about a trace id that one store knows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trace {
    /// The triggers, in the order in which they came.
    pub triggers: Vec<TriggerRecord>,
    /// The logs, in the order in which the runs began.
    pub logs: Vec<LogRecord>,
    /// What is still to be done.
    pub pending: Vec<PendingRecord>,
}

impl Trace {
    /// Whether the store knows nothing of the trace id.
    pub fn is_empty(&self) -> bool {
        self.triggers.is_empty() && self.logs.is_empty() && self.pending.is_empty()
    }

    /// Takes over what another store of the tenant knows.
    pub fn extend(&mut self, other: Self) {
        self.triggers.extend(other.triggers);
        self.logs.extend(other.logs);
        self.pending.extend(other.pending);
        self.triggers.sort_by_key(|trigger| trigger.trigger_id);
        self.logs.sort_by_key(|log| log.uid);
        self.pending.sort_by_key(|pending| pending.pending_id);
        // Two data sources may be one database.
        self.triggers.dedup_by_key(|trigger| trigger.trigger_id);
        self.logs.dedup_by_key(|log| log.uid);
        self.pending.dedup_by_key(|pending| pending.pending_id);
    }
}

/// When an id was drawn, in milliseconds since 1970: a trigger's row has no other time of its beginning.
pub(super) const fn drawn_at_unix_ms(id: i64) -> i64 {
    SnowflakeParts::of(id).elapsed_ms + EPOCH_MS
}

/// The smallest id of a moment.
pub(super) const fn first_id_at(unix_ms: i64) -> i64 {
    if unix_ms <= EPOCH_MS { 0 } else { (unix_ms - EPOCH_MS) << 22 }
}

/// The texts of rows as the port has them.
pub(super) fn trigger_type(text: &str) -> Option<TriggerType> {
    TriggerType::parse(text)
}

pub(super) fn trigger_status(text: &str) -> Option<TriggerStatus> {
    TriggerStatus::parse(text)
}
