//! A store in trouble: a unit of work that fails, dies or panics at a chosen call, and one whose rows somebody else changes.

#![expect(clippy::panic, reason = "one of the troubles is a panic")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use nightowl_core::compile::TopicPlan;
use nightowl_core::port::{
    Aggregate, Criterion, DetailRow, EarlierTrigger, Journal, LogRow, OrderedPosition, PendingKind, PendingWork, Query, StoreError, TopicRows, TriggerHeader,
    UnitOfWork,
};
use nightowl_core::value::{Object, Value};

use crate::witness::{SeenLog, SeenTrigger, Witness};

/// What happens at the chosen call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The connection is lost before the call: the open transaction is gone, and so is every later call.
    LostBefore,
    /// The connection is lost after the call was carried out; its answer does not arrive.
    LostAfter,
    /// The transaction can not be serialised.
    Conflict,
    /// A lock can not be had.
    Lock,
    /// A panic.
    Panic,
}

impl Trouble {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::LostBefore, Self::LostAfter, Self::Conflict, Self::Lock, Self::Panic];
}

/// A unit of work in trouble.
#[expect(missing_debug_implementations, reason = "a unit of work shows nothing of itself")]
pub struct Troubled<'a> {
    inner: &'a mut (dyn Witness + 'a),
    /// At which call, counting from 0, what happens.
    trouble: Option<(usize, Trouble)>,
    /// The calls so far.
    pub calls: Vec<&'static str>,
    dead: bool,
    /// How often an update meets a row that was changed in between.
    pub changed: usize,
    /// Updates that were tried, with whether a lock was asked for since the last one.
    pub updates: Vec<bool>,
    locked: bool,
    depth: usize,
    blind: bool,
    /// What somebody else writes into the rows of a topic, and commits, as soon as our transaction is undone.
    pub meanwhile: Option<(Arc<TopicPlan>, &'static str, Value)>,
    open: Arc<AtomicBool>,
}

impl<'a> Troubled<'a> {
    /// A unit of work that is in trouble at a call, or never.
    pub fn new(inner: &'a mut (dyn Witness + 'a), trouble: Option<(usize, Trouble)>) -> Self {
        let open = Arc::<AtomicBool>::default();
        Self { inner, trouble, calls: Vec::new(), dead: false, changed: 0, updates: Vec::new(), locked: false, depth: 0, blind: false, meanwhile: None, open }
    }

    /// Tells whether a transaction is open.
    #[must_use]
    pub fn telling(mut self, open: &Arc<AtomicBool>) -> Self {
        self.open = Arc::clone(open);
        self
    }

    /// Sees no position of others, as before they were committed.
    #[must_use]
    pub const fn blind(mut self) -> Self {
        self.blind = true;
        self
    }

    /// Whether the chosen call was reached.
    pub fn was_met(&self) -> bool {
        self.trouble.is_none_or(|(at, _)| self.calls.len() > at)
    }

    /// How many savepoints are set.
    pub const fn depth(&self) -> usize {
        self.depth
    }

    async fn before(&mut self, call: &'static str) -> Result<(), StoreError> {
        if self.dead {
            return Err(lost());
        }
        let at = self.calls.len();
        self.calls.push(call);
        match self.trouble {
            Some((chosen, trouble)) if chosen == at => match trouble {
                Trouble::LostBefore => self.die().await,
                Trouble::LostAfter => Ok(()),
                Trouble::Conflict => Err(StoreError::SerializationFailure { reason: "made up".to_owned() }),
                Trouble::Lock => Err(StoreError::LockNotAvailable { reason: "made up".to_owned() }),
                Trouble::Panic => panic!("made up"),
            },
            _ => Ok(()),
        }
    }

    async fn after(&mut self) -> Result<(), StoreError> {
        let lost = self.trouble == Some((self.calls.len() - 1, Trouble::LostAfter));
        if lost { self.die().await } else { Ok(()) }
    }

    /// What is not committed is gone.
    async fn die(&mut self) -> Result<(), StoreError> {
        self.dead = true;
        self.inner.rollback().await?;
        Err(lost())
    }
}

fn lost() -> StoreError {
    StoreError::ConnectionFailed { reason: "made up".to_owned() }
}

macro_rules! pass {
    ($self:ident, $name:literal, $call:expr) => {{
        $self.before($name).await?;
        let done = $call.await;
        $self.after().await?;
        done
    }};
}

#[async_trait]
impl TopicRows for Troubled<'_> {
    async fn find(&mut self, query: &Query<'_>) -> Result<Vec<Object>, StoreError> {
        self.locked |= query.lock;
        pass!(self, "find", self.inner.find(query))
    }

    async fn aggregate(&mut self, query: &Query<'_>, aggregate: Aggregate) -> Result<Value, StoreError> {
        pass!(self, "aggregate", self.inner.aggregate(query, aggregate))
    }

    async fn insert(&mut self, topic: &TopicPlan, row: &[Value]) -> Result<(), StoreError> {
        pass!(self, "insert", self.inner.insert(topic, row))
    }

    async fn update(&mut self, topic: &TopicPlan, row: &[Value], version: Option<i64>) -> Result<u64, StoreError> {
        self.updates.push(std::mem::take(&mut self.locked));
        if version.is_some() && self.changed > 0 {
            self.changed -= 1;
            return Ok(0);
        }
        pass!(self, "update", self.inner.update(topic, row, version))
    }

    async fn delete(&mut self, topic: &TopicPlan, tenant_id: &str, id: i64, version: Option<i64>) -> Result<u64, StoreError> {
        if version.is_some() && self.changed > 0 {
            self.changed -= 1;
            return Ok(0);
        }
        pass!(self, "delete", self.inner.delete(topic, tenant_id, id, version))
    }
}

#[async_trait]
impl Journal for Troubled<'_> {
    async fn find_position(&mut self, source: &str, position_key: &str) -> Result<Option<EarlierTrigger>, StoreError> {
        let found = pass!(self, "find_position", self.inner.find_position(source, position_key));
        if self.blind { Ok(None) } else { found }
    }

    async fn take_position(&mut self, source: &str, position: &OrderedPosition) -> Result<bool, StoreError> {
        pass!(self, "take_position", self.inner.take_position(source, position))
    }

    async fn insert_trigger(&mut self, header: &TriggerHeader) -> Result<(), StoreError> {
        pass!(self, "insert_trigger", self.inner.insert_trigger(header))
    }

    async fn update_trigger(&mut self, header: &TriggerHeader) -> Result<(), StoreError> {
        pass!(self, "update_trigger", self.inner.update_trigger(header))
    }

    async fn insert_logs(&mut self, logs: &[LogRow]) -> Result<(), StoreError> {
        pass!(self, "insert_logs", self.inner.insert_logs(logs))
    }

    async fn insert_details(&mut self, details: &[DetailRow]) -> Result<(), StoreError> {
        pass!(self, "insert_details", self.inner.insert_details(details))
    }

    async fn insert_pending(&mut self, work: &PendingWork) -> Result<(), StoreError> {
        pass!(self, "insert_pending", self.inner.insert_pending(work))
    }

    async fn update_pending(&mut self, pending_id: i64, body: &str) -> Result<(), StoreError> {
        pass!(self, "update_pending", self.inner.update_pending(pending_id, body))
    }

    async fn pending_of_trigger(&mut self, trigger_id: i64) -> Result<Vec<PendingWork>, StoreError> {
        pass!(self, "pending_of_trigger", self.inner.pending_of_trigger(trigger_id))
    }

    async fn mark_applied(&mut self, pending_id: i64) -> Result<bool, StoreError> {
        pass!(self, "mark_applied", self.inner.mark_applied(pending_id))
    }

    async fn hold_pending(&mut self, pending_id: i64, worker: &str, lease_seconds: u32) -> Result<bool, StoreError> {
        pass!(self, "hold_pending", self.inner.hold_pending(pending_id, worker, lease_seconds))
    }

    async fn delete_pending(&mut self, pending_id: i64) -> Result<(), StoreError> {
        pass!(self, "delete_pending", self.inner.delete_pending(pending_id))
    }

    async fn lease_pending(&mut self, kind: PendingKind, worker: &str, lease_seconds: u32, limit: usize) -> Result<Vec<PendingWork>, StoreError> {
        pass!(self, "lease_pending", self.inner.lease_pending(kind, worker, lease_seconds, limit))
    }
}

#[async_trait]
impl UnitOfWork for Troubled<'_> {
    async fn begin(&mut self) -> Result<(), StoreError> {
        let done = pass!(self, "begin", self.inner.begin());
        self.open.store(done.is_ok(), Ordering::Relaxed);
        done
    }

    async fn commit(&mut self) -> Result<(), StoreError> {
        let done = pass!(self, "commit", self.inner.commit());
        self.open.store(done.is_err(), Ordering::Relaxed);
        done
    }

    async fn rollback(&mut self) -> Result<(), StoreError> {
        self.depth = 0;
        self.open.store(false, Ordering::Relaxed);
        let done = pass!(self, "rollback", self.inner.rollback());
        if let Some((topic, factor, value)) = self.meanwhile.take() {
            let query = Query { topic: &topic, tenant_id: crate::stage::TENANT, criterion: Criterion::Always(true), limit: 100, lock: false };
            for mut row in self.inner.find(&query).await? {
                let version = row.get("version_").and_then(|version| version.as_number()?.to_i64());
                row.insert(factor, value.clone());
                row.insert("version_", version.map_or(Value::Null, |version| Value::from(version + 1)));
                let values: Vec<Value> = topic.columns.iter().map(|column| row.get(&column.key).cloned().unwrap_or_default()).collect();
                self.inner.update(&topic, &values, None).await?;
            }
        }
        done
    }

    async fn savepoint(&mut self) -> Result<(), StoreError> {
        self.depth += 1;
        pass!(self, "savepoint", self.inner.savepoint())
    }

    async fn release(&mut self) -> Result<(), StoreError> {
        self.depth = self.depth.saturating_sub(1);
        pass!(self, "release", self.inner.release())
    }

    async fn rollback_to_savepoint(&mut self) -> Result<(), StoreError> {
        self.depth = self.depth.saturating_sub(1);
        pass!(self, "rollback_to_savepoint", self.inner.rollback_to_savepoint())
    }

    async fn lock_guard(&mut self, topic: &TopicPlan, slot: u16) -> Result<bool, StoreError> {
        pass!(self, "lock_guard", self.inner.lock_guard(topic, slot))
    }

    fn record_statements(&mut self, on: bool) {
        self.inner.record_statements(on);
    }

    fn take_statements(&mut self) -> Vec<(String, Vec<String>)> {
        self.inner.take_statements()
    }
}

#[async_trait]
impl Witness for Troubled<'_> {
    async fn logs(&mut self) -> Vec<SeenLog> {
        self.inner.logs().await
    }

    async fn triggers(&mut self) -> Vec<SeenTrigger> {
        self.inner.triggers().await
    }

    async fn pending(&mut self) -> usize {
        self.inner.pending().await
    }

    async fn details(&mut self) -> usize {
        self.inner.details().await
    }
}
