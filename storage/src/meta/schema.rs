//! The META tables are made on an empty store; an existing one is given only what is ours (storage.md §15.6, §20).

use std::collections::HashSet;

use nightowl_core::compile::ColumnKind;
use nightowl_core::port::StoreError;
use nightowl_core::value::Value;

use super::ddl;
use super::table::{OWN_TABLES, REFERENCE_TABLES, TENANTS, Table};
use crate::sql::SqlSession;

/// What has been done to a store's schema.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SchemaChange {
    /// Whether the store was empty, so that all tables were made.
    pub created: bool,
    /// The statements that were run, in order.
    pub statements: Vec<String>,
}

/// What would have to be done, without doing it (`nightowl migrate --dry-run`).
pub async fn plan_schema(session: &mut dyn SqlSession) -> Result<SchemaChange, StoreError> {
    let created = columns_of(session, TENANTS.name).await?.is_empty();
    let mut statements = Vec::new();
    for table in REFERENCE_TABLES {
        statements.extend(missing_in(session, table, created).await?);
    }
    for table in OWN_TABLES {
        statements.extend(missing_in(session, table, true).await?);
    }
    Ok(SchemaChange { created, statements })
}

/// Makes what is missing. The session has to be in a transaction where the dialect has DDL in transactions, so that two
/// processes that start together make everything once.
pub async fn apply_schema(session: &mut dyn SqlSession) -> Result<SchemaChange, StoreError> {
    let change = plan_schema(session).await?;
    for statement in &change.statements {
        session.execute(statement, &[]).await?;
    }
    Ok(change)
}

/// The statements for one table. A table of the reference that is missing in an existing store is made, too, since what
/// reads it could not work otherwise; one that is there gets the columns of ours and nothing else.
async fn missing_in(session: &mut dyn SqlSession, table: &Table, probably_new: bool) -> Result<Vec<String>, StoreError> {
    let there = columns_of(session, table.name).await?;
    let dialect = session.dialect();
    if there.is_empty() {
        if !probably_new {
            tracing::info!(table = table.name, "a META table is missing in an existing store and is made");
        }
        return Ok(ddl::create_table(dialect, table));
    }
    let added: Vec<_> = table.all_columns().filter(|column| column.ours && !there.contains(column.name)).collect();
    let mut statements: Vec<String> = added.iter().map(|column| ddl::add_column(dialect, table, column)).collect();
    for (name, index) in table.all_indexes() {
        if index.columns.iter().any(|indexed| added.iter().any(|column| column.name == *indexed)) {
            statements.push(ddl::create_index(dialect, table.name, &name, &index));
        }
    }
    Ok(statements)
}

/// The columns that a table has; none where there is no table.
async fn columns_of(session: &mut dyn SqlSession, table: &str) -> Result<HashSet<String>, StoreError> {
    let sql = session.dialect().columns_of_table();
    let name = ColumnKind::Text { length: 255 };
    let rows = session.query(sql, &[crate::sql::SqlValue::Text(table.into())], &[name]).await?;
    Ok(rows.iter().filter_map(|row| row.first().and_then(Value::as_text)).map(str::to_lowercase).collect())
}
