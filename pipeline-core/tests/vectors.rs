//! Vectors: those of values.md that need no storage, and further ones beside this file in the same schema.

use std::path::Path;

use nightowl_core::vector::{CaseKind, read_file, run_case};

/// Runs all cases of a file, path from the folder of this crate.
fn run_vectors(file: &str, at_least: usize) {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect("the vectors are beside the repository");
    let mut failures = Vec::new();
    let mut run = 0;
    for case in read_file(&text).expect("it is a file of cases") {
        match case {
            Err(error) => failures.push(error.to_string()),
            Ok(case) if case.kind == CaseKind::StorageCriteria => {}
            Ok(case) => {
                run += 1;
                let report = run_case(&case);
                if !report.passed {
                    failures.push(format!("{}: expected {}, got {}", report.id, report.expected, report.got));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{} of {run} failed:\n{}", failures.len(), failures.join("\n"));
    assert!(run >= at_least, "only {run} cases were run");
}

#[test]
fn the_vectors_of_the_specification_hold() {
    run_vectors("../../shared/vectors/values.json", 304);
}

#[test]
fn the_rules_beyond_them_hold() {
    run_vectors("tests/vectors/rules.json", 40);
}
