//! Serving from start to end: connections are accepted here and dealt in turn to the workers, one per core,
//! until the shutdown; then those under way are drained.

use std::{future::pending, io, net::TcpStream, num::NonZero, pin::pin, sync::Arc, time::Duration};

use futures_util::future::join_all;
use tokio::{net::TcpListener, time::sleep};
use tokio_rustls::TlsAcceptor;

use crate::{
    App,
    limits::Limits,
    listen::Listeners,
    metrics::{self, MetricsAnswers},
    registry::{Admitted, Registry},
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

/// A connection just accepted, on its way to a worker.
pub(crate) struct Accepted {
    pub(crate) stream: TcpStream,
    pub(crate) tls: Option<TlsAcceptor>,
    /// Its entry among the open connections, until it ends.
    pub(crate) admitted: Admitted,
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
/// those with calls in flight are given [`Limits::drain`] to end, others are closed; metrics are told no more.
///
/// Fails when a worker's thread cannot be started, and when accesses cannot be kept any more: then health checks are
/// told for [`LAST_WORDS`], and connections get as long to end.
pub async fn run(
    listeners: Listeners,
    parts: Parts,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let acceptor = TlsAcceptor::from(Arc::clone(&parts.tls.config));
    let registry = Arc::new(Registry::new(&parts.limits));
    let workers = Workers::start(&parts)?;
    let ledger_failed = {
        let tls = listeners.tls.into_iter().map(|listener| (listener, Some(acceptor.clone())));
        let plaintext = listeners.plaintext.into_iter().map(|listener| (listener, None));
        let accepting =
            tls.chain(plaintext).map(|(listener, tls)| accept(listener, tls, &registry, &workers));
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
            workers.drain(parts.limits.drain, &registry).await;
            Ok(())
        }
        Some(reason) => {
            workers.drain(LAST_WORDS, &registry).await;
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

async fn accept(
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
                workers.deal(Accepted { stream, tls: tls.clone(), admitted }).await;
            }
            // The connection ended before it was accepted.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                // Said once, however long it lasts.
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
