//! Azure Functions, as a custom handler (surface.md §16.2).

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use nightowl_config::Sources;
use serde_json::{Value, json};

use super::listen::{self, port};
use super::{Answered, Failure, Instance, Invocation, RuntimeError};
use crate::event::limits::EVENT_BYTES;

/// The variable with the port that the host calls.
const PORT: &str = "FUNCTIONS_CUSTOMHANDLER_PORT";
/// The header with the id of an invocation.
const INVOCATION_ID: &str = "x-azure-functions-invocationid";
/// What the host puts before the path of a request that it forwards, where `host.json` says nothing else.
const ROUTE_PREFIX: &str = "/api";

/// Serves the host.
pub(super) async fn serve(instance: Arc<Instance>, sources: &Sources) -> Result<(), RuntimeError> {
    let port = port(instance.platform(), PORT, sources.environment.get(PORT).map_or("", String::as_str))?;
    listen::serve(&instance, format!("127.0.0.1:{port}"), router(Arc::clone(&instance))).await
}

/// What the host calls: `GET /` to see whether the handler lives, `POST /<function>` for a trigger, and whatever else is an
/// HTTP request that it forwards.
pub fn router(instance: Arc<Instance>) -> Router {
    Router::new().fallback(call).with_state(instance)
}

async fn call(State(instance): State<Arc<Instance>>, request: Request) -> Response {
    if request.uri().path() == "/" {
        return Json(json!({})).into_response();
    }
    match function(&request) {
        Some(name) => {
            let name = name.to_owned();
            let (parts, body) = request.into_parts();
            invoke(&instance, name, &parts.headers, body).await
        }
        None => instance.request(request, Some(ROUTE_PREFIX)).await,
    }
}

/// The function of a trigger. Forwarded requests stand below the prefix of routes, so they have one part more.
fn function(request: &Request) -> Option<&str> {
    let name = request.uri().path().strip_prefix('/').filter(|_| request.method() == Method::POST)?;
    (!name.is_empty() && !name.contains('/')).then_some(name)
}

async fn invoke(instance: &Instance, function: String, headers: &HeaderMap, body: Body) -> Response {
    let request_id = headers.get(INVOCATION_ID).and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    let Ok(bytes) = to_bytes(body, EVENT_BYTES).await else {
        let message = format!("the invocation could not be read whole; it may have {EVENT_BYTES} bytes");
        return failed(&request_id, &Failure { code: "limit-event", message, may_work_later: false });
    };
    tracing::debug!(request_id, function, "an invocation begins");
    let invocation = Invocation { request_id, function: Some(function), ..Invocation::default() };
    match instance.event(&invocation, &bytes).await {
        Ok(Answered::Http(document)) => Json(document).into_response(),
        Ok(answered) => {
            let document = answered.into_document();
            Json(answer(&summary(&invocation.request_id, &document), &document)).into_response()
        }
        Err(failure) => failed(&invocation.request_id, &failure),
    }
}

/// An answer that is whole: of one that lacks a member, or is empty, the host makes a failure or waits in vain.
fn answer(log: &str, value: &Value) -> Value {
    json!({"Outputs": {}, "Logs": [log], "ReturnValue": value})
}

fn failed(request_id: &str, failure: &Failure) -> Response {
    tracing::warn!(request_id, code = failure.code, "an invocation failed: {}", failure.message);
    let status = if failure.may_work_later { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::INTERNAL_SERVER_ERROR };
    (status, Json(answer(&failure.to_string(), &failure.document()))).into_response()
}

/// The line that the host puts into the invocation's log.
fn summary(request_id: &str, document: &Value) -> String {
    let counts = ["received", "succeeded", "failed", "bad", "ignored", "skipped"].map(|name| format!("{name} {}", document[name].as_u64().unwrap_or(0)));
    format!("invocation {request_id}: {}", counts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_one_part_of_a_path() {
        let of = |method: &str, path: &str| {
            let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
            function(&request).map(str::to_owned)
        };
        assert_eq!(of("POST", "/OrderLoader").as_deref(), Some("OrderLoader"));
        assert_eq!(of("POST", "/api/pipeline/data"), None);
        assert_eq!(of("GET", "/health"), None);
        assert_eq!(of("POST", "/"), None);
    }
}
