//! The committing thread: takes all pending calls and commands, adds them up, commits once, and completes them, so that
//! they share the cost of one commit.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use tokio::sync::{mpsc, watch};

use crate::{
    batch::{Batch, Reply},
    change::Change,
    command::{COMMANDS, Command},
    error::CommitError,
    options::{Commit, Durability, Observer},
    pending::Pending,
    published::Published,
    region::Failure,
    state::State,
    store::Store,
    totals::Totals,
};

/// The longest time until accesses are committed under [`Durability::Relaxed`].
pub const RELAXED_INTERVAL: Duration = Duration::from_millis(50);

/// The pause before a full disk is tried again.
const FULL_PAUSE: Duration = Duration::from_millis(250);

/// The state of the committing thread.
pub(crate) struct Committer {
    pub(crate) pending: Arc<Pending>,
    pub(crate) published: Arc<Published>,
    pub(crate) commands: mpsc::Receiver<Command>,
    pub(crate) state: watch::Sender<State>,
    pub(crate) observer: Option<Observer>,
    /// None after the end.
    pub(crate) store: Option<Store>,
    /// With everything that is being committed.
    pub(crate) totals: Totals,
    /// Calls taken and not committed yet, by row.
    pub(crate) uncommitted: Vec<u64>,
    pub(crate) is_closing: bool,
}

impl Committer {
    /// Commits until the ledger is closed or the disk fails.
    pub(crate) fn run(mut self) {
        while !self.is_closing {
            self.pending.wait_for_work();
            let mut commands = self.take_commands();
            if self.pending.durability == Durability::Relaxed && commands.is_empty() {
                self.pending.wait_for_flush(RELAXED_INTERVAL);
                commands = self.take_commands();
            }
            let batch = self.take_batch(commands);
            if let Err(failure) = self.commit(batch)
                && let Err(reason) = self.wait_for_space(failure)
            {
                return self.end(State::Failed(reason));
            }
        }
        if let Some(Err(failure)) = self.store.take().map(Store::close) {
            // All commits are durable.
            tracing::warn!("the ledger was not closed cleanly, and opens more slowly: {failure}");
        }
        self.end(State::Closed);
    }

    fn take_commands(&mut self) -> Vec<Command> {
        std::iter::from_fn(|| self.commands.try_recv().ok()).take(COMMANDS).collect()
    }

    /// Takes the pending calls, after the commands: everything counted before a flush was sent is among them.
    fn take_batch(&mut self, commands: Vec<Command>) -> Batch {
        if commands.iter().any(|command| matches!(command, Command::Close)) {
            self.is_closing = true;
            self.pending.set_gate(Err(CommitError::Closed));
        }
        let taken = self.pending.take(&mut self.uncommitted);
        let mut batch = Batch { taken, changes: self.count_uncommitted(), replies: Vec::new() };
        for command in commands {
            match command {
                Command::Report(report, reply) => {
                    let merged = self.totals.merge(&report).map(|changes| batch.changes.extend(changes));
                    batch.replies.push(Reply::Report(merged, reply));
                }
                Command::Flush(reply) => batch.replies.push(Reply::Flush(reply)),
                Command::Close => {}
            }
        }
        batch
    }

    /// Adds the uncommitted calls to the totals.
    fn count_uncommitted(&mut self) -> Vec<Change> {
        let rows = self.pending.methods.rows().iter().zip(&self.uncommitted);
        rows.filter(|(_, calls)| **calls > 0).map(|(row, calls)| self.totals.count(row, *calls)).collect()
    }

    fn commit(&mut self, batch: Batch) -> Result<(), Failure> {
        if batch.changes.is_empty() {
            batch.complete(Ok(()));
            return Ok(());
        }
        let begin = Instant::now();
        if let Err(failure) = self.store_changes(&batch.changes) {
            self.reject(batch, &failure);
            return Err(failure);
        }
        self.publish(&batch.changes);
        if let Some(observer) = &self.observer {
            let (origins, folded) = (self.totals.sums().origins, batch.folded());
            observer(Commit { calls: batch.taken.calls, duration: begin.elapsed(), origins, folded });
        }
        batch.complete(Ok(()));
        // After the calls: to wake a thousand watchers takes a while.
        self.published.notify();
        Ok(())
    }

    fn store_changes(&mut self, changes: &[Change]) -> Result<(), Failure> {
        let total = self.totals.sums().total;
        let store = self.store.as_mut().ok_or_else(|| Failure::Damaged("the ledger is closed".into()))?;
        store.commit(changes, total)?;
        self.uncommitted.fill(0);
        Ok(())
    }

    fn publish(&self, changes: &[Change]) {
        self.published.publish(|sums| {
            sums.origins = self.totals.sums().origins;
            for change in changes {
                if let Change::Growth(growth) = change {
                    sums.add(growth);
                }
            }
        });
    }

    /// Completes a batch that cannot be committed, after the gate is closed.
    fn reject(&mut self, batch: Batch, failure: &Failure) {
        let error = match failure {
            Failure::Full => CommitError::Full,
            Failure::Broken(_) | Failure::Damaged(_) => CommitError::Closed,
        };
        self.pending.set_gate(Err(error));
        if self.pending.durability == Durability::Strict {
            // Their callers receive an error, and do not count on them.
            self.uncommitted.fill(0);
        }
        batch.complete(Err(error));
    }

    /// Waits until a full disk has space, and rejects all calls and commands meanwhile. Fails with the reason when the
    /// disk fails in another way, and when the ledger is closed before it could commit all accesses with a response.
    fn wait_for_space(&mut self, failure: Failure) -> Result<(), String> {
        let Failure::Full = failure else { return Err(failure.to_string()) };
        tracing::warn!("the ledger's disk is full: calls are rejected until there is space");
        self.state.send_replace(State::Full);
        loop {
            // No command shortens it: to try is expensive.
            thread::sleep(FULL_PAUSE);
            let commands = self.take_commands();
            // Calls may have been counted before the gate was closed.
            let batch = self.take_batch(commands);
            self.reject(batch, &Failure::Full);
            match self.recover() {
                Ok(()) => break,
                Err(Failure::Full) if self.is_closing => return self.close_full(),
                Err(Failure::Full) => {}
                Err(failure) => return Err(failure.to_string()),
            }
        }
        if !self.is_closing {
            self.pending.set_gate(Ok(()));
            self.state.send_replace(State::Open);
        }
        tracing::info!("the ledger's disk has space again: calls are accepted");
        Ok(())
    }

    fn close_full(&self) -> Result<(), String> {
        match self.uncommitted.iter().sum::<u64>() {
            0 => Ok(()),
            lost => {
                Err(format!("it was closed on a full disk, and {lost} calls with a response are not in it"))
            }
        }
    }

    /// Reads the committed totals, and commits the accesses with a response that are not among them.
    fn recover(&mut self) -> Result<(), Failure> {
        let store = self.store.as_mut().ok_or_else(|| Failure::Damaged("the ledger is closed".into()))?;
        self.totals = store.reopen()?;
        let mut changes = self.count_uncommitted();
        // Tries whether the disk has space for a call.
        changes.extend(self.totals.unchanged());
        self.store_changes(&changes)?;
        let sums = self.totals.sums().clone();
        self.published.publish(|published| *published = sums);
        self.published.notify();
        Ok(())
    }

    /// Rejects everything from now on.
    fn end(&mut self, state: State) {
        self.pending.set_gate(Err(CommitError::Closed));
        self.commands.close();
        let commands = self.take_commands();
        let batch = self.take_batch(commands);
        self.reject(batch, &Failure::Damaged(String::new()));
        self.published.close();
        // Releases the lock before the state is published: the ledger may then be opened again.
        self.store = None;
        self.state.send_replace(state);
    }
}

impl Drop for Committer {
    /// Rejects everything also after a panic.
    fn drop(&mut self) {
        if !matches!(*self.state.borrow(), State::Failed(_) | State::Closed) {
            self.end(State::Failed("the committing thread ended".into()));
        }
    }
}
