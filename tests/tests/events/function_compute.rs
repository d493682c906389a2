//! The binary as a custom runtime, with Function Compute played to the letter of surface.md §16.3.

use nightowl_tests::function::{Function, free_port};
use nightowl_tests::http::Answer;
use nightowl_tests::shell::Shell;
use serde_json::json;

use super::house::{envelope, house};

const ROUTES: &str = r#"
[[event.route]]
match = { source = "timer", function = "orders-sync" }
mode = "payload"
code = "raw_change"
patFile = "token"
"#;

/// Keys that the platform lends; nothing may show them.
const LENT: [(&str, &str); 3] =
    [("x-fc-access-key-id", "STS.NUKc-lent-key"), ("x-fc-access-key-secret", "lent-secret-8x"), ("x-fc-security-token", "lent-token-CAIS")];

fn start<'a>(shell: &'a Shell, variables: &[(&str, &str)]) -> Function<'a> {
    for (_, secret) in LENT {
        shell.keep_secret(secret);
    }
    let port = free_port();
    let given = port.to_string();
    let own = [("FC_CUSTOM_LISTEN_PORT", given.as_str()), ("FC_FUNCTION_NAME", "orders-sync"), ("FC_REGION", "ap-south-1"), ("NIGHTOWL_LOG", "trace")];
    Function::listening(shell, port, &[&own, variables].concat())
}

/// A request of the platform's control plane.
fn control(function: &Function<'_>, method: &str, step: &str, id: &str, more: &[(&str, &str)], body: &[u8]) -> Answer {
    let headers = [
        ("x-fc-control-path", step),
        ("x-fc-request-id", id),
        ("x-fc-function-name", "orders-sync"),
        ("x-fc-region", "ap-south-1"),
        ("Content-Type", "application/octet-stream"),
    ];
    function.send(method, step, &[&headers, LENT.as_slice(), more].concat(), body)
}

#[test]
fn an_instance_lives_as_the_platform_says() {
    let (shell, token) = house(ROUTES);
    let function = start(&shell, &[]);
    assert_eq!(control(&function, "POST", "/initialize", "i-0", &[], b"").status, 200);
    let timer = json!({"triggerTime": "2026-03-29T06:41:57Z", "triggerName": "every-5-min", "payload": "p"}).to_string();
    for (id, done) in [("i-1", 1), ("i-2", 0)] {
        let answer = control(&function, "POST", "/invoke", id, &[], timer.as_bytes());
        assert_eq!((answer.status, answer.header("x-fc-status")), (200, None));
        assert_eq!(answer.json()["succeeded"], done, "{answer:?}");
    }
    // before it is frozen, and before it is taken away; the next request takes a new worker id
    assert_eq!(control(&function, "GET", "/pre-freeze", "i-3", &[], b"").status, 200);
    assert_eq!(held(&shell), 1);
    assert_eq!(control(&function, "GET", "/pre-stop", "i-4", &[], b"").status, 200);
    assert_eq!(held(&shell), 0);
    let answer = control(&function, "POST", "/invoke", "i-5", &[], envelope("raw_change", "b", &token).as_bytes());
    assert_eq!(answer.json()["succeeded"], 1, "{answer:?}");
    assert_eq!(held(&shell), 1);
    // what can not be read is acknowledged: the platform would send it for days
    assert_eq!(control(&function, "POST", "/invoke", "i-6", &[], b"{\"TopicName\": 7").json()["bad"], 1);
    // a change without records in CBOR, and one that is cut off
    let empty = b"\xa2\x67Version\x67Sync-v1\x67Records\x80";
    assert_eq!(control(&function, "POST", "/invoke", "i-7", &[], empty).json()["received"], 0);
    assert_eq!(control(&function, "POST", "/invoke", "i-8", &[], &empty[..20]).json()["bad"], 1);
    let ended = function.stop();
    assert!(ended.status.success(), "{ended:?}");
    assert_eq!(held(&shell), 0);
    for line in [
        "FC Initialize Start RequestId: i-0",
        "FC Initialize End RequestId: i-0",
        "FC Invoke Start RequestId: i-1",
        "FC Invoke End RequestId: i-1",
        "FC PreFreeze Start RequestId: i-3",
        "FC PreFreeze End RequestId: i-3",
        "FC PreStop Start RequestId: i-4",
        "FC PreStop End RequestId: i-4",
    ] {
        assert!(ended.stdout.lines().any(|found| found == line), "{line} is not in {}", ended.stdout);
    }
    assert_eq!(shell.count("raw_change"), 2);
}

fn held(shell: &Shell) -> i64 {
    let database = rusqlite::Connection::open(shell.database()).unwrap();
    database.query_row("SELECT COUNT(*) FROM snowflake_workers WHERE locked = 1", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_run_that_failed_is_known_by_its_header() {
    let (shell, token) = house("");
    let url = format!("sqlite://{}", shell.path("later/nightowl.db").display());
    let function = start(&shell, &[("NIGHTOWL_STORAGE", &url)]);
    let answer = control(&function, "POST", "/initialize", "i-0", &[], b"");
    assert_eq!((answer.status, answer.header("x-fc-status")), (404, Some("404")));
    let event = envelope("raw_change", "a", &token);
    let answer = control(&function, "POST", "/invoke", "i-1", &[("x-fc-function-timeout", "60")], event.as_bytes());
    assert_eq!((answer.status, answer.header("x-fc-status")), (404, Some("404")));
    let body = answer.json();
    assert!(body["errorType"].as_str().unwrap().starts_with("storage-") && body["errorMessage"].is_string(), "{body}");
    std::fs::rename(shell.path("data"), shell.path("later")).unwrap();
    // no time is left to it
    let answer = control(&function, "POST", "/invoke", "i-2", &[("x-fc-function-timeout", "0")], event.as_bytes());
    assert_eq!((answer.status, &answer.json()["code"]), (404, &json!("timeout")));
    assert_eq!(control(&function, "POST", "/invoke", "i-3", &[("x-fc-function-timeout", "60")], event.as_bytes()).json()["succeeded"], 1);
    let ended = function.stop();
    assert!(ended.stdout.contains("FC Invoke End RequestId: i-1, Error: Unhandled function error\n"), "{}", ended.stdout);
}

#[test]
fn a_request_of_the_http_trigger_is_passed_on() {
    let (shell, token) = house("");
    let function = start(&shell, &[("HTTP_BASE_PATH", "/owl")]);
    let authorisation = format!("pat {token}");
    let headers = [&[("x-fc-control-path", "/http-invoke"), ("x-fc-request-id", "h-1"), ("Authorization", authorisation.as_str())], LENT.as_slice()].concat();
    let body = json!({"code": "raw_change", "data": {"op": "x"}}).to_string();
    let answer = function.send("POST", "/owl/pipeline/data?strict=true", &headers, &body);
    assert_eq!((answer.status, &answer.json()["status"]), (200, &json!("DONE")));
    assert!(answer.headers.iter().all(|(name, _)| !name.starts_with("x-fc-")), "{answer:?}");
    // its path may be one of the platform's own
    assert_eq!(function.send("POST", "/invoke", &headers, &body).status, 404);
    // a text is the text of a message here; an event in the form of built-in runtimes is answered in it
    let text = control(&function, "POST", "/invoke", "i-1", &[], envelope("raw_change", "y", &token).as_bytes());
    assert_eq!(text.json()["succeeded"], 1);
    let event = json!({"version": "v1", "rawPath": "/owl/health", "headers": {}, "queryParameters": {}, "body": "", "isBase64Encoded": false,
        "requestContext": {"http": {"method": "GET"}}});
    assert_eq!(control(&function, "POST", "/invoke", "i-2", &[], event.to_string().as_bytes()).json()["statusCode"], 200);
    assert!(function.stop().status.success());
    assert_eq!(shell.count("raw_change"), 2);
}
