//! What can be wrong with a file, a disk, another process.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

mod common;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nightowl_core::compile::TopicPlan;
use nightowl_core::error::{Coded, ErrorClass};
use nightowl_core::port::{StoreError, TopicRows, UnitOfWork};
use nightowl_storage::sql::{SqlUnitOfWork, structure};
use nightowl_storage::sqlite::{SqliteOptions, SqliteStore};

use common::{all, policies, policy};

/// Names the file in which a child process of this test is to be killed.
const VICTIM: &str = "NIGHTOWL_TEST_VICTIM";

fn open(path: &Path, options: &SqliteOptions) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(path.to_str().unwrap(), options)
}

async fn make_tables(store: &SqliteStore, topic: &Arc<TopicPlan>) {
    let topic = Arc::clone(topic);
    let made = store.write(move |session| {
        Box::pin(async move { structure::apply(session, &[&topic], structure::SyncMode::Safe).await.and_then(structure::Synced::checked).map(|_| ()) })
    });
    made.await.unwrap().unwrap();
}

async fn insert(store: &SqliteStore, topic: &Arc<TopicPlan>, id: i64) -> Result<(), StoreError> {
    let topic = Arc::clone(topic);
    let job = store.write(move |session| {
        Box::pin(async move {
            let mut unit = SqlUnitOfWork::new(session);
            unit.begin().await?;
            unit.insert(&topic, &policy(id, &format!("code {id}"), 5)).await?;
            unit.commit().await
        })
    });
    job.await.unwrap()
}

async fn count(store: &SqliteStore, topic: &Arc<TopicPlan>) -> usize {
    let topic = Arc::clone(topic);
    store.read(move |session| Box::pin(async move { SqlUnitOfWork::new(session).find(&all(&topic)).await.unwrap().len() })).await.unwrap()
}

#[tokio::test]
async fn what_is_no_database_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("letter.txt");
    std::fs::write(&text, "Dear reader, this is a letter and no database. ".repeat(100)).unwrap();
    let options = SqliteOptions::default();
    let missing_folder = folder.path().join("nowhere").join("store.db");
    for (path, expected) in [(folder.path(), "is a directory"), (&text, "is not a SQLite database"), (&missing_folder, "does not exist; make it first")] {
        let error = open(path, &options).unwrap_err();
        assert!(matches!(error, StoreError::NotADatabase { .. }), "{error:?}");
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(error.class(), ErrorClass::Fatal);
    }
    let error = open(&folder.path().join("new.db"), &SqliteOptions { create: false, ..options }).unwrap_err();
    assert!(error.to_string().contains("does not exist"), "{error}");
}

#[tokio::test]
async fn a_file_that_may_not_be_written_is_refused() {
    // Root may write everything, but not into /proc.
    let error = open(Path::new("/proc/nightowl-store.db"), &SqliteOptions::default()).unwrap_err();
    assert!(matches!(error, StoreError::NotADatabase { .. }), "{error:?}");
}

#[tokio::test]
async fn a_lock_of_another_process_is_waited_for_and_no_longer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let topic = policies();
    let store = open(&path, &SqliteOptions { busy_timeout: Duration::from_millis(200), ..SqliteOptions::default() }).unwrap();
    make_tables(&store, &topic).await;
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let began = Instant::now();
    let refused = insert(&store, &topic, 1).await.unwrap_err();
    assert!(matches!(refused, StoreError::LockNotAvailable { .. }), "{refused:?}");
    assert_eq!(refused.class(), ErrorClass::Retry);
    assert!((Duration::from_millis(150)..Duration::from_secs(5)).contains(&began.elapsed()), "{:?}", began.elapsed());
    assert_eq!(count(&store, &topic).await, 0, "readers do not care");
    other.execute_batch("COMMIT").unwrap();
    insert(&store, &topic, 1).await.unwrap();
    assert_eq!(count(&store, &topic).await, 1);
}

#[tokio::test]
async fn a_full_disk_undoes_the_transaction_and_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let topic = policies();
    let store = open(&path, &SqliteOptions::default()).unwrap();
    make_tables(&store, &topic).await;
    store.close().await.unwrap();
    let pages = std::fs::metadata(&path).unwrap().len() / 4_096;
    let store = open(&path, &SqliteOptions { max_pages: u32::try_from(pages).unwrap() + 8, ..SqliteOptions::default() }).unwrap();
    let mut kept = 0;
    let error = loop {
        match insert(&store, &topic, kept as i64).await {
            Ok(()) => kept += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, StoreError::DiskFull { .. }), "{error:?}");
    assert_eq!(error.class(), ErrorClass::Fatal);
    assert!(kept > 0);
    assert_eq!(count(&store, &topic).await, kept);
    store.close().await.unwrap();
    let store = open(&path, &SqliteOptions::default()).unwrap();
    insert(&store, &topic, 1_000_000).await.unwrap();
    assert_eq!(count(&store, &topic).await, kept + 1);
}

#[tokio::test]
async fn a_killed_process_leaves_whole_transactions_only() {
    if let Ok(path) = std::env::var(VICTIM) {
        return write_until_killed(Path::new(&path)).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let topic = policies();
    let store = open(&path, &SqliteOptions::default()).unwrap();
    make_tables(&store, &topic).await;
    store.close().await.unwrap();
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_killed_process_leaves_whole_transactions_only", "--nocapture"])
        .env(VICTIM, &path)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let flag = path.with_extension("inside");
    let began = Instant::now();
    while !flag.exists() {
        assert!(began.elapsed() < Duration::from_secs(30), "the victim did not begin");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    victim.kill().unwrap();
    victim.wait().unwrap();
    let store = open(&path, &SqliteOptions::default()).unwrap();
    assert_eq!(count(&store, &topic).await, 1, "the committed row, and nothing of the open transaction");
    insert(&store, &topic, 2).await.unwrap();
}

/// Commits one row, then stays inside a transaction with a thousand more, large enough to reach the file.
async fn write_until_killed(path: &Path) {
    let topic = policies();
    let store = open(path, &SqliteOptions::default()).unwrap();
    insert(&store, &topic, 1).await.unwrap();
    let flag = path.with_extension("inside");
    let job = store.write(move |session| {
        Box::pin(async move {
            session.execute("PRAGMA cache_size = 10", &[]).await.unwrap();
            let mut unit = SqlUnitOfWork::new(session);
            unit.begin().await.unwrap();
            for id in 2..3_000 {
                unit.insert(&topic, &policy(id, &format!("code {id}"), 5)).await.unwrap();
            }
            std::fs::write(flag, "inside").unwrap();
            tokio::time::sleep(Duration::from_secs(60)).await;
        })
    });
    job.await.unwrap();
}
