//! Whether the process lives, and whether it can work.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::router::Api;

/// `GET /health`: the process lives.
pub(super) async fn health() -> Json<Value> {
    Json(json!({"health": true}))
}

/// `GET /ready`: the default store answers.
pub(super) async fn ready(State(api): State<Api>) -> (StatusCode, Json<Value>) {
    let store = &api.fire.node().stores.default_store().store;
    let answered = store.read(|session| Box::pin(async move { session.query("SELECT 1", &[], &[]).await.map(|_| ()) })).await;
    match answered.and_then(|answer| answer) {
        Ok(()) => (StatusCode::OK, Json(json!({"ready": true}))),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, Json(json!({"ready": false, "reason": error.to_string()}))),
    }
}
