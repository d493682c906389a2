//! Cascades that go on apart from the lane in which they began: on another data source, or after an interruption
//! (engine.md §3.11, rule 1).
//!
//! What is left of such a cascade stands in a pending row, and a crossing carries it to the data source where it is to be
//! done: the work and the note that it was done are committed there together, then the pending row is taken away. Each
//! target has one queue, so that cascades reach it in the order in which they were handed over. A target that is away
//! costs its callers a bounded wait; after that the pending row is left to the worker of pending cascades.

mod carry;
mod ended;
mod queue;

use std::sync::Arc;
use std::time::Instant;

use nightowl_core::compile::Abroad;
use nightowl_core::engine::{TriggerError, TriggerOutcome, target_of};
use nightowl_core::port::{PendingWork, UnitOfWork};
use nightowl_storage::{BoxFuture, Store};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

pub(crate) use ended::ended;
pub use queue::Crossings;
pub(super) use queue::Parts;

use super::NodeError;
use super::units::on_unit;

/// A store with the data source that it is.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The store.
    pub(super) store: Store,
    /// The data source; `None` is the default store.
    pub(super) data_source_id: Option<Arc<str>>,
}

/// Who waits for the end of a cascade.
pub(super) type Answer = oneshot::Sender<Result<TriggerOutcome, TriggerError>>;

/// A cascade on its way.
struct Crossing {
    /// Where its pending row lies.
    from: Place,
    /// What is left.
    work: PendingWork,
    /// Who waits for its end, if anybody does.
    answer: Option<Answer>,
    /// When it was handed over.
    since: Instant,
    /// What it has done so far.
    runs: usize,
    handed_over: usize,
    /// Its share of what may be under way.
    permit: Option<OwnedSemaphorePermit>,
}

/// The way out of a store, for what is left of its cascades.
#[derive(Debug, Clone)]
pub struct Exit {
    crossings: Crossings,
    from: Place,
}

impl Exit {
    /// Sends what is left of a cascade on its way. Waits while too many are under way.
    pub async fn go_on(&self, work: PendingWork, answer: Option<Answer>) {
        self.crossings.send(self.from.clone(), work, answer).await;
    }

    /// Runs a job on a unit of work of the store, to its end; its pipelines may reach other data sources, as far as those are
    /// named.
    pub(crate) async fn on_unit<T, F>(&self, tenant_id: &str, abroad: &Abroad, job: F) -> Result<T, TriggerError>
    where
        F: for<'u> FnOnce(&'u mut (dyn UnitOfWork + 'u)) -> BoxFuture<'u, Result<T, TriggerError>> + Send + 'static,
        T: Send + 'static,
    {
        on_unit(&self.crossings, &self.from, tenant_id, abroad, job).await
    }

    /// Does the next part of a cascade at once, beside what is under way, where it is to be done in this store; else sends
    /// it on its way.
    pub(super) async fn carry(&self, work: PendingWork) {
        match target_of(&work) {
            Ok(target) if target != self.from.data_source_id => self.go_on(work, None).await,
            _ => self.crossings.carry(self.from.clone(), work).await,
        }
    }

    /// Sends what is left of a cascade on its way and waits for its end.
    pub async fn end_of(&self, work: PendingWork) -> Result<Result<TriggerOutcome, TriggerError>, NodeError> {
        let (answer, ended) = oneshot::channel();
        self.go_on(work, Some(answer)).await;
        ended.await.map_err(|_| NodeError::ShuttingDown)
    }
}
