//! Values are checked against their columns before they are sent, alike for every dialect (storage.md §12.8).

use chrono::NaiveTime;

use crate::compile::{Column, ColumnKind};
use crate::limits::JSON_DEPTH;
use crate::port::StoreError;
use crate::value::{Decimal, Value, text_form, to_number};

/// The value as its column holds it: numbers rounded half away from zero to the column's scale, text and booleans as
/// numbers where the column holds numbers, numbers and booleans as text where it holds text, days and moments as each other.
///
/// # Errors
/// [`StoreError::ValueNotStorable`] with the factor, the kind of the value and the limit; never with the value.
pub fn storable(value: &Value, column: &Column) -> Result<Value, StoreError> {
    let fitted = match column.kind {
        _ if value.is_null() => Ok(Value::Null),
        ColumnKind::Integer { bits } => integer(value, bits),
        ColumnKind::Decimal { precision, scale } => decimal(value, precision, scale),
        ColumnKind::Text { length } => text(value, length),
        ColumnKind::Date => date(value),
        ColumnKind::DateTime { .. } => date_time(value),
        ColumnKind::Time => match value {
            Value::Time(_) => Ok(value.clone()),
            _ => Err(wrong_kind(value, "a time of day")),
        },
        ColumnKind::Boolean => boolean(value),
        ColumnKind::Json => json(value),
    };
    fitted.map_err(|reason| StoreError::ValueNotStorable { factor: column.key.to_string(), reason })
}

/// The number of a value: as it is, of a boolean, or of a text by the number grammar (decisions).
fn number(value: &Value) -> Result<Decimal, String> {
    match value {
        Value::Literal(_) => Err("the number has more than 38 digits".to_owned()),
        _ => to_number(value).map_err(|_| wrong_kind(value, "a number")),
    }
}

fn integer(value: &Value, bits: u8) -> Result<Value, String> {
    let largest = i64::MAX >> (64 - u32::from(bits.clamp(1, 64)));
    let smallest = -largest - 1;
    let fits = |integer: &i64| (smallest..=largest).contains(integer);
    match number(value)?.round_to_scale(0).to_i64().filter(fits) {
        Some(integer) => Ok(Value::from(integer)),
        None => Err(format!("the number is outside of {smallest} to {largest}")),
    }
}

fn decimal(value: &Value, precision: u8, scale: u8) -> Result<Value, String> {
    let too_large = || format!("the number has more than {} digits before the point", precision.saturating_sub(scale));
    let number = number(value)?.rescale(scale).map_err(|_| too_large())?;
    let digits = number.coefficient().unsigned_abs().checked_ilog10().map_or(0, |log| log + 1);
    if digits > u32::from(precision) { Err(too_large()) } else { Ok(Value::Number(number)) }
}

fn text(value: &Value, length: u32) -> Result<Value, String> {
    let text = match value {
        Value::Text(_) => value.clone(),
        Value::Number(_) | Value::Literal(_) | Value::Boolean(_) => Value::text(text_form(value)),
        _ => return Err(wrong_kind(value, "a text")),
    };
    let characters = text.as_text().unwrap_or_default();
    if characters.contains('\0') {
        return Err("the text holds a NUL character, which not every database can keep".to_owned());
    }
    // A text has at most as many characters as bytes, so most texts need no counting.
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if characters.len() > length {
        let count = characters.chars().count();
        if count > length {
            return Err(format!("the text has {count} characters where {length} fit"));
        }
    }
    Ok(text)
}

fn date(value: &Value) -> Result<Value, String> {
    match value {
        Value::Date(_) => Ok(value.clone()),
        Value::DateTime(moment) => Ok(Value::Date(moment.date())),
        _ => Err(wrong_kind(value, "a date")),
    }
}

fn date_time(value: &Value) -> Result<Value, String> {
    match value {
        Value::DateTime(_) => Ok(value.clone()),
        Value::Date(day) => Ok(Value::DateTime(day.and_time(NaiveTime::MIN))),
        _ => Err(wrong_kind(value, "a datetime")),
    }
}

/// Texts are cast by mappings only; a number is a boolean as the column holds it.
fn boolean(value: &Value) -> Result<Value, String> {
    match value {
        Value::Boolean(_) => Ok(value.clone()),
        Value::Number(number) if number.is_zero() => Ok(Value::Boolean(false)),
        Value::Number(number) if *number == Decimal::ONE => Ok(Value::Boolean(true)),
        _ => Err(wrong_kind(value, "a boolean")),
    }
}

/// The deepest document that can be read again: the reader stops one level before its bound.
const DEEPEST: usize = JSON_DEPTH - 1;

fn json(value: &Value) -> Result<Value, String> {
    if nests_deeper(value, DEEPEST) { Err(format!("the document nests deeper than {DEEPEST} levels")) } else { Ok(value.clone()) }
}

fn nests_deeper(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(items) => levels == 0 || items.iter().any(|item| nests_deeper(item, levels - 1)),
        Value::Object(object) => levels == 0 || object.values().iter().any(|member| nests_deeper(member, levels - 1)),
        _ => false,
    }
}

fn wrong_kind(value: &Value, wanted: &str) -> String {
    format!("a value of kind {} is not {wanted}", value.kind())
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn column(kind: ColumnKind) -> Column {
        Column { name: "c".to_owned(), key: "factor".into(), kind, fixed: None, factor_type: None }
    }

    fn stored(value: impl Into<Value>, kind: ColumnKind) -> Result<Value, String> {
        storable(&value.into(), &column(kind)).map_err(|error| error.to_string())
    }

    fn number(text: &str) -> Value {
        Value::Number(text.parse().unwrap())
    }

    #[test]
    fn integers_are_rounded_and_bounded() {
        let small = ColumnKind::Integer { bits: 16 };
        assert_eq!(stored(number("2.5"), small), Ok(Value::from(3)));
        assert_eq!(stored(number("-2.5"), small), Ok(Value::from(-3)));
        assert_eq!(stored(32_767, small), Ok(Value::from(32_767)));
        assert_eq!(stored(-32_768, small), Ok(Value::from(-32_768)));
        assert_eq!(stored(32_768, small).unwrap_err(), "failed to store factor \"factor\": the number is outside of -32768 to 32767");
        assert_eq!(stored(i64::MIN, ColumnKind::Integer { bits: 64 }), Ok(Value::from(i64::MIN)));
        assert!(stored(number("9223372036854775808"), ColumnKind::Integer { bits: 64 }).is_err());
        assert_eq!(stored(" 12 ", small), Ok(Value::from(12)));
        assert_eq!(stored(true, small), Ok(Value::from(1)));
        assert!(stored("twelve", small).is_err());
        assert!(stored("", small).is_err());
    }

    #[test]
    fn decimals_get_the_scale_of_their_column() {
        let money = ColumnKind::Decimal { precision: 6, scale: 2 };
        let text = |value: Value| text_form(&stored(value, money).unwrap()).into_owned();
        assert_eq!(text(number("1.005")), "1.01");
        assert_eq!(text(number("-1.005")), "-1.01");
        assert_eq!(text(number("7")), "7.00");
        assert_eq!(text(number("9999.994")), "9999.99");
        assert!(stored(number("9999.995"), money).is_err(), "rounding counts");
        assert!(stored(number("10000"), money).is_err());
        assert!(stored(Value::Literal("1e99".into()), money).is_err());
        let wide = ColumnKind::Decimal { precision: 38, scale: 38 };
        assert!(stored(1, wide).is_err());
        assert!(stored(number("0.5"), wide).is_ok());
    }

    #[test]
    fn texts_are_counted_in_characters() {
        let short = ColumnKind::Text { length: 3 };
        assert_eq!(stored("äöü", short), Ok(Value::from("äöü")));
        assert_eq!(stored("abcd", short).unwrap_err(), "failed to store factor \"factor\": the text has 4 characters where 3 fit");
        assert!(stored("a\0", short).is_err());
        assert_eq!(stored(number("1.0"), short), Ok(Value::from("1.0")));
        assert_eq!(stored(true, ColumnKind::Text { length: 4 }), Ok(Value::from("true")));
        assert!(stored(false, short).is_err());
        assert!(stored(Value::array(Vec::new()), short).is_err());
    }

    #[test]
    fn days_and_moments_become_each_other() {
        let day = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
        let moment = day.and_hms_opt(1, 2, 3).unwrap();
        let full = ColumnKind::DateTime { fraction: true };
        assert_eq!(stored(Value::DateTime(moment), ColumnKind::Date), Ok(Value::Date(day)));
        assert_eq!(stored(Value::Date(day), full), Ok(Value::DateTime(day.and_time(NaiveTime::MIN))));
        assert_eq!(stored(Value::Time(moment.time()), ColumnKind::Time), Ok(Value::Time(moment.time())));
        for kind in [ColumnKind::Date, full, ColumnKind::Time] {
            let error = stored("2024-02-29", kind).unwrap_err();
            assert!(error.contains("kind text") && !error.contains("2024"), "{error}");
        }
    }

    #[test]
    fn booleans_are_themselves_one_or_zero() {
        for (value, expected) in [(Value::from(1), true), (number("0.0"), false), (Value::from(false), false)] {
            assert_eq!(stored(value, ColumnKind::Boolean), Ok(Value::from(expected)));
        }
        for value in [Value::from("true"), Value::from("1"), Value::from(2)] {
            assert!(stored(value, ColumnKind::Boolean).is_err());
        }
    }

    #[test]
    fn null_fits_everywhere() {
        for kind in [ColumnKind::Integer { bits: 16 }, ColumnKind::Text { length: 1 }, ColumnKind::Date, ColumnKind::Json] {
            assert_eq!(stored(Value::Null, kind), Ok(Value::Null));
        }
    }

    #[test]
    fn documents_nest_within_bounds() {
        let nested = |levels: usize| (0..levels).fold(Value::Null, |inner, _| Value::array(vec![inner]));
        assert!(stored(nested(DEEPEST), ColumnKind::Json).is_ok());
        assert!(crate::value::read_json(&text_form(&nested(DEEPEST)), JSON_DEPTH).is_ok());
        assert!(stored(nested(DEEPEST + 1), ColumnKind::Json).is_err());
    }
}
