//! `nightowl serve`: the HTTP API and the schedules, until SIGTERM.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use nightowl_config::Loaded;

use super::{CliError, GlobalOptions, output, session};
use crate::door::Fire;
use crate::door::event::EventDoor;
use crate::metric;
use crate::node::NodeError;
use crate::schedule::{Schedules, Timers};
use crate::shutdown;

/// The variable by which platforms of containers say where they call.
const PORT: &str = "PORT";

/// Serve the HTTP API.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// The address to listen on (else NIGHTOWL_LISTEN, else port PORT of every interface, else 127.0.0.1:8800).
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<String>,
}

pub(super) async fn run(global: &GlobalOptions, args: ServeArgs) -> Result<ExitCode, CliError> {
    let more: Vec<(&str, &str)> = args.listen.as_deref().map(|listen| ("http.listen", listen)).into_iter().collect();
    let sources = session::sources(global, &more)?;
    let loaded = Loaded::load(&sources)?;
    let settings = loaded.settings();
    let schedules = Schedules::of(settings).map_err(|error| NodeError::Setting { key: "event.schedule", reason: error.to_string() })?;
    let port = sources.environment.get(PORT).filter(|port| loaded.is_default("http.listen") && !port.trim().is_empty());
    let address = port.map_or_else(|| settings.http.listen.clone(), |port| format!("0.0.0.0:{}", port.trim()));
    let listener = listen(&address).await?;
    let node = session::open(settings).await?;
    let doors = match node.require_keys().await {
        Ok(()) => EventDoor::of(Fire::new(Arc::clone(&node)), settings),
        Err(error) => Err(error),
    };
    let events = match doors {
        Ok(events) => events,
        Err(error) => {
            node.close().await?;
            return Err(error.into());
        }
    };
    if let Err(error) = metric::install() {
        tracing::warn!(%error, "there are no metrics");
    }
    node.open_sources().await?;
    node.hand_over.wake();
    let timers = Timers::new(schedules, node.zone, Arc::new(node.clock.clone()), &events).start();
    let app = events.router();
    let address = listener.local_addr()?;
    output::line(&format!("http://{address}"))?;
    output::note(&format!("listening on http://{address}"));
    let app = app.into_make_service_with_connect_info::<std::net::SocketAddr>();
    axum::serve(listener, app).with_graceful_shutdown(shutdown::requested()).await?;
    timers.stop().await;
    node.close().await?;
    output::note("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Takes the address before anything is opened.
async fn listen(address: &str) -> Result<tokio::net::TcpListener, NodeError> {
    let taken = tokio::net::TcpListener::bind(address).await;
    taken.map_err(|error| NodeError::Setting { key: "http.listen", reason: format!("nothing can listen on {address}: {error}; free it, or name another one") })
}
