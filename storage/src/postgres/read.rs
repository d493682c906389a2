//! Cells as values of the engine: the server's type says how the bytes are read, the kind of the column what they become.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use nightowl_core::compile::ColumnKind;
use nightowl_core::limits::JSON_DEPTH;
use nightowl_core::port::StoreError;
use nightowl_core::value::{Decimal, Value, read_json};
use sqlx::postgres::{PgRow, PgValueRef};
use sqlx::{Decode, Postgres, Row as _, TypeInfo as _, ValueRef as _};

use super::{error, numeric};
use crate::sql::convert;

/// The value of a cell, read as `kind`.
pub(super) fn cell(row: &PgRow, position: usize, kind: ColumnKind) -> Result<Value, StoreError> {
    let raw = row.try_get_raw(position).map_err(|error| error::running(&error, ""))?;
    if raw.is_null() {
        return Ok(Value::Null);
    }
    let name = raw.type_info().name().to_owned();
    // What the server calls JSON is read already, a text in it, too.
    let is_read = kind == ColumnKind::Json && matches!(name.as_str(), "JSON" | "JSONB");
    plain(raw, &name).and_then(|value| if is_read { Some(value) } else { of_kind(value, kind) }).ok_or_else(|| StoreError::Unexpected {
        object: format!("column {} of a result", position + 1),
        reason: format!("it holds {} that can not be read as its definition says", name.to_lowercase()),
    })
}

/// The value as the server means it.
fn plain(raw: PgValueRef<'_>, name: &str) -> Option<Value> {
    Some(match name {
        "BOOL" => Value::Boolean(decoded::<bool>(raw)?),
        "INT2" => Value::from(i64::from(decoded::<i16>(raw)?)),
        "INT4" => Value::from(i64::from(decoded::<i32>(raw)?)),
        "INT8" => Value::from(decoded::<i64>(raw)?),
        "NUMERIC" => Value::Number(numeric::decode(raw.as_bytes().ok()?)?),
        "FLOAT4" => Value::Number(decoded::<f32>(raw)?.to_string().parse::<Decimal>().ok()?),
        "FLOAT8" => Value::Number(decoded::<f64>(raw)?.to_string().parse::<Decimal>().ok()?),
        "DATE" => Value::Date(decoded::<NaiveDate>(raw)?),
        "TIMESTAMP" => Value::DateTime(decoded::<NaiveDateTime>(raw)?),
        "TIMESTAMPTZ" => Value::DateTime(decoded::<DateTime<Utc>>(raw)?.naive_utc()),
        "TIME" => Value::Time(decoded::<NaiveTime>(raw)?),
        "JSON" => read_json(text(raw.as_bytes().ok()?)?, JSON_DEPTH).ok()?,
        // The first byte is the version of the format.
        "JSONB" => read_json(text(raw.as_bytes().ok()?.get(1..)?)?, JSON_DEPTH).ok()?,
        "TEXT" | "VARCHAR" | "CHAR" | "BPCHAR" | "NAME" | "\"CHAR\"" | "UNKNOWN" => Value::text(text(raw.as_bytes().ok()?)?),
        _ => return None,
    })
}

/// The value as the column's definition means it.
fn of_kind(value: Value, kind: ColumnKind) -> Option<Value> {
    Some(match (kind, value) {
        (ColumnKind::Boolean, Value::Number(number)) => Value::Boolean(!number.is_zero()),
        (ColumnKind::Integer { .. } | ColumnKind::Decimal { .. }, Value::Boolean(flag)) => Value::from(i64::from(flag)),
        (ColumnKind::Integer { .. } | ColumnKind::Decimal { .. }, Value::Text(text)) => Value::Number(convert::read_number(&text)?),
        (ColumnKind::DateTime { .. }, Value::Date(day)) => Value::DateTime(day.and_time(NaiveTime::MIN)),
        (ColumnKind::Date, Value::DateTime(moment)) => Value::Date(moment.date()),
        (ColumnKind::Json, Value::Text(text)) => read_json(&text, JSON_DEPTH).ok()?,
        (ColumnKind::Text { .. }, value @ (Value::Array(_) | Value::Object(_))) => {
            Value::text(nightowl_core::value::json_text(&value, nightowl_core::value::JsonStyle::Document))
        }
        (_, value) => value,
    })
}

fn decoded<'r, T: Decode<'r, Postgres>>(raw: PgValueRef<'r>) -> Option<T> {
    T::decode(raw).ok()
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}
