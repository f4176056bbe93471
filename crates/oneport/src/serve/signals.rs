//! The signals by which the system asks a program to end.

use std::io;

use tokio::signal::unix::{SignalKind, signal};

/// Ready at SIGINT or SIGTERM, from now on. SIGHUP is ignored, so that the end of a terminal does not kill the program.
///
/// Fails where the handlers cannot be installed.
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
                    tracing::info!("SIGHUP is ignored: restart the server to have it read its files again");
                }
            }
        }
        tracing::info!("shutting down");
    })
}
