//! The binary on AWS Lambda: over its runtime interface, and over cargo-lambda's.

use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nightowl_tests::function::{Function, free_port};
use nightowl_tests::http::send;
use nightowl_tests::servers::{Server, skipped};
use nightowl_tests::shell::Shell;
use nightowl_tests::tools;
use serde_json::{Value as Json, json};

use super::house::{definitions, envelope, house, sqs};
use super::interface::Interface;

const MINUTE: Duration = Duration::from_secs(60);

fn start<'a>(shell: &'a Shell, interface: &Interface, variables: &[(&str, &str)]) -> Function<'a> {
    let own = [("AWS_LAMBDA_RUNTIME_API", interface.address())];
    Function::start(shell, &[&own, variables].concat())
}

/// The rows of a table in the shell's store.
fn counted(shell: &Shell, sql: &str) -> i64 {
    let database = rusqlite::Connection::open(shell.database()).unwrap();
    database.query_row(sql, [], |row| row.get(0)).unwrap()
}

const HELD: &str = "SELECT COUNT(*) FROM snowflake_workers WHERE locked = 1";

#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_answered_in_its_own_form_and_the_end_gives_the_worker_id_back() {
    let (shell, token) = house("");
    let mut interface = Interface::start().await;
    let function = start(&shell, &interface, &[("_HANDLER", "bootstrap")]);
    // a batch: what can never work is a dead letter, nothing is left to be sent again
    let batch = sqs("orders", &[("1", "", envelope("raw_change", "a", &token)), ("2", "", "no JSON".to_owned())]);
    let told = interface.invoke("r-1", batch.to_string(), MINUTE).await;
    assert_eq!((told.path.as_str(), &told.body), ("invocation/r-1/response", &json!({"batchItemFailures": []})));
    // a direct call: the result document
    let told = interface.invoke("r-2", envelope("raw_change", "b", &token), MINUTE).await;
    assert_eq!((&told.body["received"], &told.body["succeeded"], &told.body["results"][0]["status"]), (&json!(1), &json!(1), &json!("done")));
    // a request
    let request = json!({"version": "2.0", "rawPath": "/pipeline/data", "rawQueryString": "", "headers": {"authorization": format!("pat {token}")},
        "requestContext": {"http": {"method": "POST"}}, "body": json!({"code": "raw_change", "data": {"op": "c"}}).to_string(), "isBase64Encoded": false});
    let told = interface.invoke("r-3", request.to_string(), MINUTE).await;
    assert_eq!((&told.body["statusCode"], &told.body["isBase64Encoded"]), (&json!(200), &json!(false)));
    // what is no event at all is a dead letter, too
    let told = interface.invoke("r-4", "\u{0}garbage", MINUTE).await;
    assert_eq!((told.path.as_str(), &told.body["bad"]), ("invocation/r-4/response", &json!(1)));
    assert_eq!(interface.calls()[0], "register");
    assert_eq!(counted(&shell, HELD), 1);
    let ended = function.stop();
    assert!(ended.status.success(), "{ended:?}");
    assert!(ended.took < Duration::from_millis(300), "{:?}", ended.took);
    assert_eq!(counted(&shell, HELD), 0);
    // a line a log entry, each a document
    assert!(ended.stderr.lines().all(|line| serde_json::from_str::<Json>(line).is_ok()), "{}", ended.stderr);
    assert_eq!(shell.count("raw_change"), 3);
    assert_eq!(shell.run(&["dead", "list", "--json"]).expect(0).lines().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_time_does_not_suffice_for_is_told_as_not_done() {
    let (shell, token) = house("");
    let mut interface = Interface::start().await;
    let function = start(&shell, &interface, &[("FUNCTION_PROFILE", "qinling")]);
    let over = Duration::ZERO;
    let batch = sqs("orders", &[("1", "", envelope("raw_change", "a", &token)), ("2", "", envelope("raw_change", "b", &token))]);
    // it is warm, so that only the batch is out of time
    assert_eq!(interface.invoke("r-0", "{\"Event\": \"s3:TestEvent\"}", MINUTE).await.body["ignored"], 1);
    let told = interface.invoke("r-1", batch.to_string(), over).await;
    let failures = &told.body["batchItemFailures"];
    // either each message was told, or the invocation as a whole
    assert!(failures.as_array().is_some_and(|items| items.len() == 2) || told.error_type.as_deref() == Some("limit-deadline"), "{told:?}");
    let told = interface.invoke("r-2", envelope("raw_change", "c", &token), over).await;
    assert_eq!((told.path.as_str(), told.error_type.as_deref()), ("invocation/r-2/error", Some("limit-deadline")));
    assert_eq!((&told.body["code"], &told.body["status"], &told.body["stackTrace"]), (&json!("timeout"), &json!("failed"), &json!([])));
    let told = interface.invoke("r-3", batch.to_string(), MINUTE).await;
    assert_eq!(told.body, json!({"batchItemFailures": []}));
    assert!(function.stop().status.success());
    assert_eq!(shell.count("raw_change"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_in_the_middle_waits_for_nobody_and_the_event_has_its_effect_once() {
    let (shell, token) = house("");
    let mut interface = Interface::start().await;
    let function = start(&shell, &interface, &[]);
    assert_eq!(interface.invoke("r-0", "{\"Event\": \"s3:TestEvent\"}", MINUTE).await.body["ignored"], 1);
    // somebody else writes all the time
    let other = rusqlite::Connection::open(shell.database()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let batch = sqs("orders", &[("1", "", envelope("raw_change", "a", &token))]).to_string();
    interface.hand_over("r-1", &batch, MINUTE);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let ended = function.stop();
    assert!(ended.status.success() && ended.took < Duration::from_millis(600), "{ended:?}");
    other.execute_batch("ROLLBACK").unwrap();
    let mut interface = Interface::start().await;
    let function = start(&shell, &interface, &[]);
    for id in ["r-2", "r-3"] {
        assert_eq!(interface.invoke(id, &batch, MINUTE).await.body, json!({"batchItemFailures": []}));
    }
    assert!(function.stop().status.success());
    assert_eq!(shell.count("raw_change"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_are_wrong_are_told_to_the_platform() {
    let shell = Shell::new();
    let mut interface = Interface::start().await;
    let mut function = start(&shell, &interface, &[("EVENT_DEDUP", "perhaps")]);
    let told = interface.told().await;
    assert_eq!((told.path.as_str(), told.error_type.as_deref()), ("init/error", Some("config-value-wrong")));
    assert!(told.body["errorMessage"].as_str().unwrap().contains("event.dedup"), "{told:?}");
    assert_eq!(function.wait().status.code(), Some(78));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_fails_events_and_ends_nothing() {
    let (shell, token) = house("");
    let Some(server) = Server::Postgres.own(None) else { return };
    let url = server.fresh().await;
    let folder = shell.write("definitions.json", definitions().to_string());
    shell.run(&["apply", "--storage", &url, &folder]).expect(0);
    let token_there = shell.run(&["pat", "issue", "--storage", &url]).expect(0).stdout.trim_end().to_owned();
    shell.keep_secret(nightowl_tests::shell::secret_of(&token_there));
    drop(token);
    server.kill();
    let mut interface = Interface::start().await;
    let variables = [("NIGHTOWL_STORAGE", url.as_str()), ("NIGHTOWL_STORAGE__ACQUIRE_TIMEOUT_SECONDS", "2")];
    let function = start(&shell, &interface, &variables);
    let event = |op: &str| envelope("raw_change", op, &token_there);
    // away at the start
    let told = interface.invoke("r-1", event("a"), MINUTE).await;
    assert_eq!(told.path, "invocation/r-1/error", "{told:?}");
    assert!(told.error_type.unwrap().starts_with("storage-"));
    let request = json!({"version": "2.0", "rawPath": "/ready", "rawQueryString": "", "headers": {}, "requestContext": {"http": {"method": "GET"}}});
    let told = interface.invoke("r-2", request.to_string(), MINUTE).await;
    assert_eq!((told.path.as_str(), &told.body["statusCode"]), ("invocation/r-2/response", &json!(503)));
    server.restart();
    assert_eq!(interface.invoke("r-3", event("b"), MINUTE).await.body["succeeded"], 1);
    // away in the middle: all messages of a batch are to be sent again, and are done then
    server.kill();
    let batch = sqs("orders", &[("1", "", event("c")), ("2", "", event("d"))]).to_string();
    let told = interface.invoke("r-4", &batch, MINUTE).await;
    assert_eq!(told.body["batchItemFailures"].as_array().map(Vec::len), Some(2), "{told:?}");
    server.restart();
    assert_eq!(interface.invoke("r-5", &batch, MINUTE).await.body, json!({"batchItemFailures": []}));
    assert!(function.stop().status.success());
    assert_eq!(shell.run(&["rows", "raw_change", "--storage", &url]).expect(0).lines().len(), 3);
}

/// cargo-lambda's emulator, which lives as long as this.
struct CargoLambda {
    child: Child,
    port: u16,
}

/// The package, without the compilers that it would fetch to build with.
const CARGO_LAMBDA: [&str; 2] = ["--no-deps", "cargo-lambda==1.9.2"];

impl CargoLambda {
    /// Starts it; none where it can not be had.
    fn start(shell: &Shell) -> Option<Self> {
        let program = match tools::python("cargo-lambda", &CARGO_LAMBDA) {
            Ok(python) => python.with_file_name("cargo-lambda"),
            Err(error) => {
                skipped(&format!("no cargo-lambda can be had: {error:#}"));
                return None;
            }
        };
        // it asks cargo which project it stands in
        let manifest = "[package]\nname = \"bootstrap\"\nversion = \"0.0.0\"\nedition = \"2024\"\n";
        shell.write("host/Cargo.toml", manifest);
        shell.write("host/src/main.rs", "fn main() {}\n");
        let port = free_port();
        let child = Command::new(program)
            .args(["lambda", "watch", "--only-lambda-apis", "-P", &port.to_string()])
            .current_dir(shell.path("host"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let began = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < MINUTE, "cargo-lambda does not listen");
            thread::sleep(Duration::from_millis(50));
        }
        Some(Self { child, port })
    }
}

impl Drop for CargoLambda {
    fn drop(&mut self) {
        if self.child.kill().is_ok() {
            drop(self.child.wait());
        }
    }
}

#[test]
fn the_real_bootstrap_is_invoked_over_cargo_lambda() {
    let (shell, token) = house("");
    let Some(emulator) = CargoLambda::start(&shell) else { return };
    let address = format!("127.0.0.1:{}", emulator.port);
    let api = format!("{address}/.rt/bootstrap");
    let function = Function::start(&shell, &[("AWS_LAMBDA_RUNTIME_API", &api), ("AWS_LAMBDA_FUNCTION_NAME", "bootstrap")]);
    let invoke =
        |event: &str| send(&address, "POST", "/2015-03-31/functions/bootstrap/invocations", &[("Content-Type", "application/json")], event.as_bytes()).unwrap();
    let batch = sqs("orders", &[("1", "", envelope("raw_change", "a", &token)), ("2", "", "{}".to_owned())]).to_string();
    assert_eq!(invoke(&batch).json(), json!({"batchItemFailures": []}));
    let answer = invoke(&envelope("raw_change", "b", &token)).json();
    assert_eq!((&answer["succeeded"], &answer["bad"]), (&json!(1), &json!(0)), "{answer}");
    assert!(function.stop().status.success());
    assert_eq!(shell.count("raw_change"), 2);
}
