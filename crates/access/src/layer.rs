//! A tower layer that counts the calls of any tonic service. Independent of the service and of the server around it.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::{Extensions, HeaderValue, Request, Response, header};
use pin_project_lite::pin_project;
use tonic::{Status, body::Body};
use tower::{Layer, Service};

use crate::{error::CommitError, group::Durable, ledger::Ledger, pending::Pending, protocol::Protocol};

/// Counts each call once, when it begins, whatever its outcome. A request without a content type of gRPC or gRPC-Web is
/// no call, and is passed on uncounted.
///
/// It works in any runtime, and in several at once. A call whose access cannot be committed is rejected with UNAVAILABLE;
/// when that is permanent, the service should exit: see the [crate](crate#when-the-ledger-fails).
#[derive(Clone, Debug)]
pub struct AccessLayer {
    pending: Arc<Pending>,
    protocol_from: Option<fn(&Extensions) -> Option<Protocol>>,
}

impl AccessLayer {
    /// Counts in this ledger. To be applied outside of a translation of gRPC-Web, such as `tonic_web::GrpcWebLayer`.
    pub fn new(ledger: &Ledger) -> Self {
        Self { pending: Arc::clone(ledger.pending()), protocol_from: None }
    }

    /// Reads the protocol from a request's extensions instead of its content type: inside of a translation, where all
    /// calls look like gRPC. A request for which `read` returns none is passed on uncounted.
    #[must_use]
    pub fn protocol_from(mut self, read: fn(&Extensions) -> Option<Protocol>) -> Self {
        self.protocol_from = Some(read);
        self
    }
}

impl<S> Layer<S> for AccessLayer {
    type Service = Access<S>;

    fn layer(&self, service: S) -> Access<S> {
        Access { service, layer: self.clone() }
    }
}

/// A service whose calls are counted.
#[derive(Clone, Debug)]
pub struct Access<S> {
    service: S,
    layer: AccessLayer,
}

impl<S, B> Service<Request<B>> for Access<S>
where
    S: Service<Request<B>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (protocol, wire) = match self.layer.protocol_from {
            // The translation around it converts the response.
            Some(read) => (read(request.extensions()), Protocol::Grpc),
            None => {
                let protocol = Protocol::from_headers(request.headers());
                (protocol, protocol.unwrap_or(Protocol::Grpc))
            }
        };
        let counted = match protocol {
            Some(protocol) => self.layer.pending.count(request.uri().path(), protocol),
            None => Ok(None),
        };
        let (call, durable, response) = match counted {
            Ok(durable) => (Some(self.service.call(request)), durable, None),
            Err(error) => (None, None, Some(Ok(reject(error, wire)))),
        };
        ResponseFuture { call, durable, response, wire }
    }
}

pin_project! {
    /// The response to a call, held back until its access is durable.
    #[derive(Debug)]
    pub struct ResponseFuture<F, E> {
        #[pin]
        call: Option<F>,
        durable: Option<Durable>,
        response: Option<Result<Response<Body>, E>>,
        wire: Protocol,
    }
}

impl<F, E> Future for ResponseFuture<F, E>
where
    F: Future<Output = Result<Response<Body>, E>>,
{
    type Output = Result<Response<Body>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if this.response.is_none()
            && let Some(call) = this.call.as_pin_mut()
        {
            *this.response = Some(ready!(call.poll(context)));
        }
        if let Some(durable) = this.durable {
            let outcome = ready!(Pin::new(durable).poll(context));
            *this.durable = None;
            if let Err(error) = outcome {
                return Poll::Ready(Ok(reject(error, *this.wire)));
            }
        }
        Poll::Ready(this.response.take().expect("it is set, and a future is not polled after completion"))
    }
}

/// UNAVAILABLE, as a trailers-only response in the protocol of the request.
fn reject(error: CommitError, wire: Protocol) -> Response<Body> {
    let mut response = Status::unavailable(error.to_string()).into_http();
    let content_type = match wire {
        Protocol::GrpcWeb => HeaderValue::from_static("application/grpc-web+proto"),
        Protocol::GrpcWebText => HeaderValue::from_static("application/grpc-web-text+proto"),
        Protocol::Grpc | Protocol::Connect => return response,
    };
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}
