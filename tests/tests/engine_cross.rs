//! Cascades over two data sources: they end as one would on one, whatever fails at whatever call (engine.md §3.11, rule 1).

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

use std::sync::Arc;

use nightowl_core::engine::{Atomicity, Attempt, Engine, TriggerError, TriggerOutcome, TriggerReport, target_of};
use nightowl_core::port::{Journal as _, PendingKind, PendingWork};
use nightowl_storage::memory::MemoryStore;
use nightowl_tests::stage::{Stage, fail, insert, merge, simple, topic};
use nightowl_tests::trouble::{Trouble, Troubled};
use nightowl_tests::witness::{Witness, everything, rows};
use serde_json::{Value as Json, json};

const MODES: [Atomicity; 3] = [Atomicity::Pipeline, Atomicity::Trigger, Atomicity::Action];

/// A topic on a data source.
fn on(source: &str, mut topic: Json) -> Json {
    topic["dataSourceId"] = json!(source);
    topic
}

/// start (a) → over (b) and near (a) → back (a), sums (b) → end (b); a pipeline on b fails, except in mode `trigger`.
fn ping_pong(mode: Atomicity) -> Stage {
    let plain = |name: &str| topic(name, "distinct", &[("k", "text", ""), ("n", "number", "")]);
    let topics = [
        on("a", plain("start")),
        on("b", plain("over")),
        on("a", plain("near")),
        on("a", plain("back")),
        on("b", topic("sums", "aggregate", &[("k", "text", "u-1"), ("n", "number", "")])),
        on("b", plain("end")),
    ];
    let row = [("k", "{k}"), ("n", "{n}")];
    let mut pipelines = vec![
        simple("1", "start", &[insert("over", &row), insert("over", &row)]),
        simple("2", "start", &[insert("near", &row)]),
        simple("3", "over", &[insert("back", &row)]),
        simple("4", "near", &[merge("insert-or-merge-row", "sums", &[("k", "{k}"), ("n", "sum:{n}")], &[("k", "{k}")])]),
        simple("5", "back", &[merge("insert-or-merge-row", "sums", &[("k", "{k}"), ("n", "sum:{n}")], &[("k", "{k}")])]),
        simple("6", "sums", &[insert("end", &row)]),
    ];
    if mode != Atomicity::Trigger {
        pipelines.push(simple("7", "over", &[insert("end", &[("k", "undone"), ("n", "0")]), fail("end", "k")]));
    }
    Stage::new(mode, &topics, &pipelines)
}

/// Two stores, and what happens to one of them while the first process lives.
#[derive(Clone, Default)]
struct Stores {
    a: MemoryStore,
    b: MemoryStore,
}

impl Stores {
    fn of(&mut self, source: &str) -> &mut MemoryStore {
        if source == "a" { &mut self.a } else { &mut self.b }
    }

    fn pending(&self) -> usize {
        self.a.pending().count() + self.b.pending().count()
    }

    async fn everything(&mut self, stage: &Stage) -> String {
        format!("{}\n{}", everything(&mut self.a, &stage.catalog).await, everything(&mut self.b, &stage.catalog).await)
    }
}

fn request(stage: &Stage) -> nightowl_core::engine::TriggerRequest {
    stage.keyed("start", &json!({"k": "x", "n": 3}), "key")
}

/// A process: it carries a trigger out until it has ended, or until one of its stores fails.
async fn process(stage: &Stage, a: &mut dyn Witness, b: &mut dyn Witness) -> Result<Option<TriggerReport>, TriggerError> {
    let mut outcome = stage.engine.trigger(&mut *a, &request(stage), Attempt::default()).await?;
    let mut at = "a";
    loop {
        let work = match outcome {
            TriggerOutcome::Ran(report) => return Ok(Some(report)),
            TriggerOutcome::Replayed(_) | TriggerOutcome::Passed => return Ok(None),
            TriggerOutcome::Accepted(accepted) => match accepted.interrupted {
                Some(error) => return Err(error),
                None => accepted.work,
            },
        };
        let target = target_of(&work)?.unwrap();
        assert_ne!(&*target, at, "it is handed over to where it is already");
        if at == "a" {
            outcome = stage.engine.cross(&mut *b, &stage.catalog, &work, Attempt::default()).await?.unwrap();
            a.delete_pending(work.pending_id).await?;
            at = "b";
        } else {
            outcome = stage.engine.cross(&mut *a, &stage.catalog, &work, Attempt::default()).await?.unwrap();
            b.delete_pending(work.pending_id).await?;
            at = "a";
        }
    }
}

/// Another process works off what is pending, when the leases of the first have ended.
async fn recover(stage: &Stage, stores: &mut Stores) -> usize {
    let mut settings = stage.engine.settings.clone();
    settings.lease.worker = "another process".into();
    let engine = Engine { settings, ..stage.engine.clone() };
    let mut done = 0;
    for _ in 0..100 {
        let mut found: Vec<(&str, PendingWork)> = Vec::new();
        for source in ["a", "b"] {
            stores.of(source).advance_clock(31);
            let leased = stores.of(source).lease_pending(PendingKind::Cascade, "another process", 30, 10).await.unwrap();
            found.extend(leased.into_iter().map(|work| (source, work)));
        }
        if found.is_empty() {
            return done;
        }
        for (source, work) in found {
            let target = target_of(&work).unwrap().unwrap();
            if &*target == source {
                engine.resume(stores.of(source), &stage.catalog, &work, Attempt::default()).await.unwrap();
            } else {
                engine.cross(stores.of(&target), &stage.catalog, &work, Attempt::default()).await.unwrap();
                stores.of(source).delete_pending(work.pending_id).await.unwrap();
            }
            done += 1;
        }
    }
    unreachable!("it never ends");
}

#[tokio::test]
async fn a_cascade_goes_to_and_fro_and_ends() {
    for mode in MODES {
        let stage = ping_pong(mode);
        let mut stores = Stores::default();
        let report = process(&stage, &mut stores.a, &mut stores.b).await.unwrap().unwrap();
        let failed: &[&str] = if mode == Atomicity::Trigger { &[] } else { &["7"] };
        assert_eq!(report.result.failed_pipeline_ids, failed, "{mode:?}");
        assert_eq!(stores.pending(), 0);
        assert_eq!(rows(&mut stores.a, &stage.topic("back"), &["k", "n"]).await, ["x 3.000000", "x 3.000000"]);
        assert_eq!(rows(&mut stores.b, &stage.topic("sums"), &["k", "n"]).await, ["x 9.000000"]);
        // What a failed run had written stays in mode `action` only.
        let ends = rows(&mut stores.b, &stage.topic("end"), &["k", "n"]).await;
        let undone = ends.iter().filter(|row| row.starts_with("undone")).count();
        assert_eq!((undone, ends.len() - undone), (if mode == Atomicity::Action { 2 } else { 0 }, 3), "{mode:?}");
        // Each log lies where its pipeline is at home; the header where the trigger came.
        let at = |store: &MemoryStore| store.logs().map(|log| log.pipeline_id.clone()).collect::<Vec<_>>();
        assert!(at(&stores.a).iter().all(|id| ["2", "3"].contains(&id.as_str())), "{:?}", at(&stores.a));
        assert!(at(&stores.b).iter().all(|id| ["1", "4", "5", "6", "7"].contains(&id.as_str())), "{:?}", at(&stores.b));
        let header = stores.a.triggers().next().unwrap();
        assert_eq!((header.failed_pipeline_ids.len(), stores.b.triggers().count()), (failed.len(), 0));
        assert!(header.finished_at.is_some() && header.status.as_str() == if failed.is_empty() { "done" } else { "error" });
    }
}

#[tokio::test]
async fn whatever_call_of_whichever_store_fails_it_is_done_once() {
    for mode in [Atomicity::Pipeline, Atomicity::Trigger] {
        let calm = ping_pong(mode);
        let mut undisturbed = Stores::default();
        let (mut a, mut b) = (Troubled::new(&mut undisturbed.a, None), Troubled::new(&mut undisturbed.b, None));
        process(&calm, &mut a, &mut b).await.unwrap();
        let calls = [a.calls.len(), b.calls.len()];
        let expected = undisturbed.everything(&calm).await;
        for trouble in [Trouble::LostBefore, Trouble::LostAfter, Trouble::Conflict, Trouble::Lock] {
            for (which, at) in [0, 1].into_iter().flat_map(|which| (0..calls[which]).map(move |at| (which, at))) {
                let stage = ping_pong(mode);
                let mut stores = Stores::default();
                let at_which = |store: usize| (store == which).then_some((at, trouble));
                let (mut a, mut b) = (Troubled::new(&mut stores.a, at_which(0)), Troubled::new(&mut stores.b, at_which(1)));
                process(&stage, &mut a, &mut b).await.unwrap_err();
                // The process ends with what is open; another one comes.
                stores = Stores { a: stores.a.after_crash(), b: stores.b.after_crash() };
                recover(&stage, &mut stores).await;
                let again = process(&stage, &mut stores.a, &mut stores.b).await.unwrap();
                assert!(again.is_some() || stores.a.triggers().count() == 1);
                assert_eq!(stores.pending(), 0, "{mode:?} {trouble:?} {which} {at}");
                assert_eq!(stores.everything(&stage).await, expected, "{mode:?} {trouble:?} {which} {at}");
            }
        }
    }
}

#[tokio::test]
async fn in_mode_action_what_was_interrupted_goes_on_where_it_was() {
    let calm = ping_pong(Atomicity::Action);
    let mut undisturbed = Stores::default();
    let (mut a, mut b) = (Troubled::new(&mut undisturbed.a, None), Troubled::new(&mut undisturbed.b, None));
    process(&calm, &mut a, &mut b).await.unwrap();
    let calls = [a.calls.len(), b.calls.len()];
    for trouble in [Trouble::LostBefore, Trouble::LostAfter, Trouble::Conflict] {
        for (which, at) in [0, 1].into_iter().flat_map(|which| (0..calls[which]).map(move |at| (which, at))) {
            let stage = ping_pong(Atomicity::Action);
            let mut stores = Stores::default();
            let at_which = |store: usize| (store == which).then_some((at, trouble));
            let (mut a, mut b) = (Troubled::new(&mut stores.a, at_which(0)), Troubled::new(&mut stores.b, at_which(1)));
            process(&stage, &mut a, &mut b).await.unwrap_err();
            stores = Stores { a: stores.a.after_crash(), b: stores.b.after_crash() };
            recover(&stage, &mut stores).await;
            process(&stage, &mut stores.a, &mut stores.b).await.unwrap();
            let header = stores.a.triggers().next().unwrap().clone();
            assert_eq!((stores.pending(), header.status.as_str(), header.failed_pipeline_ids), (0, "error", vec!["7".to_owned()]), "{trouble:?} {which} {at}");
            // The interrupted run starts again: what it had committed is there twice, nothing is missing.
            let backs = rows(&mut stores.a, &stage.topic("back"), &["k"]).await.len();
            assert!((2..=3).contains(&backs), "{trouble:?} {which} {at}: {backs}");
        }
    }
}

#[tokio::test]
async fn a_failed_run_on_the_second_data_source_undoes_what_its_mode_says() {
    for mode in MODES {
        let plain = |name: &str| topic(name, "distinct", &[("k", "text", "")]);
        let topics = [on("a", plain("start")), on("b", plain("over")), on("b", plain("end"))];
        let pipelines = [
            simple("1", "start", &[insert("over", &[("k", "1")]), insert("over", &[("k", "2")])]),
            simple("2", "over", &[insert("end", &[("k", "{k}")]), fail("end", "k")]),
        ];
        let stage = Stage::new(mode, &topics, &pipelines);
        let mut stores = Stores::default();
        let request = stage.keyed("start", &json!({"k": "x"}), "key");
        let TriggerOutcome::Accepted(accepted) = stage.engine.trigger(&mut stores.a, &request, Attempt::default()).await.unwrap() else { unreachable!() };
        let outcome = stage.engine.cross(&mut stores.b, &stage.catalog, &accepted.work, Attempt::default()).await.unwrap().unwrap();
        let TriggerOutcome::Accepted(closing) = outcome else { unreachable!("its header lies on the other one") };
        let again = stage.engine.cross(&mut stores.b, &stage.catalog, &accepted.work, Attempt::default()).await.unwrap();
        assert!(again.is_none(), "it was done before");
        stage.engine.cross(&mut stores.a, &stage.catalog, &closing.work, Attempt::default()).await.unwrap();
        let counts = [rows(&mut stores.b, &stage.topic("over"), &["k"]).await.len(), rows(&mut stores.b, &stage.topic("end"), &["k"]).await.len()];
        let expected = match mode {
            Atomicity::Pipeline => [2, 0],
            Atomicity::Trigger => [0, 0],
            Atomicity::Action => [2, 2],
        };
        assert_eq!(counts, expected, "{mode:?}");
        let header = stores.a.triggers().next().unwrap();
        // The row was committed before the failure could be known, so it stays in every mode.
        assert_eq!((header.status.as_str(), header.data_id.is_some()), ("error", true), "{mode:?}");
        assert_eq!(rows(&mut stores.a, &stage.topic("start"), &["k"]).await, ["x"]);
    }
}

#[tokio::test]
async fn the_depth_holds_over_hand_overs() {
    for mode in MODES {
        let plain = |name: &str| topic(name, "distinct", &[("k", "text", "")]);
        let topics = [on("a", plain("start")), on("b", plain("over"))];
        let pipelines = [simple("1", "start", &[insert("over", &[("k", "{k}")])]), simple("2", "over", &[insert("start", &[("k", "{k}")])])];
        let mut stage = Stage::new(mode, &topics, &pipelines);
        stage.engine.settings.limits.max_depth = 6;
        let mut stores = Stores::default();
        let report = process_of(&stage, &mut stores).await;
        assert_eq!((report.result.failed_pipeline_ids.len(), stores.pending()), (1, 0), "{mode:?}");
        let logs: Vec<_> = stores.a.logs().chain(stores.b.logs()).cloned().collect();
        let refused: Vec<_> = logs.iter().filter(|log| log.body.contains("engine.max_depth")).collect();
        assert_eq!((logs.len(), refused.len()), (8, 1), "{mode:?}");
    }
}

async fn process_of(stage: &Stage, stores: &mut Stores) -> TriggerReport {
    let request = stage.keyed("start", &json!({"k": "x"}), "key");
    let mut outcome = stage.engine.trigger(&mut stores.a, &request, Attempt::default()).await.unwrap();
    loop {
        let work = match outcome {
            TriggerOutcome::Ran(report) => return report,
            TriggerOutcome::Accepted(accepted) => accepted.work,
            TriggerOutcome::Replayed(_) | TriggerOutcome::Passed => unreachable!(),
        };
        let target = target_of(&work).unwrap().unwrap();
        outcome = stage.engine.cross(stores.of(&target), &stage.catalog, &work, Attempt::default()).await.unwrap().unwrap();
        let from = if &*target == "a" { "b" } else { "a" };
        stores.of(from).delete_pending(work.pending_id).await.unwrap();
    }
}

#[tokio::test]
async fn what_mode_action_writes_of_its_queue_grows_with_the_queue_only() {
    let written = |elements: usize| async move {
        let topics = [topic("start", "distinct", &[("k", "text", "")]), topic("lines", "distinct", &[("k", "text", "")])];
        let actions: Vec<Json> = (0..elements).map(|_| insert("lines", &[("k", "{k}")])).collect();
        let pipelines = [simple("1", "start", &actions), simple("2", "lines", &[nightowl_tests::stage::copy("v", "{k}")])];
        let stage = Stage::new(Atomicity::Action, &topics, &pipelines);
        let mut store = MemoryStore::new();
        let mut unit = Troubled::new(&mut store, None);
        stage.insert(&mut unit, "start", json!({"k": "x"})).await;
        let count = |call: &str| unit.calls.iter().filter(|one| **one == call).count();
        let counts = (count("insert_pending"), count("update_pending"), count("delete_pending"));
        assert_eq!(store.pending().count(), 0);
        counts
    };
    assert_eq!(written(10).await, (11, 0, 11));
    assert_eq!(written(40).await, (41, 0, 41));
}

#[tokio::test]
async fn only_the_first_row_of_a_cascade_is_leased() {
    let mut store = MemoryStore::new();
    let topics = [topic("start", "distinct", &[("k", "text", "")]), topic("lines", "distinct", &[("k", "text", "")])];
    let pipelines = ["1", "2", "3"].map(|id| simple(id, "start", &[insert("lines", &[("k", id)])]));
    let stage = Stage::new(Atomicity::Action, &topics, &pipelines);
    let outcome = stage.engine.accept(&mut store, &stage.keyed("start", &json!({"k": "x"}), "key")).await.unwrap();
    assert!(matches!(outcome, TriggerOutcome::Accepted(_)));
    assert_eq!(store.pending().count(), 3);
    let leased = store.lease_pending(PendingKind::Cascade, "w", 60, 10).await.unwrap();
    assert_eq!(leased.len(), 1);
    let mut settings = stage.engine.settings.clone();
    settings.lease.worker = "w".into();
    let engine = Engine { settings, ..stage.engine.clone() };
    engine.resume(&mut store, &Arc::clone(&stage.catalog), &leased[0], Attempt::default()).await.unwrap();
    assert_eq!(rows(&mut store, &stage.topic("lines"), &["k"]).await, ["1", "2", "3"]);
    assert_eq!(store.pending().count(), 0);
}
