//! When the process is asked to end.

/// Ends at SIGTERM or Ctrl-C.
pub(crate) async fn requested() {
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
