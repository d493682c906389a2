//! The hold of a process on a cascade that it works off (engine.md §3.11, rule 9).

use super::{ActionError, Services};
use crate::port::{StoreError, UnitOfWork};

/// A pending row that this process holds under a lease.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hold {
    pending_id: i64,
    /// When the lease was taken or extended, in ticks of the clock.
    since: u64,
}

impl Hold {
    /// A hold that was taken just now.
    pub(crate) fn taken(pending_id: i64, services: &Services<'_>) -> Self {
        Self { pending_id, since: services.clock.ticks() }
    }

    /// Extends the lease as part of the open transaction, once a third of its time has passed. When somebody else has
    /// taken the cascade over, the transaction is to be given up.
    pub(crate) async fn extend(&mut self, unit: &mut dyn UnitOfWork, services: &Services<'_>) -> Result<(), ActionError> {
        let lease = &services.settings.lease;
        let now = services.clock.ticks();
        if now.saturating_sub(self.since) < u64::from(lease.seconds) * 1_000_000 / 3 {
            return Ok(());
        }
        if !unit.hold_pending(self.pending_id, &lease.worker, lease.seconds).await? {
            return Err(ActionError::Store(StoreError::LockNotAvailable { reason: "another worker has taken the cascade over".to_owned() }));
        }
        self.since = now;
        Ok(())
    }
}
