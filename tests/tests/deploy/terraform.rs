//! Terraform: it parses, is formatted where Terraform is there, and every name that is used is declared, and the other
//! way round. Providers are not fetched, so that their schemas are not checked.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use nightowl_tests::servers::skipped;

use crate::{check, deploy, settings_hold};

/// The text of all files of a module.
fn module(name: &str) -> String {
    let mut files: Vec<_> = fs::read_dir(deploy(&format!("terraform/{name}"))).unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "tf"));
    files.sort();
    files.iter().map(|file| fs::read_to_string(file).unwrap()).collect()
}

/// What a module declares, as it is referred to: `var.x`, `local.x`, `aws_x.y`, `data.aws_x.y`.
fn declared(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut in_locals = false;
    for line in text.lines() {
        let words: Vec<&str> = line.split(['"', ' ']).filter(|word| !word.is_empty()).collect();
        match words[..] {
            ["variable", name, "{"] => drop(names.insert(format!("var.{name}"))),
            ["resource", kind, name, "{"] => drop(names.insert(format!("{kind}.{name}"))),
            ["data", kind, name, "{"] | ["data", kind, name, "{}"] => drop(names.insert(format!("data.{kind}.{name}"))),
            ["locals", "{"] => in_locals = true,
            ["}"] if line.starts_with('}') => in_locals = false,
            [name, "=", ..] if in_locals && line.starts_with("  ") && !line.starts_with("   ") => drop(names.insert(format!("local.{name}"))),
            _ => {}
        }
    }
    names
}

/// What a module refers to.
fn used(text: &str, provider: &str) -> BTreeSet<String> {
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with('#')).map(|line| format!("{line}\n")).collect();
    let words = code.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_' && letter != '.' && letter != '-');
    let names = words.filter_map(|word| {
        let parts: Vec<&str> = word.split('.').collect();
        match parts[..] {
            ["var" | "local", name, ..] => Some(format!("{}.{name}", parts[0])),
            ["data", kind, name, ..] => Some(format!("data.{kind}.{name}")),
            [kind, name, ..] if kind.starts_with(provider) => Some(format!("{kind}.{name}")),
            _ => None,
        }
    });
    names.collect()
}

/// Assignments of one map, as text.
fn variables(text: &str) -> Vec<(String, String)> {
    let names = |line: &str| {
        let (name, value) = line.trim().split_once('=')?;
        let name = name.trim();
        (name.starts_with("NIGHTOWL_") || name.starts_with("EVENT_")).then(|| (name.to_owned(), value.trim().trim_matches('"').to_owned()))
    };
    text.lines().filter_map(names).filter(|(name, _)| name != "EVENT_ROUTES").collect()
}

fn holds(name: &str, provider: &str) {
    let text = module(name);
    let (declared, used) = (declared(&text), used(&text, provider));
    assert!(declared.len() > 15, "{declared:?}");
    assert_eq!(used.difference(&declared).collect::<Vec<_>>(), Vec::<&String>::new(), "used and not declared");
    let unused: Vec<&String> =
        declared.difference(&used).filter(|name| name.starts_with("var.") || name.starts_with("local.") || name.starts_with("data.")).collect();
    assert_eq!(unused, Vec::<&String>::new(), "declared and not used");
    settings_hold(&variables(&text));
    assert!(text.contains("EVENT_ROUTES"));
}

#[test]
fn names_of_the_aws_module_are_there_and_its_variables_are_settings() {
    holds("aws", "aws_");
    let text = module("aws");
    assert!(text.contains("function_response_types = [\"ReportBatchItemFailures\"]") && text.contains("runtime          = \"provided.al2023\""));
}

#[test]
fn names_of_the_alibaba_module_are_there_and_its_variables_are_settings() {
    holds("alibaba", "alicloud_");
    let text = module("alibaba");
    for kind in ["oss", "tablestore", "mns_topic", "timer"] {
        assert!(text.lines().any(|line| line.trim_start().starts_with("trigger_type") && line.ends_with(&format!("\"{kind}\""))), "{kind}");
    }
    assert!(text.contains("notifyContentFormat = \"JSON\""), "STREAM has no ids");
}

#[test]
fn what_is_not_declared_or_not_used_is_seen() {
    let text = "variable \"a\" {\n}\nlocals {\n  b = var.a\n}\nresource \"aws_x\" \"y\" {\n  c = aws_x.z.id\n}\n";
    assert_eq!(declared(text), BTreeSet::from(["aws_x.y", "local.b", "var.a"].map(str::to_owned)));
    assert_eq!(used(text, "aws_"), BTreeSet::from(["aws_x.z", "var.a"].map(str::to_owned)));
}

#[test]
fn every_module_parses() {
    let script = "import hcl2, pathlib, sys\nfor file in sorted(pathlib.Path(sys.argv[1]).rglob('*.tf')):\n    hcl2.load(file.open()), print(file.name)";
    let folder = deploy("terraform");
    let Some((done, told)) = check("python", &["-c", script, folder.to_str().unwrap()]) else { return };
    assert!(done && told.lines().count() > 10, "{told}");
}

#[test]
fn every_module_is_formatted() {
    match Command::new("terraform").args(["fmt", "-check", "-diff", "-no-color", "-recursive"]).arg(deploy("terraform")).output() {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout)),
        Err(error) => skipped(&format!("no terraform can be had: {error}")),
    }
}
