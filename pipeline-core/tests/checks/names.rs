//! Names, ids and columns of topics and pipelines.

use serde_json::{Value as Json, json};

use super::{document, error, pipeline, run, warning};

#[test]
fn names_ids_and_columns_of_topics_are_checked() {
    let with = |topic: Json| document(pipeline(json!([])), &[("topics", topic)]);
    let named = |id: &str, name: &str| with(json!({"topicId": id, "name": name, "factors": []}));
    let factors = |kind: &str, factors: Json| with(json!({"topicId": "x", "name": "x", "type": kind, "factors": factors}));
    let two = |kind: &str, one: [&str; 2], other: [&str; 2]| {
        factors(kind, json!([{"factorId": one[0], "name": one[1], "type": "text"}, {"factorId": other[0], "name": other[1], "type": "text"}]))
    };
    let one = |factor_type: &str, precision: &str| factors("distinct", json!([{"factorId": "f", "name": "f", "type": factor_type, "precision": precision}]));
    let indexed = |flatten: bool| factors("raw", json!([{"factorId": "f", "name": "f", "type": "text", "indexGroup": "i-1", "flatten": flatten}]));
    let twice = |id: &str| {
        let mut again = pipeline(json!([]));
        again["pipelineId"] = json!(id);
        again["name"] = json!("again");
        document(pipeline(json!([])), &[("pipelines", again)])
    };
    let long = "x".repeat(60);
    run(&[
        error("definition-id-taken", "topic \"x\"", named("out", "x"), named("x", "x")),
        error("definition-id-taken", "pipeline \"again\"", twice("p"), twice("q")),
        error("definition-name-taken", "topic \"orders\"", named("x", "orders"), named("x", "x")),
        error("definition-name-too-long", &format!("topic \"{long}\""), named("x", &long), named("x", &"x".repeat(50))),
        warning(
            "definition-factor-name-taken",
            "topic \"x\" / factor \"a.b\" / name",
            two("raw", ["1", "a.b"], ["2", "a.b"]),
            two("raw", ["1", "a.b"], ["2", "a.c"]),
        ),
        warning("definition-factor-id-taken", "topic \"x\" / factor \"c\" / factorId", two("raw", ["1", "b"], ["1", "c"]), two("raw", ["1", "b"], ["2", "c"])),
        error(
            "definition-column-conflict",
            "topic \"x\" / factor \"ab\"",
            two("distinct", ["1", "Ab"], ["2", "ab"]),
            two("distinct", ["1", "Ab"], ["2", "a_b"]),
        ),
        error("definition-column-conflict", "topic \"x\" / factor \"id_\"", two("distinct", ["1", "a"], ["2", "id_"]), two("raw", ["1", "a"], ["2", "id_"])),
        error("definition-precision", "topic \"x\" / factor \"f\" / precision", one("text", "long"), one("text", "120")),
        error("definition-precision", "topic \"x\" / factor \"f\" / precision", one("number", "9,10"), one("number", "10,9")),
        warning("definition-index-without-column", "topic \"x\" / factor \"f\" / indexGroup", indexed(false), indexed(true)),
    ]);
}
