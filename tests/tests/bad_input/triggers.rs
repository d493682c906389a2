//! Triggers that are refused, each through the command line and over HTTP: the same code at both doors.

use nightowl_tests::serve::Server;
use nightowl_tests::shell::{Shell, checkout};
use serde_json::{Value as Json, json};

/// Users of another role and another tenant.
const USERS: &str = r#"{
  "tenants": [{"tenantId": "2", "name": "next door"}],
  "users": [
    {"userId": "51", "name": "connie", "role": "console", "tenantId": "1", "isActive": true, "password": "Little-5-owls-by-night"},
    {"userId": "52", "name": "olga", "role": "admin", "tenantId": "2", "isActive": true, "password": "Eagle-6-owls-by-night"}
  ]
}"#;

const TOPICS: [&str; 3] = ["sample_raw_topic", "sample_profile", "sample_counter"];

/// What an HTTP answer says besides its status.
#[derive(Debug, Clone, Copy)]
enum Detail {
    /// The text for everybody who may not.
    Unauthorised,
    /// Code and message.
    Code,
    /// The reference's list; the place that it names.
    Shape(&'static [&'static str]),
}

/// A trigger that is refused.
struct Refused {
    name: &'static str,
    token: String,
    body: Vec<u8>,
    /// The code at the command line.
    code: &'static str,
    status: u16,
    detail: Detail,
}

impl Refused {
    fn new(name: &'static str, token: &str, body: impl Into<Vec<u8>>, code: &'static str, status: u16, detail: Detail) -> Self {
        Self { name, token: token.to_owned(), body: body.into(), code, status, detail }
    }
}

/// A shell with the sample, two more users, and one row in each topic.
fn shell() -> Shell {
    let shell = Shell::new();
    shell.keep_secret("Little-5-owls-by-night");
    shell.keep_secret("Eagle-6-owls-by-night");
    let users = shell.write("users.json", USERS);
    assert!(!shell.run(&["apply", &checkout("config/example/sample/definitions.json"), &users]).expect(0).stdout.is_empty());
    let first = shell.write("first.json", trigger(json!({"data": {"propa": "first", "propb": "b", "propc": 1}})));
    let token = shell.issue(&[]);
    assert_eq!(shell.run(&["trigger", &first, "--pat", &token, "--json"]).expect(0).counts(), [1, 0, 0, 0]);
    shell
}

/// A trigger of the sample with keys of its own.
fn trigger(keys: Json) -> String {
    let mut trigger = json!({"code": "sample_raw_topic", "data": {"propa": "a", "propb": "b", "propc": 1}});
    if let Json::Object(keys) = keys {
        trigger.as_object_mut().unwrap().extend(keys);
    }
    trigger.to_string()
}

fn revoked(shell: &Shell) -> String {
    let token = shell.issue(&["--note", "to be revoked"]);
    let listed = shell.run(&["pat", "list"]).expect(0).stdout;
    let id = listed.lines().find(|line| line.contains("to be revoked")).unwrap().split(' ').next().unwrap().to_owned();
    assert_eq!(shell.run(&["pat", "revoke", &id]).expect(0).stdout, "");
    token
}

/// Tokens that do not open the door.
fn wrong_tokens(shell: &Shell, good: &str) -> Vec<Refused> {
    let refused = |name, token: &str| Refused::new(name, token, trigger(json!({})), "auth-refused", 401, Detail::Unauthorised);
    let (head, check) = good.split_at_checked(good.len() - 1).unwrap();
    let other = if check == "0" { "1" } else { "0" };
    let role_too_low = shell.issue(&["--user", "connie"]);
    let scope_too_narrow = shell.issue(&["--scope", "trigger:sample_p*"]);
    vec![
        refused("no token", ""),
        refused("a token that nobody issued", "ntwl_abcdefghijkl_00000000000000000000000000000000000000"),
        refused("a token with a wrong check digit", &format!("{head}{other}")),
        refused("a token of another form", "let me in"),
        refused("an expired token", &shell.issue(&["--expires", "2020-01-01"])),
        refused("a revoked token", &revoked(shell)),
        Refused::new("a role that is too low", &role_too_low, trigger(json!({})), "auth-role-refused", 403, Detail::Unauthorised),
        Refused::new("a scope that is too narrow", &scope_too_narrow, trigger(json!({})), "auth-scope", 403, Detail::Code),
    ]
}

/// Tenants and topics that are not there for the caller.
fn wrong_places(shell: &Shell, good: &str) -> Vec<Refused> {
    let (neighbour, above) = (shell.issue(&["--user", "olga"]), shell.issue(&["--user", "imma-super"]));
    let refused = |name, token: &str, keys, code, status| Refused::new(name, token, trigger(keys), code, status, Detail::Code);
    vec![
        refused("an unknown topic", good, json!({"code": "sample_raw_topik"}), "trigger-topic-not-found", 404),
        refused("a topic of another tenant", &neighbour, json!({}), "trigger-topic-not-found", 404),
        refused("another tenant", &neighbour, json!({"tenantId": "1"}), "trigger-tenant-mismatch", 400),
        refused("a super admin without tenant", &above, json!({}), "trigger-tenant-missing", 400),
        refused("a super admin for a tenant that is not there", &above, json!({"tenantId": "99"}), "trigger-tenant-not-found", 404),
        refused("a merge without id", good, json!({"triggerType": "merge"}), "trigger-data-id-missing", 400),
        refused("a merge of a row that is not there", good, json!({"triggerType": "merge", "data": {"id_": 7}}), "trigger-row-not-found", 404),
    ]
}

/// Bodies that are no trigger.
fn wrong_bodies(good: &str) -> Vec<Refused> {
    let refused = |name, body: Vec<u8>, code, status| Refused::new(name, good, body, code, status, Detail::Code);
    let shape = |name, keys, place| Refused::new(name, good, trigger(keys), "trigger-shape", 422, Detail::Shape(place));
    let deep = format!(r#"{{"code": "sample_raw_topic", "data": {{"propa": {}{}}}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    let not_utf8 = b"{\"code\": \"sample_raw_topic\", \"data\": {\"propa\": \"\xff\xfe\"}}".to_vec();
    vec![
        refused("data that is null", trigger(json!({"data": null})).into(), "trigger-data-missing", 400),
        refused("no data", br#"{"code": "sample_raw_topic"}"#.to_vec(), "trigger-data-missing", 400),
        shape("data that is no object", json!({"data": [1]}), &["body", "data"]),
        shape("a code that is no text", json!({"code": 5}), &["body", "code"]),
        shape("an unknown type", json!({"triggerType": "upsert"}), &["body", "triggerType"]),
        shape("a blank type", json!({"triggerType": ""}), &["body", "triggerType"]),
        refused("two types", trigger(json!({"triggerType": "insert", "type": "merge"})).into(), "trigger-type-not-allowed", 400),
        refused("what is no JSON", b"{\"code\": \"sample_raw_topic\", ".to_vec(), "trigger-not-json", 400),
        refused("bytes that are not UTF-8", not_utf8, "trigger-not-json", 400),
        refused("10,000 levels of arrays", deep.into_bytes(), "limit-json-depth", 400),
        refused("20 MB", trigger(json!({"data": {"propa": "x".repeat(20_000_000)}})).into(), "limit-body", 413),
    ]
}

fn everything(shell: &Shell) -> Vec<Refused> {
    let good = shell.issue(&[]);
    let mut all = wrong_tokens(shell, &good);
    all.extend(wrong_places(shell, &good));
    all.extend(wrong_bodies(&good));
    all
}

fn counts(shell: &Shell) -> [usize; 3] {
    TOPICS.map(|topic| shell.count(topic))
}

#[test]
fn files_are_told_what_is_refused_and_where_and_nothing_is_written() {
    let shell = shell();
    for (number, refused) in everything(&shell).iter().enumerate() {
        let file = shell.write(&format!("{number}.json"), &refused.body);
        let with_token = ["trigger", &file, "--json", "--pat", &refused.token];
        let arguments = if refused.token.is_empty() { &with_token[..3] } else { &with_token };
        let outcome = shell.run(arguments);
        assert_eq!(outcome.code, Some(1), "{}: {}", refused.name, outcome.stderr);
        assert_eq!(outcome.counts(), [0, 0, 1, 0], "{}", refused.name);
        let told = format!("rejected {file}:1: {}: ", refused.code);
        assert!(outcome.stderr.contains(&told), "{}: {} instead of {told}", refused.name, outcome.stderr);
        assert!(outcome.stderr.len() < 2_000, "{}: a message, not the payload", refused.name);
    }
    assert_eq!(counts(&shell), [1, 1, 1]);
    assert_eq!(shell.run(&["traces", "--json"]).expect(0).lines().len(), 1);
}

#[test]
fn requests_are_answered_what_is_refused_and_nothing_is_written() {
    let shell = shell();
    let all = everything(&shell);
    let server = Server::start(&shell, &["--set", "limits.failed_authentications=100"]);
    for refused in &all {
        let header = format!("pat {}", refused.token);
        let headers = if refused.token.is_empty() { vec![] } else { vec![("Authorization", header.as_str())] };
        let answer = server.send("POST", "/pipeline/data", &headers, &refused.body);
        let said = format!("{}: {} {}", refused.name, answer.status, answer.body);
        assert_eq!(answer.status, refused.status, "{said}");
        let detail = &answer.json()["detail"];
        match refused.detail {
            Detail::Unauthorised => assert_eq!(detail, "Unauthorized visit.", "{said}"),
            Detail::Code => {
                assert_eq!(detail["code"], refused.code, "{said}");
                assert!(detail["message"].as_str().is_some_and(|message| !message.is_empty()), "{said}");
            }
            Detail::Shape(place) => {
                assert_eq!(detail[0]["loc"], json!(place), "{said}");
                assert!(detail[0]["msg"].is_string() && detail[0]["type"].is_string(), "{said}");
            }
        }
        assert!(answer.body.len() < 2_000, "{}: a message, not the payload", refused.name);
    }
    // it still works for those who may
    let token = shell.issue(&[]);
    assert_eq!(server.trigger(&token, &json!({"code": "sample_raw_topic", "data": {"propa": "last", "propb": "b", "propc": 1}})).status, 200);
    server.stop();
    assert_eq!(counts(&shell), [2, 2, 1]);
    assert_eq!(shell.run(&["traces", "--json"]).expect(0).lines().len(), 2);
}

#[test]
fn a_line_of_20_mb_is_rejected_and_the_next_one_goes_on() {
    let shell = shell();
    let token = shell.issue(&[]);
    let mut lines = trigger(json!({"data": {"propa": "x".repeat(20_000_000)}}));
    lines.push('\n');
    lines.push_str(&trigger(json!({"data": {"propa": "next", "propb": "b", "propc": 1}})));
    let file = shell.write("large.ndjson", lines);
    let outcome = shell.run(&["trigger", &file, "--pat", &token, "--json"]).expect(1).saying(&format!("rejected {file}:1: limit-body: "));
    assert_eq!(outcome.counts(), [1, 0, 1, 0]);
    assert_eq!(counts(&shell), [2, 2, 1]);
}

#[test]
fn only_so_many_reasons_are_told() {
    let shell = shell();
    let token = shell.issue(&[]);
    let file = shell.write("many.ndjson", "{}\n".repeat(50));
    let outcome = shell.run(&["trigger", &file, "--pat", &token, "--json"]).expect(1).saying("… and 30 more rejected");
    assert_eq!(outcome.counts(), [0, 0, 50, 0]);
    assert_eq!(outcome.stderr.lines().filter(|line| line.starts_with("rejected ")).count(), 20);
}

#[test]
fn bounds_that_are_set_hold_for_files_and_requests() {
    let shell = shell();
    let token = shell.issue(&[]);
    let settings = ["--set", "limits.body_bytes=1024", "--set", "limits.json_depth=3"];
    let long = trigger(json!({"data": {"propa": "a", "note": "x".repeat(2_000)}}));
    let deep = trigger(json!({"data": {"propa": [[[1]]]}}));
    let server = Server::start(&shell, &settings);
    for (body, code, status) in [(&long, "limit-body", 413), (&deep, "limit-json-depth", 400)] {
        let file = shell.write("bounded.json", body);
        let arguments = [&settings[..], &["trigger", &file, "--pat", &token]].concat();
        assert_eq!(shell.run(&arguments).expect(1).saying(&format!("rejected {file}:1: {code}: ")).stdout, "");
        let arguments = [&settings[..], &["run", &file]].concat();
        assert_eq!(shell.run(&arguments).expect(1).saying(&format!("rejected {file}:1: {code}: ")).stdout, "");
        let answer = server.send("POST", "/pipeline/data", &[("Authorization", &format!("pat {token}"))], body);
        assert_eq!((answer.status, answer.code().as_str()), (status, code));
    }
    server.stop();
    assert_eq!(counts(&shell), [1, 1, 1]);
}

#[test]
fn keys_and_parameters_that_can_not_be_read_are_refused_not_guessed() {
    let shell = shell();
    let token = shell.issue(&[]);
    let server = Server::start(&shell, &[]);
    let header = format!("pat {token}");
    let body = trigger(json!({}));
    // a key that is cut off is the key of another request, one that is left out repeats this one
    for key in ["", "   ", &"k".repeat(256), "caf\u{e9}"] {
        let answer = server.send("POST", "/pipeline/data", &[("Authorization", &header), ("Idempotency-Key", key)], &body);
        assert_eq!((answer.status, answer.code().as_str()), (400, "trigger-key-wrong"), "{key}: {}", answer.body);
    }
    let answer = server.send("POST", "/pipeline/data?strict=perhaps", &[("Authorization", &header)], &body);
    assert_eq!((answer.status, &answer.json()["detail"][0]["loc"]), (422, &json!(["query", "strict"])), "{}", answer.body);
    let longest = "k".repeat(255);
    assert_eq!(server.send("POST", "/pipeline/data", &[("Authorization", &header), ("Idempotency-Key", &longest)], &body).status, 200);
    server.stop();
    assert_eq!(counts(&shell), [2, 2, 1]);
}
