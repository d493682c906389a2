//! Statements that read the journal.

use chrono::NaiveDateTime;
use nightowl_core::compile::ColumnKind;
use nightowl_core::port::{PendingKind, StoreError};
use nightowl_core::value::Value;

use super::cells::Cells;
use super::criteria::{LogCriteria, TriggerCriteria};
use super::record::{DetailRecord, LogRecord, PendingRecord, Trace, TriggerRecord, trigger_status, trigger_type};
use crate::meta::render;
use crate::sql::{LONG_TEXT, SqlSession, SqlValue, unpack};

const TEXT: ColumnKind = LONG_TEXT;
const BIG: ColumnKind = ColumnKind::Integer { bits: 64 };
const FLAG: ColumnKind = ColumnKind::Boolean;
const MOMENT: ColumnKind = ColumnKind::DateTime { fraction: true };

const TRIGGERS: &str = "nightowl_triggers";
const TRIGGER_COLUMNS: &[(&str, ColumnKind)] = &[
    ("trigger_id", BIG),
    ("tenant_id", TEXT),
    ("trace_id", TEXT),
    ("topic_id", TEXT),
    ("data_id", BIG),
    ("trigger_type", TEXT),
    ("user_id", TEXT),
    ("pat_key_id", TEXT),
    ("source", TEXT),
    ("position_key", TEXT),
    ("body_hash", TEXT),
    ("status", TEXT),
    ("failed_pipeline_ids", TEXT),
    ("finished_at", MOMENT),
    ("payload", TEXT),
    ("error", TEXT),
];

const LOGS: &str = "nightowl_logs";
const LOG_COLUMNS: &[(&str, ColumnKind)] = &[
    ("uid", BIG),
    ("tenant_id", TEXT),
    ("trace_id", TEXT),
    ("trigger_id", BIG),
    ("pipeline_id", TEXT),
    ("topic_id", TEXT),
    ("data_id", BIG),
    ("status", TEXT),
    ("started_at", MOMENT),
    ("spent_ms", BIG),
    ("rolled_back", FLAG),
    ("body", TEXT),
    ("definition_hash", TEXT),
];

const LOG_KEY_COLUMNS: &[(&str, ColumnKind)] = &[("started_at", MOMENT), ("uid", BIG)];
const NEWEST_FIRST: &str = " ORDER BY {started_at} DESC, {uid} DESC";

const PENDING: &str = "nightowl_pending";
const PENDING_COLUMNS: &[(&str, ColumnKind)] = &[
    ("pending_id", BIG),
    ("kind", TEXT),
    ("tenant_id", TEXT),
    ("trace_id", TEXT),
    ("trigger_id", BIG),
    ("attempts", BIG),
    ("not_before", MOMENT),
    ("leased_until", MOMENT),
];

const DETAILS: &str = "nightowl_trace_details";
const DETAIL_COLUMNS: &[(&str, ColumnKind)] = &[("uid", BIG), ("ordinal", BIG), ("body", TEXT)];

/// Everything about a trace id; with a tenant, only what is that tenant's.
pub(super) async fn trace(session: &mut dyn SqlSession, trace_id: &str, tenant_id: Option<&str>) -> Result<Trace, StoreError> {
    let mut condition = " WHERE {trace_id} = ?".to_owned();
    let mut values = vec![SqlValue::Text(trace_id.into())];
    if let Some(tenant_id) = tenant_id {
        condition.push_str(" AND {tenant_id} = ?");
        values.push(SqlValue::Text(tenant_id.into()));
    }
    let by = |key: &str| format!("{condition} ORDER BY {{{key}}}");
    Ok(Trace {
        triggers: select(session, TRIGGERS, TRIGGER_COLUMNS, &by("trigger_id"), &values, trigger).await?,
        logs: select(session, LOGS, LOG_COLUMNS, &by("uid"), &values, log).await?,
        pending: select(session, PENDING, PENDING_COLUMNS, &by("pending_id"), &values, pending).await?,
    })
}

/// One trigger.
pub(super) async fn find_trigger(session: &mut dyn SqlSession, trigger_id: i64) -> Result<Option<TriggerRecord>, StoreError> {
    let values = [SqlValue::Integer(trigger_id)];
    let found = select(session, TRIGGERS, TRIGGER_COLUMNS, " WHERE {trigger_id} = ?", &values, trigger).await?;
    Ok(found.into_iter().next())
}

/// Triggers, newest first.
pub(super) async fn triggers(session: &mut dyn SqlSession, criteria: &TriggerCriteria, limit: u32) -> Result<Vec<TriggerRecord>, StoreError> {
    let clause = criteria.to_where();
    let rest = format!("{}{} LIMIT {limit}", clause.sql(), criteria.order());
    select(session, TRIGGERS, TRIGGER_COLUMNS, &rest, &clause.values, trigger).await
}

/// Those of some triggers that meet the criteria, whatever ran for them.
pub(super) async fn triggers_among(session: &mut dyn SqlSession, criteria: &TriggerCriteria, trigger_ids: &[i64]) -> Result<Vec<TriggerRecord>, StoreError> {
    let clause = criteria.to_where_among(trigger_ids);
    select(session, TRIGGERS, TRIGGER_COLUMNS, clause.sql(), &clause.values, trigger).await
}

/// The triggers for which the pipeline of the criteria ran here, in the order of the criteria; only those before one.
pub(super) async fn ran(session: &mut dyn SqlSession, criteria: &TriggerCriteria, before: Option<i64>, limit: u32) -> Result<Vec<i64>, StoreError> {
    let clause = criteria.to_where_of_runs(before);
    let rest = format!("{}{} LIMIT {limit}", clause.sql(), criteria.order());
    let sql = render(session.dialect(), &format!("SELECT DISTINCT {{trigger_id}} FROM {{{LOGS}}}{rest}"));
    let rows = session.query(&sql, &clause.values, &[BIG]).await?;
    rows.into_iter().map(|row| Cells::of(LOGS, row).integer()).collect()
}

/// One log.
pub(super) async fn find_log(session: &mut dyn SqlSession, uid: i64) -> Result<Option<LogRecord>, StoreError> {
    let found = select(session, LOGS, LOG_COLUMNS, " WHERE {uid} = ?", &[SqlValue::Integer(uid)], log).await?;
    Ok(found.into_iter().next())
}

/// Logs, newest first (storage.md §6.3).
pub(super) async fn logs(session: &mut dyn SqlSession, criteria: &LogCriteria, skipped: u64, limit: u64) -> Result<Vec<LogRecord>, StoreError> {
    let clause = criteria.to_where();
    let rest = format!("{}{NEWEST_FIRST} LIMIT {limit} OFFSET {skipped}", clause.sql());
    select(session, LOGS, LOG_COLUMNS, &rest, &clause.values, log).await
}

/// When the newest logs began, and their uids.
pub(super) async fn log_keys(session: &mut dyn SqlSession, criteria: &LogCriteria, limit: u64) -> Result<Vec<(NaiveDateTime, i64)>, StoreError> {
    let clause = criteria.to_where();
    let rest = format!("{}{NEWEST_FIRST} LIMIT {limit}", clause.sql());
    select(session, LOGS, LOG_KEY_COLUMNS, &rest, &clause.values, log_key).await
}

/// How many logs there are.
pub(super) async fn count_logs(session: &mut dyn SqlSession, criteria: &LogCriteria) -> Result<u64, StoreError> {
    let clause = criteria.to_where();
    let sql = render(session.dialect(), &format!("SELECT COUNT(*) FROM {{{LOGS}}}{}", clause.sql()));
    let rows = session.query(&sql, &clause.values, &[BIG]).await?;
    let count = rows.into_iter().next().map(|row| Cells::of(LOGS, row).integer()).transpose()?;
    Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
}

/// The details of a log.
pub(super) async fn details(session: &mut dyn SqlSession, uid: i64) -> Result<Vec<DetailRecord>, StoreError> {
    select(session, DETAILS, DETAIL_COLUMNS, " WHERE {uid} = ? ORDER BY {ordinal}", &[SqlValue::Integer(uid)], detail).await
}

async fn select<T>(
    session: &mut dyn SqlSession,
    table: &'static str,
    columns: &[(&str, ColumnKind)],
    rest: &str,
    values: &[SqlValue],
    read: fn(Vec<Value>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let names = columns.iter().map(|(name, _)| format!("{{{name}}}")).collect::<Vec<_>>().join(", ");
    let sql = render(session.dialect(), &format!("SELECT {names} FROM {{{table}}}{rest}"));
    let kinds: Vec<ColumnKind> = columns.iter().map(|(_, kind)| *kind).collect();
    session.query(&sql, values, &kinds).await?.into_iter().map(read).collect()
}

fn trigger(row: Vec<Value>) -> Result<TriggerRecord, StoreError> {
    let mut cells = Cells::of(TRIGGERS, row);
    Ok(TriggerRecord {
        trigger_id: cells.integer()?,
        tenant_id: cells.text()?,
        trace_id: cells.text()?,
        topic_id: cells.text()?,
        data_id: cells.optional_integer(),
        trigger_type: cells.parsed(trigger_type)?,
        user_id: cells.text()?,
        pat_key_id: cells.optional_text(),
        source: cells.text()?,
        position_key: cells.optional_text(),
        body_hash: cells.optional_text(),
        status: cells.parsed(trigger_status)?,
        failed_pipeline_ids: cells.texts()?,
        finished_at: cells.optional_moment(),
        payload: cells.optional_text(),
        error: cells.optional_text(),
    })
}

fn log(row: Vec<Value>) -> Result<LogRecord, StoreError> {
    let mut cells = Cells::of(LOGS, row);
    Ok(LogRecord {
        uid: cells.integer()?,
        tenant_id: cells.text()?,
        trace_id: cells.text()?,
        trigger_id: cells.integer()?,
        pipeline_id: cells.text()?,
        topic_id: cells.text()?,
        data_id: cells.integer()?,
        status: cells.text()?,
        started_at: cells.moment()?,
        spent_ms: cells.integer()?,
        rolled_back: cells.flag(),
        body: unpack(LOGS, cells.text()?)?,
        definition_hash: cells.text()?,
    })
}

fn log_key(row: Vec<Value>) -> Result<(NaiveDateTime, i64), StoreError> {
    let mut cells = Cells::of(LOGS, row);
    Ok((cells.moment()?, cells.integer()?))
}

fn pending(row: Vec<Value>) -> Result<PendingRecord, StoreError> {
    let mut cells = Cells::of(PENDING, row);
    Ok(PendingRecord {
        pending_id: cells.integer()?,
        kind: cells.parsed(PendingKind::parse)?,
        tenant_id: cells.text()?,
        trace_id: cells.text()?,
        trigger_id: cells.integer()?,
        attempts: cells.integer()?,
        not_before: cells.optional_moment(),
        leased_until: cells.optional_moment(),
    })
}

fn detail(row: Vec<Value>) -> Result<DetailRecord, StoreError> {
    let mut cells = Cells::of(DETAILS, row);
    Ok(DetailRecord { uid: cells.integer()?, ordinal: cells.integer()?, body: unpack(DETAILS, cells.text()?)? })
}
