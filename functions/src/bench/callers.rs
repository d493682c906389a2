//! Callers: each fires its next trigger when the last one was answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use nightowl_auth::Credentials;
use nightowl_core::limits::JSON_DEPTH;
use nightowl_core::value::read_json;
use tokio::task::JoinSet;

use super::latency::Latencies;
use super::subject::Subject;
use super::{BenchError, Workload};
use crate::door::{Delivery, DoorError, Envelope, Fire};

/// When the callers stop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Until {
    /// After this long,
    pub time: Duration,
    /// or after this many triggers.
    pub triggers: Option<u64>,
}

/// What the callers share: the next trigger, and the end.
struct Shared {
    workload: Arc<Workload>,
    next: AtomicU64,
    limit: u64,
    end: Instant,
}

/// Fires with so many callers; gives the time it took and each trigger's waiting time.
pub(super) async fn fire(subject: &Subject, workload: &Arc<Workload>, callers: usize, until: Until) -> Result<(Duration, Latencies), BenchError> {
    let began = Instant::now();
    let shared =
        Arc::new(Shared { workload: Arc::clone(workload), next: AtomicU64::new(0), limit: until.triggers.unwrap_or(u64::MAX), end: began + until.time });
    let mut running = JoinSet::new();
    for _ in 0..callers {
        running.spawn(caller(Arc::clone(&shared), subject.fire.clone(), subject.credentials.clone()));
    }
    let mut all = Latencies::default();
    while let Some(ended) = running.join_next().await {
        let latencies = ended.map_err(|error| BenchError::Ended { reason: error.to_string() })?;
        all.extend(&latencies.map_err(Box::new)?);
    }
    Ok((began.elapsed(), all))
}

async fn caller(shared: Arc<Shared>, fire: Fire, credentials: Credentials) -> Result<Latencies, DoorError> {
    let mut latencies = Latencies::default();
    loop {
        let position = shared.next.fetch_add(1, Ordering::Relaxed);
        let began = Instant::now();
        if position >= shared.limit || began >= shared.end {
            return Ok(latencies);
        }
        let Some(document) = shared.workload.trigger(position) else { return Ok(latencies) };
        let envelope = Envelope::read(&read_json(document, JSON_DEPTH)?)?;
        fire.fire(Delivery::new(envelope, "direct"), Some(&credentials)).await?;
        latencies.note(began.elapsed());
    }
}
