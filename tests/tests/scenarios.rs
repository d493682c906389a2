//! Recorded scenarios and value vectors through the verbs that run them, and that these verbs see what is wrong: a suite
//! that passes whatever it is given says nothing.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

use std::fs;
use std::path::Path;

use nightowl_tests::shell::{Outcome, Shell};
use serde_json::{Value as Json, json};

fn shared(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared").join(path).to_str().unwrap().to_owned()
}

/// The recorded scenarios, by name.
fn scenario_files() -> Vec<String> {
    let entries = fs::read_dir(shared("scenarios")).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<String> =
        entries.filter(|path| path.extension().is_some_and(|ending| ending == "json")).map(|path| path.to_str().unwrap().to_owned()).collect();
    files.sort();
    files
}

/// The scenarios of the project itself, whose expectations are derived from the specification; `about` names the rule.
fn own_scenario_files() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/scenarios");
    let mut files: Vec<String> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path().to_str().unwrap().to_owned()).collect();
    files.sort();
    files
}

fn scenario(name: &str) -> Json {
    serde_json::from_str(&fs::read_to_string(shared(&format!("scenarios/{name}.json"))).unwrap()).unwrap()
}

fn last_line(outcome: &Outcome) -> &str {
    outcome.stdout.lines().last().unwrap_or_default()
}

#[test]
fn every_recorded_scenario_passes() {
    let files = scenario_files();
    assert!(files.len() >= 43, "{} scenarios", files.len());
    let deviations = shared("deviations.json");
    let mut arguments = vec!["test", "--deviations", &deviations];
    arguments.extend(files.iter().map(String::as_str));
    let outcome = Shell::new().run(&arguments).expect(0);
    assert_eq!(last_line(&outcome), format!("{} passed, 0 failed", files.len()));
    assert_eq!(outcome.stdout.lines().count(), files.len() + 1, "a line each, then the sum");
}

#[test]
fn every_scenario_of_the_project_passes() {
    let files = own_scenario_files();
    assert!(!files.is_empty());
    let mut arguments = vec!["test"];
    arguments.extend(files.iter().map(String::as_str));
    let outcome = Shell::new().run(&arguments);
    assert_eq!(last_line(&outcome), format!("{} passed, 0 failed", files.len()), "{}", outcome.stdout);
}

#[test]
fn deviations_are_needed_and_only_those_that_are_named() {
    let files = scenario_files();
    let mut arguments = vec!["test"];
    arguments.extend(files.iter().map(String::as_str));
    let outcome = Shell::new().run(&arguments).expect(1);
    let list: Json = serde_json::from_str(&fs::read_to_string(shared("deviations.json")).unwrap()).unwrap();
    let deviating = |name: &str| list.as_array().unwrap().iter().any(|deviation| deviation["scenario"] == name);
    for line in outcome.stdout.lines() {
        if let Some(name) = line.strip_prefix("FAILED ") {
            let name = name.split([' ', ':']).next().unwrap();
            assert!(deviating(name), "{name} differs and no deviation says so");
        }
    }
}

/// Runs a copy of a scenario in which something was changed; gives what is on stdout, and the exit code.
fn run_changed(name: &str, change: impl FnOnce(&mut Json)) -> Outcome {
    let shell = Shell::new();
    let mut document = scenario(name);
    change(&mut document);
    let file = shell.write(&format!("{name}.json"), document.to_string());
    shell.run(&["test", "--deviations", &shared("deviations.json"), &file])
}

#[test]
fn an_unchanged_copy_passes() {
    let outcome = run_changed("merge-row", |_| {}).expect(0);
    assert_eq!(last_line(&outcome), "1 passed, 0 failed");
}

#[test]
fn another_value_of_a_row_is_found_and_its_place_told() {
    let outcome = run_changed("merge-row", |document| document["expect"]["topics"]["mr_row"][0]["keep"] = json!("another")).expect(1);
    assert_eq!(last_line(&outcome), "0 passed, 1 failed");
    for part in ["merge-row", "mr_row", "keep", "another", "d1"] {
        assert!(outcome.stdout.contains(part), "\"{part}\" is not in: {}", outcome.stdout);
    }
}

#[test]
fn a_row_too_many_a_log_too_few_and_an_error_too_few_are_found() {
    let rows = run_changed("merge-row", |document| document["expect"]["topics"]["mr_row"].as_array_mut().unwrap().truncate(2)).expect(1);
    assert!(rows.stdout.contains("mr_row"), "{}", rows.stdout);
    let logs = run_changed("merge-row", |document| document["expect"]["logs"].as_array_mut().unwrap().truncate(1)).expect(1);
    assert!(logs.stdout.contains("logs"), "{}", logs.stdout);
    let errors = run_changed("trigger-failures", |document| document["expect"]["errors"].as_array_mut().unwrap().truncate(1)).expect(1);
    assert!(errors.stdout.contains("errors"), "{}", errors.stdout);
}

#[test]
fn a_pipeline_that_does_something_else_is_found() {
    let outcome = run_changed("merge-row", |document| {
        let mapping = &mut document["pipelines"][0]["stages"][0]["units"][0]["do"][0]["mapping"];
        mapping.as_array_mut().unwrap().truncate(1);
    });
    assert_eq!(last_line(&outcome.expect(1)), "0 passed, 1 failed");
}

#[test]
fn a_file_that_is_no_scenario_fails_and_the_others_go_on() {
    let shell = Shell::new();
    let broken = shell.write("broken.json", "{\"name\": ");
    let good = shared("scenarios/alarm-action.json");
    let outcome = shell.run(&["test", "--deviations", &shared("deviations.json"), &broken, &good]).expect(1);
    assert_eq!(last_line(&outcome), "1 passed, 1 failed");
    assert!(outcome.stdout.contains("broken"), "{}", outcome.stdout);
}

#[test]
fn the_environment_has_no_say_in_scenarios() {
    let shell = Shell::new();
    let variables = [("NIGHTOWL_ENGINE__TIME_ZONE", "Asia/Shanghai"), ("NIGHTOWL_ENGINE__ATOMICITY", "trigger"), ("TZ", "Asia/Shanghai")];
    let files = ["date-functions", "trigger-failures", "sample-raw-topic-flow"].map(|name| shared(&format!("scenarios/{name}.json")));
    let deviations = shared("deviations.json");
    let arguments = ["test", "--deviations", &deviations, &files[0], &files[1], &files[2]];
    let outcome = shell.run_with(&arguments, &variables, b"").expect(0);
    assert_eq!(last_line(&outcome), "3 passed, 0 failed");
}

#[test]
fn every_vector_passes_and_a_wrong_one_is_told_with_what_came() {
    let shell = Shell::new();
    let file = shared("vectors/values.json");
    let outcome = shell.run(&["eval", &file]).expect(0);
    let vectors: Json = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    let count = vectors.as_array().unwrap().len();
    assert_eq!(last_line(&outcome), format!("{count} passed, 0 failed"));
    let wrong = vectors.as_array().unwrap().iter().find(|case| case["expect"].is_string()).unwrap();
    let mut wrong = wrong.clone();
    let came = wrong["expect"].as_str().unwrap().to_owned();
    wrong["expect"] = json!("something else");
    let wrong_file = shell.write("wrong.json", json!([wrong]).to_string());
    let outcome = shell.run(&["eval", &wrong_file]).expect(1);
    assert_eq!(last_line(&outcome), "0 passed, 1 failed");
    for part in [wrong["id"].as_str().unwrap(), "something else", &came] {
        assert!(outcome.stdout.contains(part), "\"{part}\" is not in: {}", outcome.stdout);
    }
}
