//! A topic that is kept equal to a table elsewhere (surface.md §15.2.8, §15.2.10).

use serde_json::{Value as Json, json};

use super::house::{fire, house};

const ROUTES: &str = r#"
[[event.route]]
match = { source = "tablestore" }
code = "TOPIC"
patFile = "token"
capture = "rows"
key = { pk = "orderNo" }
fields = { price = "amount" }
changedAt = "changed"

[[event.route]]
match = { source = "debezium" }
code = "TOPIC"
patFile = "token"
capture = "rows"
key = { id = "orderNo" }
"#;

/// A record of Tablestore: what, when, of which key, and its cells; a cell without a value is deleted.
fn record(kind: &str, at: i64, key: &Json, cells: &[(&str, Option<Json>)]) -> Json {
    let cells: Vec<Json> = cells
        .iter()
        .map(|(name, value)| match value {
            Some(value) => json!({"Type": "Put", "ColumnName": name, "Value": value, "Timestamp": at}),
            None => json!({"Type": "DeleteAllVersions", "ColumnName": name, "Timestamp": at}),
        })
        .collect();
    json!({"Type": kind, "Info": {"Timestamp": at}, "PrimaryKey": [{"ColumnName": "pk", "Value": key}], "Columns": cells})
}

fn event(records: &[Json]) -> String {
    json!({"Version": "Sync-v1", "Records": records}).to_string()
}

#[test]
fn a_topic_follows_the_table() {
    let (shell, _) = house(&ROUTES.replace("TOPIC", "orders"));
    let a = json!("A-1");
    let all = [
        record("PutRow", 10, &a, &[("price", Some(json!(5))), ("note", Some(json!("first"))), ("unknown", Some(json!(1)))]),
        record("UpdateRow", 11, &a, &[("price", Some(json!(7)))]),
        // a number as key of a text factor
        record("UpdateRow", 11, &json!(1_506_416_585_881_590_900_i64), &[("price", Some(json!(1)))]),
        record("DeleteRow", 12, &json!("never"), &[]),
    ];
    assert_eq!(fire(&shell, "one.json", event(&all)), [3, 0, 0, 1]);
    let rows = shell.rows("orders");
    assert_eq!(rows[0], json!({"orderNo": "A-1", "amount": 7, "note": "first", "changed": 11}));
    assert_eq!(rows[1], json!({"orderNo": "1506416585881590900", "amount": 1, "note": "none", "changed": 11}));
    // a replay does nothing, whatever came in between
    assert_eq!(fire(&shell, "two.json", event(&[record("PutRow", 20, &json!("never"), &[])])), [1, 0, 0, 0]);
    assert_eq!(fire(&shell, "one.json", event(&all)), [0, 0, 0, 4]);
    assert_eq!(shell.count("orders"), 3);
    // what is older than the row is not applied; a deleted column is null
    let later = [record("UpdateRow", 9, &a, &[("price", Some(json!(99)))]), record("UpdateRow", 12, &a, &[("note", None), ("price", Some(json!(8)))])];
    assert_eq!(fire(&shell, "three.json", event(&later)), [1, 0, 0, 1]);
    assert_eq!(shell.rows("orders")[0], json!({"orderNo": "A-1", "amount": 8, "note": null, "changed": 12}));
    // what is as old as the row is applied; the whole row replaces
    assert_eq!(fire(&shell, "four.json", event(&[record("PutRow", 12, &a, &[("note", Some(json!("whole")))])])), [1, 0, 0, 0]);
    assert_eq!(shell.rows("orders")[0], json!({"orderNo": "A-1", "amount": null, "note": "whole", "changed": 12}));
    assert_eq!(fire(&shell, "five.json", event(&[record("DeleteRow", 14, &a, &[])])), [1, 0, 0, 0]);
    assert_eq!(shell.count("orders"), 2);
}

#[test]
fn a_raw_topic_keeps_what_has_no_factor() {
    let routes = ROUTES.replace("TOPIC", "raw_kept").replace("changedAt = \"changed\"\n", "");
    let (shell, _) = house(&routes);
    let a = json!("A-1");
    let all = [
        record("PutRow", 10, &a, &[("price", Some(json!(5))), ("x", Some(json!(1)))]),
        record("UpdateRow", 11, &a, &[("x", Some(json!(2))), ("y", Some(json!(true)))]),
    ];
    assert_eq!(fire(&shell, "one.json", event(&all)), [2, 0, 0, 0]);
    let rows = super::house::plain_rows(&shell, "raw_kept");
    assert_eq!(rows, [json!({"orderNo": "A-1", "amount": 5, "x": 2, "y": true})]);
}

#[test]
fn debezium_keeps_what_the_log_did_not_carry() {
    let (shell, _) = house(&ROUTES.replace("TOPIC", "orders"));
    let change =
        |op: &str, lsn: i64, before: Json, after: Json| json!({"op": op, "before": before, "after": after, "source": {"table": "o", "lsn": lsn}}).to_string();
    let lines = [
        change("r", 1, Json::Null, json!({"id": "A", "amount": 1, "note": "long"})),
        change("r", 1, Json::Null, json!({"id": "B", "amount": 1, "note": "long"})),
        change("u", 2, Json::Null, json!({"id": "A", "amount": 2, "note": "__debezium_unavailable_value"})),
        change("d", 3, json!({"id": "B"}), Json::Null),
        "{\"op\":\"t\",\"source\":{}}".to_owned(),
    ];
    assert_eq!(fire(&shell, "changes.ndjson", lines.join("\n")), [4, 0, 0, 1]);
    assert_eq!(shell.rows("orders"), [json!({"orderNo": "A", "amount": 2, "note": "long", "changed": null})]);
    assert_eq!(fire(&shell, "again.ndjson", format!("\n{}", lines.join("\n"))), [0, 0, 0, 5]);
}

#[test]
fn a_key_that_names_two_rows_is_refused() {
    let (shell, token) = house(&ROUTES.replace("TOPIC", "orders").replace("pk = \"orderNo\"", "pk = \"note\""));
    let twice = ["1", "2"].map(|no| json!({"code": "orders", "data": {"orderNo": no, "note": "same"}, "pat": token}).to_string()).join("\n");
    assert_eq!(fire(&shell, "twice.ndjson", twice), [2, 0, 0, 0]);
    let path = shell.write("one.json", event(&[record("UpdateRow", 1, &json!("same"), &[])]));
    assert_eq!(shell.run(&["trigger", &path, "--json"]).expect(1).saying("trigger-key-not-unique").counts(), [0, 0, 1, 0]);
}
