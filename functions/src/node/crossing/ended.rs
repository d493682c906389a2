//! Waiting for the end of a cascade that somebody else works off.

use std::time::{Duration, Instant};

use nightowl_core::engine::{TriggerError, TriggerReport};
use nightowl_core::model::TriggerResult;
use nightowl_core::port::TriggerStatus;
use nightowl_storage::trace::TraceStore;

use crate::node::Stores;

/// How long the end of a cascade is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it is looked for.
const LOOK: Duration = Duration::from_millis(20);

/// The end of a trigger as its header tells it; [`TriggerError::Unfinished`] where that takes too long.
pub(crate) async fn ended(stores: &Stores, trigger_id: i64, trace_id: &str) -> Result<TriggerReport, TriggerError> {
    let began = Instant::now();
    loop {
        let mut reason = "another process has taken its cascade over".to_owned();
        for open in stores.open() {
            match TraceStore::new(open.store).trigger(trigger_id).await {
                Ok(Some(header)) if header.status != TriggerStatus::Pending => {
                    let result = TriggerResult { trace_id: header.trace_id, data_id: header.data_id, failed_pipeline_ids: header.failed_pipeline_ids };
                    return Ok(TriggerReport { trigger_id, result, runs: 0, handed_over: 0, alarms: Vec::new() });
                }
                Ok(_) => {}
                Err(error) => reason = error.to_string(),
            }
        }
        if began.elapsed() >= PATIENCE {
            return Err(TriggerError::Unfinished { trace_id: trace_id.to_owned(), reason });
        }
        tokio::time::sleep(LOOK).await;
    }
}
