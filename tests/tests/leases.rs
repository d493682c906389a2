//! Worker ids of many processes at one store (storage.md §13.4, §13.5): all different while they are held, all free again
//! when they are given back.
//!
//! `NIGHTOWL_LEASE_PROCESSES` sets how many real processes start at once; `tests/long.d/races.sh` asks for 100.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use nightowl_core::compile::ColumnKind;
use nightowl_core::port::IdSource as _;
use nightowl_core::value::Value;
use nightowl_storage::meta::{FirstStart, start};
use nightowl_storage::snowflake::{LeaseKeeper, LeaseOptions, LeaseTable, LocalTime, SnowflakeIds, SystemClock};
use nightowl_storage::{ServerOptions, Store, StoreOptions};
use nightowl_tests::serve;
use nightowl_tests::servers::Server;
use nightowl_tests::shell::Shell;

/// How many keepers start at once.
const KEEPERS: usize = 100;
/// How many processes start at once in the gate.
const PROCESSES: usize = 10;
/// The zone of the older table in these tests.
const AHEAD: TimeDelta = TimeDelta::hours(8);

#[derive(Debug)]
struct Ahead;

impl LocalTime for Ahead {
    fn of_utc(&self, utc: NaiveDateTime) -> NaiveDateTime {
        utc + AHEAD
    }
}

fn older() -> LeaseTable {
    LeaseTable::CompetitiveWorkers { zone: Arc::new(Ahead), address: "10.0.0.7".into() }
}

/// A store as a process of its own has it.
fn open(url: &str) -> Store {
    let server = ServerOptions { connections: 1, read_connections: 1, ..ServerOptions::default() };
    Store::open(url, &StoreOptions { server, ..StoreOptions::default() }).unwrap()
}

async fn with_meta(url: &str) -> Store {
    let store = open(url);
    let at = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap().and_hms_opt(12, 0, 0).unwrap();
    let first = FirstStart { super_admin_password_hash: "$argon2id$super".to_owned(), admin_password_hash: "$argon2id$admin".to_owned(), at };
    store.write(move |session| Box::pin(async move { start(session, &first).await })).await.unwrap().unwrap();
    store
}

async fn number(store: &Store, sql: &str) -> i64 {
    let sql = sql.to_owned();
    let rows = store.write(move |session| Box::pin(async move { session.query(&sql, &[], &[ColumnKind::Integer { bits: 64 }]).await }));
    rows.await.unwrap().unwrap()[0][0].as_number().unwrap().to_i64().unwrap()
}

/// An empty place on each store that can be had; SQLite's file lies in the folder.
async fn places(folder: &std::path::Path) -> Vec<String> {
    let mut urls = vec![format!("sqlite://{}", folder.join("leases.db").display())];
    for server in Server::ALL {
        urls.extend(server.fresh().await);
    }
    urls
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_keepers_that_start_at_once_hold_a_hundred_ids() {
    let folder = tempfile::tempdir().unwrap();
    for url in places(folder.path()).await {
        let store = with_meta(&url).await;
        for (table, held) in
            [(LeaseTable::Workers, "SELECT COUNT(*) FROM snowflake_workers WHERE locked = 1"), (older(), "SELECT COUNT(*) FROM snowflake_competitive_workers")]
        {
            let keepers: Vec<(Arc<LeaseKeeper>, Arc<SnowflakeIds>)> = (0..KEEPERS)
                .map(|_| {
                    let ids = Arc::new(SnowflakeIds::new(Arc::new(SystemClock::new())));
                    // The older way picks at random, and whoever meets another one tries again.
                    let options = LeaseOptions { retry_times: 10, ..LeaseOptions::default() };
                    (Arc::new(LeaseKeeper::new(open(&url), Arc::clone(&ids), options).in_table(table.clone())), ids)
                })
                .collect();
            let taking: Vec<_> = keepers
                .iter()
                .map(|(keeper, _)| {
                    let keeper = Arc::clone(keeper);
                    tokio::spawn(async move { keeper.acquire().await.unwrap() })
                })
                .collect();
            let mut workers = HashSet::new();
            for taken in taking {
                workers.insert(taken.await.unwrap());
            }
            assert_eq!(workers.len(), KEEPERS, "{url} {table:?}");
            assert_eq!(number(&store, held).await, KEEPERS as i64);
            let drawn: HashSet<i64> = keepers.iter().flat_map(|(_, ids)| (0..20).map(|_| ids.next_id().unwrap())).collect();
            assert_eq!(drawn.len(), KEEPERS * 20, "an id was drawn twice");
            for (keeper, ids) in &keepers {
                keeper.beat().await.unwrap();
                keeper.release().await.unwrap();
                assert!(ids.next_id().is_err(), "an id was drawn without a worker id");
            }
            assert_eq!(number(&store, held).await, 0);
        }
        store.close().await.unwrap();
    }
}

#[tokio::test]
async fn the_older_table_is_shared_with_processes_of_watchmen() {
    let folder = tempfile::tempdir().unwrap();
    for url in places(folder.path()).await {
        let store = with_meta(&url).await;
        let keeper = |ids: &Arc<SnowflakeIds>| LeaseKeeper::new(store.clone(), Arc::clone(ids), LeaseOptions::default()).in_table(older());
        let ids = Arc::new(SnowflakeIds::new(Arc::new(SystemClock::new())));
        let ours = keeper(&ids);
        let worker = i64::from(ours.acquire().await.unwrap().worker());
        // Its beat is local time, as theirs is.
        let beat = store.write(|session| {
            Box::pin(async move {
                let now = format!("SELECT {}", session.dialect().utc_now());
                let kinds = [ColumnKind::DateTime { fraction: true }];
                let utc = session.query(&now, &[], &kinds).await?;
                let beat = session.query("SELECT last_beat_at FROM snowflake_competitive_workers", &[], &kinds).await?;
                Ok::<_, nightowl_core::port::StoreError>((utc[0][0].clone(), beat[0][0].clone()))
            })
        });
        let (Value::DateTime(utc), Value::DateTime(beat)) = beat.await.unwrap().unwrap() else { unreachable!("two moments") };
        assert!((beat - utc - AHEAD).num_seconds().abs() <= 2, "{url}: {beat} beside {utc}");
        // One of theirs that is silent is taken over, one that beats is not: all but two ids are theirs and alive.
        let fill = |beat: &str, workers: String| {
            format!(
                "INSERT INTO snowflake_competitive_workers (ip, process_id, data_center_id, worker_id, registered_at, last_beat_at) VALUES {}",
                workers.replace("BEAT", beat)
            )
        };
        let row = |worker: i64| format!("('10.0.0.8', '77', 0, {worker}, '2020-01-01 00:00:00', BEAT)");
        let silent = if worker == 5 { 6 } else { 5 };
        let alive = (0..1024).filter(|other| *other != worker && *other != silent).map(row).collect::<Vec<_>>().join(", ");
        for sql in [fill("'2999-01-01 00:00:00'", alive), fill("'2020-01-01 00:00:00'", row(silent))] {
            store.write(move |session| Box::pin(async move { session.execute(&sql, &[]).await })).await.unwrap().unwrap();
        }
        let other_ids = Arc::new(SnowflakeIds::new(Arc::new(SystemClock::new())));
        let other = keeper(&other_ids);
        assert_eq!(i64::from(other.acquire().await.unwrap().worker()), silent, "{url}");
        let third = Arc::new(SnowflakeIds::new(Arc::new(SystemClock::new())));
        assert!(keeper(&third).acquire().await.is_err(), "all are alive");
        // Who lost its row draws no more with it, and does not disturb its next holder.
        let steal = format!("UPDATE snowflake_competitive_workers SET process_id = '78' WHERE worker_id = {worker}");
        store.write(move |session| Box::pin(async move { session.execute(&steal, &[]).await })).await.unwrap().unwrap();
        assert!(ours.beat().await.is_err());
        assert!(ids.next_id().is_err());
        ours.release().await.unwrap();
        assert_eq!(number(&store, "SELECT COUNT(*) FROM snowflake_competitive_workers").await, 1024);
        other.release().await.unwrap();
        assert_eq!(number(&store, "SELECT COUNT(*) FROM snowflake_competitive_workers").await, 1023);
        store.close().await.unwrap();
    }
}

fn processes() -> usize {
    std::env::var("NIGHTOWL_LEASE_PROCESSES").map_or(PROCESSES, |text| text.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_start_at_once_on_an_empty_store_hold_different_ids() {
    let folder = tempfile::tempdir().unwrap();
    for url in places(folder.path()).await {
        for (v2, held) in [("true", "SELECT COUNT(*) FROM snowflake_workers WHERE locked = 1"), ("false", "SELECT COUNT(*) FROM snowflake_competitive_workers")]
        {
            let shell = Shell::new();
            let v2 = format!("snowflake.competitive_workers_v2={v2}");
            // SQLite has one writer and no queue for it: on a busy machine the last of them waits long.
            let patient = ["--set", "storage.lock_timeout_seconds=60"];
            let arguments = [&["--storage", &url, "--set", &v2, "--set", "storage.pool_size=1", "--set", "storage.pool_overflow=0"], &patient[..]].concat();
            let servers: Vec<serve::Server<'_>> = std::thread::scope(|scope| {
                let starting: Vec<_> = (0..processes()).map(|_| scope.spawn(|| serve::Server::start(&shell, &arguments))).collect();
                starting.into_iter().map(|server| server.join().unwrap()).collect()
            });
            let store = open(&url);
            assert_eq!(number(&store, held).await, processes() as i64, "{url} {v2}");
            for server in &servers {
                server.terminate();
            }
            for mut server in servers {
                server.wait();
            }
            assert_eq!(number(&store, held).await, 0, "{url} {v2}: not all were given back");
            store.close().await.unwrap();
        }
    }
}
