//! Reads and discards the rest of a request whose response is ready before all of it was received, within bounds. Over
//! HTTP/1.1 the connection would be closed otherwise (RFC 9112, section 9.3); over HTTP/2 some clients read a response only
//! after they have sent the whole request.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::{runtime::Handle, time::timeout};

/// The most bytes of one request that are discarded.
const MAX_DRAIN_BYTES: usize = 16 << 20;

/// The longest time that discarding them may take.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(2);

/// The body of a request, which is drained when this is dropped.
pub(crate) struct DrainOnDrop(Option<Incoming>);

impl DrainOnDrop {
    pub(crate) fn new(body: Incoming) -> Self {
        Self(Some(body))
    }
}

impl Body for DrainOnDrop {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = &mut self.0 else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(body).poll_frame(context));
        if !matches!(frame, Some(Ok(_))) {
            self.0 = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for DrainOnDrop {
    fn drop(&mut self) {
        let body = self.0.take().filter(|body| !body.is_end_stream());
        // Without a runtime, the connection is gone too.
        if let (Some(body), Ok(runtime)) = (body, Handle::try_current()) {
            runtime.spawn(timeout(DRAIN_TIMEOUT, discard(body)));
        }
    }
}

async fn discard(mut body: Incoming) {
    let mut discarded = 0;
    // Checked before each frame: once the response is sent, hyper reports the end of a complete body only with the next request.
    while !body.is_end_stream()
        && let Some(Ok(frame)) = body.frame().await
    {
        discarded += frame.data_ref().map_or(0, Bytes::len);
        if discarded > MAX_DRAIN_BYTES {
            return;
        }
    }
}
