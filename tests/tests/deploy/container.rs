//! The container file.

use crate::{check, deploy, read, settings_hold};

#[test]
fn the_container_file_passes_its_linter() {
    let path = deploy("container/Dockerfile");
    // DL3008: versions of Debian's packages are not pinned, since Debian keeps one version of each
    let Some((done, told)) = check("hadolint", &["--no-color", "--ignore", "DL3008", path.to_str().unwrap()]) else { return };
    assert!(done, "{told}");
}

#[test]
fn the_container_runs_as_nobody_and_its_variables_are_settings() {
    let text = read("container/Dockerfile");
    let last: Vec<&str> = text.split("\nFROM ").last().unwrap().lines().collect();
    assert_eq!(last[0], "scratch");
    let user = last.iter().find_map(|line| line.strip_prefix("USER ")).unwrap();
    assert!(user.split(':').all(|id| id.parse::<u32>().is_ok_and(|id| id > 0)), "{user}");
    let words = last.iter().flat_map(|line| line.split_whitespace()).filter_map(|word| word.split_once('='));
    let mut variables: Vec<(String, String)> = words.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    assert!(variables.iter().any(|(name, _)| name == "NIGHTOWL_LISTEN"));
    variables.push(("NIGHTOWL_STORAGE".to_owned(), String::new()));
    settings_hold(&variables);
}
