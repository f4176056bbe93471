//! What responses may cost that their peer does not read: memory has a budget per connection and one for all, and a peer
//! that takes nothing loses its connection. Part of step 4 of a click's way.
//!
//! Three places know a part of it: the socket takes no more bytes ([`WriteGuard`]), HTTP/2's flow control holds a
//! response back ([`OutboundBody`]), and all connections together hold too much ([`ResponseMemory`]). They meet in
//! [`Outbound`], one for each connection.

mod body;
mod guard;
mod memory;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Waker},
    time::Duration,
};

use tokio::{
    sync::{Mutex as TurnMutex, MutexGuard, Notify},
    time::sleep,
};

pub(crate) use self::{body::OutboundBody, guard::WriteGuard, memory::ResponseMemory};
use crate::{
    activity::{Activity, CloseReason},
    limits::Limits,
};

/// How often a connection's progress is checked within [`Limits::response_stall`].
const CHECKS: u32 = 3;

/// The responses of one connection, on their way to its peer.
#[derive(Debug)]
pub(crate) struct Outbound {
    stall: Duration,
    /// [`Limits::connection_response_bytes`].
    max_bytes: usize,
    memory: Arc<ResponseMemory>,
    /// How many response bodies hold data that the connection has not taken.
    waiting: AtomicUsize,
    /// How often the connection took data.
    taken: AtomicU64,
    /// The bytes that bodies hold beyond [`body::CHUNK`] each.
    bytes: AtomicUsize,
    /// Whether the socket takes no bytes.
    is_blocked: AtomicBool,
    /// The tasks of bodies that wait for the socket or for room.
    wakers: Mutex<Vec<Waker>>,
    room: Notify,
    /// Held by the one call that makes its response after a wait for room.
    turn: TurnMutex<()>,
    activity: Arc<Activity>,
    is_evicted: AtomicBool,
}

impl Outbound {
    pub(crate) fn new(limits: &Limits, memory: &Arc<ResponseMemory>, activity: &Arc<Activity>) -> Arc<Self> {
        Arc::new(Self {
            stall: limits.response_stall,
            max_bytes: limits.connection_response_bytes,
            memory: Arc::clone(memory),
            waiting: AtomicUsize::new(0),
            taken: AtomicU64::new(0),
            bytes: AtomicUsize::new(0),
            is_blocked: AtomicBool::new(false),
            wakers: Mutex::default(),
            room: Notify::new(),
            turn: TurnMutex::new(()),
            activity: Arc::clone(activity),
            is_evicted: AtomicBool::new(false),
        })
    }

    /// Ready when a call may make its response: at once while there is room for more. Else the peer has to read first, and
    /// calls follow one by one, for how much room each takes shows only with its response; the next one begins when what
    /// is returned is dropped.
    pub(crate) async fn turn(&self) -> Option<MutexGuard<'_, ()>> {
        if self.has_room() {
            return None;
        }
        let turn = self.turn.lock().await;
        loop {
            let changed = self.room.notified();
            if self.has_room() {
                return Some(turn);
            }
            changed.await;
        }
    }

    /// Ready when the peer took nothing of its responses for [`Limits::response_stall`], and up to a third more. Checks at
    /// intervals instead of setting a timer for each response.
    pub(crate) async fn stalled(&self) {
        let (mut known, mut intervals) = (None, 0);
        while intervals < CHECKS {
            sleep(self.stall / CHECKS).await;
            let waits_since = (self.waiting.load(Relaxed) > 0).then(|| self.taken.load(Relaxed));
            let is_stalled = waits_since.is_some() && waits_since == known;
            intervals = if is_stalled { intervals + 1 } else { 0 };
            known = waits_since;
        }
    }

    fn has_room(&self) -> bool {
        self.bytes.load(Relaxed) < self.max_bytes
    }

    /// Whether a body has to wait before it hands out data, or before it makes more of it; it is woken then.
    fn must_wait(&self, makes_data: bool, context: &Context<'_>) -> bool {
        let must_wait = || self.is_blocked.load(Relaxed) || makes_data && !self.has_room();
        if !must_wait() {
            return false;
        }
        let mut wakers = self.wakers();
        // Again, under the lock: what changed before would wake nobody.
        let waits = must_wait();
        if waits && !wakers.iter().any(|waker| waker.will_wake(context.waker())) {
            wakers.push(context.waker().clone());
        }
        waits
    }

    fn set_blocked(&self, is_blocked: bool) {
        self.is_blocked.store(is_blocked, Relaxed);
        if !is_blocked {
            self.wake();
        }
    }

    fn wake(&self) {
        let wakers = std::mem::take(&mut *self.wakers());
        wakers.into_iter().for_each(Waker::wake);
    }

    fn wakers(&self) -> std::sync::MutexGuard<'_, Vec<Waker>> {
        self.wakers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hold(&self, bytes: usize) {
        self.bytes.fetch_add(bytes, Relaxed);
    }

    fn release(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Relaxed);
        if self.has_room() {
            self.room.notify_waiters();
            self.wake();
        }
    }

    fn evict(&self) {
        self.is_evicted.store(true, Relaxed);
        self.activity.close(CloseReason::ResponseMemory);
    }
}
