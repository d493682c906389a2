//! CREATE TABLE and CREATE INDEX of META tables, in any dialect (storage.md §15.1).

use super::table::{Column, Index, Table};
use crate::sql::Dialect;

/// The statements that make a table with its indexes.
pub(super) fn create_table(dialect: &dyn Dialect, table: &Table) -> Vec<String> {
    let mut sql = format!("CREATE TABLE {} (", dialect.quoted(table.name));
    for column in table.all_columns() {
        sql.push_str(&column_declaration(dialect, column));
        sql.push_str(", ");
    }
    let key = names(dialect, table.key);
    sql.push_str(&format!("CONSTRAINT {} PRIMARY KEY ({key})){}", dialect.quoted(&format!("pk_{}", table.name)), dialect.table_options()));
    let mut statements = vec![sql];
    statements.extend(table.all_indexes().iter().map(|(name, index)| create_index(dialect, table.name, name, index)));
    statements
}

/// The statement that adds a column to a table that is there.
pub(super) fn add_column(dialect: &dyn Dialect, table: &Table, column: &Column) -> String {
    format!("ALTER TABLE {} ADD COLUMN {}", dialect.quoted(table.name), column_declaration(dialect, column))
}

/// The statement that makes an index.
pub(super) fn create_index(dialect: &dyn Dialect, table: &str, name: &str, index: &Index) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    format!("CREATE {unique}INDEX {} ON {} ({})", dialect.quoted(name), dialect.quoted(table), names(dialect, index.columns))
}

fn column_declaration(dialect: &dyn Dialect, column: &Column) -> String {
    let mut sql = format!("{} {}", dialect.quoted(column.name), dialect.own_column_type(column.kind));
    if let Some(default) = column.default {
        sql.push_str(" DEFAULT ");
        sql.push_str(default);
    }
    if column.required {
        sql.push_str(" NOT NULL");
    }
    sql
}

fn names(dialect: &dyn Dialect, columns: &[&str]) -> String {
    columns.iter().map(|name| dialect.quoted(name)).collect::<Vec<_>>().join(", ")
}
