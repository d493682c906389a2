//! The queues of what crosses, one for each target.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::{Duration, Instant};

use nightowl_core::engine::{Engine, target_of};
use nightowl_core::port::PendingWork;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::carry::Carrier;
use super::{Answer, Crossing, Exit, Place};
use crate::node::claims::Claims;
use crate::node::{Catalogs, NodeError, Signal, Stores};

/// How many cascades may be under way before lanes wait with them.
const UNDER_WAY: u32 = 1_024;
/// How long the end of the process waits for what is under way; what is left is done by the next start.
const DRAIN: Duration = Duration::from_secs(10);

/// What crossings work with.
#[derive(Debug, Clone)]
pub(in crate::node) struct Parts {
    /// All stores, which lead here themselves.
    pub stores: Weak<Stores>,
    /// The definitions.
    pub catalogs: Arc<Catalogs>,
    /// The engine.
    pub engine: Arc<Engine>,
    /// Rung when something was handed over to the outside.
    pub signal: Signal,
}

impl Parts {
    /// The stores, as long as there is a node.
    pub(in crate::node) fn stores(&self) -> Result<Arc<Stores>, NodeError> {
        self.stores.upgrade().ok_or(NodeError::ShuttingDown)
    }
}

#[derive(Debug)]
struct Shared {
    parts: OnceLock<Parts>,
    queues: Mutex<HashMap<Option<Arc<str>>, mpsc::UnboundedSender<Crossing>>>,
    room: Arc<Semaphore>,
    claims: Claims,
    tasks: Mutex<JoinSet<()>>,
}

/// All cascades of a node that are on their way. Handles are cheap to clone.
#[derive(Debug, Clone)]
pub struct Crossings(Arc<Shared>);

impl Default for Crossings {
    fn default() -> Self {
        Self(Arc::new(Shared {
            parts: OnceLock::new(),
            queues: Mutex::default(),
            room: Arc::new(Semaphore::new(UNDER_WAY as usize)),
            claims: Claims::default(),
            tasks: Mutex::default(),
        }))
    }
}

impl Crossings {
    /// Says what to work with. Until then nothing may be sent.
    pub(in crate::node) fn begin(&self, parts: Parts) {
        if self.0.parts.set(parts).is_err() {
            tracing::error!("crossings were begun twice");
        }
    }

    /// The way out of a store.
    pub(in crate::node) fn exit_of(&self, from: Place) -> Exit {
        Exit { crossings: self.clone(), from }
    }

    /// What to work with.
    pub(in crate::node) fn parts(&self) -> Option<&Parts> {
        self.0.parts.get()
    }

    /// The data sources that are written together with others just now.
    pub(in crate::node) fn claims(&self) -> &Claims {
        &self.0.claims
    }

    /// Puts what is left of a cascade into the queue of its target.
    pub(super) async fn send(&self, from: Place, work: PendingWork, answer: Option<Answer>) {
        let permit = Arc::clone(&self.0.room).acquire_owned().await.ok();
        if permit.is_none() {
            tracing::debug!(trace_id = work.trace_id, "a cascade is left to the next process");
            return;
        }
        self.put(Crossing { from, work, answer, since: Instant::now(), runs: 0, handed_over: 0, permit });
    }

    /// Does the next part of a cascade in the store where it is pending.
    pub(super) async fn carry(&self, from: Place, work: PendingWork) {
        let Some(parts) = self.0.parts.get() else { return };
        let mut carrier = Carrier::new(parts.clone(), self.clone(), from.data_source_id.clone());
        carrier.carry(Crossing { from, work, answer: None, since: Instant::now(), runs: 0, handed_over: 0, permit: None }).await;
    }

    /// Puts a cascade that goes on into the queue of its next target.
    pub(super) fn put(&self, mut crossing: Crossing) {
        let Some(parts) = self.0.parts.get() else { return };
        // So that the end of the process waits for it, too.
        crossing.permit = crossing.permit.or_else(|| Arc::clone(&self.0.room).try_acquire_owned().ok());
        // What can not be read is told by whoever tries to do it.
        let target = target_of(&crossing.work).unwrap_or_else(|_| crossing.from.data_source_id.clone());
        let (Ok(mut queues), Ok(mut tasks)) = (self.0.queues.lock(), self.0.tasks.lock()) else { return };
        let queue = queues.entry(target.clone()).or_insert_with(|| {
            let (sender, receiver) = mpsc::unbounded_channel();
            tasks.spawn(Carrier::new(parts.clone(), self.clone(), target).run(receiver));
            sender
        });
        if queue.send(crossing).is_err() {
            tracing::error!("the queue of a data source has ended");
        }
    }

    /// Takes nothing more, and waits for a while until what is under way has ended.
    pub(in crate::node) async fn close(&self) {
        let all = tokio::time::timeout(DRAIN, self.0.room.acquire_many(UNDER_WAY)).await;
        if all.is_err() {
            tracing::warn!("cascades that cross data sources are left to the next process");
        }
        self.0.room.close();
        if let Ok(mut tasks) = self.0.tasks.lock() {
            tasks.abort_all();
        }
        if let Ok(mut queues) = self.0.queues.lock() {
            queues.clear();
        }
    }
}
