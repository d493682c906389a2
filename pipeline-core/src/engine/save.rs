//! Saving the row of a trigger (engine.md §2.4–§2.6, storage.md §12).

use std::sync::Arc;

use super::archive;
use super::context::{Origin, RowChange, RunContext};
use super::keyed::Resolved;
use super::prepare::Ids;
use super::write::{fixed_integer, stored_row, whole_seconds};
use super::{Engine, Services, TriggerError, TriggerRequest};
use crate::compile::{Catalog, FixedColumn, TopicPlan};
use crate::model::builtin::is_built_in;
use crate::model::{TopicKind, TopicType, TriggerType};
use crate::port::{Comparison, Criterion, Operand, Query, StoreError, UnitOfWork};
use crate::value::{Object, Value};

/// The keys that are taken out of incoming data.
const RESERVED: [&str; 6] = ["id_", "aggregate_assist_", "version_", "tenant_id_", "insert_time_", "update_time_"];
/// The data id of synonym topics.
const NO_ROW: i64 = -1;

/// A saved row.
#[derive(Debug)]
pub(crate) struct Saved {
    /// Its topic.
    pub topic: Arc<TopicPlan>,
    /// What was asked for, or what that came to.
    pub trigger_type: TriggerType,
    /// What was done with the row; nothing where a change of a row elsewhere had nothing to change here.
    pub change: Option<RowChange>,
}

impl Saved {
    /// How many pieces of work its row handed over.
    pub(crate) fn handed_over(&self) -> usize {
        usize::from(self.topic.archive.is_some() && self.change.is_some())
    }

    /// The runs that it leads to.
    pub(crate) fn runs(&self, catalog: &Catalog) -> Vec<RunContext> {
        self.change.as_ref().map(|change| change.runs(catalog, 0)).unwrap_or_default()
    }
}

/// A row that is being saved.
pub(super) struct Saving<'a> {
    engine: &'a Engine,
    pub(super) services: &'a Services<'a>,
    pub(super) request: &'a TriggerRequest,
    origin: &'a Origin,
    pub(super) topic: &'a Arc<TopicPlan>,
    trigger_type: TriggerType,
}

impl Engine {
    /// Prepares the data of a trigger and saves it.
    pub(crate) async fn save(
        &self,
        services: &Services<'_>,
        unit: &mut dyn UnitOfWork,
        request: &TriggerRequest,
        origin: &Origin,
    ) -> Result<Saved, TriggerError> {
        let topic = request.catalog.topic_by_name(&request.code).ok_or_else(|| TriggerError::TopicNotFound { code: request.code.to_string() })?;
        if !topic.has_data_source() && is_built_in(&topic.name, topic.kind) {
            return Err(TriggerError::TopicWithoutDataSource { topic: topic.name.to_string() });
        }
        let mut data = request.data.clone();
        let id = row_id(&data);
        let trigger_type = match (request.trigger_type, &id) {
            (TriggerType::InsertOrMerge, Some(_)) => TriggerType::Merge,
            (TriggerType::InsertOrMerge, None) => TriggerType::Insert,
            (given, _) => given,
        };
        let mut saving = Saving { engine: self, services, request, origin, topic, trigger_type };
        if topic.archive.is_some() && (trigger_type != TriggerType::Insert || request.keyed.is_some()) {
            return Err(TriggerError::OnlyWritten { topic: topic.name.to_string(), doing: trigger_type.as_str() });
        }
        if topic.kind == TopicKind::Synonym && request.trigger_type != TriggerType::Insert {
            return Err(TriggerError::TypeNotAllowed { topic: topic.name.to_string(), trigger_type: request.trigger_type.as_str() });
        }
        let prepared = services.prepare_trigger(topic, &mut data, &mut Ids::new(&*self.ids));
        prepared.map_err(|source| TriggerError::Preparation { topic: topic.name.to_string(), source })?;
        for key in RESERVED {
            data.remove(key);
        }
        if topic.kind == TopicKind::Synonym {
            return Ok(saving.saved(Some(saving.change(None, Some(data), NO_ROW))));
        }
        if let Some(keyed) = &request.keyed {
            let resolved = saving.resolve(unit, keyed, data).await?;
            saving.trigger_type = resolved.trigger_type();
            let change = match resolved {
                Resolved::Nothing => None,
                Resolved::Insert(data) => Some(saving.insert(unit, data).await?),
                Resolved::Merge { id, stored, data } => Some(saving.replace(unit, data, id, stored).await?),
                Resolved::Delete { id, stored } => Some(saving.remove(unit, id, stored).await?),
            };
            return Ok(saving.saved(change));
        }
        let change = match trigger_type {
            TriggerType::Insert | TriggerType::InsertOrMerge => saving.insert(unit, data).await?,
            TriggerType::Merge => saving.merge(unit, data, saving.needed_id(id)?).await?,
            TriggerType::Delete => saving.delete(unit, saving.needed_id(id)?).await?,
        };
        Ok(saving.saved(Some(change)))
    }
}

/// `id_` at the top level of the data, as a number or as its text.
fn row_id(data: &Object) -> Option<i64> {
    match data.get("id_")? {
        Value::Number(number) => number.to_i64(),
        Value::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}

impl Saving<'_> {
    fn change(&self, previous: Option<Object>, current: Option<Object>, data_id: i64) -> RowChange {
        RowChange { topic: Arc::clone(self.topic), previous, current, trigger_type: self.trigger_type, data_id }
    }

    fn saved(&self, change: Option<RowChange>) -> Saved {
        Saved { topic: Arc::clone(self.topic), trigger_type: self.trigger_type, change }
    }

    fn needed_id(&self, id: Option<i64>) -> Result<i64, TriggerError> {
        id.ok_or_else(|| TriggerError::DataIdMissing { topic: self.topic.name.to_string(), trigger_type: self.trigger_type.as_str() })
    }

    pub(super) fn failed(&self, source: StoreError) -> TriggerError {
        use crate::error::{Coded, ErrorClass};
        match source.class() {
            ErrorClass::Reject => TriggerError::Saving { topic: self.topic.name.to_string(), source },
            ErrorClass::Retry | ErrorClass::Fatal | ErrorClass::Bug => TriggerError::Store(source),
        }
    }

    fn not_found(&self, id: i64) -> TriggerError {
        TriggerError::RowNotFound { topic: self.topic.name.to_string(), trigger_type: self.trigger_type.as_str(), id }
    }

    async fn insert(&self, unit: &mut dyn UnitOfWork, data: Object) -> Result<RowChange, TriggerError> {
        let id = self.engine.ids.next_id()?;
        let now = Value::DateTime(whole_seconds(self.services.clock.now()));
        let version = self.topic.is_versioned().then_some(1);
        let (row, current) = self.wrap(data, id, now.clone(), now, version, None);
        let stored = stored_row(self.topic, &row).map_err(|error| self.failed(error))?;
        let inserted = match &self.topic.archive {
            None => unit.insert(self.topic, &stored).await,
            Some(archive) => archive::hand_over(unit, self.origin, self.topic, archive, &stored, self.engine.ids.next_id()?).await,
        };
        inserted.map_err(|error| self.failed(error))?;
        Ok(self.change(None, Some(current), id))
    }

    /// A full replacement: factors that the data do not name become null; `aggregate_assist_` is kept (D-13).
    async fn merge(&self, unit: &mut dyn UnitOfWork, data: Object, id: i64) -> Result<RowChange, TriggerError> {
        let stored = self.stored(unit, id).await?;
        self.replace(unit, data, id, stored).await
    }

    async fn replace(&self, unit: &mut dyn UnitOfWork, data: Object, id: i64, stored: Object) -> Result<RowChange, TriggerError> {
        let inserted_at = stored.get(FixedColumn::InsertTime.name()).cloned().unwrap_or_default();
        let now = Value::DateTime(whole_seconds(self.services.clock.now()));
        let version = self.topic.is_versioned().then(|| fixed_integer(self.topic, &stored, FixedColumn::Version).unwrap_or_default());
        let assist = stored.get(FixedColumn::AggregateAssist.name()).filter(|assist| !assist.is_null()).cloned();
        let (row, current) = self.wrap(data, id, inserted_at, now, version.map(|version| version + 1), assist);
        let values = stored_row(self.topic, &row).map_err(|error| self.failed(error))?;
        let updated = unit.update(self.topic, &values, version).await.map_err(|error| self.failed(error))?;
        if updated == 0 {
            return Err(match version {
                Some(_) => {
                    TriggerError::Store(StoreError::SerializationFailure { reason: format!("row {id} of \"{}\" was changed in between", self.topic.table) })
                }
                None => self.not_found(id),
            });
        }
        Ok(self.change(Some(trigger_data(self.topic, stored)), Some(current), id))
    }

    async fn delete(&self, unit: &mut dyn UnitOfWork, id: i64) -> Result<RowChange, TriggerError> {
        let stored = self.stored(unit, id).await?;
        self.remove(unit, id, stored).await
    }

    async fn remove(&self, unit: &mut dyn UnitOfWork, id: i64, stored: Object) -> Result<RowChange, TriggerError> {
        let deleted = unit.delete(self.topic, &self.request.tenant_id, id, None).await.map_err(|error| self.failed(error))?;
        if deleted == 0 {
            return Err(self.not_found(id));
        }
        Ok(self.change(Some(trigger_data(self.topic, stored)), None, id))
    }

    /// The row as it is stored.
    async fn stored(&self, unit: &mut dyn UnitOfWork, id: i64) -> Result<Object, TriggerError> {
        let column = self.topic.fixed(FixedColumn::Id).unwrap_or_default();
        let criterion = Criterion::Compare { left: Operand::Column(column), comparison: Comparison::Equals, right: Operand::Value(Value::from(id)) };
        let query = Query { topic: self.topic, tenant_id: &self.request.tenant_id, criterion, limit: 1, lock: true };
        let mut rows = unit.find(&query).await.map_err(|error| self.failed(error))?;
        rows.pop().ok_or_else(|| self.not_found(id))
    }

    /// The row that is stored, and the trigger data that pipelines see as current (engine.md §2.6).
    fn wrap(&self, mut data: Object, id: i64, inserted_at: Value, updated_at: Value, version: Option<i64>, assist: Option<Value>) -> (Object, Object) {
        let fixed = [
            (FixedColumn::Id, Some(Value::from(id))),
            (FixedColumn::Version, version.map(Value::from)),
            (FixedColumn::AggregateAssist, assist),
            (FixedColumn::TenantId, Some(Value::Text(Arc::clone(&self.request.tenant_id)))),
            (FixedColumn::InsertTime, Some(inserted_at)),
            (FixedColumn::UpdateTime, Some(updated_at)),
        ];
        if self.topic.topic_type != TopicType::Raw {
            for (column, value) in fixed {
                if let Some(value) = value {
                    data.insert(column.name(), value);
                }
            }
            return (data.clone(), data);
        }
        let mut values = vec![Value::Null; self.topic.columns.len()];
        for factor in &self.topic.factors {
            let Some(column) = factor.column else { continue };
            let lifted = if factor.name.contains('.') { data.remove(&factor.name) } else { data.get(&factor.name).cloned() };
            if let (Some(place), Some(value)) = (values.get_mut(column), lifted) {
                *place = value;
            }
        }
        let mut row = Object::with_shape(Arc::clone(&self.topic.row_shape), values);
        row.insert(FixedColumn::Data.name(), Value::Object(data.clone()));
        for (column, value) in fixed {
            if let Some(value) = value.filter(|_| self.topic.fixed(column).is_some()) {
                row.insert(column.name(), value);
            }
        }
        (row, data)
    }
}

/// A stored row as trigger data: of a raw topic the document with four fixed columns, of others the row.
pub fn trigger_data(topic: &TopicPlan, stored: Object) -> Object {
    if topic.topic_type != TopicType::Raw {
        return stored;
    }
    let mut document = stored.get(FixedColumn::Data.name()).and_then(Value::as_object).cloned().unwrap_or_default();
    for column in [FixedColumn::Id, FixedColumn::TenantId, FixedColumn::InsertTime, FixedColumn::UpdateTime] {
        document.insert(column.name(), stored.get(column.name()).cloned().unwrap_or_default());
    }
    document
}
