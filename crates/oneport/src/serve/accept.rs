//! Accepts connections, and dispatches them to the workers.

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
    let mut is_failing = false;
    loop {
        let accepted = listener.accept().await;
        match accepted.and_then(|(stream, address)| Ok((stream.into_std()?, address.ip()))) {
            Ok((stream, address)) => {
                is_failing = false;
                let registration = registry.register(address).await;
                workers.dispatch(Accepted { stream, tls: tls.clone(), registration }).await;
            }
            // The peer closed the connection before it was accepted.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                // Logged once per series of errors.
                if !is_failing {
                    tracing::warn!("cannot accept connections for now: {error}");
                }
                is_failing = true;
                registry.evict_one();
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
