//! Trailers of a service's own choice, which a handler of tonic's has no way to set: it leaves an [`Ending`] with its
//! answer, and [`WithEnding`] around the service carries that out.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use tonic::{Status, body::Body, codegen::BoxFuture, server::NamedService};
use tower::Service;

/// How an answer ends.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ending {
    /// What goes into the trailers beside the status.
    pub(crate) trailers: HeaderMap,
    /// Set where the call fails without any message, yet with the headers of the answer.
    pub(crate) failure: Option<Status>,
}

/// A service whose answers end as their [`Ending`] says.
#[derive(Clone, Debug)]
pub(crate) struct WithEnding<S>(pub(crate) S);

impl<S: NamedService> NamedService for WithEnding<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<Request<Body>> for WithEnding<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Response<Body>, Infallible>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let answer = self.0.call(request);
        Box::pin(async { answer.await.map(end) })
    }
}

fn end(mut answer: Response<Body>) -> Response<Body> {
    let Some(Ending { trailers, failure }) = answer.extensions_mut().remove() else { return answer };
    answer.map(|body| match failure {
        Some(failure) => Body::new(EndedBody { body: None, trailers, failure: Some(failure) }),
        None => Body::new(EndedBody { body: Some(body), trailers, failure: None }),
    })
}

/// The messages of an answer, if it has any, and then its trailers.
struct EndedBody {
    body: Option<Body>,
    trailers: HeaderMap,
    failure: Option<Status>,
}

impl http_body::Body for EndedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        if let Some(failure) = this.failure.take() {
            let mut trailers = std::mem::take(&mut this.trailers);
            failure.add_header(&mut trailers)?;
            return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
        }
        let Some(body) = &mut this.body else { return Poll::Ready(None) };
        let mut frame = ready!(Pin::new(body).poll_frame(context));
        if let Some(trailers) = frame.as_mut().and_then(|frame| frame.as_mut().ok()?.trailers_mut()) {
            trailers.extend(std::mem::take(&mut this.trailers));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.failure.is_none() && self.body.as_ref().is_none_or(http_body::Body::is_end_stream)
    }
}
