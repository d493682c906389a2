//! Processes that write the same rows of one store: every sum and every count is exact, and no error reaches a caller
//! (engine.md §3.7; §3.11, rules 4 to 6).
//!
//! `NIGHTOWL_RACE_TRIGGERS` sets how many triggers each process fires; `tests/long.d/races.sh` asks for 5,000.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]
#![expect(clippy::print_stdout, reason = "the figures of a long run")]

use std::time::Instant;

use nightowl_tests::race::{Expected, PROCESSES, Racer, Target, prepared};
use nightowl_tests::servers::Server;
use nightowl_tests::shell::Shell;

/// How many triggers each process fires in the gate.
const TRIGGERS: usize = 60;

fn triggers() -> usize {
    std::env::var("NIGHTOWL_RACE_TRIGGERS").map_or(TRIGGERS, |text| text.parse().unwrap())
}

async fn race(server: Server, target: Target) {
    let Some(url) = server.fresh().await else { return };
    let shell = Shell::new();
    let pat = prepared(&shell, &url);
    let mut expected = Expected::default();
    let files: Vec<String> = (0..PROCESSES).map(|process| shell.write(&format!("{process}.ndjson"), expected.file(target, process, triggers()))).collect();
    let began = Instant::now();
    let running: Vec<_> = files.iter().map(|file| Racer::start(&shell, &url, &pat, file, &[])).collect();
    for racer in running {
        let outcome = racer.end().expect(0);
        assert_eq!(outcome.counts(), [triggers() as u64, 0, 0, 0], "{}", outcome.stderr);
    }
    expected.assert(&shell, &url);
    println!("{server:?} {target:?}: {} triggers in {:.1} s", PROCESSES * triggers(), began.elapsed().as_secs_f64());
}

#[tokio::test]
async fn rows_with_versions_on_postgres() {
    race(Server::Postgres, Target::Hot).await;
}

#[tokio::test]
async fn rows_with_versions_on_mariadb() {
    race(Server::Mariadb, Target::Hot).await;
}

#[tokio::test]
async fn rows_with_versions_on_mysql() {
    race(Server::Mysql, Target::Hot).await;
}

#[tokio::test]
async fn rows_of_a_distinct_topic_on_postgres() {
    race(Server::Postgres, Target::Kept).await;
}

#[tokio::test]
async fn rows_of_a_distinct_topic_on_mariadb() {
    race(Server::Mariadb, Target::Kept).await;
}

#[tokio::test]
async fn rows_of_a_distinct_topic_on_mysql() {
    race(Server::Mysql, Target::Kept).await;
}

#[tokio::test]
async fn rows_without_a_unique_index_on_postgres() {
    race(Server::Postgres, Target::Loose).await;
}

#[tokio::test]
async fn rows_without_a_unique_index_on_mariadb() {
    race(Server::Mariadb, Target::Loose).await;
}

#[tokio::test]
async fn rows_without_a_unique_index_on_mysql() {
    race(Server::Mysql, Target::Loose).await;
}

#[tokio::test]
async fn several_rows_in_any_order_on_postgres() {
    race(Server::Postgres, Target::All).await;
}

#[tokio::test]
async fn several_rows_in_any_order_on_mariadb() {
    race(Server::Mariadb, Target::All).await;
}

#[tokio::test]
async fn several_rows_in_any_order_on_mysql() {
    race(Server::Mysql, Target::All).await;
}
