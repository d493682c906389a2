//! Commits whose answer was lost (engine.md §3.11, rule 8; storage.md §9).

use super::TriggerError;
use super::trigger::TriggerOutcome;
use crate::port::{StoreError, UnitOfWork};

/// Triggers that were sent to be committed when the connection broke. Whether they were kept is known to the database
/// alone: all of them, or none. Who has a new connection looks for the header of one.
#[derive(Debug, Clone, PartialEq)]
pub struct InDoubt {
    /// A trigger whose header tells.
    pub trigger_id: i64,
    /// What became of them if they were kept.
    pub outcomes: Vec<Result<TriggerOutcome, TriggerError>>,
    /// What happened to the connection.
    pub source: StoreError,
}

impl InDoubt {
    /// The error of a commit that failed.
    pub(super) fn of(source: StoreError, outcomes: Vec<Result<TriggerOutcome, TriggerError>>) -> TriggerError {
        let lost = matches!(source, StoreError::ConnectionFailed { .. } | StoreError::Timeout { .. });
        let trigger_id = outcomes.iter().flatten().find_map(TriggerOutcome::written_trigger);
        match trigger_id {
            Some(trigger_id) if lost => TriggerError::InDoubt(Box::new(Self { trigger_id, outcomes, source })),
            _ => TriggerError::Store(source),
        }
    }
}

/// Commits what went well with triggers. Where it did not, or can not be committed, everything is undone.
pub(super) async fn commit_triggers(
    unit: &mut dyn UnitOfWork,
    done: Result<Vec<Result<TriggerOutcome, TriggerError>>, TriggerError>,
) -> Result<Vec<Result<TriggerOutcome, TriggerError>>, TriggerError> {
    let error = match done {
        Ok(outcomes) => match unit.commit().await {
            Ok(()) => return Ok(outcomes),
            Err(source) => InDoubt::of(source, outcomes),
        },
        Err(error) => error,
    };
    drop(unit.rollback().await);
    Err(error)
}

/// As [`commit_triggers`], for one.
pub(super) async fn commit_trigger(unit: &mut dyn UnitOfWork, done: Result<TriggerOutcome, TriggerError>) -> Result<TriggerOutcome, TriggerError> {
    let mut outcomes = commit_triggers(unit, done.map(|outcome| vec![Ok(outcome)])).await?;
    outcomes.pop().unwrap_or_else(|| Err(TriggerError::Store(StoreError::Internal { reason: "a trigger has no outcome".to_owned() })))
}
