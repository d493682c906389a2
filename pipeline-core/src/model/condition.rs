//! Conditions: joints and expressions (engine.md §1.7).

use serde_json::{Value as Json, json};

use super::wire_enum::wire_enum;
use super::{Parameter, Reader};

wire_enum! {
    /// How the conditions of a joint are joined.
    JointType {
        /// All hold.
        And = "and",
        /// One holds.
        Or = "or",
    }
}

wire_enum! {
    /// How two values are compared.
    Operator {
        /// Null, `""`, `[]` or `{}`.
        Empty = "empty",
        /// Not empty.
        NotEmpty = "not-empty",
        /// Equal.
        Equals = "equals",
        /// Not equal.
        NotEquals = "not-equals",
        /// Smaller.
        Less = "less",
        /// Smaller or equal.
        LessEquals = "less-equals",
        /// Larger.
        More = "more",
        /// Larger or equal.
        MoreEquals = "more-equals",
        /// One of a list.
        In = "in",
        /// None of a list.
        NotIn = "not-in",
    }
}

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Several conditions.
    Joint(Joint),
    /// One comparison.
    Expression(Expression),
}

/// Several conditions, all or one of which hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joint {
    /// All or one.
    pub joint_type: JointType,
    /// The conditions.
    pub filters: Vec<Condition>,
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    /// The left side; missing is null in memory and a mistake in storage.
    pub left: Option<Parameter>,
    /// The operator.
    pub operator: Operator,
    /// The right side; not looked at for `empty` and `not-empty`.
    pub right: Option<Parameter>,
}

/// When something runs: `conditional` and `on` (engine.md §1.1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prerequisite {
    /// Whether `on` counts.
    pub conditional: bool,
    /// The condition.
    pub on: Option<Joint>,
}

impl Prerequisite {
    /// Reads `conditional` and `on` of the object.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Self {
        Self { conditional: reader.flag("conditional").unwrap_or(false), on: reader.object("on", Joint::read) }
    }

    /// The joint that has to hold; `None` where the test is always true.
    pub fn active(&self) -> Option<&Joint> {
        self.on.as_ref().filter(|joint| self.conditional && !joint.filters.is_empty())
    }

    /// The wire form, as a monitor log shows it.
    pub fn to_json(&self) -> Json {
        json!({"conditional": self.conditional, "on": self.on.as_ref().map(Joint::to_json)})
    }
}

impl Joint {
    /// Reads a joint. What stands at `on`, `by` or `filter` is always one.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Self {
        let joint_type = reader.choice("jointType").unwrap_or(JointType::And);
        Self { joint_type, filters: reader.list("filters", "filter", Condition::read) }
    }

    /// The wire form.
    pub fn to_json(&self) -> Json {
        json!({"jointType": self.joint_type.as_str(), "filters": self.filters.iter().map(Condition::to_json).collect::<Vec<_>>()})
    }
}

impl Condition {
    /// Reads a condition: a joint when it has a `jointType`, else an expression.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        if reader.raw("jointType").is_some() {
            return Some(Self::Joint(Joint::read(reader)));
        }
        let operator = reader.choice("operator").unwrap_or(Operator::Equals);
        let left = reader.object("left", Parameter::read).flatten();
        let right = match operator {
            Operator::Empty | Operator::NotEmpty => None,
            _ => reader.object("right", Parameter::read).flatten(),
        };
        Some(Self::Expression(Expression { left, operator, right }))
    }

    /// The wire form.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Joint(joint) => joint.to_json(),
            Self::Expression(expression) => json!({
                "left": expression.left.as_ref().map(Parameter::to_json), "operator": expression.operator.as_str(),
                "right": expression.right.as_ref().map(Parameter::to_json),
            }),
        }
    }
}
