//! Parameters as plans: names resolved, constants parsed, computations checked (values.md §2.3, §3–§5).

use std::sync::Arc;

use super::{ConditionPlan, TopicPlan};
use crate::model::{ComputeType, FactorType, Parameter, ParameterKind, Place, Problems};
use crate::path::function::FirstRow;
use crate::path::{Names, Origin, Path, PathContext, PathError, Template};
use crate::value::{Arithmetic, DateFormats, DatePart, FactorFamily};

/// The topics that a definition may name.
pub trait Topics {
    /// A topic of the tenant by its id.
    fn topic(&self, topic_id: &str) -> Option<&TopicPlan>;
}

/// What parameters and conditions are compiled against.
#[derive(Clone, Copy)]
pub struct ParameterContext<'a> {
    /// The variables of the pipeline and the factors of its trigger topic.
    pub names: &'a dyn Names,
    /// The topics that topic parameters may name.
    pub topics: &'a dyn Topics,
    /// How date literals are read.
    pub dates: &'a DateFormats,
}

impl std::fmt::Debug for ParameterContext<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("ParameterContext").finish_non_exhaustive()
    }
}

/// A parameter, ready to be evaluated in memory.
#[derive(Debug, Clone, PartialEq)]
pub enum ParameterPlan {
    /// Always null: a side of a comparison that is missing.
    Null,
    /// A factor of a topic, read from the trigger data now.
    Topic(TopicParameter),
    /// A constant.
    Constant {
        /// Its text.
        template: Template,
        /// Where a variable that it is copied to comes from (values.md §4.4).
        origin: Origin,
    },
    /// A variable, and a path below it.
    Variable(Path),
    /// A computation.
    Computed(Box<ComputedPlan>),
}

/// A topic parameter. Which topic it names does not matter in memory: it always reads the trigger data now.
#[derive(Debug, Clone, PartialEq)]
pub struct TopicParameter {
    /// The topic.
    pub topic_id: Arc<str>,
    /// The factor.
    pub factor_id: Arc<str>,
    /// What the factor holds.
    pub factor_type: FactorType,
    /// The name of the factor as a path over the trigger data now.
    pub path: Path,
}

/// A computation.
#[derive(Debug, Clone, PartialEq)]
pub enum ComputedPlan {
    /// Arithmetic of two or more operands, folded from left to right.
    Arithmetic {
        /// Which.
        arithmetic: Arithmetic,
        /// The operands.
        operands: Vec<ParameterPlan>,
    },
    /// A part of a date.
    DatePart {
        /// Which.
        part: DatePart,
        /// The date.
        operand: ParameterPlan,
    },
    /// The first route whose condition holds.
    CaseThen {
        /// The routes, in order.
        routes: Vec<CaseRoute>,
        /// What counts when no route holds; null where it is missing.
        otherwise: Option<ParameterPlan>,
    },
}

/// A route of a `case-then`.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseRoute {
    /// When it counts; always where there is no condition (V-40).
    pub on: Option<ConditionPlan>,
    /// Its value.
    pub value: ParameterPlan,
}

impl ParameterPlan {
    /// Compiles a parameter; `None` where something is wrong with it, which is noted.
    pub fn compile(parameter: &Parameter, context: &ParameterContext<'_>, place: &Place, problems: &mut Problems) -> Option<Self> {
        match &parameter.kind {
            ParameterKind::Topic { topic_id, factor_id } => TopicParameter::compile(topic_id, factor_id, context, place, problems).map(Self::Topic),
            ParameterKind::Constant { value } => {
                let template = compile_constant(value.as_deref(), &context.paths(false), &place.key("value"), problems)?;
                let origin = Origin::of_constant(template.text(), context.names);
                Some(Self::Constant { template, origin })
            }
            ParameterKind::Variable { variable_name, factor_name } => {
                compile_variable(variable_name, factor_name.as_deref(), &context.paths(false), place, problems).map(Self::Variable)
            }
            ParameterKind::Computed { compute_type, parameters } => {
                ComputedPlan::compile(*compute_type, parameters, context, place, problems).map(|plan| Self::Computed(Box::new(plan)))
            }
        }
    }

    /// Whether its value is a text: by itself, or because its factor is declared to hold one.
    pub fn is_declared_text(&self) -> bool {
        match self {
            Self::Constant { template, .. } => template.is_statically_text(),
            Self::Topic(topic) => FactorFamily::of(topic.factor_type).is_text(),
            Self::Null | Self::Variable(_) | Self::Computed(_) => false,
        }
    }
}

impl<'a> ParameterContext<'a> {
    /// What constants and paths are compiled against.
    pub fn paths(&self, in_criteria: bool) -> PathContext<'a> {
        PathContext { names: self.names, dates: self.dates, in_criteria }
    }
}

impl TopicParameter {
    /// Resolves topic and factor; a mistake is noted.
    pub fn compile(topic_id: &str, factor_id: &str, context: &ParameterContext<'_>, place: &Place, problems: &mut Problems) -> Option<Self> {
        if topic_id.trim().is_empty() || factor_id.trim().is_empty() {
            // Noted already when the definition was read.
            return None;
        }
        let Some(topic) = context.topics.topic(topic_id) else {
            problems.error(
                "definition-topic-unknown",
                &place.key("topicId"),
                format!("there is no topic \"{topic_id}\""),
                "give the id of a topic of the same tenant",
            );
            return None;
        };
        let Some(slot) = topic.factors.iter().position(|factor| &*factor.factor_id == factor_id) else {
            let reason = format!("topic \"{}\" has no factor \"{factor_id}\"", topic.name);
            problems.error("definition-factor-unknown", &place.key("factorId"), reason, "give the id of one of its factors");
            return None;
        };
        let factor = topic.factors.get(slot)?;
        let path = noted(Path::of_factor(&factor.name, slot, &context.paths(false)), &place.key("factorId"), problems)?;
        warn_of_first_rows(path.first_rows(), place, problems);
        Some(Self { topic_id: topic_id.into(), factor_id: factor_id.into(), factor_type: factor.factor_type, path })
    }
}

/// Compiles the text of a constant; a mistake is noted.
pub fn compile_constant(text: Option<&str>, context: &PathContext<'_>, place: &Place, problems: &mut Problems) -> Option<Template> {
    let template = noted(Template::parse(text, context), place, problems)?;
    warn_of_first_rows(template.first_rows(), place, problems);
    Some(template)
}

/// Compiles a variable parameter as one path (values.md §4.3); a mistake is noted.
pub fn compile_variable(name: &str, factor: Option<&str>, context: &PathContext<'_>, place: &Place, problems: &mut Problems) -> Option<Path> {
    if name.trim().is_empty() {
        // Noted already when the definition was read.
        return None;
    }
    let text = match factor.filter(|factor| !factor.trim().is_empty()) {
        Some(factor) => format!("{name}.{factor}"),
        None => name.to_owned(),
    };
    let path = noted(Path::parse(&text, context), &place.key("variableName"), problems)?;
    warn_of_first_rows(path.first_rows(), place, problems);
    Some(path)
}

/// Notes the mistake of a path.
fn noted<T>(result: Result<T, PathError>, place: &Place, problems: &mut Problems) -> Option<T> {
    result.map_err(|error| problems.error(error.code, place, error.to_string(), error.remedy)).ok()
}

/// Warns of keys and directions of `&firstRow` that fail on every list that is not empty (decisions).
fn warn_of_first_rows<'a>(first_rows: impl Iterator<Item = &'a FirstRow>, place: &Place, problems: &mut Problems) {
    for first_row in first_rows {
        if let Some(reason) = first_row.bad_keys() {
            let reason = format!("&firstRow {reason}, which fails on every list that is not empty");
            problems.warning("definition-first-row-key", place, reason, "write &firstRow(key) or &firstRow(key:desc, …)");
        }
        for direction in first_row.unknown_directions() {
            let reason = format!("&firstRow has the direction \"{direction}\", which fails on every list that is not empty");
            problems.warning("definition-first-row-direction", place, reason, "write asc or desc");
        }
    }
}

impl ComputedPlan {
    fn compile(
        compute_type: ComputeType,
        parameters: &[Option<Parameter>],
        context: &ParameterContext<'_>,
        place: &Place,
        problems: &mut Problems,
    ) -> Option<Self> {
        let present = counted(compute_type, parameters, place, problems)?;
        if compute_type == ComputeType::CaseThen {
            return Self::compile_case(&present, context, place, problems);
        }
        let mut operands = Vec::with_capacity(present.len());
        for (parameter, place) in &present {
            operands.extend(ParameterPlan::compile(parameter, context, place, problems));
        }
        if operands.len() != present.len() {
            return None;
        }
        match (Arithmetic::of_compute(compute_type), DatePart::of_compute(compute_type)) {
            (Some(arithmetic), _) => Some(Self::Arithmetic { arithmetic, operands }),
            (_, Some(part)) => operands.into_iter().next().map(|operand| Self::DatePart { part, operand }),
            _ => None,
        }
    }

    fn compile_case(parameters: &[(&Parameter, Place)], context: &ParameterContext<'_>, place: &Place, problems: &mut Problems) -> Option<Self> {
        let mut sound = routes_are_sound(parameters, place, problems);
        let mut routes = Vec::with_capacity(parameters.len());
        let mut otherwise = None;
        for (parameter, place_of_route) in parameters {
            let value = ParameterPlan::compile(parameter, context, place_of_route, problems);
            sound &= value.is_some();
            if parameter.prerequisite.conditional {
                let on = parameter.prerequisite.active().map(|joint| ConditionPlan::compile(joint, context, &place_of_route.key("on"), problems));
                routes.extend(value.map(|value| CaseRoute { on, value }));
            } else {
                otherwise = value;
            }
        }
        sound.then_some(Self::CaseThen { routes, otherwise })
    }
}

/// The parameters of a computation with their places; `None` where there is nothing to compute, or not as many as it needs
/// (values.md §5), which is noted.
pub(super) fn counted<'p>(
    compute_type: ComputeType,
    parameters: &'p [Option<Parameter>],
    place: &Place,
    problems: &mut Problems,
) -> Option<Vec<(&'p Parameter, Place)>> {
    let (least, most) = match compute_type {
        ComputeType::None => {
            problems.error("definition-no-computation", &place.key("type"), "there is nothing to compute", format!("use one of: {}", ComputeType::choices()));
            return None;
        }
        ComputeType::CaseThen => (1, usize::MAX),
        other if Arithmetic::of_compute(other).is_some() => (2, usize::MAX),
        _ => (1, 1),
    };
    if parameters.len() < least || parameters.len() > most {
        let needed = if least == most { "exactly 1".to_owned() } else { format!("at least {least}") };
        let reason = format!("{compute_type} has {} parameters and needs {needed}", parameters.len());
        problems.error("definition-parameter-count", &place.key("parameters"), reason, "give as many parameters as it needs");
        return None;
    }
    let mut present = Vec::with_capacity(parameters.len());
    for (index, parameter) in parameters.iter().enumerate() {
        match parameter {
            Some(parameter) => present.push((parameter, place.element("parameter", index))),
            None => problems.error("definition-null-parameter", &place.element("parameter", index), "is null, or can not be read", "give a parameter"),
        }
    }
    (present.len() == parameters.len()).then_some(present)
}

/// Whether a case-then has at most one route without condition; routes that are never reached are warned of.
pub(super) fn routes_are_sound(parameters: &[(&Parameter, Place)], place: &Place, problems: &mut Problems) -> bool {
    warn_of_unreachable(parameters, problems);
    let anyway = || parameters.iter().filter(|(parameter, _)| !parameter.prerequisite.conditional);
    for (_, place) in anyway().skip(1) {
        problems.error("definition-two-anyway-routes", place, "a case-then has more than one route without condition", "keep one of them");
    }
    if parameters.len() == 1 && anyway().count() == 1 {
        problems.warning("definition-no-route", place, "a case-then has no route with a condition", "use its only parameter instead");
    }
    anyway().count() <= 1
}

/// Warns of routes after one that always holds (V-40), and of a route without condition beside such a one.
fn warn_of_unreachable(parameters: &[(&Parameter, Place)], problems: &mut Problems) {
    let always = |parameter: &Parameter| parameter.prerequisite.conditional && parameter.prerequisite.active().is_none();
    let Some(first) = parameters.iter().position(|(parameter, _)| always(parameter)) else { return };
    let after = |position: usize, parameter: &Parameter| position > first || !parameter.prerequisite.conditional;
    for (_, (_, place)) in parameters.iter().enumerate().filter(|(position, (parameter, _))| *position != first && after(*position, parameter)) {
        problems.warning(
            "definition-unreachable-route",
            place,
            format!("route {} of the case-then has no condition, so it always holds and this one is never reached", first + 1),
            "give that route a condition, or take this one away",
        );
    }
}
