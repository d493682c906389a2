//! `sqs-writer` on the emulator of AWS.

use nightowl_tests::emulators::{self, Emulator};
use serde_json::{Value as Json, json};

use crate::house::{KEY, SECRET, fire, fire_large, house, id_of, letters, messages, queue};

fn body(message: &Json) -> Json {
    serde_json::from_str(message["Body"].as_str().unwrap()).unwrap()
}

#[test]
fn a_row_is_a_message_with_its_trace_and_key() {
    let Some(aws) = emulators::aws().map(Emulator::url) else { return };
    let orders = queue(&aws, "orders");
    let shell = house(&json!({"type": "sqs-writer", "url": orders}));
    fire(&shell, &["A-1"], &KEY);
    let found = messages(&aws, &orders);
    assert_eq!(found.len(), 1, "{found:?}");
    let body = body(&found[0]);
    assert_eq!((&body["code"], &body["triggerType"], &body["traceId"]), (&json!("order_made"), &json!("insert"), &json!("t-A-1")));
    assert_eq!((&body["data"]["no"], &body["data"]["amount"]), (&json!("A-1"), &json!(1.5)));
    let attribute = |name: &str| found[0]["MessageAttributes"][name]["StringValue"].as_str().map(str::to_owned);
    assert_eq!(attribute("X-Nightowl-Trace-Id").as_deref(), Some("t-A-1"));
    assert!(attribute("Idempotency-Key").is_some_and(|key| key.parse::<i64>().is_ok()), "the action's uid");
}

#[test]
fn a_fifo_queue_keeps_the_order_of_a_row_and_takes_a_repetition_once() {
    let Some(aws) = emulators::aws().map(Emulator::url) else { return };
    let orders = queue(&aws, "orders.fifo");
    let shell = house(&json!({"type": "sqs-writer", "url": orders, "pat": format!("AKIDTEST:{SECRET}")}));
    fire(&shell, &["A-1", "A-2"], &[("AWS_REGION", "us-east-1")]);
    let found = messages(&aws, &orders);
    assert_eq!(found.len(), 2, "{found:?}");
    for message in &found {
        let no = body(message)["data"]["no"].as_str().unwrap().to_owned();
        assert_eq!(message["Attributes"]["MessageGroupId"], id_of(&shell, &no).as_str());
        assert_eq!(message["Attributes"]["MessageDeduplicationId"], message["MessageAttributes"]["Idempotency-Key"]["StringValue"]);
    }
}

#[test]
fn a_message_that_no_queue_takes_is_a_dead_letter_at_once() {
    let Some(aws) = emulators::aws().map(Emulator::url) else { return };
    let orders = queue(&aws, "small");
    let shell = house(&json!({"type": "sqs-writer", "url": orders}));
    fire_large(&shell, 1_100_000, &KEY);
    let found = letters(&shell);
    assert_eq!((found.len(), &found[0]["attempts"], &found[0]["source"]), (1, &json!(1), &json!("out")), "{found:?}");
    assert!(found[0]["error"]["message"].as_str().unwrap().contains("bytes"), "{found:?}");
    assert!(messages(&aws, &orders).is_empty());
}

#[test]
fn a_queue_that_is_not_there_is_tried_again() {
    let Some(aws) = emulators::aws().map(Emulator::url) else { return };
    let shell = house(&json!({"type": "sqs-writer", "url": format!("{aws}/123456789012/nowhere")}));
    fire(&shell, &["A-1"], &KEY);
    // one attempt and one more are what this house allows; none of them gives it up by itself
    assert!(letters(&shell).iter().all(|letter| letter["attempts"] == 2));
}

#[test]
fn without_credentials_it_is_said_what_is_missing() {
    let Some(aws) = emulators::aws().map(Emulator::url) else { return };
    let orders = queue(&aws, "closed");
    let shell = house(&json!({"type": "sqs-writer", "url": orders}));
    let token = std::fs::read_to_string(shell.path("token")).unwrap();
    let path = shell.write("order.json", json!({"code": "order", "data": {"no": "A-1"}}).to_string());
    let told = shell.run_with(&["trigger", &path, "--pat", &token], &[("AWS_REGION", "us-east-1")], b"").expect(0);
    assert!(told.stderr.contains("AWS_ACCESS_KEY_ID"), "{}", told.stderr);
}
