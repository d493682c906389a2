//! The strict cast of a value to the type of a factor (values.md §1.3).

use chrono::NaiveTime;

use super::{DateFormats, Decimal, Value, ValueError, text_form};
use crate::model::FactorType;

/// What kinds of values the types of factors hold; types of one family are cast alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FactorFamily {
    /// Numbers and parts of dates; no range is checked.
    Number,
    /// Free text.
    Text,
    /// Addresses and the like: text that no date becomes.
    Contact,
    /// Codes: text that no date and no number with a fraction becomes.
    Coded,
    /// Moments: `datetime` and `full-datetime`.
    DateTime,
    /// Days: `date` and `date-of-birth`.
    Date,
    /// Times of day.
    Time,
    /// True or false.
    Boolean,
    /// Objects.
    Object,
    /// Lists.
    Array,
}

impl FactorFamily {
    /// The family of a type.
    pub const fn of(factor_type: FactorType) -> Self {
        use FactorType as T;
        match factor_type {
            T::Sequence | T::Number | T::Unsigned | T::Floor | T::ResidentialArea | T::Age | T::BizScale => Self::Number,
            T::Year | T::HalfYear | T::Quarter | T::Month | T::HalfMonth | T::TenDays => Self::Number,
            T::WeekOfYear | T::WeekOfMonth | T::HalfWeek | T::DayOfMonth | T::DayOfWeek | T::DayKind => Self::Number,
            T::Hour | T::HourKind | T::Minute | T::Second | T::Millisecond | T::AmPm => Self::Number,
            T::Text => Self::Text,
            T::Address | T::Road | T::Community | T::Email | T::Phone | T::Mobile | T::Fax | T::Occupation | T::IdNo => Self::Contact,
            T::Continent | T::Region | T::Country | T::Province | T::City | T::District | T::ResidenceType => Self::Coded,
            T::Gender | T::Religion | T::Nationality | T::BizTrade | T::Enum => Self::Coded,
            T::DateTime | T::FullDateTime => Self::DateTime,
            T::Date | T::DateOfBirth => Self::Date,
            T::Time => Self::Time,
            T::Boolean => Self::Boolean,
            T::Object => Self::Object,
            T::Array => Self::Array,
        }
    }

    /// Whether its values are texts.
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Contact | Self::Coded)
    }
}

/// Casts a value to the type of a factor; null stays null.
///
/// # Errors
/// [`ValueError::NotCastable`], [`ValueError::NotANumber`], [`ValueError::NumberOutOfRange`], [`ValueError::NotADate`] or
/// [`ValueError::NotATime`], as the table of values.md §1.3 has it.
pub fn cast(value: Value, factor_type: FactorType, dates: &DateFormats) -> Result<Value, ValueError> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    let not_castable = |value: &Value| ValueError::NotCastable { value: value.into(), factor_type };
    match FactorFamily::of(factor_type) {
        FactorFamily::Number => to_number(&value).map(Value::Number).map_err(|error| match value {
            Value::Text(_) | Value::Literal(_) => error,
            _ => not_castable(&value),
        }),
        FactorFamily::Text => to_text(value, |kind| !matches!(kind, Value::Array(_) | Value::Object(_))).map_err(|value| not_castable(&value)),
        FactorFamily::Contact => {
            to_text(value, |kind| matches!(kind, Value::Number(_) | Value::Literal(_) | Value::Boolean(_))).map_err(|value| not_castable(&value))
        }
        FactorFamily::Coded => to_text(value, is_code).map_err(|value| not_castable(&value)),
        FactorFamily::DateTime => match value {
            Value::DateTime(_) => Ok(value),
            Value::Date(date) => Ok(Value::DateTime(date.and_time(NaiveTime::MIN))),
            _ => parse_date(&value, dates).ok_or_else(|| refused(&value, factor_type, true)).map(Value::DateTime),
        },
        FactorFamily::Date => match value {
            Value::Date(_) => Ok(value),
            Value::DateTime(moment) => Ok(Value::Date(moment.date())),
            _ => parse_date(&value, dates).ok_or_else(|| refused(&value, factor_type, true)).map(|moment| Value::Date(moment.date())),
        },
        FactorFamily::Time => match &value {
            Value::Time(_) => Ok(value),
            Value::DateTime(moment) => Ok(Value::Time(moment.time())),
            Value::Text(text) => dates.parse_time(text).map(Value::Time).ok_or_else(|| refused(&value, factor_type, false)),
            _ => Err(not_castable(&value)),
        },
        FactorFamily::Boolean => to_boolean(&value).map(Value::Boolean).ok_or_else(|| not_castable(&value)),
        FactorFamily::Object if matches!(value, Value::Object(_)) => Ok(value),
        FactorFamily::Array if matches!(value, Value::Array(_)) => Ok(value),
        FactorFamily::Object | FactorFamily::Array => Err(not_castable(&value)),
    }
}

/// The error for a value that is no date or time: a text is badly written, other kinds never fit.
fn refused(value: &Value, factor_type: FactorType, date: bool) -> ValueError {
    match value {
        Value::Text(_) if date => ValueError::NotADate(value.into()),
        Value::Text(_) => ValueError::NotATime(value.into()),
        _ => ValueError::NotCastable { value: value.into(), factor_type },
    }
}

/// A value as a number: numbers as they are, booleans as 1 and 0, texts by the number grammar.
///
/// # Errors
/// [`ValueError::NotANumber`] or [`ValueError::NumberOutOfRange`].
pub fn to_number(value: &Value) -> Result<Decimal, ValueError> {
    match value {
        Value::Number(number) => Ok(*number),
        Value::Boolean(true) => Ok(Decimal::ONE),
        Value::Boolean(false) => Ok(Decimal::ZERO),
        Value::Text(text) => text.parse().map_err(|_| ValueError::not_a_number(value)),
        _ => Err(ValueError::not_a_number(value)),
    }
}

/// The text form of a value whose kind is allowed; gives the value back where it is not.
fn to_text(value: Value, allowed: impl Fn(&Value) -> bool) -> Result<Value, Value> {
    if matches!(value, Value::Text(_)) {
        return Ok(value);
    }
    if allowed(&value) { Ok(Value::text(text_form(&value))) } else { Err(value) }
}

/// Whether a value that is no text may stand for a code: booleans and numbers without a fraction.
fn is_code(value: &Value) -> bool {
    match value {
        Value::Boolean(_) => true,
        Value::Number(number) => number.is_integral(),
        _ => false,
    }
}

/// A text, or the digits of an integral number, read with all date formats.
fn parse_date(value: &Value, dates: &DateFormats) -> Option<chrono::NaiveDateTime> {
    match value {
        Value::Text(text) => dates.parse_date(text),
        Value::Number(number) if number.is_integral() => dates.parse_date(&number.normalized().to_string()),
        _ => None,
    }
}

fn to_boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Boolean(flag) => Some(*flag),
        Value::Number(number) => Some(!number.is_zero()),
        Value::Text(text) => boolean_of_text(text.trim()),
        _ => None,
    }
}

/// The boolean that a text names, whatever its case: `1 t true y yes` and `0 f false n no` (V-19).
pub(crate) fn boolean_of_text(text: &str) -> Option<bool> {
    let is_one_of = |words: [&str; 5]| words.into_iter().any(|word| text.eq_ignore_ascii_case(word));
    if is_one_of(["1", "t", "true", "y", "yes"]) {
        return Some(true);
    }
    is_one_of(["0", "f", "false", "n", "no"]).then_some(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Coded;
    use crate::value::Object;

    fn cast_to(value: Value, factor_type: FactorType) -> Result<Value, &'static str> {
        cast(value, factor_type, &DateFormats::default()).map_err(|error| error.code())
    }

    #[test]
    fn errors_tell_their_cause() {
        assert_eq!(cast_to("".into(), FactorType::Number), Err("value-not-a-number"));
        assert_eq!(cast_to("1e99".into(), FactorType::Number), Err("value-number-out-of-range"));
        assert_eq!(cast_to(Value::Literal("1e99".into()), FactorType::Number), Err("value-number-out-of-range"));
        assert_eq!(cast_to("x".into(), FactorType::Date), Err("value-not-a-date"));
        assert_eq!(cast_to("x".into(), FactorType::Time), Err("value-not-a-time"));
        assert_eq!(cast_to(true.into(), FactorType::DateTime), Err("value-not-castable"));
        assert_eq!(cast_to(Value::Object(Object::new()), FactorType::Array), Err("value-not-castable"));
        assert_eq!(cast_to(Value::array(vec![]), FactorType::Number), Err("value-not-castable"));
    }

    #[test]
    fn integers_become_dates_by_their_digits() {
        let day = Value::Date("2024-01-02".parse().unwrap());
        assert_eq!(cast_to(20_240_102.into(), FactorType::Date), Ok(day.clone()));
        assert_eq!(cast_to(Value::Number("20240102.0".parse().unwrap()), FactorType::DateOfBirth), Ok(day));
        assert_eq!(cast_to(Value::Number("20240102.5".parse().unwrap()), FactorType::DateTime), Err("value-not-castable"));
    }

    #[test]
    fn codes_have_no_fraction() {
        assert_eq!(cast_to(Value::Number("5.0".parse().unwrap()), FactorType::Enum), Ok("5.0".into()));
        assert_eq!(cast_to(Value::Number("5.5".parse().unwrap()), FactorType::Enum), Err("value-not-castable"));
        assert_eq!(cast_to(" Yes ".into(), FactorType::Boolean), Ok(true.into()));
    }

    #[test]
    fn null_stays_null_for_every_type() {
        for factor_type in FactorType::ALL {
            assert_eq!(cast_to(Value::Null, *factor_type), Ok(Value::Null));
        }
    }
}
