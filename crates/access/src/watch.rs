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
    shown: Mutex<Shown>,
    bell: Bell,
    newest: Mutex<Option<watch::Sender<Told>>>,
}

#[derive(Debug)]
struct Shown {
    sums: Sums,
    /// How often they have changed.
    version: u64,
}

/// A state, and its version.
type Told = (u64, Arc<Counts>);

impl Board {
    pub(crate) fn new(sums: Sums) -> Arc<Self> {
        let shown = Shown { sums, version: 0 };
        let newest = watch::Sender::new(shown.told());
        Arc::new(Self { shown: Mutex::new(shown), bell: Bell::default(), newest: Mutex::new(Some(newest)) })
    }

    /// Shows what has been written.
    pub(crate) fn show(&self, change: impl FnOnce(&mut Sums)) {
        let mut shown = self.shown();
        change(&mut shown.sums);
        shown.version += 1;
        drop(shown);
        if self.newest().as_ref().is_some_and(|newest| newest.receiver_count() > 0) {
            self.bell.ring();
        }
    }

    /// What is kept now.
    pub(crate) fn read(&self) -> Counts {
        counts(&self.shown().sums)
    }

    /// How many origins have totals of their own now.
    pub(crate) fn origins(&self) -> usize {
        self.shown().sums.origins
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
    fn read_shared(&self, newest: &watch::Sender<Told>) -> Told {
        let known = newest.borrow().clone();
        let now = {
            let shown = self.shown();
            if shown.version == known.0 { known } else { shown.told() }
        };
        // For the next one who asks; watchers are told in their time.
        newest.send_if_modified(|newest| {
            if now.0 > newest.0 {
                *newest = now.clone();
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

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn newest(&self) -> MutexGuard<'_, Option<watch::Sender<Told>>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands changes on until the board is closed. A thread of its own, so that a thousand watchers delay no call.
    pub(crate) fn tell(&self) {
        loop {
            self.bell.wait();
            // A clone, for waking a thousand watchers takes longer than the thread that writes may be kept waiting.
            let Some(newest) = self.newest().clone() else { return };
            let told = self.shown().told();
            newest.send_replace(told);
            drop(newest);
            thread::sleep(WATCH_INTERVAL);
        }
    }
}

impl Shown {
    fn told(&self) -> Told {
        (self.version, Arc::new(counts(&self.sums)))
    }
}

fn counts(sums: &Sums) -> Counts {
    Counts { total: sums.total, rows: sums.rows.iter().map(|(row, count)| (row.clone(), *count)).collect() }
}

/// A view of the totals that follows them. A watcher that is slow gets the newest state next, and none twice.
#[derive(Debug)]
pub struct Watch {
    next: Option<Told>,
    states: Option<watch::Receiver<Told>>,
    /// The version of the newest state that was told.
    told: u64,
}

impl Watch {
    /// The state at once, then each time it has changed; none when the ledger closes.
    pub async fn next(&mut self) -> Option<Arc<Counts>> {
        if let Some((version, first)) = self.next.take() {
            self.told = version;
            return Some(first);
        }
        let states = self.states.as_mut()?;
        loop {
            states.changed().await.ok()?;
            let (version, counts) = states.borrow_and_update().clone();
            // One that was on its way when the watch began is not told again.
            if version > self.told {
                self.told = version;
                return Some(counts);
            }
        }
    }
}
