//! The binary `nightowl`.

use std::process::ExitCode;

/// Rows and documents are many small pieces of memory, made on one thread and given back on another.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    nightowl::cli::main()
}
