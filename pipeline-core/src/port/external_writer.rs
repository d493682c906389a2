//! Writers to the world outside (engine.md §6).

use async_trait::async_trait;

use crate::error::{Coded, ErrorClass};
use crate::model::ExternalWriterDefinition;
use crate::value::Object;

/// One call of an external writer.
#[derive(Debug, Clone)]
pub struct ExternalCall {
    /// The writer.
    pub writer: ExternalWriterDefinition,
    /// The event code of the action.
    pub event_code: Option<String>,
    /// The trigger data now.
    pub current: Option<Object>,
    /// The trigger data before.
    pub previous: Option<Object>,
    /// The row that they are of; `None` for synonyms.
    pub data_id: Option<i64>,
    /// The trace id; sent in `X-Nightowl-Trace-Id`.
    pub trace_id: String,
    /// The action log's uid; sent in `Idempotency-Key`.
    pub idempotency_key: String,
}

/// Why a call failed. Never holds the token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to call external writer \"{writer}\": {reason}")]
pub struct ExternalWriterError {
    /// The writer's code.
    pub writer: String,
    /// What happened.
    pub reason: String,
    /// Whether the same call may work later (retry) or never will (reject).
    pub class: ErrorClass,
}

impl Coded for ExternalWriterError {
    fn code(&self) -> &'static str {
        "action-external-writer"
    }

    fn class(&self) -> ErrorClass {
        self.class
    }
}

/// Calls external writers.
#[async_trait]
pub trait ExternalWriter: Send + Sync + std::fmt::Debug {
    /// Makes one call; done when the other side has it.
    async fn write(&self, call: &ExternalCall) -> Result<(), ExternalWriterError>;
}
