//! The HTTP transport of the generated clients: hyper over the connector's connections, as gRPC or gRPC-Web.

use std::task::{Context, Poll};

use http::{Request, Response};
use http_body_util::BodyExt;
use hyper_util::{
    client::legacy,
    rt::{TokioExecutor, TokioTimer},
};
use tonic::body::Body;
use tonic_web::GrpcWebClientLayer;
use tower::{Service, ServiceBuilder, util::BoxCloneSyncService};

use crate::{
    connector::Connector,
    protocol::Protocol,
    response::{BodyError, BoxError, with_keep_alive_errors, with_media_type},
    tap::Tap,
    target::Target,
};

type HttpService = BoxCloneSyncService<Request<Body>, Response<Body>, BoxError>;

/// Sends calls to one server. A clone shares its connections.
#[derive(Clone, Debug)]
pub(crate) struct Transport(HttpService);

impl Transport {
    /// Records the bytes of each call in `tap`.
    pub(crate) fn new(target: &Target, protocol: Protocol, tap: Option<Tap>) -> Self {
        let http = http_service(target, protocol, tap);
        Self(match protocol {
            Protocol::Grpc => BoxCloneSyncService::new(with_media_type(http, "application/grpc")),
            Protocol::GrpcWeb => grpc_web(http),
        })
    }
}

/// Returns hyper's client with this target's timeouts.
fn http_service(target: &Target, protocol: Protocol, tap: Option<Tap>) -> HttpService {
    let is_grpc = protocol == Protocol::Grpc;
    let keep_alive = target.keep_alive();
    let http = legacy::Client::builder(TokioExecutor::new())
        .http2_only(is_grpc)
        .timer(TokioTimer::new())
        // Closes connections that are idle for 90 seconds, so that they are not pinged for ever.
        .pool_timer(TokioTimer::new())
        .http2_keep_alive_interval(keep_alive.interval)
        .http2_keep_alive_timeout(keep_alive.timeout)
        // Without it, hyper 1.12 may never notice that a stream is open: nothing wakes its keep-alive task.
        .http2_keep_alive_while_idle(true)
        // Calls are counted: none is sent twice.
        .retry_canceled_requests(false)
        .build::<_, Body>(Connector::new(target, is_grpc));
    let (request_tap, response_tap) = (tap.clone(), tap);
    let http = ServiceBuilder::new()
        .map_request(move |request| match &request_tap {
            Some(tap) => tap.record_request(request),
            None => request,
        })
        .map_response(move |response| match &response_tap {
            Some(tap) => tap.record_response(with_keep_alive_errors(response)),
            None => with_keep_alive_errors(response),
        })
        .map_err(BoxError::from)
        .service(http);
    BoxCloneSyncService::new(http)
}

fn grpc_web(http: HttpService) -> HttpService {
    let http = ServiceBuilder::new()
        .map_response(|response: Response<Body>| response.map(|body| body.map_err(BodyError)))
        .map_request(|request: Request<_>| request.map(Body::new))
        .service(with_media_type(http, "application/grpc-web"));
    let http = ServiceBuilder::new()
        .map_response(|response: Response<_>| response.map(Body::new))
        .layer(GrpcWebClientLayer::new())
        .service(http);
    BoxCloneSyncService::new(http)
}

impl Service<Request<Body>> for Transport {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = <HttpService as Service<Request<Body>>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.0.call(request)
    }
}
