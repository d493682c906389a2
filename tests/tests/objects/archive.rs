//! Topics in stores of objects: written by triggers and by pipelines, at keys that the row says, and never read
//! (storage.md §18).

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use nightowl_tests::emulators;
use nightowl_tests::shell::Shell;
use serde_json::{Value as Json, json};

use super::house::{envelope, letters, take};

/// How long objects are waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A raw topic, a topic in a store of objects, and a pipeline from one to the other with an action of this kind.
fn definitions(data_source: &Json, action: &str) -> Json {
    let mut source = json!({"dataSourceId": "9", "dataSourceCode": "archive", "tenantId": "1"});
    source.as_object_mut().unwrap().extend(data_source.as_object().unwrap().clone());
    let factor = |id: &str, name: &str| json!({"factorId": id, "name": name, "type": "text", "precision": "50", "flatten": true});
    let by = json!({"jointType": "and", "filters": [{"left": {"kind": "topic", "topicId": "2", "factorId": "21"}, "operator": "equals",
        "right": {"kind": "topic", "topicId": "1", "factorId": "11"}}]});
    let mapping = json!([{"factorId": "21", "source": {"kind": "topic", "topicId": "1", "factorId": "11"}}]);
    json!({"dataSources": [source], "topics": [
        {"topicId": "1", "name": "raw_order", "type": "raw", "kind": "business", "tenantId": "1", "factors": [factor("11", "no")]},
        {"topicId": "2", "name": "order_archive", "type": "distinct", "kind": "business", "tenantId": "1", "dataSourceId": "9", "factors": [factor("21", "no")]}
    ], "pipelines": [{"pipelineId": "5", "topicId": "1", "name": "keep", "type": "insert", "enabled": true, "tenantId": "1", "stages": [{"stageId": "s", "units": [
        {"unitId": "u", "do": [{"actionId": "a", "type": action, "topicId": "2", "mapping": mapping, "by": by, "variableName": "v"}]}]}]}]})
}

fn house(data_source: &Json) -> (Shell, String) {
    let shell = Shell::new();
    let path = shell.write("definitions.json", definitions(data_source, "insert-row").to_string());
    let _applied = shell.run(&["apply", &path]).expect(0);
    let token = shell.issue(&[]);
    (shell, token)
}

/// Fires envelopes and gives done, failed, rejected, skipped.
fn fire(shell: &Shell, file: &str, envelopes: &[Json]) -> [u64; 4] {
    let lines = envelopes.iter().map(|envelope| format!("{envelope}\n")).collect::<String>();
    let path = shell.write(file, lines);
    shell.run(&["trigger", &path, "--json"]).counts()
}

/// The files below a folder, by their paths in it.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten().flatten() {
            if entry.path().is_dir() {
                waiting.push(entry.path());
            } else {
                found.push(entry.path().strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.retain(|path| !path.ends_with(".meta.json"));
    found.sort();
    found
}

fn archive(token: &str, no: &str) -> Json {
    json!({"code": "order_archive", "data": {"no": no}, "pat": token})
}

#[test]
fn rows_of_triggers_and_of_pipelines_become_objects() {
    let (shell, token) = house(&json!({"dataSourceType": "s3", "url": "file://bucket", "params": [
        {"name": "s3_prefix", "value": "kept"}, {"name": "filename", "value": "${no}/${id_}.json"}]}));
    assert_eq!(fire(&shell, "one.ndjson", &[envelope("a", &token), archive(&token, "b"), envelope("c", &token)]), [3, 0, 0, 0]);
    let folder = shell.path("data/objects/bucket");
    let found = files(&folder);
    let of = |no: &str| found.iter().filter(|path| path.starts_with(&format!("kept/order_archive/{no}/"))).count();
    assert_eq!((found.len(), of("a"), of("b"), of("c")), (3, 1, 1, 1), "{found:?}");
    let row: Json = serde_json::from_str(&fs::read_to_string(folder.join(&found[0])).unwrap()).unwrap();
    assert_eq!((&row["no"], &row["tenant_id_"]), (&json!("a"), &json!("1")));
    assert!(row["id_"].is_i64() && row["insert_time_"].is_string() && found[0].contains(&row["id_"].to_string()), "{row}");
    // the same file once more is skipped, and nothing is written
    assert_eq!(fire(&shell, "one.ndjson", &[envelope("a", &token), archive(&token, "b"), envelope("c", &token)]), [0, 0, 0, 3]);
    assert_eq!(files(&folder), found);
}

#[test]
fn such_a_topic_is_never_read() {
    let source = json!({"dataSourceType": "oss", "url": "file://bucket"});
    let (shell, token) = house(&source);
    let merge = json!({"code": "order_archive", "triggerType": "merge", "data": {"id_": 1, "no": "x"}, "pat": token});
    let path = shell.write("merge.ndjson", merge.to_string());
    assert_eq!(shell.run(&["trigger", &path, "--json"]).expect(1).saying("trigger-archive-only-written").counts(), [0, 0, 1, 0]);
    let _refused = shell.run(&["rows", "order_archive"]).expect(1).saying("only written");
    for action in ["insert-or-merge-row", "merge-row", "delete-row", "read-row", "exists"] {
        let path = shell.write("wrong.json", definitions(&source, action).to_string());
        let said = shell.run(&["lint", &path]).expect(1).stdout;
        assert!(said.contains("error[definition-archive-read]"), "{action}: {said}");
    }
    let path = shell.write("right.json", definitions(&source, "insert-row").to_string());
    assert_eq!(shell.run(&["lint", &path]).expect(0).stdout, "");
}

#[test]
fn a_row_waits_for_its_bucket_and_comes_to_s3_once() {
    let Some(emulator) = emulators::aws() else { return };
    let (shell, token) = house(&json!({"dataSourceType": "s3", "name": "archived", "host": emulator.url(), "username": "test", "password": "env:ARCHIVE_KEY",
        "params": [{"name": "storage_class", "value": "oos"}, {"name": "region_name", "value": "us-east-1"}]}));
    let variables = [("ARCHIVE_KEY", "secret-of-the-archive")];
    shell.keep_secret("secret-of-the-archive");
    let path = shell.write("one.ndjson", envelope("a", &token).to_string());
    // there is no bucket yet: the trigger is done, its row for the archive waits
    assert_eq!(shell.run_with(&["trigger", &path, "--json"], &variables, b"").expect(0).counts(), [1, 0, 0, 0]);
    emulator.make_bucket("archived");
    let began = Instant::now();
    let listed = loop {
        // any process that takes events works off what is due
        let beat = json!({"triggerName": "beat", "triggerTime": "1", "payload": "{\"watchmen\": \"heartbeat\"}"});
        let _beaten = take(&shell, &variables.map(|(name, value)| (name.to_owned(), value.to_owned())), &beat).expect(0);
        let listed = emulator.s3("GET", "/archived", "");
        if listed.contains("<Key>order_archive/") {
            break listed;
        }
        assert!(began.elapsed() < PATIENCE, "{listed}");
        std::thread::sleep(Duration::from_millis(500));
    };
    assert_eq!(listed.matches("<Key>").count(), 1, "{listed}");
    let key = listed.split("<Key>").nth(1).unwrap().split("</Key>").next().unwrap();
    let row: Json = serde_json::from_str(&emulator.s3("GET", &format!("/archived/{key}"), "")).unwrap();
    assert_eq!((&row["no"], key), (&json!("a"), format!("order_archive/{}", row["id_"]).as_str()));
}

#[test]
fn a_row_that_was_given_up_is_handed_over_again() {
    let source = |pattern: &str| json!({"dataSourceType": "s3", "url": "file://bucket", "params": [{"name": "filename", "value": pattern}]});
    let (shell, token) = house(&source("${number}/${id_}.json"));
    assert_eq!(fire(&shell, "one.ndjson", &[envelope("a", &token)]), [1, 0, 0, 0]);
    let folder = shell.path("data/objects/bucket");
    let found = letters(&shell);
    assert_eq!((found.len(), &found[0]["error"]["code"], files(&folder).len()), (1, &json!("archive-row-refused"), 0), "{found:?}");
    let id = found[0]["id"].as_str().unwrap();
    // as long as the cause is there, a new letter takes the place of the old one
    let redriven = shell.run(&["dead", "redrive", id]).expect(0).stdout;
    assert!(redriven.starts_with(&format!("{id} handed-over ")), "{redriven}");
    let found = letters(&shell);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_ne!(found[0]["id"].as_str().unwrap(), id);
    let path = shell.write("definitions.json", definitions(&source("${no}/${id_}.json"), "insert-row").to_string());
    let _applied = shell.run(&["apply", &path]).expect(0);
    let again = found[0]["id"].as_str().unwrap();
    let _redriven = shell.run(&["dead", "redrive", again]).expect(0);
    assert_eq!(letters(&shell), [] as [Json; 0]);
    let kept = files(&folder);
    assert!(kept.len() == 1 && kept[0].starts_with("order_archive/a/"), "{kept:?}");
    let _twice = shell.run(&["dead", "redrive", again]).expect(1).saying("redriven before");
}
