//! The handle of the worker: waking it, waiting for it, ending it.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nightowl_config::Settings;
use nightowl_core::engine::Engine;
use nightowl_core::port::{PendingKind, StoreError};
use nightowl_storage::sql::pending::count_waiting;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::signal::Signal;
use super::worker::Worker;
use crate::node::archive::Archives;
use crate::node::{Catalogs, Stores};

/// How long closing waits for what is due.
const DRAIN: Duration = Duration::from_secs(30);
/// How long a caller waits for the monitor topic's pipelines.
const LOGS: Duration = Duration::from_secs(30);
/// How long nobody else takes what a worker is at; a live worker extends it.
const LEASE_SECONDS: u32 = 30;

/// What the worker works with.
#[derive(Debug, Clone)]
pub(in crate::node) struct Parts {
    /// All stores.
    pub stores: Arc<Stores>,
    /// The definitions.
    pub catalogs: Arc<Catalogs>,
    /// The engine, with the writers.
    pub engine: Arc<Engine>,
    /// Stores of objects that hold topics.
    pub archives: Archives,
    /// Repetitions before a dead letter (`engine.external_retry_times`).
    pub retry_times: u32,
    /// How long nobody else takes what is being done.
    pub lease_seconds: u32,
    /// Who leases.
    pub worker: Arc<str>,
}

impl Parts {
    /// The parts of a node.
    pub(in crate::node) fn new(settings: &Settings, archives: Archives, stores: Arc<Stores>, catalogs: Arc<Catalogs>, engine: Arc<Engine>) -> Self {
        let worker = format!("{}-{}", std::process::id(), engine.clock.now_utc().and_utc().timestamp_micros()).into();
        Self { stores, catalogs, engine, archives, retry_times: settings.engine.external_retry_times, lease_seconds: LEASE_SECONDS, worker }
    }
}

/// The worker of a node.
#[derive(Debug)]
pub struct HandOver {
    signal: Signal,
    stop: Arc<Notify>,
    task: Mutex<Option<JoinHandle<()>>>,
    /// Whether callers wait for the monitor topic's pipelines (`engine.async_monitor_log` is false).
    awaits_logs: bool,
}

impl HandOver {
    /// Starts the worker on the current tokio runtime; it sleeps until the signal is rung.
    pub(in crate::node) fn start(parts: Parts, signal: Signal, awaits_logs: bool) -> Self {
        let stop = Arc::new(Notify::new());
        let worker = Worker { parts: Arc::new(parts), signal: signal.clone(), stop: Arc::clone(&stop) };
        Self { task: Mutex::new(Some(tokio::spawn(worker.run()))), signal, stop, awaits_logs }
    }

    /// Looks for work, that of earlier processes included.
    pub fn wake(&self) {
        self.signal.wake();
    }

    /// Waits until what was handed over until now has been tried, at most so long: a process that is frozen after its answer
    /// would come to it late. What has to wait for its next try is left to later.
    pub async fn settled_within(&self, time: Duration) {
        if tokio::time::timeout(time, self.signal.settled()).await.is_err() {
            tracing::info!("handed-over work is still on its way when the answer is given");
        }
    }

    /// Waits until the logs of a trace have been through the monitor topic, where callers have to wait for that at all.
    /// What fails there is only logged (engine.md §5.2), and so is a wait that takes too long.
    pub async fn wait_for_logs(&self, stores: &Stores, tenant_id: &str, trace_id: &str) {
        if !self.awaits_logs {
            return;
        }
        let began = Instant::now();
        loop {
            match waiting_logs(stores, tenant_id, trace_id).await {
                Ok(0) => return,
                Ok(_) if began.elapsed() < LOGS => tokio::time::sleep(Duration::from_millis(5)).await,
                Ok(count) => return tracing::warn!(trace_id, count, "logs are still on their way to the monitor topic"),
                Err(error) => return tracing::warn!(trace_id, %error, "it can not be seen whether logs are still on their way to the monitor topic"),
            }
        }
    }

    /// Ends the worker at once, as if the process were gone.
    #[cfg(test)]
    pub(super) fn kill(&self) {
        if let Some(task) = self.task.lock().ok().and_then(|mut task| task.take()) {
            task.abort();
        }
    }

    /// Does what is due, then ends the worker. What can not be done in time is left to the next process.
    pub(in crate::node) async fn close(&self) {
        self.stop.notify_one();
        let task = self.task.lock().ok().and_then(|mut task| task.take());
        let Some(mut task) = task else { return };
        match tokio::time::timeout(DRAIN, &mut task).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the worker for handed-over work ended early"),
            Err(_) => {
                task.abort();
                tracing::warn!("handed-over work is left to the next process");
            }
        }
    }
}

impl Drop for HandOver {
    /// Without being closed it ends at once; what it was at is taken up by the next process.
    fn drop(&mut self) {
        if let Some(task) = self.task.lock().ok().and_then(|mut task| task.take()) {
            task.abort();
        }
    }
}

/// How many logs of a trace are on their way, in all stores in which it ran.
async fn waiting_logs(stores: &Stores, tenant_id: &str, trace_id: &str) -> Result<i64, StoreError> {
    let mut count = 0;
    for open in stores.open() {
        let (tenant_id, trace_id) = (tenant_id.to_owned(), trace_id.to_owned());
        count += open.store.read(move |session| Box::pin(async move { count_waiting(session, PendingKind::Monitor, &tenant_id, &trace_id).await })).await??;
    }
    Ok(count)
}
