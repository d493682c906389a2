//! Writes that wait to be sent, in the order in which they were made.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use nightowl_core::port::StoreError;

use super::given_up;
use crate::sql::SqlValue;
use crate::sql::bulk::{Batch, BulkTable, BulkUpdate};

/// A write that waits: all columns of a row.
#[derive(Debug)]
struct Write {
    table: Arc<BulkTable>,
    row: Vec<SqlValue>,
    kind: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Insert,
    Update { version: Option<i64> },
}

/// The writes that wait.
#[derive(Debug, Default)]
pub(super) struct Collected {
    writes: Vec<Write>,
    /// How many wait for a table.
    tables: HashMap<String, usize>,
}

impl Collected {
    /// How many wait.
    pub(super) const fn len(&self) -> usize {
        self.writes.len()
    }

    /// Whether any waits for a table, or at all.
    pub(super) fn has(&self, table: Option<&str>) -> bool {
        match table {
            Some(table) => self.tables.get(table).is_some_and(|count| *count > 0),
            None => !self.writes.is_empty(),
        }
    }

    /// A new row.
    pub(super) fn insert(&mut self, table: Arc<BulkTable>, row: Vec<SqlValue>) {
        self.push(Write { table, row, kind: Kind::Insert });
    }

    /// A row that is there.
    pub(super) fn update(&mut self, table: Arc<BulkTable>, row: Vec<SqlValue>, version: Option<i64>) {
        self.push(Write { table, row, kind: Kind::Update { version } });
    }

    fn push(&mut self, write: Write) {
        match self.tables.get_mut(&write.table.table) {
            Some(count) => *count += 1,
            None => drop(self.tables.insert(write.table.table.clone(), 1)),
        }
        self.writes.push(write);
    }

    /// Takes those for a table, or all, away.
    pub(super) fn take(&mut self, table: Option<&str>) -> Self {
        let Some(table) = table else { return std::mem::take(self) };
        let (taken, left): (Vec<Write>, Vec<Write>) = std::mem::take(&mut self.writes).into_iter().partition(|write| write.table.table == table);
        self.writes = left;
        self.tables.remove(table);
        Self { tables: [(table.to_owned(), taken.len())].into(), writes: taken }
    }

    /// What is sent: by table, new rows before changed ones, by id (engine.md §3.11, rule 5). Of a row that is written
    /// more than once only the last state is sent, under the version that it had at first.
    pub(super) fn into_batches(self) -> Result<Vec<Batch>, StoreError> {
        let mut tables: BTreeMap<String, Rows> = BTreeMap::new();
        for write in self.writes {
            match tables.get_mut(&write.table.table) {
                Some(rows) => rows.add(write)?,
                None => {
                    let mut rows = Rows { table: Arc::clone(&write.table), by_id: BTreeMap::new(), others: Vec::new() };
                    let name = write.table.table.clone();
                    rows.add(write)?;
                    tables.insert(name, rows);
                }
            }
        }
        Ok(tables.into_values().map(Rows::into_batch).collect())
    }
}

/// What is written into one table.
struct Rows {
    table: Arc<BulkTable>,
    by_id: BTreeMap<i64, (Kind, Vec<SqlValue>)>,
    /// Rows of tables whose rows are only inserted.
    others: Vec<Vec<SqlValue>>,
}

impl Rows {
    fn add(&mut self, write: Write) -> Result<(), StoreError> {
        let Some(position) = self.table.id else {
            self.others.push(write.row);
            return Ok(());
        };
        let Some(SqlValue::Integer(id)) = write.row.get(position) else { return Err(given_up()) };
        match self.by_id.get_mut(id) {
            Some((_, row)) => *row = write.row,
            None => drop(self.by_id.insert(*id, (write.kind, write.row))),
        }
        Ok(())
    }

    fn into_batch(self) -> Batch {
        let mut batch = Batch { table: self.table, inserts: self.others, updates: Vec::new() };
        for (kind, row) in self.by_id.into_values() {
            match kind {
                Kind::Insert => batch.inserts.push(row),
                Kind::Update { version } => batch.updates.push(BulkUpdate { row, version }),
            }
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::bulk::BulkTexts;
    use nightowl_core::compile::ColumnKind;

    fn table(name: &str) -> Arc<BulkTable> {
        let kinds = vec![ColumnKind::Integer { bits: 64 }; 2];
        let columns = vec!["id_".to_owned(), "n".to_owned()];
        Arc::new(BulkTable { table: name.to_owned(), columns, kinds, id: Some(0), tenant: None, version: None, texts: BulkTexts::default() })
    }

    fn row(id: i64, n: i64) -> Vec<SqlValue> {
        vec![SqlValue::Integer(id), SqlValue::Integer(n)]
    }

    #[test]
    fn a_row_is_sent_once_in_its_last_state_and_under_its_first_version() {
        let (b, a) = (table("b"), table("a"));
        let mut collected = Collected::default();
        collected.insert(Arc::clone(&b), row(9, 1));
        collected.insert(Arc::clone(&b), row(7, 1));
        collected.update(Arc::clone(&b), row(9, 2), Some(1));
        collected.update(Arc::clone(&a), row(3, 1), Some(5));
        collected.update(Arc::clone(&a), row(3, 2), Some(6));
        assert!(collected.has(Some("a")) && !collected.has(Some("c")));
        let batches = collected.take(None).into_batches().unwrap();
        let told: Vec<_> = batches.iter().map(|batch| (batch.table.table.as_str(), batch.inserts.clone(), batch.updates.clone())).collect();
        let expected = vec![("a", vec![], vec![BulkUpdate { row: row(3, 2), version: Some(5) }]), ("b", vec![row(7, 1), row(9, 2)], Vec::<BulkUpdate>::new())];
        assert_eq!(told, expected);
        assert_eq!(collected.len(), 0);
    }

    #[test]
    fn what_waits_for_another_table_goes_on_waiting() {
        let (a, b) = (table("a"), table("b"));
        let mut collected = Collected::default();
        collected.insert(Arc::clone(&a), row(1, 1));
        collected.insert(Arc::clone(&b), row(2, 1));
        assert_eq!(collected.take(Some("b")).into_batches().unwrap().len(), 1);
        assert!(collected.has(Some("a")) && !collected.has(Some("b")));
    }
}
