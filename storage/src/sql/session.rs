//! One connection of a SQL database, as everything in this room uses it.

use async_trait::async_trait;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use nightowl_core::compile::ColumnKind;
use nightowl_core::port::StoreError;
use nightowl_core::value::{Decimal, Value};
use std::sync::Arc;

use super::Dialect;

/// A value that is bound to a placeholder, in the kind of the column that it meets.
#[derive(Debug, Clone, PartialEq)]
pub enum SqlValue {
    /// NULL.
    Null,
    /// An integer, or a boolean as 1 and 0.
    Integer(i64),
    /// An exact number, with the scale of its column.
    Decimal(Decimal, u8),
    /// A text.
    Text(Arc<str>),
    /// A day.
    Date(NaiveDate),
    /// A moment.
    DateTime(NaiveDateTime),
    /// A time of day.
    Time(NaiveTime),
    /// JSON text.
    Json(String),
    /// Several values of one column, for dialects that take them as one (PostgreSQL's arrays).
    List(Vec<SqlValue>),
}

/// A connection. Statements are written with `?` for each value, whatever the dialect; a session of a dialect with other
/// placeholders translates them. Statement texts that come again stay prepared.
#[async_trait]
pub trait SqlSession: Send {
    /// How this database is spoken to.
    fn dialect(&self) -> &'static dyn Dialect;

    /// Runs a statement that gives no rows, and gives how many rows it matched.
    async fn execute(&mut self, sql: &str, values: &[SqlValue]) -> Result<u64, StoreError>;

    /// Has the connection closed after the job instead of being used again.
    fn give_up(&mut self) {}

    /// Runs a query. Each column of the result is read as the kind at its position in `columns`.
    async fn query(&mut self, sql: &str, values: &[SqlValue], columns: &[ColumnKind]) -> Result<Vec<Vec<Value>>, StoreError>;

    /// Runs a query on tables of ours, as [`SqlSession::query`] does. Where asking the server for the types of its values and
    /// columns takes longer than the query, values that are texts are told to be texts instead.
    async fn query_own(&mut self, sql: &str, values: &[SqlValue], columns: &[ColumnKind]) -> Result<Vec<Vec<Value>>, StoreError> {
        self.query(sql, values, columns).await
    }
}
