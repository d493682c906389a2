//! A row on its way to a store of objects: one object a row, at a key that the row says, so that a repetition writes the same
//! once more (storage.md §18).

use std::collections::BTreeMap;

use nightowl_core::engine::ArchivedRow;
use nightowl_core::error::Coded as _;
use nightowl_core::port::PendingWork;
use nightowl_core::value::{JsonStyle, Value, json_text};

use super::attempt::Failure;
use super::hand_over::Parts;
use crate::object_storage::{ObjectError, Written};

/// What is stored beside the row.
const TRACE_ID: &str = "traceid";

/// Writes a row.
pub(super) async fn put(parts: &Parts, work: &PendingWork) -> Result<(), Failure> {
    let archived = ArchivedRow::read(&work.body).map_err(|reason| Failure::Never(format!("failed to read a handed-over row: {reason}")))?;
    let told = |reason: String| format!("failed to write a row of topic \"{}\" to data source \"{}\": {reason}", archived.topic, archived.data_source_id);
    let tenant = parts.catalogs.of(&work.tenant_id).await.map_err(|error| Failure::Later(error.to_string()))?;
    let source = tenant.data_sources.get(&archived.data_source_id);
    let source = source.ok_or_else(|| Failure::Later(told("the tenant has none of that id any more".to_owned())))?;
    let place = parts.archives.place_of(source).map_err(|reason| Failure::Later(told(reason)))?;
    let key = place.key(&archived.topic, &archived.row).map_err(|reason| Failure::Never(told(reason)))?;
    let content = json_text(&Value::Object(archived.row.clone()), JsonStyle::Wire).into_bytes();
    let is_plain = work.trace_id.bytes().all(|byte| byte.is_ascii_graphic());
    let metadata = BTreeMap::from([(TRACE_ID.to_owned(), work.trace_id.clone())]);
    let written = Written { content_type: Some("application/json".to_owned()), metadata: if is_plain { metadata } else { BTreeMap::new() } };
    let objects = parts.archives.objects.with_access(place.access);
    match objects.put(&place.bucket, &key, content, &written).await {
        Ok(_) => Ok(()),
        Err(error @ ObjectError::Invalid { .. }) => Err(Failure::Never(told(format!("{}: {error}", error.code())))),
        // A bucket may be made, a right be given: until then the row waits.
        Err(error) => Err(Failure::Later(told(format!("{}: {error}", error.code())))),
    }
}
