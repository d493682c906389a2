//! `POST /pipeline/data` (surface.md §6.2).

use axum::Json;
use axum::body::to_bytes;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use nightowl_core::value::read_json_bytes;
use serde::Deserialize;

use super::router::{Api, address, credentials};
use crate::door::{Delivery, DoorError, Envelope, position_key};

/// The header that makes a request repeatable.
const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// Says that an answer is the one of an earlier request.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The query of a trigger.
#[derive(Debug, Deserialize)]
pub(super) struct TriggerQuery {
    /// A failed run is a 422.
    #[serde(default)]
    strict: bool,
}

/// Carries a trigger out and answers when its cascade has ended.
pub(super) async fn trigger(State(api): State<Api>, Query(query): Query<TriggerQuery>, request: Request) -> Result<Response, DoorError> {
    let credentials = credentials(request.headers())?;
    let address = address(request.extensions());
    let idempotency_key = request.headers().get(IDEMPOTENCY_KEY).and_then(|key| key.to_str().ok()).map(|key| key.chars().take(255).collect::<String>());
    let limit = api.options.body_bytes;
    let body = to_bytes(request.into_body(), limit).await.map_err(|_| DoorError::TooLarge { limit, setting: "limits.body_bytes" })?;
    let document = read_json_bytes(&body, api.options.json_depth)?;
    let envelope = Envelope::read(&document)?;
    let key = idempotency_key.map(|key| position_key(&["idempotency-key", &key]));
    let delivery = Delivery { envelope, source: "http", position_key: key, address };
    let answer = api.fire.fire(delivery, credentials.as_ref()).await?;
    let status = if query.strict && answer.failed() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let mut response = (status, Json(answer.body())).into_response();
    if answer.replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}
