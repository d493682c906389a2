//! A unit of work of one data source that also reads and writes topics of others (engine.md §3.11, rule 2).
//!
//! What is read there is read as it was committed. What is written there has a transaction of its own, which begins with
//! the first write and is committed immediately before the one of the home; after a crash between the two it may be
//! repeated. A savepoint holds on all of them.

use std::sync::Arc;

use async_trait::async_trait;
use nightowl_core::compile::TopicPlan;
use nightowl_core::port::{
    Aggregate, DetailRow, EarlierTrigger, Journal, LogRow, OrderedPosition, PendingKind, PendingWork, Query, StoreError, TopicRows, TriggerHeader, UnitOfWork,
};
use nightowl_core::value::{Object, Value};

use super::SqlUnitOfWork;

/// Other data sources of a unit of work that are one store.
#[expect(missing_debug_implementations, reason = "a session shows nothing of itself")]
pub struct Abroad<'a> {
    /// The data sources; `None` is the default store.
    data_source_ids: Vec<Option<Arc<str>>>,
    unit: SqlUnitOfWork<'a>,
    /// How many savepoints were set when its transaction began; `None` where it has none.
    since: Option<usize>,
}

impl<'a> Abroad<'a> {
    /// A store without a transaction yet.
    pub const fn new(data_source_ids: Vec<Option<Arc<str>>>, unit: SqlUnitOfWork<'a>) -> Self {
        Self { data_source_ids, unit, since: None }
    }

    async fn rollback(&mut self) -> Result<(), StoreError> {
        self.since = None;
        self.unit.rollback().await
    }
}

/// A unit of work that reaches several data sources.
#[expect(missing_debug_implementations, reason = "a session shows nothing of itself")]
pub struct SpanningUnit<'a> {
    home: SqlUnitOfWork<'a>,
    abroad: Vec<Abroad<'a>>,
    savepoints: usize,
}

impl<'a> SpanningUnit<'a> {
    /// A unit of work of a home and of others. Topics of data sources that are not among the others are at home.
    pub const fn new(home: SqlUnitOfWork<'a>, abroad: Vec<Abroad<'a>>) -> Self {
        Self { home, abroad, savepoints: 0 }
    }

    /// Where the rows of a topic are.
    fn at(&mut self, topic: &TopicPlan) -> &mut SqlUnitOfWork<'a> {
        match self.abroad.iter_mut().find(|abroad| abroad.data_source_ids.contains(&topic.data_source_id)) {
            Some(abroad) => &mut abroad.unit,
            None => &mut self.home,
        }
    }

    /// Where the rows of a topic are written, or locked: inside a transaction where the home has one.
    async fn inside(&mut self, topic: &TopicPlan) -> Result<&mut SqlUnitOfWork<'a>, StoreError> {
        let Some(abroad) = self.abroad.iter_mut().find(|abroad| abroad.data_source_ids.contains(&topic.data_source_id)) else {
            return Ok(&mut self.home);
        };
        if abroad.since.is_none() && self.home.is_open() {
            abroad.unit.begin().await?;
            abroad.since = Some(self.savepoints);
        }
        Ok(&mut abroad.unit)
    }

    /// The others whose transaction is open.
    fn open(&mut self) -> impl Iterator<Item = &mut Abroad<'a>> {
        self.abroad.iter_mut().filter(|abroad| abroad.since.is_some())
    }
}

#[async_trait]
impl TopicRows for SpanningUnit<'_> {
    async fn find(&mut self, query: &Query<'_>) -> Result<Vec<Object>, StoreError> {
        let unit = if query.lock { self.inside(query.topic).await? } else { self.at(query.topic) };
        unit.find(query).await
    }

    async fn aggregate(&mut self, query: &Query<'_>, aggregate: Aggregate) -> Result<Value, StoreError> {
        self.at(query.topic).aggregate(query, aggregate).await
    }

    async fn insert(&mut self, topic: &TopicPlan, row: &[Value]) -> Result<(), StoreError> {
        self.inside(topic).await?.insert(topic, row).await
    }

    async fn update(&mut self, topic: &TopicPlan, row: &[Value], version: Option<i64>) -> Result<u64, StoreError> {
        self.inside(topic).await?.update(topic, row, version).await
    }

    async fn delete(&mut self, topic: &TopicPlan, tenant_id: &str, id: i64, version: Option<i64>) -> Result<u64, StoreError> {
        self.inside(topic).await?.delete(topic, tenant_id, id, version).await
    }
}

#[async_trait]
impl UnitOfWork for SpanningUnit<'_> {
    async fn begin(&mut self) -> Result<(), StoreError> {
        self.home.begin().await
    }

    async fn commit(&mut self) -> Result<(), StoreError> {
        for abroad in self.open() {
            abroad.unit.commit().await?;
            abroad.since = None;
        }
        self.savepoints = 0;
        self.home.commit().await
    }

    async fn rollback(&mut self) -> Result<(), StoreError> {
        self.savepoints = 0;
        for abroad in self.open() {
            // A transaction that can not be undone is gone with its connection.
            drop(abroad.rollback().await);
        }
        self.home.rollback().await
    }

    async fn savepoint(&mut self) -> Result<(), StoreError> {
        for abroad in self.open() {
            abroad.unit.savepoint().await?;
        }
        self.savepoints += 1;
        self.home.savepoint().await
    }

    async fn release(&mut self) -> Result<(), StoreError> {
        let innermost = self.savepoints;
        for abroad in self.open() {
            match abroad.since {
                // Its transaction began within the savepoint.
                Some(since) if since >= innermost => abroad.since = Some(innermost.saturating_sub(1)),
                _ => abroad.unit.release().await?,
            }
        }
        self.savepoints = innermost.saturating_sub(1);
        self.home.release().await
    }

    async fn rollback_to_savepoint(&mut self) -> Result<(), StoreError> {
        let innermost = self.savepoints;
        for abroad in self.open() {
            match abroad.since {
                Some(since) if since >= innermost => abroad.rollback().await?,
                _ => abroad.unit.rollback_to_savepoint().await?,
            }
        }
        self.savepoints = innermost.saturating_sub(1);
        self.home.rollback_to_savepoint().await
    }

    /// The guard lies beside the rows that it protects: whoever writes them has it there.
    async fn lock_guard(&mut self, topic: &TopicPlan, slot: u16) -> Result<bool, StoreError> {
        self.inside(topic).await?.lock_guard(topic, slot).await
    }

    fn record_statements(&mut self, on: bool) {
        self.home.record_statements(on);
        for abroad in &mut self.abroad {
            abroad.unit.record_statements(on);
        }
    }

    fn take_statements(&mut self) -> Vec<(String, Vec<String>)> {
        let mut taken = self.home.take_statements();
        for abroad in &mut self.abroad {
            taken.extend(abroad.unit.take_statements());
        }
        taken
    }
}

/// The journal is the home's.
#[async_trait]
impl Journal for SpanningUnit<'_> {
    async fn find_position(&mut self, source: &str, position_key: &str) -> Result<Option<EarlierTrigger>, StoreError> {
        self.home.find_position(source, position_key).await
    }

    async fn take_position(&mut self, source: &str, position: &OrderedPosition) -> Result<bool, StoreError> {
        self.home.take_position(source, position).await
    }

    async fn insert_trigger(&mut self, header: &TriggerHeader) -> Result<(), StoreError> {
        self.home.insert_trigger(header).await
    }

    async fn update_trigger(&mut self, header: &TriggerHeader) -> Result<(), StoreError> {
        self.home.update_trigger(header).await
    }

    async fn insert_logs(&mut self, logs: &[LogRow]) -> Result<(), StoreError> {
        self.home.insert_logs(logs).await
    }

    async fn insert_details(&mut self, details: &[DetailRow]) -> Result<(), StoreError> {
        self.home.insert_details(details).await
    }

    async fn insert_pending(&mut self, work: &PendingWork) -> Result<(), StoreError> {
        self.home.insert_pending(work).await
    }

    async fn update_pending(&mut self, pending_id: i64, body: &str) -> Result<(), StoreError> {
        self.home.update_pending(pending_id, body).await
    }

    async fn hold_pending(&mut self, pending_id: i64, worker: &str, lease_seconds: u32) -> Result<bool, StoreError> {
        self.home.hold_pending(pending_id, worker, lease_seconds).await
    }

    async fn pending_of_trigger(&mut self, trigger_id: i64) -> Result<Vec<PendingWork>, StoreError> {
        self.home.pending_of_trigger(trigger_id).await
    }

    async fn mark_applied(&mut self, pending_id: i64) -> Result<bool, StoreError> {
        self.home.mark_applied(pending_id).await
    }

    async fn delete_pending(&mut self, pending_id: i64) -> Result<(), StoreError> {
        self.home.delete_pending(pending_id).await
    }

    async fn lease_pending(&mut self, kind: PendingKind, worker: &str, lease_seconds: u32, limit: usize) -> Result<Vec<PendingWork>, StoreError> {
        self.home.lease_pending(kind, worker, lease_seconds, limit).await
    }
}
