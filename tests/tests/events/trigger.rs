//! `nightowl trigger` takes events of platforms (surface.md §21), and `nightowl lint` looks at routes (§15.3).

use std::fs;
use std::path::Path;

use serde_json::{Value as Json, json};

use super::house::{definitions, fire, house, plain_rows};
use nightowl_tests::shell::Shell;

const ROUTES: &str = r#"
[[event.route]]
match = { source = "tablestore" }
code = "raw_change"
tenantId = "1"
patFile = "token"

[[event.route]]
match = { source = "timer", name = "timer-*" }
mode = "payload"
code = "raw_change"
pat = "file:token"

[[event.route]]
match = { source = "eventbridge" }
mode = "payload"
code = "raw_change"
patEnv = "LOADER_PAT"
"#;

/// A file of the recorded events.
fn shared(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/events").join(name)).unwrap()
}

#[test]
fn every_recorded_event_is_taken_for_what_it_is() {
    let (shell, token) = house(ROUTES);
    let fired = |name: &str, variables: &[(&str, &str)]| {
        let path = shell.write(name, shared(name));
        shell.run_with(&["trigger", &path, "--json"], variables, b"")
    };
    assert_eq!(fired("alibaba-tablestore.json", &[]).expect(0).counts(), [1, 0, 0, 0]);
    // the same change in its other form is the same delivery
    assert_eq!(fired("alibaba-tablestore.cbor", &[]).expect(0).counts(), [0, 0, 0, 1]);
    assert_eq!(fired("alibaba-timer.json", &[]).expect(0).counts(), [1, 0, 0, 0]);
    assert_eq!(fired("aws-eventbridge-schedule.json", &[("LOADER_PAT", &token)]).expect(0).counts(), [1, 0, 0, 0]);
    for message in ["alibaba-mns.json", "aws-sqs.json"] {
        assert_eq!(fired(message, &[]).expect(1).saying("event-not-json").counts(), [0, 0, 1, 0]);
    }
    for object in ["alibaba-oss.json", "aws-s3.json"] {
        assert_eq!(fired(object, &[("OBJECT_STORAGE_DRIVER", "local")]).expect(1).saying("object-not-found").counts(), [0, 0, 1, 0]);
    }
    assert_eq!(fired("content.json", &[]).expect(1).saying("auth-").counts(), [0, 0, 1, 0]);
    let rows = plain_rows(&shell, "raw_change");
    let ticks: Vec<&Json> = rows.iter().filter(|row| row.get("trigger").is_some()).collect();
    assert_eq!(ticks[0]["payload"], "some-custom-payload");
    assert_eq!(ticks[1]["trigger"], "timer_event_rule");
    assert_eq!(rows.len(), 3);
}

#[test]
fn tablestore_gives_the_same_rows_in_json_and_in_cbor() {
    let rows = ["alibaba-tablestore.json", "alibaba-tablestore.cbor"].map(|name| {
        let (shell, _) = house(ROUTES);
        assert_eq!(fire(&shell, name, shared(name)), [1, 0, 0, 0]);
        shell.run(&["rows", "raw_change"]).expect(0).stdout.lines().map(without_ids).collect::<Vec<_>>()
    });
    assert_eq!(rows[0], rows[1]);
    // not a digit is lost
    assert!(rows[0][0].contains(r#""attr_1":1506416585881590900"#), "{:?}", rows[0]);
}

/// A row's text without the ids that every run draws anew.
fn without_ids(row: &str) -> String {
    let mut kept = String::new();
    for part in row.split_inclusive([',', '{', '}']) {
        if !part.trim_start_matches(['{', ',']).starts_with("\"aid_") {
            kept.push_str(part);
        }
    }
    kept
}

#[test]
fn events_and_envelopes_stand_in_one_file() {
    let (shell, token) = house(ROUTES);
    let envelope = json!({"code": "raw_change", "data": {"op": "x"}, "pat": token});
    let tick = json!({"triggerName": "timer-a", "triggerTime": "1", "payload": "p"});
    let removed = json!({"Records": [{"eventSource": "aws:s3", "eventName": "ObjectRemoved:Delete"}]});
    let message = json!({"TopicName": "t", "Message": "no JSON", "MessageId": "1"});
    let lines = [&envelope, &tick, &removed, &message, &envelope].map(ToString::to_string).join("\n");
    let path = shell.write("all.ndjson", lines);
    assert_eq!(shell.run(&["trigger", &path, "--json"]).expect(1).saying("rejected").counts(), [3, 0, 1, 1]);
    assert_eq!(shell.run(&["trigger", &path, "--json"]).expect(1).counts(), [0, 0, 1, 4]);
    assert_eq!(shell.run(&["trigger", &path, "--json", "--again"]).expect(1).counts(), [3, 0, 1, 1]);
    assert_eq!(shell.count("raw_change"), 6);
    // a dead letter is not written by verbs that run files
    assert_eq!(shell.run(&["dead", "list", "--all"]).expect(0).stdout, "");
}

#[test]
fn what_is_broken_says_where() {
    let (shell, _) = house(ROUTES);
    let path = shell.write("broken.cbor", [0xa1, 0x61, 0x61]);
    assert_eq!(shell.run(&["trigger", &path, "--json"]).expect(1).saying("event-not-cbor").counts(), [0, 0, 1, 0]);
    let path = shell.write("broken.json", json!({"Version": "Sync-v1", "Records": [{"Type": "PutRow"}]}).to_string());
    assert_eq!(shell.run(&["trigger", &path, "--json"]).expect(1).saying("Records[0].Info: it is missing").counts(), [0, 0, 1, 0]);
}

#[test]
fn a_route_that_can_not_be_used_stops_the_start() {
    for (route, reason) in [
        ("match = { source = \"s4\" }", "match.source \"s4\" is none of s3"),
        ("match = { bukket = \"b\" }", "unknown field `bukket`"),
        ("capture = \"rows\"", "capture \"rows\" needs key"),
        ("patSecret = \"vault://loader\"", "patSecret: it is none of env:NAME"),
        ("after = \"burn\"", "after \"burn\" is none of keep, delete, move:<prefix>"),
    ] {
        let shell = Shell::new();
        shell.write("nightowl.toml", format!("[[event.route]]\n{route}\n"));
        let path = shell.write("one.json", "{}");
        let _said = shell.run(&["trigger", &path]).expect(78).saying(&format!("route 1: {reason}"));
    }
}

#[test]
fn lint_puts_routes_to_the_definitions() {
    let shell = Shell::new();
    let path = shell.write("definitions.json", definitions().to_string());
    let lint = |routes: &str, code: i32| {
        shell.write("nightowl.toml", routes);
        shell.run(&["lint", &path]).expect(code).stdout
    };
    let sound =
        "[[event.route]]\nmatch = { source = \"tablestore\" }\ncode = \"orders\"\ncapture = \"rows\"\nkey = { pk = \"orderNo\" }\nchangedAt = \"changed\"\n";
    assert_eq!(lint(sound, 0), "");
    for (wrong, expected) in [
        (sound.replace("\"orders\"", "\"order\""), "error[route-topic-unknown] setting \"event.route\" / route 1: tenant \"1\" has no topic \"order\""),
        (sound.replace("\"orderNo\"", "\"amount\""), "error[route-key-not-unique]"),
        (sound.replace("\"orderNo\"", "\"number\""), "error[route-factor-unknown] setting \"event.route\" / route 1 / key"),
        (sound.replace("\"changed\"", "\"never\""), "error[route-factor-unknown] setting \"event.route\" / route 1 / changedAt"),
        (sound.replace("code = \"orders\"\n", ""), "error[route-code-missing]"),
        (sound.replace("changedAt", "changeAt"), "error[config-event-route]"),
    ] {
        let said = lint(&wrong, 1);
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let unset = lint(&format!("{sound}patEnv = \"NOT_SET_HERE\"\n"), 0);
    assert!(unset.contains("warning[route-token-unreadable]") && unset.contains("variable NOT_SET_HERE"), "{unset}");
}
