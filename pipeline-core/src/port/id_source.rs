//! Ids come from outside.

use crate::error::{Coded, ErrorClass};

/// Why no id can be drawn: the worker id's lease has ended (storage.md §13.5).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to draw an id: {reason}; the process has to take a new worker id first")]
pub struct IdSourceError {
    /// What happened to the lease.
    pub reason: String,
}

impl Coded for IdSourceError {
    fn code(&self) -> &'static str {
        "storage-worker-lease-lost"
    }

    fn class(&self) -> ErrorClass {
        ErrorClass::Retry
    }
}

/// A source of snowflake ids: positive, unique across the processes of a store, in order of time (storage.md §13).
pub trait IdSource: Send + Sync + std::fmt::Debug {
    /// The next id.
    fn next_id(&self) -> Result<i64, IdSourceError>;
}
