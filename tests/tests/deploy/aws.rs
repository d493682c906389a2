//! The SAM template.

use crate::{check, deploy, read, settings_hold};

/// The template as YAML whose tags of CloudFormation are left out: `!Ref A` is `A`.
fn template() -> serde_norway::Value {
    let text = read("sam/template.yaml");
    let plain: String = text.split_inclusive('\n').map(|line| line.replace("!GetAtt ", "").replace("!Ref ", "").replace("!Sub ", "")).collect();
    serde_norway::from_str(&plain).unwrap()
}

#[test]
fn the_sam_template_passes_its_linter() {
    let path = deploy("sam/template.yaml");
    let Some((done, told)) = check("cfn-lint", &["--non-zero-exit-code", "informational", path.to_str().unwrap()]) else { return };
    assert!(done, "{told}");
}

#[test]
fn a_template_that_is_wrong_does_not_pass() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("template.yaml");
    std::fs::write(&path, read("sam/template.yaml").replace("RetentionInDays: 30", "RetentionInDays: 31")).unwrap();
    let Some((done, told)) = check("cfn-lint", &[path.to_str().unwrap()]) else { return };
    assert!(!done && told.contains("31 is not one of"), "{told}");
}

#[test]
fn the_function_of_the_template_is_what_lambda_expects() {
    let template = template();
    let function = &template["Resources"]["Nightowl"]["Properties"];
    assert_eq!((function["Handler"].as_str(), function["Runtime"].as_str()), (Some("bootstrap"), Some("provided.al2023")));
    assert_eq!(function["Events"]["Messages"]["Properties"]["FunctionResponseTypes"][0], "ReportBatchItemFailures");
    let timeout = function["Timeout"].as_u64().unwrap();
    assert!(template["Resources"]["Orders"]["Properties"]["VisibilityTimeout"].as_u64().unwrap() >= timeout * 6, "as AWS asks for");
    let variables = function["Environment"]["Variables"].as_mapping().unwrap();
    let variables: Vec<(String, String)> =
        variables.iter().map(|(name, value)| (name.as_str().unwrap().to_owned(), value.as_str().unwrap().to_owned())).collect();
    settings_hold(&variables);
}
