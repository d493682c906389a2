//! How much of what was accepted is still to be run: what callers wait for, and what wakes the worker.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// How many accepted triggers may wait for their cascades before callers wait with them.
const ROOM: usize = 10_000;

/// The accepted triggers of a store whose cascades this process still has to run. It bounds what callers can pile up;
/// what is to be done stands in the store.
#[derive(Debug, Default)]
pub struct Backlog {
    waiting: AtomicUsize,
    added: Notify,
    done: Notify,
}

impl Backlog {
    /// Waits until there is room for one more.
    pub(super) async fn room(&self) {
        loop {
            let done = self.done.notified();
            if self.len() < ROOM {
                return;
            }
            done.await;
        }
    }

    /// One more was accepted.
    pub(super) fn add(&self) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        self.added.notify_one();
    }

    /// Waits until something is added.
    pub(super) async fn added(&self) {
        self.added.notified().await;
    }

    /// One was worked off, by whomever it had been accepted.
    pub(super) fn take(&self) {
        self.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| Some(count.saturating_sub(1))).ok();
        self.done.notify_waiters();
    }

    /// Nothing is left that could be worked off now.
    pub(super) fn clear(&self) {
        self.waiting.store(0, Ordering::Relaxed);
        self.done.notify_waiters();
    }

    /// How many are waiting.
    pub(super) fn len(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn callers_wait_for_room() {
        let backlog = Backlog::default();
        for _ in 0..ROOM {
            backlog.room().await;
            backlog.add();
        }
        assert!(tokio::time::timeout(Duration::from_millis(20), backlog.room()).await.is_err());
        let (_, ()) = tokio::join!(backlog.room(), async { backlog.take() });
        assert_eq!(backlog.len(), ROOM - 1);
        backlog.clear();
        backlog.take();
        assert_eq!(backlog.len(), 0);
    }
}
