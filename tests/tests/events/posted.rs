//! Events that are posted to the long-running server: CloudEvents in their three forms, and the rest (surface.md §15.2.10).

use nightowl_tests::http::Answer;
use nightowl_tests::serve::Server;
use serde_json::{Value as Json, json};

use super::house::{envelope, house, sqs};

const ROUTES: &str = r#"
[[event.route]]
match = { source = "cloudevents" }
mode = "payload"
code = "raw_change"
patFile = "token"
"#;

fn cloud_event(id: &str) -> Json {
    json!({"specversion": "1.0", "id": id, "source": "/shop", "type": "order.created", "data": {"op": id}})
}

fn counts(answer: &Answer) -> [u64; 4] {
    let document = answer.json();
    ["succeeded", "skipped", "bad", "failed"].map(|name| document[name].as_u64().unwrap())
}

#[test]
fn a_cloud_event_comes_in_three_forms() {
    let (shell, token) = house(ROUTES);
    let server = Server::start(&shell, &[]);
    let authorisation = format!("pat {token}");
    let post = |headers: &[(&str, &str)], body: &str| server.send("POST", "/event", &[&[("Authorization", authorisation.as_str())], headers].concat(), body);
    let structured = [("Content-Type", "application/CloudEvents+json; charset=utf-8")];
    let batched = [("Content-Type", "application/cloudevents-batch+json")];
    assert_eq!(counts(&post(&structured, &cloud_event("a").to_string())), [1, 0, 0, 0]);
    assert_eq!(counts(&post(&structured, &cloud_event("a").to_string())), [0, 1, 0, 0]);
    // one of a batch that is none hinders no other
    assert_eq!(counts(&post(&batched, &json!([{"id": "x"}, cloud_event("b"), cloud_event("c")]).to_string())), [2, 0, 1, 0]);
    assert_eq!(counts(&post(&batched, "[]")), [0, 0, 0, 0]);
    let binary = [("ce-specversion", "1.0"), ("ce-id", "d"), ("ce-source", "\"/sh%6Fp\""), ("ce-type", "order.created"), ("Content-Type", "application/json")];
    assert_eq!(counts(&post(&binary, "{\"op\": \"d\"}")), [1, 0, 0, 0]);
    // it is the same one in whichever form it comes
    assert_eq!(counts(&post(&structured, &cloud_event("d").to_string())), [0, 1, 0, 0]);
    let undecodable = [("ce-specversion", "1.0"), ("ce-id", "%ff"), ("ce-source", "/shop"), ("ce-type", "t")];
    assert_eq!(counts(&post(&undecodable, "{}")), [0, 0, 1, 0]);
    assert_eq!(counts(&post(&structured, "{\"specversion\": \"1.0\"}")), [0, 0, 1, 0]);
    // events of platforms, and envelopes that a key of the caller makes repeatable
    let batch = sqs("orders", &[("1", "", envelope("raw_change", "e", &token))]);
    assert_eq!(counts(&post(&[], &batch.to_string())), [1, 0, 0, 0]);
    let envelope = json!({"code": "raw_change", "data": {"op": "f"}}).to_string();
    let keyed = [("Idempotency-Key", "k-1")];
    assert_eq!(counts(&post(&keyed, &envelope)), [1, 0, 0, 0]);
    assert_eq!(counts(&post(&keyed, &envelope)), [0, 1, 0, 0]);
    // a request in an event is none of a caller's
    let request = json!({"version": "2.0", "rawPath": "/pipeline/data", "requestContext": {"http": {"method": "POST"}}, "body": envelope});
    assert_eq!(post(&[], &request.to_string()).json()["ignored"], 1);
    server.stop();
    assert_eq!(shell.count("raw_change"), 6);
}

#[test]
fn the_tokens_of_routes_are_for_nobody_who_posts() {
    let (shell, token) = house(ROUTES);
    let server = Server::start(&shell, &[]);
    let structured = ("Content-Type", "application/cloudevents+json");
    let event = cloud_event("a").to_string();
    assert_eq!(server.send("POST", "/event", &[structured], &event).status, 401);
    assert_eq!(server.send("POST", "/event", &[structured, ("Authorization", "pat wrong")], &event).status, 401);
    assert_eq!(server.send("GET", "/event", &[], "").status, 405);
    assert_eq!(server.send("POST", "/elsewhere", &[structured], &event).status, 404);
    // a token that may fire nothing makes nothing fire
    let narrow = shell.issue(&["--scope", "trace:read"]);
    let answer = server.send("POST", "/event", &[structured, ("Authorization", &format!("pat {narrow}"))], &event);
    assert_eq!(counts(&answer), [0, 0, 1, 0]);
    let answer = server.send("POST", "/event", &[structured, ("Authorization", &format!("pat {token}"))], &event);
    assert_eq!(counts(&answer), [1, 0, 0, 0], "{answer:?}");
    server.stop();
    assert_eq!(shell.count("raw_change"), 1);
}

#[test]
fn a_container_is_told_its_port() {
    let (shell, _) = house("");
    let port = nightowl_tests::function::free_port();
    let mut child = shell.command(&["serve"]).env("PORT", port.to_string()).spawn().unwrap();
    let address = format!("127.0.0.1:{port}");
    let began = std::time::Instant::now();
    while std::net::TcpStream::connect(&address).is_err() {
        assert!(began.elapsed().as_secs() < 60, "nothing listens");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(nightowl_tests::http::send(&address, "GET", "/health", &[], b"").unwrap().status, 200);
    child.kill().unwrap();
    child.wait().unwrap();
}
