//! What the engine costs on the store in memory, and whole triggers beside it on SQLite in memory.
//!
//! `cargo bench -p nightowl-tests --bench engine`. A benchmark of an action fires a trigger whose one unit has
//! [`REPEATED`] such actions; its throughput counts actions. Whole triggers are those of `shared/workloads`.

#![expect(clippy::unwrap_used, reason = "a benchmark ends where something is not as expected")]

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Bencher, Criterion, Throughput, criterion_group, criterion_main};
use nightowl_core::engine::EngineSettings;
use nightowl_core::limits::JSON_DEPTH;
use nightowl_core::model::TriggerType;
use nightowl_core::value::{Object, read_json};
use nightowl_storage::memory::MemoryStore;
use nightowl_tests::world::{World, object, on_sqlite};
use serde_json::{Value as Json, json};
use tokio::runtime::{Builder, Runtime};

/// How many actions of a kind one trigger runs.
const REPEATED: usize = 64;
/// After how many triggers a store begins anew, so that its size does not tell in the figures.
const TRIGGERS_PER_STORE: u64 = 1_000;

fn runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

/// Fires triggers round robin, each store beginning as `seed`.
fn fire(bencher: &mut Bencher<'_>, world: &World, seed: &MemoryStore, triggers: &[(String, Object)]) {
    let runtime = runtime();
    bencher.iter_custom(|count| {
        let mut spent = Duration::ZERO;
        let mut left = count;
        while left > 0 {
            let mut store = seed.clone();
            let now = left.min(TRIGGERS_PER_STORE);
            let begin = Instant::now();
            for (code, data) in triggers.iter().cycle().take(usize::try_from(now).unwrap()) {
                black_box(runtime.block_on(world.fire(&mut store, code, TriggerType::Insert, data.clone())).unwrap());
            }
            spent += begin.elapsed();
            left -= now;
        }
        spent
    });
}

/// The same on SQLite, each trigger a transaction.
fn fire_on_sqlite(bencher: &mut Bencher<'_>, world: &World, triggers: &[(String, Object)]) {
    bencher.iter_custom(|count| {
        let (world, triggers) = (world.clone(), triggers.to_vec());
        on_sqlite(world.topics(), move |unit| {
            Box::pin(async move {
                let begin = Instant::now();
                for (code, data) in triggers.iter().cycle().take(usize::try_from(count).unwrap()) {
                    black_box(world.fire(unit, code, TriggerType::Insert, data.clone()).await.unwrap());
                }
                begin.elapsed()
            })
        })
    });
}

/// The topics of the actions, and a pipeline whose one stage has these units.
fn definitions(units: &Json) -> Json {
    let factor = |id: &str, name: &str, factor_type: &str| json!({"factorId": id, "name": name, "type": factor_type});
    json!({
        "topics": [
            {"topicId": "1", "name": "in", "type": "raw", "tenantId": "a", "factors": [
                factor("11", "key", "text"), factor("12", "a", "object"), factor("13", "a.b.c", "number"), factor("14", "items", "array")]},
            {"topicId": "2", "name": "out", "type": "distinct", "tenantId": "a", "factors": [
                {"factorId": "21", "name": "key", "type": "text", "indexGroup": "u-1"},
                factor("22", "number", "number"), factor("23", "note", "text"), factor("24", "day", "date")]},
        ],
        "pipelines": [{"pipelineId": "9", "topicId": "1", "name": "measured", "type": "insert", "tenantId": "a", "enabled": true,
            "stages": [{"stageId": "s", "name": "s", "units": units}]}],
    })
}

fn topic(id: &str, factor: &str) -> Json {
    json!({"kind": "topic", "topicId": id, "factorId": factor})
}

fn constant(text: &str) -> Json {
    json!({"kind": "constant", "value": text})
}

fn mapping(key: &Json) -> Json {
    let item = |factor: &str, source: &Json| json!({"factorId": factor, "arithmetic": "none", "source": source});
    json!([item("21", key), item("22", &topic("1", "13")), item("23", &constant("{key}/{a.b.c}")), item("24", &constant("2024-02-29"))])
}

fn by_key(key: &Json) -> Json {
    json!({"jointType": "and", "filters": [{"left": topic("2", "21"), "operator": "equals", "right": key}]})
}

/// Units of [`REPEATED`] times the same action.
fn repeated(action: &Json) -> Json {
    let actions: Vec<Json> = (0..REPEATED)
        .map(|index| {
            let mut action = action.clone();
            action["actionId"] = json!(format!("a{index}"));
            action
        })
        .collect();
    json!([{"unitId": "u", "name": "u", "do": actions}])
}

const DATA: &str = r#"{"key":"K1","a":{"b":{"c":12.50}},"items":[{"k":"A"},{"k":"B"},{"k":"C"},{"k":"D"},{"k":"E"}]}"#;

/// One kind of action.
fn action(criterion: &mut Criterion, name: &str, elements: usize, units: &Json, seeded: bool) {
    let mut world = World::sound("a", &definitions(units), EngineSettings::default());
    let mut seed = MemoryStore::new();
    if seeded {
        let insert = json!({"type": "insert-row", "actionId": "i", "topicId": "2", "mapping": mapping(&constant("{key}"))});
        let seeding = World::sound("a", &definitions(&json!([{"unitId": "u", "name": "u", "do": [insert]}])), EngineSettings::default());
        world.engine.ids = Arc::clone(&seeding.engine.ids);
        runtime().block_on(seeding.fire(&mut seed, "in", TriggerType::Insert, object(DATA))).unwrap();
    }
    let triggers = [("in".to_owned(), object(DATA))];
    let mut group = criterion.benchmark_group("action");
    group.throughput(Throughput::Elements(elements as u64));
    group.bench_function(name, |bencher| fire(bencher, &world, &seed, &triggers));
    group.finish();
}

fn actions(criterion: &mut Criterion) {
    let unique = constant("{&nextSeq}");
    action(criterion, "nothing", 1, &json!([]), false);
    action(criterion, "insert-row", REPEATED, &repeated(&json!({"type": "insert-row", "topicId": "2", "mapping": mapping(&unique)})), false);
    let key = constant("{key}");
    action(criterion, "merge-row", REPEATED, &repeated(&json!({"type": "merge-row", "topicId": "2", "mapping": mapping(&key), "by": by_key(&key)})), true);
    let each = json!({"kind": "variable", "variableName": "item", "factorName": "k"});
    let copy = json!({"type": "copy-to-memory", "actionId": "c", "variableName": "item", "source": topic("1", "14")});
    let merge = json!({"type": "insert-or-merge-row", "actionId": "m", "topicId": "2", "mapping": mapping(&each), "by": by_key(&each)});
    let looped = json!([{"unitId": "u", "name": "u", "do": [copy]}, {"unitId": "l", "name": "l", "loopVariableName": "item", "do": [merge]}]);
    action(criterion, "loop of five insert-or-merge-row", 1, &looped, false);
    let deep = json!({"type": "copy-to-memory", "variableName": "v", "source": constant("{a.b.c}")});
    action(criterion, "path of depth three", REPEATED, &repeated(&deep), false);
    let route = |value: &str| {
        json!({"kind": "constant", "value": value, "conditional": true, "on": {"jointType": "and", "filters": [
            {"left": topic("1", "11"), "operator": "equals", "right": constant(value)}]}})
    };
    let case = json!({"kind": "computed", "type": "case-then", "parameters": [route("K0"), route("K1"), constant("none")]});
    action(criterion, "case-then", REPEATED, &repeated(&json!({"type": "copy-to-memory", "variableName": "v", "source": case})), false);
}

/// A workload's world and its triggers; `None` where the folder of workloads is not there.
fn workload(name: &str) -> Option<(World, Vec<(String, Object)>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?.join("shared/workloads").join(name);
    let text = fs::read_to_string(path).ok()?;
    let json: Json = serde_json::from_str(&text).unwrap();
    let definitions = json!({"topics": json["topics"], "pipelines": json["pipelines"]});
    let document = read_json(&text, JSON_DEPTH).unwrap();
    let triggers = document.as_object().unwrap().get("triggers").unwrap().as_array().unwrap();
    let triggers = triggers.iter().map(|trigger| {
        let trigger = trigger.as_object().unwrap();
        (trigger.get("code").unwrap().as_text().unwrap().to_owned(), trigger.get("data").unwrap().as_object().unwrap().clone())
    });
    Some((World::sound("a", &definitions, EngineSettings::default()), triggers.collect()))
}

fn triggers(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("trigger");
    for (name, file) in [("w1", "w1-raw-ingest.json"), ("w2", "w2-raw-to-row.json"), ("w3", "w3-order-flow.json")] {
        let Some((world, triggers)) = workload(file) else { continue };
        group.bench_function(format!("{name} memory"), |bencher| fire(bencher, &world, &MemoryStore::new(), &triggers));
        group.bench_function(format!("{name} sqlite"), |bencher| fire_on_sqlite(bencher, &world, &triggers));
    }
    group.finish();
}

criterion_group! {
    name = engine;
    config = Criterion::default().sample_size(20).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    targets = actions, triggers
}
criterion_main!(engine);
