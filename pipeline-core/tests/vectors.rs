//! Vectors: those of values.md, and further ones beside this file in the same schema.

use std::path::Path;

use nightowl_core::vector::{read_file, run_case};

/// Runs all cases of a file, path from the folder of this crate; gives how many were run, and what failed.
fn run_vectors(file: &str) -> Result<(usize, Vec<String>), Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file))?;
    let mut failures = Vec::new();
    let mut run = 0;
    for case in read_file(&text)? {
        match case {
            Err(error) => failures.push(error.to_string()),
            Ok(case) => {
                run += 1;
                let report = run_case(&case);
                if !report.passed {
                    failures.push(format!("{}: expected {}, got {}", report.id, report.expected, report.got));
                }
            }
        }
    }
    Ok((run, failures))
}

#[test]
fn the_vectors_of_the_specification_hold() {
    let (run, failures) = run_vectors("../../shared/vectors/values.json").unwrap();
    assert!(failures.is_empty(), "{} of {run} failed:\n{}", failures.len(), failures.join("\n"));
    assert!(run >= 320, "only {run} cases were run");
}

#[test]
fn the_rules_beyond_them_hold() {
    for (file, least) in [("rules", 80), ("functions", 900), ("casts", 350), ("computations", 300), ("preparation", 180), ("criteria", 400)] {
        let (run, failures) = run_vectors(&format!("tests/vectors/{file}.json")).unwrap();
        assert!(failures.is_empty(), "{} of {run} in {file} failed:\n{}", failures.len(), failures.join("\n"));
        assert!(run >= least, "only {run} cases of {file} were run");
    }
}
