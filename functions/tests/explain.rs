//! `nightowl explain` against golden texts: what it prints of a pipeline is what people compare before and after a change.
//! `NIGHTOWL_GOLDEN=write` writes them anew, to be read before they are committed.
#![expect(clippy::unwrap_used, reason = "what a test can not set up ends it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value as Json;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/explain")
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nightowl"));
    command.current_dir(folder()).env_clear().args(["explain", "-d", "cascade.json"]).args(arguments);
    command
}

fn explain(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn golden(pipeline: &str, code: i32) {
    compare(&explain(&[pipeline]), pipeline, code);
}

fn compare(output: &Output, name: &str, code: i32) {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(output.status.code(), Some(code), "{text}");
    let file = folder().join(format!("{name}.txt"));
    if std::env::var("NIGHTOWL_GOLDEN").is_ok_and(|mode| mode == "write") {
        fs::write(&file, &text).unwrap();
    }
    assert_eq!(text, fs::read_to_string(&file).unwrap());
}

#[test]
fn stages_loops_and_statements_are_shown() {
    golden("100", 0);
}

#[test]
fn criteria_without_columns_are_values() {
    golden("200", 0);
}

#[test]
fn a_circle_has_no_bound() {
    golden("300", 0);
}

#[test]
fn a_broken_pipeline_is_explained_as_far_as_it_goes() {
    golden("400", 1);
}

/// Without a unique index a guard is locked on a server, and the row looked for again; SQLite has one writer anyway.
#[test]
fn the_guard_of_an_upsert_is_counted_where_there_is_one() {
    golden("500", 0);
    let server = command(&["500"]).env("NIGHTOWL_STORAGE", "postgres://nobody@127.0.0.1:1/none").output().unwrap();
    compare(&server, "500-postgres", 0);
}

#[test]
fn a_name_that_two_pipelines_have_is_wrong_usage() {
    let output = explain(&["read"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("give one of the ids 100, 400"));
    assert_eq!(explain(&["nobody"]).status.code(), Some(1));
}

#[test]
fn a_name_does_as_well_as_an_id_and_json_says_the_same() {
    let output = explain(&["--json", "sum"]);
    let json: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["pipelineId"], "200");
    assert_eq!(json["type"], "insert-or-merge");
    assert_eq!(json["roundTrips"], "2");
    assert_eq!(json["circle"], serde_json::json!(["there"]));
    assert!(json["cascadeRoundTrips"].is_null());
    assert_eq!(json["stages"][0]["units"][0]["actions"][0]["statements"].as_array().unwrap().len(), 3);
}
