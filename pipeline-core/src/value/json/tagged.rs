//! A JSON form that loses nothing: kinds that JSON lacks are objects of one tag (values.md §10.1).
//!
//! `{"$decimal": "1.50"}`, `{"$date": "2024-01-02"}`, `{"$datetime": "2024-01-02T03:04:05"}`, `{"$time": "10:20:30"}`.
//! Integers of 64 bits are plain JSON numbers. An object that happens to look like a tag is wrapped as `{"$object": …}`.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use serde_json::{Map, Value as Json, json};

use super::read::from_json;
use super::write::digits;
use crate::value::text::{date_text, datetime_text, time_text};
use crate::value::{Object, Value};

/// The tags. An object of exactly one key that is one of these is a tagged value.
const TAGS: [&str; 5] = ["$decimal", "$date", "$datetime", "$time", "$object"];

/// A tag with something under it that it can not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{tag} holds {found}; write a text such as {example}")]
pub struct TagError {
    /// The tag.
    pub tag: String,
    /// What stands there.
    pub found: String,
    /// What would be right.
    pub example: &'static str,
}

/// The tagged form of a value.
pub fn to_tagged(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Boolean(flag) => Json::Bool(*flag),
        Value::Number(number) if number.scale() == 0 && number.to_i64().is_some() => digits(&number.to_string()),
        Value::Number(number) => json!({"$decimal": number.to_string()}),
        Value::Literal(literal) => json!({"$decimal": &**literal}),
        Value::Text(text) => Json::String((**text).to_owned()),
        Value::Date(date) => json!({"$date": date_text(*date)}),
        Value::DateTime(moment) => json!({"$datetime": datetime_text(*moment, 'T')}),
        Value::Time(time) => json!({"$time": time_text(*time)}),
        Value::Array(items) => Json::Array(items.iter().map(to_tagged).collect()),
        Value::Object(object) => {
            let members: Map<String, Json> = object.iter().map(|(name, member)| ((**name).to_owned(), to_tagged(member))).collect();
            if tag_of(&members).is_some() { json!({"$object": members}) } else { Json::Object(members) }
        }
    }
}

/// The value of a tagged form.
///
/// # Errors
/// [`TagError`] where a tag holds what it can not.
pub fn from_tagged(json: &Json) -> Result<Value, TagError> {
    match json {
        Json::Array(items) => Ok(Value::array(items.iter().map(from_tagged).collect::<Result<_, _>>()?)),
        Json::Object(members) => match tag_of(members) {
            Some(("$object", Json::Object(wrapped))) => object_of(wrapped),
            Some((tag, content)) => tagged(tag, content),
            None => object_of(members),
        },
        scalar => Ok(from_json(scalar)),
    }
}

/// The tag of an object and what stands under it, if the object is a tagged value.
fn tag_of(members: &Map<String, Json>) -> Option<(&'static str, &Json)> {
    let (name, content) = members.iter().next().filter(|_| members.len() == 1)?;
    TAGS.into_iter().find(|tag| tag == name).map(|tag| (tag, content))
}

fn object_of(members: &Map<String, Json>) -> Result<Value, TagError> {
    let mut object = Object::new();
    for (name, member) in members {
        object.insert(name.as_str(), from_tagged(member)?);
    }
    Ok(Value::Object(object))
}

fn tagged(tag: &'static str, content: &Json) -> Result<Value, TagError> {
    let text = content.as_str();
    let (value, example) = match tag {
        "$decimal" => (text.and_then(decimal_of), "\"1.50\""),
        "$date" => (text.and_then(|text| text.parse::<NaiveDate>().ok()).map(Value::Date), "\"2024-01-02\""),
        "$datetime" => (text.and_then(|text| text.parse::<NaiveDateTime>().ok()).map(Value::DateTime), "\"2024-01-02T03:04:05\""),
        "$time" => (text.and_then(|text| text.parse::<NaiveTime>().ok()).map(Value::Time), "\"10:20:30\""),
        _ => (None, "{\"$object\": {…}}"),
    };
    value.ok_or_else(|| TagError { tag: tag.to_owned(), found: content.to_string(), example })
}

/// A number with its scale; a JSON number literal beyond the bounds stays a literal.
fn decimal_of(text: &str) -> Option<Value> {
    match text.parse() {
        Ok(number) => Some(Value::Number(number)),
        Err(_) => serde_json::from_str::<serde_json::Number>(text).ok().map(|_| Value::Literal(text.into())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::value::{JsonStyle, json_text, read_json};

    fn any_value() -> impl Strategy<Value = Value> {
        let scalar = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (any::<i64>(), 0_u32..20).prop_map(|(digits, scale)| Value::Number(crate::value::Decimal::new(i128::from(digits), scale).unwrap())),
            ".{0,8}".prop_map(Value::from),
            (1_i32..3_000_000).prop_map(|day| Value::Date(NaiveDate::from_num_days_from_ce_opt(day).unwrap())),
            (0_i64..200_000_000_000, 0_u32..1_000_000)
                .prop_map(|(seconds, micro)| { Value::DateTime(chrono::DateTime::from_timestamp(seconds, micro * 1_000).unwrap().naive_utc()) }),
            (0_u32..86_400, 0_u32..1_000_000)
                .prop_map(|(seconds, micro)| Value::Time(NaiveTime::from_num_seconds_from_midnight_opt(seconds, micro * 1_000).unwrap())),
        ];
        scalar.prop_recursive(4, 32, 4, |inner| {
            let key = prop_oneof!["[a-c]{0,2}", Just("$date".to_owned()), Just("$object".to_owned())];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::array),
                prop::collection::vec((key, inner), 0..4).prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn nothing_is_lost(value in any_value()) {
            let text = to_tagged(&value).to_string();
            let again = from_tagged(&serde_json::from_str(&text).unwrap()).unwrap();
            prop_assert_eq!(json_text(&again, JsonStyle::Document), json_text(&value, JsonStyle::Document));
            prop_assert_eq!(again, value);
        }

        #[test]
        fn both_styles_are_json(value in any_value()) {
            for style in [JsonStyle::Document, JsonStyle::Wire] {
                let text = json_text(&value, style);
                prop_assert!(serde_json::from_str::<Json>(&text).is_ok(), "{}", text);
                let again = read_json(&text, 20).unwrap();
                prop_assert_eq!(json_text(&again, JsonStyle::Document), text);
            }
        }
    }

    #[test]
    fn every_kind_comes_back_as_it_was() {
        let moment = NaiveDate::from_ymd_opt(2024, 1, 2).unwrap().and_hms_micro_opt(3, 4, 5, 60).unwrap();
        let looks_like_a_tag: Object = [("$date", Value::from("x"))].into_iter().collect();
        let object: Object = [
            ("a", Value::Null),
            ("b", Value::from(true)),
            ("c", Value::from(i64::MAX)),
            ("d", Value::Number("1.10".parse().unwrap())),
            ("e", Value::Literal("1e400".into())),
            ("f", Value::Date(moment.date())),
            ("g", Value::DateTime(moment)),
            ("h", Value::Time(moment.time())),
            ("i", Value::array(vec![Value::from("text"), Value::Object(looks_like_a_tag)])),
        ]
        .into_iter()
        .collect();
        let value = Value::Object(object);
        let text = to_tagged(&value).to_string();
        let again = from_tagged(&serde_json::from_str(&text).unwrap()).unwrap();
        assert_eq!(again, value);
        assert_eq!(again.as_object().unwrap().get("d").unwrap().as_number().unwrap().scale(), 2);
    }

    #[test]
    fn unreadable_tags_are_errors() {
        for text in [r#"{"$date": "2024-13-01"}"#, r#"{"$decimal": "x"}"#, r#"{"$time": 5}"#, r#"{"$object": 1}"#] {
            assert!(from_tagged(&serde_json::from_str(text).unwrap()).is_err(), "{text}");
        }
        assert!(from_tagged(&json!({"$date": "x", "b": 1})).is_ok());
    }
}
