//! The binary `nightowl`.

use std::process::ExitCode;

fn main() -> ExitCode {
    nightowl::cli::main()
}
