//! What the database itself says about its tables.

use nightowl_core::compile::ColumnKind;
use nightowl_core::port::StoreError;
use nightowl_core::value::Value;

use super::{SqlSession, SqlValue};

const NAME: ColumnKind = ColumnKind::Text { length: 255 };
const FLAG: ColumnKind = ColumnKind::Integer { bits: 64 };

/// An index that a table has; primary keys are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundIndex {
    /// Its name.
    pub name: String,
    /// Whether its columns are unique together.
    pub unique: bool,
    /// Its columns in their order; an expression is an empty name.
    pub columns: Vec<String>,
}

/// The columns of a table with their declared types; none where there is no such table.
pub async fn table_columns(session: &mut dyn SqlSession, table: &str) -> Result<Vec<(String, String)>, StoreError> {
    let sql = session.dialect().columns_of_table();
    let rows = session.query(sql, &[SqlValue::Text(table.into())], &[NAME, NAME]).await?;
    Ok(rows.into_iter().filter_map(|row| Some((text(row.first())?, text(row.get(1))?))).collect())
}

/// The indexes of a table, in the order of their names.
pub async fn table_indexes(session: &mut dyn SqlSession, table: &str) -> Result<Vec<FoundIndex>, StoreError> {
    let sql = session.dialect().indexes_of_table();
    let rows = session.query(sql, &[SqlValue::Text(table.into())], &[NAME, FLAG, NAME]).await?;
    let mut indexes: Vec<FoundIndex> = Vec::new();
    for row in rows {
        let Some(name) = text(row.first()) else { continue };
        let column = text(row.get(2)).unwrap_or_default();
        match indexes.last_mut().filter(|index| index.name == name) {
            Some(index) => index.columns.push(column),
            None => indexes.push(FoundIndex { name, unique: row.get(1) == Some(&Value::from(1)), columns: vec![column] }),
        }
    }
    Ok(indexes)
}

fn text(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_text).map(str::to_owned)
}
