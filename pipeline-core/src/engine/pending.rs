//! The rest of a cascade as it is handed over: what waits, with rows in their exact kinds (engine.md §3.11).
//!
//! Format 1: `{"format": 1, "queue": [{"pipelineId", "previous", "current", "triggerType", "dataId", "depth"}],
//! "failed": […], "header": {…}}`, values tagged as in values.md §10.1.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::cascade::{Cascade, Queue};
use super::context::{Origin, RunContext};
use super::trigger::{committed, report};
use super::{Atomicity, Attempt, Engine, TriggerError, TriggerReport};
use crate::compile::Catalog;
use crate::model::TriggerType;
use crate::port::{PendingWork, TriggerHeader, TriggerStatus, UnitOfWork};
use crate::value::{Object, Value, json as value_json};

/// The stored form of a cascade.
pub(crate) struct PendingCascade;

impl PendingCascade {
    /// Writes what is left of a cascade, and what its header needs at the end.
    pub(crate) fn write(queue: &Queue, failed: &[String], header: &TriggerHeader) -> String {
        let row = |object: &Option<Object>| object.as_ref().map(|object| value_json::to_tagged(&Value::Object(object.clone())));
        let queue: Vec<Json> = queue
            .waiting()
            .map(|context| {
                json!({
                    "pipelineId": &*context.pipeline.pipeline_id, "previous": row(&context.previous), "current": row(&context.current),
                    "triggerType": context.trigger_type.as_str(), "dataId": context.data_id, "depth": context.depth,
                })
            })
            .collect();
        json!({
            "format": 1, "queue": queue, "failed": failed,
            "header": {"topicId": header.topic_id, "dataId": header.data_id, "triggerType": header.trigger_type.as_str(), "userId": header.user_id, "source": header.source},
        })
        .to_string()
    }
}

impl Engine {
    /// Goes on with a cascade that was handed over, or that a crash left, in the mode of the settings. Pipelines that are
    /// gone from the catalog are left out.
    ///
    /// In mode `action` each action commits by itself, and a run that a crash interrupted starts again from its first
    /// action. In the other modes all of it is one transaction, in which the pending row goes; the row of the trigger,
    /// which was answered for, stays even where mode `trigger` undoes every run. On an error the pending row, and
    /// `work` with it, is as it was committed last.
    pub async fn resume(
        &self,
        unit: &mut dyn UnitOfWork,
        catalog: &Arc<Catalog>,
        work: &mut PendingWork,
        attempt: Attempt,
    ) -> Result<TriggerReport, TriggerError> {
        unit.record_statements(self.records_details());
        let pending_id = work.pending_id;
        let unreadable = |reason: String| TriggerError::PendingUnreadable { pending_id, reason };
        let body: Json = serde_json::from_str(&work.body).map_err(|error| unreadable(error.to_string()))?;
        let entries = body.get("queue").and_then(Json::as_array).ok_or_else(|| unreadable("it has no queue".to_owned()))?;
        let mut waiting = Vec::new();
        for entry in entries {
            waiting.extend(read_context(entry, catalog).map_err(unreadable)?);
        }
        let mut header = read_header(work, body.get("header").unwrap_or(&Json::Null));
        let origin = Origin {
            catalog: Arc::clone(catalog),
            tenant_id: work.tenant_id.as_str().into(),
            trace_id: work.trace_id.as_str().into(),
            trigger_id: work.trigger_id,
            deadline: None,
        };
        let services = self.services(catalog);
        let mut cascade = Cascade::new(self, &services, &origin, attempt.locking, Queue::start(waiting, self.settings.limits.max_queue));
        cascade.failed_before(&texts(&body, "failed"));
        if self.settings.atomicity == Atomicity::Action && !cascade.is_empty() {
            unit.begin().await?;
            let taken = self.take(unit, work.pending_id).await;
            committed(unit, taken).await?;
            cascade.held(work.pending_id);
            self.work_off(unit, &mut cascade, &mut header, work).await?;
        } else {
            unit.begin().await?;
            let done = self.resume_inside(unit, &mut cascade, &mut header, work.pending_id).await;
            committed(unit, done).await?;
        }
        Ok(report(&header, cascade))
    }

    /// The rest of a cascade inside the open transaction, its pending row included.
    async fn resume_inside(
        &self,
        unit: &mut dyn UnitOfWork,
        cascade: &mut Cascade<'_>,
        header: &mut TriggerHeader,
        pending_id: i64,
    ) -> Result<(), TriggerError> {
        self.take(unit, pending_id).await?;
        if self.settings.atomicity == Atomicity::Trigger {
            unit.savepoint().await?;
            self.run_by_trigger(unit, cascade).await?;
        } else {
            self.run_by_pipeline(unit, cascade).await?;
        }
        self.finish(header, cascade);
        unit.update_trigger(header).await?;
        cascade.write_logs(unit).await?;
        Ok(unit.delete_pending(pending_id).await?)
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
