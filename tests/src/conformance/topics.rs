//! The topics of the suite, and rows of them.

use std::sync::{Arc, LazyLock};

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use nightowl_core::compile::TopicPlan;
use nightowl_core::model::{Problems, Topic};
use nightowl_core::port::{Comparison, Criterion, Operand, Query, UnitOfWork};
use nightowl_core::value::{DateFormats, Object, Value};
use serde_json::{Value as Json, json};

/// The tenant of the suite.
pub const TENANT: &str = "1";

fn compile(json: &Json) -> Arc<TopicPlan> {
    let mut problems = Problems::default();
    let topic = Topic::read(json, &mut problems).unwrap();
    Arc::new(TopicPlan::compile(&topic, topic.tenant_id.as_deref().unwrap_or(TENANT), &DateFormats::default(), &mut problems))
}

fn topic(id: &str, name: &str, topic_type: &str, factors: &[(&str, &str, &str, &str)]) -> Arc<TopicPlan> {
    let factors: Vec<Json> = factors
        .iter()
        .enumerate()
        .map(|(position, (name, factor_type, precision, index))| {
            json!({
                "factorId": format!("{id}{position}"), "name": name, "type": factor_type, "flatten": true,
                "precision": (!precision.is_empty()).then_some(precision), "indexGroup": (!index.is_empty()).then_some(index),
            })
        })
        .collect();
    compile(&json!({"topicId": id, "name": name, "type": topic_type, "kind": "business", "tenantId": TENANT, "factors": factors}))
}

/// One factor of every kind of column.
pub static KINDS: LazyLock<Arc<TopicPlan>> = LazyLock::new(|| {
    topic(
        "10",
        "kinds",
        "distinct",
        &[
            ("serial", "sequence", "", ""),
            ("small", "year", "", ""),
            ("amount", "number", "", ""),
            ("money", "number", "18,2", ""),
            ("text", "text", "", ""),
            ("day", "date", "", ""),
            ("at", "datetime", "", ""),
            ("moment", "full-datetime", "", ""),
            ("time", "time", "", ""),
            ("flag", "boolean", "", ""),
            ("document", "object", "", ""),
        ],
    )
});

/// A unique key of two factors, and a plain index.
pub static POLICIES: LazyLock<Arc<TopicPlan>> =
    LazyLock::new(|| topic("11", "policy", "distinct", &[("code", "text", "20", "u-1"), ("part", "number", "9,0", "u-1"), ("note", "text", "", "i-1")]));

/// An aggregation topic: versioned.
pub static TOTALS: LazyLock<Arc<TopicPlan>> = LazyLock::new(|| topic("12", "total", "aggregate", &[("key", "text", "", "u-1"), ("sum", "number", "", "")]));

/// A raw topic: a document, and one flattened factor.
pub static ORDERS: LazyLock<Arc<TopicPlan>> = LazyLock::new(|| topic("13", "order_in", "raw", &[("orderNo", "text", "40", "")]));

/// A topic that shares its table with [`SHARED_B`].
pub static SHARED_A: LazyLock<Arc<TopicPlan>> = LazyLock::new(|| topic("14", "shared", "distinct", &[("both", "text", "", ""), ("only_a", "text", "", "")]));

/// See [`SHARED_A`].
pub static SHARED_B: LazyLock<Arc<TopicPlan>> = LazyLock::new(|| topic("15", "shared", "distinct", &[("only_b", "number", "", ""), ("both", "text", "", "")]));

/// All topics of the suite.
pub fn all() -> Vec<Arc<TopicPlan>> {
    [&KINDS, &POLICIES, &TOTALS, &ORDERS, &SHARED_A, &SHARED_B].into_iter().map(|topic| Arc::clone(topic)).collect()
}

/// A row of the suite's tenant; what is not named is null.
pub fn row(topic: &TopicPlan, id: i64, values: &[(&str, Value)]) -> Vec<Value> {
    row_of(topic, TENANT, id, values)
}

/// A row of a tenant.
pub fn row_of(topic: &TopicPlan, tenant_id: &str, id: i64, values: &[(&str, Value)]) -> Vec<Value> {
    topic
        .columns
        .iter()
        .map(|column| match (&*column.key, values.iter().find(|(name, _)| *name == &*column.key)) {
            (_, Some((_, value))) => value.clone(),
            ("id_", None) => Value::from(id),
            ("tenant_id_", None) => Value::from(tenant_id),
            ("version_", None) => Value::from(1),
            ("insert_time_" | "update_time_", None) => datetime("2026-01-02 03:04:05"),
            _ => Value::Null,
        })
        .collect()
}

/// Inserts rows.
pub async fn insert(unit: &mut dyn UnitOfWork, topic: &TopicPlan, rows: &[(i64, &[(&str, Value)])]) {
    for (id, values) in rows {
        unit.insert(topic, &row(topic, *id, values)).await.unwrap();
    }
}

/// The column of a factor or fixed column.
pub fn column(topic: &TopicPlan, key: &str) -> Operand {
    Operand::Column(topic.columns.iter().position(|column| &*column.key == key).unwrap())
}

/// A comparison of a column with a value.
pub fn compare(topic: &TopicPlan, key: &str, comparison: Comparison, value: impl Into<Value>) -> Criterion {
    Criterion::Compare { left: column(topic, key), comparison, right: Operand::Value(value.into()) }
}

/// `key = value`.
pub fn equals(topic: &TopicPlan, key: &str, value: impl Into<Value>) -> Criterion {
    compare(topic, key, Comparison::Equals, value)
}

/// A query of the suite's tenant.
pub fn query(topic: &Arc<TopicPlan>, criterion: Criterion) -> Query<'_> {
    Query { topic, tenant_id: TENANT, criterion, limit: 100_000, lock: false }
}

/// The rows that match.
pub async fn find(unit: &mut dyn UnitOfWork, topic: &Arc<TopicPlan>, criterion: Criterion) -> Vec<Object> {
    unit.find(&query(topic, criterion)).await.unwrap()
}

/// The ids of the rows that match.
pub async fn ids(unit: &mut dyn UnitOfWork, topic: &Arc<TopicPlan>, criterion: Criterion) -> Vec<i64> {
    find(unit, topic, criterion).await.iter().map(|row| row.get("id_").unwrap().as_number().unwrap().to_i64().unwrap()).collect()
}

/// All ids.
pub async fn all_ids(unit: &mut dyn UnitOfWork, topic: &Arc<TopicPlan>) -> Vec<i64> {
    ids(unit, topic, Criterion::Always(true)).await
}

/// A number of its digits.
pub fn number(text: &str) -> Value {
    Value::Number(text.parse().unwrap())
}

/// A day.
pub fn date(text: &str) -> Value {
    Value::Date(NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap())
}

/// A moment.
pub fn datetime(text: &str) -> Value {
    Value::DateTime(NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").unwrap())
}

/// A time of day.
pub fn time(text: &str) -> Value {
    Value::Time(NaiveTime::parse_from_str(text, "%H:%M:%S%.f").unwrap())
}
