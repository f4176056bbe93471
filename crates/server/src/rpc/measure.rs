//! Measures calls from their arrival to the end of their answer, where all of them look like gRPC. Must not know
//! gRPC-Web, nor what becomes of the numbers.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::{Frame, SizeHint};
use increment_access::Protocol;
use pin_project_lite::pin_project;
use tonic::{Code, Status, body::Body};
use tower::{Layer, Service};

use super::caller::Caller;
use crate::metrics::{CallMetrics, Series, UnderWay};

/// The name of service and method for calls of methods that do not exist: no caller can make the table grow.
const UNKNOWN: &str = "unknown";

/// Measures the calls of one protocol.
#[derive(Clone, Debug)]
pub(crate) struct MeasureLayer(Arc<Table>);

/// What is measured, by path.
#[derive(Debug)]
struct Table {
    methods: HashMap<String, Arc<Series>>,
    unknown: Arc<Series>,
}

impl MeasureLayer {
    /// Measures calls of methods with these paths each, and of all others together.
    pub(crate) fn new<'p>(
        metrics: &CallMetrics,
        protocol: Protocol,
        paths: impl Iterator<Item = &'p str>,
    ) -> Self {
        let named = |path: &'p str| {
            let (service, method) = path.strip_prefix('/')?.split_once('/')?;
            Some((path.to_owned(), Arc::new(metrics.series(service, method, protocol))))
        };
        let unknown = Arc::new(metrics.series(UNKNOWN, UNKNOWN, protocol));
        Self(Arc::new(Table { methods: paths.filter_map(named).collect(), unknown }))
    }
}

impl<S> Layer<S> for MeasureLayer {
    type Service = Measure<S>;

    fn layer(&self, service: S) -> Measure<S> {
        Measure { service, table: Arc::clone(&self.0) }
    }
}

/// A service whose calls are measured.
#[derive(Clone, Debug)]
pub(crate) struct Measure<S> {
    service: S,
    table: Arc<Table>,
}

impl<S> Service<Request<Body>> for Measure<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Measured<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let series = self.table.methods.get(request.uri().path()).unwrap_or(&self.table.unknown);
        let measured = MeasuredCall { under_way: series.begin(), caller: request.extensions_mut().remove() };
        Measured { measured: Some(measured), call: self.service.call(request) }
    }
}

pin_project! {
    /// The answer to a call that is measured.
    #[derive(Debug)]
    pub(crate) struct Measured<F> {
        #[pin]
        call: F,
        measured: Option<MeasuredCall>,
    }
}

impl<F, E> Future for Measured<F>
where
    F: Future<Output = Result<Response<Body>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let answer = ready!(this.call.poll(context))?;
        Poll::Ready(Ok(match this.measured.take() {
            Some(measured) => measured.end_with(answer),
            None => answer,
        }))
    }
}

/// A call on its way to its end. Dropped before, it is one whose caller has gone away.
#[derive(Debug)]
struct MeasuredCall {
    under_way: UnderWay,
    caller: Option<Caller>,
}

impl MeasuredCall {
    /// Ends with this answer: at once, where that is of headers only.
    fn end_with(self, answer: Response<Body>) -> Response<Body> {
        match status(answer.headers()) {
            Some(status) => {
                self.end(status);
                answer
            }
            None => answer.map(|body| Body::new(MeasuredBody { body, measured: Some(self) })),
        }
    }

    fn end(self, status: Code) {
        if !self.caller.is_some_and(|caller| caller.is_gone()) {
            self.under_way.end(status);
        }
    }
}

/// The body of an answer, whose trailers tell how the call ended.
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
            Some(Err(broken)) => Some(broken.code()),
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
