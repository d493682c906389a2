//! A process that is killed while its cascade crosses from one data source to the other: another one ends it, once
//! (engine.md §3.11, rule 1).

use nightowl_tests::cross::{Pair, apply, child, count, execute, fire, fire_as_child, ping_pong, text, token, wait_for};
use nightowl_tests::held::Held;
use nightowl_tests::servers::Server;

/// The child: it fires one trigger, and is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_that_is_killed() {
    fire_as_child().await;
}

/// When the child is killed.
#[derive(Debug, Clone, Copy)]
enum Instant {
    /// The hand-over is committed, and nothing of it is done.
    HandedOver,
    /// It is done and committed on the second data source, and not taken away on the first.
    Done,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_process_leaves_nothing_undone_and_nothing_doubled() {
    let folder = tempfile::tempdir().unwrap();
    let mut fired = Vec::new();
    // What keeps the second data source from going on has to be had there: an empty table is not locked on MariaDB.
    let mut pairs = Pair::all(folder.path()).await;
    pairs.retain(|pair| !pair.second_url.starts_with("mysql"));
    if let (Some(default_url), Some(second_url)) = (Server::Mariadb.fresh().await, Server::Postgres.fresh().await) {
        pairs.push(Pair { name: "MariaDB and PostgreSQL", default_url, second_url });
    }
    for pair in pairs {
        for (mode, instant) in [("pipeline", Instant::HandedOver), ("pipeline", Instant::Done), ("trigger", Instant::Done), ("action", Instant::HandedOver)] {
            let node = pair.open(folder.path(), mode).await;
            apply(&node, &ping_pong(&pair)).await;
            node.open_sources().await.unwrap();
            node.close().await.unwrap();
            let [first, second] = pair.stores();
            for (store, tables) in [(&first, ["topic_start", "topic_back"]), (&second, ["topic_over", "topic_end"])] {
                for table in tables.into_iter().chain(["nightowl_triggers", "nightowl_applied", "nightowl_pending"]) {
                    execute(store, &format!("DELETE FROM {table}")).await;
                }
            }
            let at_second = Held::table(&second, "nightowl_applied").await;
            let mut killed = child(&pair, folder.path(), mode);
            wait_for(&first, "nightowl_pending", 1).await;
            let at_first = match instant {
                Instant::HandedOver => None,
                Instant::Done => Some(Held::table(&first, "nightowl_pending").await),
            };
            if let Some(at_first) = at_first {
                at_second.let_go().await;
                wait_for(&second, "nightowl_applied", 1).await;
                killed.kill().unwrap();
                killed.wait().unwrap();
                at_first.let_go().await;
            } else {
                killed.kill().unwrap();
                killed.wait().unwrap();
                at_second.let_go().await;
                assert_eq!(count(&second, "topic_over").await, 0);
            }
            assert_eq!(text(&first, "SELECT status FROM nightowl_triggers").await, "pending", "{} {mode} {instant:?}", pair.name);
            // The killed process holds it no longer than its lease.
            for store in [&first, &second] {
                execute(store, "UPDATE nightowl_pending SET leased_until = '2020-01-01 00:00:00.000000'").await;
            }
            let node = pair.open(folder.path(), mode).await;
            node.open_sources().await.unwrap();
            wait_for(&first, "nightowl_triggers WHERE status = 'pending'", 0).await;
            for store in [&first, &second] {
                wait_for(store, "nightowl_pending", 0).await;
            }
            let rows =
                [count(&first, "topic_start").await, count(&second, "topic_over").await, count(&first, "topic_back").await, count(&second, "topic_end").await];
            assert_eq!(rows, [1; 4], "{} {mode} {instant:?}", pair.name);
            assert_eq!(text(&first, "SELECT status FROM nightowl_triggers").await, "done");
            let token = token(&node, "imma-admin").await;
            let again = fire(&node, &token, "x", Some("key")).await.unwrap();
            assert_eq!((again.status, again.replayed), ("DONE", true));
            node.close().await.unwrap();
            fired.push((pair.name, mode));
        }
    }
    assert!(fired.len() >= 4, "{fired:?}");
}
