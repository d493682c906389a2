//! Calls of external writers as they are handed over (engine.md §3.11, rule 10). The writer's token is not in it: the
//! writer is looked up again when the call is made.

use serde_json::{Value as Json, json};

use crate::port::ExternalCall;
use crate::value::{Object, Value, json as value_json};

/// A call that was handed over, without its writer.
#[derive(Debug, Clone, PartialEq)]
pub struct HandedOverCall {
    /// The writer's id, as it was at the action.
    pub writer_id: String,
    /// The event code of the action.
    pub event_code: Option<String>,
    /// The trigger data at the action.
    pub current: Option<Object>,
    /// The trigger data before.
    pub previous: Option<Object>,
    /// The row that they are of; also `None` where an earlier version handed the call over.
    pub data_id: Option<i64>,
    /// The trace id.
    pub trace_id: String,
    /// The action log's uid.
    pub idempotency_key: String,
}

/// The stored form of a call, format 1.
pub(crate) fn write_call(call: &ExternalCall) -> String {
    let row = |object: &Option<Object>| object.as_ref().map(|object| value_json::to_tagged(&Value::Object(object.clone())));
    json!({
        "format": 1, "writerId": call.writer.writer_id, "eventCode": call.event_code, "current": row(&call.current),
        "previous": row(&call.previous), "dataId": call.data_id.map(|id| id.to_string()), "traceId": call.trace_id, "idempotencyKey": call.idempotency_key,
    })
    .to_string()
}

impl HandedOverCall {
    /// Reads the stored form; the error says what is wrong with it, without its data.
    pub fn read(body: &str) -> Result<Self, String> {
        let body: Json = serde_json::from_str(body).map_err(|error| format!("it is no JSON: {error}"))?;
        if body.get("format").and_then(Json::as_i64) != Some(1) {
            return Err("it has a format that this version does not know".to_owned());
        }
        let optional = |key: &str| body.get(key).and_then(Json::as_str).map(str::to_owned);
        let text = |key: &str| optional(key).ok_or_else(|| format!("it has no {key}"));
        let row = |key: &str| match body.get(key) {
            None | Some(Json::Null) => Ok(None),
            Some(json) => match value_json::from_tagged(json) {
                Ok(Value::Object(object)) => Ok(Some(object)),
                Ok(_) | Err(_) => Err(format!("its {key} is no object")),
            },
        };
        Ok(Self {
            writer_id: text("writerId")?,
            event_code: optional("eventCode"),
            current: row("current")?,
            previous: row("previous")?,
            data_id: optional("dataId").and_then(|id| id.parse().ok()),
            trace_id: text("traceId")?,
            idempotency_key: text("idempotencyKey")?,
        })
    }
}
