//! Stages with `dependsOn`: their order, what each of them sees, and what goes on after a failure.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

use nightowl_core::engine::Atomicity;
use nightowl_storage::memory::MemoryStore;
use nightowl_tests::stage::{Stage, copy, fail, insert, pipeline, stage, stage_after, topic, unit};
use nightowl_tests::witness::{Witness, rows};
use serde_json::{Value as Json, json};

fn topics() -> Vec<Json> {
    ["start", "a"].map(|name| topic(name, "distinct", &[("x", "text", "")])).to_vec()
}

fn told(text: &str) -> Json {
    insert("a", &[("x", text)])
}

/// What a pipeline of these stages writes into topic a, and the stages of its log with their statuses.
async fn run(mode: Atomicity, stages: &[Json]) -> (Vec<String>, Vec<(usize, String)>) {
    let stage = Stage::new(mode, &topics(), &[pipeline("p", "start", stages)]);
    assert_eq!(stage.codes(), Vec::<&str>::new());
    let mut store = MemoryStore::new();
    stage.insert(&mut store, "start", json!({"x": "trigger"})).await;
    let body: Json = serde_json::from_str(&Witness::logs(&mut store).await.remove(0).body).unwrap();
    let stages = body["stages"].as_array().unwrap().iter();
    let stages = stages.map(|log| (usize::try_from(log["i"].as_u64().unwrap()).unwrap(), log["s"].as_str().unwrap().to_owned()));
    (rows(&mut store, &stage.topic("a"), &["x"]).await, stages.collect())
}

#[tokio::test]
async fn stages_run_in_topological_order_with_ties_as_defined() {
    let stages = [
        stage_after("d", &["b", "c"], &[told("d")]),
        stage_after("c", &["a"], &[told("c")]),
        stage_after("b", &["a"], &[told("b")]),
        stage_after("a", &[], &[told("a")]),
        stage("e", &[unit(&[told("e")])]),
        stage_after("z", &[], &[told("z")]),
    ];
    let (written, logged) = run(Atomicity::Pipeline, &stages).await;
    assert_eq!(written, ["a", "c", "b", "d", "e", "z"]);
    assert_eq!(logged.iter().map(|(stage, _)| *stage).collect::<Vec<_>>(), [3, 1, 2, 0, 4, 5]);
}

#[tokio::test]
async fn a_stage_sees_its_ancestors_and_nobody_else() {
    let stages = [
        stage_after("a", &[], &[copy("v", "of a")]),
        stage_after("b", &[], &[copy("w", "of b")]),
        stage_after("c", &["a"], &[copy("u", "of c"), told("c sees {v}, {w}")]),
        stage_after("d", &["c"], &[told("d sees {v}, {u}, {w}")]),
        stage_after("e", &["b", "c"], &[told("e sees {v}, {u}, {w}")]),
    ];
    let (written, _) = run(Atomicity::Pipeline, &stages).await;
    assert_eq!(written, ["c sees of a, ", "d sees of a, of c, ", "e sees of a, of c, of b"]);
}

#[tokio::test]
async fn a_stage_sees_what_was_written_last_on_the_way_to_it() {
    // B writes anew what C, which runs later, has only seen.
    let stages = [
        stage_after("a", &[], &[copy("v", "of a")]),
        stage_after("b", &["a"], &[copy("v", "of b")]),
        stage_after("c", &["a"], &[told("c sees {v}")]),
        stage_after("d", &["b", "c"], &[told("d sees {v}")]),
        stage_after("e", &["c", "b"], &[told("e sees {v}")]),
    ];
    let (written, _) = run(Atomicity::Pipeline, &stages).await;
    assert_eq!(written, ["c sees of a", "d sees of b", "e sees of b"]);
}

#[tokio::test]
async fn after_a_failure_independent_stages_go_on_in_mode_action_only() {
    let stages = [
        stage_after("a", &[], &[told("a"), fail("a", "x")]),
        stage_after("b", &["a"], &[told("b")]),
        stage_after("c", &[], &[told("c")]),
        stage_after("d", &["c"], &[told("d")]),
        stage_after("e", &["d", "b"], &[told("e")]),
    ];
    let status = |stages: &[(usize, &str)]| stages.iter().map(|(stage, status)| (*stage, (*status).to_owned())).collect::<Vec<_>>();
    let (written, logged) = run(Atomicity::Action, &stages).await;
    assert_eq!((written, logged), (["a", "c", "d"].map(str::to_owned).to_vec(), status(&[(0, "ERROR"), (2, "DONE"), (3, "DONE")])));
    for mode in [Atomicity::Pipeline, Atomicity::Trigger] {
        assert_eq!(run(mode, &stages).await, (vec![], status(&[(0, "ERROR")])));
    }
}

#[tokio::test]
async fn without_the_key_a_failure_ends_the_pipeline_in_every_mode() {
    let stages = [stage("a", &[unit(&[fail("a", "x")])]), stage("b", &[unit(&[told("b")])])];
    for mode in [Atomicity::Action, Atomicity::Pipeline, Atomicity::Trigger] {
        assert_eq!(run(mode, &stages).await, (vec![], vec![(0, "ERROR".to_owned())]));
    }
}

#[tokio::test]
async fn mistakes_in_the_dag_are_found_when_it_is_compiled() {
    let cases: [(&[Json], &str); 4] = [
        (&[stage_after("a", &["b"], &[told("a")]), stage_after("b", &["a"], &[told("b")])], "definition-stage-cycle"),
        (&[stage_after("a", &["a"], &[told("a")])], "definition-stage-cycle"),
        (&[stage_after("a", &["nobody"], &[told("a")])], "definition-stage-unknown"),
        (&[stage_after("a", &[], &[copy("v", "1")]), stage_after("b", &[], &[copy("v", "2")])], "definition-variable-unordered"),
    ];
    for (stages, code) in cases {
        let stage = Stage::new(Atomicity::Action, &topics(), &[pipeline("p", "start", stages)]);
        assert_eq!(stage.codes(), [code]);
        // It does not run, and says so in its log.
        let mut store = MemoryStore::new();
        let report = stage.insert(&mut store, "start", json!({"x": "1"})).await;
        let log = Witness::logs(&mut store).await.remove(0);
        assert!(report.result.failed_pipeline_ids == ["p"] && log.body.contains(code), "{log:?}");
        assert!(rows(&mut store, &stage.topic("a"), &["x"]).await.is_empty());
    }
}
