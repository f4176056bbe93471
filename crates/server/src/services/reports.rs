//! A stream of reports: while some are being written, those that have arrived are taken, and share the next write. So
//! many small ones cost no write each. Must not know how they are kept.

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesOrdered};
use increment_access::Ledger;
use increment_proto::v1::ReportAccessesRequest;
use prost::Message;
use tonic::{Status, Streaming};

use super::access::{refused, report};

/// The most reports of one stream that wait for their write; then no more are read.
const REPORTS_AT_ONCE: usize = 256;
/// The most bytes of those, as they came; the last of them may go beyond.
const REPORT_BYTES_AT_ONCE: usize = 256 << 10;

/// The reports of one stream, in order.
pub(super) struct Reports<'l> {
    ledger: &'l Ledger,
    requests: Streaming<ReportAccessesRequest>,
    /// Those that wait for their write, each with its bytes.
    waiting: FuturesOrdered<BoxFuture<'l, (usize, Result<(), Status>)>>,
    waiting_bytes: usize,
    taken: u64,
}

impl<'l> Reports<'l> {
    pub(super) fn new(ledger: &'l Ledger, requests: Streaming<ReportAccessesRequest>) -> Self {
        Self { ledger, requests, waiting: FuturesOrdered::new(), waiting_bytes: 0, taken: 0 }
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
            let has_room = self.waiting.len() < REPORTS_AT_ONCE && self.waiting_bytes < REPORT_BYTES_AT_ONCE;
            tokio::select! {
                request = self.requests.message(), if has_room => match request? {
                    Some(request) => self.take(request)?,
                    None => return Ok(()),
                },
                Some(written) = self.waiting.next() => self.note(written)?,
            }
        }
    }

    fn take(&mut self, request: ReportAccessesRequest) -> Result<(), Status> {
        let bytes = request.encoded_len();
        let (ledger, report) = (self.ledger, report(request)?);
        let written = async move {
            let origin = report.origin.clone();
            (bytes, ledger.report(report).await.map_err(|error| refused(&origin, error)))
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
