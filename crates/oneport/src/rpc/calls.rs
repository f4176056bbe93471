//! A gRPC call to its service, within its limits: its messages are read, checked and converted. Independent of gRPC-Web.

use std::sync::Arc;

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
    messages::{
        Budget, CallLimits, Codec, ConnectionShare, Format, MessageReader, MessageWriter, ServerBudget,
        UnaryRequest,
    },
    metrics::CallMetrics,
    response::ResponseFuture,
};

const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// All registered services, over gRPC. A clone is cheap.
#[derive(Clone)]
pub(crate) struct Calls(Arc<Inner>);

struct Inner {
    methods: Methods,
    limits: CallLimits,
    budget: ServerBudget,
}

impl Calls {
    /// The calls of these services, which `pool` describes.
    pub(crate) fn new(
        limits: CallLimits,
        entries: &[ServiceEntry],
        pool: &DescriptorPool,
        metrics: Option<&CallMetrics>,
    ) -> Self {
        let (methods, budget) = (Methods::new(entries, pool, metrics), ServerBudget::new(&limits));
        Self(Arc::new(Inner { methods, limits, budget }))
    }

    pub(super) fn methods(&self) -> &Methods {
        &self.0.methods
    }

    /// The share of a new connection in the budget of all calls.
    pub(crate) fn connection_share(&self) -> ConnectionShare {
        ConnectionShare::new(&self.0.limits)
    }

    /// The budget of a call on this connection.
    pub(super) fn budget(&self, connection: &Connection) -> Budget {
        self.0.budget.for_connection(&connection.share)
    }

    async fn handle(&self, mut request: Request<Body>) -> Result<Response<Body>, Status> {
        let removed = || Status::internal("a layer removed the CallInfo of the request");
        let call: &CallInfo = request.extensions().get().ok_or_else(removed)?;
        let (method, connection) = (call.method.clone(), Arc::clone(&call.connection));
        let method = method.ok_or_else(|| Status::unimplemented("there is no such method here"))?;
        let (format, compression) = match request.extensions_mut().remove::<Translated>() {
            Some(translated) => (translated?, None),
            None => format::from_headers(request.headers_mut())?,
        };
        let deadline = deadline(request.headers())?;
        let budget = self.budget(&connection);
        let writer = compression.map(|compression| {
            let (json, shared, budget) = (None, None, budget.clone());
            MessageWriter { json, compression: Some(compression), budget, shared }
        });
        let response = self.call_method(&method, format, request, budget, &connection).await?;
        let response = match deadline {
            Some(deadline) if method.is_server_streaming => response.map(|body| deadline.bound_body(body)),
            _ => response,
        };
        let response = if method.is_server_streaming { unbuffered(response) } else { response };
        Ok(match writer {
            Some(writer) => writer.compress_response(response, method.is_server_streaming).await,
            None => response,
        })
    }

    async fn call_method(
        &self,
        method: &Method,
        format: Format,
        request: Request<Body>,
        budget: Budget,
        connection: &Connection,
    ) -> Result<Response<Body>, Status> {
        let (parts, body) = request.into_parts();
        let limits = self.0.limits.for_method(method.request_bytes, format.codec == Codec::Json);
        let reader = MessageReader::new(body, format, &method.input, limits, budget);
        if method.is_client_streaming {
            let request = Request::from_parts(parts, reader.into_body());
            let Ok(response) = method.service.call(request).await;
            return Ok(response);
        }
        let UnaryRequest { frame, charge: _charge } = reader.read_unary().await?;
        let request = Request::from_parts(parts, Body::new(Full::new(frame)));
        let _turn = connection.outbound.wait_for_room().await;
        let Ok(response) = method.service.call(request).await;
        Ok(response)
    }
}

/// A streamed response that nginx passes on as it is sent instead of buffering it
/// (<https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_buffering>).
fn unbuffered(mut response: Response<Body>) -> Response<Body> {
    if !response.headers().contains_key(Status::GRPC_STATUS) {
        response.headers_mut().insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    }
    response
}

impl GrpcService for Calls {
    fn call(&self, request: Request<Body>) -> ResponseFuture {
        let this = self.clone();
        Box::pin(async move { Ok(this.handle(request).await.unwrap_or_else(Status::into_http)) })
    }
}
