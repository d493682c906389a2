//! `nightowl lint`: what it prints of definition files, and how it ends.

#![expect(clippy::unwrap_used, reason = "what a test can not set up ends it")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value as Json, json};

/// Runs the verb in a folder of its own.
fn lint(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nightowl"));
    command.current_dir(folder).env_clear().arg("lint").args(arguments).output().unwrap()
}

fn write(folder: &Path, file: &str, json: &Json) {
    fs::write(folder.join(file), json.to_string()).unwrap();
}

fn topic(id: &str, name: &str, factors: &Json) -> Json {
    json!({"topicId": id, "name": name, "type": "distinct", "factors": factors})
}

#[test]
fn sound_definitions_pass_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "topics.json", &json!([topic("t", "orders", &json!([{"factorId": "f", "name": "no", "type": "text"}]))]));
    let output = lint(folder.path(), &["topics.json"]);
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
    let output = lint(folder.path(), &["--json", "."]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "[]\n");
}

#[test]
fn every_problem_names_its_file() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.json", &json!([topic("t", "orders", &json!([{"factorId": "f", "name": "no", "type": "txt"}]))]));
    let action = json!({"actionId": "a", "type": "read-row", "topicId": "zz", "variableName": "v", "by": {"filters": []}});
    let stages = json!([{"stageId": "s", "units": [{"unitId": "u", "do": [action]}]}]);
    write(folder.path(), "b.json", &json!({"pipelineId": "p", "topicId": "t", "name": "copy", "stages": stages}));
    fs::write(folder.path().join("c.json"), "{").unwrap();
    let output = lint(folder.path(), &["a.json", "b.json", "c.json"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().map(|line| line.split(" (").next().unwrap()).collect();
    assert_eq!(
        lines,
        vec![
            "error[definition-unknown-value] a.json: topic \"orders\" / factor \"no\" / type: \"txt\" is not known",
            "error[definition-file-syntax] file \"c.json\": EOF while parsing an object at line 1 column 1",
            "error[definition-topic-unknown] b.json: pipeline \"copy\" / stage \"s\" / unit \"u\" / action \"a\" / topicId: there is no topic \"zz\"",
        ]
    );
    let output = lint(folder.path(), &["--json", "a.json", "b.json", "c.json"]);
    let problems: Vec<Json> = serde_json::from_slice(&output.stdout).unwrap();
    let files: Vec<&str> = problems.iter().map(|problem| problem["file"].as_str().unwrap()).collect();
    assert_eq!(files, vec!["a.json", "c.json", "b.json"]);
    assert!(problems.iter().all(|problem| problem["severity"] == "error" && problem["remedy"].is_string()));
}

#[test]
fn what_the_store_may_still_know_is_an_error_here() {
    let folder = tempfile::tempdir().unwrap();
    let secret = json!([{"factorId": "f", "name": "card", "type": "text", "encrypt": "AES256-PKCS5-PADDING"}]);
    write(folder.path(), "a.json", &json!([topic("t", "orders", &secret)]));
    let output = lint(folder.path(), &["a.json"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("error[definition-aes-key-missing] a.json: topic \"orders\" / factor \"card\" / encrypt:"));
    let key = json!({"tenantId": "1", "keyType": "AES256-PKCS5-PADDING", "params": {"key": "k".repeat(32), "iv": "i".repeat(16)}});
    write(folder.path(), "b.json", &key);
    assert!(lint(folder.path(), &["."]).status.success());
}
