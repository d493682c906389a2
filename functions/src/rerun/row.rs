//! A row that is stored: read, or run again as if it had just been inserted.

use std::sync::Arc;

use nightowl_core::compile::{FixedColumn, TopicPlan};
use nightowl_core::engine::{RerunRequest, TriggerError, trigger_data};
use nightowl_core::model::builtin::is_built_in;
use nightowl_core::model::{TopicKind, TriggerType};
use nightowl_core::port::{Comparison, Criterion, Operand, Query, TopicRows as _};
use nightowl_core::value::{Object, Value};
use nightowl_storage::sql::SqlUnitOfWork;

use super::carry_out::carry_out;
use super::{Asker, RerunError};
use crate::door::{DoorError, TriggerAnswer};
use crate::node::stores::OpenStore;
use crate::node::{Node, NodeError, TenantCatalog};

/// What a row is read for, in messages.
const READING: &str = "read";
/// What a rerun does, in messages.
const RUNNING: &str = "run again";

/// A topic by its name or its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TopicRef {
    /// Its name.
    Name(String),
    /// Its id.
    Id(String),
}

/// A row of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowAddress {
    /// The topic.
    pub topic: TopicRef,
    /// The row's id.
    pub data_id: i64,
}

impl TopicRef {
    /// The topic of a tenant.
    fn find<'a>(&self, tenant: &'a TenantCatalog) -> Result<&'a Arc<TopicPlan>, TriggerError> {
        match self {
            Self::Name(name) => tenant.catalog.topic_by_name(name).ok_or_else(|| TriggerError::TopicNotFound { code: name.clone() }),
            Self::Id(id) => tenant.catalog.topic(id).ok_or_else(|| TriggerError::TopicNotFound { code: id.clone() }),
        }
    }
}

/// A row as trigger data; `None` where there is none of that id.
pub async fn read_row(node: &Node, tenant_id: &str, address: &RowAddress) -> Result<Option<Object>, DoorError> {
    let tenant = node.catalogs.of(tenant_id).await?;
    let topic = stored_topic(&tenant, &address.topic, READING)?;
    let open = node.stores.of(tenant.data_source(topic.data_source_id.as_deref())?).await?;
    Ok(find(&open, topic, tenant_id, address.data_id).await?)
}

/// Runs the pipelines of a row again, or only one of them, with type `insert`.
pub async fn rerun_row(node: &Node, asker: &Asker, address: &RowAddress, pipeline_id: Option<&str>) -> Result<TriggerAnswer, DoorError> {
    let tenant = node.catalogs.of(&asker.tenant_id).await?;
    let topic = stored_topic(&tenant, &address.topic, RUNNING)?;
    if let Some(id) = pipeline_id {
        let pipeline = tenant.catalog.pipeline(id).filter(|pipeline| pipeline.topic_id == topic.topic_id);
        pipeline.ok_or_else(|| RerunError::PipelineNotFound { pipeline_id: id.to_owned() })?;
    }
    let open = node.stores.of(tenant.data_source(topic.data_source_id.as_deref())?).await?;
    let row = find(&open, topic, &asker.tenant_id, address.data_id).await?;
    let row = row.ok_or_else(|| TriggerError::RowNotFound { topic: topic.name.to_string(), trigger_type: RUNNING, id: address.data_id })?;
    let request = RerunRequest {
        catalog: Arc::clone(&tenant.catalog),
        tenant_id: Arc::clone(&asker.tenant_id),
        user_id: Arc::clone(&asker.user_id),
        pat_key_id: asker.pat_key_id.clone(),
        topic: Arc::clone(topic),
        data_id: address.data_id,
        trigger_type: TriggerType::Insert,
        previous: None,
        current: Some(row),
        pipeline_id: pipeline_id.map(Into::into),
        trace_id: None,
    };
    carry_out(node, &open, request).await
}

/// A topic that keeps rows: no synonym, and no built-in topic without a data source.
fn stored_topic<'a>(tenant: &'a TenantCatalog, topic: &TopicRef, doing: &'static str) -> Result<&'a Arc<TopicPlan>, TriggerError> {
    let topic = topic.find(tenant)?;
    if topic.kind == TopicKind::Synonym {
        return Err(TriggerError::TypeNotAllowed { topic: topic.name.to_string(), trigger_type: doing });
    }
    if topic.archive.is_some() {
        return Err(TriggerError::OnlyWritten { topic: topic.name.to_string(), doing });
    }
    if topic.data_source_id.is_none() && is_built_in(&topic.name, topic.kind) {
        return Err(TriggerError::TopicWithoutDataSource { topic: topic.name.to_string() });
    }
    Ok(topic)
}

/// A row of a tenant as trigger data.
pub(super) async fn find(open: &OpenStore, topic: &Arc<TopicPlan>, tenant_id: &str, data_id: i64) -> Result<Option<Object>, NodeError> {
    let column = topic.fixed(FixedColumn::Id).unwrap_or_default();
    let criterion = Criterion::Compare { left: Operand::Column(column), comparison: Comparison::Equals, right: Operand::Value(Value::from(data_id)) };
    let (plan, tenant_id) = (Arc::clone(topic), tenant_id.to_owned());
    let found = open.store.read(move |session| {
        Box::pin(async move {
            let mut unit = SqlUnitOfWork::new(session);
            unit.find(&Query { topic: &plan, tenant_id: &tenant_id, criterion, limit: 1, lock: false }).await
        })
    });
    Ok(found.await??.pop().map(|row| trigger_data(topic, row)))
}
