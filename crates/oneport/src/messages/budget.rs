//! Memory and threads for the messages of all calls. Each connection has a share of both, so that none takes all.

use std::{num::NonZero, sync::Arc, thread::available_parallelism};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
};
use tonic::Status;

use super::limits::CallLimits;

/// Messages of up to this many bytes are not charged: a connection holds few of them at once.
pub(crate) const UNCHARGED_BYTES: usize = 1 << 10;

/// The share of a connection in [`CallLimits::memory_bytes`] is one part of so many.
const CONNECTION_DIVISOR: usize = 8;

/// How many jobs on large messages a connection may run at once; further ones wait.
const CONNECTION_JOBS: usize = 1;

/// What is free: of the server's memory and threads, or of a connection's share.
#[derive(Debug)]
struct Pool {
    /// In bytes.
    memory: Arc<Semaphore>,
    /// Jobs that run at the same time.
    jobs: Arc<Semaphore>,
}

impl Pool {
    fn new(memory_bytes: usize, jobs: usize) -> Arc<Self> {
        let memory = memory_bytes.min(Semaphore::MAX_PERMITS);
        Arc::new(Self { memory: Arc::new(Semaphore::new(memory)), jobs: Arc::new(Semaphore::new(jobs)) })
    }

    /// Waits until another job may run.
    async fn job_permit(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.jobs).acquire_owned().await.expect("the semaphore is never closed")
    }
}

/// The share of one connection. A clone is the same share.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionShare(Arc<Pool>);

impl ConnectionShare {
    pub(crate) fn new(limits: &CallLimits) -> Self {
        // At least one message of the largest size, or it could never be sent.
        let share = (limits.memory_bytes / CONNECTION_DIVISOR).max(limits.message_bytes);
        Self(Pool::new(share.min(limits.memory_bytes), CONNECTION_JOBS))
    }
}

/// The budget of the whole server.
#[derive(Debug)]
pub(crate) struct ServerBudget(Arc<Pool>);

impl ServerBudget {
    pub(crate) fn new(limits: &CallLimits) -> Self {
        // Half of the cores: the others serve connections meanwhile.
        let jobs = available_parallelism().map_or(1, NonZero::get).div_ceil(2);
        Self(Pool::new(limits.memory_bytes, jobs))
    }

    /// The budget of a call on this connection.
    pub(crate) fn for_connection(&self, share: &ConnectionShare) -> Budget {
        Budget { server: Arc::clone(&self.0), connection: Arc::clone(&share.0) }
    }
}

/// The budget of a call: what the server and its connection have free. A clone is the same budget.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    server: Arc<Pool>,
    connection: Arc<Pool>,
}

impl Budget {
    /// Runs a job that takes longer than a millisecond on a thread that serves no connections, once the connection and the
    /// server have one free.
    ///
    /// A job that has started runs to its end and holds its permits, even where the call is cancelled.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Status> {
        let permits = (self.connection.job_permit().await, self.server.job_permit().await);
        let done = spawn_blocking(move || {
            let done = job();
            drop(permits);
            done
        });
        done.await.map_err(|_| Status::unavailable("the server is shutting down"))
    }
}

/// The bytes of its budget that a message holds; released when dropped.
#[derive(Debug, Default)]
pub(crate) struct Charge {
    server: Option<OwnedSemaphorePermit>,
    connection: Option<OwnedSemaphorePermit>,
}

impl Charge {
    /// Changes the charge to so many bytes.
    ///
    /// Fails with RESOURCE_EXHAUSTED where the budget has fewer free.
    pub(crate) fn set(&mut self, budget: &Budget, bytes: usize) -> Result<(), Status> {
        if bytes <= UNCHARGED_BYTES {
            // Nearly every call has no charge to release.
            if self.server.is_some() {
                *self = Self::default();
            }
            return Ok(());
        }
        let fits = resize(&mut self.connection, &budget.connection.memory, bytes)
            && resize(&mut self.server, &budget.server.memory, bytes);
        let exhausted = || Status::resource_exhausted("too many large messages at once; send it again later");
        if fits { Ok(()) } else { Err(exhausted()) }
    }
}

/// Returns false where fewer are free.
fn resize(held: &mut Option<OwnedSemaphorePermit>, memory: &Arc<Semaphore>, bytes: usize) -> bool {
    let current = held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
    if bytes < current {
        drop(held.as_mut().and_then(|held| held.split(current - bytes)));
    }
    let Some(more) = bytes.checked_sub(current).filter(|more| *more > 0) else { return true };
    let more = u32::try_from(more).ok();
    let Some(more) = more.and_then(|more| Arc::clone(memory).try_acquire_many_owned(more).ok()) else {
        return false;
    };
    match held {
        Some(held) => held.merge(more),
        None => *held = Some(more),
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(message_bytes: usize, memory_bytes: usize) -> CallLimits {
        CallLimits { message_bytes, memory_bytes, ..CallLimits::default() }
    }

    fn free(pool: &Pool) -> usize {
        pool.memory.available_permits()
    }

    #[test]
    fn a_charge_follows_the_bytes_that_arrived_and_is_released() {
        let limits = limits(4 << 10, 64 << 10);
        let budget = ServerBudget::new(&limits).for_connection(&ConnectionShare::new(&limits));
        let mut charge = Charge::default();
        for (bytes, held) in [
            (1, 0),
            (UNCHARGED_BYTES, 0),
            (UNCHARGED_BYTES + 1, UNCHARGED_BYTES + 1),
            (5000, 5000),
            (2000, 2000),
            (9, 0),
        ] {
            charge.set(&budget, bytes).unwrap();
            assert_eq!(
                (free(&budget.server), free(&budget.connection)),
                ((64 << 10) - held, (8 << 10) - held)
            );
        }
        charge.set(&budget, 8000).unwrap();
        drop(charge);
        assert_eq!((free(&budget.server), free(&budget.connection)), (64 << 10, 8 << 10));
    }

    #[test]
    fn a_connection_cannot_exceed_its_share() {
        for (message_bytes, memory_bytes, share) in
            [(4 << 10, 64 << 10, 8 << 10), (4 << 20, 16 << 20, 4 << 20), (4 << 20, 3000, 3000)]
        {
            let limits = limits(message_bytes, memory_bytes);
            let server = ServerBudget::new(&limits);
            let budget = server.for_connection(&ConnectionShare::new(&limits));
            let (mut charge, mut other) = (Charge::default(), Charge::default());
            charge.set(&budget, share).unwrap();
            assert!(other.set(&budget, UNCHARGED_BYTES + 1).is_err());
            let is_all = share == memory_bytes;
            let other_connection = server.for_connection(&ConnectionShare::new(&limits));
            assert_eq!(other.set(&other_connection, UNCHARGED_BYTES + 1).is_err(), is_all);
        }
    }

    #[tokio::test]
    async fn jobs_of_one_connection_run_one_after_another() {
        let limits = CallLimits::default();
        let budget = ServerBudget::new(&limits).for_connection(&ConnectionShare::new(&limits));
        let (start, started) = std::sync::mpsc::channel::<()>();
        let first = tokio::spawn({
            let budget = budget.clone();
            async move { budget.run(move || started.recv().is_ok()).await.unwrap() }
        });
        while budget.connection.jobs.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let second = tokio::spawn(async move { budget.run(|| 2).await.unwrap() });
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        start.send(()).unwrap();
        assert!(first.await.unwrap());
        assert_eq!(second.await.unwrap(), 2);
    }
}
