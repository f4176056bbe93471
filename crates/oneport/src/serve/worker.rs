//! The workers: a thread per core, each with a runtime of its own. A connection stays on one worker, whose scheduler batches
//! the responses of many calls into one write; work stealing would cost twice the CPU.

use std::{
    io,
    num::NonZero,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use futures_util::future::join_all;
use tokio::{
    net::TcpStream,
    runtime::{Builder, Runtime},
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    connection::{ConnectionServer, Registration, Registry},
    limits::Limits,
    metrics::ConnectionMetrics,
    outbound::ResponseMemory,
    router::Router,
};

/// The most accepted connections that wait for one worker; beyond, accepting waits.
const BACKLOG: usize = 256;

/// An accepted connection, to be served by a worker.
pub(super) struct Accepted {
    pub(super) stream: std::net::TcpStream,
    pub(super) tls: Option<TlsAcceptor>,
    /// Dropped when the connection is closed.
    pub(super) registration: Registration,
}

/// The running workers.
pub(super) struct Workers {
    workers: Vec<Worker>,
    next: AtomicUsize,
}

struct Worker {
    connections: mpsc::Sender<Accepted>,
    /// Aborts the open connections when it is dropped.
    abort: oneshot::Sender<()>,
    /// Completes when the thread has ended.
    finished: oneshot::Receiver<()>,
}

impl Workers {
    /// Starts this many workers. Fails where a thread or its runtime cannot be started.
    pub(super) fn start(
        count: NonZero<usize>,
        router: &Router,
        limits: &Limits,
        metrics: Option<&ConnectionMetrics>,
    ) -> io::Result<Self> {
        let responses = ResponseMemory::new(limits.response_bytes);
        let workers = (0..count.get()).map(|index| {
            let responses = Arc::clone(&responses);
            Worker::start(index, ConnectionServer::new(router.clone(), limits, metrics.cloned(), responses))
        });
        Ok(Self { workers: workers.collect::<Result<_, _>>()?, next: AtomicUsize::new(0) })
    }

    /// Dispatches a connection to the next worker in turn.
    pub(super) async fn dispatch(&self, accepted: Accepted) {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.workers.len();
        if self.workers[turn].connections.send(accepted).await.is_err() {
            tracing::error!("worker {turn} has ended: a connection is lost");
        }
    }

    /// Closes all connections. Those with requests in flight are aborted after `limit`.
    pub(super) async fn drain(self, limit: Duration, registry: &Registry) {
        registry.close_all();
        // Drops the channels of connections, which has all workers drain at the same time.
        let ends = self.workers.into_iter().map(|worker| (worker.abort, worker.finished));
        let (abort, finished): (Vec<_>, Vec<_>) = ends.unzip();
        // An error of a receiver means that the thread has ended, too.
        let mut finished = join_all(finished);
        if timeout(limit, &mut finished).await.is_err() {
            let calls = registry.in_flight();
            if calls > 0 {
                tracing::warn!("calls aborted that were still in flight after {limit:?}: {calls}");
            }
            drop(abort);
            finished.await;
        }
    }
}

impl Worker {
    fn start(index: usize, server: ConnectionServer) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (connections, accepted) = mpsc::channel(BACKLOG);
        let (abort, aborted) = oneshot::channel();
        let (finish, finished) = oneshot::channel();
        thread::Builder::new().name(format!("serve-{index}")).spawn(move || {
            run_worker(runtime, &Arc::new(server), accepted, aborted);
            // Fails where the server was dropped instead of drained.
            let _ = finish.send(());
        })?;
        Ok(Self { connections, abort, finished })
    }
}

/// Serves accepted connections until their channel is closed; then waits for the open ones, until `aborted` completes.
fn run_worker(
    runtime: Runtime,
    server: &Arc<ConnectionServer>,
    mut accepted: mpsc::Receiver<Accepted>,
    aborted: oneshot::Receiver<()>,
) {
    runtime.block_on(async {
        let mut open = JoinSet::new();
        loop {
            tokio::select! {
                Some(_) = open.join_next() => {}
                accepted = accepted.recv() => match accepted {
                    Some(accepted) => {
                        open.spawn(serve(Arc::clone(server), accepted));
                    }
                    None => break,
                },
            }
        }
        tokio::select! {
            () = async { while open.join_next().await.is_some() {} } => {}
            _ = aborted => {}
        }
    });
    runtime.shutdown_background();
}

async fn serve(server: Arc<ConnectionServer>, accepted: Accepted) {
    let Accepted { stream, tls, registration } = accepted;
    let served = async { server.serve(TcpStream::from_std(stream)?, tls, registration.activity()).await };
    if let Err(error) = served.await {
        tracing::debug!("connection ended: {error}");
    }
}
