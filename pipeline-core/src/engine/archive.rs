//! Rows of topics in stores of objects as they are handed over (storage.md §18): with what led to them, so that a crash loses
//! none of them. A row is written at its own key, so that writing it twice changes nothing.

use serde_json::{Value as Json, json};

use super::context::Origin;
use super::write::fixed_integer;
use crate::compile::{FixedColumn, TopicPlan};
use crate::port::{PendingKind, PendingWork, StoreError, UnitOfWork};
use crate::value::{Object, Value, json as value_json};

/// A row that was handed over.
#[derive(Debug, Clone, PartialEq)]
pub struct ArchivedRow {
    /// The topic, as it was then.
    pub topic_id: String,
    /// Its name, which is part of the row's key.
    pub topic: String,
    /// The data source, as it was then.
    pub data_source_id: String,
    /// The row by the names of its columns.
    pub row: Object,
}

/// Hands a row over inside the open transaction. `stored` are the values in the order of the topic's columns.
pub(crate) async fn hand_over(
    unit: &mut dyn UnitOfWork,
    origin: &Origin,
    topic: &TopicPlan,
    data_source_id: &str,
    stored: &[Value],
    pending_id: i64,
) -> Result<(), StoreError> {
    let row: Object = topic.columns.iter().zip(stored).map(|(column, value)| (column.name.as_str(), value.clone())).collect();
    let work = PendingWork {
        pending_id,
        kind: PendingKind::Archive,
        tenant_id: origin.tenant_id.to_string(),
        trace_id: origin.trace_id.to_string(),
        trigger_id: origin.trigger_id,
        ordinal: fixed_integer(topic, &row, FixedColumn::Id).unwrap_or_default(),
        body: write(topic, data_source_id, row),
        attempts: 0,
    };
    unit.insert_pending(&work).await
}

/// The stored form, format 1.
fn write(topic: &TopicPlan, data_source_id: &str, row: Object) -> String {
    let row = value_json::to_tagged(&Value::Object(row));
    json!({"format": 1, "topicId": &*topic.topic_id, "topic": &*topic.name, "dataSourceId": data_source_id, "row": row}).to_string()
}

impl ArchivedRow {
    /// Reads the stored form; the error says what is wrong with it, without its data.
    pub fn read(body: &str) -> Result<Self, String> {
        let body: Json = serde_json::from_str(body).map_err(|error| format!("it is no JSON: {error}"))?;
        if body.get("format").and_then(Json::as_i64) != Some(1) {
            return Err("it has a format that this version does not know".to_owned());
        }
        let text = |key: &str| body.get(key).and_then(Json::as_str).map(str::to_owned).ok_or_else(|| format!("it has no {key}"));
        match body.get("row").map(value_json::from_tagged) {
            Some(Ok(Value::Object(row))) => Ok(Self { topic_id: text("topicId")?, topic: text("topic")?, data_source_id: text("dataSourceId")?, row }),
            _ => Err("its row is no object".to_owned()),
        }
    }
}
