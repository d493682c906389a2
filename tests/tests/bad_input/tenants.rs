//! Tenants that share a store: what one of them did before is not done for another.

use nightowl_tests::serve::Server;
use nightowl_tests::shell::{Shell, checkout};
use serde_json::{Value as Json, json};

/// Two tenants with the sample each, and a token of each.
fn neighbours() -> (Shell, [String; 2]) {
    let shell = Shell::new();
    shell.keep_secret("Eagle-6-owls-by-night");
    let user = json!({"userId": "52", "name": "olga", "role": "admin", "tenantId": "2", "isActive": true, "password": "Eagle-6-owls-by-night"});
    let users = shell.write("users.json", json!({"tenants": [{"tenantId": "2", "name": "next door"}], "users": [user]}).to_string());
    let text = std::fs::read_to_string(checkout("config/example/sample/definitions.json")).unwrap();
    let ours = shell.write("ours.json", &text);
    // the neighbours' topics and pipelines have ids of their own
    let text = text.replace("\"1001", "\"7001").replace("\"1002", "\"7002").replace("\"1003", "\"7003").replace("\"190", "\"790");
    let mut definitions: Json = serde_json::from_str(&text).unwrap();
    for list in ["topics", "pipelines"] {
        for tuple in definitions[list].as_array_mut().unwrap() {
            tuple["tenantId"] = json!("2");
        }
    }
    let theirs = shell.write("theirs.json", definitions.to_string());
    assert!(!shell.run(&["apply", &users, &ours, &theirs]).expect(0).stdout.is_empty());
    let tokens = [shell.issue(&[]), shell.issue(&["--user", "olga"])];
    (shell, tokens)
}

fn rows_of(shell: &Shell, tenant: &str) -> usize {
    shell.run(&["rows", "sample_raw_topic", "--tenant", tenant]).expect(0).lines().len()
}

#[test]
fn a_file_that_one_tenant_ran_is_new_to_another() {
    let (shell, [ours, theirs]) = neighbours();
    let file = checkout("config/example/sample/triggers.ndjson");
    assert_eq!(shell.run(&["trigger", &file, "--pat", &ours, "--json"]).expect(0).counts(), [4, 0, 0, 0]);
    assert_eq!(shell.run(&["trigger", &file, "--pat", &theirs, "--json"]).expect(0).counts(), [4, 0, 0, 0]);
    assert_eq!(shell.run(&["trigger", &file, "--pat", &theirs, "--json"]).expect(0).counts(), [0, 0, 0, 4]);
    assert_eq!((rows_of(&shell, "1"), rows_of(&shell, "2")), (4, 4));
}

#[test]
fn an_idempotency_key_belongs_to_its_tenant_whether_the_body_names_it_or_not() {
    let (shell, [ours, theirs]) = neighbours();
    let server = Server::start(&shell, &[]);
    let request = |token: &str, tenant: Option<&str>| {
        let body = json!({"code": "sample_raw_topic", "tenantId": tenant, "data": {"propa": "a", "propb": "b", "propc": 1}});
        let headers = [("Authorization", &*format!("pat {token}")), ("Idempotency-Key", "order 1")];
        let answer = server.send("POST", "/pipeline/data", &headers, body.to_string());
        assert_eq!(answer.status, 200, "{}", answer.body);
        (answer.header("idempotent-replayed").is_some(), answer.json()["traceId"].clone())
    };
    let (_, first) = request(&ours, None);
    let (replayed, other) = request(&theirs, None);
    assert!(!replayed && other != first, "the neighbour's key is another one");
    assert_eq!(request(&ours, Some("1")), (true, first));
    assert_eq!(request(&theirs, Some("2")), (true, other));
    server.stop();
    assert_eq!((rows_of(&shell, "1"), rows_of(&shell, "2")), (1, 1));
}
