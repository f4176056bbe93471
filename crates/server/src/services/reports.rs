//! A stream of reports: while some are being written, those that have arrived are taken, and share the next write. So
//! many small ones cost no write each. Must not know how they are kept.

use std::sync::Arc;

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesOrdered};
use increment_access::Ledger;
use increment_proto::v1::ReportAccessesRequest;
use prost::Message;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::{Status, Streaming};

use super::access::{refused, report};

/// The most reports of one stream that wait for their write; then no more are read.
const REPORTS_AT_ONCE: usize = 256;
/// The most bytes of those, as they came; the last of them may go beyond.
const REPORT_BYTES_AT_ONCE: usize = 256 << 10;
/// The most reports of all streams that wait behind another one of their stream: what they have in memory is bounded,
/// some 64 MiB where each has all the rows that it may have. Where there are so many, each stream has one that waits.
const REPORTS_AHEAD: usize = 512;

/// What is left of [`REPORTS_AHEAD`]. A clone shares it.
#[derive(Clone, Debug)]
pub(super) struct Ahead(Arc<Semaphore>);

impl Default for Ahead {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(REPORTS_AHEAD)))
    }
}

/// The reports of one stream, in order.
pub(super) struct Reports<'l> {
    ledger: &'l Ledger,
    ahead: Ahead,
    requests: Streaming<ReportAccessesRequest>,
    /// Those that wait for their write, each with its bytes.
    waiting: FuturesOrdered<BoxFuture<'l, (usize, Result<(), Status>)>>,
    waiting_bytes: usize,
    taken: u64,
}

impl<'l> Reports<'l> {
    pub(super) fn new(ledger: &'l Ledger, ahead: Ahead, requests: Streaming<ReportAccessesRequest>) -> Self {
        Self { ledger, ahead, requests, waiting: FuturesOrdered::new(), waiting_bytes: 0, taken: 0 }
    }

    /// Takes reports to the end of the stream; how many they are. At the first that fails no more are taken; those
    /// before it are kept, and some after it may be.
    pub(super) async fn take_all(mut self) -> Result<u64, Status> {
        let read = self.read_all().await;
        // Those that were read before the stream ended, in whatever way.
        while let Some(written) = self.waiting.next().await {
            self.note(written)?;
        }
        read.map(|()| self.taken)
    }

    async fn read_all(&mut self) -> Result<(), Status> {
        loop {
            let room = self.room();
            tokio::select! {
                request = self.requests.message(), if room.is_some() => match request? {
                    Some(request) => self.take(request, room.flatten())?,
                    None => return Ok(()),
                },
                Some(written) = self.waiting.next() => self.note(written)?,
            }
        }
    }

    /// Room for another report: nobody's but its own where none of its stream waits. None where there is none.
    fn room(&self) -> Option<Option<OwnedSemaphorePermit>> {
        if self.waiting.is_empty() {
            return Some(None);
        }
        let has_room = self.waiting.len() < REPORTS_AT_ONCE && self.waiting_bytes < REPORT_BYTES_AT_ONCE;
        if !has_room {
            return None;
        }
        Arc::clone(&self.ahead.0).try_acquire_owned().ok().map(Some)
    }

    fn take(
        &mut self,
        request: ReportAccessesRequest,
        room: Option<OwnedSemaphorePermit>,
    ) -> Result<(), Status> {
        let bytes = request.encoded_len();
        let (ledger, report) = (self.ledger, report(request)?);
        let written = async move {
            let origin = report.origin.clone();
            let written = ledger.report(report).await.map_err(|error| refused(&origin, error));
            drop(room);
            (bytes, written)
        };
        self.waiting.push_back(written.boxed());
        self.waiting_bytes += bytes;
        Ok(())
    }

    fn note(&mut self, (bytes, written): (usize, Result<(), Status>)) -> Result<(), Status> {
        self.waiting_bytes -= bytes;
        self.taken += 1;
        written
    }
}
