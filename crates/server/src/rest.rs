//! Requests that are answered before they have come to their end: the rest is read and forgotten, within bounds. Over
//! HTTP/1.1 the connection would end otherwise, and with it the next request (RFC 9112, section 9.3); over HTTP/2 some
//! clients see an answer only once they have sent everything.

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

/// The most bytes that are forgotten of one request.
const MOST_BYTES: usize = 16 << 20;

/// The longest time that is waited for them.
const LONGEST: Duration = Duration::from_secs(2);

/// The body of a request, whose rest is read when nobody wants it any more.
pub(crate) struct ReadToEnd(Option<Incoming>);

impl ReadToEnd {
    pub(crate) fn new(body: Incoming) -> Self {
        Self(Some(body))
    }
}

impl Body for ReadToEnd {
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

impl Drop for ReadToEnd {
    fn drop(&mut self) {
        let rest = self.0.take().filter(|body| !body.is_end_stream());
        // Without a runtime, the connections are gone too.
        if let (Some(rest), Ok(runtime)) = (rest, Handle::try_current()) {
            runtime.spawn(timeout(LONGEST, forget(rest)));
        }
    }
}

async fn forget(mut rest: Incoming) {
    let mut forgotten = 0;
    // Where all has come and the answer has left, hyper does not tell the end before the next request.
    while !rest.is_end_stream()
        && let Some(Ok(frame)) = rest.frame().await
    {
        forgotten += frame.data_ref().map_or(0, Bytes::len);
        if forgotten > MOST_BYTES {
            return;
        }
    }
}
