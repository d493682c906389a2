//! Work that was handed over: leases, delays, and what was applied already (engine.md §3.11, storage.md §15.6).

use nightowl_core::compile::ColumnKind;
use nightowl_core::port::{PendingKind, StoreError};

use super::{OnConflict, SqlSession, SqlValue};

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
