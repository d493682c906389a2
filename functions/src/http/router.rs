//! Routes and what is common to them: limits, time-outs, authentication.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit};
use axum::http::{Extensions, HeaderMap, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use nightowl_auth::{AuthError, Credentials};
use nightowl_config::Settings;
use tower_http::cors::CorsLayer;

use super::{error, event, health, log, rerun, stats, trigger, watch};
use crate::door::Fire;
use crate::door::event::EventDoor;

/// What the API is told.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Largest body, in bytes (`limits.body_bytes`).
    pub body_bytes: usize,
    /// Deepest JSON (`limits.json_depth`).
    pub json_depth: usize,
    /// Longest request (`limits.request_seconds`).
    pub request_time: Duration,
    /// Largest page (`limits.page_size`).
    pub page_size: usize,
    /// Where the metrics are (`http.metrics_path`).
    pub metrics_path: String,
    /// Which browsers may call (`http.cors…`); `None` for none.
    pub cors: Option<CorsLayer>,
}

impl HttpOptions {
    /// Those of the settings.
    pub fn of(settings: &Settings) -> Self {
        Self {
            body_bytes: settings.limits.body_bytes,
            json_depth: settings.limits.json_depth,
            request_time: Duration::from_secs(settings.limits.request_seconds),
            page_size: settings.limits.page_size,
            metrics_path: settings.http.metrics_path.clone(),
            cors: watch::cors(settings),
        }
    }
}

/// What handlers share.
#[derive(Debug, Clone)]
pub(super) struct Api {
    pub fire: Fire,
    pub options: HttpOptions,
    /// Takes events; without it there is no path for them.
    pub events: Option<Arc<EventDoor>>,
}

/// The API of a node, with a path for events where there is a door for them.
pub fn router(fire: Fire, options: &HttpOptions, events: Option<EventDoor>) -> Router {
    let api = Api { fire, options: options.clone(), events: events.map(Arc::new) };
    let routes = Router::new()
        .route("/health", get(health::health))
        .route("/ready", get(health::ready))
        .route("/pipeline/data", post(trigger::trigger))
        .route("/pipeline/data/async", post(trigger::accept))
        .route("/pipeline/log", post(log::page))
        .route("/pipeline/log/stats", post(stats::stats))
        // What changes something and is a GET in the reference has a POST beside it (S11).
        .route("/pipeline/log/rerun/uid", get(rerun::by_uid).post(rerun::by_uid))
        .route("/pipeline/log/rerun/error", post(rerun::by_uids))
        .route("/topic/data/row", get(rerun::row))
        .route("/topic/data/rerun", get(rerun::rerun).post(rerun::rerun))
        .route("/event", post(event::take))
        .fallback(event::or_nothing)
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(from_fn_with_state(api.clone(), watch::request))
        .layer(DefaultBodyLimit::disable())
        .with_state(api);
    let routes = match &options.cors {
        Some(cors) => routes.layer(cors.clone()),
        None => routes,
    };
    routes.layer(from_fn(event::or_handshake))
}

/// The credentials of the `Authorization` header: `pat …`, `Bearer …`.
pub(super) fn credentials(headers: &HeaderMap) -> Result<Option<Credentials>, AuthError> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let text = value.to_str().map_err(|_| AuthError::Unauthenticated)?;
    Credentials::from_header(text).map(Some).ok_or(AuthError::Unauthenticated)
}

/// Where the caller is.
pub(super) fn address(extensions: &Extensions) -> Option<String> {
    extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_string())
}
