//! Values to compact JSON in one of two styles (values.md §1.1, engine.md §1.9).

use crate::value::text::{date_text, datetime_text, time_text};
use crate::value::{Decimal, Value};

/// Above this magnitude a decimal with digits after the point is a text on the wire.
const LARGEST_DECIMAL_ON_THE_WIRE: i64 = 999_999_999_999_999;

/// How numbers are written. Dates are ISO texts with `T` in both styles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonStyle {
    /// Numbers as they are held, scale kept: for stored documents and texts.
    Document,
    /// As the reference answers: integers plain, decimals without superfluous zeros, decimals above
    /// 999 999 999 999 999 as texts.
    Wire,
}

/// How one number is written.
enum Written {
    Plain(Decimal),
    Text(Decimal),
}

fn written(number: &Decimal, style: JsonStyle) -> Written {
    if style == JsonStyle::Document || number.scale() == 0 {
        return Written::Plain(*number);
    }
    let shortest = number.normalized();
    if number.abs() <= Decimal::from(LARGEST_DECIMAL_ON_THE_WIRE) {
        return Written::Plain(shortest);
    }
    // An integral one is the text of an integer (values.md §1.1).
    Written::Text(if shortest.scale() == 0 { shortest } else { *number })
}

/// The compact JSON text of a value.
pub fn json_text(value: &Value, style: JsonStyle) -> String {
    let mut out = String::new();
    write_json(value, style, &mut out);
    out
}

/// Appends the compact JSON text of a value.
pub fn write_json(value: &Value, style: JsonStyle, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Boolean(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => match written(number, style) {
            Written::Plain(number) => out.push_str(&number.to_string()),
            Written::Text(number) => write_quoted(&number.to_string(), out),
        },
        Value::Literal(digits) => out.push_str(digits),
        Value::Text(text) => write_quoted(text, out),
        Value::Date(date) => write_quoted(&date_text(*date), out),
        Value::DateTime(moment) => write_quoted(&datetime_text(*moment, 'T'), out),
        Value::Time(time) => write_quoted(&time_text(*time), out),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_json(item, style, out);
            }
            out.push(']');
        }
        Value::Object(object) => {
            out.push('{');
            for (index, (name, member)) in object.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_quoted(name, out);
                out.push(':');
                write_json(member, style, out);
            }
            out.push('}');
        }
    }
}

/// Appends a text in quotes, with the escapes that JSON requires and no others.
fn write_quoted(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    // What needs no escape is copied as a whole; all that needs one is a single byte.
    while let Some(plain) = rest.bytes().position(|byte| byte < b' ' || matches!(byte, b'"' | b'\\')) {
        let (before, from) = rest.split_at(plain);
        out.push_str(before);
        let mut following = from.chars();
        match following.next() {
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some(escaped @ ('"' | '\\')) => out.extend(['\\', escaped]),
            Some(control) => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            None => {}
        }
        rest = following.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

/// The JSON tree of a value.
pub fn to_json(value: &Value, style: JsonStyle) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Boolean(flag) => serde_json::Value::Bool(*flag),
        Value::Number(number) => match written(number, style) {
            Written::Plain(number) => digits(&number.to_string()),
            Written::Text(number) => serde_json::Value::String(number.to_string()),
        },
        Value::Literal(literal) => digits(literal),
        Value::Text(text) => serde_json::Value::String((**text).to_owned()),
        Value::Date(date) => serde_json::Value::String(date_text(*date)),
        Value::DateTime(moment) => serde_json::Value::String(datetime_text(*moment, 'T')),
        Value::Time(time) => serde_json::Value::String(time_text(*time)),
        Value::Array(items) => serde_json::Value::Array(items.iter().map(|item| to_json(item, style)).collect()),
        Value::Object(object) => serde_json::Value::Object(object.iter().map(|(name, member)| ((**name).to_owned(), to_json(member, style))).collect()),
    }
}

/// A JSON number of these digits; what is none, which no value holds, stays a text.
pub(super) fn digits(text: &str) -> serde_json::Value {
    serde_json::from_str::<serde_json::Number>(text).map_or_else(|_| serde_json::Value::String(text.to_owned()), serde_json::Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::read_json;

    fn both(text: &str) -> (String, String) {
        let value = read_json(text, 10).unwrap();
        assert_eq!(serde_json::to_string(&to_json(&value, JsonStyle::Wire)).unwrap(), json_text(&value, JsonStyle::Wire));
        (json_text(&value, JsonStyle::Document), json_text(&value, JsonStyle::Wire))
    }

    #[test]
    fn the_wire_has_the_numbers_of_the_reference() {
        for (text, document, wire) in [
            ("1.10", "1.10", "1.1"),
            ("12.00", "12.00", "12"),
            ("9007199254740993", "9007199254740993", "9007199254740993"),
            ("1000000000000000.5", "1000000000000000.5", "\"1000000000000000.5\""),
            ("1000000000000000.50", "1000000000000000.50", "\"1000000000000000.50\""),
            ("999999999999999.0", "999999999999999.0", "999999999999999"),
            ("-1000000000000000.00", "-1000000000000000.00", "\"-1000000000000000\""),
        ] {
            assert_eq!(both(text), (document.to_owned(), wire.to_owned()));
        }
    }

    #[test]
    fn texts_are_escaped_as_required() {
        let value = Value::from("\u{1}\"\\\n\té中\u{7f}");
        let text = json_text(&value, JsonStyle::Document);
        assert_eq!(text, "\"\\u0001\\\"\\\\\\n\\té中\u{7f}\"");
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), "\u{1}\"\\\n\té中\u{7f}");
    }

    #[test]
    fn dates_are_iso_texts() {
        let moment = chrono::NaiveDate::from_ymd_opt(2024, 1, 2).unwrap().and_hms_micro_opt(3, 4, 5, 60).unwrap();
        let value = Value::array(vec![Value::Date(moment.date()), Value::DateTime(moment), Value::Time(moment.time())]);
        assert_eq!(json_text(&value, JsonStyle::Wire), r#"["2024-01-02","2024-01-02T03:04:05.000060","03:04:05.000060"]"#);
    }
}
