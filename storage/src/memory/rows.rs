//! Rows of topics.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use nightowl_core::compile::{FixedColumn, TopicPlan};
use nightowl_core::port::{Aggregate, Comparison, Criterion, Operand, Query, StoreError, TopicRows};
use nightowl_core::value::{Arithmetic, Decimal, Object, Value};

use super::condition::Row;
use super::store::{Undo, as_stored};
use super::table::MemoryTable;
use super::{MemoryStore, kinds};

#[async_trait]
impl TopicRows for MemoryStore {
    async fn find(&mut self, query: &Query<'_>) -> Result<Vec<Object>, StoreError> {
        self.record("find", &query.topic.table, &[]);
        let mut found = Vec::new();
        self.visit(query, |row| {
            let cells = (0..query.topic.columns.len()).map(|position| row.cell(position)).collect();
            found.push(Object::with_shape(Arc::clone(&query.topic.row_shape), cells));
            found.len() < query.limit
        })?;
        found.truncate(query.limit);
        Ok(found)
    }

    async fn aggregate(&mut self, query: &Query<'_>, aggregate: Aggregate) -> Result<Value, StoreError> {
        self.record("aggregate", &query.topic.table, &[]);
        if let Aggregate::Sum(column) | Aggregate::Average(column) = aggregate
            && !kinds::kind(&Operand::Column(column), query.topic)?.is_number()
        {
            return Err(StoreError::UnsupportedComputation { reason: "a column that is added up holds no numbers".to_owned() });
        }
        let mut numbers = Vec::new();
        let mut count = 0_i64;
        self.visit(query, |row| {
            count += 1;
            if let Aggregate::Sum(column) | Aggregate::Average(column) = aggregate {
                numbers.extend(row.cell(column).as_number().copied());
            }
            true
        })?;
        if aggregate == Aggregate::Count {
            return Ok(Value::from(count));
        }
        let mut numbers = numbers.into_iter();
        let Some(first) = numbers.next() else { return Ok(Value::Null) };
        let (mut sum, mut added) = (first, 1_i64);
        for number in numbers {
            sum = apply(Arithmetic::Add, sum, number)?;
            added += 1;
        }
        Ok(Value::Number(if let Aggregate::Average(_) = aggregate { apply(Arithmetic::Divide, sum, Decimal::from(added))? } else { sum }))
    }

    async fn insert(&mut self, topic: &TopicPlan, row: &[Value]) -> Result<(), StoreError> {
        self.record("insert", &topic.table, row);
        let (id, _) = keys(topic, row)?;
        let table = self.tables.entry(topic.table.clone()).or_default();
        let cells = stored_row(table, topic, row, Vec::new())?;
        let conflict = if table.row(id).is_some() { Some(FixedColumn::Id.name().to_owned()) } else { table.conflict(id, &cells) };
        if let Some(index) = conflict {
            return Err(StoreError::InsertConflict { table: topic.table.clone(), index });
        }
        table.put(id, cells);
        self.note(Undo::Row { table: topic.table.clone(), id, before: None });
        Ok(())
    }

    async fn update(&mut self, topic: &TopicPlan, row: &[Value], version: Option<i64>) -> Result<u64, StoreError> {
        self.record("update", &topic.table, row);
        let (id, tenant_id) = keys(topic, row)?;
        let table = self.tables.entry(topic.table.clone()).or_default();
        let Some(before) = matching(table, topic, &tenant_id, id, version) else { return Ok(0) };
        let cells = stored_row(table, topic, row, before)?;
        if let Some(index) = table.conflict(id, &cells) {
            return Err(StoreError::InsertConflict { table: topic.table.clone(), index });
        }
        let before = table.put(id, cells);
        self.note(Undo::Row { table: topic.table.clone(), id, before });
        Ok(1)
    }

    async fn delete(&mut self, topic: &TopicPlan, tenant_id: &str, id: i64, version: Option<i64>) -> Result<u64, StoreError> {
        self.record("delete", &topic.table, &[Value::from(id), tenant_id.into()]);
        let table = self.tables.entry(topic.table.clone()).or_default();
        if matching(table, topic, &Value::from(tenant_id), id, version).is_none() {
            return Ok(0);
        }
        let before = table.take(id);
        self.note(Undo::Row { table: topic.table.clone(), id, before });
        Ok(1)
    }
}

impl MemoryStore {
    /// Shows the rows that match, in the order of `id_`, until `visitor` has enough.
    fn visit(&mut self, query: &Query<'_>, mut visitor: impl FnMut(Row<'_>) -> bool) -> Result<(), StoreError> {
        let plan = query.topic.as_ref();
        kinds::check(&query.criterion, plan)?;
        if query.limit == 0 {
            return Ok(());
        }
        let table = self.tables.entry(plan.table.clone()).or_default();
        let mapping = table.mapping(plan);
        let tenant = plan.fixed(FixedColumn::TenantId);
        for id in candidates(table, query, &mapping) {
            let Some(cells) = table.row(id) else { continue };
            let row = Row { plan, mapping: &mapping, cells };
            if tenant.is_some_and(|tenant| row.cell(tenant).as_text() != Some(query.tenant_id)) {
                continue;
            }
            if row.meets(&query.criterion)? == Some(true) && !visitor(row) {
                break;
            }
        }
        Ok(())
    }
}

/// The ids that may match: one where the id is given, those of an index that the condition fills, else all.
fn candidates(table: &MemoryTable, query: &Query<'_>, mapping: &[usize]) -> Vec<i64> {
    let mut pinned = BTreeMap::new();
    pin(&query.criterion, &mut pinned);
    let id = query.topic.fixed(FixedColumn::Id).and_then(|position| pinned.get(&position));
    if let Some(id) = id.and_then(Value::as_number).and_then(Decimal::to_i64) {
        return vec![id];
    }
    if let Some(tenant) = query.topic.fixed(FixedColumn::TenantId) {
        pinned.insert(tenant, Value::from(query.tenant_id));
    }
    let pinned = pinned.into_iter().filter_map(|(position, value)| mapping.get(position).map(|place| (*place, value))).collect();
    table.ids_of(&pinned).unwrap_or_else(|| table.ids())
}

/// The columns that a condition asks to equal one value.
fn pin(criterion: &Criterion, pinned: &mut BTreeMap<usize, Value>) {
    match criterion {
        Criterion::All(children) => children.iter().for_each(|child| pin(child, pinned)),
        Criterion::Compare { left: Operand::Column(column), comparison: Comparison::Equals, right: Operand::Value(value) }
        | Criterion::Compare { left: Operand::Value(value), comparison: Comparison::Equals, right: Operand::Column(column) }
            if matches!(value, Value::Number(_) | Value::Text(_)) =>
        {
            pinned.insert(*column, value.clone());
        }
        _ => {}
    }
}

/// A plan's row as the table keeps it, over what was there before.
fn stored_row(table: &mut MemoryTable, topic: &TopicPlan, row: &[Value], before: Vec<Value>) -> Result<Vec<Value>, StoreError> {
    let mapping = table.mapping(topic);
    let mut cells = before;
    cells.resize(cells.len().max(mapping.iter().max().map_or(0, |last| last + 1)), Value::Null);
    for ((column, place), value) in topic.columns.iter().zip(mapping.iter()).zip(row) {
        if let Some(cell) = cells.get_mut(*place) {
            *cell = as_stored(value, column)?;
        }
    }
    Ok(cells)
}

/// The row with this id, tenant and version.
fn matching(table: &mut MemoryTable, topic: &TopicPlan, tenant_id: &Value, id: i64, version: Option<i64>) -> Option<Vec<Value>> {
    let mapping = table.mapping(topic);
    let cells = table.row(id)?;
    let row = Row { plan: topic, mapping: &mapping, cells };
    let of = |fixed: FixedColumn| topic.fixed(fixed).map(|position| row.cell(position));
    let same_version = version.is_none_or(|version| of(FixedColumn::Version) == Some(Value::from(version)));
    (of(FixedColumn::TenantId).as_ref() == Some(tenant_id) && same_version).then(|| cells.clone())
}

/// The id and the tenant in a row; a synonym has neither and is never written.
fn keys(topic: &TopicPlan, row: &[Value]) -> Result<(i64, Value), StoreError> {
    let refused = |reason: &str| StoreError::Unexpected { object: format!("table {}", topic.table), reason: reason.to_owned() };
    if row.len() != topic.columns.len() {
        return Err(refused("a row has another number of values than the topic has columns"));
    }
    let of = |fixed: FixedColumn| topic.fixed(fixed).and_then(|position| row.get(position));
    let id = of(FixedColumn::Id).and_then(Value::as_number).and_then(Decimal::to_i64);
    id.zip(of(FixedColumn::TenantId).cloned()).ok_or_else(|| refused("it belongs to a synonym, which is never written, or a row has no id"))
}

fn apply(arithmetic: Arithmetic, left: Decimal, right: Decimal) -> Result<Decimal, StoreError> {
    arithmetic.apply(left, right).map_err(|_| StoreError::UnsupportedComputation { reason: "a result has more than 38 digits".to_owned() })
}
