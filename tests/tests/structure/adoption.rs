//! A database that Watchmen made is used as it is (storage.md §11.1, §11.5, §12.8, §15.6).

use std::collections::BTreeSet;

use nightowl_tests::servers::Server;
use serde_json::{Value as Json, json};

use crate::place::Place;

const BY_HAND: [(Server, &str); 3] = [
    (Server::Postgres, include_str!("watchmen_postgres.sql")),
    (Server::Mariadb, include_str!("watchmen_mysql.sql")),
    (Server::Mysql, include_str!("watchmen_mysql.sql")),
];

/// The places of the databases that can be had, with Watchmen's tables and rows.
async fn places() -> Vec<Place> {
    let mut places = Vec::new();
    for (server, script) in BY_HAND {
        let Some(place) = Place::on(server).await else { continue };
        let statements: Vec<&str> = script.split(";\n").map(str::trim).filter(|statement| !statement.is_empty()).collect();
        place.execute(&statements).await;
        places.push(place);
    }
    places
}

fn order(data: &Json) -> Json {
    json!({"code": "order_in", "data": data})
}

/// What was added that is ours: tables, and nullable columns with the index of one of them.
fn is_ours(object: &str) -> bool {
    let columns = ["pats.key_id ", "pats.last_used_at ", "pats.revoked_at ", "pats.created_by ", "snowflake_workers.lease_token "];
    object.starts_with("nightowl_") || columns.iter().any(|column| object.starts_with(column)) || (object.starts_with("pats ") && object.contains("key_id"))
}

#[tokio::test]
async fn a_watchmen_database_is_used_without_a_change() {
    for place in places().await {
        let before = place.structure().await;
        let shown = place.run(&["migrate", "--dry-run"]).expect(0);
        assert!(!shown.stdout.contains("topic_order"), "nothing is planned for its tables: {}", shown.stdout);
        assert_eq!(place.structure().await, before, "a dry run does nothing");
        let done = place.run(&["migrate"]).expect(0);
        assert!(done.stdout.contains("ALTER TABLE") && !done.stdout.contains("topic_order"), "{}", done.stdout);
        let fired = place.fire(&[
            order(&json!({"orderNo": "A-1", "note": "again", "amount": 7})),
            order(&json!({"orderNo": "A-2", "remark": "r".repeat(300), "amount": "2"})),
            order(&json!({"orderNo": "A-3", "note": "n".repeat(60), "amount": 1})),
            order(&json!({"orderNo": "A-1", "amount": 1})),
        ]);
        // A note that the real column is too short for fails its pipeline; a key that is there already is refused.
        assert_eq!(fired, [1, 1, 2, 0], "{:?}: {:?}", place.server, place.rows("order_line"));
        let rows = place.rows("order_line");
        assert_eq!(rows[0], json!({"no": "A-1", "note": "first", "remark": null, "amount": 5, "paid": false, "day": "2024-01-02"}));
        assert_eq!(rows[1]["remark"], json!("r".repeat(300)), "{rows:?}");
        assert_eq!((&rows[1]["paid"], &rows[1]["amount"], &rows[1]["day"]), (&json!(true), &json!(2), &json!("2024-05-06")));
        assert_eq!(rows.len(), 2, "{rows:?}");
        let kept = place.query("SELECT extra FROM topic_order_line WHERE no = 'A-1'", 1).await;
        assert_eq!(kept, ["kept"]);
        let after = place.structure().await;
        assert_eq!(before.difference(&after).collect::<Vec<_>>(), Vec::<&String>::new(), "nothing is gone or changed");
        let others: BTreeSet<&String> = after.difference(&before).filter(|object| !is_ours(object)).collect();
        assert_eq!(others, BTreeSet::new(), "nothing but ours was added");
    }
}

#[tokio::test]
async fn the_real_column_decides() {
    for place in places().await {
        place.run(&["migrate"]).expect(0);
        // `amount` is a number of the definition and a BIGINT of the table, so it holds whole numbers.
        assert_eq!(place.fire(&[order(&json!({"orderNo": "B-1", "amount": 2.5}))]), [1, 0, 0, 0]);
        let found = place.run(&["rows", "order_line", "--where", "amount=3"]).expect(0).lines();
        assert_eq!(found.len(), 1, "{found:?}");
        let noted = place.query("SELECT columns FROM nightowl_adopted WHERE table_name = 'topic_order_line'", 1).await;
        assert!(noted[0].contains("amount") && noted[0].contains("integer 64"), "{noted:?}");
    }
}

#[tokio::test]
async fn an_adopted_table_takes_new_factors_and_keeps_its_indexes() {
    let line = |factors: &Json| json!({"topicId": "12", "name": "order_line", "type": "distinct", "kind": "business", "factors": factors});
    for place in places().await {
        place.run(&["migrate"]).expect(0);
        let before = place.structure().await;
        let wider = line(&json!([
            {"factorId": "121", "name": "no", "type": "text", "precision": "40"},
            {"factorId": "122", "name": "note", "type": "text", "precision": "500"},
            {"factorId": "127", "name": "shop", "type": "text", "precision": "20", "indexGroup": "i-2"},
        ]));
        let done = place.apply(&wider, &["--keep-broken"]).expect(0);
        let steps: Vec<&str> = done.stdout.lines().filter_map(|line| line.strip_prefix("table     topic_order_line ")).collect();
        assert_eq!(steps[..2], ["change column note from text 255 to text 500", "add column shop"], "{}", done.stdout);
        let after = place.structure().await;
        let gone: Vec<&String> = before.difference(&after).collect();
        assert_eq!(gone.len(), 1, "only the column that was widened: {gone:?}");
    }
}

#[tokio::test]
async fn another_tenant_is_kept_out_where_keys_would_meet() {
    for place in places().await {
        place.run(&["migrate"]).expect(0);
        let second = json!([
            {"tenantId": "7", "name": "second"},
            {"topicId": "71", "name": "order_line", "type": "distinct", "kind": "business", "tenantId": "7",
             "factors": [{"factorId": "1", "name": "no", "type": "text", "precision": "40", "indexGroup": "u-1"}]},
        ]);
        place.apply(&second, &[]).expect(1).saying("definition-table-conflict").saying("tenant_id_");
        assert_eq!(place.fire(&[order(&json!({"orderNo": "C-1", "amount": 1}))]), [1, 0, 0, 0], "the first one goes on");
    }
}
