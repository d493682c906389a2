//! Commits whose answer was lost (engine.md §3.11, rule 8; storage.md §9).

use nightowl_core::model::TriggerType;
use nightowl_core::port::{Journal as _, StoreError, TriggerHeader, TriggerStatus, UnitOfWork as _};

use super::{SqlSession, SqlUnitOfWork};

/// Whether a trigger was kept whose commit was not answered (engine.md §3.11, rule 8). As long as its transaction is still
/// open somewhere, this waits for its end, like every insert of the same key. The session must have no transaction open.
pub async fn was_kept(session: &mut dyn SqlSession, trigger_id: i64) -> Result<bool, StoreError> {
    let header = TriggerHeader {
        trigger_id,
        tenant_id: String::new(),
        trace_id: String::new(),
        topic_id: String::new(),
        data_id: None,
        trigger_type: TriggerType::Insert,
        user_id: String::new(),
        pat_key_id: None,
        source: String::new(),
        position_key: None,
        body_hash: None,
        status: TriggerStatus::Pending,
        failed_pipeline_ids: Vec::new(),
        finished_at: None,
        payload: None,
        error: None,
    };
    let mut unit = SqlUnitOfWork::new(session);
    unit.begin().await?;
    let probed = unit.insert_trigger(&header).await;
    unit.rollback().await?;
    match probed {
        Ok(()) => Ok(false),
        Err(StoreError::InsertConflict { .. }) => Ok(true),
        Err(error) => Err(error),
    }
}
