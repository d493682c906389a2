//! Reruns: pipelines started for a row that is there, with what was recorded of it (engine.md §2.8).

use std::sync::Arc;

use super::cascade::{Cascade, Queue};
use super::context::{Origin, RowChange};
use super::trigger::committed;
use super::{Atomicity, Attempt, Engine, TriggerError, TriggerOutcome};
use crate::compile::{Abroad, Catalog, TopicPlan};
use crate::model::TriggerType;
use crate::port::{TriggerHeader, TriggerStatus, UnitOfWork};
use crate::value::Object;

/// What is to be run again: a change of a row, as it was.
#[derive(Debug, Clone)]
pub struct RerunRequest {
    /// The definitions with which the whole cascade runs.
    pub catalog: Arc<Catalog>,
    /// The tenant.
    pub tenant_id: Arc<str>,
    /// Who asks for it.
    pub user_id: Arc<str>,
    /// The key id of the token.
    pub pat_key_id: Option<Arc<str>>,
    /// The topic of the row.
    pub topic: Arc<TopicPlan>,
    /// The row; -1 for synonyms.
    pub data_id: i64,
    /// What was done with the row.
    pub trigger_type: TriggerType,
    /// The row before.
    pub previous: Option<Object>,
    /// The row after it.
    pub current: Option<Object>,
    /// The only pipeline that runs; all of the topic where none is named.
    pub pipeline_id: Option<Arc<str>>,
    /// The trace id; a new id where there is none.
    pub trace_id: Option<Arc<str>>,
}

impl RerunRequest {
    /// What its pipelines may reach on other data sources before its cascade leaves its own (engine.md §3.11, rule 2).
    pub fn abroad(&self) -> &Abroad {
        self.catalog.abroad(&self.topic.topic_id)
    }
}

/// What the header of a rerun names as its source.
const SOURCE: &str = "rerun";

impl Engine {
    /// Runs pipelines again without saving a row: a trigger of its own, with a header, logs and one unit of work. In mode
    /// `action` what interrupts it once its header is kept is no error but [`TriggerOutcome::Accepted`].
    pub async fn rerun(&self, unit: &mut dyn UnitOfWork, request: &RerunRequest, attempt: Attempt) -> Result<TriggerOutcome, TriggerError> {
        unit.record_statements(self.records_details());
        let trace_id = match &request.trace_id {
            Some(given) => Arc::clone(given),
            None => self.ids.next_id()?.to_string().into(),
        };
        let trigger_id = self.ids.next_id()?;
        let origin = Origin {
            catalog: Arc::clone(&request.catalog),
            tenant_id: Arc::clone(&request.tenant_id),
            trace_id,
            trigger_id,
            home: request.topic.data_source_id.clone(),
            deadline: None,
        };
        let header = header(request, &origin);
        let queue = self.queue_again(request);
        unit.begin().await?;
        if self.settings.atomicity == Atomicity::Action {
            return self.run_by_action(unit, origin, header, queue, attempt).await;
        }
        let services = self.services(&request.catalog);
        let cascade = Cascade::new(self, &services, &origin, attempt, queue);
        let done = self.rerun_inside(unit, cascade, header).await;
        committed(unit, done).await
    }

    /// The runs of what is to be run again.
    fn queue_again(&self, request: &RerunRequest) -> Queue {
        let change = RowChange {
            topic: Arc::clone(&request.topic),
            previous: request.previous.clone(),
            current: request.current.clone(),
            trigger_type: request.trigger_type,
            data_id: request.data_id,
        };
        let mut runs = change.runs(&request.catalog, 0);
        if let Some(only) = &request.pipeline_id {
            runs.retain(|context| context.pipeline.pipeline_id == *only);
        }
        Queue::start(runs, self.settings.limits.max_queue)
    }

    /// A rerun inside the open transaction, in mode `pipeline` or `trigger`. Its row was there before, so that it stays
    /// named where mode `trigger` undoes every run.
    async fn rerun_inside(&self, unit: &mut dyn UnitOfWork, mut cascade: Cascade<'_>, header: TriggerHeader) -> Result<TriggerOutcome, TriggerError> {
        if self.settings.atomicity == Atomicity::Trigger {
            unit.savepoint().await?;
            self.run_by_trigger(unit, &mut cascade).await?;
        } else {
            self.run_by_pipeline(unit, &mut cascade).await?;
        }
        self.end_first(unit, cascade, header).await
    }
}

fn header(request: &RerunRequest, origin: &Origin) -> TriggerHeader {
    TriggerHeader {
        trigger_id: origin.trigger_id,
        tenant_id: origin.tenant_id.to_string(),
        trace_id: origin.trace_id.to_string(),
        topic_id: request.topic.topic_id.to_string(),
        data_id: Some(request.data_id),
        trigger_type: request.trigger_type,
        user_id: request.user_id.to_string(),
        pat_key_id: request.pat_key_id.as_ref().map(ToString::to_string),
        source: SOURCE.to_owned(),
        position_key: None,
        body_hash: None,
        status: TriggerStatus::Pending,
        failed_pipeline_ids: Vec::new(),
        finished_at: None,
        payload: None,
        error: None,
    }
}
