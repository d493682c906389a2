//! Monitor logs compared, trigger by trigger.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::compare::{Comparison, Strictness};
use super::difference::{keys, member};
use super::find_by;
use super::normalise::Normaliser;
use super::siblings::{canonical_order, pipeline_id, sorted_neighbours};

/// A log in its normal form, and its index in the list that it comes from.
struct Run {
    index: usize,
    log: Json,
}

/// Compares two lists of logs. Logs of one trigger have an order, up to the order of siblings.
pub(super) fn compare(comparison: &mut Comparison, expected: &[Json], actual: &[Json], normaliser: &Normaliser, strictness: Strictness) {
    let mut expected = by_trigger(expected, normaliser);
    let mut actual = by_trigger(actual, normaliser);
    let mut triggers: Vec<Option<u64>> = expected.keys().chain(actual.keys()).copied().collect();
    triggers.sort_unstable();
    triggers.dedup();
    for trigger in triggers {
        let expected = expected.remove(&trigger).unwrap_or_default();
        let actual = actual.remove(&trigger).unwrap_or_default();
        let (expected, actual) = in_one_order(expected, actual, normaliser);
        for (expected, actual) in aligned(&expected, &actual) {
            match (expected, actual) {
                (Some(expected), Some(actual)) => {
                    let path = format!("logs[{}]", expected.index);
                    compare_nodes(comparison, &path, &expected.log, &actual.log, strictness);
                }
                (Some(expected), None) => comparison.differences.add(format!("logs[{}]", expected.index), Some(&expected.log), None),
                (None, Some(actual)) => {
                    let trigger = trigger.map_or_else(|| "no trigger".to_owned(), |trigger| format!("trigger {trigger}"));
                    let path = format!("logs[{trigger}, pipeline {}]", pipeline_id(&actual.log));
                    comparison.differences.add(path, None, Some(&actual.log));
                }
                (None, None) => {}
            }
        }
    }
}

fn by_trigger(logs: &[Json], normaliser: &Normaliser) -> BTreeMap<Option<u64>, Vec<Run>> {
    let mut grouped: BTreeMap<Option<u64>, Vec<Run>> = BTreeMap::new();
    for (index, log) in logs.iter().enumerate() {
        let trigger = log.get("trigger").and_then(Json::as_u64);
        grouped.entry(trigger).or_default().push(Run { index, log: normaliser.log(log) });
    }
    grouped
}

/// Both lists in the canonical order, or both in the order in which they came with siblings sorted.
fn in_one_order(expected: Vec<Run>, actual: Vec<Run>, normaliser: &Normaliser) -> (Vec<Run>, Vec<Run>) {
    let definitions = normaliser.definitions();
    let canonical = |runs: &[Run]| canonical_order(&logs_of(runs), definitions);
    match (canonical(&expected), canonical(&actual)) {
        (Some(expected_order), Some(actual_order)) => (reordered(expected, &expected_order), reordered(actual, &actual_order)),
        _ => {
            let expected_order = sorted_neighbours(&logs_of(&expected));
            let actual_order = sorted_neighbours(&logs_of(&actual));
            (reordered(expected, &expected_order), reordered(actual, &actual_order))
        }
    }
}

fn logs_of(runs: &[Run]) -> Vec<&Json> {
    runs.iter().map(|run| &run.log).collect()
}

fn reordered(runs: Vec<Run>, order: &[usize]) -> Vec<Run> {
    let mut runs: Vec<Option<Run>> = runs.into_iter().map(Some).collect();
    order.iter().filter_map(|position| runs.get_mut(*position).and_then(Option::take)).collect()
}

/// Which log is compared with which. Logs of the same pipeline and values hold the two lists together; between them the
/// rest is paired by pipeline, in order; what is left has no partner.
fn aligned<'a>(expected: &'a [Run], actual: &'a [Run]) -> Vec<(Option<&'a Run>, Option<&'a Run>)> {
    let mut pairs = Vec::new();
    let (mut from_expected, mut from_actual) = (0, 0);
    let anchors = longest_common(expected, actual);
    for (in_expected, in_actual) in anchors.into_iter().chain([(expected.len(), actual.len())]) {
        let rest = expected.get(from_expected..in_expected).unwrap_or_default();
        let mut others: Vec<&Run> = actual.get(from_actual..in_actual).unwrap_or_default().iter().collect();
        for run in rest {
            let partner = others.iter().position(|other| pipeline_id(&other.log) == pipeline_id(&run.log));
            pairs.push((Some(run), partner.map(|partner| others.remove(partner))));
        }
        pairs.extend(others.into_iter().map(|other| (None, Some(other))));
        if let (Some(expected), Some(actual)) = (expected.get(in_expected), actual.get(in_actual)) {
            pairs.push((Some(expected), Some(actual)));
        }
        (from_expected, from_actual) = (in_expected + 1, in_actual + 1);
    }
    pairs
}

/// The longest common subsequence of two lists, as pairs of positions.
fn longest_common(expected: &[Run], actual: &[Run]) -> Vec<(usize, usize)> {
    let same = |one: &Run, other: &Run| ["pipelineId", "topicId", "oldValue", "newValue"].iter().all(|key| one.log.get(key) == other.log.get(key));
    let width = actual.len() + 1;
    let mut lengths = vec![0_usize; width * (expected.len() + 1)];
    let at = |lengths: &[usize], row: usize, column: usize| lengths.get(row * width + column).copied().unwrap_or_default();
    for (row, one) in expected.iter().enumerate().rev() {
        for (column, other) in actual.iter().enumerate().rev() {
            let length =
                if same(one, other) { at(&lengths, row + 1, column + 1) + 1 } else { at(&lengths, row + 1, column).max(at(&lengths, row, column + 1)) };
            if let Some(cell) = lengths.get_mut(row * width + column) {
                *cell = length;
            }
        }
    }
    let mut pairs = Vec::new();
    let (mut row, mut column) = (0, 0);
    while let (Some(one), Some(other)) = (expected.get(row), actual.get(column)) {
        if same(one, other) {
            pairs.push((row, column));
            (row, column) = (row + 1, column + 1);
        } else if at(&lengths, row + 1, column) >= at(&lengths, row, column + 1) {
            row += 1;
        } else {
            column += 1;
        }
    }
    pairs
}

/// A level of a log: pipeline, stage, unit or action. Only `error` and `findBy` are not compared as they stand.
fn compare_nodes(comparison: &mut Comparison, path: &str, expected: &Json, actual: &Json, strictness: Strictness) {
    let (Json::Object(expected_members), Json::Object(actual_members)) = (expected, actual) else {
        comparison.differences.compare(path, Some(expected), Some(actual));
        return;
    };
    for key in keys(expected_members, actual_members) {
        let (expected, actual) = (expected_members.get(key), actual_members.get(key));
        let path = member(path, key);
        match key {
            // python's texts are not ours: only whether there is an error counts
            "error" if expected.is_some() == actual.is_some() => {}
            "findBy" => compare_find_by(comparison, &path, expected, actual, strictness),
            "stages" | "units" | "actions" => compare_levels(comparison, &path, expected, actual, strictness),
            _ => comparison.differences.compare(&path, expected, actual),
        }
    }
}

fn compare_levels(comparison: &mut Comparison, path: &str, expected: Option<&Json>, actual: Option<&Json>, strictness: Strictness) {
    let (Some(Json::Array(expected)), Some(Json::Array(actual))) = (expected, actual) else {
        comparison.differences.compare(path, expected, actual);
        return;
    };
    for index in 0..expected.len().max(actual.len()) {
        let path = format!("{path}[{index}]");
        match (expected.get(index), actual.get(index)) {
            (Some(expected), Some(actual)) => compare_nodes(comparison, &path, expected, actual, strictness),
            (expected, actual) => comparison.differences.add(path, expected, actual),
        }
    }
}

fn compare_find_by(comparison: &mut Comparison, path: &str, expected: Option<&Json>, actual: Option<&Json>, strictness: Strictness) {
    let same = match (expected, actual) {
        (Some(expected), Some(actual)) => find_by::same(expected, actual),
        (expected, actual) => expected.is_none() && actual.is_none(),
    };
    if same {
        return;
    }
    if strictness.find_by {
        comparison.differences.add(path, expected, actual);
    } else {
        comparison.notes.add(path, expected, actual);
    }
}
