//! The folder of an Azure Functions app with a custom handler (surface.md §16.2).

use std::fs;

use serde_json::Value as Json;

use crate::{deploy, read, settings_hold};

fn json(path: &str) -> Json {
    serde_json::from_str(&read(path)).unwrap()
}

#[test]
fn the_host_starts_the_binary_and_forwards_http() {
    let host = json("azure/host.json");
    assert_eq!(host["version"], "2.0");
    let handler = &host["customHandler"];
    assert_eq!(handler["description"]["defaultExecutablePath"], "nightowl");
    let forwards = ["enableForwardingHttpRequest", "enableProxyingHttpRequest"].map(|key| handler[key] == Json::Bool(true));
    assert_eq!(forwards.iter().filter(|on| **on).count(), 1, "one of the two, never both");
    assert!(host["extensionBundle"]["version"].is_string(), "triggers come from the bundle");
}

#[test]
fn every_function_has_one_trigger_with_what_its_kind_needs() {
    let mut kinds = Vec::new();
    for folder in fs::read_dir(deploy("azure")).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let bindings = json(&format!("azure/{name}/function.json"))["bindings"].as_array().unwrap().clone();
        let triggers: Vec<&Json> = bindings.iter().filter(|binding| binding["type"].as_str().unwrap().ends_with("Trigger")).collect();
        assert_eq!(triggers.len(), 1, "{name}");
        assert!(bindings.iter().all(|binding| binding["name"].is_string() && matches!(binding["direction"].as_str(), Some("in" | "out"))), "{name}");
        let trigger = triggers[0];
        let kind = trigger["type"].as_str().unwrap();
        kinds.push(kind.to_owned());
        let has = |key: &str| trigger[key].is_string();
        match kind {
            // without it the host takes the blob for text, which spoils everything else
            "blobTrigger" => assert!(trigger["dataType"] == "binary" && has("path") && has("connection")),
            "queueTrigger" => assert!(has("queueName") && has("connection")),
            "timerTrigger" => assert_eq!(trigger["schedule"].as_str().unwrap().split(' ').count(), 6),
            "httpTrigger" => assert!(bindings.iter().any(|binding| binding["type"] == "http" && binding["direction"] == "out") && bindings.len() == 2),
            "eventGridTrigger" => {}
            other => panic!("{name}: {other} is no trigger"),
        }
    }
    kinds.sort();
    assert_eq!(kinds, ["blobTrigger", "eventGridTrigger", "httpTrigger", "queueTrigger", "timerTrigger"]);
}

#[test]
fn the_settings_of_the_app_are_settings() {
    let settings = json("azure/settings.example.json");
    let pairs =
        settings.as_array().unwrap().iter().map(|setting| (setting["name"].as_str().unwrap().to_owned(), setting["value"].as_str().unwrap().to_owned()));
    let pairs: Vec<(String, String)> = pairs.collect();
    assert!(pairs.contains(&("FUNCTIONS_WORKER_RUNTIME".to_owned(), "custom".to_owned())));
    settings_hold(&pairs);
}
