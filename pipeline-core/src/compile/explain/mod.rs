//! What a pipeline does, told before it runs: its stages, the statements of its actions, what it triggers, and how often
//! it asks its store at most (`nightowl explain`).

mod action;
mod cascade;
mod round_trips;

use serde::Serialize;

pub use round_trips::RoundTrips;

use super::check::site::{Subject, UnitSite};
use super::{Catalog, PipelinePlan};
use crate::port::StatementTexts;

/// A pipeline, explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// Its id.
    pub pipeline_id: String,
    /// Its name.
    pub name: String,
    /// Whether it runs at all.
    pub enabled: bool,
    /// The name of its trigger topic.
    pub topic: String,
    /// The triggers that it runs for.
    #[serde(rename = "type")]
    pub pipeline_type: &'static str,
    /// Whether it has a condition.
    pub conditional: bool,
    /// Why it can not run.
    pub problems: Vec<String>,
    /// Its stages, in the order in which they run.
    pub stages: Vec<ExplainedStage>,
    /// The variables that it can define.
    pub variables: Vec<String>,
    /// What its writes lead to.
    pub triggers: Vec<Downstream>,
    /// How often one run asks the store at most.
    pub round_trips: RoundTrips,
    /// The same with everything that it leads to; absent where pipelines trigger each other in a circle.
    pub cascade_round_trips: Option<RoundTrips>,
    /// The pipelines of the circle, where there is one.
    pub circle: Vec<String>,
}

/// A stage, explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedStage {
    /// Its id.
    pub stage_id: String,
    /// Its name.
    pub name: Option<String>,
    /// Whether it has a condition.
    pub conditional: bool,
    /// The stages that it waits for.
    pub depends_on: Vec<String>,
    /// Its units.
    pub units: Vec<ExplainedUnit>,
}

/// A unit, explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedUnit {
    /// Its id.
    pub unit_id: String,
    /// Its name.
    pub name: Option<String>,
    /// Whether it has a condition.
    pub conditional: bool,
    /// The variable over whose elements it loops.
    pub loop_over: Option<String>,
    /// Its actions.
    pub actions: Vec<ExplainedAction>,
}

/// An action, explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedAction {
    /// Its id.
    pub action_id: String,
    /// What it does.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The name of its topic.
    pub topic: Option<String>,
    /// The variable that it defines.
    pub variable: Option<String>,
    /// The index that serves its `by`.
    pub index: Option<ExplainedIndex>,
    /// Whether it has a `by` that no index serves.
    pub full_scan: bool,
    /// The statements that it may send, in this order.
    pub statements: Vec<String>,
    /// How often it asks the store at most, each time that it runs.
    pub round_trips: RoundTrips,
    /// How often more, when another run inserts the same row at the same time.
    pub on_conflict: u64,
}

/// An index that serves a `by`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedIndex {
    /// Its name.
    pub name: String,
    /// The columns of it that are used, behind the tenant's.
    pub columns: Vec<String>,
    /// Whether at most one row is found by it.
    pub finds_one: bool,
}

/// What follows when a row of a topic is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Downstream {
    /// The name of the topic.
    pub topic: String,
    /// What happens to its row.
    pub trigger_type: &'static str,
    /// The pipelines that follow: ids and names.
    pub pipelines: Vec<(String, String)>,
}

impl Catalog {
    /// Explains a pipeline, with statements as a store would send them.
    pub fn explain(&self, plan: &PipelinePlan, texts: &dyn StatementTexts) -> Explanation {
        let subject = Subject::new(plan, self);
        let definition = &plan.definition;
        let mut stages: Vec<Option<ExplainedStage>> = Vec::with_capacity(definition.stages.len());
        for (index, stage) in definition.stages.iter().enumerate() {
            let units = subject.units().filter(|site| site.stage_index == index).map(|site| explain_unit(&subject, &site, texts));
            let before = definition.stages.get(..index).and_then(<[_]>::last).map(|stage| stage.stage_id.clone());
            let depends_on = stage.depends_on.clone().unwrap_or_else(|| before.into_iter().collect());
            let conditional = stage.prerequisite.active().is_some();
            stages.push(Some(ExplainedStage { stage_id: stage.stage_id.clone(), name: stage.name.clone(), conditional, depends_on, units: units.collect() }));
        }
        let sequence = plan.body.as_ref().map_or_else(|_| (0..stages.len()).collect(), |body| body.order.sequence.clone());
        let stages: Vec<ExplainedStage> = sequence.into_iter().filter_map(|index| stages.get_mut(index).and_then(Option::take)).collect();
        let cascade = cascade::of(plan, self, texts);
        Explanation {
            pipeline_id: plan.pipeline_id.to_string(),
            name: definition.name.clone(),
            enabled: plan.enabled,
            topic: subject.topic.map_or_else(|| plan.topic_id.to_string(), |topic| topic.name.to_string()),
            pipeline_type: plan.pipeline_type.as_str(),
            conditional: definition.prerequisite.active().is_some(),
            problems: plan.body.as_ref().err().into_iter().flatten().map(ToString::to_string).collect(),
            stages,
            variables: subject.variables.names().iter().map(ToString::to_string).collect(),
            triggers: downstream(&subject),
            round_trips: cascade::of_one(&subject, texts),
            circle: cascade.as_ref().err().cloned().unwrap_or_default(),
            cascade_round_trips: cascade.ok(),
        }
    }
}

fn explain_unit(subject: &Subject<'_>, site: &UnitSite<'_>, texts: &dyn StatementTexts) -> ExplainedUnit {
    ExplainedUnit {
        unit_id: site.unit.unit_id.clone(),
        name: site.unit.name.clone(),
        conditional: site.unit.prerequisite.active().is_some(),
        loop_over: site.unit.loop_variable_name.clone(),
        actions: site.actions().map(|action| action::explain(subject, &action, texts)).collect(),
    }
}

/// What the writes of a pipeline lead to, each event once.
fn downstream(subject: &Subject<'_>) -> Vec<Downstream> {
    let mut events: Vec<Downstream> = Vec::new();
    for site in subject.sites() {
        let Some(topic) = subject.target(site.action) else { continue };
        for effect in site.action.kind.effects() {
            if events.iter().any(|event| *event.topic == *topic.name && event.trigger_type == effect.as_str()) {
                continue;
            }
            let following = subject.catalog.pipelines_for(&topic.topic_id, *effect);
            let pipelines = following.map(|plan| (plan.pipeline_id.to_string(), plan.definition.name.clone())).collect();
            events.push(Downstream { topic: topic.name.to_string(), trigger_type: effect.as_str(), pipelines });
        }
    }
    events
}
