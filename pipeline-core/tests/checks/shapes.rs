//! The shape of definitions, and the parts of parameters, conditions and mappings.

use serde_json::{Value as Json, json};

use super::{by, case, computed, constant, document, error, factor, mapping, pipeline, run, upsert, warning};

#[test]
fn shapes_and_parts_are_checked() {
    let of = |source: Json| document(pipeline(json!([upsert("o-no", source)])), &[]);
    let actions = |actions: Json| document(pipeline(actions), &[]);
    let read = |topic: &str, by: Json| actions(json!([{"actionId": "a", "type": "read-rows", "topicId": topic, "variableName": "v", "by": by}]));
    let read_factor = |id: &str| {
        let by = by(factor("in", "in-no"), "equals", constant("1"));
        actions(json!([{"actionId": "a", "type": "read-factor", "topicId": "in", "factorId": id, "variableName": "v", "by": by}]))
    };
    let write = |topic: &str, mapping: Json| actions(json!([{"actionId": "a", "type": "insert-row", "topicId": topic, "mapping": mapping}]));
    let both = |other: &str| {
        let item = |factor: &str| json!({"factorId": factor, "source": constant("1")});
        write("out", json!([item("o-no"), item(other)]))
    };
    let on_kind = |kind: &str| {
        let topic = json!({"topicId": "x", "name": "x", "kind": kind, "factors": [{"factorId": "x-no", "name": "no", "type": "text"}]});
        let action = json!({"actionId": "a", "type": "insert-row", "topicId": "x", "mapping": mapping("x-no", constant("1"))});
        document(pipeline(json!([action])), &[("topics", topic)])
    };
    let enabled = |value: Json| {
        let mut pipeline = pipeline(json!([]));
        pipeline["stages"] = value;
        document(pipeline, &[])
    };
    let in_list = |right: Json| by(factor("out", "o-no"), "in", right);
    run(&[
        error("definition-not-an-object", "pipeline \"orders\" / stage 1", enabled(json!(["s"])), enabled(json!([]))),
        error("definition-wrong-kind", "pipeline \"orders\" / stages", enabled(json!("none")), enabled(json!([]))),
        error(
            "definition-null-parameter",
            "ACTION / mapping 1 / source / parameter 1",
            of(computed("add", json!([null, constant("1")]))),
            of(computed("add", json!([constant("1"), constant("1")]))),
        ),
        warning("definition-no-route", "ACTION / mapping 1 / source", of(case(json!([constant("1")]))), of(constant("1"))),
        warning(
            "definition-first-row-direction",
            "ACTION / mapping 1 / source / value",
            of(constant("{items.&firstRow(no:down)}")),
            of(constant("{items.&firstRow(no:desc)}")),
        ),
        error("definition-in-column", "ACTION / by / filter 1 / right", read("out", in_list(factor("out", "o-day"))), read("out", in_list(constant("1,2")))),
        error(
            "definition-criteria-container",
            "ACTION / by / filter 1 / left",
            read("in", by(factor("in", "in-items"), "equals", constant("1"))),
            read("in", by(factor("in", "in-no"), "equals", constant("1"))),
        ),
        error(
            "definition-criteria-column",
            "ACTION / by / filter 1 / left",
            read("in", by(factor("in", "in-amount"), "equals", constant("1"))),
            read("in", by(factor("in", "in-no"), "equals", constant("1"))),
        ),
        error(
            "definition-criteria-computation",
            "ACTION / by / filter 1 / right / value",
            read("out", by(factor("out", "o-day"), "equals", constant("{&combineDateTime(&day, 10:20)}"))),
            read("out", by(factor("out", "o-day"), "equals", constant("{&combineDateTime(&now, 10:20)}"))),
        ),
        error("definition-mapping-empty", "ACTION / mapping", write("out", json!([])), both("o-amount")),
        warning("definition-factor-mapped-twice", "ACTION / mapping 2", both("o-no"), both("o-amount")),
        // No compile error of engine.md §3.1: a read of it fails when it runs, a write passes it on (§2.7).
        warning("definition-factor-without-column", "ACTION / factorId", read_factor("in-amount"), read_factor("in-no")),
        warning(
            "definition-factor-without-column",
            "ACTION / mapping 1 / factorId",
            write("in", mapping("in-amount", constant("1"))),
            write("in", mapping("in-no", constant("1"))),
        ),
        error("definition-synonym-written", "ACTION / topicId", on_kind("synonym"), on_kind("business")),
    ]);
}
