//! Criteria with sample values: the shape of a statement before there is data (`nightowl explain`).

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use super::criteria::{Literal, Side, Statement};
use super::criteria_family::{Families, Family};
use crate::compile::TopicPlan;
use crate::compile::criteria::{ComparisonPlan, CriteriaPlan, JointPlan, NodePlan, PartPlan, SidePlan};
use crate::model::{ComputeType, JointType, Operator};
use crate::path::Expression;
use crate::port::Computation;
use crate::value::{DateDifference, Value};

impl CriteriaPlan {
    /// The criteria with a value of the right kind for each one that is not known before a run.
    pub(crate) fn sample(&self, topic: &TopicPlan) -> Statement {
        joint(&self.joint, topic)
    }
}

fn joint(plan: &JointPlan, topic: &TopicPlan) -> Statement {
    let children = plan.children.iter().map(|child| match child {
        NodePlan::Joint(below) => joint(below, topic),
        NodePlan::Comparison(plan) => comparison(plan, topic),
    });
    Statement::Joint { joint_type: plan.joint_type, children: children.collect() }
}

fn comparison(plan: &ComparisonPlan, topic: &TopicPlan) -> Statement {
    let family_of = |plan: &SidePlan| side(plan, None, topic).family(topic);
    let left = side(&plan.left, plan.right.as_ref().and_then(family_of), topic);
    let right = plan.right.as_ref().map(|right| match (plan.operator, side(right, left.family(topic), topic)) {
        (Operator::In | Operator::NotIn, Literal::Value(value)) if !value.is_null() => Literal::Value(Value::array(vec![value])),
        (_, literal) => literal,
    });
    let side = |plan: &SidePlan, literal: Literal| Side { literal, families: Families::of_side(plan, topic) };
    let right = plan.right.as_ref().zip(right).map(|(plan, literal)| side(plan, literal));
    Statement::Comparison { left: side(&plan.left, left), operator: plan.operator, right }
}

/// A side as it will be; what holds no column is one value by then.
fn side(plan: &SidePlan, meets: Option<Family>, topic: &TopicPlan) -> Literal {
    let literal = shape(plan, meets, topic);
    match literal {
        Literal::Value(_) => literal,
        literal if literal.has_column() => literal,
        literal => Literal::Value(sample(meets.or_else(|| literal.family(topic)))),
    }
}

fn shape(plan: &SidePlan, meets: Option<Family>, topic: &TopicPlan) -> Literal {
    match plan {
        SidePlan::Column(column) => Literal::Column(*column),
        SidePlan::NoColumn(missing) => Literal::NoColumn(missing.name.clone()),
        SidePlan::Constant(template) if template.literal().is_some_and(Value::is_null) => Literal::Value(Value::Null),
        SidePlan::Constant(_) | SidePlan::Memory(_) => Literal::Value(sample(meets)),
        SidePlan::Computed { compute_type, elements } => {
            let family = if is_arithmetic(*compute_type) { Family::Number } else { Family::DateTime };
            Literal::Computed(Computation::Compute(*compute_type), elements.iter().map(|element| side(element, Some(family), topic)).collect())
        }
        SidePlan::Case { routes, otherwise } => Literal::Case {
            routes: routes
                .iter()
                .map(|(condition, value)| {
                    let always = || Statement::Joint { joint_type: JointType::And, children: Vec::new() };
                    (condition.as_ref().map_or_else(always, |plan| joint(plan, topic)), side(value, meets, topic))
                })
                .collect(),
            otherwise: otherwise.as_ref().map(|value| Box::new(side(value, meets, topic))),
        },
        SidePlan::Parts(parts) => {
            let mut elements = Vec::new();
            for (text, part) in parts {
                let text = text.as_ref().map(|_| Literal::Value(sample(Some(Family::Text))));
                elements.extend(match (text, part.as_ref().map(of_part)) {
                    (Some(text), None | Some(Literal::Value(_))) => Some(text),
                    (Some(text), Some(moved @ Literal::Computed(Computation::MoveDate, _))) => {
                        Some(Literal::Computed(Computation::Concat, vec![text, Literal::DayText(Box::new(moved))]))
                    }
                    (Some(text), Some(computed)) => Some(Literal::Computed(Computation::Concat, vec![text, computed])),
                    (None, part) => part,
                });
            }
            if elements.len() == 1 { elements.remove(0) } else { Literal::Computed(Computation::Concat, elements) }
        }
    }
}

fn of_part(part: &PartPlan) -> Literal {
    let moment = || Literal::Value(sample(Some(Family::DateTime)));
    match part {
        PartPlan::Memory(_) => Literal::Value(sample(Some(Family::Text))),
        PartPlan::Length(column) => Literal::Computed(Computation::CharLength, vec![Literal::of_named(column)]),
        PartPlan::DateFunction { expression, columns } => {
            let mut elements: Vec<Literal> = columns.iter().map(|column| column.as_ref().map_or_else(moment, Literal::of_named)).collect();
            let computation = match expression {
                Expression::Difference { unit: DateDifference::Years, .. } => Computation::YearDiff,
                Expression::Difference { unit: DateDifference::Months, .. } => Computation::MonthDiff,
                Expression::Difference { unit: DateDifference::Days, .. } => Computation::DayDiff,
                Expression::Move { movement, .. } => {
                    elements.push(Literal::Value(Value::from(movement.as_str())));
                    Computation::MoveDate
                }
                Expression::Format { pattern, .. } => {
                    elements.push(Literal::Value(Value::from(pattern.as_str())));
                    Computation::FormatDate
                }
                _ => return moment(),
            };
            Literal::Computed(computation, elements)
        }
    }
}

/// Any value of a family; a text where anything may be.
fn sample(family: Option<Family>) -> Value {
    match family {
        Some(Family::Number | Family::Boolean) => Value::from(1),
        Some(Family::Date) => Value::Date(NaiveDate::default()),
        Some(Family::DateTime) => Value::DateTime(NaiveDateTime::default()),
        Some(Family::Time) => Value::Time(NaiveTime::default()),
        Some(Family::Text) | None => Value::from("x"),
    }
}

const fn is_arithmetic(compute_type: ComputeType) -> bool {
    matches!(compute_type, ComputeType::Add | ComputeType::Subtract | ComputeType::Multiply | ComputeType::Divide | ComputeType::Modulus)
}
