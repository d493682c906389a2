//! The META tables are made on an empty store; an existing one is given only what is ours (storage.md §15.6, §20).

use std::collections::{HashMap, HashSet};

use nightowl_core::compile::ColumnKind;
use nightowl_core::port::StoreError;
use nightowl_core::value::Value;

use super::ddl;
use super::table::{OWN_TABLES, REFERENCE_TABLES, TENANTS, Table};
use crate::sql::{Dialect, SqlSession, SqlValue};

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
    let there = columns_there(session).await?;
    let dialect = session.dialect();
    let created = !there.contains_key(TENANTS.name);
    let mut statements = Vec::new();
    for table in REFERENCE_TABLES {
        statements.extend(missing_in(dialect, table, there.get(table.name), created));
    }
    for table in OWN_TABLES {
        statements.extend(missing_in(dialect, table, there.get(table.name), true));
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
fn missing_in(dialect: &dyn Dialect, table: &Table, there: Option<&HashSet<String>>, probably_new: bool) -> Vec<String> {
    let Some(there) = there else {
        if !probably_new {
            tracing::info!(table = table.name, "a META table is missing in an existing store and is made");
        }
        return ddl::create_table(dialect, table);
    };
    let added: Vec<_> = table.all_columns().filter(|column| column.ours && !there.contains(column.name)).collect();
    let mut statements: Vec<String> = added.iter().map(|column| ddl::add_column(dialect, table, column)).collect();
    for (name, index) in table.all_indexes() {
        if index.columns.iter().any(|indexed| added.iter().any(|column| column.name == *indexed)) {
            statements.push(ddl::create_index(dialect, table.name, &name, &index));
        }
    }
    statements
}

/// The columns of the META tables that are there: asked at once, since every start asks.
async fn columns_there(session: &mut dyn SqlSession) -> Result<HashMap<&'static str, HashSet<String>>, StoreError> {
    let tables: Vec<&str> = REFERENCE_TABLES.iter().chain(OWN_TABLES).map(|table| table.name).collect();
    let places = vec!["?"; tables.len()].join(", ");
    let names: Vec<SqlValue> = tables.iter().map(|name| SqlValue::Text((*name).into())).collect();
    let name = ColumnKind::Text { length: 255 };
    let rows = session.query(&session.dialect().column_names_of(&places), &names, &[name, name]).await?;
    let mut there: HashMap<&str, HashSet<String>> = HashMap::new();
    for row in rows {
        if let [Value::Text(found), Value::Text(column), ..] = row.as_slice()
            && let Some(table) = tables.iter().find(|table| found.eq_ignore_ascii_case(table))
        {
            there.entry(table).or_default().insert(column.to_lowercase());
        }
    }
    Ok(there)
}
