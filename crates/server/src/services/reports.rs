//! `AccessService.ReportAccesses`: reads on while reports are being committed, so that those of one stream share commits.

use std::sync::Arc;

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesOrdered};
use increment_access::Ledger;
use increment_proto::v1::{
    ReportAccessesRequest, ReportAccessesResponse, access_service_server::AccessService,
};
use prost::Message;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::{Request, Response, Status, Streaming, async_trait};

use super::{
    convert::report_from_proto,
    status::{not_counting, report_rejected},
};

/// The most reports of one stream that wait for their commit; then no more are read.
const STREAM_REPORTS: usize = 256;
/// The most bytes of those, as they came; the last of them may go beyond.
const STREAM_REPORT_BYTES: usize = 256 << 10;
/// The most reports of all streams that wait behind another one of their stream: this bounds their memory, some 64 MiB
/// where each has all the rows that it may have. At this limit each stream has one report that waits.
const QUEUED_REPORTS: usize = 512;

/// Takes reports into the ledger.
#[derive(Debug)]
pub(crate) struct Reports {
    ledger: Option<Ledger>,
    /// A permit for each of [`QUEUED_REPORTS`].
    queue: Arc<Semaphore>,
}

impl Reports {
    pub(super) fn new(ledger: Option<Ledger>) -> Self {
        Self { ledger, queue: Arc::new(Semaphore::new(QUEUED_REPORTS)) }
    }
}

#[async_trait]
impl AccessService for Reports {
    async fn report_accesses(
        &self,
        request: Request<Streaming<ReportAccessesRequest>>,
    ) -> Result<Response<ReportAccessesResponse>, Status> {
        let ledger = self.ledger.as_ref().ok_or_else(not_counting)?;
        let reports = ReportStream::new(ledger, &self.queue, request.into_inner()).commit_all().await?;
        Ok(Response::new(ReportAccessesResponse { reports }))
    }
}

/// The reports of one stream, in order.
struct ReportStream<'l> {
    ledger: &'l Ledger,
    queue: &'l Arc<Semaphore>,
    requests: Streaming<ReportAccessesRequest>,
    /// Those that wait for their commit, each with its bytes.
    waiting: FuturesOrdered<BoxFuture<'l, (usize, Result<(), Status>)>>,
    waiting_bytes: usize,
    committed: u64,
}

impl<'l> ReportStream<'l> {
    fn new(
        ledger: &'l Ledger,
        queue: &'l Arc<Semaphore>,
        requests: Streaming<ReportAccessesRequest>,
    ) -> Self {
        Self { ledger, queue, requests, waiting: FuturesOrdered::new(), waiting_bytes: 0, committed: 0 }
    }

    /// Commits all reports of the stream, and returns how many. Reads no more after the first that fails; those before it
    /// are committed, and some after it may be.
    async fn commit_all(mut self) -> Result<u64, Status> {
        let read = self.read_all().await;
        // Those that were read before the stream ended, in whatever way.
        while let Some(outcome) = self.waiting.next().await {
            self.record(outcome)?;
        }
        read.map(|()| self.committed)
    }

    async fn read_all(&mut self) -> Result<(), Status> {
        loop {
            let permit = self.permit();
            tokio::select! {
                request = self.requests.message(), if permit.is_some() => match request? {
                    Some(request) => self.commit(request, permit.flatten())?,
                    None => return Ok(()),
                },
                Some(outcome) = self.waiting.next() => self.record(outcome)?,
            }
        }
    }

    /// A permit to read another report; without one from the queue where none of its stream waits. None at a limit.
    fn permit(&self) -> Option<Option<OwnedSemaphorePermit>> {
        if self.waiting.is_empty() {
            return Some(None);
        }
        let has_room = self.waiting.len() < STREAM_REPORTS && self.waiting_bytes < STREAM_REPORT_BYTES;
        if !has_room {
            return None;
        }
        Arc::clone(self.queue).try_acquire_owned().ok().map(Some)
    }

    fn commit(
        &mut self,
        request: ReportAccessesRequest,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Result<(), Status> {
        let bytes = request.encoded_len();
        let (ledger, report) = (self.ledger, report_from_proto(request)?);
        let outcome = async move {
            let origin = report.origin.clone();
            let outcome = ledger.report(report).await.map_err(|error| report_rejected(&origin, error));
            drop(permit);
            (bytes, outcome)
        };
        self.waiting.push_back(outcome.boxed());
        self.waiting_bytes += bytes;
        Ok(())
    }

    fn record(&mut self, (bytes, outcome): (usize, Result<(), Status>)) -> Result<(), Status> {
        self.waiting_bytes -= bytes;
        self.committed += 1;
        outcome
    }
}
