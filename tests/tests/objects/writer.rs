//! `object-storage-writer`: what a pipeline writes to the outside becomes objects, each at one key (engine.md §6).

use std::fs;

use nightowl_tests::emulators;
use nightowl_tests::shell::Shell;
use serde_json::{Value as Json, json};

use super::house::envelope;

/// A topic whose pipeline calls a writer at this URL with these credentials.
fn definitions(url: &str, pat: Option<&str>) -> Json {
    json!({"externalWriters": [{"writerId": "7", "writerCode": "out", "name": "out", "type": "object-storage-writer", "url": url, "pat": pat, "tenantId": "1"}],
        "topics": [{"topicId": "1", "name": "raw_order", "type": "raw", "kind": "business", "tenantId": "1", "factors": [
            {"factorId": "11", "name": "no", "type": "text", "flatten": true}]}],
        "pipelines": [{"pipelineId": "5", "topicId": "1", "name": "tell", "type": "insert", "enabled": true, "tenantId": "1", "stages": [{"stageId": "s", "units": [
            {"unitId": "u", "do": [{"actionId": "a", "type": "write-to-external", "externalWriterId": "7", "eventCode": "order_placed"}]}]}]}]})
}

fn house(url: &str, pat: Option<&str>) -> (Shell, String) {
    let shell = Shell::new();
    let path = shell.write("definitions.json", definitions(url, pat).to_string());
    let _applied = shell.run(&["apply", &path]).expect(0);
    let token = shell.issue(&[]);
    (shell, token)
}

#[test]
fn an_object_is_a_trigger_of_another_installation() {
    let (shell, token) = house("file:out/told", None);
    let mut document = envelope("a", &token);
    document["traceId"] = json!("4711");
    let path = shell.write("one.json", document.to_string());
    assert_eq!(shell.run(&["trigger", &path, "--json"]).expect(0).counts(), [1, 0, 0, 0]);
    let folder = shell.path("data/objects/out/told/order_placed");
    let mut names: Vec<String> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names.len(), 2, "an object and what lies beside it: {names:?}");
    let written: Json = serde_json::from_str(&fs::read_to_string(folder.join(&names[0])).unwrap()).unwrap();
    assert_eq!(
        (&written["code"], &written["triggerType"], &written["traceId"], &written["data"]["no"]),
        (&json!("order_placed"), &json!("insert"), &json!("4711"), &json!("a"))
    );
    let beside: Json = serde_json::from_str(&fs::read_to_string(folder.join(&names[1])).unwrap()).unwrap();
    let uid = beside["metadata"]["idempotencykey"].as_str().unwrap();
    assert_eq!(beside["metadata"]["traceid"], "4711");
    assert!(names[0].ends_with(&format!("-{uid}.json")) && names[0].len() > uid.len() + 6, "{names:?} {uid}");
}

#[test]
fn objects_are_written_to_s3_with_the_writers_own_keys() {
    let Some(emulator) = emulators::aws() else { return };
    let (shell, token) = house("s3://written/prefix", Some("env:WRITER_KEYS"));
    emulator.make_bucket("written");
    shell.keep_secret("secret-of-the-writer");
    let path = shell.write("one.json", envelope("a", &token).to_string());
    let endpoint = emulator.url();
    let variables = [("AWS_ENDPOINT_URL", endpoint.as_str()), ("AWS_REGION", "us-east-1"), ("WRITER_KEYS", "test:secret-of-the-writer")];
    // an address of the inside is called only where it is listed
    let refused = shell.run_with(&["trigger", &path, "--json"], &variables, b"").expect(0);
    assert!(refused.stderr.contains("external.allow"), "{}", refused.stderr);
    assert!(!emulator.s3("GET", "/written", "").contains("<Key>"));
    let allowed = ["trigger", &path, "--json", "--again", "--set", "external.allow=[\"127.0.0.1\"]"];
    let _sent = shell.run_with(&allowed, &variables, b"").expect(0);
    let listed = emulator.s3("GET", "/written", "");
    assert!(listed.contains("<Key>prefix/order_placed/"), "{listed}");
}

#[test]
fn a_url_of_no_store_does_not_compile() {
    let shell = Shell::new();
    let lint = |url: &str, code: i32| {
        let path = shell.write("definitions.json", definitions(url, None).to_string());
        shell.run(&["lint", &path]).expect(code).stdout
    };
    assert!(lint("https://a.example/", 1).contains("error[definition-writer-url]"));
    for url in ["s3://bucket/prefix", "oss://bucket", "az://container/a", "file:/folder"] {
        assert_eq!(lint(url, 0), "", "{url}");
    }
    let path = shell.write("definitions.json", definitions("s3://bucket", None).to_string());
    let said = shell.run(&["lint", &path, "--set", "external.object_storage_writer=false"]).expect(1).stdout;
    assert!(said.contains("error[definition-writer-not-enabled]"), "{said}");
}
