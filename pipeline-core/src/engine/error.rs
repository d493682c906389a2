//! What an action and what a trigger can fail with.

use super::InDoubt;
use crate::error::{Coded, ErrorClass};
use crate::port::{ExternalWriterError, IdSourceError, StoreError};
use crate::value::ValueError;

/// Why an action failed. Its message is the `error` of the action's log.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ActionError {
    /// A path, function, cast, comparison or computation failed.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No id can be drawn.
    #[error(transparent)]
    Id(#[from] IdSourceError),
    /// An external writer failed (in mode `action`, where it is called at once).
    #[error(transparent)]
    External(#[from] ExternalWriterError),
    /// No row matches where one has to.
    #[error("failed to find a row of topic \"{topic}\": data not found; the condition (findBy) matches no row")]
    RowNotFound {
        /// The topic.
        topic: String,
    },
    /// More than one row matches where one has to.
    #[error("failed to find one row of topic \"{topic}\": too many rows match the condition (findBy); make it unique")]
    TooManyRows {
        /// The topic.
        topic: String,
    },
    /// The row was changed by somebody else between reading and writing, and stayed so after all repetitions.
    #[error("failed to write a row of topic \"{topic}\": it was changed by somebody else in between, {attempts} times")]
    RowChanged {
        /// The topic.
        topic: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// An aggregate can not be computed (engine.md §3.9).
    #[error("failed to compute {arithmetic} of factor \"{factor}\": {reason}")]
    Aggregate {
        /// `sum`, `avg` or `count`.
        arithmetic: &'static str,
        /// The factor.
        factor: String,
        /// Why.
        reason: &'static str,
    },
    /// A loop over something that is no list.
    #[error("failed to loop over variable \"{variable}\": it holds {kind}, not a list")]
    LoopOverScalar {
        /// The variable.
        variable: String,
        /// What it holds.
        kind: &'static str,
    },
    /// A bound was exceeded.
    #[error("failed to go on: {what} is over the limit of {limit}; raise {setting} if that is meant")]
    Limit {
        /// The code, of the family `limit-`.
        code: &'static str,
        /// What was counted.
        what: &'static str,
        /// The bound.
        limit: usize,
        /// The setting.
        setting: &'static str,
    },
    /// The caller's time is over.
    #[error("failed to go on: the time of the invocation is over")]
    Deadline,
    /// A fault of ours ended the action. What it was stands in the process's own log: its text may hold values.
    #[error("failed to go on: a fault of ours (a panic) ended it; the log of the process tells where")]
    Panicked,
}

impl ActionError {
    /// The error as a log tells it: code and message.
    pub(crate) fn told(&self) -> String {
        format!("{}: {self}", self.code())
    }

    /// Whether the whole transaction has to be given up and repeated, because the world failed and not the action.
    pub(crate) fn aborts(&self) -> bool {
        match self {
            Self::Store(error) => matches!(error.class(), ErrorClass::Retry | ErrorClass::Fatal),
            Self::Id(_) | Self::Deadline => true,
            _ => false,
        }
    }
}

impl Coded for ActionError {
    fn code(&self) -> &'static str {
        match self {
            Self::Value(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Id(error) => error.code(),
            Self::External(error) => error.code(),
            Self::RowNotFound { .. } => "action-row-not-found",
            Self::TooManyRows { .. } => "action-too-many-rows",
            Self::RowChanged { .. } => "action-row-changed",
            Self::Aggregate { .. } => "action-aggregate",
            Self::LoopOverScalar { .. } => "action-loop-over-scalar",
            Self::Limit { code, .. } => code,
            Self::Deadline => "limit-deadline",
            Self::Panicked => "internal-panic",
        }
    }

    fn class(&self) -> ErrorClass {
        match self {
            Self::Store(error) => error.class(),
            Self::Id(error) => error.class(),
            Self::External(error) => error.class(),
            Self::RowChanged { .. } | Self::Deadline => ErrorClass::Retry,
            Self::Panicked => ErrorClass::Bug,
            _ => ErrorClass::Reject,
        }
    }
}

/// Why a trigger was refused, or could not be carried out (engine.md §2.2, surface.md §6.2).
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TriggerError {
    /// No topic of the tenant has the name.
    #[error("failed to trigger: there is no topic \"{code}\"; topic names are case-sensitive")]
    TopicNotFound {
        /// The trigger's `code`.
        code: String,
    },
    /// The idempotency key of an earlier trigger with another body (surface.md §6.2).
    #[error("failed to trigger: the idempotency key was used with another body; take a new key, or send what was sent first")]
    KeyReused,
    /// `merge` or `delete` without `id_`.
    #[error("failed to {trigger_type} a row of \"{topic}\": data has no id_; give the id of the row at the top level of data")]
    DataIdMissing {
        /// The topic.
        topic: String,
        /// What was asked for.
        trigger_type: &'static str,
    },
    /// No row of the tenant has the id.
    #[error("failed to {trigger_type} row {id} of \"{topic}\": there is no such row")]
    RowNotFound {
        /// The topic.
        topic: String,
        /// What was asked for.
        trigger_type: &'static str,
        /// The id.
        id: i64,
    },
    /// A factor that names the row has no column.
    #[error("failed to find a row of \"{topic}\": it has no factor \"{factor}\" with a column; correct key and changedAt of the route")]
    KeyUnknown {
        /// The topic.
        topic: String,
        /// The factor.
        factor: String,
    },
    /// A key that does not name one row.
    #[error("failed to find one row of \"{topic}\": {reason}; give the key factors a unique index")]
    KeyNotUnique {
        /// The topic.
        topic: String,
        /// Why.
        reason: &'static str,
    },
    /// The caller's time is over; nothing was kept.
    #[error("failed to finish the trigger: the time of the invocation is over")]
    Deadline,
    /// Anything but `insert` on a synonym topic.
    #[error("failed to {trigger_type} on \"{topic}\": a synonym topic takes insert triggers only")]
    TypeNotAllowed {
        /// The topic.
        topic: String,
        /// What was asked for.
        trigger_type: &'static str,
    },
    /// Anything but `insert` on a topic in a store of objects (storage.md §18).
    #[error("failed to {doing} on \"{topic}\": the topic lies in a store of objects, which is only written; send inserts")]
    OnlyWritten {
        /// The topic.
        topic: String,
        /// What was asked for.
        doing: &'static str,
    },
    /// A topic that lives nowhere: a built-in system topic without a data source.
    #[error("failed to trigger \"{topic}\": the topic has no data source; give it one")]
    TopicWithoutDataSource {
        /// The topic.
        topic: String,
    },
    /// Preparing the row failed (encryption, masks).
    #[error("failed to prepare a row of \"{topic}\": {source}")]
    Preparation {
        /// The topic.
        topic: String,
        /// Why.
        source: ValueError,
    },
    /// Saving the row failed.
    #[error("failed to save a row of \"{topic}\": {source}")]
    Saving {
        /// The topic.
        topic: String,
        /// Why.
        source: StoreError,
    },
    /// A data source that its pipelines read or write can not be opened; nothing of it was kept.
    #[error("failed to open data source \"{data_source_id}\", which its pipelines use: {reason}")]
    DataSource {
        /// Its id.
        data_source_id: String,
        /// What is wrong and what to do.
        reason: String,
    },
    /// The store failed while the trigger ran; nothing of it was kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No id can be drawn; nothing was kept.
    #[error(transparent)]
    Id(#[from] IdSourceError),
    /// The connection broke while the trigger was committed; whether it was kept could not be learned. Delivering it again
    /// with the same key has no further effect where it was.
    #[error("failed to learn whether the trigger was kept: {}; deliver it again with the same key", .0.source)]
    InDoubt(Box<InDoubt>),
    /// Handed-over work can not be read.
    #[error("failed to read pending work {pending_id}: {reason}")]
    PendingUnreadable {
        /// The pending row.
        pending_id: i64,
        /// Why.
        reason: String,
    },
    /// The trigger is kept, and its cascade has not ended yet; it goes on by itself.
    #[error(
        "failed to end trace {trace_id}: {reason}; its row is kept and the rest runs as soon as that is possible, so ask for the trace, or send the \
         trigger again with the key that it had"
    )]
    Unfinished {
        /// The trace id.
        trace_id: String,
        /// What it waits for.
        reason: String,
    },
    /// Handed-over work is held by somebody else by now, or done.
    #[error("failed to go on with pending work {pending_id}: another worker has taken it over")]
    TakenOver {
        /// The pending row.
        pending_id: i64,
    },
}

impl Coded for TriggerError {
    fn code(&self) -> &'static str {
        match self {
            Self::TopicNotFound { .. } => "trigger-topic-not-found",
            Self::KeyReused => "trigger-key-reused",
            Self::DataIdMissing { .. } => "trigger-data-id-missing",
            Self::RowNotFound { .. } => "trigger-row-not-found",
            Self::KeyUnknown { .. } => "trigger-key-unknown",
            Self::KeyNotUnique { .. } => "trigger-key-not-unique",
            Self::Deadline => "limit-deadline",
            Self::TypeNotAllowed { .. } => "trigger-type-not-allowed",
            Self::OnlyWritten { .. } => "trigger-archive-only-written",
            Self::TopicWithoutDataSource { .. } => "trigger-topic-without-data-source",
            Self::Preparation { source, .. } => source.code(),
            Self::Saving { source, .. } => source.code(),
            Self::DataSource { .. } => "storage-data-source",
            Self::Store(error) => error.code(),
            Self::Id(error) => error.code(),
            Self::InDoubt(_) => "storage-commit-in-doubt",
            Self::PendingUnreadable { .. } => "internal-pending-unreadable",
            Self::Unfinished { .. } => "trigger-unfinished",
            Self::TakenOver { .. } => "storage-taken-over",
        }
    }

    fn class(&self) -> ErrorClass {
        match self {
            Self::Saving { source, .. } => source.class(),
            Self::Store(error) => error.class(),
            Self::Id(error) => error.class(),
            Self::PendingUnreadable { .. } => ErrorClass::Bug,
            Self::Unfinished { .. } | Self::TakenOver { .. } | Self::InDoubt(_) | Self::Deadline => ErrorClass::Retry,
            _ => ErrorClass::Reject,
        }
    }
}
