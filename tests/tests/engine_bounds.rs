//! Loops, and the bounds that keep a cascade from going on for ever.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

use std::sync::Arc;

use nightowl_core::engine::Atomicity;
use nightowl_storage::memory::MemoryStore;
use nightowl_tests::stage::{Stage, constant, copy, fail, insert, looping, merge, pipeline, read, simple, stage, topic, unit};
use nightowl_tests::witness::{Witness, on_both, rows};
use serde_json::{Value as Json, json};

const MODES: [Atomicity; 3] = [Atomicity::Action, Atomicity::Pipeline, Atomicity::Trigger];

fn topics() -> Vec<Json> {
    vec![topic("start", "raw", &[("list", "array", "")]), topic("a", "distinct", &[("x", "text", "")]), topic("b", "distinct", &[("x", "text", "")])]
}

/// A pipeline that copies `{list}` into `v` and loops over it.
fn loops(units: &[Json]) -> Json {
    let mut all = vec![unit(&[copy("v", "{list}")])];
    all.extend_from_slice(units);
    pipeline("p", "start", &[stage("one", &all), stage("two", &[unit(&[insert("b", &[("x", "after")])])])])
}

/// The units of the first stage of the first log, the first one (which copies) aside, and whether the pipeline failed.
async fn units(unit: &mut dyn Witness) -> (Vec<Json>, bool) {
    let log = unit.logs().await.remove(0);
    let body: Json = serde_json::from_str(&log.body).unwrap();
    assert_eq!(body["error"], Json::Null);
    (body["stages"][0]["units"].as_array().unwrap()[1..].to_vec(), log.status == "ERROR")
}

#[tokio::test]
async fn a_loop_stops_at_the_first_element_that_fails() {
    let mut element = looping("v", &[insert("a", &[("x", "{v}")]), merge("merge-row", "b", &[("x", "{v}")], &[("x", "{v}")])]);
    element["conditional"] = json!(true);
    element["on"] = json!({"jointType": "and", "filters": [{"left": constant("{v}"), "operator": "more", "right": constant("1")}]});
    let later = unit(&[insert("b", &[("x", "later")])]);
    let stage = Arc::new(Stage::new(Atomicity::Action, &topics(), &[loops(&[element, later])]));
    assert_eq!(stage.codes(), Vec::<&str>::new());
    let catalog = Arc::clone(&stage.catalog);
    on_both(&catalog, move |unit| {
        let stage = Arc::clone(&stage);
        Box::pin(async move {
            stage.insert(unit, "start", json!({"list": [1, 2, 3]})).await;
            let (units, failed) = units(unit).await;
            let told: Vec<_> = units.iter().map(|log| (log["loop"].to_string(), log["pre"].to_string(), log["s"].as_str().unwrap().to_owned())).collect();
            let expected =
                [("1", "false", "DONE"), ("2", "true", "ERROR")].map(|(element, pre, status)| (element.to_owned(), pre.to_owned(), status.to_owned()));
            assert_eq!((told, failed), (expected.to_vec(), true));
            assert_eq!(rows(unit, &stage.topic("a"), &["x"]).await, ["2"]);
            assert!(rows(unit, &stage.topic("b"), &["x"]).await.is_empty(), "a later unit or stage ran");
        })
    })
    .await;
}

#[tokio::test]
async fn what_is_no_list_is_skipped_or_fails() {
    for (list, logs, fails) in [(json!(null), vec!["DONE"], false), (json!({}), vec!["ERROR"], true), (json!([]), vec![], false)] {
        let stage = Stage::new(Atomicity::Pipeline, &topics(), &[loops(&[looping("v", &[insert("a", &[("x", "{v}")])])])]);
        let mut store = MemoryStore::new();
        // A missing factor of type array is an empty list; null comes from a factor that is not declared.
        let data = if list.is_null() { json!({"other": 1}) } else { json!({"list": list}) };
        let stage = if list.is_null() {
            let undefined = pipeline(
                "p",
                "start",
                &[stage_of(&[unit(&[insert("b", &[("x", "1")])]), looping("never", &[insert("a", &[("x", "{never}")])])]), stage_of(&[])],
            );
            Stage::new(Atomicity::Pipeline, &topics(), &[undefined])
        } else {
            stage
        };
        stage.insert(&mut store, "start", data).await;
        let (units, failed) = units(&mut store).await;
        let statuses: Vec<&str> = units.iter().map(|log| log["s"].as_str().unwrap()).collect();
        assert_eq!((statuses, failed), (logs, fails), "{list}");
        assert!(units.iter().all(|log| log["actions"] == json!([])));
        assert!(rows(&mut store, &stage.topic("a"), &["x"]).await.is_empty());
    }
}

fn stage_of(units: &[Json]) -> Json {
    stage("s", units)
}

#[tokio::test]
async fn variables_of_an_element_are_seen_by_no_other_and_not_afterwards() {
    let inside = looping("v", &[insert("a", &[("x", "{seen}-{v}")]), copy("seen", "{v}")]);
    let after = unit(&[insert("b", &[("x", "{seen}-{v.&count}")])]);
    let stage = Stage::new(Atomicity::Pipeline, &topics(), &[loops(&[inside, after])]);
    assert_eq!(stage.codes(), Vec::<&str>::new());
    let mut store = MemoryStore::new();
    stage.insert(&mut store, "start", json!({"list": [1, 2]})).await;
    assert_eq!(rows(&mut store, &stage.topic("a"), &["x"]).await, ["-1", "-2"]);
    assert_eq!(rows(&mut store, &stage.topic("b"), &["x"]).await, ["-2", "after"]);
}

#[tokio::test]
async fn a_loop_over_the_bound_is_not_begun() {
    for mode in MODES {
        let mut stage = Stage::new(mode, &topics(), &[loops(&[looping("v", &[insert("a", &[("x", "{v}")])])])]);
        stage.engine.settings.limits.max_loop = 2;
        let mut store = MemoryStore::new();
        stage.insert(&mut store, "start", json!({"list": [1, 2]})).await;
        let kept = rows(&mut store, &stage.topic("a"), &["x"]).await;
        assert_eq!(kept, ["1", "2"]);
        stage.insert(&mut store, "start", json!({"list": [1, 2, 3]})).await;
        assert_eq!(rows(&mut store, &stage.topic("a"), &["x"]).await, kept);
        let log = Witness::logs(&mut store).await.remove(1);
        assert!(log.status == "ERROR" && log.body.contains("limit-loop") && log.body.contains("engine.max_loop"), "{}", log.body);
    }
}

#[tokio::test]
async fn a_read_over_the_bound_fails() {
    for kind in ["read-rows", "delete-rows"] {
        let action = match kind {
            "read-rows" => read(kind, "a", "found", &[("x", "1")]),
            other => nightowl_tests::stage::delete(other, "a", &[("x", "1")]),
        };
        let mut stage = Stage::new(Atomicity::Pipeline, &topics(), &[simple("p", "b", &[action])]);
        stage.engine.settings.limits.max_rows_read = 2;
        let mut store = MemoryStore::new();
        for _ in 0..3 {
            stage.insert(&mut store, "a", json!({"x": "1"})).await;
        }
        stage.insert(&mut store, "b", json!({"x": "1"})).await;
        let log = Witness::logs(&mut store).await.remove(0);
        assert!(log.status == "ERROR" && log.body.contains("limit-rows-read"), "{}", log.body);
        assert_eq!(store.count_rows("topic_a"), 3);
    }
}

#[tokio::test]
async fn a_pipeline_that_triggers_itself_ends_at_the_depth() {
    for (mode, kept) in [(Atomicity::Action, 6), (Atomicity::Pipeline, 6), (Atomicity::Trigger, 0)] {
        let mut stage = Stage::new(mode, &topics(), &[simple("again", "a", &[insert("a", &[("x", "{x}")])])]);
        stage.engine.settings.limits.max_depth = 4;
        let mut store = MemoryStore::new();
        let report = stage.insert(&mut store, "a", json!({"x": "1"})).await;
        assert_eq!(report.result.failed_pipeline_ids, ["again"]);
        assert_eq!(rows(&mut store, &stage.topic("a"), &["x"]).await.len(), kept, "{mode:?}");
        let logs = Witness::logs(&mut store).await;
        let failed: Vec<_> = logs.iter().filter(|log| log.status == "ERROR").collect();
        assert!(logs.len() == 6 && failed.len() == 1 && failed[0].body.contains("limit-depth"), "{logs:?}");
        let undone = |log: &nightowl_tests::witness::SeenLog| mode == Atomicity::Trigger || (mode == Atomicity::Pipeline && log.status == "ERROR");
        assert!(logs.iter().all(|log| log.rolled_back == undone(log)), "{logs:?}");
        assert!(!store.is_open());
    }
}

#[tokio::test]
async fn runs_for_which_the_queue_has_no_room_get_an_error_log() {
    for (mode, follow_ups) in [(Atomicity::Action, 2), (Atomicity::Pipeline, 2), (Atomicity::Trigger, 0)] {
        let fans_out = loops(&[looping("v", &[insert("a", &[("x", "{v}")])])]);
        let follows = simple("q", "a", &[copy("v", "1")]);
        let mut stage = Stage::new(mode, &topics(), &[fans_out, follows]);
        stage.engine.settings.limits.max_queue = 2;
        let mut store = MemoryStore::new();
        let report = stage.insert(&mut store, "start", json!({"list": [1, 2, 3, 4]})).await;
        assert_eq!(report.result.failed_pipeline_ids, ["q"], "{mode:?}");
        let logs = Witness::logs(&mut store).await;
        let refused: Vec<_> = logs.iter().filter(|log| log.status == "ERROR").collect();
        assert_eq!((refused.len(), logs.iter().filter(|log| log.pipeline == "q" && log.status == "DONE").count()), (1, follow_ups), "{mode:?}");
        let body: Json = serde_json::from_str(&refused[0].body).unwrap();
        let error = body["error"].as_str().unwrap();
        assert!(error.starts_with("limit-queue: ") && error.contains("engine.max_queue") && error.ends_with(": 2"), "{error}");
        assert_eq!((body["new"]["x"].as_str(), &body["stages"]), (Some("3"), &json!([])));
        // The run that led to them is not to blame for it; mode trigger keeps all or nothing.
        let kept = if mode == Atomicity::Trigger { 0 } else { 4 };
        assert_eq!(rows(&mut store, &stage.topic("a"), &["x"]).await.len(), kept, "{mode:?}");
    }
}

#[tokio::test]
async fn a_cascade_that_doubles_ends_at_its_bounds() {
    for mode in MODES {
        let doubles = simple("again", "a", &[insert("a", &[("x", "1")]), insert("a", &[("x", "2")])]);
        let mut stage = Stage::new(mode, &topics(), &[doubles]);
        stage.engine.settings.limits.max_queue = 10;
        stage.engine.settings.limits.max_depth = 30;
        let mut store = MemoryStore::new();
        let report = stage.insert(&mut store, "a", json!({"x": "1"})).await;
        assert!(report.result.failed_pipeline_ids == ["again"] && report.runs <= 10 * 32, "{}", report.runs);
    }
}

#[tokio::test]
async fn an_action_over_a_bound_fails_like_any_other() {
    // In mode `pipeline` the run is undone; what fails later undoes what was read within the bounds.
    let stage = Stage::new(Atomicity::Pipeline, &topics(), &[loops(&[looping("v", &[insert("a", &[("x", "{v}")])]), unit(&[fail("b", "x")])])]);
    let mut store = MemoryStore::new();
    stage.insert(&mut store, "start", json!({"list": [1, 2]})).await;
    assert!(rows(&mut store, &stage.topic("a"), &["x"]).await.is_empty());
}
