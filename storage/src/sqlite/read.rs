//! Cells as values of the engine, by the kind of their column (storage.md §11.3).

use nightowl_core::compile::ColumnKind;
use nightowl_core::limits::JSON_DEPTH;
use nightowl_core::port::StoreError;
use nightowl_core::value::{Decimal, Value, read_json};
use rusqlite::types::ValueRef;

use crate::sql::convert;

/// The value of a cell, read as `kind`.
pub(super) fn cell(cell: ValueRef<'_>, kind: ColumnKind, position: usize) -> Result<Value, StoreError> {
    value(cell, kind).ok_or_else(|| StoreError::Unexpected {
        object: format!("column {} of a result", position + 1),
        reason: format!("it holds a {} where the definition says {}", cell.data_type(), name_of(kind)),
    })
}

fn value(cell: ValueRef<'_>, kind: ColumnKind) -> Option<Value> {
    Some(match (kind, cell) {
        (_, ValueRef::Null) => Value::Null,
        (ColumnKind::Boolean, ValueRef::Integer(number)) => Value::Boolean(number != 0),
        (ColumnKind::Integer { .. } | ColumnKind::Decimal { .. }, ValueRef::Integer(number)) => Value::from(number),
        // Tables that others made may keep numbers so, and numbers for texts.
        (ColumnKind::Integer { .. } | ColumnKind::Decimal { .. }, ValueRef::Real(number)) => Value::Number(number.to_string().parse::<Decimal>().ok()?),
        (ColumnKind::Text { .. }, ValueRef::Integer(number)) => Value::text(number.to_string()),
        (ColumnKind::Integer { .. } | ColumnKind::Decimal { .. }, _) => Value::Number(text(cell)?.parse::<Decimal>().ok()?),
        (ColumnKind::Text { .. }, _) => Value::text(text(cell)?),
        (ColumnKind::Date, _) => Value::Date(convert::read_date(text(cell)?)?),
        (ColumnKind::DateTime { .. }, _) => Value::DateTime(convert::read_date_time(text(cell)?)?),
        (ColumnKind::Time, _) => Value::Time(convert::read_time(text(cell)?)?),
        (ColumnKind::Json, _) => read_json(text(cell)?, JSON_DEPTH).ok()?,
        (ColumnKind::Boolean, _) => return None,
    })
}

fn text<'a>(cell: ValueRef<'a>) -> Option<&'a str> {
    cell.as_str().ok()
}

const fn name_of(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Integer { .. } => "integer",
        ColumnKind::Decimal { .. } => "number",
        ColumnKind::Text { .. } => "text",
        ColumnKind::Date => "date",
        ColumnKind::DateTime { .. } => "datetime",
        ColumnKind::Time => "time",
        ColumnKind::Boolean => "boolean",
        ColumnKind::Json => "json",
    }
}
