//! Wakes a thread that waits for work. Must not know which work.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, Thread},
    time::{Duration, Instant},
};

/// Rung by many, heard by one thread. Ringing it again before it was heard costs next to nothing.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    is_rung: AtomicBool,
    listener: OnceLock<Thread>,
}

impl Bell {
    pub(crate) fn ring(&self) {
        if !self.is_rung.swap(true, Ordering::AcqRel)
            && let Some(listener) = self.listener.get()
        {
            listener.unpark();
        }
    }

    /// Waits until it is rung; all calls come from one thread.
    pub(crate) fn wait(&self) {
        self.listener.get_or_init(thread::current);
        while !self.is_rung.swap(false, Ordering::AcqRel) {
            thread::park();
        }
    }

    /// Waits until it is rung, at most for this long; whether it was.
    pub(crate) fn wait_for(&self, time: Duration) -> bool {
        self.listener.get_or_init(thread::current);
        let end = Instant::now() + time;
        while !self.is_rung.swap(false, Ordering::AcqRel) {
            match end.checked_duration_since(Instant::now()) {
                Some(left) if !left.is_zero() => thread::park_timeout(left),
                _ => return false,
            }
        }
        true
    }
}
