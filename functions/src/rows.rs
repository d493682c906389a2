//! Rows of a topic as JSON documents (surface.md §21, `rows`).

use std::sync::Arc;

use nightowl_core::compile::TopicPlan;
use nightowl_core::engine::aligned_equals;
use nightowl_core::model::{TopicKind, TopicType};
use nightowl_core::port::{Comparison, Criterion, Operand, Query, TopicRows as _};
use nightowl_core::value::{Decimal, JsonStyle, Object, Value, json};
use nightowl_storage::sql::SqlUnitOfWork;
use serde_json::{Map, Value as Json};

use crate::node::{Node, NodeError};

/// How many rows are read at once.
const PAGE: usize = 1000;
/// Numbers above it are shown as texts (surface.md §21).
const LARGEST_NUMBER: i64 = 999_999_999_999_999;

/// Which rows of which topic.
#[derive(Debug, Clone, Default)]
pub struct RowsQuery {
    /// The tenant.
    pub tenant_id: String,
    /// The topic's name.
    pub topic: String,
    /// Factors and the values that they have to equal.
    pub equals: Vec<(String, String)>,
    /// At most so many rows.
    pub limit: Option<usize>,
    /// Whether fixed columns are shown.
    pub fixed: bool,
}

/// Why rows can not be shown.
#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    /// The node failed.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// The topic is not there.
    #[error("there is no topic \"{0}\"; topic names are case-sensitive")]
    TopicUnknown(String),
    /// The topic is only written.
    #[error("topic \"{0}\" lies in a store of objects, which is only written; look at its objects there")]
    OnlyWritten(String),
    /// The factor is not there.
    #[error("topic \"{topic}\" has no factor \"{factor}\" with a column")]
    FactorUnknown {
        /// The topic.
        topic: String,
        /// The factor.
        factor: String,
    },
}

/// Reads rows in the order of `id_`, page by page, and hands each one on.
pub async fn read_rows<E: From<RowsError>>(node: &Node, query: &RowsQuery, mut each: impl FnMut(Json) -> Result<(), E>) -> Result<(), E> {
    let tenant = node.catalogs.of(&query.tenant_id).await.map_err(RowsError::from)?;
    let topic = tenant.catalog.topic_by_name(&query.topic).ok_or_else(|| RowsError::TopicUnknown(query.topic.clone()))?;
    if topic.archive.is_some() {
        return Err(RowsError::OnlyWritten(query.topic.clone()).into());
    }
    let source = tenant.data_source(topic.data_source_id.as_deref()).map_err(RowsError::from)?;
    let store = node.stores.of(source).await.map_err(RowsError::from)?;
    let criteria = criteria(node, topic, query)?;
    let (mut after, mut left) = (None, query.limit.unwrap_or(usize::MAX));
    while left > 0 {
        // The rows of a synonym have no order to go on in, so they are one page.
        let page = if topic.kind == TopicKind::Synonym { node.engine.settings.limits.max_rows_read } else { PAGE };
        let (topic_plan, tenant_id, limit) = (Arc::clone(topic), query.tenant_id.clone(), left.min(page));
        let criterion = page_criterion(topic, &criteria, after);
        let rows = store.store.read(move |session| {
            Box::pin(async move {
                let mut unit = SqlUnitOfWork::new(session);
                unit.find(&Query { topic: &topic_plan, tenant_id: &tenant_id, criterion, limit, lock: false }).await
            })
        });
        let rows = rows.await.and_then(|rows| rows).map_err(|error| RowsError::Node(error.into()))?;
        let count = rows.len();
        for row in rows {
            after = row.get("id_").and_then(Value::as_number).and_then(Decimal::to_i64);
            each(document(topic, &row, query.fixed))?;
        }
        left = left.saturating_sub(count);
        if count < limit || after.is_none() {
            break;
        }
    }
    Ok(())
}

fn criteria(node: &Node, topic: &TopicPlan, query: &RowsQuery) -> Result<Vec<Criterion>, RowsError> {
    let unknown = |factor: &str| RowsError::FactorUnknown { topic: query.topic.clone(), factor: factor.to_owned() };
    query
        .equals
        .iter()
        .map(|(factor, value)| {
            let column = topic.columns.iter().position(|column| &*column.key == factor.as_str()).ok_or_else(|| unknown(factor))?;
            Ok(aligned_equals(topic, column, &Value::from(value.as_str()), &node.engine.settings.dates))
        })
        .collect()
}

/// The criteria with the rows that come after the last one.
fn page_criterion(topic: &TopicPlan, criteria: &[Criterion], after: Option<i64>) -> Criterion {
    let mut all = criteria.to_vec();
    if let (Some(after), Some(column)) = (after, topic.columns.iter().position(|column| column.name == "id_")) {
        all.push(Criterion::Compare { left: Operand::Column(column), comparison: Comparison::More, right: Operand::Value(Value::from(after)) });
    }
    match all.len() {
        0 => Criterion::Always(true),
        1 => all.pop().unwrap_or(Criterion::Always(true)),
        _ => Criterion::All(all),
    }
}

/// The value of a factor's column: whole numbers beyond what a double holds exactly are texts.
fn column_json(value: &Value) -> Json {
    match value {
        Value::Number(number) if number.abs() > Decimal::from(LARGEST_NUMBER) => Json::String(number.normalized().to_string()),
        other => json::to_json(other, JsonStyle::Wire),
    }
}

/// A row as JSON: factors in their order, of raw topics the document; fixed columns where they are asked for, ids as texts.
pub fn document(topic: &TopicPlan, row: &Object, fixed: bool) -> Json {
    let mut shown = Map::new();
    if topic.topic_type == TopicType::Raw && topic.kind != TopicKind::Synonym {
        if let Some(Value::Object(data)) = row.get("data_") {
            shown.extend(data.iter().map(|(name, value)| (name.to_string(), json::to_json(value, JsonStyle::Wire))));
        }
    } else {
        let factors = topic.columns.iter().zip(row.values()).filter(|(column, _)| column.fixed.is_none());
        shown.extend(factors.map(|(column, value)| (column.key.to_string(), column_json(value))));
    }
    if fixed {
        for (column, value) in topic.columns.iter().zip(row.values()).filter(|(column, _)| column.fixed.is_some() && column.name != "data_") {
            let value = match (column.name.as_str(), value) {
                ("id_", Value::Number(id)) => Json::String(id.to_string()),
                _ => json::to_json(value, JsonStyle::Wire),
            };
            shown.insert(column.key.to_string(), value);
        }
    }
    Json::Object(shown)
}
