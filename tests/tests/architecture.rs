//! The rules of the house that a compiler does not know: who may depend on whom, what the engine may never reach, why a
//! dependency is there, how long a file may be, and that nothing of ours panics. Each rule is a function over plain
//! texts, so that it is seen to fail on a made-up one; then it is put to the workspace itself.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use cargo_metadata::{DependencyKind, MetadataCommand};

/// Who may know whom. `nightowl-tests` may know everybody.
const ARROWS: &[(&str, &[&str])] = &[
    ("nightowl", &["nightowl-storage", "nightowl-auth", "nightowl-core", "nightowl-config"]),
    ("nightowl-storage", &["nightowl-auth", "nightowl-core"]),
    ("nightowl-auth", &["nightowl-core"]),
    ("nightowl-core", &[]),
    ("nightowl-config", &[]),
];
const TESTS: &str = "nightowl-tests";

/// What the engine must not reach, however far down: run times, databases, randomness.
const FORBIDDEN_IN_CORE: &[&str] = &["tokio", "sqlx", "rusqlite", "rand", "getrandom"];

/// How many lines a source file may have.
const LINES: usize = 500;
/// Files that may be longer, each with the reason.
const LONG_FILES: &[(&str, &str)] = &[];

/// What ends the process, or may.
const PANICS: &[&str] = &[".unwrap()", ".expect(", "panic!(", "todo!(", "unimplemented!("];
/// Files that may do so, each with the reason.
const PANICKING_FILES: &[(&str, &str)] = &[];

/// The root of the workspace.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or_else(|| Path::new("."))
}

/// The arrows (from, to) between crates of ours that are not allowed.
fn forbidden_arrows<'a>(crates: &BTreeSet<&'a str>, arrows: &[(&'a str, &'a str)]) -> Vec<String> {
    let rooms = crates.iter().filter(|name| **name != TESTS && !ARROWS.iter().any(|(room, _)| room == *name));
    let mut found: Vec<String> = rooms.map(|name| format!("{name} is no room of the house")).collect();
    for (from, to) in arrows.iter().filter(|(from, to)| *from != TESTS && crates.contains(to)) {
        let allowed = ARROWS.iter().any(|(room, doors)| room == from && doors.contains(to));
        if !allowed {
            found.push(format!("{from} -> {to}"));
        }
    }
    found
}

/// The names of a dependency tree (`name v1.2.3 …`, one a line) that the engine must not reach.
fn forbidden_crates(tree: &str) -> BTreeSet<&str> {
    tree.lines().filter_map(|line| line.split_whitespace().next()).filter(|name| FORBIDDEN_IN_CORE.contains(name)).collect()
}

/// The entries of `[workspace.dependencies]` that do not say why they are there. Those with a path are our own.
fn unexplained_dependencies(manifest: &str) -> Vec<&str> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.trim_end() == "[workspace.dependencies]";
            if line.starts_with("[workspace.dependencies.") {
                found.push(line);
            }
        } else if inside && !line.trim().is_empty() && !line.starts_with('#') && !line.contains("path = ") {
            let reason = line.rsplit_once('#').map_or("", |(_, reason)| reason.trim());
            if reason.is_empty() {
                found.push(line);
            }
        }
    }
    found
}

/// The source without comments and without what is compiled for tests alone, each line with its number.
fn own_lines(source: &str) -> Vec<(usize, &str)> {
    let mut kept = Vec::new();
    let mut lines = source.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let indent = line.len() - line.trim_start().len();
        if line.trim() == "#[cfg(test)]" {
            // The item ends where a line at its own depth closes it; one without a body ends with its first line.
            let ends = |line: &str| line.len() - line.trim_start().len() == indent && (line.ends_with(';') || line.trim() == "}");
            for (_, line) in lines.by_ref() {
                if ends(line) {
                    break;
                }
            }
        } else if !line.trim_start().starts_with("//") {
            kept.push((index + 1, line));
        }
    }
    kept
}

/// Where a source may panic outside of its tests.
fn panics(source: &str) -> Vec<String> {
    let panics = |line: &str| PANICS.iter().any(|text| line.contains(text));
    own_lines(source).into_iter().filter(|(_, line)| panics(line)).map(|(number, line)| format!("{number}: {}", line.trim())).collect()
}

/// Whether a source is longer than a reader can take in.
fn is_too_long(source: &str) -> bool {
    source.lines().count() > LINES
}

/// The listed tests (`file name` a line) that are not where the list says.
fn lost_tests(list: &str, source_of: impl Fn(&str) -> String) -> Vec<&str> {
    let entries = list.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    entries.filter(|line| line.split_once(' ').is_none_or(|(file, name)| !source_of(file).contains(&format!("fn {name}(")))).collect()
}

/// All Rust files below a folder, builds aside.
fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("failed to read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("target") {
            found.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(found)
}

/// The sources that are not tests: path from the root, and content.
fn sources() -> Result<Vec<(String, String)>> {
    let mut sources = Vec::new();
    for room in ["config", "pipeline-core", "auth", "storage", "functions"] {
        for path in rust_files(&root().join(room))? {
            let name = path.strip_prefix(root())?.to_string_lossy().into_owned();
            if !name.split('/').any(|part| matches!(part, "tests" | "tests.rs" | "benches")) {
                sources.push((name, fs::read_to_string(&path)?));
            }
        }
    }
    ensure!(sources.len() > 100, "only {} sources were found", sources.len());
    Ok(sources)
}

#[test]
fn a_forbidden_arrow_is_seen() {
    let crates = BTreeSet::from(["nightowl", "nightowl-core", "nightowl-auth", "nightowl-shed", TESTS]);
    let arrows = [("nightowl", "nightowl-core"), ("nightowl-core", "nightowl-auth"), ("nightowl-core", "serde"), (TESTS, "nightowl")];
    assert_eq!(forbidden_arrows(&crates, &arrows), ["nightowl-shed is no room of the house", "nightowl-core -> nightowl-auth"]);
}

#[test]
fn dependencies_go_only_where_they_may() {
    let metadata = MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().other_options(vec!["--offline".to_owned()]).exec().unwrap();
    let crates: BTreeSet<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let counts = |kind: DependencyKind| matches!(kind, DependencyKind::Normal | DependencyKind::Build);
    let arrows: Vec<(&str, &str)> = metadata
        .packages
        .iter()
        .flat_map(|package| package.dependencies.iter().filter(|to| counts(to.kind)).map(|to| (package.name.as_str(), to.name.as_str())))
        .collect();
    assert!(crates.contains("nightowl-core") && arrows.contains(&("nightowl-storage", "nightowl-core")), "{crates:?}");
    assert_eq!(forbidden_arrows(&crates, &arrows), Vec::<String>::new());
}

#[test]
fn a_crate_that_the_engine_must_not_reach_is_seen() {
    assert_eq!(forbidden_crates("nightowl-core v0.1.0\nphf v0.12.1\ngetrandom v0.4.1 (*)\nrandom v1.0.0\n"), BTreeSet::from(["getrandom"]));
}

#[test]
fn the_engine_reaches_no_run_time_no_database_and_no_randomness() {
    let arguments = ["tree", "--offline", "--package", "nightowl-core", "--edges", "normal", "--prefix", "none"];
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo).args(arguments).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    assert!(tree.contains("chrono "), "{tree}");
    assert_eq!(forbidden_crates(&tree), BTreeSet::new());
}

#[test]
fn a_dependency_without_a_reason_is_seen() {
    let manifest = "[workspace]\nresolver = \"3\"\n[workspace.dependencies]\nours = { path = \"ours\" }\nkept = \"1\" # why\nbare = \"1\"\nmute = \"1\" #\n[workspace.dependencies.table]\n[profile.dev]\ndebug = 1\n";
    assert_eq!(unexplained_dependencies(manifest), ["bare = \"1\"", "mute = \"1\" #", "[workspace.dependencies.table]"]);
}

#[test]
fn every_dependency_says_why_it_is_there() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(manifest.contains("[workspace.dependencies]"));
    assert_eq!(unexplained_dependencies(&manifest), Vec::<&str>::new());
}

#[test]
fn a_long_file_is_seen() {
    assert!(!is_too_long(&"line\n".repeat(LINES)));
    assert!(is_too_long(&"line\n".repeat(LINES + 1)));
}

#[test]
fn no_file_is_too_long_to_be_read() {
    let excepted = |name: &str| LONG_FILES.iter().any(|(file, _)| *file == name);
    let long: Vec<String> = sources().unwrap().into_iter().filter(|(name, source)| is_too_long(source) && !excepted(name)).map(|(name, _)| name).collect();
    assert_eq!(long, Vec::<String>::new(), "longer than {LINES} lines");
}

#[test]
fn a_panic_outside_of_tests_is_seen() {
    let source = "fn a() {\n    x.unwrap();\n}\n// x.unwrap()\n#[cfg(test)]\nmod tests;\nfn b() {\n    todo!()\n}\n#[cfg(test)]\nmod more {\n    fn c() {\n        panic!(\"in a test\")\n    }\n}\nfn d() {\n    x.expect(\"\")\n}\n";
    assert_eq!(panics(source), ["2: x.unwrap();", "8: todo!()", "17: x.expect(\"\")"]);
}

#[test]
fn nothing_of_ours_panics() {
    let excepted = |name: &str| PANICKING_FILES.iter().any(|(file, _)| *file == name);
    let found = sources().unwrap().into_iter().filter(|(name, _)| !excepted(name));
    let found: Vec<String> = found.flat_map(|(name, source)| panics(&source).into_iter().map(move |line| format!("{name}:{line}"))).collect();
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn a_listed_test_that_is_lost_is_seen() {
    let list = "# a comment\na.rs there\na.rs gone\nnonsense\n";
    assert_eq!(lost_tests(list, |_| "fn there() {}".to_owned()), ["a.rs gone", "nonsense"]);
}

#[test]
fn tests_that_need_shared_files_are_listed() {
    let list = fs::read_to_string(root().join("tests/needs-shared")).unwrap();
    assert_eq!(lost_tests(&list, |file| fs::read_to_string(root().join(file)).unwrap_or_default()), Vec::<&str>::new());
    // The mark is put together here, so that this file does not bear it.
    let mark = ["..", "shared"].join("/");
    let mut unlisted = Vec::new();
    for path in rust_files(root()).unwrap() {
        let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        if fs::read_to_string(&path).unwrap().contains(&mark) && !list.lines().any(|line| line.starts_with(&format!("{name} "))) {
            unlisted.push(name);
        }
    }
    assert_eq!(unlisted, Vec::<String>::new(), "they read shared files and are not in tests/needs-shared");
}
