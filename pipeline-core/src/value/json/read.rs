//! JSON to values: numbers from their digits, never through binary floating point (V-12).

use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};

use crate::error::{Coded, ErrorClass};
use crate::value::{Decimal, Object, Shape, Value};

/// The key under which serde_json hands over a number with all its digits.
const NUMBER_KEY: &str = "$serde_json::private::Number";

/// What an error says when a document nests too deep.
const TOO_DEEP: &str = "nests too deep";

/// Why a text is no JSON document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// The syntax is wrong (`trigger-not-json`).
    #[error("line {line}, column {column}: {reason}; send valid JSON")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 1.
        column: usize,
        /// What the parser says.
        reason: String,
    },
    /// The bytes are not UTF-8 (`trigger-not-json`).
    #[error("byte {offset} is not UTF-8; send JSON in UTF-8")]
    NotUtf8 {
        /// The offset of the first wrong byte.
        offset: usize,
    },
    /// Objects and arrays nest deeper than allowed (`limit-json-depth`).
    #[error("line {line}, column {column}: objects and arrays nest deeper than {limit}; flatten the document or raise limits.json_depth")]
    TooDeep {
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 1.
        column: usize,
        /// The bound, in levels.
        limit: usize,
    },
}

impl Coded for JsonError {
    fn code(&self) -> &'static str {
        match self {
            Self::Syntax { .. } | Self::NotUtf8 { .. } => "trigger-not-json",
            Self::TooDeep { .. } => "limit-json-depth",
        }
    }

    fn class(&self) -> ErrorClass {
        ErrorClass::Reject
    }
}

/// Reads one JSON document from bytes.
///
/// # Errors
/// See [`read_json`]; bytes that are not UTF-8 are an error of their own.
pub fn read_json_bytes(bytes: &[u8], depth: usize) -> Result<Value, JsonError> {
    let text = std::str::from_utf8(bytes).map_err(|error| JsonError::NotUtf8 { offset: error.valid_up_to() })?;
    read_json(text, depth)
}

/// Reads one JSON document. A number keeps its digits and its scale; one beyond [`Decimal`] becomes [`Value::Literal`]
/// (its exponent gets a `+` where it had no sign, that is how the parser hands it over).
/// Of equal keys the last one counts. `depth` is the number of levels of objects and arrays that are allowed; the parser
/// itself allows at most 127.
///
/// # Errors
/// [`JsonError::Syntax`] and [`JsonError::TooDeep`] with line and column.
pub fn read_json(text: &str, depth: usize) -> Result<Value, JsonError> {
    let mut parser = serde_json::Deserializer::from_str(text);
    let read = Level { remaining: depth }.deserialize(&mut parser).and_then(|value| parser.end().map(|()| value));
    read.map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let reason = error.to_string();
        if reason.starts_with(TOO_DEEP) || reason.starts_with("recursion limit exceeded") {
            return JsonError::TooDeep { line, column, limit: depth };
        }
        let reason = reason.split(" at line ").next().unwrap_or_default().to_owned();
        JsonError::Syntax { line, column, reason }
    })
}

/// The value of a JSON tree that was parsed elsewhere with exact numbers.
pub fn from_json(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(flag) => Value::Boolean(*flag),
        serde_json::Value::Number(digits) => number(digits.as_str()),
        serde_json::Value::String(text) => Value::text(text.as_str()),
        serde_json::Value::Array(items) => Value::array(items.iter().map(from_json).collect()),
        serde_json::Value::Object(members) => Value::Object(members.iter().map(|(name, member)| (name.as_str(), from_json(member))).collect()),
    }
}

/// A number from its digits.
fn number(digits: &str) -> Value {
    digits.parse::<Decimal>().map_or_else(|_| Value::Literal(digits.into()), Value::Number)
}

/// One level of a document; knows how many more levels may open below.
#[derive(Clone, Copy)]
struct Level {
    remaining: usize,
}

impl Level {
    fn below<E: serde::de::Error>(self) -> Result<Self, E> {
        self.remaining.checked_sub(1).map(|remaining| Self { remaining }).ok_or_else(|| E::custom(TOO_DEEP))
    }
}

impl<'de> DeserializeSeed<'de> for Level {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// A key, or the mark of a number.
struct Key;

/// What [`Key`] reads.
enum KeyOrNumber {
    Key(Arc<str>),
    Number,
}

impl<'de> DeserializeSeed<'de> for Key {
    type Value = KeyOrNumber;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<KeyOrNumber, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key {
    type Value = KeyOrNumber;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<KeyOrNumber, E> {
        Ok(if text == NUMBER_KEY { KeyOrNumber::Number } else { KeyOrNumber::Key(text.into()) })
    }
}

impl<'de> Visitor<'de> for Level {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Boolean(flag))
    }

    fn visit_i64<E>(self, integer: i64) -> Result<Value, E> {
        Ok(Value::from(integer))
    }

    fn visit_u64<E>(self, integer: u64) -> Result<Value, E> {
        Ok(number(&integer.to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::text(text))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut items = Vec::new();
        let mut shape: Option<Arc<Shape>> = None;
        while let Some(item) = elements.next_element_seed(below)? {
            items.push(share_shape(item, &mut shape));
        }
        Ok(Value::array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut names: Vec<Arc<str>> = Vec::new();
        let mut values: Vec<Value> = Vec::new();
        let mut below = None;
        while let Some(key) = members.next_key_seed(Key)? {
            let name = match key {
                KeyOrNumber::Key(name) => name,
                // The parser hands over a number as a map of this one key; a document may hold the key as well.
                KeyOrNumber::Number if names.is_empty() && below.is_none() => match number_or_member(&mut members, self)? {
                    Number::Number(value) => return Ok(value),
                    Number::Member(value) => {
                        below = Some(self.below()?);
                        names.push(NUMBER_KEY.into());
                        values.push(value);
                        continue;
                    }
                },
                KeyOrNumber::Number => NUMBER_KEY.into(),
            };
            let level = match below {
                Some(level) => level,
                None => *below.insert(self.below()?),
            };
            names.push(name);
            values.push(members.next_value_seed(level)?);
        }
        if below.is_none() {
            self.below::<A::Error>()?;
        }
        Ok(Value::Object(Object::from_members(names, values)))
    }
}

/// What stands under the mark of a number.
enum Number {
    Number(Value),
    Member(Value),
}

/// Reads what stands under the mark of a number: its digits, or whatever a document that holds this key has there.
fn number_or_member<'de, A: MapAccess<'de>>(members: &mut A, level: Level) -> Result<Number, A::Error> {
    let value = members.next_value_seed(Level { remaining: level.remaining.saturating_sub(1) })?;
    match &value {
        Value::Text(digits) if serde_json::from_str::<serde_json::Number>(digits).is_ok() => Ok(Number::Number(number(digits))),
        Value::Null | Value::Boolean(_) | Value::Number(_) | Value::Literal(_) | Value::Text(_) => Ok(Number::Member(value)),
        _ => level.below().map(|_: Level| Number::Member(value)),
    }
}

/// Lets consecutive objects of a list with the same names in the same order share one shape.
fn share_shape(item: Value, shape: &mut Option<Arc<Shape>>) -> Value {
    let Value::Object(object) = item else { return item };
    match shape {
        Some(known) if **known == **object.shape() => Value::Object(object.reshaped(known)),
        _ => {
            *shape = Some(Arc::clone(object.shape()));
            Value::Object(object)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::JSON_DEPTH;
    use crate::value::{JsonStyle, json_text};

    fn read(text: &str) -> Value {
        read_json(text, JSON_DEPTH).unwrap()
    }

    #[test]
    fn numbers_keep_their_digits() {
        assert_eq!(json_text(&read("[1.10, 0.1, 1E+3, -0.0, 12345678901234567890.5]"), JsonStyle::Document), "[1.10,0.1,1000,0.0,12345678901234567890.5]");
        assert_eq!(read("1e400"), Value::Literal("1e+400".into()));
        assert_eq!(json_text(&read("[123456789012345678901234567890123456789]"), JsonStyle::Document), "[123456789012345678901234567890123456789]");
    }

    #[test]
    fn keys_keep_their_order_and_the_last_of_equal_ones_counts() {
        assert_eq!(json_text(&read(r#"{"b":1,"a":2,"b":3}"#), JsonStyle::Document), r#"{"b":3,"a":2}"#);
        assert_eq!(read("{}"), Value::Object(Object::new()));
    }

    #[test]
    fn rows_of_a_list_share_their_shape() {
        let rows = read(r#"[{"a":1,"b":2},{"a":3,"b":4},{"b":1,"a":2}]"#);
        let shapes: Vec<_> = rows.as_array().unwrap().iter().map(|row| Arc::clone(row.as_object().unwrap().shape())).collect();
        assert!(Arc::ptr_eq(&shapes[0], &shapes[1]));
        assert!(!Arc::ptr_eq(&shapes[1], &shapes[2]));
    }

    #[test]
    fn mistakes_have_a_place() {
        let error = read_json("{\n \"a\": 1,\n}", 8).unwrap_err();
        assert_eq!(error.code(), "trigger-not-json");
        assert!(error.to_string().starts_with("line 3, column 1: "), "{error}");
        assert!(matches!(read_json("{} x", 8), Err(JsonError::Syntax { .. })));
        assert_eq!(read_json_bytes(b"\"a\xff\"", 8), Err(JsonError::NotUtf8 { offset: 2 }));
    }

    #[test]
    fn depth_is_bounded() {
        assert!(read_json("[[1]]", 2).is_ok());
        assert!(read_json("[{\"a\":1.5}]", 2).is_ok());
        assert_eq!(read_json("[[[]]]", 2).unwrap_err().code(), "limit-json-depth");
        assert_eq!(read_json("[[{}]]", 2).unwrap_err().code(), "limit-json-depth");
        assert_eq!(read_json(&"[".repeat(100_000), JSON_DEPTH).unwrap_err().code(), "limit-json-depth");
    }

    #[test]
    fn the_parsers_own_mark_is_an_ordinary_key() {
        let value = read(r#"{"$serde_json::private::Number": "x", "b": 1}"#);
        assert_eq!(value.as_object().unwrap().len(), 2);
    }

    #[test]
    fn a_parsed_tree_gives_the_same_value() {
        let text = r#"{"a":[1.10,null,true,"x",{"b":1e400}]}"#;
        assert_eq!(from_json(&serde_json::from_str(text).unwrap()), read(text));
    }
}
