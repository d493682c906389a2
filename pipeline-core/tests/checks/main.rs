//! What compiling says of definitions: for each check one definition that it finds and one that it does not.
//!
//! All cases start from one sound pair of topics and one pipeline; a case changes it. Problems are told as `code place`.

#![expect(clippy::needless_pass_by_value, reason = "the cases read as documents, without a sign before each part")]

mod names;
mod shapes;

use nightowl_core::compile::{Catalog, CatalogSource, PipelineSource};
use nightowl_core::model::{DataSource, Definitions, Problems, Severity};
use serde_json::{Value as Json, json};

/// A raw topic, a topic that is written with a unique key, and another one that is not.
fn topics() -> Json {
    json!([
        {"topicId": "in", "name": "order_in", "type": "raw", "factors": [
            {"factorId": "in-no", "name": "no", "type": "text", "flatten": true, "indexGroup": "u-1"},
            {"factorId": "in-items", "name": "items", "type": "array"},
            {"factorId": "in-amount", "name": "amount", "type": "number"},
        ]},
        {"topicId": "out", "name": "orders", "type": "distinct", "factors": [
            {"factorId": "o-no", "name": "no", "type": "text", "indexGroup": "u-1"},
            {"factorId": "o-day", "name": "day", "type": "date", "indexGroup": "i-1"},
            {"factorId": "o-amount", "name": "amount", "type": "number"},
            {"factorId": "o-done", "name": "done", "type": "boolean"},
            {"factorId": "o-at", "name": "at", "type": "time"},
        ]},
        {"topicId": "far", "name": "far_orders", "type": "aggregate", "dataSourceId": "ds", "factors": [
            {"factorId": "f-no", "name": "no", "type": "text", "indexGroup": "u-1"},
        ]},
    ])
}

fn constant(value: &str) -> Json {
    json!({"kind": "constant", "value": value})
}

fn factor(topic: &str, factor: &str) -> Json {
    json!({"kind": "topic", "topicId": topic, "factorId": factor})
}

fn by(left: Json, operator: &str, right: Json) -> Json {
    json!({"jointType": "and", "filters": [{"left": left, "operator": operator, "right": right}]})
}

fn by_number() -> Json {
    by(factor("out", "o-no"), "equals", constant("{no}"))
}

fn mapping(factor: &str, source: Json) -> Json {
    json!([{"factorId": factor, "source": source}])
}

fn upsert(factor: &str, source: Json) -> Json {
    json!({"actionId": "a", "type": "insert-or-merge-row", "topicId": "out", "mapping": mapping(factor, source), "by": by_number()})
}

fn copy(variable: &str, source: Json) -> Json {
    json!({"actionId": format!("copy-{variable}"), "type": "copy-to-memory", "variableName": variable, "source": source})
}

fn unit(id: &str, actions: Json) -> Json {
    json!({"unitId": id, "do": actions})
}

fn looping(id: &str, variable: &str, actions: Json) -> Json {
    json!({"unitId": id, "loopVariableName": variable, "do": actions})
}

/// A pipeline with the actions in one unit.
fn pipeline(actions: Json) -> Json {
    with_units(json!([unit("u", actions)]))
}

fn with_units(units: Json) -> Json {
    json!({"pipelineId": "p", "topicId": "in", "name": "orders", "type": "insert", "enabled": true, "stages": [{"stageId": "s", "units": units}]})
}

fn case(routes: Json) -> Json {
    json!({"kind": "computed", "type": "case-then", "parameters": routes})
}

fn computed(kind: &str, parameters: Json) -> Json {
    json!({"kind": "computed", "type": kind, "parameters": parameters})
}

/// A document with the topics, one pipeline, and whatever else is given.
fn document(pipeline: Json, more: &[(&str, Json)]) -> Json {
    let mut document = json!({"topics": topics(), "pipelines": [pipeline]});
    for (list, tuple) in more {
        match document[*list].as_array_mut() {
            Some(tuples) => tuples.push(tuple.clone()),
            None => document[*list] = json!([tuple]),
        }
    }
    document
}

/// All problems of a document: severity, code and place.
fn problems(document: &Json) -> Problems {
    let mut problems = Problems::default();
    let definitions = Definitions::read(document, "test.json", &mut problems);
    let pipelines = definitions.pipelines.into_iter().map(|pipeline| PipelineSource::from((pipeline, String::new()))).collect();
    let source = CatalogSource {
        tenant_id: "1".to_owned(),
        topics: definitions.topics,
        pipelines,
        external_writers: definitions.external_writers,
        data_sources: definitions.data_sources,
        ..CatalogSource::default()
    };
    Catalog::compile(source, &mut problems);
    problems
}

/// A check: its code, how bad it is, what it finds at which place, and what it leaves alone.
struct Check {
    code: &'static str,
    severity: Severity,
    place: String,
    found: Json,
    sound: Json,
}

fn warning(code: &'static str, place: &str, found: Json, sound: Json) -> Check {
    Check { code, severity: Severity::Warning, place: place.to_owned(), found, sound }
}

fn error(code: &'static str, place: &str, found: Json, sound: Json) -> Check {
    Check { code, severity: Severity::Error, place: place.to_owned(), found, sound }
}

const ACTION: &str = "pipeline \"orders\" / stage \"s\" / unit \"u\" / action \"a\"";

fn run(checks: &[Check]) {
    for (position, check) in checks.iter().enumerate() {
        let found = problems(&check.found);
        let hit = found.iter().find(|problem| problem.code == check.code);
        let texts: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert!(hit.is_some(), "case {position}: {} is not found among {texts:?}", check.code);
        let Some(hit) = hit else { continue };
        assert_eq!(hit.severity, check.severity, "case {position}: {hit}");
        let place = check.place.replace("ACTION", ACTION);
        assert_eq!(hit.place.to_string(), place, "case {position}: {hit}");
        assert!(!hit.reason.is_empty() && !hit.remedy.is_empty(), "case {position}: {hit}");
        let sound = problems(&check.sound);
        let texts: Vec<String> = sound.iter().filter(|problem| problem.code == check.code).map(ToString::to_string).collect();
        assert_eq!(texts, Vec::<String>::new(), "case {position}: {} is found in what is sound", check.code);
    }
}

#[test]
fn the_definitions_that_the_cases_change_are_sound() {
    let document = document(pipeline(json!([upsert("o-amount", constant("{amount}"))])), &[]);
    assert_eq!(problems(&document).iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn topics_are_checked() {
    let sound = document(pipeline(json!([])), &[]);
    let named = |name: &str| document(pipeline(json!([])), &[("topics", json!({"topicId": "x", "name": name, "factors": []}))]);
    let encrypted = |kind: &str| {
        let factors = json!([{"factorId": "f", "name": "secret", "type": "text", "encrypt": "AES256-PKCS5-PADDING"}]);
        document(pipeline(json!([])), &[("topics", json!({"topicId": "x", "name": "safe", "kind": kind, "factors": factors}))])
    };
    let on_source = |kind: &str| document(pipeline(json!([])), &[("dataSources", json!({"dataSourceId": "ds", "dataSourceType": kind}))]);
    let on_system = |kind: &str| {
        let topic = json!({"topicId": "sys", "name": "raw_sys", "type": "raw", "kind": kind, "factors": []});
        let mut pipeline = pipeline(json!([]));
        pipeline["topicId"] = json!("sys");
        document(pipeline, &[("topics", topic)])
    };
    let defaulted = |value: &str| {
        let factors = json!([{"factorId": "f", "name": "n", "type": "number", "defaultValue": value}]);
        document(pipeline(json!([])), &[("topics", json!({"topicId": "x", "name": "x", "factors": factors}))])
    };
    run(&[
        warning("definition-topic-name", "topic \"订单\"", named("订单"), sound),
        warning("definition-topic-name", "topic \"9lives\"", named("9lives"), named("lives9")),
        warning("definition-topic-name", "topic \"a-b\"", named("a-b"), named("a_b")),
        warning("definition-aes-key-missing", "topic \"safe\" / factor \"secret\" / encrypt", encrypted("business"), encrypted("system")),
        warning("definition-data-source-not-opened", "topic \"far_orders\" / dataSourceId", on_source("oracle"), on_source("postgresql")),
        warning("definition-pipeline-on-system-topic", "pipeline \"orders\" / topicId", on_system("system"), on_system("business")),
        warning("definition-bad-default", "topic \"x\" / factor \"n\" / defaultValue", defaulted("x"), defaulted("1.5")),
    ]);
}

#[test]
fn references_and_parameters_are_checked() {
    let of = |source: Json| document(pipeline(json!([upsert("o-amount", source)])), &[]);
    let route = |value: &str| json!({"kind": "constant", "value": value, "conditional": true, "on": by(factor("in", "in-no"), "equals", constant("1"))});
    let always = json!({"kind": "constant", "value": "1", "conditional": true});
    let when = |left: Json, right: Json| {
        let mut pipeline = pipeline(json!([]));
        pipeline["conditional"] = json!(true);
        pipeline["on"] = by(left, "less", right);
        document(pipeline, &[])
    };
    let unknown_topic = json!({"actionId": "a", "type": "read-rows", "topicId": "zz", "variableName": "v", "by": by_number()});
    let unknown_type = json!({"actionId": "a", "type": "read-minds"});
    let typed = document(pipeline(json!([upsert("o-amount", constant("1"))])), &[]);
    run(&[
        error("definition-topic-unknown", "ACTION / topicId", document(pipeline(json!([unknown_topic])), &[]), typed.clone()),
        error("definition-factor-unknown", "ACTION / mapping 1 / factorId", document(pipeline(json!([upsert("zz", constant("1"))])), &[]), typed.clone()),
        error("definition-factor-unknown", "ACTION / mapping 1 / source / factorId", of(factor("in", "zz")), of(factor("in", "in-amount"))),
        error("definition-unknown-value", "ACTION / type", document(pipeline(json!([unknown_type])), &[]), typed.clone()),
        error(
            "definition-parameter-count",
            "ACTION / mapping 1 / source / parameters",
            of(computed("add", json!([constant("1")]))),
            of(computed("add", json!([constant("1"), constant("2")]))),
        ),
        error("definition-no-computation", "ACTION / mapping 1 / source / type", of(computed("none", json!([constant("1")]))), typed),
        error(
            "definition-two-anyway-routes",
            "ACTION / mapping 1 / source / parameter 3",
            of(case(json!([route("1"), constant("2"), constant("3")]))),
            of(case(json!([route("1"), constant("2")]))),
        ),
        warning(
            "definition-unreachable-route",
            "ACTION / mapping 1 / source / parameter 2",
            of(case(json!([always.clone(), route("2")]))),
            of(case(json!([route("2"), always.clone()]))),
        ),
        warning(
            "definition-unreachable-route",
            "ACTION / mapping 1 / source / parameter 1",
            of(case(json!([constant("2"), always]))),
            of(case(json!([constant("2"), route("3")]))),
        ),
        warning(
            "definition-ordered-texts",
            "pipeline \"orders\" / on / filter 1",
            when(factor("in", "in-no"), constant("b")),
            when(factor("in", "in-amount"), constant("5")),
        ),
    ]);
}

#[test]
fn impossible_casts_are_errors_that_break_no_pipeline() {
    let of = |to: &str, source: Json| document(pipeline(json!([upsert(to, source)])), &[]);
    let place = "ACTION / mapping 1 / source";
    let code = "definition-impossible-cast";
    let year = || computed("year-of", json!([constant("{&now}")]));
    let summed = |to: &str, source: Json| {
        let mut action = upsert(to, source);
        action["mapping"][0]["arithmetic"] = json!("sum");
        document(pipeline(json!([action])), &[])
    };
    run(&[
        error(code, place, of("o-amount", constant("abc")), of("o-amount", constant("12.5"))),
        error(code, place, of("o-amount", constant("N-{no}")), of("o-amount", constant("1{no}"))),
        error(code, place, of("o-amount", constant("{&now}")), of("o-amount", constant("{&nextSeq}"))),
        error(code, place, of("o-day", constant("tomorrow")), of("o-day", constant("2024-01-02"))),
        error(code, place, of("o-day", year()), of("o-amount", year())),
        error(code, place, of("o-done", constant("perhaps")), of("o-done", constant("yes"))),
        error(code, place, of("o-at", computed("add", json!([constant("1"), constant("2")]))), of("o-at", constant("10:20"))),
        error(code, place, of("o-no", factor("in", "in-items")), of("o-no", factor("in", "in-amount"))),
        error(code, place, of("o-no", constant("{&old}")), of("o-no", constant("{&old.no}"))),
        error(code, place, of("o-amount", case(json!([constant("x")]))), of("o-amount", case(json!([constant("1")])))),
        error(code, place, of("o-amount", constant("abc")), summed("o-amount", constant("abc"))),
        error(code, "ACTION / mapping 1 / arithmetic", summed("o-day", constant("{day}")), summed("o-no", constant("1"))),
        error(code, "ACTION / mapping 1 / arithmetic", summed("o-at", constant("1")), summed("o-done", constant("1"))),
    ]);
}

#[test]
fn what_is_read_and_written_is_checked() {
    let merge = |by: Json| {
        let action = json!({"actionId": "a", "type": "merge-row", "topicId": "out", "mapping": mapping("o-amount", constant("1")), "by": by});
        document(pipeline(json!([action])), &[])
    };
    let read = |by: Json| document(pipeline(json!([{"actionId": "a", "type": "read-rows", "topicId": "out", "variableName": "v", "by": by}])), &[]);
    let by_amount = || by(factor("out", "o-amount"), "equals", constant("1"));
    let by_day = || by(factor("out", "o-day"), "more", constant("2024-01-02"));
    let either = |left: Json, right: Json| json!({"jointType": "or", "filters": [left["filters"][0], right["filters"][0]]});
    let far = |topic: &str, no: &str| {
        let far = json!({"actionId": "b", "type": "insert-row", "topicId": topic, "mapping": mapping(no, constant("{no}"))});
        document(pipeline(json!([upsert("o-amount", constant("1")), far])), &[])
    };
    let averaged = |topic: &str, no: &str| {
        let mapping = json!([{"factorId": no, "source": constant("1"), "arithmetic": "avg"}]);
        document(pipeline(json!([{"actionId": "a", "type": "insert-row", "topicId": topic, "mapping": mapping}])), &[])
    };
    run(&[
        warning("definition-by-without-index", "ACTION / by", read(by_amount()), read(by_number())),
        warning("definition-by-without-index", "ACTION / by", read(either(by_number(), by_amount())), read(either(by_number(), by_day()))),
        warning("definition-by-not-unique", "ACTION / by", merge(by_day()), merge(by_number())),
        warning(
            "definition-by-not-unique",
            "ACTION / by",
            merge(by(factor("out", "o-no"), "in", constant("1,2"))),
            merge(by(constant("{no}"), "equals", factor("out", "o-no"))),
        ),
        error("definition-by-empty", "ACTION / by", merge(json!({"jointType": "and", "filters": []})), read(json!({"filters": []}))),
        warning("definition-writes-two-sources", "pipeline \"orders\"", far("far", "f-no"), far("out", "o-no")),
        error("definition-average-without-assist", "ACTION / mapping 1 / arithmetic", averaged("out", "o-amount"), averaged("far", "f-no")),
    ]);
}

#[test]
fn ids_and_variables_are_checked() {
    let copies = |one: &str, other: &str| {
        let action = |id: &str, name: &str| json!({"actionId": id, "type": "copy-to-memory", "variableName": name, "source": constant("1")});
        document(pipeline(json!([action(one, "v"), action(other, "w")])), &[])
    };
    let units = |units: Json| document(with_units(units), &[]);
    let line = || copy("line", factor("in", "in-items"));
    let variable = |name: &str| json!({"kind": "variable", "variableName": name});
    run(&[
        warning("definition-id-repeated", "pipeline \"orders\" / stage \"s\" / unit \"u\" / action \"x\"", copies("x", "x"), copies("x", "y")),
        warning(
            "definition-id-repeated",
            "pipeline \"orders\" / stage \"s\" / unit \"u\"",
            units(json!([unit("u", json!([])), unit("u", json!([]))])),
            units(json!([unit("u", json!([])), unit("w", json!([]))])),
        ),
        warning(
            "definition-variable-never-written",
            "pipeline \"orders\" / stage \"s\" / unit \"u\" / loopVariableName",
            units(json!([looping("u", "items", json!([]))])),
            units(json!([unit("w", json!([line()])), looping("u", "line", json!([]))])),
        ),
        warning(
            "definition-variable-never-written",
            "pipeline \"orders\" / stage \"s\" / unit \"u\"",
            units(json!([unit("w", json!([line()])), looping("u", "line", json!([copy("x", constant("{lime.no}"))]))])),
            units(json!([unit("w", json!([line()])), looping("u", "line", json!([copy("x", constant("{line.no} {amount}"))]))])),
        ),
        warning(
            "definition-variable-never-written",
            "pipeline \"orders\" / stage \"s\" / unit \"u\"",
            units(json!([unit("u", json!([copy("x", variable("y"))]))])),
            units(json!([unit("u", json!([copy("x", variable("no"))]))])),
        ),
        warning(
            "definition-variable-lost",
            "pipeline \"orders\" / stage \"s\" / unit \"after\"",
            units(json!([
                unit("w", json!([line()])),
                looping("u", "line", json!([copy("x", constant("1"))])),
                unit("after", json!([copy("y", constant("{x}"))]))
            ])),
            units(json!([unit("w", json!([line()])), unit("u", json!([copy("x", constant("1"))])), unit("after", json!([copy("y", constant("{x}"))]))])),
        ),
    ]);
}

#[test]
fn circles_of_pipelines_are_named_once() {
    let back = |enabled: bool, kind: &str| {
        let action = json!({"actionId": "a", "type": "insert-row", "topicId": "in", "mapping": mapping("in-no", constant("{no}"))});
        let mut back = pipeline(json!([action]));
        back["pipelineId"] = json!("q");
        back["name"] = json!("back");
        back["topicId"] = json!("out");
        back["type"] = json!(kind);
        back["enabled"] = json!(enabled);
        document(pipeline(json!([upsert("o-amount", constant("1"))])), &[("pipelines", back)])
    };
    let itself = |topic: &str, factor: &str| {
        let action = json!({"actionId": "a", "type": "insert-row", "topicId": topic, "mapping": mapping(factor, constant("1"))});
        document(pipeline(json!([action])), &[])
    };
    let code = "definition-cascade-cycle";
    run(&[
        warning(code, "pipeline \"orders\"", back(true, "merge"), back(true, "delete")),
        warning(code, "pipeline \"orders\"", back(true, "insert"), back(false, "insert")),
        warning(code, "pipeline \"orders\"", itself("in", "in-no"), itself("out", "o-no")),
    ]);
    let found = problems(&back(true, "insert-or-merge"));
    let circles: Vec<String> = found.iter().filter(|problem| problem.code == code).map(|problem| problem.reason.clone()).collect();
    assert_eq!(circles.len(), 1);
    assert!(circles[0].contains("\"orders\", \"back\""), "{circles:?}");
}

#[test]
fn a_pipeline_that_could_not_be_read_whole_is_broken() {
    let mut load = Problems::default();
    let document = document(pipeline(json!([{"actionId": "a", "type": "read-minds"}, upsert("o-amount", constant("1"))])), &[]);
    let mut definitions = Definitions::read(&document, "test.json", &mut load);
    assert!(load.has_errors());
    let definition = definitions.pipelines.pop().expect("a pipeline");
    let pipelines = vec![PipelineSource { definition, hash: String::new(), problems: load }];
    let mut problems = Problems::default();
    let source =
        CatalogSource { tenant_id: "1".to_owned(), topics: definitions.topics, pipelines, data_sources: Vec::<DataSource>::new(), ..CatalogSource::default() };
    let catalog = Catalog::compile(source, &mut problems);
    let body = &catalog.pipeline("p").expect("the pipeline").body;
    let codes: Vec<&str> = body.as_ref().err().into_iter().flatten().map(|problem| problem.code).collect();
    assert_eq!(codes, vec!["definition-unknown-value"]);
    assert_eq!(problems.error_count(), 1);
}
