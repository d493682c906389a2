//! Criteria with their values: every side evaluated before a store is asked (values.md §6.5, engine.md §3.6).

use std::sync::Arc;

use super::criteria_family::{Families, Family};
use crate::compile::TopicPlan;
use crate::compile::criteria::{CriteriaPlan, JointPlan, NamedColumn, NodePlan, PartPlan, SidePlan};
use crate::model::{ComputeType, JointType, Operator};
use crate::path::{DateArgument, Expression, Part, Scope, Template};
use crate::port::Computation;
use crate::value::{Arithmetic, DateDifference, Value, ValueError, text_form};

/// An evaluated `by`, in the reference's intermediate form.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Statement {
    /// Several statements.
    Joint { joint_type: JointType, children: Vec<Statement> },
    /// One comparison.
    Comparison { left: Side, operator: Operator, right: Option<Side> },
}

/// One side of an evaluated comparison.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Side {
    pub literal: Literal,
    /// What it may be, as its definition says.
    pub families: Families,
}

/// The content of a side, or an element of a computation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    /// A column, by position.
    Column(usize),
    /// A factor without a column, which no store can compare.
    NoColumn(String),
    /// A value.
    Value(Value),
    /// A computation; without columns it is one value for the store.
    Computed(Computation, Vec<Literal>),
    /// A moved date as the text of its day.
    DayText(Box<Literal>),
    /// A choice.
    Case { routes: Vec<(Statement, Literal)>, otherwise: Option<Box<Literal>> },
}

impl CriteriaPlan {
    /// Evaluates every side; all filters are evaluated, there is no short circuit.
    pub(crate) fn evaluate(&self, scope: &dyn Scope, topic: &TopicPlan) -> Result<Statement, ValueError> {
        evaluate_joint(&self.joint, scope, topic)
    }
}

fn evaluate_joint(joint: &JointPlan, scope: &dyn Scope, topic: &TopicPlan) -> Result<Statement, ValueError> {
    let children = joint.children.iter().map(|child| evaluate_node(child, scope, topic)).collect::<Result<_, _>>()?;
    Ok(Statement::Joint { joint_type: joint.joint_type, children })
}

fn evaluate_node(node: &NodePlan, scope: &dyn Scope, topic: &TopicPlan) -> Result<Statement, ValueError> {
    match node {
        NodePlan::Joint(joint) => evaluate_joint(joint, scope, topic),
        NodePlan::Comparison(comparison) => {
            let side = |plan: &SidePlan| -> Result<Side, ValueError> {
                Ok(Side { literal: evaluate_side(plan, scope, topic)?, families: Families::of_side(plan, topic) })
            };
            let left = side(&comparison.left)?;
            let right = comparison.right.as_ref().map(side).transpose()?;
            Ok(Statement::Comparison { left, operator: comparison.operator, right })
        }
    }
}

fn evaluate_side(side: &SidePlan, scope: &dyn Scope, topic: &TopicPlan) -> Result<Literal, ValueError> {
    Ok(match side {
        SidePlan::Column(column) => Literal::Column(*column),
        SidePlan::NoColumn(missing) => Literal::NoColumn(missing.name.clone()),
        SidePlan::Constant(template) => evaluate_constant(template, scope)?,
        SidePlan::Memory(plan) => Literal::Value(plan.evaluate(scope)?.into_owned()),
        SidePlan::Computed { compute_type, elements } => {
            let element = |element: &SidePlan| -> Result<Literal, ValueError> {
                let literal = evaluate_side(element, scope, topic)?;
                Ok(match (element, literal) {
                    // Constants under parts of dates become dates where they parse.
                    (SidePlan::Constant(_), Literal::Value(Value::Text(text))) if Arithmetic::of_compute(*compute_type).is_none() => {
                        Literal::Value(scope.dates().parse_date(&text).map_or(Value::Text(text), Value::DateTime))
                    }
                    (_, literal) => literal,
                })
            };
            Literal::Computed(Computation::Compute(*compute_type), elements.iter().map(element).collect::<Result<_, _>>()?)
        }
        SidePlan::Case { routes, otherwise } => {
            let mut evaluated = Vec::with_capacity(routes.len());
            for (condition, value) in routes {
                let condition = match condition {
                    Some(joint) => evaluate_joint(joint, scope, topic)?,
                    None => Statement::Joint { joint_type: JointType::And, children: Vec::new() },
                };
                evaluated.push((condition, evaluate_side(value, scope, topic)?));
            }
            let otherwise = match otherwise {
                Some(side) => Some(Box::new(evaluate_side(side, scope, topic)?)),
                None => None,
            };
            Literal::Case { routes: evaluated, otherwise }
        }
        SidePlan::Parts(parts) => {
            let parts = parts.iter().map(|(text, part)| evaluate_part(text.as_ref(), part.as_ref(), parts.len() == 1, scope));
            concatenated(parts.collect::<Result<_, _>>()?)
        }
    })
}

/// A constant without columns: one value, or, of several parts, the reference's `concat` (values.md §6.5).
fn evaluate_constant(template: &Template, scope: &dyn Scope) -> Result<Literal, ValueError> {
    if template.parts().len() <= 1 {
        return Ok(Literal::Value(template.evaluate(scope)?.into_owned()));
    }
    let mut elements = Vec::new();
    let mut text: Option<&Arc<str>> = None;
    for part in template.parts() {
        match part {
            Part::Text(literal) => text = Some(literal),
            Part::Expression(expression) => elements.push(value_behind(text.take(), expression, false, scope)?),
        }
    }
    elements.extend(text.map(|literal| Literal::Value(Value::Text(Arc::clone(literal)))));
    Ok(concatenated(elements))
}

/// The value of an expression, in one text with the literal text before it.
fn value_behind(text: Option<&Arc<str>>, expression: &Expression, alone: bool, scope: &dyn Scope) -> Result<Literal, ValueError> {
    let value = if alone && text.is_none() { expression.evaluate(scope)? } else { expression.evaluate_for_text(scope)? };
    Ok(Literal::Value(match text {
        Some(before) => Value::from(format!("{before}{}", text_form(&value))),
        None => value.into_owned(),
    }))
}

/// One literal as it is, several as a text put together.
fn concatenated(mut elements: Vec<Literal>) -> Literal {
    match elements.pop() {
        Some(only) if elements.is_empty() => only,
        Some(last) => {
            elements.push(last);
            Literal::Computed(Computation::Concat, elements)
        }
        None => Literal::Value(Value::Null),
    }
}

fn evaluate_part(text: Option<&Arc<str>>, part: Option<&PartPlan>, alone: bool, scope: &dyn Scope) -> Result<Literal, ValueError> {
    let before = text.map(|text| Literal::Value(Value::Text(Arc::clone(text))));
    let literal = match part {
        None => return Ok(before.unwrap_or(Literal::Value(Value::Null))),
        Some(PartPlan::Memory(expression)) => return value_behind(text, expression, alone, scope),
        Some(PartPlan::Length(column)) => Literal::Computed(Computation::CharLength, vec![Literal::of_named(column)]),
        Some(PartPlan::DateFunction { expression, columns }) => evaluate_date_function(expression, columns, scope)?,
    };
    Ok(match before {
        None => literal,
        Some(before) => {
            let is_moved = matches!(literal, Literal::Computed(Computation::MoveDate, _));
            Literal::Computed(Computation::Concat, vec![before, if is_moved { Literal::DayText(Box::new(literal)) } else { literal }])
        }
    })
}

fn evaluate_date_function(expression: &Expression, columns: &[Option<NamedColumn>], scope: &dyn Scope) -> Result<Literal, ValueError> {
    let argument = |index: usize, date: &DateArgument| match columns.get(index).and_then(Option::as_ref) {
        Some(column) => Ok(Literal::of_named(column)),
        None => date.evaluate(scope).map(Literal::Value),
    };
    Ok(match expression {
        Expression::Difference { unit, end, start } => {
            let computation = match unit {
                DateDifference::Years => Computation::YearDiff,
                DateDifference::Months => Computation::MonthDiff,
                DateDifference::Days => Computation::DayDiff,
            };
            Literal::Computed(computation, vec![argument(0, end)?, argument(1, start)?])
        }
        Expression::Move { date, movement } => {
            Literal::Computed(Computation::MoveDate, vec![argument(0, date)?, Literal::Value(Value::from(movement.as_str()))])
        }
        Expression::Format { date, pattern } => {
            Literal::Computed(Computation::FormatDate, vec![argument(0, date)?, Literal::Value(Value::from(pattern.as_str()))])
        }
        other => Literal::Value(other.evaluate(scope)?.into_owned()),
    })
}

impl Statement {
    /// Whether it asks for a column.
    pub(super) fn has_column(&self) -> bool {
        match self {
            Self::Joint { children, .. } => children.iter().any(Self::has_column),
            Self::Comparison { left, right, .. } => left.literal.has_column() || right.as_ref().is_some_and(|right| right.literal.has_column()),
        }
    }
}

impl Literal {
    /// A factor that a constant names.
    pub(super) fn of_named(column: &NamedColumn) -> Self {
        match column {
            NamedColumn::At(column) => Self::Column(*column),
            NamedColumn::Missing(missing) => Self::NoColumn(missing.name.clone()),
        }
    }

    /// Whether it asks for a column.
    pub(super) fn has_column(&self) -> bool {
        match self {
            Self::Column(_) | Self::NoColumn(_) => true,
            Self::Value(_) => false,
            Self::Computed(_, elements) => elements.iter().any(Self::has_column),
            Self::DayText(moved) => moved.has_column(),
            Self::Case { routes, otherwise } => {
                routes.iter().any(|(condition, value)| condition.has_column() || value.has_column())
                    || otherwise.as_ref().is_some_and(|value| value.has_column())
            }
        }
    }

    /// What a side with columns is compared as, where that is known without running it.
    pub(super) fn family(&self, topic: &TopicPlan) -> Option<Family> {
        match self {
            Self::Column(column) => topic.columns.get(*column).map(|column| Family::of(column.kind)),
            Self::Computed(computation, elements) => match computation {
                Computation::Compute(ComputeType::CaseThen) => None,
                Computation::MoveDate => match elements.first()?.family(topic)? {
                    Family::Date => Some(Family::Date),
                    _ => Some(Family::DateTime),
                },
                Computation::Compute(_) | Computation::YearDiff | Computation::MonthDiff | Computation::DayDiff | Computation::CharLength => {
                    Some(Family::Number)
                }
                Computation::Concat | Computation::FormatDate => Some(Family::Text),
            },
            Self::DayText(_) => Some(Family::Text),
            // The routes with columns decide, where they agree.
            Self::Case { routes, otherwise } => {
                let values = routes.iter().map(|(_, value)| value).chain(otherwise.as_deref());
                let mut families = values.filter(|value| value.has_column()).map(|value| value.family(topic));
                let first = families.next()??;
                families.all(|family| family == Some(first)).then_some(first)
            }
            Self::NoColumn(_) | Self::Value(_) => None,
        }
    }
}
