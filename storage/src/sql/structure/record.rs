//! `nightowl_structure`: what was built, by us or by others.

use nightowl_core::port::StoreError;
use nightowl_core::value::Value;
use sha2::{Digest, Sha256};

use super::plan::TablePlan;
use super::shape::{TableShape, hex};
use crate::sql::{LONG_TEXT, SqlSession, SqlValue, table_columns};

/// What is recorded of a table; nothing where it is new to us.
pub(super) async fn read(session: &mut dyn SqlSession, table: &str) -> Result<TableShape, StoreError> {
    if table_columns(session, "nightowl_structure").await?.is_empty() {
        return Ok(TableShape::default());
    }
    let sql = "SELECT structure FROM nightowl_structure WHERE table_name = ?";
    let rows = session.query(sql, &[SqlValue::Text(table.into())], &[LONG_TEXT]).await?;
    let Some(text) = rows.first().and_then(|row| row.first()).and_then(Value::as_text) else { return Ok(TableShape::default()) };
    serde_json::from_str(text).map_err(|_| StoreError::Unexpected {
        object: "table nightowl_structure".to_owned(),
        reason: format!("the structure of {table} is not in a format that this version knows"),
    })
}

/// Records a table as its plan leaves it.
pub(super) async fn write(session: &mut dyn SqlSession, plan: &TablePlan) -> Result<(), StoreError> {
    let statements: Vec<&String> = plan.steps.iter().flat_map(|step| &step.statements).collect();
    write_shape(session, &plan.table, &plan.record, &serde_json::json!(statements).to_string()).await
}

/// Records a table with the statements that led to it.
pub(super) async fn write_shape(session: &mut dyn SqlSession, table: &str, shape: &TableShape, statements: &str) -> Result<(), StoreError> {
    let structure = shape.to_text()?;
    let hash = hex(&Sha256::digest(structure.as_bytes()), 64);
    let table = SqlValue::Text(table.into());
    let known = session
        .query("SELECT hash FROM nightowl_structure WHERE table_name = ?", std::slice::from_ref(&table), &[LONG_TEXT])
        .await?
        .into_iter()
        .flatten()
        .next();
    let text = |text: &str| SqlValue::Text(text.into());
    let now = session.dialect().utc_now();
    match known {
        Some(known) if known.as_text() == Some(hash.as_str()) => Ok(()),
        Some(_) => {
            let sql = format!("UPDATE nightowl_structure SET structure = ?, hash = ?, applied_at = {now}, statements = ? WHERE table_name = ?");
            session.execute(&sql, &[text(&structure), text(&hash), text(statements), table]).await.map(|_| ())
        }
        None => {
            let sql = format!("INSERT INTO nightowl_structure (table_name, structure, hash, applied_at, statements, format) VALUES (?, ?, ?, {now}, ?, 1)");
            session.execute(&sql, &[table, text(&structure), text(&hash), text(statements)]).await.map(|_| ())
        }
    }
}
