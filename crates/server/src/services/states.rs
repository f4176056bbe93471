//! The states of the ledger as messages, each encoded once for all who list or watch. As generated code would do it, a
//! thousand watchers would cost a thousand times the encoding, ten times a second, and a hundred callers who do not read
//! a hundred copies of up to 4 MB.

use std::sync::Arc;

use bytes::Bytes;
use increment_access::{Counts, Ledger};
use increment_proto::v1::WatchAccessCountsResponse;
use prost::Message;
use tokio::{sync::Mutex, task::spawn_blocking};
use tonic::Status;

use super::access::{durability, told};
use crate::messages::{SharedMessages, framed};

/// States of up to so many rows are encoded at once, where the call is served: a millisecond's work.
const ROWS_AT_ONCE: usize = 500;

/// The newest state. A clone shares it.
#[derive(Clone, Debug, Default)]
pub(super) struct States {
    newest: Arc<Mutex<Option<State>>>,
    /// What is made of the states: JSON, and compressed forms.
    pub(super) forms: SharedMessages,
}

/// A state.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// The sum of all rows, which grows with every change: the same total is the same state.
    pub(super) total: u64,
    /// The message that tells it, with its head: of a list and of a watch alike, whose fields are the same.
    pub(super) frame: Bytes,
}

impl States {
    /// This state or a newer one.
    ///
    /// Fails with UNAVAILABLE when the server shuts down.
    pub(super) async fn encoded(&self, ledger: &Ledger, counts: Arc<Counts>) -> Result<State, Status> {
        // Locked while one encodes: others wait for that instead of doing the same.
        let mut newest = self.newest.lock().await;
        if let Some(newest) = newest.as_ref().filter(|newest| newest.total >= counts.total) {
            return Ok(newest.clone());
        }
        let (total, durability) = (counts.total, durability(ledger));
        let frame = if counts.rows.len() <= ROWS_AT_ONCE {
            encode(&counts, durability)
        } else {
            let encoded = spawn_blocking(move || encode(&counts, durability));
            encoded.await.map_err(|_| Status::unavailable("the server is shutting down"))?
        };
        Ok(newest.insert(State { total, frame }).clone())
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
