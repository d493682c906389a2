//! Rows that somebody else changes between reading and writing: repetition in mode `action`, giving up in the others.

use std::sync::Arc;

use nightowl_core::engine::{Atomicity, Attempt, Footprint, TriggerError, UpdateRetry};
use nightowl_core::error::{Coded, ErrorClass};
use nightowl_core::model::TriggerType;
use nightowl_storage::memory::MemoryStore;
use nightowl_tests::stage::{Stage, delete, merge, simple, topic};
use nightowl_tests::trouble::{Trouble, Troubled};
use nightowl_tests::witness::{Witness, everything, rows};
use serde_json::json;

/// A sum for each key on an aggregation topic.
fn sums(mode: Atomicity) -> Stage {
    let topics =
        [topic("start", "distinct", &[("k", "text", ""), ("n", "number", "")]), topic("sums", "aggregate", &[("k", "text", "u-1"), ("n", "number", "")])];
    let adds = simple("p", "start", &[merge("insert-or-merge-row", "sums", &[("k", "{k}"), ("n", "sum:{n}")], &[("k", "{k}")])]);
    Stage::new(mode, &topics, &[adds])
}

/// Adds 5 to a sum of 10 on a store whose rows change so often in between; gives the failed pipelines.
async fn add(stage: &Stage, store: &mut MemoryStore, changed: usize) -> (Vec<String>, Vec<bool>) {
    stage.insert(store, "start", json!({"k": "a", "n": 10})).await;
    let mut unit = Troubled::new(store, None).telling(&stage.clock.transaction_open);
    unit.changed = changed;
    let report = stage.insert(&mut unit, "start", json!({"k": "a", "n": 5})).await;
    (report.result.failed_pipeline_ids, unit.updates)
}

#[tokio::test]
async fn in_mode_action_an_update_is_tried_four_times_and_once_more_with_a_lock() {
    for changed in 0..=6 {
        let stage = sums(Atomicity::Action);
        let mut store = MemoryStore::new();
        let (failed, updates) = add(&stage, &mut store, changed).await;
        let tries = (changed + 1).min(5);
        assert_eq!(updates, (0..tries).map(|attempt| attempt == 4).collect::<Vec<_>>(), "{changed}");
        // 10, 20, 40 milliseconds, more or less 30 percent; the last try follows at once.
        let sleeps = stage.clock.sleeps();
        assert_eq!(sleeps.len(), changed.min(3));
        for (pause, base) in sleeps.iter().zip([10, 20, 40]) {
            assert!((base * 7 / 10..=base * 13 / 10).contains(pause), "{sleeps:?}");
        }
        assert!(!stage.clock.slept_in_transaction(), "a transaction was open during a pause");
        let gives_up = changed > 4;
        assert_eq!(!failed.is_empty(), gives_up, "{changed}");
        assert_eq!(rows(&mut store, &stage.topic("sums"), &["n"]).await, [if gives_up { "10.000000" } else { "15.000000" }]);
        let log = Witness::logs(&mut store).await.remove(1);
        assert_eq!(log.body.contains("action-row-changed"), gives_up, "{}", log.body);
        assert!(!store.is_open());
    }
}

#[tokio::test]
async fn retries_are_as_the_settings_say() {
    let cases = [
        (UpdateRetry { enabled: false, ..UpdateRetry::default() }, 1, 0),
        (UpdateRetry { force: false, ..UpdateRetry::default() }, 4, 3),
        (UpdateRetry { times: 1, ..UpdateRetry::default() }, 3, 1),
        (UpdateRetry { times: 0, interval_ms: 1, ..UpdateRetry::default() }, 2, 0),
    ];
    for (retry, tries, sleeps) in cases {
        let mut stage = sums(Atomicity::Action);
        stage.engine.settings.update_retry = retry;
        let mut store = MemoryStore::new();
        let (failed, updates) = add(&stage, &mut store, 100).await;
        assert_eq!((failed.len(), updates.len(), stage.clock.sleeps().len()), (1, tries, sleeps), "{retry:?}");
    }
}

#[tokio::test]
async fn in_the_other_modes_a_lost_check_gives_the_transaction_up() {
    for mode in [Atomicity::Pipeline, Atomicity::Trigger] {
        let stage = sums(mode);
        let mut store = MemoryStore::new();
        stage.insert(&mut store, "start", json!({"k": "a", "n": 10})).await;
        let before = everything(&mut store, &stage.catalog).await;
        let request = stage.request("start", TriggerType::Insert, &json!({"k": "a", "n": 5}));
        let mut unit = Troubled::new(&mut store, None);
        unit.changed = 1;
        let error = stage.trigger(&mut unit, &request).await.unwrap_err();
        assert_eq!((error.code(), error.class()), ("storage-serialization-failure", ErrorClass::Retry));
        unit.changed = 1;
        assert_eq!(stage.engine.triggers(&mut unit, &[request.clone(), request.clone()]).await.unwrap_err().class(), ErrorClass::Retry);
        assert_eq!(everything(&mut store, &stage.catalog).await, before, "{mode:?}: something was kept");
        // The last repetition locks what it reads before it writes.
        let mut unit = Troubled::new(&mut store, None);
        stage.engine.trigger(&mut unit, &request, Attempt { locking: true, footprint: None }).await.unwrap();
        assert_eq!(unit.updates, [true]);
        assert_eq!(rows(&mut store, &stage.topic("sums"), &["n"]).await, ["15.000000"]);
    }
}

#[tokio::test]
async fn a_row_that_changes_before_it_is_deleted() {
    for (mode, retried) in [(Atomicity::Action, false), (Atomicity::Pipeline, true), (Atomicity::Trigger, true)] {
        let topics = [topic("start", "distinct", &[("k", "text", "")]), topic("sums", "aggregate", &[("k", "text", "u-1")])];
        let stage = Stage::new(mode, &topics, &[simple("p", "start", &[delete("delete-row", "sums", &[("k", "{k}")])])]);
        let mut store = MemoryStore::new();
        stage.insert(&mut store, "sums", json!({"k": "a"})).await;
        let mut unit = Troubled::new(&mut store, None);
        unit.changed = 1;
        let outcome = stage.trigger(&mut unit, &stage.request("start", TriggerType::Insert, &json!({"k": "a"}))).await;
        assert_eq!(outcome.is_err(), retried, "{mode:?}");
        assert_eq!(Witness::logs(&mut store).await.iter().filter(|log| log.status == "ERROR").count(), usize::from(!retried));
    }
}

#[tokio::test]
async fn values_are_computed_again_from_the_row_as_it_is_now() {
    let stage = Arc::new(sums(Atomicity::Action));
    let mut store = MemoryStore::new();
    stage.insert(&mut store, "start", json!({"k": "a", "n": 10})).await;
    let mut unit = Troubled::new(&mut store, None);
    unit.changed = 1;
    unit.meanwhile = Some((stage.topic("sums"), "n", 100.into()));
    stage.insert(&mut unit, "start", json!({"k": "a", "n": 5})).await;
    assert_eq!(rows(&mut store, &stage.topic("sums"), &["n", "version_"]).await, ["105.000000 3"]);
}

/// The commit is a trigger's last call, so the connection is lost there and its answer with it.
#[tokio::test]
async fn a_commit_without_an_answer_tells_what_became_of_the_trigger_if_it_was_kept() {
    for mode in [Atomicity::Action, Atomicity::Pipeline, Atomicity::Trigger] {
        let calm = sums(mode);
        let mut store = MemoryStore::new();
        let mut unit = Troubled::new(&mut store, None);
        calm.insert(&mut unit, "start", json!({"k": "a", "n": 10})).await;
        let commit = unit.calls.iter().position(|call| *call == "commit").unwrap();
        for (trouble, kept) in [(Trouble::LostAfter, 1), (Trouble::LostBefore, 0)] {
            let stage = sums(mode);
            let mut store = MemoryStore::new();
            let mut unit = Troubled::new(&mut store, Some((commit, trouble)));
            let error = stage.trigger(&mut unit, &stage.request("start", TriggerType::Insert, &json!({"k": "a", "n": 10}))).await.unwrap_err();
            assert_eq!((error.code(), error.class()), ("storage-commit-in-doubt", ErrorClass::Retry), "{mode:?}");
            let TriggerError::InDoubt(doubt) = error else { unreachable!("its code said so") };
            assert_eq!(doubt.outcomes.len(), 1);
            let triggers = Witness::triggers(&mut store).await;
            assert_eq!(triggers.len(), kept, "{mode:?} {trouble:?}");
            assert!(store.triggers().all(|header| header.trigger_id == doubt.trigger_id));
        }
    }
}

#[tokio::test]
async fn the_last_attempt_locks_what_those_before_it_met() {
    let stage = sums(Atomicity::Pipeline);
    let mut store = MemoryStore::new();
    stage.insert(&mut store, "start", json!({"k": "a", "n": 10})).await;
    let request = stage.request("start", TriggerType::Insert, &json!({"k": "a", "n": 5}));
    let footprint = Arc::<Footprint>::default();
    let mut calls = Vec::new();
    for locking in [false, true] {
        let mut unit = Troubled::new(&mut store, None);
        unit.changed = usize::from(!locking);
        let done = stage.engine.trigger(&mut unit, &request, Attempt { locking, footprint: Some(Arc::clone(&footprint)) }).await;
        assert_eq!(done.is_ok(), locking);
        calls.push(unit.calls.iter().filter(|call| **call == "find").count());
    }
    assert_eq!(calls, [1, 2], "the row that was met is locked before anything runs");
    assert_eq!(rows(&mut store, &stage.topic("sums"), &["n"]).await, ["15.000000"]);
}
