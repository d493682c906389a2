//! What a pipeline run is about: one entry of a trigger's queue (engine.md §2.7).

use std::sync::Arc;

use chrono::NaiveDateTime;

use crate::compile::{Catalog, PipelinePlan, TopicPlan};
use crate::model::TriggerType;
use crate::value::Object;

/// A pipeline run that waits in the queue of its trigger.
#[derive(Debug, Clone)]
pub(crate) struct RunContext {
    /// The pipeline.
    pub pipeline: Arc<PipelinePlan>,
    /// The row before; `None` for insert.
    pub previous: Option<Object>,
    /// The row now; `None` for delete.
    pub current: Option<Object>,
    /// What was done with the row.
    pub trigger_type: TriggerType,
    /// The row; -1 for synonyms.
    pub data_id: i64,
    /// How deep in the cascade; the trigger's own pipelines have 0 (D-09).
    pub depth: u32,
}

/// What was done with one row, before it is known which pipelines that runs.
#[derive(Debug, Clone)]
pub(crate) struct RowChange {
    /// The topic of the row.
    pub topic: Arc<TopicPlan>,
    /// The row before; `None` for insert.
    pub previous: Option<Object>,
    /// The row now; `None` for delete.
    pub current: Option<Object>,
    /// What was done.
    pub trigger_type: TriggerType,
    /// The row.
    pub data_id: i64,
}

impl RowChange {
    /// The runs that this change leads to, in the order of D-08.
    pub(crate) fn runs(&self, catalog: &Catalog, depth: u32) -> Vec<RunContext> {
        catalog
            .pipelines_for(&self.topic.topic_id, self.trigger_type)
            .map(|pipeline| RunContext {
                pipeline: Arc::clone(pipeline),
                previous: self.previous.clone(),
                current: self.current.clone(),
                trigger_type: self.trigger_type,
                data_id: self.data_id,
                depth,
            })
            .collect()
    }
}

/// Who a trigger runs for, and under which ids: the same for its whole cascade.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    /// The definitions with which the trigger began.
    pub catalog: Arc<Catalog>,
    /// The principal's tenant, stamped on every row.
    pub tenant_id: Arc<str>,
    /// The trace id.
    pub trace_id: Arc<str>,
    /// The trigger.
    pub trigger_id: i64,
    /// The data source of the trigger topic, where its header lies; `None` is the default store.
    pub home: Option<Arc<str>>,
    /// When the caller's time is over, UTC.
    pub deadline: Option<NaiveDateTime>,
}
