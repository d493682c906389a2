//! `s.yaml` of Serverless Devs. Its own checker needs an account, so that the form is checked here, as surface.md §16.3
//! and the component `fc3` have it.

use std::collections::BTreeSet;

use crate::{read, settings_hold};

#[test]
fn the_function_of_serverless_devs_is_what_function_compute_expects() {
    let text = read("serverless-devs/s.yaml");
    let document: serde_norway::Value = serde_norway::from_str(&text).unwrap();
    assert_eq!(document["edition"], "3.0.0");
    let resource = &document["resources"]["nightowl"];
    assert_eq!(resource["component"], "fc3");
    let function = &resource["props"];
    assert_eq!(function["runtime"], "custom.debian10");
    assert_eq!(function["customRuntimeConfig"]["command"][0], "/code/bootstrap");
    assert_eq!(function["customRuntimeConfig"]["port"], 9000);
    assert!(function["instanceLifecycleConfig"]["initializer"]["handler"].is_string() && function["instanceLifecycleConfig"]["preStop"]["handler"].is_string());
    let (memory, cpu) = (function["memorySize"].as_f64().unwrap() / 1024.0, function["cpu"].as_f64().unwrap());
    assert!((1.0..=4.0).contains(&(memory / cpu)), "memory in GB by processors is 1 to 4");
    let variables = function["environmentVariables"].as_mapping().unwrap();
    let variables: Vec<(String, String)> =
        variables.iter().map(|(name, value)| (name.as_str().unwrap().to_owned(), value.as_str().unwrap().to_owned())).collect();
    settings_hold(&variables);
}

#[test]
fn every_trigger_of_serverless_devs_has_what_its_kind_needs() {
    let document: serde_norway::Value = serde_norway::from_str(&read("serverless-devs/s.yaml")).unwrap();
    let triggers = document["resources"]["nightowl"]["props"]["triggers"].as_sequence().unwrap();
    let mut kinds = BTreeSet::new();
    for trigger in triggers {
        let (kind, config) = (trigger["triggerType"].as_str().unwrap(), &trigger["triggerConfig"]);
        kinds.insert(kind);
        assert!(trigger["triggerName"].is_string() && config.is_mapping(), "{trigger:?}");
        // whoever invokes needs a role for it; timers and HTTP are the platform itself
        let has_source = trigger["sourceArn"].is_string() && trigger["invocationRole"].is_string();
        assert_eq!(has_source, !matches!(kind, "timer" | "http"), "{kind}");
        match kind {
            "oss" => assert!(config["filter"]["key"]["prefix"].is_string() && config["filter"]["key"]["suffix"].is_string() && config["events"].is_sequence()),
            "mns_topic" => assert_eq!((config["notifyContentFormat"].as_str(), config["notifyStrategy"].is_string()), (Some("JSON"), true)),
            "timer" => assert!(config["cronExpression"].is_string() && config["enable"].is_bool()),
            "http" => assert!(config["authType"].is_string() && config["methods"].is_sequence()),
            "tablestore" => {}
            other => panic!("{other} is no kind of trigger"),
        }
    }
    assert_eq!(kinds, BTreeSet::from(["http", "mns_topic", "oss", "tablestore", "timer"]));
}
