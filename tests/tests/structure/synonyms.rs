//! Synonyms read tables that others own, and never write them (storage.md §11.9, §12.1).

use serde_json::{Value as Json, json};

use crate::place::Place;

fn definitions(kind: &str, action: &Json) -> Json {
    json!([
        {"topicId": "11", "name": "asked", "type": "raw", "kind": "business", "factors": [{"factorId": "1", "name": "code", "type": "text"}]},
        {"topicId": "12", "name": "legacy_customer", "type": kind, "kind": "synonym", "factors": [
            {"factorId": "1", "name": "code", "type": "text"}, {"factorId": "2", "name": "name", "type": "text"},
            {"factorId": "3", "name": "credit", "type": "number"}, {"factorId": "4", "name": "since", "type": "date"}]},
        {"topicId": "13", "name": "answer", "type": "distinct", "kind": "business", "factors": [
            {"factorId": "1", "name": "name", "type": "text"}, {"factorId": "2", "name": "credit", "type": "number"}, {"factorId": "3", "name": "since", "type": "date"}]},
        {"pipelineId": "21", "topicId": "11", "name": "ask", "type": "insert", "enabled": true, "stages": [{"stageId": "s", "units": [{"unitId": "u", "do": [
            {"actionId": "a", "type": "read-row", "topicId": "12", "variableName": "found", "by": by()}, action]}]}]},
    ])
}

fn by() -> Json {
    json!({"jointType": "and", "filters": [{"left": {"kind": "topic", "topicId": "12", "factorId": "1"}, "operator": "equals",
        "right": {"kind": "topic", "topicId": "11", "factorId": "1"}}]})
}

fn answer(prefix: &str) -> Json {
    let source = |name: &str| json!({"kind": "constant", "value": format!("{{found.{prefix}{name}}}")});
    json!({"actionId": "b", "type": "insert-row", "topicId": "13", "mapping": [
        {"factorId": "1", "source": source("name")}, {"factorId": "2", "source": source("credit")}, {"factorId": "3", "source": source("since")}]})
}

const TABLE: &[&str] = &[
    "CREATE TABLE legacy_customer (code VARCHAR(20), name VARCHAR(80), credit DECIMAL(10,2), since DATE, hidden VARCHAR(9))",
    "INSERT INTO legacy_customer VALUES ('c1', 'Ada', 12.50, '2020-02-29', 'x')",
    "INSERT INTO legacy_customer VALUES ('c2', 'Bo', NULL, NULL, 'x')",
];

#[tokio::test]
async fn rows_of_a_synonym_are_read() {
    for place in Place::all().await {
        place.execute(TABLE).await;
        let before = place.structure().await;
        for (kind, prefix) in [("distinct", ""), ("raw", "data_.")] {
            place.apply(&definitions(kind, &answer(prefix)), &[]).expect(0);
            assert_eq!(place.fire(&[json!({"code": "asked", "data": {"code": "c1"}})]), [1, 0, 0, 0]);
            let rows = place.rows("answer");
            assert_eq!(rows.last(), Some(&json!({"name": "Ada", "credit": 12.5, "since": "2020-02-29"})), "{kind}");
            let read = place.rows("legacy_customer");
            assert_eq!(read.len(), 2);
            assert!(read.contains(&json!({"code": "c1", "name": "Ada", "credit": 12.5, "since": "2020-02-29"})), "{read:?}");
        }
        let gone = place.structure().await;
        assert!(before.is_subset(&gone), "the table is left as it is");
        assert!(!gone.iter().any(|object| object.starts_with("topic_legacy_customer")));
    }
}

#[test]
fn writing_a_synonym_does_not_compile() {
    let shell = nightowl_tests::shell::Shell::new();
    let mapping = json!([{"factorId": "1", "source": {"kind": "constant", "value": "x"}}]);
    let actions = [
        json!({"actionId": "b", "type": "insert-row", "topicId": "12", "mapping": mapping}),
        json!({"actionId": "b", "type": "merge-row", "topicId": "12", "mapping": mapping, "by": by()}),
        json!({"actionId": "b", "type": "insert-or-merge-row", "topicId": "12", "mapping": mapping, "by": by()}),
        json!({"actionId": "b", "type": "write-factor", "topicId": "12", "factorId": "1", "source": {"kind": "constant", "value": "x"}, "by": by()}),
        json!({"actionId": "b", "type": "delete-row", "topicId": "12", "by": by()}),
        json!({"actionId": "b", "type": "delete-rows", "topicId": "12", "by": by()}),
    ];
    for action in actions {
        let file = shell.write("definitions.json", definitions("distinct", &action).to_string());
        let outcome = shell.run(&["lint", &file]).expect(1);
        assert!(outcome.stdout.contains("definition-synonym-written"), "{action}: {}", outcome.stdout);
    }
}
