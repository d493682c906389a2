//! Claims on data sources: units of work that write several of them follow one another where they have one in common.
//!
//! Two that held rows of each other's data sources would wait for each other without either database noticing. Between
//! processes the time-out of locks ends that.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use nightowl_core::port::StoreError;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

/// Data sources; `None` is the default store.
pub(super) type Sources = BTreeSet<Option<Arc<str>>>;

/// The data sources that are claimed. Handles are cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Claims(Arc<watch::Sender<Sources>>);

impl Claims {
    /// Claims all of some data sources, holding none while it waits for another; [`StoreError::LockNotAvailable`] where that
    /// takes too long.
    pub(super) async fn claim(&self, sources: Sources, wait: Duration) -> Result<Claim, StoreError> {
        let until = Instant::now() + wait;
        let mut claimed_by_others = self.0.subscribe();
        loop {
            let taken = self.0.send_if_modified(|claimed| {
                let free = claimed.is_disjoint(&sources);
                if free {
                    claimed.extend(sources.iter().cloned());
                }
                free
            });
            if taken {
                return Ok(Claim { claims: self.clone(), sources });
            }
            // The sender is held here, so only the time can end this without success.
            if timeout_at(until, claimed_by_others.wait_for(|claimed| claimed.is_disjoint(&sources))).await.is_err() {
                let reason = format!("other pipelines write to several of the same data sources and did not end within {} s", wait.as_secs());
                return Err(StoreError::LockNotAvailable { reason });
            }
        }
    }
}

/// A claim, until it is dropped.
#[derive(Debug)]
pub(super) struct Claim {
    claims: Claims,
    sources: Sources,
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.claims.0.send_modify(|claimed| claimed.retain(|source| !self.sources.contains(source)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(20);

    fn sources(ids: &[&str]) -> Sources {
        ids.iter().map(|id| Some(Arc::from(*id))).collect()
    }

    #[tokio::test]
    async fn what_has_a_data_source_in_common_waits_and_holds_nothing() {
        let claims = Claims::default();
        let first = claims.claim(sources(&["a", "b"]), SOON).await.expect("free");
        let apart = claims.claim(sources(&["c"]), SOON).await.expect("free");
        assert!(matches!(claims.claim(sources(&["b", "d"]), SOON).await, Err(StoreError::LockNotAvailable { .. })));
        // Who waited in vain holds nothing.
        drop(claims.claim(sources(&["d"]), SOON).await.expect("free"));
        let waiting = tokio::spawn({
            let claims = claims.clone();
            async move { claims.claim(sources(&["a", "c"]), Duration::from_secs(10)).await.is_ok() }
        });
        drop(first);
        tokio::time::sleep(SOON).await;
        assert!(!waiting.is_finished());
        drop(apart);
        assert!(waiting.await.expect("no panic"));
    }
}
