//! The store and its transactions: what was changed is noted, and taken back from its end.

use std::collections::BTreeMap;

use async_trait::async_trait;
use nightowl_core::compile::TopicPlan;
use nightowl_core::port::{DetailRow, LogRow, OrderedPosition, StoreError, TriggerHeader, UnitOfWork};
use nightowl_core::value::Value;

use super::journal::{PendingRow, Records};
use super::table::MemoryTable;
use crate::sql::convert;

/// What a change has overwritten; `None` where nothing was there.
#[derive(Debug, Clone)]
pub(super) enum Undo {
    Row { table: String, id: i64, before: Option<Vec<Value>> },
    Trigger { id: i64, before: Option<Box<TriggerHeader>> },
    Log { uid: i64 },
    Detail { uid: i64, ordinal: i64 },
    Pending { id: i64, before: Option<Box<PendingRow>> },
    Applied { id: i64 },
    Position { source: String, position: OrderedPosition },
}

/// A store in memory, with one transaction at a time. A clone is a store of its own with the same contents.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    pub(super) tables: BTreeMap<String, MemoryTable>,
    pub(super) records: Records,
    /// Its own clock, in seconds, for leases.
    pub(super) seconds: i64,
    open: bool,
    undo: Vec<Undo>,
    savepoints: Vec<usize>,
    recording: bool,
    recorded: Vec<(String, Vec<String>)>,
}

impl MemoryStore {
    /// An empty store. Tables are there as soon as a topic uses them.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets time pass, so that leases end.
    pub const fn advance_clock(&mut self, seconds: i64) {
        self.seconds += seconds;
    }

    /// The store as a crash at this instant would leave it: without the open transaction.
    #[must_use]
    pub fn after_crash(&self) -> Self {
        let mut store = self.clone();
        store.undo_to(0);
        store.end();
        store
    }

    /// All headers, by trigger id.
    pub fn triggers(&self) -> impl Iterator<Item = &TriggerHeader> {
        self.records.triggers.values()
    }

    /// All logs, by uid.
    pub fn logs(&self) -> impl Iterator<Item = &LogRow> {
        self.records.logs.values()
    }

    /// All details, by uid and ordinal.
    pub fn details(&self) -> impl Iterator<Item = &DetailRow> {
        self.records.details.values()
    }

    /// All work that was handed over and is still to be done, by its id.
    pub fn pending(&self) -> impl Iterator<Item = &PendingRow> {
        self.records.pending.values()
    }

    /// How many rows a table has.
    pub fn count_rows(&self, table: &str) -> usize {
        self.tables.get(table).map_or(0, MemoryTable::len)
    }

    /// Whether a transaction is open.
    pub const fn is_open(&self) -> bool {
        self.open
    }

    /// Notes what a change has overwritten; without a transaction it is final.
    pub(super) fn note(&mut self, undo: Undo) {
        if self.open {
            self.undo.push(undo);
        }
    }

    /// Records what a statement would be.
    pub(super) fn record(&mut self, what: &str, table: &str, values: &[Value]) {
        if self.recording {
            let texts = values.iter().map(|value| nightowl_core::value::text_form(value).into_owned()).collect();
            self.recorded.push((format!("{what} {table}"), texts));
        }
    }

    fn undo_to(&mut self, length: usize) {
        while self.undo.len() > length {
            match self.undo.pop() {
                Some(Undo::Row { table, id, before }) => {
                    if let Some(table) = self.tables.get_mut(&table) {
                        table.put_back(id, before);
                    }
                }
                Some(Undo::Trigger { id, before }) => self.records.put_trigger_back(id, before.map(|header| *header)),
                Some(Undo::Log { uid }) => drop(self.records.logs.remove(&uid)),
                Some(Undo::Detail { uid, ordinal }) => drop(self.records.details.remove(&(uid, ordinal))),
                Some(Undo::Pending { id, before: Some(row) }) => drop(self.records.pending.insert(id, *row)),
                Some(Undo::Pending { id, before: None }) => drop(self.records.pending.remove(&id)),
                Some(Undo::Applied { id }) => drop(self.records.applied.remove(&id)),
                Some(Undo::Position { source, position }) => drop(self.records.taken.remove(&(source, (position.topic.to_string(), position.offset)))),
                None => return,
            }
        }
    }

    fn end(&mut self) {
        self.open = false;
        self.undo.clear();
        self.savepoints.clear();
    }
}

#[async_trait]
impl UnitOfWork for MemoryStore {
    async fn begin(&mut self) -> Result<(), StoreError> {
        if self.open {
            return Err(misused("a transaction is open already"));
        }
        self.open = true;
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), StoreError> {
        if !self.open {
            return Err(misused("there is no transaction to commit"));
        }
        self.end();
        Ok(())
    }

    async fn rollback(&mut self) -> Result<(), StoreError> {
        self.undo_to(0);
        self.end();
        Ok(())
    }

    async fn savepoint(&mut self) -> Result<(), StoreError> {
        if !self.open {
            return Err(misused("a savepoint needs a transaction"));
        }
        self.savepoints.push(self.undo.len());
        Ok(())
    }

    async fn release(&mut self) -> Result<(), StoreError> {
        self.savepoints.pop().map(|_| ()).ok_or_else(|| misused("there is no savepoint"))
    }

    async fn rollback_to_savepoint(&mut self) -> Result<(), StoreError> {
        let length = self.savepoints.pop().ok_or_else(|| misused("there is no savepoint"))?;
        self.undo_to(length);
        Ok(())
    }

    async fn lock_guard(&mut self, _topic: &TopicPlan, _slot: u16) -> Result<bool, StoreError> {
        Ok(false)
    }

    fn record_statements(&mut self, on: bool) {
        self.recording = on;
    }

    fn take_statements(&mut self) -> Vec<(String, Vec<String>)> {
        std::mem::take(&mut self.recorded)
    }
}

/// A value as a column gives it back.
pub(super) fn as_stored(value: &Value, column: &nightowl_core::compile::Column) -> Result<Value, StoreError> {
    let stored = convert::to_column(value, column)?;
    convert::from_kind(&stored, column.kind)
        .ok_or_else(|| StoreError::ValueNotStorable { factor: column.key.to_string(), reason: format!("a {} can not be read again", value.kind()) })
}

fn misused(reason: &str) -> StoreError {
    StoreError::Unexpected { object: "the unit of work".to_owned(), reason: reason.to_owned() }
}
