//! A transaction that begins when something has to be sent, and savepoints that cost nothing.

use async_trait::async_trait;
use nightowl_core::compile::TopicPlan;
use nightowl_core::port::{StoreError, UnitOfWork};

use super::{GroupUnitOfWork, Mark, given_up};

#[async_trait]
impl UnitOfWork for GroupUnitOfWork<'_> {
    async fn begin(&mut self) -> Result<(), StoreError> {
        if self.begun {
            return self.inner.begin().await;
        }
        self.begun = true;
        if self.bulk.is_none() { self.open().await } else { Ok(()) }
    }

    async fn commit(&mut self) -> Result<(), StoreError> {
        if self.lost {
            return Err(given_up());
        }
        if !self.ordered.is_empty() {
            self.open().await?;
        }
        if let Some(bulk) = self.bulk.filter(|bulk| bulk.is_one_statement() && !self.inner.is_open()) {
            let taken = self.collected.take(None);
            let batches = taken.into_batches()?;
            if !batches.is_empty() {
                bulk.write(self.inner.session(), batches).await?;
            }
        } else if self.inner.is_open() || self.collected.has(None) {
            self.send(None).await?;
            self.ordered.write(&mut self.inner).await?;
            self.inner.commit().await?;
        }
        self.forget_all();
        Ok(())
    }

    async fn rollback(&mut self) -> Result<(), StoreError> {
        self.forget_all();
        self.inner.rollback().await
    }

    async fn savepoint(&mut self) -> Result<(), StoreError> {
        self.marks.push(Mark { sent: self.sent, collected: self.collected.len(), ordered: self.ordered.len() });
        Ok(())
    }

    async fn release(&mut self) -> Result<(), StoreError> {
        self.marks.pop().map(|_| ()).ok_or_else(given_up)
    }

    /// A run that wrote nothing has nothing to be undone. What was sent can not be undone by itself, and of what was only
    /// collected nobody knows whether it would have met a unique index, which would have been the failure that is told.
    async fn rollback_to_savepoint(&mut self) -> Result<(), StoreError> {
        let mark = self.marks.pop().ok_or_else(given_up)?;
        let wrote = self.sent != mark.sent || self.collected.len() != mark.collected;
        if self.lost || wrote {
            return Err(given_up());
        }
        self.ordered.truncate(mark.ordered);
        Ok(())
    }

    /// Who had the guard before may have inserted what was not there: that is asked again.
    async fn lock_guard(&mut self, topic: &TopicPlan, slot: u16) -> Result<bool, StoreError> {
        self.open().await?;
        self.known.forget_missing();
        let locked = self.inner.lock_guard(topic, slot).await;
        self.asked(locked)
    }

    fn record_statements(&mut self, on: bool) {
        self.recording = on;
        self.inner.record_statements(on);
    }

    fn take_statements(&mut self) -> Vec<(String, Vec<String>)> {
        self.inner.take_statements()
    }
}

impl GroupUnitOfWork<'_> {
    fn forget_all(&mut self) {
        self.begun = false;
        self.lost = false;
        self.marks.clear();
        self.collected = super::Collected::default();
        self.known = super::Known::default();
        self.positions = super::Positions::default();
        self.ordered = super::Ordered::default();
    }
}
