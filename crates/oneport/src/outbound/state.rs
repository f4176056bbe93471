//! The unread responses of one connection: how many bytes they hold, and whether the peer reads them.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    sync::{Mutex as AsyncMutex, MutexGuard as AsyncMutexGuard, Notify},
    time::sleep,
};

use super::memory::{MemoryReservation, ResponseMemory};
use crate::{activity::Activity, limits::Limits};

/// How often progress is checked within [`Limits::response_stall`].
const CHECKS: u32 = 3;

/// The responses of one connection that its peer has not read.
#[derive(Debug)]
pub(crate) struct Outbound {
    /// [`Limits::response_stall`].
    stall_timeout: Duration,
    /// [`Limits::connection_response_bytes`].
    max_bytes: usize,
    memory: Arc<ResponseMemory>,
    activity: Arc<Activity>,
    /// The bytes that bodies have reserved.
    bytes: AtomicUsize,
    /// How many bodies have passed a chunk to hyper that is not written yet.
    unwritten: AtomicUsize,
    /// How many chunks were written.
    written: AtomicU64,
    /// Whether the socket accepts no bytes.
    is_blocked: AtomicBool,
    /// The tasks of bodies that wait for the socket or for room.
    wakers: Mutex<Vec<Waker>>,
    room: Notify,
    /// Held by the one call that produces its response after a wait for room.
    response_lock: AsyncMutex<()>,
}

impl Outbound {
    pub(crate) fn new(limits: &Limits, memory: &Arc<ResponseMemory>, activity: &Arc<Activity>) -> Arc<Self> {
        Arc::new(Self {
            stall_timeout: limits.response_stall,
            max_bytes: limits.connection_response_bytes,
            memory: Arc::clone(memory),
            activity: Arc::clone(activity),
            bytes: AtomicUsize::new(0),
            unwritten: AtomicUsize::new(0),
            written: AtomicU64::new(0),
            is_blocked: AtomicBool::new(false),
            wakers: Mutex::default(),
            room: Notify::new(),
            response_lock: AsyncMutex::new(()),
        })
    }

    /// Waits until the connection has room for another response; completes at once where it has. Calls that had to wait then
    /// proceed one by one, as the size of a response is known only once it is there: the next one proceeds when the returned
    /// guard is dropped.
    pub(crate) async fn wait_for_room(&self) -> Option<AsyncMutexGuard<'_, ()>> {
        if self.has_room() {
            return None;
        }
        let guard = self.response_lock.lock().await;
        loop {
            let changed = self.room.notified();
            if self.has_room() {
                return Some(guard);
            }
            changed.await;
        }
    }

    /// Completes when the peer has read nothing of its responses for [`Limits::response_stall`], and up to a third more.
    /// Checks at intervals, which needs no timer per response.
    pub(crate) async fn stalled(&self) {
        let (mut last, mut stalled_checks) = (None, 0);
        while stalled_checks < CHECKS {
            sleep(self.stall_timeout / CHECKS).await;
            let current = (self.unwritten.load(Relaxed) > 0).then(|| self.written.load(Relaxed));
            let is_stalled = current.is_some() && current == last;
            stalled_checks = if is_stalled { stalled_checks + 1 } else { 0 };
            last = current;
        }
    }

    /// [`Limits::response_stall`].
    pub(super) fn stall_timeout(&self) -> Duration {
        self.stall_timeout
    }

    /// Ready when a body may pass data on, and where it `needs_data`, when it may produce more. Else the task is woken then.
    pub(super) fn poll_ready(&self, needs_data: bool, context: &Context<'_>) -> Poll<()> {
        let must_wait = || self.is_blocked.load(Relaxed) || needs_data && !self.has_room();
        if !must_wait() {
            return Poll::Ready(());
        }
        let mut wakers = self.wakers();
        // Checked again under the lock: a change since the first check woke no one.
        if !must_wait() {
            return Poll::Ready(());
        }
        if !wakers.iter().any(|waker| waker.will_wake(context.waker())) {
            wakers.push(context.waker().clone());
        }
        Poll::Pending
    }

    /// A chunk was passed to hyper.
    pub(super) fn begin_write(&self) {
        self.unwritten.fetch_add(1, Relaxed);
    }

    /// hyper has written a chunk, or dropped it.
    pub(super) fn end_write(&self) {
        self.unwritten.fetch_sub(1, Relaxed);
        self.written.fetch_add(1, Relaxed);
    }

    /// Records whether the socket accepts no bytes.
    pub(super) fn set_blocked(&self, is_blocked: bool) {
        self.is_blocked.store(is_blocked, Relaxed);
        if !is_blocked {
            self.wake();
        }
    }

    /// Counts this data in the connection's budget and in that of all connections, until the reservation is dropped.
    pub(super) fn reserve(self: &Arc<Self>, data: &Bytes) -> Reservation {
        self.bytes.fetch_add(data.len(), Relaxed);
        let memory = self.memory.reserve(data, &self.activity);
        Reservation { outbound: Arc::clone(self), len: data.len(), memory }
    }

    fn release(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Relaxed);
        if self.has_room() {
            self.room.notify_waiters();
            self.wake();
        }
    }

    fn has_room(&self) -> bool {
        self.bytes.load(Relaxed) < self.max_bytes
    }

    fn wake(&self) {
        let wakers = std::mem::take(&mut *self.wakers());
        wakers.into_iter().for_each(Waker::wake);
    }

    fn wakers(&self) -> MutexGuard<'_, Vec<Waker>> {
        self.wakers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The bytes that one response has reserved of both budgets, released when this is dropped.
#[derive(Debug)]
pub(super) struct Reservation {
    outbound: Arc<Outbound>,
    len: usize,
    memory: MemoryReservation,
}

impl Reservation {
    /// The peer has read some of the data.
    pub(super) fn record_progress(&self) {
        self.memory.record_progress();
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.outbound.release(self.len);
    }
}
