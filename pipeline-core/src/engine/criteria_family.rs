//! What the sides of a comparison may be, and values in the kind of what they meet (values.md §6.5, D-29, V-37).

use crate::compile::criteria::{PartPlan, SidePlan};
use crate::compile::{ColumnKind, ParameterPlan, TopicPlan};
use crate::model::{FactorType, Operator};
use crate::path::function::Function;
use crate::path::{Expression, Part, Template};
use crate::port::{Comparison, Criterion, Operand};
use crate::value::{DateFormats, FactorFamily, Value, text_form, to_number};

/// What a side of a comparison is compared as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// Numbers.
    Number,
    /// Texts.
    Text,
    /// True or false, as 1 and 0.
    Boolean,
    /// Days.
    Date,
    /// Moments.
    DateTime,
    /// Times of day.
    Time,
}

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

    /// The family of a factor's values; none for containers.
    const fn of_factor(family: FactorFamily) -> Option<Self> {
        Some(match family {
            FactorFamily::Number => Self::Number,
            FactorFamily::Text | FactorFamily::Contact | FactorFamily::Coded => Self::Text,
            FactorFamily::DateTime => Self::DateTime,
            FactorFamily::Date => Self::Date,
            FactorFamily::Time => Self::Time,
            FactorFamily::Boolean => Self::Boolean,
            FactorFamily::Object | FactorFamily::Array => return None,
        })
    }
}

/// The families that a side may belong to, as its definition tells: what the other side's value is adjusted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Families(u8);

impl Families {
    /// Nothing is known.
    const ANYTHING: Self = Self(1 << 7);

    const fn only(family: Family) -> Self {
        Self(1 << family as u8)
    }

    const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether values of the family may come.
    const fn includes(self, family: Family) -> bool {
        self.0 & Self::only(family).0 != 0
    }

    /// The family, where there is exactly one.
    fn exactly(self) -> Option<Family> {
        use Family::{Boolean, Date, DateTime, Number, Text, Time};
        [Number, Text, Boolean, Date, DateTime, Time].into_iter().find(|family| self == Self::only(*family))
    }

    /// What a side may be.
    pub(super) fn of_side(side: &SidePlan, topic: &TopicPlan) -> Self {
        match side {
            SidePlan::Column(column) => topic.columns.get(*column).map_or(Self::ANYTHING, |column| Self::only(Family::of(column.kind))),
            SidePlan::NoColumn(missing) => Self::of_factor(missing.factor_type),
            SidePlan::Constant(template) => Self::of_constant(template),
            SidePlan::Memory(ParameterPlan::Topic(topic)) => Self::of_factor(topic.factor_type),
            SidePlan::Memory(_) => Self::ANYTHING,
            SidePlan::Computed { .. } => Self::only(Family::Number),
            SidePlan::Case { routes, otherwise } => {
                let values = routes.iter().map(|(_, value)| value).chain(otherwise.as_deref());
                values.map(|value| Self::of_side(value, topic)).reduce(Self::or).unwrap_or(Self::ANYTHING)
            }
            SidePlan::Parts(parts) => match parts.as_slice() {
                [(None, Some(PartPlan::Memory(expression) | PartPlan::DateFunction { expression, .. }))] => Self::of_expression(expression),
                [(None, Some(PartPlan::Length(_)))] => Self::only(Family::Number),
                _ => Self::only(Family::Text),
            },
        }
    }

    fn of_factor(factor_type: FactorType) -> Self {
        Family::of_factor(FactorFamily::of(factor_type)).map_or(Self::ANYTHING, Self::only)
    }

    fn of_constant(template: &Template) -> Self {
        match template.parts() {
            [] => Self::ANYTHING,
            [Part::Text(text)] if !(text.contains('{') && text.contains('}')) => Self::ANYTHING,
            [Part::Expression(expression)] => Self::of_expression(expression),
            _ => Self::only(Family::Text),
        }
    }

    fn of_expression(expression: &Expression) -> Self {
        match expression {
            Expression::NextSequence | Expression::Difference { .. } | Expression::ColumnLength(_) => Self::only(Family::Number),
            Expression::Now | Expression::Combine { .. } => Self::only(Family::DateTime),
            Expression::Move { .. } => Self::only(Family::Date).or(Self::only(Family::DateTime)).or(Self::only(Family::Time)),
            Expression::Format { .. } => Self::only(Family::Text),
            Expression::Path(path) if matches!(path.last_function(), Some(Function::Length)) => Self::only(Family::Number),
            Expression::Path(_) | Expression::Previous => Self::ANYTHING,
        }
    }

    /// A value as it is shown against a side of these families; what can not be adjusted stays as it is.
    pub(super) fn adjust(self, value: &Value, operator: Operator, dates: &DateFormats) -> Value {
        let adjusted = match operator {
            Operator::Equals | Operator::NotEquals => match (self.exactly(), value) {
                // A boolean has no text that is a number.
                (None, _) | (Some(Family::Number), Value::Boolean(_)) => None,
                (Some(family), _) => align(value, family, dates),
            },
            Operator::Less | Operator::LessEquals | Operator::More | Operator::MoreEquals => self.adjust_ordered(value, dates),
            Operator::In | Operator::NotIn | Operator::Empty | Operator::NotEmpty => None,
        };
        adjusted.unwrap_or_else(|| value.clone())
    }

    /// The first family of these that a text can be read as; texts and booleans where nothing else is meant.
    fn adjust_ordered(self, value: &Value, dates: &DateFormats) -> Option<Value> {
        if let Some(family @ (Family::Text | Family::Boolean)) = self.exactly() {
            return align(value, family, dates);
        }
        let Value::Text(_) = value else { return None };
        let readable = [Family::Number, Family::Date, Family::DateTime, Family::Time].into_iter().filter(|family| self.includes(*family));
        readable.into_iter().find_map(|family| align(value, family, dates))
    }
}

/// The texts that count as true, and as false.
const TRUE: [&str; 5] = ["1", "t", "true", "y", "yes"];
const FALSE: [&str; 5] = ["0", "f", "false", "n", "no"];

/// A value in the kind of a family; `None` where it can not be.
pub(crate) fn align(value: &Value, family: Family, dates: &DateFormats) -> Option<Value> {
    if value.is_null() {
        return Some(Value::Null);
    }
    match family {
        Family::Number => match value {
            Value::Number(_) => Some(value.clone()),
            Value::Boolean(_) | Value::Text(_) => to_number(value).ok().map(Value::Number),
            _ => None,
        },
        Family::Text => match value {
            Value::Text(_) => Some(value.clone()),
            Value::Array(_) | Value::Object(_) | Value::Null => None,
            other => Some(Value::from(text_form(other).into_owned())),
        },
        Family::Boolean => match value {
            Value::Boolean(flag) => Some(Value::from(i64::from(*flag))),
            Value::Text(_) | Value::Number(_) => {
                let text = value.as_number().map_or_else(|| text_form(value).to_lowercase(), |number| number.normalized().to_string());
                let flag = if TRUE.contains(&text.as_str()) { Some(1) } else { FALSE.contains(&text.as_str()).then_some(0) };
                flag.map(Value::from)
            }
            _ => None,
        },
        Family::Date | Family::DateTime => match value {
            Value::DateTime(_) | Value::Date(_) => Some(value.clone()),
            Value::Text(text) => dates.parse_date(text).map(Value::DateTime),
            _ => None,
        },
        Family::Time => match value {
            Value::Time(_) => Some(value.clone()),
            Value::Text(text) => dates.parse_time(text).map(Value::Time),
            _ => None,
        },
    }
}

/// The criterion of a column that equals a value, aligned as in a `by`.
pub fn aligned_equals(topic: &TopicPlan, column: usize, value: &Value, dates: &DateFormats) -> Criterion {
    let Some(family) = topic.columns.get(column).map(|column| Family::of(column.kind)) else { return Criterion::Always(false) };
    match align(value, family, dates) {
        Some(value) => Criterion::Compare { left: Operand::Column(column), comparison: Comparison::Equals, right: Operand::Value(value) },
        None => Criterion::Always(false),
    }
}
