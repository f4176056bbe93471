//! A watch of the committed totals: each change, at most ten times a second, however many calls arrive.

use std::sync::Arc;

use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use crate::published::{Counts, Published, WATCH_INTERVAL};

/// Follows the committed totals. A slow watcher receives the newest state next, and no state twice.
#[derive(Debug)]
pub struct Watch {
    published: Arc<Published>,
    versions: watch::Receiver<Option<u64>>,
    /// The version of the last state, and when it was returned.
    last: Option<(u64, Instant)>,
}

impl Watch {
    pub(crate) fn new(published: &Arc<Published>) -> Self {
        Self { published: Arc::clone(published), versions: published.versions(), last: None }
    }

    /// Returns the state at once, then after each change, at most once in [`WATCH_INTERVAL`]; none when the ledger is
    /// closed. Needs a Tokio runtime with time enabled.
    pub async fn next(&mut self) -> Option<Arc<Counts>> {
        let snapshot = match self.last {
            None => {
                (*self.versions.borrow())?;
                self.published.read()
            }
            Some((last, returned)) => {
                let is_newer = |version: &Option<u64>| version.is_none_or(|version| version > last);
                (*self.versions.wait_for(is_newer).await.ok()?)?;
                tokio::select! {
                    () = sleep_until(returned + WATCH_INTERVAL) => {}
                    _ = self.versions.wait_for(Option::is_none) => return None,
                }
                self.published.read_shared(last)
            }
        };
        self.last = Some((snapshot.version, Instant::now()));
        Some(snapshot.counts)
    }
}
