//! The worker id of the process: taken at the start, kept by heart beats, given back at the end (storage.md §13.5).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use nightowl_config::Settings;
use nightowl_storage::Store;
use nightowl_storage::snowflake::{Lease, LeaseKind, LeaseOptions, SnowflakeError, SnowflakeIds, SystemClock, WorkerId, acquire, release, renew};
use nightowl_storage::meta::{begin, finish};

use super::NodeError;

/// The process's ids, with the lease of its worker id.
#[derive(Debug)]
pub struct Worker {
    ids: Arc<SnowflakeIds>,
    store: Store,
    options: LeaseOptions,
    lease: Mutex<Option<Lease>>,
}

impl Worker {
    /// Takes a worker id: the fixed one of the settings, else a lease.
    pub async fn take(settings: &Settings, store: &Store) -> Result<Arc<Self>, NodeError> {
        let clock = Arc::new(SystemClock::new());
        let snowflake = &settings.snowflake;
        let options = LeaseOptions {
            data_center: snowflake.data_center_id,
            heart_beat_seconds: u32::try_from(snowflake.heart_beat_seconds).unwrap_or(u32::MAX),
            retry_times: snowflake.creation_retry_times,
            kind: if snowflake.serverless.unwrap_or(false) { LeaseKind::Serverless } else { LeaseKind::Process },
        };
        if let Some(worker) = snowflake.worker_id {
            let worker = WorkerId::new(u32::from(snowflake.data_center_id), u32::from(worker))?;
            let ids = Arc::new(SnowflakeIds::with_fixed_worker(worker, clock));
            return Ok(Arc::new(Self { ids, store: store.clone(), options, lease: Mutex::default() }));
        }
        let worker = Arc::new(Self { ids: Arc::new(SnowflakeIds::new(clock)), store: store.clone(), options, lease: Mutex::default() });
        worker.acquire().await?;
        tokio::spawn(beat(Arc::downgrade(&worker)));
        Ok(worker)
    }

    /// The source of ids.
    pub const fn ids(&self) -> &Arc<SnowflakeIds> {
        &self.ids
    }

    /// Gives the worker id back.
    pub async fn release(&self) -> Result<(), NodeError> {
        let Some(lease) = self.lease.lock().ok().and_then(|mut held| held.take()) else { return Ok(()) };
        self.ids.revoke();
        let used_until = self.ids.used_until_unix_ms();
        self.store
            .write(move |session| {
                Box::pin(async move {
                    begin(session).await?;
                    let done = release(session, &lease, used_until).await;
                    finish(session, done).await
                })
            })
            .await??;
        Ok(())
    }

    async fn acquire(&self) -> Result<(), NodeError> {
        let (ids, options) = (Arc::clone(&self.ids), self.options);
        let lease = self
            .store
            .write(move |session| {
                Box::pin(async move {
                    begin(session).await?;
                    let done = acquire(session, &**ids.clock(), &options).await;
                    finish(session, done).await
                })
            })
            .await??;
        self.hold(lease);
        Ok(())
    }

    async fn renew(&self) -> Result<(), NodeError> {
        let Some(lease) = self.lease.lock().ok().and_then(|held| held.clone()) else { return Ok(()) };
        let (ids, options) = (Arc::clone(&self.ids), self.options);
        let renewed: Result<Lease, SnowflakeError> = self
            .store
            .write(move |session| {
                Box::pin(async move {
                    begin(session).await?;
                    let done = renew(session, &**ids.clock(), &options, &lease).await;
                    finish(session, done).await
                })
            })
            .await?;
        match renewed {
            Ok(lease) => self.hold(lease),
            Err(SnowflakeError::LeaseLost { .. }) => {
                tracing::warn!("the lease of the worker id is lost; taking another one");
                self.ids.revoke();
                self.acquire().await?;
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    fn hold(&self, lease: Lease) {
        self.ids.grant(lease.grant());
        if let Ok(mut held) = self.lease.lock() {
            *held = Some(lease);
        }
    }
}

/// Renews the lease until the worker is gone.
async fn beat(worker: std::sync::Weak<Worker>) {
    loop {
        let Some(seconds) = worker.upgrade().map(|worker| worker.options.heart_beat_seconds) else { return };
        tokio::time::sleep(Duration::from_secs(u64::from(seconds.max(1)))).await;
        let Some(worker) = worker.upgrade() else { return };
        if let Err(error) = worker.renew().await {
            tracing::warn!(%error, "the lease of the worker id could not be renewed; it is tried again");
        }
    }
}
