//! What the attempts at a trigger found out about the rows that it writes, so that the last one can lock them in order
//! (engine.md §3.11, rule 4).
//!
//! Which rows a cascade writes is known only when it has run; the attempts that met a conflict have run a part of it. What
//! they met is locked first in the last attempt: guards in ascending order, then rows in the order (table, id). Two last
//! attempts can then not wait for each other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::write::fixed_integer;
use crate::compile::{FixedColumn, TopicPlan};
use crate::port::{Criterion, Operand, Query, StoreError, UnitOfWork};
use crate::value::Value;

/// How many guards and rows are remembered; what goes beyond is locked where it is met.
const REMEMBERED: usize = 4_096;
/// How many rows one statement locks.
const ROWS_PER_STATEMENT: usize = 256;

/// The guards and rows that the attempts at one trigger have met.
#[derive(Debug, Default)]
pub struct Footprint {
    met: Mutex<Met>,
}

#[derive(Debug, Clone, Default)]
struct Met {
    /// By slot and data source, with a topic that lies there.
    guards: BTreeMap<(u16, Option<Arc<str>>), Arc<TopicPlan>>,
    rows: BTreeMap<String, (Arc<TopicPlan>, BTreeSet<i64>)>,
    /// What was to be locked when the attempt ended.
    wanted: Option<(Arc<TopicPlan>, Criterion)>,
    count: usize,
}

impl Met {
    fn row(&mut self, topic: &Arc<TopicPlan>, id: i64) {
        if self.count >= REMEMBERED {
            return;
        }
        let (_, ids) = self.rows.entry(topic.table.clone()).or_insert_with(|| (Arc::clone(topic), BTreeSet::new()));
        self.count += usize::from(ids.insert(id));
    }
}

impl Footprint {
    fn met(&self) -> MutexGuard<'_, Met> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A guard is about to be locked.
    pub(crate) fn note_guard(&self, topic: &Arc<TopicPlan>, slot: u16) {
        let mut met = self.met();
        if met.count < REMEMBERED && met.guards.insert((slot, topic.data_source_id.clone()), Arc::clone(topic)).is_none() {
            met.count += 1;
        }
    }

    /// A row was read to be written.
    pub(crate) fn note_row(&self, topic: &Arc<TopicPlan>, id: i64) {
        self.met().row(topic, id);
    }

    /// Rows are about to be locked.
    pub(crate) fn note_wanted(&self, topic: &Arc<TopicPlan>, criterion: &Criterion) {
        self.met().wanted = Some((Arc::clone(topic), criterion.clone()));
    }

    /// They were locked.
    pub(crate) fn note_locked(&self) {
        self.met().wanted = None;
    }

    /// Locks everything that was met, in order. Rows that are gone by now are passed over.
    pub(crate) async fn lock(&self, unit: &mut dyn UnitOfWork, tenant_id: &str) -> Result<(), StoreError> {
        let mut met = self.met().clone();
        if let Some((topic, criterion)) = met.wanted.take() {
            let query = Query { topic: &topic, tenant_id, criterion, limit: ROWS_PER_STATEMENT, lock: false };
            for row in unit.find(&query).await? {
                met.row(&topic, fixed_integer(&topic, &row, FixedColumn::Id).unwrap_or_default());
            }
        }
        for ((slot, _), topic) in &met.guards {
            unit.lock_guard(topic, *slot).await?;
        }
        for (topic, ids) in met.rows.values() {
            let column = topic.fixed(FixedColumn::Id).unwrap_or_default();
            let ids: Vec<Value> = ids.iter().copied().map(Value::from).collect();
            for some in ids.chunks(ROWS_PER_STATEMENT) {
                let criterion = Criterion::In { operand: Operand::Column(column), values: some.to_vec(), negated: false };
                unit.find(&Query { topic, tenant_id, criterion, limit: some.len(), lock: true }).await?;
            }
        }
        Ok(())
    }
}
