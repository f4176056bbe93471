//! Tells watchers of the newest totals, at most ten times a second, however many calls come. Must not know where the
//! totals are kept.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use tokio::sync::watch;

use crate::{
    bell::Bell,
    totals::{Row, Sums},
};

/// The shortest time between two states that a watcher gets.
pub const WATCH_INTERVAL: Duration = Duration::from_millis(100);

/// What is kept, at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The sum of all rows, in calls.
    pub total: u64,
    /// The calls of each row, sorted by row.
    pub rows: Vec<(Row, u64)>,
}

/// The totals as they are on disk, for all to read.
#[derive(Debug)]
pub(crate) struct Board {
    sums: Mutex<Sums>,
    bell: Bell,
    newest: Mutex<Option<watch::Sender<Arc<Counts>>>>,
}

impl Board {
    pub(crate) fn new(sums: Sums) -> Arc<Self> {
        let newest = watch::Sender::new(Arc::new(counts(&sums)));
        Arc::new(Self { sums: Mutex::new(sums), bell: Bell::default(), newest: Mutex::new(Some(newest)) })
    }

    /// Shows what has been written.
    pub(crate) fn show(&self, change: impl FnOnce(&mut Sums)) {
        change(&mut self.sums());
        if self.newest().as_ref().is_some_and(|newest| newest.receiver_count() > 0) {
            self.bell.ring();
        }
    }

    /// What is kept now.
    pub(crate) fn read(&self) -> Counts {
        counts(&self.sums())
    }

    pub(crate) fn watch(&self) -> Watch {
        let newest = self.newest();
        let Some(newest) = &*newest else { return Watch { next: None, states: None, told: 0 } };
        let states = newest.subscribe();
        // After the subscription, so that no change falls between.
        let next = self.read_shared(newest);
        Watch { next: Some(next), states: Some(states), told: 0 }
    }

    /// What is kept now. Where that has not changed since, it is what others have: a thousand watchers that begin together
    /// would make a thousand copies of many rows.
    fn read_shared(&self, newest: &watch::Sender<Arc<Counts>>) -> Arc<Counts> {
        let known = Arc::clone(&newest.borrow());
        let now = {
            let sums = self.sums();
            // Every change makes the total grow.
            if sums.total == known.total { known } else { Arc::new(counts(&sums)) }
        };
        // For the next one who asks; watchers are told in their time.
        newest.send_if_modified(|newest| {
            if now.total > newest.total {
                *newest = Arc::clone(&now);
            }
            false
        });
        now
    }

    /// Ends all watches.
    pub(crate) fn close(&self) {
        drop(self.newest().take());
        self.bell.ring();
    }

    fn sums(&self) -> MutexGuard<'_, Sums> {
        self.sums.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn newest(&self) -> MutexGuard<'_, Option<watch::Sender<Arc<Counts>>>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands changes on until the board is closed. A thread of its own, so that a thousand watchers delay no call.
    pub(crate) fn tell(&self) {
        loop {
            self.bell.wait();
            // A clone, for waking a thousand watchers takes longer than the thread that writes may be kept waiting.
            let Some(newest) = self.newest().clone() else { return };
            newest.send_replace(Arc::new(self.read()));
            drop(newest);
            thread::sleep(WATCH_INTERVAL);
        }
    }
}

fn counts(sums: &Sums) -> Counts {
    Counts { total: sums.total, rows: sums.rows.iter().map(|(row, count)| (row.clone(), *count)).collect() }
}

/// A view of the totals that follows them. A watcher that is slow gets the newest state next, and none twice.
#[derive(Debug)]
pub struct Watch {
    next: Option<Arc<Counts>>,
    states: Option<watch::Receiver<Arc<Counts>>>,
    /// The total of the newest state that was told.
    told: u64,
}

impl Watch {
    /// The state at once, then each time it has changed; none when the ledger closes.
    pub async fn next(&mut self) -> Option<Arc<Counts>> {
        if let Some(first) = self.next.take() {
            self.told = first.total;
            return Some(first);
        }
        let states = self.states.as_mut()?;
        loop {
            states.changed().await.ok()?;
            let counts = Arc::clone(&states.borrow_and_update());
            // One that was on its way when the watch began.
            if counts.total > self.told {
                self.told = counts.total;
                return Some(counts);
            }
        }
    }
}
