//! Tables of topics: made, extended, shared, refused (storage.md §11.6–§11.8).

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

mod common;

use std::sync::Arc;

use nightowl_core::compile::TopicPlan;
use nightowl_core::port::{Criterion, Query, StoreError, TopicRows};
use nightowl_core::value::{Value, text_form};
use nightowl_storage::sql::SqlUnitOfWork;
use nightowl_storage::sql::structure::{self, Change, Outcome, StructureStep, SyncMode};
use nightowl_storage::sql::tables;
use nightowl_storage::{Store, StoreOptions};
use serde_json::json;

use common::{all, policies, policy, topic};

fn store() -> Store {
    Store::open("sqlite::memory:", &StoreOptions::default()).unwrap()
}

async fn apply(store: &Store, topics: &[&Arc<TopicPlan>], mode: SyncMode) -> Result<Vec<StructureStep>, StoreError> {
    let topics: Vec<Arc<TopicPlan>> = topics.iter().map(|topic| Arc::clone(topic)).collect();
    let job = store.write(move |session| {
        Box::pin(async move {
            let plans: Vec<&TopicPlan> = topics.iter().map(AsRef::as_ref).collect();
            let planned = structure::plan(session, &plans, mode).await?.checked()?.steps;
            let taken = structure::apply(session, &plans, mode).await?.checked()?.steps;
            assert_eq!(planned.iter().map(|step| &step.change).collect::<Vec<_>>(), taken.iter().map(|step| &step.change).collect::<Vec<_>>());
            assert!(planned.iter().all(|step| step.outcome == Outcome::Planned));
            Ok(taken)
        })
    });
    job.await.unwrap()
}

async fn insert(store: &Store, topic: &Arc<TopicPlan>, row: Vec<Value>) -> Result<(), StoreError> {
    let topic = Arc::clone(topic);
    store.write(move |session| Box::pin(async move { SqlUnitOfWork::new(session).insert(&topic, &row).await })).await.unwrap()
}

/// A topic of tenant 1 or 2 on table `topic_shared`.
fn sharing(id: &str, factors: &serde_json::Value) -> Arc<TopicPlan> {
    topic(&json!({"topicId": id, "name": "shared", "type": "meta", "kind": "business", "factors": factors}))
}

fn row(topic: &TopicPlan, id: i64, first: Value) -> Vec<Value> {
    let mut row = vec![Value::Null; topic.columns.len()];
    row[0] = id.into();
    row[1] = first;
    row[topic.columns.len() - 3] = "1".into();
    row
}

async fn first_texts(store: &Store, topic: &Arc<TopicPlan>) -> Vec<String> {
    let topic = Arc::clone(topic);
    let job = store.read(move |session| {
        Box::pin(async move {
            let query = Query { topic: &topic, tenant_id: "1", criterion: Criterion::Always(true), limit: 10, lock: false };
            let rows = SqlUnitOfWork::new(session).find(&query).await.unwrap();
            rows.iter().map(|row| text_form(&row.values()[1]).into_owned()).collect()
        })
    });
    job.await.unwrap()
}

#[tokio::test]
async fn what_is_there_is_not_made_again() {
    let store = store();
    let steps = apply(&store, &[&policies()], SyncMode::Safe).await.unwrap();
    assert_eq!(steps[0].change, Change::CreateTable);
    assert_eq!(
        steps[0].statements,
        ["CREATE TABLE \"topic_policy\" (\"id_\" INTEGER PRIMARY KEY, \"code\" TEXT, \"amount\" TEXT, \"note\" TEXT, \"tenant_id_\" TEXT, \
          \"insert_time_\" TEXT, \"update_time_\" TEXT) STRICT"]
    );
    assert_eq!(steps[1].statements, ["CREATE UNIQUE INDEX \"u_topic_policy_1\" ON \"topic_policy\" (\"tenant_id_\", \"code\")"]);
    assert_eq!(steps.len(), 5);
    assert!(steps.iter().all(|step| step.outcome == Outcome::Done));
    assert!(apply(&store, &[&policies()], SyncMode::Safe).await.unwrap().is_empty());
    assert!(apply(&store, &[&policies()], SyncMode::Off).await.unwrap().is_empty());
    let policies = policies();
    insert(&store, &policies, policy(1, "A", 5)).await.unwrap();
    let found = store.read(move |session| Box::pin(async move { SqlUnitOfWork::new(session).find(&all(&policies)).await.unwrap().len() }));
    assert_eq!(found.await.unwrap(), 1);
}

#[tokio::test]
async fn columns_are_added_and_indexes_follow() {
    let store = store();
    apply(&store, &[&sharing("1", &json!([{"factorId": "1", "name": "a", "type": "text", "indexGroup": "i-1"}]))], SyncMode::Safe).await.unwrap();
    let more = sharing(
        "1",
        &json!([{"factorId": "2", "name": "b", "type": "number", "indexGroup": "i-1"}, {"factorId": "1", "name": "a", "type": "text", "indexGroup": "i-1"}]),
    );
    assert!(apply(&store, &[&more], SyncMode::Off).await.is_err(), "mode off names what is missing");
    let changes: Vec<Change> = apply(&store, &[&more], SyncMode::Safe).await.unwrap().into_iter().map(|step| step.change).collect();
    let index = "i_topic_shared_1".to_owned();
    assert_eq!(
        changes,
        [Change::DropIndex { index: index.clone() }, Change::AddColumn { column: "b".to_owned() }, Change::CreateIndex { index, unique: false }]
    );
    insert(&store, &more, row(&more, 1, 5.into())).await.unwrap();
}

#[tokio::test]
async fn a_larger_scale_rewrites_the_column() {
    let store = store();
    let narrow = sharing("1", &json!([{"factorId": "1", "name": "a", "type": "number", "precision": "9,0"}]));
    let wide = sharing("1", &json!([{"factorId": "1", "name": "a", "type": "number", "precision": "9,2"}]));
    apply(&store, &[&narrow], SyncMode::Safe).await.unwrap();
    insert(&store, &narrow, row(&narrow, 1, (-12).into())).await.unwrap();
    let steps = apply(&store, &[&wide], SyncMode::Safe).await.unwrap();
    assert!(matches!(&steps[..], [StructureStep { change: Change::ChangeColumn { .. }, .. }]), "{steps:?}");
    assert_eq!(first_texts(&store, &wide).await, ["-12.00"]);
}

#[tokio::test]
async fn what_would_lose_values_needs_force() {
    let store = store();
    let text = sharing("1", &json!([{"factorId": "1", "name": "a", "type": "text", "indexGroup": "u-1"}]));
    let number = sharing("1", &json!([{"factorId": "1", "name": "a", "type": "sequence", "indexGroup": "u-1"}]));
    apply(&store, &[&text], SyncMode::Safe).await.unwrap();
    insert(&store, &text, row(&text, 1, "x".into())).await.unwrap();
    let refused = apply(&store, &[&number], SyncMode::Safe).await.unwrap_err();
    assert!(matches!(&refused, StoreError::WouldLoseData { table, .. } if table == "topic_shared"), "{refused:?}");
    assert_eq!(first_texts(&store, &text).await, ["x"]);
    apply(&store, &[&number], SyncMode::Force).await.unwrap();
    assert_eq!(first_texts(&store, &number).await, [""]);
    insert(&store, &number, row(&number, 2, 7.into())).await.unwrap();
    assert!(matches!(insert(&store, &number, row(&number, 3, 7.into())).await, Err(StoreError::InsertConflict { .. })));
}

#[tokio::test]
async fn topics_share_a_table_where_they_agree() {
    let store = store();
    let first = sharing("1", &json!([{"factorId": "1", "name": "a", "type": "text"}]));
    apply(&store, &[&first], SyncMode::Safe).await.unwrap();
    let second = sharing("2", &json!([{"factorId": "1", "name": "a", "type": "text"}, {"factorId": "2", "name": "b", "type": "date"}]));
    let steps = apply(&store, &[&second], SyncMode::Safe).await.unwrap();
    assert_eq!(steps.len(), 1);
    let other_type = sharing("3", &json!([{"factorId": "1", "name": "b", "type": "text"}]));
    let unique = sharing("3", &json!([{"factorId": "1", "name": "a", "type": "text", "indexGroup": "u-1"}]));
    for refused in [other_type, unique] {
        let error = apply(&store, &[&refused], SyncMode::Force).await.unwrap_err();
        assert!(matches!(error, StoreError::TableConflict { .. }), "{error:?}");
    }
    assert!(apply(&store, &[&first, &second], SyncMode::Safe).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_unique_index_that_rows_violate_is_left_out_and_told() {
    let store = store();
    let plain = sharing("1", &json!([{"factorId": "1", "name": "a", "type": "text"}]));
    let unique = sharing("1", &json!([{"factorId": "1", "name": "a", "type": "text", "indexGroup": "u-1"}]));
    apply(&store, &[&plain], SyncMode::Safe).await.unwrap();
    for id in [1, 2] {
        insert(&store, &plain, row(&plain, id, "same".into())).await.unwrap();
    }
    for _ in 0..2 {
        let steps = apply(&store, &[&unique], SyncMode::Safe).await.unwrap();
        assert!(matches!(&steps[..], [StructureStep { outcome: Outcome::Skipped { .. }, .. }]), "{steps:?}");
    }
    insert(&store, &unique, row(&unique, 3, "same".into())).await.unwrap();
}

#[tokio::test]
async fn tables_of_ours_are_made_once() {
    let store = store();
    let job = store.write(|session| {
        Box::pin(async move {
            let missing = tables::missing_steps(session).await.unwrap();
            let taken = tables::prepare(session).await.unwrap();
            assert_eq!(missing, taken);
            // nine tables, an index and a column that came later
            assert_eq!(taken.len(), 11);
            assert!(tables::prepare(session).await.unwrap().is_empty());
        })
    });
    job.await.unwrap();
}
