//! What writers of our own types send (engine.md §6): a trigger of another installation, with its trace id.

use nightowl_core::error::ErrorClass;
use nightowl_core::port::{ExternalCall, ExternalWriterError};
use nightowl_core::value::{JsonStyle, Object, Value, json_text};

/// Why a call failed, with what that means for the next attempt.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) reason: String,
    pub(super) class: ErrorClass,
}

impl Failure {
    /// It may work later.
    pub(super) fn retry(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), class: ErrorClass::Retry }
    }

    /// The same call will never work.
    pub(super) fn reject(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), class: ErrorClass::Reject }
    }

    /// The error of the port.
    pub(super) fn of(self, call: &ExternalCall) -> ExternalWriterError {
        ExternalWriterError { writer: call.writer.writer_code.clone(), reason: self.reason, class: self.class }
    }
}

/// The message of a call.
pub(super) fn text(call: &ExternalCall) -> Result<String, Failure> {
    let current = call.current.as_ref().filter(|current| !current.is_empty());
    let current = current.ok_or_else(|| Failure::reject("the current data are null or empty, so there is nothing to send"))?;
    let members = [
        ("code", call.event_code.as_deref().map_or(Value::Null, Value::from)),
        ("data", Value::Object(current.clone())),
        ("triggerType", Value::from("insert")),
        ("traceId", Value::from(call.trace_id.as_str())),
    ];
    let document: Object = members.into_iter().collect();
    // these two stand in texts only, and queues refuse them
    Ok(json_text(&Value::Object(document), JsonStyle::Wire).replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff"))
}

/// The id of the row that is sent, where it has one.
pub(super) fn data_id(call: &ExternalCall) -> Option<String> {
    call.data_id.map(|id| id.to_string())
}

/// Where a call goes to.
pub(super) fn url(call: &ExternalCall) -> Result<&str, Failure> {
    let url = call.writer.url.as_deref().map(str::trim).filter(|url| !url.is_empty());
    url.ok_or_else(|| Failure::retry("it has no url"))
}
