//! The binary as a custom handler, with the host of Azure Functions played to the letter of surface.md §16.2.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightowl_tests::function::{Function, free_port};
use nightowl_tests::http::Answer;
use nightowl_tests::shell::Shell;
use serde_json::{Value as Json, json};

use super::house::{envelope, house};

const TIMERS: &str = r#"
[[event.route]]
match = { source = "timer", name = "EveryHour" }
mode = "payload"
code = "raw_change"
patFile = "token"
"#;

fn start<'a>(shell: &'a Shell, variables: &[(&str, &str)]) -> Function<'a> {
    let port = free_port();
    let given = port.to_string();
    let own = [("FUNCTIONS_CUSTOMHANDLER_PORT", given.as_str()), ("FUNCTIONS_WORKER_RUNTIME", "custom")];
    Function::listening(shell, port, &[&own, variables].concat())
}

/// What the host sends for a trigger that is no forwarded request.
fn call(function: &Function<'_>, name: &str, data: &Json, metadata: &Json) -> Answer {
    let mut metadata = metadata.clone();
    metadata["sys"] = json!({"MethodName": name, "UtcNow": "2026-02-01T08:07:42Z", "RandGuid": "0b1c"});
    let headers = [("Content-Type", "application/json"), ("X-Azure-Functions-InvocationId", "i-1"), ("User-Agent", "Azure-Functions-Host/4.834.0")];
    function.send("POST", &format!("/{name}"), &headers, json!({"Data": data, "Metadata": metadata}).to_string())
}

/// The result document in an answer that the host can use.
fn result(answer: &Answer) -> Json {
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")), "{answer:?}");
    let body = answer.json();
    assert!(body["Outputs"].is_object() && body["Logs"].as_array().is_some_and(|lines| lines.iter().all(Json::is_string)), "{body}");
    body["ReturnValue"].clone()
}

#[test]
fn every_trigger_is_answered_as_the_host_wants_it() {
    let (shell, token) = house(TIMERS);
    let function = start(&shell, &[]);
    assert_eq!(function.send("GET", "/", &[], "").status, 200);
    // a blob: an array of envelopes, one of which can never work
    let content = format!("[{},{}]", envelope("raw_change", "a", &token), envelope("nowhere", "b", &token));
    let properties = json!({"Length": 812, "ContentType": "application/json", "ETag": "\"0x8D\""});
    let blob = json!({"Uri": "\"https://acct.blob.core.windows.net/landing/in/order%201.json\"", "Properties": properties, "name": "\"in/order 1.json\""});
    for round in 0..2 {
        let document = result(&call(&function, "OrderLoader", &json!({"myblob": STANDARD.encode(&content)}), &blob));
        let counts = ["received", "succeeded", "skipped", "bad"].map(|name| document[name].as_u64().unwrap());
        assert_eq!(counts, [2, 1 - round, round, 1], "{document}");
        assert_eq!(document["results"][0]["deliveryKey"], "landing/in/order 1.json@0x8D#1");
    }
    // a message of a queue, in the string that the host makes of it
    let message = Json::String(Json::String(envelope("raw_change", "c", &token)).to_string());
    let document = result(&call(&function, "OrderQueue", &json!({"msg": message}), &json!({"DequeueCount": "1", "Id": "\"800ae4b3\""})));
    assert_eq!((&document["succeeded"], &document["results"][0]["deliveryKey"]), (&json!(1), &json!("800ae4b3")));
    // a timer
    let timer = json!({"Schedule": {"AdjustForDST": true}, "ScheduleStatus": null, "IsPastDue": false});
    assert_eq!(result(&call(&function, "EveryHour", &json!({"tick": timer}), &json!({})))["succeeded"], 1);
    // what can not be read is a dead letter, not a failure that would come again and again
    for body in ["", "garbage", "{\"Data\": 1}", "[]", "{\"Data\": {}, \"Metadata\": {}}"] {
        let answer = function.send("POST", "/OrderLoader", &[("Content-Type", "application/json")], body);
        assert_eq!(result(&answer)["bad"], 1, "{body}");
    }
    let ended = function.stop();
    assert!(ended.status.success(), "{ended:?}");
    assert_eq!(shell.count("raw_change"), 3);
}

#[test]
fn a_request_reaches_the_same_router_whichever_way_it_comes() {
    let (shell, token) = house("");
    let function = start(&shell, &[]);
    let authorisation = format!("pat {token}");
    let body = json!({"code": "raw_change", "data": {"op": "x"}}).to_string();
    // forwarded
    let answer = function.send("POST", "/api/pipeline/data", &[("Authorization", &authorisation)], &body);
    assert_eq!((answer.status, &answer.json()["status"]), (200, &json!("DONE")));
    assert_eq!(function.send("POST", "/api/pipeline/data", &[], &body).status, 401);
    assert_eq!(function.send("GET", "/api/health", &[], "").json(), json!({"health": true}));
    assert_eq!(function.send("GET", "/api/nowhere", &[], "").status, 404);
    // not forwarded
    let request = json!({"Url": "https://f.example/api/pipeline/data", "Method": "POST", "Query": {}, "Params": {},
        "Headers": {"Authorization": [authorisation], "Content-Type": ["application/json"]}, "Body": body});
    let answer = call(&function, "Http", &json!({"req": request}), &json!({})).json();
    assert_eq!(answer["Outputs"]["res"]["statusCode"], 200, "{answer}");
    // a body in pieces
    let sent = in_pieces(&function, &token);
    assert!(sent.starts_with("HTTP/1.1 200"), "{sent}");
    // the handshakes of Event Grid
    let asked = [("WebHook-Request-Origin", "eventgrid.azure.net"), ("WebHook-Request-Rate", "120")];
    let answer = function.send("OPTIONS", "/api/event", &asked, "");
    assert_eq!((answer.status, answer.header("webhook-allowed-origin"), answer.header("webhook-allowed-rate")), (200, Some("eventgrid.azure.net"), Some("*")));
    let validation = json!([{"id": "2d17", "topic": "/subscriptions/s", "subject": "", "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "eventTime": "2026-02-01T08:00:00Z", "data": {"validationCode": "512d38b6", "validationUrl": "https://rp.example/validate?id=512d38b6"}}]);
    for path in ["/api/event", "/api/OrderWebhook"] {
        let answer = function.send("POST", path, &[("aeg-event-type", "SubscriptionValidation")], validation.to_string());
        assert_eq!((answer.status, answer.json()), (200, json!({"validationResponse": "512d38b6"})), "{path}");
    }
    assert!(function.stop().status.success());
    assert_eq!(shell.count("raw_change"), 3);
}

/// The host may send what it forwards in pieces.
fn in_pieces(function: &Function<'_>, token: &str) -> String {
    let mut stream = TcpStream::connect(function.address()).unwrap();
    let head = format!("POST /api/pipeline/data HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAuthorization: pat {token}\r\nTransfer-Encoding: chunked\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    for piece in ["{\"code\": \"raw_", "change\", \"data\": {\"op\": \"y\"}}"] {
        stream.write_all(format!("{:x}\r\n{piece}\r\n", piece.len()).as_bytes()).unwrap();
    }
    stream.write_all(b"0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_base_path_is_taken_off() {
    let (shell, token) = house("");
    let function = start(&shell, &[("HTTP_BASE_PATH", "/v1/owl")]);
    let body = json!({"code": "raw_change", "data": {"op": "x"}, "pat": token}).to_string();
    assert_eq!(function.send("POST", "/v1/owl/pipeline/data", &[], &body).status, 200);
    assert_eq!(function.send("POST", "/api/pipeline/data", &[], &body).status, 404);
}

#[test]
fn the_handler_is_ready_without_its_database_and_fails_what_can_be_repeated() {
    let (shell, token) = house("");
    // a folder that is not there yet: the store can not be opened
    let url = format!("sqlite://{}", shell.path("later/nightowl.db").display());
    let function = start(&shell, &[("NIGHTOWL_STORAGE", &url)]);
    assert_eq!(function.send("GET", "/", &[], "").status, 200);
    let message = json!({"msg": envelope("raw_change", "a", &token)});
    let answer = call(&function, "OrderQueue", &message, &json!({"Id": "\"1\""}));
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.json()["ReturnValue"]["errorType"].as_str().unwrap().starts_with("storage-"));
    assert_eq!(function.send("GET", "/api/ready", &[], "").status, 503);
    std::fs::rename(shell.path("data"), shell.path("later")).unwrap();
    assert_eq!(result(&call(&function, "OrderQueue", &message, &json!({"Id": "\"1\""})))["succeeded"], 1);
    assert!(function.stop().status.success());
}

#[test]
fn a_start_that_fails_never_ends_with_0() {
    let shell = Shell::new();
    let mut wrong = Function::start(&shell, &[("FUNCTIONS_CUSTOMHANDLER_PORT", "many")]);
    assert_eq!(wrong.wait().status.code(), Some(78));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let mut second = Function::start(&shell, &[("FUNCTIONS_CUSTOMHANDLER_PORT", &port)]);
    assert_eq!(second.wait().status.code(), Some(69));
}
