//! The text form of values, used in interpolation, `&join` and casts to text (values.md §1.1).

use std::borrow::Cow;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Timelike};

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
    date.format("%Y-%m-%d").to_string()
}

/// `HH:MM:SS`, with six digits of a second where they are not zero.
pub(crate) fn time_text(time: NaiveTime) -> String {
    if time.nanosecond() / 1_000 == 0 { time.format("%H:%M:%S").to_string() } else { time.format("%H:%M:%S%.6f").to_string() }
}

/// Date and time with `separator` between them.
pub(crate) fn datetime_text(moment: NaiveDateTime, separator: char) -> String {
    let mut text = date_text(moment.date());
    text.push(separator);
    text.push_str(&time_text(moment.time()));
    text
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
