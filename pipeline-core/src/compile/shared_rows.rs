//! Which topics' cascades may change the same rows (engine.md §3.11, rule 7): triggers of such topics are best carried out
//! one after the other, those of topics whose cascades only insert need not be.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::PipelinePlan;
use crate::model::TriggerType;

/// Topics that are connected by what pipelines write, each set with a number; those whose pipelines only insert have none.
#[derive(Debug, Default)]
pub(super) struct SharedRows(BTreeMap<Arc<str>, usize>);

impl SharedRows {
    /// Finds the sets of the enabled pipelines, in one pass over what they write.
    pub(super) fn of<'a>(pipelines: impl Iterator<Item = &'a PipelinePlan>) -> Self {
        let mut sets = Sets::default();
        for plan in pipelines.filter(|plan| plan.enabled) {
            let from = sets.place(&plan.topic_id);
            for action in plan.definition.stages.iter().flat_map(|stage| &stage.units).flat_map(|unit| &unit.actions) {
                let Some(topic_id) = action.kind.topic_id() else { continue };
                let effects = action.kind.effects();
                if effects.is_empty() {
                    continue;
                }
                let to = sets.place(topic_id);
                let changes = effects.iter().any(|effect| *effect != TriggerType::Insert);
                sets.join(from, to, changes);
            }
        }
        sets.numbered()
    }

    /// The set of a topic.
    pub(super) fn set(&self, topic_id: &str) -> Option<usize> {
        self.0.get(topic_id).copied()
    }
}

/// Disjoint sets of topics.
#[derive(Default)]
struct Sets {
    places: BTreeMap<Arc<str>, usize>,
    parents: Vec<usize>,
    changes: Vec<bool>,
}

impl Sets {
    fn place(&mut self, topic_id: &str) -> usize {
        if let Some(place) = self.places.get(topic_id) {
            return *place;
        }
        let place = self.parents.len();
        self.places.insert(topic_id.into(), place);
        self.parents.push(place);
        self.changes.push(false);
        place
    }

    /// The first of a set; the way to it gets shorter.
    fn root(&mut self, mut place: usize) -> usize {
        while let Some(parent) = self.parents.get(place).copied().filter(|parent| *parent != place) {
            let above = self.parents.get(parent).copied().unwrap_or(parent);
            if let Some(link) = self.parents.get_mut(place) {
                *link = above;
            }
            place = above;
        }
        place
    }

    fn join(&mut self, from: usize, to: usize, changes: bool) {
        let (from, to) = (self.root(from), self.root(to));
        let changes = changes || [from, to].iter().any(|place| self.changes.get(*place).copied().unwrap_or(false));
        if let Some(link) = self.parents.get_mut(to) {
            *link = from;
        }
        if let Some(flag) = self.changes.get_mut(from) {
            *flag = changes;
        }
    }

    fn numbered(mut self) -> SharedRows {
        let places = std::mem::take(&mut self.places);
        let sets = places.into_iter().map(|(topic_id, place)| (topic_id, self.root(place)));
        let sets: Vec<(Arc<str>, usize)> = sets.collect();
        SharedRows(sets.into_iter().filter(|(_, root)| self.changes.get(*root).copied().unwrap_or(false)).collect())
    }
}
