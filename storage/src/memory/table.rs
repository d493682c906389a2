//! A table: rows by `id_`, the union of the columns of the topics that use it, indexes by their values.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use nightowl_core::compile::{IndexPlan, TopicPlan};
use nightowl_core::value::{Shape, Value, text_form};

/// The values of an index's columns; a row with a null among them is never equal to another.
type Key = Vec<Option<String>>;

/// A table.
#[derive(Debug, Clone, Default)]
pub(super) struct MemoryTable {
    columns: Vec<String>,
    rows: BTreeMap<i64, Vec<Value>>,
    indexes: Vec<MemoryIndex>,
    /// Where the columns of a plan are, by the identity of its shape.
    mappings: BTreeMap<usize, (Arc<Shape>, Arc<Vec<usize>>)>,
}

#[derive(Debug, Clone)]
struct MemoryIndex {
    name: String,
    unique: bool,
    columns: Vec<usize>,
    entries: BTreeMap<Key, BTreeSet<i64>>,
}

impl MemoryTable {
    /// Where the plan's columns are. What the plan has and the table has not is added.
    pub(super) fn mapping(&mut self, plan: &TopicPlan) -> Arc<Vec<usize>> {
        let identity = Arc::as_ptr(&plan.row_shape).addr();
        if let Some((_, mapping)) = self.mappings.get(&identity) {
            return Arc::clone(mapping);
        }
        let mapping: Arc<Vec<usize>> = Arc::new(plan.columns.iter().map(|column| self.column(&column.name)).collect());
        for index in &plan.indexes {
            self.add_index(index, &mapping);
        }
        self.mappings.insert(identity, (Arc::clone(&plan.row_shape), Arc::clone(&mapping)));
        mapping
    }

    fn column(&mut self, name: &str) -> usize {
        self.columns.iter().position(|column| column == name).unwrap_or_else(|| {
            self.columns.push(name.to_owned());
            self.columns.len() - 1
        })
    }

    fn add_index(&mut self, plan: &IndexPlan, mapping: &[usize]) {
        // Indexes of one fixed column serve people only.
        if plan.columns.len() < 2 || self.indexes.iter().any(|index| index.name == plan.name) {
            return;
        }
        let columns = plan.columns.iter().filter_map(|position| mapping.get(*position).copied()).collect();
        let mut index = MemoryIndex { name: plan.name.clone(), unique: plan.unique, columns, entries: BTreeMap::new() };
        for (id, row) in &self.rows {
            let key = index.key(row);
            index.entries.entry(key).or_default().insert(*id);
        }
        self.indexes.push(index);
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// A row by its id.
    pub(super) fn row(&self, id: i64) -> Option<&Vec<Value>> {
        self.rows.get(&id)
    }

    /// All ids, in order.
    pub(super) fn ids(&self) -> Vec<i64> {
        self.rows.keys().copied().collect()
    }

    /// The ids of the rows whose columns have these values, by the first index that they fill; none where no index does.
    pub(super) fn ids_of(&self, pinned: &BTreeMap<usize, Value>) -> Option<Vec<i64>> {
        let index = self.indexes.iter().find(|index| index.columns.iter().all(|column| pinned.contains_key(column)))?;
        let key: Key = index.columns.iter().map(|column| pinned.get(column).and_then(key_part)).collect();
        Some(index.entries.get(&key).map(|ids| ids.iter().copied().collect()).unwrap_or_default())
    }

    /// The columns of the unique index that another row has the same values in.
    pub(super) fn conflict(&self, id: i64, row: &[Value]) -> Option<String> {
        let index = self.indexes.iter().filter(|index| index.unique).find(|index| {
            let key = index.key(row);
            !key.contains(&None) && index.entries.get(&key).is_some_and(|ids| ids.iter().any(|other| *other != id))
        })?;
        let names: Vec<&str> = index.columns.iter().filter_map(|column| self.columns.get(*column)).map(String::as_str).collect();
        Some(names.join(", "))
    }

    /// Puts a row, giving what was there.
    pub(super) fn put(&mut self, id: i64, row: Vec<Value>) -> Option<Vec<Value>> {
        let before = self.take(id);
        for index in &mut self.indexes {
            let key = index.key(&row);
            index.entries.entry(key).or_default().insert(id);
        }
        self.rows.insert(id, row);
        before
    }

    /// Takes a row away.
    pub(super) fn take(&mut self, id: i64) -> Option<Vec<Value>> {
        let row = self.rows.remove(&id)?;
        for index in &mut self.indexes {
            let key = index.key(&row);
            if let Some(ids) = index.entries.get_mut(&key) {
                ids.remove(&id);
                if ids.is_empty() {
                    index.entries.remove(&key);
                }
            }
        }
        Some(row)
    }

    /// Puts back what was there before a change.
    pub(super) fn put_back(&mut self, id: i64, before: Option<Vec<Value>>) {
        match before {
            Some(row) => drop(self.put(id, row)),
            None => drop(self.take(id)),
        }
    }
}

impl MemoryIndex {
    fn key(&self, row: &[Value]) -> Key {
        self.columns.iter().map(|column| row.get(*column).and_then(key_part)).collect()
    }
}

/// A value as part of a key: equal numbers are equal whatever their scale.
fn key_part(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Number(number) => Some(number.normalized().to_string()),
        Value::Boolean(flag) => Some(u8::from(*flag).to_string()),
        other => Some(text_form(other).into_owned()),
    }
}
