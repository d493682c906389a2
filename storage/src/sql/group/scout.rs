//! Which rows a group will ask for by a key (engine.md §3.11: reads that can be asked together are).
//!
//! The engine runs a group once against a scout: it answers that there are no rows, takes every write, and notes what was
//! asked. What a run asks for seldom depends on what it finds, so the group then finds most of its rows known. Where it
//! does depend, the group asks again; nothing that the scout is told is kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use nightowl_core::compile::TopicPlan;
use nightowl_core::port::{
    Aggregate, DetailRow, EarlierTrigger, Journal, LogRow, OrderedPosition, PendingKind, PendingWork, Query, StoreError, TopicRows, TriggerHeader, UnitOfWork,
};
use nightowl_core::value::{Object, Value};

use super::key::Key;
use crate::sql::SqlValue;

/// How many keys are noted before the rest is left to the group.
const KEYS_AT_MOST: usize = 4_096;

/// A kind of question: topic, tenant, columns, whether the rows are locked.
pub(super) type Question = (usize, String, Vec<usize>, bool);

/// The keys of one kind of question.
#[derive(Debug)]
pub(super) struct Asked {
    /// The topic.
    pub topic: Arc<TopicPlan>,
    /// By their text: the values to be bound.
    pub keys: BTreeMap<String, Vec<SqlValue>>,
}

/// Notes what is asked.
#[derive(Debug, Default)]
pub struct Scout {
    asked: BTreeMap<Question, Asked>,
    noted: usize,
}

impl Scout {
    /// A scout that was asked nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What was asked.
    pub(super) fn into_asked(self) -> BTreeMap<Question, Asked> {
        self.asked
    }
}

#[async_trait]
impl TopicRows for Scout {
    async fn find(&mut self, query: &Query<'_>) -> Result<Vec<Object>, StoreError> {
        let Some(key) = Key::of(query).filter(|_| self.noted < KEYS_AT_MOST) else { return Ok(Vec::new()) };
        let plan = Arc::as_ptr(&query.topic.row_shape).addr();
        let question = (plan, query.tenant_id.to_owned(), key.columns, query.lock);
        let asked = self.asked.entry(question).or_insert_with(|| Asked { topic: Arc::clone(query.topic), keys: BTreeMap::new() });
        if asked.keys.insert(key.values, key.bound).is_none() {
            self.noted += 1;
        }
        Ok(Vec::new())
    }

    async fn aggregate(&mut self, _query: &Query<'_>, _aggregate: Aggregate) -> Result<Value, StoreError> {
        Ok(Value::Null)
    }

    async fn insert(&mut self, _topic: &TopicPlan, _row: &[Value]) -> Result<(), StoreError> {
        Ok(())
    }

    async fn update(&mut self, _topic: &TopicPlan, _row: &[Value], _version: Option<i64>) -> Result<u64, StoreError> {
        Ok(1)
    }

    async fn delete(&mut self, _topic: &TopicPlan, _tenant_id: &str, _id: i64, _version: Option<i64>) -> Result<u64, StoreError> {
        Ok(1)
    }
}

#[async_trait]
impl Journal for Scout {
    async fn find_position(&mut self, _source: &str, _position_key: &str) -> Result<Option<EarlierTrigger>, StoreError> {
        Ok(None)
    }

    async fn take_position(&mut self, _source: &str, _position: &OrderedPosition) -> Result<bool, StoreError> {
        Ok(true)
    }

    async fn insert_trigger(&mut self, _header: &TriggerHeader) -> Result<(), StoreError> {
        Ok(())
    }

    async fn update_trigger(&mut self, _header: &TriggerHeader) -> Result<(), StoreError> {
        Ok(())
    }

    async fn insert_logs(&mut self, _logs: &[LogRow]) -> Result<(), StoreError> {
        Ok(())
    }

    async fn insert_details(&mut self, _details: &[DetailRow]) -> Result<(), StoreError> {
        Ok(())
    }

    async fn insert_pending(&mut self, _work: &PendingWork) -> Result<(), StoreError> {
        Ok(())
    }

    async fn update_pending(&mut self, _pending_id: i64, _body: &str) -> Result<(), StoreError> {
        Ok(())
    }

    async fn hold_pending(&mut self, _pending_id: i64, _worker: &str, _lease_seconds: u32) -> Result<bool, StoreError> {
        Ok(true)
    }

    async fn delete_pending(&mut self, _pending_id: i64) -> Result<(), StoreError> {
        Ok(())
    }

    async fn pending_of_trigger(&mut self, _trigger_id: i64) -> Result<Vec<PendingWork>, StoreError> {
        Ok(Vec::new())
    }

    async fn mark_applied(&mut self, _pending_id: i64) -> Result<bool, StoreError> {
        Ok(true)
    }

    async fn lease_pending(&mut self, _kind: PendingKind, _worker: &str, _lease_seconds: u32, _limit: usize) -> Result<Vec<PendingWork>, StoreError> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl UnitOfWork for Scout {
    async fn begin(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn rollback(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn savepoint(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn release(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn rollback_to_savepoint(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn lock_guard(&mut self, _topic: &TopicPlan, _slot: u16) -> Result<bool, StoreError> {
        Ok(false)
    }

    fn record_statements(&mut self, _on: bool) {}

    fn take_statements(&mut self) -> Vec<(String, Vec<String>)> {
        Vec::new()
    }
}
