//! Everything that was observed against everything that is expected.
//!
//! Loose are only: whether a log has an `error` (never its text), `findBy` (the same question, asked in any way, and by
//! default only a note), the order of siblings, the order of rows, and of a refused trigger everything but its status.
//! Everything else is compared as it stands in the normal form.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::difference::Differences;
use super::file::Expectation;
use super::normalise::Normaliser;
use super::{logs, rows};

/// What is compared more strictly than scenarios/README.md asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Strictness {
    /// A `findBy` that asks for something else is a difference, not only a note.
    pub find_by: bool,
}

/// What a comparison found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Comparison {
    /// Where the two are not the same. The scenario has passed when there are none.
    pub differences: Differences,
    /// What is not the same and does not count.
    pub notes: Differences,
}

/// Compares topics, logs and refused triggers.
pub fn compare(expected: &Expectation, actual: &Expectation, normaliser: &Normaliser, strictness: Strictness) -> Comparison {
    let mut comparison = Comparison::default();
    compare_errors(&mut comparison.differences, &expected.errors, &actual.errors);
    rows::compare(&mut comparison.differences, &expected.topics, &actual.topics, normaliser);
    logs::compare(&mut comparison, &expected.logs, &actual.logs, normaliser, strictness);
    comparison
}

/// A trigger that is not in the list was answered by 200.
fn compare_errors(differences: &mut Differences, expected: &[Json], actual: &[Json]) {
    let (expected, actual) = (statuses(expected), statuses(actual));
    let answered = Json::from(200);
    let triggers: BTreeMap<u64, ()> = expected.keys().chain(actual.keys()).map(|trigger| (*trigger, ())).collect();
    for trigger in triggers.into_keys() {
        let path = format!("errors[trigger {trigger}].status");
        let status = |statuses: &BTreeMap<u64, Json>| statuses.get(&trigger).unwrap_or(&answered).clone();
        differences.compare(&path, Some(&status(&expected)), Some(&status(&actual)));
    }
}

fn statuses(errors: &[Json]) -> BTreeMap<u64, Json> {
    let entry = |error: &Json| Some((error.get("trigger")?.as_u64()?, error.get("status")?.clone()));
    errors.iter().filter_map(entry).collect()
}
