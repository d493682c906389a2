//! What runs reach on other data sources than the one on which they run (engine.md §3.11, rule 2).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Catalog, PipelinePlan};

/// Other data sources; `None` is the default store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Abroad {
    /// Those whose topics are only read.
    pub read: BTreeSet<Option<Arc<str>>>,
    /// Those whose topics are written, and perhaps read, too.
    pub written: BTreeSet<Option<Arc<str>>>,
}

impl Abroad {
    /// Nothing.
    pub const NOTHING: &'static Self = &Self { read: BTreeSet::new(), written: BTreeSet::new() };

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.read.is_empty() && self.written.is_empty()
    }

    /// All of them, each with whether it is written.
    pub fn sources(&self) -> impl Iterator<Item = (&Option<Arc<str>>, bool)> {
        self.read.iter().map(|source| (source, false)).chain(self.written.iter().map(|source| (source, true)))
    }

    fn join(&mut self, other: &Self) {
        self.written.extend(other.written.iter().cloned());
        self.read.extend(other.read.iter().cloned());
        self.read.retain(|source| !self.written.contains(source));
    }
}

/// By topic, what the cascade of one of its rows reaches before it leaves the topic's data source.
#[derive(Debug, Default)]
pub(super) struct AbroadByTopic {
    /// Whether any pipeline reaches anything.
    any: bool,
    /// The topics for which that is not nothing.
    topics: BTreeMap<Arc<str>, Abroad>,
}

impl AbroadByTopic {
    /// Follows the pipelines of every topic; where none reaches anything there is nothing to follow.
    pub(super) fn of(catalog: &Catalog) -> Self {
        if catalog.pipelines().all(|plan| plan.abroad.is_empty()) {
            return Self::default();
        }
        let mut topics = BTreeMap::new();
        for topic in catalog.topics() {
            let home = &topic.data_source_id;
            let abroad = reached(catalog, catalog.all_pipelines_for(&topic.topic_id), home, |plan| plan.home == *home);
            if !abroad.is_empty() {
                topics.insert(Arc::clone(&topic.topic_id), abroad);
            }
        }
        Self { any: true, topics }
    }

    pub(super) fn get(&self, topic_id: &str) -> &Abroad {
        self.topics.get(topic_id).unwrap_or(Abroad::NOTHING)
    }

    pub(super) const fn any(&self) -> bool {
        self.any
    }
}

/// What pipelines, and those that their rows lead to, reach while they run on a data source. Only pipelines that are to be
/// followed lead on.
pub(super) fn reached<'a>(
    catalog: &'a Catalog,
    first: impl Iterator<Item = &'a Arc<PipelinePlan>>,
    home: &Option<Arc<str>>,
    follow: impl Fn(&PipelinePlan) -> bool,
) -> Abroad {
    let mut abroad = Abroad::default();
    let mut waiting: Vec<&Arc<PipelinePlan>> = first.collect();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    while let Some(plan) = waiting.pop() {
        if !follow(plan) || !seen.insert(&plan.pipeline_id) {
            continue;
        }
        if plan.home == *home {
            abroad.join(&plan.abroad);
        }
        for action in plan.definition.stages.iter().flat_map(|stage| &stage.units).flat_map(|unit| &unit.actions) {
            if let Some(topic_id) = action.kind.topic_id().filter(|_| !action.kind.effects().is_empty()) {
                waiting.extend(catalog.all_pipelines_for(topic_id));
            }
        }
    }
    abroad
}
