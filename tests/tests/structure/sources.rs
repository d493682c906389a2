//! Data sources on servers: their parts, params and references (storage.md §14.1, D14).

use nightowl_tests::servers::Server;
use serde_json::{Value as Json, json};

use crate::place::Place;

/// A data source by its parts, in a schema of its own, and a topic on it.
fn definitions(server: Server, url: &str, schema: &str, more: &Json) -> Json {
    let (rest, _) = url.split_once('?').unwrap_or((url, ""));
    let place = rest.rsplit('@').next().unwrap();
    let (address, name) = place.split_once('/').unwrap();
    let (host, port) = address.split_once(':').unwrap();
    let mut source = json!({
        "dataSourceId": "31", "dataSourceCode": "own", "dataSourceType": if server == Server::Postgres { "postgresql" } else { "mysql" },
        "host": host, "port": port, "username": "env:OWN_USER", "password": "env:OWN_PASSWORD", "name": name,
        "params": [{"name": "schema", "value": schema}, {"name": "charset", "value": "utf8"}, {"name": "client_encoding", "value": "utf8"}],
    });
    source.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!([source, {"topicId": "11", "name": "far", "type": "distinct", "kind": "business", "dataSourceId": "31",
        "factors": [{"factorId": "1", "name": "code", "type": "text", "indexGroup": "u-1"}]}])
}

fn credentials(server: Server) -> [(&'static str, &'static str); 2] {
    let (user, password) = if server == Server::Postgres { ("postgres", "any-clear-word") } else { ("nightowl", "test") };
    [("OWN_USER", user), ("OWN_PASSWORD", password)]
}

#[tokio::test]
async fn tables_are_in_the_schema_of_their_data_source() {
    for server in Server::ALL {
        let Some(place) = Place::on(server).await else { continue };
        let schema = format!("own_{}", place.url.rsplit("test_").next().unwrap());
        let make = if server == Server::Postgres { format!("CREATE SCHEMA {schema}") } else { format!("CREATE DATABASE {schema}") };
        place.execute(&[&make]).await;
        let [user, password] = credentials(server);
        let variables = [("NIGHTOWL_STORAGE", place.url.as_str()), user, password];
        let run = |arguments: &[&str]| place.shell.run_with(arguments, &variables, b"");
        let file = place.shell.write("definitions.json", definitions(server, &place.url, &schema, &json!({})).to_string());
        run(&["apply", &file]).expect(0);
        let token = run(&["pat", "issue"]).expect(0).stdout.trim_end().to_owned();
        let triggers = place.shell.write("t.ndjson", json!({"code": "far", "data": {"code": "x"}}).to_string());
        assert_eq!(run(&["trigger", &triggers, "--pat", &token, "--json"]).counts(), [1, 0, 0, 0]);
        assert_eq!(run(&["rows", "far"]).expect(0).lines(), [json!({"code": "x"})]);
        let there = format!("SELECT code FROM {schema}.topic_far");
        assert_eq!(place.query(&there, 1).await, ["x"]);
        let at_home = place.structure().await;
        assert!(!at_home.iter().any(|object| object.starts_with("topic_far")), "the default store has no such table");
        let stored = place.query("SELECT username, password FROM data_sources", 2).await;
        assert_eq!(stored, ["env:OWN_USER env:OWN_PASSWORD"], "references are stored, never what they stand for");
        let shown = run(&["migrate", "--dry-run"]).expect(0);
        assert_eq!(shown.stdout, "", "nothing is missing");
    }
}

#[tokio::test]
async fn a_reference_that_leads_nowhere_is_told_and_shows_nothing() {
    let Some(place) = Place::on(Server::Postgres).await else { return };
    let refused = place.apply(&definitions(Server::Postgres, &place.url, "public", &json!({})), &[]);
    assert!(refused.stderr.contains("OWN_USER"), "{}", refused.stderr);
}

#[tokio::test]
async fn a_url_goes_before_host_and_port() {
    for server in Server::ALL {
        let Some(place) = Place::on(server).await else { continue };
        let away = json!({"host": "203.0.113.1", "port": "1", "url": place.url, "username": null, "password": null, "params": null});
        place.apply(&definitions(server, &place.url, "", &away), &[]).expect(0);
        assert_eq!(place.fire(&[json!({"code": "far", "data": {"code": "x"}})]), [1, 0, 0, 0]);
        assert_eq!(place.query("SELECT code FROM topic_far", 1).await, ["x"]);
    }
}

#[tokio::test]
async fn a_server_that_is_away_ends_the_verb_with_69() {
    let Some(place) = Place::on(Server::Postgres).await else { return };
    let away = json!({"host": "127.0.0.1", "port": "1", "username": "u", "password": "file:secret", "params": null});
    place.shell.write("secret", "Snowy-3-owls");
    place.shell.keep_secret("Snowy-3-owls");
    let outcome = place.apply(&definitions(Server::Postgres, &place.url, "", &away), &[]).expect(69);
    assert!(outcome.stderr.contains("storage-"), "{}", outcome.stderr);
}
