//! Traces put together: triggers, logs in Watchmen's shape, details (design.md §3, engine.md §5.1).

use std::collections::HashMap;

use nightowl_core::engine::{LogHead, restore};
use nightowl_core::model::{Pipeline, Problems};
use nightowl_storage::Store;
use nightowl_storage::meta::dead_letters::{self, DeadLetterCriteria};
use nightowl_storage::trace::{DefinitionRef, LogRecord, Trace, TraceStore, TriggerRecord, definitions_of};
use serde_json::{Value as Json, json};

use crate::node::{Node, NodeError};

/// How many dead letters of a trace are shown.
const DEAD_LETTERS: u32 = 1000;

/// Everything about a trace id, as one document; `None` where nothing is known of it.
pub async fn trace_document(node: &Node, trace_id: &str, tenant_id: Option<&str>) -> Result<Option<Json>, NodeError> {
    let mut trace = Trace::default();
    let mut details: HashMap<i64, Vec<Json>> = HashMap::new();
    node.open_sources().await?;
    for open in node.stores.open() {
        let store = TraceStore::new(open.store);
        let found = store.trace(trace_id, tenant_id).await?;
        for log in &found.logs {
            let bodies = store.details(log.uid).await?.into_iter().filter_map(|detail| serde_json::from_str(&detail.body).ok());
            details.insert(log.uid, bodies.collect());
        }
        trace.extend(found);
    }
    if trace.is_empty() {
        return Ok(None);
    }
    let definitions = definitions(&node.stores.default_store().store, &trace.logs).await?;
    let mut triggers = Vec::new();
    for trigger in &trace.triggers {
        let logs: Vec<Json> = trace
            .logs
            .iter()
            .filter(|log| log.trigger_id == trigger.trigger_id)
            .map(|log| {
                let mut shown = log_document(log, &definitions);
                let definition = definitions.get(&DefinitionRef::of(log));
                shown["pipelineName"] = json!(definition.map(|pipeline| &pipeline.name));
                shown["rolledBack"] = json!(log.rolled_back);
                shown["details"] = json!(details.get(&log.uid));
                shown
            })
            .collect();
        triggers.push(trigger_document(node, trigger, logs).await);
    }
    let pending: Vec<Json> =
        trace.pending.iter().map(|work| json!({"pendingId": work.pending_id.to_string(), "kind": work.kind.as_str(), "attempts": work.attempts})).collect();
    Ok(Some(json!({"traceId": trace_id, "triggers": triggers, "pending": pending, "deadLetters": dead_letters_of(node, trace_id, tenant_id).await?})))
}

/// What of a trace could not be delivered: calls of external writers that were given up (engine.md §3.11, rule 10).
async fn dead_letters_of(node: &Node, trace_id: &str, tenant_id: Option<&str>) -> Result<Vec<Json>, NodeError> {
    let criteria = DeadLetterCriteria { trace_id: Some(trace_id.to_owned()), tenant_id: tenant_id.map(str::to_owned), ..DeadLetterCriteria::default() };
    let meta = &node.stores.default_store().store;
    let letters = meta.read(move |session| Box::pin(async move { dead_letters::list(session, &criteria, DEAD_LETTERS).await })).await??;
    let shown = letters.iter().map(|letter| {
        json!({
            "deadLetterId": letter.dead_letter_id.to_string(), "kind": letter.kind.as_str(), "source": letter.source, "message": letter.message,
            "attempts": letter.attempts, "state": letter.state.as_str(),
        })
    });
    Ok(shown.collect())
}

/// The definitions that logs refer to, by pipeline and hash; META holds every version.
pub async fn definitions(meta: &Store, logs: &[LogRecord]) -> Result<HashMap<DefinitionRef, Pipeline>, NodeError> {
    let logs = logs.to_vec();
    let found = meta.read(move |session| Box::pin(async move { definitions_of(session, &logs).await })).await??;
    let mut ignored = Problems::default();
    Ok(found.into_iter().filter_map(|(key, content)| Pipeline::read(&content, &mut ignored).map(|pipeline| (key, pipeline))).collect())
}

/// A stored log in Watchmen's shape.
pub fn log_document(log: &LogRecord, definitions: &HashMap<DefinitionRef, Pipeline>) -> Json {
    let body: Json = serde_json::from_str(&log.body).unwrap_or_default();
    let head = LogHead {
        uid: log.uid,
        trace_id: &log.trace_id,
        pipeline_id: &log.pipeline_id,
        topic_id: &log.topic_id,
        data_id: log.data_id,
        status: &log.status,
        started_at: log.started_at,
        spent_ms: log.spent_ms,
    };
    restore(&head, &body, definitions.get(&DefinitionRef::of(log)))
}

async fn trigger_document(node: &Node, trigger: &TriggerRecord, logs: Vec<Json>) -> Json {
    let tenant = node.catalogs.of(&trigger.tenant_id).await.ok();
    let topic = tenant.as_ref().and_then(|tenant| tenant.catalog.topic(&trigger.topic_id)).map(|topic| topic.name.to_string());
    let at = chrono::DateTime::from_timestamp_millis(TraceStore::came_at_unix_ms(trigger));
    json!({
        "triggerId": trigger.trigger_id.to_string(), "tenantId": trigger.tenant_id, "topicId": trigger.topic_id, "topic": topic,
        "dataId": trigger.data_id.map(|id| id.to_string()), "triggerType": trigger.trigger_type.as_str(), "status": trigger.status.as_str(),
        "source": trigger.source, "failedPipelineIds": trigger.failed_pipeline_ids, "error": trigger.error,
        "at": at.map(|at| at.with_timezone(&node.zone).format("%Y-%m-%d %H:%M:%S%.3f").to_string()), "logs": logs,
    })
}
