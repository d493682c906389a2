//! A call of an external writer, as it was handed over, with the writer as it is now.

use nightowl_core::engine::HandedOverCall;
use nightowl_core::error::ErrorClass;
use nightowl_core::port::{ExternalCall, PendingWork};

use super::attempt::Failure;
use super::hand_over::Parts;

/// Sends a call.
pub(super) async fn send(parts: &Parts, work: &PendingWork) -> Result<(), Failure> {
    let call = HandedOverCall::read(&work.body).map_err(|reason| Failure::Never(format!("failed to read a handed-over call: {reason}")))?;
    let tenant = parts.catalogs.of(&work.tenant_id).await.map_err(|error| Failure::Later(error.to_string()))?;
    let Some(writer) = tenant.catalog.writer(&call.writer_id) else {
        return Err(Failure::Later(format!("failed to call external writer {}: the tenant has none of that id any more", call.writer_id)));
    };
    let call = ExternalCall {
        writer: writer.clone(),
        event_code: call.event_code,
        current: call.current,
        previous: call.previous,
        data_id: call.data_id,
        trace_id: call.trace_id,
        idempotency_key: call.idempotency_key,
    };
    parts.engine.writer.write(&call).await.map_err(|error| match error.class {
        ErrorClass::Reject => Failure::Never(error.to_string()),
        ErrorClass::Retry | ErrorClass::Fatal | ErrorClass::Bug => Failure::Later(error.to_string()),
    })
}
