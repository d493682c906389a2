//! A house with topics for events, and settings with their routes.

use nightowl::door::event::{EventReport, TimeBudget};
use nightowl::{Nightowl, Sources};
use nightowl_tests::shell::{ADMIN_PASSWORD, SUPER_PASSWORD, Shell};
use serde_json::{Value as Json, json};

/// A raw topic for journals, one that is kept equal to a table, and a raw topic that is.
pub(crate) fn definitions() -> Json {
    let factor = |id: &str, name: &str, kind: &str, more: Json| {
        let mut factor = json!({"factorId": id, "name": name, "type": kind});
        factor.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        factor
    };
    json!({"topics": [
        {"topicId": "1", "name": "raw_change", "type": "raw", "kind": "business", "tenantId": "1", "factors": [factor("11", "op", "text", json!({"flatten": true}))]},
        {"topicId": "2", "name": "orders", "type": "distinct", "kind": "business", "tenantId": "1", "factors": [
            factor("21", "orderNo", "text", json!({"indexGroup": "u-1", "precision": "50"})), factor("22", "amount", "number", json!({})),
            factor("23", "note", "text", json!({"defaultValue": "none"})), factor("24", "changed", "unsigned", json!({}))]},
        {"topicId": "3", "name": "raw_kept", "type": "raw", "kind": "business", "tenantId": "1", "factors": [
            factor("31", "orderNo", "text", json!({"flatten": true, "indexGroup": "u-1", "precision": "50"}))]}
    ]})
}

/// A shell with these definitions applied, these routes in its settings, and a token that every route may use.
pub(crate) fn house(routes: &str) -> (Shell, String) {
    let shell = Shell::new();
    let path = shell.write("definitions.json", definitions().to_string());
    shell.write("nightowl.toml", routes);
    assert_eq!(shell.run(&["apply", &path]).code, Some(0));
    let token = shell.issue(&[]);
    shell.write("token", &token);
    (shell, token)
}

/// Fires a file and gives done, failed, rejected, skipped.
pub(crate) fn fire(shell: &Shell, file: &str, content: impl AsRef<[u8]>) -> [u64; 4] {
    let path = shell.write(file, content);
    shell.run(&["trigger", &path, "--json"]).counts()
}

/// The rows of a topic without what differs from run to run.
pub(crate) fn plain_rows(shell: &Shell, topic: &str) -> Vec<Json> {
    let mut rows = shell.rows(topic);
    for row in &mut rows {
        row.as_object_mut().unwrap().retain(|name, _| !name.starts_with("aid_"));
        for nested in ["key", "row", "versions"] {
            if let Some(nested) = row.get_mut(nested).and_then(Json::as_object_mut) {
                nested.retain(|name, _| !name.starts_with("aid_"));
            }
        }
    }
    rows
}

/// Opens the shell's store inside this process.
pub(crate) async fn open(shell: &Shell, options: &[(&str, &str)]) -> Nightowl {
    let mut sources = Sources::default()
        .option("storage.data_dir", shell.path("data").to_str().unwrap())
        .option("storage.url", &format!("sqlite://{}", shell.database().display()))
        .option("auth.first_super_password", SUPER_PASSWORD)
        .option("auth.first_admin_password", ADMIN_PASSWORD);
    for (key, value) in options {
        sources = sources.option(key, value);
    }
    Nightowl::open(&sources).await.unwrap()
}

/// Hands an event over in this process.
pub(crate) async fn event(shell: &Shell, options: &[(&str, &str)], event: &Json, budget: &TimeBudget) -> EventReport {
    let nightowl = open(shell, options).await;
    let report = nightowl.event(event.to_string().as_bytes(), budget).await;
    nightowl.close().await.unwrap();
    shell.assert_clean("a report", &format!("{report:?} {}", report.document()));
    report
}

/// An SQS event of these messages, each an id, a group and a body.
pub(crate) fn sqs(queue: &str, messages: &[(&str, &str, String)]) -> Json {
    let records: Vec<Json> = messages
        .iter()
        .map(|(id, group, body)| {
            json!({"messageId": id, "body": body, "attributes": {"MessageGroupId": group}, "eventSource": "aws:sqs",
                "eventSourceARN": format!("arn:aws:sqs:eu-central-1:1:{queue}")})
        })
        .collect();
    json!({"Records": records})
}

/// An envelope for the journal.
pub(crate) fn envelope(code: &str, op: &str, pat: &str) -> String {
    json!({"code": code, "data": {"op": op}, "pat": pat}).to_string()
}
