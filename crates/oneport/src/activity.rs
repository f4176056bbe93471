//! The activity of a connection: requests in flight, idle time, and requests to close it. Written by the connection's own
//! worker with each request; read by any thread that selects a connection to close. Independent of HTTP.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{
            AtomicBool, AtomicU32,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
    time::Duration,
};

use tokio::sync::Notify;

use crate::{
    close_reason::CloseReason,
    timestamp::{AtomicTimestamp, Timestamp},
};

/// A connection counts as active for this long after its last use: its client may be about to send the first call, the next
/// one, or the next message of a stream.
const RECENT: Duration = Duration::from_secs(1);

/// The activity of one connection. Takes no lock and allocates nothing per request.
#[derive(Debug)]
pub(crate) struct Activity {
    in_flight: AtomicU32,
    has_received_request: AtomicBool,
    /// When the last request ended; before the first one, when the connection was accepted.
    idle_since: AtomicTimestamp,
    /// When bytes were last read or written.
    last_io: AtomicTimestamp,
    close_reason: OnceLock<CloseReason>,
    close: Notify,
    abort: Notify,
}

impl Activity {
    /// The activity of a connection accepted now.
    pub(crate) fn new() -> Self {
        Self {
            in_flight: AtomicU32::new(0),
            has_received_request: AtomicBool::new(false),
            idle_since: AtomicTimestamp::now(),
            last_io: AtomicTimestamp::now(),
            close_reason: OnceLock::new(),
            close: Notify::new(),
            abort: Notify::new(),
        }
    }

    /// Registers a request, which is in flight until the guard is dropped.
    pub(crate) fn begin_request(self: &Arc<Self>) -> InFlight {
        self.in_flight.fetch_add(1, Relaxed);
        self.has_received_request.store(true, Relaxed);
        InFlight(Arc::clone(self))
    }

    /// Records that bytes were read or written. For a write, the time is that before it: the peer may respond at once.
    pub(crate) fn record_io(&self, time: Timestamp) {
        self.last_io.store(time);
    }

    /// The number of requests in flight.
    pub(crate) fn in_flight(&self) -> u32 {
        self.in_flight.load(Acquire)
    }

    /// Whether a request was received, since the last [`Self::reset_received`] if there was one.
    pub(crate) fn has_received_request(&self) -> bool {
        self.has_received_request.load(Relaxed)
    }

    /// Has [`Self::has_received_request`] report later requests alone.
    pub(crate) fn reset_received(&self) {
        self.has_received_request.store(false, Relaxed);
    }

    /// How long no request has been in flight; none while there is one.
    pub(crate) fn idle_time(&self) -> Option<Duration> {
        (self.in_flight() == 0).then(|| self.idle_since.elapsed())
    }

    /// The order in which connections are closed in favour of newer ones: the least first.
    pub(crate) fn eviction_order(&self) -> (Usage, Timestamp) {
        match self.idle_time() {
            Some(idle) if idle >= RECENT => (Usage::Idle, self.idle_since.load()),
            Some(_) if !self.has_received_request() => (Usage::New, self.idle_since.load()),
            None if self.last_io.elapsed() >= RECENT => (Usage::Stalled, self.last_io.load()),
            _ => (Usage::Active, self.last_io.load()),
        }
    }

    /// Requests that the connection is closed, with notice to the peer. Later requests do not change the reason.
    pub(crate) fn close(&self, reason: CloseReason) {
        let _ = self.close_reason.set(reason);
        self.close.notify_one();
    }

    /// Whether [`Self::close`] was called.
    pub(crate) fn is_closing(&self) -> bool {
        self.close_reason.get().is_some()
    }

    /// Requests that a connection that is being closed is dropped at once.
    pub(crate) fn abort(&self) {
        self.abort.notify_one();
    }

    /// Completes when the connection has to be closed.
    pub(crate) async fn close_requested(&self) -> CloseReason {
        self.close.notified().await;
        self.close_reason.get().copied().unwrap_or(CloseReason::Shutdown)
    }

    /// Completes when a connection that is being closed has to be dropped at once.
    pub(crate) async fn abort_requested(&self) {
        self.abort.notified().await;
    }
}

/// The use of a connection, in the order in which connections are closed in favour of newer ones. Among those with the same
/// use, the one that has been so for the longest time is closed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Usage {
    /// No request is in flight.
    Idle,
    /// Requests are in flight and no bytes are transferred.
    Stalled,
    /// Just accepted, without a request so far. A flood of connections evicts its own connections before those of clients that
    /// make calls.
    New,
    /// Just used.
    Active,
}

/// A request whose response is not finished.
#[derive(Debug)]
pub(crate) struct InFlight(Arc<Activity>);

impl Drop for InFlight {
    fn drop(&mut self) {
        // Stored before the count is decremented: another thread must not see an idle connection with an old time.
        if self.0.in_flight() == 1 {
            self.0.idle_since.store(Timestamp::now());
        }
        self.0.in_flight.fetch_sub(1, Release);
    }
}
