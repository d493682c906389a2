//! Floors: the same rows written by bare loops on the same driver, without the engine (surface.md §21).
//!
//! Which statements, and which rows: those of each trigger of the workload are recorded once on a scratch store, with
//! every trigger fired before, so that aggregates are met as they are met later. From then on they are constants; only
//! ids, trace ids and position keys are drawn afresh, because they are keys.

mod batched;
mod recorded;
mod recording;
mod serial;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nightowl_core::engine::{Atomicity, Attempt, Engine, TriggerRequest};
use nightowl_core::limits::JSON_DEPTH;
use nightowl_core::value::read_json;
use nightowl_storage::sql::SqlUnitOfWork;
use nightowl_storage::{Store, StoreOptions};
use tempfile::TempDir;

use super::subject::{Setup, Subject};
use super::{BenchError, Workload};
use crate::door::{Delivery, Envelope, Position};
use crate::scenario::ServerPlaces;
use recorded::{FloorStatement, batched_of, serial_of};
use recording::{Recording, Sent};

/// The floors of a workload.
pub(super) struct Floors {
    /// The statements of the reference's way, by trigger.
    serial: Arc<Vec<Vec<FloorStatement>>>,
    /// What is left behind, by trigger.
    batched: Arc<Vec<Vec<FloorStatement>>>,
    scratch: Scratch,
    /// Ids that no row has yet.
    next_id: Arc<AtomicI64>,
}

/// The store as it was when the recording ended.
enum Scratch {
    /// A file; every measurement starts with a copy of it.
    File { template: PathBuf, folder: TempDir },
    /// A place on a server; measurements go on where the last one ended.
    Server { url: String, places: ServerPlaces },
}

/// Both floors, in triggers per second.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct FloorRates {
    /// One by one.
    pub serial_per_s: f64,
    /// In batches.
    pub batched_per_s: f64,
}

impl FloorRates {
    /// The mean of two measurements.
    pub(super) fn mean(self, other: Self) -> Self {
        let mean = |one: f64, other: f64| f64::midpoint(one, other);
        Self { serial_per_s: mean(self.serial_per_s, other.serial_per_s), batched_per_s: mean(self.batched_per_s, other.batched_per_s) }
    }
}

impl Floors {
    /// Records a workload's statements. `positions` says whether its triggers have source positions.
    pub(super) async fn record(workload: &Workload, setup: &Setup, positions: bool) -> Result<Self, BenchError> {
        let subject = Subject::open(workload, setup).await?;
        for document in &workload.triggers {
            subject.fire.fire(delivery(document, None)?, Some(&subject.credentials)).await.map_err(Box::new)?;
        }
        let (mut serial, mut batched) = (Vec::new(), Vec::new());
        for (document, number) in workload.triggers.iter().zip(1..) {
            let mut requests = Vec::with_capacity(2);
            for content_hash in ["serial", "batched"] {
                let position = positions.then(|| Position::File { content_hash: content_hash.into(), code: None, number });
                requests.push(subject.fire.request(delivery(document, position)?, Some(&subject.credentials)).await.map_err(Box::new)?);
            }
            for (request, atomicity) in requests.iter().zip([Atomicity::Action, Atomicity::Pipeline]) {
                let sent = record(&subject, atomicity, request).await?;
                match atomicity {
                    Atomicity::Action => serial.push(serial_of(sent)),
                    Atomicity::Pipeline | Atomicity::Trigger => batched.push(batched_of(sent)),
                }
            }
        }
        let next_id = subject.node().new_id()? + (1 << 40);
        let (url, file) = (subject.url.clone(), subject.file());
        let folder = TempDir::with_prefix("nightowl-floor-")?;
        let template = folder.path().join("template.db");
        if setup.server.is_none() {
            subject.node().close().await?;
            std::fs::copy(file, &template)?;
        }
        let scratch = match subject.close_and_leave().await? {
            Some(places) => Scratch::Server { url, places },
            None => Scratch::File { template, folder },
        };
        Ok(Self { serial: Arc::new(serial), batched: Arc::new(batched), scratch, next_id: Arc::new(AtomicI64::new(next_id)) })
    }

    /// Takes away what was made for them.
    pub(super) async fn close(self) -> Result<(), BenchError> {
        match self.scratch {
            Scratch::Server { mut places, .. } => Ok(places.remove().await?),
            Scratch::File { .. } => Ok(()),
        }
    }

    /// The URL of the store that a floor is measured on.
    fn fresh(&self) -> Result<String, BenchError> {
        match &self.scratch {
            Scratch::Server { url, .. } => Ok(url.clone()),
            Scratch::File { template, folder } => copy_of(template, &folder.path().join("floor.db")),
        }
    }

    /// How much of the batched floor's time the rows of a table take: it is measured with and without them, one after the
    /// other, so that both meet the same machine.
    pub(super) async fn share_of(&self, table: &str, time: Duration) -> Result<f64, BenchError> {
        let without = |statements: &Vec<FloorStatement>| statements.iter().filter(|one| !one.sql.contains(table)).cloned().collect();
        let without: Arc<Vec<Vec<FloorStatement>>> = Arc::new(self.batched.iter().map(without).collect());
        let mut rates = [0.0; 2];
        for (rate, triggers) in rates.iter_mut().zip([&self.batched, &without]) {
            let stores = [Store::open(&self.fresh()?, &StoreOptions::default())?];
            *rate = batched::measure(&stores, triggers, &self.next_id, time).await?;
            let [store] = stores;
            store.close().await?;
        }
        let [with, without] = rates;
        Ok((1.0 - with / without.max(0.001)).clamp(0.0, 1.0))
    }

    /// Measures both, each on a copy of its own.
    pub(super) async fn measure(&self, callers: usize, time: Duration) -> Result<FloorRates, BenchError> {
        let mut rates = FloorRates::default();
        for batched in [false, true] {
            let url = self.fresh()?;
            let connections = if batched { 1 } else { callers };
            let stores = (0..connections).map(|_| Store::open(&url, &StoreOptions::default())).collect::<Result<Vec<_>, _>>()?;
            if batched {
                rates.batched_per_s = batched::measure(&stores, &self.batched, &self.next_id, time).await?;
            } else {
                rates.serial_per_s = serial::measure(&stores, &self.serial, &self.next_id, time).await?;
            }
            for store in stores {
                store.close().await?;
            }
        }
        Ok(rates)
    }
}

/// A copy of a SQLite file in the place of the last one; gives its URL.
fn copy_of(template: &Path, file: &Path) -> Result<String, BenchError> {
    for suffix in ["-wal", "-shm"] {
        let beside = PathBuf::from(format!("{}{suffix}", file.display()));
        if beside.exists() {
            std::fs::remove_file(beside)?;
        }
    }
    std::fs::copy(template, file)?;
    Ok(format!("sqlite://{}", file.display()))
}

fn delivery(document: &str, position: Option<Position>) -> Result<Delivery, BenchError> {
    let document = read_json(document, JSON_DEPTH).map_err(|error| Box::new(error.into()))?;
    let source = if position.is_some() { "file" } else { "direct" };
    Ok(Delivery { position, ..Delivery::new(Envelope::read(&document).map_err(Box::new)?, source) })
}

/// What one trigger sends in a mode.
async fn record(subject: &Subject, atomicity: Atomicity, request: &TriggerRequest) -> Result<Vec<Sent>, BenchError> {
    let mut engine = Engine::clone(&subject.node().engine);
    engine.settings.atomicity = atomicity;
    let sent = Arc::new(Mutex::new(Vec::new()));
    let (log, request) = (Arc::clone(&sent), request.clone());
    let outcome = subject.node().stores.default_store().store.write(move |session| {
        Box::pin(async move {
            let mut session = Recording::new(session, log);
            engine.trigger(&mut SqlUnitOfWork::new(&mut session), &request, Attempt::default()).await
        })
    });
    outcome.await?.map_err(|error| Box::new(error.into()))?;
    Ok(std::mem::take(&mut *sent.lock().unwrap_or_else(PoisonError::into_inner)))
}
