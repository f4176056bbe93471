//! The body of a response, passed to hyper in chunks: data in hyper's own buffers is not counted in a budget.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tonic::{Status, body::Body};

use super::state::{Outbound, Reservation};
use crate::activity::InFlight;

/// The most bytes of one response that are passed to hyper at once. With 200 streams, a connection holds at most 1.6 MiB
/// outside of its budget.
pub(super) const CHUNK: usize = 8 << 10;

/// A body whose data counts in its connection's budget until it is passed to hyper, and whose request is in flight until
/// this is dropped. Not boxed, which saves an allocation.
#[derive(Debug)]
pub(crate) struct OutboundBody {
    body: Body,
    outbound: Arc<Outbound>,
    /// The part of the current frame that was not passed to hyper.
    remaining: Bytes,
    /// The budget that the current frame takes; none for a small one. Boxed, as few responses have one.
    reservation: Option<Box<Reservation>>,
    /// Whether a chunk was passed to hyper, which has not asked for the next one.
    has_unwritten: bool,
    _in_flight: InFlight,
}

impl OutboundBody {
    pub(crate) fn new(body: Body, outbound: Arc<Outbound>, in_flight: InFlight) -> Self {
        Self {
            body,
            outbound,
            remaining: Bytes::new(),
            reservation: None,
            has_unwritten: false,
            _in_flight: in_flight,
        }
    }

    /// The next chunk of the current frame.
    fn next_chunk(&mut self) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let chunk = self.remaining.split_to(self.remaining.len().min(CHUNK));
        if let Some(reservation) = &self.reservation {
            reservation.record_progress();
        }
        self.has_unwritten = true;
        self.outbound.begin_write();
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }

    /// hyper has written the last chunk, or dropped it.
    fn end_write(&mut self) {
        if std::mem::take(&mut self.has_unwritten) {
            self.outbound.end_write();
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
        this.end_write();
        let needs_data = this.remaining.is_empty();
        if needs_data {
            // Released first: the next frame may need its room.
            this.reservation = None;
        }
        ready!(this.outbound.poll_ready(needs_data, context));
        if !needs_data {
            return this.next_chunk();
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
            this.reservation = Some(Box::new(this.outbound.reserve(&data)));
        }
        this.remaining = data;
        this.next_chunk()
    }

    fn is_end_stream(&self) -> bool {
        self.remaining.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (inner, remaining) = (self.body.size_hint(), self.remaining.len() as u64);
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower().saturating_add(remaining));
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper.saturating_add(remaining));
        }
        hint
    }
}

impl Drop for OutboundBody {
    fn drop(&mut self) {
        self.end_write();
    }
}
