//! The journal.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use nightowl_core::port::{DetailRow, EarlierTrigger, Journal, LogRow, OrderedPosition, PendingKind, PendingWork, StoreError, TriggerHeader};

use super::MemoryStore;
use super::store::Undo;

/// Work that was handed over, and who holds it.
#[derive(Debug, Clone, PartialEq)]
pub struct PendingRow {
    /// The work.
    pub work: PendingWork,
    /// Until when it is held, by the store's own clock.
    pub leased_until: Option<i64>,
    /// Who holds it.
    pub leased_by: Option<String>,
}

/// Topic and offset of an ordered position.
pub(super) type OrderedKey = (String, i64);

/// What the journal has written.
#[derive(Debug, Clone, Default)]
pub(super) struct Records {
    pub(super) triggers: BTreeMap<i64, TriggerHeader>,
    pub(super) positions: BTreeMap<(String, String), i64>,
    pub(super) logs: BTreeMap<i64, LogRow>,
    pub(super) details: BTreeMap<(i64, i64), DetailRow>,
    pub(super) pending: BTreeMap<i64, PendingRow>,
    pub(super) applied: BTreeSet<i64>,
    /// Positions of ordered sources, by source, topic and offset.
    pub(super) taken: BTreeSet<(String, OrderedKey)>,
}

impl Records {
    /// Puts back the header that was there before a change.
    pub(super) fn put_trigger_back(&mut self, id: i64, before: Option<TriggerHeader>) {
        let gone = match before {
            Some(header) => self.triggers.insert(id, header),
            None => self.triggers.remove(&id),
        };
        // Only an insertion makes a position, and only taking that back ends it.
        if !self.triggers.contains_key(&id)
            && let Some(header) = gone
            && let Some(key) = header.position_key
        {
            self.positions.remove(&(header.source, key));
        }
    }
}

#[async_trait]
impl Journal for MemoryStore {
    async fn find_position(&mut self, source: &str, position_key: &str) -> Result<Option<EarlierTrigger>, StoreError> {
        self.record("find", "nightowl_triggers", &[source.into(), position_key.into()]);
        let id = self.records.positions.get(&(source.to_owned(), position_key.to_owned()));
        Ok(id.and_then(|id| self.records.triggers.get(id)).map(|header| EarlierTrigger {
            trigger_id: header.trigger_id,
            trace_id: header.trace_id.clone(),
            data_id: header.data_id,
            status: header.status,
            failed_pipeline_ids: header.failed_pipeline_ids.clone(),
            body_hash: header.body_hash.clone(),
        }))
    }

    async fn take_position(&mut self, source: &str, position: &OrderedPosition) -> Result<bool, StoreError> {
        self.record("insert", "nightowl_marks", &[source.into(), position.offset.into()]);
        let taken = self.records.taken.insert((source.to_owned(), (position.topic.to_string(), position.offset)));
        if taken {
            self.note(Undo::Position { source: source.to_owned(), position: position.clone() });
        }
        Ok(taken)
    }

    async fn insert_trigger(&mut self, header: &TriggerHeader) -> Result<(), StoreError> {
        self.record("insert", "nightowl_triggers", &[header.trigger_id.into()]);
        let position = header.position_key.clone().map(|key| (header.source.clone(), key));
        if self.records.triggers.contains_key(&header.trigger_id) {
            return Err(conflict("nightowl_triggers", "trigger_id"));
        }
        if position.as_ref().is_some_and(|position| self.records.positions.contains_key(position)) {
            return Err(conflict("nightowl_triggers", "source, position_key"));
        }
        if let Some(position) = position {
            self.records.positions.insert(position, header.trigger_id);
        }
        self.records.triggers.insert(header.trigger_id, header.clone());
        self.note(Undo::Trigger { id: header.trigger_id, before: None });
        Ok(())
    }

    async fn update_trigger(&mut self, header: &TriggerHeader) -> Result<(), StoreError> {
        self.record("update", "nightowl_triggers", &[header.trigger_id.into()]);
        let there = self.records.triggers.get_mut(&header.trigger_id).ok_or_else(|| missing("nightowl_triggers"))?;
        let before = there.clone();
        there.data_id = header.data_id;
        there.status = header.status;
        there.failed_pipeline_ids.clone_from(&header.failed_pipeline_ids);
        there.finished_at = header.finished_at;
        there.payload.clone_from(&header.payload);
        there.error.clone_from(&header.error);
        self.note(Undo::Trigger { id: header.trigger_id, before: Some(Box::new(before)) });
        Ok(())
    }

    async fn insert_logs(&mut self, logs: &[LogRow]) -> Result<(), StoreError> {
        for log in logs {
            self.record("insert", "nightowl_logs", &[log.uid.into()]);
            if self.records.logs.contains_key(&log.uid) {
                return Err(conflict("nightowl_logs", "uid"));
            }
            self.records.logs.insert(log.uid, log.clone());
            self.note(Undo::Log { uid: log.uid });
        }
        Ok(())
    }

    async fn insert_details(&mut self, details: &[DetailRow]) -> Result<(), StoreError> {
        for detail in details {
            self.record("insert", "nightowl_trace_details", &[detail.uid.into(), detail.ordinal.into()]);
            let key = (detail.uid, detail.ordinal);
            if self.records.details.contains_key(&key) {
                return Err(conflict("nightowl_trace_details", "uid, ordinal"));
            }
            self.records.details.insert(key, detail.clone());
            self.note(Undo::Detail { uid: detail.uid, ordinal: detail.ordinal });
        }
        Ok(())
    }

    async fn insert_pending(&mut self, work: &PendingWork) -> Result<(), StoreError> {
        self.record("insert", "nightowl_pending", &[work.pending_id.into()]);
        if self.records.pending.contains_key(&work.pending_id) {
            return Err(conflict("nightowl_pending", "pending_id"));
        }
        let row = PendingRow { work: work.clone(), leased_until: None, leased_by: None };
        self.records.pending.insert(work.pending_id, row);
        self.note(Undo::Pending { id: work.pending_id, before: None });
        Ok(())
    }

    async fn update_pending(&mut self, pending_id: i64, body: &str) -> Result<(), StoreError> {
        self.record("update", "nightowl_pending", &[body.into(), pending_id.into()]);
        let row = self.records.pending.get_mut(&pending_id).ok_or_else(|| missing("nightowl_pending"))?;
        let before = row.clone();
        body.clone_into(&mut row.work.body);
        self.note(Undo::Pending { id: pending_id, before: Some(Box::new(before)) });
        Ok(())
    }

    async fn hold_pending(&mut self, pending_id: i64, worker: &str, lease_seconds: u32) -> Result<bool, StoreError> {
        self.record("hold", "nightowl_pending", &[worker.into(), pending_id.into()]);
        let now = self.seconds;
        let Some(row) = self.records.pending.get_mut(&pending_id) else { return Ok(false) };
        let held = row.leased_until.is_some_and(|until| until > now);
        if held && row.leased_by.as_deref() != Some(worker) {
            return Ok(false);
        }
        let before = row.clone();
        row.leased_until = Some(now + i64::from(lease_seconds));
        row.leased_by = Some(worker.to_owned());
        self.note(Undo::Pending { id: pending_id, before: Some(Box::new(before)) });
        Ok(true)
    }

    async fn delete_pending(&mut self, pending_id: i64) -> Result<(), StoreError> {
        self.record("delete", "nightowl_pending", &[pending_id.into()]);
        if let Some(before) = self.records.pending.remove(&pending_id) {
            self.note(Undo::Pending { id: pending_id, before: Some(Box::new(before)) });
        }
        Ok(())
    }

    async fn pending_of_trigger(&mut self, trigger_id: i64) -> Result<Vec<PendingWork>, StoreError> {
        self.record("find", "nightowl_pending", &[trigger_id.into()]);
        let own = self.records.pending.values().map(|row| &row.work).filter(|work| work.kind == PendingKind::Cascade && work.trigger_id == trigger_id);
        let mut found: Vec<PendingWork> = own.cloned().collect();
        found.sort_by_key(|work| (work.ordinal, work.pending_id));
        Ok(found)
    }

    async fn mark_applied(&mut self, pending_id: i64) -> Result<bool, StoreError> {
        self.record("insert", "nightowl_applied", &[pending_id.into()]);
        let is_new = self.records.applied.insert(pending_id);
        if is_new {
            self.note(Undo::Applied { id: pending_id });
        }
        Ok(is_new)
    }

    async fn lease_pending(&mut self, kind: PendingKind, worker: &str, lease_seconds: u32, limit: usize) -> Result<Vec<PendingWork>, StoreError> {
        let now = self.seconds;
        let mut first = BTreeMap::new();
        for work in self.records.pending.values().map(|row| &row.work).filter(|work| work.kind == kind && kind == PendingKind::Cascade) {
            let ordinal = first.entry(work.trigger_id).or_insert(work.ordinal);
            *ordinal = work.ordinal.min(*ordinal);
        }
        let free = |row: &&mut PendingRow| {
            let is_first = first.get(&row.work.trigger_id).is_none_or(|ordinal| *ordinal == row.work.ordinal);
            row.work.kind == kind && is_first && row.leased_until.is_none_or(|until| until <= now)
        };
        let mut leased = Vec::new();
        let mut before = Vec::new();
        for row in self.records.pending.values_mut().filter(free).take(limit) {
            before.push(row.clone());
            row.work.attempts += 1;
            row.leased_until = Some(now + i64::from(lease_seconds));
            row.leased_by = Some(worker.to_owned());
            leased.push(row.work.clone());
        }
        for row in before {
            self.note(Undo::Pending { id: row.work.pending_id, before: Some(Box::new(row)) });
        }
        Ok(leased)
    }
}

fn conflict(table: &str, index: &str) -> StoreError {
    StoreError::InsertConflict { table: table.to_owned(), index: index.to_owned() }
}

fn missing(table: &str) -> StoreError {
    StoreError::Unexpected { object: format!("table {table}"), reason: "the row that is to be changed is not there".to_owned() }
}
