//! Errors as answers.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use nightowl_core::error::{Coded, ErrorClass};

use crate::door::DoorError;

impl IntoResponse for DoorError {
    fn into_response(self) -> Response {
        if matches!(self.class(), ErrorClass::Bug | ErrorClass::Fatal) {
            tracing::error!(code = self.code(), "{self}");
        }
        let status = StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self.body())).into_response();
        if let Some(seconds) = self.retry_after_seconds() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
