//! `mns-writer` on a server that checks signatures.

use nightowl_tests::function::{Function, free_port};
use serde_json::{Value as Json, json};

use crate::house::{SECRET, fire, fire_large, house, letters};
use crate::mns_server::{KEY_ID, MnsServer};

/// The document in the XML of a message.
fn document(xml: &str) -> Json {
    assert!(xml.starts_with("<?xml") && xml.contains("xmlns=\"http://mns.aliyuncs.com/doc/v1/\""), "{xml}");
    let text = xml.split_once("<MessageBody>").unwrap().1.split_once("</MessageBody>").unwrap().0;
    serde_json::from_str(&text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")).unwrap()
}

#[test]
fn a_row_is_a_signed_message_that_holds_everything() {
    let server = MnsServer::start(SECRET, 0);
    let shell = house(&json!({"type": "mns-writer", "url": format!("{}/queues/orders", server.url), "pat": "env:MNS_KEY"}));
    fire(&shell, &["<A&1>"], &[("MNS_KEY", &format!("{KEY_ID}:{SECRET}:sts-token"))]);
    let taken = server.taken();
    assert_eq!((taken.len(), taken[0].path.as_str(), taken[0].token.as_deref()), (1, "/queues/orders/messages", Some("sts-token")));
    let body = document(&taken[0].body);
    assert_eq!((&body["code"], &body["data"]["no"], &body["traceId"]), (&json!("order_made"), &json!("<A&1>"), &json!("t-<A&1>")));
    assert!(body["idempotencyKey"].as_str().is_some_and(|key| key.parse::<i64>().is_ok()), "{body}");
}

#[test]
fn a_topic_is_published_to_and_a_passing_failure_is_repeated() {
    let server = MnsServer::start(SECRET, 2);
    let shell = house(&json!({"type": "mns-writer", "url": format!("{}/topics/orders", server.url)}));
    let key = [("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET)];
    fire(&shell, &["A-1"], &key);
    let taken = server.taken();
    assert_eq!((taken.len(), taken[0].path.as_str()), (1, "/topics/orders/messages"));
    assert!(letters(&shell).is_empty());
}

#[test]
fn another_secret_is_refused_without_a_word_of_what_was_signed() {
    let server = MnsServer::start("another", 0);
    let shell = house(&json!({"type": "mns-writer", "url": format!("{}/queues/orders", server.url)}));
    let key = [("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET)];
    let token = std::fs::read_to_string(shell.path("token")).unwrap();
    let path = shell.write("order.json", json!({"code": "order", "data": {"no": "A-1"}}).to_string());
    let told = shell.run_with(&["trigger", &path, "--pat", &token], &key, b"").expect(0).stderr;
    assert!(told.contains("mns answered 403 SignatureDoesNotMatch") && !told.contains("secret thing"), "{told}");
    assert!(server.taken().is_empty());
}

#[test]
fn a_message_over_64_kib_is_a_dead_letter_at_once() {
    let server = MnsServer::start(SECRET, 0);
    let shell = house(&json!({"type": "mns-writer", "url": format!("{}/queues/orders", server.url), "pat": format!("{KEY_ID}:{SECRET}")}));
    fire_large(&shell, 70_000, &[]);
    let found = letters(&shell);
    assert_eq!((found.len(), &found[0]["attempts"]), (1, &json!(1)), "{found:?}");
    assert!(server.taken().is_empty());
}

/// Function Compute lends keys to each invocation; there are none in the environment.
#[test]
fn the_keys_of_an_invocation_sign_what_it_sends() {
    let server = MnsServer::start(SECRET, 0);
    let shell = house(&json!({"type": "mns-writer", "url": format!("{}/queues/orders", server.url)}));
    let (port, token) = (free_port(), std::fs::read_to_string(shell.path("token")).unwrap());
    let given = port.to_string();
    let function = Function::listening(&shell, port, &[("FC_CUSTOM_LISTEN_PORT", given.as_str()), ("FC_FUNCTION_NAME", "orders"), ("FC_REGION", "cn")]);
    let headers = [
        ("x-fc-control-path", "/invoke"),
        ("x-fc-request-id", "i-1"),
        ("Content-Type", "application/octet-stream"),
        ("x-fc-access-key-id", KEY_ID),
        ("x-fc-access-key-secret", SECRET),
        ("x-fc-security-token", "lent-token"),
    ];
    let event = json!({"code": "order", "data": {"no": "A-1", "amount": 1.5}, "pat": token});
    assert_eq!(function.send("POST", "/invoke", &headers, event.to_string().as_bytes()).status, 200);
    // The answer waited for it: the platform may freeze the process now.
    assert_eq!(server.taken().first().map(|taken| taken.token.clone()), Some(Some("lent-token".to_owned())));
}
