//! `nightowl eval`: runs value vectors (values.md §10.1).

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use nightowl_core::vector::{read_file, run_case};

use super::{CliError, output};

/// Run value vectors.
#[derive(Debug, Args)]
pub(super) struct EvalArgs {
    /// Vector files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(super) fn run(args: &EvalArgs) -> Result<ExitCode, CliError> {
    let (mut passed, mut failed) = (0_usize, 0_usize);
    for file in &args.files {
        let text = std::fs::read_to_string(file)?;
        let cases = read_file(&text).map_err(|error| CliError::Usage(format!("{}: {error}", file.display())))?;
        for case in cases {
            let (is_passed, line) = match case {
                Ok(case) => {
                    let report = run_case(&case);
                    (report.passed, format!("{}: expected {}, got {}", report.id, report.expected, report.got))
                }
                Err(error) => (false, error.to_string()),
            };
            if is_passed {
                passed += 1;
            } else {
                failed += 1;
                output::line(&line)?;
            }
        }
    }
    output::line(&format!("{passed} passed, {failed} failed"))?;
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
