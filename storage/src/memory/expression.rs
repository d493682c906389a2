//! Values of expressions on one row (storage.md §5): null goes through everything but concatenation and length.

use chrono::{NaiveDateTime, NaiveTime};
use nightowl_core::port::{Computation, Operand, StoreError};
use nightowl_core::value::{Arithmetic, DateDifference, DateFormats, DatePart, DatePattern, Movement, Value, text_form, to_number};

use super::condition::Row;

impl Row<'_> {
    /// The value of an operand.
    pub(super) fn value(&self, operand: &Operand) -> Result<Value, StoreError> {
        match operand {
            Operand::Column(position) => Ok(self.cell(*position)),
            Operand::Value(value) => Ok(value.clone()),
            Operand::Computed { computation, elements } => {
                let values = elements.iter().map(|element| self.value(element)).collect::<Result<Vec<_>, _>>()?;
                compute(*computation, &values)
            }
            Operand::Case { routes, otherwise } => {
                for (condition, value) in routes {
                    if self.meets(condition)? == Some(true) {
                        return self.value(value);
                    }
                }
                otherwise.as_ref().map_or(Ok(Value::Null), |otherwise| self.value(otherwise))
            }
        }
    }
}

fn compute(computation: Computation, values: &[Value]) -> Result<Value, StoreError> {
    match computation {
        Computation::Concat => return Ok(Value::text(values.iter().map(text_form).collect::<String>())),
        Computation::CharLength => {
            let length = values.first().map_or(0, |value| text_form(value).chars().count());
            return Ok(Value::from(i64::try_from(length).unwrap_or(i64::MAX)));
        }
        _ if values.iter().any(Value::is_null) => return Ok(Value::Null),
        _ => {}
    }
    let [first, rest @ ..] = values else { return Err(failed("there is nothing to compute with")) };
    match computation {
        Computation::Compute(compute) => {
            if let Some(arithmetic) = Arithmetic::of_compute(compute) {
                return calculate(arithmetic, first, rest);
            }
            let part = DatePart::of_compute(compute).ok_or_else(|| failed("this type of computation is no expression"))?;
            Ok(Value::from(part.of(moment(first)?.date())))
        }
        Computation::YearDiff => difference(DateDifference::Years, first, rest),
        Computation::MonthDiff => difference(DateDifference::Months, first, rest),
        Computation::DayDiff => difference(DateDifference::Days, first, rest),
        Computation::MoveDate => {
            let movement = Movement::parse(&text_form(second(rest)?)).map_err(|error| failed(&error.to_string()))?;
            let start = if matches!(first, Value::Date(_)) { first.clone() } else { Value::DateTime(moment(first)?) };
            movement.apply(&start).map_err(|_| failed("a moved date leaves the years 1 to 9999"))
        }
        Computation::FormatDate => Ok(Value::text(DatePattern::new(text_form(second(rest)?).as_ref()).format(moment(first)?))),
        Computation::Concat | Computation::CharLength => Ok(Value::Null),
    }
}

fn calculate(arithmetic: Arithmetic, first: &Value, rest: &[Value]) -> Result<Value, StoreError> {
    let number = |value: &Value| to_number(value).map_err(|_| failed("a value is not a number"));
    let mut result = number(first)?;
    for value in rest {
        result = arithmetic.apply(result, number(value)?).map_err(|_| failed("a division by zero, or a result of more than 38 digits"))?;
    }
    Ok(Value::Number(result))
}

fn difference(difference: DateDifference, end: &Value, rest: &[Value]) -> Result<Value, StoreError> {
    Ok(Value::from(difference.between(moment(end)?.date(), moment(second(rest)?)?.date())))
}

fn second(rest: &[Value]) -> Result<&Value, StoreError> {
    rest.first().ok_or_else(|| failed("an element is missing"))
}

fn moment(value: &Value) -> Result<NaiveDateTime, StoreError> {
    match value {
        Value::Date(day) => Ok(day.and_time(NaiveTime::MIN)),
        Value::DateTime(moment) => Ok(*moment),
        Value::Text(text) => DateFormats::default().parse_date(text).ok_or_else(|| failed("a value is not a date")),
        _ => Err(failed("a value is not a date")),
    }
}

fn failed(reason: &str) -> StoreError {
    StoreError::UnsupportedComputation { reason: reason.to_owned() }
}
