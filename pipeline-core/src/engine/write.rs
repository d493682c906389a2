//! How rows are written by actions: building the row, insert, merge with its repetitions, delete (engine.md §3.7, §3.8).

use std::sync::Arc;

use chrono::{NaiveDateTime, Timelike};

use super::action_run::ActionRun;
use super::aggregate::{AggregateInput, Change, aggregate};
use super::context::RowChange;
use super::guard_slot::guard_slot;
use super::memory::MemoryScope;
use super::{ActionError, archive, storable};
use crate::compile::{FindPlan, FixedColumn, MappedFactor, TopicPlan, WritePlan};
use crate::model::{AggregateArithmetic, TriggerType};
use crate::port::StoreError;
use crate::value::{Decimal, Object, Value, ValueError, number_or_zero};

/// Whole seconds, as audit columns have them.
pub(crate) fn whole_seconds(moment: NaiveDateTime) -> NaiveDateTime {
    moment.with_nanosecond(0).unwrap_or(moment)
}

/// The values of a row in the order of its topic's columns, each checked against its column (storage.md §12.8).
pub(crate) fn stored_row(topic: &TopicPlan, row: &Object) -> Result<Vec<Value>, StoreError> {
    topic.columns.iter().enumerate().map(|(slot, column)| row.get_near(&column.key, slot).map_or(Ok(Value::Null), |value| storable(value, column))).collect()
}

/// A number out of a fixed column.
pub(crate) fn fixed_integer(topic: &TopicPlan, row: &Object, fixed: FixedColumn) -> Option<i64> {
    let value = row.get(fixed.name())?;
    debug_assert!(topic.fixed(fixed).is_some(), "the topic has the column");
    value.as_number().and_then(Decimal::to_i64)
}

/// What a merge does where no row matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhereNone {
    /// It fails.
    Fail,
    /// It inserts one; a unique index keeps two from inserting the same.
    Insert,
    /// It inserts one under a guard row, since no unique index does (engine.md §3.11, rule 6).
    InsertGuarded,
}

/// A lost version check outside of mode `action`: the whole transaction is repeated (engine.md §3.11, rule 4).
fn lost_check(topic: &TopicPlan) -> ActionError {
    ActionError::Store(StoreError::SerializationFailure { reason: format!("a row of \"{}\" was changed in between", topic.table) })
}

/// What a source adds to an aggregate: 0 for what is no number. One whose value can not be had is an error (values.md §1.1).
fn counted(source: &Value) -> Result<Decimal, ValueError> {
    match source {
        Value::Literal(_) => Err(ValueError::NumberOutOfRange(source.into())),
        _ => Ok(number_or_zero(source)),
    }
}

impl ActionRun<'_> {
    /// Decides what follows when a row was changed between reading and writing: in mode `action` a pause and another
    /// attempt, in the other modes the repetition of the whole transaction (engine.md §3.7; §3.11, rule 4).
    async fn changed_in_between(&mut self, topic: &TopicPlan, attempt: u32, last: bool) -> Result<(), ActionError> {
        let retry = self.engine.settings.update_retry;
        if !self.services.commits_each_action() {
            return Err(lost_check(topic));
        }
        let again = attempt <= retry.times;
        if !topic.is_versioned() || !retry.enabled || last || !(again || retry.force) {
            return Err(ActionError::RowChanged { topic: topic.name.to_string(), attempts: attempt });
        }
        // Nothing has been written by this action yet. The next attempt has a transaction of its own, and none is open
        // during the pause; the last try follows at once.
        self.unit.rollback().await?;
        if again {
            self.services.clock.sleep_ms(retry.pause_ms(attempt - 1, self.services.clock.ticks())).await;
        }
        Ok(self.unit.begin().await?)
    }

    /// Inserts a new row.
    pub(crate) async fn insert(&mut self, plan: &WritePlan) -> Result<(), ActionError> {
        let row = self.new_row(plan)?;
        let id = fixed_integer(&plan.topic, &row, FixedColumn::Id).unwrap_or_default();
        let stored = stored_row(&plan.topic, &row)?;
        match &plan.topic.archive {
            None => self.unit.insert(&plan.topic, &stored).await?,
            Some(archive) => {
                let pending_id = self.next_id()?;
                archive::hand_over(self.unit, self.origin, &plan.topic, archive, &stored, pending_id).await?;
                self.recorder.handed_over += 1;
            }
        }
        self.recorder.statements(&plan.topic, self.unit);
        self.recorder.row_change(&plan.topic, None, Some(&row));
        self.log.insert_count += 1;
        self.touch(|| Value::Object(row.clone()));
        self.changes.push(RowChange { topic: Arc::clone(&plan.topic), previous: None, current: Some(row), trigger_type: TriggerType::Insert, data_id: id });
        Ok(())
    }

    /// Changes the one row that matches; where none does, inserts one if that is allowed. A row that somebody else
    /// changed in between is read and computed again (engine.md §3.7).
    ///
    /// A guard is locked only where nothing was found, and then it is looked again: who had it before may have inserted
    /// the row. A row that is there needs no guard, so that upserts of the same key wait for their row only.
    pub(crate) async fn merge(&mut self, find: &FindPlan, plan: &WritePlan, where_none: WhereNone) -> Result<(), ActionError> {
        let retry = self.engine.settings.update_retry;
        let mut insert_allowed = where_none != WhereNone::Fail;
        let mut guarded = where_none != WhereNone::InsertGuarded;
        let mut conflict: Option<StoreError> = None;
        let mut attempt: u32 = 0;
        loop {
            let last = retry.enabled && retry.force && attempt > retry.times;
            let lock = last || self.attempt.locking || !plan.topic.is_versioned();
            let mut rows = self.find(find, 2, lock).await?;
            let row = match (rows.pop(), rows.pop()) {
                (Some(row), None) => row,
                (Some(_), Some(_)) => return Err(ActionError::TooManyRows { topic: plan.topic.name.to_string() }),
                (None, _) if insert_allowed && !guarded => {
                    guarded = true;
                    if self.guard(find).await? {
                        continue;
                    }
                    return self.insert(plan).await;
                }
                (None, _) if insert_allowed => match self.insert(plan).await {
                    Err(ActionError::Store(error @ StoreError::InsertConflict { .. })) if !last => {
                        conflict = Some(error);
                        insert_allowed = false;
                        continue;
                    }
                    done => return done,
                },
                (None, _) => {
                    let not_found = ActionError::RowNotFound { topic: plan.topic.name.to_string() };
                    return Err(conflict.map_or(not_found, ActionError::Store));
                }
            };
            if self.update(plan, &row).await? {
                return Ok(());
            }
            attempt += 1;
            self.changed_in_between(&plan.topic, attempt, last).await?;
            guarded = where_none != WhereNone::InsertGuarded;
        }
    }

    /// Locks the guard of what a `by` means; `false` where the store needs none.
    async fn guard(&mut self, find: &FindPlan) -> Result<bool, ActionError> {
        let slot = guard_slot(&find.topic.topic_id, &self.origin.tenant_id, &self.criterion(find)?);
        if let Some(footprint) = &self.attempt.footprint {
            footprint.note_guard(&find.topic, slot);
        }
        let locked = self.unit.lock_guard(&find.topic, slot).await?;
        self.recorder.statements(&find.topic, self.unit);
        Ok(locked)
    }

    /// Remembers a row that is about to be written, for the attempt that locks.
    fn note_row(&self, topic: &Arc<TopicPlan>, id: i64) {
        if let Some(footprint) = &self.attempt.footprint {
            footprint.note_row(topic, id);
        }
    }

    /// Deletes a row that was read.
    pub(crate) async fn delete(&mut self, topic: &Arc<TopicPlan>, row: &Object) -> Result<(), ActionError> {
        let id = fixed_integer(topic, row, FixedColumn::Id).unwrap_or_default();
        let version = topic.is_versioned().then(|| fixed_integer(topic, row, FixedColumn::Version)).flatten();
        self.note_row(topic, id);
        let deleted = self.unit.delete(topic, &self.origin.tenant_id, id, version).await?;
        self.recorder.statements(topic, self.unit);
        if deleted == 0 && version.is_some() && !self.services.commits_each_action() {
            return Err(lost_check(topic));
        }
        if deleted == 0 {
            return Err(ActionError::RowNotFound { topic: topic.name.to_string() });
        }
        self.recorder.row_change(topic, Some(row), None);
        self.log.delete_count += 1;
        self.changes.push(RowChange { topic: Arc::clone(topic), previous: Some(row.clone()), current: None, trigger_type: TriggerType::Delete, data_id: id });
        Ok(())
    }

    /// Writes a changed row; `false` when somebody else changed it in between.
    async fn update(&mut self, plan: &WritePlan, original: &Object) -> Result<bool, ActionError> {
        let row = self.changed_row(plan, original)?;
        let id = fixed_integer(&plan.topic, &row, FixedColumn::Id).unwrap_or_default();
        let version = plan.topic.is_versioned().then(|| fixed_integer(&plan.topic, original, FixedColumn::Version).unwrap_or_default());
        let stored = stored_row(&plan.topic, &row)?;
        self.note_row(&plan.topic, id);
        let updated = self.unit.update(&plan.topic, &stored, version).await?;
        self.recorder.statements(&plan.topic, self.unit);
        if updated == 0 {
            return Ok(false);
        }
        self.recorder.row_change(&plan.topic, Some(original), Some(&row));
        self.log.update_count += 1;
        self.touch(|| Value::Object(row.clone()));
        self.changes.push(RowChange {
            topic: Arc::clone(&plan.topic),
            previous: Some(original.clone()),
            current: Some(row),
            trigger_type: TriggerType::Merge,
            data_id: id,
        });
        Ok(true)
    }

    /// A new row: mapped values, defaults, dates, encryption, fixed columns.
    fn new_row(&self, plan: &WritePlan) -> Result<Object, ActionError> {
        let mut values = Vec::with_capacity(plan.insert_shape.len());
        let mut assist = Object::new();
        for item in &plan.items {
            values.push(self.mapped_value(plan, item, None, &Value::Null, &mut assist)?);
        }
        let mut row = Object::with_shape(Arc::clone(&plan.insert_shape), values);
        self.services.prepare_written(&plan.topic, &mut row, None)?;
        let now = Value::DateTime(whole_seconds(self.services.clock.now()));
        row.insert(FixedColumn::Id.name(), Value::from(self.next_id()?));
        if plan.topic.is_versioned() {
            row.insert(FixedColumn::Version.name(), Value::from(1));
        }
        if plan.averages {
            row.insert(FixedColumn::AggregateAssist.name(), Value::Object(assist));
        }
        row.insert(FixedColumn::TenantId.name(), Value::Text(Arc::clone(&self.origin.tenant_id)));
        row.insert(FixedColumn::InsertTime.name(), now.clone());
        row.insert(FixedColumn::UpdateTime.name(), now);
        Ok(row)
    }

    /// The row that is there with the mapped factors replaced. Stored averages' numbers of other factors are kept (D-13);
    /// only what the mapping or a default produced is encrypted (D-15).
    fn changed_row(&self, plan: &WritePlan, original: &Object) -> Result<Object, ActionError> {
        let mut row = original.clone();
        let stored_assist = original.get(FixedColumn::AggregateAssist.name()).cloned().unwrap_or_default();
        let mut assist = stored_assist.as_object().cloned().unwrap_or_default();
        for item in &plan.items {
            let value = self.mapped_value(plan, item, Some(original), &stored_assist, &mut assist)?;
            match item.column {
                Some(column) => row.set(column, value),
                None => row.insert(Arc::clone(&item.key), value),
            }
        }
        let mapped: Vec<Arc<str>> = plan.items.iter().map(|item| Arc::clone(&item.key)).collect();
        self.services.prepare_written(&plan.topic, &mut row, Some((original, &mapped)))?;
        if plan.topic.is_versioned() {
            let version = fixed_integer(&plan.topic, original, FixedColumn::Version).unwrap_or_default();
            row.insert(FixedColumn::Version.name(), Value::from(version + 1));
        }
        if plan.averages {
            row.insert(FixedColumn::AggregateAssist.name(), Value::Object(assist));
        }
        row.insert(FixedColumn::UpdateTime.name(), Value::DateTime(whole_seconds(self.services.clock.now())));
        Ok(row)
    }

    /// The value of one mapped factor (engine.md §3.8, §3.9).
    fn mapped_value(
        &self,
        plan: &WritePlan,
        item: &MappedFactor,
        original: Option<&Object>,
        stored_assist: &Value,
        assist: &mut Object,
    ) -> Result<Value, ActionError> {
        if item.arithmetic == AggregateArithmetic::None {
            let scope = self.scope();
            let value = item.source.evaluate(&scope)?.into_owned();
            return Ok(crate::value::cast(value, item.factor_type, &self.engine.settings.dates)?);
        }
        let change = Change::of(item.arithmetic, &item.key, original.is_some(), self.memory.previous.is_some(), plan.mode)?;
        let counted = |needed: bool, scope: MemoryScope<'_>| if needed { counted(&*item.source.evaluate(&scope)?) } else { Ok(Decimal::ZERO) };
        let input = AggregateInput {
            factor: &item.key,
            original: original.zip(item.column).and_then(|(row, column)| row.values().get(column)).map_or(Decimal::ZERO, number_or_zero),
            average_count: stored_assist.as_object().and_then(|object| object.get(&item.assist_key)).map_or(Decimal::ZERO, number_or_zero),
            current: counted(change.takes_current(item.arithmetic), self.scope())?,
            previous: counted(change.takes_previous(item.arithmetic), self.scope_before())?,
        };
        let Some(result) = aggregate(item.arithmetic, change, &input)? else { return Ok(Value::Null) };
        if let Some(count) = result.average_count {
            assist.insert(Arc::clone(&item.assist_key), Value::Number(count));
        }
        Ok(Value::Number(result.value))
    }

    /// The next id; the action fails when none can be drawn.
    pub(crate) fn next_id(&self) -> Result<i64, ActionError> {
        Ok(self.services.ids.next_id()?)
    }
}
