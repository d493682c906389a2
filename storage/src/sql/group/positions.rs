//! Source positions: asked for together, and those that the group has taken itself.

use std::collections::HashMap;

use nightowl_core::port::{EarlierTrigger, TriggerHeader};

/// What the group knows of source positions.
#[derive(Debug, Default)]
pub(super) struct Positions {
    /// By source and key: the trigger that has it, if one has.
    known: HashMap<String, Option<EarlierTrigger>>,
}

impl Positions {
    /// Notes what the database said of a position.
    pub(super) fn learn(&mut self, source: &str, key: &str, earlier: Option<EarlierTrigger>) {
        self.known.insert(of(source, key), earlier);
    }

    /// Notes that a trigger of the group takes its position.
    pub(super) fn take(&mut self, header: &TriggerHeader) {
        let Some(key) = &header.position_key else { return };
        let earlier = EarlierTrigger {
            trigger_id: header.trigger_id,
            trace_id: header.trace_id.clone(),
            data_id: header.data_id,
            status: header.status,
            failed_pipeline_ids: header.failed_pipeline_ids.clone(),
            body_hash: header.body_hash.clone(),
        };
        self.known.insert(of(&header.source, key), Some(earlier));
    }

    /// What is known of a position; `None` where the database has to be asked.
    pub(super) fn find(&self, source: &str, key: &str) -> Option<Option<EarlierTrigger>> {
        self.known.get(&of(source, key)).cloned()
    }
}

/// Sources are our own words, without a line break.
fn of(source: &str, key: &str) -> String {
    format!("{source}\n{key}")
}
