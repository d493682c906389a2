//! `nightowl serve`: the HTTP API until SIGTERM.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use super::{CliError, GlobalOptions, output, session};
use crate::door::Fire;
use crate::http::{HttpOptions, router};
use crate::metric;
use crate::node::NodeError;

/// Serve the HTTP API.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// The address to listen on (else NIGHTOWL_LISTEN, else 127.0.0.1:8800).
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<String>,
}

pub(super) async fn run(global: &GlobalOptions, args: ServeArgs) -> Result<ExitCode, CliError> {
    let more: Vec<(&str, &str)> = args.listen.as_deref().map(|listen| ("http.listen", listen)).into_iter().collect();
    let loaded = session::settings_with(global, &more)?;
    let settings = loaded.settings();
    let listener = listen(&settings.http.listen).await?;
    let node = session::open(settings).await?;
    if let Err(error) = node.require_keys().await {
        node.close().await?;
        return Err(error.into());
    }
    if let Err(error) = metric::install() {
        tracing::warn!(%error, "there are no metrics");
    }
    node.open_sources().await?;
    node.hand_over.wake();
    let app = router(Fire::new(Arc::clone(&node)), &HttpOptions::of(settings));
    let address = listener.local_addr()?;
    output::line(&format!("http://{address}"))?;
    output::note(&format!("listening on http://{address}"));
    let app = app.into_make_service_with_connect_info::<std::net::SocketAddr>();
    axum::serve(listener, app).with_graceful_shutdown(shutdown()).await?;
    node.close().await?;
    output::note("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Takes the address before anything is opened.
async fn listen(address: &str) -> Result<tokio::net::TcpListener, NodeError> {
    let taken = tokio::net::TcpListener::bind(address).await;
    taken.map_err(|error| NodeError::Setting { key: "http.listen", reason: format!("nothing can listen on {address}: {error}; free it, or name another one") })
}

/// Ends at SIGTERM or Ctrl-C; requests under way are answered first.
async fn shutdown() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let mut terminate = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(terminate) => terminate,
            Err(error) => {
                tracing::warn!(%error, "SIGTERM can not be heard");
                return wait(interrupt).await;
            }
        };
        tokio::select! {
            () = wait(interrupt) => {}
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    wait(interrupt).await;
}

async fn wait(interrupt: impl Future<Output = std::io::Result<()>>) {
    if let Err(error) = interrupt.await {
        tracing::warn!(%error, "Ctrl-C can not be heard");
        std::future::pending::<()>().await;
    }
}
