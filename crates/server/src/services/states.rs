//! The states of the ledger as messages, each encoded once for all who list or watch. As generated code would do it, a
//! thousand watchers would cost a thousand times the encoding, ten times a second, and a hundred callers who do not read
//! a hundred copies of up to 4 MB.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use increment_access::{Counts, Ledger};
use increment_proto::v1::WatchAccessCountsResponse;
use prost::Message;
use tokio::{sync::Mutex, task::spawn_blocking};
use tonic::Status;

use super::access::{durability, not_kept, told};
use crate::messages::{SharedMessages, framed};

/// States of up to so many rows are encoded at once, where the call is served: a millisecond's work.
const ENCODE_INLINE_ROWS: usize = 500;

/// The newest state. A clone shares it.
#[derive(Clone, Debug, Default)]
pub(super) struct States {
    newest: Arc<Mutex<Newest>>,
    /// How many have asked for the state of their time.
    asked: Arc<AtomicU64>,
    /// What is made of the states: JSON, and compressed forms.
    pub(super) forms: SharedMessages,
}

#[derive(Debug, Default)]
struct Newest {
    state: Option<State>,
    /// How many had asked before the ledger was read for it.
    asked: u64,
}

/// A state.
#[derive(Clone, Debug)]
pub(super) struct State {
    counts: Arc<Counts>,
    /// The message that tells it, with its head: of a list and of a watch alike, whose fields are the same.
    pub(super) frame: Bytes,
}

impl States {
    /// The state as it is now. Those who ask while the ledger is read share the next reading.
    ///
    /// Fails with UNAVAILABLE when accesses cannot be recorded, or the server shuts down.
    pub(super) async fn now(&self, ledger: &Ledger) -> Result<State, Status> {
        let turn = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
        let mut newest = self.newest.lock().await;
        if let Some(state) = newest.state.as_ref().filter(|_| newest.asked >= turn) {
            return Ok(state.clone());
        }
        let asked = self.asked.load(Ordering::Relaxed);
        let counts = ledger.read().await.map_err(not_kept)?;
        let state = newest.encoded(ledger, counts).await?;
        newest.asked = asked;
        Ok(state)
    }

    /// This state of a watch or a newer one.
    ///
    /// Fails with UNAVAILABLE when the server shuts down.
    pub(super) async fn encoded(&self, ledger: &Ledger, counts: Arc<Counts>) -> Result<State, Status> {
        // Locked while one encodes: others wait for that instead of doing the same.
        self.newest.lock().await.encoded(ledger, counts).await
    }
}

impl Newest {
    async fn encoded(&mut self, ledger: &Ledger, counts: Arc<Counts>) -> Result<State, Status> {
        if let Some(newest) = self.state.as_ref().filter(|newest| newest.is_as_new_as(&counts)) {
            return Ok(newest.clone());
        }
        let durability = durability(ledger);
        let frame = if counts.rows.len() <= ENCODE_INLINE_ROWS {
            encode(&counts, durability)
        } else {
            let counts = Arc::clone(&counts);
            let encoded = spawn_blocking(move || encode(&counts, durability));
            encoded.await.map_err(|_| Status::unavailable("the server is shutting down"))?
        };
        Ok(self.state.insert(State { counts, frame }).clone())
    }
}

impl State {
    /// Whether it tells these counts, or later ones. Totals only grow.
    fn is_as_new_as(&self, counts: &Arc<Counts>) -> bool {
        self.counts.total > counts.total || Arc::ptr_eq(&self.counts, counts) || self.counts == *counts
    }

    /// Whether both are the same message.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.counts, &other.counts)
    }
}

fn encode(counts: &Counts, durability: i32) -> Bytes {
    let rows = counts.rows.iter().map(told).collect();
    let message = WatchAccessCountsResponse { total: counts.total, rows, durability };
    framed(0, &message.encode_to_vec())
}

#[cfg(test)]
mod tests {
    use increment_proto::FILE_DESCRIPTOR_SET;
    use prost_reflect::DescriptorPool;

    #[test]
    fn a_list_and_a_watch_have_the_same_message() {
        let pool = DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap();
        let fields = |message: &str| {
            let message = pool.get_message_by_name(&format!("increment.v1.{message}")).unwrap();
            let field = |field: prost_reflect::FieldDescriptor| {
                (field.name().to_owned(), field.number(), field.kind(), field.cardinality())
            };
            message.fields().map(field).collect::<Vec<_>>()
        };
        assert_eq!(fields("ListAccessCountsResponse"), fields("WatchAccessCountsResponse"));
    }
}
