//! A tower layer that counts the calls of any tonic service. Must not know what the service does.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{HeaderValue, Request, Response, header};
use pin_project_lite::pin_project;
use tonic::{Status, body::Body};
use tower::{Layer, Service};

use crate::{
    counter::Counter,
    group::{Kept, NotKept},
    ledger::Ledger,
    protocol::Protocol,
};

/// Counts each call once, when it begins, whatever comes of it. A request without a content type of gRPC or gRPC-Web is
/// no call, and passes uncounted.
///
/// It works in any runtime, and in several at once. A call whose access cannot be kept is answered with UNAVAILABLE; when
/// that is for ever, the service is to end: see the [crate](crate#when-the-ledger-fails).
#[derive(Clone, Debug)]
pub struct AccessLayer {
    counter: Counter,
    protocol: Option<Protocol>,
    protocol_from: Option<fn(&http::Extensions) -> Option<Protocol>>,
}

impl AccessLayer {
    /// Counts in this ledger. To be layered outside of a translation of gRPC-Web.
    pub fn new(ledger: &Ledger) -> Self {
        Self::with(ledger.counter())
    }

    /// Counts with this counter.
    pub fn with(counter: Counter) -> Self {
        Self { counter, protocol: None, protocol_from: None }
    }

    /// Temporary.
    #[must_use]
    pub fn protocol_from(mut self, from: fn(&http::Extensions) -> Option<Protocol>) -> Self {
        self.protocol_from = Some(from);
        self
    }

    /// Takes calls as those of one protocol: inside of a translation, where all of them look like gRPC.
    #[must_use]
    pub fn of(mut self, protocol: Protocol) -> Self {
        self.protocol = Some(protocol);
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
    type Future = Answer<S::Future, S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // Where a translation lies around, it has the answer speak as the request did.
        let spoken = if self.layer.protocol.is_none() { Protocol::of(request.headers()) } else { None };
        let translated = self.layer.protocol_from.map(|from| from(request.extensions()));
        let (protocol, spoken) = match translated {
            Some(protocol) => (protocol, None),
            None => (self.layer.protocol.or(spoken), spoken),
        };
        let counted = match protocol {
            Some(protocol) => self.layer.counter.count(request.uri().path(), protocol),
            None => Ok(None),
        };
        match counted {
            Ok(kept) => Answer { call: Some(self.service.call(request)), kept, answer: None, spoken },
            Err(not_kept) => {
                Answer { call: None, kept: None, answer: Some(Ok(refuse(not_kept, spoken))), spoken }
            }
        }
    }
}

pin_project! {
    /// The answer to a call, held back until its access is kept.
    #[derive(Debug)]
    pub struct Answer<F, E> {
        #[pin]
        call: Option<F>,
        kept: Option<Kept>,
        answer: Option<Result<Response<Body>, E>>,
        spoken: Option<Protocol>,
    }
}

impl<F, E> Future for Answer<F, E>
where
    F: Future<Output = Result<Response<Body>, E>>,
{
    type Output = Result<Response<Body>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if this.answer.is_none()
            && let Some(call) = this.call.as_pin_mut()
        {
            *this.answer = Some(ready!(call.poll(context)));
        }
        if let Some(kept) = this.kept {
            let kept = ready!(Pin::new(kept).poll(context));
            *this.kept = None;
            if let Err(not_kept) = kept {
                return Poll::Ready(Ok(refuse(not_kept, *this.spoken)));
            }
        }
        Poll::Ready(this.answer.take().expect("it is there, and a future is not polled after its end"))
    }
}

/// UNAVAILABLE, as an answer of headers only, in the protocol that the request speaks.
fn refuse(not_kept: NotKept, spoken: Option<Protocol>) -> Response<Body> {
    let mut response = Status::unavailable(not_kept.to_string()).into_http();
    let content_type = match spoken {
        Some(Protocol::GrpcWeb) => HeaderValue::from_static("application/grpc-web+proto"),
        Some(Protocol::GrpcWebText) => HeaderValue::from_static("application/grpc-web-text+proto"),
        Some(Protocol::Grpc | Protocol::Connect) | None => return response,
    };
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}
