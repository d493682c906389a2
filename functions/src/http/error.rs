//! Errors as answers.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use nightowl_core::error::{Coded, ErrorClass};
use serde_json::{Value, json};

use crate::door::DoorError;

impl IntoResponse for DoorError {
    fn into_response(self) -> Response {
        Refusal { error: self, trace_id: None }.into_response()
    }
}

/// An error of a request whose trace id is known, since its caller has chosen it.
#[derive(Debug)]
pub(super) struct Refusal {
    pub error: DoorError,
    pub trace_id: Option<String>,
}

impl<E: Into<DoorError>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self { error: error.into(), trace_id: None }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self { error, trace_id } = self;
        if matches!(error.class(), ErrorClass::Bug | ErrorClass::Fatal) {
            tracing::error!(code = error.code(), trace_id, "{error}");
        }
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut body = error.body();
        if let Some((detail, trace_id)) = body.get_mut("detail").and_then(Value::as_object_mut).zip(trace_id) {
            detail.insert("traceId".to_owned(), trace_id.into());
        }
        let mut response = (status, Json(body)).into_response();
        if let Some(seconds) = error.retry_after_seconds() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// What is asked for is not there (surface.md §5).
pub(super) async fn not_found() -> (StatusCode, Json<Value>) {
    (StatusCode::NOT_FOUND, Json(json!({"detail": "Not Found"})))
}

/// It is there, for other methods.
pub(super) async fn method_not_allowed() -> (StatusCode, Json<Value>) {
    (StatusCode::METHOD_NOT_ALLOWED, Json(json!({"detail": "Method Not Allowed"})))
}
