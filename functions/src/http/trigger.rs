//! `POST /pipeline/data` and `/pipeline/data/async` (surface.md §6.2).

use axum::Json;
use axum::body::to_bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use nightowl_auth::Credentials;
use nightowl_core::value::json::to_json;
use nightowl_core::value::{JsonStyle, Value, read_json_bytes};
use nightowl_storage::meta::content_hash;
use serde::Deserialize;
use serde_json::Value as Json_;

use super::error::Refusal;
use super::router::{Api, address, credentials};
use crate::door::{Delivery, DoorError, Envelope, Position};

/// The header that makes a request repeatable.
pub(super) const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// Says that an answer is the one of an earlier request.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The most characters of an idempotency key.
const KEY_CHARACTERS: usize = 255;

/// The query of a trigger.
#[derive(Debug, Deserialize)]
pub(super) struct TriggerQuery {
    /// A failed run is a 422.
    #[serde(default)]
    strict: bool,
}

/// Carries a trigger out and answers when its cascade has ended.
pub(super) async fn trigger(State(api): State<Api>, query: Result<Query<TriggerQuery>, QueryRejection>, request: Request) -> Result<Response, Refusal> {
    let Query(query) = query.map_err(|_| DoorError::shape(&["query", "strict"], "Input should be a valid boolean: true or false", "bool_parsing"))?;
    let (delivery, credentials) = read(&api, request).await?;
    let trace_id = delivery.envelope.trace_id.clone();
    let answer = api.fire.fire(delivery, credentials.as_ref()).await.map_err(|error| Refusal { error, trace_id })?;
    let status = if query.strict && answer.failed() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(respond(status, answer.body(), answer.replayed))
}

/// Takes a trigger over and answers once that is committed; its cascade runs afterwards.
pub(super) async fn accept(State(api): State<Api>, request: Request) -> Result<Response, Refusal> {
    let (delivery, credentials) = read(&api, request).await?;
    let trace_id = delivery.envelope.trace_id.clone();
    let answer = api.fire.accept(delivery, credentials.as_ref()).await.map_err(|error| Refusal { error, trace_id })?;
    Ok(respond(StatusCode::OK, answer.accepted_body(), answer.replayed))
}

async fn read(api: &Api, request: Request) -> Result<(Delivery, Option<Credentials>), DoorError> {
    let credentials = credentials(request.headers())?;
    let address = address(request.extensions());
    let idempotency_key = request.headers().get(IDEMPOTENCY_KEY).map(idempotency_key).transpose()?.map(str::to_owned);
    let limit = api.options.body_bytes;
    let body = to_bytes(request.into_body(), limit).await.map_err(|_| DoorError::TooLarge { limit, setting: "limits.body_bytes" })?;
    let document = read_json_bytes(&body, api.options.json_depth)?;
    let envelope = Envelope::read(&document)?;
    let position = idempotency_key.map(|key| Position::Key { key, body_hash: Some(body_hash(&document)) });
    Ok((Delivery { position, address, ..Delivery::new(envelope, "http") }, credentials))
}

/// Hex SHA-256 of what is asked for, whatever blanks or order of keys it is written with, and whoever asks: a token may be
/// another one when the request is repeated, and the key belongs to the tenant whether the body names it or not.
fn body_hash(document: &Value) -> String {
    let mut asked = to_json(document, JsonStyle::Wire);
    if let Some(object) = asked.as_object_mut() {
        object.remove("pat");
        object.remove("tenantId");
    }
    content_hash(&asked)
}

fn respond(status: StatusCode, body: Json_, replayed: bool) -> Response {
    let mut response = (status, Json(body)).into_response();
    if replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

/// An idempotency key as it was sent. One that were cut off or left out would stand for other requests than the caller
/// means.
pub(super) fn idempotency_key(value: &HeaderValue) -> Result<&str, DoorError> {
    let key = value.to_str().map_err(|_| DoorError::KeyWrong)?;
    if key.trim().is_empty() || key.len() > KEY_CHARACTERS { Err(DoorError::KeyWrong) } else { Ok(key) }
}
