//! Pipelines that read or write topics of several data sources, on real stores (engine.md §3.11, rule 2).

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nightowl::door::Fire;
use nightowl::node::{Node, When};
use nightowl::rerun::{Asker, rerun_trace};
use nightowl_core::engine::TriggerRequest;
use nightowl_core::error::{Coded as _, ErrorClass};
use nightowl_core::model::TriggerType;
use nightowl_core::value::Value;
use nightowl_storage::trace::{TraceStore, TriggerCriteria, list_of_triggers};
use nightowl_tests::cross::{Pair, SECOND, apply, count, delivery, execute, ping_pong, text, token, wait_for};
use nightowl_tests::held::Held;
use nightowl_tests::servers::Server;
use nightowl_tests::stage::{constant, fail, insert, merge, read, simple, topic};
use serde_json::{Value as Json, json};
use tokio::task::JoinSet;

const MODES: [&str; 3] = ["pipeline", "trigger", "action"];

fn on_second(mut topic: Json) -> Json {
    topic["dataSourceId"] = json!(SECOND);
    topic
}

fn plain(name: &str) -> Json {
    topic(name, "distinct", &[("k", "text", ""), ("n", "text", "")])
}

/// A pipeline that runs for the key `bad` only.
fn when_bad(mut pipeline: Json) -> Json {
    pipeline["conditional"] = json!(true);
    pipeline["on"] = json!({"jointType": "and", "filters": [{"left": constant("{k}"), "operator": "equals", "right": constant("bad")}]});
    pipeline
}

/// Written on both data sources by start (default), which reads names (second); look (default) and begin (second) are only
/// read abroad. A row `bad` of start fails after both were written.
fn definitions(pair: &Pair) -> Vec<Json> {
    let by_key = [("k", "{k}")];
    let name = read("read-row", "names", "name", &by_key);
    let named = [("k", "{k}"), ("n", "{name.n}")];
    vec![
        pair.second(SECOND, "1"),
        plain("start"),
        plain("look"),
        on_second(plain("begin")),
        plain("here"),
        on_second(plain("there")),
        on_second(plain("names")),
        on_second(topic("sums", "aggregate", &[("k", "text", ""), ("n", "number", "")])),
        simple(
            "1",
            "start",
            &[
                name.clone(),
                insert("there", &named),
                insert("here", &named),
                merge("insert-or-merge-row", "sums", &[("k", "all"), ("n", "sum:{n}")], &[("k", "all")]),
                read("exists", "there", "written", &by_key),
                insert("here", &[("k", "written {k}"), ("n", "{written}")]),
            ],
        ),
        when_bad(simple("2", "start", &[insert("there", &[("k", "undone")]), insert("here", &[("k", "undone")]), fail("there", "k")])),
        simple("3", "look", &[name.clone(), insert("here", &named)]),
        simple("4", "begin", &[name, insert("here", &named)]),
    ]
}

async fn fire(
    node: &Arc<Node>,
    credentials: &nightowl_auth::Credentials,
    code: &str,
    data: Json,
) -> Result<nightowl::door::TriggerAnswer, nightowl::door::DoorError> {
    Fire::new(Arc::clone(node)).fire(delivery(&json!({"code": code, "data": data}), None), Some(credentials)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn topics_of_two_data_sources_are_read_and_written_in_every_mode() {
    let folder = tempfile::tempdir().unwrap();
    for pair in Pair::all(folder.path()).await {
        for (times, mode) in (1..).zip(MODES) {
            let node = pair.open(folder.path(), mode).await;
            apply(&node, &definitions(&pair)).await;
            let token = token(&node, "imma-admin").await;
            let [first, second] = pair.stores();
            let about = format!("{} {mode}", pair.name);
            for code in ["start", "look", "begin"] {
                let k = format!("{mode} {code}");
                // Nothing has that name yet: the read says so, and nothing of the run is left but what mode `action` keeps.
                let missing = fire(&node, &token, code, json!({"k": k, "n": "1"})).await.unwrap();
                assert_eq!((missing.status, missing.failed_pipeline_ids.len()), ("ERROR", 1), "{about}");
                fire(&node, &token, "names", json!({"k": k, "n": "a name"})).await.unwrap();
                let answer = fire(&node, &token, code, json!({"k": k, "n": "2"})).await.unwrap();
                assert_eq!((answer.status, answer.failed_pipeline_ids.len()), ("DONE", 0), "{about}");
                assert_eq!(text(&first, &format!("SELECT n FROM topic_here WHERE k = '{k}'")).await, "a name", "{about}");
                if code == "start" {
                    let asker = Asker { tenant_id: "1".into(), user_id: "1".into(), pat_key_id: None };
                    let again = rerun_trace(&node, &asker, &answer.trace_id, false).await.unwrap();
                    assert_eq!((again.len(), again[0].answer.as_ref().unwrap().status), (1, "DONE"));
                }
            }
            let of_start = format!("{mode} start");
            assert_eq!(text(&second, &format!("SELECT n FROM topic_there WHERE k = '{of_start}'")).await, "a name,a name", "{about}");
            // A run sees what it has written there itself.
            assert_eq!(text(&first, &format!("SELECT n FROM topic_here WHERE k = 'written {of_start}'")).await, "true,true", "{about}");
            assert_eq!(
                text(&second, "SELECT CAST(SUM(n) AS CHAR(6)) FROM topic_sums").await.trim_end_matches(['0', '.', ' ']),
                (4 * times).to_string(),
                "{about}"
            );
            assert_eq!(count(&second, "topic_sums").await, 1, "{about}");
            assert_eq!(count(&first, "nightowl_pending").await + count(&second, "nightowl_pending").await, 0);
            node.close().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_failing_run_wrote_abroad_is_not_committed() {
    let folder = tempfile::tempdir().unwrap();
    for pair in Pair::all(folder.path()).await {
        for (mode, kept, undone) in [("pipeline", 1, 0), ("trigger", 0, 0), ("action", 1, 1)] {
            let node = pair.open(folder.path(), mode).await;
            apply(&node, &definitions(&pair)).await;
            let token = token(&node, "imma-admin").await;
            let [first, second] = pair.stores();
            for (store, table) in [(&first, "topic_here"), (&second, "topic_there"), (&second, "topic_names")] {
                execute(store, &format!("DELETE FROM {table}")).await;
            }
            fire(&node, &token, "names", json!({"k": "bad", "n": "a name"})).await.unwrap();
            let answer = fire(&node, &token, "start", json!({"k": "bad", "n": "1"})).await.unwrap();
            assert_eq!((answer.status, answer.failed_pipeline_ids.as_slice()), ("ERROR", ["2".to_owned()].as_slice()), "{} {mode}", pair.name);
            for (store, table) in [(&first, "topic_here"), (&second, "topic_there")] {
                let found = [count(store, &format!("{table} WHERE k = 'bad'")).await, count(store, &format!("{table} WHERE k = 'undone'")).await];
                assert_eq!(found, [kept, undone], "{} {mode} {table}", pair.name);
            }
            node.close().await.unwrap();
        }
    }
}

/// start (default) and begin (second) write the same rows, here (default) and there (second), in opposite order.
fn opposed(pair: &Pair) -> Vec<Json> {
    let sums = |name: &str| topic(name, "aggregate", &[("k", "text", ""), ("n", "number", "")]);
    let add = |name: &str| merge("insert-or-merge-row", name, &[("k", "all"), ("n", "sum:{n}")], &[("k", "all")]);
    vec![
        pair.second(SECOND, "1"),
        plain("start"),
        on_second(plain("begin")),
        sums("here"),
        on_second(sums("there")),
        simple("1", "start", &[add("here"), add("there")]),
        simple("2", "begin", &[add("there"), add("here")]),
    ]
}

async fn sums(pair: &Pair) -> [String; 2] {
    let [first, second] = pair.stores();
    let of = |name: &str| format!("SELECT CAST(CAST(n AS DECIMAL(6, 0)) AS CHAR(6)) FROM topic_{name}");
    [text(&first, &of("here")).await.trim().to_owned(), text(&second, &of("there")).await.trim().to_owned()]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_that_want_each_others_data_source_do_not_wait_for_each_other() {
    const EACH: usize = 20;
    let folder = tempfile::tempdir().unwrap();
    for pair in Pair::all(folder.path()).await {
        let node = pair.open(folder.path(), "pipeline").await;
        apply(&node, &opposed(&pair)).await;
        let token = token(&node, "imma-admin").await;
        let began = Instant::now();
        let mut fired = JoinSet::new();
        for code in ["start", "begin"].repeat(EACH) {
            let (node, token) = (Arc::clone(&node), token.clone());
            fired.spawn(async move { fire(&node, &token, code, json!({"k": "x", "n": "1"})).await.unwrap().status });
        }
        assert!(fired.join_all().await.iter().all(|status| *status == "DONE"), "{}", pair.name);
        // A deadlock over two databases would have taken as long as a lock is waited for.
        assert!(began.elapsed() < Duration::from_secs(10), "{} {:?}", pair.name, began.elapsed());
        assert_eq!(sums(&pair).await, [(2 * EACH).to_string(), (2 * EACH).to_string()], "{}", pair.name);
        node.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_that_want_each_others_rows_end_when_a_lock_is_waited_for_too_long() {
    const EACH: usize = 4;
    let folder = tempfile::tempdir().unwrap();
    for pair in Pair::all(folder.path()).await.into_iter().filter(|pair| !pair.default_url.starts_with("sqlite")) {
        let nodes = [pair.open_with(folder.path(), "pipeline", &[("storage.lock_timeout_seconds", "1")]).await, pair.open(folder.path(), "pipeline").await];
        apply(&nodes[0], &opposed(&pair)).await;
        let token = token(&nodes[0], "imma-admin").await;
        let mut fired = JoinSet::new();
        for _ in 0..EACH {
            for (node, code) in nodes.iter().zip(["start", "begin"]) {
                let (node, token) = (Arc::clone(node), token.clone());
                fired.spawn(async move { fire(&node, &token, code, json!({"k": "x", "n": "1"})).await });
            }
        }
        let answers = fired.join_all().await;
        for error in answers.iter().filter_map(|answer| answer.as_ref().err()) {
            assert_eq!(error.class(), ErrorClass::Retry, "{error}");
        }
        let done = answers.iter().filter(|answer| answer.as_ref().is_ok_and(|answer| answer.status == "DONE")).count();
        assert!(done > 0);
        assert_eq!(sums(&pair).await, [done.to_string(), done.to_string()], "{answers:?}");
        for node in nodes {
            node.close().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_holds_a_connection_while_another_data_source_is_busy() {
    let folder = tempfile::tempdir().unwrap();
    let pair = Pair::of_files(folder.path());
    let node = pair.open(folder.path(), "pipeline").await;
    let mut tuples = opposed(&pair);
    tuples.push(plain("apart"));
    apply(&node, &tuples).await;
    node.open_sources().await.unwrap();
    let token = token(&node, "imma-admin").await;
    let tenant = node.catalogs.of("1").await.unwrap();
    let second = node.stores.of(tenant.data_source(Some(SECOND)).unwrap()).await.unwrap().store;
    // Its one writer is at work.
    let held = Held::table(&second, "topic_there").await;
    let waiting = tokio::spawn({
        let (node, token) = (Arc::clone(&node), token.clone());
        async move { (fire(&node, &token, "start", json!({"k": "x", "n": "1"})).await, Instant::now()) }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    // The writer of the default store is free meanwhile.
    let began = Instant::now();
    let free = node.stores.default_store().store.write(|session| Box::pin(async move { session.execute("UPDATE topic_apart SET k = k", &[]).await }));
    free.await.unwrap().unwrap();
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    let began = Instant::now();
    let (answer, ended) = waiting.await.unwrap();
    let error = answer.unwrap_err();
    assert_eq!((error.code(), error.class()), ("storage-timeout", ErrorClass::Retry), "{error}");
    assert!(error.to_string().contains("data source \"200\""), "{error}");
    assert!(ended - began < Duration::from_secs(8), "{:?}", ended - began);
    held.let_go().await;
    let answer = fire(&node, &token, "start", json!({"k": "x", "n": "1"})).await.unwrap();
    assert_eq!((answer.status, sums(&pair).await), ("DONE", ["1".to_owned(), "1".to_owned()]));
    node.close().await.unwrap();
}

/// Triggers of one ordered source: those of `start` share transactions, those of `span` reach the other data source.
async fn in_order(pair: &Pair, folder: &Path, mode: &str, one_by_one: bool) -> (Vec<String>, u64) {
    let add = |name: &str| merge("insert-or-merge-row", name, &[("k", "all"), ("n", "sum:{n}"), ("last", "{k}")], &[("k", "all")]);
    let tally = |name: &str| topic(name, "aggregate", &[("k", "text", "u-1"), ("n", "number", ""), ("last", "text", "")]);
    let node = pair.open(folder, mode).await;
    let tuples = [
        pair.second(SECOND, "1"),
        plain("start"),
        plain("span"),
        tally("here"),
        on_second(tally("there")),
        on_second(plain("lines")),
        simple("1", "start", &[add("here")]),
        simple(
            "2",
            "span",
            &[read("exists", "here", "seen", &[("last", "{k}")]), add("here"), add("there"), insert("lines", &[("k", "{k}"), ("n", "{seen}")])],
        ),
        when_bad(simple("3", "span", &[insert("lines", &[("k", "undone")]), insert("start", &[("k", "undone")]), fail("here", "k")])),
    ];
    apply(&node, &tuples).await;
    let catalog = Arc::clone(&node.catalogs.of("1").await.unwrap().catalog);
    let lane = &node.stores.default_store().lane;
    let mut waiting = Vec::new();
    for number in 0..60 {
        let code = if number % 5 == 3 { "span" } else { "start" };
        let k = if number % 15 == 3 { "bad".to_owned() } else { number.to_string() };
        let request = TriggerRequest {
            catalog: Arc::clone(&catalog),
            tenant_id: "1".into(),
            user_id: "1".into(),
            pat_key_id: None,
            code: code.into(),
            trigger_type: TriggerType::Insert,
            data: [("k", Value::from(k.as_str())), ("n", Value::from(number))].into_iter().collect(),
            trace_id: None,
            source: "file".into(),
            position_key: Some(number.to_string().into()),
            ordered: None,
            keyed: None,
            deadline: None,
            body_hash: None,
        };
        let ticket = lane.submit(request, When::Now).await.unwrap();
        if one_by_one {
            ticket.outcome().await.unwrap().unwrap();
        } else {
            waiting.push(ticket);
        }
    }
    for ticket in waiting {
        ticket.outcome().await.unwrap().unwrap();
    }
    let groups = lane.groups().triggers;
    let [first, second] = pair.stores();
    let [here, there] = sums(pair).await;
    let seen = vec![
        here,
        there,
        text(&first, "SELECT last FROM topic_here").await,
        text(&second, "SELECT last FROM topic_there").await,
        text(&second, "SELECT k FROM topic_lines ORDER BY id_").await,
        text(&second, "SELECT n FROM topic_lines ORDER BY id_").await,
        text(&first, "SELECT k FROM topic_start ORDER BY id_").await,
        text(&first, "SELECT pipeline_id FROM nightowl_logs ORDER BY uid").await,
        text(&first, "SELECT status FROM nightowl_logs ORDER BY uid").await,
    ];
    node.close().await.unwrap();
    (seen, groups)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_with_such_a_pipeline_ends_as_one_by_one() {
    for mode in ["pipeline", "trigger"] {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let (serial, grouped) = (Pair::all(folders[0].path()).await, Pair::all(folders[1].path()).await);
        for (serial, grouped) in serial.into_iter().zip(grouped) {
            let (expected, _) = in_order(&serial, folders[0].path(), mode, true).await;
            let (seen, groups) = in_order(&grouped, folders[1].path(), mode, false).await;
            assert_eq!(seen, expected, "{} {mode}", serial.name);
            assert!(groups > 0, "nothing shared a transaction");
            assert!(expected[4].split(',').count() > 7 && !expected[4].contains("undone"), "{expected:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_data_sources_in_one_database_are_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut urls = vec![Pair::of_files(folder.path()).default_url];
    for server in Server::ALL {
        urls.extend(server.fresh().await);
    }
    for url in urls {
        let pair = Pair { name: "one database", second_url: url.clone(), default_url: url };
        for mode in MODES {
            let node = pair.open(folder.path(), mode).await;
            apply(&node, &definitions(&pair)).await;
            let token = token(&node, "imma-admin").await;
            fire(&node, &token, "names", json!({"k": mode, "n": "a name"})).await.unwrap();
            let answer = fire(&node, &token, "start", json!({"k": mode, "n": "1"})).await.unwrap();
            assert_eq!(answer.status, "DONE", "{mode}");
            let [store, _] = pair.stores();
            assert_eq!(count(&store, &format!("topic_there WHERE k = '{mode}'")).await, 1);
            if pair.default_url.starts_with("postgres") && mode != "action" {
                // One transaction wrote both.
                let of = |table: &str| format!("SELECT CAST(xmin AS TEXT) FROM {table} WHERE k = '{mode}'");
                assert_eq!(text(&store, &of("topic_here")).await, text(&store, &of("topic_there")).await);
            }
            node.close().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accepted_triggers_reach_other_data_sources_after_the_answer() {
    let folder = tempfile::tempdir().unwrap();
    for pair in Pair::all(folder.path()).await {
        for mode in MODES {
            let node = pair.open(folder.path(), mode).await;
            apply(&node, &definitions(&pair)).await;
            let token = token(&node, "imma-admin").await;
            fire(&node, &token, "names", json!({"k": mode, "n": "a name"})).await.unwrap();
            let door = Fire::new(Arc::clone(&node));
            for _ in 0..5 {
                door.accept(delivery(&json!({"code": "start", "data": {"k": mode, "n": "1"}}), None), Some(&token)).await.unwrap();
            }
            let [first, second] = pair.stores();
            wait_for(&first, &format!("topic_here WHERE k = 'written {mode}'"), 5).await;
            wait_for(&first, "nightowl_pending", 0).await;
            assert_eq!(count(&second, &format!("topic_there WHERE k = '{mode}'")).await, 5, "{} {mode}", pair.name);
            assert_eq!(text(&first, "SELECT DISTINCT status FROM nightowl_triggers").await, "done");
            node.close().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_triggers_of_a_pipeline_are_found_wherever_it_ran() {
    let folder = tempfile::tempdir().unwrap();
    for pair in Pair::all(folder.path()).await {
        let node = pair.open(folder.path(), "pipeline").await;
        apply(&node, &ping_pong(&pair)).await;
        let token = token(&node, "imma-admin").await;
        let mut fired = Vec::new();
        for k in ["a", "bad", "b", "bad", "c"] {
            fired.push(fire(&node, &token, "start", json!({"k": k})).await.unwrap().trace_id);
        }
        let stores: Vec<TraceStore> = pair.stores().into_iter().map(TraceStore::new).collect();
        let list = async |criteria: TriggerCriteria, limit| {
            let found = list_of_triggers(&stores, &criteria, limit).await.unwrap();
            found.iter().map(|found| fired.iter().position(|trace_id| *trace_id == found.trace_id).unwrap()).collect::<Vec<_>>()
        };
        let of = |id: &str| TriggerCriteria { pipeline_id: Some(id.to_owned()), tenant_id: Some("1".to_owned()), ..TriggerCriteria::default() };
        // The headers lie on the default store, the logs of pipeline 1 on the second one.
        assert_eq!(list(of("1"), 3).await, [4, 3, 2], "{}", pair.name);
        let failed = TriggerCriteria { status: Some(nightowl_core::port::TriggerStatus::Error), ..of("2") };
        assert_eq!(list(failed, 9).await, [3, 1], "{}", pair.name);
        let newest = list_of_triggers(&stores, &of("1"), 4).await.unwrap();
        let after = TriggerCriteria { after_trigger_id: Some(newest[3].trigger_id), ..of("1") };
        assert_eq!(list(after, 2).await, [2, 3], "{}", pair.name);
        assert_eq!(list(TriggerCriteria { tenant_id: Some("2".to_owned()), ..of("1") }, 9).await, Vec::<usize>::new());
        node.close().await.unwrap();
    }
}
