//! A node picks up what was left to be done: what it accepted, what a crash left, and never what can not be done hot.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use nightowl::door::Fire;
use nightowl::http::{HttpOptions, router};
use nightowl::node::{Node, NodeOptions, When};
use nightowl_auth::{Expiry, IssueRequest, PatId, Scopes, UserStore as _, issue};
use nightowl_config::{Loaded, Sources};
use nightowl_core::compile::ColumnKind;
use nightowl_core::engine::{TriggerOutcome, TriggerRequest};
use nightowl_core::model::{Definitions, Problems, TriggerType};
use nightowl_core::value::{Value, json::from_tagged, text_form};
use nightowl_storage::meta::apply::ApplyOptions;
use nightowl_storage::{Store, StoreOptions};
use nightowl_tests::stage::{constant, copy, fail, insert, looping, pipeline, simple, stage, topic, unit};
use serde_json::{Value as Json, json};
use tower::ServiceExt as _;

/// How long a test waits for what should happen soon.
const SOON: Duration = Duration::from_secs(20);
/// Where the child finds its store.
const STORE: &str = "NIGHTOWL_TEST_CHILD_STORE";
/// How many elements the loop has in whose middle the child is killed.
const ELEMENTS: usize = 4_000;

fn loaded(folder: &Path, mode: &str) -> Loaded {
    let sources = Sources::default()
        .option("storage.url", &format!("sqlite://{}/store.db", folder.display()))
        .option("storage.data_dir", &folder.display().to_string())
        .option("storage.sqlite_synchronous", "normal")
        .option("snowflake.worker_id", "0")
        .option("snowflake.competitive_workers", "false")
        .option("engine.time_zone", "UTC")
        .option("engine.atomicity", mode);
    Loaded::load(&sources).unwrap()
}

async fn open(folder: &Path, mode: &str) -> Arc<Node> {
    Arc::new(Node::open(loaded(folder, mode).settings(), &NodeOptions::default()).await.unwrap())
}

/// Topics of a tenant, ids and all ending with its id; a trigger on start copies its list into lines.
fn definitions(tenant: &str) -> Definitions {
    let looped = pipeline("p", "start", &[stage("s", &[unit(&[copy("v", "{list}")]), looping("v", &[insert("lines", &[("x", "{v}")])])])]);
    let follows = simple("q", "lines", &[fail("lines", "x")]);
    let mut follows_never = follows;
    follows_never["conditional"] = json!(true);
    follows_never["on"] = json!({"jointType": "and", "filters": [{"left": constant("{x}"), "operator": "equals", "right": constant("bad")}]});
    let tuples = [topic("start", "raw", &[("list", "array", "")]), topic("lines", "distinct", &[("x", "text", "")]), looped, follows_never];
    let mut all = Definitions::default();
    let mut problems = Problems::default();
    for tuple in tuples {
        let mut text = tuple.to_string().replace(r#""tenantId":"1""#, &format!(r#""tenantId":"{tenant}""#));
        for id in ["start", "lines"] {
            text = text.replace(&format!(r#""topicId":"{id}""#), &format!(r#""topicId":"{id}{tenant}""#));
        }
        for id in ["p", "q"] {
            text = text.replace(&format!(r#""pipelineId":"{id}""#), &format!(r#""pipelineId":"{id}{tenant}""#));
        }
        all.extend(Definitions::read(&serde_json::from_str(&text).unwrap(), "test", &mut problems));
    }
    assert_eq!(problems.iter().count(), 0, "{problems:?}");
    all
}

async fn prepare(node: &Node) {
    node.apply(definitions("1"), ApplyOptions::default(), "1").await.unwrap();
}

async fn request(node: &Node, data: Json) -> TriggerRequest {
    let Value::Object(data) = from_tagged(&data).unwrap() else { unreachable!() };
    TriggerRequest {
        catalog: Arc::clone(&node.catalogs.of("1").await.unwrap().catalog),
        tenant_id: "1".into(),
        user_id: "1".into(),
        pat_key_id: None,
        code: "start".into(),
        trigger_type: TriggerType::Insert,
        data,
        trace_id: None,
        source: "test".into(),
        position_key: None,
        ordered: None,
        body_hash: None,
        keyed: None,
        deadline: None,
    }
}

/// The cells of a query as one text.
async fn text(store: &Store, sql: &'static str) -> String {
    let rows = store.read(move |session| Box::pin(async move { session.query(sql, &[], &[ColumnKind::Text { length: u32::MAX }]).await })).await.unwrap();
    rows.unwrap().iter().map(|row| text_form(&row[0]).into_owned()).collect::<Vec<_>>().join(",")
}

async fn execute(store: &Store, sql: &'static str) {
    store.write(move |session| Box::pin(async move { session.execute(sql, &[]).await })).await.unwrap().unwrap();
}

const LINES: &str = "SELECT CAST(COUNT(*) AS TEXT) FROM topic_lines";
const PENDING: &str = "SELECT CAST(COUNT(*) AS TEXT) FROM nightowl_pending";
const STATUSES: &str = "SELECT status FROM nightowl_triggers ORDER BY trigger_id";

/// Waits until a query gives a text.
async fn wait_for(store: &Store, sql: &'static str, expected: &str) {
    let began = Instant::now();
    loop {
        let found = text(store, sql).await;
        if found == expected {
            return;
        }
        assert!(began.elapsed() < SOON, "{sql} still gives {found}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn store_of(node: &Node) -> Store {
    node.stores.default_store().store.clone()
}

/// A token of a user.
async fn token(node: &Node, user: &str) -> String {
    let owner = node.accounts.find_user_by_name(user).await.unwrap().unwrap();
    let request = IssueRequest {
        pat_id: PatId::new(node.new_id().unwrap().to_string()),
        owner: &owner,
        created_by: owner.user_id.clone(),
        issuer_scopes: &Scopes::all(),
        scopes: Scopes::all(),
        expires: Expiry::Never,
        note: None,
    };
    let now = nightowl_core::port::Clock::now_utc(&node.clock);
    issue(request, &*node.accounts, now, node.zone).await.unwrap().token.expose().to_owned()
}

fn app(node: &Arc<Node>, folder: &Path) -> Router {
    router(Fire::new(Arc::clone(node)), &HttpOptions::of(loaded(folder, "pipeline").settings()), None)
}

/// Posts a trigger; gives status, body, and whether it was answered as an earlier one.
async fn post(app: &Router, path: &str, token: &str, key: Option<&str>, data: Json) -> (u16, Json, bool) {
    let mut request = Request::post(path).header(header::AUTHORIZATION, format!("PAT {token}"));
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    let body = json!({"code": "start", "data": data});
    let answer = app.clone().oneshot(request.body(Body::from(body.to_string())).unwrap()).await.unwrap();
    let (status, replayed) = (answer.status().as_u16(), answer.headers().contains_key("idempotent-replayed"));
    (status, serde_json::from_slice(&to_bytes(answer.into_body(), 1 << 20).await.unwrap()).unwrap_or_default(), replayed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_asynchronous_trigger_is_answered_first_and_run_afterwards() {
    for mode in ["action", "pipeline", "trigger"] {
        let folder = tempfile::tempdir().unwrap();
        let node = open(folder.path(), mode).await;
        prepare(&node).await;
        let app = app(&node, folder.path());
        let token = token(&node, "imma-admin").await;
        let (status, body, _) = post(&app, "/pipeline/data/async", &token, Some("k"), json!({"list": [1, 2]})).await;
        let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
        assert_eq!(
            (status, keys),
            (200, ["received", "traceId", "internalDataId", "logId"].iter().map(|key| (*key).to_owned()).collect::<Vec<_>>().iter().collect())
        );
        assert_eq!(text(&store_of(&node), "SELECT CAST(id_ AS TEXT) FROM topic_start").await, body["internalDataId"].as_str().unwrap());
        wait_for(&store_of(&node), PENDING, "0").await;
        assert_eq!((text(&store_of(&node), LINES).await.as_str(), text(&store_of(&node), STATUSES).await.as_str()), ("2", "done"), "{mode}");
        let (status, again, replayed) = post(&app, "/pipeline/data/async", &token, Some("k"), json!({"list": [1, 2]})).await;
        assert_eq!((status, &again, replayed), (200, &body, true));
        // What fails is told by the trace, not by the answer.
        let (status, _, _) = post(&app, "/pipeline/data/async", &token, None, json!({"list": ["bad"]})).await;
        assert_eq!(status, 200);
        wait_for(&store_of(&node), STATUSES, "done,error").await;
        // What can not be saved is refused at once, and leaves nothing.
        assert_eq!(post(&app, "/pipeline/data/async", &token, None, json!(null)).await.0, 400);
        assert_eq!(text(&store_of(&node), PENDING).await, "0");
        node.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_counts_within_its_tenant() {
    let folder = tempfile::tempdir().unwrap();
    let node = open(folder.path(), "pipeline").await;
    let mut all = definitions("1");
    all.extend(definitions("2"));
    let mut problems = Problems::default();
    let tuples = json!([
        {"tenantId": "2", "name": "two"},
        {"userId": "22", "name": "admin-two", "role": "admin", "isActive": true, "tenantId": "2"},
    ]);
    all.extend(Definitions::read(&tuples, "test", &mut problems));
    assert_eq!(problems.iter().count(), 0, "{problems:?}");
    node.apply(all, ApplyOptions::default(), "1").await.unwrap();
    let app = app(&node, folder.path());
    for path in ["/pipeline/data", "/pipeline/data/async"] {
        for (user, replayed) in [("imma-admin", false), ("admin-two", false), ("imma-admin", true), ("admin-two", true)] {
            let token = token(&node, user).await;
            let answer = post(&app, path, &token, Some(path), json!({"list": []})).await;
            assert_eq!((answer.0, answer.2), (200, replayed), "{path} {user}: {}", answer.1);
        }
    }
    node.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_is_carried_out_before_a_node_ends() {
    for mode in ["action", "pipeline"] {
        let folder = tempfile::tempdir().unwrap();
        let node = open(folder.path(), mode).await;
        prepare(&node).await;
        let lane = &node.stores.default_store().lane;
        let mut tickets = Vec::new();
        for number in 0..200 {
            let when = if number % 4 == 0 { When::Later } else { When::Now };
            tickets.push((when, lane.submit(request(&node, json!({"list": [number]})).await, when).await.unwrap()));
        }
        let late = request(&node, json!({"list": []})).await;
        node.close().await.unwrap();
        for (when, ticket) in tickets {
            let outcome = ticket.outcome().await.unwrap().unwrap();
            assert_eq!(matches!(outcome, TriggerOutcome::Accepted(_)), when == When::Later, "{outcome:?}");
        }
        assert!(lane.submit(late, When::Now).await.is_err(), "a closed lane takes a trigger");
        let store = Store::open(&format!("sqlite://{}/store.db", folder.path().display()), &StoreOptions::default()).unwrap();
        assert_eq!((text(&store, LINES).await.as_str(), text(&store, PENDING).await.as_str()), ("200", "0"), "{mode}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_that_can_not_be_done_is_postponed_and_hinders_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let node = open(folder.path(), "pipeline").await;
    prepare(&node).await;
    let store = store_of(&node);
    execute(
        &store,
        "INSERT INTO nightowl_pending (pending_id, kind, tenant_id, trace_id, trigger_id, ordinal, body, attempts, format) \
         VALUES (1, 'cascade', '1', 't', 1, 0, 'no JSON', 0, 1), (2, 'cascade', 'nobody', 't', 2, 0, '{}', 0, 1)",
    )
    .await;
    let lane = &node.stores.default_store().lane;
    let ticket = lane.submit(request(&node, json!({"list": [1]})).await, When::Later).await.unwrap();
    ticket.outcome().await.unwrap().unwrap();
    wait_for(&store, LINES, "1").await;
    wait_for(&store, "SELECT CAST(COUNT(*) AS TEXT) FROM nightowl_pending WHERE attempts = 1 AND leased_by IS NULL AND not_before IS NOT NULL", "2").await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert_eq!(text(&store, "SELECT CAST(attempts AS TEXT) FROM nightowl_pending ORDER BY pending_id").await, "1,1");
    node.close().await.unwrap();
}

/// The child of the next test: it begins a long cascade in mode `action`, and is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_that_is_killed() {
    let Ok(folder) = std::env::var(STORE) else { return };
    let node = open(Path::new(&folder), "action").await;
    let mut alone = definitions("1");
    alone.pipelines.retain(|pipeline| pipeline.name == "p");
    node.apply(alone, ApplyOptions::default(), "1").await.unwrap();
    let elements: Vec<usize> = (0..ELEMENTS).collect();
    let lane = &node.stores.default_store().lane;
    lane.submit(request(&node, json!({"list": elements})).await, When::Now).await.unwrap().outcome().await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_finishes_what_a_killed_process_left() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_is_killed"])
        .env(STORE, folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let path = folder.path().join("store.db");
    let began = Instant::now();
    let url = format!("sqlite://{}", path.display());
    let written = loop {
        assert!(began.elapsed() < SOON, "the child writes nothing");
        tokio::time::sleep(Duration::from_millis(5)).await;
        if !path.exists() {
            continue;
        }
        let Ok(store) =
            Store::open(&url, &StoreOptions { sqlite: nightowl_storage::sqlite::SqliteOptions { create: false, ..Default::default() }, ..Default::default() })
        else {
            continue;
        };
        let count = store.read(|session| Box::pin(async move { session.query(LINES, &[], &[ColumnKind::Text { length: 20 }]).await })).await.unwrap();
        store.close().await.unwrap();
        let count: usize = count.map_or(0, |rows| text_form(&rows[0][0]).parse().unwrap());
        if count > 20 {
            break count;
        }
    };
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(written < ELEMENTS, "the child was too fast");

    let node = open(folder.path(), "action").await;
    let store = store_of(&node);
    assert_eq!((text(&store, PENDING).await.as_str(), text(&store, STATUSES).await.as_str()), ("1", "pending"));
    // As far as this node knows, the other process lives as long as its lease.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(text(&store, "SELECT CAST(attempts AS TEXT) FROM nightowl_pending").await, "0");
    let left: usize = text(&store, LINES).await.parse().unwrap();
    execute(&store, "UPDATE nightowl_pending SET leased_until = '2020-01-01 00:00:00.000000'").await;
    wait_for(&store, PENDING, "0").await;
    assert_eq!(text(&store, STATUSES).await, "done");
    // The run began again: every element is there, those of before twice.
    let all: usize = text(&store, LINES).await.parse().unwrap();
    assert_eq!(all, left + ELEMENTS);
    assert_eq!(text(&store, "SELECT CAST(COUNT(DISTINCT x) AS TEXT) FROM topic_lines").await, ELEMENTS.to_string());
    node.close().await.unwrap();
}
