//! Handed-over work that was given up, handed over once more (surface.md §15.5).

use nightowl_core::port::{Journal as _, PendingWork};
use nightowl_storage::meta::dead_letters::{DeadLetter, DeadLetterState, change_state};
use nightowl_storage::meta::{begin, finish};
use nightowl_storage::sql::SqlUnitOfWork;
use serde_json::Value as Json;

use super::{Node, NodeError};

impl Node {
    /// Hands the work of a dead letter over again, and marks the letter as redriven, in one transaction of the default store;
    /// the worker takes it from there, and a new letter tells where it fails again. False where somebody else has decided on
    /// the letter, or where it holds no handed-over work: a delivery goes back through its door.
    pub async fn hand_over_again(&self, letter: &DeadLetter) -> Result<bool, NodeError> {
        let Some(kind) = letter.kind.work() else { return Ok(false) };
        let trigger_id = letter.attributes.get("triggerId").and_then(Json::as_str).and_then(|text| text.parse().ok());
        let work = PendingWork {
            pending_id: self.new_id()?,
            kind,
            tenant_id: letter.tenant_id.clone().unwrap_or_default(),
            trace_id: letter.trace_id.clone().unwrap_or_default(),
            trigger_id: trigger_id.unwrap_or_default(),
            ordinal: 0,
            body: letter.content.clone().unwrap_or_default(),
            attempts: 0,
        };
        let (id, from) = (letter.dead_letter_id, letter.state);
        let done = self.stores.default_store().store.write(move |session| {
            Box::pin(async move {
                begin(session).await?;
                let changed = match change_state(session, id, from, DeadLetterState::Redriven).await {
                    Ok(true) => SqlUnitOfWork::new(session).insert_pending(&work).await.map(|()| true).map_err(Into::into),
                    other => other,
                };
                finish(session, changed).await
            })
        });
        let changed = done.await??;
        if changed {
            self.hand_over.wake();
        }
        Ok(changed)
    }
}
