//! Tables follow their topics; what would lose values is refused (storage.md §11.6–§11.8, D11).

use serde_json::{Value as Json, json};

use crate::place::Place;

fn order(factors: &Json) -> Json {
    json!({"topicId": "11", "name": "order", "type": "distinct", "kind": "business", "factors": factors})
}

fn first() -> Json {
    order(&json!([
        {"factorId": "1", "name": "code", "type": "text", "precision": "20", "indexGroup": "u-1"},
        {"factorId": "2", "name": "amount", "type": "number", "precision": "9,2"},
        {"factorId": "3", "name": "old", "type": "date"},
    ]))
}

/// A new factor, a larger precision, a new index, a factor less.
fn second() -> Json {
    order(&json!([
        {"factorId": "1", "name": "code", "type": "text", "precision": "30", "indexGroup": "u-1"},
        {"factorId": "2", "name": "amount", "type": "number", "precision": "12,3"},
        {"factorId": "4", "name": "city", "type": "text", "precision": "50", "indexGroup": "i-1"},
    ]))
}

fn row(code: &str) -> Json {
    json!({"code": "order", "data": {"code": code, "amount": 1.5}})
}

fn steps(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.strip_prefix("table     topic_order ")).collect()
}

#[tokio::test]
async fn tables_follow_their_topics() {
    for place in Place::all().await {
        let empty = place.apply(&first(), &["--dry-run"]).expect(0);
        assert_eq!(steps(&empty.stdout).len(), 5, "{}", empty.stdout);
        place.apply(&first(), &[]).expect(0);
        assert_eq!(place.fire(&[row("a"), row("b")]), [2, 0, 0, 0]);
        let before = place.structure().await;
        let planned = place.apply(&second(), &["--dry-run"]).expect(0);
        assert_eq!(place.structure().await, before, "a dry run does nothing");
        assert_eq!(
            steps(&planned.stdout),
            [
                "change column code from text 20 to text 30",
                "change column amount from decimal 9,2 to decimal 12,3",
                "add column city",
                "create index i_topic_order_1"
            ]
        );
        let done = place.apply(&second(), &[]).expect(0);
        assert_eq!(steps(&done.stdout), steps(&planned.stdout), "what was shown is done");
        assert_eq!(steps(&place.apply(&second(), &[]).expect(0).stdout), Vec::<&str>::new());
        assert_eq!(place.fire(&[row("c"), row(&"x".repeat(30)), row(&"x".repeat(31))]), [2, 0, 1, 0]);
        let rows = place.rows("order");
        assert_eq!(rows.len(), 4, "{rows:?}");
        assert_eq!(rows[0], json!({"code": "a", "amount": 1.5, "city": null}));
        let kept = place.query("SELECT old FROM topic_order", 1).await;
        assert_eq!(kept.len(), 4, "the column of a factor that is gone stays");
        let recorded = place.query("SELECT statements FROM nightowl_structure WHERE table_name = 'topic_order'", 1).await;
        assert!(recorded[0].contains("city"), "{recorded:?}");
    }
}

#[tokio::test]
async fn what_would_lose_values_is_refused_unless_it_is_forced() {
    let third =
        order(&json!([{"factorId": "1", "name": "code", "type": "sequence"}, {"factorId": "2", "name": "amount", "type": "number", "precision": "9,2"}]));
    for place in Place::all().await {
        place.apply(&first(), &[]).expect(0);
        assert_eq!(place.fire(&[row("a")]), [1, 0, 0, 0]);
        let other =
            json!({"topicId": "12", "name": "other", "type": "distinct", "kind": "business", "factors": [{"factorId": "1", "name": "a", "type": "text"}]});
        let refused = place.apply(&json!([third, other]), &[]).expect(1).saying("storage-would-lose-data").saying("topic_order");
        assert!(refused.stdout.contains("topic_other create table"), "one table hinders no other: {}", refused.stdout);
        assert_eq!(place.query("SELECT code FROM topic_order", 1).await, ["a"]);
        let shown = place.run(&["migrate", "--dry-run", "--force"]).expect(0);
        assert!(shown.stdout.contains("DROP COLUMN"), "{}", shown.stdout);
        assert_eq!(place.query("SELECT code FROM topic_order", 1).await, ["a"]);
        place.run(&["migrate", "--force"]).expect(0);
        assert_eq!(place.query("SELECT code FROM topic_order WHERE code IS NULL", 1).await.len(), 1);
        assert_eq!(place.fire(&[json!({"code": "order", "data": {"code": 7}})]), [1, 0, 0, 0]);
    }
}

#[tokio::test]
async fn processes_that_apply_together_make_a_table_once() {
    for place in Place::all().await {
        place.run(&["migrate"]).expect(0);
        let file = place.shell.write("definitions.json", first().to_string());
        let outcomes: Vec<_> = std::thread::scope(|scope| {
            let runs: Vec<_> = (0..3).map(|_| scope.spawn(|| place.run(&["apply", &file]))).collect();
            runs.into_iter().map(|run| run.join().unwrap()).collect()
        });
        let made: usize = outcomes.iter().map(|outcome| steps(&outcome.stdout).iter().filter(|step| **step == "create table").count()).sum();
        assert_eq!(made, 1, "{outcomes:?}");
        // Those that meet the others' new tuple are told so; the table is right whoever made it.
        assert!(outcomes.iter().any(|outcome| outcome.code == Some(0)), "{outcomes:?}");
        assert_eq!(place.fire(&[row("a")]), [1, 0, 0, 0]);
        assert_eq!(steps(&place.apply(&first(), &[]).expect(0).stdout), Vec::<&str>::new());
    }
}

#[tokio::test]
async fn without_synchronisation_a_missing_table_names_the_remedy() {
    for place in Place::all().await {
        place.apply(&first(), &["--set", "storage.sync=off"]).expect(1).saying("storage-structure-missing").saying("nightowl migrate");
        assert!(place.query("SELECT table_name FROM nightowl_structure", 1).await.is_empty());
        place.run(&["migrate", "--set", "storage.sync=off"]).expect(0);
        assert_eq!(place.fire(&[row("a")]), [1, 0, 0, 0]);
    }
}
