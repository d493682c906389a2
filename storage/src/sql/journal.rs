//! The journal: headers, logs, details, pending work (storage.md §15.6). All texts are constants; the tables are ours, so
//! their names need no quotes.

use std::sync::Arc;

use async_trait::async_trait;
use nightowl_core::compile::ColumnKind;
use nightowl_core::port::{DetailRow, EarlierTrigger, Journal, LogRow, OrderedPosition, PendingKind, PendingWork, StoreError, TriggerHeader, TriggerStatus};
use nightowl_core::value::Value;

use super::packed::pack;
use super::passed::take_one;
use super::pending::{self, LeaseOf, Turn, lease, lease_in_transaction};
use super::row_reader::RowReader;
use super::{OnConflict, SqlUnitOfWork, SqlValue};

const TEXT: ColumnKind = ColumnKind::Text { length: u32::MAX };
const BIG: ColumnKind = ColumnKind::Integer { bits: 64 };

/// What [`FIND_POSITION`] gives.
const EARLIER: [ColumnKind; 6] = [BIG, TEXT, BIG, TEXT, TEXT, TEXT];

const FIND_POSITION: &str =
    "SELECT trigger_id, trace_id, data_id, status, failed_pipeline_ids, body_hash FROM nightowl_triggers WHERE source = ? AND position_key = ?";
const INSERT_TRIGGER: &str = "INSERT INTO nightowl_triggers (trigger_id, tenant_id, trace_id, topic_id, data_id, trigger_type, user_id, pat_key_id, source, \
     position_key, body_hash, status, failed_pipeline_ids, finished_at, payload, error, format) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)";
const UPDATE_TRIGGER: &str =
    "UPDATE nightowl_triggers SET data_id = ?, status = ?, failed_pipeline_ids = ?, finished_at = ?, payload = ?, error = ? WHERE trigger_id = ?";
const INSERT_LOGS: &str = "INSERT INTO nightowl_logs (uid, tenant_id, trace_id, trigger_id, pipeline_id, topic_id, data_id, status, started_at, spent_ms, \
     rolled_back, body, definition_hash, format) VALUES ";
const LOG_VALUES: &str = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)";
const INSERT_DETAILS: &str = "INSERT INTO nightowl_trace_details (uid, ordinal, body, format) VALUES ";
const DETAIL_VALUES: &str = "(?, ?, ?, 1)";
const INSERT_PENDING: &str = "INSERT INTO nightowl_pending (pending_id, kind, tenant_id, trace_id, trigger_id, ordinal, body, attempts, format) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)";
const UPDATE_PENDING: &str = "UPDATE nightowl_pending SET body = ? WHERE pending_id = ?";
const DELETE_PENDING: &str = "DELETE FROM nightowl_pending WHERE pending_id = ?";

#[async_trait]
impl Journal for SqlUnitOfWork<'_> {
    async fn find_position(&mut self, source: &str, position_key: &str) -> Result<Option<EarlierTrigger>, StoreError> {
        let rows = self.query(FIND_POSITION, &[text(source), text(position_key)], &EARLIER).await?;
        rows.into_iter().next().map(read_earlier).transpose()
    }

    async fn take_position(&mut self, source: &str, position: &OrderedPosition) -> Result<bool, StoreError> {
        take_one(self, source, position).await
    }

    async fn insert_trigger(&mut self, header: &TriggerHeader) -> Result<(), StoreError> {
        self.insert_or_conflict(INSERT_TRIGGER, &header_values(header), "nightowl_triggers").await
    }

    async fn update_trigger(&mut self, header: &TriggerHeader) -> Result<(), StoreError> {
        let values = [
            optional_integer(header.data_id),
            text(header.status.as_str()),
            texts(&header.failed_pipeline_ids),
            header.finished_at.map_or(SqlValue::Null, SqlValue::DateTime),
            optional(header.payload.as_deref()),
            optional(header.error.as_deref()),
            SqlValue::Integer(header.trigger_id),
        ];
        match self.execute(UPDATE_TRIGGER, &values).await? {
            0 => Err(missing("nightowl_triggers", "the header that is to be changed")),
            _ => Ok(()),
        }
    }

    async fn insert_logs(&mut self, logs: &[LogRow]) -> Result<(), StoreError> {
        let rows = logs.iter().map(log_values);
        self.insert_many(INSERT_LOGS, LOG_VALUES, rows.collect()).await
    }

    async fn insert_details(&mut self, details: &[DetailRow]) -> Result<(), StoreError> {
        let rows = details.iter().map(detail_values);
        self.insert_many(INSERT_DETAILS, DETAIL_VALUES, rows.collect()).await
    }

    async fn insert_pending(&mut self, work: &PendingWork) -> Result<(), StoreError> {
        self.insert_or_conflict(INSERT_PENDING, &pending_values(work), "nightowl_pending").await
    }

    async fn update_pending(&mut self, pending_id: i64, body: &str) -> Result<(), StoreError> {
        match self.execute(UPDATE_PENDING, &[text(body), SqlValue::Integer(pending_id)]).await? {
            0 => Err(missing("nightowl_pending", "the work that is to be changed")),
            _ => Ok(()),
        }
    }

    async fn hold_pending(&mut self, pending_id: i64, worker: &str, lease_seconds: u32) -> Result<bool, StoreError> {
        let dialect = self.dialect();
        let sql = format!(
            "UPDATE nightowl_pending SET leased_until = {}, leased_by = ? WHERE pending_id = ? AND (leased_until IS NULL OR leased_until <= {} OR leased_by = ?)",
            dialect.utc_now_plus_seconds(),
            dialect.utc_now()
        );
        let values = [SqlValue::Integer(i64::from(lease_seconds)), text(worker), SqlValue::Integer(pending_id), text(worker)];
        Ok(self.execute(&sql, &values).await? > 0)
    }

    async fn delete_pending(&mut self, pending_id: i64) -> Result<(), StoreError> {
        self.execute(DELETE_PENDING, &[SqlValue::Integer(pending_id)]).await.map(|_| ())
    }

    async fn pending_of_trigger(&mut self, trigger_id: i64) -> Result<Vec<PendingWork>, StoreError> {
        pending::of_trigger(self.session(), trigger_id).await
    }

    async fn mark_applied(&mut self, pending_id: i64) -> Result<bool, StoreError> {
        let sql = format!("INSERT INTO nightowl_applied (pending_id, applied_at, format) VALUES (?, {}, 1)", self.dialect().utc_now());
        match self.insert_or_conflict(&sql, &[SqlValue::Integer(pending_id)], "nightowl_applied").await {
            Ok(()) => Ok(true),
            Err(StoreError::InsertConflict { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn lease_pending(&mut self, kind: PendingKind, worker: &str, lease_seconds: u32, limit: usize) -> Result<Vec<PendingWork>, StoreError> {
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let work = LeaseOf { kind, turn: Turn::Oldest, worker, seconds: lease_seconds, limit };
        if self.is_open() { lease_in_transaction(self.session(), work).await } else { lease(self.session(), work).await }
    }
}

impl SqlUnitOfWork<'_> {
    /// Inserts one row; a unique violation leaves the transaction usable.
    async fn insert_or_conflict(&mut self, sql: &str, values: &[SqlValue], table: &str) -> Result<(), StoreError> {
        match self.dialect().on_conflict() {
            OnConflict::StatementFails => self.execute(sql, values).await.map(|_| ()),
            OnConflict::Clause(clause) => match self.execute(&format!("{sql}{clause}"), values).await? {
                0 => Err(StoreError::InsertConflict { table: table.to_owned(), index: String::new() }),
                _ => Ok(()),
            },
        }
    }

    /// Inserts rows, as many in one statement as the dialect likes; in powers of two, so that few texts serve all numbers.
    async fn insert_many<const COLUMNS: usize>(&mut self, head: &str, values: &str, rows: Vec<[SqlValue; COLUMNS]>) -> Result<(), StoreError> {
        let most = self.dialect().rows_per_insert().max(1);
        let mut left = rows.into_iter();
        while left.len() > 0 {
            let count = left.len().min(most);
            let count = if count.is_power_of_two() { count } else { count.next_power_of_two() / 2 };
            let mut sql = String::with_capacity(head.len() + count * (values.len() + 2));
            sql.push_str(head);
            for row in 0..count {
                sql.push_str(if row > 0 { ", " } else { "" });
                sql.push_str(values);
            }
            let bound: Vec<SqlValue> = left.by_ref().take(count).flatten().collect();
            self.execute(&sql, &bound).await?;
        }
        Ok(())
    }
}

/// A header, in the order of its columns.
pub(super) fn header_values(header: &TriggerHeader) -> [SqlValue; 16] {
    [
        SqlValue::Integer(header.trigger_id),
        text(&header.tenant_id),
        text(&header.trace_id),
        text(&header.topic_id),
        optional_integer(header.data_id),
        text(header.trigger_type.as_str()),
        text(&header.user_id),
        optional(header.pat_key_id.as_deref()),
        text(&header.source),
        optional(header.position_key.as_deref()),
        optional(header.body_hash.as_deref()),
        text(header.status.as_str()),
        texts(&header.failed_pipeline_ids),
        header.finished_at.map_or(SqlValue::Null, SqlValue::DateTime),
        optional(header.payload.as_deref()),
        optional(header.error.as_deref()),
    ]
}

/// A log, in the order of its columns.
pub(super) fn log_values(log: &LogRow) -> [SqlValue; 13] {
    [
        SqlValue::Integer(log.uid),
        text(&log.tenant_id),
        text(&log.trace_id),
        SqlValue::Integer(log.trigger_id),
        text(&log.pipeline_id),
        text(&log.topic_id),
        SqlValue::Integer(log.data_id),
        text(log.status),
        SqlValue::DateTime(log.started_at),
        SqlValue::Integer(log.spent_ms),
        SqlValue::Integer(i64::from(log.rolled_back)),
        text(&pack(&log.body)),
        text(&log.definition_hash),
    ]
}

/// A detail, in the order of its columns.
pub(super) fn detail_values(detail: &DetailRow) -> [SqlValue; 3] {
    [SqlValue::Integer(detail.uid), SqlValue::Integer(detail.ordinal), text(&pack(&detail.body))]
}

/// Pending work, in the order of its first columns.
pub(super) fn pending_values(work: &PendingWork) -> [SqlValue; 8] {
    [
        SqlValue::Integer(work.pending_id),
        text(work.kind.as_str()),
        text(&work.tenant_id),
        text(&work.trace_id),
        SqlValue::Integer(work.trigger_id),
        SqlValue::Integer(work.ordinal),
        text(&work.body),
        SqlValue::Integer(work.attempts),
    ]
}

/// What is known of the trigger that a row of [`FIND_POSITION`] tells of.
pub(super) fn read_earlier(row: Vec<Value>) -> Result<EarlierTrigger, StoreError> {
    let mut row = RowReader::new("nightowl_triggers", row);
    Ok(EarlierTrigger {
        trigger_id: row.integer()?,
        trace_id: row.text()?,
        data_id: row.optional_integer()?,
        status: row.parsed(TriggerStatus::parse)?,
        failed_pipeline_ids: row.texts()?,
        body_hash: row.optional_text()?,
    })
}

fn text(text: &str) -> SqlValue {
    SqlValue::Text(Arc::from(text))
}

fn optional(value: Option<&str>) -> SqlValue {
    value.map_or(SqlValue::Null, text)
}

fn optional_integer(value: Option<i64>) -> SqlValue {
    value.map_or(SqlValue::Null, SqlValue::Integer)
}

/// A list of texts as JSON; none is null.
fn texts(list: &[String]) -> SqlValue {
    if list.is_empty() { SqlValue::Null } else { text(&serde_json::json!(list).to_string()) }
}

fn missing(table: &str, what: &str) -> StoreError {
    StoreError::Unexpected { object: format!("table {table}"), reason: format!("{what} is not there") }
}
