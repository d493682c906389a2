//! The rest of a cascade as it is handed over: what waits, with rows in their exact kinds (engine.md §3.11).
//!
//! Format 1: `{"format": 1, "queue": [{"pipelineId", "previous", "current", "triggerType", "dataId", "depth"}],
//! "failed": […], "header": {…}}`, values tagged as in values.md §10.1.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::cascade::{Cascade, Queue};
use super::context::{Origin, RunContext};
use super::{Attempt, Engine, TriggerError, TriggerReport};
use crate::compile::Catalog;
use crate::model::{TriggerResult, TriggerType};
use crate::port::{PendingWork, TriggerHeader, TriggerStatus, UnitOfWork};
use crate::value::{Object, Value, json as value_json};

/// The stored form of a cascade.
pub(crate) struct PendingCascade;

impl PendingCascade {
    /// Writes what is left of a cascade, and what its header needs at the end.
    pub(crate) fn write(cascade: &Cascade<'_>, header: &TriggerHeader) -> String {
        let row = |object: &Option<Object>| object.as_ref().map(|object| value_json::to_tagged(&Value::Object(object.clone())));
        let queue: Vec<Json> = cascade
            .queue()
            .waiting()
            .map(|context| {
                json!({
                    "pipelineId": &*context.pipeline.pipeline_id, "previous": row(&context.previous), "current": row(&context.current),
                    "triggerType": context.trigger_type.as_str(), "dataId": context.data_id, "depth": context.depth,
                })
            })
            .collect();
        json!({
            "format": 1, "queue": queue, "failed": cascade.failed_pipeline_ids(),
            "header": {"topicId": header.topic_id, "dataId": header.data_id, "triggerType": header.trigger_type.as_str(), "userId": header.user_id, "source": header.source},
        })
        .to_string()
    }
}

impl Engine {
    /// Goes on with a cascade that was handed over, or that a crash left: pipelines that are gone from the catalog are
    /// left out. Each action commits by itself; a run that a crash interrupted starts again from its first action.
    pub async fn resume(&self, unit: &mut dyn UnitOfWork, catalog: &Arc<Catalog>, work: &PendingWork, attempt: Attempt) -> Result<TriggerReport, TriggerError> {
        let unreadable = |reason: &str| TriggerError::PendingUnreadable { pending_id: work.pending_id, reason: reason.to_owned() };
        let body: Json = serde_json::from_str(&work.body).map_err(|error| unreadable(&error.to_string()))?;
        let origin = Origin {
            catalog: Arc::clone(catalog),
            tenant_id: work.tenant_id.as_str().into(),
            trace_id: work.trace_id.as_str().into(),
            trigger_id: work.trigger_id,
        };
        let mut waiting = Vec::new();
        for entry in body.get("queue").and_then(Json::as_array).ok_or_else(|| unreadable("it has no queue"))? {
            waiting.extend(read_context(entry, catalog).map_err(|reason| unreadable(&reason))?);
        }
        let failed: Vec<String> = texts(&body, "failed");
        let mut header = read_header(work, body.get("header").unwrap_or(&Json::Null));
        let services = self.services(catalog);
        let mut cascade = Cascade::new(self, &services, &origin, attempt.locking, Queue::start(waiting, self.settings.limits.max_queue));
        cascade.failed_before(&failed);
        if cascade.is_empty() {
            unit.begin().await?;
            unit.delete_pending(work.pending_id).await?;
            unit.commit().await?;
        }
        let done = self.work_off(unit, &mut cascade, &mut header, work.pending_id).await;
        if done.is_err() {
            unit.rollback().await?;
        }
        done?;
        Ok(TriggerReport {
            trigger_id: work.trigger_id,
            result: TriggerResult { trace_id: work.trace_id.clone(), data_id: header.data_id, failed_pipeline_ids: cascade.failed_pipeline_ids() },
            runs: cascade.runs(),
            handed_over: cascade.handed_over(),
            alarms: cascade.into_alarms(),
        })
    }
}

fn texts(json: &Json, key: &str) -> Vec<String> {
    json.get(key).and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
}

/// A waiting run; `None` where its pipeline is gone.
fn read_context(entry: &Json, catalog: &Catalog) -> Result<Option<RunContext>, String> {
    let text = |key: &str| entry.get(key).and_then(Json::as_str).ok_or_else(|| format!("an entry of its queue has no {key}"));
    let Some(pipeline) = catalog.pipeline(text("pipelineId")?) else { return Ok(None) };
    let row = |key: &str| match entry.get(key) {
        None | Some(Json::Null) => Ok(None),
        Some(json) => match value_json::from_tagged(json) {
            Ok(Value::Object(object)) => Ok(Some(object)),
            Ok(_) => Err(format!("{key} is no object")),
            Err(error) => Err(error.to_string()),
        },
    };
    Ok(Some(RunContext {
        pipeline: Arc::clone(pipeline),
        previous: row("previous")?,
        current: row("current")?,
        trigger_type: TriggerType::parse(text("triggerType")?).ok_or("an entry of its queue has an unknown trigger type")?,
        data_id: entry.get("dataId").and_then(Json::as_i64).unwrap_or(-1),
        depth: entry.get("depth").and_then(Json::as_u64).and_then(|depth| u32::try_from(depth).ok()).unwrap_or(0),
    }))
}

fn read_header(work: &PendingWork, json: &Json) -> TriggerHeader {
    let text = |key: &str| json.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
    TriggerHeader {
        trigger_id: work.trigger_id,
        tenant_id: work.tenant_id.clone(),
        trace_id: work.trace_id.clone(),
        topic_id: text("topicId"),
        data_id: json.get("dataId").and_then(Json::as_i64),
        trigger_type: TriggerType::parse(&text("triggerType")).unwrap_or(TriggerType::Insert),
        user_id: text("userId"),
        pat_key_id: None,
        source: text("source"),
        position_key: None,
        status: TriggerStatus::Pending,
        failed_pipeline_ids: Vec::new(),
        finished_at: None,
        payload: None,
        error: None,
    }
}
