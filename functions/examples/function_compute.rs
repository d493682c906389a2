//! A custom runtime of one's own for Alibaba Function Compute: the path `/hello` of its HTTP trigger is its own, events and
//! all other paths are Nightowl's.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use nightowl::Sources;
use nightowl::runtime::{Instance, Platform, function_compute};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let sources = Sources::of_process();
    let instance = Arc::new(Instance::load(Platform::FunctionCompute, &sources)?);
    let app = Router::new().route("/hello", get(async || "hello")).fallback_service(function_compute::router(instance));
    let port = sources.environment.get("FC_CUSTOM_LISTEN_PORT").map_or("9000", String::as_str);
    let listener = tokio::net::TcpListener::bind(format!("0.0.0.0:{port}")).await?;
    Ok(axum::serve(listener, app).await?)
}
