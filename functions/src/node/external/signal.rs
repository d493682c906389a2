//! Tells the worker that there is something to do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// The bell of the worker. Until it is rung for the first time the worker touches nothing: a verb that only reads does
/// no work of others.
#[derive(Debug, Clone, Default)]
pub struct Signal {
    bell: Arc<Notify>,
    rung: Arc<AtomicBool>,
}

impl Signal {
    /// Something was handed over, or may have been left by an earlier process.
    pub fn ring(&self) {
        self.rung.store(true, Ordering::Release);
        self.bell.notify_one();
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
