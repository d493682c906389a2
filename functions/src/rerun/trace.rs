//! Traces: every recorded trigger is run again, under a new trace id that they share.

use std::sync::Arc;

use nightowl_core::compile::TopicPlan;
use nightowl_core::engine::{RerunRequest, TriggerError, TriggerRequest};
use nightowl_core::model::TriggerType;
use nightowl_core::port::TriggerStatus;
use nightowl_core::value::json::from_tagged;
use nightowl_core::value::{Object, Value};
use nightowl_storage::trace::{LogRecord, Trace, TraceStore, TriggerCriteria, TriggerRecord};

use super::carry_out::carry_out;
use super::log::RecordedRows;
use super::row::find;
use super::{Asker, RerunError, stores_of};
use crate::door::{DoorError, TriggerAnswer};
use crate::node::stores::OpenStore;
use crate::node::{Node, NodeError, TenantCatalog, When};

/// Sources of triggers that are not run again themselves: logs on their way to the monitor topic, which come anew.
const DERIVED: &str = "monitor";
/// What the header of a trigger that is fired again names as its source.
const SOURCE: &str = "rerun";
/// How many failed triggers are looked at.
const FAILED: u32 = 1_000_000;

/// What became of a trigger that was run again.
#[derive(Debug)]
pub struct Again {
    /// The trigger.
    pub trigger_id: i64,
    /// Its new run, or why there is none.
    pub answer: Result<TriggerAnswer, DoorError>,
}

/// Runs the triggers of a trace again, in the order in which they came; with `only_failed`, those that ended in ERROR.
/// Each one is run whole: pipelines that had ended well run again, too. None where the tenant has no such trace.
pub async fn rerun_trace(node: &Node, asker: &Asker, trace_id: &str, only_failed: bool) -> Result<Vec<Again>, DoorError> {
    let tenant = node.catalogs.of(&asker.tenant_id).await?;
    // The logs of a trigger may lie on other data sources than its header.
    let (mut recorded, mut all_logs): (Vec<(OpenStore, TriggerRecord)>, Vec<LogRecord>) = (Vec::new(), Vec::new());
    for open in stores_of(node, &asker.tenant_id).await? {
        let Trace { triggers, logs, .. } = TraceStore::new(open.store.clone()).trace(trace_id, Some(&asker.tenant_id)).await.map_err(NodeError::from)?;
        let wanted = triggers.into_iter().filter(|trigger| trigger.source != DERIVED && (!only_failed || trigger.status == TriggerStatus::Error));
        recorded.extend(wanted.map(|trigger| (open.clone(), trigger)));
        all_logs.extend(logs);
    }
    recorded.sort_by_key(|(_, trigger)| trigger.trigger_id);
    let new_trace_id: Arc<str> = node.new_id()?.to_string().into();
    let mut done = Vec::with_capacity(recorded.len());
    for (open, trigger) in recorded {
        let logs: Vec<LogRecord> = all_logs.iter().filter(|log| log.trigger_id == trigger.trigger_id).cloned().collect();
        let again = Trigger { node, asker, tenant: &tenant, open: &open, trace_id: &new_trace_id, recorded: &trigger };
        done.push(Again { trigger_id: trigger.trigger_id, answer: again.run(&logs).await });
    }
    Ok(done)
}

/// The trace ids with a failed trigger since a moment, oldest first, each once. What was itself a rerun is left out: its
/// first trigger is among them.
pub async fn failed_since(node: &Node, tenant_id: &str, since_unix_ms: i64) -> Result<Vec<String>, NodeError> {
    let criteria = TriggerCriteria {
        tenant_id: Some(tenant_id.to_owned()),
        status: Some(TriggerStatus::Error),
        since_unix_ms: Some(since_unix_ms),
        ..TriggerCriteria::default()
    };
    let mut triggers = Vec::new();
    for open in stores_of(node, tenant_id).await? {
        triggers.extend(TraceStore::new(open.store).triggers(&criteria, FAILED).await?);
    }
    triggers.retain(|trigger| trigger.source != DERIVED && trigger.source != SOURCE);
    triggers.sort_by_key(|trigger| trigger.trigger_id);
    let mut trace_ids: Vec<String> = Vec::new();
    for trigger in triggers {
        if !trace_ids.contains(&trigger.trace_id) {
            trace_ids.push(trigger.trace_id);
        }
    }
    Ok(trace_ids)
}

/// A recorded trigger that is run again.
struct Trigger<'a> {
    node: &'a Node,
    asker: &'a Asker,
    tenant: &'a TenantCatalog,
    open: &'a OpenStore,
    trace_id: &'a Arc<str>,
    recorded: &'a TriggerRecord,
}

impl Trigger<'_> {
    async fn run(&self, logs: &[LogRecord]) -> Result<TriggerAnswer, DoorError> {
        let topic = self.tenant.catalog.topic(&self.recorded.topic_id);
        let topic = topic.ok_or_else(|| TriggerError::TopicNotFound { code: self.recorded.topic_id.clone() })?;
        match (self.recorded.data_id, &self.recorded.payload) {
            (None, Some(payload)) => self.fire(topic, payload).await,
            (None, None) => Err(self.nothing().into()),
            (Some(data_id), _) => {
                let rows = self.rows(topic, data_id, logs).await?;
                let request = RerunRequest {
                    catalog: Arc::clone(&self.tenant.catalog),
                    tenant_id: Arc::clone(&self.asker.tenant_id),
                    user_id: Arc::clone(&self.asker.user_id),
                    pat_key_id: self.asker.pat_key_id.clone(),
                    topic: Arc::clone(topic),
                    data_id,
                    trigger_type: self.recorded.trigger_type,
                    previous: rows.previous,
                    current: rows.current,
                    pipeline_id: None,
                    trace_id: Some(Arc::clone(self.trace_id)),
                };
                carry_out(self.node, self.open, request).await
            }
        }
    }

    /// Fires a trigger of which nothing was kept again, from what it brought.
    async fn fire(&self, topic: &Arc<TopicPlan>, payload: &str) -> Result<TriggerAnswer, DoorError> {
        let request = TriggerRequest {
            catalog: Arc::clone(&self.tenant.catalog),
            tenant_id: Arc::clone(&self.asker.tenant_id),
            user_id: Arc::clone(&self.asker.user_id),
            pat_key_id: self.asker.pat_key_id.clone(),
            code: Arc::clone(&topic.name),
            trigger_type: self.recorded.trigger_type,
            data: read_payload(payload).ok_or_else(|| self.nothing())?,
            trace_id: Some(Arc::clone(self.trace_id)),
            source: SOURCE.into(),
            position_key: None,
            ordered: None,
            body_hash: None,
            keyed: None,
            deadline: None,
        };
        Ok(TriggerAnswer::of(self.open.lane.submit(request, When::Now).await?.outcome().await??))
    }

    /// The rows of a trigger as its first run recorded them. Where no run was recorded, the row of an insert is read.
    async fn rows(&self, topic: &Arc<TopicPlan>, data_id: i64, logs: &[LogRecord]) -> Result<RecordedRows, DoorError> {
        let own = logs.iter().filter(|log| log.topic_id == self.recorded.topic_id && log.data_id == data_id);
        if let Some(log) = own.min_by_key(|log| log.uid) {
            return Ok(RecordedRows::of(log));
        }
        if self.recorded.trigger_type != TriggerType::Insert {
            return Err(self.nothing().into());
        }
        let current = find(self.open, topic, &self.asker.tenant_id, data_id).await?.ok_or_else(|| self.nothing())?;
        Ok(RecordedRows { previous: None, current: Some(current) })
    }

    fn nothing(&self) -> RerunError {
        RerunError::NothingRecorded { trigger_id: self.recorded.trigger_id.to_string() }
    }
}

fn read_payload(payload: &str) -> Option<Object> {
    match from_tagged(&serde_json::from_str(payload).ok()?) {
        Ok(Value::Object(data)) => Some(data),
        Ok(_) | Err(_) => None,
    }
}
