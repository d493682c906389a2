//! A `by` finds the rows for which the same condition holds in memory, but for the differences that values.md §6.5 names.
//!
//! Each generated condition goes both ways: as the `by` of a `read-factors` through the whole engine, on the store in
//! memory, on SQLite and on the servers, and, row by row, as a condition in memory in which topic parameters read the row. The
//! differences are the arms of [`difference`]; where it is silent the two have to agree.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

#[path = "criteria_oracle/condition.rs"]
mod condition;
#[path = "criteria_oracle/expected.rs"]
mod expected;

use condition::{Node, node, rows};
use expected::expected;
use nightowl_core::engine::EngineSettings;
use nightowl_core::model::TriggerType;
use nightowl_core::port::{TopicRows, UnitOfWork};
use nightowl_core::value::{Object, Value};
use nightowl_storage::memory::MemoryStore;
use nightowl_tests::conformance::topics;
use nightowl_tests::servers::Server;
use nightowl_tests::world::{World, on_server, on_sqlite, run};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

/// The columns: name and type of factor. The serial number names a row in what is read.
const COLUMNS: [(&str, &str); 8] = [
    ("serial", "sequence"),
    ("amount", "number"),
    ("text", "text"),
    ("day", "date"),
    ("at", "datetime"),
    ("time", "time"),
    ("flag", "boolean"),
    ("other", "number"),
];

/// One pipeline for each condition: the serial numbers that it finds are written as one text.
fn world(conditions: &[Node]) -> World {
    let stored: Vec<Json> =
        COLUMNS.iter().enumerate().map(|(index, (name, kind))| json!({"factorId": format!("1{index}"), "name": name, "type": kind})).collect();
    let incoming = [("date", "date"), ("moment", "datetime"), ("clock", "time")];
    let incoming: Vec<Json> =
        incoming.iter().enumerate().map(|(index, (name, kind))| json!({"factorId": format!("2{index}"), "name": name, "type": kind})).collect();
    let pipelines: Vec<Json> = conditions
        .iter()
        .enumerate()
        .map(|(index, condition)| {
            let read = json!({"actionId": "r", "type": "read-factors", "topicId": "1", "factorId": "10", "variableName": "found",
                "by": {"jointType": "and", "filters": [condition.json()]}});
            let item = |factor: &str, text: &str| json!({"factorId": factor, "arithmetic": "none", "source": {"kind": "constant", "value": text}});
            let write =
                json!({"actionId": "w", "type": "insert-row", "topicId": "3", "mapping": [item("30", &index.to_string()), item("31", "{found.&join}")]});
            json!({"pipelineId": index.to_string(), "topicId": "2", "name": "p", "type": "insert", "tenantId": "1", "enabled": true,
                "stages": [{"stageId": "s", "name": "s", "units": [{"unitId": "u", "name": "u", "do": [read, write]}]}]})
        })
        .collect();
    let definitions = json!({
        "topics": [
            {"topicId": "1", "name": "stored", "type": "distinct", "tenantId": "1", "factors": stored},
            {"topicId": "2", "name": "asks", "type": "raw", "tenantId": "1", "factors": incoming},
            {"topicId": "3", "name": "answers", "type": "distinct", "tenantId": "1", "factors": [
                {"factorId": "30", "name": "condition", "type": "number"}, {"factorId": "31", "name": "found", "type": "text"}]},
        ],
        "pipelines": pipelines,
    });
    let world = World::new("1", &definitions, EngineSettings::default());
    let errors: Vec<String> =
        world.problems.iter().filter(|problem| problem.severity == nightowl_core::model::Severity::Error).map(ToString::to_string).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    world
}

/// What each condition finds: serial numbers joined by commas; `None` where the action fails.
async fn found(world: &World, unit: &mut dyn UnitOfWork, rows: &[Vec<Value>], count: usize) -> Vec<Option<String>> {
    let plan = world.topic("stored");
    for (id, row) in rows.iter().enumerate() {
        let values: Vec<(&str, Value)> = COLUMNS.iter().map(|(name, _)| *name).zip(row.iter().cloned()).collect();
        TopicRows::insert(unit, plan, &topics::row(plan, -1 - id as i64, &values)).await.unwrap();
    }
    world.fire(unit, "asks", TriggerType::Insert, condition::asking()).await.unwrap();
    let mut answers = vec![None; count];
    for row in world.rows(unit, "answers").await {
        let index = row.get("condition").and_then(Value::as_number).and_then(|number| number.to_i64()).unwrap();
        answers[usize::try_from(index).unwrap()] = Some(row.get("found").and_then(Value::as_text).unwrap_or_default().to_owned());
    }
    answers
}

/// A row as the engine reads it.
fn object(row: &[Value]) -> Object {
    COLUMNS.iter().map(|(name, _)| *name).zip(row.iter().cloned()).collect()
}

/// The serial numbers of the rows for which a condition has to hold, in the order in which they are read.
fn wanted(world: &World, condition: &Node, rows: &[Vec<Value>]) -> Option<String> {
    let mut serials = Vec::new();
    // Ids count down, so the last row comes first.
    for row in rows.iter().rev() {
        if expected(world, condition, &object(row))? == Some(true) {
            serials.push(row[0].as_number().unwrap().to_string());
        }
    }
    // A condition is evaluated before the rows are known, so that it fails without any, too.
    if rows.is_empty() {
        expected(world, condition, &Object::new())?;
    }
    Some(serials.join(","))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_by_finds_what_holds_in_memory(rows in rows(), conditions in prop::collection::vec(node(), 1..16)) {
        let world = world(&conditions);
        let expected: Vec<Option<String>> = conditions.iter().map(|condition| wanted(&world, condition, &rows)).collect();
        let in_memory = run(found(&world, &mut MemoryStore::new(), &rows, conditions.len()));
        for ((condition, expected), found) in conditions.iter().zip(&expected).zip(&in_memory) {
            prop_assert_eq!(found, expected, "in memory: {}", condition.json());
        }
        let count = conditions.len();
        let on_sqlite = on_sqlite(world.topics(), move |unit| Box::pin(async move { found(&world, unit, &rows, count).await }));
        for ((condition, expected), found) in conditions.iter().zip(&expected).zip(&on_sqlite) {
            prop_assert_eq!(found, expected, "on SQLite: {}", condition.json());
        }
    }
}

/// Rows and conditions on one server, each case in a place of its own.
fn finds_the_same(server: Server, rows: &[Vec<Value>], conditions: &[Node]) -> Result<(), TestCaseError> {
    let world = world(conditions);
    let expected: Vec<Option<String>> = conditions.iter().map(|condition| wanted(&world, condition, rows)).collect();
    let (topics, rows, count) = (world.topics(), rows.to_vec(), conditions.len());
    let Some(found) = on_server(server, topics, move |unit| Box::pin(async move { found(&world, unit, &rows, count).await })) else { return Ok(()) };
    for ((condition, expected), found) in conditions.iter().zip(&expected).zip(&found) {
        prop_assert_eq!(found, expected, "on {:?}: {}", server, condition.json());
    }
    Ok(())
}

proptest! {
    // A case makes its tables anew.
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 100, ..ProptestConfig::default() })]

    #[test]
    fn a_by_finds_the_same_on_postgresql(rows in rows(), conditions in prop::collection::vec(node(), 8..24)) {
        finds_the_same(Server::Postgres, &rows, &conditions)?;
    }

    #[test]
    fn a_by_finds_the_same_on_mariadb(rows in rows(), conditions in prop::collection::vec(node(), 8..24)) {
        finds_the_same(Server::Mariadb, &rows, &conditions)?;
    }

    #[test]
    fn a_by_finds_the_same_on_mysql(rows in rows(), conditions in prop::collection::vec(node(), 8..24)) {
        finds_the_same(Server::Mysql, &rows, &conditions)?;
    }
}
