//! As fast as rows get in by hand: multi-row statements, many triggers a commit, one connection (surface.md §21).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use nightowl_core::port::StoreError;
use nightowl_storage::Store;
use nightowl_storage::sql::{SqlSession, SqlValue};

use super::recorded::FloorStatement;
use crate::bench::BenchError;

/// How many triggers share a commit.
const TRIGGERS_PER_COMMIT: usize = 1_000;
/// How many rows share a statement: in the process longer texts gain nothing, over a network they do (parts.md §2).
const fn rows_per_statement(is_server: bool) -> usize {
    if is_server { 100 } else { 50 }
}

/// The rows of one batch for one insert.
#[derive(Default)]
struct Rows {
    count: usize,
    values: Vec<SqlValue>,
}

/// Triggers per second.
pub(super) async fn measure(stores: &[Store], triggers: &Arc<Vec<Vec<FloorStatement>>>, next_id: &Arc<AtomicI64>, time: Duration) -> Result<f64, BenchError> {
    let Some(store) = stores.first() else { return Ok(0.0) };
    let (triggers, next_id) = (Arc::clone(triggers), Arc::clone(next_id));
    let began = Instant::now();
    let end = began + time;
    let done = store.write(move |session| Box::pin(async move { batches(session, &triggers, &next_id, end).await })).await??;
    Ok(done as f64 / began.elapsed().as_secs_f64())
}

async fn batches(session: &mut dyn SqlSession, triggers: &[Vec<FloorStatement>], next_id: &AtomicI64, end: Instant) -> Result<usize, StoreError> {
    let mut texts = BTreeMap::new();
    let mut done = 0;
    let mut next = triggers.iter().cycle();
    while Instant::now() < end {
        session.execute(session.dialect().begin(), &[]).await?;
        write(session, next.by_ref().take(TRIGGERS_PER_COMMIT), next_id, &mut texts).await?;
        session.execute("COMMIT", &[]).await?;
        done += TRIGGERS_PER_COMMIT;
    }
    Ok(done)
}

async fn write<'a>(
    session: &mut dyn SqlSession,
    triggers: impl Iterator<Item = &'a Vec<FloorStatement>>,
    next_id: &AtomicI64,
    texts: &mut BTreeMap<(&'a str, usize), String>,
) -> Result<(), StoreError> {
    let mut draw = || next_id.fetch_add(1, Ordering::Relaxed);
    let mut inserts: BTreeMap<&str, Rows> = BTreeMap::new();
    let mut changes: BTreeMap<(&str, i64), &FloorStatement> = BTreeMap::new();
    for statements in triggers {
        let id = draw();
        for statement in statements {
            match statement.changed_row() {
                // Of a row that is changed more than once only the last state is left behind.
                Some(row) => drop(changes.insert(row, statement)),
                None => {
                    let rows = inserts.entry(&statement.sql).or_default();
                    rows.count += 1;
                    statement.push_values(&mut rows.values, id, &mut draw);
                }
            }
        }
    }
    let together = rows_per_statement(session.dialect().bulk().is_some());
    for (sql, rows) in inserts {
        let width = rows.values.len() / rows.count.max(1);
        for values in rows.values.chunks(width.max(1) * together) {
            let count = values.len() / width.max(1);
            let text = texts.entry((sql, count)).or_insert_with(|| of_rows(sql, count));
            session.execute(text, values).await?;
        }
    }
    let mut values = Vec::new();
    for statement in changes.into_values() {
        values.clear();
        statement.push_values(&mut values, 0, &mut draw);
        session.execute(&statement.sql, &values).await?;
    }
    Ok(())
}

/// An insert of one row as one of many.
fn of_rows(sql: &str, count: usize) -> String {
    let Some((head, row)) = sql.split_once(" VALUES ") else { return sql.to_owned() };
    format!("{head} VALUES {}", vec![row; count].join(", "))
}
