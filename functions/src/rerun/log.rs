//! Logs: their pipelines are run again with the rows that they hold (D-21).

use std::sync::Arc;

use nightowl_core::engine::{RerunRequest, TriggerError};
use nightowl_core::model::TriggerType;
use nightowl_core::value::json::from_json;
use nightowl_core::value::{Object, Value};
use nightowl_storage::trace::LogRecord;
use serde_json::Value as Json;

use super::carry_out::carry_out;
use super::find::find_log;
use super::{Asker, RerunError};
use crate::door::{DoorError, TriggerAnswer};
use crate::node::Node;

/// How many logs one request may hold.
const AT_ONCE: usize = 2000;

/// The rows that a log holds.
pub(super) struct RecordedRows {
    pub(super) previous: Option<Object>,
    pub(super) current: Option<Object>,
}

impl RecordedRows {
    /// Reads them, unchanged.
    pub(super) fn of(log: &LogRecord) -> Self {
        let body: Json = serde_json::from_str(&log.body).unwrap_or_default();
        let row = |key: &str| match body.get(key).map(from_json) {
            Some(Value::Object(object)) => Some(object),
            _ => None,
        };
        Self { previous: row("old"), current: row("new") }
    }

    /// What was done with the row, as far as the rows tell.
    pub(super) const fn trigger_type(&self) -> TriggerType {
        match (&self.previous, &self.current) {
            (_, None) => TriggerType::Delete,
            (None, Some(_)) => TriggerType::Insert,
            (Some(_), Some(_)) => TriggerType::Merge,
        }
    }
}

/// Runs the pipelines of logs again, in the order in which they are named, each under a new trace id. Unless all of them
/// are found nothing runs.
pub async fn rerun_logs(node: &Node, asker: &Asker, uids: &[String]) -> Result<Vec<TriggerAnswer>, DoorError> {
    if uids.len() > AT_ONCE {
        return Err(RerunError::TooManyLogs { count: uids.len(), limit: AT_ONCE }.into());
    }
    let mut logs = Vec::with_capacity(uids.len());
    for uid in uids {
        let not_found = || RerunError::LogNotFound { uid: uid.clone() };
        let number = uid.trim().parse().map_err(|_| not_found())?;
        logs.push(find_log(node, &asker.tenant_id, number).await?.ok_or_else(not_found)?);
    }
    let mut answers = Vec::with_capacity(logs.len());
    for log in &logs {
        let mut answer = rerun_log(node, asker, log).await?;
        answer.log_id = Some(log.uid.to_string());
        answers.push(answer);
    }
    Ok(answers)
}

async fn rerun_log(node: &Node, asker: &Asker, log: &LogRecord) -> Result<TriggerAnswer, DoorError> {
    let tenant = node.catalogs.of(&asker.tenant_id).await?;
    let topic = tenant.catalog.topic(&log.topic_id).ok_or_else(|| TriggerError::TopicNotFound { code: log.topic_id.clone() })?;
    let pipeline = tenant.catalog.pipeline(&log.pipeline_id);
    let pipeline = pipeline.ok_or_else(|| RerunError::PipelineNotFound { pipeline_id: log.pipeline_id.clone() })?;
    let open = node.stores.of(tenant.data_source(topic.data_source_id.as_deref())?).await?;
    let rows = RecordedRows::of(log);
    let request = RerunRequest {
        catalog: Arc::clone(&tenant.catalog),
        tenant_id: Arc::clone(&asker.tenant_id),
        user_id: Arc::clone(&asker.user_id),
        pat_key_id: asker.pat_key_id.clone(),
        topic: Arc::clone(topic),
        data_id: log.data_id,
        trigger_type: rows.trigger_type(),
        previous: rows.previous,
        current: rows.current,
        pipeline_id: Some(Arc::clone(&pipeline.pipeline_id)),
        trace_id: None,
    };
    carry_out(node, &open, request).await
}
