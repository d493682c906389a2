//! A platform that calls the process over HTTP: a port that is taken at once, and an end that waits for nobody.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::{Instance, Platform, RuntimeError};
use crate::shutdown;

/// How long requests under way may take once the process is asked to end, and how long its store may then take to close. The
/// platforms kill a process about a second after they have asked.
const GRACE: Duration = Duration::from_millis(300);

/// Serves a router until the process is asked to end; then the worker id is given back.
pub(super) async fn serve(instance: &Instance, address: String, router: Router) -> Result<(), RuntimeError> {
    let platform = instance.platform();
    let listener = TcpListener::bind(&address).await;
    let listener = listener.map_err(|error| RuntimeError::Listen { platform, address: address.clone(), reason: error.to_string() })?;
    tracing::info!(address, platform = platform.as_str(), "listening");
    let asked = Arc::new(Notify::new());
    let asking = Arc::clone(&asked);
    let server = axum::serve(listener, router).with_graceful_shutdown(async move {
        shutdown::requested().await;
        asking.notify_one();
    });
    let late = async {
        asked.notified().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = async { server.await } => served.map_err(|error| RuntimeError::Interface { platform, reason: error.to_string() })?,
        () = late => tracing::warn!("requests under way are left, since the process has to end"),
    }
    instance.release(GRACE).await;
    Ok(())
}

/// The port in a variable.
pub(super) fn port(platform: Platform, name: &'static str, value: &str) -> Result<u16, RuntimeError> {
    value.trim().parse().map_err(|_| RuntimeError::Variable { platform, name, reason: format!("\"{value}\" is no port") })
}
