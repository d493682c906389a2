//! `nightowl_structure`: what was built, by us or by others.

use nightowl_core::port::StoreError;
use nightowl_core::value::Value;
use sha2::{Digest, Sha256};

use super::shape::{ColumnShape, Shape, TableShape, hex, parse_kind};
use super::{Change, Outcome, TablePlan};
use crate::sql::{LONG_TEXT, SqlSession, SqlValue, table_columns, table_indexes};

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

/// Takes over what is really there: a table that others made, one that was dropped, columns that somebody added.
pub(super) async fn adopt(session: &mut dyn SqlSession, table: &str, record: &mut TableShape, wanted: &Shape) -> Result<(), StoreError> {
    let columns = table_columns(session, table).await?;
    if columns.is_empty() {
        record.built = Shape::default();
        return Ok(());
    }
    let indexes = table_indexes(session, table).await?;
    let dialect = session.dialect();
    record.built.columns.retain(|column| columns.iter().any(|(name, _)| *name == column.name));
    record.built.indexes.retain(|index| indexes.contains(&index.name));
    for (name, declared) in &columns {
        if record.built.column(name).is_some() {
            continue;
        }
        let Some(column) = wanted.column(name) else { continue };
        let kind = parse_kind(&column.kind);
        if !kind.is_some_and(|kind| dialect.holds(declared, kind)) {
            let needed = kind.map(|kind| dialect.column_type(kind)).unwrap_or_default();
            let reason = format!("column \"{name}\" is declared {declared} where {needed} is needed");
            return Err(StoreError::WouldLoseData { table: table.to_owned(), reason });
        }
        record.built.columns.push(ColumnShape { name: name.clone(), kind: column.kind.clone() });
    }
    // An index of the wanted name that we did not make stays as it was found (storage.md §11.5).
    let found: Vec<_> = wanted.indexes.iter().filter(|index| indexes.contains(&index.name) && record.built.index(&index.name).is_none()).cloned().collect();
    record.built.indexes.extend(found);
    Ok(())
}

/// Records a table after its steps were taken.
pub(super) async fn write(session: &mut dyn SqlSession, plan: &mut TablePlan) -> Result<(), StoreError> {
    let skipped = |name: &str| {
        plan.steps.iter().any(|step| matches!((&step.change, &step.outcome), (Change::CreateIndex { index, .. }, Outcome::Skipped { .. }) if index == name))
    };
    let before = std::mem::take(&mut plan.record.built);
    let mut built = plan.wanted.clone();
    built.columns.extend(before.columns.into_iter().filter(|column| plan.wanted.column(&column.name).is_none()));
    built.indexes.retain(|index| !skipped(&index.name));
    plan.record.built = built;
    let structure = plan.record.to_text()?;
    let hash = hex(&Sha256::digest(structure.as_bytes()), 64);
    let statements: Vec<&String> = plan.steps.iter().flat_map(|step| &step.statements).collect();
    let statements = serde_json::json!(statements).to_string();
    let table = SqlValue::Text(plan.table.as_str().into());
    let known = session
        .query("SELECT hash FROM nightowl_structure WHERE table_name = ?", std::slice::from_ref(&table), &[LONG_TEXT])
        .await?
        .into_iter()
        .flatten()
        .next();
    let text = |text: String| SqlValue::Text(text.into());
    let now = session.dialect().utc_now();
    match known {
        Some(known) if known.as_text() == Some(hash.as_str()) => Ok(()),
        Some(_) => {
            let sql = format!("UPDATE nightowl_structure SET structure = ?, hash = ?, applied_at = {now}, statements = ? WHERE table_name = ?");
            session.execute(&sql, &[text(structure), text(hash), text(statements), table]).await.map(|_| ())
        }
        None => {
            let sql = format!("INSERT INTO nightowl_structure (table_name, structure, hash, applied_at, statements, format) VALUES (?, ?, ?, {now}, ?, 1)");
            session.execute(&sql, &[table, text(structure), text(hash), text(statements)]).await.map(|_| ())
        }
    }
}
