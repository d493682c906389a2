//! Texts become dates where they can be read as such (values.md §1.4).

use std::convert::Infallible;

use super::walk::walk;
use crate::compile::{DateTarget, PreparationPlan};
use crate::value::{DateFormats, Object, Value};

/// Casts what stands at date and time factors. What can not be read stays as it is, or becomes null where
/// `abandon_on_fail` (`ABANDON_DATE_TIME_ON_PARSE_FAIL`).
pub fn dates(plan: &PreparationPlan, data: &mut Object, formats: &DateFormats, abandon_on_fail: bool) {
    let Ok(()) = walk(&plan.dates, data, &mut |target, value| -> Result<(), Infallible> {
        match read(*target, value, formats) {
            Reading::AsItIs => {}
            Reading::Becomes(read) => *value = read,
            Reading::Fails if abandon_on_fail => *value = Value::Null,
            Reading::Fails => {}
        }
        Ok(())
    });
}

/// What a value is at a date factor.
enum Reading {
    AsItIs,
    Becomes(Value),
    Fails,
}

fn read(target: DateTarget, value: &Value, formats: &DateFormats) -> Reading {
    let read = match (target, value) {
        (DateTarget::DateTime, Value::Date(_) | Value::DateTime(_)) | (DateTarget::Date, Value::Date(_)) | (DateTarget::Time, Value::Time(_)) => {
            return Reading::AsItIs;
        }
        (DateTarget::Date, Value::DateTime(moment)) => Some(Value::Date(moment.date())),
        (DateTarget::DateTime, Value::Text(text)) => formats.parse_date(text).map(Value::DateTime),
        (DateTarget::Date, Value::Text(text)) => formats.parse_date(text).map(|moment| Value::Date(moment.date())),
        (DateTarget::Time, Value::Text(text)) => formats.parse_time(text).map(Value::Time),
        _ => None,
    };
    read.map_or(Reading::Fails, Reading::Becomes)
}
