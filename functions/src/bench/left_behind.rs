//! What triggers leave behind beyond the rows of topics: headers, logs, details.

use nightowl_core::compile::ColumnKind;
use nightowl_core::value::Value;
use nightowl_storage::Store;
use nightowl_storage::sql::table_columns;
use serde::Serialize;

use super::BenchError;

/// The tables of ours that grow with triggers (storage.md §15.6).
const TABLES: [&str; 3] = ["nightowl_triggers", "nightowl_logs", "nightowl_trace_details"];
/// How many of a table's rows are looked at for their size.
const SAMPLE: u32 = 2_000;

/// What a trigger leaves in one table.
#[derive(Debug, Clone, Serialize)]
pub struct LeftBehind {
    /// The table.
    pub table: &'static str,
    /// How many rows.
    pub rows_per_trigger: f64,
    /// The text of their cells, without what the database adds.
    pub bytes_per_trigger: f64,
    /// How much of the time of the batched floor is theirs, from 0 to 1.
    pub share_of_time: f64,
}

/// Looks at a store after so many triggers.
pub(super) async fn left_behind(store: &Store, triggers: u64) -> Result<Vec<LeftBehind>, BenchError> {
    let mut all = Vec::with_capacity(TABLES.len());
    for table in TABLES {
        let (rows, bytes) = store.read(move |session| Box::pin(async move { size_of(session, table).await })).await??;
        let per_trigger = rows / (triggers.max(1) as f64);
        all.push(LeftBehind { table, rows_per_trigger: per_trigger, bytes_per_trigger: per_trigger * bytes, share_of_time: 0.0 });
    }
    Ok(all)
}

/// The number of rows, and the mean of their bytes.
async fn size_of(session: &mut dyn nightowl_storage::sql::SqlSession, table: &str) -> Result<(f64, f64), nightowl_core::port::StoreError> {
    let big = ColumnKind::Integer { bits: 64 };
    let columns = table_columns(session, table).await?;
    let dialect = session.dialect().name();
    let bytes = |column: &str| match dialect {
        "postgres" => format!("COALESCE(octet_length({column}::text), 0)"),
        _ => format!("COALESCE(LENGTH({column}), 0)"),
    };
    let lengths: Vec<String> = columns.iter().map(|(column, _)| bytes(column)).collect();
    let sum = if dialect == "mysql" { "CAST(SUM(size) AS SIGNED)" } else { "SUM(size)" };
    let sizes = format!("SELECT COUNT(*), {sum} FROM (SELECT {} AS size FROM {table} LIMIT {SAMPLE}) AS sample", lengths.join(" + "));
    let sample = session.query(&sizes, &[], &[big, big]).await?;
    let count = session.query(&format!("SELECT COUNT(*) FROM {table}"), &[], &[big]).await?;
    let number = |rows: &[Vec<Value>], column: usize| {
        let cell = rows.first().and_then(|row| row.get(column));
        cell.and_then(Value::as_number).and_then(nightowl_core::value::Decimal::to_i64).unwrap_or(0) as f64
    };
    Ok((number(&count, 0), number(&sample, 1) / number(&sample, 0).max(1.0)))
}
