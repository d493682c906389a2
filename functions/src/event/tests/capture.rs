//! Captured changes in both modes (surface.md §15.2.8, §15.2.10).

use serde_json::{Value as Json, json};

use super::samples::*;
use super::{to, told};

/// A Tablestore event of one record.
fn tablestore(kind: &str, columns: &Json) -> String {
    json!({"Version": "Sync-v1", "Records": [{"Type": kind, "Info": {"Timestamp": 7}, "PrimaryKey": [{"ColumnName": "pk", "Value": 1}], "Columns": columns}]})
        .to_string()
}

fn cell(kind: &str, name: &str, value: &Json, timestamp: i64) -> Json {
    json!({"Type": kind, "ColumnName": name, "Value": value, "Timestamp": timestamp})
}

#[test]
fn a_change_is_journalled_with_exact_numbers() {
    let data = r#"{"op":"PutRow","changedAt":1506416585740836,"key":{"pk_0":1506416585881590900,"pk_1":"2017-09-26 17:03:05.8815909 +0800 CST"},"row":{"attr_0":"hello_table_store","attr_1":1506416585881590900},"deleted":[],"deletedVersions":[],"versions":{"attr_0":1506416585741,"attr_1":1506416585741}}"#;
    let key = r#"raw_orders_ots:{"pk_0":1506416585881590900,"pk_1":"2017-09-26 17:03:05.8815909 +0800 CST"}@1506416585740836@PutRow"#;
    assert_eq!(told(&to("raw_orders_ots"), TABLESTORE), [format!("tablestore [{key}] insert raw_orders_ots {data}")]);
    assert!(told(&json!([]), TABLESTORE)[0].contains("bad failed to find the topic of a delivery from source \"tablestore\""));
    let flat = json!([{"match": {"source": "tablestore"}, "code": "t", "flatten": true}]);
    let line = told(&flat, tablestore("UpdateRow", &json!([cell("Put", "a", &json!(1.5), 1)])));
    assert_eq!(line, [r#"tablestore [t:{"pk":1}@7@UpdateRow] insert t {"pk":1,"a":1.5,"_op":"UpdateRow","_changed_at":7}"#]);
}

#[test]
fn versions_and_deletions_of_columns_are_told() {
    let row = |columns: Json| {
        let line = told(&to("t"), tablestore("UpdateRow", &columns)).remove(0);
        line.split_once("\"row\":").unwrap().1.to_owned()
    };
    // the highest version wins, of equal ones the later entry
    let puts = json!([cell("Put", "a", &json!("new"), 9), cell("Put", "a", &json!("old"), 8), cell("Put", "b", &json!(1), 5), cell("Put", "b", &json!(2), 5)]);
    assert_eq!(row(puts), r#"{"a":"new","b":2},"deleted":[],"deletedVersions":[],"versions":{"a":9,"b":5}}"#);
    let deleted = json!([cell("Put", "a", &json!(1), 5), cell("DeleteAllVersions", "a", &Json::Null, 6), cell("DeleteOneVersion", "b", &Json::Null, 4)]);
    assert_eq!(row(deleted), r#"{},"deleted":["a"],"deletedVersions":[{"column":"b","timestamp":4}],"versions":{}}"#);
    let again = json!([cell("DeleteAllVersions", "a", &Json::Null, 6), cell("Put", "a", &json!(1), 7)]);
    assert_eq!(row(again), r#"{"a":1},"deleted":[],"deletedVersions":[],"versions":{"a":7}}"#);
    assert_eq!(row(json!([{"ColumnName": "a", "Value": true}])), r#"{"a":true},"deleted":[],"deletedVersions":[],"versions":{"a":null}}"#);
    assert!(told(&to("t"), tablestore("UpdateRow", &json!([cell("Pat", "a", &json!(1), 1)])))[0].contains("at Records[0].Columns[0].Type: only Put"));
    let gone = told(&to("t"), tablestore("DeleteRow", &Json::Null)).remove(0);
    assert!(gone.contains(r#""op":"DeleteRow","changedAt":7,"key":{"pk":1},"row":{}"#), "{gone}");
}

#[test]
fn rows_are_named_by_their_key_factors() {
    let routes = json!([{"match": {"source": "tablestore"}, "code": "orders", "capture": "rows", "key": {"pk": "orderNo"}, "fields": {"a": "amount"}, "changedAt": "at"}]);
    let columns = json!([cell("Put", "a", &json!(5), 1), cell("Put", "b", &json!("x"), 1), cell("DeleteAllVersions", "c", &Json::Null, 1)]);
    assert_eq!(
        told(&routes, tablestore("UpdateRow", &columns)),
        [r#"tablestore [orders:{"pk":1}@7@UpdateRow] insert orders {"orderNo":1,"amount":5,"b":"x","c":null,"at":7} Update by ["orderNo"] keeps []"#]
    );
    assert!(told(&routes, tablestore("DeleteRow", &Json::Null))[0].ends_with(r#"{"orderNo":1,"at":7} Delete by ["orderNo"] keeps []"#));
    let other = json!([{"code": "orders", "capture": "rows", "key": {"id": "orderNo"}}]);
    assert!(told(&other, tablestore("PutRow", &json!([])))[0].contains("failed to apply route 1 to a delivery: the change has no value in key column \"id\""));
}

#[test]
fn debezium_is_journalled_and_its_types_are_read() {
    let route = |more: Json| {
        let mut route = json!({"code": "t", "key": {"id": "id"}});
        route.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([route])
    };
    let plain = told(&route(json!({"types": {"price": "Decimal(2)"}})), DEBEZIUM);
    let data = r#"{"op":"update","changedAt":1769933261000,"key":{"id":1},"row":{"id":1,"price":1234.56},"deleted":[],"deletedVersions":[],"versions":{}}"#;
    assert_eq!(plain, [format!(r#"debezium [shop.public.orders:{{"id":1}}@24023128@u] insert t {data}"#)]);
    let described = told(&route(json!({})), DEBEZIUM_SCHEMA).remove(0);
    assert!(described.starts_with(r#"debezium [shop.orders:{"id":1}@bin.1/4/0@c] insert t {"op":"create","changedAt":5"#), "{described}");
    assert!(described.contains(r#""row":{"id":1,"price":1234.56,"day":"2024-01-15","at":"2024-01-15T10:02:03Z"}"#), "{described}");
    let rows = told(&route(json!({"capture": "rows"})), DEBEZIUM).remove(0);
    assert!(rows.ends_with(r#"{"id":1,"price":"AeJA"} Update by ["id"] keeps ["note"]"#), "{rows}");
    let wrapped = told(&route(json!({"capture": "rows"})), DEBEZIUM_CLOUD_EVENT).remove(0);
    assert_eq!(wrapped, r#"cloudevents [orders:{"id":1}@29@d] insert t {"id":1} Delete by ["id"] keeps []"#);
    // without a key the table's position is not known: the carrier's counts
    assert!(told(&to("t"), super::sqs_of(DEBEZIUM))[0].starts_with("sqs [m1] item m1 insert t"));
}

#[test]
fn what_is_no_change_of_a_row_is_ignored() {
    for event in [
        r#"{"op":"t","source":{"table":"a"}}"#,
        r#"{"op":"m","source":{}}"#,
        r#"{"schema":{},"payload":{"status":"BEGIN","id":"1"}}"#,
        r#"{"schema":{},"payload":{"ts_ms":1}}"#,
    ] {
        assert_eq!(told(&to("t"), event), ["debezium [-] ignored"], "{event}");
    }
    assert!(told(&to("t"), r#"{"op":"x","source":{}}"#)[0].contains("at op: only c, r, u, d, t and m are known"));
    assert!(told(&to("t"), r#"{"op":"c","source":{}}"#)[0].contains("at after: it is missing"));
    let mongo = r#"{"op":"c","source":{"ts_ms":1},"after":"{\"_id\":1}"}"#;
    assert!(told(&to("t"), mongo)[0].contains(r#""row":{"_id":1}"#));
}
