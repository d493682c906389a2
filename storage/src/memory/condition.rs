//! Conditions on one row in SQL's three-valued logic: `None` is unknown.

use std::cmp::Ordering;

use nightowl_core::compile::TopicPlan;
use nightowl_core::port::{Comparison, Criterion, Operand, StoreError};
use nightowl_core::value::{Decimal, Value};

use super::kinds;
use crate::sql::PieceKind;

/// A row as a plan sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) plan: &'a TopicPlan,
    pub(super) mapping: &'a [usize],
    pub(super) cells: &'a [Value],
}

impl Row<'_> {
    /// The value of a column of the plan.
    pub(super) fn cell(&self, position: usize) -> Value {
        self.mapping.get(position).and_then(|place| self.cells.get(*place)).cloned().unwrap_or_default()
    }

    /// Whether the condition holds.
    pub(super) fn meets(&self, criterion: &Criterion) -> Result<Option<bool>, StoreError> {
        match criterion {
            Criterion::Always(outcome) => Ok(Some(*outcome)),
            Criterion::All(children) => self.joined(children, false),
            Criterion::Any(children) => self.joined(children, true),
            Criterion::Empty(operand) => self.is_empty(operand).map(Some),
            Criterion::NotEmpty(operand) => self.is_empty(operand).map(|empty| Some(!empty)),
            Criterion::Null(operand) => Ok(Some(self.value(operand)?.is_null())),
            Criterion::NotNull(operand) => Ok(Some(!self.value(operand)?.is_null())),
            Criterion::Compare { left, comparison, right } => self.compare(left, *comparison, right),
            Criterion::In { operand, values, negated } => self.within(operand, values, *negated),
        }
    }

    /// `or` ends with true, `and` with false; else one unknown makes all unknown.
    fn joined(&self, children: &[Criterion], decisive: bool) -> Result<Option<bool>, StoreError> {
        let mut outcome = Some(!decisive);
        for child in children {
            match self.meets(child)? {
                Some(met) if met == decisive => return Ok(Some(decisive)),
                Some(_) => {}
                None => outcome = None,
            }
        }
        Ok(outcome)
    }

    fn is_empty(&self, operand: &Operand) -> Result<bool, StoreError> {
        Ok(match self.value(operand)? {
            Value::Null => true,
            Value::Text(text) => text.is_empty(),
            _ => false,
        })
    }

    fn compare(&self, left: &Operand, comparison: Comparison, right: &Operand) -> Result<Option<bool>, StoreError> {
        let (left_kind, right_kind) = (kinds::kind(left, self.plan)?, kinds::kind(right, self.plan)?);
        let (mut left_value, mut right_value) = (self.value(left)?, self.value(right)?);
        // Against a day only the day of a value is sent (values.md §6.5).
        if matches!(left, Operand::Value(_)) && right_kind == PieceKind::Date {
            left_value = day_of(left_value);
        }
        if matches!(right, Operand::Value(_)) && left_kind == PieceKind::Date {
            right_value = day_of(right_value);
        }
        Ok(order(&left_value, &right_value).map(|order| match comparison {
            Comparison::Equals => order.is_eq(),
            Comparison::NotEquals => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::LessEquals => order.is_le(),
            Comparison::More => order.is_gt(),
            Comparison::MoreEquals => order.is_ge(),
        }))
    }

    fn within(&self, operand: &Operand, values: &[Value], negated: bool) -> Result<Option<bool>, StoreError> {
        let is_day = kinds::kind(operand, self.plan)? == PieceKind::Date;
        let mut items = values.iter().filter(|value| !value.is_null()).peekable();
        if items.peek().is_none() {
            return Ok(Some(negated));
        }
        let tested = self.value(operand)?;
        if tested.is_null() {
            return Ok(None);
        }
        let found = items.any(|item| {
            let item = if is_day { day_of(item.clone()) } else { item.clone() };
            order(&tested, &item) == Some(Ordering::Equal)
        });
        Ok(Some(found != negated))
    }
}

fn day_of(value: Value) -> Value {
    match value {
        Value::DateTime(moment) => Value::Date(moment.date()),
        other => other,
    }
}

/// The order of two values of kinds that [`kinds::check`] has let through; unknown with a null.
fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => Some(left.as_bytes().cmp(right.as_bytes())),
        (Value::Time(left), Value::Time(right)) => Some(left.cmp(right)),
        (Value::Number(_) | Value::Boolean(_), Value::Number(_) | Value::Boolean(_)) => Some(number(left)?.cmp(&number(right)?)),
        (Value::Date(_) | Value::DateTime(_), Value::Date(_) | Value::DateTime(_)) => Some(moment(left)?.cmp(&moment(right)?)),
        _ => None,
    }
}

fn number(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => Some(*number),
        Value::Boolean(flag) => Some(Decimal::from(i64::from(*flag))),
        _ => None,
    }
}

const fn moment(value: &Value) -> Option<chrono::NaiveDateTime> {
    match value {
        Value::Date(day) => Some(day.and_time(chrono::NaiveTime::MIN)),
        Value::DateTime(moment) => Some(*moment),
        _ => None,
    }
}
