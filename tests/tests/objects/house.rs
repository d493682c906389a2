//! A house whose events name objects in its own folders, or in an emulator.

use std::process::{Child, Command, Stdio};

use nightowl_tests::shell::{Outcome, Shell};
use serde_json::{Value as Json, json};

/// The topics: one for documents, one for values, one with a pipeline that fails on purpose.
pub(crate) fn definitions() -> Json {
    let factor = |id: &str, name: &str, more: &Json| {
        let mut factor = json!({"factorId": id, "name": name, "type": "text"});
        factor.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        factor
    };
    json!({"topics": [
        {"topicId": "1", "name": "raw_order", "type": "raw", "kind": "business", "tenantId": "1", "factors": [factor("11", "no", &json!({"flatten": true}))]},
        {"topicId": "2", "name": "line", "type": "distinct", "kind": "business", "tenantId": "1",
            "factors": [factor("21", "no", &json!({"precision": "50"})), factor("22", "name", &json!({}))]}
    ]})
}

/// A shell with these definitions applied, these routes in its settings, and a token that every route may use.
pub(crate) fn house(routes: &str) -> (Shell, String) {
    let shell = Shell::new();
    let path = shell.write("definitions.json", definitions().to_string());
    shell.write("nightowl.toml", routes);
    assert_eq!(shell.run(&["apply", &path]).code, Some(0));
    let token = shell.issue(&[]);
    shell.write("token", &token);
    (shell, token)
}

/// An S3 event of objects, each a key as the event has it and a state.
pub(crate) fn s3_event(bucket: &str, objects: &[(&str, &str)]) -> Json {
    let records: Vec<Json> = objects
        .iter()
        .map(|(key, etag)| {
            json!({"eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1", "eventName": "ObjectCreated:Put",
                "s3": {"bucket": {"name": bucket}, "object": {"key": key, "size": 1, "eTag": etag}}})
        })
        .collect();
    json!({"Records": records})
}

/// The variables of a process whose objects lie in the folder `objects` of its data.
pub(crate) fn local() -> Vec<(String, String)> {
    vec![("OBJECT_STORAGE_DRIVER".to_owned(), "local".to_owned())]
}

/// A process that takes an event as a function runtime does.
pub(crate) fn taker(shell: &Shell, variables: &[(String, String)], event: &Json) -> Child {
    let path = shell.write("event.json", event.to_string());
    let of_shell = shell.command(&[]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_take_event"));
    command.current_dir(shell.path("")).env_clear();
    for (name, value) in of_shell.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command.envs(variables.iter().cloned()).stdin(std::fs::File::open(path).unwrap());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Takes an event and gives how it ended; the result document is on stdout.
pub(crate) fn take(shell: &Shell, variables: &[(String, String)], event: &Json) -> Outcome {
    let ended = taker(shell, variables, event).wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let outcome = Outcome { code: ended.status.code(), stdout: text(ended.stdout), stderr: text(ended.stderr) };
    shell.assert_clean("an event on stdout", &outcome.stdout);
    shell.assert_clean("an event on stderr", &outcome.stderr);
    outcome
}

/// The counts of a result document: succeeded, failed, bad, ignored, skipped.
pub(crate) fn counts(outcome: &Outcome) -> [u64; 5] {
    let document = outcome.summary();
    ["succeeded", "failed", "bad", "ignored", "skipped"].map(|name| document[name].as_u64().unwrap())
}

/// Puts an object into the folder of a bucket.
pub(crate) fn put(shell: &Shell, bucket: &str, key: &str, content: impl AsRef<[u8]>) {
    shell.write(&format!("data/objects/{bucket}/{key}"), content);
}

/// An envelope for the raw topic.
pub(crate) fn envelope(no: &str, token: &str) -> Json {
    json!({"code": "raw_order", "data": {"no": no}, "pat": token})
}

/// The order numbers of a topic's rows, sorted.
pub(crate) fn numbers(shell: &Shell, topic: &str) -> Vec<String> {
    let mut found: Vec<String> = shell.rows(topic).iter().map(|row| row["no"].as_str().unwrap_or_default().to_owned()).collect();
    found.sort();
    found
}

/// The open dead letters.
pub(crate) fn letters(shell: &Shell) -> Vec<Json> {
    shell.run(&["dead", "list", "--json"]).expect(0).lines()
}
