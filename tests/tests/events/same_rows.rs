//! The same events give the same rows, whichever door they come through: Lambda, Azure Functions, Function Compute, HTTP, the
//! command line.

use std::time::Duration;

use nightowl_tests::function::{Function, free_port};
use nightowl_tests::serve::Server;
use nightowl_tests::shell::Shell;
use serde_json::{Value as Json, json};

use super::house::{house, plain_rows};
use super::interface::Interface;

const ROUTES: &str = r#"
[[event.route]]
match = { source = "tablestore" }
code = "raw_change"
patFile = "token"

[[event.route]]
match = { source = "timer" }
mode = "payload"
code = "raw_change"
patFile = "token"

[[event.route]]
match = { source = "eventbridge" }
mode = "payload"
code = "raw_change"
patFile = "token"

[[event.route]]
match = { source = "cloudevents" }
mode = "payload"
code = "raw_change"
patFile = "token"
"#;

/// Ten events of as many kinds.
fn events(token: &str) -> Vec<Json> {
    let envelope = |op: &str| json!({"code": "raw_change", "data": {"op": op}, "pat": token});
    let text = |op: &str| envelope(op).to_string();
    vec![
        json!({"Records": [{"messageId": "m-1", "body": text("sqs"), "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu-central-1:1:orders"}]}),
        json!({"Records": [{"EventSource": "aws:sns", "Sns": {"MessageId": "n-1", "TopicArn": "arn:aws:sns:eu-central-1:1:orders", "Message": text("sns")}}]}),
        json!({"version": "0", "id": "f4cb", "detail-type": "Scheduled Event", "source": "aws.events", "time": "2026-03-29T05:56:24Z",
            "resources": ["arn:aws:events:ap-south-1:1:rule/every-5-min"], "detail": {}}),
        json!({"triggerTime": "2026-03-29T06:41:57Z", "triggerName": "every-5-min", "payload": "{\"code\":\"raw_change\",\"data\":{\"op\":\"timer\"}}"}),
        json!({"triggerTime": "2026-03-29T06:46:57Z", "triggerName": "every-5-min", "payload": "p"}),
        json!({"TopicName": "orders", "MessageId": "0BC2", "Message": text("mns"), "PublishTime": 1_554_100_259_139_i64}),
        json!({"Version": "Sync-v1", "Records": [{"Type": "PutRow", "Info": {"Timestamp": 1_506_416_585_740_836_i64},
            "PrimaryKey": [{"ColumnName": "pk", "Value": 1_506_416_585_881_590_900_i64}], "Columns": [{"Type": "Put", "ColumnName": "a", "Value": "x", "Timestamp": 1}]}]}),
        json!({"specversion": "1.0", "id": "c-1", "source": "/shop", "type": "order.created", "data": {"op": "cloud"}}),
        json!({"code": "orders", "data": {"orderNo": "A-1", "amount": 7}, "pat": token}),
        envelope("direct"),
    ]
}

/// What an installation holds after the events: rows, and of each trigger its topic, kind and outcome.
fn left_behind(shell: &Shell) -> (Vec<Json>, Vec<Json>) {
    let mut rows = plain_rows(shell, "raw_change");
    rows.extend(plain_rows(shell, "orders"));
    let mut traces: Vec<Json> = shell.run(&["traces", "--json", "--limit", "100"]).expect(0).lines();
    for trace in &mut traces {
        // by which way an event came is what differs; ids and times are each run's own
        trace.as_object_mut().unwrap().retain(|name, _| ["topic", "triggerType", "status", "pipelines", "failed"].contains(&name.as_str()));
    }
    (rows, traces)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_events_give_the_same_rows_through_every_door() {
    let mut found = Vec::new();

    let (shell, token) = house(ROUTES);
    let mut interface = Interface::start().await;
    let function = Function::start(&shell, &[("AWS_LAMBDA_RUNTIME_API", interface.address())]);
    for (event, number) in events(&token).iter().zip(1..) {
        let told = interface.invoke(&format!("r-{number}"), event.to_string(), Duration::from_secs(60)).await;
        assert!(told.path.ends_with("/response"), "{told:?}");
    }
    assert!(function.stop().status.success());
    found.push(("Lambda", left_behind(&shell)));

    let (shell, token) = house(ROUTES);
    let port = free_port();
    let function = Function::listening(&shell, port, &[("FUNCTIONS_CUSTOMHANDLER_PORT", &port.to_string())]);
    for event in events(&token) {
        let call = json!({"Data": {"event": event}, "Metadata": {"sys": {"MethodName": "Events"}}});
        let answer = function.send("POST", "/Events", &[("Content-Type", "application/json")], call.to_string());
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    assert!(function.stop().status.success());
    found.push(("Azure", left_behind(&shell)));

    let (shell, token) = house(ROUTES);
    let port = free_port();
    let function = Function::listening(&shell, port, &[("FC_CUSTOM_LISTEN_PORT", &port.to_string())]);
    for event in events(&token) {
        let answer = function.send("POST", "/invoke", &[("x-fc-control-path", "/invoke")], event.to_string());
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    assert!(function.stop().status.success());
    found.push(("Function Compute", left_behind(&shell)));

    let (shell, token) = house(ROUTES);
    let server = Server::start(&shell, &[]);
    let authorisation = format!("pat {token}");
    for event in events(&token) {
        let answer = server.send("POST", "/event", &[("Authorization", &authorisation)], event.to_string());
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    server.stop();
    found.push(("HTTP", left_behind(&shell)));

    let (shell, token) = house(ROUTES);
    let lines: Vec<String> = events(&token).iter().map(Json::to_string).collect();
    let path = shell.write("events.ndjson", lines.join("\n"));
    assert_eq!(shell.run(&["trigger", &path, "--json"]).expect(0).counts(), [10, 0, 0, 0]);
    found.push(("the command line", left_behind(&shell)));

    let (_, (rows, traces)) = &found[0];
    assert_eq!((rows.len(), traces.len()), (10, 10), "{rows:?} {traces:?}");
    assert_eq!(rows[9]["amount"], 7);
    for (door, left) in &found[1..] {
        assert_eq!(left, &found[0].1, "{door} differs from {}", found[0].0);
    }
}
