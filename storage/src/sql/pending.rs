//! Work that was handed over: leases, delays, and what was applied already (engine.md §3.11, storage.md §15.6).

use nightowl_core::compile::ColumnKind;
use nightowl_core::port::{PendingKind, PendingWork, StoreError};
use nightowl_core::value::Value;

use super::row_reader::RowReader;
use super::{LONG_TEXT, OnConflict, SqlSession, SqlValue};

const BIG: ColumnKind = ColumnKind::Integer { bits: 64 };

/// Whose work is leased, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct LeaseOf<'a> {
    /// What it is.
    pub kind: PendingKind,
    /// Who will do it.
    pub worker: &'a str,
    /// How long nobody else takes it.
    pub seconds: u32,
    /// At most so many rows.
    pub limit: u32,
}

/// Work of a kind that is the oldest of its trace, due, and held by nobody: so the work of one trace is done in its
/// order, and a trace that has to wait holds no other up. Taking it counts as an attempt.
pub async fn lease_oldest_of_each_trace(session: &mut dyn SqlSession, lease: LeaseOf<'_>) -> Result<Vec<PendingWork>, StoreError> {
    let begin = session.dialect().begin();
    session.execute(begin, &[]).await?;
    match lease_in_transaction(session, lease).await {
        Ok(leased) => session.execute("COMMIT", &[]).await.map(|_| leased),
        Err(error) => {
            session.execute("ROLLBACK", &[]).await?;
            Err(error)
        }
    }
}

async fn lease_in_transaction(session: &mut dyn SqlSession, lease: LeaseOf<'_>) -> Result<Vec<PendingWork>, StoreError> {
    let dialect = session.dialect();
    let find = format!(
        "SELECT pending_id, tenant_id, trace_id, trigger_id, ordinal, body, attempts FROM nightowl_pending WHERE {} ORDER BY pending_id LIMIT ?{}",
        due_and_oldest(dialect.utc_now()),
        dialect.skip_locked_clause()
    );
    let take =
        format!("UPDATE nightowl_pending SET attempts = attempts + 1, leased_until = {}, leased_by = ? WHERE pending_id = ?", dialect.utc_now_plus_seconds());
    let kind = SqlValue::Text(lease.kind.as_str().into());
    let values = [kind.clone(), kind, SqlValue::Integer(i64::from(lease.limit))];
    let rows = session.query(&find, &values, &[BIG, LONG_TEXT, LONG_TEXT, BIG, BIG, LONG_TEXT, BIG]).await?;
    let mut leased = Vec::with_capacity(rows.len());
    for row in rows {
        let work = read(lease.kind, row)?;
        let values = [SqlValue::Integer(i64::from(lease.seconds)), SqlValue::Text(lease.worker.into()), SqlValue::Integer(work.pending_id)];
        session.execute(&take, &values).await?;
        leased.push(work);
    }
    Ok(leased)
}

/// How many rows of a kind could be leased now, as [`lease_oldest_of_each_trace`] would; a read that disturbs nobody.
pub async fn count_due(session: &mut dyn SqlSession, kind: PendingKind) -> Result<i64, StoreError> {
    let sql = format!("SELECT COUNT(*) FROM nightowl_pending WHERE {}", due_and_oldest(session.dialect().utc_now()));
    let kind = SqlValue::Text(kind.as_str().into());
    count(session, &sql, &[kind.clone(), kind]).await
}

/// How many rows of a kind a trace has that were not postponed.
pub async fn count_waiting(session: &mut dyn SqlSession, kind: PendingKind, tenant_id: &str, trace_id: &str) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) FROM nightowl_pending WHERE kind = ? AND tenant_id = ? AND trace_id = ? AND not_before IS NULL";
    count(session, sql, &[SqlValue::Text(kind.as_str().into()), SqlValue::Text(tenant_id.into()), SqlValue::Text(trace_id.into())]).await
}

/// Takes work away, because it is done or given up.
pub async fn remove(session: &mut dyn SqlSession, pending_id: i64) -> Result<bool, StoreError> {
    Ok(session.execute("DELETE FROM nightowl_pending WHERE pending_id = ?", &[SqlValue::Integer(pending_id)]).await? > 0)
}

/// The condition on work that may be leased; its two values are the kind.
fn due_and_oldest(now: &str) -> String {
    format!(
        "kind = ? AND (not_before IS NULL OR not_before <= {now}) AND (leased_until IS NULL OR leased_until <= {now}) AND NOT EXISTS (SELECT 1 FROM \
         nightowl_pending earlier WHERE earlier.kind = ? AND earlier.tenant_id = nightowl_pending.tenant_id AND earlier.trace_id = nightowl_pending.trace_id \
         AND earlier.pending_id < nightowl_pending.pending_id)"
    )
}

async fn count(session: &mut dyn SqlSession, sql: &str, values: &[SqlValue]) -> Result<i64, StoreError> {
    let rows = session.query(sql, values, &[BIG]).await?;
    rows.into_iter().next().map_or(Ok(0), |row| RowReader::new("nightowl_pending", row).integer())
}

fn read(kind: PendingKind, row: Vec<Value>) -> Result<PendingWork, StoreError> {
    let mut row = RowReader::new("nightowl_pending", row);
    Ok(PendingWork {
        kind,
        pending_id: row.integer()?,
        tenant_id: row.text()?,
        trace_id: row.text()?,
        trigger_id: row.integer()?,
        ordinal: row.integer()?,
        body: row.text()?,
        attempts: row.integer()? + 1,
    })
}

/// Extends the lease of a worker that is still alive. False when somebody else has taken the work over, or it is done.
pub async fn extend_lease(session: &mut dyn SqlSession, pending_id: i64, worker: &str, lease_seconds: u32) -> Result<bool, StoreError> {
    let until = session.dialect().utc_now_plus_seconds();
    let sql = format!("UPDATE nightowl_pending SET leased_until = {until} WHERE pending_id = ? AND leased_by = ?");
    let values = [SqlValue::Integer(i64::from(lease_seconds)), SqlValue::Integer(pending_id), SqlValue::Text(worker.into())];
    Ok(session.execute(&sql, &values).await? > 0)
}

/// Whether there is work of a kind that could be leased now. Only reads, so it waits for no writer.
pub async fn has_free_work(session: &mut dyn SqlSession, kind: PendingKind) -> Result<bool, StoreError> {
    let now = session.dialect().utc_now();
    let sql = format!(
        "SELECT pending_id FROM nightowl_pending WHERE kind = ? AND (not_before IS NULL OR not_before <= {now}) AND (leased_until IS NULL OR \
         leased_until <= {now}) LIMIT 1"
    );
    let found = session.query(&sql, &[SqlValue::Text(kind.as_str().into())], &[ColumnKind::Integer { bits: 64 }]).await?;
    Ok(!found.is_empty())
}

/// Keeps everybody from taking work before `delay_seconds` have passed, whoever holds it now: should its worker die of it,
/// it does not come back at once. False when it is gone.
pub async fn delay(session: &mut dyn SqlSession, pending_id: i64, delay_seconds: u32) -> Result<bool, StoreError> {
    let later = session.dialect().utc_now_plus_seconds();
    let sql = format!("UPDATE nightowl_pending SET not_before = {later} WHERE pending_id = ?");
    Ok(session.execute(&sql, &[SqlValue::Integer(i64::from(delay_seconds)), SqlValue::Integer(pending_id)]).await? > 0)
}

/// Gives work back that could not be done now; nobody takes it before `delay_seconds` have passed. False when it is gone.
pub async fn postpone(session: &mut dyn SqlSession, pending_id: i64, delay_seconds: u32) -> Result<bool, StoreError> {
    let later = session.dialect().utc_now_plus_seconds();
    let sql = format!("UPDATE nightowl_pending SET not_before = {later}, leased_until = NULL, leased_by = NULL WHERE pending_id = ?");
    Ok(session.execute(&sql, &[SqlValue::Integer(i64::from(delay_seconds)), SqlValue::Integer(pending_id)]).await? > 0)
}

/// Notes in this database that the work is done here. False when it was noted before: then there is nothing to do.
pub async fn mark_applied(session: &mut dyn SqlSession, pending_id: i64) -> Result<bool, StoreError> {
    let dialect = session.dialect();
    let sql = format!("INSERT INTO nightowl_applied (pending_id, applied_at, format) VALUES (?, {}, 1)", dialect.utc_now());
    let values = [SqlValue::Integer(pending_id)];
    match dialect.on_conflict() {
        OnConflict::Clause(clause) => Ok(session.execute(&format!("{sql}{clause}"), &values).await? > 0),
        OnConflict::StatementFails => match session.execute(&sql, &values).await {
            Ok(_) => Ok(true),
            Err(StoreError::InsertConflict { .. }) => Ok(false),
            Err(error) => Err(error),
        },
    }
}

/// Forgets what was applied more than so many days ago and is not pending here any more. Gives how many.
pub async fn forget_applied(session: &mut dyn SqlSession, days: u32) -> Result<u64, StoreError> {
    let before = session.dialect().utc_now_plus_seconds();
    let sql = format!("DELETE FROM nightowl_applied WHERE applied_at < {before} AND pending_id NOT IN (SELECT pending_id FROM nightowl_pending)");
    session.execute(&sql, &[SqlValue::Integer(-86_400 * i64::from(days))]).await
}
