//! How what fails is undone inside a transaction (engine.md §3.11, rule 3).
//!
//! Savepoints are dear: SQLite copies every page that is changed after one, PostgreSQL spends a subtransaction. So the
//! first pass over a group sets none. What fails before it wrote anything needs none; what fails later spoils the pass.

use super::trigger::abort;
use super::{ActionError, TriggerError};
use crate::port::{StoreError, UnitOfWork};

/// Guards the parts of a transaction against each other's failures.
#[derive(Debug)]
pub(crate) struct Guard {
    savepoints: bool,
    spoiled: bool,
}

impl Guard {
    /// Savepoints undo what fails.
    pub(crate) const fn with_savepoints() -> Self {
        Self { savepoints: true, spoiled: false }
    }

    /// Nothing can be undone but the whole transaction.
    pub(crate) const fn without_savepoints() -> Self {
        Self { savepoints: false, spoiled: false }
    }

    /// Whether something failed that could not be undone: the transaction is to be given up and done again with savepoints.
    pub(crate) const fn is_spoiled(&self) -> bool {
        self.spoiled
    }

    /// A part begins.
    pub(crate) async fn begin(&self, unit: &mut dyn UnitOfWork) -> Result<(), StoreError> {
        if self.savepoints { unit.savepoint().await } else { Ok(()) }
    }

    /// A part ended well.
    pub(crate) async fn keep(&self, unit: &mut dyn UnitOfWork) -> Result<(), StoreError> {
        if self.savepoints { unit.release().await } else { Ok(()) }
    }

    /// A trigger was refused after it had written.
    pub(crate) const fn refused(&mut self, error: TriggerError) -> TriggerError {
        self.spoiled = !self.savepoints;
        error
    }

    /// A part failed; `wrote` says whether it may have changed something.
    pub(crate) async fn undo(&mut self, unit: &mut dyn UnitOfWork, wrote: bool) -> Result<(), TriggerError> {
        if self.savepoints {
            return Ok(unit.rollback_to_savepoint().await?);
        }
        if wrote {
            self.spoiled = true;
            return Err(abort(ActionError::Store(StoreError::Internal { reason: "a part failed where no savepoint was set".to_owned() })));
        }
        Ok(())
    }
}
