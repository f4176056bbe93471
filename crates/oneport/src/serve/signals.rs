//! The signals that end the program.

use std::io;

use tokio::signal::unix::{SignalKind, signal};

/// Installs handlers for SIGINT and SIGTERM, and returns a future that completes at the first of them: the shutdown for
/// [`BoundServer::run`](crate::BoundServer::run). SIGHUP is logged and ignored while the future is polled, so that closing a
/// terminal does not end the program.
///
/// Fails where a handler cannot be installed.
///
/// # Panics
///
/// Outside of a tokio runtime.
pub fn shutdown_signal() -> io::Result<impl Future<Output = ()> + Send> {
    let mut hangup = signal(SignalKind::hangup())?;
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => break,
                _ = terminate.recv() => break,
                Some(()) = hangup.recv() => {
                    tracing::info!("SIGHUP is ignored: restart the server to reload its files");
                }
            }
        }
        tracing::info!("shutting down");
    })
}
