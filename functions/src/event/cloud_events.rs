//! CloudEvents 1.0 (surface.md §15.2.10), and what others wrap in them.

use nightowl_core::limits::JSON_DEPTH;
use nightowl_core::value::{Object, Value, read_json, text_form};

use super::fields::{maybe_object, maybe_text, text as required};
use super::record::{Body, ContentForm, Origin, Outer, Record};
use super::text::{base64, percent_decoded};
use super::{Decoder, EventError, EventSource, debezium, mns, oss};

/// Members that are no attributes for a trigger.
const CONTENT: [&str; 4] = ["data", "data_base64", "specversion", "datacontenttype"];
/// What the type of Debezium's own CloudEvents begins with.
const DEBEZIUM: &str = "io.debezium.connector.";

/// A structured event; lists are taken apart before.
pub(super) fn decode(decoder: &Decoder<'_>, event: &Object, outer: &Outer, out: &mut Vec<Record>) -> Result<(), EventError> {
    for attribute in ["specversion", "id", "source", "type"] {
        required(event, attribute, "")?;
    }
    let data = maybe_object(event, "data");
    if let Some(data) = data.filter(|data| data.contains("oss") || data.contains("events") || maybe_text(data, "eventSource") == Some("acs:oss")) {
        return oss::of_cloud_event(event, data, outer, out);
    }
    let kind = maybe_text(event, "type").unwrap_or_default();
    if kind.starts_with("mns:") {
        return mns::of_cloud_event(decoder, event, outer, out);
    }
    let mut origin = Origin::inside(outer, EventSource::CloudEvents);
    origin.key = Some(format!("{}@{}", maybe_text(event, "source").unwrap_or_default(), maybe_text(event, "id").unwrap_or_default()));
    for (name, value) in event.iter().filter(|(name, _)| !CONTENT.contains(&&***name)) {
        // `type` is the event's, not the trigger's: a trigger's is `triggertype`
        if matches!(value, Value::Text(_) | Value::Boolean(_) | Value::Number(_)) {
            origin.attributes.add(name, text_form(value));
        }
    }
    if kind.starts_with(DEBEZIUM) {
        debezium::of_cloud_event(decoder, &origin, event, out);
        return Ok(());
    }
    content(decoder, origin, event, out)
}

fn content(decoder: &Decoder<'_>, origin: Origin, event: &Object, out: &mut Vec<Record>) -> Result<(), EventError> {
    let is_json = maybe_text(event, "datacontenttype").is_none_or(is_json);
    match (event.get("data").filter(|data| !data.is_null()), maybe_text(event, "data_base64")) {
        (Some(_), Some(_)) => return Err(EventError::shape("data_base64", "it excludes data, which is there as well")),
        (Some(Value::Text(text)), None) if !is_json => decoder.message(origin, text, out),
        (Some(Value::Text(text)), None) => match read_json(text, JSON_DEPTH) {
            Ok(document) => decoder.content(&origin, &document, out),
            Err(_) => decoder.message(origin, text, out),
        },
        (Some(data), None) => decoder.content(&origin, data, out),
        (None, Some(encoded)) => {
            let bytes = base64(encoded).ok_or_else(|| EventError::shape("data_base64", "it is no base64"))?;
            match String::from_utf8(bytes) {
                Ok(text) => decoder.message(origin, &text, out),
                Err(_) => return Err(EventError::shape("data_base64", "decoded, it is not UTF-8")),
            }
        }
        (None, None) => out.push(Record { body: Body::bad(EventError::DataMissing, ContentForm::Delivery, ""), origin }),
    }
    Ok(())
}

/// Whether a content type says JSON.
fn is_json(content_type: &str) -> bool {
    let media = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media.ends_with("/json") || media.ends_with("+json")
}

/// The structured event of a binary one over HTTP: `ce-…` headers are its attributes, the body its data. `None` where the
/// request is none.
///
/// # Errors
/// A header whose value does not decode.
pub fn of_binary<'h>(headers: impl Iterator<Item = (&'h str, &'h str)>, body: &[u8]) -> Result<Option<Object>, EventError> {
    let mut event = Object::new();
    let mut content_type = None;
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        if let Some(attribute) = name.strip_prefix("ce-") {
            let decoded = percent_decoded(&unquoted(value)).ok_or_else(|| EventError::shape(name.clone(), "decoded, it is not UTF-8"))?;
            event.insert(attribute, Value::from(decoded));
        } else if name == "content-type" {
            content_type = Some(value.to_owned());
        }
    }
    if !["specversion", "id", "source", "type"].iter().all(|attribute| event.contains(attribute)) {
        return Ok(None);
    }
    let json = content_type.as_deref().is_none_or(is_json);
    if let Some(content_type) = content_type {
        event.insert("datacontenttype", Value::from(content_type));
    }
    let text = String::from_utf8(body.to_vec()).map_err(|_| EventError::shape("the body", "it is not UTF-8"))?;
    if !text.is_empty() {
        let data = if json { read_json(&text, JSON_DEPTH).unwrap_or_else(|_| Value::from(text)) } else { Value::from(text) };
        event.insert("data", data);
    }
    Ok(Some(event))
}

/// A header's value without the quotes around it and the backslashes in it.
fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return value.to_owned() };
    let mut text = String::with_capacity(inner.len());
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        text.extend(if letter == '\\' { letters.next() } else { Some(letter) });
    }
    text
}
