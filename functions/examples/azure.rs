//! A custom handler of one's own for Azure Functions: the function `Hello` is its own, every other one is Nightowl's.

use std::sync::Arc;

use anyhow::Context as _;
use axum::routing::post;
use axum::{Json, Router};
use nightowl::Sources;
use nightowl::runtime::{Instance, Platform, azure};
use serde_json::json;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let sources = Sources::of_process();
    let instance = Arc::new(Instance::load(Platform::Azure, &sources)?);
    let hello = post(async || Json(json!({"Outputs": {}, "Logs": ["hello"], "ReturnValue": null})));
    let app = Router::new().route("/Hello", hello).fallback_service(azure::router(instance));
    let port = sources.environment.get("FUNCTIONS_CUSTOMHANDLER_PORT").context("the host of Azure Functions starts this program")?;
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    Ok(axum::serve(listener, app).await?)
}
