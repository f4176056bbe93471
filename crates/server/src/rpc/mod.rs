//! The way of a call from HTTP to its service: the protocols are told apart, and all but gRPC are translated to it.
//! Between steps 4 and 5 of a click's way. Must not know what the services do.

mod caller;
mod calls;
mod connect;
mod deadline;
mod measure;
mod methods;
mod text;

pub use self::methods::Offer;
pub(crate) use self::{calls::Calls, methods::pool};

use http::{Extensions, HeaderValue, Method, Request, StatusCode, Version, header};
use increment_access::{AccessLayer, Ledger, Protocol};
use tonic::body::Body;
use tonic_web::{GrpcWebLayer, GrpcWebService};
use tower::{
    Layer, Service,
    util::{Either, option_layer},
};

use self::{
    caller::Caller,
    connect::Connect,
    deadline::InTime,
    measure::{Measure, MeasureLayer},
    text::TextBody,
};
use crate::{
    messages::ConnectionShare,
    metrics::CallMetrics,
    response::{Answer, at_once, refuse, refuse_method},
};

const GRPC_WEB: HeaderValue = HeaderValue::from_static("application/grpc-web+proto");
const GRPC_WEB_TEXT: HeaderValue = HeaderValue::from_static("application/grpc-web-text+proto");

/// Calls, counted where there is a ledger.
type Counted = Either<increment_access::Access<Calls>, Calls>;

/// Counted calls within their deadline, measured where somebody wants to know.
type Measured = Either<Measure<InTime<Counted>>, InTime<Counted>>;

/// All services, over every protocol, for the connections of one worker.
pub(crate) struct Rpc {
    grpc: Measured,
    web: GrpcWebService<Measured>,
    text: GrpcWebService<Measured>,
    connect: Connect,
    calls: Calls,
    is_measured: bool,
}

impl Rpc {
    pub(crate) fn new(calls: Calls, ledger: Option<&Ledger>, metrics: Option<&CallMetrics>) -> Self {
        let measured = |protocol| measured(&calls, ledger, metrics, protocol);
        Self {
            grpc: measured(Protocol::Grpc),
            web: GrpcWebLayer::new().layer(measured(Protocol::GrpcWeb)),
            text: GrpcWebLayer::new().layer(measured(Protocol::GrpcWebText)),
            connect: Connect::new(
                measured(Protocol::Connect),
                self::measured(&calls, None, metrics, Protocol::Connect),
                calls.clone(),
            ),
            calls,
            is_measured: metrics.is_some(),
        }
    }

    /// What the calls of one connection may take.
    pub(crate) fn share(&self) -> ConnectionShare {
        self.calls.share()
    }

    /// Whether a request is a call, or meant to be one: by its content type, or else by its path.
    pub(crate) fn takes<B>(&self, request: &Request<B>) -> bool {
        Protocol::from_headers(request.headers()).is_some() || self.connect.takes(request)
    }

    /// Answers a call, or a request that fails to be one.
    pub(crate) fn answer(&self, request: Request<Body>) -> Answer {
        let request = if self.is_measured { Caller::watch(request) } else { request };
        let Some(protocol) = Protocol::from_headers(request.headers()) else {
            return self.connect.answer(request);
        };
        if request.method() != Method::POST {
            return at_once(refuse_method("This is a gRPC method: it is called with POST.", "POST"));
        }
        match protocol {
            Protocol::Grpc if request.version() < Version::HTTP_2 => at_once(refuse(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "gRPC needs HTTP/2; over HTTP/1.1 this server speaks application/grpc-web+proto.",
            )),
            Protocol::Grpc => Box::pin(self.grpc.clone().call(request)),
            Protocol::GrpcWeb => Box::pin(self.web.clone().call(as_grpc_web(request))),
            Protocol::GrpcWebText => Box::pin(self.text.clone().call(decoded(request))),
            Protocol::Connect => self.connect.answer(request),
        }
    }
}

/// Calls of one protocol, counted in `ledger` and measured with `metrics`. To be layered inside of a translation,
/// where all calls look like gRPC.
fn measured(
    calls: &Calls,
    ledger: Option<&Ledger>,
    metrics: Option<&CallMetrics>,
    protocol: Protocol,
) -> Measured {
    let protocol_of: fn(&Extensions) -> Option<Protocol> = match protocol {
        Protocol::Grpc => |_| Some(Protocol::Grpc),
        Protocol::GrpcWeb => |_| Some(Protocol::GrpcWeb),
        Protocol::GrpcWebText => |_| Some(Protocol::GrpcWebText),
        Protocol::Connect => |_| Some(Protocol::Connect),
    };
    let access = ledger.map(|ledger| AccessLayer::new(ledger).protocol_from(protocol_of));
    // The deadline is outside of the counting: a caller waits for the ledger no longer than for anything else.
    let counted = InTime(option_layer(access).layer(calls.clone()));
    // Outside of the counting, for the wait for the ledger is a part of a call's time.
    let measure = metrics.map(|metrics| MeasureLayer::new(metrics, protocol, calls.paths()));
    option_layer(measure).layer(counted)
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
