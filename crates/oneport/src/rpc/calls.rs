//! A gRPC call to its service, within its limits: its messages are read, checked and converted. Independent of gRPC-Web.

use std::{convert::Infallible, sync::Arc};

use http::{HeaderName, HeaderValue, Request, Response};
use http_body_util::Full;
use prost_reflect::DescriptorPool;
use tonic::{Status, body::Body};

use super::{
    call_info::CallInfo,
    deadline::deadline,
    entry::{GrpcService, ServiceEntry},
    format::{self, Translated},
    methods::{Method, Methods},
};
use crate::{
    info::Connection,
    messages::{Budget, CallLimits, Codec, ConnectionShare, Format, Messages, Whole, Writer},
    outbound::Outbound,
    response::ResponseFuture,
};

const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// All registered services, over gRPC. A clone is cheap.
#[derive(Clone)]
pub(crate) struct Calls(Arc<Inner>);

struct Inner {
    methods: Methods,
    limits: CallLimits,
    /// What all calls may take together.
    budget: Budget,
}

impl Calls {
    /// The calls of these services, which `pool` describes.
    pub(crate) fn new(limits: CallLimits, entries: &[ServiceEntry], pool: &DescriptorPool) -> Self {
        let (methods, budget) = (Methods::new(entries, pool), Budget::new(&limits));
        Self(Arc::new(Inner { methods, limits, budget }))
    }

    pub(super) fn methods(&self) -> &Methods {
        &self.0.methods
    }

    /// What the calls of one connection may take.
    pub(crate) fn connection_share(&self) -> ConnectionShare {
        ConnectionShare::new(&self.0.limits)
    }

    /// What a call on this connection may take.
    pub(super) fn budget(&self, connection: Option<&Connection>) -> Budget {
        self.0.budget.of(connection.map(|connection| &connection.share))
    }

    async fn handle(&self, mut request: Request<Body>) -> Result<Response<Body>, Status> {
        let unknown = || Status::unimplemented("there is no such method here");
        let method = self.0.methods.get(request.uri().path()).ok_or_else(unknown)?;
        let (format, compress) = match request.extensions_mut().remove::<Translated>() {
            Some(translated) => (translated?, None),
            None => format::from_headers(request.headers_mut())?,
        };
        let deadline = deadline(request.headers())?;
        let connection = request.extensions().get().map(|call: &CallInfo| Arc::clone(&call.connection));
        let budget = self.budget(connection.as_deref());
        let writer = compress.map(|compress| {
            let (json, shared, budget) = (None, None, budget.clone());
            Writer { json, compress: Some(compress), budget, shared }
        });
        let outbound = connection.as_deref().map(|connection| &*connection.outbound);
        let response = self.call_method(method, format, request, budget, outbound).await?;
        let response = match deadline {
            Some(deadline) if method.is_server_streaming => response.map(|body| deadline.bound_body(body)),
            _ => response,
        };
        let response = if method.is_server_streaming { unbuffered(response) } else { response };
        Ok(match writer {
            Some(writer) => writer.convert_response(response, method.is_server_streaming).await,
            None => response,
        })
    }

    async fn call_method(
        &self,
        method: &Method,
        format: Format,
        request: Request<Body>,
        budget: Budget,
        outbound: Option<&Outbound>,
    ) -> Result<Response<Body>, Status> {
        let (parts, body) = request.into_parts();
        let limits = self.0.limits.of_method(method.request_bytes, format.codec == Codec::Json);
        let messages = Messages::new(body, format, &method.input, limits, budget);
        if method.is_client_streaming {
            let request = Request::from_parts(parts, messages.into_body());
            return Ok(infallible(method.service.call(request).await));
        }
        let Whole { bytes, charge: _held } = messages.only().await?;
        let request = Request::from_parts(parts, Body::new(Full::new(bytes)));
        let _room = match outbound {
            Some(outbound) => outbound.wait_for_room().await,
            None => None,
        };
        Ok(infallible(method.service.call(request).await))
    }
}

/// A streamed response that nginx passes on as it comes; by default it would hold it back
/// (<https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_buffering>).
fn unbuffered(mut response: Response<Body>) -> Response<Body> {
    if !response.headers().contains_key(Status::GRPC_STATUS) {
        response.headers_mut().insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    }
    response
}

fn infallible(response: Result<Response<Body>, Infallible>) -> Response<Body> {
    response.unwrap_or_else(|never| match never {})
}

impl GrpcService for Calls {
    fn call(&self, request: Request<Body>) -> ResponseFuture {
        let this = self.clone();
        Box::pin(async move { Ok(this.handle(request).await.unwrap_or_else(Status::into_http)) })
    }
}
