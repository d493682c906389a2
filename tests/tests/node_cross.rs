//! Topics on two data sources at once: cascades go to and fro, end once, and wait for a data source that is away
//! (engine.md §3.11, rule 1).

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nightowl::door::Fire;
use nightowl::rerun::{Asker, rerun_trace};
use nightowl::trace::trace_document;
use nightowl_core::compile::Catalog;
use nightowl_core::engine::TriggerRequest;
use nightowl_core::error::{Coded as _, ErrorClass};
use nightowl_core::model::TriggerType;
use nightowl_core::port::{Journal as _, PendingKind};
use nightowl_core::value::Value;
use nightowl_storage::sql::SqlUnitOfWork;
use nightowl_tests::cross::{Pair, SECOND, SOON, apply, count, delivery, execute, fire, ping_pong, text, token, wait_for};
use nightowl_tests::servers::Server;
use nightowl_tests::stage::{insert, simple, topic};
use serde_json::{Value as Json, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

const MODES: [&str; 3] = ["pipeline", "trigger", "action"];

async fn pending(pair: &Pair) -> usize {
    let [first, second] = pair.stores();
    count(&first, "nightowl_pending").await + count(&second, "nightowl_pending").await
}

async fn rows(pair: &Pair) -> [usize; 4] {
    let [first, second] = pair.stores();
    [count(&first, "topic_start").await, count(&second, "topic_over").await, count(&first, "topic_back").await, count(&second, "topic_end").await]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cascade_goes_to_and_fro_on_every_pair() {
    let folder = tempfile::tempdir().unwrap();
    for pair in Pair::all(folder.path()).await {
        let mut fired = 0;
        for mode in MODES {
            let node = pair.open(folder.path(), mode).await;
            apply(&node, &ping_pong(&pair)).await;
            let token = token(&node, "imma-admin").await;
            for number in 0..3 {
                let key = format!("{mode} {number}");
                let answer = fire(&node, &token, &number.to_string(), Some(&key)).await.unwrap();
                fired += 1;
                assert_eq!((answer.status, answer.failed_pipeline_ids.len(), answer.replayed), ("DONE", 0, false), "{} {mode}", pair.name);
                assert_eq!(rows(&pair).await, [fired; 4], "{} {mode}", pair.name);
                let again = fire(&node, &token, &number.to_string(), Some(&key)).await.unwrap();
                assert_eq!((again.trace_id, again.status, again.replayed), (answer.trace_id.clone(), "DONE", true));
            }
            assert_eq!((rows(&pair).await, pending(&pair).await), ([fired; 4], 0), "{} {mode}", pair.name);
            // The trace tells the whole of it, whichever store holds what.
            let last = fire(&node, &token, "last", None).await.unwrap();
            fired += 1;
            let trace = trace_document(&node, &last.trace_id, Some("1")).await.unwrap().unwrap();
            let logs: Vec<&str> = trace["triggers"][0]["logs"].as_array().unwrap().iter().map(|log| log["pipelineId"].as_str().unwrap()).collect();
            assert_eq!((trace["triggers"].as_array().unwrap().len(), logs.as_slice()), (1, ["1", "2", "4", "3"].as_slice()), "{} {mode}: {trace}", pair.name);
            assert_eq!(trace["triggers"][0]["status"], json!("done"));
            // Each log lies where its pipeline is at home.
            let [first, second] = pair.stores();
            let of = |trace_id: &str| format!("SELECT pipeline_id FROM nightowl_logs WHERE trace_id = '{trace_id}' ORDER BY uid");
            assert_eq!((text(&first, &of(&last.trace_id)).await, text(&second, &of(&last.trace_id)).await), ("2".to_owned(), "1,4,3".to_owned()));
            // So does what runs again.
            let asker = Asker { tenant_id: "1".into(), user_id: "1".into(), pat_key_id: None };
            let again = rerun_trace(&node, &asker, &last.trace_id, false).await.unwrap();
            assert_eq!((again.len(), again[0].answer.as_ref().unwrap().status), (1, "DONE"));
            let [start, others @ ..] = rows(&pair).await;
            assert_eq!((start, others), (fired, [fired + 1; 3]), "{} {mode}", pair.name);
            for (store, table) in [(&second, "topic_over"), (&first, "topic_back"), (&second, "topic_end")] {
                let newest = format!("SELECT CAST(MAX(id_) AS CHAR(20)) FROM {table}");
                execute(store, &format!("DELETE FROM {table} WHERE id_ = {}", text(store, &newest).await)).await;
            }
            node.close().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_run_undoes_what_its_mode_says() {
    let folder = tempfile::tempdir().unwrap();
    for pair in Pair::all(folder.path()).await {
        // What was committed with a hand-over stays in every mode.
        for (mode, expected) in [("pipeline", [1, 1, 1, 1]), ("trigger", [1, 1, 1, 0]), ("action", [1, 1, 1, 2])] {
            let before = if mode == "pipeline" { [0; 4] } else { rows(&pair).await };
            let node = pair.open(folder.path(), mode).await;
            apply(&node, &ping_pong(&pair)).await;
            let token = token(&node, "imma-admin").await;
            let answer = fire(&node, &token, "bad", None).await.unwrap();
            assert_eq!((answer.status, answer.failed_pipeline_ids.as_slice()), ("ERROR", ["4".to_owned()].as_slice()), "{} {mode}", pair.name);
            let after = rows(&pair).await;
            let added: Vec<usize> = after.iter().zip(before).map(|(after, before)| after - before).collect();
            assert_eq!(added, expected, "{} {mode}", pair.name);
            let trace = trace_document(&node, &answer.trace_id, Some("1")).await.unwrap().unwrap();
            assert_eq!(trace["triggers"][0]["status"], json!("error"), "{trace}");
            assert_eq!(pending(&pair).await, 0);
            node.close().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accepted_triggers_cross_after_the_answer() {
    let folder = tempfile::tempdir().unwrap();
    for pair in Pair::all(folder.path()).await {
        let mut fired = 0;
        for mode in MODES {
            let node = pair.open(folder.path(), mode).await;
            apply(&node, &ping_pong(&pair)).await;
            let token = token(&node, "imma-admin").await;
            let door = Fire::new(Arc::clone(&node));
            for number in 0..10 {
                door.accept(delivery(&json!({"code": "start", "data": {"k": number.to_string()}}), None), Some(&token)).await.unwrap();
            }
            fired += 10;
            let [first, second] = pair.stores();
            wait_for(&second, "topic_end", fired).await;
            wait_for(&first, "nightowl_triggers WHERE status = 'pending'", 0).await;
            for store in [&first, &second] {
                wait_for(store, "nightowl_pending", 0).await;
            }
            assert_eq!(rows(&pair).await, [fired; 4], "{} {mode}", pair.name);
            assert_eq!(text(&first, "SELECT DISTINCT status FROM nightowl_triggers").await, "done");
            node.close().await.unwrap();
        }
        // Nothing asks for what was applied any more.
        let node = pair.open(folder.path(), "pipeline").await;
        let [first, second] = pair.stores();
        assert!(count(&first, "nightowl_applied").await > 0 && count(&second, "nightowl_applied").await > 0);
        assert_eq!(node.forget_applied(7).await.unwrap(), 0);
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(node.forget_applied(0).await.unwrap() > 0);
        assert_eq!(count(&first, "nightowl_applied").await + count(&second, "nightowl_applied").await, 0);
        node.close().await.unwrap();
    }
}

/// A way to a server that can be closed.
struct Gate {
    address: String,
    target: String,
    open: Mutex<JoinSet<()>>,
}

impl Gate {
    /// A gate to a server, on a port of its own.
    async fn to(target: &str) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gate = Arc::new(Self { address: listener.local_addr().unwrap().to_string(), target: target.to_owned(), open: Mutex::default() });
        gate.serve(listener);
        gate
    }

    fn serve(&self, listener: TcpListener) {
        let target = self.target.clone();
        self.open.lock().unwrap().spawn(async move {
            let mut ways = JoinSet::new();
            while let Ok((mut here, _)) = listener.accept().await {
                let target = target.clone();
                ways.spawn(async move {
                    let mut there = TcpStream::connect(&target).await.unwrap();
                    tokio::io::copy_bidirectional(&mut here, &mut there).await.ok();
                });
            }
        });
    }

    fn close(&self) {
        self.open.lock().unwrap().abort_all();
    }

    async fn reopen(&self) {
        let began = Instant::now();
        loop {
            match TcpListener::bind(&self.address).await {
                Ok(listener) => return self.serve(listener),
                Err(_) if began.elapsed() < SOON => tokio::time::sleep(Duration::from_millis(50)).await,
                Err(error) => unreachable!("{error}"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_data_source_that_is_away_is_waited_for_and_nothing_is_doubled() {
    for server in Server::ALL {
        let folder = tempfile::tempdir().unwrap();
        let Some(direct_url) = server.fresh().await else { continue };
        let address = direct_url.split("://").nth(1).unwrap().split('/').next().unwrap().split('@').nth(1).unwrap().to_owned();
        let gate = Gate::to(&address).await;
        let default_url = format!("sqlite://{}/default.db", folder.path().display());
        let direct = Pair { name: "direct", default_url, second_url: direct_url.clone() };
        let pair = Pair { name: "through a gate", second_url: direct_url.replace(&address, &gate.address), ..direct.clone() };
        let node = pair.open(folder.path(), "pipeline").await;
        apply(&node, &ping_pong(&pair)).await;
        let token = token(&node, "imma-admin").await;
        fire(&node, &token, "0", Some("0")).await.unwrap();
        gate.close();
        let began = Instant::now();
        let error = fire(&node, &token, "1", Some("1")).await.unwrap_err();
        assert_eq!((error.code(), error.class()), ("trigger-unfinished", ErrorClass::Retry), "{error}");
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
        let [first, _] = direct.stores();
        assert_eq!(count(&first, "nightowl_pending").await, 1);
        // Sent again it meets itself, and is not there twice.
        let again = fire(&node, &token, "1", Some("1")).await.unwrap_err();
        assert_eq!(again.code(), "trigger-unfinished");
        assert_eq!(count(&first, "topic_start").await, 2);
        gate.reopen().await;
        wait_for(&first, "nightowl_triggers WHERE status = 'pending'", 0).await;
        wait_for(&first, "nightowl_pending", 0).await;
        let answer = fire(&node, &token, "1", Some("1")).await.unwrap();
        assert_eq!((answer.status, answer.replayed), ("DONE", true));
        assert_eq!((rows(&direct).await, pending(&direct).await), ([2; 4], 0));
        node.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cascade_never_leaves_its_tenant() {
    let folder = tempfile::tempdir().unwrap();
    for pair in Pair::all(folder.path()).await {
        let node = pair.open(folder.path(), "pipeline").await;
        // Two tenants with topics of the same names share the tables of both data sources.
        let mut tuples = ping_pong(&pair);
        let text_of = Json::Array(ping_pong(&pair)).to_string();
        let of_two = ["start", "over", "back", "end"].iter().fold(text_of.replace(r#""tenantId":"1""#, r#""tenantId":"2""#), |text, id| {
            text.replace(&format!(r#""topicId":"{id}""#), &format!(r#""topicId":"{id}2""#))
        });
        let of_two = ["1", "2", "3", "4"].iter().fold(of_two, |text, id| text.replace(&format!(r#""pipelineId":"{id}""#), &format!(r#""pipelineId":"2{id}""#)));
        let of_two = of_two.replace(&format!("\"{SECOND}\""), "\"300\"").replace("second200", "second300");
        tuples.extend(serde_json::from_str::<Vec<Json>>(&of_two).unwrap());
        tuples.push(json!({"tenantId": "2", "name": "two"}));
        tuples.push(json!({"userId": "22", "name": "admin-two", "role": "admin", "isActive": true, "tenantId": "2"}));
        apply(&node, &tuples).await;
        let [one, two, superior] = [token(&node, "imma-admin").await, token(&node, "admin-two").await, token(&node, "imma-super").await];
        let door = Fire::new(Arc::clone(&node));
        for (tenant, credentials, document) in [
            ("1", &one, json!({"code": "start", "data": {"k": "of 1"}})),
            ("2", &two, json!({"code": "start", "data": {"k": "of 2"}})),
            ("2", &superior, json!({"code": "start", "data": {"k": "of 2 by super"}, "tenantId": "2"})),
        ] {
            let answer = door.fire(delivery(&document, None), Some(credentials)).await.unwrap();
            assert_eq!(answer.status, "DONE");
            for tenant_asked in ["1", "2"] {
                let found = trace_document(&node, &answer.trace_id, Some(tenant_asked)).await.unwrap();
                assert_eq!(found.is_some(), tenant == tenant_asked, "{}", pair.name);
            }
            // A pipeline of the other tenant, which has the same topic names, has not run.
            let [first, second] = pair.stores();
            for (store, logged) in [(&first, 1), (&second, 3)] {
                let own = text(store, &format!("SELECT DISTINCT tenant_id FROM nightowl_logs WHERE trace_id = '{}'", answer.trace_id)).await;
                let all = count(store, &format!("nightowl_logs WHERE trace_id = '{}'", answer.trace_id)).await;
                assert_eq!((own.as_str(), all), (tenant, logged), "{}", pair.name);
            }
        }
        let refused = door.fire(delivery(&json!({"code": "start", "data": {"k": "x"}, "tenantId": "2"}), None), Some(&one)).await.unwrap_err();
        assert_eq!(refused.code(), "trigger-tenant-mismatch");
        let [first, second] = pair.stores();
        for (store, table) in [(&first, "topic_start"), (&second, "topic_over"), (&first, "topic_back"), (&second, "topic_end")] {
            let of = |tenant: &str| format!("SELECT k FROM {table} WHERE tenant_id_ = '{tenant}' ORDER BY id_");
            assert_eq!((text(store, &of("1")).await.as_str(), text(store, &of("2")).await.as_str()), ("of 1", "of 2,of 2 by super"), "{} {table}", pair.name);
        }
        assert_eq!(pending(&pair).await, 0);
        node.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_while_a_node_ends_is_refused_and_what_waits_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let pair = Pair::of_files(folder.path());
    let node = pair.open(folder.path(), "pipeline").await;
    apply(&node, &ping_pong(&pair)).await;
    let token = token(&node, "imma-admin").await;
    let mut under_way = JoinSet::new();
    for number in 0..50 {
        let (node, token) = (Arc::clone(&node), token.clone());
        under_way.spawn(async move { fire(&node, &token, &number.to_string(), None).await });
    }
    let mut answers = vec![under_way.join_next().await.unwrap().unwrap()];
    node.close().await.unwrap();
    answers.extend(under_way.join_all().await);
    let done = answers.iter().filter(|answer| answer.as_ref().is_ok_and(|answer| answer.status == "DONE")).count();
    for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert_eq!((refused.code(), refused.class()), ("storage-shutting-down", ErrorClass::Retry), "{refused}");
    }
    assert_eq!((rows(&pair).await, pending(&pair).await), ([done; 4], 0));
    let late = fire(&node, &token, "late", None).await.unwrap_err();
    assert_eq!((late.code(), late.class()), ("storage-shutting-down", ErrorClass::Retry));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_what_was_accepted_and_a_dead_ones_part_is_taken_over() {
    for server in Server::ALL {
        let folder = tempfile::tempdir().unwrap();
        let Some(url) = server.fresh().await else { continue };
        let pair = Pair { name: "shared", default_url: url.clone(), second_url: url };
        let nodes = [pair.open(folder.path(), "pipeline").await, pair.open(folder.path(), "pipeline").await];
        let plain = |name: &str| topic(name, "distinct", &[("k", "text", "")]);
        apply(&nodes[0], &[plain("start"), plain("end"), simple("1", "start", &[insert("end", &[("k", "{k}")])])]).await;
        let token = token(&nodes[0], "imma-admin").await;
        let [store, _] = pair.stores();
        let catalog = Arc::clone(&nodes[0].catalogs.of("1").await.unwrap().catalog);
        // Some of it is held by a process that is gone, whose lease lasts a moment longer.
        for number in 0..10 {
            let (engine, request) = (Arc::clone(&nodes[0].engine), request(&catalog, number));
            let leased = store.write(move |session| {
                Box::pin(async move {
                    let mut unit = SqlUnitOfWork::new(session);
                    engine.accept(&mut unit, &request).await.unwrap();
                    unit.lease_pending(PendingKind::Cascade, "gone", 2, 100).await.unwrap().len()
                })
            });
            leased.await.unwrap();
        }
        for number in 10..60 {
            let document = json!({"code": "start", "data": {"k": number.to_string()}});
            let door = Fire::new(Arc::clone(&nodes[number % 2]));
            door.accept(delivery(&document, None), Some(&token)).await.unwrap();
        }
        wait_for(&store, "topic_end", 60).await;
        wait_for(&store, "nightowl_pending", 0).await;
        assert_eq!(text(&store, "SELECT DISTINCT status FROM nightowl_triggers").await, "done");
        assert_eq!(count(&store, "(SELECT DISTINCT k FROM topic_end) AS kinds").await, 60);
        nodes[0].close().await.unwrap();
        nodes[1].close().await.unwrap();
    }
}

/// A trigger of a row at `start`.
fn request(catalog: &Arc<Catalog>, number: usize) -> TriggerRequest {
    TriggerRequest {
        catalog: Arc::clone(catalog),
        tenant_id: "1".into(),
        user_id: "1".into(),
        pat_key_id: None,
        code: "start".into(),
        trigger_type: TriggerType::Insert,
        data: [("k", Value::from(number.to_string().as_str()))].into_iter().collect(),
        trace_id: None,
        source: "test".into(),
        position_key: None,
        ordered: None,
        keyed: None,
        deadline: None,
        body_hash: None,
    }
}
