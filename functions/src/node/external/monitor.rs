//! A log on its way to the tenant's monitor topic: an insert trigger with the trace id and the user of what it tells of
//! (engine.md §5.2).

use std::sync::Arc;

use nightowl_core::engine::{TriggerOutcome, TriggerRequest};
use nightowl_core::error::{Coded, ErrorClass};
use nightowl_core::model::TriggerType;
use nightowl_core::port::{PendingWork, StoreError};
use nightowl_core::value::{Object, Value, read_json_bytes};
use nightowl_storage::trace::{LogRecord, TraceStore};

use super::attempt::Failure;
use super::hand_over::Parts;
use crate::door::Position;
use crate::node::When;
use crate::node::stores::OpenStore;
use crate::trace::{definitions, log_document};

/// What the header of such a trigger names as its source.
const SOURCE: &str = "monitor";
/// How deep a log may nest: rows within actions within units within stages.
const LOG_DEPTH: usize = 1024;

/// Fires the trigger of a log. Its uid is its source position, so that a repetition stores it once.
pub(super) async fn pass_on(parts: &Parts, open: &OpenStore, work: &PendingWork) -> Result<(), Failure> {
    let traces = TraceStore::new(open.store.clone());
    let Some(log) = traces.log(work.ordinal).await.map_err(|error| retry_or_not(&error))? else {
        return Err(Failure::Never(format!("failed to pass log {} on: it is not there any more", work.ordinal)));
    };
    let user_id = user_of(parts, work.trigger_id).await.map_err(|error| retry_or_not(&error))?;
    let tenant = parts.catalogs.of(&work.tenant_id).await.map_err(|error| retry_or_not(&error))?;
    let Some(topic) = tenant.catalog.monitor_topic() else { return Ok(()) };
    let source = tenant.data_source(topic.data_source_id.as_deref()).map_err(|error| retry_or_not(&error))?;
    let store = parts.stores.of(source).await.map_err(|error| retry_or_not(&error))?;
    let request = TriggerRequest {
        catalog: Arc::clone(&tenant.catalog),
        tenant_id: work.tenant_id.as_str().into(),
        user_id: user_id.into(),
        pat_key_id: None,
        code: Arc::clone(&topic.name),
        trigger_type: TriggerType::Insert,
        data: document(parts, &log).await?,
        trace_id: Some(work.trace_id.as_str().into()),
        source: SOURCE.into(),
        position_key: Position::Key { key: log.uid.to_string(), body_hash: None }.key(&topic.name, &work.tenant_id).map(Into::into),
        ordered: None,
        body_hash: None,
        keyed: None,
        deadline: None,
    };
    let ticket = store.lane.submit(request, When::Now).await.map_err(|error| retry_or_not(&error))?;
    match ticket.outcome().await.map_err(|error| retry_or_not(&error))? {
        Ok(TriggerOutcome::Ran(report)) if !report.result.failed_pipeline_ids.is_empty() => {
            let failed = report.result.failed_pipeline_ids.join(", ");
            tracing::warn!(trace_id = work.trace_id, uid = log.uid, "pipelines {failed} of the monitor topic failed");
            Ok(())
        }
        Ok(_) => Ok(()),
        Err(error) => Err(retry_or_not(&error)),
    }
}

/// Who fired a trigger. Its header may lie on another data source than the log.
async fn user_of(parts: &Parts, trigger_id: i64) -> Result<String, StoreError> {
    for open in parts.stores.open() {
        if let Some(header) = TraceStore::new(open.store).trigger(trigger_id).await? {
            return Ok(header.user_id);
        }
    }
    Ok(String::new())
}

/// The log in Watchmen's shape, as trigger data.
async fn document(parts: &Parts, log: &LogRecord) -> Result<Object, Failure> {
    let definitions = definitions(&parts.stores.default_store().store, std::slice::from_ref(log)).await.map_err(|error| retry_or_not(&error))?;
    let text = log_document(log, &definitions).to_string();
    match read_json_bytes(text.as_bytes(), LOG_DEPTH) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) | Err(_) => Err(Failure::Never(format!("failed to pass log {} on: it can not be read", log.uid))),
    }
}

fn retry_or_not<E: Coded + std::fmt::Display>(error: &E) -> Failure {
    match error.class() {
        ErrorClass::Retry => Failure::Later(error.to_string()),
        ErrorClass::Reject | ErrorClass::Fatal | ErrorClass::Bug => Failure::Never(error.to_string()),
    }
}
