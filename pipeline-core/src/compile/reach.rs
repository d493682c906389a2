//! On which data sources a pipeline works (engine.md §3.11, rules 1 and 2).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Abroad, Catalog};
use crate::model::Pipeline;

/// The data sources of a pipeline; `None` is the default store.
#[derive(Debug)]
pub(super) struct Reach {
    /// The one whose topics it writes; the trigger topic's when it writes none, or several.
    pub home: Option<Arc<str>>,
    /// The others.
    pub abroad: Abroad,
}

impl Reach {
    /// The reach of a definition. Topics that do not exist are on no data source.
    pub(super) fn of(definition: &Pipeline, catalog: &Catalog) -> Self {
        let mut touched = BTreeSet::new();
        let mut written = BTreeSet::new();
        let units = definition.stages.iter().flat_map(|stage| &stage.units);
        for action in units.flat_map(|unit| &unit.actions) {
            // What is handed over to a store of objects is noted wherever the run is.
            let Some(topic) = action.kind.topic_id().and_then(|id| catalog.topic(id)).filter(|topic| topic.archive.is_none()) else { continue };
            touched.insert(topic.data_source_id.clone());
            if !action.kind.effects().is_empty() {
                written.insert(topic.data_source_id.clone());
            }
        }
        let of_trigger = catalog.topic(&definition.topic_id).and_then(|topic| topic.data_source_id.clone());
        let home = if written.len() == 1 { written.iter().next().cloned().flatten() } else { of_trigger };
        written.remove(&home);
        touched.remove(&home);
        touched.retain(|source| !written.contains(source));
        Self { home, abroad: Abroad { read: touched, written } }
    }
}
