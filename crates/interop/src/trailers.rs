//! Trailers that a service sets, which handlers of tonic cannot: a handler puts [`Trailers`] into the extensions of its
//! response, and [`WithTrailers`] around the service sends them.

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

/// The end of a response.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trailers {
    /// Sent beside the status.
    pub(crate) headers: HeaderMap,
    /// Set where the call fails without a message, but with the headers of the response.
    pub(crate) failure: Option<Status>,
}

/// A service whose responses end with their [`Trailers`].
#[derive(Clone, Debug)]
pub(crate) struct WithTrailers<S>(pub(crate) S);

impl<S: NamedService> NamedService for WithTrailers<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<Request<Body>> for WithTrailers<S>
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
        let response = self.0.call(request);
        Box::pin(async { response.await.map(with_trailers) })
    }
}

fn with_trailers(mut response: Response<Body>) -> Response<Body> {
    let Some(Trailers { headers, failure }) = response.extensions_mut().remove() else { return response };
    response.map(|body| {
        let body = failure.is_none().then_some(body);
        Body::new(TrailersBody { body, trailers: headers, failure })
    })
}

/// The messages of a response, if it has any, and then its trailers.
struct TrailersBody {
    body: Option<Body>,
    trailers: HeaderMap,
    failure: Option<Status>,
}

impl http_body::Body for TrailersBody {
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
