//! Whether the caller cancelled while its request was read. To a service that looks like a truncated request.

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

/// The caller of one call, in the extensions of the request.
#[derive(Clone, Debug, Default)]
pub(super) struct Caller {
    is_gone: Arc<AtomicBool>,
}

impl Caller {
    /// Adds a caller to the request, which is watched as the body is read.
    pub(super) fn watch(request: Request<tonic::body::Body>) -> Request<tonic::body::Body> {
        let caller = Self::default();
        let is_gone = Arc::clone(&caller.is_gone);
        let mut request = request.map(|body| tonic::body::Body::new(WatchedBody { body, is_gone }));
        request.extensions_mut().insert(caller);
        request
    }

    pub(super) fn is_gone(&self) -> bool {
        self.is_gone.load(Ordering::Relaxed)
    }
}

/// The body of a request; it records that the caller cancelled.
struct WatchedBody {
    body: tonic::body::Body,
    is_gone: Arc<AtomicBool>,
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
            self.is_gone.store(true, Ordering::Relaxed);
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
