//! Criteria in the form of the store: values aligned to the columns that they meet (values.md §6.5, D-29, V-37).

use std::sync::Arc;

use super::criteria::{Literal, Statement};
use super::criteria_family::{Family, align};
use crate::compile::TopicPlan;
use crate::model::{JointType, Operator};
use crate::port::{Comparison, Computation, Criterion, Operand};
use crate::value::{Arithmetic, DateFormats, Value, ValueError, compare};

/// The format of the text of a moved date (values.md §6.5).
const DAY_PATTERN: &str = "Y-M-D";

impl Statement {
    /// The form of the store.
    pub(crate) fn criterion(&self, topic: &TopicPlan, dates: &DateFormats) -> Result<Criterion, ValueError> {
        let builder = Builder { topic, dates };
        match self {
            Self::Joint { joint_type, children } => {
                let children = children.iter().map(|child| child.criterion(topic, dates)).collect::<Result<Vec<_>, _>>()?;
                Ok(joined(*joint_type, children))
            }
            Self::Comparison { left, operator, right } => {
                let nothing = Literal::Value(Value::Null);
                builder.compared(&left.literal, *operator, right.as_ref().map_or(&nothing, |right| &right.literal))
            }
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

struct Builder<'a> {
    topic: &'a TopicPlan,
    dates: &'a DateFormats,
}

impl Builder<'_> {
    fn compared(&self, left: &Literal, operator: Operator, right: &Literal) -> Result<Criterion, ValueError> {
        if !left.has_column() && !right.has_column() {
            return compare(operator, &left.value(self.dates)?, &right.value(self.dates)?, self.dates).map(Criterion::Always);
        }
        match operator {
            Operator::Empty => self.operand(left, None).map(Criterion::Empty),
            Operator::NotEmpty => self.operand(left, None).map(Criterion::NotEmpty),
            // The only item of a list is what it equals.
            Operator::In if right.has_column() => self.ordered(left, Comparison::Equals, right),
            Operator::NotIn if right.has_column() => self.ordered(left, Comparison::NotEquals, right),
            Operator::In | Operator::NotIn => self.in_list(left, operator == Operator::NotIn, &right.value(self.dates)?),
            Operator::Equals => self.ordered(left, Comparison::Equals, right),
            Operator::NotEquals => self.ordered(left, Comparison::NotEquals, right),
            Operator::Less => self.ordered(left, Comparison::Less, right),
            Operator::LessEquals => self.ordered(left, Comparison::LessEquals, right),
            Operator::More => self.ordered(left, Comparison::More, right),
            Operator::MoreEquals => self.ordered(left, Comparison::MoreEquals, right),
        }
    }

    fn ordered(&self, left: &Literal, comparison: Comparison, right: &Literal) -> Result<Criterion, ValueError> {
        for (side, other) in [(left, right), (right, left)] {
            if side.has_column() {
                continue;
            }
            let value = side.value(self.dates)?;
            if value.is_null() {
                let other = self.operand(other, None)?;
                return Ok(match comparison {
                    Comparison::Equals => Criterion::Null(other),
                    Comparison::NotEquals => Criterion::NotNull(other),
                    Comparison::Less | Comparison::LessEquals | Comparison::More | Comparison::MoreEquals => Criterion::Always(false),
                });
            }
            if other.family(self.topic).is_some_and(|family| align(&value, family, self.dates).is_none()) {
                return match comparison {
                    Comparison::Equals => Ok(Criterion::Always(false)),
                    Comparison::NotEquals => Ok(Criterion::Always(true)),
                    _ => Err(ValueError::NotComparable { left: (&left.value(self.dates)?).into(), right: (&right.value(self.dates)?).into() }),
                };
            }
        }
        let (left_family, right_family) = (left.family(self.topic), right.family(self.topic));
        Ok(Criterion::Compare { left: self.operand(left, right_family)?, comparison, right: self.operand(right, left_family)? })
    }

    fn in_list(&self, left: &Literal, negated: bool, list: &Value) -> Result<Criterion, ValueError> {
        let family = left.family(self.topic);
        let items = items(list, family);
        // Nothing is known to differ from null.
        if items.iter().any(Value::is_null) && (negated || items.len() == 1) {
            return Ok(Criterion::Always(false));
        }
        let values = match family {
            Some(family) => items.iter().filter_map(|item| align(item, family, self.dates)).collect(),
            None => items,
        };
        Ok(Criterion::In { operand: self.operand(left, None)?, values, negated })
    }

    /// A side for the store; values in the kind of what they meet.
    fn operand(&self, literal: &Literal, meets: Option<Family>) -> Result<Operand, ValueError> {
        if !literal.has_column() {
            let value = literal.value(self.dates)?;
            return Ok(Operand::Value(match meets.and_then(|family| align(&value, family, self.dates)) {
                // The values of a case have to be of one kind.
                Some(Value::Number(flag)) if meets == Some(Family::Boolean) => Value::from(!flag.is_zero()),
                // Against a day only the day counts.
                Some(Value::DateTime(moment)) if meets == Some(Family::Date) => Value::Date(moment.date()),
                Some(aligned) => aligned,
                None => value,
            }));
        }
        Ok(match literal {
            Literal::Column(column) => Operand::Column(*column),
            Literal::NoColumn(name) => return Err(ValueError::ColumnMissing { topic: Arc::clone(&self.topic.name), column: name.as_str().into() }),
            Literal::Computed(computation, elements) => {
                let meets = match computation {
                    Computation::Compute(compute_type) if Arithmetic::of_compute(*compute_type).is_some() => Some(Family::Number),
                    Computation::Compute(_) => Some(Family::DateTime),
                    _ => None,
                };
                let elements = elements.iter().map(|element| self.operand(element, meets)).collect::<Result<_, _>>()?;
                Operand::Computed { computation: *computation, elements }
            }
            Literal::DayText(moved) => {
                let elements = vec![self.operand(moved, None)?, Operand::Value(Value::from(DAY_PATTERN))];
                Operand::Computed { computation: Computation::FormatDate, elements }
            }
            Literal::Case { routes, otherwise } => {
                let meets = literal.family(self.topic).or(meets);
                let route = |(condition, value): &(Statement, Literal)| Ok((condition.criterion(self.topic, self.dates)?, self.operand(value, meets)?));
                let otherwise = match otherwise {
                    Some(side) => Some(Box::new(self.operand(side, meets)?)),
                    None => None,
                };
                Operand::Case { routes: routes.iter().map(route).collect::<Result<_, ValueError>>()?, otherwise }
            }
            Literal::Value(value) => Operand::Value(value.clone()),
        })
    }
}

/// The items of the list of an `in`: a text is divided at commas, blank pieces dropped, pieces trimmed unless they meet
/// texts; any other value is the only item.
fn items(list: &Value, family: Option<Family>) -> Vec<Value> {
    let keeps_blanks = matches!(family, Some(Family::Text) | None);
    match list {
        Value::Text(text) => {
            let pieces = text.trim().split(',').filter(|piece| !piece.trim().is_empty());
            pieces.map(|piece| Value::from(if keeps_blanks { piece } else { piece.trim() })).collect()
        }
        Value::Array(items) => items.to_vec(),
        single => vec![single.clone()],
    }
}
