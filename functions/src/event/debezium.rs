//! Changes that Debezium captured: with or without the schema part, alone or in CloudEvents (surface.md §15.2.10).

use std::sync::Arc;

use nightowl_core::engine::KeyedChange;
use nightowl_core::limits::JSON_DEPTH;
use nightowl_core::value::{JsonStyle, Object, Value, json_text, read_json};

use super::capture::{self, Change};
use super::debezium_type::{Columns, is_untold};
use super::fields::{maybe_object, maybe_scalar, maybe_text};
use super::record::{Body, ContentForm, Origin, Record};
use super::{Decoder, EventError};

/// Adds the delivery of a message's value. `key` is the message's key, where the carrier has one.
pub(super) fn decode(decoder: &Decoder<'_>, origin: &Origin, key: Option<&Value>, document: &Object, out: &mut Vec<Record>) {
    let (schema, payload) = unwrapped(document);
    let Some(payload) = payload else {
        return out.push(Record { origin: origin.clone(), body: Body::Ignored("a tombstone") });
    };
    let Some(operation) = maybe_text(payload, "op") else {
        return out.push(Record { origin: origin.clone(), body: Body::Ignored("no change of a row: a schema change, a heartbeat or a mark") });
    };
    let (word, kind) = match operation {
        "c" => ("create", KeyedChange::Put),
        "r" => ("read", KeyedChange::Put),
        "u" => ("update", KeyedChange::Update),
        "d" => ("delete", KeyedChange::Delete),
        "t" | "m" => return out.push(Record { origin: origin.clone(), body: Body::Ignored("a truncation or a message of the source") }),
        _ => {
            let error = EventError::shape("op", "only c, r, u, d, t and m are known");
            return out.push(decoder.bad(origin.clone(), error, ContentForm::Event, &Value::Object(document.clone())));
        }
    };
    let types = decoder.routes.find(origin).map(|(_, route)| &route.types);
    let columns = Columns::of(schema, types);
    match change(decoder, origin, key, payload, &columns, (word, kind)) {
        Ok(change) => {
            let mut origin = origin.clone();
            origin.key = delivery_key(payload, &change, operation).or(origin.key);
            let event = json_text(&Value::Object(document.clone()), JsonStyle::Document);
            capture::deliver(decoder, origin, &change, Some(event), out);
        }
        Err(error) => out.push(decoder.bad(origin.clone(), error, ContentForm::Event, &Value::Object(document.clone()))),
    }
}

/// A CloudEvent that Debezium wrote: what it did stands in attributes, the rows in `data`.
pub(super) fn of_cloud_event(decoder: &Decoder<'_>, origin: &Origin, event: &Object, out: &mut Vec<Record>) {
    let data = maybe_object(event, "data").map(|data| unwrapped(data).1.unwrap_or(data)).cloned().unwrap_or_default();
    let attribute = |name: &str| maybe_scalar(event, &format!("iodebezium{name}"));
    let mut payload = if data.contains("before") || data.contains("after") { data } else { [("after", Value::Object(data))].into_iter().collect() };
    if let Some(operation) = attribute("op") {
        payload.insert("op", Value::from(operation));
    }
    let mut source = Object::new();
    for name in ["connector", "name", "db", "schema", "table", "lsn", "file", "pos", "row", "scn", "ssn"] {
        if let Some(value) = attribute(name) {
            source.insert(name, Value::from(value));
        }
    }
    if let Some(moment) = attribute("tsms") {
        payload.insert("ts_ms", moment.parse().map_or(Value::Null, Value::Number));
    }
    payload.insert("source", Value::Object(source));
    decode(decoder, origin, None, &payload, out);
}

/// The schema part and the payload, whichever way they came. No payload is a tombstone.
fn unwrapped(document: &Object) -> (Option<&Object>, Option<&Object>) {
    if document.contains("op") || !document.contains("payload") {
        return (None, Some(document));
    }
    (maybe_object(document, "schema"), maybe_object(document, "payload"))
}

fn change(
    decoder: &Decoder<'_>,
    origin: &Origin,
    key: Option<&Value>,
    payload: &Object,
    columns: &Columns,
    (word, kind): (&str, KeyedChange),
) -> Result<Change, EventError> {
    let before = row(payload, "before")?;
    let after = row(payload, "after")?;
    let mut change = Change { operation: word.to_owned(), kind, changed_at: changed_at(payload), ..Change::default() };
    let told = match kind {
        KeyedChange::Delete => None,
        KeyedChange::Put | KeyedChange::Update => Some(after.as_ref().ok_or_else(|| EventError::shape("after", "it is missing, where the row is expected"))?),
    };
    for (name, value) in told.into_iter().flat_map(Object::iter) {
        if is_untold(value) {
            change.untold.push(Arc::clone(name));
        } else {
            change.row.insert(Arc::clone(name), columns.value(name, value).map_err(|reason| EventError::shape(format!("after.{name}"), reason))?);
        }
    }
    let key_members = key.and_then(Value::as_object).map(|key| unwrapped(key).1.unwrap_or(key));
    if let Some(members) = key_members {
        for (name, value) in members.iter() {
            change.key.insert(Arc::clone(name), columns.value(name, value).map_err(|reason| EventError::shape(format!("key {name}"), reason))?);
        }
    } else if let Some((_, route)) = decoder.routes.find(origin) {
        for name in route.key.keys() {
            let stored = after.as_ref().and_then(|row| row.get(name)).or_else(|| before.as_ref()?.get(name));
            if let Some(value) = stored {
                change.key.insert(name.as_str(), columns.value(name, value).map_err(|reason| EventError::shape(format!("key {name}"), reason))?);
            }
        }
    }
    Ok(change)
}

/// A row image; MongoDB writes it as JSON text.
fn row(payload: &Object, name: &str) -> Result<Option<Object>, EventError> {
    match payload.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(row)) => Ok(Some(row.clone())),
        Some(Value::Text(text)) => match read_json(text, JSON_DEPTH) {
            Ok(Value::Object(row)) => Ok(Some(row)),
            _ => Err(EventError::shape(name, "it is a text that holds no object")),
        },
        Some(other) => Err(EventError::shape(name, format!("it is {}, where an object is expected", other.kind()))),
    }
}

/// When the row was changed: the source's own moment, else when it was captured. Milliseconds.
fn changed_at(payload: &Object) -> Value {
    let of_source = maybe_object(payload, "source").and_then(|source| source.get("ts_ms")).filter(|moment| !moment.is_null());
    of_source.or_else(|| payload.get("ts_ms")).cloned().unwrap_or_default()
}

/// Position in the source, table, key and operation; `None` where one of them is not known, so that the carrier's position
/// has to do. All rows of a snapshot may share a position, so it is never a key by itself.
fn delivery_key(payload: &Object, change: &Change, operation: &str) -> Option<String> {
    let source = maybe_object(payload, "source")?;
    if change.key.is_empty() {
        return None;
    }
    let parts: &[&str] = if source.contains("lsn") {
        &["lsn"]
    } else if source.contains("file") {
        &["file", "pos", "row"]
    } else if source.contains("commit_lsn") {
        &["commit_lsn", "change_lsn", "event_serial_no"]
    } else if source.contains("scn") {
        &["scn", "commit_scn", "ssn"]
    } else {
        return None;
    };
    let said: Vec<String> = parts.iter().filter_map(|part| maybe_scalar(source, part)).collect();
    if said.is_empty() {
        return None;
    }
    let table: Vec<&str> = ["db", "schema", "table"].iter().filter_map(|part| maybe_text(source, part)).collect();
    let key = json_text(&Value::Object(change.key.clone()), JsonStyle::Document);
    Some(format!("{}:{key}@{}@{operation}", table.join("."), said.join("/")))
}
