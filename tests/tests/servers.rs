//! META, worker ids, traces and whole flows on database servers: what SQLite's own tests hold must hold there, too.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

use std::collections::HashSet;
use std::path::Path;

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use nightowl::scenario::{Deviations, Installation, InstallationPlace, Scenario, Strictness, Verdict, run};
use nightowl::{Nightowl, Sources};
use nightowl_core::compile::ColumnKind;
use nightowl_core::model::TriggerType;
use nightowl_core::port::{Journal as _, LogRow, StoreError, TriggerHeader, TriggerStatus};
use nightowl_core::value::Value;
use nightowl_storage::meta::{FirstStart, Started, is_empty, start};
use nightowl_storage::snowflake::{LeaseOptions, SnowflakeError, SystemClock, acquire, release, renew};
use nightowl_storage::sql::{SqlUnitOfWork, SqlValue, tables};
use nightowl_storage::trace::{LogCriteria, PageRequest, TraceStore, TriggerCriteria, page_of_logs};
use nightowl_storage::{BoxFuture, Store, StoreOptions};
use nightowl_tests::servers::Server;

const SERVERS: [Server; 3] = Server::ALL;

/// Runs something on a connection: `on!(store, session => …)`.
macro_rules! on {
    ($store:expr, $session:ident => $work:expr) => {
        $store.write(move |$session| Box::pin(async move { $work })).await.unwrap()
    };
}

fn open(url: &str) -> Store {
    Store::open(url, &StoreOptions::default()).unwrap()
}

/// The URLs of empty places, one on each server that can be had.
async fn fresh() -> Vec<String> {
    let mut urls = Vec::new();
    for server in SERVERS {
        urls.extend(server.fresh().await);
    }
    urls
}

fn noon() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2026, 11, 21).unwrap().and_hms_opt(12, 0, 0).unwrap()
}

async fn started(store: &Store) -> Started {
    let first = FirstStart { super_admin_password_hash: "$argon2id$super".to_owned(), admin_password_hash: "$argon2id$admin".to_owned(), at: noon() };
    on!(store, session => start(session, &first).await.unwrap())
}

#[tokio::test]
async fn processes_that_start_together_make_meta_once() {
    for url in fresh().await {
        let stores: Vec<Store> = (0..4).map(|_| open(&url)).collect();
        assert!(on!(stores[0], session => is_empty(session).await.unwrap()));
        let (one, two, three, four) = tokio::join!(started(&stores[0]), started(&stores[1]), started(&stores[2]), started(&stores[3]));
        assert_eq!([one, two, three, four].iter().filter(|started| started.first).count(), 1, "{url}");
        assert_eq!(started(&stores[0]).await.schema.statements, Vec::<String>::new());
        let users = on!(stores[0], session => session.query("SELECT COUNT(*) FROM users", &[], &[ColumnKind::Integer { bits: 64 }]).await.unwrap());
        assert_eq!(users, [[Value::from(2)]]);
        let (left, right) = tokio::join!(prepared(&stores[0]), prepared(&stores[1]));
        assert_eq!(left + right, 11);
    }
}

/// How many steps towards the tables of a store were taken.
async fn prepared(store: &Store) -> usize {
    on!(store, session => tables::prepare(session).await.unwrap().len())
}

#[tokio::test]
async fn a_hundred_acquisitions_get_a_hundred_worker_ids() {
    for url in fresh().await {
        let store = open(&url);
        started(&store).await;
        let tasks: Vec<_> = (0..100)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move {
                    on!(store, session => {
                        session.execute(session.dialect().begin(), &[]).await.unwrap();
                        let lease = acquire(session, &SystemClock::new(), &LeaseOptions::default()).await.unwrap();
                        session.execute("COMMIT", &[]).await.unwrap();
                        lease
                    })
                })
            })
            .collect();
        let mut leases = Vec::new();
        for task in tasks {
            leases.push(task.await.unwrap());
        }
        assert_eq!(leases.iter().map(|lease| lease.worker).collect::<HashSet<_>>().len(), 100, "{url}");
        let lease = leases.swap_remove(7);
        let (renewed, released, lost) = on!(store, session => {
            let (clock, options) = (SystemClock::new(), LeaseOptions::default());
            let renewed = renew(session, &clock, &options, &lease).await.is_ok();
            let released = release(session, &lease, None).await.unwrap();
            (renewed, released, renew(session, &clock, &options, &lease).await)
        });
        assert!(renewed && released);
        assert!(matches!(lost, Err(SnowflakeError::LeaseLost { .. })), "{lost:?}");
    }
}

fn trigger(id: i64) -> TriggerHeader {
    TriggerHeader {
        trigger_id: id,
        tenant_id: "1".to_owned(),
        trace_id: format!("trace-{}", id % 2),
        topic_id: "11".to_owned(),
        data_id: None,
        trigger_type: TriggerType::Insert,
        user_id: "2".to_owned(),
        pat_key_id: None,
        source: "http".to_owned(),
        position_key: None,
        body_hash: None,
        status: if id % 2 == 0 { TriggerStatus::Error } else { TriggerStatus::Done },
        failed_pipeline_ids: Vec::new(),
        finished_at: Some(noon() + TimeDelta::microseconds(id)),
        payload: None,
        error: None,
    }
}

fn log(uid: i64) -> LogRow {
    LogRow {
        uid,
        tenant_id: "1".to_owned(),
        trace_id: format!("trace-{}", uid % 2),
        trigger_id: uid,
        pipeline_id: "21".to_owned(),
        topic_id: "11".to_owned(),
        data_id: -1,
        status: "DONE",
        started_at: noon() + TimeDelta::microseconds(uid),
        spent_ms: 3,
        rolled_back: uid % 2 == 0,
        body: r#"{"stages":[],"text":"ä\u0000"}"#.to_owned(),
        definition_hash: "ab".repeat(32),
    }
}

#[tokio::test]
async fn traces_are_read_back_to_the_microsecond() {
    for url in fresh().await {
        let store = open(&url);
        prepared(&store).await;
        on!(store, session => {
            let mut unit = SqlUnitOfWork::new(session);
            for id in 1..=9 {
                unit.insert_trigger(&trigger(id)).await.unwrap();
            }
            unit.insert_logs(&(1..=9).map(log).collect::<Vec<_>>()).await.unwrap();
        });
        let traces = TraceStore::new(store);
        let trace = traces.trace("trace-1", Some("1")).await.unwrap();
        assert_eq!((trace.triggers.len(), trace.logs.len()), (5, 5));
        assert_eq!(trace.triggers[1], trigger(3));
        assert!(traces.trace("trace-1", Some("2")).await.unwrap().is_empty());
        assert_eq!(traces.log(4).await.unwrap().map(|log| (log.started_at, log.rolled_back, log.body)), Some((log(4).started_at, true, log(4).body)));
        let failed = TriggerCriteria { status: Some(TriggerStatus::Error), ..TriggerCriteria::default() };
        assert_eq!(traces.triggers(&failed, 3).await.unwrap().iter().map(|found| found.trigger_id).collect::<Vec<_>>(), [8, 6, 4]);
        let page = page_of_logs(std::slice::from_ref(&traces), &LogCriteria::default(), PageRequest::new(2, 4)).await.unwrap();
        assert_eq!((page.item_count, page.data.iter().map(|log| log.uid).collect::<Vec<_>>()), (9, vec![5, 4, 3, 2]));
    }
}

#[tokio::test]
async fn a_job_leaves_nothing_behind_on_its_connection() {
    for url in fresh().await {
        let options = StoreOptions { server: nightowl_storage::ServerOptions { connections: 1, ..Default::default() }, ..StoreOptions::default() };
        let store = Store::open(&url, &options).unwrap();
        on!(store, session => session.execute("CREATE TABLE probe (id BIGINT PRIMARY KEY)", &[]).await.unwrap());
        // One ends with an open transaction, one panics in it, one is left by its caller.
        on!(store, session => {
            session.execute(session.dialect().begin(), &[]).await.unwrap();
            session.execute("INSERT INTO probe (id) VALUES (1)", &[]).await.unwrap();
        });
        let panics: Result<(), StoreError> = store
            .write(|session| {
                Box::pin(async move {
                    session.execute(session.dialect().begin(), &[]).await.unwrap();
                    session.execute("INSERT INTO probe (id) VALUES (2)", &[]).await.unwrap();
                    session.execute("INSERT INTO nowhere (id) VALUES (2)", &[]).await.unwrap();
                }) as BoxFuture<'_, ()>
            })
            .await;
        assert!(matches!(panics, Err(StoreError::Internal { .. })), "{panics:?}");
        let count = on!(store, session => session.query("SELECT COUNT(*) FROM probe", &[], &[ColumnKind::Integer { bits: 64 }]).await.unwrap());
        assert_eq!(count, [[Value::from(0)]], "{url}");
        store.close().await.unwrap();
    }
}

/// [`nightowl_storage::sql::SqlSession::query_own`] tells PostgreSQL types instead of asking for them.
#[tokio::test]
async fn a_query_on_tables_of_ours_is_answered_like_any_other() {
    const KINDS: [ColumnKind; 2] = [ColumnKind::Text { length: 20 }, ColumnKind::Integer { bits: 64 }];
    let values = |text: &str| vec![SqlValue::Text(text.into())];
    for url in fresh().await {
        let store = open(&url);
        on!(store, session => {
            session.execute("CREATE TABLE probe (name VARCHAR(20), number BIGINT, day TIMESTAMP NULL)", &[]).await.unwrap();
            session.execute("INSERT INTO probe (name, number) VALUES ('one', 1), ('two', 2)", &[]).await.unwrap();
            for (condition, bound) in [("name = ?", values("two")), ("1 = 1 ORDER BY number", vec![]), ("name = ? AND number = 1", values("two"))] {
                let sql = format!("SELECT name, number FROM probe WHERE {condition}");
                let own = session.query_own(&sql, &bound, &KINDS).await.unwrap();
                assert_eq!(own, session.query(&sql, &bound, &KINDS).await.unwrap(), "{sql}");
                session.execute(session.dialect().begin(), &[]).await.unwrap();
                assert_eq!(session.query_own(&sql, &bound, &KINDS).await.unwrap(), own, "{sql} in a transaction");
                session.execute("COMMIT", &[]).await.unwrap();
            }
            // What a text can not be compared with is said as ever, and a value that is no text is no hindrance.
            for bound in [values("1"), vec![SqlValue::Integer(1)]] {
                for column in ["number", "day"] {
                    let sql = format!("SELECT name, number FROM probe WHERE {column} = ?");
                    let [own, as_ever] = [session.query_own(&sql, &bound, &KINDS).await, session.query(&sql, &bound, &KINDS).await];
                    assert_eq!(own.map_err(|error| error.to_string()), as_ever.map_err(|error| error.to_string()), "{sql}");
                }
            }
        });
        store.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_broken_connection_is_replaced() {
    for server in SERVERS {
        let (own, kill) = match server {
            Server::Postgres => ("SELECT pg_backend_pid()::int8", "SELECT pg_terminate_backend(?)"),
            Server::Mariadb | Server::Mysql => ("SELECT CONNECTION_ID()", "KILL ?"),
        };
        let Some(url) = server.fresh().await else { continue };
        // With one connection the next job has to wait for it, so that it is the same one as long as it is good.
        let options = StoreOptions { server: nightowl_storage::ServerOptions { connections: 1, ..Default::default() }, ..StoreOptions::default() };
        let (store, other) = (Store::open(&url, &options).unwrap(), open(&url));
        let id = on!(store, session => session.query(own, &[], &[ColumnKind::Integer { bits: 64 }]).await.unwrap());
        let id = id[0][0].as_number().unwrap().to_i64().unwrap();
        let broken = store.write(move |session| {
            Box::pin(async move {
                let own_id = session.query(own, &[], &[ColumnKind::Integer { bits: 64 }]).await.unwrap();
                assert_eq!(own_id, [[Value::from(id)]]);
                let statement = kill.replace('?', &id.to_string());
                on!(other, session => session.query(&statement, &[], &[]).await.unwrap());
                session.execute("INSERT INTO nowhere (id) VALUES (1)", &[]).await
            })
        });
        let broken = broken.await.unwrap();
        assert!(matches!(broken, Err(StoreError::ConnectionFailed { .. })), "{broken:?}");
        let next = on!(store, session => session.query(own, &[], &[ColumnKind::Integer { bits: 64 }]).await.unwrap());
        assert_ne!(next, [[Value::from(id)]]);
    }
}

/// MySQL closes what is silent for longer than a statement may take.
#[tokio::test]
async fn a_connection_that_was_idle_for_long_is_good_or_replaced() {
    for server in SERVERS {
        let Some(url) = server.fresh().await else { continue };
        let server = nightowl_storage::ServerOptions { statement_timeout: std::time::Duration::from_secs(1), ..Default::default() };
        let store = Store::open(&url, &StoreOptions { server, ..StoreOptions::default() }).unwrap();
        for _ in 0..2 {
            let one = on!(store, session => session.query("SELECT 1", &[], &[ColumnKind::Integer { bits: 32 }]).await.unwrap());
            assert_eq!(one, [[Value::from(1)]], "{url}");
            tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
        }
    }
}

/// A connection goes from job to job without coming back to its pool; whoever waits for the pool gets it all the same.
#[tokio::test]
async fn a_connection_goes_from_job_to_job_and_nobody_starves() {
    for server in SERVERS {
        let own = if server == Server::Postgres { "SELECT pg_backend_pid()::int8" } else { "SELECT CONNECTION_ID()" };
        let Some(url) = server.fresh().await else { continue };
        let server = nightowl_storage::ServerOptions { connections: 2, acquire_timeout: std::time::Duration::from_secs(20), ..Default::default() };
        let store = Store::open(&url, &StoreOptions { server, ..StoreOptions::default() }).unwrap();
        let mut ids = HashSet::new();
        for _ in 0..10 {
            let id = on!(store, session => session.query(own, &[], &[ColumnKind::Integer { bits: 64 }]).await.unwrap());
            ids.insert(format!("{:?}", id[0][0]));
        }
        assert_eq!(ids.len(), 1, "{url}");
        let mut crowd = tokio::task::JoinSet::new();
        for _ in 0..40 {
            let store = store.clone();
            crowd.spawn(async move {
                let mut ids = HashSet::new();
                for _ in 0..10 {
                    let id = on!(store, session => session.query(own, &[], &[ColumnKind::Integer { bits: 64 }]).await.unwrap());
                    ids.insert(format!("{:?}", id[0][0]));
                }
                ids
            });
        }
        for of_one in crowd.join_all().await {
            ids.extend(of_one);
        }
        assert!(ids.len() <= 2, "{url}: {ids:?}");
        store.close().await.unwrap();
        let closed = store.write(|_| Box::pin(async {})).await;
        assert!(closed.is_err(), "{closed:?}");
    }
}

#[tokio::test]
async fn who_no_longer_waits_for_a_connection_holds_nobody_up() {
    for url in fresh().await {
        let server = nightowl_storage::ServerOptions { connections: 1, acquire_timeout: std::time::Duration::from_secs(20), ..Default::default() };
        let store = Store::open(&url, &StoreOptions { server, ..StoreOptions::default() }).unwrap();
        let job = |store: Store| async move { store.write(|session| Box::pin(async move { session.execute("SELECT 1", &[]).await.is_ok() })).await };
        for _ in 0..20 {
            let holder = store.clone();
            let busy = tokio::spawn(async move {
                let moment = std::time::Duration::from_millis(20);
                holder.write(move |_| Box::pin(async move { tokio::time::sleep(moment).await })).await
            });
            let waiting: Vec<_> = (0..20).map(|_| tokio::spawn(job(store.clone()))).collect();
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            for (number, one) in waiting.iter().enumerate() {
                if number % 2 == 0 {
                    one.abort();
                }
            }
            busy.await.unwrap().unwrap();
            for one in waiting {
                match one.await {
                    Ok(done) => assert!(done.unwrap(), "{url}"),
                    Err(gone) => assert!(gone.is_cancelled(), "{gone}"),
                }
            }
        }
        store.close().await.unwrap();
    }
}

#[tokio::test]
async fn errors_show_no_password() {
    for scheme in ["postgres", "mysql"] {
        let options = StoreOptions {
            server: nightowl_storage::ServerOptions { acquire_timeout: std::time::Duration::from_millis(300), ..Default::default() },
            ..StoreOptions::default()
        };
        let store = Store::open(&format!("{scheme}://user:hunter2@127.0.0.1:1/db"), &options).unwrap();
        let away = store.read(|_| Box::pin(async {})).await.unwrap_err();
        assert!(matches!(away, StoreError::Timeout { .. } | StoreError::ConnectionFailed { .. }), "{away:?}");
        assert!(!format!("{away:?} {away} {store:?}").contains("hunter2"));
    }
}

#[tokio::test]
async fn an_installation_keeps_everything_on_a_server() {
    for url in fresh().await {
        let folder = tempfile::tempdir().unwrap();
        let sources = Sources::default().option("storage.url", &url).option("storage.data_dir", &folder.path().display().to_string());
        for _ in 0..2 {
            let nightowl = Nightowl::open(&sources).await.unwrap();
            nightowl.close().await.unwrap();
        }
        assert_eq!(std::fs::read_dir(Path::new(folder.path())).unwrap().count(), 0, "nothing is in the data directory");
    }
}

/// Every scenario as on SQLite; what MySQL keeps of a second is named in `tests/conformance/mysql.json`.
#[tokio::test]
async fn the_scenarios_hold_on_servers() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    for server in SERVERS {
        let Some(url) = server.whole().await else { continue };
        let place = InstallationPlace { server: Some(url.clone()), keep: false };
        let mut deviations = Deviations::read(&shared.join("deviations.json")).unwrap();
        if server != Server::Postgres {
            deviations.extend(Deviations::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/mysql.json")).unwrap());
        }
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/scenarios");
        let folders = [shared.join("scenarios"), own];
        let mut files: Vec<_> = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap()).map(|file| file.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
        files.sort();
        assert!(files.len() > 40, "{} scenarios", files.len());
        for file in files {
            let scenario = Scenario::read(&file).unwrap();
            let mut installation = Installation::open(&[], &place).await.unwrap();
            let compared = run(&mut installation, &scenario, &deviations, Strictness::default()).await;
            installation.close().await.unwrap();
            let verdict = Verdict { name: scenario.name, outcome: compared };
            assert!(verdict.passed(), "{server:?}: {verdict}");
        }
        let left = match server {
            Server::Postgres => "SELECT COUNT(*) FROM pg_namespace WHERE nspname LIKE 'nightowl%'",
            Server::Mariadb | Server::Mysql => "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name LIKE 'nightowl%'",
        };
        let left = on!(open(&url), session => session.query(left, &[], &[ColumnKind::Integer { bits: 64 }]).await.unwrap());
        assert_eq!(left, [[Value::from(0)]], "nothing is left on {server:?}");
    }
}
