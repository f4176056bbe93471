//! Monotonic time in 64 bits, so that one thread can store it and others load it without a lock.

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);

/// A point in monotonic time, in nanoseconds since the first one was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timestamp(u64);

impl Timestamp {
    pub(crate) fn now() -> Self {
        Self(u64::try_from(EPOCH.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }
}

/// A [`Timestamp`] that is shared between threads. Orders no other memory access.
#[derive(Debug)]
pub(crate) struct AtomicTimestamp(AtomicU64);

impl AtomicTimestamp {
    pub(crate) fn now() -> Self {
        Self(AtomicU64::new(Timestamp::now().0))
    }

    pub(crate) fn store(&self, time: Timestamp) {
        self.0.store(time.0, Relaxed);
    }

    pub(crate) fn load(&self) -> Timestamp {
        Timestamp(self.0.load(Relaxed))
    }

    pub(crate) fn elapsed(&self) -> Duration {
        Duration::from_nanos(Timestamp::now().0.saturating_sub(self.load().0))
    }
}
