//! Dispatches calls by protocol: each is translated to gRPC and passes through the same stack of metrics, deadline, layers
//! and services.

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
        // The time of layers counts towards the deadline, and all of it is measured.
        let within_deadline = WithDeadline(layered);
        let stack = option_layer(metrics.map(MeasureLayer::new)).layer(within_deadline);
        Self {
            web: GrpcWebLayer::new().layer(stack.clone()),
            connect: Connect::new(stack.clone(), calls.clone()),
            grpc: stack,
            calls,
            is_measured: metrics.is_some(),
        }
    }

    /// The protocol of a call, or of the attempt at one: by its content type, or else by its path. None where the request is not
    /// a call.
    pub(crate) fn protocol<B>(&self, request: &Request<B>) -> Option<Protocol> {
        let connect = || self.connect.matches(request).then_some(Protocol::Connect);
        Protocol::from_headers(request.headers()).or_else(connect)
    }

    /// Handles a call, or rejects the attempt at one.
    pub(crate) fn handle(
        &self,
        request: Request<Body>,
        protocol: Protocol,
        connection: &Arc<Connection>,
    ) -> ResponseFuture {
        let mut request = if self.is_measured { Caller::watch(request) } else { request };
        let call = CallInfo {
            protocol,
            http_version: request.version(),
            method: self.calls.methods().get(request.uri().path()).cloned(),
            is_cross_site: Connect::is_cross_site(&request),
            connection: Arc::clone(connection),
        };
        if protocol == Protocol::Connect {
            return self.connect.handle(request, call);
        }
        request.extensions_mut().insert(call);
        if request.method() != HttpMethod::POST {
            let line = "This is a gRPC method: it is called with POST.";
            return immediate(method_not_allowed(line, "POST"));
        }
        match protocol {
            Protocol::Grpc if request.version() < Version::HTTP_2 => immediate(text_response(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "gRPC needs HTTP/2; over HTTP/1.1 this server speaks application/grpc-web+proto.",
            )),
            Protocol::GrpcWeb => Box::pin(self.web.clone().call(normalize_grpc_web(request))),
            Protocol::GrpcWebText => Box::pin(self.web.clone().call(decode_text(request))),
            Protocol::Grpc | Protocol::Connect => Box::pin(self.grpc.clone().call(request)),
        }
    }
}

/// Replaces the content type by the one spelling that tonic-web accepts, and asks for the response in the same.
fn normalize_grpc_web(mut request: Request<Body>) -> Request<Body> {
    request.headers_mut().insert(header::CONTENT_TYPE, GRPC_WEB);
    request.headers_mut().insert(header::ACCEPT, GRPC_WEB);
    request
}

/// Decodes a request in base64, and asks for the response in the same.
fn decode_text(request: Request<Body>) -> Request<Body> {
    let mut request = normalize_grpc_web(request.map(|body| Body::new(TextBody::new(body))));
    request.headers_mut().insert(header::ACCEPT, GRPC_WEB_TEXT);
    request
}
