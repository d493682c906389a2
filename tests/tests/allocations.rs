//! No step of a cascade allocates in proportion to the number of definitions.
//!
//! A binary of its own, because it counts every allocation of its process.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

use allocation_counter::{AllocationInfo, measure};
use nightowl_core::engine::EngineSettings;
use nightowl_core::model::TriggerType;
use nightowl_core::port::UnitOfWork;
use nightowl_core::value::Object;
use nightowl_storage::memory::MemoryStore;
use nightowl_tests::world::{World, object, run};
use serde_json::{Value as Json, json};
use tokio::runtime::Builder;

/// An order whose lines are inserted, each of which is added to a sum: two pipelines, loop, path, by, aggregate.
fn cascade() -> (Vec<Json>, Vec<Json>) {
    let factor = |id: &str, name: &str, factor_type: &str| json!({"factorId": id, "name": name, "type": factor_type});
    let constant = |text: &str| json!({"kind": "constant", "value": text});
    let item = |factor: &str, arithmetic: &str, source: Json| json!({"factorId": factor, "arithmetic": arithmetic, "source": source});
    let pipeline = |id: &str, topic: &str, units: Json| {
        json!({"pipelineId": id, "topicId": topic, "name": id, "type": "insert", "tenantId": "1", "enabled": true,
            "stages": [{"stageId": "s", "name": "s", "units": units}]})
    };
    let topics = vec![
        json!({"topicId": "1", "name": "order", "type": "raw", "tenantId": "1", "factors": [factor("11", "no", "text"), factor("12", "lines", "array")]}),
        json!({"topicId": "2", "name": "line", "type": "distinct", "tenantId": "1", "factors": [factor("21", "sku", "text"), factor("22", "quantity", "number")]}),
        json!({"topicId": "3", "name": "total", "type": "aggregate", "tenantId": "1", "factors": [
            {"factorId": "31", "name": "sku", "type": "text", "indexGroup": "u-1"}, factor("32", "sum", "number"), factor("33", "mean", "number")]}),
    ];
    let lines = json!([
        {"unitId": "a", "name": "a", "do": [{"actionId": "a1", "type": "copy-to-memory", "variableName": "line", "source": constant("{lines}")}]},
        {"unitId": "b", "name": "b", "loopVariableName": "line", "do": [{"actionId": "b1", "type": "insert-row", "topicId": "2", "mapping": [
            item("21", "none", constant("{line.sku}")), item("22", "none", constant("{line.quantity}"))]}]},
    ]);
    let filter = json!({"left": {"kind": "topic", "topicId": "3", "factorId": "31"}, "operator": "equals", "right": constant("{sku}")});
    let totals = json!([{"unitId": "c", "name": "c", "do": [{"actionId": "c1", "type": "insert-or-merge-row", "topicId": "3",
        "by": {"jointType": "and", "filters": [filter]}, "mapping": [
            item("31", "none", constant("{sku}")), item("32", "sum", constant("{quantity}")), item("33", "avg", constant("{quantity}"))]}]}]);
    (topics, vec![pipeline("901", "1", lines), pipeline("902", "2", totals)])
}

/// The cascade among unrelated definitions: topics, each with a pipeline of its own.
fn among(unrelated: usize) -> World {
    let (mut topics, mut pipelines) = cascade();
    for index in 0..unrelated {
        let id = format!("7{index:06}");
        topics.push(json!({"topicId": id, "name": format!("other_{index:06}"), "type": "raw", "tenantId": "1", "factors": [
            {"factorId": format!("{id}1"), "name": "a", "type": "text"}]}));
        pipelines.push(json!({"pipelineId": format!("8{index:06}"), "topicId": id, "name": "other", "type": "insert", "tenantId": "1", "enabled": true,
            "stages": [{"stageId": "s", "name": "s", "units": [{"unitId": "u", "name": "u", "do": [
                {"actionId": "a", "type": "copy-to-memory", "variableName": "v", "source": {"kind": "constant", "value": "{a}"}}]}]}]}));
    }
    World::sound("1", &json!({"topics": topics, "pipelines": pipelines}), EngineSettings::default())
}

fn order(number: usize) -> Object {
    object(&format!(r#"{{"no":"N{number:04}","lines":[{{"sku":"A","quantity":1}},{{"sku":"B","quantity":2.5}},{{"sku":"A","quantity":3}}]}}"#))
}

/// What one trigger allocates in a store that has seen its topics.
fn one_trigger(world: &World) -> AllocationInfo {
    let mut store = MemoryStore::new();
    for number in 0..3 {
        run(world.fire(&mut store, "order", TriggerType::Insert, order(number))).unwrap();
    }
    let runtime = Builder::new_current_thread().build().unwrap();
    let unit: &mut dyn UnitOfWork = &mut store;
    let data = order(3);
    let mut runs = 0;
    let info = measure(|| runs = runtime.block_on(world.fire(unit, "order", TriggerType::Insert, data)).unwrap().runs);
    assert_eq!(runs, 4, "the order and three lines");
    info
}

/// How many allocations may differ: a text one digit longer, a vector that grows one step earlier.
const TOLERANCE: u64 = 8;

#[test]
fn a_trigger_allocates_alike_among_ten_and_two_thousand_definitions() {
    let few = one_trigger(&among(10));
    let many = one_trigger(&among(2_000));
    assert!(few.count_total > 100, "nothing was counted: {few:?}");
    assert!(few.count_total.abs_diff(many.count_total) <= TOLERANCE, "{} allocations among few, {} among many", few.count_total, many.count_total);
    assert!(few.bytes_total.abs_diff(many.bytes_total) <= 64 * TOLERANCE, "{} bytes among few, {} among many", few.bytes_total, many.bytes_total);
}

#[test]
fn a_proportional_allocation_would_be_seen() {
    let world = among(200);
    let few = measure(|| drop(world.catalog.topics().take(10).cloned().collect::<Vec<_>>()));
    let many = measure(|| drop(world.catalog.topics().cloned().collect::<Vec<_>>()));
    assert!(many.bytes_total > few.bytes_total + 64 * TOLERANCE, "{few:?} {many:?}");
}
