//! Round trips of a run with everything that it leads to (engine.md §2.7).

use std::collections::BTreeMap;

use super::RoundTrips;
use super::action::{round_trips, rows_of};
use crate::compile::check::site::{Site, Subject};
use crate::compile::{Catalog, PipelinePlan};
use crate::model::ActionKind;
use crate::port::StatementTexts;

/// Sums with more terms are not told term by term.
const MOST_TERMS: usize = 64;

/// The round trips of one run alone.
pub(super) fn of_one(subject: &Subject<'_>, texts: &dyn StatementTexts) -> RoundTrips {
    let mut sum = RoundTrips::default();
    for site in subject.sites() {
        sum.add(&looped(&site, round_trips(subject, &site, texts), subject.definition().name.as_str()));
    }
    sum
}

/// The round trips of a run and of what it leads to, or the circle that has no bound.
pub(super) fn of(plan: &PipelinePlan, catalog: &Catalog, texts: &dyn StatementTexts) -> Result<RoundTrips, Vec<String>> {
    Search { catalog, texts, known: BTreeMap::new(), path: Vec::new() }.of(plan)
}

/// In a loop everything happens once for each element.
fn looped(site: &Site<'_>, trips: RoundTrips, pipeline: &str) -> RoundTrips {
    match site.at.unit.loop_variable_name.as_deref() {
        Some(name) => trips.times(&format!("elements of {name} in \"{pipeline}\"")),
        None => trips,
    }
}

struct Search<'a> {
    catalog: &'a Catalog,
    texts: &'a dyn StatementTexts,
    known: BTreeMap<&'a str, RoundTrips>,
    path: Vec<&'a PipelinePlan>,
}

impl<'a> Search<'a> {
    fn of(&mut self, plan: &'a PipelinePlan) -> Result<RoundTrips, Vec<String>> {
        if let Some(known) = self.known.get(&*plan.pipeline_id) {
            return Ok(known.clone());
        }
        if let Some(start) = self.path.iter().position(|other| other.pipeline_id == plan.pipeline_id) {
            return Err(self.path.iter().skip(start).map(|plan| plan.definition.name.clone()).collect());
        }
        self.path.push(plan);
        let subject = Subject::new(plan, self.catalog);
        let mut sum = RoundTrips::default();
        for site in subject.sites() {
            let mut trips = round_trips(&subject, &site, self.texts);
            trips.add(&self.following(&subject, &site)?);
            sum.add(&looped(&site, trips, &plan.definition.name));
        }
        self.path.pop();
        if sum.terms() > MOST_TERMS {
            sum = RoundTrips::fixed(1).times(&format!("what \"{}\" leads to", plan.definition.name));
        }
        self.known.insert(&plan.pipeline_id, sum.clone());
        Ok(sum)
    }

    /// What a write leads to: of an insert-or-merge one of two things happens.
    fn following(&mut self, subject: &Subject<'a>, site: &Site<'a>) -> Result<RoundTrips, Vec<String>> {
        let mut most = RoundTrips::default();
        let Some(topic) = subject.target(site.action) else { return Ok(most) };
        for effect in site.action.kind.effects() {
            let mut sum = RoundTrips::default();
            for plan in self.catalog.pipelines_for(&topic.topic_id, *effect) {
                sum.add(&self.of(plan)?);
            }
            most.at_least(&sum);
        }
        Ok(match &site.action.kind {
            ActionKind::DeleteRows { .. } => most.times(&rows_of(&site.action.action_id)),
            _ => most,
        })
    }
}
