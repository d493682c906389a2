//! Keeps the worker id of the process (storage.md §13.5, D13).

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use nightowl_core::port::StoreError;
use tokio::sync::Mutex;

use super::lease::{self, Lease, LeaseOptions};
use super::older_lease::{LocalTime, acquire_older, release_older, renew_older};
use super::{SnowflakeClock, SnowflakeError, SnowflakeIds, WorkerId};
use crate::meta::{begin, finish};
use crate::sql::SqlSession;
use crate::store::Store;

/// How soon a heart beat that failed is tried again.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Where leases are kept.
#[derive(Debug, Clone, Default)]
pub enum LeaseTable {
    /// `snowflake_workers` (storage.md §13.5).
    #[default]
    Workers,
    /// `snowflake_competitive_workers` (storage.md §13.4).
    CompetitiveWorkers {
        /// The zone of its times.
        zone: Arc<dyn LocalTime>,
        /// This machine's outward address.
        address: Arc<str>,
    },
}

impl LeaseTable {
    async fn acquire(&self, session: &mut dyn SqlSession, clock: &dyn SnowflakeClock, options: &LeaseOptions) -> Result<Lease, SnowflakeError> {
        match self {
            Self::Workers => lease::acquire(session, clock, options).await,
            Self::CompetitiveWorkers { zone, address } => acquire_older(session, clock, options, &**zone, address).await,
        }
    }

    async fn renew(&self, session: &mut dyn SqlSession, clock: &dyn SnowflakeClock, options: &LeaseOptions, lease: &Lease) -> Result<Lease, SnowflakeError> {
        match self {
            Self::Workers => lease::renew(session, clock, options, lease).await,
            Self::CompetitiveWorkers { zone, .. } => renew_older(session, clock, options, &**zone, lease).await,
        }
    }

    async fn release(&self, session: &mut dyn SqlSession, lease: &Lease, used_until_unix_ms: Option<i64>) -> Result<bool, SnowflakeError> {
        match self {
            Self::Workers => lease::release(session, lease, used_until_unix_ms).await,
            Self::CompetitiveWorkers { .. } => release_older(session, lease).await,
        }
    }
}

/// Takes, renews and gives back the worker id that [`SnowflakeIds`] draws with. While it has none, no id is drawn.
#[derive(Debug)]
pub struct LeaseKeeper {
    store: Store,
    ids: Arc<SnowflakeIds>,
    options: LeaseOptions,
    table: LeaseTable,
    held: Mutex<Option<Lease>>,
}

impl LeaseKeeper {
    /// A keeper that holds nothing yet.
    pub fn new(store: Store, ids: Arc<SnowflakeIds>, options: LeaseOptions) -> Self {
        Self { store, ids, options, table: LeaseTable::Workers, held: Mutex::new(None) }
    }

    /// The same keeper with leases in another table.
    #[must_use]
    pub fn in_table(self, table: LeaseTable) -> Self {
        Self { table, ..self }
    }

    /// Takes a worker id; the one that is held stays where there is one.
    pub async fn acquire(&self) -> Result<WorkerId, SnowflakeError> {
        let mut held = self.held.lock().await;
        match held.as_ref() {
            Some(lease) => Ok(lease.worker),
            None => self.acquire_into(&mut held).await,
        }
    }

    /// One heart beat. A lease that has passed to somebody else is given up, and another worker id is taken.
    pub async fn beat(&self) -> Result<WorkerId, SnowflakeError> {
        let mut held = self.held.lock().await;
        let Some(lease) = held.clone() else { return self.acquire_into(&mut held).await };
        let (clock, options, table) = (Arc::clone(self.ids.clock()), self.options, self.table.clone());
        let renewed = self.store.write(move |session| Box::pin(async move { table.renew(session, &*clock, &options, &lease).await })).await?;
        match renewed {
            Ok(lease) => {
                self.ids.grant(lease.grant());
                Ok(held.insert(lease).worker)
            }
            Err(SnowflakeError::LeaseLost { worker, .. }) => {
                tracing::warn!(worker, "the worker id has passed to another process; a new one is taken");
                self.ids.revoke();
                *held = None;
                self.acquire_into(&mut held).await
            }
            Err(error) => Err(error),
        }
    }

    /// A heart beat where less than half of the lease is left: what an invocation on a function platform does first.
    pub async fn beat_if_needed(&self) -> Result<(), SnowflakeError> {
        let needed = self.held.lock().await.as_ref().is_none_or(|lease| lease.is_half_over(&**self.ids.clock()));
        if needed {
            self.beat().await?;
        }
        Ok(())
    }

    /// Gives the worker id back. No id is drawn from now on.
    pub async fn release(&self) -> Result<(), SnowflakeError> {
        let mut held = self.held.lock().await;
        self.ids.revoke();
        let Some(lease) = held.take() else { return Ok(()) };
        let used_until = self.ids.used_until_unix_ms();
        let table = self.table.clone();
        self.store.write(move |session| Box::pin(async move { table.release(session, &lease, used_until).await })).await??;
        Ok(())
    }

    /// Beats until `shutdown` is ready, then gives the worker id back. A beat that fails is tried again soon: ids go on
    /// until the lease ends.
    pub async fn run(&self, shutdown: impl Future<Output = ()> + Send) {
        let mut shutdown = pin!(shutdown);
        let regular = Duration::from_secs(u64::from(self.options.heart_beat_seconds.max(1)));
        let mut pause = regular;
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                () = tokio::time::sleep(pause) => {}
            }
            pause = match self.beat().await {
                Ok(_) => regular,
                Err(error) => {
                    tracing::warn!(%error, "the heart beat of the worker id failed and is tried again");
                    regular.min(AFTER_FAILURE)
                }
            };
        }
        if let Err(error) = self.release().await {
            tracing::warn!(%error, "the worker id could not be given back; it is free after its heart beat has timed out");
        }
    }

    async fn acquire_into(&self, held: &mut Option<Lease>) -> Result<WorkerId, SnowflakeError> {
        let mut tries_left = self.options.retry_times;
        let lease = loop {
            let (clock, options, table) = (Arc::clone(self.ids.clock()), self.options, self.table.clone());
            let taken = self
                .store
                .write(move |session| {
                    Box::pin(async move {
                        begin(session).await?;
                        let taken = table.acquire(session, &*clock, &options).await;
                        finish(session, taken).await
                    })
                })
                .await?;
            match taken {
                // Two processes have just made the rows of a data center, or met in one: one of them was faster.
                Err(SnowflakeError::Store(
                    StoreError::InsertConflict { .. } | StoreError::SerializationFailure { .. } | StoreError::LockNotAvailable { .. },
                )) if tries_left > 0 => tries_left -= 1,
                taken => break taken?,
            }
        };
        self.ids.grant(lease.grant());
        Ok(held.insert(lease).worker)
    }
}
