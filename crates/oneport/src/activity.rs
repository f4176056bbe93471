//! What a connection is doing: its requests in flight, how long it has been idle, and whether it has to close. Written on
//! the connection's own thread with each request, read by whoever looks for a connection to close. Independent of HTTP.

use std::{
    sync::{
        Arc, LazyLock, OnceLock,
        atomic::{
            AtomicBool, AtomicU32, AtomicU64,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
    time::{Duration, Instant},
};

use tokio::sync::Notify;

/// What was used less than this ago is in use: the client of a connection may be on its way to the first call or between
/// two, or the next message of a stream may be on its way.
const RECENT: Duration = Duration::from_secs(1);

/// Why this side closes a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CloseReason {
    #[error("its first request did not come in time")]
    Silent,
    #[error("it was idle for too long")]
    Idle,
    #[error("a newer connection of the same address takes its place")]
    AddressLimit,
    #[error("a newer connection takes its place")]
    ConnectionLimit,
    #[error("its peer took nothing of its responses for too long")]
    ResponseStall,
    #[error("all connections held too much of their responses, and its peer was the slowest to read")]
    ResponseMemory,
    #[error("the server shuts down")]
    Shutdown,
}

impl CloseReason {
    pub(crate) const ALL: [Self; 7] = [
        Self::Silent,
        Self::Idle,
        Self::AddressLimit,
        Self::ConnectionLimit,
        Self::ResponseStall,
        Self::ResponseMemory,
        Self::Shutdown,
    ];

    /// Whether the connection ends although requests are in flight.
    pub(crate) fn aborts_requests(self) -> bool {
        !matches!(self, Self::Silent | Self::Idle | Self::Shutdown)
    }

    /// Its name in metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Silent => "first_request",
            Self::Idle => "idle",
            Self::AddressLimit => "address_limit",
            Self::ConnectionLimit => "connection_limit",
            Self::ResponseStall => "response_stall",
            Self::ResponseMemory => "response_memory",
            Self::Shutdown => "shutdown",
        }
    }
}

/// What one connection is doing. Nothing here takes a lock or allocates per request.
#[derive(Debug)]
pub(crate) struct Activity {
    in_flight: AtomicU32,
    has_begun: AtomicBool,
    /// When the last request ended; before the first, when the connection began.
    ended: Stamp,
    /// When bytes were last read or written.
    moved: Stamp,
    reason: OnceLock<CloseReason>,
    close: Notify,
    cut: Notify,
}

impl Activity {
    /// A connection that begins now.
    pub(crate) fn new() -> Self {
        Self {
            in_flight: AtomicU32::new(0),
            has_begun: AtomicBool::new(false),
            ended: Stamp::now(),
            moved: Stamp::now(),
            reason: OnceLock::new(),
            close: Notify::new(),
            cut: Notify::new(),
        }
    }

    /// A request begins; it ends when the guard is dropped.
    pub(crate) fn begin(self: &Arc<Self>) -> InFlight {
        self.in_flight.fetch_add(1, Relaxed);
        self.has_begun.store(true, Relaxed);
        InFlight(Arc::clone(self))
    }

    /// Bytes were read or written at this time. It is taken before they are: the peer may act on them at once.
    pub(crate) fn moved_at(&self, time: Timestamp) {
        self.moved.set(time);
    }

    /// How many requests are in flight.
    pub(crate) fn in_flight(&self) -> u32 {
        self.in_flight.load(Acquire)
    }

    /// Whether a request has come.
    pub(crate) fn has_begun(&self) -> bool {
        self.has_begun.load(Relaxed)
    }

    /// From here on only requests that begin later count as such. Returns whether none is in flight.
    pub(crate) fn forget_begun(&self) -> bool {
        self.has_begun.store(false, Relaxed);
        self.in_flight() == 0
    }

    /// How long no request has been in flight; none while there is one.
    pub(crate) fn idle_for(&self) -> Option<Duration> {
        (self.in_flight() == 0).then(|| self.ended.age())
    }

    /// Which of several connections closes for a newer one: the least of these.
    pub(crate) fn precedence(&self) -> (Usage, Timestamp) {
        match self.idle_for() {
            Some(idle) if idle >= RECENT => (Usage::Idle, self.ended.get()),
            Some(_) if !self.has_begun() => (Usage::New, self.ended.get()),
            None if self.moved.age() >= RECENT => (Usage::Stalled, self.moved.get()),
            _ => (Usage::InUse, self.moved.get()),
        }
    }

    /// Has the connection closed, with notice to the peer. The first reason stands.
    pub(crate) fn close(&self, reason: CloseReason) {
        let _ = self.reason.set(reason);
        self.close.notify_one();
    }

    /// Has a connection that is being closed end at once.
    pub(crate) fn cut(&self) {
        self.cut.notify_one();
    }

    /// Ready when the connection has to close.
    pub(crate) async fn closed(&self) -> CloseReason {
        self.close.notified().await;
        self.reason.get().copied().unwrap_or(CloseReason::Shutdown)
    }

    /// Ready when a connection that is being closed has to end at once.
    pub(crate) async fn was_cut(&self) {
        self.cut.notified().await;
    }
}

/// How a connection is used, in the order in which such connections close for newer ones; among the same, the one that has
/// been so the longest closes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Usage {
    /// No request is in flight.
    Idle,
    /// Requests are in flight, and no byte moves: such a connection would hold its place for ever.
    Stalled,
    /// It has just begun. A flood of connections takes their places from itself, not from clients that make calls.
    New,
    /// It has just been used.
    InUse,
}

/// A request that has begun and not ended: its response is not finished.
#[derive(Debug)]
pub(crate) struct InFlight(Arc<Activity>);

impl Drop for InFlight {
    fn drop(&mut self) {
        // Stored before the count is lowered, so that no other thread sees the connection idle since long ago.
        if self.0.in_flight() == 1 {
            self.0.ended.set(Timestamp::now());
        }
        self.0.in_flight.fetch_sub(1, Release);
    }
}

/// A point in time, in nanoseconds since the first one was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timestamp(u64);

static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Timestamp {
    pub(crate) fn now() -> Self {
        Self(u64::try_from(EPOCH.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }
}

/// A point in time that may be read from any thread.
#[derive(Debug)]
struct Stamp(AtomicU64);

impl Stamp {
    fn now() -> Self {
        Self(AtomicU64::new(Timestamp::now().0))
    }

    fn set(&self, time: Timestamp) {
        self.0.store(time.0, Relaxed);
    }

    fn get(&self) -> Timestamp {
        Timestamp(self.0.load(Relaxed))
    }

    fn age(&self) -> Duration {
        Duration::from_nanos(Timestamp::now().0.saturating_sub(self.get().0))
    }
}
