//! Sums, averages and counts that are kept trigger by trigger are those that are computed from the rows that are there
//! (engine.md §3.9, "How the modes are meant to be used").

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

use std::collections::BTreeMap;

use nightowl_core::engine::EngineSettings;
use nightowl_core::model::TriggerType;
use nightowl_core::port::UnitOfWork;
use nightowl_core::value::{Decimal, Object, Value, number_or_zero};
use nightowl_storage::memory::MemoryStore;
use nightowl_tests::world::{World, object, run};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value as Json, json};

/// What happens to one row. Rows are named by any index into those that are there.
#[derive(Debug, Clone)]
enum Step {
    Insert { key: &'static str, amount: &'static str },
    Merge { row: Index, key: &'static str, amount: &'static str },
    Delete { row: Index },
}

/// Amounts as JSON: numbers, texts of numbers, and what counts 0.
const AMOUNTS: [&str; 10] = ["0", "1", "-3", "2.5", "0.333333", "1000000.000001", "\"7.25\"", "null", "\"garbage\"", "true"];
const KEYS: [&str; 3] = ["A", "B", "C"];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let insert = (select(&KEYS), select(&AMOUNTS)).prop_map(|(key, amount)| Step::Insert { key, amount });
    let merge = (any::<Index>(), select(&KEYS), select(&AMOUNTS)).prop_map(|(row, key, amount)| Step::Merge { row, key, amount });
    let delete = any::<Index>().prop_map(|row| Step::Delete { row });
    prop::collection::vec(prop_oneof![3 => insert, 2 => merge, 1 => delete], 1..40)
}

fn by(source: &str) -> Json {
    let group = json!({"kind": "topic", "topicId": "2", "factorId": "21"});
    json!({"jointType": "and", "filters": [{"left": group, "operator": "equals", "right": {"kind": "constant", "value": source}}]})
}

/// An action that keeps the aggregates of the group whose key `source` gives.
fn keeps(id: &str, action: &str, mode: &str, source: &str) -> Json {
    let item =
        |factor: &str, arithmetic: &str, source: &str| json!({"factorId": factor, "arithmetic": arithmetic, "source": {"kind": "constant", "value": source}});
    json!({"actionId": id, "type": action, "topicId": "2", "accumulateMode": mode, "by": by(source), "mapping": [
        item("21", "none", source), item("22", "sum", "{amount}"), item("23", "avg", "{amount}"), item("24", "count", "{amount}")]})
}

fn pipeline(id: &str, trigger: &str, actions: &[Json]) -> Json {
    json!({"pipelineId": id, "topicId": "1", "name": id, "type": trigger, "tenantId": "1", "enabled": true,
        "stages": [{"stageId": "s", "name": "s", "units": [{"unitId": "u", "name": "u", "do": actions}]}]})
}

/// Rows that come in, and their groups, kept by these pipelines.
fn world(pipelines: &[Json]) -> World {
    let factor = |id: &str, name: &str, factor_type: &str| json!({"factorId": id, "name": name, "type": factor_type});
    let definitions = json!({
        "topics": [
            {"topicId": "1", "name": "row", "type": "raw", "tenantId": "1", "factors": [factor("11", "key", "text"), factor("12", "amount", "number")]},
            {"topicId": "2", "name": "group", "type": "aggregate", "tenantId": "1", "factors": [
                {"factorId": "21", "name": "key", "type": "text", "indexGroup": "u-1"},
                factor("22", "sum", "number"), factor("23", "mean", "number"), factor("24", "count", "number")]},
        ],
        "pipelines": pipelines,
    });
    World::sound("1", &definitions, EngineSettings::default())
}

/// One group as it has to be: its rows' amounts, and by how much its mean may be off because each result is rounded to
/// the six digits of its column.
#[derive(Debug, Default)]
struct Group {
    amounts: BTreeMap<i64, Decimal>,
    /// The bound of the error of mean × count, in halves of the last digit.
    error: i64,
}

impl Group {
    fn touched(&mut self) {
        let count = i64::try_from(self.amounts.len()).unwrap();
        self.error = if count == 0 { 0 } else { self.error + count };
    }

    fn sum(&self) -> Decimal {
        self.amounts.values().fold(Decimal::ZERO, |sum, amount| sum.plus(*amount).unwrap())
    }

    /// Whether a stored mean is the mean of the amounts, within the rounding of its column.
    fn is_mean(&self, stored: Decimal) -> bool {
        let count = Decimal::from(i64::try_from(self.amounts.len()).unwrap());
        let difference = stored.times(count).unwrap().minus(self.sum()).unwrap();
        // One half of the sixth digit for each rounding, and as much again for the 28 digits of intermediate results.
        let bound = Decimal::from(self.error).times("0.0000005".parse().unwrap()).unwrap().plus("0.000000001".parse().unwrap()).unwrap();
        difference <= bound && Decimal::ZERO.minus(difference).unwrap() <= bound
    }
}

fn row_of(id: Option<i64>, key: &str, amount: &str) -> Object {
    let id = id.map_or_else(String::new, |id| format!(r#""id_":{id},"#));
    object(&format!(r#"{{{id}"key":"{key}","amount":{amount}}}"#))
}

fn number(row: &Object, name: &str) -> Decimal {
    row.get(name).map_or(Decimal::ZERO, number_or_zero)
}

/// Plays the steps and checks every group after each of them. Where keys are fixed, a merge leaves its row's key alone.
async fn play(world: &World, unit: &mut dyn UnitOfWork, steps: &[Step], keys_are_fixed: bool) -> Result<(), TestCaseError> {
    let mut rows: Vec<(i64, &'static str)> = Vec::new();
    let mut groups: BTreeMap<&'static str, Group> = BTreeMap::new();
    for step in steps {
        let report = match step {
            Step::Insert { key, amount } => {
                let data = row_of(None, key, amount);
                let counted = number(&data, "amount");
                let report = world.fire(unit, "row", TriggerType::Insert, data).await.unwrap();
                let id = report.result.data_id.unwrap();
                rows.push((id, key));
                let group = groups.entry(key).or_default();
                group.amounts.insert(id, counted);
                group.touched();
                report
            }
            Step::Merge { row, key, amount } if !rows.is_empty() => {
                let (id, before) = row.get(&rows);
                let (id, before) = (*id, *before);
                let key = if keys_are_fixed { before } else { *key };
                let data = row_of(Some(id), key, amount);
                let counted = number(&data, "amount");
                let report = world.fire(unit, "row", TriggerType::Merge, data).await.unwrap();
                rows.iter_mut().filter(|(other, _)| *other == id).for_each(|place| place.1 = key);
                if !keys_are_fixed {
                    let old = groups.entry(before).or_default();
                    old.amounts.remove(&id);
                    old.touched();
                }
                let group = groups.entry(key).or_default();
                group.amounts.insert(id, counted);
                group.touched();
                report
            }
            Step::Delete { row } if !rows.is_empty() => {
                let place = row.index(rows.len());
                let (id, key) = rows.remove(place);
                let report = world.fire(unit, "row", TriggerType::Delete, object(&format!(r#"{{"id_":{id}}}"#))).await.unwrap();
                let group = groups.entry(key).or_default();
                group.amounts.remove(&id);
                group.touched();
                report
            }
            Step::Merge { .. } | Step::Delete { .. } => continue,
        };
        prop_assert_eq!(&report.result.failed_pipeline_ids, &Vec::<String>::new(), "{:?}", step);
        let stored = world.rows(unit, "group").await;
        prop_assert_eq!(stored.len(), groups.len());
        for row in &stored {
            let group = &groups[row.get("key").and_then(Value::as_text).unwrap()];
            prop_assert_eq!(number(row, "sum"), group.sum(), "sum after {:?}: {:?}", step, row);
            prop_assert_eq!(number(row, "count"), Decimal::from(i64::try_from(group.amounts.len()).unwrap()), "count after {:?}: {:?}", step, row);
            prop_assert!(group.is_mean(number(row, "mean")), "mean after {:?}: {:?} of {:?}", step, row, group);
            let kept = row.get("aggregate_assist_").and_then(Value::as_object).and_then(|assist| assist.get("mean.avg_count")).unwrap();
            prop_assert_eq!(number_or_zero(kept), number(row, "count"), "the mean knows its number");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// A key that never changes: one pipeline with `standard`, and `reverse` on delete.
    #[test]
    fn with_fixed_keys_standard_is_enough(steps in steps()) {
        let world = world(&[
            pipeline("1", "insert-or-merge", &[keeps("a", "insert-or-merge-row", "standard", "{key}")]),
            pipeline("2", "delete", &[keeps("b", "merge-row", "reverse", "{&old.key}")]),
        ]);
        run(play(&world, &mut MemoryStore::new(), &steps, true))?;
    }

    /// A key that may change: `reverse` on the old group, then `cumulate` on the new one.
    #[test]
    fn with_changing_keys_reverse_comes_before_cumulate(steps in steps()) {
        let world = world(&[
            pipeline("1", "insert", &[keeps("a", "insert-or-merge-row", "standard", "{key}")]),
            pipeline("2", "merge", &[keeps("b", "merge-row", "reverse", "{&old.key}"), keeps("c", "insert-or-merge-row", "cumulate", "{key}")]),
            pipeline("3", "delete", &[keeps("d", "merge-row", "reverse", "{&old.key}")]),
        ]);
        run(play(&world, &mut MemoryStore::new(), &steps, false))?;
    }
}
