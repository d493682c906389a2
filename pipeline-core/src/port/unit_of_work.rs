//! Everything that is committed together (engine.md §3.11).

use async_trait::async_trait;

use super::{Journal, StoreError, TopicRows};
use crate::compile::TopicPlan;

/// One transaction at a time on one store, with nested savepoints.
///
/// Outside of a transaction each statement commits by itself.
#[async_trait]
pub trait UnitOfWork: TopicRows + Journal {
    /// Begins a transaction; an error when one is open.
    async fn begin(&mut self) -> Result<(), StoreError>;

    /// Commits the open transaction.
    async fn commit(&mut self) -> Result<(), StoreError>;

    /// Undoes the open transaction; without one it does nothing.
    async fn rollback(&mut self) -> Result<(), StoreError>;

    /// Sets a savepoint inside the open transaction.
    async fn savepoint(&mut self) -> Result<(), StoreError>;

    /// Ends the innermost savepoint and keeps what was done since.
    async fn release(&mut self) -> Result<(), StoreError>;

    /// Ends the innermost savepoint and undoes what was done since.
    async fn rollback_to_savepoint(&mut self) -> Result<(), StoreError>;

    /// Locks one of the guard rows beside a topic's table until the open transaction ends (engine.md §3.11, rule 6); waits for
    /// who has it. `false` where one writer is all that there is, so that nothing is to be guarded.
    async fn lock_guard(&mut self, topic: &TopicPlan, slot: u16) -> Result<bool, StoreError>;

    /// Starts or stops recording statements with their bound values (`trace.level` `full`).
    fn record_statements(&mut self, on: bool);

    /// The statements recorded since the last call: their text, and each bound value as text.
    fn take_statements(&mut self) -> Vec<(String, Vec<String>)>;
}
