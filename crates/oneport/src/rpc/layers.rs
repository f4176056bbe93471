//! Layers around every call, added with [`Builder::layer`](crate::Builder::layer).

use std::{
    convert::Infallible,
    fmt,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use tonic::body::Body;
use tower::{Layer, Service};

use super::entry::{Erased, GrpcService};
use crate::response::ResponseFuture;

/// All registered services as one tower service, which a layer wraps. Requests and responses are those of gRPC, with
/// [`CallInfo`](crate::CallInfo) in a request's extensions; the body of a request is unread. A clone is cheap.
#[derive(Clone)]
pub struct CallService(Arc<dyn GrpcService>);

impl CallService {
    pub(super) fn new(service: impl GrpcService + 'static) -> Self {
        Self(Arc::new(service))
    }

    fn erase<S, B>(service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        Self(Arc::new(Erased(service)))
    }
}

impl Service<Request<Body>> for CallService {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> ResponseFuture {
        self.0.call(request)
    }
}

impl fmt::Debug for CallService {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("CallService").finish_non_exhaustive()
    }
}

/// A layer whose type is erased.
#[derive(Clone)]
pub(crate) struct LayerFn(Arc<dyn Fn(CallService) -> CallService + Send + Sync>);

impl LayerFn {
    pub(crate) fn new<L, B>(layer: L) -> Self
    where
        L: Layer<CallService> + Send + Sync + 'static,
        L::Service: Service<Request<Body>, Response = Response<B>, Error = Infallible>
            + Clone
            + Send
            + Sync
            + 'static,
        <L::Service as Service<Request<Body>>>::Future: Send + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        Self(Arc::new(move |service| CallService::erase(layer.layer(service))))
    }

    pub(super) fn apply(&self, service: CallService) -> CallService {
        (self.0)(service)
    }
}
