//! Functions that make one number of a value: `&count`, `&length`, `&sum`, `&avg` (values.md §2.4, §2.8).

use super::wrong_input;
use crate::value::{Decimal, Value, ValueError, text_form, to_number};

/// A count as a value.
pub(super) fn integer(count: usize) -> Value {
    Value::from(i64::try_from(count).unwrap_or(i64::MAX))
}

/// How many elements a list, or keys an object has.
pub(super) fn count(value: &Value) -> Result<Value, ValueError> {
    match value {
        Value::Array(items) => Ok(integer(items.len())),
        Value::Object(object) => Ok(integer(object.len())),
        other => Err(wrong_input("&count", other, "an array or an object")),
    }
}

/// How many characters a text, or the text of a number or boolean has.
pub(super) fn length(value: &Value) -> Result<Value, ValueError> {
    match value {
        Value::Text(_) | Value::Number(_) | Value::Literal(_) | Value::Boolean(_) => Ok(integer(text_form(value).chars().count())),
        other => Err(wrong_input("&length", other, "a text, a number or a boolean")),
    }
}

/// The sum of a list; null and `""` count 0 (V-25).
pub(super) fn sum(value: &Value) -> Result<Value, ValueError> {
    let items = value.as_array().ok_or_else(|| wrong_input("&sum", value, "an array"))?;
    total(items).map(|(total, _)| Value::Number(total))
}

/// The average of a list; null and `""` are not counted, nothing counted gives 0.
pub(super) fn average(value: &Value) -> Result<Value, ValueError> {
    let items = value.as_array().ok_or_else(|| wrong_input("&avg", value, "an array"))?;
    let (total, counted) = total(items)?;
    if counted == 0 {
        return Ok(Value::Number(Decimal::ZERO));
    }
    total.divided_by(Decimal::from(counted)).map(Value::Number).map_err(|_| ValueError::NumberOutOfRange(value.into()))
}

/// The sum of the elements, and how many of them are not empty.
fn total(items: &[Value]) -> Result<(Decimal, i64), ValueError> {
    let mut total = Decimal::ZERO;
    let mut counted = 0;
    for item in items {
        if item.is_null() || item.as_text() == Some("") {
            continue;
        }
        total = total.plus(to_number(item)?).map_err(|_| ValueError::NumberOutOfRange(item.into()))?;
        counted += 1;
    }
    Ok((total, counted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(items: &[&str]) -> Value {
        Value::array(items.iter().map(|item| if *item == "null" { Value::Null } else { Value::from(*item) }).collect())
    }

    #[test]
    fn empty_elements_are_nothing() {
        assert_eq!(sum(&list(&["1.5", "", "null", "2"])), Ok(Value::Number("3.5".parse().unwrap())));
        assert_eq!(average(&list(&["1", "", "null", "2"])), Ok(Value::Number("1.5".parse().unwrap())));
        assert_eq!(average(&list(&["", "null"])), Ok(0.into()));
        assert!(sum(&list(&[" "])).is_err());
        assert!(sum(&1.into()).is_err());
    }

    #[test]
    fn lengths_are_of_characters() {
        assert_eq!(length(&"中文".into()), Ok(2.into()));
        assert_eq!(length(&Value::Number("12.50".parse().unwrap())), Ok(5.into()));
        assert_eq!(length(&false.into()), Ok(5.into()));
        assert!(length(&list(&[])).is_err());
    }
}
