//! Calls of all protocols: each is translated to gRPC and goes through the same stack of metrics, deadline, layers and
//! services.

use std::sync::Arc;

use http::{HeaderValue, Method as HttpMethod, Request, StatusCode, Version, header};
use tonic::body::Body;
use tonic_web::{GrpcWebLayer, GrpcWebService};
use tower::{Layer, Service, util::option_layer};

use super::{
    call_info::CallInfo,
    caller::Caller,
    calls::Calls,
    connect::Connect,
    deadline::WithDeadline,
    layers::{CallService, LayerFn},
    measure::{MeasureLayer, Stack},
    text::TextBody,
};
use crate::{
    info::Connection,
    metrics::CallMetrics,
    protocol::Protocol,
    response::{ResponseFuture, immediate, method_not_allowed, text_response},
};

const GRPC_WEB: HeaderValue = HeaderValue::from_static("application/grpc-web+proto");
const GRPC_WEB_TEXT: HeaderValue = HeaderValue::from_static("application/grpc-web-text+proto");

/// All registered services, over every protocol.
pub(crate) struct Rpc {
    grpc: Stack,
    web: GrpcWebService<Stack>,
    connect: Connect,
    calls: Calls,
    is_measured: bool,
}

impl Rpc {
    /// The calls within these layers, the first of them innermost.
    pub(crate) fn new(calls: Calls, layers: &[LayerFn], metrics: Option<&CallMetrics>) -> Self {
        let services = CallService::new(calls.clone());
        let layered = layers.iter().fold(services, |service, layer| layer.apply(service));
        // Within the measuring, and around the layers: what a layer waits for is a part of a call's time.
        let within_deadline = WithDeadline(layered);
        let measure = metrics.map(|metrics| MeasureLayer::new(metrics, calls.methods()));
        let stack = option_layer(measure).layer(within_deadline);
        Self {
            web: GrpcWebLayer::new().layer(stack.clone()),
            connect: Connect::new(stack.clone(), calls.clone()),
            grpc: stack,
            calls,
            is_measured: metrics.is_some(),
        }
    }

    /// Whether a request is a call, or meant to be one: by its content type, or else by its path.
    pub(crate) fn matches<B>(&self, request: &Request<B>) -> bool {
        Protocol::from_headers(request.headers()).is_some() || self.connect.matches(request)
    }

    /// Handles a call, or a request that fails to be one.
    pub(crate) fn handle(&self, request: Request<Body>, connection: &Arc<Connection>) -> ResponseFuture {
        let mut request = if self.is_measured { Caller::watch(request) } else { request };
        let protocol = Protocol::from_headers(request.headers()).unwrap_or(Protocol::Connect);
        let method = self.calls.methods().get(request.uri().path());
        let call = CallInfo {
            protocol,
            http_version: request.version(),
            method: method.map(|method| Arc::clone(&method.name)),
            is_cross_site: Connect::is_cross_site(&request),
            connection: Arc::clone(connection),
        };
        request.extensions_mut().insert(call);
        if protocol == Protocol::Connect {
            return self.connect.handle(request, method, connection);
        }
        if request.method() != HttpMethod::POST {
            let line = "This is a gRPC method: it is called with POST.";
            return immediate(method_not_allowed(line, "POST"));
        }
        match protocol {
            Protocol::Grpc if request.version() < Version::HTTP_2 => immediate(text_response(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "gRPC needs HTTP/2; over HTTP/1.1 this server speaks application/grpc-web+proto.",
            )),
            Protocol::GrpcWeb => Box::pin(self.web.clone().call(as_grpc_web(request))),
            Protocol::GrpcWebText => Box::pin(self.web.clone().call(decoded(request))),
            Protocol::Grpc | Protocol::Connect => Box::pin(self.grpc.clone().call(request)),
        }
    }
}

/// Names the content type in the one way that tonic-web knows it, and asks for the response in the same.
fn as_grpc_web(mut request: Request<Body>) -> Request<Body> {
    request.headers_mut().insert(header::CONTENT_TYPE, GRPC_WEB);
    request.headers_mut().insert(header::ACCEPT, GRPC_WEB);
    request
}

/// Decodes the text form of a request, and asks for the response in it.
fn decoded(request: Request<Body>) -> Request<Body> {
    let mut request = as_grpc_web(request.map(|body| Body::new(TextBody::new(body))));
    request.headers_mut().insert(header::ACCEPT, GRPC_WEB_TEXT);
    request
}
