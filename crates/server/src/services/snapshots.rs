//! Snapshots of the counts, each encoded once for all who list or watch. As generated code would do it, a thousand
//! watchers would cost a thousand times the encoding, ten times a second, and a hundred callers who do not read a hundred
//! copies of up to 4 MB.

use std::sync::Arc;

use increment_access::{Counts, Durability, Ledger};
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
    newest: Arc<Mutex<Option<Snapshot>>>,
    pub(super) messages: SharedMessages,
}

/// The counts of one moment, encoded.
#[derive(Clone, Debug)]
pub(super) struct Snapshot {
    counts: Arc<Counts>,
    pub(super) message: SharedMessage,
}

impl Snapshots {
    /// The counts as they are now.
    ///
    /// Fails with UNAVAILABLE when accesses cannot be committed, or the server shuts down.
    pub(super) async fn current(&self, ledger: &Ledger) -> Result<Snapshot, Status> {
        let counts = ledger.read().await.map_err(not_committed)?;
        self.encode(counts, ledger.durability()).await
    }

    /// These counts, or newer ones.
    ///
    /// Fails with UNAVAILABLE when the server shuts down.
    pub(super) async fn encode(
        &self,
        counts: Arc<Counts>,
        durability: Durability,
    ) -> Result<Snapshot, Status> {
        // Locked while one caller encodes: the others wait for that instead of doing the same.
        let mut newest = self.newest.lock().await;
        if let Some(newest) = newest.as_ref().filter(|newest| newest.is_as_new_as(&counts)) {
            return Ok(newest.clone());
        }
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
        Ok(newest.insert(Snapshot { counts, message }).clone())
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
