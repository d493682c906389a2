//! A SQLite store by its handle: jobs, panics, open transactions, readers beside a writer.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use nightowl_core::compile::TopicPlan;
use nightowl_core::port::{StoreError, TopicRows, UnitOfWork};
use nightowl_storage::sql::{SqlUnitOfWork, structure};
use nightowl_storage::{Store, StoreOptions};

use common::{all, policies, policy};

async fn open(url: &str, topic: &Arc<TopicPlan>) -> Store {
    let store = Store::open(url, &StoreOptions::default()).unwrap();
    let topic = Arc::clone(topic);
    store
        .write(move |session| Box::pin(async move { structure::apply(session, &[&topic], structure::SyncMode::Safe).await.unwrap().checked().unwrap() }))
        .await
        .unwrap();
    store
}

async fn insert(store: &Store, topic: &Arc<TopicPlan>, id: i64, code: &'static str) -> Result<(), StoreError> {
    let topic = Arc::clone(topic);
    store.write(move |session| Box::pin(async move { SqlUnitOfWork::new(session).insert(&topic, &policy(id, code, 5)).await })).await?
}

async fn count(store: &Store, topic: &Arc<TopicPlan>) -> usize {
    let topic = Arc::clone(topic);
    store.read(move |session| Box::pin(async move { SqlUnitOfWork::new(session).find(&all(&topic)).await.unwrap().len() })).await.unwrap()
}

#[tokio::test]
async fn rows_outlive_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("rows.db").display());
    let topic = policies();
    let store = open(&url, &topic).await;
    insert(&store, &topic, 1, "A").await.unwrap();
    let refused = insert(&store, &topic, 2, "A").await.unwrap_err();
    assert!(matches!(&refused, StoreError::InsertConflict { table, index } if table == "topic_policy" && index == "tenant_id_, code"), "{refused:?}");
    store.close().await.unwrap();
    store.close().await.unwrap();
    assert!(matches!(insert(&store, &topic, 3, "B").await, Err(StoreError::ConnectionFailed { .. })));
    let store = open(&url, &topic).await;
    assert_eq!(count(&store, &topic).await, 1);
}

#[tokio::test]
async fn a_panic_undoes_the_job_and_nothing_else() {
    let topic = policies();
    let store = open("sqlite::memory:", &topic).await;
    let moved = Arc::clone(&topic);
    let outcome = store
        .write(move |session| {
            Box::pin(async move {
                let mut unit = SqlUnitOfWork::new(session);
                unit.begin().await.unwrap();
                unit.insert(&moved, &policy(1, "A", 1)).await.unwrap();
                panic!("a fault");
                #[expect(unreachable_code, reason = "gives the job its type")]
                ()
            })
        })
        .await;
    assert!(matches!(outcome, Err(StoreError::Internal { .. })), "{outcome:?}");
    assert_eq!(count(&store, &topic).await, 0);
    insert(&store, &topic, 2, "B").await.unwrap();
    assert_eq!(count(&store, &topic).await, 1);
}

#[tokio::test]
async fn a_transaction_left_open_is_rolled_back() {
    let topic = policies();
    let store = open("sqlite::memory:", &topic).await;
    let moved = Arc::clone(&topic);
    store
        .write(move |session| {
            Box::pin(async move {
                let mut unit = SqlUnitOfWork::new(session);
                unit.begin().await.unwrap();
                unit.insert(&moved, &policy(1, "A", 1)).await.unwrap();
            })
        })
        .await
        .unwrap();
    assert_eq!(count(&store, &topic).await, 0);
}

#[tokio::test]
async fn jobs_may_wait_for_the_runtime() {
    let store = Store::open("sqlite::memory:", &StoreOptions::default()).unwrap();
    let waited = store
        .write(|_| {
            Box::pin(async {
                tokio::time::sleep(Duration::from_millis(20)).await;
                tokio::spawn(async { 7 }).await.unwrap()
            })
        })
        .await;
    assert_eq!(waited, Ok(7));
}

#[tokio::test]
async fn readers_do_not_wait_for_a_writing_group() {
    let folder = tempfile::tempdir().unwrap();
    let topic = policies();
    let store = open(&format!("sqlite://{}", folder.path().join("rows.db").display()), &topic).await;
    insert(&store, &topic, 1, "A").await.unwrap();
    let (inside, is_inside) = tokio::sync::oneshot::channel();
    let (go_on, may_go_on) = tokio::sync::oneshot::channel::<()>();
    let (writer, moved) = (store.clone(), Arc::clone(&topic));
    let group = tokio::spawn(async move {
        writer
            .write(move |session| {
                Box::pin(async move {
                    let mut unit = SqlUnitOfWork::new(session);
                    unit.begin().await.unwrap();
                    unit.insert(&moved, &policy(2, "B", 1)).await.unwrap();
                    inside.send(()).unwrap();
                    may_go_on.await.unwrap();
                    unit.commit().await.unwrap();
                })
            })
            .await
            .unwrap();
    });
    is_inside.await.unwrap();
    for _ in 0..20 {
        assert_eq!(count(&store, &topic).await, 1);
    }
    go_on.send(()).unwrap();
    group.await.unwrap();
    assert_eq!(count(&store, &topic).await, 2);
}

#[tokio::test]
async fn urls_that_name_no_store_are_refused_without_being_shown() {
    for (url, expected) in [
        ("postgres://user:secret@host:port/db", "not one of PostgreSQL"),
        ("mysql://user:secret@host", "names no database"),
        ("floppy://secret", "known scheme"),
    ] {
        let error = Store::open(url, &StoreOptions::default()).unwrap_err().to_string();
        assert!(error.contains(expected) && !error.contains("secret"), "{error}");
    }
}
