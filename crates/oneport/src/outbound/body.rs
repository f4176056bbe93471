//! The body of a response, handed to HTTP piece by piece: what HTTP has taken lies in its own buffers, where nobody
//! counts it.

use std::{
    pin::Pin,
    sync::{Arc, atomic::Ordering::Relaxed},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tonic::{Status, body::Body};

use super::{Outbound, memory::Held};
use crate::activity::InFlight;

/// The most bytes that HTTP gets at once of one response. With 200 streams, a connection holds 1.6 MiB at most that is
/// not in its budget.
pub(super) const CHUNK: usize = 8 << 10;

/// A body whose data counts in its connection's budget for as long as it is here, and whose request is in flight until this
/// is dropped. It is not boxed: it costs no allocation.
#[derive(Debug)]
pub(crate) struct OutboundBody {
    body: Body,
    outbound: Arc<Outbound>,
    /// What HTTP has not got of the newest data.
    rest: Bytes,
    /// The part of the budget that the newest data takes; none where it is small.
    held: Option<Held>,
    /// Whether HTTP has got data and did not come back for more.
    is_waiting: bool,
    _in_flight: Option<InFlight>,
}

impl OutboundBody {
    pub(crate) fn new(body: Body, outbound: Arc<Outbound>, in_flight: Option<InFlight>) -> Self {
        Self { body, outbound, rest: Bytes::new(), held: None, is_waiting: false, _in_flight: in_flight }
    }

    /// The next chunk of the newest data.
    fn chunk(&mut self) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let chunk = self.rest.split_to(self.rest.len().min(CHUNK));
        if let Some(held) = &self.held {
            held.touch();
        }
        self.is_waiting = true;
        self.outbound.waiting.fetch_add(1, Relaxed);
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }

    /// HTTP has passed the last chunk on.
    fn note_taken(&mut self) {
        if std::mem::take(&mut self.is_waiting) {
            self.outbound.waiting.fetch_sub(1, Relaxed);
            self.outbound.taken.fetch_add(1, Relaxed);
        }
    }
}

impl http_body::Body for OutboundBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        this.note_taken();
        let needs_data = this.rest.is_empty();
        if needs_data {
            // First: there may be room for more only then.
            this.held = None;
        }
        if this.outbound.must_wait(needs_data, context) {
            return Poll::Pending;
        }
        if !needs_data {
            return this.chunk();
        }
        let data = match ready!(Pin::new(&mut this.body).poll_frame(context)) {
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) if !data.is_empty() => data,
                Ok(empty) => return Poll::Ready(Some(Ok(Frame::data(empty)))),
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            },
            end => return Poll::Ready(end),
        };
        if data.len() > CHUNK {
            this.held = Some(Held::new(&this.outbound, &data));
        }
        this.rest = data;
        this.chunk()
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (inner, rest) = (self.body.size_hint(), self.rest.len() as u64);
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower().saturating_add(rest));
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint
    }
}

impl Drop for OutboundBody {
    fn drop(&mut self) {
        self.note_taken();
    }
}
