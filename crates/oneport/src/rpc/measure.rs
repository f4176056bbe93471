//! Measures calls, translated to gRPC, from their arrival to the end of their response.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::{Frame, SizeHint};
use pin_project_lite::pin_project;
use tonic::{Code, Status, body::Body};
use tower::{Layer, Service, util::Either};

use super::{call_info::CallInfo, caller::Caller, deadline::WithDeadline, layers::CallService};
use crate::{
    metrics::{CallInFlight, CallMetrics, MethodMetrics, UNKNOWN_METHOD},
    protocol::Protocol,
};

/// Calls within their deadline, measured where metrics are on.
pub(super) type Stack = Either<Measure<WithDeadline<CallService>>, WithDeadline<CallService>>;

/// Measures calls by method; all unknown methods are one, so that callers cannot add series.
#[derive(Clone, Debug)]
pub(super) struct MeasureLayer {
    unknown_method: Arc<MethodMetrics>,
}

impl MeasureLayer {
    pub(super) fn new(metrics: &CallMetrics) -> Self {
        Self { unknown_method: Arc::new(metrics.method(UNKNOWN_METHOD)) }
    }
}

impl<S> Layer<S> for MeasureLayer {
    type Service = Measure<S>;

    fn layer(&self, service: S) -> Measure<S> {
        Measure { service, unknown_method: Arc::clone(&self.unknown_method) }
    }
}

/// A service with measured calls.
#[derive(Clone, Debug)]
pub(super) struct Measure<S> {
    service: S,
    unknown_method: Arc<MethodMetrics>,
}

impl<S> Service<Request<Body>> for Measure<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = MeasuredFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let call: Option<&CallInfo> = request.extensions().get();
        let method = call.and_then(|call| call.method.as_ref()?.metrics.as_ref());
        let metrics = method.unwrap_or(&self.unknown_method);
        let protocol = call.map_or(Protocol::Grpc, CallInfo::protocol);
        let measured = MeasuredCall {
            in_flight: MethodMetrics::start(metrics, protocol),
            caller: request.extensions_mut().remove(),
        };
        MeasuredFuture { measured: Some(measured), call: self.service.call(request) }
    }
}

pin_project! {
    /// The response to a measured call.
    #[derive(Debug)]
    pub(super) struct MeasuredFuture<F> {
        #[pin]
        call: F,
        measured: Option<MeasuredCall>,
    }
}

impl<F, E> Future for MeasuredFuture<F>
where
    F: Future<Output = Result<Response<Body>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let response = ready!(this.call.poll(context))?;
        Poll::Ready(Ok(match this.measured.take() {
            Some(measured) => measured.end_with(response),
            None => response,
        }))
    }
}

/// A call in flight. Dropped before its end, it counts as cancelled.
#[derive(Debug)]
struct MeasuredCall {
    in_flight: CallInFlight,
    caller: Option<Caller>,
}

impl MeasuredCall {
    /// Ends with this response: at once where it has its status in the headers.
    fn end_with(self, response: Response<Body>) -> Response<Body> {
        match status(response.headers()) {
            Some(status) => {
                self.end(status);
                response
            }
            None => response.map(|body| Body::new(MeasuredBody { body, measured: Some(self) })),
        }
    }

    fn end(self, status: Code) {
        if !self.caller.is_some_and(|caller| caller.has_cancelled()) {
            self.in_flight.end(status);
        }
    }
}

/// The body of a response, with the status of the call in its trailers.
struct MeasuredBody {
    body: Body,
    measured: Option<MeasuredCall>,
}

impl http_body::Body for MeasuredBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        let ended = match &frame {
            Some(Ok(frame)) => frame.trailers_ref().map(|trailers| status(trailers).unwrap_or(Code::Unknown)),
            Some(Err(error)) => Some(error.code()),
            None => Some(Code::Unknown),
        };
        if let Some(status) = ended
            && let Some(measured) = self.measured.take()
        {
            measured.end(status);
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

fn status(headers: &HeaderMap) -> Option<Code> {
    headers.get(Status::GRPC_STATUS).map(|code| Code::from_bytes(code.as_bytes()))
}
