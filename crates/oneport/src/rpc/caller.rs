//! Detects that the caller cancelled while its request was read, which a service sees as a truncated request.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::Request;
use http_body::{Body, Frame, SizeHint};
use tonic::Status;

/// Whether the caller of one call cancelled, in the extensions of the request.
#[derive(Clone, Debug, Default)]
pub(super) struct Caller {
    has_cancelled: Arc<AtomicBool>,
}

impl Caller {
    /// Adds a caller to the request, and watches its body.
    pub(super) fn watch(request: Request<tonic::body::Body>) -> Request<tonic::body::Body> {
        let caller = Self::default();
        let has_cancelled = Arc::clone(&caller.has_cancelled);
        let mut request = request.map(|body| tonic::body::Body::new(WatchedBody { body, has_cancelled }));
        request.extensions_mut().insert(caller);
        request
    }

    pub(super) fn has_cancelled(&self) -> bool {
        self.has_cancelled.load(Ordering::Relaxed)
    }
}

/// The body of a request; it records that the caller cancelled.
struct WatchedBody {
    body: tonic::body::Body,
    has_cancelled: Arc<AtomicBool>,
}

impl Body for WatchedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(Err(_)) = frame {
            self.has_cancelled.store(true, Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
