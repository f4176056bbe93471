//! Serving from start to end: connections are accepted here and dealt in turn to the workers, one per core,
//! until the shutdown; then those under way are drained.

use std::{future::pending, io, net::TcpStream, num::NonZero, pin::pin, sync::Arc, time::Duration};

use futures_util::future::join_all;
use tokio::{
    net::TcpListener,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

use crate::{
    App,
    listen::Listeners,
    metrics::{self, MetricsAnswers},
    tls::Tls,
    worker::Workers,
};

/// How long to wait before accepting again where the system refuses, as when the process is out of descriptors.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long the server stays when accesses cannot be kept any more, for health checks to learn of it.
pub const LAST_WORDS: Duration = Duration::from_secs(1);

/// What is served, and within which bounds.
#[derive(Clone)]
pub struct Parts {
    /// The configuration for the listeners with TLS, from [`crate::tls::config`].
    pub tls: Tls,
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
    /// The longest time that a connection for metrics may take, its answer included; then it is closed.
    pub metrics: Duration,
    /// How long a peer may take nothing of the responses that wait for it; then its connection is closed.
    pub response_stall: Duration,
    /// How many bytes of unread responses one connection may hold, those of up to 8 KiB aside; further calls wait.
    pub connection_response_bytes: usize,
    /// How many bytes of unread responses all connections may hold together; then the one that is read the slowest is
    /// closed.
    pub response_bytes: usize,
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
            metrics: Duration::from_secs(30),
            response_stall: Duration::from_secs(30),
            connection_response_bytes: 8 << 20,
            response_bytes: 32 << 20,
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

/// Why the server ended without being asked to.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A worker's thread cannot be started.
    #[error("cannot start a thread: {0}")]
    Worker(#[from] io::Error),
    /// Accesses cannot be kept any more.
    #[error("the ledger's disk failed, and no call is answered any more: {0}")]
    Ledger(String),
}

/// Serves on these listeners until `shutdown` is ready. From then on new connections are refused at once, and
/// those under way are given [`Limits::drain`] to end; metrics are told no more.
///
/// Fails when a worker's thread cannot be started, and when accesses cannot be kept any more: then health checks are
/// told for [`LAST_WORDS`], and connections get as long to end.
pub async fn run(
    listeners: Listeners,
    parts: Parts,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let acceptor = TlsAcceptor::from(Arc::clone(&parts.tls.config));
    let places = Arc::new(Semaphore::new(parts.limits.connections));
    let workers = Workers::start(&parts)?;
    let ledger_failed = {
        let tls = listeners.tls.into_iter().map(|listener| (listener, Some(acceptor.clone())));
        let plaintext = listeners.plaintext.into_iter().map(|listener| (listener, None));
        let accepting =
            tls.chain(plaintext).map(|(listener, tls)| accept(listener, tls, Arc::clone(&places), &workers));
        let accepting = pin!(join_all(accepting));
        let ledger_failed = async {
            let reason = parts.app.ledger_failed().await;
            sleep(LAST_WORDS).await;
            Some(reason)
        };
        // The listeners end with this block: from here on connections are refused.
        tokio::select! {
            _ = accepting => None,
            () = serve_metrics(listeners.metrics, &parts) => None,
            () = shutdown => None,
            failed = ledger_failed => failed,
        }
    };
    parts.app.begin_end();
    match ledger_failed {
        None => {
            workers.drain().await;
            Ok(())
        }
        Some(reason) => {
            // What does not end in time ends with the program.
            let _ = timeout(LAST_WORDS, workers.drain()).await;
            Err(ServeError::Ledger(reason))
        }
    }
}

/// Serves metrics, where they are measured and there is an address for them; else waits for ever.
async fn serve_metrics(listener: Option<TcpListener>, parts: &Parts) {
    match (listener, parts.app.metrics()) {
        (Some(listener), Some(metrics)) => {
            let (probes, hosts) = (parts.app.probes(), parts.app.hosts());
            let answers = MetricsAnswers { metrics: metrics.clone(), probes, hosts };
            metrics::serve(listener, &answers, parts.limits.metrics).await;
        }
        _ => pending().await,
    }
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
