//! Requests whose response is ready before they have ended: the rest is read and discarded, within bounds. Over HTTP/1.1
//! the connection would end otherwise, and the next request with it (RFC 9112, section 9.3); over HTTP/2 some clients read
//! a response only once they have sent everything.

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

/// The most bytes that are discarded of one request.
const MOST_BYTES: usize = 16 << 20;

/// The longest time that they may take.
const LONGEST: Duration = Duration::from_secs(2);

/// The body of a request, whose rest is discarded when this is dropped.
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
        let rest = self.0.take().filter(|body| !body.is_end_stream());
        // Without a runtime, the connections are gone too.
        if let (Some(rest), Ok(runtime)) = (rest, Handle::try_current()) {
            runtime.spawn(timeout(LONGEST, discard(rest)));
        }
    }
}

async fn discard(mut rest: Incoming) {
    let mut discarded = 0;
    // Where all has arrived and the response is sent, hyper does not tell the end before the next request.
    while !rest.is_end_stream()
        && let Some(Ok(frame)) = rest.frame().await
    {
        discarded += frame.data_ref().map_or(0, Bytes::len);
        if discarded > MOST_BYTES {
            return;
        }
    }
}
