//! What becomes of work after an attempt: it is done, tried again later, or given up.

use nightowl_core::engine::{ArchivedRow, HandedOverCall};
use nightowl_core::port::{PendingKind, PendingWork};
use nightowl_storage::Store;
use nightowl_storage::meta::dead_letters::{self, DeadLetter, DeadLetterKind, DeadLetterState};
use nightowl_storage::meta::{begin, finish};
use nightowl_storage::sql::pending::{postpone, remove};
use serde_json::json;

use super::attempt::Failure;
use super::hand_over::Parts;
use crate::door::hash_of;
use crate::node::NodeError;

/// The longest pause between two attempts, in seconds; the first is one second, and each is twice the one before.
const LONGEST_PAUSE_SECONDS: u32 = 300;

/// The pause after an attempt.
pub(super) fn pause_seconds(attempts: i64) -> u32 {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(16);
    (1_u32 << doublings).min(LONGEST_PAUSE_SECONDS)
}

/// Takes work that is done away, postpones what may work later, and keeps what is given up as a dead letter. A log that
/// can not be passed on is only logged (engine.md §5.2).
pub(super) async fn settle(parts: &Parts, store: &Store, work: &PendingWork, done: Result<(), Failure>) -> Result<(), NodeError> {
    let pending_id = work.pending_id;
    let failure = match done {
        Ok(()) => {
            store.write(move |session| Box::pin(remove(session, pending_id))).await??;
            return Ok(());
        }
        Err(failure) => failure,
    };
    let (trace_id, attempts, reason) = (&work.trace_id, work.attempts, failure.reason());
    // A row of a topic is never given up for a store that is away.
    let is_row = work.kind == PendingKind::Archive;
    let again = matches!(failure, Failure::Later(_)) && (is_row || attempts <= i64::from(parts.retry_times));
    if again {
        let pause = pause_seconds(attempts);
        tracing::warn!(trace_id, attempts, "{reason}; it is tried again in {pause} s");
        store.write(move |session| Box::pin(postpone(session, pending_id, pause))).await??;
        return Ok(());
    }
    match work.kind {
        PendingKind::External => {
            tracing::error!(trace_id, attempts, "{reason}; it is a dead letter now");
            keep_dead_letter(parts, work, reason).await?;
        }
        PendingKind::Archive => {
            tracing::error!(trace_id, attempts, "{reason}; the row is a dead letter now");
            keep_row(parts, work, reason).await?;
        }
        PendingKind::Monitor | PendingKind::Cascade => tracing::error!(trace_id, attempts, "{reason}; the log does not reach the monitor topic"),
    }
    store.write(move |session| Box::pin(remove(session, pending_id))).await??;
    Ok(())
}

/// Keeps a call as a dead letter, first: when the process ends before the work is taken away, the letter is found again
/// by its key.
async fn keep_dead_letter(parts: &Parts, work: &PendingWork, reason: &str) -> Result<(), NodeError> {
    let call = HandedOverCall::read(&work.body).ok();
    let tenant = parts.catalogs.of(&work.tenant_id).await.ok();
    let writer = call.as_ref().and_then(|call| tenant.as_ref()?.catalog.writer(&call.writer_id).cloned());
    let source = writer.map(|writer| writer.writer_code).or_else(|| call.as_ref().map(|call| call.writer_id.clone())).unwrap_or_default();
    let attributes = json!({
        "triggerId": work.trigger_id.to_string(), "writerId": call.as_ref().map(|call| &call.writer_id),
        "eventCode": call.as_ref().and_then(|call| call.event_code.as_ref()), "idempotencyKey": call.as_ref().map(|call| &call.idempotency_key),
    });
    let kept = DeadLetter { source, code: "action-external-writer".to_owned(), attributes, ..letter_of(parts, work, reason)? };
    keep(parts, kept).await
}

/// Keeps a row that can never be written as a dead letter.
async fn keep_row(parts: &Parts, work: &PendingWork, reason: &str) -> Result<(), NodeError> {
    let archived = ArchivedRow::read(&work.body).ok();
    let attributes = json!({"triggerId": work.trigger_id.to_string(), "topic": archived.as_ref().map(|archived| &archived.topic)});
    let source = archived.map(|archived| archived.data_source_id).unwrap_or_default();
    let kept = DeadLetter { source, code: "archive-row-refused".to_owned(), attributes, ..letter_of(parts, work, reason)? };
    keep(parts, kept).await
}

/// What a dead letter of handed-over work says, whatever its kind.
fn letter_of(parts: &Parts, work: &PendingWork, reason: &str) -> Result<DeadLetter, NodeError> {
    let (family, kind) = match work.kind {
        PendingKind::Archive => ("archive", DeadLetterKind::Archive),
        _ => ("external-writer", DeadLetterKind::ExternalWriter),
    };
    Ok(DeadLetter {
        dead_letter_id: parts.engine.ids.next_id()?,
        delivery_key: Some(hash_of(&[family, &work.pending_id.to_string()])),
        kind,
        source: String::new(),
        code: String::new(),
        message: reason.to_owned(),
        received_at: parts.engine.clock.now_utc(),
        trace_id: Some(work.trace_id.clone()),
        tenant_id: Some(work.tenant_id.clone()),
        attempts: work.attempts,
        content: Some(work.body.clone()),
        content_encoding: None,
        attributes: json!({}),
        state: DeadLetterState::Open,
    })
}

async fn keep(parts: &Parts, letter: DeadLetter) -> Result<(), NodeError> {
    let kept = parts.stores.default_store().store.write(move |session| {
        Box::pin(async move {
            begin(session).await?;
            let kept = dead_letters::insert(session, &letter).await;
            finish(session, kept).await
        })
    });
    kept.await??;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::pause_seconds;

    #[test]
    fn pauses_double_up_to_five_minutes() {
        let pauses: Vec<u32> = (1..=11).map(pause_seconds).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    }
}
