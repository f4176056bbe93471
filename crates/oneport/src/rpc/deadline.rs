//! The caller's deadline, `grpc-timeout` (gRPC's PROTOCOL-HTTP2, Timeout).

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};
use tonic::{Status, body::Body};
use tower::Service;

const GRPC_TIMEOUT: &str = "grpc-timeout";

/// The most digits of the value.
const MAX_DIGITS: usize = 8;

/// When a call ends, whether or not it has a response.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    time: Duration,
    /// None where it is too far in the future to be represented.
    end: Option<Instant>,
}

impl Deadline {
    fn after(time: Duration) -> Self {
        Self { time, end: Instant::now().checked_add(time) }
    }

    /// Ends a stream of messages with DEADLINE_EXCEEDED at the deadline.
    pub(crate) fn bound_body(self, body: Body) -> Body {
        match self.end {
            Some(end) => {
                Body::new(BoundBody { body: Some(body), end: Box::pin(sleep_until(end)), deadline: self })
            }
            None => body,
        }
    }

    fn exceeded(&self) -> Status {
        Status::deadline_exceeded(format!("the deadline of {:?} passed", self.time))
    }
}

/// A service whose calls fail with DEADLINE_EXCEEDED at the caller's deadline, whatever they wait for, layers included. A
/// malformed deadline is rejected by [`deadline`], within the layers.
#[derive(Clone)]
pub(crate) struct WithDeadline<S>(pub(crate) S);

impl<S> Service<Request<Body>> for WithDeadline<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = DeadlineFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let deadline = deadline(request.headers()).ok().flatten();
        let end = deadline.and_then(|deadline| Some((deadline, Box::pin(sleep_until(deadline.end?)))));
        DeadlineFuture { call: self.0.call(request), end }
    }
}

pin_project! {
    /// A response, or DEADLINE_EXCEEDED at the deadline.
    pub(crate) struct DeadlineFuture<F> {
        #[pin]
        call: F,
        end: Option<(Deadline, Pin<Box<Sleep>>)>,
    }
}

impl<F, E> Future for DeadlineFuture<F>
where
    F: Future<Output = Result<Response<Body>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if let Poll::Ready(response) = this.call.poll(context) {
            return Poll::Ready(response);
        }
        match this.end {
            Some((deadline, end)) => {
                ready!(end.as_mut().poll(context));
                Poll::Ready(Ok(deadline.exceeded().into_http()))
            }
            None => Poll::Pending,
        }
    }
}

/// A body that ends at its deadline.
struct BoundBody {
    body: Option<Body>,
    end: Pin<Box<Sleep>>,
    deadline: Deadline,
}

impl http_body::Body for BoundBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        let Some(body) = &mut this.body else { return Poll::Ready(None) };
        // First: the body may be ready at all times.
        if this.end.as_mut().poll(context).is_pending() {
            return Pin::new(body).poll_frame(context);
        }
        // Cancels the handler, which the stream owns.
        this.body = None;
        let mut trailers = HeaderMap::new();
        this.deadline.exceeded().add_header(&mut trailers)?;
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }
}

/// Parses the deadline; none where the header is missing. Fails with INVALID_ARGUMENT where it is malformed.
pub(crate) fn deadline(headers: &HeaderMap) -> Result<Option<Deadline>, Status> {
    let Some(value) = headers.get(GRPC_TIMEOUT) else { return Ok(None) };
    let malformed =
        || Status::invalid_argument("grpc-timeout is not up to 8 digits and one of H, M, S, m, u, n");
    let time = value.to_str().ok().and_then(parse).ok_or_else(malformed)?;
    Ok(Some(Deadline::after(time)))
}

fn parse(value: &str) -> Option<Duration> {
    let (digits, unit) = value.split_at_checked(value.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > MAX_DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let amount: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(amount * 60 * 60),
        "M" => Duration::from_secs(amount * 60),
        "S" => Duration::from_secs(amount),
        "m" => Duration::from_millis(amount),
        "u" => Duration::from_micros(amount),
        "n" => Duration::from_nanos(amount),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_parsed_in_every_unit() {
        let cases = [
            ("1H", Duration::from_secs(3600)),
            ("2M", Duration::from_secs(120)),
            ("3S", Duration::from_secs(3)),
            ("4m", Duration::from_millis(4)),
            ("5u", Duration::from_micros(5)),
            ("00000006n", Duration::from_nanos(6)),
            ("99999999H", Duration::from_secs(99_999_999 * 3600)),
        ];
        for (value, time) in cases {
            assert_eq!(parse(value), Some(time), "{value}");
        }
    }

    #[test]
    fn malformed_timeouts_are_rejected() {
        for value in ["", "S", "1", "1s", "-1S", "+1S", "1.5S", "123456789S", "abc", "1é", "1 S"] {
            assert_eq!(parse(value), None, "{value:?}");
        }
    }
}
