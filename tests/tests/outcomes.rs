//! What every action, operator and arithmetic makes of every kind of value: a table, compared with `golden/outcomes.txt`.
//!
//! Each combination is a pipeline of its own, fired once on a store in which one row stands. It has to end in a log that
//! says DONE, or ERROR with a message whose meaning is one of [`MEANINGS`]; nothing may panic. A line of the table is a
//! combination but for the kind of the (right) value, of which there is one letter each, in the order of [`KINDS`]:
//! `.` done, `+` and `-` done with a condition that holds and that does not, other letters as in
//! [`MEANINGS`]. `NIGHTOWL_BLESS=1` writes the file anew.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

#[path = "outcomes/combinations.rs"]
mod combinations;
#[path = "outcomes/meaning.rs"]
mod meaning;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use combinations::{Combination, KINDS, all, document, topics};
use meaning::{MEANINGS, meaning_of};
use nightowl_core::engine::EngineSettings;
use nightowl_core::model::TriggerType;
use nightowl_core::port::{LogRow, TopicRows, UnitOfWork};
use nightowl_core::value::Value;
use nightowl_storage::memory::MemoryStore;
use nightowl_tests::conformance::topics::{date, datetime, number, row, time};
use nightowl_tests::world::{World, object, on_sqlite, run};
use serde_json::{Value as Json, json};

/// Every so many combinations one also runs on SQLite.
const SAMPLE: usize = 23;

fn world(combination: &Combination) -> World {
    let pipeline = json!({"pipelineId": "9", "topicId": "1", "name": "p", "type": "insert", "tenantId": "1", "enabled": true,
        "stages": [{"stageId": "s", "name": "s", "units": combination.units}]});
    let writers = json!([{"writerId": "5", "writerCode": "w", "name": "w", "type": "standard-writer", "url": "http://localhost", "tenantId": "1"}]);
    World::new("1", &json!({"topics": topics(), "externalWriters": writers, "pipelines": [pipeline]}), EngineSettings::default())
}

/// Puts the row that actions find.
async fn furnish(world: &World, unit: &mut dyn UnitOfWork) {
    let plan = world.topic("stored");
    let values: [(&str, Value); 7] = [
        ("key", "K".into()),
        ("number", number("12")),
        ("text", "abc".into()),
        ("date", date("2024-02-29")),
        ("datetime", datetime("2024-02-29 10:20:30")),
        ("time", time("10:20:30")),
        ("boolean", true.into()),
    ];
    TopicRows::insert(unit, plan, &row(plan, -1, &values)).await.unwrap();
}

/// The letter of a log.
fn letter(combination: &Combination, failed: bool, log: &Json) -> Result<char, String> {
    let unit = |index: usize| log["stages"][0]["units"].get(index);
    let errors: Vec<&str> = texts_under(log, &["error", "e"]);
    if !failed {
        let holds = unit(0).and_then(|unit| unit["pre"].as_bool()).unwrap_or(false);
        return if errors.is_empty() {
            Ok(if !combination.tests {
                '.'
            } else if holds {
                '+'
            } else {
                '-'
            })
        } else {
            Err(format!("done with {errors:?}"))
        };
    }
    match errors.as_slice() {
        [error] => meaning_of(error).ok_or_else(|| format!("no meaning has \"{error}\"")),
        other => Err(format!("failed with {other:?}")),
    }
}

/// The texts of these keys, of stages, units and actions.
fn texts_under<'a>(log: &'a Json, keys: &[&str]) -> Vec<&'a str> {
    let own = keys.iter().filter_map(|key| log[*key].as_str());
    let below = ["stages", "units", "actions"].iter().filter_map(|key| log[*key].as_array()).flatten();
    own.chain(below.flat_map(|part| texts_under(part, keys))).collect()
}

fn read(combination: &Combination, failed: &[String], log: &LogRow) -> Result<char, String> {
    let body: Json = serde_json::from_str(&log.body).map_err(|error| error.to_string())?;
    if (log.status == "ERROR") == failed.is_empty() {
        return Err(format!("the log says {} and the answer {failed:?}", log.status));
    }
    letter(combination, log.status == "ERROR", &body)
}

fn in_memory(combination: &Combination, world: &World) -> Result<char, String> {
    let mut store = MemoryStore::new();
    run(furnish(world, &mut store));
    let report = run(world.fire(&mut store, "in", TriggerType::Insert, object(document()))).map_err(|error| error.to_string())?;
    let log = store.logs().find(|log| log.pipeline_id == "9").ok_or("there is no log")?;
    read(combination, &report.result.failed_pipeline_ids, log)
}

/// Whether a combination ends on SQLite as it does in memory: failing or not, and with as many rows.
fn agrees_on_sqlite(world: &World) -> Result<(), String> {
    let expected = run(ending(&world.afresh(), &mut MemoryStore::new()));
    let (world, topics) = (world.afresh(), world.topics());
    let found = on_sqlite(topics, move |unit| Box::pin(async move { ending(&world, unit).await }));
    if found == expected { Ok(()) } else { Err(format!("on SQLite {found:?}, in memory {expected:?}")) }
}

async fn ending(world: &World, unit: &mut dyn UnitOfWork) -> (Vec<String>, Vec<Vec<Value>>) {
    furnish(world, unit).await;
    let report = world.fire(unit, "in", TriggerType::Insert, object(document())).await.unwrap();
    let rows = world.rows(unit, "stored").await;
    (report.result.failed_pipeline_ids, rows.iter().map(|row| row.values().to_vec()).collect())
}

#[test]
fn every_combination_ends_as_it_is_written_down() {
    let mut lines: BTreeMap<String, String> = BTreeMap::new();
    let mut counts: BTreeMap<char, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut sampled = 0;
    let combinations = all();
    for (index, combination) in combinations.iter().enumerate() {
        let world = world(combination);
        let outcome = in_memory(combination, &world);
        let letter = outcome.unwrap_or_else(|reason| {
            wrong.push(format!("{} {}: {reason}", combination.line, combination.kind));
            '?'
        });
        if index % SAMPLE == 0 {
            sampled += 1;
            wrong.extend(agrees_on_sqlite(&world).err().map(|reason| format!("{} {}: {reason}", combination.line, combination.kind)));
        }
        *counts.entry(letter).or_default() += 1;
        lines.entry(combination.line.clone()).or_default().push(letter);
    }
    assert!(wrong.is_empty(), "{} of {} are wrong:\n{}", wrong.len(), combinations.len(), wrong.join("\n"));
    let table = table(&lines);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/outcomes.txt");
    if env::var_os("NIGHTOWL_BLESS").is_some() {
        fs::write(&path, &table).unwrap();
    }
    println!("{} combinations, {sampled} of them on SQLite, too: {counts:?}", combinations.len());
    let golden = fs::read_to_string(&path).unwrap();
    let changed: Vec<String> = table.lines().zip(golden.lines()).filter(|(now, then)| now != then).map(|(now, then)| format!("- {then}\n+ {now}")).collect();
    assert!(table == golden, "{} lines of the table changed:\n{}", changed.len(), changed.join("\n"));
}

fn table(lines: &BTreeMap<String, String>) -> String {
    let mut table = String::new();
    for (letter, meaning, _) in MEANINGS {
        writeln!(table, "# {letter} {meaning}").unwrap();
    }
    writeln!(table, "# {}", KINDS.join(" ")).unwrap();
    for (line, letters) in lines {
        writeln!(table, "{letters} {line}").unwrap();
    }
    table
}
