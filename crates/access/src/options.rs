//! The options of a ledger.

use std::time::Duration;

use crate::{methods::Methods, table_limits::TableLimits};

/// When the response to a call is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// After its access is committed to disk.
    Strict,
    /// At once. A crash loses the accesses of the last [`RELAXED_INTERVAL`](crate::RELAXED_INTERVAL), and those that
    /// arrived during the commit in progress, however long that takes.
    Relaxed,
}

/// A completed commit.
#[derive(Clone, Copy, Debug)]
pub struct Commit {
    /// The number of calls in it.
    pub calls: u64,
    /// How long it took.
    pub duration: Duration,
    /// The number of origins with totals of their own after it.
    pub origins: usize,
    /// The number of origins folded in it; see [`crate::ORIGINS`].
    pub folded: u64,
}

/// Called after each commit.
pub(crate) type Observer = Box<dyn Fn(Commit) + Send>;

/// What a ledger is opened with.
pub struct Options {
    pub(crate) methods: Methods,
    pub(crate) durability: Durability,
    pub(crate) observer: Option<Observer>,
    pub(crate) limits: TableLimits,
}

impl Options {
    /// A ledger that counts the calls of these methods.
    pub fn new(methods: Methods, durability: Durability) -> Self {
        Self { methods, durability, observer: None, limits: TableLimits::default() }
    }

    /// Sets other limits than the default ones.
    #[must_use]
    pub fn limits(mut self, limits: TableLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Calls `observer` after each commit, on the committing thread.
    #[must_use]
    pub fn on_commit(mut self, observer: impl Fn(Commit) + Send + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }
}
