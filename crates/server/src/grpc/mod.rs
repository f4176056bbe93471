//! The way of a call from HTTP to its service: gRPC and gRPC-Web are told apart, a request that is neither is
//! refused, gRPC-Web is translated. Between steps 4 and 5 of a click's way. Must not know what the services do.

mod calls;
mod deadline;
mod message;
mod methods;
mod protocol;
mod text;

pub use self::calls::CallLimits;

use http::{HeaderValue, Method, Request, Response, StatusCode, Version, header};
use tonic::body::Body;
use tonic_web::{GrpcWebLayer, GrpcWebService};
use tower::{Layer, Service};

use self::{calls::Calls, protocol::Protocol, text::TextBody};
use crate::app::{Answer, at_once, refuse};

const GRPC_WEB: HeaderValue = HeaderValue::from_static("application/grpc-web+proto");
const GRPC_WEB_TEXT: HeaderValue = HeaderValue::from_static("application/grpc-web-text+proto");

/// All services, over gRPC and gRPC-Web.
pub(crate) struct Grpc {
    calls: Calls,
    web: GrpcWebService<Calls>,
}

impl Grpc {
    pub(crate) fn new(limits: CallLimits) -> Self {
        let calls = Calls::new(limits);
        Self { web: GrpcWebLayer::new().layer(calls.clone()), calls }
    }

    /// Whether a request is a call, or meant to be one: by its content type, or else by its path.
    pub(crate) fn takes<B>(&self, request: &Request<B>) -> bool {
        Protocol::of(request.headers()).is_some() || self.calls.knows(request.uri().path())
    }

    /// Answers a call, or a request that fails to be one.
    pub(crate) fn answer(&self, request: Request<Body>) -> Answer {
        if request.method() != Method::POST {
            return at_once(refuse_method());
        }
        match Protocol::of(request.headers()) {
            Some(Protocol::Grpc) if request.version() < Version::HTTP_2 => at_once(refuse(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "gRPC needs HTTP/2; over HTTP/1.1 this server speaks application/grpc-web+proto.",
            )),
            Some(Protocol::Grpc) => self.calls.clone().call(request),
            Some(Protocol::GrpcWeb) => Box::pin(self.web.clone().call(as_grpc_web(request))),
            Some(Protocol::GrpcWebText) => Box::pin(self.web.clone().call(decoded(request))),
            None => at_once(refuse(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "This is a gRPC method: its content type is application/grpc, application/grpc-web+proto or \
                 application/grpc-web-text+proto.",
            )),
        }
    }
}

fn refuse_method() -> Response<Body> {
    let line = "This is a gRPC method: it is called with POST.";
    let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, line);
    // RFC 9110, section 15.5.6.
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    response
}

/// Names the content type in the one way that the translation knows it, and asks for the answer in the same.
fn as_grpc_web(mut request: Request<Body>) -> Request<Body> {
    request.headers_mut().insert(header::CONTENT_TYPE, GRPC_WEB);
    request.headers_mut().insert(header::ACCEPT, GRPC_WEB);
    request
}

/// Takes the text form off a request, and asks for the answer in it.
fn decoded(request: Request<Body>) -> Request<Body> {
    let mut request = as_grpc_web(request.map(|body| Body::new(TextBody::new(body))));
    request.headers_mut().insert(header::ACCEPT, GRPC_WEB_TEXT);
    request
}
