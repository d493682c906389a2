//! The binary `nightowl`, as the tests of the command line run it.
//!
//! Cargo gives the path of a binary only to tests of its own package, so it is found beside the test that runs: in the
//! same target folder, of the same profile. `cargo build` is asked first, once in a process: a binary that is there and
//! up to date costs it a moment, one that is missing or older than its sources is made. So a test never runs yesterday's.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "without the binary a test can only end")]

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The path of the binary, which is up to date.
pub fn nightowl() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(build)
}

/// How the names of variables begin by which cargo tells a test of its package.
const TOLD: [&str; 5] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_", "CARGO_BIN_", "CARGO_PRIMARY_"];

fn build() -> PathBuf {
    let test = env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).expect("tests lie in <target>/<profile>/deps");
    let target = profile.parent().expect("tests lie in <target>/<profile>/deps");
    let name = match profile.file_name().and_then(|name| name.to_str()) {
        Some("debug") => "dev",
        Some(name) => name,
        None => panic!("{} names no profile", profile.display()),
    };
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    // What cargo tells this test of its own package is not for that build: build scripts that read it would run again.
    for (name, _) in env::vars_os() {
        let told = name.to_str().is_some_and(|name| TOLD.iter().any(|head| name.starts_with(head)));
        if told {
            build.env_remove(name);
        }
    }
    let built = build
        .args(["build", "--quiet", "--locked", "--package", "nightowl", "--bin", "nightowl", "--profile", name, "--target-dir"])
        .arg(target)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .output()
        .expect("cargo can be run");
    assert!(built.status.success(), "failed to build the binary: {}", String::from_utf8_lossy(&built.stderr));
    profile.join(format!("nightowl{}", env::consts::EXE_SUFFIX))
}
