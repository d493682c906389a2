//! What is written about triggers and runs: headers with their source position, logs, details, pending work
//! (storage.md §15.6).

use std::sync::Arc;

use async_trait::async_trait;
use chrono::NaiveDateTime;

use super::StoreError;
use crate::model::TriggerType;

/// How a trigger stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TriggerStatus {
    /// Its row is kept, its cascade is still to be run.
    Pending,
    /// Every pipeline ended well.
    Done,
    /// At least one pipeline failed.
    Error,
}

impl TriggerStatus {
    /// The text in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Done => "done",
            Self::Error => "error",
        }
    }

    /// The status of a text in the table.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "pending" => Some(Self::Pending),
            "done" => Some(Self::Done),
            "error" => Some(Self::Error),
            _ => None,
        }
    }
}

/// The header of a trigger: one row of `nightowl_triggers`, with its source position in it.
#[derive(Debug, Clone, PartialEq)]
pub struct TriggerHeader {
    /// Its own id; what identifies one trigger.
    pub trigger_id: i64,
    /// The tenant whose rows it writes.
    pub tenant_id: String,
    /// The trace id that it shares with its cascade.
    pub trace_id: String,
    /// The trigger topic.
    pub topic_id: String,
    /// The row; `None` when nothing was kept.
    pub data_id: Option<i64>,
    /// What was done with the row.
    pub trigger_type: TriggerType,
    /// Who fired it.
    pub user_id: String,
    /// With which token (its key id, never the token).
    pub pat_key_id: Option<String>,
    /// The kind of source: `http`, `file`, `kafka`, ….
    pub source: String,
    /// Hex SHA-256 of the delivery key; `None` where the source has none.
    pub position_key: Option<String>,
    /// Hex SHA-256 of what was asked for, where a position that comes again with something else is a mistake.
    pub body_hash: Option<String>,
    /// How it stands.
    pub status: TriggerStatus,
    /// Pipelines that ended in ERROR.
    pub failed_pipeline_ids: Vec<String>,
    /// When it ended, UTC.
    pub finished_at: Option<NaiveDateTime>,
    /// The trigger's data, where it has to be kept for a rerun (JSON text, tagged).
    pub payload: Option<String>,
    /// Why it failed as a whole.
    pub error: Option<String>,
}

/// What is known of a trigger whose source position comes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierTrigger {
    /// Its id.
    pub trigger_id: i64,
    /// Its trace id.
    pub trace_id: String,
    /// Its row.
    pub data_id: Option<i64>,
    /// How it stands.
    pub status: TriggerStatus,
    /// Pipelines that ended in ERROR.
    pub failed_pipeline_ids: Vec<String>,
    /// What was asked for, where that was noted.
    pub body_hash: Option<String>,
}

/// A position in a source that is read in order and whose positions are kept as runs of neighbours, instead of one by one
/// (storage.md §15.6).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OrderedPosition {
    /// What is read, and as what: hex SHA-256.
    pub topic: Arc<str>,
    /// The place in it, not negative.
    pub offset: i64,
}

/// One monitor log: one row of `nightowl_logs`.
#[derive(Debug, Clone, PartialEq)]
pub struct LogRow {
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
    /// `DONE` or `ERROR`.
    pub status: &'static str,
    /// When it began, in the configured zone.
    pub started_at: NaiveDateTime,
    /// How long it took, in milliseconds.
    pub spent_ms: i64,
    /// Whether what it wrote was undone.
    pub rolled_back: bool,
    /// The log as compact JSON, without what the definition says (`definedAs`, `prerequisiteDefinedAs`, names).
    pub body: String,
    /// Which version of the pipeline's definition it refers to (hex SHA-256 of its content).
    pub definition_hash: String,
}

/// What level `full` adds to a log: one row of `nightowl_trace_details`.
#[derive(Debug, Clone, PartialEq)]
pub struct DetailRow {
    /// The run.
    pub uid: i64,
    /// Its order within the run.
    pub ordinal: i64,
    /// The detail as compact JSON.
    pub body: String,
}

/// What a pending row hands over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PendingKind {
    /// The rest of a cascade.
    Cascade,
    /// A call of an external writer.
    External,
    /// A log for the tenant's monitor topic.
    Monitor,
    /// A row for a store of objects.
    Archive,
}

impl PendingKind {
    /// The text in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cascade => "cascade",
            Self::External => "external",
            Self::Monitor => "monitor",
            Self::Archive => "archive",
        }
    }

    /// The kind of a text in the table.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "cascade" => Some(Self::Cascade),
            "external" => Some(Self::External),
            "monitor" => Some(Self::Monitor),
            "archive" => Some(Self::Archive),
            _ => None,
        }
    }
}

/// Work that was committed together with what caused it, and is still to be done: one row of `nightowl_pending`.
#[derive(Debug, Clone, PartialEq)]
pub struct PendingWork {
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
    /// Its order within the trigger; of a call or a log, the uid that it belongs to.
    pub ordinal: i64,
    /// What is to be done (JSON text, tagged).
    pub body: String,
    /// How often it was tried.
    pub attempts: i64,
}

/// Writes the journal of a store. All of it is part of the open transaction.
#[async_trait]
pub trait Journal: Send {
    /// Source positions, each with its source, that will be looked for: a store may look for them together.
    async fn expect_positions(&mut self, _positions: &[(&str, &str)]) -> Result<(), StoreError> {
        Ok(())
    }

    /// The trigger that had this source position, if one had. Where another process is just writing it, waits for it.
    async fn find_position(&mut self, source: &str, position_key: &str) -> Result<Option<EarlierTrigger>, StoreError>;

    /// Takes a position of an ordered source as part of the open transaction; false when it was taken before. One that
    /// another process takes at the same time is [`StoreError::SerializationFailure`], now or when it is committed.
    async fn take_position(&mut self, source: &str, position: &OrderedPosition) -> Result<bool, StoreError>;

    /// Writes a new header. A position that is taken is [`StoreError::InsertConflict`].
    async fn insert_trigger(&mut self, header: &TriggerHeader) -> Result<(), StoreError>;

    /// Writes status, failed pipelines, data id, payload, error and end of a header that is there.
    async fn update_trigger(&mut self, header: &TriggerHeader) -> Result<(), StoreError>;

    /// Writes logs.
    async fn insert_logs(&mut self, logs: &[LogRow]) -> Result<(), StoreError>;

    /// Writes details of logs.
    async fn insert_details(&mut self, details: &[DetailRow]) -> Result<(), StoreError>;

    /// Hands work over.
    async fn insert_pending(&mut self, work: &PendingWork) -> Result<(), StoreError>;

    /// Replaces the body of handed-over work.
    async fn update_pending(&mut self, pending_id: i64, body: &str) -> Result<(), StoreError>;

    /// Takes work into a lease of `worker`, or extends the one that it has. False when somebody else holds the work, or it
    /// is done.
    async fn hold_pending(&mut self, pending_id: i64, worker: &str, lease_seconds: u32) -> Result<bool, StoreError>;

    /// Takes handed-over work away, because it is done.
    async fn delete_pending(&mut self, pending_id: i64) -> Result<(), StoreError>;

    /// What is still to be done of a trigger's cascade in this store, in its order.
    async fn pending_of_trigger(&mut self, trigger_id: i64) -> Result<Vec<PendingWork>, StoreError>;

    /// Notes that work which was handed over by another store is done here. False when it was noted before; where another
    /// process is just noting it, waits for it.
    async fn mark_applied(&mut self, pending_id: i64) -> Result<bool, StoreError>;

    /// The oldest work of a kind that nobody holds, leased to `worker` for `lease_seconds`; at most `limit` rows. Of a
    /// trigger's cascade only the first row is taken: whoever holds it does the whole.
    async fn lease_pending(&mut self, kind: PendingKind, worker: &str, lease_seconds: u32, limit: usize) -> Result<Vec<PendingWork>, StoreError>;
}
