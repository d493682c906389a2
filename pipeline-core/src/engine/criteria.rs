//! Criteria with their values: the form of the log, and the form of the store (values.md §6.5, engine.md §3.6).

use std::sync::Arc;

use crate::compile::criteria::{CriteriaPlan, JointPlan, NodePlan, PartPlan, SidePlan};
use crate::compile::{ColumnKind, TopicPlan};
use crate::engine::criteria_align::{Family, align, aligned_items};
use crate::model::{ComputeType, JointType, Operator, TopicKind};
use crate::path::{Expression, Part, Scope, Template};
use crate::port::{Comparison, Computation, Criterion, Operand};
use crate::value::{DateDifference, DateFormats, Object, Value, ValueError, compare, text_form};

/// An evaluated `by`, in the reference's intermediate form.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Statement {
    /// Several statements.
    Joint { joint_type: JointType, children: Vec<Statement> },
    /// One comparison, its values aligned to the other side.
    Comparison { left: Literal, operator: Operator, right: Option<Literal> },
}

/// One side of an evaluated comparison.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    /// A column, by position.
    Column(usize),
    /// A factor without a column, which no store can compare.
    NoColumn(String),
    /// A value.
    Value(Value),
    /// A text put together from these; without columns it is one value for the store.
    Concat(Vec<Literal>),
    /// A computation over columns.
    Computed(Computation, Vec<Literal>),
    /// A choice over columns.
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
            let left = evaluate_side(&comparison.left, scope, topic)?;
            let right = match &comparison.right {
                Some(right) => Some(evaluate_side(right, scope, topic)?),
                None => None,
            };
            Ok(aligned(left, comparison.operator, right, topic, scope.dates()))
        }
    }
}

/// Aligns the value of one side to the column on the other (V-37, D-29).
fn aligned(left: Literal, operator: Operator, right: Option<Literal>, topic: &TopicPlan, dates: &DateFormats) -> Statement {
    let Some(right) = right else { return Statement::Comparison { left, operator, right: None } };
    if matches!(operator, Operator::In | Operator::NotIn) {
        return Statement::Comparison { left, operator, right: Some(right) };
    }
    let (left_family, right_family) = (left.family(topic), right.family(topic));
    let fit = |literal: Literal, family: Option<Family>| match (literal, family) {
        (Literal::Value(value), Some(family)) => Literal::Value(align(&value, family, dates).unwrap_or(value)),
        (literal, _) => literal,
    };
    let (left, right) = (fit(left, right_family), fit(right, left_family));
    Statement::Comparison { left, operator, right: Some(right) }
}

fn evaluate_side(side: &SidePlan, scope: &dyn Scope, topic: &TopicPlan) -> Result<Literal, ValueError> {
    Ok(match side {
        SidePlan::Column(column) => Literal::Column(*column),
        SidePlan::NoColumn(name) => Literal::NoColumn(name.clone()),
        SidePlan::Constant(template) => evaluate_constant(template, scope)?,
        SidePlan::Memory(plan) => Literal::Value(plan.evaluate(scope)?.into_owned()),
        SidePlan::Computed { compute_type, elements } => {
            let elements = elements.iter().map(|element| evaluate_side(element, scope, topic)).collect::<Result<Vec<_>, _>>()?;
            Literal::Computed(
                Computation::Compute(*compute_type),
                elements.into_iter().map(|element| element.for_computation(*compute_type, scope.dates())).collect(),
            )
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
        SidePlan::Parts(parts) => evaluate_parts(parts, scope)?,
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
            Part::Expression(expression) => {
                let value = expression.evaluate(scope)?;
                elements.push(Literal::Value(match text.take() {
                    Some(before) => Value::from(format!("{before}{}", text_form(&value))),
                    None => value.into_owned(),
                }));
            }
        }
    }
    if let Some(literal) = text {
        elements.push(Literal::Value(Value::Text(Arc::clone(literal))));
    }
    Ok(match elements.pop() {
        Some(only) if elements.is_empty() => only,
        Some(last) => {
            elements.push(last);
            Literal::Concat(elements)
        }
        None => Literal::Value(Value::Null),
    })
}

fn evaluate_parts(parts: &[(Option<Arc<str>>, Option<PartPlan>)], scope: &dyn Scope) -> Result<Literal, ValueError> {
    let mut elements = Vec::new();
    for (text, part) in parts {
        let text = text.as_ref().map(|text| Literal::Value(Value::Text(Arc::clone(text))));
        elements.extend(text);
        match part {
            None => {}
            Some(PartPlan::Memory(expression)) => elements.push(Literal::Value(expression.evaluate(scope)?.into_owned())),
            Some(PartPlan::Length(column)) => elements.push(Literal::Computed(Computation::CharLength, vec![Literal::Column(*column)])),
            Some(PartPlan::DateFunction { expression, columns }) => elements.push(evaluate_date_function(expression, columns, scope)?),
        }
    }
    Ok(match elements.pop() {
        Some(only) if elements.is_empty() => only,
        Some(last) => {
            elements.push(last);
            Literal::Computed(Computation::Concat, elements)
        }
        None => Literal::Value(Value::Null),
    })
}

fn evaluate_date_function(expression: &Expression, columns: &[Option<usize>], scope: &dyn Scope) -> Result<Literal, ValueError> {
    let argument = |index: usize, date: &crate::path::DateArgument| match columns.get(index).copied().flatten() {
        Some(column) => Ok(Literal::Column(column)),
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
            Literal::Computed(Computation::MoveDate, vec![argument(0, date)?, Literal::Value(Value::from(movement.to_string()))])
        }
        Expression::Format { date, pattern } => {
            Literal::Computed(Computation::FormatDate, vec![argument(0, date)?, Literal::Value(Value::from(pattern.as_str()))])
        }
        other => Literal::Value(other.evaluate(scope)?.into_owned()),
    })
}

impl Literal {
    /// What kind of value a side gives, where that is known without running it.
    pub(super) fn family(&self, topic: &TopicPlan) -> Option<Family> {
        match self {
            Self::Column(column) => topic.columns.get(*column).map(|column| Family::of(column.kind)),
            Self::Computed(computation, _) => match computation {
                Computation::Compute(ComputeType::CaseThen) | Computation::MoveDate => None,
                Computation::Compute(_) | Computation::YearDiff | Computation::MonthDiff | Computation::DayDiff | Computation::CharLength => {
                    Some(Family::Number)
                }
                Computation::Concat | Computation::FormatDate => Some(Family::Text),
            },
            Self::NoColumn(_) | Self::Value(_) | Self::Concat(_) | Self::Case { .. } => None,
        }
    }

    fn has_column(&self) -> bool {
        match self {
            Self::Column(_) | Self::NoColumn(_) => true,
            Self::Value(_) => false,
            Self::Concat(elements) | Self::Computed(_, elements) => elements.iter().any(Self::has_column),
            Self::Case { .. } => true,
        }
    }

    /// The value of a side without columns.
    fn value(&self) -> Value {
        match self {
            Self::Value(value) => value.clone(),
            Self::Concat(elements) => Value::from(elements.iter().map(|element| text_form(&element.value()).into_owned()).collect::<String>()),
            Self::Column(_) | Self::NoColumn(_) | Self::Computed(..) | Self::Case { .. } => Value::Null,
        }
    }

    /// A plain value under a computation: a number for arithmetic, a date for date parts, where it parses.
    fn for_computation(self, compute_type: ComputeType, dates: &DateFormats) -> Self {
        let Self::Value(value) = self else { return self };
        let family = if matches!(compute_type, ComputeType::Add | ComputeType::Subtract | ComputeType::Multiply | ComputeType::Divide | ComputeType::Modulus) {
            Family::Number
        } else {
            Family::DateTime
        };
        Self::Value(align(&value, family, dates).unwrap_or(value))
    }

    fn find_by(&self, topic: &TopicPlan) -> Value {
        let computed = |operator: &str, elements: Vec<Value>| object([("operator", Value::from(operator)), ("elements", Value::array(elements))]);
        match self {
            Self::Column(column) => shown_column(topic, topic.columns.get(*column).map_or("", |column| column.name.as_str())),
            Self::NoColumn(name) => shown_column(topic, name),
            Self::Value(value) => value.clone(),
            Self::Concat(elements) => computed("concat", elements.iter().map(|element| element.find_by(topic)).collect()),
            Self::Computed(computation, elements) => computed(computation.operator(), elements.iter().map(|element| element.find_by(topic)).collect()),
            Self::Case { routes, otherwise } => {
                let mut elements: Vec<Value> =
                    routes.iter().map(|(condition, value)| Value::array(vec![condition.find_by(topic), value.find_by(topic)])).collect();
                elements.push(otherwise.as_ref().map_or(Value::Null, |side| side.find_by(topic)));
                computed("case-then", elements)
            }
        }
    }

    fn operand(&self, topic: &TopicPlan, dates: &DateFormats) -> Result<Operand, ValueError> {
        Ok(match self {
            Self::Column(column) => Operand::Column(*column),
            Self::NoColumn(name) => return Err(ValueError::ColumnMissing { topic: Arc::clone(&topic.name), column: name.as_str().into() }),
            Self::Value(_) | Self::Concat(_) => Operand::Value(self.value()),
            Self::Computed(computation, elements) => {
                let elements = elements.iter().map(|element| element.operand(topic, dates)).collect::<Result<_, _>>()?;
                Operand::Computed { computation: *computation, elements }
            }
            Self::Case { routes, otherwise } => {
                let routes =
                    routes.iter().map(|(condition, value)| Ok((condition.criterion(topic, dates)?, value.operand(topic, dates)?))).collect::<Result<_, _>>()?;
                let otherwise = match otherwise {
                    Some(side) => Some(Box::new(side.operand(topic, dates)?)),
                    None => None,
                };
                Operand::Case { routes, otherwise }
            }
        })
    }
}

/// A column in the form of the log.
fn shown_column(topic: &TopicPlan, name: &str) -> Value {
    object([
        ("synonym", Value::from(topic.kind == TopicKind::Synonym)),
        ("entityName", Value::Text(Arc::clone(&topic.name))),
        ("columnName", Value::from(name)),
    ])
}

fn object<const N: usize>(pairs: [(&str, Value); N]) -> Value {
    Value::Object(pairs.into_iter().collect::<Object>())
}

impl Statement {
    /// The form of the log (engine.md §5.1).
    pub(crate) fn find_by(&self, topic: &TopicPlan) -> Value {
        match self {
            Self::Joint { joint_type, children } => object([
                ("conjunction", Value::from(joint_type.as_str())),
                ("children", Value::array(children.iter().map(|child| child.find_by(topic)).collect())),
            ]),
            Self::Comparison { left, operator, right } => {
                let mut shown: Object = [("left", left.find_by(topic)), ("operator", Value::from(storage_operator(*operator)))].into_iter().collect();
                if let Some(right) = right {
                    shown.insert("right", right.find_by(topic));
                }
                Value::Object(shown)
            }
        }
    }

    /// The form of the store.
    pub(crate) fn criterion(&self, topic: &TopicPlan, dates: &DateFormats) -> Result<Criterion, ValueError> {
        match self {
            Self::Joint { joint_type, children } => {
                let children = children.iter().map(|child| child.criterion(topic, dates)).collect::<Result<Vec<_>, _>>()?;
                Ok(joined(*joint_type, children))
            }
            Self::Comparison { left, operator, right } => compared(left, *operator, right.as_ref(), topic, dates),
        }
    }
}

/// Joins criteria; an empty joint restricts nothing (D-14).
fn joined(joint_type: JointType, mut children: Vec<Criterion>) -> Criterion {
    if children.is_empty() {
        return Criterion::Always(true);
    }
    if children.len() == 1 {
        return children.pop().unwrap_or(Criterion::Always(true));
    }
    match joint_type {
        JointType::And => Criterion::All(children),
        JointType::Or => Criterion::Any(children),
    }
}

fn compared(left: &Literal, operator: Operator, right: Option<&Literal>, topic: &TopicPlan, dates: &DateFormats) -> Result<Criterion, ValueError> {
    let nothing = Literal::Value(Value::Null);
    let right = right.unwrap_or(&nothing);
    if !left.has_column() && !right.has_column() {
        return compare(operator, &left.value(), &right.value(), dates).map(Criterion::Always);
    }
    match operator {
        Operator::Empty => left.operand(topic, dates).map(Criterion::Empty),
        Operator::NotEmpty => left.operand(topic, dates).map(Criterion::NotEmpty),
        Operator::In | Operator::NotIn => in_list(left, operator == Operator::NotIn, right, topic, dates),
        Operator::Equals | Operator::NotEquals | Operator::Less | Operator::LessEquals | Operator::More | Operator::MoreEquals => {
            ordered(left, operator, right, topic, dates)
        }
    }
}

fn ordered(left: &Literal, operator: Operator, right: &Literal, topic: &TopicPlan, dates: &DateFormats) -> Result<Criterion, ValueError> {
    let comparison = comparison_of(operator);
    let null = [(left, right), (right, left)].into_iter().find(|(side, _)| !side.has_column() && side.value().is_null());
    if let Some((_, other)) = null {
        let other = other.operand(topic, dates)?;
        return Ok(match comparison {
            Comparison::Equals => Criterion::Null(other),
            Comparison::NotEquals => Criterion::NotNull(other),
            Comparison::Less | Comparison::LessEquals | Comparison::More | Comparison::MoreEquals => Criterion::Always(false),
        });
    }
    for (side, other) in [(left, right), (right, left)] {
        let Some(family) = other.family(topic) else { continue };
        if side.has_column() || align(&side.value(), family, dates).is_some() {
            continue;
        }
        return match comparison {
            Comparison::Equals => Ok(Criterion::Always(false)),
            Comparison::NotEquals => Ok(Criterion::Always(true)),
            _ => Err(ValueError::NotComparable { left: (&left.value()).into(), right: (&right.value()).into() }),
        };
    }
    let bound = |side: &Literal, other: &Literal| -> Result<Operand, ValueError> {
        Ok(match (side.operand(topic, dates)?, other.family(topic)) {
            (Operand::Value(value), Some(family)) => Operand::Value(align(&value, family, dates).unwrap_or(value)),
            (operand, _) => operand,
        })
    };
    Ok(Criterion::Compare { left: bound(left, right)?, comparison, right: bound(right, left)? })
}

fn in_list(left: &Literal, negated: bool, right: &Literal, topic: &TopicPlan, dates: &DateFormats) -> Result<Criterion, ValueError> {
    let family = left.family(topic);
    let list = right.value();
    if list.is_null() {
        return Ok(Criterion::Always(false));
    }
    let values = aligned_items(&list, family, dates);
    Ok(Criterion::In { operand: left.operand(topic, dates)?, values, negated })
}

const fn comparison_of(operator: Operator) -> Comparison {
    match operator {
        Operator::NotEquals => Comparison::NotEquals,
        Operator::Less => Comparison::Less,
        Operator::LessEquals => Comparison::LessEquals,
        Operator::More => Comparison::More,
        Operator::MoreEquals => Comparison::MoreEquals,
        Operator::Equals | Operator::In | Operator::NotIn | Operator::Empty | Operator::NotEmpty => Comparison::Equals,
    }
}

/// The names of operators in the intermediate form (values.md §6.5).
const fn storage_operator(operator: Operator) -> &'static str {
    match operator {
        Operator::Empty => "is-empty",
        Operator::NotEmpty => "is-not-empty",
        Operator::Equals => "equals",
        Operator::NotEquals => "not-equals",
        Operator::Less => "less-than",
        Operator::LessEquals => "less-than-or-equals",
        Operator::More => "greater-than",
        Operator::MoreEquals => "greater-than-or-equals",
        Operator::In => "in",
        Operator::NotIn => "not-in",
    }
}

/// What a column of this kind is compared as.
impl Family {
    /// The family of a column.
    pub(crate) const fn of(kind: ColumnKind) -> Self {
        match kind {
            ColumnKind::Integer { .. } | ColumnKind::Decimal { .. } => Self::Number,
            ColumnKind::Text { .. } | ColumnKind::Json => Self::Text,
            ColumnKind::Date => Self::Date,
            ColumnKind::DateTime { .. } => Self::DateTime,
            ColumnKind::Time => Self::Time,
            ColumnKind::Boolean => Self::Boolean,
        }
    }
}
