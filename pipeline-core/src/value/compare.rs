//! Comparison of values in memory (values.md §6.2–§6.4).

use std::cmp::Ordering;

use chrono::{NaiveDate, NaiveTime, Timelike};

use super::cast::boolean_of_text;
use super::{DateFormats, Decimal, DecimalError, Value, ValueError};
use crate::model::Operator;

/// Applies an operator. The right side of `empty` and `not-empty` is not looked at.
///
/// # Errors
/// [`ValueError::NotComparable`] and [`ValueError::NotAList`] where values.md §6.3 and §6.4 say so,
/// [`ValueError::NumberOutOfRange`] for a number whose value can not be had.
pub fn compare(operator: Operator, left: &Value, right: &Value, dates: &DateFormats) -> Result<bool, ValueError> {
    match operator {
        Operator::Empty => Ok(is_empty(left)),
        Operator::NotEmpty => Ok(!is_empty(left)),
        Operator::Equals => equals(left, right, dates),
        Operator::NotEquals => equals(left, right, dates).map(|equal| !equal),
        Operator::Less => order(left, right, dates).map(Ordering::is_lt),
        Operator::LessEquals => order(left, right, dates).map(Ordering::is_le),
        Operator::More => order(left, right, dates).map(Ordering::is_gt),
        Operator::MoreEquals => order(left, right, dates).map(Ordering::is_ge),
        Operator::In => is_in(left, right, dates),
        Operator::NotIn => is_in(left, right, dates).map(|found| !found),
    }
}

/// Null, `""`, `[]` or `{}`; nothing else is empty (values.md §6.4).
pub fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Text(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    }
}

/// Equality by the first rule of values.md §6.2 that applies; symmetrical.
///
/// # Errors
/// [`ValueError::NumberOutOfRange`] where a number whose value can not be had meets a value of which it matters.
pub fn equals(left: &Value, right: &Value, dates: &DateFormats) -> Result<bool, ValueError> {
    match (left, right) {
        (_, Value::Text(text)) => equals_text(left, text, dates),
        (Value::Text(text), _) => equals_text(right, text, dates),
        (Value::Null, other) | (other, Value::Null) => Ok(other.is_null()),
        (literal @ Value::Literal(_), _) | (_, literal @ Value::Literal(_)) => Err(ValueError::NumberOutOfRange(literal.into())),
        (Value::Boolean(left), Value::Boolean(right)) => Ok(left == right),
        (Value::Boolean(flag), Value::Number(number)) | (Value::Number(number), Value::Boolean(flag)) => {
            Ok(*number == if *flag { Decimal::ONE } else { Decimal::ZERO })
        }
        (Value::Number(left), Value::Number(right)) => Ok(left == right),
        (Value::Time(left), Value::Time(right)) => Ok(whole_seconds(*left) == whole_seconds(*right)),
        _ => Ok(match (day_of(left), day_of(right)) {
            (Some(left), Some(right)) => left == right,
            _ => false,
        }),
    }
}

/// Whether a value equals a text.
fn equals_text(value: &Value, text: &str, dates: &DateFormats) -> Result<bool, ValueError> {
    match value {
        Value::Null => Ok(text.is_empty()),
        Value::Text(other) => Ok(**other == *text),
        _ if text.is_empty() => Ok(false),
        Value::Boolean(flag) => Ok(boolean_of_text(text) == Some(*flag)),
        Value::Number(number) => Ok(text.parse::<Decimal>().is_ok_and(|other| *number == other)),
        Value::Literal(_) => Err(ValueError::NumberOutOfRange(value.into())),
        Value::Time(time) => Ok(dates.parse_time(text).is_some_and(|other| whole_seconds(*time) == whole_seconds(other))),
        Value::Date(_) | Value::DateTime(_) => Ok(dates.parse_date(text).is_some_and(|other| day_of(value) == Some(other.date()))),
        Value::Array(_) | Value::Object(_) => Ok(false),
    }
}

/// The order of two values by values.md §6.3: null is the smallest, dates go by calendar day, texts have no order.
///
/// # Errors
/// [`ValueError::NotComparable`] where there is no order.
pub fn order(left: &Value, right: &Value, dates: &DateFormats) -> Result<Ordering, ValueError> {
    if let (Value::Null, Value::Null) = (left, right) {
        return Ok(Ordering::Equal);
    }
    let refused = || ValueError::not_comparable(left, right);
    match (left, right) {
        (Value::Null, other) | (other, Value::Null) => match other {
            Value::Text(_) | Value::Array(_) | Value::Object(_) => Err(refused()),
            _ if left.is_null() => Ok(Ordering::Less),
            _ => Ok(Ordering::Greater),
        },
        (Value::Number(_) | Value::Boolean(_), _) | (_, Value::Number(_) | Value::Boolean(_)) => {
            Ok(number_to_order(left).ok_or_else(refused)??.cmp(&number_to_order(right).ok_or_else(refused)??))
        }
        (Value::Time(_), _) | (_, Value::Time(_)) => Ok(time_to_order(left, dates).ok_or_else(refused)?.cmp(&time_to_order(right, dates).ok_or_else(refused)?)),
        (Value::Date(_) | Value::DateTime(_), _) | (_, Value::Date(_) | Value::DateTime(_)) => {
            Ok(day_to_order(left, dates).ok_or_else(refused)?.cmp(&day_to_order(right, dates).ok_or_else(refused)?))
        }
        _ => Err(refused()),
    }
}

/// Whether a value is in a list, or in the pieces of a text between commas, which are not trimmed (values.md §6.4).
///
/// # Errors
/// [`ValueError::NotAList`] where the right side is neither.
pub fn is_in(left: &Value, right: &Value, dates: &DateFormats) -> Result<bool, ValueError> {
    match right {
        Value::Null => Ok(false),
        Value::Array(items) => any(items.iter().map(|item| equals(left, item, dates))),
        Value::Text(text) if text.trim().is_empty() => Ok(false),
        Value::Text(text) => any(text.split(',').map(|piece| equals_text(left, piece, dates))),
        other => Err(ValueError::NotAList(other.into())),
    }
}

fn any(mut results: impl Iterator<Item = Result<bool, ValueError>>) -> Result<bool, ValueError> {
    results.find(|result| !matches!(result, Ok(false))).unwrap_or(Ok(false))
}

fn whole_seconds(time: NaiveTime) -> u32 {
    time.num_seconds_from_midnight()
}

fn day_of(value: &Value) -> Option<NaiveDate> {
    match value {
        Value::Date(date) => Some(*date),
        Value::DateTime(moment) => Some(moment.date()),
        _ => None,
    }
}

/// A side as a number; `None` where it is none, an error where it is one beyond the bounds.
fn number_to_order(value: &Value) -> Option<Result<Decimal, ValueError>> {
    match value {
        Value::Number(number) => Some(Ok(*number)),
        Value::Boolean(flag) => Some(Ok(if *flag { Decimal::ONE } else { Decimal::ZERO })),
        Value::Literal(_) => Some(Err(ValueError::NumberOutOfRange(value.into()))),
        Value::Text(text) => match text.parse() {
            Ok(number) => Some(Ok(number)),
            Err(DecimalError::OutOfRange) => Some(Err(ValueError::NumberOutOfRange(value.into()))),
            Err(_) => None,
        },
        _ => None,
    }
}

fn time_to_order(value: &Value, dates: &DateFormats) -> Option<u32> {
    match value {
        Value::Time(time) => Some(whole_seconds(*time)),
        Value::Text(text) => dates.parse_time(text).map(whole_seconds),
        _ => None,
    }
}

fn day_to_order(value: &Value, dates: &DateFormats) -> Option<NaiveDate> {
    match value {
        Value::Text(text) => dates.parse_date(text).map(|moment| moment.date()),
        other => day_of(other),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::value::Object;

    fn samples() -> Vec<Value> {
        let moment: chrono::NaiveDateTime = "2024-01-02T03:04:05.5".parse().unwrap();
        vec![
            Value::Null,
            true.into(),
            false.into(),
            0.into(),
            1.into(),
            Value::Number("20240102".parse().unwrap()),
            "".into(),
            " ".into(),
            "1".into(),
            "Yes".into(),
            "2024-01-02".into(),
            "03:04:05".into(),
            Value::Date(moment.date()),
            Value::DateTime(moment),
            Value::Time(moment.time()),
            Value::array(vec![]),
            Value::array(vec![1.into()]),
            Value::Object(Object::new()),
        ]
    }

    proptest! {
        #[test]
        fn sides_can_be_swapped(left in 0_usize..18, right in 0_usize..18) {
            let (samples, dates) = (samples(), DateFormats::default());
            let (left, right) = (&samples[left], &samples[right]);
            prop_assert_eq!(equals(left, right, &dates), equals(right, left, &dates));
            match (order(left, right, &dates), order(right, left, &dates)) {
                (Ok(one), Ok(other)) => prop_assert_eq!(one, other.reverse()),
                (Err(_), Err(_)) => {}
                (one, other) => prop_assert!(false, "{:?} {:?}: {:?} {:?}", left, right, one, other),
            }
        }
    }

    #[test]
    fn null_is_smaller_than_what_has_an_order() {
        let dates = DateFormats::default();
        assert_eq!(compare(Operator::MoreEquals, &Value::Null, &Value::Null, &dates), Ok(true));
        assert_eq!(compare(Operator::Less, &Value::Null, &false.into(), &dates), Ok(true));
        for other in ["".into(), "1".into(), Value::array(vec![]), Value::Object(Object::new())] {
            assert!(order(&Value::Null, &other, &dates).is_err());
        }
    }

    #[test]
    fn lists_in_texts_are_not_trimmed() {
        let dates = DateFormats::default();
        for (left, right, found) in
            [(Value::from("y"), "x, y", false), (2.into(), "1, 2,3", true), (Value::Null, "1,", true), (Value::Null, "  ", false), ("1.0".into(), "1,2", false)]
        {
            assert_eq!(is_in(&left, &right.into(), &dates), Ok(found), "{left:?} in {right:?}");
        }
        assert!(is_in(&1.into(), &5.into(), &dates).is_err());
    }

    #[test]
    fn numbers_beyond_the_bounds_are_errors_where_they_matter() {
        let (dates, literal) = (DateFormats::default(), Value::Literal("1e99".into()));
        assert_eq!(equals(&literal, &Value::Null, &dates), Ok(false));
        assert!(equals(&literal, &1.into(), &dates).is_err());
        assert!(order(&1.into(), &literal, &dates).is_err());
    }
}
