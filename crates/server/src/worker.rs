//! The workers: a thread per core, each with a runtime of its own. A connection stays with one worker, whose
//! scheduler lets replies of many calls leave in one write; work stealing would cost twice the CPU.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, SystemTime},
};

use futures_util::future::join_all;
use tokio::{
    net::TcpStream,
    runtime::{Builder, Runtime},
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::timeout,
};

use crate::{
    connection::Connections,
    outbound::ResponseMemory,
    peer::Identity,
    registry::Registry,
    serve::{Accepted, Parts},
};

/// How many accepted connections may wait for one worker; then accepting waits too.
const BACKLOG: usize = 256;

/// The running workers.
pub(crate) struct Workers {
    workers: Vec<Worker>,
    next: AtomicUsize,
}

struct Worker {
    connections: mpsc::Sender<Accepted>,
    /// Once it is dropped, connections are not waited for any more.
    patience: oneshot::Sender<()>,
    done: oneshot::Receiver<()>,
}

impl Workers {
    pub(crate) fn start(parts: &Parts) -> io::Result<Self> {
        let certificate = parts.tls.certificate.clone();
        let server = Arc::new(Identity { started: SystemTime::now(), certificate });
        let responses = ResponseMemory::new(parts.limits.response_bytes);
        let start = |index| Worker::start(index, parts.clone(), Arc::clone(&server), Arc::clone(&responses));
        let workers = (0..parts.workers.get()).map(start);
        Ok(Self { workers: workers.collect::<Result<_, _>>()?, next: AtomicUsize::new(0) })
    }

    /// Hands a connection to the worker whose turn it is.
    pub(crate) async fn deal(&self, accepted: Accepted) {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.workers.len();
        if self.workers[turn].connections.send(accepted).await.is_err() {
            tracing::error!("worker {turn} is gone, and a connection with it");
        }
    }

    /// Ends all connections. Those with requests in flight may take as long as `limit`; others are not waited for.
    pub(crate) async fn drain(self, limit: Duration, registry: &Registry) {
        registry.close_all();
        // The end of their channels: all workers drain at the same time.
        let ends = self.workers.into_iter().map(|worker| (worker.patience, worker.done));
        let (patience, done): (Vec<_>, Vec<_>) = ends.unzip();
        // An error says that the worker's thread has ended, which is what is waited for.
        let mut done = join_all(done);
        if timeout(limit, &mut done).await.is_err() {
            let calls = registry.in_flight();
            if calls > 0 {
                tracing::warn!("calls aborted that were still in flight after {limit:?}: {calls}");
            }
            drop(patience);
            done.await;
        }
    }
}

impl Worker {
    fn start(
        index: usize,
        parts: Parts,
        server: Arc<Identity>,
        responses: Arc<ResponseMemory>,
    ) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (connections, accepted) = mpsc::channel(BACKLOG);
        let (done, is_done) = oneshot::channel();
        let (patience, impatient) = oneshot::channel();
        thread::Builder::new().name(format!("serve-{index}")).spawn(move || {
            let metrics = parts.app.metrics().map(|metrics| metrics.connections.clone());
            let answers = parts.app.at_worker(server);
            let connections = Arc::new(Connections::new(answers, &parts.limits, metrics, responses));
            work(runtime, &connections, accepted, impatient);
            // Nobody waits when the server was dropped instead of drained.
            let _ = done.send(());
        })?;
        Ok(Self { connections, patience, done: is_done })
    }
}

fn work(
    runtime: Runtime,
    connections: &Arc<Connections>,
    mut accepted: mpsc::Receiver<Accepted>,
    impatient: oneshot::Receiver<()>,
) {
    runtime.block_on(async {
        let mut open = JoinSet::new();
        loop {
            tokio::select! {
                Some(_) = open.join_next() => {}
                accepted = accepted.recv() => match accepted {
                    Some(accepted) => {
                        open.spawn(serve(Arc::clone(connections), accepted));
                    }
                    None => break,
                },
            }
        }
        tokio::select! {
            () = async { while open.join_next().await.is_some() {} } => {}
            _ = impatient => {}
        }
    });
    runtime.shutdown_background();
}

async fn serve(connections: Arc<Connections>, accepted: Accepted) {
    let Accepted { stream, tls, admitted } = accepted;
    let served = async { connections.serve(TcpStream::from_std(stream)?, tls, admitted.activity()).await };
    if let Err(error) = served.await {
        tracing::debug!("connection ended: {error}");
    }
}
