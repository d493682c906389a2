//! Rows of a table that go in few statements (engine.md §3.11, rule 3).

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use nightowl_core::compile::ColumnKind;
use nightowl_core::port::StoreError;

use super::table::{Table, TableColumn};
use super::{Dialect, SqlSession, SqlValue};

/// A table that rows are written into, with the texts that its dialect writes them by.
#[derive(Debug)]
pub struct BulkTable {
    /// The table in quotes.
    pub table: String,
    /// The columns in quotes, in their order.
    pub columns: Vec<String>,
    /// What the columns hold.
    pub kinds: Vec<ColumnKind>,
    /// The position of `id_`, where rows are changed as well.
    pub id: Option<usize>,
    /// The position of `tenant_id_`.
    pub tenant: Option<usize>,
    /// The position of `version_`.
    pub version: Option<usize>,
    /// What the dialect rendered.
    pub texts: BulkTexts,
}

/// The texts of a table; what they are is the dialect's own affair.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BulkTexts {
    /// For new rows.
    pub insert: String,
    /// For changed rows.
    pub update: String,
    /// For changed rows whose version is checked.
    pub update_versioned: String,
}

/// A row that is changed: all its columns.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkUpdate {
    /// The columns, in their order.
    pub row: Vec<SqlValue>,
    /// The version that it must still have.
    pub version: Option<i64>,
}

/// What is written into one table. Each row stands in it once.
#[derive(Debug)]
pub struct Batch {
    /// The table.
    pub table: Arc<BulkTable>,
    /// New rows.
    pub inserts: Vec<Vec<SqlValue>>,
    /// Changed rows; all of them with a version, or none.
    pub updates: Vec<BulkUpdate>,
}

/// A condition with its values.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyCondition {
    /// The text.
    pub sql: String,
    /// The values of its placeholders.
    pub values: Vec<SqlValue>,
}

/// How a dialect writes many rows at once.
#[async_trait]
pub trait Bulk: Send + Sync + Debug {
    /// The texts of a table.
    fn texts(&self, table: &BulkTable) -> BulkTexts;

    /// Whether everything goes in one statement, which is all or nothing without a transaction around it.
    fn is_one_statement(&self) -> bool;

    /// The condition that some columns are together those of one of many keys.
    fn by_keys(&self, table: &BulkTable, columns: &[usize], keys: Vec<Vec<SqlValue>>) -> KeyCondition;

    /// Writes batches in their order. A new row that is there already, and a changed one that is not there or has another
    /// version, is an error; the transaction, if one is open, is not to be used any more.
    async fn write(&self, session: &mut dyn SqlSession, batches: Vec<Batch>) -> Result<(), StoreError>;
}

impl BulkTable {
    /// The table with its texts.
    pub fn rendered(mut self, dialect: &dyn Dialect) -> Self {
        self.texts = dialect.bulk().map(|bulk| bulk.texts(&self)).unwrap_or_default();
        self
    }

    /// A table of ours, whose rows are only inserted, with the columns that were added to it.
    pub fn of_ours(table: &Table, more: &[TableColumn], dialect: &dyn Dialect) -> Self {
        let columns = || table.columns.iter().chain(more);
        let table = Self {
            table: dialect.quoted(table.name),
            columns: columns().map(|column| dialect.quoted(column.name)).collect(),
            kinds: columns().map(|column| column.kind).collect(),
            id: None,
            tenant: None,
            version: None,
            texts: BulkTexts::default(),
        };
        table.rendered(dialect)
    }
}

/// What a batch meets that can not be: somebody else was faster.
pub(crate) fn changed_in_between(table: &str) -> StoreError {
    StoreError::SerializationFailure { reason: format!("a row of {table} was changed in between") }
}
