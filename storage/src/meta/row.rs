//! Rows of META tables by the names of their columns.

use chrono::NaiveDateTime;
use nightowl_core::value::{JsonStyle, Value, json::to_json};
use serde_json::Value as Json;

use super::MetaError;
use super::sql::render;
use super::table::{Column, Table};
use crate::sql::{SqlSession, SqlValue};

/// A column and the value that is written to it.
pub(crate) type Cell = (&'static str, SqlValue);

/// A row that was read.
#[derive(Debug)]
pub struct Row {
    table: &'static Table,
    kind: &'static str,
    values: Vec<Value>,
}

impl Row {
    fn value(&self, name: &str) -> &Value {
        let position = self.table.all_columns().position(|column| column.name == name);
        position.and_then(|position| self.values.get(position)).unwrap_or(&Value::Null)
    }

    /// A text; null is empty.
    pub(crate) fn text(&self, name: &str) -> String {
        self.optional(name).unwrap_or_default()
    }

    /// A text, if there is one that is not empty.
    pub(crate) fn filled(&self, name: &str) -> Option<String> {
        self.optional(name).filter(|text| !text.is_empty())
    }

    /// A text, if there is one.
    pub(crate) fn optional(&self, name: &str) -> Option<String> {
        self.value(name).as_text().map(str::to_owned)
    }

    /// A boolean; null is false.
    pub(crate) fn flag(&self, name: &str) -> bool {
        matches!(self.value(name), Value::Boolean(true))
    }

    /// An integer, if there is one.
    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        self.value(name).as_number().and_then(|number| number.to_i64())
    }

    /// A moment, if there is one.
    pub(crate) fn moment(&self, name: &str) -> Option<NaiveDateTime> {
        match self.value(name) {
            Value::DateTime(moment) => Some(*moment),
            Value::Date(day) => Some(day.and_time(chrono::NaiveTime::MIN)),
            _ => None,
        }
    }

    /// A moment that has to be there.
    pub(crate) fn required_moment(&self, name: &str) -> Result<NaiveDateTime, MetaError> {
        self.moment(name).ok_or_else(|| self.damaged(name, "has no time"))
    }

    /// JSON; null where there is none.
    pub(crate) fn json(&self, name: &str) -> Json {
        to_json(self.value(name), JsonStyle::Document)
    }

    /// A list of texts in a JSON column.
    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        let items = self.value(name).as_array().unwrap_or_default();
        items.iter().filter_map(Value::as_text).map(str::to_owned).collect()
    }

    /// What to say of a column that holds what it should not.
    pub(crate) fn damaged(&self, column: &str, reason: impl Into<String>) -> MetaError {
        let id = self.table.key.iter().map(|name| self.text(name)).collect::<Vec<_>>().join("/");
        MetaError::Damaged { kind: self.kind, id, column: column.to_owned(), reason: reason.into() }
    }
}

/// The rows of a table that meet a condition, whose `{name}` are columns.
pub(crate) async fn select(
    session: &mut dyn SqlSession,
    table: &'static Table,
    kind: &'static str,
    condition: &str,
    values: &[SqlValue],
) -> Result<Vec<Row>, MetaError> {
    let columns: Vec<&Column> = table.all_columns().collect();
    let names = columns.iter().map(|column| format!("{{{}}}", column.name)).collect::<Vec<_>>().join(", ");
    let sql = render(session.dialect(), &format!("SELECT {names} FROM {{{}}} WHERE {condition}", table.name));
    let kinds: Vec<_> = columns.iter().map(|column| column.kind).collect();
    let rows = session.query_own(&sql, values, &kinds).await?;
    Ok(rows.into_iter().map(|values| Row { table, kind, values }).collect())
}

/// Inserts a row; columns that are not given are null.
pub(crate) async fn insert(session: &mut dyn SqlSession, table: &Table, cells: Vec<Cell>) -> Result<(), MetaError> {
    let names = cells.iter().map(|(name, _)| format!("{{{name}}}")).collect::<Vec<_>>().join(", ");
    let marks = vec!["?"; cells.len()].join(", ");
    let sql = render(session.dialect(), &format!("INSERT INTO {{{}}} ({names}) VALUES ({marks})", table.name));
    let values: Vec<SqlValue> = cells.into_iter().map(|(_, value)| value).collect();
    session.execute(&sql, &values).await?;
    Ok(())
}

/// Updates the rows that meet a condition, and gives how many they were.
pub(crate) async fn update(
    session: &mut dyn SqlSession,
    table: &Table,
    cells: Vec<Cell>,
    condition: &str,
    of_condition: Vec<SqlValue>,
) -> Result<u64, MetaError> {
    let assignments = cells.iter().map(|(name, _)| format!("{{{name}}} = ?")).collect::<Vec<_>>().join(", ");
    let sql = render(session.dialect(), &format!("UPDATE {{{}}} SET {assignments} WHERE {condition}", table.name));
    let mut values: Vec<SqlValue> = cells.into_iter().map(|(_, value)| value).collect();
    values.extend(of_condition);
    Ok(session.execute(&sql, &values).await?)
}

/// Deletes the rows that meet a condition, and gives how many they were.
pub(crate) async fn delete(session: &mut dyn SqlSession, table: &Table, condition: &str, values: &[SqlValue]) -> Result<u64, MetaError> {
    let sql = render(session.dialect(), &format!("DELETE FROM {{{}}} WHERE {condition}", table.name));
    Ok(session.execute(&sql, values).await?)
}

/// A text to be bound.
pub(crate) fn text(text: &str) -> SqlValue {
    SqlValue::Text(text.into())
}

/// A text to be bound, or NULL.
pub(crate) fn optional(text: Option<&str>) -> SqlValue {
    text.map_or(SqlValue::Null, |text| SqlValue::Text(text.into()))
}

/// A boolean to be bound.
pub(crate) fn flag(flag: bool) -> SqlValue {
    SqlValue::Integer(i64::from(flag))
}

/// JSON to be bound; null is NULL.
pub(crate) fn json(json: &Json) -> SqlValue {
    if json.is_null() { SqlValue::Null } else { SqlValue::Json(json.to_string()) }
}

/// A moment to be bound, or NULL.
pub(crate) fn moment(moment: Option<NaiveDateTime>) -> SqlValue {
    moment.map_or(SqlValue::Null, SqlValue::DateTime)
}
