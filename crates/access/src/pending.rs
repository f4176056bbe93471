//! The pending counts: accesses that are counted in memory and not yet committed.

use std::{
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{
    error::CommitError,
    group::{Durable, Group},
    methods::Methods,
    options::Durability,
    protocol::Protocol,
};

/// Shared by all calls and the committing thread.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) methods: Methods,
    pub(crate) durability: Durability,
    state: Mutex<State>,
    /// Notified when the committing thread has work.
    work: Condvar,
}

#[derive(Debug)]
struct State {
    /// By row.
    counts: Vec<u64>,
    /// The sum of `counts`.
    calls: u64,
    group: Arc<Group>,
    /// Whether a commit is due without further calls.
    is_flush_due: bool,
    /// Why calls are rejected.
    gate: Result<(), CommitError>,
}

/// The calls of one commit.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub(crate) calls: u64,
    pub(crate) group: Arc<Group>,
}

impl Pending {
    pub(crate) fn new(methods: Methods, durability: Durability) -> Self {
        let counts = vec![0; methods.rows().len()];
        let group = Arc::default();
        let state = Mutex::new(State { counts, calls: 0, group, is_flush_due: false, gate: Ok(()) });
        Self { methods, durability, state, work: Condvar::new() }
    }

    /// Counts a call of this path. Under [`Durability::Strict`] its response is to be sent when the returned future is
    /// ready. Fails when the access cannot be committed; the call is then to be rejected.
    pub(crate) fn count(&self, path: &str, protocol: Protocol) -> Result<Option<Durable>, CommitError> {
        let Some(row) = self.methods.row_of(path, protocol) else { return Ok(None) };
        let mut state = self.state();
        state.gate?;
        state.counts[row] += 1;
        state.calls += 1;
        let is_first = state.calls == 1;
        let is_strict = self.durability == Durability::Strict;
        let durable = is_strict.then(|| Durable::new(Arc::clone(&state.group)));
        drop(state);
        if is_first {
            self.work.notify_one();
        }
        Ok(durable)
    }

    /// Makes a commit due now.
    pub(crate) fn flush_now(&self) {
        self.state().is_flush_due = true;
        self.work.notify_one();
    }

    /// Accepts calls, or rejects them with this error. No call is counted after the gate is closed.
    pub(crate) fn set_gate(&self, gate: Result<(), CommitError>) {
        self.state().gate = gate;
    }

    /// Waits for a call or a flush.
    pub(crate) fn wait_for_work(&self) {
        let has_none = |state: &mut State| state.calls == 0 && !state.is_flush_due;
        let waited = self.work.wait_while(self.state(), has_none);
        waited.unwrap_or_else(PoisonError::into_inner).is_flush_due = false;
    }

    /// Waits for a flush, at most this long.
    pub(crate) fn wait_for_flush(&self, limit: Duration) {
        let has_none = |state: &mut State| !state.is_flush_due;
        let waited = self.work.wait_timeout_while(self.state(), limit, has_none);
        waited.unwrap_or_else(PoisonError::into_inner).0.is_flush_due = false;
    }

    /// Takes all pending calls and adds them to `counts`.
    pub(crate) fn take(&self, counts: &mut [u64]) -> Taken {
        let mut state = self.state();
        for (sum, count) in counts.iter_mut().zip(&mut state.counts) {
            *sum += mem::take(count);
        }
        Taken { calls: mem::take(&mut state.calls), group: mem::take(&mut state.group) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
