//! Each verb once, as somebody would use it who has just been given the binary: data alone on stdout, everything else on
//! stderr, and an exit code that says how it went.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use nightowl_tests::shell::{ADMIN_PASSWORD, SUPER_PASSWORD, Shell, checkout, secret_of};
use serde_json::{Value as Json, json};

const SAMPLE: &str = "config/example/sample/definitions.json";
const TRIGGERS: &str = "config/example/sample/triggers.ndjson";

/// A shell in whose store the sample's definitions are.
fn sample() -> Shell {
    let shell = Shell::new();
    assert!(!shell.run(&["apply", &checkout(SAMPLE)]).expect(0).stdout.is_empty());
    shell
}

fn counts_of_apply(stderr: &str) -> &str {
    stderr.lines().last().unwrap()
}

#[test]
fn apply_makes_the_store_equal_to_files_and_then_has_nothing_to_do() {
    let shell = Shell::new();
    let first = shell.run(&["apply", &checkout(SAMPLE)]).expect(0);
    for line in ["create    topic 1002 \"sample_profile\"", "create    pipeline 1902 \"counter\"", "table     topic_sample_counter create table"] {
        assert!(first.stdout.lines().any(|printed| printed == line), "{line}: {}", first.stdout);
    }
    assert_eq!(counts_of_apply(&first.stderr), "5 are created, 0 updated, 0 deleted, 0 unchanged");
    let second = shell.run(&["apply", &checkout(SAMPLE)]).expect(0);
    assert_eq!(second.stdout, "");
    assert_eq!(counts_of_apply(&second.stderr), "0 are created, 0 updated, 0 deleted, 5 unchanged");
}

#[test]
fn apply_takes_yaml_folders_and_exports_with_lists_that_are_not_for_us() {
    let shell = Shell::new();
    let yaml = checkout("config/example/order/definitions.yaml");
    let first = shell.run(&["apply", &yaml]).expect(0);
    assert_eq!(counts_of_apply(&first.stderr), "7 are created, 0 updated, 0 deleted, 0 unchanged");
    // the same definitions as JSON are the same definitions
    let same: Json = serde_norway::from_str(&fs::read_to_string(&yaml).unwrap()).unwrap();
    let json = shell.write("order.json", same.to_string());
    assert_eq!(counts_of_apply(&shell.run(&["apply", &json]).expect(0).stderr), "0 are created, 0 updated, 0 deleted, 7 unchanged");

    let mut export: Json = serde_json::from_str(&fs::read_to_string(checkout(SAMPLE)).unwrap()).unwrap();
    for list in ["spaces", "connectedSpaces", "indicators", "buckets", "monitorRules"] {
        export[list] = json!([{"name": "of no use here"}]);
    }
    shell.write("folder/below/export.json", export.to_string());
    shell.write("folder/notes.txt", "no definitions");
    let folder = shell.path("folder");
    let outcome = shell.run(&["apply", folder.to_str().unwrap()]).expect(0).saying("definition-list-ignored");
    assert_eq!(counts_of_apply(&outcome.stderr), "5 are created, 0 updated, 0 deleted, 0 unchanged");
}

#[test]
fn a_dry_run_shows_the_plan_and_changes_nothing() {
    let shell = Shell::new();
    let planned = shell.run(&["apply", "--dry-run", &checkout(SAMPLE)]).expect(0);
    assert_eq!(planned.stdout.lines().filter(|line| line.starts_with("create ")).count(), 5, "{}", planned.stdout);
    assert_eq!(counts_of_apply(&planned.stderr), "5 would be created, 0 updated, 0 deleted, 0 unchanged");
    assert_eq!(shell.run(&["rows", "sample_profile"]).expect(1).stdout, "");
    let applied = shell.run(&["apply", &checkout(SAMPLE)]).expect(0);
    assert_eq!(counts_of_apply(&applied.stderr), "5 are created, 0 updated, 0 deleted, 0 unchanged");
}

#[test]
fn lint_accepts_the_examples_and_needs_no_store() {
    let shell = Shell::new();
    let examples = ["insurance/definitions.json", "order/definitions.yaml", "sample/definitions.json"].map(|file| checkout(&format!("config/example/{file}")));
    let outcome = shell.run(&["lint", &examples[0], &examples[1], &examples[2]]).expect(0).saying("3 files, 23 definitions: 0 errors, 0 warnings");
    assert_eq!(outcome.stdout, "");
    assert_eq!(fs::read_dir(shell.path("data")).unwrap().count(), 0);
}

#[test]
fn a_token_is_shown_once_and_stands_alone_on_stdout() {
    let shell = Shell::new();
    let issued = shell.run(&["pat", "issue", "--note", "for the shop"]).expect(0);
    assert_eq!(issued.stdout.lines().count(), 1, "{}", issued.stdout);
    let token = issued.stdout.trim_end();
    assert_eq!(token.len(), 56);
    assert!(token.starts_with("ntwl_"), "ntwl_ is what it begins with");
    // from here on the shell fails the test when its secret part is seen
    shell.keep_secret(secret_of(token));
    let listed = shell.run(&["pat", "list"]).expect(0);
    let lines: Vec<&str> = listed.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[1].contains(token.strip_suffix(&format!("_{}", secret_of(token))).unwrap()) && lines[1].contains("for the shop"), "{lines:?}");
}

#[test]
fn a_revoked_token_is_listed_only_when_asked_for_and_opens_nothing() {
    let shell = sample();
    let token = shell.issue(&[]);
    let listed = shell.run(&["pat", "list"]).expect(0).stdout;
    let id = listed.lines().nth(1).unwrap().split(' ').next().unwrap().to_owned();
    assert_eq!(shell.run(&["pat", "revoke", &id]).expect(0).stdout, "");
    assert_eq!(shell.run(&["pat", "list"]).expect(0).stdout.lines().count(), 1);
    assert!(shell.run(&["pat", "list", "--revoked"]).expect(0).stdout.lines().nth(1).unwrap().ends_with("(revoked)"));
    let refused = shell.run(&["trigger", &checkout(TRIGGERS), "--pat", &token, "--json"]).expect(1);
    assert_eq!(refused.counts(), [0, 0, 4, 0]);
}

#[test]
fn a_trigger_takes_its_token_from_itself_the_option_or_the_environment() {
    let shell = sample();
    let token = shell.issue(&[]);
    let by_option = shell.run(&["trigger", &checkout(TRIGGERS), "--pat", &token, "--json"]).expect(0);
    assert_eq!(by_option.counts(), [4, 0, 0, 0]);
    let by_variable = shell.run_with(&["trigger", &checkout(TRIGGERS), "--again", "--json"], &[("NIGHTOWL_PAT", &token)], b"").expect(0);
    assert_eq!(by_variable.counts(), [4, 0, 0, 0]);
    let own = json!({"code": "sample_raw_topic", "pat": token, "data": {"propa": "owl-9", "propb": "south", "propc": 1}});
    let file = shell.write("own.json", own.to_string());
    // the document's own goes before the option
    assert_eq!(shell.run(&["trigger", &file, "--pat", "nonsense", "--json"]).expect(0).counts(), [1, 0, 0, 0]);
    assert_eq!(shell.count("sample_raw_topic"), 9);
    assert_eq!(shell.run(&["rows", "sample_counter", "--where", "propb=south"]).expect(0).lines(), [json!({"propb": "south", "profiles": 1, "total": 1})]);
}

#[test]
fn stdin_packed_files_arrays_and_bare_data_are_read() {
    let shell = sample();
    let token = shell.issue(&[]);
    let lines = fs::read(checkout(TRIGGERS)).unwrap();
    let stdin = shell.run_with(&["trigger", "-", "--pat", &token, "--json"], &[], &lines).expect(0);
    assert_eq!(stdin.counts(), [4, 0, 0, 0]);
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&lines).unwrap();
    let packed = shell.write("triggers.ndjson.gz", packed.finish().unwrap());
    // the content is the same, so it was done before, whatever it came in
    assert_eq!(shell.run(&["trigger", &packed, "--pat", &token, "--json"]).expect(0).counts(), [0, 0, 0, 4]);
    let array = shell.write("bare.json", json!([{"propa": "a", "propb": "b", "propc": 1}, {"propa": "c", "propb": "b", "propc": 2}]).to_string());
    let bare = shell.run(&["trigger", &array, "--topic", "sample_raw_topic", "--pat", &token, "--json"]).expect(0);
    assert_eq!(bare.counts(), [2, 0, 0, 0]);
    assert_eq!(shell.count("sample_raw_topic"), 6);
}

#[test]
fn a_broken_line_is_rejected_with_its_place_and_the_rest_goes_on() {
    let shell = sample();
    let token = shell.issue(&[]);
    let good = |name: &str| json!({"code": "sample_raw_topic", "data": {"propa": name, "propb": "b", "propc": 1}}).to_string();
    let file = shell.write("three.ndjson", format!("{}\n\n{{\"code\": \"sample_raw_topic\", \"data\": {{\n{}\n", good("one"), good("two")));
    let outcome = shell.run(&["trigger", &file, "--pat", &token, "--json"]).expect(1).saying(&format!("rejected {file}:3: trigger-not-json"));
    assert_eq!(outcome.counts(), [2, 0, 1, 0]);
    assert_eq!(shell.count("sample_profile"), 2);
    // what was done is done; the broken line is still broken
    assert_eq!(shell.run(&["trigger", &file, "--pat", &token, "--json"]).expect(1).counts(), [0, 0, 1, 2]);
}

#[test]
fn a_packed_file_that_is_cut_off_is_read_up_to_there_and_hinders_no_other() {
    let shell = sample();
    let token = shell.issue(&[]);
    let lines = fs::read(checkout(TRIGGERS)).unwrap();
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&lines).unwrap();
    let mut packed = packed.finish().unwrap();
    // the sum at its end is missing, so every line is there
    packed.truncate(packed.len() - 8);
    let cut = shell.write("a.gz", &packed);
    let broken = shell.write("b.gz", &packed[..6]);
    let whole = shell.write("c.json", json!({"code": "sample_raw_topic", "data": {"propa": "z", "propb": "b", "propc": 1}}).to_string());
    let outcome = shell.run(&["trigger", &cut, &broken, &whole, "--pat", &token, "--json"]).expect(1);
    assert_eq!(outcome.counts(), [5, 0, 2, 0], "{}", outcome.stderr);
    for told in [format!("rejected {cut}:5: trigger-file-damaged"), format!("rejected {broken}: trigger-file-damaged"), "get it whole".to_owned()] {
        assert!(outcome.stderr.contains(&told), "{told}: {}", outcome.stderr);
    }
    assert_eq!(shell.count("sample_raw_topic"), 5);
}

#[test]
fn csv_files_are_rows_of_the_topic_that_is_named() {
    let shell = sample();
    let token = shell.issue(&[]);
    let fire = |file: &str, exit: i32| shell.run(&["trigger", file, "--code", "sample_raw_topic", "--pat", &token, "--json"]).expect(exit);
    let csv = shell.write("owls.csv", "propa,propb,propc\nbarn,north,3\n\"tawny, old\",north,\nonly,two\nlittle,south,1\n");
    let outcome = fire(&csv, 1);
    assert_eq!(outcome.counts(), [3, 0, 1, 0]);
    assert!(outcome.stderr.contains(&format!("rejected {csv}:4: trigger-csv-wrong")), "{}", outcome.stderr);
    let rows = without_aids(shell.rows("sample_raw_topic"));
    assert_eq!(rows[1], json!({"propa": "tawny, old", "propb": "north", "propc": null}));
    // each line is known again; JSON beside it is read as ever
    assert_eq!(fire(&csv, 1).counts(), [0, 0, 1, 3]);
    let json = shell.write("owl.json", json!({"code": "sample_raw_topic", "data": {"propa": "eagle", "propb": "north", "propc": 1}}).to_string());
    assert_eq!(fire(&json, 0).counts(), [1, 0, 0, 0]);
    assert_eq!(shell.count("sample_raw_topic"), 4);
}

/// Rows without the ids that documents of raw topics are given.
fn without_aids(mut rows: Vec<Json>) -> Vec<Json> {
    for row in &mut rows {
        row.as_object_mut().unwrap().retain(|name, _| !name.starts_with("aid_"));
    }
    rows
}

#[test]
fn run_needs_nothing_but_definitions_and_a_file() {
    let shell = Shell::new();
    let outcome = shell.run(&["run", "-d", &checkout(SAMPLE), &checkout(TRIGGERS)]).expect(0).saying("4 triggers: 4 done, 0 failed, 0 rejected, 0 skipped");
    assert_eq!(outcome.stdout, "");
    let expected: Json = serde_json::from_str(&fs::read_to_string(checkout("tests/golden/examples/sample.json")).unwrap()).unwrap();
    for (topic, rows) in expected["rows"].as_object().unwrap() {
        assert_eq!(&Json::Array(without_aids(shell.rows(topic))), rows, "{topic}");
    }
    // its token was for this run only
    assert_eq!(shell.run(&["pat", "list"]).expect(0).stdout.lines().count(), 1);
}

#[test]
fn traces_and_a_trace_tell_what_happened() {
    let shell = Shell::new();
    assert_eq!(shell.run(&["run", "-d", &checkout(SAMPLE), &checkout(TRIGGERS)]).expect(0).stdout, "");
    let listed = shell.run(&["traces", "--json"]).expect(0).lines();
    assert_eq!(listed.len(), 4);
    assert!(listed.iter().all(|trace| trace["status"] == "done" && trace["topic"] == "sample_raw_topic"), "{listed:?}");
    assert_eq!(shell.run(&["traces", "--json", "--limit", "1"]).expect(0).lines(), listed[..1]);
    assert_eq!(shell.run(&["traces", "--json", "--failed"]).expect(0).stdout, "");
    let id = listed[0]["traceId"].as_str().unwrap();
    assert!(shell.run(&["trace", id]).expect(0).stdout.contains(id));
    let document: Json = serde_json::from_str(&shell.run(&["trace", id, "--json"]).expect(0).stdout).unwrap();
    assert_eq!(document["traceId"], id);
    let trigger = &document["triggers"][0];
    assert_eq!([&trigger["topic"], &trigger["status"], &trigger["source"]], ["sample_raw_topic", "done", "file"]);
    let logs = trigger["logs"].as_array().unwrap();
    assert_eq!(logs.iter().map(|log| log["pipelineId"].as_str().unwrap()).collect::<Vec<_>>(), ["1901", "1902"]);
    assert_eq!(logs[0]["newValue"]["propc"], 5);
    assert_eq!((&logs[1]["oldValue"]["propc"], &logs[1]["newValue"]["propc"]), (&json!("3"), &json!("5")));
    let action = &logs[1]["stages"][0]["units"][0]["actions"][0];
    assert_eq!((&action["type"], &action["updateCount"]), (&json!("insert-or-merge-row"), &json!(1)));
    assert_eq!(action["definedAs"]["topicId"], "1003");
}

#[test]
fn traces_of_a_pipeline_are_found_on_every_data_source() {
    let shell = Shell::new();
    let plain = |name: &str, source: Json| {
        let factors = json!([{"factorId": format!("{name}-k"), "name": "k", "type": "text"}]);
        json!({"topicId": name, "name": name, "type": "distinct", "kind": "business", "tenantId": "1", "dataSourceId": source, "factors": factors})
    };
    let mapping = json!([{"factorId": "over-k", "arithmetic": "none", "source": {"kind": "constant", "value": "{k}"}}]);
    let action = json!({"actionId": "1", "type": "insert-row", "topicId": "over", "mapping": mapping});
    let definitions = json!([
        {"dataSourceId": "200", "dataSourceCode": "second", "dataSourceType": "sqlite", "url": "sqlite://second.db", "tenantId": "1"},
        plain("start", Json::Null),
        plain("over", json!("200")),
        {"pipelineId": "1", "topicId": "start", "name": "1", "type": "insert", "enabled": true, "validated": true, "tenantId": "1",
         "stages": [{"stageId": "s", "name": "s", "units": [{"unitId": "u", "do": [action]}]}]},
    ]);
    let definitions = shell.write("definitions.json", definitions.to_string());
    let triggers = shell.write("triggers.ndjson", r#"{"code": "start", "data": {"k": "a"}}"#);
    assert_eq!(shell.run(&["run", "-d", &definitions, &triggers, "--json"]).expect(0).counts(), [1, 0, 0, 0]);
    // The header lies on the default store, the log where the pipeline writes.
    let listed = shell.run(&["traces", "--pipeline", "1", "--json"]).expect(0).lines();
    assert_eq!((listed.len(), &listed[0]["topic"], &listed[0]["runs"]), (1, &json!("start"), &json!(1)), "{listed:?}");
    assert_eq!(shell.run(&["traces", "--pipeline", "2", "--json"]).expect(0).stdout, "");
}

#[test]
fn a_failed_pipeline_is_counted_listed_and_kept_apart() {
    let shell = Shell::new();
    let mut definitions: Json = serde_json::from_str(&fs::read_to_string(checkout(SAMPLE)).unwrap()).unwrap();
    // without the row that it wants to change, a merge fails
    definitions["pipelines"][1]["stages"][0]["units"][0]["do"][0]["type"] = json!("merge-row");
    let definitions = shell.write("definitions.json", definitions.to_string());
    let outcome = shell.run(&["run", "-d", &definitions, &checkout(TRIGGERS), "--json"]).expect(1);
    assert_eq!(outcome.counts(), [1, 3, 0, 0]);
    let failed = shell.run(&["traces", "--failed", "--json"]).expect(0).lines();
    assert_eq!(failed.len(), 3);
    assert!(failed.iter().all(|trace| trace["status"] == "error" && trace["failedPipelineIds"] == json!(["1902"])), "{failed:?}");
    assert_eq!((shell.count("sample_raw_topic"), shell.count("sample_profile"), shell.count("sample_counter")), (4, 2, 0));
}

#[test]
fn rows_are_chosen_bounded_and_shown_with_fixed_columns() {
    let shell = Shell::new();
    assert_eq!(shell.run(&["run", "-d", &checkout(SAMPLE), &checkout(TRIGGERS)]).expect(0).stdout, "");
    let all = shell.rows("sample_profile");
    assert_eq!(all.len(), 2);
    assert_eq!(shell.run(&["rows", "sample_profile", "--limit", "1"]).expect(0).lines(), all[..1]);
    assert_eq!(shell.run(&["rows", "sample_profile", "--where", "propb=north", "--where", "propc=4"]).expect(0).lines(), all[1..]);
    assert_eq!(shell.run(&["rows", "sample_profile", "--where", "propa=nobody"]).expect(0).stdout, "");
    let fixed = &shell.run(&["rows", "sample_counter", "--fixed"]).expect(0).lines()[0];
    assert!(fixed["id_"].as_str().is_some_and(|id| id.parse::<u64>().is_ok()), "{fixed}");
    assert_eq!((&fixed["tenant_id_"], &fixed["total"]), (&json!("1"), &json!(9)));
    let users = json!({"tenants": [{"tenantId": "2", "name": "next door"}]});
    let file = shell.write("tenant.json", users.to_string());
    assert_eq!(counts_of_apply(&shell.run(&["apply", &file]).expect(0).stderr), "1 are created, 0 updated, 0 deleted, 0 unchanged");
    assert_eq!(shell.run(&["rows", "sample_profile", "--tenant", "2"]).expect(1).stdout, "");
    assert_eq!(shell.run(&["rows", "sample_profile", "--tenant", "3"]).expect(1).saying("trigger-tenant-not-found").stdout, "");
}

#[test]
fn config_says_where_values_come_from_and_masks_secrets() {
    let shell = Shell::new();
    shell.write("nightowl.toml", "[engine]\ngroup_max = 7\n");
    shell.keep_secret("Snowy-9-owls");
    let variables = [("NIGHTOWL_AUTH__JWT_SECRET", "Snowy-9-owls"), ("NIGHTOWL_TRACE__LEVEL", "full")];
    let text = shell.run_with(&["config", "--changed", "--set", "log.level=warn"], &variables, b"").expect(0).stdout;
    for (key, value, origin) in [
        ("engine.group_max", "7", "nightowl.toml"),
        ("trace.level", "full", "NIGHTOWL_TRACE__LEVEL"),
        ("log.level", "warn", "option"),
        ("auth.jwt_secret", "***", "NIGHTOWL_AUTH__JWT_SECRET"),
    ] {
        let line = text.lines().find(|line| line.starts_with(&format!("{key} "))).unwrap_or_default();
        assert!(line.contains(&format!("= {value} ")) && line.contains(origin), "{key}: {line}");
    }
    let document: Json = serde_json::from_str(&shell.run_with(&["config", "--json"], &variables, b"").expect(0).stdout).unwrap();
    let entry = document["settings"].as_array().unwrap().iter().find(|entry| entry["key"] == "trace.level").unwrap();
    assert_eq!((&entry["value"], &entry["origin"]), (&json!("full"), &json!("variable NIGHTOWL_TRACE__LEVEL")));
}

#[test]
fn generated_passwords_are_told_once() {
    let shell = Shell::new();
    let first = |outcome: &str| outcome.lines().filter(|line| line.starts_with("first start: the password of ")).count();
    let variables = [("NIGHTOWL_FIRST_SUPER_PASSWORD", ""), ("NIGHTOWL_FIRST_ADMIN_PASSWORD", "")];
    let outcome = shell.run_with(&["pat", "list"], &variables, b"").expect(0);
    assert_eq!((first(&outcome.stderr), first(&outcome.stdout)), (2, 0));
    assert_eq!(first(&shell.run_with(&["pat", "list"], &variables, b"").expect(0).stderr), 0);
    // those that were given are never told: the shell looks for them in everything that is printed
    assert!(!SUPER_PASSWORD.is_empty() && !ADMIN_PASSWORD.is_empty());
    assert_eq!(first(&Shell::new().run(&["pat", "list"]).expect(0).stderr), 0);
}

#[test]
fn exit_codes_say_how_it_went() {
    let shell = Shell::new();
    for (arguments, code) in [
        (&["config"][..], 0),
        (&["--version"], 0),
        (&["--help"], 0),
        (&[], 2),
        (&["rows", "nothing"], 1),
        (&["trace", "123"], 1),
        (&["pat", "issue", "--user", "nobody"], 1),
        (&["pat", "issue", "--scope", "everything"], 1),
        (&["pat", "issue", "--expires", "tomorrow"], 1),
        (&["trigger", "nothing.json"], 1),
        (&[], 2),
        (&["fly"], 2),
        (&["rows"], 2),
        (&["rows", "a", "--where", "b"], 2),
        (&["--set", "engine.group_max", "config"], 2),
        (&["--storage", "sqlite:///nowhere/at/all.db", "rows", "a"], 69),
        (&["--storage", "redis://localhost", "rows", "a"], 78),
        (&["--set", "engine.atomicity=maybe", "config"], 78),
        (&["--set", "engine.wings=2", "config"], 78),
        (&["--config", "nothing.toml", "config"], 78),
    ] {
        let outcome = shell.run(arguments);
        assert_eq!(outcome.code, Some(code), "{arguments:?}: {}", outcome.stderr);
        assert!(code == 0 || outcome.stdout.is_empty(), "{arguments:?}: {}", outcome.stdout);
    }
    assert_eq!(shell.run_with(&["config"], &[("NIGHTOWL_WINGS", "2")], b"").expect(78).saying("NIGHTOWL_WINGS").stdout, "");
}

#[test]
fn a_reader_that_goes_away_ends_a_verb_quietly() {
    let shell = Shell::new();
    let lines = format!("{}\n", json!({"code": "sample_raw_topic", "data": {"note": "x".repeat(1_000)}})).repeat(300);
    let file = shell.write("many.ndjson", lines);
    assert_eq!(shell.run(&["run", "-d", &checkout(SAMPLE), &file]).expect(0).stdout, "");
    let mut child = shell.command(&["rows", "sample_raw_topic"]).spawn().unwrap();
    // more is to come than a pipe holds
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), String::from_utf8_lossy(&ended.stderr).as_ref()), (Some(0), ""));
}

#[test]
fn two_processes_with_one_file_do_it_once() {
    let shell = sample();
    let lines: String = (0..400).map(|n| format!("{}\n", json!({"code": "sample_raw_topic", "data": {"propa": n, "propb": "b", "propc": 1}}))).collect();
    let file = shell.write("many.ndjson", lines);
    let token = shell.issue(&[]);
    let arguments = ["trigger", &file, "--pat", &token, "--json"];
    let [one, other] = std::thread::scope(|scope| {
        let run = || scope.spawn(|| shell.run(&arguments).expect(0).counts());
        [run(), run()].map(|run| run.join().unwrap())
    });
    assert_eq!([one[0] + other[0], one[3] + other[3]], [400, 400], "{one:?} {other:?}");
    assert_eq!((shell.count("sample_raw_topic"), shell.count("sample_profile")), (400, 400));
    assert_eq!(shell.rows("sample_counter"), [json!({"propb": "b", "profiles": 400, "total": 400})]);
}

#[test]
fn bench_tells_the_floors_and_what_a_trigger_leaves_beyond_topic_rows() {
    let shell = Shell::new();
    let mut workload: Json = serde_json::from_str(&fs::read_to_string(checkout(SAMPLE)).unwrap()).unwrap();
    let triggers = [json!({"code": "sample_raw_topic", "data": {"propa": "1", "propb": "b", "propc": 2}})];
    for (key, value) in [("name", json!("sample")), ("triggers", json!(triggers)), ("cycle", json!(true))] {
        workload[key] = value;
    }
    let file = shell.write("sample.json", workload.to_string());
    let outcome = shell.run(&["bench", &file, "--callers", "2", "--seconds", "1", "--triggers", "200"]).expect(0);
    let report: Json = serde_json::from_str(&outcome.stdout).unwrap();
    let figure = &report[0];
    assert_eq!((&figure["workload"], &figure["callers"], &figure["triggers"]), (&json!("sample"), &json!(2), &json!(200)));
    for key in ["triggers_per_s", "floor_serial_per_s", "floor_batched_per_s", "p99_ms", "log_bytes_per_trigger"] {
        assert!(figure[key].as_f64().unwrap() > 0.0, "{key}: {figure}");
    }
    for left in figure["beyond_topic_rows"].as_array().unwrap() {
        let [rows, bytes, share] = ["rows_per_trigger", "bytes_per_trigger", "share_of_time"].map(|key| left[key].as_f64().unwrap());
        let table = left["table"].as_str().unwrap();
        if table == "nightowl_trace_details" {
            assert_eq!([rows, bytes, share], [0.0, 0.0, 0.0], "level monitor keeps no details");
        } else {
            assert!(rows >= 1.0 && bytes > 50.0 && (0.0..1.0).contains(&share), "{left}");
            assert!(outcome.stderr.contains(&format!("    {table}: ")), "{}", outcome.stderr);
        }
    }
}
