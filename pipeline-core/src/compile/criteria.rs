//! Conditions on columns as plans: which sides are columns, which are evaluated before (values.md §6.5).

use std::sync::Arc;

use super::parameter::{counted, routes_are_sound};
use super::{FactorPlan, ParameterPlan, PipelineContext, TopicPlan, compile_constant};
use crate::model::{
    ComputeType, Condition, Expression as Comparison, FactorType, Joint, JointType, Operator, Parameter, ParameterKind, Place, Problems, TopicType, column_name,
};
use crate::path::{DateArgument, Expression, Part, Template};

/// A compiled `by`.
#[derive(Debug)]
pub(crate) struct CriteriaPlan {
    pub joint: JointPlan,
}

/// A joint of criteria.
#[derive(Debug)]
pub(crate) struct JointPlan {
    pub joint_type: JointType,
    pub children: Vec<NodePlan>,
}

/// A joint or a comparison.
#[derive(Debug)]
pub(crate) enum NodePlan {
    Joint(JointPlan),
    Comparison(Box<ComparisonPlan>),
}

/// One comparison.
#[derive(Debug)]
pub(crate) struct ComparisonPlan {
    pub left: SidePlan,
    pub operator: Operator,
    pub right: Option<SidePlan>,
}

/// One side of a comparison, or an element of a computation.
#[derive(Debug)]
pub(crate) enum SidePlan {
    /// A column of the topic, by position.
    Column(usize),
    /// A factor without a column: shown in the log, and refused by every store.
    NoColumn(MissingColumn),
    /// A constant without columns.
    Constant(Template),
    /// A factor of another topic, or a variable.
    Memory(ParameterPlan),
    /// A computation.
    Computed { compute_type: ComputeType, elements: Vec<SidePlan> },
    /// A choice.
    Case { routes: Vec<(Option<JointPlan>, SidePlan)>, otherwise: Option<Box<SidePlan>> },
    /// A constant with columns in its functions, part by part; each with the literal text before it.
    Parts(Vec<(Option<Arc<str>>, Option<PartPlan>)>),
}

/// An expression of a constant that may hold columns.
#[derive(Debug)]
pub(crate) enum PartPlan {
    /// Evaluated before.
    Memory(Expression),
    /// A date function, and the columns among its date arguments.
    DateFunction { expression: Expression, columns: Vec<Option<NamedColumn>> },
    /// The length of a column.
    Length(NamedColumn),
}

/// A factor that a constant names.
#[derive(Debug)]
pub(crate) enum NamedColumn {
    /// Its column, by position.
    At(usize),
    /// It has none.
    Missing(MissingColumn),
}

/// A factor of the topic that has no column.
#[derive(Debug)]
pub(crate) struct MissingColumn {
    /// The name that its column would have.
    pub name: String,
    /// What it would hold.
    pub factor_type: FactorType,
}

/// What criteria are compiled against.
struct Compiler<'a> {
    topic: &'a Arc<TopicPlan>,
    context: &'a PipelineContext<'a>,
}

impl CriteriaPlan {
    /// Compiles a `by` against its topic and notes what is wrong with it.
    pub(crate) fn compile(joint: &Joint, topic: &Arc<TopicPlan>, context: &PipelineContext<'_>, place: &Place, problems: &mut Problems) -> Option<Self> {
        let compiler = Compiler { topic, context };
        compiler.joint(joint, place, problems).map(|joint| Self { joint })
    }
}

impl Compiler<'_> {
    fn joint(&self, joint: &Joint, place: &Place, problems: &mut Problems) -> Option<JointPlan> {
        let mut children = Vec::with_capacity(joint.filters.len());
        let mut complete = true;
        for (index, condition) in joint.filters.iter().enumerate() {
            match self.node(condition, &place.element("filter", index), problems) {
                Some(node) => children.push(node),
                None => complete = false,
            }
        }
        complete.then_some(JointPlan { joint_type: joint.joint_type, children })
    }

    fn node(&self, condition: &Condition, place: &Place, problems: &mut Problems) -> Option<NodePlan> {
        match condition {
            Condition::Joint(joint) => self.joint(joint, place, problems).map(NodePlan::Joint),
            Condition::Expression(comparison) => self.comparison(comparison, place, problems),
        }
    }

    fn comparison(&self, comparison: &Comparison, place: &Place, problems: &mut Problems) -> Option<NodePlan> {
        let left = self.needed_side(comparison.left.as_ref(), &place.key("left"), problems);
        let right = match comparison.operator {
            Operator::Empty | Operator::NotEmpty => None,
            _ => Some(self.needed_side(comparison.right.as_ref(), &place.key("right"), problems)?),
        };
        if matches!(comparison.operator, Operator::In | Operator::NotIn) && right.as_ref().is_some_and(SidePlan::is_column) {
            problems.error(
                "definition-in-column",
                &place.key("right"),
                "a column can not be the list of in or not-in",
                "write the list, or compare with equals",
            );
            return None;
        }
        Some(NodePlan::Comparison(Box::new(ComparisonPlan { left: left?, operator: comparison.operator, right })))
    }

    fn needed_side(&self, parameter: Option<&Parameter>, place: &Place, problems: &mut Problems) -> Option<SidePlan> {
        match parameter {
            Some(parameter) => self.side(parameter, place, problems),
            None => {
                problems.error("definition-missing", place, "is missing", "give a parameter");
                None
            }
        }
    }

    fn side(&self, parameter: &Parameter, place: &Place, problems: &mut Problems) -> Option<SidePlan> {
        match &parameter.kind {
            ParameterKind::Topic { topic_id, factor_id } if **topic_id == *self.topic.topic_id => self.column(factor_id, place, problems),
            ParameterKind::Topic { .. } | ParameterKind::Variable { .. } => {
                ParameterPlan::compile(parameter, &self.context.parameters(), place, problems).map(SidePlan::Memory)
            }
            ParameterKind::Constant { value } => self.constant(value.as_deref(), place, problems),
            ParameterKind::Computed { compute_type, parameters } => self.computed(*compute_type, parameters, place, problems),
        }
    }

    /// A column of the topic.
    fn column(&self, factor_id: &str, place: &Place, problems: &mut Problems) -> Option<SidePlan> {
        let Some(factor) = self.topic.factor(factor_id) else {
            let reason = format!("topic \"{}\" has no factor \"{factor_id}\"", self.topic.name);
            problems.error("definition-factor-unknown", &place.key("factorId"), reason, "give the id of a factor of that topic");
            return None;
        };
        Some(match self.column_of(factor, place, problems)? {
            NamedColumn::At(column) => SidePlan::Column(column),
            NamedColumn::Missing(missing) => SidePlan::NoColumn(missing),
        })
    }

    /// The column of a factor. Of a raw topic only flattened factors are columns, elsewhere one without is a warning;
    /// containers can not be compared.
    fn column_of(&self, factor: &FactorPlan, place: &Place, problems: &mut Problems) -> Option<NamedColumn> {
        if matches!(factor.factor_type, FactorType::Object | FactorType::Array) {
            problems.error(
                "definition-criteria-container",
                place,
                format!("factor \"{}\" holds {} and can not be compared", factor.name, factor.factor_type),
                "compare one of its members",
            );
            return None;
        }
        if let Some(column) = factor.column {
            return Some(NamedColumn::At(column));
        }
        let reason = format!("factor \"{}\" has no column", factor.name);
        if self.topic.topic_type == TopicType::Raw {
            problems.error("definition-criteria-column", place, reason, "flatten it");
            return None;
        }
        problems.warning(
            "definition-criteria-column",
            place,
            reason,
            "compare the factor that it is a member of, or give it a column of its own; as it stands every run fails",
        );
        Some(NamedColumn::Missing(MissingColumn { name: column_name(&factor.name), factor_type: factor.factor_type }))
    }

    fn constant(&self, text: Option<&str>, place: &Place, problems: &mut Problems) -> Option<SidePlan> {
        // A blank constant is null in criteria (values.md §1.5).
        let text = text.filter(|text| !text.trim().is_empty());
        let template = compile_constant(text, &self.context.parameters().paths(true), &place.key("value"), problems)?;
        if template.parts().iter().all(|part| !self.part_holds_column(part)) {
            return Some(SidePlan::Constant(template));
        }
        let mut parts = Vec::new();
        let mut text = None;
        for part in template.parts() {
            match part {
                Part::Text(literal) => text = Some(Arc::clone(literal)),
                Part::Expression(expression) => parts.push((text.take(), Some(self.part(expression, place, problems)?))),
            }
        }
        if text.is_some() {
            parts.push((text, None));
        }
        Some(SidePlan::Parts(parts))
    }

    fn part_holds_column(&self, part: &Part) -> bool {
        let is_column = |argument: &DateArgument| matches!(argument, DateArgument::Column(_));
        match part {
            Part::Text(_) => false,
            Part::Expression(expression) => match expression {
                Expression::ColumnLength(_) => true,
                Expression::Difference { end, start, .. } => is_column(end) || is_column(start),
                Expression::Move { date, .. } | Expression::Format { date, .. } => is_column(date),
                Expression::Combine { date, .. } => is_column(date),
                Expression::NextSequence | Expression::Now | Expression::Previous | Expression::Path(_) => false,
            },
        }
    }

    fn part(&self, expression: &Expression, place: &Place, problems: &mut Problems) -> Option<PartPlan> {
        if !self.part_holds_column(&Part::Expression(expression.clone())) {
            return Some(PartPlan::Memory(expression.clone()));
        }
        let arguments: Vec<&DateArgument> = match expression {
            Expression::ColumnLength(name) => return self.named_column(name, place, problems).map(PartPlan::Length),
            Expression::Difference { end, start, .. } => vec![end, start],
            Expression::Move { date, .. } | Expression::Format { date, .. } => vec![date],
            Expression::Combine { .. } => {
                problems.error("definition-criteria-computation", &place.key("value"), "&combineDateTime takes no column", "use a value (D-23)");
                return None;
            }
            _ => Vec::new(),
        };
        let mut columns = Vec::with_capacity(arguments.len());
        for argument in arguments {
            columns.push(match argument {
                DateArgument::Column(name) => Some(self.named_column(name, place, problems)?),
                _ => None,
            });
        }
        Some(PartPlan::DateFunction { expression: expression.clone(), columns })
    }

    /// `&name` in a constant: a factor of the topic by its name.
    fn named_column(&self, name: &str, place: &Place, problems: &mut Problems) -> Option<NamedColumn> {
        let place = place.key("value");
        let Some(factor) = self.topic.factors.iter().find(|factor| &*factor.name == name) else {
            let reason = format!("topic \"{}\" has no factor \"{name}\"", self.topic.name);
            problems.error("definition-factor-unknown", &place, reason, "name a factor of the topic that is read or written");
            return None;
        };
        self.column_of(factor, &place, problems)
    }

    fn computed(&self, compute_type: ComputeType, parameters: &[Option<Parameter>], place: &Place, problems: &mut Problems) -> Option<SidePlan> {
        let parameters = counted(compute_type, parameters, place, problems)?;
        if compute_type == ComputeType::CaseThen && !routes_are_sound(&parameters, place, problems) {
            return None;
        }
        let mut elements = Vec::with_capacity(parameters.len());
        let mut routes = Vec::new();
        let mut otherwise = None;
        for (parameter, place) in parameters {
            let side = self.side(parameter, &place, problems)?;
            match (compute_type, parameter.prerequisite.conditional) {
                (ComputeType::CaseThen, true) => {
                    let condition = match parameter.prerequisite.active() {
                        Some(joint) => Some(self.joint(joint, &place.key("on"), problems)?),
                        None => None,
                    };
                    routes.push((condition, side));
                }
                (ComputeType::CaseThen, false) => otherwise = Some(Box::new(side)),
                _ => elements.push(side),
            }
        }
        Some(match compute_type {
            ComputeType::CaseThen => SidePlan::Case { routes, otherwise },
            _ => SidePlan::Computed { compute_type, elements },
        })
    }
}

impl SidePlan {
    /// Whether it is a plain column.
    pub(crate) const fn is_column(&self) -> bool {
        matches!(self, Self::Column(_))
    }
}
