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

use hyper_util::server::graceful::GracefulShutdown;
use tokio::{
    net::TcpStream,
    runtime::{Builder, Runtime},
    sync::{mpsc, oneshot},
    time::timeout,
};

use crate::{
    connection::Connections,
    outbound::ResponseMemory,
    peer::Identity,
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

    /// Lets the connections under way end, and waits for that as long as the limit allows.
    pub(crate) async fn drain(self) {
        // All hear of it first, by the end of their channel; then they drain at the same time.
        let done: Vec<_> = self.workers.into_iter().map(|worker| worker.done).collect();
        for done in done {
            // An error says that the worker's thread has ended, which is what is waited for.
            let _ = done.await;
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
        let counter = parts.app.counter();
        let mut runtime = Builder::new_current_thread();
        if let Some(counter) = counter.clone() {
            runtime.on_thread_park(move || counter.rest());
        }
        let runtime = runtime.enable_all().build()?;
        let (connections, accepted) = mpsc::channel(BACKLOG);
        let (done, is_done) = oneshot::channel();
        thread::Builder::new().name(format!("serve-{index}")).spawn(move || {
            let metrics = parts.app.metrics().map(|metrics| metrics.connections.clone());
            let answers = parts.app.at_worker(counter.as_ref(), server);
            let connections = Connections::new(answers, &parts.limits, metrics, responses);
            work(runtime, &connections, parts.limits.drain, accepted);
            // Nobody waits when the server was dropped instead of drained.
            let _ = done.send(());
        })?;
        Ok(Self { connections, done: is_done })
    }
}

fn work(
    runtime: Runtime,
    connections: &Connections,
    drain: Duration,
    mut accepted: mpsc::Receiver<Accepted>,
) {
    runtime.block_on(async {
        let graceful = GracefulShutdown::new();
        while let Some(Accepted { stream, tls, place }) = accepted.recv().await {
            let (connections, watcher) = (connections.clone(), graceful.watcher());
            tokio::spawn(async move {
                let served = async { connections.serve(TcpStream::from_std(stream)?, tls, watcher).await };
                if let Err(error) = served.await {
                    tracing::debug!("connection ended: {error}");
                }
                drop(place);
            });
        }
        if timeout(drain, graceful.shutdown()).await.is_err() {
            tracing::warn!("calls were still under way after {:?} and have been aborted", drain);
        }
    });
    runtime.shutdown_background();
}
