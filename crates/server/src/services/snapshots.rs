//! Snapshots of the counts, each encoded once for all who list or watch. As generated code would do it, a thousand
//! watchers would cost a thousand times the encoding, ten times a second, and a hundred callers who do not read a hundred
//! copies of up to 4 MB.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use increment_access::{Counts, Ledger};
use oneport::{SharedMessage, SharedMessages};
use prost::Message;
use tokio::{sync::Mutex, task::spawn_blocking};
use tonic::Status;

use super::{convert::counts_to_proto, status::not_committed};

/// Snapshots of up to so many rows are encoded inline, on the thread that serves the call: a millisecond's work.
const ENCODE_INLINE_ROWS: usize = 500;

/// The newest snapshot. A clone shares it.
#[derive(Clone, Debug, Default)]
pub(super) struct Snapshots {
    newest: Arc<Mutex<Newest>>,
    /// How many callers have asked for the current counts.
    requests: Arc<AtomicU64>,
    pub(super) messages: SharedMessages,
}

#[derive(Debug, Default)]
struct Newest {
    snapshot: Option<Snapshot>,
    /// How many callers had asked before the ledger was read for it.
    requests: u64,
}

/// The counts of one moment, encoded.
#[derive(Clone, Debug)]
pub(super) struct Snapshot {
    counts: Arc<Counts>,
    pub(super) message: SharedMessage,
}

impl Snapshots {
    /// The counts as they are now. Callers who ask while the ledger is read share the next reading.
    ///
    /// Fails with UNAVAILABLE when accesses cannot be committed, or the server shuts down.
    pub(super) async fn current(&self, ledger: &Ledger) -> Result<Snapshot, Status> {
        let turn = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let mut newest = self.newest.lock().await;
        if let Some(snapshot) = newest.snapshot.as_ref().filter(|_| newest.requests >= turn) {
            return Ok(snapshot.clone());
        }
        let requests = self.requests.load(Ordering::Relaxed);
        let counts = ledger.read().await.map_err(not_committed)?;
        let snapshot = newest.encode(ledger, Arc::new(counts)).await?;
        newest.requests = requests;
        Ok(snapshot)
    }

    /// These counts of a watch, or newer ones.
    ///
    /// Fails with UNAVAILABLE when the server shuts down.
    pub(super) async fn encode(&self, ledger: &Ledger, counts: Arc<Counts>) -> Result<Snapshot, Status> {
        // Locked while one caller encodes: the others wait for that instead of doing the same.
        self.newest.lock().await.encode(ledger, counts).await
    }
}

impl Newest {
    async fn encode(&mut self, ledger: &Ledger, counts: Arc<Counts>) -> Result<Snapshot, Status> {
        if let Some(newest) = self.snapshot.as_ref().filter(|newest| newest.is_as_new_as(&counts)) {
            return Ok(newest.clone());
        }
        let durability = ledger.durability();
        let encode = {
            let counts = Arc::clone(&counts);
            move || SharedMessage::from_encoded(&counts_to_proto(&counts, durability).encode_to_vec())
        };
        let message = if counts.rows.len() <= ENCODE_INLINE_ROWS {
            encode()
        } else {
            let shutting_down = |_| Status::unavailable("the server is shutting down");
            spawn_blocking(encode).await.map_err(shutting_down)?
        };
        Ok(self.snapshot.insert(Snapshot { counts, message }).clone())
    }
}

impl Snapshot {
    /// Whether it has these counts, or later ones. Totals only grow.
    fn is_as_new_as(&self, counts: &Arc<Counts>) -> bool {
        self.counts.total > counts.total || Arc::ptr_eq(&self.counts, counts) || self.counts == *counts
    }

    /// Whether both are the same snapshot.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.counts, &other.counts)
    }
}
