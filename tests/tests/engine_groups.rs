//! A group of triggers in one transaction ends as its triggers one after the other, whatever fails among them.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

use std::sync::Arc;

use nightowl_core::engine::{Atomicity, TriggerOutcome, TriggerRequest};
use nightowl_core::error::Coded;
use nightowl_core::model::TriggerType;
use nightowl_storage::memory::MemoryStore;
use nightowl_tests::stage::{FIRST_ID, Stage, constant, copy, delete, insert, looping, merge, pipeline, read, simple, stage, topic, unit};
use nightowl_tests::witness::{Witness, everything, on_sqlite};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

/// Flows with every way to fail: a bad value, a unique violation, a row that is not there, too many rows, a loop over a
/// scalar, a pipeline that does not compile.
fn flows(mode: Atomicity) -> Stage {
    let topics = [
        topic("start", "distinct", &[("k", "text", ""), ("n", "text", ""), ("u", "text", "u-1")]),
        topic("raw", "raw", &[("k", "text", "i-1"), ("list", "array", "")]),
        topic("lines", "distinct", &[("k", "text", "i-1"), ("n", "number", "")]),
        topic("sums", "aggregate", &[("k", "text", "u-1"), ("n", "number", ""), ("c", "number", "")]),
        topic("once", "distinct", &[("k", "text", "u-1")]),
    ];
    let when = |mut pipeline: Json, left: &str, right: &str| {
        pipeline["conditional"] = json!(true);
        pipeline["on"] = json!({"jointType": "and", "filters": [{"left": constant(left), "operator": "equals", "right": constant(right)}]});
        pipeline
    };
    let pipelines = [
        simple("1", "start", &[insert("lines", &[("k", "{k}"), ("n", "{n}")])]),
        simple(
            "2",
            "start",
            &[merge("insert-or-merge-row", "sums", &[("k", "{k}"), ("n", "sum:{n}"), ("c", "count:{n}")], &[("k", "{k}")]), insert("once", &[("k", "{k}{n}")])],
        ),
        when(simple("3", "start", &[insert("lines", &[("k", "lost"), ("n", "1")]), read("read-row", "lines", "row", &[("k", "{k}")])]), "{k}", "a"),
        pipeline("4", "raw", &[stage("s", &[unit(&[copy("v", "{list}")]), looping("v", &[insert("lines", &[("k", "{k}"), ("n", "{v}")])])])]),
        simple("5", "lines", &[merge("merge-row", "sums", &[("k", "{k}"), ("n", "sum:{n}")], &[("k", "{k}")])]),
        when(simple("6", "start", &[delete("delete-rows", "lines", &[("k", "b")])]), "{k}", "c"),
        when(simple("7", "once", &[insert("nowhere", &[("k", "1")])]), "{k}", "c1"),
    ];
    Stage::new(mode, &topics, &pipelines)
}

/// One trigger: topic, type, data, source position.
type Fired = (&'static str, TriggerType, Json, Option<u8>);

fn fired() -> impl Strategy<Value = Fired> {
    let key = || prop::option::weighted(0.3, 0..3_u8);
    let letters = || prop::sample::select(vec!["a", "b", "c"]);
    let numbers = || prop::sample::select(vec!["1", "2", "x"]);
    let unique = || prop::option::weighted(0.3, prop::sample::select(vec!["u", "v"]));
    let start = (letters(), numbers(), unique(), key()).prop_map(|(k, n, u, key)| ("start", TriggerType::Insert, json!({"k": k, "n": n, "u": u}), key));
    let list = prop_oneof![Just(json!([1, 2])), Just(json!([1, "x"])), Just(json!([])), Just(json!("scalar")), Just(Json::Null)];
    let raw = (letters(), list, key()).prop_map(|(k, list, key)| ("raw", TriggerType::Insert, json!({"k": k, "list": list}), key));
    let change = (0..40_i64, letters(), prop::bool::ANY, key()).prop_map(|(id, k, gone, key)| {
        let trigger_type = if gone { TriggerType::Delete } else { TriggerType::Merge };
        ("start", trigger_type, json!({"id_": (FIRST_ID + id).to_string(), "k": k, "n": "1"}), key)
    });
    let unknown = Just(("elsewhere", TriggerType::Insert, json!({}), None));
    let directly = (letters(), numbers()).prop_map(|(k, n)| ("lines", TriggerType::Insert, json!({"k": k, "n": n}), None));
    prop_oneof![6 => start, 3 => raw, 2 => change, 1 => unknown, 2 => directly]
}

fn requests(stage: &Stage, fired: &[Fired]) -> Vec<TriggerRequest> {
    let request = |(code, trigger_type, data, key): &Fired| TriggerRequest {
        position_key: key.map(|key| key.to_string().into()),
        body_hash: None,
        ..stage.request(code, *trigger_type, data)
    };
    fired.iter().map(request).collect()
}

/// What became of a trigger, without ids.
fn shown(outcome: &Result<TriggerOutcome, nightowl_core::engine::TriggerError>) -> String {
    match outcome {
        Ok(TriggerOutcome::Ran(report)) => format!("ran {} {:?}", report.runs, report.result.failed_pipeline_ids),
        Ok(TriggerOutcome::Replayed(earlier)) => format!("replayed {:?} {:?}", earlier.status, earlier.failed_pipeline_ids),
        Ok(other) => unreachable!("{other:?}"),
        Err(error) => error.code().to_owned(),
    }
}

/// Outcomes and contents after triggers in groups of a size; groups of none are the serial pass.
async fn after(stage: &Stage, unit: &mut dyn Witness, fired: &[Fired], group: usize) -> (Vec<String>, String) {
    let requests = requests(stage, fired);
    let mut outcomes = Vec::new();
    if group == 0 {
        for request in &requests {
            outcomes.push(stage.trigger(unit, request).await);
        }
    } else {
        for group in requests.chunks(group) {
            outcomes.extend(stage.engine.triggers(unit, group).await.unwrap());
        }
    }
    (outcomes.iter().map(shown).collect(), everything(unit, &stage.catalog).await)
}

fn mode() -> impl Strategy<Value = Atomicity> {
    prop::sample::select(vec![Atomicity::Pipeline, Atomicity::Trigger])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, ..ProptestConfig::default() })]

    #[test]
    fn groups_end_as_the_serial_pass(mode in mode(), fired in prop::collection::vec(fired(), 1..14), group in 2..15_usize) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let stage = || Arc::new(flows(mode));
        let serial = runtime.block_on(async { after(&stage(), &mut MemoryStore::new(), &fired, 0).await });
        let grouped = runtime.block_on(async { after(&stage(), &mut MemoryStore::new(), &fired, group).await });
        prop_assert_eq!(&serial, &grouped);
        for group in [0, group] {
            let (stage, fired) = (stage(), fired.clone());
            let catalog = Arc::clone(&stage.catalog);
            let on_sqlite = runtime.block_on(on_sqlite(&catalog, move |unit| Box::pin(async move { after(&stage, unit, &fired, group).await })));
            prop_assert_eq!(&serial, &on_sqlite);
        }
    }
}

#[tokio::test]
async fn the_flows_meet_every_way_to_fail() {
    let stage = flows(Atomicity::Pipeline);
    assert_eq!(stage.codes(), ["definition-topic-unknown"]);
    let insert = |code: &'static str, data: Json| (code, TriggerType::Insert, data, None);
    let fired = [
        insert("start", json!({"k": "a", "n": "1", "u": "u"})),
        insert("start", json!({"k": "a", "n": "x", "u": "u"})),
        insert("start", json!({"k": "a", "n": "x"})),
        insert("start", json!({"k": "a", "n": "1"})),
        insert("raw", json!({"k": "a", "list": [1, "x"]})),
        insert("raw", json!({"k": "a", "list": "scalar"})),
        ("start", TriggerType::Merge, json!({"id_": "5"}), None),
        insert("elsewhere", json!({})),
        insert("start", json!({"k": "c", "n": "1"})),
    ];
    let mut store = MemoryStore::new();
    let (outcomes, contents) = after(&stage, &mut store, &fired, 100).await;
    let expected = [
        r#"ran 4 []"#,
        "storage-insert-conflict",
        r#"ran 3 ["1"]"#,
        r#"ran 4 ["2", "3"]"#,
        r#"ran 1 ["4"]"#,
        r#"ran 1 ["4"]"#,
        "trigger-row-not-found",
        "trigger-topic-not-found",
        r#"ran 5 ["7"]"#,
    ];
    assert_eq!(
        outcomes.iter().map(|text| text.split(" [").next().unwrap().split(' ').next().unwrap()).collect::<Vec<_>>(),
        expected.iter().map(|text| text.split(' ').next().unwrap()).collect::<Vec<_>>(),
        "{outcomes:#?}"
    );
    for code in ["action-too-many-rows", "storage-insert-conflict", "action-loop-over-scalar", "definition-topic-unknown", "value-"] {
        assert!(contents.contains(code), "{code} is not among the logs: {contents}");
    }
}
