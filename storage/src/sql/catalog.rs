//! What the database itself says about its tables.

use nightowl_core::compile::ColumnKind;
use nightowl_core::port::StoreError;
use nightowl_core::value::Value;

use super::{SqlSession, SqlValue};

const NAME: ColumnKind = ColumnKind::Text { length: 255 };

/// The columns of a table with their declared types; none where there is no such table.
pub async fn table_columns(session: &mut dyn SqlSession, table: &str) -> Result<Vec<(String, String)>, StoreError> {
    let sql = session.dialect().columns_of_table();
    let rows = session.query(sql, &[SqlValue::Text(table.into())], &[NAME, NAME]).await?;
    Ok(rows.into_iter().filter_map(|row| Some((text(row.first())?, text(row.get(1))?))).collect())
}

/// The names of a table's indexes.
pub async fn table_indexes(session: &mut dyn SqlSession, table: &str) -> Result<Vec<String>, StoreError> {
    let sql = session.dialect().indexes_of_table();
    let rows = session.query(sql, &[SqlValue::Text(table.into())], &[NAME]).await?;
    Ok(rows.into_iter().filter_map(|row| text(row.first())).collect())
}

fn text(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_text).map(str::to_owned)
}
