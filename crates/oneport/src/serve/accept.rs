//! Accepting connections, and dispatching them to the workers.

use std::{io, sync::Arc};

use tokio::{net::TcpListener, time::sleep};
use tokio_rustls::TlsAcceptor;

use super::worker::{Accepted, Workers};
use crate::{connection::Registry, limits::ACCEPT_PAUSE};

/// Accepts connections until it is dropped.
pub(super) async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    registry: &Arc<Registry>,
    workers: &Workers,
) {
    let mut is_refused = false;
    loop {
        let accepted = listener.accept().await;
        match accepted.and_then(|(stream, address)| Ok((stream.into_std()?, address.ip()))) {
            Ok((stream, address)) => {
                is_refused = false;
                let admitted = registry.admit(address).await;
                workers.dispatch(Accepted { stream, tls: tls.clone(), admitted }).await;
            }
            // The connection ended before it was accepted.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                // Logged once, however long it lasts.
                if !is_refused {
                    tracing::warn!("cannot accept connections for now: {error}");
                }
                is_refused = true;
                registry.make_room();
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
