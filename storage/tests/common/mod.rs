//! Topics and rows that the tests of this crate share.

use std::sync::Arc;

use chrono::NaiveDate;
use nightowl_core::compile::TopicPlan;
use nightowl_core::model::{Problems, Topic};
use nightowl_core::port::{Criterion, Query};
use nightowl_core::value::{DateFormats, Value};

/// A topic of tenant 1 from its wire JSON.
pub(crate) fn topic(json: &serde_json::Value) -> Arc<TopicPlan> {
    let mut problems = Problems::default();
    let topic = Topic::read(json, &mut problems).unwrap();
    Arc::new(TopicPlan::compile(&topic, "1", &DateFormats::default(), &mut problems))
}

/// Policies: a unique code, an amount, a note.
pub(crate) fn policies() -> Arc<TopicPlan> {
    topic(&serde_json::json!({
        "topicId": "7", "name": "policy", "type": "distinct", "kind": "business", "tenantId": "1",
        "factors": [
            {"factorId": "1", "name": "code", "type": "text", "precision": "20", "indexGroup": "u-1"},
            {"factorId": "2", "name": "amount", "type": "number"},
            {"factorId": "3", "name": "note", "type": "text"}
        ]
    }))
}

/// A row of [`policies`].
pub(crate) fn policy(id: i64, code: &str, amount: i64) -> Vec<Value> {
    let now = Value::DateTime(NaiveDate::from_ymd_opt(2026, 1, 2).unwrap().and_hms_opt(3, 4, 5).unwrap());
    vec![id.into(), code.into(), amount.into(), Value::Null, "1".into(), now.clone(), now]
}

/// All rows of a topic.
pub(crate) fn all(topic: &Arc<TopicPlan>) -> Query<'_> {
    Query { topic, tenant_id: "1", criterion: Criterion::Always(true), limit: 1_000, lock: false }
}
