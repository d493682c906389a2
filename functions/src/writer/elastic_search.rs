//! `elastic-search-writer`: a stub, as in the reference. It does nothing and succeeds (engine.md §6).

use async_trait::async_trait;
use nightowl_core::port::{ExternalCall, ExternalWriter, ExternalWriterError};

/// The stub.
#[derive(Debug, Clone, Copy)]
pub(super) struct ElasticSearchWriter;

#[async_trait]
impl ExternalWriter for ElasticSearchWriter {
    async fn write(&self, call: &ExternalCall) -> Result<(), ExternalWriterError> {
        tracing::debug!(trace_id = call.trace_id, writer = call.writer.writer_code, "the Elasticsearch writer does nothing");
        Ok(())
    }
}
