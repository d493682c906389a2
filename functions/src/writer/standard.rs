//! `standard-writer`: REST. The body is itself a valid trigger of another installation (engine.md §6).

use std::time::Duration;

use async_trait::async_trait;
use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use nightowl_core::error::ErrorClass;
use nightowl_core::port::{ExternalCall, ExternalWriter, ExternalWriterError};
use nightowl_core::value::json::write_json;
use nightowl_core::value::{JsonStyle, Object, Value};
use secrecy::{ExposeSecret, SecretString};

use super::secret;
use crate::outbound::{AllowedHosts, Answer, Client};

const TRACE_ID: HeaderName = HeaderName::from_static("x-nightowl-trace-id");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// How many characters of a refusing answer are told.
const TOLD_CHARACTERS: usize = 200;

/// The REST writer.
#[derive(Debug)]
pub(super) struct StandardWriter {
    client: Client,
}

impl StandardWriter {
    /// A writer that calls these hosts, and waits so long for an answer.
    pub(super) const fn new(allowed: AllowedHosts, timeout: Duration) -> Self {
        Self { client: Client::new(allowed, timeout) }
    }

    async fn send(&self, call: &ExternalCall) -> Result<(), String> {
        let Some(current) = call.current.as_ref().filter(|current| !current.is_empty()) else {
            return Err("the current data are null or empty, so there is nothing to send".to_owned());
        };
        let url = call.writer.url.as_deref().filter(|url| !url.trim().is_empty()).ok_or("it has no url")?;
        let token = secret::token(call.writer.pat.as_deref()).await?;
        let answer = self.client.post(url, headers(call, token.as_ref())?, body(call.event_code.as_deref(), current)).await;
        let answer = answer.map_err(|error| error.to_string())?;
        if (200..300).contains(&answer.status) {
            tracing::debug!(trace_id = call.trace_id, writer = call.writer.writer_code, status = answer.status, "an external writer was called");
            return Ok(());
        }
        Err(refusal(&answer, token.as_ref()))
    }
}

#[async_trait]
impl ExternalWriter for StandardWriter {
    async fn write(&self, call: &ExternalCall) -> Result<(), ExternalWriterError> {
        let failed = |reason| ExternalWriterError { writer: call.writer.writer_code.clone(), reason, class: ErrorClass::Retry };
        self.send(call).await.map_err(failed)
    }
}

fn body(event_code: Option<&str>, current: &Object) -> String {
    let mut body = Object::new();
    body.insert("code", event_code.map_or(Value::Null, Value::from));
    body.insert("data", Value::Object(current.clone()));
    body.insert("triggerType", Value::from("insert"));
    let mut text = String::new();
    write_json(&Value::Object(body), JsonStyle::Wire, &mut text);
    text
}

fn headers(call: &ExternalCall, token: Option<&SecretString>) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, text) in [(TRACE_ID, &call.trace_id), (IDEMPOTENCY_KEY, &call.idempotency_key)] {
        // A caller's trace id may hold what no header can.
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.insert(name, value);
        }
    }
    if let Some(token) = token {
        let value = HeaderValue::from_str(&format!("PAT {}", token.expose_secret())).map_err(|_| "its pat holds characters that no header can".to_owned());
        let mut value = value?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
}

/// The status and the beginning of the body, without the token where the other side repeats it.
fn refusal(answer: &Answer, token: Option<&SecretString>) -> String {
    let body = token.map_or_else(|| answer.body.clone(), |token| answer.body.replace(token.expose_secret(), "***"));
    let told: String = body.chars().filter(|character| !character.is_control()).take(TOLD_CHARACTERS).collect();
    if told.trim().is_empty() { format!("the answer is {}", answer.status) } else { format!("the answer is {}: {told}", answer.status) }
}
