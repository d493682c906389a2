//! Criteria in the form of the log (values.md §6.5, engine.md §5.1): the reference's shape, values adjusted to what they meet.

use std::sync::Arc;

use super::criteria::{Literal, Side, Statement};
use crate::compile::TopicPlan;
use crate::model::{Operator, TopicKind};
use crate::port::Computation;
use crate::value::{DateFormats, Object, Value};

/// The format under which the reference shows a moved date behind a text.
const DAY_FORMAT: &str = "%Y-%m-%d";

impl Statement {
    /// The form of the log.
    pub(crate) fn find_by(&self, topic: &TopicPlan, dates: &DateFormats) -> Value {
        match self {
            Self::Joint { joint_type, children } => object([
                ("conjunction", Value::from(joint_type.as_str())),
                ("children", Value::array(children.iter().map(|child| child.find_by(topic, dates)).collect())),
            ]),
            Self::Comparison { left, operator, right } => {
                let show = |side: &Side, other: Option<&Side>| match (&side.literal, other) {
                    (Literal::Value(value), Some(other)) => other.families.adjust(value, *operator, dates),
                    (literal, _) => literal.find_by(topic, dates),
                };
                let mut shown: Object = [("left", show(left, right.as_ref())), ("operator", Value::from(storage_operator(*operator)))].into_iter().collect();
                if let Some(right) = right {
                    shown.insert("right", show(right, Some(left)));
                }
                Value::Object(shown)
            }
        }
    }
}

impl Literal {
    fn find_by(&self, topic: &TopicPlan, dates: &DateFormats) -> Value {
        match self {
            Self::Column(column) => shown_column(topic, topic.columns.get(*column).map_or("", |column| column.name.as_str())),
            Self::NoColumn(name) => shown_column(topic, name),
            Self::Value(value) => value.clone(),
            Self::Computed(computation, elements) => computed(computation.operator(), elements.iter().map(|element| element.find_by(topic, dates)).collect()),
            Self::DayText(moved) => computed(Computation::FormatDate.operator(), vec![moved.find_by(topic, dates), Value::from(DAY_FORMAT)]),
            Self::Case { routes, otherwise } => {
                let route = |(condition, value): &(Statement, Self)| Value::array(vec![condition.find_by(topic, dates), value.find_by(topic, dates)]);
                let mut elements: Vec<Value> = routes.iter().map(route).collect();
                elements.push(otherwise.as_ref().map_or(Value::Null, |side| side.find_by(topic, dates)));
                computed("case-then", elements)
            }
        }
    }
}

fn computed(operator: &str, elements: Vec<Value>) -> Value {
    object([("operator", Value::from(operator)), ("elements", Value::array(elements))])
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
