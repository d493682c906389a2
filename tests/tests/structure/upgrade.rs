//! A store of an older version is brought up to date by `nightowl migrate` (surface.md §21).

use serde_json::json;

use crate::place::Place;

#[tokio::test]
async fn an_older_store_is_brought_up_to_date() {
    let topic =
        json!({"topicId": "11", "name": "order", "type": "distinct", "kind": "business", "factors": [{"factorId": "1", "name": "code", "type": "text"}]});
    for place in Place::all().await {
        let empty = place.run(&["migrate", "--dry-run"]).expect(0);
        assert!(empty.stdout.contains("CREATE TABLE") && empty.stdout.contains("nightowl_triggers"), "{}", empty.stdout);
        assert!(place.structure().await.is_empty(), "a dry run makes nothing");
        place.apply(&topic, &[]).expect(0);
        assert_eq!(place.fire(&[json!({"code": "order", "data": {"code": "kept"}})]), [1, 0, 0, 0]);
        let newest = place.structure().await;
        let drop_index = if place.server.is_some_and(|server| server != nightowl_tests::servers::Server::Postgres) {
            "DROP INDEX u_pats_1 ON pats"
        } else {
            "DROP INDEX u_pats_1"
        };
        place
            .execute(&[
                "DROP TABLE nightowl_adopted",
                "DROP TABLE nightowl_applied",
                "DELETE FROM nightowl_schema WHERE step = 'nightowl_applied 1'",
                "DELETE FROM pats",
                drop_index,
                "ALTER TABLE pats DROP COLUMN key_id",
                "ALTER TABLE topic_order DROP COLUMN code",
            ])
            .await;
        let older = place.structure().await;
        let shown = place.run(&["migrate", "--dry-run"]).expect(0);
        assert_eq!(place.structure().await, older, "a dry run does nothing");
        let statements = |text: &str| text.lines().filter(|line| !line.starts_with("--")).map(str::to_owned).collect::<Vec<_>>();
        assert!(shown.stdout.contains("-- default store: topic_order add column code"), "{}", shown.stdout);
        let done = place.run(&["migrate"]).expect(0);
        assert_eq!(statements(&done.stdout), statements(&shown.stdout), "what was shown is done");
        assert_eq!(place.structure().await, newest);
        assert_eq!(place.run(&["migrate", "--dry-run"]).expect(0).stdout, "");
        assert_eq!(place.fire(&[json!({"code": "order", "data": {"code": "new"}})]), [1, 0, 0, 0]);
        assert_eq!(place.rows("order").len(), 2);
    }
}
