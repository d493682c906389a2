//! What is kept when a pipeline fails, in each of the three modes, at each level of tracing, on memory and on SQLite.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

use std::sync::Arc;
use std::sync::atomic::Ordering;

use nightowl_core::engine::{Atomicity, Attempt, TraceLevel, TriggerOutcome};
use nightowl_core::error::{Coded, ErrorClass};
use nightowl_core::model::TriggerType;
use nightowl_core::port::TriggerStatus;
use nightowl_storage::memory::MemoryStore;
use nightowl_tests::stage::{Stage, constant, copy, delete, fail, insert, looping, merge, pipeline, read, simple, stage, topic, unit};
use nightowl_tests::trouble::{Trouble, Troubled};
use nightowl_tests::witness::{Witness, everything, on_both, rows};
use serde_json::{Value as Json, json};

/// Vector 37: P writes A, then B, then fails; A and B each trigger Q.
fn vector_37() -> (Vec<Json>, Vec<Json>) {
    let topics = ["start", "a", "b", "q"].map(|name| topic(name, "distinct", &[("x", "text", "")]));
    let fails = simple("p", "start", &[insert("a", &[("x", "A {x}")]), insert("b", &[("x", "B {x}")]), fail("q", "x")]);
    let follows = |id: &str, from: &str| simple(id, from, &[insert("q", &[("x", "Q {x}")])]);
    (topics.to_vec(), vec![fails, follows("qa", "a"), follows("qb", "b")])
}

/// Rows of start, a, b, q; logs as `pipeline status rolledBack`; the header.
async fn seen(stage: &Stage, unit: &mut dyn Witness) -> ([Vec<String>; 4], Vec<String>, String) {
    let mut found = Vec::new();
    for name in ["start", "a", "b", "q"] {
        found.push(rows(unit, &stage.topic(name), &["x"]).await);
    }
    let logs = unit.logs().await.iter().map(|log| format!("{} {} {}", log.pipeline, log.status, log.rolled_back)).collect();
    let header = unit.triggers().await.remove(0);
    let header = format!("{} {} {} {}", header.has_row, header.status, header.failed, header.payload.unwrap_or_default());
    (found.try_into().unwrap(), logs, header)
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

async fn vector_37_in(mode: Atomicity, kept: [&'static [&'static str]; 4], logged: &'static [&'static str], head: &'static str, data_id: bool) {
    let (topics, pipelines) = vector_37();
    let stage = Arc::new(Stage::new(mode, &topics, &pipelines));
    assert_eq!(stage.codes(), Vec::<&str>::new());
    let catalog = Arc::clone(&stage.catalog);
    on_both(&catalog, move |unit| {
        let stage = Arc::clone(&stage);
        Box::pin(async move {
            let mut unit = Troubled::new(unit, None);
            let report = stage.insert(&mut unit, "start", json!({"x": "1"})).await;
            assert_eq!((report.result.status(), report.result.failed_pipeline_ids.as_slice()), ("ERROR", ["p".to_owned()].as_slice()));
            assert_eq!(report.result.data_id.is_some(), data_id);
            assert_eq!(unit.depth(), 0, "savepoints are left");
            let (found, logs, header) = seen(&stage, &mut unit).await;
            assert_eq!(found, kept.map(texts));
            assert_eq!(logs, texts(logged));
            assert_eq!(header, head);
            assert_eq!(unit.pending().await, 0);
        })
    })
    .await;
}

#[tokio::test]
async fn in_mode_action_what_succeeded_stays_and_what_it_queued_runs() {
    let kept: [&[&str]; 4] = [&["1"], &["A 1"], &["B 1"], &["Q A 1", "Q B 1"]];
    vector_37_in(Atomicity::Action, kept, &["p ERROR false", "qa DONE false", "qb DONE false"], "true error p ", true).await;
}

#[tokio::test]
async fn in_mode_pipeline_nothing_of_the_run_stays_but_its_log() {
    vector_37_in(Atomicity::Pipeline, [&["1"], &[], &[], &[]], &["p ERROR true"], "true error p ", true).await;
}

#[tokio::test]
async fn in_mode_trigger_nothing_stays_but_logs_position_and_payload() {
    vector_37_in(Atomicity::Trigger, [&[], &[], &[], &[]], &["p ERROR true"], r#"false error p {"x":"1"}"#, false).await;
}

/// Two pipelines of one trigger, the second one fails; what the first queued, and a third.
fn siblings() -> (Vec<Json>, Vec<Json>) {
    let (topics, _) = vector_37();
    let pipelines = vec![
        simple("1", "start", &[insert("a", &[("x", "A")])]),
        simple("2", "start", &[insert("b", &[("x", "B")]), fail("q", "x")]),
        simple("3", "start", &[insert("b", &[("x", "C")])]),
        simple("4", "a", &[insert("q", &[("x", "Q")])]),
    ];
    (topics, pipelines)
}

#[tokio::test]
async fn siblings_go_on_except_in_mode_trigger() {
    let logs: [(Atomicity, &[&str], &[&str]); 3] = [
        (Atomicity::Action, &["1 DONE false", "2 ERROR false", "3 DONE false", "4 DONE false"], &["B", "C"]),
        (Atomicity::Pipeline, &["1 DONE false", "2 ERROR true", "3 DONE false", "4 DONE false"], &["C"]),
        (Atomicity::Trigger, &["1 DONE true", "2 ERROR true"], &[]),
    ];
    for (mode, logged, kept) in logs {
        let (topics, pipelines) = siblings();
        let stage = Arc::new(Stage::new(mode, &topics, &pipelines));
        let catalog = Arc::clone(&stage.catalog);
        on_both(&catalog, move |unit| {
            let stage = Arc::clone(&stage);
            Box::pin(async move {
                stage.insert(unit, "start", json!({"x": "1"})).await;
                let (found, logs, _) = seen(&stage, unit).await;
                assert_eq!((logs, &found[2]), (texts(logged), &texts(kept)), "{mode:?}");
            })
        })
        .await;
    }
}

#[tokio::test]
async fn a_source_position_that_comes_again_runs_nothing() {
    for mode in [Atomicity::Action, Atomicity::Pipeline, Atomicity::Trigger] {
        let (topics, pipelines) = vector_37();
        let stage = Arc::new(Stage::new(mode, &topics, &pipelines));
        let catalog = Arc::clone(&stage.catalog);
        on_both(&catalog, move |unit| {
            let stage = Arc::clone(&stage);
            Box::pin(async move {
                let request = stage.keyed("start", &json!({"x": "1"}), "k");
                let TriggerOutcome::Ran(first) = stage.trigger(unit, &request).await.unwrap() else { unreachable!() };
                let before = everything(unit, &stage.catalog).await;
                let again = [stage.trigger(unit, &request).await, stage.engine.accept(unit, &request).await];
                for again in again {
                    let TriggerOutcome::Replayed(earlier) = again.unwrap() else { unreachable!("{mode:?}: it ran again") };
                    assert_eq!((&earlier.trace_id, earlier.data_id), (&first.result.trace_id, first.result.data_id));
                    assert_eq!((earlier.status, earlier.failed_pipeline_ids), (TriggerStatus::Error, first.result.failed_pipeline_ids.clone()));
                }
                let grouped = [stage.keyed("start", &json!({"x": "2"}), "l"), stage.keyed("start", &json!({"x": "2"}), "l"), request];
                assert_eq!(everything(unit, &stage.catalog).await, before);
                let outcomes = stage.engine.triggers(unit, &grouped).await.unwrap();
                let kinds: Vec<bool> = outcomes.iter().map(|outcome| matches!(outcome, Ok(TriggerOutcome::Replayed(_)))).collect();
                assert_eq!(kinds, [false, true, true], "{mode:?}");
            })
        })
        .await;
    }
}

#[tokio::test]
async fn a_refused_trigger_leaves_no_key_and_no_savepoint() {
    for mode in [Atomicity::Action, Atomicity::Pipeline, Atomicity::Trigger] {
        let stage = Stage::new(mode, &[topic("start", "distinct", &[("x", "number", "u-1")])], &[]);
        let mut store = MemoryStore::new();
        let mut unit = Troubled::new(&mut store, None);
        let bad = stage.keyed("start", &json!({"x": "no number"}), "k");
        assert_eq!(stage.trigger(&mut unit, &bad).await.unwrap_err().class(), ErrorClass::Reject);
        let good = stage.keyed("start", &json!({"x": "1"}), "k");
        let outcomes = stage.engine.triggers(&mut unit, &[bad, good.clone()]).await.unwrap();
        assert_eq!(unit.depth(), 0, "{mode:?}: a savepoint is left");
        assert!(outcomes[0].is_err() && matches!(outcomes[1], Ok(TriggerOutcome::Ran(_))), "{outcomes:?}");
        // The same unique value under another key is refused, and that key is free afterwards.
        let twice = stage.keyed("start", &json!({"x": "1"}), "l");
        assert_eq!(stage.trigger(&mut unit, &twice).await.unwrap_err().code(), "storage-insert-conflict");
        assert!(matches!(stage.trigger(&mut unit, &stage.keyed("start", &json!({"x": "2"}), "l")).await, Ok(TriggerOutcome::Ran(_))));
        assert!(!store.is_open());
    }
}

#[tokio::test]
async fn a_position_that_is_taken_in_between_is_a_conflict_and_then_found() {
    for mode in [Atomicity::Action, Atomicity::Pipeline, Atomicity::Trigger] {
        let stage = Stage::new(mode, &[topic("start", "distinct", &[("x", "text", "")])], &[]);
        let mut store = MemoryStore::new();
        let request = stage.keyed("start", &json!({"x": "1"}), "k");
        stage.trigger(&mut store, &request).await.unwrap();
        // What looks for the position comes before the other transaction's commit, what writes it after.
        let mut late = Troubled::new(&mut store, None).blind();
        let error = stage.trigger(&mut late, &request).await.unwrap_err();
        assert_eq!((error.code(), error.class()), ("storage-serialization-failure", ErrorClass::Retry), "{mode:?}");
        assert!(matches!(stage.trigger(&mut store, &request).await, Ok(TriggerOutcome::Replayed(_))));
        assert_eq!(rows(&mut store, &stage.topic("start"), &["x"]).await, ["1"]);
    }
}

#[tokio::test]
async fn the_level_of_tracing_changes_no_row() {
    for mode in [Atomicity::Action, Atomicity::Pipeline, Atomicity::Trigger] {
        let mut kept = Vec::new();
        for level in [TraceLevel::Off, TraceLevel::Errors, TraceLevel::Monitor, TraceLevel::Full] {
            let topics = ["start", "a"].map(|name| topic(name, "distinct", &[("x", "text", ""), ("n", "number", "")]));
            // The condition's second filter would fail, were it asked for where the first one decides.
            let decided = json!({"jointType": "or", "filters": [
                {"left": constant("{x}"), "operator": "equals", "right": constant("1")},
                {"left": constant("{x}"), "operator": "less", "right": constant("{n}")}]});
            let mut works = pipeline("1", "start", &[stage("s", &[unit(&[copy("v", "{&nextSeq}"), insert("a", &[("x", "{v}"), ("n", "{n}")])])])]);
            works["conditional"] = json!(true);
            works["on"] = decided;
            let changes = simple(
                "3",
                "start",
                &[merge("insert-or-merge-row", "a", &[("x", "C"), ("n", "{n}")], &[("n", "{n}")]), delete("delete-rows", "a", &[("x", "gone")])],
            );
            let mut stage = Stage::new(mode, &topics, &[works, simple("2", "a", &[fail("a", "x")]), changes]);
            assert_eq!(stage.codes(), Vec::<&str>::new());
            stage.engine.settings.trace_level = level;
            let mut store = MemoryStore::new();
            for x in ["1", "2"] {
                stage.insert(&mut store, "start", json!({"x": x, "n": 5})).await;
            }
            let logs = Witness::logs(&mut store).await;
            let count = |status: &str| logs.iter().filter(|log| log.status == status).count();
            let details = Witness::details(&mut store).await;
            match level {
                TraceLevel::Off => assert_eq!((logs.len(), details), (0, 0)),
                TraceLevel::Errors => assert!(count("DONE") == 0 && count("ERROR") > 0 && details == 0),
                TraceLevel::Monitor => assert!(count("DONE") > 0 && count("ERROR") > 0 && details == 0),
                TraceLevel::Full => assert!(count("DONE") > 0 && count("ERROR") > 0 && details > 0),
            }
            let found = [rows(&mut store, &stage.topic("start"), &["id_", "x"]).await, rows(&mut store, &stage.topic("a"), &["id_", "x", "n"]).await];
            kept.push((found, Witness::triggers(&mut store).await));
        }
        assert!(kept.iter().all(|other| *other == kept[0]), "{mode:?}: {kept:#?}");
    }
}

#[tokio::test]
async fn a_panic_is_an_error_of_its_pipeline_and_of_nothing_else() {
    for (mode, kept) in [(Atomicity::Action, vec!["before", "sibling"]), (Atomicity::Pipeline, vec!["sibling"]), (Atomicity::Trigger, vec![])] {
        let (topics, _) = vector_37();
        let asks = simple("1", "start", &[insert("a", &[("x", "before")]), insert("a", &[("x", "{&now}")])]);
        let stage = Stage::new(mode, &topics, &[asks, simple("2", "start", &[insert("a", &[("x", "sibling")])])]);
        let mut store = MemoryStore::new();
        // Everything up to the fourth insert of the trigger is as ever; that one panics.
        let at = calls_until(&stage, "insert", 3).await;
        let stage =
            Stage::new(mode, &topics, &[stage.catalog.pipeline("1").unwrap().definition.to_json(), stage.catalog.pipeline("2").unwrap().definition.to_json()]);
        let mut unit = Troubled::new(&mut store, Some((at, Trouble::Panic)));
        let report = stage.insert(&mut unit, "start", json!({"x": "1"})).await;
        assert_eq!(report.result.failed_pipeline_ids, ["1"], "{mode:?}");
        assert_eq!(rows(&mut store, &stage.topic("a"), &["x"]).await, kept, "{mode:?}");
        let log = Witness::logs(&mut store).await.remove(0);
        assert!(log.status == "ERROR" && log.body.contains("internal-panic"), "{log:?}");
        assert!(!store.is_open());
    }
}

/// The number of the call that is the n-th of its name (counted from 1).
async fn calls_until(stage: &Stage, name: &str, nth: usize) -> usize {
    let mut store = MemoryStore::new();
    let mut unit = Troubled::new(&mut store, None);
    stage.insert(&mut unit, "start", json!({"x": "1"})).await;
    unit.calls.iter().enumerate().filter(|(_, call)| **call == name).nth(nth - 1).unwrap().0
}

#[tokio::test]
async fn a_panic_in_a_condition_is_an_error_of_its_pipeline() {
    let (topics, _) = vector_37();
    let mut asks = simple("1", "start", &[insert("a", &[("x", "1")])]);
    asks["conditional"] = json!(true);
    asks["on"] = json!({"jointType": "and", "filters": [{"left": constant("{&now}"), "operator": "not-empty", "right": null}]});
    let stage = Stage::new(Atomicity::Action, &topics, &[asks, simple("2", "start", &[insert("a", &[("x", "2")])])]);
    let mut store = MemoryStore::new();
    let accepted = stage.engine.accept(&mut store, &stage.request("start", TriggerType::Insert, &json!({"x": "1"}))).await.unwrap();
    let TriggerOutcome::Accepted(accepted) = accepted else { unreachable!() };
    // The clock fails when it is asked for the second time: by the condition.
    stage.clock.faulty_at.store(2, Ordering::Relaxed);
    let outcome = stage.engine.resume(&mut store, &stage.catalog, &accepted.work, Attempt::default()).await.unwrap();
    let TriggerOutcome::Ran(report) = outcome else { unreachable!("{outcome:?}") };
    assert_eq!(report.result.failed_pipeline_ids, ["1"]);
    assert_eq!(rows(&mut store, &stage.topic("a"), &["x"]).await, ["2"]);
    let log = Witness::logs(&mut store).await.remove(0);
    assert!(log.status == "ERROR" && log.body.contains("internal-panic"), "{log:?}");
}

/// A loop over three elements, the second of which fails after it has written; what is written is passed on.
fn failing_loop() -> (Vec<Json>, Vec<Json>) {
    let topics = [topic("start", "distinct", &[("list", "array", "")]), topic("a", "distinct", &[("x", "text", "")])];
    let topics = topics.into_iter().chain(["b", "q"].map(|name| topic(name, "distinct", &[("x", "text", "")])));
    let known = unit(&[insert("b", &[("x", "1")]), insert("b", &[("x", "3")]), copy("v", "{list}")]);
    let element = looping("v", &[insert("a", &[("x", "{v}")]), read("read-row", "b", "found", &[("x", "{v}")])]);
    let loops = pipeline("p", "start", &[stage("s", &[known, element])]);
    (topics.collect(), vec![loops, simple("qa", "a", &[insert("q", &[("x", "Q {x}")])])])
}

#[tokio::test]
async fn elements_of_a_parallel_loop_do_not_wait_for_each_other() {
    let three: [&[&str]; 2] = [&["1", "2", "3"], &["Q 1", "Q 2", "Q 3"]];
    let two: [&[&str]; 2] = [&["1", "2"], &["Q 1", "Q 2"]];
    let cases = [(Atomicity::Action, true, three, 3), (Atomicity::Action, false, two, 2), (Atomicity::Pipeline, true, [&[]; 2], 2)];
    for (mode, parallel, kept, elements) in cases {
        let (topics, pipelines) = failing_loop();
        let mut stage = Stage::new(mode, &topics, &pipelines);
        stage.engine.settings.parallel_loops = parallel;
        let stage = Arc::new(stage);
        let catalog = Arc::clone(&stage.catalog);
        on_both(&catalog, move |unit| {
            let stage = Arc::clone(&stage);
            Box::pin(async move {
                let report = stage.insert(unit, "start", json!({"list": ["1", "2", "3"]})).await;
                assert_eq!(report.result.failed_pipeline_ids, ["p"]);
                let found = [rows(unit, &stage.topic("a"), &["x"]).await, rows(unit, &stage.topic("q"), &["x"]).await];
                assert_eq!(found, kept.map(texts), "{mode:?} {parallel}");
                let log = unit.logs().await.into_iter().find(|log| log.pipeline == "p").unwrap();
                let body: Json = serde_json::from_str(&log.body).unwrap();
                let units = body["stages"][0]["units"].as_array().unwrap();
                assert_eq!((log.status.as_str(), units.len()), ("ERROR", 1 + elements), "{}", log.body);
            })
        })
        .await;
    }
}
