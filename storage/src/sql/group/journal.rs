//! The journal of a group: headers and logs are collected, source positions are asked for together.

use async_trait::async_trait;
use nightowl_core::compile::ColumnKind;
use nightowl_core::port::{DetailRow, EarlierTrigger, Journal, LogRow, OrderedPosition, PendingKind, PendingWork, StoreError, TriggerHeader};
use nightowl_core::value::Value;
use std::sync::Arc;

use super::GroupUnitOfWork;
use crate::sql::bulk::BulkTable;
use crate::sql::journal::{detail_values, header_values, log_values, pending_values, read_earlier};
use crate::sql::tables::{BODY_HASH, DETAILS, LOGS, PENDING, TRIGGERS};
use crate::sql::{SqlValue, TableColumn};

/// The version of the rows' own format.
const FORMAT: SqlValue = SqlValue::Integer(1);
/// How many positions are asked for in one statement.
const POSITIONS_AT_ONCE: usize = 256;
/// Where the hash of what was asked for stands among a header's values; among the columns it came last.
const BODY_HASH_PLACE: usize = 10;
const BIG: ColumnKind = ColumnKind::Integer { bits: 64 };
const TEXT: ColumnKind = ColumnKind::Text { length: u32::MAX };

/// The tables that a group writes beside those of topics, as a dialect writes them.
#[derive(Debug)]
pub struct JournalTables {
    triggers: Arc<BulkTable>,
    logs: Arc<BulkTable>,
    details: Arc<BulkTable>,
    pending: Arc<BulkTable>,
}

impl JournalTables {
    /// The tables in a dialect.
    pub(crate) fn rendered(dialect: &dyn crate::sql::Dialect) -> Self {
        let of = |table, more: &[TableColumn]| Arc::new(BulkTable::of_ours(table, more, dialect));
        Self { triggers: of(&TRIGGERS, &[BODY_HASH]), logs: of(&LOGS, &[]), details: of(&DETAILS, &[]), pending: of(&PENDING, &[]) }
    }
}

impl GroupUnitOfWork<'_> {
    fn tables(&self) -> &'static JournalTables {
        let dialect = self.inner.dialect();
        dialect.statements().journal(dialect)
    }

    /// Before what is seldom asked for in a group: everything that waits goes first.
    async fn at_once(&mut self) -> Result<(), StoreError> {
        self.send(None).await?;
        self.open().await
    }

    async fn ask_for_positions(&mut self, source: &str, keys: &[&str]) -> Result<(), StoreError> {
        for keys in keys.chunks(POSITIONS_AT_ONCE) {
            // A power of two, the last one repeated, so that few texts stay prepared.
            let count = keys.len().next_power_of_two();
            let places = vec!["?"; count].join(", ");
            let sql = format!(
                "SELECT trigger_id, trace_id, data_id, status, failed_pipeline_ids, body_hash, position_key FROM nightowl_triggers WHERE source = ? AND position_key \
                 IN ({places})"
            );
            let mut values = vec![SqlValue::Text(source.into())];
            values.extend(keys.iter().map(|key| SqlValue::Text((*key).into())));
            values.resize(count + 1, values.last().cloned().unwrap_or(SqlValue::Null));
            let rows = self.inner.query(&sql, &values, &[BIG, TEXT, BIG, TEXT, TEXT, TEXT, TEXT]).await;
            for key in keys {
                self.positions.learn(source, key, None);
            }
            for mut row in self.asked(rows)? {
                let key = row.pop().as_ref().and_then(Value::as_text).map(str::to_owned);
                if let Some(key) = key {
                    self.positions.learn(source, &key, Some(read_earlier(row)?));
                }
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Journal for GroupUnitOfWork<'_> {
    async fn expect_positions(&mut self, positions: &[(&str, &str)]) -> Result<(), StoreError> {
        let mut sources: Vec<&str> = positions.iter().map(|(source, _)| *source).collect();
        sources.sort_unstable();
        sources.dedup();
        for source in sources {
            let keys: Vec<&str> = positions.iter().filter(|(of, _)| *of == source).map(|(_, key)| *key).collect();
            self.ask_for_positions(source, &keys).await?;
        }
        Ok(())
    }

    async fn find_position(&mut self, source: &str, position_key: &str) -> Result<Option<EarlierTrigger>, StoreError> {
        if let Some(known) = self.positions.find(source, position_key) {
            return Ok(known);
        }
        let found = self.inner.find_position(source, position_key).await;
        let found = self.asked(found)?;
        self.positions.learn(source, position_key, found.clone());
        Ok(found)
    }

    async fn take_position(&mut self, source: &str, position: &OrderedPosition) -> Result<bool, StoreError> {
        let taken = self.ordered.take(&mut self.inner, source, position).await;
        self.asked(taken)
    }

    async fn insert_trigger(&mut self, header: &TriggerHeader) -> Result<(), StoreError> {
        if self.collects().is_some() {
            let mut row = header_values(header).to_vec();
            let body_hash = row.remove(BODY_HASH_PLACE);
            row.extend([FORMAT, body_hash]);
            self.collected.insert(Arc::clone(&self.tables().triggers), row);
        } else {
            self.open().await?;
            let done = self.inner.insert_trigger(header).await;
            self.written(done)?;
        }
        self.positions.take(header);
        self.send_if_full().await
    }

    async fn insert_logs(&mut self, logs: &[LogRow]) -> Result<(), StoreError> {
        if self.collects().is_none() {
            self.open().await?;
            let done = self.inner.insert_logs(logs).await;
            return self.written(done);
        }
        for log in logs {
            self.collected.insert(Arc::clone(&self.tables().logs), log_values(log).into_iter().chain([FORMAT]).collect());
        }
        self.send_if_full().await
    }

    async fn insert_details(&mut self, details: &[DetailRow]) -> Result<(), StoreError> {
        if self.collects().is_none() {
            self.open().await?;
            let done = self.inner.insert_details(details).await;
            return self.written(done);
        }
        for detail in details {
            self.collected.insert(Arc::clone(&self.tables().details), detail_values(detail).into_iter().chain([FORMAT]).collect());
        }
        self.send_if_full().await
    }

    async fn insert_pending(&mut self, work: &PendingWork) -> Result<(), StoreError> {
        if self.collects().is_none() {
            self.open().await?;
            let done = self.inner.insert_pending(work).await;
            return self.written(done);
        }
        // Nobody has it yet, and nobody has to wait for it.
        let unleased = [SqlValue::Null, SqlValue::Null, SqlValue::Null, FORMAT];
        self.collected.insert(Arc::clone(&self.tables().pending), pending_values(work).into_iter().chain(unleased).collect());
        self.send_if_full().await
    }

    async fn update_trigger(&mut self, header: &TriggerHeader) -> Result<(), StoreError> {
        self.at_once().await?;
        let done = self.inner.update_trigger(header).await;
        self.written(done)
    }

    async fn update_pending(&mut self, pending_id: i64, body: &str) -> Result<(), StoreError> {
        self.at_once().await?;
        let done = self.inner.update_pending(pending_id, body).await;
        self.written(done)
    }

    async fn hold_pending(&mut self, pending_id: i64, worker: &str, lease_seconds: u32) -> Result<bool, StoreError> {
        self.at_once().await?;
        let done = self.inner.hold_pending(pending_id, worker, lease_seconds).await;
        self.written(done)
    }

    async fn delete_pending(&mut self, pending_id: i64) -> Result<(), StoreError> {
        self.at_once().await?;
        let done = self.inner.delete_pending(pending_id).await;
        self.written(done)
    }

    async fn pending_of_trigger(&mut self, trigger_id: i64) -> Result<Vec<PendingWork>, StoreError> {
        self.at_once().await?;
        let found = self.inner.pending_of_trigger(trigger_id).await;
        self.asked(found)
    }

    async fn mark_applied(&mut self, pending_id: i64) -> Result<bool, StoreError> {
        self.at_once().await?;
        let done = self.inner.mark_applied(pending_id).await;
        self.written(done)
    }

    async fn lease_pending(&mut self, kind: PendingKind, worker: &str, lease_seconds: u32, limit: usize) -> Result<Vec<PendingWork>, StoreError> {
        self.at_once().await?;
        let done = self.inner.lease_pending(kind, worker, lease_seconds, limit).await;
        self.written(done)
    }
}
