//! Members of an event's document, asked for by name, with the place in every error.

use nightowl_core::value::{Object, Value, text_form};

use super::EventError;
use super::limits::RECORDS;

/// The object under a key.
pub(super) fn object<'a>(parent: &'a Object, key: &str, place: &str) -> Result<&'a Object, EventError> {
    match parent.get(key) {
        Some(Value::Object(object)) => Ok(object),
        other => Err(wrong(place, key, "an object", other)),
    }
}

/// The object under a key, where there is one.
pub(super) fn maybe_object<'a>(parent: &'a Object, key: &str) -> Option<&'a Object> {
    parent.get(key).and_then(Value::as_object)
}

/// The text under a key; it may not be blank.
pub(super) fn text<'a>(parent: &'a Object, key: &str, place: &str) -> Result<&'a str, EventError> {
    match parent.get(key) {
        Some(Value::Text(text)) if !text.trim().is_empty() => Ok(text),
        other => Err(wrong(place, key, "a text", other)),
    }
}

/// The text under a key, where there is one that is not blank.
pub(super) fn maybe_text<'a>(parent: &'a Object, key: &str) -> Option<&'a str> {
    parent.get(key).and_then(Value::as_text).filter(|text| !text.trim().is_empty())
}

/// The scalar under a key as text, where there is one.
pub(super) fn maybe_scalar(parent: &Object, key: &str) -> Option<String> {
    match parent.get(key)? {
        value @ (Value::Text(_) | Value::Number(_) | Value::Literal(_) | Value::Boolean(_)) => Some(text_form(value).into_owned()),
        _ => None,
    }
}

/// The list under a key, of bounded length.
pub(super) fn list<'a>(parent: &'a Object, key: &str, place: &str) -> Result<&'a [Value], EventError> {
    let items = match parent.get(key) {
        Some(Value::Array(items)) => items,
        other => return Err(wrong(place, key, "a list", other)),
    };
    bounded(items)
}

/// A list that has no more elements than an event may have.
pub(super) fn bounded(items: &[Value]) -> Result<&[Value], EventError> {
    if items.len() > RECORDS { Err(EventError::Limit { what: "the number of records", limit: RECORDS as u64 }) } else { Ok(items) }
}

/// An element of a list as an object.
pub(super) fn element<'a>(value: &'a Value, place: &str) -> Result<&'a Object, EventError> {
    value.as_object().ok_or_else(|| EventError::shape(place, format!("it is {}, where an object is expected", value.kind())))
}

/// Whether a key holds zero.
pub(super) fn is_zero(parent: &Object, key: &str) -> bool {
    parent.get(key).and_then(Value::as_number).is_some_and(nightowl_core::value::Decimal::is_zero)
}

fn wrong(place: &str, key: &str, expected: &str, found: Option<&Value>) -> EventError {
    let found = found.map_or("missing", Value::kind);
    let at = if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") };
    EventError::shape(at, format!("it is {found}, where {expected} is expected"))
}
