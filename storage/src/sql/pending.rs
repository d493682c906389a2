//! Work that was handed over: leases, delays, and what was applied already (engine.md §3.11, storage.md §15.6).

use nightowl_core::compile::ColumnKind;
use nightowl_core::port::{PendingKind, PendingWork, StoreError};
use nightowl_core::value::Value;

use super::row_reader::RowReader;
use super::{LONG_TEXT, SqlSession, SqlValue};

const BIG: ColumnKind = ColumnKind::Integer { bits: 64 };
/// What [`read`] reads.
const COLUMNS: &str = "pending_id, tenant_id, trace_id, trigger_id, ordinal, body, attempts";
const KINDS: &[ColumnKind] = &[BIG, LONG_TEXT, LONG_TEXT, BIG, BIG, LONG_TEXT, BIG];
/// Holds for the first row of a trigger's cascade.
const FIRST_OF_TRIGGER: &str = " AND NOT EXISTS (SELECT 1 FROM nightowl_pending earlier WHERE earlier.kind = 'cascade' AND earlier.trigger_id = \
     nightowl_pending.trigger_id AND earlier.ordinal < nightowl_pending.ordinal)";

/// Which work of a kind is taken first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The oldest, whatever its trace; of a cascade only the first of its trigger.
    Oldest,
    /// The oldest of each trace only: the work of one trace is done in its order, and a trace that has to wait holds no
    /// other up.
    OldestOfEachTrace,
}

/// Whose work is leased, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct LeaseOf<'a> {
    /// What it is.
    pub kind: PendingKind,
    /// What goes first.
    pub turn: Turn,
    /// Who will do it.
    pub worker: &'a str,
    /// How long nobody else takes it.
    pub seconds: u32,
    /// At most so many rows.
    pub limit: u32,
}

/// Takes work that is due and held by nobody, in a transaction of its own. Taking it counts as an attempt, so that work
/// that kills its worker is counted, too.
pub async fn lease(session: &mut dyn SqlSession, lease: LeaseOf<'_>) -> Result<Vec<PendingWork>, StoreError> {
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

/// As [`lease()`], in the transaction that is open.
pub(super) async fn lease_in_transaction(session: &mut dyn SqlSession, lease: LeaseOf<'_>) -> Result<Vec<PendingWork>, StoreError> {
    let dialect = session.dialect();
    let (due, mut values) = due(dialect.utc_now(), lease.kind, lease.turn);
    let find = format!("SELECT {COLUMNS} FROM nightowl_pending WHERE {due} ORDER BY pending_id LIMIT ?{}", dialect.skip_locked_clause());
    let take =
        format!("UPDATE nightowl_pending SET attempts = attempts + 1, leased_until = {}, leased_by = ? WHERE pending_id = ?", dialect.utc_now_plus_seconds());
    values.push(SqlValue::Integer(i64::from(lease.limit)));
    let rows = session.query(&find, &values, KINDS).await?;
    let mut leased = Vec::with_capacity(rows.len());
    for row in rows {
        let work = read(lease.kind, 1, row)?;
        let values = [SqlValue::Integer(i64::from(lease.seconds)), SqlValue::Text(lease.worker.into()), SqlValue::Integer(work.pending_id)];
        session.execute(&take, &values).await?;
        leased.push(work);
    }
    Ok(leased)
}

/// What is left of a trigger's cascade, in the order in which it has to be done.
pub(super) async fn of_trigger(session: &mut dyn SqlSession, trigger_id: i64) -> Result<Vec<PendingWork>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM nightowl_pending WHERE kind = 'cascade' AND trigger_id = ? ORDER BY ordinal, pending_id");
    let rows = session.query(&sql, &[SqlValue::Integer(trigger_id)], KINDS).await?;
    rows.into_iter().map(|row| read(PendingKind::Cascade, 0, row)).collect()
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

/// The condition on work that may be leased, and its values.
fn due(now: &str, kind: PendingKind, turn: Turn) -> (String, Vec<SqlValue>) {
    let mut due = format!("kind = ? AND (not_before IS NULL OR not_before <= {now}) AND (leased_until IS NULL OR leased_until <= {now})");
    if kind == PendingKind::Cascade {
        due.push_str(FIRST_OF_TRIGGER);
    }
    let kind = SqlValue::Text(kind.as_str().into());
    match turn {
        Turn::Oldest => (due, vec![kind]),
        Turn::OldestOfEachTrace => {
            due.push_str(
                " AND NOT EXISTS (SELECT 1 FROM nightowl_pending earlier WHERE earlier.kind = ? AND earlier.tenant_id = nightowl_pending.tenant_id AND \
                 earlier.trace_id = nightowl_pending.trace_id AND earlier.pending_id < nightowl_pending.pending_id)",
            );
            (due, vec![kind.clone(), kind])
        }
    }
}

async fn count(session: &mut dyn SqlSession, sql: &str, values: &[SqlValue]) -> Result<i64, StoreError> {
    let rows = session.query(sql, values, &[BIG]).await?;
    rows.into_iter().next().map_or(Ok(0), |row| RowReader::new("nightowl_pending", row).integer())
}

/// Reads a row; `attempt` counts the one that begins with it.
fn read(kind: PendingKind, attempt: i64, row: Vec<Value>) -> Result<PendingWork, StoreError> {
    let mut row = RowReader::new("nightowl_pending", row);
    Ok(PendingWork {
        kind,
        pending_id: row.integer()?,
        tenant_id: row.text()?,
        trace_id: row.text()?,
        trigger_id: row.integer()?,
        ordinal: row.integer()?,
        body: row.text()?,
        attempts: row.integer()? + attempt,
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
pub async fn has_free_work(session: &mut dyn SqlSession, kind: PendingKind, turn: Turn) -> Result<bool, StoreError> {
    let (due, values) = due(session.dialect().utc_now(), kind, turn);
    let found = session.query_own(&format!("SELECT pending_id FROM nightowl_pending WHERE {due} LIMIT 1"), &values, &[BIG]).await?;
    Ok(!found.is_empty())
}

/// Keeps everybody from taking work before `delay_seconds` have passed, whoever holds it now: should its worker die of it,
/// it does not come back at once. False when it is gone.
pub async fn delay(session: &mut dyn SqlSession, pending_id: i64, delay_seconds: u32) -> Result<bool, StoreError> {
    let later = session.dialect().utc_now_plus_seconds();
    let sql = format!("UPDATE nightowl_pending SET not_before = {later} WHERE pending_id = ?");
    Ok(session.execute(&sql, &[SqlValue::Integer(i64::from(delay_seconds)), SqlValue::Integer(pending_id)]).await? > 0)
}

/// Gives a cascade back that could not be gone on with, whichever of its rows `worker` holds by now.
pub async fn postpone_cascade(session: &mut dyn SqlSession, trigger_id: i64, worker: &str, delay_seconds: u32) -> Result<(), StoreError> {
    let later = session.dialect().utc_now_plus_seconds();
    let sql = format!(
        "UPDATE nightowl_pending SET not_before = {later}, leased_until = NULL, leased_by = NULL WHERE kind = 'cascade' AND trigger_id = ? AND leased_by = ?"
    );
    let values = [SqlValue::Integer(i64::from(delay_seconds)), SqlValue::Integer(trigger_id), SqlValue::Text(worker.into())];
    session.execute(&sql, &values).await.map(|_| ())
}

/// Takes away what is left of a cascade that is given up, and says so in its trigger's header where that lies here.
pub async fn give_up_cascade(session: &mut dyn SqlSession, trigger_id: i64, reason: &str) -> Result<(), StoreError> {
    let end = format!("UPDATE nightowl_triggers SET status = 'error', error = ?, finished_at = {} WHERE trigger_id = ?", session.dialect().utc_now());
    session.execute(&end, &[SqlValue::Text(reason.into()), SqlValue::Integer(trigger_id)]).await?;
    session.execute("DELETE FROM nightowl_pending WHERE kind = 'cascade' AND trigger_id = ?", &[SqlValue::Integer(trigger_id)]).await.map(|_| ())
}

/// Gives work back that could not be done now; nobody takes it before `delay_seconds` have passed. False when it is gone.
pub async fn postpone(session: &mut dyn SqlSession, pending_id: i64, delay_seconds: u32) -> Result<bool, StoreError> {
    let later = session.dialect().utc_now_plus_seconds();
    let sql = format!("UPDATE nightowl_pending SET not_before = {later}, leased_until = NULL, leased_by = NULL WHERE pending_id = ?");
    Ok(session.execute(&sql, &[SqlValue::Integer(i64::from(delay_seconds)), SqlValue::Integer(pending_id)]).await? > 0)
}

/// What was applied here more than so many days ago: the oldest ids after `after`, at most `limit`.
pub async fn applied_before(session: &mut dyn SqlSession, days: u32, after: i64, limit: u32) -> Result<Vec<i64>, StoreError> {
    let before = session.dialect().utc_now_plus_seconds();
    let sql = format!("SELECT pending_id FROM nightowl_applied WHERE applied_at < {before} AND pending_id > ? ORDER BY pending_id LIMIT {limit}");
    ids(session, &sql, &[SqlValue::Integer(-86_400 * i64::from(days)), SqlValue::Integer(after)]).await
}

/// Those of some ids that are pending here.
pub async fn still_pending(session: &mut dyn SqlSession, asked: &[i64]) -> Result<Vec<i64>, StoreError> {
    let Some((list, values)) = list_of(asked) else { return Ok(Vec::new()) };
    ids(session, &format!("SELECT pending_id FROM nightowl_pending WHERE pending_id IN ({list})"), &values).await
}

/// Forgets that work was applied here. Only to be called for work whose pending row is gone.
pub async fn forget_applied(session: &mut dyn SqlSession, applied: &[i64]) -> Result<u64, StoreError> {
    let Some((list, values)) = list_of(applied) else { return Ok(0) };
    session.execute(&format!("DELETE FROM nightowl_applied WHERE pending_id IN ({list})"), &values).await
}

fn list_of(ids: &[i64]) -> Option<(String, Vec<SqlValue>)> {
    (!ids.is_empty()).then(|| (vec!["?"; ids.len()].join(", "), ids.iter().map(|id| SqlValue::Integer(*id)).collect()))
}

async fn ids(session: &mut dyn SqlSession, sql: &str, values: &[SqlValue]) -> Result<Vec<i64>, StoreError> {
    let rows = session.query(sql, values, &[BIG]).await?;
    rows.into_iter().map(|row| RowReader::new("nightowl_pending", row).integer()).collect()
}
