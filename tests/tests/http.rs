//! `nightowl serve` from outside: a process, a socket, what clients send and what they are answered (surface.md §5–§7).

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

use std::collections::BTreeSet;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::ScopedJoinHandle;

use nightowl_tests::http::send;
use nightowl_tests::serve::Server;
use nightowl_tests::shell::{Shell, checkout};
use serde_json::{Value as Json, json};

/// A shell in whose store the sample's definitions are, and a token for it.
fn sample() -> (Shell, String) {
    let shell = Shell::new();
    assert!(!shell.run(&["apply", &checkout("config/example/sample/definitions.json")]).expect(0).stdout.is_empty());
    let token = shell.issue(&[]);
    (shell, token)
}

/// A sample trigger.
fn owl(name: &str) -> Json {
    json!({"code": "sample_raw_topic", "triggerType": "insert", "data": {"propa": name, "propb": "north", "propc": 3}})
}

/// The sample with a second pipeline that always fails: it changes a row that is not there.
fn failing_sample() -> (Shell, String) {
    let shell = Shell::new();
    let mut definitions: Json = serde_json::from_str(&fs::read_to_string(checkout("config/example/sample/definitions.json")).unwrap()).unwrap();
    definitions["pipelines"][1]["stages"][0]["units"][0]["do"][0]["type"] = json!("merge-row");
    let file = shell.write("failing.json", definitions.to_string());
    assert!(!shell.run(&["apply", &file]).expect(0).stdout.is_empty());
    let token = shell.issue(&[]);
    (shell, token)
}

fn is_id(value: &Json) -> bool {
    value.as_str().is_some_and(|id| id.parse::<u64>().is_ok_and(|id| id > 0))
}

#[test]
fn a_trigger_is_answered_in_the_shape_of_the_specification() {
    let (shell, token) = sample();
    let server = Server::start(&shell, &[]);
    let answer = server.trigger(&token, &owl("one"));
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")), "{}", answer.body);
    let body = answer.json();
    let keys: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["received", "traceId", "internalDataId", "logId", "status", "failedPipelineIds"]);
    assert!(is_id(&body["traceId"]) && is_id(&body["internalDataId"]), "{body}");
    assert_eq!((&body["received"], &body["logId"], &body["status"], &body["failedPipelineIds"]), (&json!(true), &json!(null), &json!("DONE"), &json!([])));
    server.stop();
    let row = &shell.run(&["rows", "sample_raw_topic", "--fixed"]).expect(0).lines()[0];
    assert_eq!(row["id_"], body["internalDataId"]);
    assert_eq!(shell.rows("sample_counter"), [json!({"propb": "north", "profiles": 1, "total": 3})]);
}

#[test]
fn a_token_comes_in_the_header_in_either_case_or_in_the_body() {
    let (shell, token) = sample();
    let server = Server::start(&shell, &[]);
    for scheme in ["pat", "PAT", "Pat"] {
        let answer = server.send("POST", "/pipeline/data", &[("Authorization", &format!("{scheme} {token}"))], owl(scheme).to_string());
        assert_eq!(answer.status, 200, "{scheme}: {}", answer.body);
    }
    let mut with_own = owl("own");
    with_own["pat"] = json!(token);
    assert_eq!(server.send("POST", "/pipeline/data", &[], with_own.to_string()).status, 200);
    for header in ["", "Basic b3dsOm93bA==", "pat", "pat wrong"] {
        let answer = server.send("POST", "/pipeline/data", &[("Authorization", header)], owl("none").to_string());
        assert_eq!((answer.status, answer.json()), (401, json!({"detail": "Unauthorized visit."})), "{header}");
    }
    server.stop();
    assert_eq!(shell.count("sample_raw_topic"), 4);
}

#[test]
fn a_caller_names_the_trace_and_both_names_of_the_trigger_type_are_known() {
    let (shell, token) = sample();
    let server = Server::start(&shell, &[]);
    let mut named = owl("one");
    named["traceId"] = json!("order-4711");
    assert_eq!(server.trigger(&token, &named).json()["traceId"], "order-4711");
    let mut by_alias = owl("two");
    by_alias.as_object_mut().unwrap().remove("triggerType");
    by_alias["type"] = json!("insert");
    assert_eq!(server.trigger(&token, &by_alias).status, 200);
    by_alias["triggerType"] = json!("merge");
    let answer = server.trigger(&token, &by_alias);
    assert_eq!((answer.status, answer.code().as_str()), (400, "trigger-type-not-allowed"));
    server.stop();
}

#[test]
fn a_failed_pipeline_is_a_200_and_with_strict_a_422_of_the_same_body() {
    let (shell, token) = failing_sample();
    let server = Server::start(&shell, &[]);
    let lenient = server.trigger(&token, &owl("one"));
    assert_eq!((lenient.status, &lenient.json()["status"], &lenient.json()["failedPipelineIds"]), (200, &json!("ERROR"), &json!(["1902"])));
    let header = format!("pat {token}");
    let strict = server.send("POST", "/pipeline/data?strict=true", &[("Authorization", &header)], owl("two").to_string());
    let body = strict.json();
    assert_eq!((strict.status, &body["received"], &body["status"]), (422, &json!(true), &json!("ERROR")));
    assert!(is_id(&body["internalDataId"]) && body["failedPipelineIds"] == json!(["1902"]), "{body}");
    server.stop();
    // the rows stay, and so does what the first pipeline wrote
    assert_eq!((shell.count("sample_raw_topic"), shell.count("sample_profile"), shell.count("sample_counter")), (2, 2, 0));
}

#[test]
fn an_idempotency_key_runs_once_and_answers_twice() {
    let (shell, token) = sample();
    let header = format!("pat {token}");
    let request =
        |server: &Server<'_>, key: &str| server.send("POST", "/pipeline/data", &[("Authorization", &header), ("Idempotency-Key", key)], owl("one").to_string());
    let server = Server::start(&shell, &[]);
    let first = request(&server, "order 1");
    let second = request(&server, "order 1");
    assert_eq!((first.status, first.header("idempotent-replayed")), (200, None));
    assert_eq!((second.status, second.header("idempotent-replayed")), (200, Some("true")));
    assert_eq!(first.json(), second.json());
    server.stop();
    // what was answered before is known after a restart, too
    let server = Server::start(&shell, &[]);
    assert_eq!(request(&server, "order 1").json(), first.json());
    // what was asked first is what the key stands for, whoever asks and however it is written
    let ask = |path: &str, body: String| server.send("POST", path, &[("Authorization", &header), ("Idempotency-Key", "order 1")], body);
    let again = ask(
        "/pipeline/data",
        r#"{"data": {"propc": 3, "propb": "north", "propa": "one"}, "code": "sample_raw_topic", "triggerType": "insert", "pat": "%"}"#.replace('%', &token),
    );
    assert_eq!((again.status, again.header("idempotent-replayed")), (200, Some("true")), "{}", again.body);
    for (path, mut body) in [("/pipeline/data", owl("two")), ("/pipeline/data/async", owl("one"))] {
        if path.ends_with("async") {
            body["triggerType"] = json!("insert-or-merge");
        }
        let reused = ask(path, body.to_string());
        assert_eq!((reused.status, reused.code().as_str()), (422, "trigger-key-reused"), "{path}: {}", reused.body);
    }
    let other = request(&server, "order 2");
    assert_eq!(other.header("idempotent-replayed"), None);
    assert_ne!(other.json()["internalDataId"], first.json()["internalDataId"]);
    server.stop();
    assert_eq!(shell.count("sample_raw_topic"), 2);
}

#[test]
fn logs_of_a_trace_are_a_page_newest_first() {
    let (shell, token) = sample();
    let server = Server::start(&shell, &[]);
    let earlier = server.trigger(&token, &owl("one")).json();
    let answer = server.trigger(&token, &owl("two")).json();
    let header = format!("pat {token}");
    let ask = |body: Json| server.send("POST", "/pipeline/log", &[("Authorization", &header)], body.to_string());
    let page = ask(json!({"traceId": answer["traceId"], "pageNumber": 1, "pageSize": 20})).json();
    let keys: BTreeSet<&str> = page.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["data", "itemCount", "pageCount", "pageNumber", "pageSize"].into());
    assert_eq!([&page["itemCount"], &page["pageCount"], &page["pageNumber"], &page["pageSize"]], [2, 1, 1, 20]);
    let logs = page["data"].as_array().unwrap();
    let starts: Vec<&str> = logs.iter().map(|log| log["startTime"].as_str().unwrap()).collect();
    assert!(starts.is_sorted_by(|newer, older| newer >= older), "{starts:?}");
    for log in logs {
        assert_eq!((&log["traceId"], &log["status"], &log["prerequisite"]), (&answer["traceId"], &json!("DONE"), &json!(true)));
        assert!(is_id(&log["dataId"]) && is_id(&log["uid"]), "{log}");
        assert!(log["prerequisiteDefinedAs"].is_object(), "{log}");
        for action in
            log["stages"].as_array().unwrap().iter().flat_map(|stage| stage["units"].as_array().unwrap()).flat_map(|unit| unit["actions"].as_array().unwrap())
        {
            assert_eq!(action["definedAs"]["actionId"], action["actionId"], "{action}");
            assert!(action["touched"]["data"].is_object() && action["findBy"].is_object(), "{action}");
        }
    }
    let of_raw: Vec<&Json> = logs.iter().filter(|log| log["pipelineId"] == "1901").collect();
    assert_eq!(of_raw.iter().map(|log| &log["dataId"]).collect::<Vec<_>>(), [&answer["internalDataId"]]);
    // pages follow one another, and a trace that is not there has none
    let first = ask(json!({"pageNumber": 1, "pageSize": 3})).json();
    let second = ask(json!({"pageNumber": 2, "pageSize": 3})).json();
    assert_eq!([&first["itemCount"], &first["pageCount"], &second["pageNumber"]], [4, 2, 2]);
    assert_eq!((first["data"].as_array().unwrap().len(), second["data"].as_array().unwrap().len()), (3, 1));
    assert_eq!(second["data"][0]["traceId"], earlier["traceId"]);
    assert_eq!(ask(json!({"traceId": "no such trace"})).json()["itemCount"], 0);
    server.stop();
}

#[test]
fn health_and_readiness_need_no_token_and_logs_do() {
    let (shell, _) = sample();
    let server = Server::start(&shell, &[]);
    let health = server.send("GET", "/health", &[], "");
    assert_eq!((health.status, health.json()), (200, json!({"health": true})));
    let ready = server.send("GET", "/ready", &[], "");
    assert_eq!((ready.status, ready.json()), (200, json!({"ready": true})));
    assert_eq!(server.send("POST", "/pipeline/log", &[], "{}").status, 401);
    assert_eq!(server.send("GET", "/nowhere", &[], "").status, 404);
    assert_eq!(server.send("GET", "/pipeline/data", &[], "").status, 405);
    server.stop();
}

#[test]
fn guessing_tokens_is_slowed_down() {
    let (shell, token) = sample();
    let server = Server::start(&shell, &["--set", "limits.failed_authentications=3"]);
    let statuses: Vec<u16> = (0..4).map(|_| server.trigger("wrong", &owl("one")).status).collect();
    assert_eq!(statuses, [401, 401, 401, 429]);
    let answer = server.trigger("wrong", &owl("one"));
    assert_eq!((answer.status, answer.code().as_str()), (429, "limit-authentication-failures"));
    assert!(answer.header("retry-after").is_some_and(|seconds| seconds.parse::<u64>().is_ok()), "{:?}", answer.headers);
    server.stop();
    // another process has counted nothing
    let server = Server::start(&shell, &[]);
    assert_eq!(server.trigger(&token, &owl("one")).status, 200);
    server.stop();
}

#[test]
fn too_many_triggers_of_a_token_are_asked_to_wait() {
    let (shell, token) = sample();
    let server = Server::start(&shell, &["--set", "auth.rate_per_pat=0.001"]);
    assert_eq!(server.trigger(&token, &owl("one")).status, 200);
    let answer = server.trigger(&token, &owl("two"));
    assert_eq!((answer.status, answer.code().as_str()), (429, "limit-rate"));
    assert!(answer.header("retry-after").is_some_and(|seconds| seconds.parse::<u64>().is_ok()), "{:?}", answer.headers);
    server.stop();
    assert_eq!(shell.count("sample_raw_topic"), 1);
}

/// Fires triggers one after the other until the server takes no more; gives those that were answered.
fn fire_until_the_end(address: &str, token: &str, caller: usize, answered: &AtomicUsize) -> Vec<String> {
    let header = format!("pat {token}");
    let mut done = Vec::new();
    loop {
        let name = format!("owl-{caller}-{}", done.len());
        let Some(answer) = send(address, "POST", "/pipeline/data", &[("Authorization", &header)], owl(&name).to_string().as_bytes()) else { return done };
        assert_eq!(answer.status, 200, "{}", answer.body);
        done.push(name);
        answered.fetch_add(1, Ordering::Relaxed);
    }
}

/// Ends a server in the middle of load from four callers: what it answered is there when it comes back, each trigger with
/// everything that it led to.
fn assert_nothing_answered_is_lost(end: impl FnOnce(&mut Server<'_>)) {
    let (shell, token) = sample();
    let mut server = Server::start(&shell, &[]);
    let answered = AtomicUsize::new(0);
    let address = server.address().to_owned();
    let names: Vec<String> = std::thread::scope(|scope| {
        let (address, token, answered) = (&address, &token, &answered);
        let callers: Vec<_> = (0..4).map(|caller| scope.spawn(move || fire_until_the_end(address, token, caller, answered))).collect();
        while answered.load(Ordering::Relaxed) < 200 && !callers.iter().any(ScopedJoinHandle::is_finished) {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        end(&mut server);
        callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect()
    });
    assert!(names.len() >= 200);
    let server = Server::start(&shell, &[]);
    assert_eq!(server.send("GET", "/ready", &[], "").status, 200);
    server.stop();
    let kept: BTreeSet<String> = shell.rows("sample_raw_topic").iter().map(|row| row["propa"].as_str().unwrap().to_owned()).collect();
    let lost: Vec<&String> = names.iter().filter(|name| !kept.contains(*name)).collect();
    assert_eq!(lost, Vec::<&String>::new());
    assert_eq!((shell.count("sample_raw_topic"), shell.count("sample_profile")), (kept.len(), kept.len()));
    assert_eq!(shell.rows("sample_counter"), [json!({"propb": "north", "profiles": kept.len(), "total": 3 * kept.len()})]);
}

#[test]
fn a_server_that_is_told_to_stop_under_load_loses_nothing_that_it_answered() {
    assert_nothing_answered_is_lost(|server| {
        server.terminate();
        assert!(server.wait().trim_end().ends_with("stopped"));
    });
}

#[test]
fn a_server_that_is_killed_under_load_loses_nothing_that_it_answered() {
    assert_nothing_answered_is_lost(|server| server.kill());
}

#[test]
fn an_address_that_is_taken_is_told_with_the_setting() {
    let (shell, _) = sample();
    let server = Server::start(&shell, &[]);
    let refused = shell.run(&["serve", "--listen", server.address()]).expect(78);
    assert_eq!(refused.saying("http.listen").saying(server.address()).stdout, "");
    server.stop();
}

#[test]
fn a_command_works_beside_a_server() {
    let (shell, token) = sample();
    let server = Server::start(&shell, &[]);
    assert_eq!(server.trigger(&token, &owl("one")).status, 200);
    let file = checkout("config/example/sample/triggers.ndjson");
    assert_eq!(shell.run(&["trigger", &file, "--pat", &token, "--json"]).expect(0).counts(), [4, 0, 0, 0]);
    assert_eq!(server.trigger(&token, &owl("two")).status, 200);
    assert_eq!(shell.count("sample_raw_topic"), 6);
    server.stop();
}

#[test]
fn what_is_not_there_is_told_in_json_and_changes_may_be_posted() {
    let (shell, token) = sample();
    let server = Server::start(&shell, &["--set", "limits.page_size=2"]);
    let header = format!("pat {token}");
    let ask = |method: &str, path: &str, body: String| server.send(method, path, &[("Authorization", &header)], body);
    let nothing = ask("GET", "/no/such/thing", String::new());
    assert_eq!((nothing.status, nothing.json()), (404, json!({"detail": "Not Found"})));
    let wrong = ask("GET", "/pipeline/data", String::new());
    assert_eq!((wrong.status, wrong.json()), (405, json!({"detail": "Method Not Allowed"})));
    let mut unknown = owl("one");
    unknown["code"] = json!("no_such_topic");
    unknown["traceId"] = json!("order-4711");
    let refused = ask("POST", "/pipeline/data", unknown.to_string());
    assert_eq!((refused.status, refused.code().as_str(), &refused.json()["detail"]["traceId"]), (404, "trigger-topic-not-found", &json!("order-4711")));
    unknown.as_object_mut().unwrap().remove("traceId");
    assert_eq!(ask("POST", "/pipeline/data", unknown.to_string()).json()["detail"].get("traceId"), None);

    let fired = ask("POST", "/pipeline/data", owl("one").to_string()).json();
    let id = fired["internalDataId"].as_str().unwrap();
    let path = format!("/topic/data/rerun?topic_name=sample_raw_topic&data_id={id}");
    for method in ["GET", "POST"] {
        assert_eq!(ask(method, &path, String::new()).json()["status"], "DONE", "{method}");
    }
    let logs = |size: u32| ask("POST", "/pipeline/log", json!({"pageSize": size}).to_string()).json();
    assert_eq!((logs(50)["pageSize"].clone(), logs(50)["data"].as_array().unwrap().len(), logs(1)["pageSize"].clone()), (json!(2), 2, json!(1)));
    server.stop();
}

#[test]
fn metrics_tell_of_requests_and_triggers() {
    let (shell, token) = sample();
    let server = Server::start(&shell, &["--set", "http.metrics_path=/numbers"]);
    let mut invalid = owl("two");
    invalid["data"] = json!(null);
    for body in [owl("one"), owl("two"), invalid] {
        server.trigger(&token, &body);
    }
    let answer = server.send("GET", "/numbers", &[], "");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/plain; version=0.0.4; charset=utf-8")));
    for line in [
        r#"nightowl_triggers_total{source="http",outcome="done"} 2"#,
        r#"nightowl_triggers_total{source="http",outcome="rejected"} 1"#,
        r#"nightowl_http_requests_total{method="POST",route="/pipeline/data",status="200"} 2"#,
        r#"nightowl_http_requests_total{method="POST",route="/pipeline/data",status="400"} 1"#,
        r#"nightowl_http_request_seconds_count{route="/pipeline/data"} 3"#,
    ] {
        assert!(answer.body.lines().any(|found| found == line), "{line} is not in {}", answer.body);
    }
    assert!(!answer.body.contains(token.as_str()));
    assert_eq!(server.send("GET", "/metrics", &[], "").status, 404);
    server.stop();
}

#[test]
fn browsers_may_call_from_origins_that_are_listed() {
    let (shell, _) = sample();
    let preflight = |server: &Server<'_>, origin: &str| {
        let headers = [("Origin", origin), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "authorization")];
        let answer = server.send("OPTIONS", "/pipeline/data", &headers, "");
        (answer.header("access-control-allow-origin").map(str::to_owned), answer.header("access-control-allow-headers").map(str::to_owned))
    };
    let server = Server::start(&shell, &[]);
    assert_eq!(preflight(&server, "https://console.example"), (None, None), "by default from none");
    server.stop();
    let server = Server::start(&shell, &["--set", r#"http.cors_allowed_origins=["https://console.example"]"#]);
    let allowed = preflight(&server, "https://console.example");
    assert_eq!(allowed, (Some("https://console.example".to_owned()), Some("authorization".to_owned())));
    assert_eq!(preflight(&server, "https://elsewhere.example").0, None);
    server.stop();
}
