//! The statements of a store as texts, for people who want to see them before they run (`nightowl explain`).

use super::{Aggregate, Query, StoreError};
use crate::compile::TopicPlan;

/// Renders the statements that a store sends, with `?` for every value.
pub trait StatementTexts {
    /// Finds rows. Values in the query stand for their kind only.
    fn select(&self, query: &Query<'_>) -> Result<String, StoreError>;
    /// Computes something over rows.
    fn aggregate(&self, query: &Query<'_>, aggregate: Aggregate) -> Result<String, StoreError>;
    /// Inserts a row.
    fn insert(&self, topic: &TopicPlan) -> String;
    /// Writes a row that was found.
    fn update(&self, topic: &TopicPlan) -> String;
    /// Locks a guard row before a row is inserted that no unique index keeps single (engine.md §3.11, rule 6); `None` where
    /// there is one writer anyway.
    fn guard(&self) -> Option<String>;
    /// Deletes a row that was found.
    fn delete(&self, topic: &TopicPlan) -> String;
}
