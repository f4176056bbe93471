//! The thread that writes: takes all that waits, adds it up, commits once, and lets it all go, so that the price of a
//! commit is shared. Must not know who waits.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    counter::{Desk, Durability, Gathered},
    error::ReportError,
    group::NotKept,
    ledger::{Commit, State},
    part::Failure,
    report::Report,
    store::Store,
    totals::{Change, Totals},
    watch::Board,
};

/// The longest time until accesses are written under [`Durability::Relaxed`].
pub const RELAXED_INTERVAL: Duration = Duration::from_millis(50);

/// How long to wait before a disk without room is tried again.
const FULL_PAUSE: Duration = Duration::from_millis(250);

/// How many orders may wait; those who give more wait too.
pub(crate) const ORDERS: usize = 256;

/// What is to be done beside counting.
#[derive(Debug)]
pub(crate) enum Order {
    /// Take a report, and say when it is kept.
    Report(Report, oneshot::Sender<Result<(), ReportError>>),
    /// Say when all is kept that was counted before.
    Flush(oneshot::Sender<Result<(), NotKept>>),
    /// Write what there is, and end.
    Close,
}

/// Is told of each commit.
pub(crate) type Observer = Box<dyn Fn(Commit) + Send>;

/// What the thread has.
pub(crate) struct Keeper {
    pub(crate) desk: Arc<Desk>,
    pub(crate) board: Arc<Board>,
    pub(crate) orders: mpsc::Receiver<Order>,
    pub(crate) state: watch::Sender<State>,
    pub(crate) observer: Option<Observer>,
    /// None after the end.
    pub(crate) store: Option<Store>,
    /// With all that is being written.
    pub(crate) totals: Totals,
    /// Calls that are answered and could not be written yet, by row.
    pub(crate) unwritten: Vec<u64>,
    pub(crate) is_closing: bool,
}

/// What is written together.
#[derive(Default)]
struct Batch {
    calls: Vec<Gathered>,
    changes: Vec<Change>,
    /// Those who gave orders, each told in its own way.
    told: Vec<Tell>,
}

type Tell = Box<dyn FnOnce(Result<(), NotKept>)>;

impl Keeper {
    /// Writes until it is told to close or the disk fails.
    pub(crate) fn run(mut self) {
        give_way();
        while !self.is_closing {
            let orders = match self.desk.durability {
                Durability::Strict => self.wait_for_group(),
                Durability::Relaxed => self.wait_for_interval(),
            };
            let batch = self.gather(orders);
            if let Err(failure) = self.write(batch)
                && let Err(reason) = self.outlast(failure)
            {
                return self.end(State::Failed(reason));
            }
        }
        if let Err(failure) = self.store().and_then(Store::checkpoint) {
            // The log has it all.
            tracing::warn!("the ledger was closed without a checkpoint: {failure}");
        }
        self.end(State::Closed);
    }

    /// Waits for calls or an order. Calls that come during a write wait for the next one together.
    fn wait_for_group(&mut self) -> Vec<Order> {
        self.desk.wait();
        self.take_orders()
    }

    /// Lets accesses gather from the first one on; an order is not kept waiting.
    fn wait_for_interval(&mut self) -> Vec<Order> {
        self.desk.bell.wait();
        let end = Instant::now() + RELAXED_INTERVAL;
        loop {
            let orders = self.take_orders();
            match end.checked_duration_since(Instant::now()) {
                Some(left) if orders.is_empty() && !left.is_zero() => drop(self.desk.bell.wait_for(left)),
                _ => return orders,
            }
        }
    }

    fn take_orders(&mut self) -> Vec<Order> {
        std::iter::from_fn(|| self.orders.try_recv().ok()).take(ORDERS).collect()
    }

    /// Adds to the totals what is not written.
    fn count_unwritten(&mut self) -> Vec<Change> {
        let rows = self.desk.methods.rows().iter().zip(&self.unwritten);
        rows.filter(|(_, calls)| **calls > 0).map(|(row, calls)| self.totals.count(row, *calls)).collect()
    }

    /// Takes what waits. The orders were taken before: what was counted before a flush was ordered is among the calls.
    fn gather(&mut self, orders: Vec<Order>) -> Batch {
        if orders.iter().any(|order| matches!(order, Order::Close)) {
            self.is_closing = true;
            self.desk.set_gate(Err(NotKept::Ended));
        }
        let calls = self.desk.gather(&mut self.unwritten);
        let mut batch = Batch { calls, changes: self.count_unwritten(), ..Batch::default() };
        for order in orders {
            match order {
                Order::Report(report, done) => {
                    let merged = self.totals.merge(&report).map(|changes| batch.changes.extend(changes));
                    batch.told.push(Box::new(move |kept| {
                        // Who ordered may be gone; what was ordered is done.
                        let _ = done.send(merged.map_err(Into::into).and(kept.map_err(Into::into)));
                    }));
                }
                Order::Flush(done) => batch.told.push(Box::new(|kept| {
                    let _ = done.send(kept);
                })),
                Order::Close => {}
            }
        }
        batch
    }

    fn write(&mut self, batch: Batch) -> Result<(), Failure> {
        if !batch.changes.is_empty() {
            let begin = Instant::now();
            let calls = batch.calls.iter().map(|gathered| gathered.calls).sum();
            if let Err(failure) = self.store().and_then(|store| store.keep(&batch.changes)) {
                self.refuse(batch, &failure);
                return Err(failure);
            }
            if let Some(observer) = &self.observer {
                let folded = batch.changes.iter().filter(|change| matches!(change, Change::Fold(_))).count();
                let (origins, folded) = (self.totals.sums().origins, folded as u64);
                observer(Commit { calls, took: begin.elapsed(), origins, folded });
            }
            self.unwritten.fill(0);
            self.show(&batch.changes);
        }
        batch.calls.into_iter().for_each(|calls| calls.release(Ok(())));
        batch.told.into_iter().for_each(|tell| tell(Ok(())));
        Ok(())
    }

    fn show(&self, changes: &[Change]) {
        self.board.show(|sums| {
            sums.origins = self.totals.sums().origins;
            for change in changes {
                if let Change::Growth(growth) = change {
                    sums.grow(growth);
                }
            }
        });
    }

    /// Tells all that nothing of it is kept, after letting nobody else in.
    fn refuse(&mut self, batch: Batch, failure: &Failure) {
        let not_kept = match failure {
            Failure::Full => NotKept::Full,
            Failure::Broken(_) | Failure::Damaged(_) => NotKept::Ended,
        };
        self.desk.set_gate(Err(not_kept));
        if self.desk.durability == Durability::Strict {
            // Their callers are told, and do not count on it.
            self.unwritten.fill(0);
        }
        batch.calls.into_iter().for_each(|calls| calls.release(Err(not_kept)));
        batch.told.into_iter().for_each(|tell| tell(Err(not_kept)));
    }

    /// Waits until a full disk has room again, refusing what comes meanwhile. Fails when it never will, and when the
    /// ledger is closed before that with answered calls that are not in it.
    fn outlast(&mut self, failure: Failure) -> Result<(), String> {
        let Failure::Full = failure else { return Err(failure.to_string()) };
        tracing::warn!("the ledger's disk is full: calls are refused until there is room");
        self.state.send_replace(State::Full);
        loop {
            // Whoever gives an order meanwhile does not make it shorter: trying costs much.
            thread::sleep(FULL_PAUSE);
            let orders = self.take_orders();
            // What was counted as the gate closed.
            let batch = self.gather(orders);
            self.refuse(batch, &Failure::Full);
            match self.recover() {
                Ok(()) => break,
                Err(Failure::Full) if self.is_closing => return self.close_full(),
                Err(Failure::Full) => {}
                Err(failure) => return Err(failure.to_string()),
            }
        }
        if !self.is_closing {
            self.desk.set_gate(Ok(()));
            self.state.send_replace(State::Open);
        }
        tracing::info!("there is room on the ledger's disk again: calls are answered");
        Ok(())
    }

    /// What comes of closing on a full disk.
    fn close_full(&self) -> Result<(), String> {
        match self.unwritten.iter().sum::<u64>() {
            0 => Ok(()),
            unwritten => {
                Err(format!("it was closed on a full disk, and {unwritten} answered calls are not in it"))
            }
        }
    }

    /// Reads what is on the disk, and writes what is answered and not there.
    fn recover(&mut self) -> Result<(), Failure> {
        self.totals = self.store()?.recover_room()?;
        let changes = self.count_unwritten();
        self.store()?.keep(&changes)?;
        self.unwritten.fill(0);
        if !changes.is_empty() {
            let sums = self.totals.sums().clone();
            self.board.show(|shown| *shown = sums);
        }
        Ok(())
    }

    fn store(&mut self) -> Result<&mut Store, Failure> {
        self.store.as_mut().ok_or_else(|| Failure::Damaged("the ledger is closed".into()))
    }

    /// Nothing is acknowledged from now on.
    fn end(&mut self, state: State) {
        self.desk.set_gate(Err(NotKept::Ended));
        self.orders.close();
        let orders = self.take_orders();
        let batch = self.gather(orders);
        self.refuse(batch, &Failure::Damaged(String::new()));
        self.board.close();
        // With the lock, and before anybody is told: who is may open it anew.
        self.store = None;
        self.state.send_replace(state);
    }
}

/// Lets this thread not break in on others when it wakes up: a write has it wake up several times, and on a core that
/// serves calls each time would cost them a switch of threads and what they have in the core's caches.
fn give_way() {
    #[cfg(target_os = "linux")]
    {
        use thread_priority::{
            NormalThreadSchedulePolicy::Batch, ThreadPriority, ThreadPriorityOsValue, ThreadSchedulePolicy,
            set_thread_priority_and_policy, thread_native_id,
        };
        let usual = ThreadPriority::Os(ThreadPriorityOsValue::default());
        let batch = ThreadSchedulePolicy::Normal(Batch);
        if let Err(error) = set_thread_priority_and_policy(thread_native_id(), usual, batch) {
            tracing::debug!("the ledger's thread keeps its usual priority: {error}");
        }
    }
}

impl Drop for Keeper {
    /// Whatever ends the thread, nobody is left waiting.
    fn drop(&mut self) {
        if !matches!(*self.state.borrow(), State::Failed(_) | State::Closed) {
            self.end(State::Failed("the thread that writes it ended".into()));
        }
    }
}
