//! A house whose pipeline sends each row of a topic to one writer.

use std::process::Command;

use nightowl_tests::http::send;
use nightowl_tests::shell::Shell;
use serde_json::{Value as Json, json};

/// The access key of every test; its secret may be seen nowhere.
pub(crate) const KEY: [(&str, &str); 3] = [("AWS_ACCESS_KEY_ID", "AKIDTEST"), ("AWS_SECRET_ACCESS_KEY", SECRET), ("AWS_REGION", "us-east-1")];
pub(crate) const SECRET: &str = "wJalrXUtnFEMIK7MDENGbPxRfiCYtestonly";
/// Set in a process that a test started of itself.
const INSIDE: &str = "NIGHTOWL_TESTS_INSIDE";

/// A shell with a topic `order`, each row of which goes to a writer.
pub(crate) fn house(writer: &Json) -> Shell {
    house_with(writer, "")
}

/// The same with more settings.
pub(crate) fn house_with(writer: &Json, settings: &str) -> Shell {
    let shell = Shell::new();
    shell.keep_secret(SECRET);
    shell.write("nightowl.toml", format!("[external]\nallow = [\"127.0.0.1\"]\n[engine]\nexternal_retry_times = 1\n{settings}"));
    let mut full = json!({"writerId": "w", "writerCode": "out", "tenantId": "1"});
    full.as_object_mut().unwrap().extend(writer.as_object().unwrap().clone());
    let definitions = json!([
        full,
        {"topicId": "t", "name": "order", "type": "raw", "kind": "business", "tenantId": "1", "factors": [
            {"factorId": "f1", "name": "no", "type": "text", "flatten": true}, {"factorId": "f2", "name": "amount", "type": "number"}]},
        {"pipelineId": "p", "topicId": "t", "name": "send", "type": "insert", "enabled": true, "tenantId": "1", "stages": [{"stageId": "s", "units": [
            {"unitId": "u", "do": [{"actionId": "a", "type": "write-to-external", "externalWriterId": "w", "eventCode": "order_made"}]}]}]},
    ]);
    shell.run(&["apply", &shell.write("definitions.json", definitions.to_string())]).expect(0);
    let token = shell.issue(&[]);
    shell.write("token", token);
    shell
}

/// Fires orders with these numbers, each with the trace id `t-<number>`; the process sends what they hand over before it
/// ends.
pub(crate) fn fire(shell: &Shell, numbers: &[&str], variables: &[(&str, &str)]) {
    fire_noted(shell, numbers, "", variables);
}

/// The same, each with a note of so many bytes.
pub(crate) fn fire_large(shell: &Shell, bytes: usize, variables: &[(&str, &str)]) {
    fire_noted(shell, &["A-1"], &"x".repeat(bytes), variables);
}

fn fire_noted(shell: &Shell, numbers: &[&str], note: &str, variables: &[(&str, &str)]) {
    let token = std::fs::read_to_string(shell.path("token")).unwrap();
    let line = |no: &&str| json!({"code": "order", "data": {"no": no, "amount": 1.5, "note": note}, "traceId": format!("t-{no}")}).to_string();
    let lines: Vec<String> = numbers.iter().map(line).collect();
    let path = shell.write("orders.ndjson", lines.join("\n"));
    shell.run_with(&["trigger", &path, "--pat", &token, "--again"], variables, b"").expect(0);
}

/// The ids of rows by their numbers.
pub(crate) fn id_of(shell: &Shell, no: &str) -> String {
    let rows = shell.run(&["rows", "order", "--fixed", "--where", &format!("no={no}")]).expect(0).lines();
    rows[0]["id_"].as_str().unwrap().to_owned()
}

/// Dead letters of the writer, as lists show them.
pub(crate) fn letters(shell: &Shell) -> Vec<Json> {
    shell.run(&["dead", "list", "--json"]).expect(0).lines()
}

/// One operation of an API of AWS on the emulator.
pub(crate) fn aws(url: &str, service: &str, target: &str, body: &Json) -> Json {
    let address = url.strip_prefix("http://").unwrap();
    let authorization = format!("AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=x");
    let headers = [("Content-Type", "application/x-amz-json-1.0"), ("X-Amz-Target", target), ("Authorization", authorization.as_str())];
    let answer = send(address, "POST", "/", &headers, body.to_string().as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

/// A queue of the emulator, by its URL.
pub(crate) fn queue(url: &str, name: &str) -> String {
    let attributes = if name.ends_with(".fifo") { json!({"FifoQueue": "true"}) } else { json!({}) };
    let made = aws(url, "sqs", "AmazonSQS.CreateQueue", &json!({"QueueName": name, "Attributes": attributes}));
    let made = made["QueueUrl"].as_str().unwrap();
    // the emulator may name itself otherwise
    format!("{url}/{}", made.splitn(4, '/').nth(3).unwrap())
}

/// What is in a queue.
pub(crate) fn messages(url: &str, queue: &str) -> Vec<Json> {
    let ask = json!({"QueueUrl": queue, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"], "MessageSystemAttributeNames": ["All"], "AttributeNames": ["All"]});
    let answer = aws(url, "sqs", "AmazonSQS.ReceiveMessage", &ask);
    answer["Messages"].as_array().cloned().unwrap_or_default()
}

/// Whether this is the process in which variables are set; else the test is run in such a one. A process can not set
/// variables of its own safely.
pub(crate) fn inside(test: &str, variables: &[(&str, &str)]) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command.args([test, "--exact", "--nocapture"]).envs(variables.iter().copied()).env(INSIDE, "1").output().unwrap();
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
    assert!(!told.contains(SECRET), "the secret of the key is seen");
    false
}
