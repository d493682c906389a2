//! Topics with more texts than a row of MySQL holds (storage.md §11.3).

use serde_json::{Map, Value as Json, json};

use crate::place::Place;

const FACTORS: usize = 100;

fn topic(factors: usize) -> Json {
    let mut all: Vec<Json> = (0..factors).map(|number| json!({"factorId": number.to_string(), "name": format!("f{number}"), "type": "text"})).collect();
    all[0]["indexGroup"] = json!("u-1");
    json!({"topicId": "11", "name": "wide", "type": "distinct", "kind": "business", "factors": all})
}

fn row(letter: &str, length: usize) -> Json {
    let data: Map<String, Json> = (0..FACTORS).map(|number| (format!("f{number}"), json!(letter.repeat(length)))).collect();
    json!({"code": "wide", "data": data})
}

#[tokio::test]
async fn a_topic_of_a_hundred_texts_has_a_table() {
    for place in Place::all().await {
        place.apply(&topic(FACTORS), &[]).expect(0);
        assert_eq!(place.fire(&[row("ä", 255), row("b", 255), row("c", 256)]), [2, 0, 1, 0], "{:?}", place.server);
        let rows = place.rows("wide");
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0][format!("f{}", FACTORS - 1)], json!("ä".repeat(255)));
        let more = place.apply(&topic(FACTORS + 1), &[]).expect(0);
        assert!(more.stdout.contains("add column f100"), "{}", more.stdout);
        assert_eq!(place.fire(&[row("d", 3)]), [1, 0, 0, 0]);
    }
}

#[tokio::test]
async fn an_index_that_no_key_can_hold_is_left_out_and_told() {
    let factor = |id: &str| json!({"factorId": id, "name": format!("f{id}"), "type": "text", "precision": "500", "indexGroup": "i-1"});
    let topic = json!({"topicId": "11", "name": "keys", "type": "distinct", "kind": "business", "factors": [factor("1"), factor("2")]});
    for place in Place::all().await {
        let applied = place.apply(&topic, &[]).expect(0);
        let is_left_out = applied.stdout.contains("create index i_topic_keys_1 skipped");
        assert_eq!(is_left_out, place.server.is_some_and(|server| server != nightowl_tests::servers::Server::Postgres), "{}", applied.stdout);
        assert_eq!(place.fire(&[json!({"code": "keys", "data": {"f1": "x"}})]), [1, 0, 0, 0]);
    }
}
