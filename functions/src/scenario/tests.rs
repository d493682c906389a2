//! The runner against an installation that answers with what it is told to: what the recording says must pass, and
//! every single change of it must fail.

use std::path::Path;

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::{
    Answer, Comparison, Definitions, Deviations, Expectation, FiredTrigger, Normaliser, Pat, Scenario, Strictness, Subject, SubjectError, Summary, Verdict,
    compare, run,
};

/// A change of a recording.
type Change = fn(&mut Json);

/// Says what a scenario's `expect` says, in the shape of an installation: with ids, times and everything else that the
/// recording has dropped.
struct Replay {
    expect: Json,
    boolean_columns: Vec<String>,
    fired: Vec<FiredTrigger>,
}

impl Replay {
    fn of(expect: Json) -> Self {
        Self { expect, boolean_columns: Vec::new(), fired: Vec::new() }
    }

    fn trace_id(&self, trigger: &Json) -> Json {
        let fired = trigger.as_u64().and_then(|index| self.fired.get(usize::try_from(index).expect("small")));
        fired.map_or(Json::Null, |fired| json!(fired.trace_id))
    }
}

#[async_trait]
impl Subject for Replay {
    async fn prepare(&mut self, scenario: &Scenario) -> Result<(), SubjectError> {
        self.fired.clear();
        let factors = scenario.topics.iter().filter(|topic| topic["type"] != "raw").flat_map(|topic| topic["factors"].as_array());
        let booleans = factors.flatten().filter(|factor| factor["type"] == "boolean");
        self.boolean_columns = booleans.map(|factor| factor["name"].as_str().expect("a name").to_owned()).collect();
        Ok(())
    }

    async fn fire(&mut self, trigger: &FiredTrigger) -> Result<Answer, SubjectError> {
        let index = self.fired.len();
        self.fired.push(trigger.clone());
        let refused = self.expect["errors"].as_array().expect("errors").iter().find(|error| error["trigger"] == index);
        Ok(match refused {
            Some(error) => Answer { status: error["status"].as_u64().expect("a status") as u16, body: error["detail"].clone() },
            None => Answer { status: 200, body: json!({"internalDataId": (7_000_000_000_000_000_000_u64 + index as u64).to_string()}) },
        })
    }

    async fn rows(&mut self, tenant: &str, topic: &str) -> Result<Vec<Json>, SubjectError> {
        let rows = self.expect["topics"][super::run::topic_key(tenant, topic)].as_array().cloned().unwrap_or_default();
        let full = rows.into_iter().rev().enumerate().map(|(index, mut row)| {
            row["id_"] = json!((8_000_000_000_000_000_000_u64 + index as u64).to_string());
            row["tenant_id_"] = json!(self.tenant_id(tenant));
            row["insert_time_"] = json!("2024-05-01T10:20:30.532053");
            row["version_"] = json!(3);
            if let Some(document) = row.get_mut("data_").filter(|document| document.is_object()) {
                document["aid_me"] = json!(9_000_000_000_000_000_000_u64 + index as u64);
            }
            for name in &self.boolean_columns {
                if let Some(flag) = row.get_mut(name).filter(|flag| flag.is_u64()) {
                    *flag = json!(*flag == 1);
                }
            }
            row
        });
        Ok(full.collect())
    }

    async fn logs(&mut self, tenant: &str) -> Result<Vec<Json>, SubjectError> {
        let mut logs = Vec::new();
        for mut log in self.expect["logs"].as_array().expect("logs").clone() {
            if log.get("tenantId").and_then(Json::as_str).unwrap_or("a") != tenant {
                continue;
            }
            log["traceId"] = self.trace_id(&log["trigger"]);
            log["dataId"] = json!(1);
            log["prerequisiteDefinedAs"] = json!({"conditional": false, "on": null});
            let members = log.as_object_mut().expect("an object");
            members.remove("trigger");
            members.remove("tenantId");
            fill(&mut log, "stages");
            logs.push(log);
        }
        Ok(logs)
    }

    fn tenant_id(&self, tenant: &str) -> Option<String> {
        ["a", "b"].contains(&tenant).then(|| format!("60000000000000000{tenant}").replace(['a', 'b'], "7"))
    }
}

/// Puts back what the recording drops on every level.
fn fill(node: &mut Json, below: &str) {
    node["uid"] = json!("8001");
    node["startTime"] = json!("2024-05-01T10:20:30.532053");
    node["spentInMills"] = json!(4);
    let error = node.get("error").is_some_and(|error| !error.is_null());
    node["error"] = if error { json!("our own words") } else { Json::Null };
    let next = match below {
        "stages" => "units",
        "units" => "actions",
        _ => "",
    };
    if let Some(Json::Array(children)) = node.get_mut(below) {
        children.iter_mut().for_each(|child| fill(child, next));
    } else if below.is_empty() {
        for count in ["insertCount", "updateCount", "deleteCount"] {
            if node.get(count).is_none() {
                node[count] = json!(0);
            }
        }
    }
}

fn log(trigger: u64, pipeline: &str, topic: &str, value: &Json, written: &[Json]) -> Json {
    let actions: Vec<Json> = written
        .iter()
        .map(|row| {
            json!({"actionId": format!("{pipeline}-a"), "type": "insert-row", "status": "DONE", "insertCount": 1,
            "touched": {"data": row}})
        })
        .collect();
    json!({"trigger": trigger, "pipelineId": pipeline, "topicId": topic, "status": "DONE", "prerequisite": true,
        "oldValue": null, "newValue": value,
        "stages": [{"stageId": "s", "name": "stage 1", "status": "DONE", "prerequisite": true,
            "units": [{"unitId": "u", "name": "unit 1", "status": "DONE", "prerequisite": true, "actions": actions}]}]})
}

fn row(src: &str, n: f64) -> Json {
    json!({"src": src, "n": n, "flag": 1})
}

/// One raw topic feeds p1 and p2; both write rows, p1 two of them; each row feeds c1 and c2.
fn fan_out() -> Json {
    let raw = json!({"k": "v", "n": 1});
    let action = |pipeline: &str, topic: &str| json!([{"units": [{"do": [{"actionId": format!("{pipeline}-a"), "topicId": topic}]}]}]);
    let mut logs = vec![log(0, "p1", "1", &raw, &[row("p1", 1.5), row("p1", 2.5)]), log(0, "p2", "1", &raw, &[row("p2", 1.0)])];
    for (src, n) in [("p1", 1.5), ("p1", 2.5), ("p2", 1.0)] {
        logs.push(log(0, "c1", "2", &row(src, n), &[json!({"src": src})]));
        logs.push(log(0, "c2", "2", &row(src, n), &[]));
    }
    logs[1]["stages"][0]["units"][0]["actions"][0]["findBy"] = json!({"conjunction": "and", "children": [
        {"left": {"entityName": "row", "columnName": "n", "synonym": false}, "operator": "equals", "right": 1}]});
    logs[7]["status"] = json!("ERROR");
    logs[7]["error"] = json!({"type": "Exception", "message": "python's words"});
    let mut of_b = log(2, "b1", "4", &json!({"k": "x"}), &[]);
    of_b["tenantId"] = json!("b");
    logs.push(of_b);
    json!({
        "name": "fan-out", "tenants": ["a", "b"],
        "topics": [
            {"topicId": "1", "name": "raw", "type": "raw", "factors": []},
            {"topicId": "2", "name": "row", "type": "distinct", "factors": [{"factorId": "21", "name": "flag", "type": "boolean"}]},
            {"topicId": "3", "name": "out", "type": "distinct", "factors": []},
            {"topicId": "4", "name": "raw", "type": "raw", "tenantId": "b", "factors": []}],
        "pipelines": [
            {"pipelineId": "p1", "topicId": "1", "type": "insert", "enabled": true, "stages": action("p1", "2")},
            {"pipelineId": "p2", "topicId": "1", "type": "insert-or-merge", "enabled": true, "stages": action("p2", "2")},
            {"pipelineId": "p3", "topicId": "1", "type": "insert", "enabled": false, "stages": []},
            {"pipelineId": "c1", "topicId": "2", "type": "insert", "enabled": true, "stages": action("c1", "3")},
            {"pipelineId": "c2", "topicId": "2", "type": "insert", "enabled": true, "stages": []},
            {"pipelineId": "b1", "topicId": "4", "type": "insert", "enabled": true, "tenantId": "b", "stages": []}],
        "triggers": [
            {"code": "raw", "data": {"k": "v", "n": 1}},
            {"code": "raw", "data": {"id_": {"$idOf": 0}, "of": [{"$rowId": {"topic": "row", "where": {"src": "p2", "n": 1.00}}}]}, "tenantId": "b"},
            {"code": "raw", "data": {"k": "x"}, "as": "b", "pat": "superadmin", "tenantId": "999"}],
        "expect": {
            "topics": {
                "raw": [{"data_": {"k": "v", "n": 1}}],
                "row": [row("p1", 1.5), row("p1", 2.5), row("p2", 1.0)],
                "out": [{"src": "p1"}, {"src": "p1"}, {"src": "p2"}],
                "b:raw": [{"data_": {"k": "x"}}]},
            "logs": logs,
            "errors": [{"trigger": 1, "status": 403, "detail": "no", "cause": {"type": "E", "message": "m"}}]}
    })
}

fn scenario() -> Scenario {
    Scenario::from_json(Path::new("fan-out.json"), &fan_out()).expect("a scenario")
}

fn compared(change: impl FnOnce(&mut Json), strictness: Strictness) -> Comparison {
    let scenario = scenario();
    let mut observed = scenario.expect.clone();
    change(&mut observed);
    let mut subject = Replay::of(observed);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(run(&mut subject, &scenario, &Deviations::default(), strictness)).expect("it runs")
}

fn differences(change: impl FnOnce(&mut Json)) -> Vec<String> {
    compared(change, Strictness::default()).differences.kept().iter().map(ToString::to_string).collect()
}

fn permute(logs: &mut Json, order: &[usize]) {
    let old = logs.as_array().expect("logs").clone();
    *logs = order.iter().map(|index| old[*index].clone()).collect();
}

#[test]
fn what_the_recording_says_passes() {
    assert_eq!(differences(|_| {}), Vec::<String>::new());
}

#[test]
fn siblings_change_places_and_take_their_children_along() {
    assert_eq!(differences(|expect| permute(&mut expect["logs"], &[1, 0, 6, 7, 3, 2, 5, 4, 8])), Vec::<String>::new());
    assert_eq!(differences(|expect| permute(&mut expect["logs"], &[0, 1, 3, 2, 4, 5, 7, 6, 8])), Vec::<String>::new());
}

#[test]
fn any_other_order_is_a_difference() {
    let orders: [&[usize]; 4] = [
        &[0, 1, 4, 5, 2, 3, 6, 7, 8], // the two rows of p1 in the other order
        &[1, 0, 2, 3, 4, 5, 6, 7, 8], // siblings without their children
        &[0, 2, 3, 4, 5, 1, 6, 7, 8], // depth first
        &[2, 3, 0, 1, 4, 5, 6, 7, 8], // children before their parents
    ];
    for order in orders {
        assert!(!differences(|expect| permute(&mut expect["logs"], order)).is_empty(), "{order:?}");
    }
}

#[test]
fn every_single_change_is_a_difference() {
    let changes: [(&str, Change); 22] = [
        ("topics.row[1].n: expected 2.5, got 2.6", |expect| expect["topics"]["row"][1]["n"] = json!(2.6)),
        ("topics.row[0].flag: expected 1, got 0", |expect| expect["topics"]["row"][0]["flag"] = json!(0)),
        ("topics.row[0].n: expected 1.5, got \"1.5\"", |expect| expect["topics"]["row"][0]["n"] = json!("1.5")),
        ("topics.raw[0].data_.n: expected 1, got nothing", |expect| {
            expect["topics"]["raw"][0]["data_"].as_object_mut().expect("row").remove("n");
        }),
        ("topics.row[0].new: expected nothing, got null", |expect| expect["topics"]["row"][0]["new"] = Json::Null),
        ("topics.out[1]: expected {\"src\":\"p1\"}, got nothing", |expect| {
            expect["topics"]["out"].as_array_mut().expect("rows").remove(0);
        }),
        ("topics.out[more]: expected nothing", |expect| expect["topics"]["out"].as_array_mut().expect("rows").push(json!({"src": "p2"}))),
        ("topics.b:raw[0].data_.k: expected \"x\", got \"y\"", |expect| expect["topics"]["b:raw"][0]["data_"]["k"] = json!("y")),
        ("errors[trigger 1].status: expected 403, got 200", |expect| expect["errors"] = json!([])),
        ("errors[trigger 1].status: expected 403, got 500", |expect| expect["errors"][0]["status"] = json!(500)),
        ("errors[trigger 2].status: expected 200, got 401", |expect| {
            expect["errors"].as_array_mut().expect("errors").push(json!({"trigger": 2, "status": 401}));
        }),
        ("logs[0].status: expected \"DONE\", got \"ERROR\"", |expect| expect["logs"][0]["status"] = json!("ERROR")),
        ("logs[0].error: expected nothing, got", |expect| expect["logs"][0]["error"] = json!({"type": null, "message": "m"})),
        ("logs[7].error: expected", |expect| expect["logs"][7]["error"] = Json::Null),
        ("logs[7]: expected", |expect| drop(expect["logs"].as_array_mut().expect("logs").remove(7))),
        ("logs[trigger 0, pipeline c2]: expected nothing", |expect| {
            let twice = expect["logs"][7].clone();
            expect["logs"].as_array_mut().expect("logs").insert(8, twice);
        }),
        ("logs[no trigger, pipeline p1]: expected nothing", |expect| {
            let mut nobodys = expect["logs"][0].clone();
            nobodys["trigger"] = json!(77);
            expect["logs"].as_array_mut().expect("logs").push(nobodys);
        }),
        ("logs[0].stages[0].units[0].actions[1].touched.data.n: expected 2.5, got 4", |expect| {
            expect["logs"][0]["stages"][0]["units"][0]["actions"][1]["touched"]["data"]["n"] = json!(4);
        }),
        ("logs[2].stages[0].units[0].actions[0].touched: expected {\"data\":{\"src\":\"p1\"}}, got null", |expect| {
            expect["logs"][2]["stages"][0]["units"][0]["actions"][0]["touched"] = Json::Null;
        }),
        ("logs[8].newValue.k: expected \"x\", got \"z\"", |expect| expect["logs"][8]["newValue"]["k"] = json!("z")),
        ("logs[3].stages[1]: expected nothing", |expect| {
            let stage = expect["logs"][3]["stages"][0].clone();
            expect["logs"][3]["stages"].as_array_mut().expect("stages").push(stage);
        }),
        ("logs[0].stages[0].units[0].actions[0].insertCount: expected 1, got nothing", |expect| {
            expect["logs"][0]["stages"][0]["units"][0]["actions"][0]["insertCount"] = json!(0);
        }),
    ];
    for (message, change) in changes {
        let found = differences(change);
        assert!(found.iter().any(|difference| difference.starts_with(message)), "{message} is not in {found:#?}");
    }
}

#[test]
fn a_log_of_another_tenant_is_a_difference() {
    let found = differences(|expect| drop(expect["logs"][8].as_object_mut().expect("a log").remove("tenantId")));
    assert_eq!(found, ["logs[8].tenantId: expected \"b\", got nothing"]);
}

#[test]
fn find_by_is_a_note_unless_asked_for() {
    let change = |right: Json| {
        move |expect: &mut Json| {
            expect["logs"][1]["stages"][0]["units"][0]["actions"][0]["findBy"]["children"][0]["right"] = right;
        }
    };
    let noted = compared(change(json!(2)), Strictness::default());
    assert_eq!((noted.differences.total(), noted.notes.total()), (0, 1));
    let strict = compared(change(json!(2)), Strictness { find_by: true });
    assert_eq!((strict.differences.total(), strict.notes.total()), (1, 0));
    let same = compared(change(json!("1")), Strictness { find_by: true });
    assert!(same.differences.is_empty());
}

#[test]
fn placeholders_tenants_and_types_are_filled_in() {
    let scenario = scenario();
    let mut subject = Replay::of(scenario.expect.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(run(&mut subject, &scenario, &Deviations::default(), Strictness::default())).expect("it runs");
    let [first, second, third] = subject.fired.as_slice() else {
        panic!("three triggers were fired");
    };
    assert_eq!((first.trigger_type.as_str(), first.pat, &first.tenant_id), ("insert", Pat::Tenant, &None));
    assert_eq!(second.data, json!({"id_": 7_000_000_000_000_000_000_u64, "of": [8_000_000_000_000_000_000_u64]}));
    assert_eq!(second.tenant_id, Some("600000000000000007".to_owned()));
    assert_eq!((third.tenant.as_str(), third.pat, third.tenant_id.as_deref()), ("b", Pat::SuperAdmin, Some("999")));
    assert_ne!(first.trace_id, second.trace_id);
}

#[test]
fn a_placeholder_for_nothing_ends_the_scenario() {
    for (data, reason) in [
        (json!({"id_": {"$idOf": 1}}), "fill in trigger 1: $idOf: trigger 1 was not answered"),
        (json!({"$rowId": {"topic": "row", "where": {"src": "p1"}}}), "fill in trigger 1: $rowId: 2 rows of row match"),
        (json!({"$rowId": {"topic": "row", "where": {"src": "none"}}}), "fill in trigger 1: $rowId: 0 rows of row match"),
    ] {
        let mut file = fan_out();
        file["triggers"][1]["data"] = data;
        let scenario = Scenario::from_json(Path::new("x"), &file).expect("a scenario");
        let mut subject = Replay::of(scenario.expect.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let ended = runtime.block_on(run(&mut subject, &scenario, &Deviations::default(), Strictness::default()));
        assert!(ended.expect_err("it can not go on").to_string().starts_with(reason));
    }
}

#[test]
fn deviations_change_what_is_expected() {
    let scenario = scenario();
    let list = json!([{"scenario": "fan-out", "at": "/topics/row/0/n", "rule": "D-01", "value": 9, "why": "a test"}]);
    let deviations = Deviations::from_json(Path::new("d"), &list).expect("a list");
    let mut subject = Replay::of(scenario.expect.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let changed = runtime.block_on(run(&mut subject, &scenario, &deviations, Strictness::default())).expect("it runs");
    assert_eq!(changed.differences.kept()[0].to_string(), "topics.row[0].n: expected 9, got 1.5");
}

/// The pointers of all leaves below a node.
fn leaves(node: &Json, at: &str, found: &mut Vec<String>) {
    match node {
        Json::Object(members) if !members.is_empty() => {
            members.iter().for_each(|(key, member)| leaves(member, &format!("{at}/{key}"), found));
        }
        Json::Array(items) if !items.is_empty() => {
            items.iter().enumerate().for_each(|(index, item)| leaves(item, &format!("{at}/{index}"), found));
        }
        _ => found.push(at.to_owned()),
    }
}

/// Changes every leaf of a recording, one at a time; the pointers of those that nobody misses.
fn unnoticed_changes(scenario: &Scenario) -> Vec<String> {
    let expected = Expectation::from_json(Path::new("x"), &scenario.expect).expect("a recording");
    let normaliser = Normaliser::new(Definitions::of(scenario), Vec::new(), scenario.options.defined_as);
    let mut all = Vec::new();
    leaves(&scenario.expect, "", &mut all);
    all.retain(|at| {
        let mut changed = scenario.expect.clone();
        let leaf = changed.pointer_mut(at).expect("a leaf");
        *leaf = match leaf {
            Json::Number(_) => json!(987_654),
            Json::Array(_) => json!([{"trigger": 0, "status": 987_654}]),
            _ => json!("something else"),
        };
        let observed = Expectation {
            topics: changed["topics"].as_object().expect("topics").clone(),
            logs: changed["logs"].as_array().expect("logs").clone(),
            errors: changed["errors"].as_array().expect("errors").clone(),
        };
        compare(&expected, &observed, &normaliser, Strictness::default()).differences.is_empty()
    });
    all
}

#[test]
fn only_what_is_loose_can_change_unnoticed() {
    let unnoticed = unnoticed_changes(&scenario());
    let loose = ["/error/", "/findBy/", "/errors/0/detail", "/errors/0/cause/"];
    assert!(!unnoticed.is_empty());
    for at in unnoticed {
        assert!(loose.iter().any(|loose| at.contains(loose)), "{at} can change unnoticed");
    }
}

#[test]
fn a_run_may_move_between_threads() {
    fn moves<T: Send>(_: &T) {}
    let scenario = scenario();
    let mut subject: Box<dyn Subject> = Box::new(Replay::of(scenario.expect.clone()));
    moves(&run(subject.as_mut(), &scenario, &Deviations::default(), Strictness::default()));
}

#[test]
fn a_verdict_is_a_line_and_the_differences_below_it() {
    let passed = Verdict { name: "one".to_owned(), outcome: Ok(compared(|_| {}, Strictness::default())) };
    let failed = Verdict { name: "two".to_owned(), outcome: Ok(compared(|expect| expect["logs"] = json!([]), Strictness::default())) };
    let many = compared(|expect| expect["topics"]["out"] = (0..30).map(|n| json!({"x": n})).collect(), Strictness::default());
    let many = Verdict { name: "three".to_owned(), outcome: Ok(many) };
    assert_eq!(passed.to_string(), "ok one");
    assert!(failed.to_string().starts_with("FAILED two\n  logs[0]: expected {"), "{failed}");
    assert_eq!(failed.to_string().lines().count(), 10);
    assert!(many.to_string().ends_with("  and 13 more"), "{many}");
    let mut summary = Summary::default();
    for verdict in [&passed, &failed, &many] {
        summary.count(verdict);
    }
    assert_eq!(summary.to_string(), "1 passed, 2 failed");
}
