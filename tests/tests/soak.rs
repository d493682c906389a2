//! A steady load on a server that stays up: its memory stays flat and its connections do not become more.
//!
//! `NIGHTOWL_SOAK_SECONDS` sets how long; `tests/long.d/soak.sh` asks for minutes.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]
#![expect(clippy::print_stdout, reason = "the figures of a long run")]

use std::time::{Duration, Instant};

use nightowl_core::compile::ColumnKind;
use nightowl_storage::{Store, StoreOptions};
use nightowl_tests::race::{HOT_ROWS, prepared};
use nightowl_tests::serve;
use nightowl_tests::servers::Server;
use nightowl_tests::shell::Shell;
use serde_json::json;

/// How long the load lasts in the gate.
const SECONDS: u64 = 5;
/// How many callers there are.
const CALLERS: usize = 4;
/// How much the memory of a process may grow between the first third and the end, in bytes: what an allocator keeps.
const GROWTH: u64 = 24 << 20;

fn seconds() -> Duration {
    Duration::from_secs(std::env::var("NIGHTOWL_SOAK_SECONDS").map_or(SECONDS, |text| text.parse().unwrap()))
}

/// The memory of a process, in bytes.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

fn load(server: &serve::Server<'_>, pat: &str, until: Instant) -> u64 {
    std::thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| {
                scope.spawn(move || {
                    let mut fired = 0;
                    while Instant::now() < until {
                        let key = format!("k{}", (fired as usize + caller) % HOT_ROWS);
                        let data = json!({"first": key, "second": key, "third": key, "amount": 1});
                        let answer = server.trigger(pat, &json!({"code": "to_all", "data": data}));
                        assert_eq!((answer.status, answer.json()["status"].as_str()), (200, Some("DONE")), "{}", answer.body);
                        fired += 1;
                    }
                    fired
                })
            })
            .collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).sum()
    })
}

async fn soak(url: &str, connections: Option<&str>) {
    let shell = Shell::new();
    let pat = prepared(&shell, url);
    let server = serve::Server::start(&shell, &["--storage", url]);
    let count = async || {
        let Some(sql) = connections.map(str::to_owned) else { return 0 };
        let store = Store::open(url, &StoreOptions::default()).unwrap();
        let rows = store.read(move |session| Box::pin(async move { session.query(&sql, &[], &[ColumnKind::Integer { bits: 64 }]).await }));
        let count = rows.await.unwrap().unwrap()[0][0].as_number().unwrap().to_i64().unwrap();
        store.close().await.unwrap();
        count
    };
    let began = Instant::now();
    let mut fired = load(&server, &pat, began + seconds() / 3);
    let (memory_before, connections_before) = (resident(server.id()), count().await);
    fired += load(&server, &pat, began + seconds());
    let (memory_after, connections_after) = (resident(server.id()), count().await);
    println!("{fired} triggers, memory {memory_before} to {memory_after} bytes, connections {connections_before} to {connections_after}");
    assert!(memory_after < memory_before + GROWTH, "memory grew from {memory_before} to {memory_after} bytes in {fired} triggers");
    assert!(connections_after <= connections_before + CALLERS as i64, "{connections_before} connections became {connections_after}");
    server.stop();
    let total: f64 = shell.run(&["rows", "hot", "--storage", url]).expect(0).lines().iter().map(|row| row["readings"].as_f64().unwrap()).sum();
    assert_eq!(total as u64, fired, "every answered trigger is there once");
}

#[tokio::test]
async fn a_steady_load_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    soak(&format!("sqlite://{}", folder.path().join("soak.db").display()), None).await;
}

#[tokio::test]
async fn a_steady_load_on_postgres() {
    let Some(url) = Server::Postgres.fresh().await else { return };
    soak(&url, Some("SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'nightowl'")).await;
}

#[tokio::test]
async fn a_steady_load_on_mariadb() {
    let Some(url) = Server::Mariadb.fresh().await else { return };
    soak(&url, Some("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'nightowl' AND db = DATABASE()")).await;
}
