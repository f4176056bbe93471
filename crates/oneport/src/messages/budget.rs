//! What the messages of all calls take of the server together: memory for those that have arrived, and threads for work
//! on large ones. Each connection has a share of both, so that none takes all.

use std::{num::NonZero, sync::Arc, thread::available_parallelism};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
};
use tonic::Status;

use super::limits::CallLimits;

/// Up to this many bytes of a message are not charged: a connection can hold few of them.
pub(crate) const SMALL: usize = 1 << 10;

/// A connection may take this part of [`CallLimits::memory_bytes`].
const CONNECTION_PART: usize = 8;

/// How much work on large messages a connection may have under way; more waits.
const CONNECTION_WORK: usize = 1;

/// What is left: of the server's memory and threads, or of a connection's share.
#[derive(Debug)]
struct Pool {
    /// In bytes.
    memory: Arc<Semaphore>,
    /// In pieces of work at the same time.
    work: Arc<Semaphore>,
}

impl Pool {
    fn new(memory_bytes: usize, work: usize) -> Arc<Self> {
        let memory = memory_bytes.min(Semaphore::MAX_PERMITS);
        Arc::new(Self { memory: Arc::new(Semaphore::new(memory)), work: Arc::new(Semaphore::new(work)) })
    }
}

/// What one connection may take. It comes with the connection's requests, in their extensions. A clone is the same share.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionShare(Arc<Pool>);

impl ConnectionShare {
    pub(crate) fn new(limits: &CallLimits) -> Self {
        // At least one largest message, or nobody could send it.
        let part = (limits.memory_bytes / CONNECTION_PART).max(limits.message_bytes);
        Self(Pool::new(part.min(limits.memory_bytes), CONNECTION_WORK))
    }
}

/// What one call may take. A clone is the same budget.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    server: Arc<Pool>,
    connection: Option<ConnectionShare>,
}

impl Budget {
    /// The budget of the whole server.
    pub(crate) fn new(limits: &CallLimits) -> Self {
        // Half of the cores: the others serve connections meanwhile.
        let work = available_parallelism().map_or(1, NonZero::get).div_ceil(2);
        Self { server: Pool::new(limits.memory_bytes, work), connection: None }
    }

    /// The budget of a call that came on this connection.
    pub(crate) fn of(&self, connection: Option<&ConnectionShare>) -> Self {
        Self { server: Arc::clone(&self.server), connection: connection.cloned() }
    }

    /// Runs what takes longer than a millisecond on a thread that serves no connection, once it is this connection's turn.
    ///
    /// Where the caller goes away, work that has begun goes on to its end, and holds its place until then.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Status> {
        let own = match &self.connection {
            Some(ConnectionShare(pool)) => Some(place(pool).await),
            None => None,
        };
        let places = (own, place(&self.server).await);
        let done = spawn_blocking(move || {
            let done = work();
            drop(places);
            done
        });
        done.await.map_err(|_| Status::unavailable("the server is shutting down"))
    }
}

async fn place(pool: &Pool) -> OwnedSemaphorePermit {
    Arc::clone(&pool.work).acquire_owned().await.expect("nobody closes it")
}

/// The bytes that one message holds of its budget, given back when it is dropped.
#[derive(Debug, Default)]
pub(crate) struct Charge {
    server: Option<OwnedSemaphorePermit>,
    connection: Option<OwnedSemaphorePermit>,
}

impl Charge {
    /// Holds so many bytes from now on.
    ///
    /// Fails with RESOURCE_EXHAUSTED where that many are not left.
    pub(crate) fn set(&mut self, budget: &Budget, bytes: usize) -> Result<(), Status> {
        if bytes <= SMALL {
            // Nothing was held in nearly every call.
            if self.server.is_some() {
                *self = Self::default();
            }
            return Ok(());
        }
        let connection = budget.connection.as_ref().map(|ConnectionShare(pool)| &pool.memory);
        let is_held = connection.is_none_or(|memory| resize(&mut self.connection, memory, bytes))
            && resize(&mut self.server, &budget.server.memory, bytes);
        let too_many = || Status::resource_exhausted("too many large messages at once; send it again later");
        if is_held { Ok(()) } else { Err(too_many()) }
    }
}

/// False where there are fewer left.
fn resize(held: &mut Option<OwnedSemaphorePermit>, memory: &Arc<Semaphore>, bytes: usize) -> bool {
    let now = held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
    if bytes < now {
        drop(held.as_mut().and_then(|held| held.split(now - bytes)));
    }
    let Some(more) = bytes.checked_sub(now).filter(|more| *more > 0) else { return true };
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

    fn left(pool: &Pool) -> usize {
        pool.memory.available_permits()
    }

    #[test]
    fn a_charge_follows_what_has_arrived_and_is_given_back() {
        let limits = limits(4 << 10, 64 << 10);
        let server = Budget::new(&limits);
        let share = ConnectionShare::new(&limits);
        let budget = server.of(Some(&share));
        let mut charge = Charge::default();
        for (bytes, held) in [(1, 0), (SMALL, 0), (SMALL + 1, SMALL + 1), (5000, 5000), (2000, 2000), (9, 0)]
        {
            charge.set(&budget, bytes).unwrap();
            assert_eq!((left(&server.server), left(&share.0)), ((64 << 10) - held, (8 << 10) - held));
        }
        charge.set(&budget, 8000).unwrap();
        drop(charge);
        assert_eq!((left(&server.server), left(&share.0)), (64 << 10, 8 << 10));
    }

    #[test]
    fn a_connection_takes_its_share_and_no_more() {
        for (message_bytes, memory_bytes, share) in
            [(4 << 10, 64 << 10, 8 << 10), (4 << 20, 16 << 20, 4 << 20), (4 << 20, 3000, 3000)]
        {
            let limits = limits(message_bytes, memory_bytes);
            let (server, connection) = (Budget::new(&limits), ConnectionShare::new(&limits));
            let budget = server.of(Some(&connection));
            let (mut charge, mut other) = (Charge::default(), Charge::default());
            charge.set(&budget, share).unwrap();
            assert!(other.set(&budget, SMALL + 1).is_err());
            let is_all = share == memory_bytes;
            let stranger = server.of(Some(&ConnectionShare::new(&limits)));
            assert_eq!(other.set(&stranger, SMALL + 1).is_err(), is_all);
        }
    }

    #[tokio::test]
    async fn work_of_one_connection_is_done_one_by_one() {
        let limits = CallLimits::default();
        let budget = Budget::new(&limits).of(Some(&ConnectionShare::new(&limits)));
        let (begin, begun) = std::sync::mpsc::channel::<()>();
        let first = tokio::spawn({
            let budget = budget.clone();
            async move { budget.work(move || begun.recv().is_ok()).await.unwrap() }
        });
        while budget.connection.as_ref().unwrap().0.work.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let second = tokio::spawn(async move { budget.work(|| 2).await.unwrap() });
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        begin.send(()).unwrap();
        assert!(first.await.unwrap());
        assert_eq!(second.await.unwrap(), 2);
    }
}
