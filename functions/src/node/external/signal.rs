//! Tells the worker that there is something to do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::{Notify, watch};

/// The bell of the worker. Until it is rung for the first time the worker touches nothing: a verb that only reads does
/// no work of others.
#[derive(Debug, Clone, Default)]
pub struct Signal {
    bell: Arc<Notify>,
    rung: Arc<AtomicBool>,
    /// How often something was handed over.
    handed_over: Arc<AtomicU64>,
    /// Up to which of those times nothing is due any more.
    settled: Arc<watch::Sender<u64>>,
}

impl Signal {
    /// Something was handed over.
    pub fn ring(&self) {
        self.handed_over.fetch_add(1, Ordering::AcqRel);
        self.wake();
    }

    /// Something may have been left by an earlier process.
    pub(super) fn wake(&self) {
        self.rung.store(true, Ordering::Release);
        self.bell.notify_one();
    }

    /// How often something was handed over so far.
    pub(super) fn count(&self) -> u64 {
        self.handed_over.load(Ordering::Acquire)
    }

    /// Nothing is due any more of what was handed over up to a count.
    pub(super) fn settle(&self, count: u64) {
        self.settled.send_if_modified(|settled| {
            *settled < count && {
                *settled = count;
                true
            }
        });
    }

    /// Waits until nothing is due any more of what was handed over until now.
    pub(super) async fn settled(&self) {
        let count = self.count();
        // The sender lives as long as this.
        drop(self.settled.subscribe().wait_for(|settled| *settled >= count).await);
    }

    /// Whether it was ever rung.
    pub(super) fn was_rung(&self) -> bool {
        self.rung.load(Ordering::Acquire)
    }

    /// Waits until it is rung.
    pub(super) async fn heard(&self) {
        self.bell.notified().await;
    }
}
