//! External writers of this version: none is reached yet, and a call says so.

use async_trait::async_trait;
use nightowl_core::port::{ExternalCall, ExternalWriter, ExternalWriterError};

/// Refuses every call.
#[derive(Debug, Clone, Copy)]
pub(super) struct NoWriter;

#[async_trait]
impl ExternalWriter for NoWriter {
    async fn write(&self, call: &ExternalCall) -> Result<(), ExternalWriterError> {
        Err(ExternalWriterError {
            writer: call.writer.writer_code.clone(),
            reason: format!("writers of type {} are not built into this version", call.writer.writer_type),
        })
    }
}
