//! The text form of values, used in interpolation, `&join` and casts to text (values.md §1.1).

use std::borrow::Cow;

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

use super::Value;
use super::json::{JsonStyle, json_text};

/// The text form of a value: null is empty (V-02), booleans `true` and `false` (V-03), numbers plain with their scale,
/// dates with a blank before the time, objects and arrays compact JSON.
pub fn text_form(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::Boolean(true) => Cow::Borrowed("true"),
        Value::Boolean(false) => Cow::Borrowed("false"),
        Value::Number(number) => Cow::Owned(number.to_string()),
        Value::Literal(text) | Value::Text(text) => Cow::Borrowed(text),
        Value::Date(date) => Cow::Owned(date_text(*date)),
        Value::DateTime(moment) => Cow::Owned(datetime_text(*moment, ' ')),
        Value::Time(time) => Cow::Owned(time_text(*time)),
        Value::Array(_) | Value::Object(_) => Cow::Owned(json_text(value, JsonStyle::Document)),
    }
}

/// `YYYY-MM-DD`.
pub(crate) fn date_text(date: NaiveDate) -> String {
    let mut text = String::with_capacity(10);
    push_date(date, &mut text);
    text
}

/// `HH:MM:SS`, with six digits of a second where they are not zero.
pub(crate) fn time_text(time: NaiveTime) -> String {
    let mut text = String::with_capacity(15);
    push_time(time, &mut text);
    text
}

/// Date and time with `separator` between them.
pub(crate) fn datetime_text(moment: NaiveDateTime, separator: char) -> String {
    let mut text = String::with_capacity(26);
    push_date(moment.date(), &mut text);
    text.push(separator);
    push_time(moment.time(), &mut text);
    text
}

// Every row has moments, so their digits are put one by one: a format that is read anew each time costs ten times as much.

fn push_date(date: NaiveDate, text: &mut String) {
    push_digits(date.year().unsigned_abs(), 4, text);
    text.push('-');
    push_digits(date.month(), 2, text);
    text.push('-');
    push_digits(date.day(), 2, text);
}

fn push_time(time: NaiveTime, text: &mut String) {
    push_digits(time.hour(), 2, text);
    text.push(':');
    push_digits(time.minute(), 2, text);
    text.push(':');
    push_digits(time.second(), 2, text);
    // A leap second counts on in its fraction, which is left out.
    let micros = time.nanosecond() % 1_000_000_000 / 1_000;
    if micros != 0 {
        text.push('.');
        push_digits(micros, 6, text);
    }
}

/// The last digits of a number, with zeros before it.
fn push_digits(number: u32, count: u32, text: &mut String) {
    for place in (0..count).rev() {
        let digit = number / 10_u32.pow(place) % 10;
        text.push(char::from_digit(digit, 10).unwrap_or('0'));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Object;

    #[test]
    fn every_kind_has_its_text() {
        let day = NaiveDate::from_ymd_opt(24, 1, 2).unwrap();
        let moment = day.and_hms_micro_opt(3, 4, 5, 600).unwrap();
        let object: Object = [("a", Value::array(vec![Value::Null, Value::from("\"x\"")]))].into_iter().collect();
        for (value, text) in [
            (Value::Null, ""),
            (Value::from(true), "true"),
            (Value::Number("1.10".parse().unwrap()), "1.10"),
            (Value::Literal("1e99".into()), "1e99"),
            (Value::Date(day), "0024-01-02"),
            (Value::DateTime(moment), "0024-01-02 03:04:05.000600"),
            (Value::DateTime(day.and_hms_opt(3, 4, 5).unwrap()), "0024-01-02 03:04:05"),
            (Value::Time(moment.time()), "03:04:05.000600"),
            (Value::from(object), r#"{"a":[null,"\"x\""]}"#),
        ] {
            assert_eq!(text_form(&value), text);
        }
    }
}
