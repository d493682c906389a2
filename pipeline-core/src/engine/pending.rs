//! The rest of a cascade as it is handed over: what waits, with rows in their exact kinds (engine.md §3.11).
//!
//! Format 1: `{"format": 1, "target": data source or null, "queue": [{"pipelineId", "previous", "current", "triggerType",
//! "dataId", "depth"}], "failed": […], "header": {…}}`, values tagged as in values.md §10.1. A row with an empty queue
//! says that the cascade has ended, to the data source of the trigger's header.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::TriggerError;
use super::context::{Origin, RunContext};
use crate::compile::{Abroad, Catalog};
use crate::model::TriggerType;
use crate::port::{PendingWork, TriggerHeader, TriggerStatus};
use crate::value::{Object, Value, json as value_json};

/// A pending row of a cascade, read.
#[derive(Debug)]
pub(crate) struct PendingCascade {
    pending_id: i64,
    body: Json,
}

impl PendingCascade {
    /// Writes what is left of a cascade, and what its header needs at the end.
    pub(crate) fn write<'a>(
        target: Option<&str>,
        queue: impl Iterator<Item = &'a RunContext>,
        failed: &[String],
        header: &TriggerHeader,
        origin: &Origin,
    ) -> String {
        let row = |object: &Option<Object>| object.as_ref().map(|object| value_json::to_tagged(&Value::Object(object.clone())));
        let queue: Vec<Json> = queue
            .map(|context| {
                json!({
                    "pipelineId": &*context.pipeline.pipeline_id, "previous": row(&context.previous), "current": row(&context.current),
                    "triggerType": context.trigger_type.as_str(), "dataId": context.data_id, "depth": context.depth,
                })
            })
            .collect();
        json!({
            "format": 1, "target": target, "queue": queue, "failed": failed,
            "header": {
                "topicId": header.topic_id, "dataId": header.data_id, "triggerType": header.trigger_type.as_str(), "userId": header.user_id,
                "source": header.source, "home": origin.home.as_deref(),
            },
        })
        .to_string()
    }

    /// Reads a pending row.
    pub(crate) fn read(work: &PendingWork) -> Result<Self, TriggerError> {
        let pending_id = work.pending_id;
        let unreadable = |reason: String| TriggerError::PendingUnreadable { pending_id, reason };
        let body: Json = serde_json::from_str(&work.body).map_err(|error| unreadable(error.to_string()))?;
        if body.get("queue").and_then(Json::as_array).is_none() {
            return Err(unreadable("it has no queue".to_owned()));
        }
        Ok(Self { pending_id, body })
    }

    /// The data source on which it is to be done; `None` is the default store.
    pub(crate) fn target(&self) -> Option<Arc<str>> {
        self.body.get("target").and_then(Json::as_str).map(Into::into)
    }

    /// The pipelines that failed before.
    pub(crate) fn failed(&self) -> Vec<String> {
        list(&self.body, "failed").filter_map(Json::as_str).map(str::to_owned).collect()
    }

    /// The runs that wait. Pipelines that are gone from the catalog are left out.
    pub(crate) fn contexts(&self, catalog: &Catalog) -> Result<Vec<RunContext>, TriggerError> {
        let mut waiting = Vec::new();
        for entry in list(&self.body, "queue") {
            let context = read_context(entry, catalog);
            waiting.extend(context.map_err(|reason| TriggerError::PendingUnreadable { pending_id: self.pending_id, reason })?);
        }
        Ok(waiting)
    }

    /// Who the trigger runs for.
    pub(crate) fn origin(&self, work: &PendingWork, catalog: &Arc<Catalog>) -> Origin {
        Origin {
            catalog: Arc::clone(catalog),
            tenant_id: work.tenant_id.as_str().into(),
            trace_id: work.trace_id.as_str().into(),
            trigger_id: work.trigger_id,
            home: self.header_text("home").map(Into::into),
            deadline: None,
        }
    }

    /// The trigger's header, without its position.
    pub(crate) fn header(&self, work: &PendingWork) -> TriggerHeader {
        let text = |key: &str| self.header_text(key).unwrap_or_default().to_owned();
        TriggerHeader {
            trigger_id: work.trigger_id,
            tenant_id: work.tenant_id.clone(),
            trace_id: work.trace_id.clone(),
            topic_id: text("topicId"),
            data_id: self.body.get("header").and_then(|header| header.get("dataId")).and_then(Json::as_i64),
            trigger_type: TriggerType::parse(&text("triggerType")).unwrap_or(TriggerType::Insert),
            user_id: text("userId"),
            pat_key_id: None,
            source: text("source"),
            position_key: None,
            body_hash: None,
            status: TriggerStatus::Pending,
            failed_pipeline_ids: Vec::new(),
            finished_at: None,
            payload: None,
            error: None,
        }
    }

    fn header_text(&self, key: &str) -> Option<&str> {
        self.body.get("header")?.get(key)?.as_str()
    }
}

/// The data source on which pending work of a cascade is to be done; `None` is the default store.
pub fn target_of(work: &PendingWork) -> Result<Option<Arc<str>>, TriggerError> {
    PendingCascade::read(work).map(|cascade| cascade.target())
}

/// What pending work of a cascade may reach on other data sources than its target (engine.md §3.11, rule 2).
pub fn abroad_of(work: &PendingWork, catalog: &Catalog) -> Result<Abroad, TriggerError> {
    let cascade = PendingCascade::read(work)?;
    let ids = list(&cascade.body, "queue").filter_map(|entry| entry.get("pipelineId")?.as_str());
    let waiting = ids.filter_map(|id| catalog.pipeline(id));
    Ok(catalog.abroad_from(cascade.header_text("topicId").unwrap_or_default(), waiting, &cascade.target()))
}

fn list<'a>(json: &'a Json, key: &str) -> impl Iterator<Item = &'a Json> {
    json.get(key).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default().iter()
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
