//! Rows that are named by key factors instead of an id: a topic that is kept equal to a table elsewhere
//! (surface.md §15.2.8).

use std::cmp::Ordering;
use std::sync::Arc;

use super::TriggerError;
use super::prepare;
use super::save::Saving;
use super::storable::storable;
use crate::compile::{Column, FixedColumn};
use crate::model::{TopicType, TriggerType};
use crate::port::{Comparison, Criterion, Operand, Query, StoreError, UnitOfWork};
use crate::value::{Object, Value, order};

/// What happened to the row elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeyedChange {
    /// It was written as a whole: replaces the row, or inserts it.
    #[default]
    Put,
    /// Some of its columns were written: overlays the row, or inserts what is told.
    Update,
    /// It was deleted. Where there is no row, nothing is done.
    Delete,
}

/// The row that a trigger means, in place of an id. The values of the key stand in the trigger's data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyedRow {
    /// What happened to it.
    pub change: KeyedChange,
    /// The factors that name one row; each has a column of its own.
    pub key: Vec<Arc<str>>,
    /// Factors whose values are not told: they stay as they are stored.
    pub kept: Vec<Arc<str>>,
    /// The factor that holds when the row was changed. A change that is older than the stored row is not applied.
    pub changed_at: Option<Arc<str>>,
}

/// What a keyed change comes to.
pub(super) enum Resolved {
    /// A new row.
    Insert(Object),
    /// The whole row in place of the stored one.
    Merge { id: i64, stored: Object, data: Object },
    /// The stored row goes.
    Delete { id: i64, stored: Object },
    /// Nothing is done.
    Nothing,
}

impl Resolved {
    /// What is done with the row, for the pipelines.
    pub(super) const fn trigger_type(&self) -> TriggerType {
        match self {
            Self::Insert(_) | Self::Nothing => TriggerType::Insert,
            Self::Merge { .. } => TriggerType::Merge,
            Self::Delete { .. } => TriggerType::Delete,
        }
    }
}

impl Saving<'_> {
    /// Looks the row up by its key and says what is to be done with it. `data` is prepared.
    pub(super) async fn resolve(&self, unit: &mut dyn UnitOfWork, keyed: &KeyedRow, data: Object) -> Result<Resolved, TriggerError> {
        let mut criteria = Vec::with_capacity(keyed.key.len());
        for name in &keyed.key {
            let (index, column) = self.column(name)?;
            let value = storable(data.get(name).unwrap_or(&Value::Null), column).map_err(|error| self.failed(error))?;
            criteria.push(Criterion::Compare { left: Operand::Column(index), comparison: Comparison::Equals, right: Operand::Value(value) });
        }
        if criteria.is_empty() {
            return Err(self.not_unique("it has no key factor"));
        }
        let query = Query { topic: self.topic, tenant_id: &self.request.tenant_id, criterion: Criterion::All(criteria), limit: 2, lock: true };
        let mut rows = unit.find(&query).await.map_err(|error| self.failed(error))?;
        if rows.len() > 1 {
            return Err(self.not_unique("several rows have this key"));
        }
        let Some(stored) = rows.pop() else {
            return Ok(if keyed.change == KeyedChange::Delete { Resolved::Nothing } else { Resolved::Insert(self.known(data)) });
        };
        if self.is_older(keyed, &data, &stored)? {
            return Ok(Resolved::Nothing);
        }
        let id = stored.get(FixedColumn::Id.name()).and_then(Value::as_number).and_then(crate::value::Decimal::to_i64);
        let id = id.ok_or_else(|| TriggerError::Store(StoreError::Unexpected { object: self.topic.table.clone(), reason: "a row has no id".to_owned() }))?;
        Ok(match keyed.change {
            KeyedChange::Delete => Resolved::Delete { id, stored },
            KeyedChange::Put => {
                let mut data = self.known(data);
                for name in &keyed.kept {
                    if let Some(value) = self.before(&stored, name) {
                        data.insert(Arc::clone(name), value);
                    }
                }
                Resolved::Merge { id, stored, data }
            }
            KeyedChange::Update => {
                let data = self.overlaid(&data, &stored);
                Resolved::Merge { id, stored, data }
            }
        })
    }

    fn column(&self, name: &str) -> Result<(usize, &Column), TriggerError> {
        let factor = self.topic.factors.iter().find(|factor| *factor.name == *name);
        let index = factor.and_then(|factor| factor.column);
        let found = index.and_then(|index| self.topic.columns.get(index).map(|column| (index, column)));
        found.ok_or_else(|| TriggerError::KeyUnknown { topic: self.topic.name.to_string(), factor: name.to_owned() })
    }

    fn not_unique(&self, reason: &'static str) -> TriggerError {
        TriggerError::KeyNotUnique { topic: self.topic.name.to_string(), reason }
    }

    /// Whether the stored row was changed later than this change tells.
    fn is_older(&self, keyed: &KeyedRow, data: &Object, stored: &Object) -> Result<bool, TriggerError> {
        let Some(name) = &keyed.changed_at else { return Ok(false) };
        let (_, column) = self.column(name)?;
        let told = storable(data.get(name).unwrap_or(&Value::Null), column).map_err(|error| self.failed(error))?;
        let applied = stored.get(&column.key).unwrap_or(&Value::Null);
        if told.is_null() || applied.is_null() {
            return Ok(false);
        }
        let order = order(&told, applied, &self.services.settings.dates);
        let order = order.map_err(|source| TriggerError::Preparation { topic: self.topic.name.to_string(), source })?;
        Ok(order == Ordering::Less)
    }

    /// The data without what the topic has no factor for; a raw topic keeps it.
    fn known(&self, data: Object) -> Object {
        if self.topic.topic_type == TopicType::Raw {
            return data;
        }
        data.iter().filter(|(name, _)| self.topic.row_shape.position(name).is_some()).map(|(name, value)| (Arc::clone(name), value.clone())).collect()
    }

    /// The stored value of a factor.
    fn before(&self, stored: &Object, name: &str) -> Option<Value> {
        match stored.get(FixedColumn::Data.name()).filter(|_| self.topic.topic_type == TopicType::Raw) {
            Some(document) => document.as_object()?.get(name).cloned(),
            None => stored.get(name).cloned(),
        }
    }

    /// The stored row with what the change tells, and no more of it: what was prepared beside it, such as defaults, is
    /// the stored row's already.
    fn overlaid(&self, data: &Object, stored: &Object) -> Object {
        let raw = self.topic.topic_type == TopicType::Raw;
        let mut row = match stored.get(FixedColumn::Data.name()).filter(|_| raw).and_then(Value::as_object) {
            Some(document) => document.clone(),
            None => self.topic.factors.iter().map(|factor| (Arc::clone(&factor.name), stored.get(&factor.name).cloned().unwrap_or_default())).collect(),
        };
        for (name, told) in self.request.data.iter() {
            if raw || self.topic.row_shape.position(name).is_some() {
                let value = if told.is_null() { Value::Null } else { data.get(name).cloned().unwrap_or_default() };
                row.insert(Arc::clone(name), value);
            }
        }
        if raw {
            prepare::flatten(&self.topic.preparation, &mut row);
        }
        row
    }
}
