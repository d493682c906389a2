//! Values of the engine as values of columns, and back (storage.md §11.3).

use std::sync::Arc;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use nightowl_core::compile::{Column, ColumnKind};
use nightowl_core::limits::JSON_DEPTH;
use nightowl_core::port::StoreError;
use nightowl_core::value::{Decimal, DecimalError, JsonStyle, Value, json_text, read_json, text_form};

use super::SqlValue;

/// How many digits a number of ours has.
const MAX_DIGITS: usize = 38;

/// A value in the kind of its column. The row was checked and converted before (storage.md §12.8), so what does not fit
/// here is [`StoreError::ValueNotStorable`] without further attempts.
pub fn to_column(value: &Value, column: &Column) -> Result<SqlValue, StoreError> {
    to_kind(value, column.kind).ok_or_else(|| StoreError::ValueNotStorable {
        factor: column.key.to_string(),
        reason: format!("a {} does not fit a column of this type", value.kind()),
    })
}

/// A value in a column's kind, if it can be one without losing more than digits after the point.
pub fn to_kind(value: &Value, kind: ColumnKind) -> Option<SqlValue> {
    Some(match (kind, value) {
        (_, Value::Null) => SqlValue::Null,
        (ColumnKind::Integer { .. }, Value::Number(number)) => SqlValue::Integer(integer(number)?),
        (ColumnKind::Integer { .. } | ColumnKind::Boolean, Value::Boolean(flag)) => SqlValue::Integer(i64::from(*flag)),
        (ColumnKind::Boolean, Value::Number(number)) => SqlValue::Integer(i64::from(!number.is_zero())),
        (ColumnKind::Decimal { scale, .. }, Value::Number(number)) => SqlValue::Decimal(*number, scale),
        (ColumnKind::Text { .. }, Value::Text(text)) => SqlValue::Text(Arc::clone(text)),
        (ColumnKind::Date, Value::Date(day)) => SqlValue::Date(*day),
        (ColumnKind::Date, Value::DateTime(moment)) => SqlValue::Date(moment.date()),
        (ColumnKind::DateTime { .. }, Value::DateTime(moment)) => SqlValue::DateTime(*moment),
        (ColumnKind::DateTime { .. }, Value::Date(day)) => SqlValue::DateTime(NaiveDateTime::new(*day, NaiveTime::MIN)),
        (ColumnKind::Time, Value::Time(time)) => SqlValue::Time(*time),
        (ColumnKind::Json, _) => SqlValue::Json(json_text(value, JsonStyle::Document)),
        _ => return None,
    })
}

/// A value as it comes back from a column of this kind; what [`to_kind`] gave is read as the database would.
pub fn from_kind(value: &SqlValue, kind: ColumnKind) -> Option<Value> {
    Some(match (kind, value) {
        (_, SqlValue::Null) => Value::Null,
        (ColumnKind::Boolean, SqlValue::Integer(number)) => Value::Boolean(*number != 0),
        (_, SqlValue::Integer(number)) => Value::from(*number),
        (_, SqlValue::Decimal(number, scale)) => Value::Number(number.rescale(*scale).ok()?),
        (_, SqlValue::Text(text)) => Value::Text(Arc::clone(text)),
        (_, SqlValue::Date(day)) => Value::Date(*day),
        (_, SqlValue::DateTime(moment)) => Value::DateTime(*moment),
        (_, SqlValue::Time(time)) => Value::Time(*time),
        (_, SqlValue::Json(text)) => read_json(text, JSON_DEPTH).ok()?,
        (_, SqlValue::List(_)) => return None,
    })
}

/// The text of a bound value, as a recorded statement shows it.
pub fn to_text(value: &SqlValue) -> String {
    match value {
        SqlValue::Null => "null".to_owned(),
        SqlValue::Integer(number) => number.to_string(),
        SqlValue::Decimal(number, scale) => decimal_text(number, *scale),
        SqlValue::Text(text) => text.to_string(),
        SqlValue::Date(day) => date_text(*day),
        SqlValue::DateTime(moment) => date_time_text(*moment),
        SqlValue::Time(time) => time_text(*time),
        SqlValue::Json(text) => text.clone(),
        SqlValue::List(values) => values.iter().map(to_text).collect::<Vec<_>>().join(", "),
    }
}

/// An exact number with exactly `scale` digits after the point, rounded half away from zero; never `-0` (storage.md
/// §11.3).
pub fn decimal_text(number: &Decimal, scale: u8) -> String {
    let rounded = number.round_to_scale(scale);
    let mut text = rounded.to_string();
    if rounded.scale() < scale {
        if rounded.scale() == 0 {
            text.push('.');
        }
        text.extend(std::iter::repeat_n('0', usize::from(scale - rounded.scale())));
    }
    text
}

/// The integer that a number is, rounded half away from zero; none where 64 bits do not hold it.
pub fn integer(number: &Decimal) -> Option<i64> {
    number.round_to_scale(0).to_i64()
}

/// Reads a number that a database has computed: of more than 38 digits those at the end of the fraction are cut off.
pub fn read_number(text: &str) -> Option<Decimal> {
    match text.parse() {
        Ok(number) => Some(number),
        Err(DecimalError::OutOfRange) => {
            let (whole, _) = text.split_once('.')?;
            let digits = whole.trim_start_matches(['-', '0']).len();
            text.get(..whole.len() + 1 + MAX_DIGITS.checked_sub(digits)?)?.parse().ok()
        }
        Err(_) => None,
    }
}

/// `YYYY-MM-DD`.
pub fn date_text(day: NaiveDate) -> String {
    text_form(&Value::Date(day)).into_owned()
}

/// `YYYY-MM-DD HH:MM:SS`, plus six digits where there is a fraction.
pub fn date_time_text(moment: NaiveDateTime) -> String {
    text_form(&Value::DateTime(moment)).into_owned()
}

/// `HH:MM:SS`, plus six digits where there is a fraction.
pub fn time_text(time: NaiveTime) -> String {
    text_form(&Value::Time(time)).into_owned()
}

/// Reads the day of a stored text.
pub fn read_date(text: &str) -> Option<NaiveDate> {
    plain_date(text.as_bytes()).or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok())
}

/// Reads the moment of a stored text.
pub fn read_date_time(text: &str) -> Option<NaiveDateTime> {
    let read = plain_date_time(text.as_bytes()).or_else(|| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok());
    read.filter(|moment| !in_leap_second(moment))
}

/// Reads the time of day of a stored text.
pub fn read_time(text: &str) -> Option<NaiveTime> {
    let read = plain_time(text.as_bytes()).or_else(|| NaiveTime::parse_from_str(text, "%H:%M:%S%.f").ok());
    read.filter(|time| !in_leap_second(time))
}

/// Seconds go from 0 to 59 (values.md §7.1): what others have stored as second 60 is no time, and is not shown as another.
fn in_leap_second(time: &impl Timelike) -> bool {
    time.nanosecond() >= 1_000_000_000
}

// What we have written ourselves is read digit by digit, which costs a tenth of reading it by a format. Everything else
// that a column of an adopted database may hold is left to the formats.

/// `YYYY-MM-DD`.
fn plain_date(text: &[u8]) -> Option<NaiveDate> {
    let [year @ .., b'-', m, n, b'-', d, e] = text else { return None };
    let year = if year.len() == 4 { digits(year)? } else { return None };
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, digits(&[*m, *n])?, digits(&[*d, *e])?)
}

/// `YYYY-MM-DD HH:MM:SS`, perhaps with six digits of a second.
fn plain_date_time(text: &[u8]) -> Option<NaiveDateTime> {
    let (day, [b' ', time @ ..]) = text.split_at_checked(10)? else { return None };
    Some(NaiveDateTime::new(plain_date(day)?, plain_time(time)?))
}

/// `HH:MM:SS`, perhaps with six digits of a second.
fn plain_time(text: &[u8]) -> Option<NaiveTime> {
    let [h, i, b':', m, n, b':', s, t, fraction @ ..] = text else { return None };
    let micros = match fraction {
        [] => 0,
        [b'.', micros @ ..] if micros.len() == 6 => digits(micros)?,
        _ => return None,
    };
    NaiveTime::from_hms_micro_opt(digits(&[*h, *i])?, digits(&[*m, *n])?, digits(&[*s, *t])?, micros)
}

/// The number of a few ASCII digits.
fn digits(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_have_the_scale_of_their_column() {
        for (number, scale, text) in [
            ("0", 6, "0.000000"),
            ("-12", 2, "-12.00"),
            ("7", 0, "7"),
            ("-0.004", 2, "0.00"),
            ("0.005", 2, "0.01"),
            ("-1.25", 1, "-1.3"),
            ("12.5", 3, "12.500"),
        ] {
            assert_eq!(decimal_text(&number.parse().unwrap(), scale), text);
        }
    }

    #[test]
    fn what_is_stored_is_read_again() {
        let moment = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap().and_hms_micro_opt(23, 59, 59, 120).unwrap();
        assert_eq!(read_date_time(&date_time_text(moment)), Some(moment));
        assert_eq!(read_time(&time_text(moment.time())), Some(moment.time()));
        assert_eq!(read_date(&date_text(moment.date())), Some(moment.date()));
        for text in ["2024-02-29 23:59:59.5", "2024-2-9 1:2:3", "2024-02-30 00:00:00", "2024-02-29", "", "2024-02-29 00:00:00.1234567"] {
            assert_eq!(read_date_time(text), NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok(), "{text}");
        }
        assert_eq!((read_date_time("2024-02-29 23:59:60"), read_time("23:59:60.5")), (None, None));
        let json = to_kind(&Value::from("é\""), ColumnKind::Json).unwrap();
        assert_eq!(from_kind(&json, ColumnKind::Json), Some(Value::from("é\"")));
    }
}
