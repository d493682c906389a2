//! The worker id of the process: taken at the start, kept by heart beats, given back at the end (storage.md §13.5).

use std::net::UdpSocket;
use std::sync::Arc;

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use nightowl_config::Settings;
use nightowl_storage::Store;
use nightowl_storage::snowflake::{LeaseKeeper, LeaseKind, LeaseOptions, LeaseTable, LocalTime, SnowflakeIds, SystemClock, WorkerId};
use tokio::sync::Notify;

use super::NodeError;

/// The configured zone.
#[derive(Debug)]
struct Zone(Tz);

impl LocalTime for Zone {
    fn of_utc(&self, utc: NaiveDateTime) -> NaiveDateTime {
        utc.and_utc().with_timezone(&self.0).naive_local()
    }
}

/// The address of the interface that leads outward; nothing is sent to find it.
fn outward_address() -> String {
    let found = UdpSocket::bind("0.0.0.0:0").and_then(|socket| socket.connect("10.255.255.255:1").and_then(|()| socket.local_addr()));
    found.map_or_else(|_| "127.0.0.1".to_owned(), |address| address.ip().to_string())
}

/// The process's ids, with the keeper of their worker id where it is leased.
#[derive(Debug)]
pub(super) struct Worker {
    ids: Arc<SnowflakeIds>,
    lease: Option<Leased>,
}

/// A lease under the care of a task.
#[derive(Debug)]
struct Leased {
    keeper: Arc<LeaseKeeper>,
    stop: Arc<Notify>,
}

impl Worker {
    /// Takes a worker id: the fixed one of the settings, else a lease.
    pub(super) async fn take(settings: &Settings, store: &Store, zone: Tz) -> Result<Self, NodeError> {
        let clock = Arc::new(SystemClock::new());
        let snowflake = &settings.snowflake;
        if let Some(worker) = snowflake.worker_id {
            let worker = WorkerId::new(u32::from(snowflake.data_center_id), u32::from(worker))?;
            return Ok(Self { ids: Arc::new(SnowflakeIds::with_fixed_worker(worker, clock)), lease: None });
        }
        let options = LeaseOptions {
            data_center: snowflake.data_center_id,
            heart_beat_seconds: u32::try_from(snowflake.heart_beat_seconds).unwrap_or(u32::MAX),
            retry_times: snowflake.creation_retry_times,
            kind: if snowflake.serverless.unwrap_or(false) { LeaseKind::Serverless } else { LeaseKind::Process },
        };
        let ids = Arc::new(SnowflakeIds::new(clock));
        let table = match snowflake.competitive_workers_v2 {
            true => LeaseTable::Workers,
            false => LeaseTable::CompetitiveWorkers { zone: Arc::new(Zone(zone)), address: outward_address().into() },
        };
        let keeper = Arc::new(LeaseKeeper::new(store.clone(), Arc::clone(&ids), options).in_table(table));
        keeper.acquire().await?;
        let stop = Arc::new(Notify::new());
        let (beating, stopped) = (Arc::clone(&keeper), Arc::clone(&stop));
        tokio::spawn(async move { beating.run(stopped.notified()).await });
        Ok(Self { ids, lease: Some(Leased { keeper, stop }) })
    }

    /// The source of ids.
    pub(super) const fn ids(&self) -> &Arc<SnowflakeIds> {
        &self.ids
    }

    /// A heart beat of the lease where less than half of it is left.
    pub(super) async fn keep(&self) -> Result<(), NodeError> {
        if let Some(lease) = &self.lease {
            lease.keeper.beat_if_needed().await?;
        }
        Ok(())
    }

    /// Gives the worker id back.
    pub(super) async fn release(&self) -> Result<(), NodeError> {
        if let Some(lease) = &self.lease {
            lease.stop.notify_one();
            lease.keeper.release().await?;
        }
        Ok(())
    }
}
