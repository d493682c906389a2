//! A process that is killed while a pipeline writes two data sources (engine.md §3.11, rule 2): before the first commit
//! nothing is there, between the two the other data source is ahead, and what is delivered again ends once at home.

use std::path::Path;

use nightowl_storage::Store;
use nightowl_tests::cross::{Pair, SECOND, apply, child, count, execute, fire, fire_as_child, token, wait_for};
use nightowl_tests::held::Held;
use nightowl_tests::servers::Server;
use nightowl_tests::stage::{insert, merge, simple, topic};
use serde_json::{Value as Json, json};

/// What the commit of the default store waits for: a lock that belongs to no table.
const GATE: i64 = 4_711;

/// The child: it fires one trigger, and is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_that_is_killed() {
    fire_as_child().await;
}

/// start → here (default) and, on the second data source, lines (inserted) and last (the one row of its key).
fn definitions(pair: &Pair) -> Vec<Json> {
    let on_second = |mut topic: Json| {
        topic["dataSourceId"] = json!(SECOND);
        topic
    };
    let plain = |name: &str| topic(name, "distinct", &[("k", "text", "")]);
    let row = [("k", "{k}")];
    vec![
        pair.second(SECOND, "1"),
        plain("start"),
        plain("here"),
        on_second(plain("lines")),
        on_second(topic("last", "distinct", &[("k", "text", "u-1")])),
        simple("1", "start", &[insert("lines", &row), insert("here", &row), merge("insert-or-merge-row", "last", &row, &row)]),
    ]
}

/// Has every commit of the default store that wrote `here` wait for a gate.
async fn gated(first: &Store) {
    for sql in [
        "DROP TRIGGER IF EXISTS gate ON topic_here",
        &format!("CREATE OR REPLACE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock({GATE}); RETURN NULL; END $$"),
        "CREATE CONSTRAINT TRIGGER gate AFTER INSERT ON topic_here DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION gate()",
    ] {
        execute(first, sql).await;
    }
}

/// PostgreSQL, whose commits can be held, with another server and with a file.
async fn pairs(folder: &Path) -> Vec<Pair> {
    let mut pairs = Vec::new();
    if let Some(default_url) = Server::Postgres.fresh().await {
        pairs.push(Pair { name: "PostgreSQL and a file", default_url, second_url: format!("sqlite://{}/second.db", folder.display()) });
    }
    if let (Some(default_url), Some(second_url)) = (Server::Postgres.fresh().await, Server::Mariadb.fresh().await) {
        pairs.push(Pair { name: "PostgreSQL and MariaDB", default_url, second_url });
    }
    pairs
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_killed_between_the_two_commits_leaves_the_home_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    for pair in pairs(folder.path()).await {
        for (lines, mode) in (0..).step_by(2).zip(["pipeline", "trigger"]) {
            let node = pair.open(folder.path(), mode).await;
            apply(&node, &definitions(&pair)).await;
            node.open_sources().await.unwrap();
            node.close().await.unwrap();
            let [first, second] = pair.stores();
            for table in ["topic_start", "topic_here", "nightowl_triggers", "nightowl_logs"] {
                execute(&first, &format!("DELETE FROM {table}")).await;
            }
            gated(&first).await;
            let gate = Held::lock(&first, format!("SELECT pg_advisory_xact_lock({GATE})")).await;
            let mut killed = child(&pair, folder.path(), mode);
            // The second data source is committed, and the default store waits at its gate.
            wait_for(&second, "topic_lines", lines + 1).await;
            killed.kill().unwrap();
            killed.wait().unwrap();
            execute(&first, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").await;
            gate.let_go().await;
            for table in ["topic_start", "topic_here", "nightowl_triggers", "nightowl_logs"] {
                assert_eq!(count(&first, table).await, 0, "{} {mode} {table}", pair.name);
            }
            // Delivered again it ends once at home; elsewhere what was inserted is there twice, what has a key is not.
            let node = pair.open(folder.path(), mode).await;
            let token = token(&node, "imma-admin").await;
            let answer = fire(&node, &token, "x", Some("key")).await.unwrap();
            assert_eq!((answer.status, answer.replayed), ("DONE", false));
            assert_eq!((count(&first, "topic_start").await, count(&first, "topic_here").await), (1, 1), "{} {mode}", pair.name);
            assert_eq!((count(&second, "topic_lines").await, count(&second, "topic_last").await), (lines + 2, 1), "{} {mode}", pair.name);
            assert!(fire(&node, &token, "x", Some("key")).await.unwrap().replayed);
            node.close().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_killed_before_the_first_commit_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for pair in pairs(folder.path()).await {
        let node = pair.open(folder.path(), "pipeline").await;
        let mut tuples = definitions(&pair);
        // The last thing that is done waits for a row of the default store.
        tuples.push(topic("held", "aggregate", &[("k", "text", "u-1")]));
        tuples.push(simple("2", "start", &[merge("insert-or-merge-row", "held", &[("k", "{k}")], &[("k", "{k}")])]));
        apply(&node, &tuples).await;
        node.open_sources().await.unwrap();
        node.close().await.unwrap();
        let [first, second] = pair.stores();
        let held = Held::table(&first, "topic_held").await;
        let mut killed = child(&pair, folder.path(), "pipeline");
        wait_for(&first, "pg_locks WHERE locktype = 'relation' AND NOT granted", 1).await;
        killed.kill().unwrap();
        killed.wait().unwrap();
        held.let_go().await;
        wait_for(&first, "pg_stat_activity WHERE state = 'idle in transaction'", 0).await;
        assert_eq!((count(&first, "topic_here").await, count(&second, "topic_lines").await), (0, 0), "{}", pair.name);
        let node = pair.open(folder.path(), "pipeline").await;
        let token = token(&node, "imma-admin").await;
        let answer = fire(&node, &token, "x", Some("key")).await.unwrap();
        assert_eq!((answer.status, answer.replayed), ("DONE", false));
        assert_eq!((count(&first, "topic_here").await, count(&second, "topic_lines").await, count(&second, "topic_last").await), (1, 1, 1), "{}", pair.name);
        node.close().await.unwrap();
    }
}
