//! Ids that two stages, units or actions of a pipeline share: logs and traces can not tell them apart.

use std::collections::BTreeSet;

use super::site::Subject;
use crate::compile::code;
use crate::model::{Place, Problems};

pub(super) fn check(subject: &Subject<'_>, problems: &mut Problems) {
    let definition = subject.definition();
    let mut stages = Ids::new("stage");
    let mut units = Ids::new("unit");
    let mut actions = Ids::new("action");
    for stage in &definition.stages {
        stages.note(&stage.stage_id, || definition.place(), problems);
    }
    for unit in subject.units() {
        units.note(&unit.unit.unit_id, || unit.place(definition).parent(), problems);
        for site in unit.actions() {
            actions.note(&site.action.action_id, || unit.place(definition), problems);
        }
    }
}

/// The ids of one kind that were seen.
struct Ids<'a> {
    kind: &'static str,
    seen: BTreeSet<&'a str>,
}

impl<'a> Ids<'a> {
    const fn new(kind: &'static str) -> Self {
        Self { kind, seen: BTreeSet::new() }
    }

    fn note(&mut self, id: &'a str, above: impl FnOnce() -> Place, problems: &mut Problems) {
        if !id.trim().is_empty() && !self.seen.insert(id) {
            let reason = format!("another {} of the pipeline has the id \"{id}\", so that logs can not tell them apart", self.kind);
            problems.warning(code::ID_REPEATED, &above().named(self.kind, id), reason, "give each its own id");
        }
    }
}
