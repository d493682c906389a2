//! The built-in topics and the pipeline that a new tenant is given, as far as it has none of their name (engine.md §5.2).

use nightowl_core::model::builtin::{ERROR_LOG_PIPELINE, ERROR_LOG_TOPIC, MONITOR_LOG_TOPIC, error_log_pipeline, error_log_topic, monitor_log_topic};
use nightowl_core::model::{Pipeline, Topic};
use nightowl_core::port::StoreError;
use nightowl_storage::meta::{Edit, MetaError, create, find_by_name};
use nightowl_storage::sql::SqlSession;

/// Makes what is missing, in the caller's transaction.
pub(super) async fn create_missing(session: &mut dyn SqlSession, tenant_id: &str, edit: &Edit<'_>) -> Result<(), MetaError> {
    let raw = topic(session, tenant_id, MONITOR_LOG_TOPIC, monitor_log_topic, edit).await?;
    let errors = topic(session, tenant_id, ERROR_LOG_TOPIC, error_log_topic, edit).await?;
    if find_by_name::<Pipeline>(session, tenant_id, ERROR_LOG_PIPELINE).await?.is_none() {
        match error_log_pipeline(&edit.new_id()?, tenant_id, &raw, &errors) {
            Some(pipeline) => drop(create(session, &pipeline, edit).await?),
            None => tracing::warn!(tenant_id, "the monitor topics of the tenant are of its own making, so that they are given no pipeline"),
        }
    }
    Ok(())
}

/// The tenant's topic of a name: the one that it has, else the built-in one.
async fn topic(
    session: &mut dyn SqlSession,
    tenant_id: &str,
    name: &str,
    built_in: fn(&str, &str) -> Option<Topic>,
    edit: &Edit<'_>,
) -> Result<Topic, MetaError> {
    if let Some(stored) = find_by_name::<Topic>(session, tenant_id, name).await? {
        return Ok(stored.tuple);
    }
    let topic = built_in(&edit.new_id()?, tenant_id);
    let topic = topic.ok_or_else(|| StoreError::Internal { reason: format!("the built-in topic {name} can not be read") })?;
    Ok(create(session, &topic, edit).await?.tuple)
}
