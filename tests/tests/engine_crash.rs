//! A store that fails at any call: afterwards, and after the repetition, everything is as if it had run once.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

use std::sync::Arc;

use nightowl_core::engine::{Atomicity, Attempt, RerunRequest, TriggerError, TriggerOutcome, TriggerRequest};
use nightowl_core::error::{Coded, ErrorClass};
use nightowl_core::model::TriggerType;
use nightowl_core::port::{Journal as _, PendingKind, PendingWork};
use nightowl_storage::memory::MemoryStore;
use nightowl_tests::stage::{Stage, delete, fail, insert, merge, read, simple, topic};
use nightowl_tests::trouble::{Trouble, Troubled};
use nightowl_tests::witness::{everything, rows};
use serde_json::json;

/// A cascade of three levels with every kind of write; one of its pipelines fails, except in mode `trigger`.
fn stage(mode: Atomicity) -> Stage {
    let topics = [
        topic("start", "distinct", &[("k", "text", ""), ("n", "number", "")]),
        topic("lines", "distinct", &[("k", "text", ""), ("n", "number", "")]),
        topic("sums", "aggregate", &[("k", "text", "u-1"), ("n", "number", "")]),
    ];
    let mut pipelines = vec![
        simple(
            "1",
            "start",
            &[insert("lines", &[("k", "{k}"), ("n", "{n}")]), read("read-rows", "lines", "all", &[("k", "{k}")]), insert("lines", &[("k", "b"), ("n", "1")])],
        ),
        simple("3", "lines", &[merge("insert-or-merge-row", "sums", &[("k", "{k}"), ("n", "sum:{n}")], &[("k", "{k}")])]),
        simple("4", "sums", &[delete("delete-rows", "lines", &[("k", "b")])]),
    ];
    if mode != Atomicity::Trigger {
        pipelines.push(simple("2", "start", &[insert("lines", &[("k", "c"), ("n", "7")]), fail("sums", "k")]));
    }
    Stage::new(mode, &topics, &pipelines)
}

const MODES: [Atomicity; 2] = [Atomicity::Pipeline, Atomicity::Trigger];

/// How many calls a trigger makes, and what it leaves.
async fn undisturbed(mode: Atomicity) -> (usize, String) {
    let stage = stage(mode);
    let mut store = MemoryStore::new();
    let mut unit = Troubled::new(&mut store, None);
    stage.trigger(&mut unit, &request(&stage)).await.unwrap();
    let calls = unit.calls.len();
    (calls, everything(&mut store, &stage.catalog).await)
}

fn request(stage: &Stage) -> TriggerRequest {
    stage.keyed("start", &json!({"k": "a", "n": 3}), "key")
}

#[tokio::test]
async fn a_trigger_is_done_once_whatever_call_fails() {
    for mode in MODES {
        let (calls, expected) = undisturbed(mode).await;
        assert!(calls > 15, "{calls}");
        for trouble in [Trouble::LostBefore, Trouble::LostAfter, Trouble::Conflict, Trouble::Lock] {
            for at in 0..calls {
                let stage = stage(mode);
                let mut store = MemoryStore::new();
                let mut unit = Troubled::new(&mut store, Some((at, trouble)));
                let error = stage.trigger(&mut unit, &request(&stage)).await.unwrap_err();
                assert!(unit.was_met() && error.class() == ErrorClass::Retry, "{mode:?} {trouble:?} {at}: {error}");
                assert!(!store.is_open(), "{mode:?} {trouble:?} {at}: a transaction is left open");
                let kept = store.triggers().count();
                // Only a commit whose answer was lost has kept anything, and that is everything.
                assert_eq!(kept, usize::from(trouble == Trouble::LostAfter && at + 1 == calls), "{mode:?} {trouble:?} {at}");
                let again = stage.trigger(&mut store, &request(&stage)).await.unwrap();
                assert_eq!(matches!(again, TriggerOutcome::Replayed(_)), kept == 1);
                assert_eq!(everything(&mut store, &stage.catalog).await, expected, "{mode:?} {trouble:?} {at}");
            }
        }
    }
}

#[tokio::test]
async fn a_group_is_done_once_whatever_call_fails() {
    for mode in MODES {
        let requests = |stage: &Stage| ["x", "y", "z"].map(|key| stage.keyed("start", &json!({"k": key, "n": 3}), key));
        let whole = stage(mode);
        let mut store = MemoryStore::new();
        let mut unit = Troubled::new(&mut store, None);
        whole.engine.triggers(&mut unit, &requests(&whole)).await.unwrap();
        let calls = unit.calls.len();
        let expected = everything(&mut store, &whole.catalog).await;
        for trouble in [Trouble::LostBefore, Trouble::LostAfter, Trouble::Conflict] {
            for at in 0..calls {
                let stage = stage(mode);
                let mut store = MemoryStore::new();
                let failed = stage.engine.triggers(&mut Troubled::new(&mut store, Some((at, trouble))), &requests(&stage)).await;
                assert_eq!(failed.unwrap_err().class(), ErrorClass::Retry);
                for request in requests(&stage) {
                    stage.trigger(&mut store, &request).await.unwrap();
                }
                assert_eq!(everything(&mut store, &stage.catalog).await, expected, "{mode:?} {trouble:?} {at}");
            }
        }
    }
}

/// Works off what is pending, as another process would once the leases have ended; gives how much that was.
async fn recover(stage: &Stage, store: &mut MemoryStore) -> usize {
    store.advance_clock(31);
    let mut done = 0;
    loop {
        let leased = store.lease_pending(PendingKind::Cascade, "another process", 30, 10).await.unwrap();
        if leased.is_empty() {
            return done;
        }
        for work in leased {
            let mut other = Stage::new(stage.engine.settings.atomicity, &[], &[]).engine.settings.clone();
            other.lease.worker = "another process".into();
            let engine = nightowl_core::engine::Engine { settings: other, ..stage.engine.clone() };
            engine.resume(store, &stage.catalog, &work, Attempt::default()).await.unwrap();
            done += 1;
        }
    }
}

#[tokio::test]
async fn in_mode_action_a_pending_row_finishes_what_was_interrupted() {
    let (calls, expected) = undisturbed(Atomicity::Action).await;
    let mut recovered = 0;
    for trouble in [Trouble::LostBefore, Trouble::LostAfter, Trouble::Conflict, Trouble::Lock] {
        for at in 0..calls {
            let stage = stage(Atomicity::Action);
            let mut store = MemoryStore::new();
            let outcome = stage.trigger(&mut Troubled::new(&mut store, Some((at, trouble))), &request(&stage)).await;
            assert!(!store.is_open(), "{trouble:?} {at}: a transaction is left open");
            let kept = store.triggers().count() == 1;
            match outcome {
                Err(error) => assert!(error.class() == ErrorClass::Retry && (!kept || trouble == Trouble::LostAfter), "{trouble:?} {at}: {error}"),
                Ok(TriggerOutcome::Accepted(accepted)) => assert!(kept && accepted.interrupted.is_some(), "{trouble:?} {at}"),
                Ok(other) => unreachable!("{trouble:?} {at}: {other:?}"),
            }
            // A process that lives does not take what another one is working on.
            assert!(store.lease_pending(PendingKind::Cascade, "another process", 30, 10).await.unwrap().is_empty());
            // Nobody sends it again in vain: what was kept is found.
            let again = stage.trigger(&mut store, &request(&stage)).await.unwrap();
            assert_eq!(matches!(again, TriggerOutcome::Replayed(_)), kept);
            // However many runs wait, their cascade is taken up once.
            let pending = store.pending().count().min(1);
            recovered += pending;
            assert_eq!(recover(&stage, &mut store).await, pending);
            assert_eq!((store.pending().count(), store.triggers().count()), (0, 1));
            assert_eq!(store.triggers().next().unwrap().status.as_str(), "error");
            // At least once: every row of an undisturbed run is there, actions that had been committed may have run twice.
            let lines = rows(&mut store, &stage.topic("lines"), &["k"]).await;
            for kind in ["a", "c"] {
                assert!((1..=2).contains(&lines.iter().filter(|line| *line == kind).count()), "{trouble:?} {at}: {lines:?}");
            }
            if pending == 0 {
                assert_eq!(everything(&mut store, &stage.catalog).await, expected, "{trouble:?} {at}");
            }
        }
    }
    assert!(recovered > calls, "only {recovered} of the crashes left something to be done");
}

/// The row of the trigger once more, as it was when it came.
fn again(stage: &Stage) -> RerunRequest {
    let request = request(stage);
    RerunRequest {
        catalog: Arc::clone(&stage.catalog),
        tenant_id: request.tenant_id,
        user_id: request.user_id,
        pat_key_id: None,
        topic: stage.topic("start"),
        data_id: 7,
        trigger_type: TriggerType::Insert,
        previous: None,
        current: Some(request.data),
        pipeline_id: None,
        trace_id: None,
    }
}

#[tokio::test]
async fn a_rerun_that_is_interrupted_in_mode_action_is_finished_once() {
    let calm = stage(Atomicity::Action);
    let mut store = MemoryStore::new();
    let mut unit = Troubled::new(&mut store, None);
    calm.engine.rerun(&mut unit, &again(&calm), Attempt::default()).await.unwrap();
    let calls = unit.calls.len();
    let expected = everything(&mut store, &calm.catalog).await;
    assert!(rows(&mut store, &calm.topic("start"), &["k"]).await.is_empty(), "a rerun saves no row");
    let mut recovered = 0;
    for trouble in [Trouble::LostBefore, Trouble::LostAfter, Trouble::Conflict, Trouble::Lock] {
        for at in 0..calls {
            let stage = stage(Atomicity::Action);
            let mut store = MemoryStore::new();
            let outcome = stage.engine.rerun(&mut Troubled::new(&mut store, Some((at, trouble))), &again(&stage), Attempt::default()).await;
            assert!(!store.is_open(), "{trouble:?} {at}: a transaction is left open");
            let kept = store.triggers().count();
            match outcome {
                Err(error) => assert!(error.class() == ErrorClass::Retry && (kept == 0 || trouble == Trouble::LostAfter), "{trouble:?} {at}: {error}"),
                Ok(TriggerOutcome::Accepted(accepted)) => assert!(kept == 1 && accepted.interrupted.is_some(), "{trouble:?} {at}"),
                Ok(other) => unreachable!("{trouble:?} {at}: {other:?}"),
            }
            assert!(store.lease_pending(PendingKind::Cascade, "another process", 30, 10).await.unwrap().is_empty(), "it is held by who runs it");
            // However many runs wait, their cascade is taken up once.
            let pending = store.pending().count().min(1);
            recovered += pending;
            assert_eq!(recover(&stage, &mut store).await, pending, "{trouble:?} {at}");
            assert_eq!((store.pending().count(), recover(&stage, &mut store).await), (0, 0), "what was finished is not run again");
            assert_eq!(store.triggers().filter(|header| header.status.as_str() == "error").count(), kept, "{trouble:?} {at}");
            let lines = rows(&mut store, &stage.topic("lines"), &["k"]).await;
            for kind in ["a", "c"] {
                let found = lines.iter().filter(|line| *line == kind).count();
                // At least once: an action that had been committed may have run twice.
                assert!((kept..=2 * kept).contains(&found), "{trouble:?} {at}: {lines:?}");
            }
            if kept == 1 && pending == 0 {
                assert_eq!(everything(&mut store, &stage.catalog).await, expected, "{trouble:?} {at}");
            }
        }
    }
    assert!(recovered > calls, "only {recovered} of the crashes left something to be done");
}

/// A trigger that was accepted, in a mode.
async fn accepted(stage: &Stage, store: &mut MemoryStore) -> PendingWork {
    match stage.engine.accept(store, &request(stage)).await.unwrap() {
        TriggerOutcome::Accepted(accepted) => accepted.work,
        other => unreachable!("{other:?}"),
    }
}

#[tokio::test]
async fn an_accepted_trigger_is_run_once_whatever_call_fails() {
    for mode in MODES {
        let (_, expected) = undisturbed(mode).await;
        let calm = stage(mode);
        let mut store = MemoryStore::new();
        let work = accepted(&calm, &mut store).await;
        assert_eq!((store.pending().count(), store.triggers().next().unwrap().status.as_str()), (1, "pending"));
        assert_eq!(rows(&mut store, &calm.topic("start"), &["k"]).await, ["a"]);
        assert!(rows(&mut store, &calm.topic("lines"), &["k"]).await.is_empty());
        let mut unit = Troubled::new(&mut store, None);
        calm.engine.resume(&mut unit, &calm.catalog, &work, Attempt::default()).await.unwrap();
        let calls = unit.calls.len();
        let ended = everything(&mut store, &calm.catalog).await;
        // The same as run at once, but for the order in which ids were drawn.
        let without_ids = |text: &str| text.replace(|letter: char| letter.is_ascii_digit(), "");
        assert_eq!(without_ids(&ended), without_ids(&expected), "{mode:?}");
        for trouble in [Trouble::LostBefore, Trouble::LostAfter, Trouble::Conflict] {
            for at in 0..calls {
                let stage = stage(mode);
                let mut store = MemoryStore::new();
                let work = accepted(&stage, &mut store).await;
                let failed = stage.engine.resume(&mut Troubled::new(&mut store, Some((at, trouble))), &stage.catalog, &work, Attempt::default()).await;
                assert_eq!(failed.unwrap_err().class(), ErrorClass::Retry, "{mode:?} {trouble:?} {at}");
                let left = usize::from(!(trouble == Trouble::LostAfter && at + 1 == calls));
                assert_eq!(recover(&stage, &mut store).await, left, "{mode:?} {trouble:?} {at}");
                assert_eq!(everything(&mut store, &stage.catalog).await, ended, "{mode:?} {trouble:?} {at}");
                let again = stage.engine.resume(&mut store, &stage.catalog, &work, Attempt::default()).await;
                assert!(matches!(again, Err(TriggerError::TakenOver { .. })), "done work was done again");
            }
        }
    }
}

#[tokio::test]
async fn in_mode_trigger_a_failed_accepted_trigger_keeps_its_row_and_nothing_else() {
    let topics = ["start", "a"].map(|name| topic(name, "distinct", &[("k", "text", "")]));
    let stage = Stage::new(Atomicity::Trigger, &topics, &[simple("p", "start", &[insert("a", &[("k", "1")]), fail("a", "k")])]);
    let mut store = MemoryStore::new();
    let work = accepted(&stage, &mut store).await;
    let outcome = stage.engine.resume(&mut store, &stage.catalog, &work, Attempt::default()).await.unwrap();
    let TriggerOutcome::Ran(report) = outcome else { unreachable!("{outcome:?}") };
    assert_eq!((report.result.status(), report.result.data_id.is_some()), ("ERROR", true));
    assert_eq!((rows(&mut store, &stage.topic("start"), &["k"]).await.len(), rows(&mut store, &stage.topic("a"), &["k"]).await.len()), (1, 0));
    assert!(store.logs().all(|log| log.rolled_back) && store.logs().count() == 1);
    assert_eq!((store.pending().count(), store.triggers().next().unwrap().status.as_str()), (0, "error"));
}

#[tokio::test]
async fn work_whose_pipelines_are_gone_ends_its_trigger() {
    for mode in [Atomicity::Action, Atomicity::Pipeline, Atomicity::Trigger] {
        let full = stage(mode);
        let mut store = MemoryStore::new();
        let work = accepted(&full, &mut store).await;
        let bare = Stage::new(mode, &[topic("start", "distinct", &[("k", "text", ""), ("n", "number", "")])], &[]);
        full.engine.resume(&mut store, &bare.catalog, &work, Attempt::default()).await.unwrap();
        assert_eq!((store.pending().count(), store.triggers().next().unwrap().status.as_str()), (0, "done"), "{mode:?}");
        assert!(store.triggers().next().unwrap().finished_at.is_some());
    }
}

#[tokio::test]
async fn work_that_can_not_be_read_stays() {
    let stage = stage(Atomicity::Pipeline);
    let mut store = MemoryStore::new();
    let work = accepted(&stage, &mut store).await;
    for body in ["no JSON", "{}", r#"{"queue":[{}]}"#, r#"{"queue":[{"pipelineId":"1","triggerType":"sideways"}]}"#] {
        store.update_pending(work.pending_id, body).await.unwrap();
        let error = stage.engine.resume(&mut store, &stage.catalog, &work, Attempt::default()).await.unwrap_err();
        assert_eq!(error.code(), "internal-pending-unreadable", "{body}");
        assert_eq!((store.pending().count(), store.is_open()), (1, false));
    }
}

#[tokio::test]
async fn a_long_run_keeps_its_hold() {
    // Every question for the time takes ten seconds, so that each action lasts longer than a third of the lease.
    let topics = ["start", "a"].map(|name| topic(name, "distinct", &[("k", "text", "")]));
    let actions: Vec<_> = (0..12).map(|_| insert("a", &[("k", "1")])).collect();
    let stage = Stage::new(Atomicity::Action, &topics, &[simple("p", "start", &actions)]);
    stage.clock.seconds_per_question.store(10, std::sync::atomic::Ordering::Relaxed);
    let mut store = MemoryStore::new();
    let mut unit = Troubled::new(&mut store, None);
    stage.insert(&mut unit, "start", json!({"k": "1"})).await;
    let holds = unit.calls.iter().filter(|call| **call == "hold_pending").count();
    assert!(holds >= 12, "{holds} extensions");
}
