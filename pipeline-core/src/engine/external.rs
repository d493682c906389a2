//! Calls of external writers as they are handed over (engine.md §3.11, rule 10). The writer's token is not in it: the
//! writer is looked up again when the call is made.

use serde_json::json;

use crate::port::ExternalCall;
use crate::value::{Value, json as value_json};

/// The stored form of a call, format 1.
pub(crate) fn write_call(call: &ExternalCall) -> String {
    let row = |object: &Option<crate::value::Object>| object.as_ref().map(|object| value_json::to_tagged(&Value::Object(object.clone())));
    json!({
        "format": 1, "writerId": call.writer.writer_id, "eventCode": call.event_code, "current": row(&call.current),
        "previous": row(&call.previous), "traceId": call.trace_id, "idempotencyKey": call.idempotency_key,
    })
    .to_string()
}
