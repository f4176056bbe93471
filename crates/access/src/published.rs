//! The committed totals, published for readers and watchers.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::watch;

use crate::{row::Row, sums::Sums};

/// The shortest time between two states that a watcher receives.
pub const WATCH_INTERVAL: Duration = Duration::from_millis(100);

/// The committed totals at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The sum of all rows, in calls.
    pub total: u64,
    /// The calls of each row, sorted by row.
    pub rows: Vec<(Row, u64)>,
}

/// The newest committed totals.
#[derive(Debug)]
pub(crate) struct Published {
    latest: Mutex<Latest>,
    /// The newest version; none when watches are closed.
    versions: watch::Sender<Option<u64>>,
}

#[derive(Debug)]
struct Latest {
    sums: Sums,
    /// The number of changes so far.
    version: u64,
    snapshot: Snapshot,
}

/// A copy of the totals, shared by all that read the same version: many rows are expensive to copy.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(crate) version: u64,
    pub(crate) counts: Arc<Counts>,
    created: Instant,
}

impl Published {
    pub(crate) fn new(sums: Sums) -> Self {
        let snapshot = Snapshot::new(&sums, 0);
        let latest = Mutex::new(Latest { sums, version: 0, snapshot });
        Self { latest, versions: watch::Sender::new(Some(0)) }
    }

    /// Changes the totals for readers. Watchers are notified by [`Self::notify`].
    pub(crate) fn publish(&self, change: impl FnOnce(&mut Sums)) {
        let mut latest = self.latest();
        change(&mut latest.sums);
        latest.version += 1;
    }

    /// Notifies watchers of the newest version.
    pub(crate) fn notify(&self) {
        let newest = self.latest().version;
        self.versions.send_if_modified(|version| match version {
            Some(version) if *version < newest => {
                *version = newest;
                true
            }
            _ => false,
        });
    }

    /// Returns the newest totals.
    pub(crate) fn read(&self) -> Snapshot {
        self.latest().newest()
    }

    /// Returns totals that are newer than `version` and at most [`WATCH_INTERVAL`] old. A thousand watchers thus share
    /// one copy in each interval.
    pub(crate) fn read_shared(&self, version: u64) -> Snapshot {
        let mut latest = self.latest();
        let Snapshot { version: known, created, .. } = latest.snapshot;
        if known > version && created.elapsed() < WATCH_INTERVAL {
            return latest.snapshot.clone();
        }
        latest.newest()
    }

    /// The number of origins with totals of their own.
    pub(crate) fn origins(&self) -> usize {
        self.latest().sums.origins
    }

    /// The newest version; none when watches are closed.
    pub(crate) fn versions(&self) -> watch::Receiver<Option<u64>> {
        self.versions.subscribe()
    }

    /// Closes all watches.
    pub(crate) fn close(&self) {
        self.versions.send_replace(None);
    }

    fn latest(&self) -> MutexGuard<'_, Latest> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Latest {
    fn newest(&mut self) -> Snapshot {
        if self.snapshot.version < self.version {
            self.snapshot = Snapshot::new(&self.sums, self.version);
        }
        self.snapshot.clone()
    }
}

impl Snapshot {
    fn new(sums: &Sums, version: u64) -> Self {
        let rows = sums.rows.iter().map(|(row, count)| (row.clone(), *count)).collect();
        Self { version, counts: Arc::new(Counts { total: sums.total, rows }), created: Instant::now() }
    }
}
