//! Runs a bound server until its shutdown is complete.

use std::{future::pending, io, num::NonZero, pin::pin, sync::Arc};

use futures_util::future::join_all;
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::{accept::accept, listen::Listeners, worker::Workers};
use crate::{
    connection::Registry,
    health::{Health, HealthState},
    host::AllowedHosts,
    limits::Limits,
    metrics::{self, Metrics, MetricsRouter},
    probes::Probes,
    router::Router,
};

/// The parts of a server that do not depend on its listeners.
pub(crate) struct Parts {
    pub(crate) router: Router,
    /// For the listeners with TLS.
    pub(crate) tls: Option<Arc<ServerConfig>>,
    pub(crate) limits: Limits,
    /// The number of threads that serve connections.
    pub(crate) workers: NonZero<usize>,
    pub(crate) health: Health,
    pub(crate) hosts: AllowedHosts,
    pub(crate) metrics: Option<Metrics>,
}

/// Serves on these listeners until `shutdown` completes. Then closes the listeners, which refuses new connections, closes idle
/// connections, and waits for calls in flight, at most [`Limits::drain`].
///
/// Fails where a thread or its runtime cannot be started.
pub(crate) async fn run(
    listeners: Listeners,
    parts: Parts,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let registry = Arc::new(Registry::new(&parts.limits));
    let connections = parts.metrics.as_ref().map(|metrics| &metrics.connections);
    let workers = Workers::start(parts.workers, &parts.router, &parts.limits, connections)?;
    {
        let acceptor = parts.tls.clone().map(TlsAcceptor::from);
        let tls = listeners.tls.into_iter().map(|listener| (listener, acceptor.clone()));
        let plaintext = listeners.plaintext.into_iter().map(|listener| (listener, None));
        let accepting =
            tls.chain(plaintext).map(|(listener, tls)| accept(listener, tls, &registry, &workers));
        let accepting = pin!(join_all(accepting));
        // The listeners are closed at the end of this block.
        tokio::select! {
            _ = accepting => {}
            () = serve_metrics(listeners.metrics, &parts) => {}
            () = shutdown => {}
        }
    }
    parts.health.set(HealthState::ShuttingDown);
    workers.drain(parts.limits.drain, &registry).await;
    Ok(())
}

/// Serves metrics where there is an address for them; else never completes.
async fn serve_metrics(listener: Option<TcpListener>, parts: &Parts) {
    match (listener, &parts.metrics) {
        (Some(listener), Some(metrics)) => {
            let (probes, hosts) = (Probes::new(&parts.health), parts.hosts.clone());
            let router = MetricsRouter { metrics: metrics.clone(), probes, hosts };
            metrics::serve(listener, &router, parts.limits.metrics).await;
        }
        _ => pending().await,
    }
}
