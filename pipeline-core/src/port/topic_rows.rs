//! Rows of topics.

use async_trait::async_trait;

use super::{Aggregate, Query, StoreError};
use crate::compile::TopicPlan;
use crate::value::{Object, Value};

/// Reads and writes the rows of topics.
///
/// A row that is written is a slice of values in the order of the topic's columns ([`TopicPlan::columns`]), checked and
/// converted before (storage.md §12.8). A row that is read has the topic's shape ([`TopicPlan::row_shape`]): factor
/// names and fixed columns; what its columns hold comes back in the kinds of values.md §1.1.
#[async_trait]
pub trait TopicRows: Send {
    /// The rows that match, in the order of `id_`, at most `query.limit`.
    async fn find(&mut self, query: &Query<'_>) -> Result<Vec<Object>, StoreError>;

    /// One number over the rows that match.
    async fn aggregate(&mut self, query: &Query<'_>, aggregate: Aggregate) -> Result<Value, StoreError>;

    /// Inserts one row. A unique violation is [`StoreError::InsertConflict`] and leaves the transaction usable.
    async fn insert(&mut self, topic: &TopicPlan, row: &[Value]) -> Result<(), StoreError>;

    /// Writes all columns of the row with the `id_` and tenant in `row`; with `version`, only while the stored
    /// `version_` is that one. Gives how many rows matched: 0 or 1.
    async fn update(&mut self, topic: &TopicPlan, row: &[Value], version: Option<i64>) -> Result<u64, StoreError>;

    /// Deletes the row with this `id_` and tenant; with `version`, only while the stored `version_` is that one.
    /// Gives how many rows matched: 0 or 1.
    async fn delete(&mut self, topic: &TopicPlan, tenant_id: &str, id: i64, version: Option<i64>) -> Result<u64, StoreError>;
}
