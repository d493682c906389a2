//! Cells as values of the engine: the server's type says how they are read, the kind of the column what they become.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use nightowl_core::compile::ColumnKind;
use nightowl_core::limits::JSON_DEPTH;
use nightowl_core::port::StoreError;
use nightowl_core::value::{Decimal, Value, read_json};
use sqlx::mysql::{MySqlRow, MySqlValueRef};
use sqlx::{Decode, MySql, Row as _, TypeInfo as _, ValueRef as _};

use super::error;
use crate::sql::convert;

/// The value of a cell, read as `kind`.
pub(super) fn cell(row: &MySqlRow, position: usize, kind: ColumnKind) -> Result<Value, StoreError> {
    let raw = row.try_get_raw(position).map_err(|error| error::running(&error, ""))?;
    if raw.is_null() {
        return Ok(Value::Null);
    }
    let name = raw.type_info().name().to_owned();
    plain(raw, &name).and_then(|value| of_kind(value, kind)).ok_or_else(|| StoreError::Unexpected {
        object: format!("column {} of a result", position + 1),
        reason: format!("it holds {} that can not be read as its definition says", name.to_lowercase()),
    })
}

/// The value as the server means it.
fn plain(raw: MySqlValueRef<'_>, name: &str) -> Option<Value> {
    Some(match name {
        "BOOLEAN" | "TINYINT" | "SMALLINT" | "MEDIUMINT" | "INT" | "BIGINT" => Value::from(decoded::<i64>(raw)?),
        "BIT" | "YEAR" => Value::from(i64::try_from(decoded::<u64>(raw)?).ok()?),
        unsigned if unsigned.ends_with("UNSIGNED") => Value::Number(decoded::<u64>(raw)?.to_string().parse::<Decimal>().ok()?),
        "DECIMAL" => Value::Number(convert::read_number(decoded::<&str>(raw)?)?),
        "FLOAT" => Value::Number(decoded::<f32>(raw)?.to_string().parse::<Decimal>().ok()?),
        "DOUBLE" => Value::Number(decoded::<f64>(raw)?.to_string().parse::<Decimal>().ok()?),
        "DATE" => Value::Date(decoded::<NaiveDate>(raw)?),
        "DATETIME" | "TIMESTAMP" => Value::DateTime(decoded::<NaiveDateTime>(raw)?),
        "TIME" => Value::Time(decoded::<NaiveTime>(raw)?),
        _ => Value::text(decoded::<&str>(raw)?),
    })
}

/// The value as the column's definition means it.
fn of_kind(value: Value, kind: ColumnKind) -> Option<Value> {
    Some(match (kind, value) {
        (ColumnKind::Boolean, Value::Number(number)) => Value::Boolean(!number.is_zero()),
        (ColumnKind::Integer { .. } | ColumnKind::Decimal { .. }, Value::Text(text)) => Value::Number(convert::read_number(&text)?),
        (ColumnKind::DateTime { .. }, Value::Date(day)) => Value::DateTime(day.and_time(NaiveTime::MIN)),
        (ColumnKind::Date, Value::DateTime(moment)) => Value::Date(moment.date()),
        (ColumnKind::Json, Value::Text(text)) => read_json(&text, JSON_DEPTH).ok()?,
        (_, value) => value,
    })
}

fn decoded<'r, T: Decode<'r, MySql>>(raw: MySqlValueRef<'r>) -> Option<T> {
    T::decode(raw).ok()
}
