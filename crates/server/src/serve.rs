//! Serving from start to end: connections are accepted here and dealt in turn to the workers, one per core,
//! until the shutdown; then those under way are drained.

use std::{io, net::TcpStream, num::NonZero, pin::pin, sync::Arc, time::Duration};

use futures_util::future::join_all;
use tokio::{
    net::TcpListener,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::sleep,
};
use tokio_rustls::TlsAcceptor;

use crate::{App, listen::Listeners, worker::Workers};

/// How long to wait before accepting again where the system refuses, as when the process is out of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What is served, and within which bounds.
#[derive(Clone)]
pub struct Parts {
    /// The configuration for the listeners with TLS, from [`crate::tls::config`].
    pub tls: Arc<rustls::ServerConfig>,
    /// What answers the requests.
    pub app: App,
    /// The bounds of connections.
    pub limits: Limits,
    /// How many threads serve connections.
    pub workers: NonZero<usize>,
}

/// Bounds of connections, so that no caller holds on to the server by doing nothing.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most connections served at once; others wait until one ends.
    pub connections: usize,
    /// The longest time from a connection's begin to its first request; one without is closed.
    pub first_request: Duration,
    /// The longest time between two requests of an HTTP/1.1 connection, and from a request's first byte to the end of
    /// its headers; then the connection is closed.
    pub http1_idle: Duration,
    /// How long an HTTP/2 connection may be silent before it is asked for a sign of life (RFC 9113, section 6.7).
    pub http2_ping: Duration,
    /// How long the answer to that may take; then the connection is closed.
    pub http2_pong: Duration,
    /// How long calls under way may go on after the shutdown; then they are aborted.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            first_request: Duration::from_secs(20),
            http1_idle: Duration::from_secs(30),
            http2_ping: Duration::from_secs(15),
            http2_pong: Duration::from_secs(10),
            drain: Duration::from_secs(5),
        }
    }
}

/// A connection just accepted, on its way to a worker.
pub(crate) struct Accepted {
    pub(crate) stream: TcpStream,
    pub(crate) tls: Option<TlsAcceptor>,
    /// Its place among [`Limits::connections`], given back when it ends.
    pub(crate) place: OwnedSemaphorePermit,
}

/// Serves on these listeners until `shutdown` is ready. From then on new connections are refused at once, and
/// those under way are given [`Limits::drain`] to end.
///
/// Fails when a worker's thread cannot be started.
pub async fn run(listeners: Listeners, parts: Parts, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    let acceptor = TlsAcceptor::from(Arc::clone(&parts.tls));
    let places = Arc::new(Semaphore::new(parts.limits.connections));
    let workers = Workers::start(&parts)?;
    {
        let tls = listeners.tls.into_iter().map(|listener| (listener, Some(acceptor.clone())));
        let plaintext = listeners.plaintext.into_iter().map(|listener| (listener, None));
        let accepting =
            tls.chain(plaintext).map(|(listener, tls)| accept(listener, tls, Arc::clone(&places), &workers));
        let accepting = pin!(join_all(accepting));
        tokio::select! { _ = accepting => {}, () = shutdown => {} }
        // The listeners end with this block: from here on connections are refused.
    }
    workers.drain().await;
    Ok(())
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, places: Arc<Semaphore>, workers: &Workers) {
    let mut is_refused = false;
    loop {
        match listener.accept().await.and_then(|(stream, _)| stream.into_std()) {
            Ok(stream) => {
                is_refused = false;
                let place = Arc::clone(&places).acquire_owned().await.expect("nobody closes it");
                workers.deal(Accepted { stream, tls: tls.clone(), place }).await;
            }
            // The connection ended before it was accepted.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                // Said once, however long it lasts.
                if !is_refused {
                    tracing::warn!("cannot accept connections for now: {error}");
                }
                is_refused = true;
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
