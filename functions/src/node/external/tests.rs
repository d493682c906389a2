//! Handed-over work against a real HTTP server: order, repetition, dead letters, a process that is gone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use nightowl_config::{Loaded, Sources};
use nightowl_core::engine::TriggerRequest;
use nightowl_core::model::{Definitions, Problems, TriggerType};
use nightowl_core::port::{Criterion, Query, TopicRows as _};
use nightowl_core::value::{Object, Value};
use nightowl_storage::meta::apply::ApplyOptions;
use nightowl_storage::meta::dead_letters::{DeadLetter, DeadLetterCriteria, list};
use nightowl_storage::sql::SqlUnitOfWork;
use nightowl_storage::trace::TraceStore;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::door::{Delivery, Envelope, Fire, TriggerAnswer};
use crate::node::{Node, NodeOptions, When};

/// Instead of a number of refusals: the server takes the call and never answers it; the next one it answers.
const HANG: i64 = i64::MIN;

/// What the server got, and what it answers: `refusals` times 500 for a number, then 200; `-1` for ever.
#[derive(Debug, Default)]
struct Other {
    received: Mutex<Vec<(String, Json, String)>>,
    refusals: Mutex<HashMap<i64, i64>>,
}

impl Other {
    fn numbers(&self) -> Vec<i64> {
        self.received.lock().unwrap().iter().map(|(_, body, _)| body["data"]["no"].as_i64().unwrap()).collect()
    }
}

async fn answer(State(other): State<Arc<Other>>, request: Request) -> StatusCode {
    let (parts, body) = request.into_parts();
    let body: Json = serde_json::from_slice(&axum::body::to_bytes(body, 1_000_000).await.unwrap()).unwrap();
    let header = |name: &str| parts.headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    let no = body["data"]["no"].as_i64().unwrap();
    other.received.lock().unwrap().push((header("x-nightowl-trace-id"), body, header("idempotency-key")));
    if other.refusals.lock().unwrap().get(&no) == Some(&HANG) {
        other.refusals.lock().unwrap().insert(no, 0);
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    let mut refusals = other.refusals.lock().unwrap();
    match refusals.get_mut(&no) {
        Some(left) if *left != 0 => {
            *left -= 1;
            StatusCode::INTERNAL_SERVER_ERROR
        }
        _ => StatusCode::OK,
    }
}

async fn serve(other: &Arc<Other>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/in", listener.local_addr().unwrap());
    let app = Router::new().fallback(answer).with_state(Arc::clone(other));
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    url
}

async fn open(folder: &TempDir, options: &[(&str, &str)]) -> Arc<Node> {
    let mut sources = Sources::default()
        .option("storage.url", &format!("sqlite://{}/meta.db", folder.path().display()))
        .option("storage.data_dir", &folder.path().display().to_string())
        .option("storage.sqlite_synchronous", "normal")
        .option("snowflake.worker_id", "0")
        .option("snowflake.competitive_workers", "false")
        .option("external.allow", "127.0.0.1")
        .option("engine.time_zone", "UTC");
    for (key, value) in options {
        sources = sources.option(key, value);
    }
    let loaded = Loaded::load(&sources).unwrap();
    Arc::new(Node::open(loaded.settings(), &NodeOptions::default()).await.unwrap())
}

/// A topic whose rows are sent outside, one call a row.
async fn define(node: &Node, url: &str) {
    apply(node, &json!([
        {"writerId": "w1", "writerCode": "crm", "type": "standard-writer", "url": url, "pat": "s3cret", "tenantId": "1"},
        {"topicId": "t1", "name": "order", "type": "distinct", "tenantId": "1", "factors": [{"factorId": "f1", "name": "no", "type": "number"}]},
        {"pipelineId": "p1", "topicId": "t1", "name": "send", "type": "insert", "enabled": true, "tenantId": "1", "stages": [{"stageId": "s", "units": [{"unitId": "u", "do": [
            {"actionId": "a", "type": "write-to-external", "externalWriterId": "w1", "eventCode": "order"}]}]}]},
    ])).await;
}

async fn apply(node: &Node, document: &Json) {
    let mut problems = Problems::default();
    let definitions = Definitions::read(document, "test", &mut problems);
    assert!(!problems.has_errors(), "{:?}", problems.iter().collect::<Vec<_>>());
    node.apply(definitions, ApplyOptions::default(), "1").await.unwrap();
}

async fn fire(node: &Arc<Node>, no: i64, trace_id: &str) -> TriggerAnswer {
    fire_at(node, "order", json!({"no": no}), trace_id).await
}

async fn fire_at(node: &Arc<Node>, code: &str, data: Json, trace_id: &str) -> TriggerAnswer {
    let envelope = json!({"code": code, "data": data, "traceId": trace_id}).to_string();
    let envelope = nightowl_core::value::read_json_bytes(envelope.as_bytes(), 64).unwrap();
    let delivery = Delivery::new(Envelope::read(&envelope).unwrap(), "test");
    let user = nightowl_auth::UserStore::find_user_by_name(&*node.accounts, "imma-admin").await.unwrap().unwrap();
    let principal = nightowl_auth::Principal::of_user(&user);
    Fire::new(Arc::clone(node)).submit_as(&principal, delivery).await.unwrap().outcome().await.unwrap()
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < Duration::from_secs(20), "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn pending(node: &Node, trace_id: &str) -> usize {
    TraceStore::new(node.stores.default_store().store.clone()).trace(trace_id, None).await.unwrap().pending.len()
}

async fn letters(node: &Node) -> Vec<DeadLetter> {
    let meta = &node.stores.default_store().store;
    meta.read(|session| Box::pin(async move { list(session, &DeadLetterCriteria::default(), 10).await })).await.unwrap().unwrap()
}

async fn execute(node: &Node, sql: &'static str) {
    let store = &node.stores.default_store().store;
    store.write(move |session| Box::pin(async move { session.execute(sql, &[]).await })).await.unwrap().unwrap();
}

async fn rows(node: &Node, name: &str) -> Vec<Object> {
    let tenant = node.catalogs.of("1").await.unwrap();
    let topic = Arc::clone(tenant.catalog.topic_by_name(name).unwrap());
    let store = node.stores.of(tenant.data_source(topic.data_source_id.as_deref()).unwrap()).await.unwrap();
    let read = store.store.read(move |session| {
        Box::pin(async move {
            let mut unit = SqlUnitOfWork::new(session);
            unit.find(&Query { topic: &topic, tenant_id: "1", criterion: Criterion::Always(true), limit: 100, lock: false }).await
        })
    });
    read.await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_sent_after_the_commit_with_its_trace_and_key() {
    let (folder, other) = (TempDir::new().unwrap(), Arc::new(Other::default()));
    let node = open(&folder, &[]).await;
    define(&node, &serve(&other).await).await;
    let answer = fire(&node, 1, "t-1").await;
    assert_eq!(answer.status, "DONE");
    until("the call is sent", async || pending(&node, "t-1").await == 0).await;
    let received = other.received.lock().unwrap().clone();
    assert_eq!(received.len(), 1);
    assert_eq!((received[0].0.as_str(), &received[0].1["code"], &received[0].1["triggerType"]), ("t-1", &json!("order"), &json!("insert")));
    let log = TraceStore::new(node.stores.default_store().store.clone()).trace("t-1", None).await.unwrap().logs.remove(0);
    assert!(log.body.contains(&format!("\"uid\":{}", received[0].2)), "the key is the uid of the action");
    node.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_call_is_repeated_and_holds_only_its_own_trace_up() {
    let (folder, other) = (TempDir::new().unwrap(), Arc::new(Other::default()));
    other.refusals.lock().unwrap().insert(1, 1);
    let node = open(&folder, &[]).await;
    define(&node, &serve(&other).await).await;
    for no in [1, 2, 3] {
        fire(&node, no, "t-1").await;
    }
    fire(&node, 9, "t-2").await;
    until("all calls are sent", async || pending(&node, "t-1").await + pending(&node, "t-2").await == 0).await;
    let numbers = other.numbers();
    let of_first: Vec<i64> = numbers.iter().copied().filter(|no| *no != 9).collect();
    assert_eq!(of_first, [1, 1, 2, 3], "the calls of a trace keep their order");
    let first = numbers.iter().position(|no| *no == 9).unwrap();
    assert!(first < numbers.iter().position(|no| *no == 2).unwrap(), "another trace does not wait: {numbers:?}");
    let keys: Vec<String> = other.received.lock().unwrap().iter().filter(|(_, body, _)| body["data"]["no"] == 1).map(|(_, _, key)| key.clone()).collect();
    assert_eq!(keys[0], keys[1], "a repetition has the same key");
    node.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_too_often_is_a_dead_letter_and_the_trace_goes_on() {
    let (folder, other) = (TempDir::new().unwrap(), Arc::new(Other::default()));
    other.refusals.lock().unwrap().insert(1, -1);
    let node = open(&folder, &[("engine.external_retry_times", "1")]).await;
    define(&node, &serve(&other).await).await;
    fire(&node, 1, "t-1").await;
    fire(&node, 2, "t-1").await;
    until("the second call is sent", async || pending(&node, "t-1").await == 0).await;
    assert_eq!(other.numbers(), [1, 1, 2]);
    let letters = letters(&node).await;
    assert_eq!(letters.len(), 1);
    let letter = &letters[0];
    assert_eq!((letter.source.as_str(), letter.attempts, letter.trace_id.as_deref()), ("crm", 2, Some("t-1")));
    assert!(letter.message.contains("the answer is 500"), "{}", letter.message);
    assert!(!format!("{letter:?}").contains("s3cret"));
    node.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_process_was_at_is_sent_again_by_the_next_one() {
    let (folder, other) = (TempDir::new().unwrap(), Arc::new(Other::default()));
    other.refusals.lock().unwrap().insert(1, HANG);
    let killed = open(&folder, &[]).await;
    define(&killed, &serve(&other).await).await;
    fire(&killed, 1, "t-1").await;
    until("the call is under way", async || !other.numbers().is_empty()).await;
    killed.hand_over.kill();
    let next = open(&folder, &[]).await;
    next.hand_over.wake();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(other.numbers(), [1], "while the lease lasts nobody else sends it");
    execute(&next, "UPDATE nightowl_pending SET leased_until = '2020-01-01 00:00:00.000000'").await;
    next.hand_over.wake();
    until("the call is sent", async || pending(&next, "t-1").await == 0).await;
    assert_eq!(other.numbers(), [1, 1]);
    let received = other.received.lock().unwrap().clone();
    assert_eq!(received[0].2, received[1].2, "the other side can tell that it is the same call");
    next.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_sends_what_is_due_and_leaves_the_rest() {
    let (folder, other) = (TempDir::new().unwrap(), Arc::new(Other::default()));
    other.refusals.lock().unwrap().insert(1, -1);
    let node = open(&folder, &[]).await;
    define(&node, &serve(&other).await).await;
    fire(&node, 1, "t-1").await;
    fire(&node, 2, "t-2").await;
    let began = Instant::now();
    node.close().await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(5));
    let mut numbers = other.numbers();
    numbers.sort_unstable();
    assert!(numbers.contains(&2) && numbers.contains(&1), "{numbers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_mode_action_the_call_is_part_of_the_action() {
    let (folder, other) = (TempDir::new().unwrap(), Arc::new(Other::default()));
    other.refusals.lock().unwrap().insert(2, -1);
    let node = open(&folder, &[("engine.atomicity", "action")]).await;
    define(&node, &serve(&other).await).await;
    assert_eq!(fire(&node, 1, "t-1").await.status, "DONE");
    assert_eq!(fire(&node, 2, "t-2").await.status, "ERROR");
    assert_eq!(other.numbers(), [1, 2]);
    node.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_reach_a_monitor_topic_that_lives_somewhere() {
    let (folder, other) = (TempDir::new().unwrap(), Arc::new(Other::default()));
    let node = open(&folder, &[("engine.atomicity", "action"), ("engine.async_monitor_log", "false")]).await;
    define(&node, &serve(&other).await).await;
    other.refusals.lock().unwrap().insert(2, -1);
    let tenant = node.catalogs.of("1").await.unwrap();
    let built_in = Arc::clone(tenant.catalog.topic_by_name("raw_pipeline_monitor_log").unwrap());
    assert!(tenant.catalog.topic_by_name("pipeline_monitor_error_log").is_some());
    assert!(tenant.catalog.pipelines().any(|pipeline| pipeline.topic_id == built_in.topic_id), "the first start makes the pipeline, too");
    assert_eq!(fire(&node, 1, "t-0").await.status, "DONE");
    // Both topics are given a data source.
    let file = format!("sqlite://{}/monitor.db", folder.path().display());
    let source = json!({"dataSourceId": "d1", "dataSourceCode": "monitor", "dataSourceType": "sqlite", "url": file, "tenantId": "1"});
    apply(&node, &json!([source])).await;
    execute(&node, "UPDATE topics SET data_source_id = 'd1', last_modified_at = '2030-01-01 00:00:00', version = version + 1 WHERE kind = 'system'").await;
    node.refresh().await.unwrap();
    fire(&node, 1, "t-1").await;
    fire(&node, 2, "t-2").await;
    let logs = rows(&node, "raw_pipeline_monitor_log").await;
    assert_eq!(logs.len(), 2, "logs of the monitor topic's own pipelines are not logged");
    let text = |row: &Object, key: &str| row.get(key).and_then(|value| value.as_text().map(str::to_owned));
    assert_eq!((text(&logs[1], "traceId"), text(&logs[1], "status")), (Some("t-2".to_owned()), Some("ERROR".to_owned())));
    let errors = rows(&node, "pipeline_monitor_error_log").await;
    assert_eq!(errors.len(), 1);
    assert_eq!((text(&errors[0], "traceId"), text(&errors[0], "pipelineId")), (Some("t-2".to_owned()), Some("p1".to_owned())));
    node.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_built_in_topic_without_a_data_source_takes_no_triggers() {
    let folder = TempDir::new().unwrap();
    let node = open(&folder, &[]).await;
    let envelope = json!({"code": "raw_pipeline_monitor_log", "data": {"uid": "1"}}).to_string();
    let envelope = nightowl_core::value::read_json_bytes(envelope.as_bytes(), 64).unwrap();
    let delivery = Delivery::new(Envelope::read(&envelope).unwrap(), "test");
    let user = nightowl_auth::UserStore::find_user_by_name(&*node.accounts, "imma-admin").await.unwrap().unwrap();
    let submitted = Fire::new(Arc::clone(&node)).submit_as(&nightowl_auth::Principal::of_user(&user), delivery).await.unwrap();
    let error = submitted.outcome().await.unwrap_err();
    assert_eq!((nightowl_core::error::Coded::code(&error), error.status()), ("trigger-topic-without-data-source", 400));
    node.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_ends_lanes_then_what_they_handed_over_then_the_stores() {
    let (folder, other) = (TempDir::new().unwrap(), Arc::new(Other::default()));
    let node = open(&folder, &[]).await;
    define(&node, &serve(&other).await).await;
    let file = format!("sqlite://{}/monitor.db", folder.path().display());
    apply(&node, &json!([{"dataSourceId": "d1", "dataSourceCode": "monitor", "dataSourceType": "sqlite", "url": file, "tenantId": "1"}])).await;
    execute(&node, "UPDATE topics SET data_source_id = 'd1', last_modified_at = '2030-01-01 00:00:00', version = version + 1 WHERE kind = 'system'").await;
    node.refresh().await.unwrap();
    let catalog = Arc::clone(&node.catalogs.of("1").await.unwrap().catalog);
    let lane = node.stores.default_store().lane.clone();
    let mut tickets = Vec::new();
    for no in 1..=8_i64 {
        let request = TriggerRequest {
            catalog: Arc::clone(&catalog),
            tenant_id: "1".into(),
            user_id: "1".into(),
            pat_key_id: None,
            code: "order".into(),
            trigger_type: TriggerType::Insert,
            data: [("no", Value::from(no))].into_iter().collect(),
            trace_id: Some(format!("t-{no}").into()),
            source: "test".into(),
            position_key: None,
            ordered: None,
            keyed: None,
            deadline: None,
            body_hash: None,
        };
        tickets.push(lane.submit(request, if no % 2 == 0 { When::Now } else { When::Later }).await.unwrap());
    }
    // Nobody has waited for any of them: closing does.
    node.close().await.unwrap();
    for ticket in tickets {
        ticket.outcome().await.unwrap().unwrap();
    }
    let mut numbers = other.numbers();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8], "every call that a lane handed over is sent");
    let next = open(&folder, &[]).await;
    assert_eq!(rows(&next, "raw_pipeline_monitor_log").await.len(), 8, "and every log went through a lane that was opened for it");
    for no in 1..=8 {
        assert_eq!(pending(&next, &format!("t-{no}")).await, 0);
    }
    next.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_dropped_without_being_closed_loses_nothing() {
    let (folder, other) = (TempDir::new().unwrap(), Arc::new(Other::default()));
    other.refusals.lock().unwrap().insert(1, HANG);
    let dropped = open(&folder, &[]).await;
    define(&dropped, &serve(&other).await).await;
    for no in [1, 2, 3] {
        fire(&dropped, no, "t-1").await;
    }
    until("the first call is under way", async || !other.numbers().is_empty()).await;
    assert_eq!(Arc::strong_count(&dropped), 1);
    drop(dropped);
    let next = open(&folder, &[]).await;
    assert_eq!(pending(&next, "t-1").await, 3);
    execute(&next, "UPDATE nightowl_pending SET leased_until = '2020-01-01 00:00:00.000000'").await;
    next.hand_over.wake();
    until("all calls are sent", async || pending(&next, "t-1").await == 0).await;
    assert_eq!(other.numbers(), [1, 1, 2, 3], "in the order of their trace");
    next.close().await.unwrap();
}
