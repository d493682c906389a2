//! Pipelines as plans: stages, units, actions with everything resolved (engine.md §3.1).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::reach::Reach;
use super::{Abroad, Catalog, ConditionPlan, ParameterContext, PipelineSource, StageOrder, TopicPlan, VariableTable};
use crate::engine::action::ActionPlan;
use crate::model::{FactorType, Joint, Pipeline, PipelineType, Place, Prerequisite, Problem, Problems, Severity, Stage, Unit};
use crate::path::Names;

/// A pipeline, ready to run, or broken.
#[derive(Debug)]
pub struct PipelinePlan {
    /// Its id.
    pub pipeline_id: Arc<str>,
    /// The topic whose rows trigger it.
    pub topic_id: Arc<str>,
    /// Which triggers it runs for.
    pub pipeline_type: PipelineType,
    /// The data source on which it runs; `None` is the default store (engine.md §3.11, rule 1).
    pub home: Option<Arc<str>>,
    /// Other data sources whose topics it reads or writes (engine.md §3.11, rule 2).
    pub abroad: Abroad,
    /// Whether it runs at all.
    pub enabled: bool,
    /// The hash of its content, to which its logs refer.
    pub definition_hash: String,
    /// The definition itself.
    pub definition: Pipeline,
    /// What runs, or why it can not.
    pub body: Result<PipelineBody, Vec<Problem>>,
}

/// What a pipeline that compiled runs.
#[derive(Debug)]
pub struct PipelineBody {
    /// The trigger topic.
    pub topic: Arc<TopicPlan>,
    /// When it runs.
    pub prerequisite: Option<ConditionPlan>,
    /// Its stages, in the order of definition.
    pub stages: Vec<StagePlan>,
    /// The order in which they run.
    pub order: StageOrder,
    /// The variables that it can define, by slot.
    pub variables: VariableTable,
}

/// A stage, ready to run.
#[derive(Debug)]
pub struct StagePlan {
    /// When it runs.
    pub prerequisite: Option<ConditionPlan>,
    /// Its units.
    pub units: Vec<UnitPlan>,
}

/// A unit, ready to run.
#[derive(Debug)]
pub struct UnitPlan {
    /// When it runs.
    pub prerequisite: Option<ConditionPlan>,
    /// The variable over whose elements it loops, by slot.
    pub loop_variable: Option<usize>,
    /// Its actions.
    pub(crate) actions: Vec<ActionPlan>,
}

/// What the parts of a pipeline are compiled against.
#[derive(Debug)]
pub(crate) struct PipelineContext<'a> {
    /// The tenant's topics and writers.
    pub catalog: &'a Catalog,
    /// The trigger topic.
    pub topic: &'a Arc<TopicPlan>,
    /// The variables of the pipeline.
    pub variables: &'a VariableTable,
}

impl PipelineContext<'_> {
    /// Names and topics, as parameters are resolved against them.
    pub(crate) fn parameters(&self) -> ParameterContext<'_> {
        ParameterContext { names: self, topics: self.catalog, dates: self.catalog.dates() }
    }

    /// The topic of an action; an unknown one is noted.
    pub(crate) fn target(&self, topic_id: &str, place: &Place, problems: &mut Problems) -> Option<Arc<TopicPlan>> {
        let place = place.key("topicId");
        if topic_id.trim().is_empty() {
            problems.error("definition-missing", &place, "is missing or blank", "give the id of a topic");
            return None;
        }
        let topic = self.catalog.topic(topic_id);
        if topic.is_none() {
            problems.error("definition-topic-unknown", &place, format!("there is no topic \"{topic_id}\""), "give the id of a topic of the same tenant");
        }
        topic.cloned()
    }

    /// The variable that an action defines; a blank name is noted.
    pub(crate) fn variable(&self, name: &str, place: &Place, problems: &mut Problems) -> Option<usize> {
        let slot = self.variables.slot(name);
        if slot.is_none() {
            problems.error("definition-missing", &place.key("variableName"), "is missing or blank", "name the variable");
        }
        slot
    }

    /// A prerequisite; `None` where it always holds.
    pub(crate) fn prerequisite(&self, prerequisite: &Prerequisite, place: &Place, problems: &mut Problems) -> Option<ConditionPlan> {
        prerequisite.active().map(|joint| self.condition(joint, &place.key("on"), problems))
    }

    fn condition(&self, joint: &Joint, place: &Place, problems: &mut Problems) -> ConditionPlan {
        ConditionPlan::compile(joint, &self.parameters(), place, problems)
    }
}

impl Names for PipelineContext<'_> {
    fn variable_slot(&self, name: &str) -> Option<usize> {
        self.variables.slot(name)
    }

    fn factor(&self, name: &str) -> Option<FactorType> {
        self.topic.factors.iter().find(|factor| &*factor.name == name).map(|factor| factor.factor_type)
    }
}

impl PipelinePlan {
    /// Compiles a pipeline against the topics and writers of its catalog and notes what is wrong with it, what could not
    /// be read of it included.
    pub(crate) fn compile(source: PipelineSource, catalog: &Catalog, problems: &mut Problems) -> Self {
        let PipelineSource { definition, hash, problems: mut found } = source;
        let body = Self::compile_body(&definition, catalog, &mut found);
        let reach = Reach::of(&definition, catalog);
        let errors: Vec<Problem> = found.iter().filter(|problem| problem.severity == Severity::Error).cloned().collect();
        problems.extend(found);
        Self {
            pipeline_id: definition.pipeline_id.as_str().into(),
            topic_id: definition.topic_id.as_str().into(),
            pipeline_type: definition.pipeline_type,
            home: reach.home,
            abroad: reach.abroad,
            enabled: definition.enabled,
            definition_hash: hash,
            body: match body {
                Some(body) if errors.is_empty() => Ok(body),
                _ => Err(errors),
            },
            definition,
        }
    }

    fn compile_body(definition: &Pipeline, catalog: &Catalog, problems: &mut Problems) -> Option<PipelineBody> {
        let place = definition.place();
        let Some(topic) = catalog.topic(&definition.topic_id) else {
            if !definition.topic_id.trim().is_empty() {
                let reason = format!("there is no topic \"{}\"", definition.topic_id);
                problems.error("definition-topic-unknown", &place.key("topicId"), reason, "give the id of a topic of the same tenant");
            }
            return None;
        };
        let variables = VariableTable::of(definition);
        let order = StageOrder::compile(definition, problems);
        check_shared_variables(definition, &order, problems);
        let context = PipelineContext { catalog, topic, variables: &variables };
        let prerequisite = context.prerequisite(&definition.prerequisite, &place, problems);
        let stages = definition
            .stages
            .iter()
            .enumerate()
            .map(|(index, stage)| StagePlan::compile(stage, &context, &place_of(&place, "stage", stage.name.as_deref(), &stage.stage_id, index), problems))
            .collect();
        Some(PipelineBody { topic: Arc::clone(topic), prerequisite, stages, order, variables })
    }
}

impl StagePlan {
    fn compile(stage: &Stage, context: &PipelineContext<'_>, place: &Place, problems: &mut Problems) -> Self {
        let prerequisite = context.prerequisite(&stage.prerequisite, place, problems);
        let units = stage
            .units
            .iter()
            .enumerate()
            .map(|(index, unit)| UnitPlan::compile(unit, context, &place_of(place, "unit", unit.name.as_deref(), &unit.unit_id, index), problems))
            .collect();
        Self { prerequisite, units }
    }
}

impl UnitPlan {
    fn compile(unit: &Unit, context: &PipelineContext<'_>, place: &Place, problems: &mut Problems) -> Self {
        let prerequisite = context.prerequisite(&unit.prerequisite, place, problems);
        let actions = unit.actions.iter().enumerate().filter_map(|(index, action)| {
            let place = place_of(place, "action", None, &action.action_id, index);
            ActionPlan::compile(action, context, &place, problems)
        });
        let actions = actions.collect();
        let loop_variable = unit.loop_variable_name.as_deref().and_then(|name| context.variables.slot(name));
        Self { prerequisite, loop_variable, actions }
    }
}

/// The place of a stage, unit or action: its name, else its id, else its position.
pub(super) fn place_of(above: &Place, kind: &str, name: Option<&str>, id: &str, index: usize) -> Place {
    let label = [name.unwrap_or_default(), id].into_iter().find(|text| !text.trim().is_empty());
    label.map_or_else(|| above.element(kind, index), |label| above.named(kind, label))
}

/// Two stages that write the same variable with no order between them are a mistake (engine.md §3.11, rule 13).
fn check_shared_variables(definition: &Pipeline, order: &StageOrder, problems: &mut Problems) {
    if order.ancestors.is_none() {
        return;
    }
    let mut writers: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, stage) in definition.stages.iter().enumerate() {
        for name in stage.units.iter().flat_map(|unit| &unit.actions).filter_map(|action| VariableTable::written_by(&action.kind)) {
            writers.entry(name).or_default().push(index);
        }
    }
    for (name, stages) in writers {
        for (place, left) in stages.iter().enumerate() {
            for right in stages.iter().skip(place + 1).filter(|right| **right != *left && !order.are_ordered(*left, **right)) {
                let id = |index: usize| definition.stages.get(index).map_or("?", |stage| stage.stage_id.as_str());
                problems.error(
                    "definition-variable-unordered",
                    &definition.place().named("stage", id(*right)),
                    format!("writes the variable \"{name}\", as stage \"{}\" does, with no order between them", id(*left)),
                    "let one depend on the other, or use two names",
                );
            }
        }
    }
}
