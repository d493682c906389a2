//! `POST /event`: events of platforms and CloudEvents, sent by whoever may fire triggers, and the handshakes by which Event
//! Grid makes sure of a webhook (surface.md §15.2.3, §15.2.10).

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use nightowl_auth::{AuthError, Guard};
use nightowl_core::port::Clock as _;
use nightowl_core::value::Value;
use serde_json::json;

use super::router::{Api, address, credentials};
use super::trigger::{IDEMPOTENCY_KEY, idempotency_key};
use super::{error, watch};
use crate::door::DoorError;
use crate::door::event::{EventDoor, EventReport, TimeBudget};
use crate::event::{Body as EventBody, DecodeOptions, Decoder, EventSource, Routes, of_binary};

/// What Event Grid says of a request: a handshake, or events.
const EVENT_GRID: &str = "aeg-event-type";
/// The headers of the handshake of CloudEvents: who asks and how often it will call, and what it may.
const REQUEST_ORIGIN: &str = "webhook-request-origin";
const REQUEST_RATE: &str = "webhook-request-rate";
const ALLOWED_ORIGIN: HeaderName = HeaderName::from_static("webhook-allowed-origin");
const ALLOWED_RATE: HeaderName = HeaderName::from_static("webhook-allowed-rate");
/// The content types of events in JSON.
const STRUCTURED: [&str; 2] = ["application/cloudevents+json", "application/cloudevents-batch+json"];
/// At most this part of a request's time is kept free for its answer.
const MARGIN_PART: u32 = 10;

/// Takes the events of a request and answers their result document. What can never work is a dead letter and answered as
/// taken; what was not done is a 503, after which the sender comes again.
pub(super) async fn take(State(api): State<Api>, request: Request) -> Result<Response, DoorError> {
    let Some(events) = api.events.clone() else { return Ok(error::not_found().await.into_response()) };
    let (parts, body) = request.into_parts();
    let credentials = credentials(&parts.headers)?;
    let body = read(&api, body).await?;
    let Some(credentials) = credentials else {
        // whoever asks for a handshake has no token yet
        return handshake(&body).ok_or(DoorError::Auth(AuthError::Unauthenticated));
    };
    let caller = address(&parts.extensions);
    api.fire.node().authenticator.authorise(Some(&credentials), caller.as_deref(), Guard::AnyAdmin).await?;
    let key = parts.headers.get(IDEMPOTENCY_KEY).map(idempotency_key).transpose()?;
    let time = api.options.request_time;
    let budget = TimeBudget::lasting(api.fire.node().clock.now_utc(), time.saturating_sub(time / MARGIN_PART));
    let source = is_structured(&parts.headers).then_some(EventSource::CloudEvents);
    let report = Box::pin(carried_out(&events.of_caller(credentials, source), &parts.headers, &body, key, &budget)).await;
    Ok(answer(&report))
}

/// What is not found may be a webhook whose path somebody else chose: Event Grid says in a header what it sends.
pub(super) async fn or_nothing(state: State<Api>, request: Request) -> Response {
    if request.method() == Method::POST && request.headers().contains_key(EVENT_GRID) {
        return take(state, request).await.unwrap_or_else(DoorError::into_response);
    }
    watch::metrics_or_nothing(state, request.method().clone(), request.uri().clone()).await
}

/// Answers the handshake of a webhook for CloudEvents, at any path: nothing is promised but to listen.
pub(super) async fn or_handshake(request: Request, next: Next) -> Response {
    let origin = request.headers().get(REQUEST_ORIGIN).filter(|_| request.method() == Method::OPTIONS).cloned();
    let Some(origin) = origin else { return next.run(request).await };
    let mut response = StatusCode::OK.into_response();
    response.headers_mut().insert(ALLOWED_ORIGIN, origin);
    if request.headers().contains_key(REQUEST_RATE) {
        response.headers_mut().insert(ALLOWED_RATE, HeaderValue::from_static("*"));
    }
    response
}

async fn read(api: &Api, body: Body) -> Result<Vec<u8>, DoorError> {
    let limit = api.options.body_bytes;
    let body = to_bytes(body, limit).await.map_err(|_| DoorError::TooLarge { limit, setting: "limits.body_bytes" })?;
    Ok(body.into())
}

async fn carried_out(events: &EventDoor, headers: &HeaderMap, body: &[u8], key: Option<&str>, budget: &TimeBudget) -> EventReport {
    if is_structured(headers) {
        return events.handle_at(body, key, budget).await;
    }
    let texts = headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    match of_binary(texts, body) {
        Ok(Some(event)) => events.handle_document(&Value::Object(event), key, budget).await,
        Ok(None) => events.handle_at(body, key, budget).await,
        Err(error) => events.unreadable(error, body, budget).await,
    }
}

fn is_structured(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = content_type.split(';').next().unwrap_or_default().trim();
    STRUCTURED.iter().any(|structured| media.eq_ignore_ascii_case(structured))
}

/// The answer to a handshake; `None` where the body is none.
fn handshake(body: &[u8]) -> Option<Response> {
    let (routes, options) = (Routes::default(), DecodeOptions::default());
    let decoded = Decoder::new(&routes, &options).decode(body).ok()?;
    match decoded.records.into_iter().next()?.body {
        EventBody::Handshake(code) => Some(validation(&code)),
        _ => None,
    }
}

fn validation(code: &str) -> Response {
    Json(json!({"validationResponse": code})).into_response()
}

fn answer(report: &EventReport) -> Response {
    if let Some(code) = &report.handshake {
        return validation(code);
    }
    let document = Json(report.document());
    match (report.is_failed(), report.may_work_later()) {
        (false, _) => document.into_response(),
        (true, true) => (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")], document).into_response(),
        (true, false) => (StatusCode::BAD_REQUEST, document).into_response(),
    }
}
