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
    push_date(&mut text, date);
    text
}

/// `HH:MM:SS`, with six digits of a second where they are not zero.
pub(crate) fn time_text(time: NaiveTime) -> String {
    let mut text = String::with_capacity(15);
    push_time(&mut text, time);
    text
}

/// Date and time with `separator` between them.
pub(crate) fn datetime_text(moment: NaiveDateTime, separator: char) -> String {
    let mut text = String::with_capacity(26);
    push_date(&mut text, moment.date());
    text.push(separator);
    push_time(&mut text, moment.time());
    text
}

/// Appends a day. Every row has several dates, so the digits are written without a format that is read each time.
fn push_date(text: &mut String, date: NaiveDate) {
    let Ok(year) = u32::try_from(date.year()) else { return text.push_str(&date.format("%Y-%m-%d").to_string()) };
    if year > 9_999 {
        return text.push_str(&date.format("%Y-%m-%d").to_string());
    }
    push_digits(text, year, 4);
    text.push('-');
    push_digits(text, date.month(), 2);
    text.push('-');
    push_digits(text, date.day(), 2);
}

fn push_time(text: &mut String, time: NaiveTime) {
    let micros = time.nanosecond() / 1_000;
    if micros >= 1_000_000 {
        return text.push_str(&time.format("%H:%M:%S%.6f").to_string());
    }
    push_digits(text, time.hour(), 2);
    text.push(':');
    push_digits(text, time.minute(), 2);
    text.push(':');
    push_digits(text, time.second(), 2);
    if micros > 0 {
        text.push('.');
        push_digits(text, micros, 6);
    }
}

/// Appends a number with leading zeros.
fn push_digits(text: &mut String, number: u32, width: u32) {
    for place in (0..width).rev() {
        let digit = number / 10_u32.pow(place) % 10;
        text.push(char::from(b'0' + u8::try_from(digit).unwrap_or(0)));
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
