//! The order of the logs of one trigger, up to the order of siblings.
//!
//! Pipelines of one topic and one row are siblings; the reference defines no order among them (scenarios/README.md).
//! What they cause queues behind them, first in, first out: when siblings change places, their children do too. So
//! comparing level by level would forget that the children of one run have an order. Instead the cascade is rebuilt from
//! what each run wrote, siblings are sorted, and the queue is run again: two logs that differ in the order of siblings
//! only then stand in one order, and any other change of order still shows.

use std::collections::HashSet;
use std::ops::Range;

use serde_json::Value as Json;

use super::definitions::{Definitions, RowEvent};

/// The order in which to read the logs of one trigger: positions in `logs`. `None` when what ran can not be explained by
/// what was written; then only [`sorted_neighbours`] can be said.
pub(super) fn canonical_order(logs: &[&Json], definitions: &Definitions) -> Option<Vec<usize>> {
    let cascade = Cascade::rebuild(logs, definitions)?;
    let mut order = sorted(cascade.root, logs);
    let mut next = 0;
    while let Some(&run) = order.get(next) {
        for children in cascade.children.get(run)? {
            order.extend(sorted(children.clone(), logs));
        }
        next += 1;
    }
    Some(order)
}

/// The order of the file, where neighbours that are siblings by their content (same topic, same old and new value,
/// different pipelines) are sorted.
pub(super) fn sorted_neighbours(logs: &[&Json]) -> Vec<usize> {
    let mut order = Vec::with_capacity(logs.len());
    let mut start = 0;
    while start < logs.len() {
        let mut end = start + 1;
        while end < logs.len() && are_siblings(logs, start..end, end) {
            end += 1;
        }
        order.extend(sorted(start..end, logs));
        start = end;
    }
    order
}

/// Who caused whom, as ranges of positions: siblings stand side by side.
struct Cascade {
    root: Range<usize>,
    children: Vec<Vec<Range<usize>>>,
}

impl Cascade {
    fn rebuild(logs: &[&Json], definitions: &Definitions) -> Option<Self> {
        let first = logs.first()?;
        let topic_id = first.get("topicId")?.as_str()?;
        let root = take(logs, 0, &definitions.pipelines_fed_by(topic_id, event_of(first)))?;
        let mut end = root.end;
        let mut children = Vec::with_capacity(logs.len());
        for (position, log) in logs.iter().enumerate() {
            if position >= end {
                return None; // it ran before anything had caused it
            }
            let mut caused = Vec::new();
            for (topic_id, event) in writes(log, definitions) {
                let group = take(logs, end, &definitions.pipelines_fed_by(topic_id, event))?;
                end = group.end;
                caused.push(group);
            }
            children.push(caused);
        }
        (end == logs.len()).then_some(Self { root, children })
    }
}

/// The next logs, as many as there are pipelines, if they are of exactly these pipelines.
fn take(logs: &[&Json], start: usize, pipelines: &HashSet<&str>) -> Option<Range<usize>> {
    let range = start..start + pipelines.len();
    let ran: HashSet<&str> = logs.get(range.clone())?.iter().map(|log| pipeline_id(log)).collect();
    (ran == *pipelines).then_some(range)
}

/// What a run wrote, in order: one entry for each row.
fn writes<'a>(log: &Json, definitions: &'a Definitions) -> Vec<(&'a str, RowEvent)> {
    let mut writes = Vec::new();
    for action in items(log, "stages").flat_map(|stage| items(stage, "units")).flat_map(|unit| items(unit, "actions")) {
        let action_id = action.get("actionId").and_then(Json::as_str).unwrap_or_default();
        let Some(topic_id) = definitions.action(action_id).and_then(|facts| facts.topic_id.as_deref()) else {
            continue;
        };
        for (key, event) in [("insertCount", RowEvent::Insert), ("updateCount", RowEvent::Merge), ("deleteCount", RowEvent::Delete)] {
            let count = action.get(key).and_then(Json::as_u64).unwrap_or_default();
            writes.extend((0..count).map(|_| (topic_id, event)));
        }
    }
    writes
}

fn event_of(log: &Json) -> RowEvent {
    let is_null = |key: &str| log.get(key).is_none_or(Json::is_null);
    match (is_null("oldValue"), is_null("newValue")) {
        (true, _) => RowEvent::Insert,
        (false, true) => RowEvent::Delete,
        (false, false) => RowEvent::Merge,
    }
}

fn are_siblings(logs: &[&Json], group: Range<usize>, candidate: usize) -> bool {
    let Some(candidate) = logs.get(candidate) else {
        return false;
    };
    let same = |key: &str, log: &Json| log.get(key) == candidate.get(key);
    logs.get(group)
        .unwrap_or_default()
        .iter()
        .all(|log| same("topicId", log) && same("oldValue", log) && same("newValue", log) && pipeline_id(log) != pipeline_id(candidate))
}

fn sorted(range: Range<usize>, logs: &[&Json]) -> Vec<usize> {
    let mut positions: Vec<usize> = range.collect();
    positions.sort_by_key(|position| logs.get(*position).map(|log| pipeline_id(log)));
    positions
}

/// The pipeline of a log.
pub(super) fn pipeline_id(log: &Json) -> &str {
    log.get("pipelineId").and_then(Json::as_str).unwrap_or_default()
}

fn items<'a>(node: &'a Json, key: &str) -> impl Iterator<Item = &'a Json> {
    node.get(key).and_then(Json::as_array).into_iter().flatten()
}
