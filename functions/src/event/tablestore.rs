//! Alibaba Tablestore streams, `Sync-v1`, from JSON and from CBOR (surface.md §15.2.8).

use std::sync::Arc;

use nightowl_core::engine::KeyedChange;
use nightowl_core::value::{Decimal, JsonStyle, Object, Value, json_text};

use super::capture::{self, Change};
use super::fields::{element, list, object, text as required};
use super::record::{Body, ContentForm, Origin, Outer, Record};
use super::{Decoder, EventError, EventSource};

/// `{"Version": "Sync-v1", "Records": [{"Type", "Info", "PrimaryKey", "Columns"}]}`.
pub(super) fn decode(decoder: &Decoder<'_>, document: &Object, outer: &Outer, out: &mut Vec<Record>) -> Result<(), EventError> {
    if required(document, "Version", "")? != "Sync-v1" {
        return Err(EventError::shape("Version", "only Sync-v1 is known"));
    }
    for (index, value) in list(document, "Records", "")?.iter().enumerate() {
        let origin = Origin::inside(outer, EventSource::Tablestore);
        let event: Object = [("Version", Value::from("Sync-v1")), ("Records", Value::array(vec![value.clone()]))].into_iter().collect();
        let event = json_text(&Value::Object(event), JsonStyle::Document);
        match change(value, &format!("Records[{index}]")) {
            Ok(change) => capture::deliver(decoder, origin, &change, Some(event), out),
            Err(error) => out.push(Record { origin, body: Body::bad(error, ContentForm::Event, &event) }),
        }
    }
    Ok(())
}

fn change(value: &Value, place: &str) -> Result<Change, EventError> {
    let record = element(value, place)?;
    let operation = required(record, "Type", place)?;
    let kind = match operation {
        "PutRow" => KeyedChange::Put,
        "UpdateRow" => KeyedChange::Update,
        "DeleteRow" => KeyedChange::Delete,
        _ => return Err(EventError::shape(format!("{place}.Type"), "only PutRow, UpdateRow and DeleteRow are known")),
    };
    let changed_at = match object(record, "Info", place)?.get("Timestamp") {
        Some(number @ Value::Number(_)) => number.clone(),
        other => {
            return Err(EventError::shape(
                format!("{place}.Info.Timestamp"),
                format!("it is {}, where a number is expected", other.map_or("missing", Value::kind)),
            ));
        }
    };
    let mut key = Object::new();
    for (index, column) in list(record, "PrimaryKey", place)?.iter().enumerate() {
        let place = format!("{place}.PrimaryKey[{index}]");
        let column = element(column, &place)?;
        let name = required(column, "ColumnName", &place)?;
        match column.get("Value") {
            Some(value @ (Value::Number(_) | Value::Literal(_) | Value::Text(_))) => key.insert(name, value.clone()),
            other => {
                return Err(EventError::shape(
                    format!("{place}.Value"),
                    format!("it is {}, where a number or a text is expected", other.map_or("missing", Value::kind)),
                ));
            }
        }
    }
    if key.is_empty() {
        return Err(EventError::shape(format!("{place}.PrimaryKey"), "it has no column"));
    }
    let mut change = Change { operation: operation.to_owned(), kind, changed_at, key, ..Change::default() };
    if kind != KeyedChange::Delete && record.get("Columns").is_some_and(|columns| !columns.is_null()) {
        columns(list(record, "Columns", place)?, place, &mut change)?;
    }
    Ok(change)
}

/// What is done with a cell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CellChange {
    Put,
    DeleteOne,
    DeleteAll,
}

/// The cells of a record. Of several puts of a column the highest version wins, of equal ones the later entry; a deletion
/// of all versions takes away what was put before it.
fn columns(cells: &[Value], place: &str, change: &mut Change) -> Result<(), EventError> {
    for (index, value) in cells.iter().enumerate() {
        let place = format!("{place}.Columns[{index}]");
        let cell = element(value, &place)?;
        let name: Arc<str> = required(cell, "ColumnName", &place)?.into();
        let what = match cell.get("Type").filter(|kind| !kind.is_null()) {
            None => CellChange::Put,
            Some(Value::Text(kind)) => match &**kind {
                "Put" | "PutOneVersion" => CellChange::Put,
                "DeleteOneVersion" => CellChange::DeleteOne,
                "DeleteAllVersions" => CellChange::DeleteAll,
                _ => return Err(EventError::shape(format!("{place}.Type"), "only Put, PutOneVersion, DeleteOneVersion and DeleteAllVersions are known")),
            },
            Some(other) => return Err(EventError::shape(format!("{place}.Type"), format!("it is {}, where a text is expected", other.kind()))),
        };
        let version = match cell.get("Timestamp") {
            Some(Value::Number(number)) => Some(*number),
            None | Some(Value::Null) => None,
            Some(other) => return Err(EventError::shape(format!("{place}.Timestamp"), format!("it is {}, where a number is expected", other.kind()))),
        };
        match what {
            CellChange::Put => put(change, &name, cell.get("Value").cloned().unwrap_or_default(), version),
            CellChange::DeleteOne => change.deleted_versions.push((name, version.map_or(Value::Null, Value::Number))),
            CellChange::DeleteAll => {
                change.row.remove(&name);
                change.versions.remove(&name);
                if !change.deleted.contains(&name) {
                    change.deleted.push(name);
                }
            }
        }
    }
    Ok(())
}

fn put(change: &mut Change, name: &Arc<str>, value: Value, version: Option<Decimal>) {
    let earlier = change.versions.get(name).and_then(Value::as_number).copied();
    if let (Some(earlier), Some(version)) = (earlier, version)
        && version < earlier
    {
        return;
    }
    change.deleted.retain(|deleted| deleted != name);
    change.row.insert(Arc::clone(name), value);
    change.versions.insert(Arc::clone(name), version.map_or(Value::Null, Value::Number));
}
