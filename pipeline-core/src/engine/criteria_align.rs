//! Values aligned to the column that they meet (D-29, V-37).

use crate::compile::TopicPlan;
use crate::port::{Comparison, Criterion, Operand};
use crate::value::{DateFormats, Value, text_form, to_number};

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

/// The items of the list of an `in`: a text is split at commas, blank pieces dropped, pieces trimmed unless the column
/// holds texts; items that can not be aligned match nothing and are left out.
pub(crate) fn aligned_items(list: &Value, family: Option<Family>, dates: &DateFormats) -> Vec<Value> {
    let keeps_blanks = matches!(family, Some(Family::Text) | None);
    let items: Vec<Value> = match list {
        Value::Text(text) => {
            text.trim().split(',').filter(|piece| !piece.trim().is_empty()).map(|piece| Value::from(if keeps_blanks { piece } else { piece.trim() })).collect()
        }
        Value::Array(items) => items.to_vec(),
        single => vec![single.clone()],
    };
    match family {
        Some(family) => items.iter().filter_map(|item| align(item, family, dates)).collect(),
        None => items,
    }
}
