//! Conditions as plans, to be tested in memory (values.md §6.1).

use super::{ParameterContext, ParameterPlan};
use crate::model::{Condition, Expression, Joint, JointType, Operator, Parameter, Place, Prerequisite, Problems};

/// A condition, ready to be tested in memory.
#[derive(Debug, Clone, PartialEq)]
pub enum ConditionPlan {
    /// Several conditions. `and` of none holds, `or` of none does not.
    Joint {
        /// Whether all or one has to hold.
        joint_type: JointType,
        /// The conditions.
        filters: Vec<ConditionPlan>,
    },
    /// One comparison.
    Expression(Box<ExpressionPlan>),
}

/// One comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpressionPlan {
    /// The left side.
    pub left: ParameterPlan,
    /// The operator.
    pub operator: Operator,
    /// The right side; null for `empty` and `not-empty`.
    pub right: ParameterPlan,
}

impl ConditionPlan {
    /// Compiles a joint. A condition with a mistake is noted and left out: a definition with errors does not run.
    pub fn compile(joint: &Joint, context: &ParameterContext<'_>, place: &Place, problems: &mut Problems) -> Self {
        let mut filters = Vec::with_capacity(joint.filters.len());
        for (index, filter) in joint.filters.iter().enumerate() {
            filters.extend(Self::compile_condition(filter, context, &place.element("filter", index), problems));
        }
        Self::Joint { joint_type: joint.joint_type, filters }
    }

    /// Compiles a condition; `None` where something is wrong with it, which is noted.
    pub fn compile_condition(condition: &Condition, context: &ParameterContext<'_>, place: &Place, problems: &mut Problems) -> Option<Self> {
        match condition {
            Condition::Joint(joint) => Some(Self::compile(joint, context, place, problems)),
            Condition::Expression(expression) => ExpressionPlan::compile(expression, context, place, problems).map(|plan| Self::Expression(Box::new(plan))),
        }
    }

    /// Compiles when something runs; `None` where that is always.
    pub fn compile_prerequisite(prerequisite: &Prerequisite, context: &ParameterContext<'_>, place: &Place, problems: &mut Problems) -> Option<Self> {
        prerequisite.active().map(|joint| Self::compile(joint, context, &place.key("on"), problems))
    }
}

impl ExpressionPlan {
    fn compile(expression: &Expression, context: &ParameterContext<'_>, place: &Place, problems: &mut Problems) -> Option<Self> {
        let operator = expression.operator;
        let mut side = |parameter: Option<&Parameter>, key: &str| match parameter {
            Some(parameter) => ParameterPlan::compile(parameter, context, &place.key(key), problems),
            None => Some(ParameterPlan::Null),
        };
        let left = side(expression.left.as_ref(), "left");
        let right = match operator {
            Operator::Empty | Operator::NotEmpty => Some(ParameterPlan::Null),
            _ => side(expression.right.as_ref(), "right"),
        };
        let plan = Self { left: left?, operator, right: right? };
        if is_ordering(operator) && plan.left.is_declared_text() && plan.right.is_declared_text() {
            problems.warning(
                "definition-ordered-texts",
                place,
                format!("both sides of {operator} are texts, which have no order"),
                "make one side a number or a date, for instance with a computation",
            );
        }
        Some(plan)
    }
}

/// Whether an operator asks for an order.
const fn is_ordering(operator: Operator) -> bool {
    matches!(operator, Operator::Less | Operator::LessEquals | Operator::More | Operator::MoreEquals)
}
