//! What checks of pipelines look at: a pipeline with its names, and its actions with where they stand.

use std::borrow::Cow;
use std::sync::Arc;

use crate::compile::pipeline::place_of;
use crate::compile::{Catalog, PipelineContext, PipelinePlan, TopicPlan, VariableTable};
use crate::model::{Action, Pipeline, Place, Stage, Unit};

/// A pipeline that is checked, broken or not.
#[derive(Debug)]
pub(in crate::compile) struct Subject<'a> {
    pub plan: &'a PipelinePlan,
    pub catalog: &'a Catalog,
    /// The trigger topic, where it exists.
    pub topic: Option<&'a Arc<TopicPlan>>,
    pub variables: Cow<'a, VariableTable>,
}

/// A unit with where it stands.
#[derive(Debug, Clone, Copy)]
pub(in crate::compile) struct UnitSite<'a> {
    pub stage: &'a Stage,
    pub stage_index: usize,
    pub unit: &'a Unit,
    pub unit_index: usize,
}

/// An action with where it stands.
#[derive(Debug, Clone, Copy)]
pub(in crate::compile) struct Site<'a> {
    pub at: UnitSite<'a>,
    pub action: &'a Action,
    pub action_index: usize,
}

impl<'a> Subject<'a> {
    pub(in crate::compile) fn new(plan: &'a PipelinePlan, catalog: &'a Catalog) -> Self {
        let variables = match &plan.body {
            Ok(body) => Cow::Borrowed(&body.variables),
            Err(_) => Cow::Owned(VariableTable::of(&plan.definition)),
        };
        Self { plan, catalog, topic: catalog.topic(&plan.topic_id), variables }
    }

    pub(in crate::compile) const fn definition(&self) -> &'a Pipeline {
        &self.plan.definition
    }

    /// What its parameters are compiled against.
    pub(in crate::compile) fn context(&self) -> Option<PipelineContext<'_>> {
        self.topic.map(|topic| PipelineContext { catalog: self.catalog, topic, variables: &self.variables })
    }

    /// The topic that an action reads or writes, where it exists.
    pub(in crate::compile) fn target(&self, action: &Action) -> Option<&'a Arc<TopicPlan>> {
        self.catalog.topic(action.kind.topic_id()?)
    }

    pub(in crate::compile) fn units(&self) -> impl Iterator<Item = UnitSite<'a>> {
        self.definition()
            .stages
            .iter()
            .enumerate()
            .flat_map(|(stage_index, stage)| stage.units.iter().enumerate().map(move |(unit_index, unit)| UnitSite { stage, stage_index, unit, unit_index }))
    }

    pub(in crate::compile) fn sites(&self) -> impl Iterator<Item = Site<'a>> {
        self.units().flat_map(UnitSite::actions)
    }
}

impl<'a> UnitSite<'a> {
    pub(in crate::compile) fn actions(self) -> impl Iterator<Item = Site<'a>> {
        self.unit.actions.iter().enumerate().map(move |(action_index, action)| Site { at: self, action, action_index })
    }

    pub(in crate::compile) fn place(&self, pipeline: &Pipeline) -> Place {
        let stage = place_of(&pipeline.place(), "stage", self.stage.name.as_deref(), &self.stage.stage_id, self.stage_index);
        place_of(&stage, "unit", self.unit.name.as_deref(), &self.unit.unit_id, self.unit_index)
    }
}

impl Site<'_> {
    pub(in crate::compile) fn place(&self, pipeline: &Pipeline) -> Place {
        place_of(&self.at.place(pipeline), "action", None, &self.action.action_id, self.action_index)
    }
}
