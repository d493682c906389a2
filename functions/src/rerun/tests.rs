//! Reruns over HTTP and of traces, on a store of its own.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, header};
use nightowl_auth::{Expiry, IssueRequest, PatId, Scopes, UserStore as _, issue};
use nightowl_config::{Loaded, Sources};
use nightowl_core::model::{Definitions, Problems};
use nightowl_core::port::Clock as _;
use nightowl_storage::meta::apply::ApplyOptions;
use nightowl_storage::trace::{Trace, TraceStore};
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tower::ServiceExt as _;

use super::{Asker, failed_since, rerun_trace};
use crate::door::Fire;
use crate::http::{HttpOptions, router};
use crate::node::{Node, NodeOptions};
use crate::rows::{RowsError, RowsQuery, read_rows};

struct House {
    node: Arc<Node>,
    app: Router,
    token: String,
    super_token: String,
    _folder: TempDir,
}

/// A raw topic whose rows are copied to another, and an alarm-free pipeline for merges and deletes that counts them.
fn definitions() -> Json {
    let copy = |action: &str, factor: &str| {
        json!({"actionId": action, "type": "insert-row", "topicId": "t2", "mapping": [
            {"factorId": "g1", "source": {"kind": "constant", "value": factor}, "arithmetic": "none"},
            {"factorId": "g2", "source": {"kind": "constant", "value": "{&old.no}"}, "arithmetic": "none"}]})
    };
    let pipeline = |id: &str, kind: &str, value: &str| {
        json!({"pipelineId": id, "topicId": "t1", "name": id, "type": kind, "enabled": true, "tenantId": "1",
            "stages": [{"stageId": "s", "units": [{"unitId": "u", "do": [copy("a", value)]}]}]})
    };
    json!([
        {"topicId": "t1", "name": "order", "type": "raw", "tenantId": "1", "factors": [{"factorId": "f1", "name": "no", "type": "text", "flatten": true}, {"factorId": "f2", "name": "qty", "type": "number"}]},
        {"topicId": "t2", "name": "seen", "type": "distinct", "tenantId": "1", "factors": [{"factorId": "g1", "name": "no", "type": "text"}, {"factorId": "g2", "name": "before", "type": "text"}]},
        pipeline("1", "insert-or-merge", "{no}"),
        pipeline("2", "insert", "two {no}"),
        pipeline("3", "delete", "gone"),
    ])
}

impl House {
    async fn open(options: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        let mut sources = Sources::default()
            .option("storage.url", &format!("sqlite://{}/meta.db", folder.path().display()))
            .option("storage.data_dir", &folder.path().display().to_string())
            .option("storage.sqlite_synchronous", "normal")
            .option("snowflake.worker_id", "0")
            .option("snowflake.competitive_workers", "false")
            .option("engine.time_zone", "UTC");
        for (key, value) in options {
            sources = sources.option(key, value);
        }
        let loaded = Loaded::load(&sources).unwrap();
        let node = Arc::new(Node::open(loaded.settings(), &NodeOptions::default()).await.unwrap());
        let mut problems = Problems::default();
        let definitions = Definitions::read(&definitions(), "test", &mut problems);
        assert!(!problems.has_errors());
        node.apply(definitions, ApplyOptions::default(), "1").await.unwrap();
        let app = router(Fire::new(Arc::clone(&node)), &HttpOptions::of(loaded.settings()), None);
        let (token, super_token) = (token(&node, "imma-admin").await, token(&node, "imma-super").await);
        Self { node, app, token, super_token, _folder: folder }
    }

    async fn ask(&self, method: Method, path: &str, body: Json, token: &str) -> (u16, Json) {
        let request = Request::builder().method(method).uri(path).header(header::AUTHORIZATION, format!("pat {token}"));
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let response = self.app.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), 1_000_000).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    async fn get(&self, path: &str) -> (u16, Json) {
        self.ask(Method::GET, path, Json::Null, &self.token).await
    }

    async fn post(&self, path: &str, body: Json) -> (u16, Json) {
        self.ask(Method::POST, path, body, &self.token).await
    }

    async fn fire(&self, trigger_type: &str, data: Json, trace_id: &str) -> Json {
        let body = json!({"code": "order", "triggerType": trigger_type, "data": data, "traceId": trace_id});
        let (status, answer) = self.post("/pipeline/data", body).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// The `no` and `before` of all rows that pipelines have written.
    async fn seen(&self) -> Vec<(String, String)> {
        let query = RowsQuery { tenant_id: "1".to_owned(), topic: "seen".to_owned(), ..RowsQuery::default() };
        let mut seen = Vec::new();
        read_rows::<RowsError>(&self.node, &query, |row| {
            let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
            seen.push((text("no"), text("before")));
            Ok(())
        })
        .await
        .unwrap();
        seen
    }

    async fn trace(&self, trace_id: &str) -> Trace {
        TraceStore::new(self.node.stores.default_store().store.clone()).trace(trace_id, None).await.unwrap()
    }

    fn asker(&self) -> Asker {
        Asker { tenant_id: "1".into(), user_id: "1".into(), pat_key_id: None }
    }
}

async fn token(node: &Node, name: &str) -> String {
    let owner = node.accounts.find_user_by_name(name).await.unwrap().unwrap();
    let request = IssueRequest {
        pat_id: PatId::new(node.new_id().unwrap().to_string()),
        owner: &owner,
        created_by: owner.user_id.clone(),
        issuer_scopes: &Scopes::all(),
        scopes: Scopes::all(),
        expires: Expiry::Never,
        note: None,
    };
    issue(request, &*node.accounts, node.clock.now_utc(), node.zone).await.unwrap().token.expose().to_owned()
}

fn pair(no: &str, before: &str) -> (String, String) {
    (no.to_owned(), before.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_row_is_read_and_run_again() {
    for atomicity in ["action", "pipeline", "trigger"] {
        let house = House::open(&[("engine.atomicity", atomicity)]).await;
        let fired = house.fire("insert", json!({"no": "A", "qty": 5}), "t-1").await;
        let id = fired["internalDataId"].as_str().unwrap().to_owned();
        assert_eq!(house.seen().await, [pair("A", ""), pair("two A", "")]);
        let (status, row) = house.get(&format!("/topic/data/row?topic_name=order&data_id={id}")).await;
        assert_eq!((status, &row["no"], &row["qty"], &row["id_"], &row["tenant_id_"]), (200, &json!("A"), &json!(5), &json!(id), &json!("1")));
        assert_eq!(house.get("/topic/data/row?topic_id=t1&data_id=42").await, (200, Json::Null));
        let (status, answer) = house.get(&format!("/topic/data/rerun?topic_name=order&data_id={id}")).await;
        assert_eq!((status, &answer["received"], &answer["internalDataId"], &answer["status"]), (200, &json!(true), &json!(id), &json!("DONE")));
        let new = answer["traceId"].as_str().unwrap();
        assert_ne!(new, "t-1");
        let trace = house.trace(new).await;
        assert_eq!((trace.triggers.len(), trace.logs.len()), (1, 2));
        assert!(trace.logs.iter().all(|log| log.data_id.to_string() == id), "the logs carry the id of the row");
        assert_eq!(trace.triggers[0].source, "rerun");
        house.get(&format!("/topic/data/rerun?topic_id=t1&data_id={id}&pipeline_id=2")).await;
        assert_eq!(house.seen().await, [pair("A", ""), pair("two A", ""), pair("A", ""), pair("two A", ""), pair("two A", "")]);
        house.node.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_have_their_status() {
    let house = House::open(&[]).await;
    let fired = house.fire("insert", json!({"no": "A"}), "t-1").await;
    let id = fired["internalDataId"].as_str().unwrap();
    let cases = [
        ("/topic/data/rerun?data_id=1".to_owned(), 400),
        ("/topic/data/rerun?topic_name=order".to_owned(), 400),
        ("/topic/data/rerun?topic_name=order&data_id=%20".to_owned(), 400),
        (format!("/topic/data/rerun?topic_name=nothing&data_id={id}"), 404),
        (format!("/topic/data/rerun?topic_name=order&data_id={id}&pipeline_id=99"), 404),
        ("/topic/data/rerun?topic_name=order&data_id=42".to_owned(), 404),
        (format!("/topic/data/rerun?topic_name=order&data_id={id}&tenant_id=2"), 400),
        ("/pipeline/log/rerun/uid?uid=42".to_owned(), 404),
        ("/pipeline/log/rerun/uid".to_owned(), 400),
    ];
    for (path, expected) in cases {
        let (status, answer) = house.get(&path).await;
        assert_eq!(status, expected, "{path}: {answer}");
    }
    let path = format!("/topic/data/rerun?topic_name=order&data_id={id}");
    assert_eq!(house.ask(Method::GET, &path, Json::Null, &house.super_token).await.0, 400, "a super admin has to name the tenant");
    assert_eq!(house.ask(Method::GET, &format!("{path}&tenant_id=1"), Json::Null, &house.super_token).await.0, 200);
    assert_eq!(house.ask(Method::GET, &path, Json::Null, "wrong").await.0, 401);
    let many: Vec<Json> = (0..2001).map(|uid| json!({"uid": uid.to_string()})).collect();
    assert_eq!(house.post("/pipeline/log/rerun/error", json!({"errorDetails": many})).await.0, 400);
    assert_eq!(house.post("/pipeline/log/rerun/error", json!({"errorDetails": 1})).await.0, 422);
    house.node.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_are_run_again_with_their_rows_and_counted() {
    let house = House::open(&[]).await;
    let fired = house.fire("insert", json!({"no": "A"}), "t-1").await;
    let id = fired["internalDataId"].as_str().unwrap();
    house.fire("merge", json!({"id_": id, "no": "B"}), "t-2").await;
    house.fire("delete", json!({"id_": id}), "t-3").await;
    let written = house.seen().await;
    assert_eq!(written, [pair("A", ""), pair("two A", ""), pair("B", "A"), pair("gone", "B")]);
    let merged = house.trace("t-2").await.logs[0].uid.to_string();
    let (status, answer) = house.get(&format!("/pipeline/log/rerun/uid?uid={merged}")).await;
    assert_eq!((status, &answer["logId"], &answer["status"]), (200, &json!(merged), &json!("DONE")));
    let inserted = house.trace("t-1").await.logs[1].uid.to_string();
    let deleted = house.trace("t-3").await.logs[0].uid.to_string();
    let (status, answers) = house.post("/pipeline/log/rerun/error", json!({"errorDetails": [{"uid": inserted}, {"uid": deleted}]})).await;
    assert_eq!((status, answers.as_array().map(Vec::len)), (200, Some(2)));
    assert_eq!(house.seen().await[4..], [pair("B", "A"), pair("two A", ""), pair("gone", "B")]);
    let (status, stats) = house.post("/pipeline/log/stats", json!({"sampleSize": 3})).await;
    assert_eq!((status, &stats["total"], &stats["byStatus"]), (200, &json!(7), &json!({"DONE": 7, "ERROR": 0, "IGNORED": 0})));
    assert_eq!((&stats["sampleSize"], &stats["insertCount"]), (&json!(3), &json!(3)));
    house.node.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_of_all_data_sources_of_a_tenant_are_one_list() {
    let house = House::open(&[]).await;
    let topic = |id: &str, name: &str| json!({"topicId": id, "name": name, "type": "distinct", "tenantId": "1", "dataSourceId": "d1", "factors": [{"factorId": "h1", "name": "no", "type": "text"}]});
    let copy =
        json!({"actionId": "a", "type": "insert-row", "topicId": "t4", "mapping": [{"factorId": "h1", "source": {"kind": "constant", "value": "{no}"}}]});
    let document = json!([
        {"dataSourceId": "d1", "dataSourceCode": "far", "dataSourceType": "sqlite", "url": "sqlite://far.db", "tenantId": "1"},
        topic("t3", "far"),
        topic("t4", "far_seen"),
        {"pipelineId": "4", "topicId": "t3", "name": "4", "type": "insert", "enabled": true, "tenantId": "1",
            "stages": [{"stageId": "s", "units": [{"unitId": "u", "do": [copy]}]}]},
    ]);
    let definitions = Definitions::read(&document, "test", &mut Problems::default());
    house.node.apply(definitions, ApplyOptions::default(), "1").await.unwrap();
    for (number, code) in ["order", "far", "far", "order", "far"].iter().enumerate() {
        let (status, answer) = house.post("/pipeline/data", json!({"code": code, "data": {"no": number.to_string()}})).await;
        assert_eq!((status, &answer["status"]), (200, &json!("DONE")));
    }
    let page = async |number: usize, size: usize| house.post("/pipeline/log", json!({"pageNumber": number, "pageSize": size})).await.1;
    let all = page(1, 100).await;
    assert_eq!((&all["itemCount"], &all["pageCount"]), (&json!(7), &json!(1)));
    let logs = all["data"].as_array().unwrap();
    assert_eq!(logs.iter().filter(|log| log["pipelineId"] == "4").count(), 3);
    assert!(logs.iter().map(|log| log["startTime"].as_str().unwrap()).is_sorted_by(|newer, older| newer >= older));
    let mut paged = Vec::new();
    for number in 1..=4 {
        let page = page(number, 2).await;
        assert_eq!((&page["itemCount"], &page["pageCount"], &page["pageNumber"]), (&json!(7), &json!(4), &json!(number)));
        paged.extend(page["data"].as_array().unwrap().clone());
    }
    assert_eq!(&paged, logs);
    house.node.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_is_run_again_as_it_was_recorded() {
    let house = House::open(&[]).await;
    let fired = house.fire("insert", json!({"no": "A"}), "t-1").await;
    let id = fired["internalDataId"].as_str().unwrap();
    house.fire("merge", json!({"id_": id, "no": "B"}), "t-1").await;
    house.fire("delete", json!({"id_": id}), "t-1").await;
    let written = house.seen().await;
    let done = rerun_trace(&house.node, &house.asker(), "t-1", false).await.unwrap();
    let answers: Vec<_> = done.into_iter().map(|again| again.answer.unwrap()).collect();
    assert_eq!(answers.len(), 3);
    assert!(answers.iter().all(|answer| answer.trace_id == answers[0].trace_id && answer.trace_id != "t-1"));
    assert_eq!(house.seen().await[written.len()..], written);
    assert!(rerun_trace(&house.node, &house.asker(), "unknown", false).await.unwrap().is_empty());
    house.node.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_rolled_back_is_fired_again_from_its_payload() {
    let house = House::open(&[("engine.atomicity", "trigger")]).await;
    let long = "x".repeat(20_000);
    let broken = json!({"pipelineId": "9", "topicId": "t1", "name": "9", "type": "insert", "enabled": true, "tenantId": "1",
        "stages": [{"stageId": "s", "units": [{"unitId": "u", "do": [{"actionId": "a", "type": "read-row", "topicId": "t2", "variableName": "v",
            "by": {"jointType": "and", "filters": [{"left": {"kind": "topic", "topicId": "t2", "factorId": "g1"}, "operator": "equals", "right": {"kind": "constant", "value": long}}]}}]}]}]});
    let apply = async |document: &Json| {
        let definitions = Definitions::read(document, "test", &mut Problems::default());
        house.node.apply(definitions, ApplyOptions::default(), "1").await.unwrap();
    };
    apply(&broken).await;
    let fired = house.fire("insert", json!({"no": "A"}), "t-1").await;
    assert_eq!((&fired["status"], &fired["internalDataId"]), (&json!("ERROR"), &Json::Null));
    assert!(house.seen().await.is_empty());
    let failed = failed_since(&house.node, "1", 0).await.unwrap();
    assert_eq!(failed, ["t-1"]);
    let mut mended = broken.clone();
    mended["enabled"] = json!(false);
    apply(&mended).await;
    let done = rerun_trace(&house.node, &house.asker(), "t-1", true).await.unwrap();
    let answer = done.into_iter().next().unwrap().answer.unwrap();
    assert_eq!((answer.status, answer.data_id.is_some()), ("DONE", true));
    assert_eq!(house.seen().await, [pair("A", ""), pair("two A", "")]);
    house.node.close().await.unwrap();
}
