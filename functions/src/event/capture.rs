//! Captured changes of tables as triggers, in both modes of a route's `capture` (surface.md §15.2.8).

use std::sync::Arc;

use nightowl_core::engine::{KeyedChange, KeyedRow};
use nightowl_core::value::{JsonStyle, Object, Value, json_text};

use super::record::{Body, ContentForm, Origin, Record};
use super::route::{Capture, Route};
use super::{Decoder, EventError};

/// A change of a row of a table, whoever captured it.
#[derive(Debug, Clone, Default)]
pub(super) struct Change {
    /// What was done, in the source's word: `PutRow`, `create`, ….
    pub(super) operation: String,
    /// What that means for a topic that is kept equal to the table.
    pub(super) kind: KeyedChange,
    /// When, as the source counts.
    pub(super) changed_at: Value,
    /// The key columns.
    pub(super) key: Object,
    /// The other columns.
    pub(super) row: Object,
    /// Columns that were deleted.
    pub(super) deleted: Vec<Arc<str>>,
    /// Older versions of columns that were deleted.
    pub(super) deleted_versions: Vec<(Arc<str>, Value)>,
    /// The version of each column.
    pub(super) versions: Object,
    /// Columns that the source did not tell: they stay as they are.
    pub(super) untold: Vec<Arc<str>>,
}

/// Adds the delivery of a change. `event` is kept of it where it fails.
pub(super) fn deliver(decoder: &Decoder<'_>, mut origin: Origin, change: &Change, event: Option<String>, out: &mut Vec<Record>) {
    let kept = || event.clone().unwrap_or_else(|| json_text(&Value::Object(journalled(change)), JsonStyle::Document));
    let Some((position, route)) = decoder.routes.find(&origin) else {
        let error = EventError::CodeMissing { from: origin.told() };
        return out.push(Record { body: Body::bad(error, ContentForm::Event, &kept()), origin });
    };
    if origin.key.is_none() {
        origin.key = Some(key_of(route, change));
    }
    let prepared = match route.capture {
        Capture::Changes if route.flatten => Ok((flat(change), None)),
        Capture::Changes => Ok((journalled(change), None)),
        Capture::Rows => as_row(position, route, change),
    };
    match prepared {
        Ok((data, keyed)) => decoder.complete(origin, Some((position, route)), &with_data(data), keyed, event, out),
        Err(error) => out.push(Record { body: Body::bad(error, ContentForm::Event, &kept()), origin }),
    }
}

/// A document that has nothing but data.
pub(super) fn with_data(data: Object) -> Object {
    [("data", Value::Object(data))].into_iter().collect()
}

/// Table route, key, moment and operation (surface.md §15.4).
fn key_of(route: &Route, change: &Change) -> String {
    let key = json_text(&Value::Object(change.key.clone()), JsonStyle::Document);
    let at = json_text(&change.changed_at, JsonStyle::Document);
    format!("{}:{key}@{at}@{}", route.code.as_deref().unwrap_or_default(), change.operation)
}

/// The change as an entry of a journal.
fn journalled(change: &Change) -> Object {
    let texts = |names: &[Arc<str>]| Value::array(names.iter().map(|name| Value::Text(Arc::clone(name))).collect());
    let version = |(name, version): &(Arc<str>, Value)| -> Value {
        Value::Object([("column", Value::Text(Arc::clone(name))), ("timestamp", version.clone())].into_iter().collect())
    };
    [
        ("op", Value::from(change.operation.as_str())),
        ("changedAt", change.changed_at.clone()),
        ("key", Value::Object(change.key.clone())),
        ("row", Value::Object(change.row.clone())),
        ("deleted", texts(&change.deleted)),
        ("deletedVersions", Value::array(change.deleted_versions.iter().map(version).collect())),
        ("versions", Value::Object(change.versions.clone())),
    ]
    .into_iter()
    .collect()
}

/// The change as one flat row: `flatten` of a route.
fn flat(change: &Change) -> Object {
    let mut data = change.key.clone();
    for (name, value) in change.row.iter() {
        data.insert(Arc::clone(name), value.clone());
    }
    data.insert("_op", Value::from(change.operation.as_str()));
    data.insert("_changed_at", change.changed_at.clone());
    data
}

/// The change as the row that it leaves in a topic that is kept equal to the table.
fn as_row(position: usize, route: &Route, change: &Change) -> Result<(Object, Option<KeyedRow>), EventError> {
    let mut data = Object::new();
    let mut key = Vec::with_capacity(route.key.len());
    for (column, factor) in &route.key {
        let value = change.key.get(column).or_else(|| change.row.get(column));
        let Some(value) = value.filter(|value| !value.is_null()) else {
            return Err(EventError::RouteMismatch { route: position + 1, reason: format!("the change has no value in key column \"{column}\"") });
        };
        key.push(Arc::<str>::from(factor.as_str()));
        data.insert(factor.as_str(), value.clone());
    }
    if key.is_empty() {
        return Err(EventError::RouteMismatch {
            route: position + 1,
            reason: "capture \"rows\" needs key, which names the factors of the key columns".to_owned(),
        });
    }
    let factor = |column: &Arc<str>| -> Arc<str> { route.fields.get(&**column).map_or_else(|| Arc::clone(column), |factor| factor.as_str().into()) };
    let is_key = |column: &Arc<str>| route.key.contains_key(&**column);
    for (column, value) in change.key.iter().chain(change.row.iter()).filter(|(column, _)| !is_key(column)) {
        data.insert(factor(column), value.clone());
    }
    for column in change.deleted.iter().filter(|column| !is_key(column)) {
        data.insert(factor(column), Value::Null);
    }
    if let Some(changed_at) = &route.changed_at {
        data.insert(changed_at.as_str(), change.changed_at.clone());
    }
    let kept = change.untold.iter().map(factor).collect();
    let changed_at = route.changed_at.as_deref().map(Arc::from);
    Ok((data, Some(KeyedRow { change: change.kind, key, kept, changed_at })))
}
