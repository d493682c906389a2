//! What can go wrong with a store (storage.md §10).

use crate::error::{Coded, ErrorClass};

/// An error of a store. Messages name tables and columns, never values of users and never credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A unique index already holds the key.
    #[error("failed to insert into {table}: a row with the same unique key is there already ({index})")]
    InsertConflict {
        /// The table.
        table: String,
        /// The index, as the database names it; empty where it does not say.
        index: String,
    },
    /// A value does not fit its column (storage.md §12.8).
    #[error("failed to store factor \"{factor}\": {reason}")]
    ValueNotStorable {
        /// The factor, or fixed column.
        factor: String,
        /// Which kind of value met which limit.
        reason: String,
    },
    /// A criterion that the store can not express.
    #[error("failed to build a condition: {reason}")]
    UnsupportedCriteria {
        /// What it was.
        reason: String,
    },
    /// A computation that the store can not express.
    #[error("failed to build a computation: {reason}")]
    UnsupportedComputation {
        /// What it was.
        reason: String,
    },
    /// A table or column is missing, or something else that should be there is not.
    #[error("failed to use {object}: {reason}")]
    Unexpected {
        /// The table, column or database.
        object: String,
        /// What is wrong and what to do.
        reason: String,
    },
    /// A table or column is missing (storage.md §11.8).
    #[error("failed to use {object}: it is missing; run `nightowl migrate`")]
    StructureMissing {
        /// The table or column.
        object: String,
    },
    /// The columns of a table are longer than a row of its database.
    #[error("failed to make table {table}: {reason}")]
    TableTooWide {
        /// The table.
        table: String,
        /// How much too long, and what to do.
        reason: String,
    },
    /// A read gave more rows than `engine.max_rows_read`.
    #[error("failed to read {table}: more than {limit} rows match; narrow the condition or raise engine.max_rows_read")]
    TooManyRows {
        /// The table.
        table: String,
        /// The bound.
        limit: usize,
    },
    /// Somebody else holds a lock for longer than we wait.
    #[error("failed to get a lock: {reason}")]
    LockNotAvailable {
        /// What the database said.
        reason: String,
    },
    /// A deadlock or serialisation failure: repeating the transaction may work.
    #[error("failed to finish the transaction: {reason}")]
    SerializationFailure {
        /// What the database said.
        reason: String,
    },
    /// The database can not be reached, or the connection broke.
    #[error("failed to reach the database: {reason}")]
    ConnectionFailed {
        /// What happened.
        reason: String,
    },
    /// No connection or answer in time.
    #[error("failed to get an answer of the database within {waited_ms} ms: {reason}")]
    Timeout {
        /// How long we waited.
        waited_ms: u64,
        /// What for.
        reason: String,
    },
    /// No space left.
    #[error("failed to write: the disk is full ({reason})")]
    DiskFull {
        /// What the database said.
        reason: String,
    },
    /// The file is no database, or it is damaged.
    #[error("failed to open the database: {reason}")]
    NotADatabase {
        /// What the database said.
        reason: String,
    },
    /// The URL of a store names no database that can be used.
    #[error("failed to open the store: {reason}")]
    UnknownUrl {
        /// What is wrong with it; never the URL itself, which may hold a password.
        reason: String,
    },
    /// Topics that share a table can not agree on it (storage.md §11.1).
    #[error("failed to share table {table}: {reason}; choose another topic name or another data source")]
    TableConflict {
        /// The table.
        table: String,
        /// Which column or index, and how; names no other tenant.
        reason: String,
    },
    /// A table can not be changed without losing data, and that was not asked for (storage.md §11.8).
    #[error("failed to change table {table}: {reason}")]
    WouldLoseData {
        /// The table.
        table: String,
        /// What would be lost and how to ask for it.
        reason: String,
    },
    /// A fault of ours.
    #[error("failed to finish: {reason}")]
    Internal {
        /// What happened.
        reason: String,
    },
}

impl Coded for StoreError {
    fn code(&self) -> &'static str {
        match self {
            Self::InsertConflict { .. } => "storage-insert-conflict",
            Self::ValueNotStorable { .. } => "value-not-storable",
            Self::UnsupportedCriteria { .. } => "storage-unsupported-criteria",
            Self::UnsupportedComputation { .. } => "storage-unsupported-computation",
            Self::Unexpected { .. } => "storage-unexpected",
            Self::StructureMissing { .. } => "storage-structure-missing",
            Self::TableTooWide { .. } => "storage-table-too-wide",
            Self::TooManyRows { .. } => "limit-rows-read",
            Self::LockNotAvailable { .. } => "storage-lock-not-available",
            Self::SerializationFailure { .. } => "storage-serialization-failure",
            Self::ConnectionFailed { .. } => "storage-connection-failed",
            Self::Timeout { .. } => "storage-timeout",
            Self::DiskFull { .. } => "storage-disk-full",
            Self::NotADatabase { .. } => "storage-not-a-database",
            Self::UnknownUrl { .. } => "config-storage-url",
            Self::TableConflict { .. } => "definition-table-conflict",
            Self::WouldLoseData { .. } => "storage-would-lose-data",
            Self::Internal { .. } => "internal-storage",
        }
    }

    fn class(&self) -> ErrorClass {
        match self {
            Self::InsertConflict { .. }
            | Self::ValueNotStorable { .. }
            | Self::UnsupportedCriteria { .. }
            | Self::UnsupportedComputation { .. }
            | Self::TableTooWide { .. }
            | Self::TooManyRows { .. }
            | Self::TableConflict { .. }
            | Self::WouldLoseData { .. } => ErrorClass::Reject,
            Self::StructureMissing { .. }
            | Self::LockNotAvailable { .. }
            | Self::SerializationFailure { .. }
            | Self::ConnectionFailed { .. }
            | Self::Timeout { .. } => ErrorClass::Retry,
            Self::DiskFull { .. } | Self::NotADatabase { .. } | Self::UnknownUrl { .. } => ErrorClass::Fatal,
            Self::Unexpected { .. } | Self::Internal { .. } => ErrorClass::Bug,
        }
    }
}
